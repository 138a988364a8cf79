/** Rotary position embedding against the reference, on both devices. */

import { cases, reference, rotary, rotaryTables } from "../../kernels/rotary.ts";
import { LaunchError } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { assertMatches, caseName, randomTensor, tolerance } from "./compare.ts";

for (const options of cases) {
  onDevices(`rotary() agrees with the reference: ${caseName(options)}`, async (device) => {
    const { shape, dtype, inverse } = options;
    const x = await randomTensor(device, shape, dtype, 1);
    const { cos, sin } = rotaryTables(device, shape[1]!, shape[3]!);
    const out = rotary(x.tensor, cos, sin, { inverse });
    assertEquals([out.dtype, out.shape], [dtype, shape]);
    const tables = [await cos.read(), await sin.read()] as const;
    const expected = reference(x.values, ...tables, shape, { inverse: inverse ?? false });
    await assertMatches(out, expected, tolerance(dtype, 2));
  });
}

onDevices("rotary() and its inverse give back what they were given", async (device) => {
  const x = await randomTensor(device, [1, 6, 2, 16], "f32", 1);
  const { cos, sin } = rotaryTables(device, 6, 16);
  rotary(x.tensor, cos, sin, { out: x.tensor });
  rotary(x.tensor, cos, sin, { out: x.tensor, inverse: true });
  await assertMatches(x.tensor, x.values, tolerance("f32", 4));
});

onDevices("rotary() leaves the first token as it is", async (device) => {
  const x = await randomTensor(device, [1, 1, 2, 16], "f32", 1);
  const { cos, sin } = rotaryTables(device, 1, 16);
  await assertMatches(rotary(x.tensor, cos, sin), x.values, { absolute: 0 });
});

onDevices("rotary() refuses heads of odd size and tables of another length", (device) => {
  const { cos, sin } = rotaryTables(device, 4, 6);
  assertThrows(
    () => rotary(device.zeros([1, 4, 2, 5]), cos, sin),
    LaunchError,
    "Cannot run rotary: 'x' is 1x4x2x5, but must be [batch, length, heads, D] with an even D",
  );
  assertThrows(
    () => rotary(device.zeros([1, 5, 2, 6]), cos, sin),
    LaunchError,
    "Cannot run rotary: 'cos' is 4x3, but must be 5x3",
  );
});
