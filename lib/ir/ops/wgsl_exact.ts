/**
 * WGSL functions of single numbers that are exact, as they are made of integers or of products that are
 * not rounded: what the functions of `wgsl_functions.ts` are built on, and correctly rounded
 * division and square root.
 */

import { NAN, type Source } from "./wgsl_source.ts";

export const EXACT_SOURCES = {
  umulhi_u32: {
    text: `fn umulhi_u32(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let middle = ah * bl + ((al * bl) >> 16u);
  return ah * bh + (middle >> 16u) + ((al * bh + (middle & 0xffffu)) >> 16u);
}`,
  },
  /** Where 64-bit integers are native: one instruction on NVIDIA's GPUs. */
  wide_umulhi_u32: {
    text: `fn wide_umulhi_u32(a: u32, b: u32) -> u32 {
  return u32((u64(a) * u64(b)) >> 32u);
}`,
  },
  is_nan_f32: {
    text: `fn is_nan_f32(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}`,
  },
  copysign_f32: {
    text: `fn copysign_f32(x: f32, sign: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(sign) & 0x80000000u));
}`,
  },
  floor_f32: {
    text: `fn floor_f32(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return select(floor(x), bitcast<f32>(bits & 0x80000000u), (bits & 0x7fffffffu) < 0x00800000u);
}`,
  },
  ceil_f32: {
    text: `fn ceil_f32(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return select(ceil(x), bitcast<f32>(bits & 0x80000000u), (bits & 0x7fffffffu) < 0x00800000u);
}`,
  },
  // x * 2^n in three steps, so that only the last can round.
  scale_f32: {
    // By exponents: drivers multiply powers of two together first, which overflows.
    text: `fn scale_f32(x: f32, n: i32) -> f32 {
  let small = abs(x) < 1.1754943508222875e-38;
  let normal = select(x, x * 16777216.0, small);
  let bits = bitcast<u32>(normal);
  let exponent = i32((bits >> 23u) & 255u);
  if (exponent == 0 || exponent == 255) {
    return normal;
  }
  let scaled = exponent + clamp(n, -1000, 1000) - select(0, 24, small);
  if (scaled >= 255) {
    return bitcast<f32>((bits & 0x80000000u) | 0x7f800000u);
  }
  if (scaled > 0) {
    return bitcast<f32>((bits & 0x807fffffu) | (u32(scaled) << 23u));
  }
  if (scaled < -24) {
    return bitcast<f32>(bits & 0x80000000u);
  }
  return bitcast<f32>((bits & 0x807fffffu) | (u32(scaled + 25) << 23u)) * 2.98023223876953125e-8;
}`,
  },
  round_f32: {
    needs: ["copysign_f32"],
    text: `fn round_f32(x: f32) -> f32 {
  let whole = trunc(x);
  let up = select(0.0, 1.0, abs(x - whole) >= 0.5 && abs(x) < 8388608.0);
  return copysign_f32(abs(whole) + up, x);
}`,
  },
  // Exact: the remainder of the significands, eight bits of the quotient at a time.
  fmod_f32: {
    needs: ["is_nan_f32"],
    text: `fn fmod_f32(x: f32, y: f32) -> f32 {
  let sign = bitcast<u32>(x) & 0x80000000u;
  let a = bitcast<u32>(x) & 0x7fffffffu;
  let b = bitcast<u32>(y) & 0x7fffffffu;
  if (a >= 0x7f800000u || b > 0x7f800000u || b == 0u) {
    return ${NAN};
  }
  if (a < b) {
    return x;
  }
  var ma = a & 0x7fffffu;
  var ea = i32(a >> 23u);
  var mb = b & 0x7fffffu;
  var eb = i32(b >> 23u);
  if (ea == 0) {
    ea = 1;
  } else {
    ma |= 0x800000u;
  }
  if (eb == 0) {
    eb = 1;
  } else {
    mb |= 0x800000u;
  }
  ma %= mb;
  for (var left = ea - eb; left > 0; left -= 8) {
    ma = (ma << u32(min(left, 8))) % mb;
  }
  if (ma == 0u) {
    return bitcast<f32>(sign);
  }
  let shift = i32(countLeadingZeros(ma)) - 8;
  if (eb > shift) {
    return bitcast<f32>(sign | (u32(eb - shift) << 23u) | ((ma << u32(shift)) & 0x7fffffu));
  }
  return bitcast<f32>(sign | (ma << u32(eb - 1)));
}`,
  },
  nextafter_f32: {
    needs: ["is_nan_f32"],
    text: `fn nextafter_f32(x: f32, y: f32) -> f32 {
  let a = bitcast<u32>(x);
  let b = bitcast<u32>(y);
  if (is_nan_f32(x)) {
    return x;
  }
  if (is_nan_f32(y) || a == b || ((a | b) << 1u) == 0u) {
    return y;
  }
  if ((a << 1u) == 0u) {
    return bitcast<f32>((b & 0x80000000u) | 1u);
  }
  // In this order integers compare as the numbers do.
  let p = bitcast<i32>(select(a, 0x80000000u - a, a >= 0x80000000u));
  let q = bitcast<i32>(select(b, 0x80000000u - b, b >= 0x80000000u));
  let away = (p < q) == (p > 0);
  return bitcast<f32>(select(a - 1u, a + 1u, away));
}`,
  },
  // The 224 bits of 2 / pi after a word of zeros.
  two_over_pi_word: {
    text: `fn two_over_pi_word(i: u32) -> u32 {
  var words = array<u32, 8>(
    0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu,
  );
  return words[i];
}`,
  },
  // x less the nearest multiple of pi / 2, and which multiple modulo 4 (as a number).
  quadrant_f32: {
    needs: ["umulhi_u32", "two_over_pi_word"],
    text: `fn quadrant_f32(x: f32) -> vec2<f32> {
  let a = abs(x);
  if (a < 0.785) {
    return vec2<f32>(x, 0.0);
  }
  if (a < 8000.0) {
    // pi / 2 in parts of 10 bits: products with k are exact.
    let k = round(x * 0.63661975);
    let r = (((x - k * 1.5703125) - k * 0.00048351287841796875) - k * 3.1385570764541626e-7) -
      k * 6.077101e-11;
    return vec2<f32>(r, f32(i32(k) & 3));
  }
  let bits = bitcast<u32>(a);
  if (bits >= 0x7f800000u) {
    return vec2<f32>(${NAN}, 0.0);
  }
  // The significand times those bits of 2 / pi that make neither multiples of 4 nor dust.
  let m = (bits & 0x7fffffu) | 0x800000u;
  let skip = (bits >> 23u) - 120u;
  let first = skip >> 5u;
  let shift = skip & 31u;
  let w0 = two_over_pi_word(first);
  let w1 = two_over_pi_word(first + 1u);
  let w2 = two_over_pi_word(first + 2u);
  let w3 = two_over_pi_word(min(first + 3u, 7u));
  let back = (32u - shift) & 31u;
  let more = shift != 0u;
  let f0 = (w0 << shift) | select(0u, w1 >> back, more);
  let f1 = (w1 << shift) | select(0u, w2 >> back, more);
  let f2 = (w2 << shift) | select(0u, w3 >> back, more);
  let low = m * f1;
  var c1 = umulhi_u32(m, f2) + low;
  var c2 = umulhi_u32(m, f1) + m * f0 + select(0u, 1u, c1 < low);
  var k = i32(c2 >> 30u);
  c2 = (c2 << 2u) | (c1 >> 30u);
  c1 <<= 2u;
  var sign = 1.0;
  if ((c2 >> 31u) == 1u) { // nearer to the next multiple
    k += 1;
    sign = -1.0;
    c2 = ~c2;
    c1 = ~c1;
  }
  if (x < 0.0) {
    k = -k;
    sign = -sign;
  }
  let part = f32(c2) * 2.3283064e-10 + f32(c1) * 5.421011e-20;
  return vec2<f32>(sign * part * 1.5707964, f32(k & 3));
}`,
  },
  // A significand of 24 bits, its first one at bit 23, and the exponent that goes with it.
  split_f32: {
    text: `fn split_f32(bits: u32) -> vec2<i32> {
  let m = bits & 0x7fffffu;
  let e = i32(bits >> 23u) & 255;
  if (e != 0) {
    return vec2<i32>(i32(m | 0x800000u), e);
  }
  let shift = countLeadingZeros(m) - 8u;
  return vec2<i32>(i32(m << shift), 1 - i32(shift));
}`,
  },
  // Correctly rounded, by the exact remainder of significands; it is small, so 32 bits of it will do.
  div_rn_f32: {
    needs: ["split_f32"],
    text: `fn div_rn_f32(x: f32, y: f32) -> f32 {
  let sign = (bitcast<u32>(x) ^ bitcast<u32>(y)) & 0x80000000u;
  let a = bitcast<u32>(x) & 0x7fffffffu;
  let b = bitcast<u32>(y) & 0x7fffffffu;
  if (a > 0x7f800000u || b > 0x7f800000u || (a == b && (a == 0u || a == 0x7f800000u))) {
    return ${NAN};
  }
  if (a == 0x7f800000u || b == 0u) {
    return bitcast<f32>(sign | 0x7f800000u);
  }
  if (a == 0u || b == 0x7f800000u) {
    return bitcast<f32>(sign);
  }
  let p = split_f32(a);
  let q = split_f32(b);
  let ma = u32(p.x);
  let mb = u32(q.x);
  let less = ma < mb;
  let shift = select(24u, 25u, less);
  let e = p.y - q.y + select(127, 126, less);
  var quotient = u32(f32(ma) / f32(mb) * select(16777216.0, 33554432.0, less));
  var rest = i32((ma << shift) - quotient * mb);
  while (rest < 0) {
    quotient -= 1u;
    rest += i32(mb);
  }
  while (rest >= i32(mb)) {
    quotient += 1u;
    rest -= i32(mb);
  }
  if (e >= 255) {
    return bitcast<f32>(sign | 0x7f800000u);
  }
  // The quotient has 25 bits, one more than a number; of a denormal one there are fewer left.
  let drop = u32(select(1, min(2 - e, 27), e <= 0));
  let kept = quotient >> drop;
  let dropped = quotient & ((1u << drop) - 1u);
  let half = 1u << (drop - 1u);
  let up = dropped > half || (dropped == half && (rest != 0 || (kept & 1u) == 1u));
  let start = select((u32(max(e, 1)) - 1u) << 23u, 0u, e <= 0);
  return bitcast<f32>(sign | (start + kept + select(0u, 1u, up)));
}`,
  },
  sqrt_rn_f32: {
    needs: ["split_f32"],
    text: `fn sqrt_rn_f32(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits << 1u) == 0u || bits == 0x7f800000u) {
    return x;
  }
  if (bits > 0x7f800000u) {
    return ${NAN};
  }
  let p = split_f32(bits);
  // An even exponent: x = m 2^(2 e), with the root of m 2^k of 25 bits.
  let odd = ((p.y - 127) & 1) == 1;
  let m = u32(p.x);
  let shift = select(25u, 26u, odd);
  var root = u32(sqrt(f32(m) * select(33554432.0, 67108864.0, odd)));
  var rest = i32((m << shift) - root * root);
  while (rest < 0) {
    root -= 1u;
    rest += i32(2u * root + 1u);
  }
  while (rest > i32(2u * root)) {
    rest -= i32(2u * root + 1u);
    root += 1u;
  }
  let kept = root >> 1u;
  let up = (root & 1u) == 1u && (rest != 0 || (kept & 1u) == 1u);
  let e = ((p.y - select(127, 128, odd)) >> 1u) + 127;
  return bitcast<f32>((u32(e - 1) << 23u) + kept + select(0u, 1u, up));
}`,
  },
} satisfies Record<string, Source>;
