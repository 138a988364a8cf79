/**
 * The gradients of layer normalisation: what `layerNorm` of `layer_norm.ts` is given, and the
 * gradient of its result, become the gradients of x, weight and bias.
 *
 * With n = (x - mean) / deviation, the normalised row, g the gradient of the result, and h = g * weight:
 *
 *     dx[r, c]   = (h[r, c] - n[r, c] * mean(n[r] * h[r]) - mean(h[r])) / deviation[r]
 *     dweight[c] = sum over r of g[r, c] * n[r, c]
 *     dbias[c]   = sum over r of g[r, c]
 *
 * The first is about rows, the others are about columns, and each needs all of x and g. So that both are
 * read once, a program takes many rows, one after the other, and keeps running sums for the columns in
 * registers; mean and deviation cost less to compute anew than to read. At the end every program
 * writes its sums as a row of a small matrix, and a second launch adds up the columns of that.
 *
 * Rows that do not fit in a tile are walked: a launch with a program a row computes dx and keeps mean and
 * deviation of each row, and another, with a program for some rows of some columns, computes the sums.
 *
 *     deno run kernels/layer_norm_backward.ts
 */

import {
  cdiv,
  Device,
  grid,
  jit,
  LaunchError,
  nextPowerOf2,
  type Pointer,
  type Tensor,
  tl,
} from "../mod.ts";
import { report } from "./demo.ts";
import { LONGEST_TILE, mostWarps, tileFor, warpsFor } from "./softmax.ts";
import { checkDType, checkRows, checkShape, FLOATS, resultTensor } from "./tensors.ts";

/** The three gradients for rows as long as `weight`, in float64. */
export function reference(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  gradient: ArrayLike<number>,
  eps = 1e-5,
): { dx: Float64Array; dweight: Float64Array; dbias: Float64Array } {
  const columns = weight.length;
  const dx = new Float64Array(x.length);
  const dweight = new Float64Array(columns), dbias = new Float64Array(columns);
  for (let start = 0; start < x.length; start += columns) {
    let mean = 0, variance = 0, meanH = 0, meanNH = 0;
    for (let c = 0; c < columns; c++) mean += x[start + c]! / columns;
    for (let c = 0; c < columns; c++) variance += (x[start + c]! - mean) ** 2 / columns;
    const normal = 1 / Math.sqrt(variance + eps);
    const normalised = (c: number) => (x[start + c]! - mean) * normal;
    for (let c = 0; c < columns; c++) {
      const g = gradient[start + c]!;
      meanH += g * weight[c]! / columns;
      meanNH += normalised(c) * g * weight[c]! / columns;
      dweight[c]! += g * normalised(c);
      dbias[c]! += g;
    }
    for (let c = 0; c < columns; c++) {
      const h = gradient[start + c]! * weight[c]!;
      dx[start + c] = (h - normalised(c) * meanNH - meanH) * normal;
    }
  }
  return { dx, dweight, dbias };
}

/** Two sums at once: a row's invocations wait for each other once, not twice. */
function both(a: number, b: number, c: number, d: number): [number, number] {
  return [a + c, b + d];
}

/**
 * `dx`, and the part of each column's sums that this program's rows make up, for rows that fit in a
 * tile. Program p takes rows `p * BLOCK_ROWS` and following, and then further ones in steps of all programs;
 * grid: any number of programs.
 */
