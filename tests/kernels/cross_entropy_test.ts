/** Cross entropy and its gradient against the reference, on both devices. */

import { cases, crossEntropy, reference } from "../../kernels/cross_entropy.ts";
import { LaunchError } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { assertMatches, caseName, randomTensor, tolerance } from "./compare.ts";

/** A class for each row, the first and the last column among them. */
function classes(rows: number, columns: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, r) => (r * 7919 + columns - 1) % columns);
}

for (const options of cases) {
  onDevices(`crossEntropy() agrees with the reference: ${caseName(options)}`, async (device) => {
    const { shape, dtype, block } = options;
    const columns = shape.at(-1)!, rowsShape = shape.slice(0, -1);
    const logits = await randomTensor(device, shape, dtype, 1);
    const rows = rowsShape.reduce((product, size) => product * size, 1);
    const targets = classes(rows, columns);
    const gradient = device.empty(shape, { dtype });
    const losses = crossEntropy(logits.tensor, device.from(targets, { shape: rowsShape }), {
      gradient,
      scale: 0.5,
      block,
    });
    assertEquals([losses.dtype, losses.shape], ["f32", rowsShape]);
    const expected = reference(logits.values, targets, columns, { scale: 0.5 });
    await assertMatches(losses, expected.losses, { relative: 1e-5, absolute: 1e-5 });
    await assertMatches(gradient, expected.gradient, {
      ...tolerance(dtype, 2),
      relative: dtype === "f16" ? 1e-3 : 2e-5,
    });
  });
}

for (const block of [undefined, 16]) {
  const walk = block ? "in several steps" : "as one tile";
  onDevices(`crossEntropy() ${walk} ignores what it is told to, and only that`, async (device) => {
    const columns = 40, targets = Int32Array.of(3, -100, columns, -1, 7);
    const values = Array.from({ length: 5 * columns }, (_, i) => Math.sin(i));
    values[columns + 5] = NaN; // in the row that is ignored
    const logits = device.from(values, { shape: [5, columns] });
    const losses = crossEntropy(logits, device.from(targets), { gradient: logits, block });
    const expected = reference(values, targets, columns);
    assertEquals(Array.from(expected.losses, Number.isNaN), [false, false, true, true, false]);
    await assertMatches(losses, expected.losses, { relative: 1e-5, absolute: 1e-6 });
    await assertMatches(logits, expected.gradient, { relative: 2e-5, absolute: 1e-6 });
  });

  onDevices(`crossEntropy() ${walk} does not overflow`, async (device) => {
    const values = Array.from({ length: 70 }, (_, i) => 1e30 - 1e28 * i);
    const losses = crossEntropy(
      device.from(values, { shape: [1, 70] }),
      device.from([0], {
        dtype: "i32",
      }),
      { block },
    );
    await assertMatches(losses, [0], { absolute: 0 });
  });
}

onDevices("crossEntropy() refuses targets that are no classes of its rows", (device) => {
  const logits = device.zeros([2, 3]);
  assertThrows(
    () => crossEntropy(logits, device.zeros([2])),
    LaunchError,
    "Cannot run crossEntropy: 'targets' is f32, but must be i32",
  );
  assertThrows(
    () => crossEntropy(logits, device.zeros([3], { dtype: "i32" })),
    LaunchError,
    "Cannot run crossEntropy: 'targets' is 3, but must be 2",
  );
  assertThrows(
    () =>
      crossEntropy(logits, device.zeros([2], { dtype: "i32" }), { gradient: device.zeros([3, 2]) }),
    LaunchError,
    "Cannot run crossEntropy: 'gradient' is 3x2, but must be 2x3",
  );
});
