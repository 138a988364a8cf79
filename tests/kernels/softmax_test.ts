/** Softmax against the reference, on both devices. */

import { cases, reference, softmax } from "../../kernels/softmax.ts";
import { LaunchError, type Tensor } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { assertMatches, caseName, randomTensor, tolerance } from "./compare.ts";

for (const options of cases) {
  onDevices(`softmax() agrees with the reference: ${caseName(options)}`, async (device) => {
    const { shape, dtype, block } = options;
    const x = await randomTensor(device, shape, dtype, 1);
    const out = softmax(x.tensor, { block });
    assertEquals([out.dtype, out.shape], [dtype, shape]);
    await assertMatches(out, reference(x.values, shape.at(-1)!), {
      ...tolerance(dtype),
      relative: dtype === "f16" ? 1e-3 : 2e-5,
    });
  });
}

for (const block of [undefined, 16]) {
  const walk = block ? "in several steps" : "as one tile";
  onDevices(`softmax() ${walk} does not overflow`, async (device) => {
    const columns = 70;
    const x = Array.from({ length: columns }, (_, i) => 1e30 - 1e28 * i);
    const out = await softmax(device.from(x, { shape: [1, columns] }), { block }).read();
    assertEquals(Array.from(out), x.map((_, i) => i === 0 ? 1 : 0));
  });

  onDevices(`softmax() ${walk} gives 0 where a row is -Infinity`, async (device) => {
    const columns = 70;
    const x = Array.from({ length: columns }, (_, i) => i < 40 ? -Infinity : i / 10);
    const out = softmax(device.from(x, { shape: [1, columns] }), { block });
    await assertMatches(out, reference(x, columns), { relative: 2e-5 });
  });

  onDevices(`softmax() ${walk} is NaN in a row that has no softmax`, async (device) => {
    const columns = 40;
    const x = Array.from({ length: 4 * columns }, (_, i) => (i % columns) / 10);
    x[7] = NaN;
    x[columns + 30] = Infinity;
    x.fill(-Infinity, 2 * columns, 3 * columns);
    const out = softmax(device.from(x, { shape: [4, columns] }), { block });
    const expected = reference(x, columns);
    assertEquals(expected.findIndex((value) => !Number.isNaN(value)), 3 * columns);
    await assertMatches(out, expected, { relative: 2e-5 });
  });
}

onDevices("softmax() can overwrite its input", async (device) => {
  const x = device.from([1, 2, 3, 4], { shape: [2, 2] });
  softmax(x, { out: x });
  await assertMatches(x, reference([1, 2, 3, 4], 2), { relative: 2e-5 });
});

onDevices("softmax() refuses what has no rows, and integers", (device) => {
  assertThrows(
    () => softmax(device.zeros([])),
    LaunchError,
    "Cannot run softmax: 'x' is a scalar, but must have at least one dimension",
  );
  assertThrows(
    () => softmax(device.zeros([4], { dtype: "i32" })),
    LaunchError,
    "Cannot run softmax: 'x' is i32, but must be f32 or f16",
  );
  assertThrows(
    () => softmax(device.zeros([2, 3]), { out: device.zeros([3, 2]) }),
    LaunchError,
    "Cannot run softmax: 'out' is 3x2, but must be 2x3",
  );
});

onDevices("softmax() says what is no tensor", (device) => {
  const pass = (x: unknown) => () => softmax(x as Tensor); // as a script without types may
  assertThrows(
    pass(new Float32Array(3)),
    LaunchError,
    "Cannot run softmax: 'x' is of class Float32Array, but must be a Tensor",
  );
  assertThrows(
    pass(device.zeros([3]).read()),
    LaunchError,
    "Cannot run softmax: 'x' is a promise (is an await missing?), but must be a Tensor",
  );
  assertThrows(pass(undefined), LaunchError, "Cannot run softmax: 'x' is undefined");
  assertThrows(
    () => softmax(device.zeros([3]), { out: device.zeros([3], { dtype: "u32" }) }),
    LaunchError,
    "Cannot run softmax: 'out' is u32, but must be f32 or f16",
  );
});
