/** The gradients of layer normalisation against the reference, on both devices. */

import { reference as forward } from "../../kernels/layer_norm.ts";
import { cases, layerNormBackward, reference } from "../../kernels/layer_norm_backward.ts";
import { LaunchError } from "../../mod.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { assertMatches, caseName, randomTensor, tolerance } from "./compare.ts";

for (const options of cases) {
  onDevices(
    `layerNormBackward() agrees with the reference: ${caseName(options)}`,
    async (device) => {
      const { shape, dtype, block, mean = 0 } = options;
      const columns = shape.at(-1)!;
      const x = await randomTensor(device, shape, dtype, 1, mean);
      const weight = await randomTensor(device, [columns], dtype, 2);
      const gradient = await randomTensor(device, shape, dtype, 3);
      const { dx, dweight, dbias } = layerNormBackward(x.tensor, weight.tensor, gradient.tensor, {
        block,
      });
      assertEquals([dx.dtype, dx.shape], [dtype, shape]);
      const expected = reference(x.values, weight.values, gradient.values);
      // The mean itself is rounded, and so is what is left when it is subtracted.
      const lost = 16 * Math.abs(mean) * 2 ** -24;
      const { relative = 0, absolute = 0 } = tolerance(dtype, 16);
      await assertMatches(dx, expected.dx, {
        relative: relative + 2e-5,
        absolute: absolute + lost,
      });
      const rows = x.values.length / Math.max(columns, 1);
      const sums = { relative: 2e-5, absolute: rows * (2e-6 + lost) };
      await assertMatches(dweight, expected.dweight, sums);
      await assertMatches(dbias, expected.dbias, sums);
    },
  );
}

Deno.test("the reference's gradients are the slopes of layer normalisation", () => {
  const x = [0.5, -1, 2, 0.25, 3, 1], weight = [1, 2, -0.5], bias = [0, 1, 2];
  const gradient = [1, -2, 0.5, 0.75, 1, -1];
  const loss = (x: number[], weight: number[], bias: number[]) =>
    forward(x, weight, bias).reduce((sum, value, i) => sum + value * gradient[i]!, 0);
  const slope = (list: number[], i: number, of: (list: number[]) => number) => {
    const moved = (by: number) => of(list.map((value, j) => (i === j ? value + by : value)));
    return (moved(1e-5) - moved(-1e-5)) / 2e-5;
  };
  const { dx, dweight, dbias } = reference(x, weight, gradient);
  const close = (a: number, b: number) => assert(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);
  dx.forEach((value, i) => close(value, slope(x, i, (x) => loss(x, weight, bias))));
  dweight.forEach((value, i) => close(value, slope(weight, i, (weight) => loss(x, weight, bias))));
  dbias.forEach((value, i) => close(value, slope(bias, i, (bias) => loss(x, weight, bias))));
});

onDevices("layerNormBackward() refuses to overwrite its inputs", (device) => {
  const x = device.zeros([2, 3]), weight = device.zeros([3]), gradient = device.zeros([2, 3]);
  assertThrows(
    () => layerNormBackward(x, weight, gradient, { dx: gradient }),
    LaunchError,
    "Cannot run layerNormBackward: 'dx' is one of the inputs",
  );
});
