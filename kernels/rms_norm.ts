/**
 * RMS normalisation of each row: `out[r, c] = x[r, c] / sqrt(mean of squares of row r + EPS) * weight[c]`.
 *
 * Layer normalisation without the mean: one reduction less, and what most language models use. A
 * program takes one row, or several short ones; a row that fits in a tile is read once and written
 * once. A longer row is walked twice, first to add up squares, then to write.
 *
 *     deno run kernels/rms_norm.ts
 */

import { cdiv, Device, grid, jit, type Pointer, type Tensor, tl } from "../mod.ts";
import { report } from "./demo.ts";
import { rowTiling, stepsFor, tileFor } from "./softmax.ts";
import { checkDType, checkRows, checkShape, FLOATS, resultTensor } from "./tensors.ts";

/** RMS normalisation of rows as long as `weight`, in float64. */
export function reference(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  eps = 1e-6,
): Float64Array {
  const out = new Float64Array(x.length), columns = weight.length;
  for (let start = 0; start < x.length; start += columns) {
    let squares = 0;
    for (let c = 0; c < columns; c++) squares += x[start + c]! ** 2;
    const scale = 1 / Math.sqrt(squares / columns + eps);
    for (let c = 0; c < columns; c++) out[start + c] = x[start + c]! * scale * weight[c]!;
  }
  return out;
}

/**
 * RMS normalisation of a matrix [rows, columns] with contiguous rows. A program takes `BLOCK_ROWS` rows at a
 * time, `STEPS` times, from row `programId(0) * BLOCK_ROWS * STEPS` on; grid:
 * `cdiv(rows, BLOCK_ROWS * STEPS)`. `WHOLE` says that a row fits in one tile; otherwise `STEPS` is 1.
 */
export const rmsNormKernel = jit(
  function rmsNorm(
    x: Pointer,
    weight: Pointer,
    out: Pointer,
    rows: number,
    columns: number,
    { BLOCK_ROWS = 1, BLOCK = 1024, WHOLE = true, STEPS = 1, EPS = 1e-6 },
  ) {
    const first = tl.programId(0) * (BLOCK_ROWS * STEPS);
    const ofTile = tl.col(tl.arange(0, BLOCK_ROWS)); // [BLOCK_ROWS, 1]
    const places = tl.row(tl.arange(0, BLOCK)); // [1, BLOCK]

    if (WHOLE) {
      const inRow = places < columns;
      for (let step = 0; step < STEPS; step++) {
        const row = first + step * BLOCK_ROWS + ofTile, mask = row < rows && inRow;
        const values = tl.cast(tl.load(x + row * columns + places, { mask }), tl.f32);
        const squares = tl.sum(values * values, 1, { keepDims: true }); // what is masked off counts as 0
        const factor = tl.load(weight + places, { mask: inRow }); // once for all steps
        const scale = tl.rsqrt(squares / columns + EPS) * factor;
        tl.store(out + row * columns + places, values * scale, { mask });
      }
      return;
    }

    const row = first + ofTile, from = x + row * columns, to = out + row * columns;
    let squares: number = tl.zeros([BLOCK_ROWS, BLOCK], tl.f32);
    for (let start = 0; start < columns; start += BLOCK) {
      const mask = row < rows && places < columns - start;
      const values = tl.cast(tl.load(from + start + places, { mask }), tl.f32);
      squares += values * values;
    }
    const normal = tl.rsqrt(tl.sum(squares, 1, { keepDims: true }) / columns + EPS);
    for (let start = 0; start < columns; start += BLOCK) {
      const inRow = places < columns - start, mask = row < rows && inRow;
      const values = tl.cast(tl.load(from + start + places, { mask }), tl.f32);
      const scale = tl.load(weight + start + places, { mask: inRow });
      tl.store(to + start + places, values * normal * scale, { mask });
    }
  },
  () => ({ tl }),
);

/** Options of {@linkcode rmsNorm}. */
export interface RmsNormOptions {
  /** Added to the mean of squares; 1e-6 unless given. */
  eps?: number | undefined;
  /** The tensor to write to, which may be `x` itself; a new one unless given. */
  out?: Tensor | undefined;
  /** Elements of a tile, a power of two; unless given, a row's length up to `LONGEST_TILE`. */
  block?: number | undefined;
}

/**
 * RMS normalisation along the last dimension.
 *
 * @param x A tensor of rank 1 or more with rows of any length, f32 or f16; computed in f32.
 * @param weight What each column is multiplied by: as many numbers as a row has, f32 or f16.
 * @returns A tensor of `x`'s shape and dtype.
 * @throws {LaunchError} If an argument is no such tensor, or a shape does not fit.
 */
export function rmsNorm(
  x: Tensor,
  weight: Tensor,
  { eps = 1e-6, out, block }: RmsNormOptions = {},
): Tensor {
  checkDType("rmsNorm", "x", x, FLOATS);
  checkDType("rmsNorm", "weight", weight, FLOATS);
  const { rows, columns } = checkRows("rmsNorm", "x", x);
  checkShape("rmsNorm", "weight", weight, [columns]);
  const result = resultTensor("rmsNorm", out, x, x.shape, [x.dtype, ...FLOATS]);
  if (x.size === 0) return result;
  const tile = block ?? tileFor(columns);
  const { BLOCK_ROWS, numWarps } = rowTiling(x, { rows, columns }, tile);
  const WHOLE = columns <= tile, STEPS = WHOLE ? stepsFor(rows, BLOCK_ROWS, x.device) : 1;
  rmsNormKernel[grid(cdiv(rows, BLOCK_ROWS * STEPS))](x, weight, result, rows, columns, {
    BLOCK_ROWS,
    BLOCK: tile,
    WHOLE,
    STEPS,
    EPS: eps,
    numWarps,
  });
  return result;
}

/** Shapes that tests iterate; `block` forces rows into several steps. */
export const cases: readonly { shape: number[]; dtype: "f32" | "f16"; block?: number }[] = [
  { shape: [1, 1], dtype: "f32" },
  { shape: [3, 781], dtype: "f32" },
  { shape: [40, 1024], dtype: "f32" },
  { shape: [2, 3, 64], dtype: "f32" },
  { shape: [17], dtype: "f32" },
  { shape: [5, 300], dtype: "f16" },
  { shape: [4, 1000], dtype: "f32", block: 256 },
  { shape: [3, 512], dtype: "f16", block: 128 },
  { shape: [0, 8], dtype: "f32" },
  { shape: [8, 0], dtype: "f32" },
];

if (import.meta.main) {
  const device = await Device.open();
  console.log(`RMS normalisation on ${device}`);
  const many = device.capabilities.software ? 32 : 1024;
  for (const [rows, columns] of [[3, 781], [many, 1024], [many, 4096], [many, 32_768]] as const) {
    const x = device.randn([rows, columns], { seed: 1 });
    const weight = device.rand([columns], { seed: 2 });
    const out = device.empty([rows, columns]);
    await report({
      title: `rmsNorm of ${rows}x${columns}`,
      out,
      expected: reference(await x.read(), await weight.read()),
      launch: () => rmsNorm(x, weight, { out }),
      work: [2 * 4 * rows * columns, "GB/s"],
    });
  }
}
