/** Running sums against the reference, on both devices. */

import { cases, cumsum, reference } from "../../kernels/cumsum.ts";
import { LaunchError } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { assertMatches, caseName, randomTensor, tolerance } from "./compare.ts";

for (const options of cases) {
  onDevices(`cumsum() agrees with the reference: ${caseName(options)}`, async (device) => {
    const { shape, dtype } = options;
    const x = await randomTensor(device, shape, dtype, 1);
    const out = cumsum(x.tensor);
    assertEquals([out.dtype, out.shape], [dtype, shape]);
    const magnitude = x.values.reduce((total, value) => total + Math.abs(value), 0);
    const { relative = 0 } = tolerance(dtype);
    await assertMatches(out, reference(x.values), { relative, absolute: magnitude * 2 ** -20 });
  });
}

onDevices("cumsum() counts to 20000, over its input", async (device) => {
  const x = device.full([20_000], 1);
  cumsum(x, { out: x });
  assertEquals(Array.from(await x.read()), Array.from({ length: 20_000 }, (_, i) => i + 1));
});

onDevices("cumsum() lets a NaN through to what follows it, and no further back", async (device) => {
  const values = new Float32Array(9000).fill(1);
  values[4500] = NaN;
  const sums = await cumsum(device.from(values)).read();
  assertEquals(sums.findIndex(Number.isNaN), 4500);
  assertEquals(sums.subarray(4500).every(Number.isNaN), true);
});

onDevices("cumsum() adds integers exactly, and wraps", async (device) => {
  const values = Int32Array.from({ length: 9000 }, (_, i) => 1_000_000 - i);
  let sum = 0;
  const expected = values.map((value) => sum = (sum + value) | 0);
  assertEquals(Array.from(await cumsum(device.from(values)).read()), Array.from(expected));
});

onDevices("cumsum() refuses narrow integers", (device) => {
  assertThrows(
    () => cumsum(device.zeros([3], { dtype: "i8" })),
    LaunchError,
    "Cannot run cumsum: 'x' is i8, but must be f32 or f16 or i32 or u32",
  );
});
