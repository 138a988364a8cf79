/**
 * The functions of mathematical physics in JavaScript's numbers, to some 13 digits: what the CPU
 * device computes, and what the GPU's are measured by.
 */

import { special } from "./functions_of_numbers.ts";

/** sqrt(pi) / 2 */
const HALF_ROOT_PI = 0.886226925452758;
const EULER = 0.5772156649015329;

/** sin(pi x), exact where the angle is a multiple of a right one. */
export function sinpi(x: number): number {
  const turn = x % 2; // exact
  const size = Math.abs(turn);
  const folded = size > 1.5 ? size - 2 : size > 0.5 ? 1 - size : size;
  const value = Math.sin(Math.PI * folded);
  // A zero has the sign of x.
  return turn < 0 || Object.is(turn, -0) ? -value : value;
}

/** cos(pi x), exact where the angle is a multiple of a right one. */
export function cospi(x: number): number {
  const size = Math.abs(x % 2);
  if (size === 0.5 || size === 1.5) return 0;
  return Math.cos(Math.PI * (size > 1 ? 2 - size : size));
}

const LANCZOS = [
  676.5203681218851,
  -1259.1392167224028,
  771.32342877765313,
  -176.61502916214059,
  12.507343278686905,
  -0.13857109526572012,
  9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/** The gamma function by Lanczos' approximation, for x from 1/2 to 170. */
function lanczos(x: number): number {
  const sum = LANCZOS.reduce((sum, c, i) => sum + c / (x + i), 0.99999999999980993);
  const t = x + 6.5;
  return Math.sqrt(2 * Math.PI) * t ** (x - 0.5) * Math.exp(-t) * sum;
}

/** The gamma function; NaN at negative integers. */
export function gamma(x: number): number {
  if (x === 0) return 1 / x;
  if (x < 0 && Number.isInteger(x)) return NaN;
  if (x > 171) return Infinity;
  if (x < -190) return Number.isNaN(x) || x === -Infinity ? NaN : 0;
  return x < 0.5 ? Math.PI / (sinpi(x) * gamma(1 - x)) : lanczos(x);
}

/** The logarithm of the absolute value of the gamma function. */
export function logGamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) === Infinity || (x <= 0 && Number.isInteger(x))) return Infinity;
  if (x < 0.5) return Math.log(Math.PI / Math.abs(sinpi(x))) - logGamma(1 - x);
  if (x === 1 || x === 2) return 0;
  if (x < 20) return Math.log(lanczos(x));
  const u = 1 / x, z = u * u;
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 +
    u * (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z / 1680)));
}

/** exp(x^2) erfc(x). */
export function scaledErfc(x: number): number {
  if (x < 2.5) return Math.exp(x * x) * special.erfc(x);
  if (x > 1e8) return 0.5 / HALF_ROOT_PI / x;
  let denominator = x;
  for (let k = 60; k >= 1; k--) denominator = x + (k / 2) / denominator;
  return 0.5 / HALF_ROOT_PI / denominator;
}

/** The number whose error function is x. */
export function erfInverse(x: number): number {
  const size = Math.abs(x);
  if (!(size <= 1)) return NaN;
  if (size > 0.5) return special.copySign(erfcInverse(1 - size), x);
  let z = x * HALF_ROOT_PI;
  for (let i = 0; i < 6; i++) z -= (special.erf(z) - x) * HALF_ROOT_PI * Math.exp(z * z);
  return z;
}

/** The number whose complementary error function is y. */
export function erfcInverse(y: number): number {
  if (!(y >= 0 && y <= 2)) return NaN;
  if (y > 1.5) return -erfcInverse(2 - y);
  if (y >= 0.5) return erfInverse(1 - y);
  if (y === 0) return Infinity;
  // Newton's method on the logarithm, which bends little.
  const wanted = Math.log(y);
  let z = Math.sqrt(-wanted);
  for (let i = 0; i < 12; i++) {
    const scaled = scaledErfc(z);
    z += (Math.log(scaled) - z * z - wanted) * HALF_ROOT_PI * scaled;
  }
  return z;
}

/** The normal distribution's integral up to x. */
export function normalIntegral(x: number): number {
  return 0.5 * special.erfc(-x * Math.SQRT1_2);
}

/** The number up to which the normal distribution's integral is p. */
export function normalQuantile(p: number): number {
  return 0 - Math.SQRT2 * erfcInverse(2 * p);
}

/** From here on the asymptotic series of the Bessel functions are as good as exact. */
const FAR = 25;

/** Bessel functions of the first kind, orders 0 to `count` - 1, for 0 <= x < FAR, by recurrence downwards. */
function firstKinds(x: number, count: number): number[] {
  if (x === 0) return Array.from({ length: count }, (_, n) => n === 0 ? 1 : 0);
  const start = 2 * Math.ceil((Math.max(count, x) + 40) / 2);
  const orders = new Array<number>(start + 1).fill(0);
  let above = 0, here = 1e-300, sum = 0;
  for (let n = start; n >= 0; n--) {
    orders[n] = here;
    if (n % 2 === 0) sum += n === 0 ? here : 2 * here;
    const below = 2 * n / x * here - above;
    above = here;
    here = below;
    if (Math.abs(here) > 1e200) { // of the recurrence only ratios matter
      for (let i = n; i <= start; i++) orders[i]! *= 1e-250;
      above *= 1e-250;
      here *= 1e-250;
      sum *= 1e-250;
    }
  }
  return orders.map((order) => order / sum);
}

