/** RMS normalisation against the reference, on both devices. */

import { cases, reference, rmsNorm } from "../../kernels/rms_norm.ts";
import { LaunchError } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { assertMatches, caseName, randomTensor, tolerance } from "./compare.ts";

for (const options of cases) {
  onDevices(`rmsNorm() agrees with the reference: ${caseName(options)}`, async (device) => {
    const { shape, dtype, block } = options;
    const x = await randomTensor(device, shape, dtype, 1);
    const weight = await randomTensor(device, [shape.at(-1)!], dtype, 2);
    const out = rmsNorm(x.tensor, weight.tensor, { block });
    assertEquals([out.dtype, out.shape], [dtype, shape]);
    const { relative = 0, absolute = 0 } = tolerance(dtype, 4);
    await assertMatches(out, reference(x.values, weight.values), {
      relative: relative + 1e-5,
      absolute,
    });
  });
}

onDevices("rmsNorm() takes eps into account and can overwrite its input", async (device) => {
  const values = [1, 2, 3, 4, 5, 7];
  const x = device.from(values, { shape: [2, 3] });
  rmsNorm(x, device.full([3], 1), { eps: 2, out: x });
  await assertMatches(x, reference(values, [1, 1, 1], 2), { relative: 1e-5 });
});

onDevices("rmsNorm() keeps NaN to its row, and a row of zeros is zero", async (device) => {
  const columns = 20;
  const values = Array.from({ length: 2 * columns }, (_, i) => (i === 3 ? NaN : 0));
  for (const block of [undefined, 16]) {
    const x = device.from(values, { shape: [2, columns] });
    const found = Array.from(await rmsNorm(x, device.full([columns], 2), { block }).read());
    assertEquals(found.slice(0, columns).every(Number.isNaN), true);
    assertEquals(found.slice(columns).every((value) => value === 0), true);
  }
});

onDevices("rmsNorm() refuses a weight of another length", (device) => {
  assertThrows(
    () => rmsNorm(device.zeros([2, 3]), device.zeros([4])),
    LaunchError,
    "Cannot run rmsNorm: 'weight' is 4, but must be 3",
  );
});