export const layerNormBackwardKernel = jit(
  function layerNormBackward(
    x: Pointer, // [rows, columns]
    weight: Pointer, // [columns]
    gradient: Pointer, // [rows, columns]
    dx: Pointer, // [rows, columns]
    sums: Pointer, // [2, programs, columns]: of the weight, of the bias
    rows: number,
    columns: number,
    { BLOCK_ROWS = 1, BLOCK = 1024, EPS = 1e-5 },
  ) {
    const places = tl.row(tl.arange(0, BLOCK)); // [1, BLOCK]
    const inRow = places < columns;
    const scale = tl.cast(tl.load(weight + places, { mask: inRow }), tl.f32);
    let ofWeight: number = tl.zeros([BLOCK_ROWS, BLOCK], tl.f32);
    let ofBias: number = tl.zeros([BLOCK_ROWS, BLOCK], tl.f32);
    const step = tl.numPrograms(0) * BLOCK_ROWS;
    for (let first = tl.programId(0) * BLOCK_ROWS; first < rows; first += step) {
      const row = first + tl.col(tl.arange(0, BLOCK_ROWS)); // [BLOCK_ROWS, 1]
      const mask = row < rows && inRow;
      const at = row * columns + places;
      const values = tl.cast(tl.load(x + at, { mask }), tl.f32); // [BLOCK_ROWS, BLOCK]
      const g = tl.cast(tl.load(gradient + at, { mask }), tl.f32);
      const h = g * scale;
      const [sum, sumH] = tl.reduce([values, h], 1, both, { keepDims: true });
      const mean = sum / columns;
      const centred = tl.where(mask, values - mean, 0);
      const [squares, sumCH] = tl.reduce([centred * centred, centred * h], 1, both, {
        keepDims: true,
      });
      const normal = tl.rsqrt(squares / columns + EPS);
      const n = centred * normal, meanNH = normal * sumCH / columns;
      tl.store(dx + at, (h - n * meanNH - sumH / columns) * normal, { mask });
      ofWeight += g * n;
      ofBias += g;
    }
    const to = sums + tl.programId(0) * columns + places;
    tl.store(to, tl.sum(ofWeight, 0, { keepDims: true }), { mask: inRow });
    const all = tl.numPrograms(0) * columns;
    tl.store(to + all, tl.sum(ofBias, 0, { keepDims: true }), { mask: inRow });
  },
  () => ({ tl, both }),
);

/** `dx` of row `programId(0)`, walked in steps, and its mean and 1 / deviation; grid: one program a row. */
export const layerNormBackwardRowsKernel = jit(
  function layerNormBackwardRows(
    x: Pointer, // [rows, columns]
    weight: Pointer, // [columns]
    gradient: Pointer, // [rows, columns]
    dx: Pointer, // [rows, columns]
    means: Pointer, // [rows]
    normals: Pointer, // [rows]
    columns: number,
    { BLOCK = 1024, EPS = 1e-5 },
  ) {
    const row = tl.programId(0), places = tl.arange(0, BLOCK); // [BLOCK]
    const from = x + row * columns, given = gradient + row * columns;

    // Of what has been seen at each place: how much, its mean, its squared differences from that.
    let count: number = tl.zeros([BLOCK], tl.f32);
    let average: number = tl.zeros([BLOCK], tl.f32);
    let squares: number = tl.zeros([BLOCK], tl.f32);
    for (let start = 0; start < columns; start += BLOCK) {
      const mask = places < columns - start;
      const values = tl.cast(tl.load(from + start + places, { mask }), tl.f32);
      const difference = values - average;
      const next = average + difference / (count + 1);
      squares = tl.where(mask, squares + difference * (values - next), squares);
      average = tl.where(mask, next, average);
      count = tl.where(mask, count + 1, count);
    }
    const mean = tl.sum(average * count, 0) / columns;
    const away = average - mean;
    const normal = tl.rsqrt(tl.sum(squares + count * away * away, 0) / columns + EPS);

    let sumH: number = tl.zeros([BLOCK], tl.f32);
    let sumNH: number = tl.zeros([BLOCK], tl.f32);
    for (let start = 0; start < columns; start += BLOCK) {
      const mask = places < columns - start;
      const values = tl.cast(tl.load(from + start + places, { mask }), tl.f32);
      const g = tl.cast(tl.load(given + start + places, { mask }), tl.f32); // 0 past the end
      const h = g * tl.cast(tl.load(weight + start + places, { mask }), tl.f32);
      sumH += h;
      sumNH += (values - mean) * normal * h;
    }
    const meanH = tl.sum(sumH, 0) / columns, meanNH = tl.sum(sumNH, 0) / columns;
    for (let start = 0; start < columns; start += BLOCK) {
      const mask = places < columns - start;
      const values = tl.cast(tl.load(from + start + places, { mask }), tl.f32);
      const g = tl.cast(tl.load(given + start + places, { mask }), tl.f32);
      const h = g * tl.cast(tl.load(weight + start + places, { mask }), tl.f32);
      const slope = (h - (values - mean) * normal * meanNH - meanH) * normal;
      tl.store(dx + row * columns + start + places, slope, { mask });
    }
    tl.store(means + row, mean);
    tl.store(normals + row, normal);
  },
  () => ({ tl }),
);

