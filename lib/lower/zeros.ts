/**
 * Zeros of numbers: `x - x` and `x * 0` of floats, which are NaN for NaN and infinities. Drivers make 0 of
 * them for every x, and lose the sign of a product (Mesa's do), so their bits are computed instead.
 */

import { bool, f32, i32 } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { Expr } from "../ir/invocation.ts";
import { type Native, registerOf } from "../ir/native.ts";
import { isPointer } from "../ir/type.ts";
import { and, literal, op as operation } from "./expr.ts";
import { bitsOf, INFINITY_BITS, magnitude } from "./float_bits.ts";

/** Of which operand an operation makes zero, and the sign that a zero of a positive number has. */
export interface Zero {
  readonly operand: number;
  /** Whether a zero has the operand's sign, or the other one; a difference has none. */
  readonly sign: "same" | "opposite" | "none";
}

/** What zero an operation gives of floats that are not computed in f64; undefined for any other operation. */
export function zeroOf(op: Op, native: Native): Zero | undefined {
  const { element } = op.result.type;
  if (isPointer(element) || !["f32", "f16"].includes(registerOf(element, native))) return undefined;
  if (op.name === "sub") {
    return op.operand(0) === op.operand(1) ? { operand: 0, sign: "none" } : undefined;
  }
  if (op.name !== "mul") return undefined;
  const at = op.operands.findIndex(({ def }) =>
    def?.name === "constant" && Number(def.value) === 0
  );
  if (at < 0) return undefined;
  const negative = Object.is(Number(op.operand(at).def!.value), -0);
  return { operand: 1 - at, sign: negative ? "opposite" : "same" };
}

/** The zero of a float, or NaN. */
export function zeroBits({ sign }: Zero, x: Expr): Expr {
  const { dtype, width } = x.type, int = (value: number) => literal(value, i32, width);
  const bits = bitsOf(x, i32);
  const own = and(bits, int(-(2 ** 31)));
  const zero = sign === "none"
    ? int(0)
    : sign === "same"
    ? own
    : operation("xor", [own, int(-(2 ** 31))]);
  const isNumber = operation("lt", [magnitude(bits), int(INFINITY_BITS)], bool);
  const chosen = operation("select", [isNumber, zero, int(0x7fc00000)], i32);
  const value = operation("bitcast", [chosen], f32, { to: "f32" });
  return operation("cast", [value], dtype, { to: dtype.name });
}