/** Hankel's series for x >= FAR and order 0 or 1: both kinds. */
function far(n: 0 | 1, x: number): { first: number; second: number } {
  const mu = 4 * n * n;
  let term = 1, p = 1, q = 0;
  for (let k = 1; k < 40; k++) {
    const next = term * (mu - (2 * k - 1) ** 2) / (k * 8 * x);
    if (Math.abs(next) > Math.abs(term) || Math.abs(next) < 1e-18) break;
    term = next;
    const sign = k % 4 < 2 ? 1 : -1;
    if (k % 2 === 0) p += (k % 4 === 0 ? 1 : -1) * term;
    else q += sign * term;
  }
  // cos(x - pi / 4 - n pi / 2) from the sine and cosine of x, which are exact.
  const s = Math.sin(x), c = Math.cos(x);
  const [cos, sin] = n === 0
    ? [(c + s) * Math.SQRT1_2, (s - c) * Math.SQRT1_2]
    : [(s - c) * Math.SQRT1_2, -(s + c) * Math.SQRT1_2];
  const root = Math.sqrt(2 / (Math.PI * x));
  return { first: root * (p * cos - q * sin), second: root * (p * sin + q * cos) };
}

/** The Bessel function of the first kind and an integral order. */
export function besselJ(n: number, x: number): number {
  if (Number.isNaN(x)) return x;
  if (n < 0) return (n % 2 === 0 ? 1 : -1) * besselJ(-n, x);
  if (x < 0) return (n % 2 === 0 ? 1 : -1) * besselJ(n, -x);
  if (x === Infinity) return 0;
  if (x < FAR || (n > x && x < 1e5)) return firstKinds(x, n + 1)[n]!;
  if (n <= 1) return far(n as 0 | 1, x).first;
  return upwards(n, x, far(0, x).first, far(1, x).first);
}

/** Bessel functions of higher orders from those of orders 0 and 1. */
function upwards(n: number, x: number, order0: number, order1: number): number {
  let below = order0, here = order1;
  for (let k = 1; k < n; k++) [below, here] = [here, 2 * k / x * here - below];
  return here;
}

/** The Bessel function of the second kind and an integral order; NaN for negative x. */
export function besselY(n: number, x: number): number {
  if (Number.isNaN(x) || x < 0) return NaN;
  if (n < 0) return (n % 2 === 0 ? 1 : -1) * besselY(-n, x);
  if (x === 0) return -Infinity;
  if (x === Infinity) return 0;
  if (x >= FAR) {
    if (n <= 1) return far(n as 0 | 1, x).second;
    return upwards(n, x, far(0, x).second, far(1, x).second);
  }
  // Neumann's series in the functions of the first kind, and its derivative.
  const j = firstKinds(x, 60), log = Math.log(x / 2) + EULER;
  let even = 0, odd = 0;
  for (let k = 1; k < 29; k++) {
    const sign = k % 2 === 0 ? 1 : -1;
    even += sign * j[2 * k]! / k;
    odd += sign * (j[2 * k - 1]! - j[2 * k + 1]!) / k;
  }
  const order0 = 2 / Math.PI * (log * j[0]! - 2 * even);
  if (n === 0) return order0;
  const order1 = 2 / Math.PI * (log * j[1]! - j[0]! / x + odd);
  if (n === 1) return order1;
  const result = upwards(n, x, order0, order1);
  return Number.isNaN(result) ? -Infinity : result;
}

/** The modified Bessel function of the first kind, of order 0 or 1. */
export function besselI(n: 0 | 1, x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) > 700) return n === 1 && x < 0 ? -Infinity : Infinity;
  const y = x * x / 4;
  let term = n === 0 ? 1 : x / 2, sum = term;
  for (let k = 1; k < 2000 && Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
    term *= y / (k * (k + n));
    sum += term;
  }
  return sum;
}

/** x less the nearest multiple of y, the even one of two; exact. */
export function remainder(x: number, y: number): number {
  if (!Number.isFinite(x) || Number.isNaN(y) || y === 0) return NaN;
  if (Math.abs(y) === Infinity) return x;
  const b = Math.abs(y), twice = x % (2 * b);
  let a = Math.abs(twice);
  if (2 * a > b) {
    a -= b;
    if (2 * a >= b) a -= b;
  }
  return twice < 0 || Object.is(twice, -0) ? -a : a;
}

/** The exponent of x, of denormal numbers too. */
export function exponentOf(x: number): number {
  if (x === 0) return -Infinity;
  if (!Number.isFinite(x)) return Math.abs(x);
  let exponent = Math.floor(Math.log2(Math.abs(x)));
  if (2 ** exponent > Math.abs(x)) exponent--;
  else if (2 ** (exponent + 1) <= Math.abs(x)) exponent++;
  return exponent;
}
