/**
 * Layer normalisation of each row: `out[r, c] = (x[r, c] - mean) / sqrt(variance + EPS) * weight[c] + bias[c]`,
 * with the mean and the (biased) variance of row r.
 *
 * A program takes one row, or several short ones; on a processor that plays the GPU many, one after another,
 * so that weights and biases are read once for all of them. A row that fits in a tile is read once and written
 * once: mean and variance are reductions of the tile in registers, and the variance is that of the differences
 * from the mean, so that nothing cancels even when the mean is large.
 *
 * A longer row is walked twice. The first walk keeps, for each place of the tile, the count, mean
 * and sum of squared differences of what it has seen there (Welford's update); these are then
 * merged over the places (Chan's formula). The second walk writes.
 *
 *     deno run kernels/layer_norm.ts
 */

import { cdiv, Device, grid, jit, type Pointer, type Tensor, tl } from "../mod.ts";
import { report } from "./demo.ts";
import { rowTiling, stepsFor, tileFor } from "./softmax.ts";
import { checkDType, checkRows, checkShape, FLOATS, resultTensor } from "./tensors.ts";

/** Layer normalisation of rows as long as `weight`, in float64. */
export function reference(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  eps = 1e-5,
): Float64Array {
  const out = new Float64Array(x.length), columns = weight.length;
  for (let start = 0; start < x.length; start += columns) {
    let mean = 0, variance = 0;
    for (let c = 0; c < columns; c++) mean += x[start + c]! / columns;
    for (let c = 0; c < columns; c++) variance += (x[start + c]! - mean) ** 2 / columns;
    const scale = 1 / Math.sqrt(variance + eps);
    for (let c = 0; c < columns; c++) {
      out[start + c] = (x[start + c]! - mean) * scale * weight[c]! + bias[c]!;
    }
  }
  return out;
}

/**
 * Layer normalisation of a matrix [rows, columns] with contiguous rows. A program takes `BLOCK_ROWS` rows at
 * a time, `STEPS` times, from row `programId(0) * BLOCK_ROWS * STEPS` on; grid:
 * `cdiv(rows, BLOCK_ROWS * STEPS)`. `WHOLE` says that a row fits in one tile; otherwise `STEPS` is 1.
 */
export const layerNormKernel = jit(
  function layerNorm(
    x: Pointer,
    weight: Pointer,
    bias: Pointer,
    out: Pointer,
    rows: number,
    columns: number,
    { BLOCK_ROWS = 1, BLOCK = 1024, WHOLE = true, STEPS = 1, EPS = 1e-5 },
  ) {
    const first = tl.programId(0) * (BLOCK_ROWS * STEPS);
    const ofTile = tl.col(tl.arange(0, BLOCK_ROWS)); // [BLOCK_ROWS, 1]
    const places = tl.row(tl.arange(0, BLOCK)); // [1, BLOCK]

    if (WHOLE) {
      const inRow = places < columns;
      for (let step = 0; step < STEPS; step++) {
        const row = first + step * BLOCK_ROWS + ofTile, mask = row < rows && inRow;
        const values = tl.cast(tl.load(x + row * columns + places, { mask }), tl.f32);
        const mean = tl.sum(values, 1, { keepDims: true }) / columns; // what is masked off counts as 0
        const centred = tl.where(mask, values - mean, 0);
        const variance = tl.sum(centred * centred, 1, { keepDims: true }) / columns;
        const scale = tl.load(weight + places, { mask: inRow }); // once for all steps
        const shift = tl.load(bias + places, { mask: inRow });
        const normed = centred * tl.rsqrt(variance + EPS) * scale + shift; // [BLOCK_ROWS, BLOCK]
        tl.store(out + row * columns + places, normed, { mask });
      }
      return;
    }

    const row = first + ofTile, from = x + row * columns, to = out + row * columns;
    // Of what has been seen at each place: how much, its mean, its squared differences from that.
    let count: number = tl.zeros([BLOCK_ROWS, BLOCK], tl.f32);
    let mean: number = tl.zeros([BLOCK_ROWS, BLOCK], tl.f32);
    let squares: number = tl.zeros([BLOCK_ROWS, BLOCK], tl.f32);
    for (let start = 0; start < columns; start += BLOCK) {
      const mask = row < rows && places < columns - start;
      const values = tl.cast(tl.load(from + start + places, { mask }), tl.f32);
      const difference = values - mean;
      const nextMean = mean + difference / (count + 1);
      squares = tl.where(mask, squares + difference * (values - nextMean), squares);
      mean = tl.where(mask, nextMean, mean);
      count = tl.where(mask, count + 1, count);
    }
    const rowMean = tl.sum(mean * count, 1, { keepDims: true }) / columns; // [BLOCK_ROWS, 1]
    const away = mean - rowMean;
    const variance = tl.sum(squares + count * away * away, 1, { keepDims: true }) / columns;
    const normal = tl.rsqrt(variance + EPS);
    for (let start = 0; start < columns; start += BLOCK) {
      const inRow = places < columns - start, mask = row < rows && inRow;
      const values = tl.cast(tl.load(from + start + places, { mask }), tl.f32);
      const scale = tl.load(weight + start + places, { mask: inRow });
      const shift = tl.load(bias + start + places, { mask: inRow });
      tl.store(to + start + places, (values - rowMean) * normal * scale + shift, { mask });
    }
  },
  () => ({ tl }),
);

