/**
 * Functions that WGSL lacks, or promises too little of, as WGSL: of single f32 numbers, and a few of
 * integers that they need.
 *
 * Special cases go by bits, since drivers may take NaN and infinity for impossible. What must be
 * exact is made of integers, or of products whose factors are so short that nothing is rounded:
 * fusing such a product with a sum changes nothing. Polynomials are minimax fits; with the rounding
 * of the steps around them functions are good to a few units in the last place.
 */

import { BESSEL_SOURCES } from "./wgsl_bessel.ts";
import { EXACT_SOURCES } from "./wgsl_exact.ts";
import { INFINITY, NAN, polynomial, type Source, unary } from "./wgsl_source.ts";
import { SPECIAL_SOURCES } from "./wgsl_special.ts";

/** Fits on squares of [0, 1]: erf(x) / x, and (asin(x) - x) / x^3 on [0, 1/2], … */
const ERF = [
  1.12837917,
  -0.376126258,
  0.112835851,
  -0.0268538118,
  0.00518832745,
  -0.00080101916,
  0.0000785385466,
];
/** -log(erfc(x)) on [1, 4]. */
const MINUS_LOG_ERFC = [
  -0.000188040227,
  1.12957842,
  0.633219893,
  0.108418577,
  -0.0252082567,
  0.00420456187,
  -0.000441336376,
  0.0000216868499,
];
const TANH = [1, -0.333332605, 0.133311275, -0.0537210666, 0.0205909842, -0.0056599848];
const SINH = [1, 0.166666664, 0.00833335259, 0.000198358125, 0.00000281852389];
const EXPM1 = [
  0.5,
  0.166666681,
  0.0416666596,
  0.00833302122,
  0.00138892031,
  0.00020015137,
  0.0000248592466,
];
/** (log((1 + s) / (1 - s)) - 2 s) / s^3 by s^2, for s in [0, 1/3]. */
const LOG_RATIO = [0.666666394, 0.400077365, 0.28231718, 0.268849451];
const ASIN = [0.166666663, 0.0750009875, 0.0445980228, 0.0311164071, 0.0170760581, 0.0338096693];
const ATAN = [
  -0.333333319,
  0.199997562,
  -0.142789083,
  0.11036394,
  -0.0866694887,
  0.0627119958,
  -0.0361157326,
  0.013655815,
  -0.00242353618,
];
const SIN = [-0.166666667, 0.00833333184, -0.000198400698, 0.00000272478469];
const COS = [0.0416666646, -0.0013888295, 0.0000245463176];

