/**
 * Comparing a kernel's result with a float64 reference.
 *
 * Inputs are rounded to their dtype before the reference sees them, so that the only differences
 * left are those of the computation and of rounding the result.
 */

import type { Device, Tensor } from "../../mod.ts";
import { assertClose, type Tolerance } from "../support/assert.ts";

export type FloatName = "f32" | "f16";

/** Normally distributed numbers on the device, and what they are on the host. */
export async function randomTensor(
  device: Device,
  shape: readonly number[],
  dtype: FloatName,
  seed: number,
  mean = 0,
): Promise<{ tensor: Tensor; values: number[] }> {
  using noise = device.randn(shape, { seed });
  const values = Array.from(await noise.read(), (x) => round(x + mean, dtype));
  return { tensor: device.from(values, { shape, dtype }), values };
}

/** The nearest number of a dtype. */
export function round(x: number, dtype: FloatName): number {
  return dtype === "f16" ? Math.f16round(x) : Math.fround(x);
}

/**
 * How far a result may be off: a few units in its last place, plus what summing `terms` products
 * in f32 may lose when they cancel.
 */
export function tolerance(dtype: FloatName, terms = 1): Tolerance {
  const unit = dtype === "f16" ? 2 ** -11 : 2 ** -24;
  return { relative: 16 * unit, absolute: 4 * terms * 2 ** -24 + (dtype === "f16" ? 2 ** -24 : 0) };
}

/** Fails unless the tensor's elements are what the reference says. */
export async function assertMatches(
  tensor: Tensor,
  expected: ArrayLike<number>,
  wanted: Tolerance,
): Promise<void> {
  assertClose(Array.from(await tensor.read()), expected, wanted);
}

/** A name for a case: `{ n: 5, dtype: "f32" }` gives `n 5, dtype f32`. */
export function caseName(options: object): string {
  return Object.entries(options).map(([key, value]) =>
    `${key} ${
      typeof value === "function" ? value.name : Array.isArray(value) ? value.join("x") : value
    }`
  ).join(", ");
}
