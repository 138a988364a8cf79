/** Functions that JavaScript's `Math` lacks, to about the precision of its numbers. */

/** 2 / sqrt(pi) */
const ERF_SLOPE = 1.1283791670955126;

/** The error function by its series, which has no cancellation; for |x| up to 3. */
function erfSeries(x: number): number {
  const square = x * x;
  let term = x, sum = x;
  for (let n = 1; n < 100 && Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= 2 * square / (2 * n + 1);
    sum += term;
  }
  return ERF_SLOPE * Math.exp(-square) * sum;
}

/** The complementary error function by its continued fraction; for x above 2. */
function erfcFraction(x: number): number {
  if (x > 28) return 0;
  let denominator = x;
  for (let k = 60; k >= 1; k--) denominator = x + (k / 2) / denominator;
  return 0.5 * ERF_SLOPE * Math.exp(-x * x) / denominator;
}

const floats = new Float32Array(1), bits = new Int32Array(floats.buffer);

function copySign(x: number, sign: number): number {
  const negative = sign < 0 || Object.is(sign, -0);
  return negative ? -Math.abs(x) : Math.abs(x);
}

export const special = {
  erf(x: number): number {
    if (Math.abs(x) < 2.5) return erfSeries(x);
    return Number.isNaN(x) ? x : copySign(1 - erfcFraction(Math.abs(x)), x);
  },
  erfc(x: number): number {
    if (x < 2.5) return 1 - special.erf(x);
    return Number.isNaN(x) ? x : erfcFraction(x);
  },
  /** C's pow, in which 1 to any power is 1, as is -1 to an infinite one. */
  pow(a: number, b: number): number {
    return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
  },
  copySign,
  /** Among numbers of 32 bits. */
  nextAfter(a: number, b: number): number {
    if (Number.isNaN(a) || Number.isNaN(b) || a === b) return Number.isNaN(a) ? a : b;
    if (a === 0) return copySign(2 ** -149, b);
    floats[0] = a;
    bits[0]! += (a < b) === (a > 0) ? 1 : -1;
    return floats[0]!;
  },
} satisfies Record<string, (...args: number[]) => number>;

/** x * 2 ** n, rounded once when the result is rounded to 32 bits. */
export function scaled(x: number, n: number): number {
  return x * 2 ** Math.min(Math.max(n, -400), 400);
}

/** The nearest integral number; halves go to the even one. */
export function roundHalfEven(x: number): number {
  const size = Math.abs(x);
  return size < 2 ** 52 ? copySign(size + 2 ** 52 - 2 ** 52, x) : x;
}

/** a * b + c of 32-bit floats, rounded once when the result is rounded to 32 bits. */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b; // exact: 24 bits times 24 bits
  const sum = product + c;
  const back = sum - product;
  const error = (product - (sum - back)) + (c - back);
  if (error === 0 || !Number.isFinite(error)) return sum;
  // Rounded to odd: with all 53 bits, rounding again gives what one rounding would.
  doubles[0] = sum;
  const odd = (words[0]! & 1) === 1;
  if (odd) return sum;
  const away = (error > 0) === (sum > 0);
  whole[0]! += away ? 1n : -1n;
  return doubles[0]!;
}

const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer), whole = new BigInt64Array(doubles.buffer);

const single = new Float32Array(1), singleBits = new Uint32Array(single.buffer);

/**
 * A number as f32, rounded to odd: towards zero, with the last bit set where anything was lost. Rounding
 * that to a still narrower float gives what one rounding of the number would.
 */
export function floatToOdd(x: number): number {
  single[0] = x;
  const near = single[0]!;
  if (near === x || !Number.isFinite(near)) return near;
  if (Math.abs(near) > Math.abs(x)) singleBits[0]! -= 1;
  singleBits[0]! |= 1;
  return single[0]!;
}

/** The f32 nearest to a bigint, as a number; rounded once. */
export function floatOfBigint(x: bigint): number {
  if (BigInt.asIntN(53, x) === x) return Math.fround(Number(x));
  const size = x < 0n ? -x : x, spare = BigInt(Math.max(0, size.toString(2).length - 53));
  // Rounded to odd: 53 bits, of which the last tells that there was more.
  const kept = size >> spare, odd = size === kept << spare ? kept : kept | 1n;
  const float = Math.fround(Number(odd << spare));
  return x < 0n ? -float : float;
}
