/**
 * Running sums: `out[i] = x[0] + … + x[i]`.
 *
 * Every element depends on all before it, and programs cannot wait for each other. So the vector is
 * cut into blocks, one for each program, and there are three steps:
 *
 *     x            3 1 | 4 1 | 5 9 | 2 6
 *     sums           4 |   5 |  14 |   8       1. the sum of each block
 *     sums, scanned  4 |   9 |  23 |  31       2. their running sums: the same problem, 4096 times smaller
 *     out          3 4 | 8 9 |14 23 |25 31     3. running sums of each block, plus what came before it
 *
 * The vector is read twice and written once, and the sums are so few that their own running sums cost
 * next to nothing: one program does up to 4096 of them, and so a vector of 16 million.
 *
 *     deno run kernels/cumsum.ts
 */

import { cdiv, Device, grid, jit, type Pointer, type Tensor, tl } from "../mod.ts";
import { report } from "./demo.ts";
import { checkDType, FLOATS, resultTensor } from "./tensors.ts";

/** Running sums, in float64. */
export function reference(x: ArrayLike<number>): Float64Array {
  let sum = 0;
  return Float64Array.from({ length: x.length }, (_, i) => sum += x[i]!);
}

/** The sum of block `programId(0)`; grid: `cdiv(n, BLOCK)`. */
export const blockSumsKernel = jit(
  function blockSums(x: Pointer, sums: Pointer, n: number, { BLOCK = 4096 }) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK); // [BLOCK]
    const values = tl.cast(tl.load(x + at, { mask: at < n }), sums.dtype);
    tl.store(sums + tl.programId(0), tl.sum(values, 0));
  },
  () => ({ tl }),
);

/**
 * Running sums of a block; grid: `cdiv(n, BLOCK)`. The last block comes first: what was read last for the
 * sums of the blocks may still be in the cache. To them is added what the running
 * sums of the blocks, `before`, say of the block before; nothing when there is just one block. SUM
 * is the dtype to sum in.
 */
export const cumsumKernel = jit(
  function cumsum(
    x: Pointer, // [n]
    before: Pointer | undefined, // [cdiv(n, BLOCK)], of dtype SUM
    out: Pointer, // [n]
    n: number,
    { BLOCK = 4096, SUM = tl.f32 },
  ) {
    const block = tl.numPrograms(0) - 1 - tl.programId(0);
    const at = block * BLOCK + tl.arange(0, BLOCK); // [BLOCK]
    const values = tl.cast(tl.load(x + at, { mask: at < n }), SUM);
    let sums = tl.cumsum(values, 0);
    if (before !== undefined) sums += tl.load(before + (block - 1), { mask: block > 0 });
    tl.store(out + at, sums, { mask: at < n });
  },
  () => ({ tl }),
);

/** Elements of a block. */
const BLOCK = 4096;

/** The dtypes of what is summed. */
const DTYPES = [...FLOATS, "i32", "u32"] as const;

/** Options of {@linkcode cumsum}. */
export interface CumsumOptions {
  /** The tensor to write to, which may be `x` itself; a new one unless given. */
  out?: Tensor | undefined;
}

/**
 * Running sums of a tensor's elements in row-major order.
 *
 * @param x A tensor of any shape: f32 or f16, summed in f32, or i32 or u32, whose sums wrap.
 * @returns A tensor of `x`'s shape and dtype.
 * @throws {LaunchError} If `x` is no such tensor.
 */
export function cumsum(x: Tensor, { out }: CumsumOptions = {}): Tensor {
  checkDType("cumsum", "x", x, DTYPES);
  const integer = x.dtype === "i32" || x.dtype === "u32";
  const result = resultTensor(
    "cumsum",
    out,
    x,
    x.shape,
    integer ? [x.dtype] : [x.dtype, ...FLOATS],
  );
  const blocks = cdiv(x.size, BLOCK);
  const sumDType = integer ? x.dtype : "f32";
  const options = { BLOCK, SUM: tl[sumDType], numWarps: 8 };
  if (blocks <= 1) {
    cumsumKernel[grid(blocks)](x, undefined, result, x.size, options);
    return result;
  }
  using sums = x.device.empty([blocks], { dtype: sumDType });
  blockSumsKernel[grid(blocks)](x, sums, x.size, { BLOCK, numWarps: 8 });
  cumsum(sums, { out: sums });
  cumsumKernel[grid(blocks)](x, sums, result, x.size, options);
  return result;
}

/** Shapes that tests iterate. */
export const cases: readonly { shape: number[]; dtype: "f32" | "f16" }[] = [
  { shape: [1], dtype: "f32" },
  { shape: [3, 781], dtype: "f32" },
  { shape: [4096], dtype: "f32" },
  { shape: [4097], dtype: "f32" },
  { shape: [50_001], dtype: "f32" },
  { shape: [5000], dtype: "f16" },
  { shape: [0, 3], dtype: "f32" },
];

if (import.meta.main) {
  const device = await Device.open();
  console.log(`Running sums on ${device}`);
  for (const n of device.capabilities.software ? [1000, 2 ** 18] : [1000, 2 ** 24]) {
    const x = device.rand([n], { seed: 1 }), out = device.empty([n]);
    await report({
      title: `cumsum of ${n} numbers`,
      out,
      expected: reference(await x.read()),
      launch: () => cumsum(x, { out }),
      work: [2 * 4 * n, "GB/s"],
    });
  }
}
