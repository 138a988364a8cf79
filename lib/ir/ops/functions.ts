/** Elementwise functions beyond arithmetic and those that WGSL has: of f32, and of the bits of integers. */

import { DTYPES, isWide } from "../dtype.ts";
import { dtypeOf, typeText, withElement } from "../type.ts";
import { roundHalfEven, scaled, special } from "./functions_of_numbers.ts";
import { at, call, common, type ElementwiseRow, expect, sameAs, type WgslSite } from "./row.ts";
import * as numbers from "./special_numbers.ts";
import { sourcesOf, type WgslFunction } from "./wgsl_functions.ts";

/** A call of a function of single numbers on each element. Float operands of other dtypes become f32. */
export function perElement(name: WgslFunction, args: readonly string[], site: WgslSite): string {
  site.declare(sourcesOf(name));
  const f32 = site.type(DTYPES.f32);
  const isNarrow = site.result.kind === "float" && site.result !== DTYPES.f32;
  const operands = isNarrow ? args.map((arg) => call(f32, [arg])) : args;
  const result = isNarrow ? f32 : site.type(site.result);
  let callee: string = name;
  if (site.width > 1) {
    const params = site.operands.map((dtype, i) =>
      `${"abc"[i]!}: ${isNarrow ? f32 : site.type(dtype)}`
    );
    const elements = [..."xyzw".slice(0, site.width)]
      .map((element) => `${name}(${site.operands.map((_, i) => `${"abc"[i]!}.${element}`)})`);
    callee = site.helper(
      name,
      (full) =>
        `fn ${full}(${params.join(", ")}) -> ${result} {
  return ${result}(${elements.join(", ")});
}`,
    );
  }
  const value = call(callee, operands);
  return isNarrow ? call(site.type(site.result), [value]) : value;
}

/** A type rule: all operands are f32, and so is the result. */
const ofF32: ElementwiseRow["infer"] = ({ operands }) => {
  const type = common(operands);
  expect(type.element === DTYPES.f32, () => `${typeText(type)} is not of f32`);
  return [type];
};

/** A function of f32 that is written in `wgsl_functions.ts`. */
function written(
  doc: string,
  name: WgslFunction,
  evaluate: (...args: number[]) => number,
  operands: readonly string[] = ["x"],
): ElementwiseRow {
  return {
    doc,
    operands,
    infer: ofF32,
    evaluate: () => evaluate,
    wgsl: (args, site) => perElement(name, args, site),
  };
}

/** A function that WGSL has. */
function built(
  doc: string,
  name: string,
  evaluate: (x: number) => number,
  infer: ElementwiseRow["infer"] = ofF32,
): ElementwiseRow {
  return {
    doc,
    operands: ["x"],
    traits: ["cheap"],
    infer,
    evaluate: () => evaluate,
    wgsl: (args) => call(name, args),
  };
}

/** A function of an integer and an f32, which is an f32. */
const ofIntegerAndF32: ElementwiseRow["infer"] = ({ operands }) => {
  const n = at(operands, 0), x = at(operands, 1);
  expect(
    n.element === DTYPES.i32 && x.element === DTYPES.f32 && n.shape.join() === x.shape.join(),
    () => `An i32 and an f32 are needed, not ${typeText(n)} and ${typeText(x)}`,
  );
  return [x];
};

/** A type rule for the bits of integers of at most 32; those of 64 are two words to these functions. */
const ofWords: ElementwiseRow["infer"] = (op) => {
  const types = sameAs("int", "uint")(op), type = at(types, 0);
  expect(!isWide(dtypeOf(type)), () => `${typeText(type)} has more than 32 bits an element`);
  return types;
};

/** The number of one bits. */
function countOnes(x: number): number {
  let ones = 0;
  for (let bits = x >>> 0; bits !== 0; bits &= bits - 1) ones++;
  return ones;
}

