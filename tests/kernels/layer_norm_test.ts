/** Layer normalisation against the reference, on both devices. */

import { cases, layerNorm, reference } from "../../kernels/layer_norm.ts";
import { LaunchError } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { assertMatches, caseName, randomTensor, tolerance } from "./compare.ts";

for (const options of cases) {
  onDevices(`layerNorm() agrees with the reference: ${caseName(options)}`, async (device) => {
    const { shape, dtype, block, mean = 0 } = options;
    const columns = shape.at(-1)!;
    const x = await randomTensor(device, shape, dtype, 1, mean);
    const weight = await randomTensor(device, [columns], dtype, 2);
    const bias = await randomTensor(device, [columns], dtype, 3);
    const out = layerNorm(x.tensor, weight.tensor, bias.tensor, { block });
    assertEquals([out.dtype, out.shape], [dtype, shape]);
    // The mean itself is rounded, and so is what is left when it is subtracted.
    const lost = 4 * Math.abs(mean) * 2 ** -24;
    const { relative = 0, absolute = 0 } = tolerance(dtype, 8);
    await assertMatches(out, reference(x.values, weight.values, bias.values), {
      relative: relative + 2e-5,
      absolute: absolute * 4 + 4 * lost,
    });
  });
}

onDevices("layerNorm() gives the bias for a constant row, whatever eps is", async (device) => {
  const x = device.full([2, 100], 5),
    weight = device.full([100], 3),
    bias = device.arange(100, { dtype: "f32" });
  const out = layerNorm(x, weight, bias, { eps: 1 });
  const expected = Array.from({ length: 200 }, (_, i) => i % 100);
  await assertMatches(out, expected, { absolute: 1e-4 });
});

onDevices("layerNorm() takes eps into account and can overwrite its input", async (device) => {
  const values = [1, 2, 3, 4, 5, 7];
  const x = device.from(values, { shape: [2, 3] });
  layerNorm(x, device.full([3], 1), device.zeros([3]), { eps: 2, out: x });
  await assertMatches(x, reference(values, [1, 1, 1], [0, 0, 0], 2), { relative: 2e-5 });
});

onDevices("layerNorm() keeps NaN and infinities to their row", async (device) => {
  const columns = 20;
  const values = Array.from({ length: 3 * columns }, (_, i) => i % 7);
  values[3] = NaN;
  values[columns + 3] = Infinity;
  const ones = Array.from({ length: columns }, () => 1);
  const expected = reference(values, ones, ones);
  for (const block of [undefined, 16]) {
    const out = layerNorm(
      device.from(values, { shape: [3, columns] }),
      device.from(ones),
      device.from(ones),
      { block },
    );
    const found = Array.from(await out.read());
    assertEquals(found.slice(0, 2 * columns).every(Number.isNaN), true);
    await assertMatches(device.from(found.slice(2 * columns)), expected.slice(2 * columns), {
      relative: 2e-5,
      absolute: 2e-6,
    });
  }
});

onDevices("layerNorm() refuses a weight of another length", (device) => {
  const x = device.zeros([2, 3]), three = device.zeros([3]), four = device.zeros([4]);
  assertThrows(
    () => layerNorm(x, four, three),
    LaunchError,
    "Cannot run layerNorm: 'weight' is 4, but must be 3",
  );
  assertThrows(
    () => layerNorm(x, three, device.zeros([1, 3])),
    LaunchError,
    "Cannot run layerNorm: 'bias' is 1x3, but must be 3",
  );
});
