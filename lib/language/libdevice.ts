/**
 * The functions that Triton has in `tl.extra.libdevice` alone, under its names in TypeScript's
 * spelling: `cyl_bessel_i0` is `cylBesselI0`.
 */

import type { Condition, Tile } from "./types.ts";

/**
 * Elementwise functions of f32, good to a few units in the last place on every device; those of
 * narrower floats are computed in f32 and rounded.
 */
export interface LibdeviceFunctions {
  // Gamma and error functions

  /**
   * The logarithm of the size of the gamma function; near its zeros at negative x exact to 1e-6 only.
   *
   * @example
   * tl.libdevice.lgamma(x) // x = [1, 10] gives [0, 12.802]
   */
  lgamma(x: number): Tile;
  /**
   * The gamma function; to 12 units in the last place.
   *
   * @example
   * tl.libdevice.tgamma(x) // x = [5, 0.5] gives [24, 1.7725]
   */
  tgamma(x: number): Tile;
  /**
   * The number whose error function is x.
   *
   * @example
   * tl.libdevice.erfinv(x) // x = [0, 0.5] gives [0, 0.47694]
   */
  erfinv(x: number): Tile;
  /**
   * The number whose complementary error function is x.
   *
   * @example
   * tl.libdevice.erfcinv(x) // x = [1, 0.5] gives [0, 0.47694]
   */
  erfcinv(x: number): Tile;
  /**
   * exp(x * x) * erfc(x).
   *
   * @example
   * tl.libdevice.erfcx(x) // x = [0, 1] gives [1, 0.42758]
   */
  erfcx(x: number): Tile;
  /**
   * The integral of the normal distribution up to x.
   *
   * @example
   * tl.libdevice.normcdf(x) // x = [0, 1] gives [0.5, 0.84134]
   */
  normcdf(x: number): Tile;
  /**
   * The number up to which the normal distribution's integral is x.
   *
   * @example
   * tl.libdevice.normcdfinv(x) // x = [0.5, 0.25] gives [0, -0.67449]
   */
  normcdfinv(x: number): Tile;

  // Bessel functions

  /**
   * The Bessel function of the first kind and order 0; from 8 on exact to 1e-6 of its size between zeros.
   *
   * @example
   * tl.libdevice.j0(x) // x = [0, 1] gives [1, 0.7652]
   */
  j0(x: number): Tile;
  /**
   * The Bessel function of the first kind and order 1; as j0.
   *
   * @example
   * tl.libdevice.j1(x) // x = [0, 1] gives [0, 0.44005]
   */
  j1(x: number): Tile;
  /**
   * The Bessel function of the first kind and integral order n; as j0.
   *
   * @example
   * tl.libdevice.jn(2, x) // x = [0, 1] gives [0, 0.1149]
   */
  jn(n: number, x: number): Tile;
  /**
   * The Bessel function of the second kind and order 0; as j0.
   *
   * @example
   * tl.libdevice.y0(x) // x = [1, 2] gives [0.088257, 0.51038]
   */
  y0(x: number): Tile;
  /**
   * The Bessel function of the second kind and order 1; as j0.
   *
   * @example
   * tl.libdevice.y1(x) // x = [1, 2] gives [-0.78121, -0.10703]
   */
  y1(x: number): Tile;
  /**
   * The Bessel function of the second kind and integral order n; as j0.
   *
   * @example
   * tl.libdevice.yn(2, x) // x = [1, 2] gives [-1.6507, -0.61741]
   */
  yn(n: number, x: number): Tile;
  /**
   * The modified Bessel function of the first kind and order 0.
   *
   * @example
   * tl.libdevice.cylBesselI0(x) // x = [0, 1] gives [1, 1.2661]
   */
  cylBesselI0(x: number): Tile;
  /**
   * The modified Bessel function of the first kind and order 1.
   *
   * @example
   * tl.libdevice.cylBesselI1(x) // x = [0, 1] gives [0, 0.56516]
   */
  cylBesselI1(x: number): Tile;

  // Roots, lengths, angles

