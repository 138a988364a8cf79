/**
 * The gamma function, the inverses of the error function and their kin as WGSL, and the exponential
 * and the logarithm that they are made of: WGSL's own may be off by more than a few units in the
 * last place. Polynomials are minimax fits, of what the comment says.
 */

import { INFINITY, NAN, polynomial, type Source, unary } from "./wgsl_source.ts";

// (exp(r) - 1 - r) / r^2 on [-0.35, 0.35] · (log((1 + s) / (1 - s)) - 2 s) / s^3 by s^2, for numbers from
// sqrt(1/2) to sqrt(2) · gamma(1.5 + t) on [-1/2, 1/2] · log(gamma(2 + t)) / t on [-1, 1] ·
// log(gamma(x)) - (x - 1/2) (log(x) - 1) by 1 / x from 3 on · gamma(x) / (x^(x - 1/2) exp(-x)) by
// 1 / x from 10 on · erfinv(x) / x by w - 2.5, sqrt(w) - 3 and sqrt(w) - 6.5 for w = -log(1 - x^2) below 5, 16
// and 104 · exp(x^2) erfc(x) / t by t = 1 / (1 + x / 2) on [0, 10] · x exp(x^2) erfc(x) by 1 / x^2 from 10 on.
const EXP = [0.5, 0.166666672, 0.0416664556, 0.00833336078, 0.00139345007, 0.000198587688];
const LOG = [0.666666687, 0.400001228, 0.285507798, 0.233314797];
const GAMMA = [
  0.886226952,
  0.0323382877,
  0.414813876,
  -0.107286133,
  0.144627944,
  -0.0777157545,
  0.0588701107,
  -0.0362819731,
  0.0240864381,
  -0.0237065777,
  0.0168192033,
];
const LOG_GAMMA = [
  0.422784328,
  0.322467059,
  -0.0673523247,
  0.020579977,
  -0.00738551468,
  0.00289737456,
  -0.00119146879,
  0.000485100609,
  -0.000229941055,
  0.00014308581,
  -3.2017917e-05,
  -1.82377389e-05,
  -1.9476669e-05,
  1.92297448e-05,
];
const STIRLING = [
  0.418938547,
  0.0833332762,
  2.03339255e-06,
  -0.00280287187,
  0.000134210044,
  0.000509060745,
];
const STIRLING_GAMMA = [2.50662827, 0.20888561, 0.00870705675, -0.00678720465, 1.13818614e-05];
const ERFINV_NEAR = [
  1.50140941,
  0.24664028,
  -0.00417738687,
  -0.00125274179,
  0.000218344459,
  -4.96341136e-06,
  -3.46271099e-06,
  4.66184531e-07,
  2.32331612e-08,
  -8.79206041e-09,
];
const ERFINV_MIDDLE = [
  2.83297682,
  1.00167406,
  0.00943892915,
  -0.00762166735,
  0.00573949749,
  -0.00367566408,
  0.00134908152,
  0.000102716258,
  -0.000200109018,
];
const ERFINV_FAR = [
  6.36459351,
  1.00910962,
  -0.00051082467,
  -1.11027848e-05,
  1.17285936e-05,
  -2.78003631e-06,
  5.1915282e-07,
  -1.24010739e-07,
  2.72330762e-08,
  -2.58315658e-09,
];
const ERFCX = [
  0.282088041,
  0.282263845,
  0.24506487,
  0.186242685,
  0.052565258,
  0.0408548713,
  -0.0305624809,
  -0.280583918,
  0.375416428,
  -0.188728839,
  0.035379272,
];
const ERFCX_FAR = [0.564189613, -0.282093942, 0.422716707, -0.988265276];

