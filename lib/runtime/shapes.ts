/**
 * Shapes as users give them.
 */

import { LaunchError } from "../errors.ts";
import { shown } from "../words.ts";

/** A shape, checked and frozen. */
export function checkShape(shape: readonly number[]): readonly number[] {
  if (!Array.isArray(shape)) {
    throw new LaunchError(
      `Cannot make a tensor of shape ${shown(shape)}: a shape is an array, such as [${
        typeof shape === "number" ? shape : 4
      }]`,
    );
  }
  for (let d = 0; d < shape.length; d++) { // holes too
    if (Number.isSafeInteger(shape[d]) && shape[d] >= 0) continue;
    throw new LaunchError(
      `Cannot make a tensor of shape ${shown(shape)}: dimension ${d} is ${
        shown(shape[d])
      }, it must be a non-negative integer`,
    );
  }
  return Object.freeze(shape.slice());
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (let d = 0; d < shape.length; d++) size *= shape[d]!;
  return size;
}

/** A shape of `size` elements, in which one dimension may be -1. `what` is given it. */
export function inferShape(
  shape: readonly number[],
  size: number,
  what: string,
): readonly number[] {
  const at = Array.isArray(shape) ? shape.indexOf(-1) : -1;
  let dims = shape;
  if (at >= 0 && shape.lastIndexOf(-1) === at) {
    const known = shape.reduce((product, dim, i) => i === at ? product : product * dim, 1);
    if (known > 0 && size % known === 0) dims = shape.with(at, size / known);
  }
  if (dims === shape && at >= 0) {
    throw new LaunchError(
      `Cannot reshape ${what} to [${
        shape.join(", ")
      }]: one dimension may be -1, and only where the ` +
        `others divide its ${size} elements`,
    );
  }
  const checked = checkShape(dims);
  if (sizeOf(checked) === size) return checked;
  throw new LaunchError(
    `Cannot reshape ${what} to [${checked.join(", ")}]: it has ${size} elements, the shape ${
      sizeOf(checked)
    }`,
  );
}