  /**
   * One over the cube root.
   *
   * @example
   * tl.libdevice.rcbrt(x) // x = [8, -27] gives [0.5, -0.33333]
   */
  rcbrt(x: number): Tile;
  /**
   * One over the root of x * x + y * y.
   *
   * @example
   * tl.libdevice.rhypot(x, 4) // x = [3, 0] gives [0.2, 0.25]
   */
  rhypot(x: number, y: number): Tile;
  /**
   * The length of a vector of three.
   *
   * @example
   * tl.libdevice.norm3d(x, 2, 2) // x = [1, 0] gives [3, 2.8284]
   */
  norm3d(x: number, y: number, z: number): Tile;
  /**
   * One over the length of a vector of three.
   *
   * @example
   * tl.libdevice.rnorm3d(x, 2, 2) // x = [1, 0] gives [0.33333, 0.35355]
   */
  rnorm3d(x: number, y: number, z: number): Tile;
  /**
   * The length of a vector of four.
   *
   * @example
   * tl.libdevice.norm4d(x, 1, 1, 1) // x = [1, 0] gives [2, 1.7321]
   */
  norm4d(x: number, y: number, z: number, w: number): Tile;
  /**
   * One over the length of a vector of four.
   *
   * @example
   * tl.libdevice.rnorm4d(x, 1, 1, 1) // x = [1, 0] gives [0.5, 0.57735]
   */
  rnorm4d(x: number, y: number, z: number, w: number): Tile;
  /**
   * The sine of pi times x.
   *
   * @example
   * tl.libdevice.sinpi(x) // x = [0.5, 1] gives [1, 0]
   */
  sinpi(x: number): Tile;
  /**
   * The cosine of pi times x.
   *
   * @example
   * tl.libdevice.cospi(x) // x = [0.5, 1] gives [0, -1]
   */
  cospi(x: number): Tile;

  // Parts of numbers

  /**
   * x less the nearest multiple of y, exactly; of two as near, the even one.
   *
   * @example
   * tl.libdevice.remainder(x, 4) // x = [5, 6, 7] gives [1, -2, -1]
   */
  remainder(x: number, y: number): Tile;
  /**
   * x times 2 to the power n, as ldexp.
   *
   * @example
   * tl.libdevice.scalbn(x, 3) // x = [1, 5] gives [8, 40]
   */
  scalbn(x: number, n: number): Tile;
  /**
   * The exponent of x as a float: the integral part of its logarithm to base 2.
   *
   * @example
   * tl.libdevice.logb(x) // x = [8, 0.3] gives [3, -2]
   */
  logb(x: number): Tile;
  /**
   * The exponent of x as an i32.
   *
   * @example
   * tl.libdevice.ilogb(x) // x = [8, 0.3] gives [3, -2]
   */
  ilogb(x: number): Tile;
  /**
   * x held between 0 and 1; NaN gives 0.
   *
   * @example
   * tl.libdevice.saturatef(x) // x = [-1, 0.5, 2] gives [0, 0.5, 1]
   */
  saturatef(x: number): Tile;
  /**
   * The absolute value.
   *
   * @example
   * tl.libdevice.fabs(x) // x = [1, -1] gives [1, 1]
   */
  fabs(x: number): Tile;
  /**
   * Whether x is neither NaN nor infinite.
   *
   * @example
   * tl.libdevice.isfinited(x) // x = [1, Infinity] gives [true, false]
   */
  isfinited(x: number): Condition;

  // Integers of 32 bits

