/** Dropout against the reference, on both devices. */

import { cases, dropout, reference } from "../../kernels/dropout.ts";
import { LaunchError } from "../../mod.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { assertMatches, caseName, randomTensor, tolerance } from "./compare.ts";

for (const options of cases) {
  onDevices(`dropout() agrees with the reference: ${caseName(options)}`, async (device) => {
    const { shape, dtype, p, seed } = options;
    const x = await randomTensor(device, shape, dtype, 1);
    const out = dropout(x.tensor, p, { seed });
    assertEquals([out.dtype, out.shape], [dtype, shape]);
    await assertMatches(out, reference(x.values, p, seed), tolerance(dtype));
  });
}

onDevices("dropout() drops as many as it should, others for another seed", async (device) => {
  const n = 20_000, ones = device.full([n], 1);
  const [a, b] = [await dropout(ones, 0.3).read(), await dropout(ones, 0.3, { seed: 1 }).read()];
  const dropped = a.filter((value) => value === 0).length;
  assert(Math.abs(dropped - 0.3 * n) < 300, `dropped ${dropped} of ${n}`); // 4.6 deviations
  const both = a.filter((value, i) => value === 0 && b[i] === 0).length;
  assert(Math.abs(both - 0.09 * n) < 200, `dropped ${both} of ${n} twice`);
});

onDevices("dropout() forgets NaN where it drops, and can overwrite its input", async (device) => {
  const x = device.full([1000], NaN);
  dropout(x, 0.5, { out: x });
  const values = await x.read();
  assert(values.every((value) => value === 0 || Number.isNaN(value)));
  assert(values.some((value) => value === 0) && values.some(Number.isNaN));
});

onDevices("dropout() refuses what is no probability and no seed", (device) => {
  const x = device.zeros([4]);
  assertThrows(
    () => dropout(x, 1.5),
    LaunchError,
    "Cannot run dropout: 'p' is 1.5, but must be from 0 to 1",
  );
  assertThrows(
    () => dropout(x, 0.5, { seed: -1 }),
    LaunchError,
    "Cannot run dropout: 'seed' is -1, but must be an integer from 0 to 4294967295",
  );
});
