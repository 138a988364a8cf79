/** What a kernel of the corpus is launched with, and what must come of it. */

import type { TensorDType } from "../../../mod.ts";

/** A tensor of a launch: its dtype, shape and starting contents. */
export interface Contents {
  readonly dtype: TensorDType;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export interface Case {
  /** The file in `corpus/`, without its ending. */
  readonly file: string;
  /** The kernel's name in Python. */
  readonly kernel: string;
  readonly grid: readonly number[];
  /** Parameters and constants by name. */
  readonly args: Readonly<Record<string, unknown>>;
  /** What tensors hold then, by definition. */
  readonly want: Readonly<Record<string, ArrayLike<number>>>;
  /** The error allowed, relative above 1; 1e-4 unless given. */
  readonly tolerance?: number;
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

let state = 1;

/** Numbers between -scale and scale that an f32 holds exactly, the same in every run. */
export function random(count: number, scale = 1): Float64Array {
  return table(count, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.fround(((state >>> 8) / 2 ** 23 - 1) * scale);
  });
}

/** Numbers by their index. */
export function table(count: number, at: (index: number) => number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => at(i));
}

export function floats(
  shape: readonly number[],
  data: ArrayLike<number>,
  dtype: TensorDType = "f32",
): Contents {
  return { dtype, shape, data };
}

export function integers(
  shape: readonly number[],
  data: ArrayLike<number>,
  dtype: TensorDType = "i32",
): Contents {
  return { dtype, shape, data };
}

export function zeros(shape: readonly number[], dtype: TensorDType = "f32"): Contents {
  return { dtype, shape, data: new Float64Array(size(shape)) };
}

/** The matrix product. */
export function product(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  M: number,
  N: number,
  K: number,
): Float64Array {
  return table(M * N, (at) => {
    const m = Math.floor(at / N), n = at % N;
    let sum = 0;
    for (let k = 0; k < K; k++) sum += a[m * K + k]! * b[k * N + n]!;
    return sum;
  });
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** The error function, by Simpson's rule. */
export function erf(x: number): number {
  const steps = 400, h = x / steps;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const a = i * h, b = a + h, middle = (a + b) / 2;
    sum += h / 6 * (Math.exp(-a * a) + 4 * Math.exp(-middle * middle) + Math.exp(-b * b));
  }
  return 2 / Math.sqrt(Math.PI) * sum;
}

/** Weights of a softmax. */
export function softmax(logits: readonly number[]): number[] {
  const top = Math.max(...logits), exps = logits.map((x) => Math.exp(x - top));
  const total = exps.reduce((sum, x) => sum + x, 0);
  return exps.map((x) => x / total);
}