  /**
   * The high half of the product, with the sign of integers that have one.
   *
   * @example
   * tl.libdevice.mulhi(x, 4) // x: i32 = [1073741824, -1] gives [1, -1]
   */
  mulhi(x: number, y: number): Tile;
  /**
   * The low half of the product of the low 24 bits.
   *
   * @example
   * tl.libdevice.mul24(x, 3) // x: i32 = [5, -5] gives [15, -15]
   */
  mul24(x: number, y: number): Tile;
  /**
   * The difference of x and y without its sign, plus z.
   *
   * @example
   * tl.libdevice.sad(x, 5, z) // x: i32 = [2, 9]; z: u32 = [10, 20] gives [13, 24]
   */
  sad(x: number, y: number, z: number): Tile;
  /**
   * The mean of x and y, rounded down, without overflow.
   *
   * @example
   * tl.libdevice.hadd(x, 4) // x: i32 = [1, 2147483647] gives [2, 1073741825]
   */
  hadd(x: number, y: number): Tile;
  /**
   * The mean of x and y, rounded up, without overflow.
   *
   * @example
   * tl.libdevice.rhadd(x, 4) // x: i32 = [1, 2] gives [3, 3]
   */
  rhadd(x: number, y: number): Tile;
  /**
   * Four of the eight bytes of x and y, each named by four bits of the selector.
   *
   * @example
   * tl.libdevice.bytePerm(x, 0, 0x0123) // x: u32 = [1, 256] gives [16777216, 65536]
   */
  bytePerm(x: number, y: number, selector: number): Tile;

  // Rounded to nearest (Rn), towards zero (Rz), down (Rd), up (Ru)

  /**
   * The sum.
   *
   * @example
   * tl.libdevice.addRn(x, 1) // x = [1, 2] gives [2, 3]
   */
  addRn(x: number, y: number): Tile;
  /**
   * The difference.
   *
   * @example
   * tl.libdevice.subRn(x, 1) // x = [1, 2] gives [0, 1]
   */
  subRn(x: number, y: number): Tile;
  /**
   * The product.
   *
   * @example
   * tl.libdevice.mulRn(x, 3) // x = [1, 2] gives [3, 6]
   */
  mulRn(x: number, y: number): Tile;
  /**
   * One over x, correctly rounded.
   *
   * @example
   * tl.libdevice.rcpRn(x) // x = [4, 3] gives [0.25, 0.33333]
   */
  rcpRn(x: number): Tile;
  /**
   * An i32, rounded to nearest.
   *
   * @example
   * tl.libdevice.float2intRn(x) // x = [1.5, 2.5] gives [2, 2]
   */
  float2intRn(x: number): Tile;
  /**
   * An i32, rounded towards zero.
   *
   * @example
   * tl.libdevice.float2intRz(x) // x = [1.5, -1.5] gives [1, -1]
   */
  float2intRz(x: number): Tile;
  /**
   * An i32, rounded down.
   *
   * @example
   * tl.libdevice.float2intRd(x) // x = [1.5, -1.5] gives [1, -2]
   */
  float2intRd(x: number): Tile;
  /**
   * An i32, rounded up.
   *
   * @example
   * tl.libdevice.float2intRu(x) // x = [1.5, -1.5] gives [2, -1]
   */
  float2intRu(x: number): Tile;
  /**
   * A u32, rounded to nearest.
   *
   * @example
   * tl.libdevice.float2uintRn(x) // x = [1.5, 2.5] gives [2, 2]
   */
  float2uintRn(x: number): Tile;
  /**
   * A u32, rounded towards zero.
   *
   * @example
   * tl.libdevice.float2uintRz(x) // x = [1.5, -1.5] gives [1, 0]
   */
  float2uintRz(x: number): Tile;
  /**
   * A u32, rounded down.
   *
   * @example
   * tl.libdevice.float2uintRd(x) // x = [1.5, 2.7] gives [1, 2]
   */
  float2uintRd(x: number): Tile;
  /**
   * A u32, rounded up.
   *
   * @example
   * tl.libdevice.float2uintRu(x) // x = [1.5, 2.2] gives [2, 3]
   */
  float2uintRu(x: number): Tile;
  /**
   * An f32, rounded to nearest.
   *
   * @example
   * tl.libdevice.int2floatRn(x) // x: i32 = [3, -3] gives [3, -3]
   */
  int2floatRn(x: number): Tile;
  /**
   * An f32, rounded to nearest.
   *
   * @example
   * tl.libdevice.uint2floatRn(x) // x: u32 = [3, 4] gives [3, 4]
   */
  uint2floatRn(x: number): Tile;