/**
 * The sums of columns `programId(0) * BLOCK` and following over rows `programId(1)`, `programId(1) +
 * numPrograms(1)`, …; grid: `(cdiv(columns, BLOCK), any number)`.
 */
export const layerNormBackwardColumnsKernel = jit(
  function layerNormBackwardColumns(
    x: Pointer, // [rows, columns]
    gradient: Pointer, // [rows, columns]
    means: Pointer, // [rows]
    normals: Pointer, // [rows]
    sums: Pointer, // [2, numPrograms(1), columns]
    rows: number,
    columns: number,
    { BLOCK = 1024 },
  ) {
    const places = tl.programId(0) * BLOCK + tl.arange(0, BLOCK); // [BLOCK]
    const mask = places < columns;
    let ofWeight: number = tl.zeros([BLOCK], tl.f32);
    let ofBias: number = tl.zeros([BLOCK], tl.f32);
    for (let row = tl.programId(1); row < rows; row += tl.numPrograms(1)) {
      const values = tl.cast(tl.load(x + row * columns + places, { mask }), tl.f32);
      const g = tl.cast(tl.load(gradient + row * columns + places, { mask }), tl.f32);
      ofWeight += g * (values - tl.load(means + row)) * tl.load(normals + row);
      ofBias += g;
    }
    const to = sums + tl.programId(1) * columns + places;
    tl.store(to, ofWeight, { mask });
    tl.store(to + tl.numPrograms(1) * columns, ofBias, { mask });
  },
  () => ({ tl }),
);

/** Adds up the columns of two matrices; grid: `(cdiv(columns, BLOCK), 2)`. */
export const columnSumsKernel = jit(
  function columnSums(
    sums: Pointer, // [2, rows, columns]
    first: Pointer, // [columns]
    second: Pointer, // [columns]
    rows: number,
    columns: number,
    { BLOCK_ROWS = 128, BLOCK = 16 },
  ) {
    const column = tl.programId(0) * BLOCK + tl.row(tl.arange(0, BLOCK)); // [1, BLOCK]
    const which = tl.programId(1);
    let total: number = tl.zeros([BLOCK_ROWS, BLOCK], tl.f32);
    for (let start = 0; start < rows; start += BLOCK_ROWS) {
      const row = start + tl.col(tl.arange(0, BLOCK_ROWS)); // [BLOCK_ROWS, 1]
      const at = (which * rows + row) * columns + column;
      total += tl.load(sums + at, { mask: row < rows && column < columns });
    }
    const result = tl.sum(total, 0, { keepDims: true });
    tl.store(first + column, result, { mask: column < columns && which === 0 });
    tl.store(second + column, result, { mask: column < columns && which === 1 });
  },
  () => ({ tl }),
);

/**
 * How many programs share the rows, each of which writes a row of sums. They hold some 6000 elements for
 * each of 132 multiprocessors, which is how many an H100 and an H200 have: fewer leave memory idle, more
 * have more sums to write.
 */
function partsFor(elements: number): number {
  return 132 * Math.max(Math.ceil(6144 / elements), 2);
}

/** Sixteen elements a thread, where there may be so many; a processor that plays the GPU has small warps. */
function warpsForTiles(elements: number, device: Device): number {
  const each = device.capabilities.software ? 256 : 512;
  return Math.min(Math.max(elements / each, 1), mostWarps(device));
}

/** Options of {@linkcode layerNormBackward}. */
export interface LayerNormBackwardOptions {
  /** What was added to the variance; 1e-5 unless given. */
  eps?: number | undefined;
  /** The tensor that the gradient of `x` is written to, a new one unless given. */
  dx?: Tensor | undefined;
  /** Elements of a tile, a power of two; unless given, a row's length up to half of `LONGEST_TILE`. */
  block?: number | undefined;
}

/** The gradients of what was given to `layerNorm`. */
export interface LayerNormGradients {
  /** Of `x`: in its shape and dtype. */
  readonly dx: Tensor;
  /** Of `weight`: f32. */
  readonly dweight: Tensor;
  /** Of `bias`: f32. */
  readonly dbias: Tensor;
}

/**
 * The gradients of layer normalisation along the last dimension.
 *
 * @param x What was normalised: a tensor of rank 1 or more, f32 or f16; computed in f32.
 * @param weight What each column was multiplied by: as many numbers as a row has, f32 or f16.
 * @param gradient The gradient of the result: in `x`'s shape, f32 or f16.
 * @throws {LaunchError} If an argument is no such tensor, or a shape does not fit.
 */
