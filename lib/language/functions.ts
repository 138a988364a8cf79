/** The elementwise functions of `tl` beyond the commonest: those that Triton keeps in `tl.math` and libdevice. */

import type { Condition, Tile } from "./types.ts";

/** What is said of a choice among numbers besides the numbers. */
export interface NanOptions {
  /**
   * With `tl.PropagateNan.ALL` a NaN among the operands makes the result NaN; with `tl.PropagateNan.NONE`, the
   * default, it counts as missing.
   */
  readonly propagateNan?: "none" | "all" | undefined;
}

/** What is said of a division besides its operands. */
export interface DivisionOptions {
  /** Round correctly, as `tl.divRn` does. */
  readonly ieeeRounding?: boolean | undefined;
}

/** What is said of integer arithmetic besides its operands. */
export interface OverflowOptions {
  /**
   * Whether it is an error, in launches with `debug`, when the result leaves the range of an integer of
   * up to 32 bits; elsewhere integers wrap.
   */
  readonly sanitizeOverflow?: boolean | undefined;
}

/** Elementwise functions. They are computed in f32; of a narrower float the result is rounded to that. */
export interface ElementwiseFunctions {
  /**
   * The sum, as by `+`.
   *
   * @example
   * tl.add(x, 1) // x: u8 = [1, 255] gives [2, 0]
   */
  add(a: number, b: number, options?: OverflowOptions): Tile;
  /**
   * The difference, as by `-`.
   *
   * @example
   * tl.sub(x, 1) // x: u8 = [1, 0] gives [0, 255]
   */
  sub(a: number, b: number, options?: OverflowOptions): Tile;
  /**
   * The product, as by `*`.
   *
   * @example
   * tl.mul(x, 2) // x: u8 = [1, 200] gives [2, 144]
   */
  mul(a: number, b: number, options?: OverflowOptions): Tile;
  /**
   * The quotient of floats.
   *
   * @example
   * tl.fdiv(x, 4) // x = [1, 3] gives [0.25, 0.75]
   */
  fdiv(a: number, b: number, options?: DivisionOptions): Tile;
  /**
   * The quotient of floats, correctly rounded on every device.
   *
   * @example
   * tl.divRn(x, 3) // x = [1, 2] gives [0.33333, 0.66667]
   */
  divRn(a: number, b: number): Tile;
  /**
   * The square root, correctly rounded on every device.
   *
   * @example
   * tl.sqrtRn(x) // x = [4, 2] gives [2, 1.4142]
   */
  sqrtRn(x: number): Tile;
  /**
   * `x` held between two bounds, of floats; NaN gives `min` unless it is to be propagated.
   *
   * @example
   * tl.clamp(x, 0, 1) // x = [-1, 0.5, 2] gives [0, 0.5, 1]
   */
  clamp(x: number, min: number, max: number, options?: NanOptions): Tile;
  /**
   * The high 32 bits of the product of two 32-bit integers, taken as unsigned.
   *
   * @example
   * tl.umulhi(x, 4) // x: u32 = [1, 4294967295] gives [0, 3]
   */
  umulhi(a: number, b: number): Tile;
  /**
   * The error function.
   *
   * @example
   * tl.erf(x) // x = [0, 1] gives [0, 0.8427]
   */
  erf(x: number): Tile;
  /**
   * 1 - erf(x), exact also where that is small.
   *
   * @example
   * tl.erfc(x) // x = [0, 1] gives [1, 0.1573]
   */
  erfc(x: number): Tile;
  /**
   * The tangent of an angle in radians.
   *
   * @example
   * tl.tan(x) // x = [0, 1] gives [0, 1.5574]
   */
  tan(x: number): Tile;
  /**
   * The angle in radians whose sine is x.
   *
   * @example
   * tl.asin(x) // x = [0, 1] gives [0, 1.5708]
   */
  asin(x: number): Tile;
  /**
   * The angle in radians whose cosine is x.
   *
   * @example
   * tl.acos(x) // x = [1, 0] gives [0, 1.5708]
   */
  acos(x: number): Tile;
  /**
   * The angle in radians whose tangent is x.
   *
   * @example
   * tl.atan(x) // x = [0, 1] gives [0, 0.7854]
   */
  atan(x: number): Tile;
  /**
   * The angle in radians from the first axis to the point (x, y).
   *
   * @example
   * tl.atan2(x, y) // x = [1, 1]; y = [1, -1] gives [0.7854, 2.3562]
   */
  atan2(y: number, x: number): Tile;
  /**
   * The hyperbolic sine.
   *
   * @example
   * tl.sinh(x) // x = [0, 1] gives [0, 1.1752]
   */
  sinh(x: number): Tile;
  /**
   * The hyperbolic cosine.
   *
   * @example
   * tl.cosh(x) // x = [0, 1] gives [1, 1.5431]
   */
  cosh(x: number): Tile;
  /**
   * The hyperbolic tangent.
   *
   * @example
   * tl.tanh(x) // x = [0, 1] gives [0, 0.76159]
   */
  tanh(x: number): Tile;
  /**
   * The inverse of the hyperbolic sine.
   *
   * @example
   * tl.asinh(x) // x = [0, 1] gives [0, 0.88137]
   */
  asinh(x: number): Tile;
  /**
   * The inverse of the hyperbolic cosine.
   *
   * @example
   * tl.acosh(x) // x = [1, 2] gives [0, 1.317]
   */
  acosh(x: number): Tile;
  /**
   * The inverse of the hyperbolic tangent.
   *
   * @example
   * tl.atanh(x) // x = [0, 0.5] gives [0, 0.54931]
   */
  atanh(x: number): Tile;
  /**
   * exp(x) - 1, exact also where that is small.
   *
   * @example
   * tl.expm1(x) // x = [0, 1] gives [0, 1.7183]
   */
  expm1(x: number): Tile;
  /**
   * log(1 + x), exact also where x is small.
   *
   * @example
   * tl.log1p(x) // x = [0, 1] gives [0, 0.69315]
   */
  log1p(x: number): Tile;
  /**
   * The logarithm to base 10.
   *
   * @example
   * tl.log10(x) // x = [1, 1000] gives [0, 3]
   */
  log10(x: number): Tile;
  /**
   * 10 to the power x.
   *
   * @example
   * tl.exp10(x) // x = [0, 2] gives [1, 100]
   */
  exp10(x: number): Tile;
  /**
   * a to the power b.
   *
   * @example
   * tl.pow(x, 3) // x = [2, -2] gives [8, -8]
   */
  pow(a: number, b: number): Tile;
  /**
   * The cube root.
   *
   * @example
   * tl.cbrt(x) // x = [8, -27] gives [2, -3]
   */
  cbrt(x: number): Tile;
  /**
   * The square root of a * a + b * b, also where the squares leave the range of f32.
   *
   * @example
   * tl.hypot(x, y) // x = [3, 5]; y = [4, 12] gives [5, 13]
   */
  hypot(a: number, b: number): Tile;
  /**
   * The exact remainder of floats, with the sign of the first.
   *
   * @example
   * tl.fmod(x, 3) // x = [7, -7] gives [1, -1]
   */
  fmod(a: number, b: number): Tile;
  /**
   * a - b where that is above 0, else 0.
   *
   * @example
   * tl.fdim(x, 2) // x = [5, 1] gives [3, 0]
   */
  fdim(a: number, b: number): Tile;
  /**
   * x times 2 to the power n, an integer.
   *
   * @example
   * tl.ldexp(x, n) // x = [1, 3]; n: i32 = [4, -1] gives [16, 1.5]
   */
  ldexp(x: number, n: number): Tile;
  /**
   * The next f32 after a in the direction of b.
   *
   * @example
   * tl.nextafter(x, 9) > x // x = [1, 2] gives [true, true]
   */
  nextafter(a: number, b: number): Tile;
  /**
   * The size of x with the sign of another number.
   *
   * @example
   * tl.copysign(x, y) // x = [1, 2]; y = [-3, 0] gives [-1, 2]
   */
  copysign(x: number, sign: number): Tile;
  /**
   * The nearest integral value; halves go to the even one.
   *
   * @example
   * tl.rint(x) // x = [0.5, 1.5, -2.6] gives [0, 2, -3]
   */
  rint(x: number): Tile;
  /**
   * The nearest integral value; halves go to the even one.
   *
   * @example
   * tl.nearbyint(x) // x = [0.5, 1.5, -2.6] gives [0, 2, -3]
   */
  nearbyint(x: number): Tile;
  /**
   * The nearest integral value; halves go away from zero.
   *
   * @example
   * tl.round(x) // x = [0.5, 1.5, -2.6] gives [1, 2, -3]
   */
  round(x: number): Tile;
  /**
   * The integral part.
   *
   * @example
   * tl.trunc(x) // x = [1.7, -1.7] gives [1, -1]
   */
  trunc(x: number): Tile;
  /**
   * Whether x is NaN.
   *
   * @example
   * tl.isnan(x) // x = [1, NaN] gives [false, true]
   */
  isnan(x: number): Condition;
  /**
   * Whether x is an infinity of either sign.
   *
   * @example
   * tl.isinf(x) // x = [1, -Infinity] gives [false, true]
   */
  isinf(x: number): Condition;
  /**
   * Whether x is neither NaN nor infinite.
   *
   * @example
   * tl.finitef(x) // x = [1, Infinity, NaN] gives [true, false, false]
   */
  finitef(x: number): Condition;
  /**
   * Whether the sign bit of x is set: of negative numbers and -0.
   *
   * @example
   * tl.signbit(x) // x = [1, -2] gives [false, true]
   */
  signbit(x: number): Condition;
  /**
   * How many zero bits come before the first one bit of a 32-bit integer.
   *
   * @example
   * tl.clz(x) // x: i32 = [1, -1] gives [31, 0]
   */
  clz(x: number): Tile;
  /**
   * How many bits of a 32-bit integer are one.
   *
   * @example
   * tl.popc(x) // x: i32 = [7, -1] gives [3, 32]
   */
  popc(x: number): Tile;
  /**
   * The bits of a 32-bit integer in reverse order.
   *
   * @example
   * tl.brev(x) // x: u32 = [1, 2] gives [2147483648, 1073741824]
   */
  brev(x: number): Tile;
  /**
   * The place of the last one bit of a 32-bit integer, counted from 1; 0 when there is none.
   *
   * @example
   * tl.ffs(x) // x: i32 = [8, 0] gives [4, 0]
   */
  ffs(x: number): Tile;
  /**
   * The bits of an f32 as an i32.
   *
   * @example
   * tl.floatAsInt(x) // x = [1, 0] gives [1065353216, 0]
   */
  floatAsInt(x: number): Tile;
  /**
   * The bits of an f32 as a u32.
   *
   * @example
   * tl.floatAsUint(x) // x = [-1, 0] gives [3212836864, 0]
   */
  floatAsUint(x: number): Tile;
  /**
   * The f32 that has the bits of an i32.
   *
   * @example
   * tl.intAsFloat(x) // x: i32 = [1065353216, 0] gives [1, 0]
   */
  intAsFloat(x: number): Tile;
  /**
   * The f32 that has the bits of a u32.
   *
   * @example
   * tl.uintAsFloat(x) // x: u32 = [3212836864, 0] gives [-1, 0]
   */
  uintAsFloat(x: number): Tile;
}

