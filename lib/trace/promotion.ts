/**
 * Which dtype an operation on two operands computes in.
 *
 * | operands | dtype |
 * |---|---|
 * | a compile-time number of no higher kind (bool < integer < float) and a typed value | the value's |
 * | f64 and any | f64 |
 * | f32 and any but f64 | f32 |
 * | f16 and any but f32 and f64 | f16, but f32 for `/` and `%` |
 * | bf16 and bf16 | bf16, but f32 for `/` and `%` |
 * | bf16 and an integer, a bool or an 8-bit float | f32 |
 * | two different 8-bit floats | f16 |
 * | an 8-bit float and an integer or a bool | an error |
 * | integers of one signedness | the wider |
 * | integers of both | the unsigned one unless it is narrower, but an error for `/` and `%` |
 * | an integer and a bool | the integer's |
 *
 * A compile-time number of a higher kind takes part as its default dtype: integral the first of i32,
 * u32, i64 and u64 that has it, else f32.
 * Arithmetic on bools is done in i32, as JavaScript's `true + true` is 2. An 8-bit float can be
 * chosen and compared, but not computed with.
 */

import { type DType, DTYPES, exactRange, isFloat, isFloat8, isInteger } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { isPointer, typeText } from "../ir/type.ts";
import { Problem } from "./problem.ts";
import { defaultDtype, describe, isWithin, type Operand, type Weak } from "./values.ts";

/** What matters of an operation for promotion. */
export type Purpose =
  /** `+ - *`: bools become i32. */
  | "arithmetic"
  /** `/`: halves become f32, mixed signs are refused. */
  | "division"
  /** `%`: the same, and bools become i32. */
  | "remainder"
  /** `min`, `max`: bools become i32, bf16 becomes f32. */
  | "extremum"
  /** `< <= > >=`: bools become i32. */
  | "order"
  /** Both sides only have to agree. */
  | "agreement";

const RANK = { bool: 0, int: 1, uint: 1, float: 2 } as const;

function kindOf(x: Weak): number {
  if (typeof x === "boolean") return RANK.bool;
  return typeof x === "bigint" || Number.isInteger(x) ? RANK.int : RANK.float;
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
  if (!isWithin(x, dtype)) {
    const [low, high] = exactRange(dtype);
    throw new Problem(
      `${describe(x)} does not fit ${dtype.name}, which goes from ${low} to ${high}`,
      "Cast the other operand to a float: tl.cast(x, tl.f32)",
    );
  }
}

/** Throws when a dtype is one that nothing is computed in. */
export function checkComputable(dtype: DType): void {
  if (!isFloat8(dtype)) return;
  throw new Problem(
    `Nothing can be computed in ${dtype.name}: it is for storing numbers`,
    "Cast to a wider float first: x.to(tl.f32)",
  );
}

/** The dtype that two operands compute in. */
export function promote(purpose: Purpose, a: Operand, b: Operand): DType {
  const dtype = unify(purpose, a, b);
  const { bool, i32, f32, f16, bf16 } = DTYPES;
  const half = dtype === f16 || dtype === bf16;
  if (purpose !== "agreement" && purpose !== "order") checkComputable(dtype);
  switch (purpose) {
    case "arithmetic":
    case "order":
      return dtype === bool ? i32 : dtype;
    case "extremum":
      return dtype === bool ? i32 : dtype === bf16 ? f32 : dtype;
    case "remainder":
      return dtype === bool ? i32 : half ? f32 : dtype;
    case "division":
      return half ? f32 : dtype;
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
  const { f64, f32, f16, bf16 } = DTYPES;
  if (isFloat(a) || isFloat(b)) {
    if (a === f64 || b === f64) return f64;
    if (a === f32 || b === f32) return f32;
    if (a === f16 || b === f16) return f16;
    if (a === bf16 || b === bf16) return f32;
    if (isFloat(a) && isFloat(b)) return f16;
    throw new Problem(
      `${a.name} and ${b.name} have no common dtype`,
      "Cast one of them first: x.to(tl.f32)",
    );
  }
  if (!isInteger(a) || !isInteger(b)) return isInteger(a) ? a : b;
  if (a.kind === b.kind) return a.bits > b.bits ? a : b;
  if (purpose === "division" || purpose === "remainder") {
    throw new Problem(
      `Cannot divide ${a.name} and ${b.name}: one has a sign and the other has none`,
      `Cast one of them: tl.cast(x, tl.${a.name})`,
    );
  }
  const [unsigned, signed] = a.kind === "uint" ? [a, b] : [b, a];
  return unsigned.bits >= signed.bits ? unsigned : signed;
}
