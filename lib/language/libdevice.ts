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

  /** The logarithm of the size of the gamma function; near its zeros at negative x exact to 1e-6 only. */
  lgamma(x: number): Tile;
  /** The gamma function; to 12 units in the last place. */
  tgamma(x: number): Tile;
  /** The number whose error function is x. */
  erfinv(x: number): Tile;
  /** The number whose complementary error function is x. */
  erfcinv(x: number): Tile;
  /** exp(x * x) * erfc(x). */
  erfcx(x: number): Tile;
  /** The integral of the normal distribution up to x. */
  normcdf(x: number): Tile;
  /** The number up to which the normal distribution's integral is x. */
  normcdfinv(x: number): Tile;

  // Bessel functions

  /** The Bessel function of the first kind and order 0; from 8 on exact to 1e-6 of its size between zeros. */
  j0(x: number): Tile;
  /** The Bessel function of the first kind and order 1; as j0. */
  j1(x: number): Tile;
  /** The Bessel function of the first kind and integral order n; as j0. */
  jn(n: number, x: number): Tile;
  /** The Bessel function of the second kind and order 0; as j0. */
  y0(x: number): Tile;
  /** The Bessel function of the second kind and order 1; as j0. */
  y1(x: number): Tile;
  /** The Bessel function of the second kind and integral order n; as j0. */
  yn(n: number, x: number): Tile;
  /** The modified Bessel function of the first kind and order 0. */
  cylBesselI0(x: number): Tile;
  /** The modified Bessel function of the first kind and order 1. */
  cylBesselI1(x: number): Tile;

  // Roots, lengths, angles

  /** One over the cube root. */
  rcbrt(x: number): Tile;
  /** One over the root of x * x + y * y. */
  rhypot(x: number, y: number): Tile;
  /** The length of a vector of three. */
  norm3d(x: number, y: number, z: number): Tile;
  /** One over the length of a vector of three. */
  rnorm3d(x: number, y: number, z: number): Tile;
  /** The length of a vector of four. */
  norm4d(x: number, y: number, z: number, w: number): Tile;
  /** One over the length of a vector of four. */
  rnorm4d(x: number, y: number, z: number, w: number): Tile;
  /** The sine of pi times x. */
  sinpi(x: number): Tile;
  /** The cosine of pi times x. */
  cospi(x: number): Tile;

  // Parts of numbers

  /** x less the nearest multiple of y, exactly; of two as near, the even one. */
  remainder(x: number, y: number): Tile;
  /** x times 2 to the power n, as ldexp. */
  scalbn(x: number, n: number): Tile;
  /** The exponent of x as a float: the integral part of its logarithm to base 2. */
  logb(x: number): Tile;
  /** The exponent of x as an i32. */
  ilogb(x: number): Tile;
  /** x held between 0 and 1; NaN gives 0. */
  saturatef(x: number): Tile;
  /** The absolute value. */
  fabs(x: number): Tile;
  /** Whether x is neither NaN nor infinite. */
  isfinited(x: number): Condition;

  // Integers of 32 bits

  /** The high half of the product, with the sign of integers that have one. */
  mulhi(x: number, y: number): Tile;
  /** The low half of the product of the low 24 bits. */
  mul24(x: number, y: number): Tile;
  /** The difference of x and y without its sign, plus z. */
  sad(x: number, y: number, z: number): Tile;
  /** The mean of x and y, rounded down, without overflow. */
  hadd(x: number, y: number): Tile;
  /** The mean of x and y, rounded up, without overflow. */
  rhadd(x: number, y: number): Tile;
  /** Four of the eight bytes of x and y, each named by four bits of the selector. */
  bytePerm(x: number, y: number, selector: number): Tile;

  // Rounded as the name says: to nearest (Rn), towards zero (Rz), down (Rd) or up (Ru)

  /** The sum. */
  addRn(x: number, y: number): Tile;
  /** The difference. */
  subRn(x: number, y: number): Tile;
  /** The product. */
  mulRn(x: number, y: number): Tile;
  /** One over x, correctly rounded. */
  rcpRn(x: number): Tile;
  /** An i32, rounded to nearest. */
  float2intRn(x: number): Tile;
  /** An i32, rounded towards zero. */
  float2intRz(x: number): Tile;
  /** An i32, rounded down. */
  float2intRd(x: number): Tile;
  /** An i32, rounded up. */
  float2intRu(x: number): Tile;
  /** A u32, rounded to nearest. */
  float2uintRn(x: number): Tile;
  /** A u32, rounded towards zero. */
  float2uintRz(x: number): Tile;
  /** A u32, rounded down. */
  float2uintRd(x: number): Tile;
  /** A u32, rounded up. */
  float2uintRu(x: number): Tile;
  /** An f32, rounded to nearest. */
  int2floatRn(x: number): Tile;
  /** An f32, rounded to nearest. */
  uint2floatRn(x: number): Tile;

  // Those that CUDA has in a faster and coarser form: here they are what their names say

  /** The sine. */
  fastSinf(x: number): Tile;
  /** The cosine. */
  fastCosf(x: number): Tile;
  /** The tangent. */
  fastTanf(x: number): Tile;
  /** The hyperbolic tangent. */
  fastTanhf(x: number): Tile;
  /** e to the power x. */
  fastExpf(x: number): Tile;
  /** 10 to the power x. */
  fastExp10f(x: number): Tile;
  /** The natural logarithm. */
  fastLogf(x: number): Tile;
  /** The logarithm to base 2. */
  fastLog2f(x: number): Tile;
  /** The logarithm to base 10. */
  fastLog10f(x: number): Tile;
  /** x to the power y. */
  fastPowf(x: number, y: number): Tile;
  /** The quotient. */
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