const SOURCES = {
  erf_f32: unary(
    "erf_f32",
    `  let a = abs(x);
  let z = x * x;
  if (a < 1.0) {
    return x * ${polynomial("z", ERF)};
  }
  let t = min(a, 4.0);
  return copysign_f32(1.0 - exp(-${polynomial("t", MINUS_LOG_ERFC)}), x);`,
    ["copysign_f32"],
  ),
  erfc_f32: unary(
    "erfc_f32",
    `  let a = abs(x);
  let z = x * x;
  if (a < 1.0) {
    return 1.0 - x * ${polynomial("z", ERF)};
  }
  let tail = erfcx_half_f32(a) * exp_square_f32(min(a, 20.0), -1.0);
  return select(tail, 2.0 - tail, x < 0.0);`,
    ["erfcx_half_f32", "exp_square_f32"],
  ),
  tanh_f32: unary(
    "tanh_f32",
    `  let a = abs(x);
  let z = x * x;
  if (a < 0.625) {
    return x * ${polynomial("z", TANH)};
  }
  return copysign_f32(1.0 - 2.0 / (exp(2.0 * min(a, 10.0)) + 1.0), x);`,
    ["copysign_f32"],
  ),
  sinh_f32: unary(
    "sinh_f32",
    `  let a = abs(x);
  let z = x * x;
  if (a < 1.0) {
    return x * ${polynomial("z", SINH)};
  }
  let half = exp_sum_f32(0.5 * a, 0.0);
  let inverse = 0.5 / half;
  return copysign_f32(min(0.5 * half, 3e38) * half - 2.0 * inverse * inverse, x);`,
    ["copysign_f32", "exp_sum_f32"],
  ),
  cosh_f32: unary(
    "cosh_f32",
    `  let a = abs(x);
  let half = exp_sum_f32(0.5 * a, 0.0);
  let inverse = 0.5 / half;
  // The bound keeps the square of a half, which may overflow, from being taken first.
  return min(0.5 * half, 3e38) * half + 2.0 * inverse * inverse;`,
    ["exp_sum_f32"],
  ),
  expm1_f32: unary(
    "expm1_f32",
    `  if (abs(x) < 0.5) {
    return x * (1.0 + x * ${polynomial("x", EXPM1)});
  }
  return exp_sum_f32(x, 0.0) - 1.0;`,
    ["exp_sum_f32"],
  ),
  log1p_f32: unary(
    "log1p_f32",
    `  if (x > -0.5 && x < 1.0) {
    let s = x / (2.0 + x);
    let z = s * s;
    return s * (2.0 + z * ${polynomial("z", LOG_RATIO)});
  }
  return log_f32(1.0 + x);`,
    ["log_f32"],
  ),
  // asin of x in [0, 1/2].
  asin_half_f32: {
    text: `fn asin_half_f32(x: f32, square: f32) -> f32 {
  return x * (1.0 + square * ${polynomial("square", ASIN)});
}`,
  },
  asin_f32: unary(
    "asin_f32",
    `  let a = abs(x);
  if (a > 1.0) {
    return ${NAN};
  }
  if (a <= 0.5) {
    return asin_half_f32(x, x * x);
  }
  let z = 0.5 * (1.0 - a);
  return copysign_f32(1.5707964 - 2.0 * asin_half_f32(sqrt(z), z), x);`,
    ["copysign_f32", "asin_half_f32"],
  ),
  acos_f32: unary(
    "acos_f32",
    `  let a = abs(x);
  if (a > 1.0) {
    return ${NAN};
  }
  if (a <= 0.5) {
    return 1.5707964 - asin_half_f32(x, x * x);
  }
  let z = 0.5 * (1.0 - a);
  let angle = 2.0 * asin_half_f32(sqrt(z), z);
  return select(angle, 3.1415927 - angle, x < 0.0);`,
    ["asin_half_f32"],
  ),
  // atan of x in [0, 1].
  atan_one_f32: {
    text: `fn atan_one_f32(x: f32) -> f32 {
  let z = x * x;
  return x * (1.0 + z * ${polynomial("z", ATAN)});
}`,
  },
  atan_f32: unary(
    "atan_f32",
    `  let a = abs(x);
  if (a <= 1.0) {
    return copysign_f32(atan_one_f32(a), x);
  }
  return copysign_f32(1.5707964 - atan_one_f32(1.0 / min(a, 1e30)), x);`,
    ["copysign_f32", "atan_one_f32"],
  ),
  atan2_f32: {
    needs: ["is_nan_f32", "copysign_f32", "atan_one_f32"],
    text: `fn atan2_f32(y: f32, x: f32) -> f32 {
  if (is_nan_f32(x)) {
    return x;
  }
  if (is_nan_f32(y)) {
    return y;
  }
  var more = max(abs(x), abs(y));
  var less = min(abs(x), abs(y));
  if (more > 1e37) { // out of the reach of division
    more *= 0.0625;
    less *= 0.0625;
  } else if (more < 1e-30) {
    more *= 1e8;
    less *= 1e8;
  }
  var angle = 0.0;
  if (less >= 3e37) { // both infinite
    angle = 0.7853982;
  } else if (more > 0.0) {
    angle = atan_one_f32(less / more);
  }
  if (abs(y) > abs(x)) {
    angle = 1.5707964 - angle;
  }
  if ((bitcast<u32>(x) >> 31u) == 1u) {
    angle = 3.1415927 - angle;
  }
  return copysign_f32(angle, y);
}`,
  },
  asinh_f32: unary(
    "asinh_f32",
    `  let a = abs(x);
  if (a > 1e9) {
    return copysign_f32(log(a) + 0.6931472, x);
  }
  let z = a * a;
  return copysign_f32(log1p_f32(a + z / (1.0 + sqrt(z + 1.0))), x);`,
    ["copysign_f32", "log1p_f32"],
  ),
  acosh_f32: unary(
    "acosh_f32",
    `  if (x < 1.0) {
    return ${NAN};
  }
  if (x > 1e9) {
    return log(x) + 0.6931472;
  }
  let t = x - 1.0;
  return log1p_f32(t + sqrt(t * (t + 2.0)));`,
    ["log1p_f32"],
  ),
  atanh_f32: unary(
    "atanh_f32",
    `  let a = abs(x);
  if (a > 1.0) {
    return ${NAN};
  }
  if (a == 1.0) {
    return copysign_f32(${INFINITY}, x);
  }
  return copysign_f32(0.5 * log1p_f32(2.0 * a / (1.0 - a)), x);`,
    ["copysign_f32", "log1p_f32"],
  ),
  log10_f32: unary("log10_f32", `  return log_f32(x) * 0.4342945;`, ["log_f32"]),
  exp10_f32: unary(
    "exp10_f32",
    `  if (x > 38.6) {
    return ${INFINITY};
  }
  if (x < -45.5) {
    return 0.0;
  }
  // 10^x = 2^n 10^r; log10(2) has a first part of 12 bits, so its product with n is exact.
  let n = round(x * 3.3219281);
  let r = (x - n * 0.301025390625) - n * 4.605039e-6;
  return scale_f32(exp_sum_f32(r * 2.3025851, 0.0), i32(n));`,
    ["scale_f32", "exp_sum_f32"],
  ),
  cbrt_f32: unary(
    "cbrt_f32",
    `  let a = abs(x);
  if (a == 0.0 || (bitcast<u32>(a) == 0x7f800000u)) {
    return x;
  }
  let small = a < 1e-30;
  let b = select(a, a * 16777216.0, small);
  let y = exp2(log2(b) * 0.33333334);
  let better = y + (b / (y * y) - y) * 0.33333334;
  return copysign_f32(select(better, better * 0.00390625, small), x);`,
    ["copysign_f32"],
  ),
  hypot_f32: {
    needs: ["is_nan_f32"],
    text: `fn hypot_f32(x: f32, y: f32) -> f32 {
  let more = max(bitcast<u32>(abs(x)), bitcast<u32>(abs(y)));
  let less = min(bitcast<u32>(abs(x)), bitcast<u32>(abs(y)));
  if (less == 0x7f800000u) { // infinite, whatever the other is
    return bitcast<f32>(less);
  }
  if (more == 0u || more >= 0x7f800000u) {
    return bitcast<f32>(more);
  }
  let unit = select(select(1.0, 0.0625, more > 0x7e000000u), 1e8, more < 0x0d000000u);
  let a = bitcast<f32>(more) * unit;
  let ratio = bitcast<f32>(less) * unit / a;
  return a * sqrt(1.0 + ratio * ratio) / unit;
}`,
  },
  pow_f32: {
    needs: ["is_nan_f32", "scale_f32"],
    text: `fn pow_f32(x: f32, y: f32) -> f32 {
  if (y == 0.0 || x == 1.0) {
    return 1.0;
  }
  if (is_nan_f32(x)) {
    return x;
  }
  if (is_nan_f32(y)) {
    return y;
  }
  let infinity = bitcast<f32>((bitcast<u32>(x) & 0u) | 0x7f800000u);
  let a = abs(x);
  if ((bitcast<u32>(y) & 0x7fffffffu) == 0x7f800000u) {
    if (a == 1.0) {
      return 1.0;
    }
    return select(0.0, infinity, (a > 1.0) == (y > 0.0));
  }
  let negative = (bitcast<u32>(x) >> 31u) == 1u;
  let whole = trunc(y) == y;
  let odd = whole && abs(y) < 16777216.0 && (i32(y) & 1) == 1;
  let sign = select(0u, 0x80000000u, negative && odd);
  var b = bitcast<u32>(a);
  if (b == 0u || b == 0x7f800000u) {
    let huge = (b == 0u) == (y < 0.0);
    return bitcast<f32>(sign | select(0u, 0x7f800000u, huge));
  }
  if (negative && !whole) {
    return ${NAN};
  }
  // x = m 2^e with m near 1
  var e = i32(b >> 23u) - 127;
  if (b < 0x800000u) {
    let shift = countLeadingZeros(b) - 8u;
    b <<= shift;
    e = -126 - i32(shift);
  }
  var m = bitcast<f32>((b & 0x7fffffu) | 0x3f800000u);
  if (m > 1.4142135) {
    m *= 0.5;
    e += 1;
  }
  // log2(m) = 2 / log(2) atanh(s), s = (m - 1) / (m + 1), to some 32 bits: each number is a first
  // part of 12 bits and a rest.
  let u = m - 1.0;
  let d = m + 1.0;
  let d1 = bitcast<f32>(bitcast<u32>(d) & 0xfffff000u);
  let d2 = m - (d1 - 1.0);
  let s1 = bitcast<f32>(bitcast<u32>(u / d) & 0xfffff000u);
  let s2 = ((u - s1 * d1) - s1 * d2) / d;
  let s = s1 + s2;
  let z = s * s;
  let first = s1 * 2.884765625;
  let cubic = s * z * ${polynomial("z", LOG_RATIO.map((c) => c / Math.LN2))};
  let rest = s1 * 0.0006244569 + s2 * 2.88539 + cubic;
  let exponent = f32(e);
  let l1 = bitcast<f32>(bitcast<u32>(exponent + (first + rest)) & 0xfffff000u);
  let l2 = ((exponent - l1) + first) + rest;
  let y1 = bitcast<f32>(bitcast<u32>(y) & 0xfffff000u);
  let p1 = y1 * l1;
  let p2 = (y - y1) * l1 + y * l2;
  let p = p1 + p2;
  if (p > 129.0) {
    return bitcast<f32>(sign | 0x7f800000u);
  }
  if (!(p > -151.0)) {
    return bitcast<f32>(sign);
  }
  let n = round(p);
  let power = scale_f32(exp2((p1 - n) + p2), i32(n));
  return bitcast<f32>(sign | bitcast<u32>(power));
}`,
  },
  sin_small_f32: {
    text: `fn sin_small_f32(x: f32) -> f32 {
  let z = x * x;
  return x * (1.0 + z * ${polynomial("z", SIN)});
}`,
  },
  cos_small_f32: {
    text: `fn cos_small_f32(x: f32) -> f32 {
  let z = x * x;
  return (1.0 - 0.5 * z) + z * z * ${polynomial("z", COS)};
}`,
  },
  sin_f32: {
    needs: ["quadrant_f32", "sin_small_f32", "cos_small_f32"],
    text: `fn sin_f32(x: f32) -> f32 {
  let at = quadrant_f32(x);
  let k = i32(at.y);
  let value = select(sin_small_f32(at.x), cos_small_f32(at.x), (k & 1) == 1);
  return select(value, -value, k >= 2);
}`,
  },
  cos_f32: {
    needs: ["quadrant_f32", "sin_small_f32", "cos_small_f32"],
    text: `fn cos_f32(x: f32) -> f32 {
  let at = quadrant_f32(x);
  let k = i32(at.y);
  let value = select(cos_small_f32(at.x), sin_small_f32(at.x), (k & 1) == 1);
  return select(value, -value, k == 1 || k == 2);
}`,
  },
  tan_f32: {
    needs: ["quadrant_f32", "sin_small_f32", "cos_small_f32"],
    text: `fn tan_f32(x: f32) -> f32 {
  let at = quadrant_f32(x);
  let s = sin_small_f32(at.x);
  let c = cos_small_f32(at.x);
  if ((i32(at.y) & 1) == 1) {
    return -c / s;
  }
  return s / c;
}`,
  },
} satisfies Record<string, Source>;

const ALL = { ...EXACT_SOURCES, ...SOURCES, ...SPECIAL_SOURCES, ...BESSEL_SOURCES };

/** The name of a function that is written here. */
export type WgslFunction = keyof typeof ALL;

/** A function with all that it calls, what is called first. */
export function sourcesOf(name: WgslFunction): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (name: string) => {
    const source: Source = ALL[name as WgslFunction];
    source.needs?.forEach(visit);
    found.set(name, source.text);
  };
  visit(name);
  return found;
}
