/**
 * The smaller or larger of two floats, where a kernel chooses it itself: `where(a < b, a, b)`.
 *
 * If one is a NaN nothing compares, and `b` is chosen. Drivers know the pattern and make a minimum of it,
 * which takes the number instead (NVIDIA's did so with `select`, with `if`, and with a `select` of the
 * bits). So that they do not, such numbers are compared as integers are. Not in combine functions:
 * as the order is not said in which they combine elements, neither is what they make of NaNs.
 */

import { bool, i32, type Numeric } from "../ir/dtype.ts";
import type { Op, Value } from "../ir/graph.ts";
import type { Expr } from "../ir/invocation.ts";
import { type Native, registerOf } from "../ir/native.ts";
import { isPointer } from "../ir/type.ts";
import { and, literal, op as operation } from "./expr.ts";
import { bitsOf, INFINITY_BITS, magnitude } from "./float_bits.ts";

/** Comparisons, and whether they hold of equals and of operands in reverse. */
const ORDERS = {
  lt: { orEqual: false, swapped: false },
  le: { orEqual: true, swapped: false },
  gt: { orEqual: false, swapped: true },
  ge: { orEqual: true, swapped: true },
} as const;

/** How two numbers are compared of which one is chosen. */
export interface Choice {
  readonly order: keyof typeof ORDERS;
  readonly compared: readonly [Value, Value];
  /** Whether the condition is that the comparison does not hold. */
  readonly negated: boolean;
}

/** How `u` and `v` are compared, where a condition does that to choose between them. */
export function choiceOf(
  condition: Value,
  u: Value,
  v: Value,
  native: Native,
): Choice | undefined {
  const negated = condition.def?.name === "not";
  const { def } = negated ? condition.def!.operand(0) : condition, order = def?.name;
  if (order === undefined || !Object.hasOwn(ORDERS, order)) return undefined;
  const [a, b] = def!.operands as [Value, Value];
  const { element } = a.type;
  if (isPointer(element) || registerOf(element, native) !== "f32") return undefined;
  const chosen = (isSame(a, u) && isSame(b, v)) || (isSame(a, v) && isSame(b, u));
  return chosen ? { order: order as keyof typeof ORDERS, compared: [a, b], negated } : undefined;
}

/** The same of an operation that is a `select`. */
export function choiceOfSelect(op: Op, native: Native): Choice | undefined {
  if (op.name !== "select") return undefined;
  const [condition, u, v] = op.operands as [Value, Value, Value];
  return choiceOf(condition, u, v, native);
}

/** The same value, or the same constant. */
function isSame(a: Value, b: Value): boolean {
  const constant = (x: Value): Numeric | undefined =>
    x.def?.name === "constant" ? x.def.value : undefined;
  return a === b || (constant(a) !== undefined && constant(a) === constant(b));
}

/** The condition of a choice between f32, or what is computed as such, by means of integers. */
export function comparedAsIntegers({ order, negated }: Choice, a: Expr, b: Expr): Expr {
  const { orEqual, swapped } = ORDERS[order];
  const [low, high] = (swapped ? [b, a] : [a, b]).map((x) => bitsOf(x, i32)) as [Expr, Expr];
  const { width } = low.type, int = (value: number) => literal(value, i32, width);
  // The bits of negative numbers count down: all but the sign are turned round.
  const key = (bits: Expr) =>
    operation("xor", [
      bits,
      operation("and", [operation("shr", [bits, int(31)]), int(0x7fffffff)]),
    ]);
  const is = (name: "lt" | "le" | "eq" | "ne", x: Expr, y: Expr) => operation(name, [x, y], bool);
  const isNumber = (bits: Expr) => is("le", magnitude(bits), int(INFINITY_BITS));
  const either = magnitude(operation("or", [low, high])), inOrder = is("lt", key(low), key(high));
  const holds = orEqual
    ? operation("or", [operation("or", [inOrder, is("eq", low, high)]), is("eq", either, int(0))])
    : and(inOrder, is("ne", either, int(0))); // -0 is not less than 0
  const result = and(and(isNumber(low), isNumber(high)), holds);
  return negated ? operation("not", [result], bool) : result;
}
