/**
 * Which dtype an operation on two operands computes in.
 *
 * | operands | dtype |
 * |---|---|
 * | a compile-time number of no higher kind (bool < integer < float) and a typed value | the value's |
 * | f32 and any | f32 |
 * | f16 and f16, an integer or a bool | f16, but f32 for `/` and `%` |
 * | u32 and i32 | u32, but an error for `/` and `%` |
 * | an integer and a bool | the integer's |
 *
 * A compile-time number of a higher kind takes part as its default dtype: integral i32, else f32.
 * Arithmetic on bools is done in i32, as JavaScript's `true + true` is 2.
 */

import { type DType, DTYPES, isFloat, isInteger } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { isPointer, typeText } from "../ir/type.ts";
import { Problem } from "./problem.ts";
import { defaultDtype, describe, type Operand, type Weak } from "./values.ts";

/** What matters of an operation for promotion. */
export type Purpose =
  /** `+ - *`: bools become i32. */
  | "arithmetic"
  /** `/`: halves become f32, mixed signs are refused. */
  | "division"
  /** `%`: the same, and bools become i32. */
  | "remainder"
  /** `< <= > >=`: bools become i32. */
  | "order"
  /** Both sides only have to agree. */
  | "agreement";

const RANK = { bool: 0, int: 1, uint: 1, float: 2 } as const;

function kindOf(x: Weak): number {
  return typeof x === "boolean" ? RANK.bool : Number.isInteger(x) ? RANK.int : RANK.float;
}

/** True when a compile-time number can be a value of the dtype without changing its kind. */
export function fits(x: Weak, dtype: DType): boolean {
  return kindOf(x) <= RANK[dtype.kind];
}

/** The dtype of a run-time value that must not be a pointer. */
export function dtypeOfNumber(value: Value): DType {
  const { element } = value.type;
  if (isPointer(element)) {
    throw new Problem(
      `${typeText(value.type)} is a pointer, but a number is needed here`,
      "Load what it points to: tl.load(pointer)",
    );
  }
  return element;
}

/** Throws when a compile-time number cannot be represented in a dtype that it is to take. */
export function checkRange(x: Weak, dtype: DType): void {
  if (!isInteger(dtype) || typeof x === "boolean") return;
  if (dtype.kind === "uint" && x < 0) {
    throw new Problem(
      `${describe(x)} is negative and cannot be a ${dtype.name}`,
      "Cast the other operand: tl.cast(x, tl.i32)",
    );
  }
  const [low, high] = dtype.kind === "int"
    ? [-(2 ** (dtype.bits - 1)), 2 ** (dtype.bits - 1) - 1]
    : [0, 2 ** dtype.bits - 1];
  if (x < low || x > high) {
    throw new Problem(
      `${describe(x)} does not fit ${dtype.name}, which goes from ${low} to ${high}`,
      "Cast the other operand to a float: tl.cast(x, tl.f32)",
    );
  }
}

/** The dtype that two operands compute in. */
export function promote(purpose: Purpose, a: Operand, b: Operand): DType {
  const dtype = unify(purpose, a, b);
  const { bool, i32, f32, f16 } = DTYPES;
  switch (purpose) {
    case "arithmetic":
    case "order":
      return dtype === bool ? i32 : dtype;
    case "remainder":
      return dtype === bool ? i32 : dtype === f16 ? f32 : dtype;
    case "division":
      return dtype === f16 ? f32 : dtype;
    case "agreement":
      return dtype;
  }
}

function unify(purpose: Purpose, a: Operand, b: Operand): DType {
  const weak = (x: Operand, other: Operand) => {
    if (x instanceof Value || !(other instanceof Value)) return undefined;
    const dtype = dtypeOfNumber(other);
    if (!fits(x, dtype)) return undefined;
    checkRange(x, dtype);
    return dtype;
  };
  return weak(a, b) ?? weak(b, a) ?? typed(purpose, dtypeOf(a), dtypeOf(b));
}

function dtypeOf(x: Operand): DType {
  return x instanceof Value ? dtypeOfNumber(x) : defaultDtype(x);
}

/** The rule for two dtypes. */
function typed(purpose: Purpose, a: DType, b: DType): DType {
  if (a === b) return a;
  if (isFloat(a) || isFloat(b)) {
    const { f32, f16 } = DTYPES;
    return a === f32 || b === f32 ? f32 : f16;
  }
  if (isInteger(a) && isInteger(b)) {
    if (purpose === "division" || purpose === "remainder") {
      throw new Problem(
        `Cannot divide ${a.name} and ${b.name}: one has a sign and the other has none`,
        `Cast one of them: tl.cast(x, tl.${a.name})`,
      );
    }
    return DTYPES.u32;
  }
  return isInteger(a) ? a : b;
}