/** The names of the functions. */
export const FUNCTION_NAMES = {
  add: 0,
  sub: 0,
  mul: 0,
  fdiv: 0,
  divRn: 0,
  sqrtRn: 0,
  clamp: 0,
  umulhi: 0,
  erf: 0,
  erfc: 0,
  tan: 0,
  asin: 0,
  acos: 0,
  atan: 0,
  atan2: 0,
  sinh: 0,
  cosh: 0,
  tanh: 0,
  asinh: 0,
  acosh: 0,
  atanh: 0,
  expm1: 0,
  log1p: 0,
  log10: 0,
  exp10: 0,
  pow: 0,
  cbrt: 0,
  hypot: 0,
  fmod: 0,
  fdim: 0,
  ldexp: 0,
  nextafter: 0,
  copysign: 0,
  rint: 0,
  nearbyint: 0,
  round: 0,
  trunc: 0,
  isnan: 0,
  isinf: 0,
  finitef: 0,
  signbit: 0,
  clz: 0,
  popc: 0,
  brev: 0,
  ffs: 0,
  floatAsInt: 0,
  floatAsUint: 0,
  intAsFloat: 0,
  uintAsFloat: 0,
} satisfies Record<keyof ElementwiseFunctions, 0>;

/** What `minimum`, `maximum` and `clamp` make of NaN. */
export const PropagateNan = Object.freeze(
  {
    /** A NaN counts as missing. */
    NONE: "none",
    /** A NaN makes the result NaN. */
    ALL: "all",
  } as const,
);
