/**
 * Softmax of each row of a matrix: `out[r, c] = exp(x[r, c] - max(x[r])) / sum(exp(x[r] - max(x[r])))`.
 *
 * Written with tensor operations this reads and writes the matrix five times (maximum, difference,
 * exponential, sum, quotient). Fused into one kernel it is read once and written once: a program
 * takes one row, or several short ones, keeps it in registers as one tile, and reduces it there.
 *
 * The tile's size is the row's length rounded up to a power of two; elements past the row's end
 * are loaded as -Infinity, which adds exp(-Infinity) = 0 to the sum. A row that is too long for
 * one tile (`LONGEST_TILE`) is walked twice: the first walk keeps a running maximum and a running
 * sum for each place of the tile, the sum scaled down whenever the maximum rises ("online
 * softmax"); the second walk writes.
 *
 * A NaN makes its whole row NaN, and so does +Infinity or a row of nothing but -Infinity.
 *
 *     deno run kernels/softmax.ts
 */

import { cdiv, Device, grid, jit, nextPowerOf2, type Pointer, type Tensor, tl } from "../mod.ts";
import { report } from "./demo.ts";
import { checkDType, checkRows, FLOATS, resultTensor } from "./tensors.ts";

/** Softmax of rows of `columns` numbers, in float64. */
export function reference(x: ArrayLike<number>, columns: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += columns) {
    let max = -Infinity, sum = 0;
    for (let c = 0; c < columns; c++) max = Math.max(max, x[start + c]!);
    for (let c = 0; c < columns; c++) sum += out[start + c] = Math.exp(x[start + c]! - max);
    for (let c = 0; c < columns; c++) out[start + c]! /= sum;
  }
  return out;
}

/** The longest row that is kept in registers as one tile. */
export const LONGEST_TILE = 16_384;

/**
 * Softmax of `BLOCK_ROWS` rows of a matrix [rows, columns] with contiguous rows, from row
 * `programId(0) * BLOCK_ROWS` on; grid: `cdiv(rows, BLOCK_ROWS)`. `WHOLE` says that a row fits in one tile.
 */
export const softmaxKernel = jit(
  function softmax(
    x: Pointer,
    out: Pointer,
    rows: number,
    columns: number,
    { BLOCK_ROWS = 1, BLOCK = 1024, WHOLE = true },
  ) {
    const row = tl.col(tl.programId(0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)); // [BLOCK_ROWS, 1]
    const places = tl.row(tl.arange(0, BLOCK)); // [1, BLOCK]
    const from = x + row * columns, to = out + row * columns;

    if (WHOLE) {
      const mask = row < rows && places < columns;
      const loaded = tl.load(from + places, { mask, other: -Infinity });
      const values = tl.cast(loaded, tl.f32); // [BLOCK_ROWS, BLOCK]
      const powers = tl.exp(values - tl.max(values, 1, { keepDims: true }));
      tl.store(to + places, powers / tl.sum(powers, 1, { keepDims: true }), { mask });
      return;
    }

    // The largest value seen at each place, and the sum of exp(value - largest) there.
    let largest: number = tl.full([BLOCK_ROWS, BLOCK], -Infinity, tl.f32);
    let sum: number = tl.zeros([BLOCK_ROWS, BLOCK], tl.f32);
    for (let start = 0; start < columns; start += BLOCK) {
      const mask = row < rows && places < columns - start;
      const loaded = tl.load(from + start + places, { mask, other: -Infinity });
      const values = tl.cast(loaded, tl.f32);
      const larger = tl.maximum(largest, values);
      // While a place has seen nothing but -Infinity, -Infinity - -Infinity would be NaN.
      const base = tl.where(larger === -Infinity, 0, larger);
      sum = sum * tl.exp(largest - base) + tl.exp(values - base);
      largest = larger;
    }
    const max = tl.max(largest, 1, { keepDims: true });
    const total = tl.sum(sum * tl.exp(largest - max), 1, { keepDims: true });
    for (let start = 0; start < columns; start += BLOCK) {
      const mask = row < rows && places < columns - start;
      const values = tl.cast(tl.load(from + start + places, { mask }), tl.f32);
      tl.store(to + start + places, tl.exp(values - max) / total, { mask });
    }
  },
  () => ({ tl }),
);