export function layerNormBackward(
  x: Tensor,
  weight: Tensor,
  gradient: Tensor,
  { eps = 1e-5, dx, block }: LayerNormBackwardOptions = {},
): LayerNormGradients {
  checkDType("layerNormBackward", "x", x, FLOATS);
  checkDType("layerNormBackward", "weight", weight, FLOATS);
  checkDType("layerNormBackward", "gradient", gradient, FLOATS);
  const { rows, columns } = checkRows("layerNormBackward", "x", x);
  checkShape("layerNormBackward", "weight", weight, [columns]);
  checkShape("layerNormBackward", "gradient", gradient, x.shape);
  const { device } = x;
  const result = resultTensor("layerNormBackward", dx, x, x.shape, [x.dtype, ...FLOATS]);
  if (result === x || result === gradient) {
    throw new LaunchError(
      "Cannot run layerNormBackward: 'dx' is one of the inputs, but a long row's are read after it is written; give it a tensor of its own",
    );
  }
  if (x.size === 0) {
    return { dx: result, dweight: device.zeros([columns]), dbias: device.zeros([columns]) };
  }
  const dweight = device.empty([columns]), dbias = device.empty([columns]);

  // Four tiles are held at a time: a row is long sooner than where there is one.
  const tile = block ?? tileFor(columns, LONGEST_TILE / 2);
  const whole = columns <= tile, places = nextPowerOf2(tile);
  const BLOCK_ROWS = whole ? Math.max(1024 / places, 1) : 1;
  const parts = Math.min(cdiv(rows, BLOCK_ROWS), partsFor(BLOCK_ROWS * places));
  using sums = device.empty([2, parts, columns]);
  if (whole) {
    layerNormBackwardKernel[grid(parts)](x, weight, gradient, result, sums, rows, columns, {
      BLOCK_ROWS,
      BLOCK: tile,
      EPS: eps,
      numWarps: warpsForTiles(BLOCK_ROWS * places, device),
    });
  } else {
    using means = device.empty([rows]), normals = device.empty([rows]);
    layerNormBackwardRowsKernel[grid(rows)](
      ...[x, weight, gradient, result, means, normals] as const,
      columns,
      { BLOCK: tile, EPS: eps, numWarps: warpsFor(tile, x.device) },
    );
    layerNormBackwardColumnsKernel[grid(cdiv(columns, tile), parts)](
      ...[x, gradient, means, normals, sums] as const,
      rows,
      columns,
      { BLOCK: tile, numWarps: warpsFor(tile, x.device) },
    );
  }
  columnSumsKernel[grid(cdiv(columns, 16), 2)](sums, dweight, dbias, parts, columns);
  return { dx: result, dweight, dbias };
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
  { shape: [1100, 40], dtype: "f32" },
  { shape: [600, 64], dtype: "f32" },
  { shape: [2, 3, 64], dtype: "f32" },
  { shape: [17], dtype: "f32" },
  { shape: [5, 300], dtype: "f16" },
  { shape: [7, 640], dtype: "f32", mean: 100 },
  { shape: [4, 1000], dtype: "f32", block: 256 },
  { shape: [4, 1000], dtype: "f32", block: 256, mean: 100 },
  { shape: [3, 512], dtype: "f16", block: 128 },
  { shape: [0, 8], dtype: "f32" },
  { shape: [8, 0], dtype: "f32" },
];

if (import.meta.main) {
  const device = await Device.open();
  console.log(`Gradients of layer normalisation on ${device}`);
  const many = device.capabilities.software ? 32 : 4096;
  for (const [rows, columns] of [[3, 781], [many, 1024], [many, 4096]] as const) {
    const x = device.randn([rows, columns], { seed: 1 });
    const weight = device.rand([columns], { seed: 2 });
    const gradient = device.randn([rows, columns], { seed: 3 });
    const dx = device.empty([rows, columns]);
    await report({
      title: `layerNormBackward of ${rows}x${columns}`,
      out: dx,
      expected: reference(await x.read(), await weight.read(), await gradient.read()).dx,
      launch: () => {
        const { dweight, dbias } = layerNormBackward(x, weight, gradient, { dx });
        dweight.dispose();
        dbias.dispose();
      },
      work: [3 * 4 * rows * columns, "GB/s"],
    });
  }
}
