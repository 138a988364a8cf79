/**
 * Vector addition: `out[i] = x[i] + y[i]`.
 *
 * The first kernel to read. The vectors are cut into blocks of `BLOCK` elements and each program
 * adds one block: program 0 adds elements 0 to BLOCK - 1, program 1 the next ones, and so on. The
 * last block may reach past the end, so its loads and its store are masked.
 *
 * Nothing is computed but one sum an element, so what counts is memory: 12 bytes an element are
 * moved, and a program's offsets are contiguous, so that neighbours read neighbouring addresses,
 * four elements at a time where the length is divisible by 16.
 *
 *     deno run kernels/vector_add.ts
 */

import { cdiv, Device, grid, jit, type Pointer, type Tensor, tl } from "../mod.ts";
import { report } from "./demo.ts";
import { checkDType, checkShape, FLOATS, resultTensor } from "./tensors.ts";

/** The sum of two lists, in float64. */
export function reference(x: ArrayLike<number>, y: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: x.length }, (_, i) => x[i]! + y[i]!);
}

/** `out = x + y` for vectors of `n` elements; grid: `cdiv(n, BLOCK)`. */
export const addKernel = jit(
  function add(x: Pointer, y: Pointer, out: Pointer, n: number, { BLOCK = 1024 }) {
    // Which elements this program adds: [BLOCK]
    const offsets = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    // False for those past the end; they are neither read nor written.
    const mask = offsets < n;
    const sum = tl.load(x + offsets, { mask }) + tl.load(y + offsets, { mask });
    tl.store(out + offsets, sum, { mask });
  },
  () => ({ tl }),
);

/** Options of {@linkcode add}. */
export interface AddOptions {
  /** The tensor to write to, which may be `x` or `y`; a new one unless given. */
  out?: Tensor | undefined;
  /** Elements that one program adds, a power of two; 2048 unless given. */
  block?: number | undefined;
}

/**
 * The sum of two tensors of the same shape and dtype.
 *
 * @param x The first summand, of any shape; f32, f16 or i32.
 * @param y The second, of the same shape and dtype.
 * @returns The sum, of the same shape and dtype.
 * @throws {LaunchError} If an argument is no such tensor, or shapes or dtypes differ.
 */
export function add(x: Tensor, y: Tensor, { out, block = 2048 }: AddOptions = {}): Tensor {
  checkDType("add", "x", x, [...FLOATS, "i32"]);
  checkDType("add", "y", y, [x.dtype]);
  checkShape("add", "y", y, x.shape);
  const result = resultTensor("add", out, x, x.shape, [x.dtype]);
  const n = x.size;
  // Eight elements a thread: fewer keep too little memory traffic in flight on a large GPU.
  const numWarps = Math.min(Math.max(block / 256, 1), 8);
  addKernel[grid(cdiv(n, block))](x, y, result, n, { BLOCK: block, numWarps });
  return result;
}

/** Lengths that tests iterate: none, one, ragged, a full block, several blocks. */
export const cases: readonly { n: number; dtype: "f32" | "f16" | "i32" }[] = [
  { n: 0, dtype: "f32" },
  { n: 1, dtype: "f32" },
  { n: 1000, dtype: "f32" },
  { n: 1024, dtype: "f32" },
  { n: 98_432, dtype: "f32" },
  { n: 12_345, dtype: "f16" },
  { n: 4096, dtype: "f16" },
  { n: 5000, dtype: "i32" },
];

if (import.meta.main) {
  const device = await Device.open();
  console.log(`Adding vectors on ${device}`);
  for (const n of [98_432, device.capabilities.software ? 1_000_000 : 16_000_000]) {
    const x = device.randn([n], { seed: 1 }), y = device.randn([n], { seed: 2 });
    const out = device.empty([n]);
    await report({
      title: `add of ${n} elements`,
      out,
      expected: reference(await x.read(), await y.read()),
      launch: () => add(x, y, { out }),
      work: [3 * 4 * n, "GB/s"],
    });
  }
}
