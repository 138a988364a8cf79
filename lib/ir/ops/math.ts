/** Elementwise functions of floats. */

import type { ElementwiseRow } from "./row.ts";
import { call, sameAs } from "./row.ts";

function unary(doc: string, evaluate: (x: number) => number, wgsl: string): ElementwiseRow {
  return {
    doc,
    operands: ["x"],
    infer: sameAs("float"),
    evaluate: () => evaluate,
    wgsl: (args) => call(wgsl, args),
  };
}

export const MATH = {
  exp: unary("e to the power x.", Math.exp, "exp"),
  exp2: unary("2 to the power x.", (x) => 2 ** x, "exp2"),
  log: unary("The natural logarithm.", Math.log, "log"),
  log2: unary("The logarithm to base 2.", Math.log2, "log2"),
  sqrt: unary("The square root.", Math.sqrt, "sqrt"),
  rsqrt: unary("One over the square root.", (x) => 1 / Math.sqrt(x), "inverseSqrt"),
  sin: unary("The sine of an angle in radians.", Math.sin, "sin"),
  cos: unary("The cosine of an angle in radians.", Math.cos, "cos"),
  floor: unary("The greatest integral value not above x.", Math.floor, "floor"),
  ceil: unary("The least integral value not below x.", Math.ceil, "ceil"),
} satisfies Record<string, ElementwiseRow>;
