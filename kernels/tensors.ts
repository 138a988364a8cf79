/**
 * What the host functions of this library ask of the tensors they are given.
 *
 * Each check names the function that was called, what was found and what was wanted.
 */

import { LaunchError, type NumberDType, Tensor, type TensorDType } from "../mod.ts";

/** The dtypes that floating-point kernels take; all of them compute in f32. */
export const FLOATS = ["f32", "f16"] as const;

/** `3x781`, or `scalar` for a tensor of rank 0. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? "a scalar" : shape.join("x");
}

/** Throws unless this is a tensor of one of the dtypes listed. */
export function checkDType(
  call: string,
  name: string,
  tensor: Tensor,
  dtypes: readonly TensorDType[],
): void {
  if (!(tensor instanceof Tensor)) {
    throw new LaunchError(
      `Cannot run ${call}: '${name}' is ${
        kindOf(tensor)
      }, but must be a Tensor: device.from(…) makes one of numbers`,
    );
  }
  if (dtypes.includes(tensor.dtype)) return;
  throw new LaunchError(
    `Cannot run ${call}: '${name}' is ${tensor.dtype}, but must be ${
      [...new Set(dtypes)].join(" or ")
    }`,
  );
}

/** Throws unless the tensor has exactly this shape. */
export function checkShape(
  call: string,
  name: string,
  tensor: Tensor,
  shape: readonly number[],
): void {
  const same = tensor.shape.length === shape.length &&
    tensor.shape.every((size, i) => size === shape[i]);
  if (same) return;
  throw new LaunchError(
    `Cannot run ${call}: '${name}' is ${shapeText(tensor.shape)}, but must be ${shapeText(shape)}`,
  );
}

/** A matrix's rows and columns; throws when the tensor has another rank than 2. */
export function checkMatrix(call: string, name: string, tensor: Tensor): [number, number] {
  const [rows, columns] = tensor.shape;
  if (tensor.shape.length === 2 && rows !== undefined && columns !== undefined) {
    return [rows, columns];
  }
  throw new LaunchError(
    `Cannot run ${call}: '${name}' is ${shapeText(tensor.shape)}, but must be a matrix`,
  );
}

/** What was passed where a tensor was wanted. */
function kindOf(value: unknown): string {
  if (value instanceof Promise) return "a promise (is an await missing?)";
  if (value === null || typeof value !== "object") return String(value);
  return `of class ${value.constructor?.name ?? "Object"}`;
}

/**
 * A tensor of any rank seen as rows along its last dimension: how many there are, and how long.
 * Throws for a tensor of rank 0.
 */
export function checkRows(
  call: string,
  name: string,
  tensor: Tensor,
): { rows: number; columns: number } {
  const columns = tensor.shape.at(-1);
  if (columns === undefined) {
    throw new LaunchError(
      `Cannot run ${call}: '${name}' is a scalar, but must have at least one dimension`,
    );
  }
  const rows = tensor.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return { rows, columns };
}

/**
 * The tensor to write to: `out` once it is checked, or a new one of the first dtype on the same
 * device as `like`.
 */
export function resultTensor(
  call: string,
  out: Tensor | undefined,
  like: Tensor,
  shape: readonly number[],
  dtypes: readonly [NumberDType, ...NumberDType[]],
): Tensor {
  if (!out) return like.device.empty(shape, { dtype: dtypes[0] });
  checkDType(call, "out", out, dtypes);
  checkShape(call, "out", out, shape);
  return out;
}
