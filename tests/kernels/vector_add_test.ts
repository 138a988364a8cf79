/** Vector addition against the reference, on both devices. */

import { add, cases, reference } from "../../kernels/vector_add.ts";
import { LaunchError } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { assertMatches, caseName, randomTensor, tolerance } from "./compare.ts";

for (const options of cases) {
  onDevices(`add() agrees with the reference: ${caseName(options)}`, async (device) => {
    const { n, dtype } = options;
    if (dtype === "i32") {
      const x = Int32Array.from({ length: n }, (_, i) => 1000 - 7 * i);
      const y = Int32Array.from({ length: n }, (_, i) => i * i);
      const sum = add(device.from(x), device.from(y));
      assertEquals(sum.dtype, "i32");
      assertEquals(Array.from(await sum.read()), Array.from(reference(x, y)));
      return;
    }
    const x = await randomTensor(device, [n], dtype, 1);
    const y = await randomTensor(device, [n], dtype, 2);
    const sum = add(x.tensor, y.tensor);
    assertEquals([sum.dtype, sum.shape], [dtype, [n]]);
    await assertMatches(sum, reference(x.values, y.values), tolerance(dtype));
  });
}

onDevices("add() keeps NaN, infinities and large numbers", async (device) => {
  const x = [NaN, Infinity, -Infinity, Infinity, 3e38, -3e38, 1e-30];
  const y = [1, 1, 1, -Infinity, 3e38, -3e38, 1e-30];
  const sum = await add(device.from(x), device.from(y)).read();
  const expected = [NaN, Infinity, -Infinity, NaN, Infinity, -Infinity, Math.fround(2e-30)];
  assertEquals(Array.from(sum), expected);
});

onDevices("add() writes to the tensor that it is given, also one of its inputs", async (device) => {
  const x = device.from([1, 2, 3]), y = device.from([10, 20, 30]);
  assertEquals(add(x, y, { out: x, block: 16 }), x);
  assertEquals(Array.from(await x.read()), [11, 22, 33]);
  add(x, x, { out: y });
  assertEquals(Array.from(await y.read()), [22, 44, 66]);
});

onDevices("add() refuses tensors that differ", (device) => {
  const x = device.zeros([2, 3]);
  assertThrows(
    () => add(x, device.zeros([3, 2])),
    LaunchError,
    "Cannot run add: 'y' is 3x2, but must be 2x3",
  );
  assertThrows(
    () => add(x, device.zeros([2, 3], { dtype: "f16" })),
    LaunchError,
    "Cannot run add: 'y' is f16, but must be f32",
  );
});
