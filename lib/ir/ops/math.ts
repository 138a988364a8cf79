/** Elementwise functions of floats. */

import { DTYPES } from "../dtype.ts";
import { perElement } from "./functions.ts";
import { call, type ElementwiseRow, sameAs } from "./row.ts";

function unary(doc: string, evaluate: (x: number) => number, wgsl: string): ElementwiseRow {
  return {
    doc,
    operands: ["x"],
    infer: sameAs("float"),
    evaluate: () => evaluate,
    wgsl: (args) => call(wgsl, args),
  };
}

/** The least normal f32. */
const LEAST = 2 ** -126;

/** Rounding to an integral value. Denormal f32s count as zero, as GPUs have it. */
function rounding(
  doc: string,
  evaluate: (x: number) => number,
  name: "floor" | "ceil",
): ElementwiseRow {
  return {
    ...unary(doc, evaluate, name),
    evaluate: ({ result }) =>
      result === DTYPES.f32 ? (x: number) => evaluate(Math.abs(x) < LEAST ? x * 0 : x) : evaluate,
    wgsl: (args, site) =>
      site.result === DTYPES.f32 ? perElement(`${name}_f32`, args, site) : call(name, args),
  };
}

export const MATH = {
  exp: unary("e to the power x.", Math.exp, "exp"),
  exp2: unary("2 to the power x.", (x) => 2 ** x, "exp2"),
  log: unary("The natural logarithm.", Math.log, "log"),
  log2: unary("The logarithm to base 2.", Math.log2, "log2"),
  sqrt: unary("The square root.", Math.sqrt, "sqrt"),
  rsqrt: unary("One over the square root.", (x) => 1 / Math.sqrt(x), "inverseSqrt"),
  // WGSL promises sine and cosine for angles up to pi alone.
  sin: {
    ...unary("The sine of an angle in radians.", Math.sin, "sin"),
    wgsl: (args, site) => perElement("sin_f32", args, site),
  },
  cos: {
    ...unary("The cosine of an angle in radians.", Math.cos, "cos"),
    wgsl: (args, site) => perElement("cos_f32", args, site),
  },
  floor: rounding("The greatest integral value not above x.", Math.floor, "floor"),
  ceil: rounding("The least integral value not below x.", Math.ceil, "ceil"),
} satisfies Record<string, ElementwiseRow>;