/** Options of {@linkcode softmax}. */
export interface SoftmaxOptions {
  /** The tensor to write to, which may be `x` itself; a new one unless given. */
  out?: Tensor | undefined;
  /** Elements of a tile, a power of two; unless given, a row's length up to `LONGEST_TILE`. */
  block?: number | undefined;
}

/**
 * Softmax along the last dimension.
 *
 * @param x A tensor of rank 1 or more with rows of any length, f32 or f16; computed in f32.
 * @returns A tensor of the same shape and dtype.
 * @throws {LaunchError} If `x` is no such tensor, or `out` has another shape.
 */
export function softmax(x: Tensor, { out, block }: SoftmaxOptions = {}): Tensor {
  checkDType("softmax", "x", x, FLOATS);
  const { rows, columns } = checkRows("softmax", "x", x);
  const result = resultTensor("softmax", out, x, x.shape, [x.dtype, ...FLOATS]);
  if (x.size === 0) return result;
  const tile = block ?? tileFor(columns);
  const { BLOCK_ROWS, numWarps } = rowTiling(x, { rows, columns }, tile);
  softmaxKernel[grid(cdiv(rows, BLOCK_ROWS))](x, result, rows, columns, {
    BLOCK_ROWS,
    BLOCK: tile,
    WHOLE: columns <= tile,
    numWarps,
  });
  return result;
}

/**
 * Elements of the tile for a row: all of it, up to `longest`. A longer row is walked in smaller steps,
 * as its tile is held together with running ones.
 *
 * A tile that is not a power of two lies in the places of one, of which those beyond it cost nothing. In
 * sixteenths of that, so that rows of a thousand lengths are not a thousand kernels.
 */
export function tileFor(columns: number, longest = LONGEST_TILE): number {
  if (columns > longest) return 2048;
  const step = Math.max(nextPowerOf2(columns) / 16, 1);
  return cdiv(columns, step) * step;
}

/**
 * How many warps share a tile: one for each 1024 places, up to 8. With 32 elements a thread, enough
 * memory traffic is in flight while few threads have to combine what they found.
 */
export function warpsFor(tile: number, { capabilities }: Device): number {
  return Math.min(Math.max(nextPowerOf2(tile) / (capabilities.software ? 512 : 1024), 1), 8);
}

/** Threads that a workgroup may have, in warps. */
export function mostWarps({ capabilities: { limits } }: Device): number {
  return (limits?.maxComputeInvocationsPerWorkgroup ?? 1024) / 32;
}

/** True where a thread's share of a row should be small: of f32 two loads of four, which rows must allow. */
export function hasSmallShares({ dtype, device }: Tensor, columns: number): boolean {
  return dtype === "f32" && columns % 4 === 0 && !device.capabilities.software;
}

/** Elements from which on a processor earns back what it takes to compile long code. */
const LARGE_FOR_SOFTWARE = 2 ** 19;

/**
 * How rows of up to 4096 elements are shared: elements of a program at least, elements of a thread, and warps at
 * most. f32 rows whose elements are loaded four at a time, those whose elements are loaded one by one, and
 * halves, of which more must be on their way.
 */
const VECTORS = { together: 1024, each: 8, most: 16 };
const SINGLES = { together: 512, each: 16, most: 4 };
const HALVES = { together: 2048, each: 32, most: 4 };