  // CUDA's fast forms, here as exact as the others

  /**
   * The sine.
   *
   * @example
   * tl.libdevice.fastSinf(x) // x = [0, 1] gives [0, 0.84147]
   */
  fastSinf(x: number): Tile;
  /**
   * The cosine.
   *
   * @example
   * tl.libdevice.fastCosf(x) // x = [0, 1] gives [1, 0.5403]
   */
  fastCosf(x: number): Tile;
  /**
   * The tangent.
   *
   * @example
   * tl.libdevice.fastTanf(x) // x = [0, 1] gives [0, 1.5574]
   */
  fastTanf(x: number): Tile;
  /**
   * The hyperbolic tangent.
   *
   * @example
   * tl.libdevice.fastTanhf(x) // x = [0, 1] gives [0, 0.76159]
   */
  fastTanhf(x: number): Tile;
  /**
   * e to the power x.
   *
   * @example
   * tl.libdevice.fastExpf(x) // x = [0, 1] gives [1, 2.7183]
   */
  fastExpf(x: number): Tile;
  /**
   * 10 to the power x.
   *
   * @example
   * tl.libdevice.fastExp10f(x) // x = [0, 2] gives [1, 100]
   */
  fastExp10f(x: number): Tile;
  /**
   * The natural logarithm.
   *
   * @example
   * tl.libdevice.fastLogf(x) // x = [1, 10] gives [0, 2.3026]
   */
  fastLogf(x: number): Tile;
  /**
   * The logarithm to base 2.
   *
   * @example
   * tl.libdevice.fastLog2f(x) // x = [1, 8] gives [0, 3]
   */
  fastLog2f(x: number): Tile;
  /**
   * The logarithm to base 10.
   *
   * @example
   * tl.libdevice.fastLog10f(x) // x = [1, 1000] gives [0, 3]
   */
  fastLog10f(x: number): Tile;
  /**
   * x to the power y.
   *
   * @example
   * tl.libdevice.fastPowf(x, 2) // x = [2, 3] gives [4, 9]
   */
  fastPowf(x: number, y: number): Tile;
  /**
   * The quotient.
   *
   * @example
   * tl.libdevice.fastDividef(x, 4) // x = [1, 3] gives [0.25, 0.75]
   */
  fastDividef(x: number, y: number): Tile;
}

/** The names of the functions. */
export const LIBDEVICE_NAMES = {
  lgamma: 0,
  tgamma: 0,
  erfinv: 0,
  erfcinv: 0,
  erfcx: 0,
  normcdf: 0,
  normcdfinv: 0,
  j0: 0,
  j1: 0,
  jn: 0,
  y0: 0,
  y1: 0,
  yn: 0,
  cylBesselI0: 0,
  cylBesselI1: 0,
  rcbrt: 0,
  rhypot: 0,
  norm3d: 0,
  rnorm3d: 0,
  norm4d: 0,
  rnorm4d: 0,
  sinpi: 0,
  cospi: 0,
  remainder: 0,
  scalbn: 0,
  logb: 0,
  ilogb: 0,
  saturatef: 0,
  fabs: 0,
  isfinited: 0,
  mulhi: 0,
  mul24: 0,
  sad: 0,
  hadd: 0,
  rhadd: 0,
  bytePerm: 0,
  addRn: 0,
  subRn: 0,
  mulRn: 0,
  rcpRn: 0,
  float2intRn: 0,
  float2intRz: 0,
  float2intRd: 0,
  float2intRu: 0,
  float2uintRn: 0,
  float2uintRz: 0,
  float2uintRd: 0,
  float2uintRu: 0,
  int2floatRn: 0,
  uint2floatRn: 0,
  fastSinf: 0,
  fastCosf: 0,
  fastTanf: 0,
  fastTanhf: 0,
  fastExpf: 0,
  fastExp10f: 0,
  fastLogf: 0,
  fastLog2f: 0,
  fastLog10f: 0,
  fastPowf: 0,
  fastDividef: 0,
} satisfies Record<keyof LibdeviceFunctions, 0>;