export const SPECIAL_SOURCES = {
  // exp(x + low) for a `low` that is small beside x.
  exp_sum_f32: {
    needs: ["is_nan_f32", "scale_f32"],
    text: `fn exp_sum_f32(x: f32, low: f32) -> f32 {
  if (is_nan_f32(x)) {
    return x;
  }
  if (x > 89.5) {
    return ${INFINITY};
  }
  if (x < -105.0) {
    return 0.0;
  }
  // log(2) has a first part of 9 bits, so its product with n is exact.
  let n = round(x * 1.442695);
  let r = ((x - n * 0.693359375) + n * 2.1219444e-4) + low;
  return scale_f32(1.0 + (r + r * r * ${polynomial("r", EXP)}), i32(n));
}`,
  },
  // log(x), relatively exact also near 1.
  log_f32: unary(
    "log_f32",
    `  var b = bitcast<u32>(x);
  if ((b << 1u) == 0u) {
    return -${INFINITY};
  }
  if ((b >> 31u) == 1u) {
    return ${NAN};
  }
  if (b == 0x7f800000u) {
    return x;
  }
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
  let s = (m - 1.0) / (m + 1.0);
  let z = s * s;
  let n = f32(e);
  return n * 0.693359375 + (2.0 * s + (s * z * ${polynomial("z", LOG)} - n * 2.1219444e-4));`,
  ),
  sinpi_f32: unary(
    "sinpi_f32",
    `  let whole = 2.0 * round(0.5 * x);
  let turn = x - whole; // exact, from -1 to 1
  let k = round(2.0 * turn);
  let at = (turn - 0.5 * k) * 3.1415927;
  let quadrant = i32(k) & 3;
  if (abs(x) >= 16777216.0) {
    if (bitcast<u32>(abs(x)) >= 0x7f800000u) {
      return ${NAN};
    }
    return 0.0;
  }
  if ((quadrant & 1) == 0 && turn == 0.5 * k) {
    return copysign_f32(0.0, x);
  }
  let value = select(sin_small_f32(at), cos_small_f32(at), (quadrant & 1) == 1);
  return select(value, -value, quadrant >= 2);`,
    ["sin_small_f32", "cos_small_f32", "copysign_f32"],
  ),
  cospi_f32: unary(
    "cospi_f32",
    `  let turn = x - 2.0 * round(0.5 * x);
  let k = round(2.0 * turn);
  let at = (turn - 0.5 * k) * 3.1415927;
  let quadrant = i32(k) & 3;
  if (abs(x) >= 16777216.0) {
    if (bitcast<u32>(abs(x)) >= 0x7f800000u) {
      return ${NAN};
    }
    return 1.0;
  }
  if ((quadrant & 1) == 1 && turn == 0.5 * k) {
    return 0.0;
  }
  let value = select(cos_small_f32(at), sin_small_f32(at), (quadrant & 1) == 1);
  return select(value, -value, quadrant == 1 || quadrant == 2);`,
    ["sin_small_f32", "cos_small_f32"],
  ),
  // exp(x^2) erfc(x) for x >= 0.
  erfcx_half_f32: {
    text: `fn erfcx_half_f32(x: f32) -> f32 {
  if (x > 10.0) {
    let inverse = 1.0 / x;
    let u = inverse * inverse;
    return inverse * ${polynomial("u", ERFCX_FAR)};
  }
  let t = 1.0 / (1.0 + 0.5 * x);
  return t * ${polynomial("t", ERFCX)};
}`,
  },
  // exp(factor x^2) for a factor that is a power of two: the square of a number of 12 bits is exact.
  exp_square_f32: {
    needs: ["exp_sum_f32"],
    text: `fn exp_square_f32(x: f32, factor: f32) -> f32 {
  let short = bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
  return exp_sum_f32(factor * short * short, factor * ((x - short) * (x + short)));
}`,
  },
  erfcx_f32: unary(
    "erfcx_f32",
    `  let half = erfcx_half_f32(abs(x));
  if (x >= 0.0) {
    return half;
  }
  return 2.0 * exp_square_f32(max(x, -20.0), 1.0) - half;`,
    ["erfcx_half_f32", "exp_square_f32"],
  ),
  normcdf_f32: unary(
    "normcdf_f32",
    `  let a = min(abs(x), 20.0);
  let tail = 0.5 * erfcx_half_f32(a * 0.70710678) * exp_square_f32(a, -0.5);
  return select(tail, 1.0 - tail, x > 0.0);`,
    ["erfcx_half_f32", "exp_square_f32"],
  ),
  // erfinv(x) / x for w = -log(1 - x^2).
  erfinv_ratio_f32: {
    text: `fn erfinv_ratio_f32(w: f32) -> f32 {
  if (w < 5.0) {
    let t = w - 2.5;
    return ${polynomial("t", ERFINV_NEAR)};
  }
  let root = sqrt(w);
  if (w < 16.0) {
    let t = root - 3.0;
    return ${polynomial("t", ERFINV_MIDDLE)};
  }
  let t = root - 6.5;
  return ${polynomial("t", ERFINV_FAR)};
}`,
  },
  erfinv_f32: unary(
    "erfinv_f32",
    `  let a = abs(x);
  if (a >= 1.0) {
    if (a == 1.0) {
      return copysign_f32(${INFINITY}, x);
    }
    return ${NAN};
  }
  return x * erfinv_ratio_f32(-log_f32((1.0 - a) * (1.0 + a)));`,
    ["copysign_f32", "erfinv_ratio_f32", "log_f32"],
  ),
  erfcinv_f32: unary(
    "erfcinv_f32",
    `  if (!(x > 0.0 && x < 2.0)) {
    if (x == 0.0 || x == 2.0) {
      return copysign_f32(${INFINITY}, 1.0 - x);
    }
    return ${NAN};
  }
  return (1.0 - x) * erfinv_ratio_f32(-(log_f32(x) + log_f32(2.0 - x)));`,
    ["copysign_f32", "erfinv_ratio_f32", "log_f32"],
  ),
  normcdfinv_f32: unary(
    "normcdfinv_f32",
    `  if (!(x > 0.0 && x < 1.0)) {
    if (x == 0.0 || x == 1.0) {
      return copysign_f32(${INFINITY}, x - 0.5);
    }
    return ${NAN};
  }
  let w = -(log_f32(2.0 * x) + log_f32(2.0 - 2.0 * x));
  return (2.0 * x - 1.0) * 1.4142135 * erfinv_ratio_f32(w);`,
    ["copysign_f32", "erfinv_ratio_f32", "log_f32"],
  ),
  // log(gamma(x)) for x > 0.
  lgamma_positive_f32: {
    needs: ["log_f32"],
    text: `fn lgamma_positive_f32(x: f32) -> f32 {
  if (x < 1.5) {
    let t = x - 1.0;
    return t * ${polynomial("t", LOG_GAMMA)} - log_f32(x);
  }
  if (x < 3.0) {
    let t = x - 2.0;
    return t * ${polynomial("t", LOG_GAMMA)};
  }
  let u = 1.0 / min(x, 1e30);
  return (x - 0.5) * (log_f32(x) - 1.0) + ${polynomial("u", STIRLING)};
}`,
  },
  lgamma_f32: unary(
    "lgamma_f32",
    `  let a = abs(x);
  if (bitcast<u32>(a) == 0x7f800000u || (x <= 0.0 && floor(x) == x)) {
    return ${INFINITY};
  }
  if (x > 0.0) {
    return lgamma_positive_f32(x);
  }
  if (a < 1e-6) {
    return -log_f32(a);
  }
  return log_f32(3.1415927 / (a * abs(sinpi_f32(a)))) - lgamma_positive_f32(a);`,
    ["log_f32", "lgamma_positive_f32", "sinpi_f32"],
  ),
  // gamma(x) for x >= 10.
  gamma_far_f32: {
    needs: ["pow_f32", "exp_sum_f32"],
    text: `fn gamma_far_f32(x: f32) -> f32 {
  // x^(x - 1/2) in two halves, which do not overflow before the result does.
  let power = pow_f32(x, 0.5 * x - 0.25);
  let u = 1.0 / x;
  return power * (exp_sum_f32(-x, 0.0) * power * ${polynomial("u", STIRLING_GAMMA)});
}`,
  },
  tgamma_f32: unary(
    "tgamma_f32",
    `  if (x >= 10.0) {
    if (x > 35.1) {
      return ${INFINITY};
    }
    return gamma_far_f32(x);
  }
  if (x == 0.0) {
    return copysign_f32(${INFINITY}, x);
  }
  if (x < 0.0 && floor(x) == x) {
    return ${NAN};
  }
  if (x < -9.0) {
    if (x < -42.5) {
      return 0.0;
    }
    // gamma(x) gamma(-x) = -pi / (x sin(pi x)); gamma(-x) in two steps, as it may overflow.
    let sine = sinpi_f32(x);
    if (x < -30.0) {
      let back = gamma_far_f32(-x - 8.0);
      var product = 1.0;
      for (var i = 1.0; i < 8.5; i += 1.0) {
        product *= -x - i;
      }
      // The bounds keep drivers from multiplying what is divided by, which leaves the range of division.
      let first = clamp(-3.1415927 / (x * sine * back), -1e30, 1e30);
      return first / product;
    }
    return -3.1415927 / (x * sine * gamma_far_f32(-x));
  }
  // To [1, 2) by gamma(x + 1) = x gamma(x); x less an integer is exact.
  var at = x;
  var above = 1.0;
  var below = 1.0;
  while (at >= 2.0) {
    at -= 1.0;
    above *= at;
  }
  while (at < 1.0) {
    below *= at;
    at += 1.0;
  }
  let t = at - 1.5;
  return above * ${polynomial("t", GAMMA)} / below;`,
    ["copysign_f32", "gamma_far_f32", "sinpi_f32"],
  ),
  // Exact, as each difference is of numbers that are near.
  remainder_f32: {
    needs: ["is_nan_f32", "fmod_f32"],
    text: `fn remainder_f32(x: f32, y: f32) -> f32 {
  let b = abs(y);
  if (bitcast<u32>(b) == 0x7f800000u && bitcast<u32>(abs(x)) < 0x7f800000u) {
    return x;
  }
  let within = select(fmod_f32(x, 2.0 * b), fmod_f32(x, b), b > 1.7e38);
  if (is_nan_f32(within)) {
    return within;
  }
  var a = abs(within);
  if (a > b - a) {
    a -= b;
    if (a >= b - abs(a) && b <= 1.7e38) {
      a -= b;
    }
  }
  return select(a, -a, (bitcast<u32>(within) >> 31u) == 1u);
}`,
  },
  ilogb_f32: {
    text: `fn ilogb_f32(x: f32) -> i32 {
  let a = bitcast<u32>(x) & 0x7fffffffu;
  if (a == 0x7f800000u) {
    return 2147483647;
  }
  if (a == 0u || a > 0x7f800000u) {
    return bitcast<i32>(0x80000000u);
  }
  if (a < 0x800000u) {
    return -118 - i32(countLeadingZeros(a));
  }
  return i32(a >> 23u) - 127;
}`,
  },
  logb_f32: unary(
    "logb_f32",
    `  let a = bitcast<u32>(x) & 0x7fffffffu;
  if (a == 0u) {
    return -${INFINITY};
  }
  if (a == 0x7f800000u) {
    return abs(x);
  }
  return f32(ilogb_f32(x));`,
    ["ilogb_f32"],
  ),
} satisfies Record<string, Source>;