/**
 * How many rows a program takes at a time, each in a tile of so many elements, and how many warps share them.
 *
 * With few elements a thread and no more than a row a program, so many workgroups are under way that some
 * load while others reduce or store: 2 % more of a copy's rate on an H200 than with 32 f32 elements a thread.
 * Longer rows than 4096 need so many registers that 8 warps do as well as 16. A processor that plays the GPU
 * has small warps, and takes a row a subgroup if there are enough, so that nobody waits.
 */
export function rowTiling(
  x: Tensor,
  { rows, columns }: { rows: number; columns: number },
  tile: number,
): { BLOCK_ROWS: number; numWarps: number } {
  const { device } = x, { software, subgroupSize } = device.capabilities;
  const places = nextPowerOf2(tile);
  if (
    software && subgroupSize > 0 && subgroupSize < 32 && places >= 256 && places <= 1024 &&
    rows * places >= LARGE_FOR_SOFTWARE
  ) {
    return { BLOCK_ROWS: 32 / subgroupSize, numWarps: 1 };
  }
  if (software || columns > tile) {
    const BLOCK_ROWS = Math.max((software ? 1024 : 2048) / places, 1);
    return { BLOCK_ROWS, numWarps: warpsFor(BLOCK_ROWS * tile, device) };
  }
  const { together, each, most } = hasSmallShares(x, columns)
    ? VECTORS
    : x.dtype === "f32"
    ? SINGLES
    : HALVES;
  const BLOCK_ROWS = Math.max(together / places, 1), warps = BLOCK_ROWS * places / each / 32;
  const numWarps = places > 4096 ? 8 : Math.min(Math.max(warps, 1), most);
  return { BLOCK_ROWS, numWarps: Math.min(numWarps, mostWarps(device)) };
}

/** Tiles that a program takes one after another at most. */
const MOST_STEPS = 32;

/**
 * How many tiles of `BLOCK_ROWS` of the `rows` a program takes one after another, where it keeps what all rows
 * share. Only a processor that plays the GPU gains, since it makes an access to memory for each lane; each of
 * its cores is left a few programs.
 */
export function stepsFor(rows: number, BLOCK_ROWS: number, { capabilities }: Device): number {
  if (!capabilities.software) return 1;
  const most = rows / BLOCK_ROWS / (4 * navigator.hardwareConcurrency);
  return Math.min(2 ** Math.max(Math.floor(Math.log2(most)), 0), MOST_STEPS);
}

/** Shapes that tests iterate; `block` forces rows into several steps. */
export const cases: readonly { shape: number[]; dtype: "f32" | "f16"; block?: number }[] = [
  { shape: [1, 1], dtype: "f32" },
  { shape: [3, 781], dtype: "f32" },
  { shape: [1000, 1000], dtype: "f32" },
  { shape: [64, 4096], dtype: "f32" },
  { shape: [2, 3, 64], dtype: "f32" },
  { shape: [17], dtype: "f32" },
  { shape: [5, 300], dtype: "f16" },
  { shape: [4, 1000], dtype: "f32", block: 256 },
  { shape: [3, 512], dtype: "f16", block: 128 },
  { shape: [2, 20_000], dtype: "f32" },
  { shape: [70_000, 3], dtype: "f32" }, // more rows than a dimension of a dispatch may have
  { shape: [0, 8], dtype: "f32" },
  { shape: [8, 0], dtype: "f32" },
];

if (import.meta.main) {
  const device = await Device.open();
  console.log(`Softmax on ${device}`);
  const many = device.capabilities.software ? 32 : 1024;
  for (const [rows, columns] of [[3, 781], [1000, 1000], [many, 4096], [many, 32_768]] as const) {
    const x = device.randn([rows, columns], { seed: 1 });
    const out = device.empty([rows, columns]);
    await report({
      title: `softmax of ${rows}x${columns}`,
      out,
      expected: reference(await x.read(), columns),
      launch: () => softmax(x, { out }),
      work: [2 * 4 * rows * columns, "GB/s"],
    });
  }
}
