/** Attention against the reference, on both devices. */

import { attention, cases, reference } from "../../kernels/attention.ts";
import { LaunchError } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { assertMatches, caseName, randomTensor, tolerance } from "./compare.ts";

for (const { dtype, causal, blockM, blockN, ...sizes } of cases) {
  const name = caseName({ ...sizes, dtype, ...(causal && { causal }) });
  onDevices(`attention() agrees with the reference: ${name}`, async (device) => {
    const shape = { batch: 2, ...sizes };
    const { batch, heads, keyHeads, queries, keys, dim } = shape;
    const q = await randomTensor(device, [batch, heads, queries, dim], dtype, 1);
    const k = await randomTensor(device, [batch, keyHeads, keys, dim], dtype, 2);
    const v = await randomTensor(device, [batch, keyHeads, keys, dim], dtype, 3);
    const out = attention(q.tensor, k.tensor, v.tensor, { causal, blockM, blockN });
    assertEquals([out.dtype, out.shape], [dtype, q.tensor.shape]);
    const expected = reference(q.values, k.values, v.values, shape, { causal: causal ?? false });
    // The weights are rounded to f16 before they multiply values of f16.
    const absolute = dtype === "f16" ? 3e-3 : 1e-5;
    await assertMatches(out, expected, { ...tolerance(dtype, dim), absolute });
  });
}

onDevices("attention() does not overflow, and takes a scale", async (device) => {
  const q = device.full([1, 1, 1, 16], 1e4);
  const k = device.full([1, 1, 4, 16], 1e4);
  const values = device.from(
    Array.from({ length: 64 }, (_, i) => Math.floor(i / 16)),
    { shape: [1, 1, 4, 16] },
  );
  const out = attention(q, k, values, { scale: 1 });
  assertEquals(Array.from(await out.read()), Array.from({ length: 16 }, () => 1.5));
});

onDevices(
  "a NaN among the queries of attention() makes its row NaN, and no other",
  async (device) => {
    const ones = new Float32Array(4 * 16).fill(1), q = ones.slice();
    q[2 * 16 + 3] = NaN;
    const shape = [1, 1, 4, 16];
    using query = device.from(q, { shape }), key = device.from(ones, { shape });
    using out = attention(query, key, key);
    const found = await out.read() as Float32Array;
    assertEquals(
      [...found].map((x) => Number.isNaN(x)),
      Array.from({ length: 64 }, (_, i) => Math.floor(i / 16) === 2),
    );
  },
);

onDevices("attention() refuses heads that do not divide", (device) => {
  assertThrows(
    () =>
      attention(device.zeros([1, 3, 4, 16]), device.zeros([1, 2, 4, 16]), device.zeros([1, 2, 4])),
    LaunchError,
    "Cannot run attention: 'q' is 1x3x4x16 and 'k' is 1x2x4x16",
  );
  assertThrows(
    () =>
      attention(device.zeros([1, 2, 4, 16]), device.zeros([1, 2, 4, 16]), device.zeros([1, 2, 4])),
    LaunchError,
    "Cannot run attention: 'v' is 1x2x4, but must be 1x2x4x16",
  );
});