function reverseBits(x: number): number {
  let bits = x, reversed = 0;
  for (let i = 0; i < 32; i++, bits >>>= 1) reversed = (reversed << 1) | (bits & 1);
  return reversed;
}

/** The high 32 bits of a product of two numbers of 32 bits. */
function highProduct(a: number, b: number): number {
  const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
  const middle = ah * bl + Math.floor(al * bl / 65536);
  const low = al * bh + middle % 65536;
  return ah * bh + Math.floor(middle / 65536) + Math.floor(low / 65536);
}

export const FUNCTIONS = {
  erf: written("The error function.", "erf_f32", special.erf),
  erfc: written("1 - erf(x), exact also where that is small.", "erfc_f32", special.erfc),
  tan: written("The tangent of an angle in radians.", "tan_f32", Math.tan),
  asin: written("The angle whose sine is x.", "asin_f32", Math.asin),
  acos: written("The angle whose cosine is x.", "acos_f32", Math.acos),
  atan: written("The angle whose tangent is x.", "atan_f32", Math.atan),
  atan2: written("The angle of the point (x, y).", "atan2_f32", Math.atan2, ["y", "x"]),
  sinh: written("The hyperbolic sine.", "sinh_f32", Math.sinh),
  cosh: written("The hyperbolic cosine.", "cosh_f32", Math.cosh),
  tanh: written("The hyperbolic tangent.", "tanh_f32", Math.tanh),
  asinh: written("The inverse of the hyperbolic sine.", "asinh_f32", Math.asinh),
  acosh: written("The inverse of the hyperbolic cosine.", "acosh_f32", Math.acosh),
  atanh: written("The inverse of the hyperbolic tangent.", "atanh_f32", Math.atanh),
  expm1: written("exp(x) - 1, exact also where that is small.", "expm1_f32", Math.expm1),
  log1p: written("log(1 + x), exact also where x is small.", "log1p_f32", Math.log1p),
  exp10: written("10 to the power x.", "exp10_f32", (x) => 10 ** x),
  log10: written("The logarithm to base 10.", "log10_f32", Math.log10),
  pow: written("a to the power b, as C's pow: x ** 0 is 1.", "pow_f32", special.pow, ["a", "b"]),
  cbrt: written("The cube root.", "cbrt_f32", Math.cbrt),
  hypot: written("The root of a * a + b * b.", "hypot_f32", Math.hypot, ["a", "b"]),
  fmod: written("The exact remainder, with the sign of a.", "fmod_f32", (a, b) => a % b, [
    "a",
    "b",
  ]),
  nextafter: written(
    "The number next to a in the direction of b.",
    "nextafter_f32",
    special.nextAfter,
    ["a", "b"],
  ),
  ldexp: {
    ...written("x times 2 to the power n, an i32.", "scale_f32", scaled, ["x", "n"]),
    infer: ({ operands }) => {
      const x = at(operands, 0), n = at(operands, 1);
      expect(
        x.element === DTYPES.f32 && n.element === DTYPES.i32 &&
          x.shape.join() === n.shape.join(),
        () => `ldexp takes f32 and i32, not ${typeText(x)} and ${typeText(n)}`,
      );
      return [x];
    },
  },
  remainder: written(
    "x less the nearest multiple of y, the even one of two.",
    "remainder_f32",
    numbers.remainder,
    ["x", "y"],
  ),
  logb: written("The exponent of x.", "logb_f32", numbers.exponentOf),
  ilogb: {
    ...written("The exponent of x as an i32.", "ilogb_f32", (x) => {
      const exponent = numbers.exponentOf(x);
      if (exponent === Infinity) return 2 ** 31 - 1;
      return Number.isFinite(exponent) ? exponent : -(2 ** 31);
    }),
    infer: (op) => ofF32(op).map((type) => withElement(type, DTYPES.i32)),
  },
  sinpi: written("The sine of pi x.", "sinpi_f32", numbers.sinpi),
  cospi: written("The cosine of pi x.", "cospi_f32", numbers.cospi),
  tgamma: written("The gamma function.", "tgamma_f32", numbers.gamma),
  lgamma: written(
    "The logarithm of the size of the gamma function.",
    "lgamma_f32",
    numbers.logGamma,
  ),
  erfcx: written("exp(x * x) * erfc(x).", "erfcx_f32", numbers.scaledErfc),
  erfinv: written("The inverse of the error function.", "erfinv_f32", numbers.erfInverse),
  erfcinv: written("The inverse of 1 - erf.", "erfcinv_f32", numbers.erfcInverse),
  normcdf: written(
    "The integral of the normal distribution up to x.",
    "normcdf_f32",
    numbers.normalIntegral,
  ),
  normcdfinv: written("The inverse of normcdf.", "normcdfinv_f32", numbers.normalQuantile),
  j0: written(
    "The Bessel function of the first kind and order 0.",
    "j0_f32",
    (x) => numbers.besselJ(0, x),
  ),
  j1: written(
    "The Bessel function of the first kind and order 1.",
    "j1_f32",
    (x) => numbers.besselJ(1, x),
  ),
  jn: {
    ...written("The Bessel function of the first kind and order n.", "jn_f32", numbers.besselJ, [
      "n",
      "x",
    ]),
    infer: ofIntegerAndF32,
  },
  y0: written(
    "The Bessel function of the second kind and order 0.",
    "y0_f32",
    (x) => numbers.besselY(0, x),
  ),
  y1: written(
    "The Bessel function of the second kind and order 1.",
    "y1_f32",
    (x) => numbers.besselY(1, x),
  ),
  yn: {
    ...written("The Bessel function of the second kind and order n.", "yn_f32", numbers.besselY, [
      "n",
      "x",
    ]),
    infer: ofIntegerAndF32,
  },
  i0: written("The modified Bessel function of order 0.", "i0_f32", (x) => numbers.besselI(0, x)),
  i1: written("The modified Bessel function of order 1.", "i1_f32", (x) => numbers.besselI(1, x)),
  rint: built("The nearest integral value; halves go to the even one.", "round", roundHalfEven),
  trunc: built("The integral part.", "trunc", Math.trunc),
  round: written(
    "The nearest integral value; halves go away from zero.",
    "round_f32",
    (x) => Math.abs(x) < 2 ** 23 ? special.copySign(Math.floor(Math.abs(x) + 0.5), x) : x,
  ),
  copysign: written(
    "The size of x with the sign of the other.",
    "copysign_f32",
    special.copySign,
    ["x", "sign"],
  ),
  sqrt_rn: written("The square root, correctly rounded.", "sqrt_rn_f32", Math.sqrt),
  div_rn: written("The quotient, correctly rounded.", "div_rn_f32", (a, b) => a / b, ["a", "b"]),
  umulhi: {
    doc: "The high 32 bits of the product of u32s.",
    operands: ["a", "b"],
    traits: ["commutative"],
    infer: ofWords,
    evaluate: () => highProduct,
    wgsl: (args, site) =>
      perElement(site.native.int64 ? "wide_umulhi_u32" : "umulhi_u32", args, site),
  },
  clz: built(
    "How many zero bits come before the first one.",
    "countLeadingZeros",
    (x) => Math.clz32(x),
    ofWords,
  ),
  popc: built("How many bits are one.", "countOneBits", countOnes, ofWords),
  brev: built("The bits in reverse order.", "reverseBits", reverseBits, ofWords),
  ffs: {
    ...built(
      "The place of the last one bit, counted from 1; 0 when there is none.",
      "",
      (x) => x === 0 ? 0 : 32 - Math.clz32(x & -x),
      ofWords,
    ),
    // firstTrailingBit of 0 is all ones.
    wgsl: ([x], site) => `(${call("firstTrailingBit", [x!])} + ${site.literal(1, site.result)})`,
  },
} satisfies Record<string, ElementwiseRow>;
