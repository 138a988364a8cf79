/** Sums against the reference, on both devices. */

import { cases, reference, sum } from "../../kernels/sum.ts";
import { LaunchError } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { assertMatches, caseName, randomTensor } from "./compare.ts";

for (const options of cases) {
  onDevices(`sum() agrees with the reference: ${caseName(options)}`, async (device) => {
    const { shape, dtype } = options;
    const x = await randomTensor(device, shape, dtype, 1, 0.5);
    const out = sum(x.tensor);
    assertEquals([out.dtype, out.shape], ["f32", []]);
    const magnitude = x.values.reduce((total, value) => total + Math.abs(value), 0);
    await assertMatches(out, [reference(x.values)], { absolute: magnitude * 2 ** -20 });
  });
}

onDevices("sum() adds a million ones exactly, and lets a NaN through", async (device) => {
  const ones = device.full([1_000_000], 1);
  assertEquals((await sum(ones).read())[0], 1_000_000);
  const values = new Float32Array(10_000);
  values[9_999] = NaN;
  assertEquals((await sum(device.from(values)).read())[0], NaN);
});

onDevices("sum() refuses integers", (device) => {
  assertThrows(
    () => sum(device.zeros([3], { dtype: "i32" })),
    LaunchError,
    "Cannot run sum: 'x' is i32, but must be f32 or f16",
  );
});
