/**
 * Dropout: each element is set to 0 with probability p, and what stays is multiplied by 1 / (1 - p).
 *
 * No mask is stored. Which elements stay follows from a seed and the element's index by a
 * counter-based generator (Philox), so the backward pass makes the same mask anew: it is
 * `dropout(gradient, p, { seed })`, and costs no memory.
 *
 * One evaluation of Philox gives four numbers. A program therefore splits its BLOCK elements into
 * four quarters, and number q of counter i decides about element i of quarter q.
 *
 *     deno run kernels/dropout.ts
 */

import { cdiv, Device, grid, jit, LaunchError, type Pointer, type Tensor, tl } from "../mod.ts";
import { report } from "./demo.ts";
import { checkDType, FLOATS, resultTensor } from "./tensors.ts";

/** Elements of a program. */
const BLOCK = 2048;

/** Dropout of x with the masks that the kernel makes, in float64. */
export function reference(x: ArrayLike<number>, p: number, seed: number): Float64Array {
  const quarter = BLOCK / 4;
  return Float64Array.from({ length: x.length }, (_, i) => {
    const block = Math.floor(i / BLOCK), place = i % BLOCK;
    const counter = block * quarter + place % quarter;
    const random = uniform(philox(counter, seed)[Math.floor(place / quarter)]!);
    return random < p ? 0 : x[i]! / (1 - p);
  });
}

/** Philox-4x32-10 of the counter (counter, 0, 0, 0) and the key (seed, 0): four u32s. */
function philox(counter: number, seed: number): number[] {
  const high = (a: number, b: number) => Number((BigInt(a) * BigInt(b)) >> 32n);
  const low = (a: number, b: number) => Math.imul(a, b) >>> 0;
  const A = 0xd2511f53, B = 0xcd9e8d57;
  let [c0, c1, c2, c3] = [counter, 0, 0, 0];
  for (let round = 0, k0 = seed, k1 = 0; round < 10; round++) {
    [c0, c1, c2, c3] = [
      (high(B, c2) ^ c1 ^ k0) >>> 0,
      low(B, c2),
      (high(A, c0) ^ c3 ^ k1) >>> 0,
      low(A, c0),
    ];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** A number from 0 up to 1 of a u32, as `tl.rand` makes it. */
function uniform(bits: number): number {
  const signed = bits | 0;
  return Math.fround(
    Math.fround(signed < 0 ? -signed - 1 : signed) * Math.fround(4.6566127342e-10),
  );
}

/** Dropout of elements `programId(0) * BLOCK` and following; grid: `cdiv(n, BLOCK)`. */
export const dropoutKernel = jit(
  function dropout(
    x: Pointer, // [n]
    out: Pointer, // [n]
    n: number,
    p: number = tl.f32,
    scale: number = tl.f32,
    seed: number = tl.u32,
    { BLOCK = 2048 },
  ) {
    const QUARTER = BLOCK / 4;
    const places = tl.arange(0, QUARTER); // [QUARTER]
    const random = tl.rand4x(seed, tl.programId(0) * QUARTER + places);
    for (const q of tl.staticRange(4)) {
      const at = tl.programId(0) * BLOCK + q * QUARTER + places;
      const value = tl.cast(tl.load(x + at, { mask: at < n }), tl.f32);
      tl.store(out + at, tl.where(random[q]! < p, 0, value * scale), { mask: at < n });
    }
  },
  () => ({ tl }),
);

/** Options of {@linkcode dropout}. */
export interface DropoutOptions {
  /** Which elements are dropped follows from it: an integer from 0 to 2^32 - 1; 0 unless given. */
  seed?: number | undefined;
  /** The tensor to write to, which may be `x` itself; a new one unless given. */
  out?: Tensor | undefined;
}

/**
 * Dropout, and its backward pass when it is given the gradient and the same seed.
 *
 * @param x A tensor of any shape, f32 or f16; computed in f32.
 * @param p The probability that an element is dropped, from 0 to 1.
 * @returns A tensor of `x`'s shape and dtype.
 * @throws {LaunchError} If an argument is no such tensor, or `p` or the seed is out of range.
 */
export function dropout(x: Tensor, p: number, { seed = 0, out }: DropoutOptions = {}): Tensor {
  checkDType("dropout", "x", x, FLOATS);
  if (!(p >= 0 && p <= 1)) {
    throw new LaunchError(`Cannot run dropout: 'p' is ${p}, but must be from 0 to 1`);
  }
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new LaunchError(
      `Cannot run dropout: 'seed' is ${seed}, but must be an integer from 0 to 4294967295`,
    );
  }
  const result = resultTensor("dropout", out, x, x.shape, [x.dtype, ...FLOATS]);
  if (x.size === 0) return result;
  const scale = p === 1 ? 0 : 1 / (1 - p);
  dropoutKernel[grid(cdiv(x.size, BLOCK))](x, result, x.size, p, scale, seed, { BLOCK });
  return result;
}

/** Shapes that tests iterate. */
export const cases: readonly { shape: number[]; dtype: "f32" | "f16"; p: number; seed: number }[] =
  [
    { shape: [1], dtype: "f32", p: 0.5, seed: 0 },
    { shape: [3, 1781], dtype: "f32", p: 0.1, seed: 7 },
    { shape: [4096], dtype: "f32", p: 0, seed: 1 },
    { shape: [4096], dtype: "f32", p: 1, seed: 1 },
    { shape: [9000], dtype: "f16", p: 0.9, seed: 4_000_000_000 },
    { shape: [0], dtype: "f32", p: 0.5, seed: 0 },
  ];

if (import.meta.main) {
  const device = await Device.open();
  console.log(`Dropout on ${device}`);
  const n = device.capabilities.software ? 2 ** 18 : 2 ** 25;
  const x = device.randn([n], { seed: 1 }), out = device.empty([n]);
  await report({
    title: `dropout of ${n} elements with p = 0.1`,
    out,
    expected: reference((await x.read()).subarray(0, 100_000), 0.1, 3),
    launch: () => dropout(x, 0.1, { seed: 3, out }),
    work: [2 * 4 * n, "GB/s"],
  });
}
