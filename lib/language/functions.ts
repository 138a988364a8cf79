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
  /** The sum, as by `+`. */
  add(a: number, b: number, options?: OverflowOptions): Tile;
  /** The difference, as by `-`. */
  sub(a: number, b: number, options?: OverflowOptions): Tile;
  /** The product, as by `*`. */
  mul(a: number, b: number, options?: OverflowOptions): Tile;
  /** The quotient of floats. */
  fdiv(a: number, b: number, options?: DivisionOptions): Tile;
  /** The quotient of floats, correctly rounded on every device. */
  divRn(a: number, b: number): Tile;
  /** The square root, correctly rounded on every device. */
  sqrtRn(x: number): Tile;
  /** `x` held between two bounds, of floats; NaN gives `min` unless it is to be propagated. */
  clamp(x: number, min: number, max: number, options?: NanOptions): Tile;
  /** The high 32 bits of the product of two 32-bit integers, taken as unsigned. */
  umulhi(a: number, b: number): Tile;
  /** The error function. */
  erf(x: number): Tile;
  /** 1 - erf(x), exact also where that is small. */
  erfc(x: number): Tile;
  /** The tangent of an angle in radians. */
  tan(x: number): Tile;
  /** The angle in radians whose sine is x. */
  asin(x: number): Tile;
  /** The angle in radians whose cosine is x. */
  acos(x: number): Tile;
  /** The angle in radians whose tangent is x. */
  atan(x: number): Tile;
  /** The angle in radians from the first axis to the point (x, y). */
  atan2(y: number, x: number): Tile;
  /** The hyperbolic sine. */
  sinh(x: number): Tile;
  /** The hyperbolic cosine. */
  cosh(x: number): Tile;
  /** The hyperbolic tangent. */
  tanh(x: number): Tile;
  /** The inverse of the hyperbolic sine. */
  asinh(x: number): Tile;
  /** The inverse of the hyperbolic cosine. */
  acosh(x: number): Tile;
  /** The inverse of the hyperbolic tangent. */
  atanh(x: number): Tile;
  /** exp(x) - 1, exact also where that is small. */
  expm1(x: number): Tile;
  /** log(1 + x), exact also where x is small. */
  log1p(x: number): Tile;
  /** The logarithm to base 10. */
  log10(x: number): Tile;
  /** 10 to the power x. */
  exp10(x: number): Tile;
  /** a to the power b. */
  pow(a: number, b: number): Tile;
  /** The cube root. */
  cbrt(x: number): Tile;
  /** The square root of a * a + b * b, also where the squares leave the range of f32. */
  hypot(a: number, b: number): Tile;
  /** The exact remainder of floats, with the sign of the first. */
  fmod(a: number, b: number): Tile;
  /** a - b where that is above 0, else 0. */
  fdim(a: number, b: number): Tile;
  /** x times 2 to the power n, an integer. */
  ldexp(x: number, n: number): Tile;
  /** The next f32 after a in the direction of b. */
  nextafter(a: number, b: number): Tile;
  /** The size of x with the sign of another number. */
  copysign(x: number, sign: number): Tile;
  /** The nearest integral value; halves go to the even one. */
  rint(x: number): Tile;
  /** The nearest integral value; halves go to the even one. */
  nearbyint(x: number): Tile;
  /** The nearest integral value; halves go away from zero. */
  round(x: number): Tile;
  /** The integral part. */
  trunc(x: number): Tile;
  /** Whether x is NaN. */
  isnan(x: number): Condition;
  /** Whether x is an infinity of either sign. */
  isinf(x: number): Condition;
  /** Whether x is neither NaN nor infinite. */
  finitef(x: number): Condition;
  /** Whether the sign bit of x is set: of negative numbers and -0. */
  signbit(x: number): Condition;
  /** How many zero bits come before the first one bit of a 32-bit integer. */
  clz(x: number): Tile;
  /** How many bits of a 32-bit integer are one. */
  popc(x: number): Tile;
  /** The bits of a 32-bit integer in reverse order. */
  brev(x: number): Tile;
  /** The place of the last one bit of a 32-bit integer, counted from 1; 0 when there is none. */
  ffs(x: number): Tile;
  /** The bits of an f32 as an i32. */
  floatAsInt(x: number): Tile;
  /** The bits of an f32 as a u32. */
  floatAsUint(x: number): Tile;
  /** The f32 that has the bits of an i32. */
  intAsFloat(x: number): Tile;
  /** The f32 that has the bits of a u32. */
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