/** Options of {@linkcode layerNorm}. */
export interface LayerNormOptions {
  /** Added to the variance; 1e-5 unless given. */
  eps?: number | undefined;
  /** The tensor to write to, which may be `x` itself; a new one unless given. */
  out?: Tensor | undefined;
  /** Elements of a tile, a power of two; unless given, a row's length up to `LONGEST_TILE`. */
  block?: number | undefined;
}

/**
 * Layer normalisation along the last dimension.
 *
 * @param x A tensor of rank 1 or more with rows of any length, f32 or f16; computed in f32.
 * @param weight What each column is multiplied by: as many numbers as a row has, f32 or f16.
 * @param bias What is then added to each column: likewise.
 * @returns A tensor of `x`'s shape and dtype.
 * @throws {LaunchError} If an argument is no such tensor, or a shape does not fit.
 */
export function layerNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { eps = 1e-5, out, block }: LayerNormOptions = {},
): Tensor {
  checkDType("layerNorm", "x", x, FLOATS);
  checkDType("layerNorm", "weight", weight, FLOATS);
  checkDType("layerNorm", "bias", bias, FLOATS);
  const { rows, columns } = checkRows("layerNorm", "x", x);
  checkShape("layerNorm", "weight", weight, [columns]);
  checkShape("layerNorm", "bias", bias, [columns]);
  const result = resultTensor("layerNorm", out, x, x.shape, [x.dtype, ...FLOATS]);
  if (x.size === 0) return result;
  const tile = block ?? tileFor(columns);
  const { BLOCK_ROWS, numWarps } = rowTiling(x, { rows, columns }, tile);
  const WHOLE = columns <= tile, STEPS = WHOLE ? stepsFor(rows, BLOCK_ROWS, x.device) : 1;
  layerNormKernel[grid(cdiv(rows, BLOCK_ROWS * STEPS))](x, weight, bias, result, rows, columns, {
    BLOCK_ROWS,
    BLOCK: tile,
    WHOLE,
    STEPS,
    EPS: eps,
    numWarps,
  });
  return result;
}

/** Shapes that tests iterate; `block` forces rows into several steps, `mean` moves the rows. */
export const cases: readonly {
  shape: number[];
  dtype: "f32" | "f16";
  block?: number;
  mean?: number;
}[] = [
  { shape: [1, 1], dtype: "f32" },
  { shape: [3, 781], dtype: "f32" },
  { shape: [100, 1024], dtype: "f32" },
  { shape: [8, 4096], dtype: "f32" },
  { shape: [2, 3, 64], dtype: "f32" },
  { shape: [17], dtype: "f32" },
  { shape: [5, 300], dtype: "f16" },
  { shape: [7, 640], dtype: "f32", mean: 1000 },
  { shape: [4, 1000], dtype: "f32", block: 256 },
  { shape: [4, 1000], dtype: "f32", block: 256, mean: 1000 },
  { shape: [3, 512], dtype: "f16", block: 128 },
  { shape: [2, 20_000], dtype: "f32" },
  { shape: [0, 8], dtype: "f32" },
  { shape: [8, 0], dtype: "f32" },
];

if (import.meta.main) {
  const device = await Device.open();
  console.log(`Layer normalisation on ${device}`);
  const many = device.capabilities.software ? 32 : 1024;
  for (const [rows, columns] of [[3, 781], [many, 1024], [many, 4096], [many, 32_768]] as const) {
    const x = device.randn([rows, columns], { seed: 1 });
    const weight = device.rand([columns], { seed: 2 }), bias = device.randn([columns], { seed: 3 });
    const out = device.empty([rows, columns]);
    await report({
      title: `layerNorm of ${rows}x${columns}`,
      out,
      expected: reference(await x.read(), await weight.read(), await bias.read()),
      launch: () => layerNorm(x, weight, bias, { out }),
      work: [2 * 4 * rows * columns, "GB/s"],
    });
  }
}
