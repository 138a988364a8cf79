/** The operator `**`, and `Math.pow`. */

import { Value } from "../ir/graph.ts";
import { Problem } from "./problem.ts";
import type { Tracer } from "./tracer.ts";
import { describe, type Operand } from "./values.ts";

/** `a ** b`, of which one at least is known at compile time. */
export function power(t: Tracer, a: Operand, b: Operand): Operand {
  const { semantics } = t;
  if (!(a instanceof Value) && !(b instanceof Value)) return Number(a) ** Number(b);
  if (a instanceof Value && !(b instanceof Value)) {
    const exponent = Number(b), count = Math.abs(exponent);
    if (exponent === 0.5) return semantics.floating("sqrt", [a]);
    if (exponent === -0.5) return semantics.floating("rsqrt", [a]);
    if (Number.isInteger(exponent) && count <= 64) {
      let result: Operand = 1, square: Operand = a;
      for (let bit = count; bit > 0; bit >>= 1) {
        if (bit & 1) result = result === 1 ? square : semantics.binary("*", result, square);
        if (bit > 1) square = semantics.binary("*", square, square);
      }
      return exponent < 0
        ? semantics.binary("/", 1, result)
        : count === 0
        ? semantics.binary("+", semantics.binary("*", a, 0), 1)
        : result;
    }
  }
  if (!(a instanceof Value) && Number(a) > 0 && b instanceof Value) {
    const scaled = Number(a) === 2 ? b : semantics.binary("*", b, Math.log2(Number(a)));
    return semantics.floating("exp2", [scaled]);
  }
  throw new Problem(
    `Cannot raise ${describe(a)} to the power ${
      describe(b)
    }: the exponent must be a small integer, or the base a positive number, known at compile time`,
    "For a positive x write tl.exp2(y * tl.log2(x))",
  );
}
