/**
 * The operations of `tl` with their types and documentation. What each does when a kernel is traced
 * stands in `lib/trace/builtins.ts`.
 *
 * In these signatures a tile, a scalar and a compile-time number are all `number`: operators erase
 * more than that. Shapes are given in the comments.
 */

import type { AtomicFunctions } from "./atomics.ts";
import type { BlockFunctions } from "./blocks.ts";
import type { DebugFunctions } from "./debug.ts";
import type { ElementwiseFunctions, NanOptions } from "./functions.ts";
import type { MapFunctions } from "./map.ts";
import type { RandomFunctions } from "./random.ts";
import type { Condition, DType, Tile } from "./types.ts";

/** What is said of a load besides its pointers. */
export interface LoadOptions {
  /** Where false, nothing is read. It is broadcast to the pointers' shape. */
  readonly mask?: Condition | undefined;
  /** What is there instead where the mask is false; 0 unless given. Needs a mask. */
  readonly other?: number | undefined;
  /** Of a block pointer, the dimensions along which what is outside the tensor is left out. */
  readonly boundaryCheck?: number | readonly number[] | undefined;
  /** Of a block pointer, what is there instead of what is left out: zeros unless told otherwise. */
  readonly paddingOption?: "" | "zero" | "nan" | undefined;
  /** Triton's hints to caches, which say nothing here. */
  readonly cacheModifier?: string | undefined;
  /** Triton's hint to caches, which says nothing here. */
  readonly evictionPolicy?: string | undefined;
  /** Accepted for Triton's sake. */
  readonly volatile?: boolean | undefined;
}

/** What is said of a store besides pointers and values. */
export interface StoreOptions {
  /** Where false, nothing is written. It is broadcast to the pointers' shape. */
  readonly mask?: Condition | undefined;
  /** Of a block pointer, the dimensions along which what is outside the tensor is left out. */
  readonly boundaryCheck?: number | readonly number[] | undefined;
  /** Triton's hints to caches, which say nothing here. */
  readonly cacheModifier?: string | undefined;
  /** Triton's hint to caches, which says nothing here. */
  readonly evictionPolicy?: string | undefined;
}

/** What is said of a reduction besides its axis. */
export interface ReduceOptions {
  /** Keep the reduced dimension, with size 1. */
  readonly keepDims?: boolean | undefined;
}

/** What is said of a sum besides its axis. */
export interface SumOptions extends ReduceOptions {
  /** The dtype to sum in. */
  readonly dtype?: DType | undefined;
}

/** What is said of an extreme when its index is wanted too. */
export interface IndicesOptions extends ReduceOptions {
  readonly returnIndices: true;
  /** Whether the first of equal elements is taken; it is in any case. */
  readonly returnIndicesTieBreakLeft?: boolean | undefined;
}

/** What is said of the index of an extreme besides the axis. */
export interface ArgOptions extends ReduceOptions {
  /** Whether the first of equal elements is taken; it is in any case. */
  readonly tieBreakLeft?: boolean | undefined;
}

/** What is said of a scan besides its axis. */
export interface ScanOptions {
  /** Go from the last element to the first. */
  readonly reverse?: boolean | undefined;
}

/** What is said of running sums besides the axis. */
export interface CumulativeSumOptions extends ScanOptions {
  /** The dtype to sum in. */
  readonly dtype?: DType | undefined;
}

/** What is said of an operation along the last dimension. */
export interface LastDimOptions {
  /** The dimension, which must be the last. */
  readonly dim?: number | undefined;
}

/** What is said of sorting. */
export interface SortOptions extends LastDimOptions {
  /** Largest first. */
  readonly descending?: boolean | undefined;
  /**
   * What to sort by in place of the elements themselves: an integer from 0 up to `bins` for each, where
   * equal ones keep their order. What other integers give is undefined.
   */
  readonly by?: Condition | undefined;
  /** How many integers there are to sort by, at most 256; compile-time. */
  readonly bins?: number | undefined;
}

/** What is said of counting. */
export interface HistogramOptions {
  /** Where false, an element is not counted. */
  readonly mask?: Condition | undefined;
}

/** What is said of a softmax besides its dimension. */
export interface SoftmaxOptions {
  /** Triton's; the result has the shape of `x` in any case. */
  readonly keepDims?: boolean | undefined;
  /** Whether quotients are rounded correctly, which is left to the device in any case. */
  readonly ieeeRounding?: boolean | undefined;
}

/** What is said of a change of shape. */
export interface ReorderOptions {
  /** Whether the order of elements matters; it is kept in any case. */
  readonly canReorder?: boolean | undefined;
}

/** What is said of putting one tile after another. */
export interface CatOptions extends ReorderOptions {
  /** The dimension along which; 0 unless given. */
  readonly dim?: number | undefined;
}

/** What is said of a cast besides the dtype. */
export interface CastOptions {
  /** Read the bits anew, in a dtype of equal width. */
  readonly bitcast?: boolean | undefined;
  /** How a float becomes a narrower one: to nearest even (the default) or towards zero. */
  readonly fpDowncastRounding?: "rtne" | "rtz" | undefined;
}

/** What is said of a matrix product besides its operands. */
export interface DotOptions {
  /** How f32 operands may be rounded, in Triton's names; whatever it says, they are not. */
  readonly inputPrecision?: "ieee" | "tf32" | "tf32x3" | "bf16x3" | "bf16x6" | undefined;
  /** The dtype of the result: f32 unless it is f16, of floats; i32 of integers. */
  readonly outDtype?: DType | undefined;
  /**
   * How many products of f16 numbers may be summed in f16 before they are added to a sum in f32: faster on
   * GPUs without matrix units, less precise, and an infinity where such a sum exceeds 65,504. 0, none,
   * unless given; nothing to other dtypes.
   */
  readonly maxNumImpreciseAcc?: number | undefined;
}

/** Triton's hints of how to compile a loop, which are taken and say nothing here. */
export interface LoopOptions {
  /** Iterations in flight; the launch option of this name is for all loops. */
  readonly numStages?: number | undefined;
  /** Iterations to unroll. */
  readonly loopUnrollFactor?: number | undefined;
  /** About accumulators. */
  readonly disallowAccMultiBuffer?: boolean | undefined;
  /** About nested loops. */
  readonly flatten?: boolean | undefined;
  /** About warps. */
  readonly warpSpecialize?: boolean | undefined;
  /** About what may be moved out of the loop. */
  readonly disableLicm?: boolean | undefined;
}

/** How the numbers of an operand of `tl.dotScaled` are stored. */
export type ScaledFormat = "e2m1" | "e4m3" | "e5m2" | "bf16" | "fp16";

/** Everything that `tl` offers besides dtypes. */
export interface Operations
  extends
    ElementwiseFunctions,
    RandomFunctions,
    AtomicFunctions,
    BlockFunctions,
    DebugFunctions,
    MapFunctions {
  // What runs, and tiles from nothing

  /**
   * The index of this program along dimension 0, 1 or 2 of the grid, an i32.
   *
   * @example
   * tl.programId(0) // gives 0
   */
  programId(axis: 0 | 1 | 2): Tile;
  /**
   * How many programs the grid has along dimension 0, 1 or 2, an i32.
   *
   * @example
   * tl.numPrograms(0) // gives 1
   */
  numPrograms(axis: 0 | 1 | 2): Tile;
  /**
   * The i32 numbers from `start` up to but not including `end`, which must be compile-time constants.
   *
   * @example
   * tl.arange(2, 6) // gives [2, 3, 4, 5]
   */
  arange(start: number, end: number): Tile;
  /**
   * A tile of a shape with all elements equal to `value`.
   *
   * @example
   * tl.full([2, 2], 7, tl.i32) // gives [[7, 7], [7, 7]]
   */
  full(shape: readonly number[], value: number | boolean, dtype: DType): Tile;
  /**
   * A tile of zeros.
   *
   * @example
   * tl.zeros([4], tl.f32) // gives [0, 0, 0, 0]
   */
  zeros(shape: readonly number[], dtype: DType): Tile;
  /**
   * Zeros in the shape and dtype of `x`.
   *
   * @example
   * tl.zerosLike(x) // x = [1, 2] gives [0, 0]
   */
  zerosLike(x: number): Tile;

  // Dtype and shape

  /**
   * `x` in another dtype: floats round to nearest even, float to integer truncates and saturates, to
   * bool is `!== 0`. Numbers too large for an 8-bit float become its largest. With `bitcast` the bits
   * are kept and read anew instead.
   *
   * @example
   * tl.cast(x, tl.i32) // x = [1.7, -1.7, 3e9] gives [1, -1, 2147483647]
   */
  cast(x: Condition, dtype: DType, options?: CastOptions): Tile;
  /**
   * Floats as they are, integers and bools as f32: what `x * 1.0` makes of `x` in Triton, where a number
   * with a point is no integer.
   *
   * @example
   * tl.asFloat(x) / 2 // x: i32 = [1, 2] gives [0.5, 1]
   */
  asFloat(x: Condition): Tile;
  /**
   * `a` where the condition holds, else `b`, elementwise and broadcast; both are computed.
   *
   * @example
   * tl.where(x > 1, x, -1) // x = [1, 2, 3] gives [-1, 2, 3]
   */
  where(condition: Condition, a: Condition, b: Condition): Tile;
  /**
   * `x` with new dimensions of size 1 at these axes of the result.
   *
   * @example
   * tl.expandDims(x, 0) // x = [1, 2] gives [[1, 2]]
   */
  expandDims(x: Condition, axis: number | readonly number[]): Tile;
  /**
   * A tile [N] as a column [N, 1]: `x[:, None]`.
   *
   * @example
   * tl.col(x) * 10 + tl.row(x) // x = [1, 2] gives [[11, 12], [21, 22]]
   */
  col(x: Condition): Tile;
  /**
   * A tile [N] as a row [1, N]: `x[None, :]`.
   *
   * @example
   * tl.row(x) + tl.zeros([2, 1], tl.f32) // x = [1, 2] gives [[1, 2], [1, 2]]
   */
  row(x: Condition): Tile;
  /**
   * `x` repeated along missing dimensions and those of size 1 to get the shape.
   *
   * @example
   * tl.broadcastTo(tl.col(x), [2, 3]) // x = [1, 2] gives [[1, 1, 1], [2, 2, 2]]
   */
  broadcastTo(x: Condition, shape: readonly number[]): Tile;
  /**
   * The same elements, in row-major order, in another shape.
   *
   * @example
   * tl.reshape(x, [2, 2]) // x = [1, 2, 3, 4] gives [[1, 2], [3, 4]]
   */
  reshape(x: Condition, shape: readonly number[], options?: ReorderOptions): Tile;
  /**
   * The same elements, in row-major order, in one dimension.
   *
   * @example
   * tl.ravel(x) // x = [[1, 2], [3, 4]] gives [1, 2, 3, 4]
   */
  ravel(x: Condition, options?: ReorderOptions): Tile;
  /**
   * The dimensions in another order; without one, the last two swapped.
   *
   * @example
   * tl.trans(x) // x = [[1, 2], [3, 4]] gives [[1, 3], [2, 4]]
   */
  trans(x: Condition, ...order: readonly number[]): Tile;
  /**
   * The dimensions in another order: dimension i of the result is dimension `order[i]` of `x`.
   *
   * @example
   * tl.permute(x, [1, 0]) // x = [[1, 2], [3, 4]] gives [[1, 3], [2, 4]]
   */
  permute(x: Condition, order: readonly number[]): Tile;
  /**
   * The same elements, in row-major order, in another shape; Triton's older name for `tl.reshape`.
   *
   * @example
   * tl.view(x, [2, 2]) // x = [1, 2, 3, 4] gives [[1, 2], [3, 4]]
   */
  view(x: Condition, shape: readonly number[]): Tile;
  view(x: Condition, ...shape: readonly number[]): Tile;
  /**
   * Both repeated to the shape that they have together.
   *
   * @example
   * tl.broadcast(tl.col(x), tl.row(x)) // x = [1, 2] gives [[1, 1], [2, 2]] and [[1, 2], [1, 2]]
   */
  broadcast(a: Condition, b: Condition): [Tile, Tile];
  /**
   * Two tiles, broadcast to one shape, side by side in a new last dimension of size 2.
   *
   * @example
   * tl.join(x, y) // x = [1, 2]; y = [3, 4] gives [[1, 3], [2, 4]]
   */
  join(a: Condition, b: Condition): Tile;
  /**
   * The two halves of a tile whose last dimension is 2: `tl.split(tl.join(a, b))` is `[a, b]`.
   *
   * @example
   * tl.split(x) // x = [[1, 3], [2, 4]] gives [1, 2] and [3, 4]
   */
  split(x: Condition): [Tile, Tile];
  /**
   * The elements of two tiles in turn along the last dimension: `a[0], b[0], a[1], b[1], …`.
   *
   * @example
   * tl.interleave(x, y) // x = [1, 2]; y = [3, 4] gives [1, 3, 2, 4]
   */
  interleave(a: Condition, b: Condition): Tile;
  /**
   * One tile after another of the same shape along a dimension, the first unless given; the order is kept.
   *
   * @example
   * tl.cat(x, y) // x = [1, 2]; y = [3, 4] gives [1, 2, 3, 4]
   */
  cat(a: Condition, b: Condition, options?: CatOptions): Tile;
  /**
   * The elements in reverse order along a dimension, the last unless given.
   *
   * @example
   * tl.flip(x) // x = [1, 2, 3, 4] gives [4, 3, 2, 1]
   */
  flip(x: Condition, dim?: number): Tile;
  /**
   * Elements of `x` along an axis: for axis 0, element [i, j] of the result is `x[index[i, j], j]`.
   * What an index outside gives is undefined. `index` has the shape of `x` but for that axis.
   *
   * @example
   * tl.gather(x, i, 0) // x = [10, 20, 30, 40]; i: i32 = [3, 0, 0, 1] gives [40, 10, 10, 20]
   */
  gather(x: Condition, index: number, axis: number): Tile;
  /**
   * Where program (i, j) of a grid of `rows` x `columns` should work so that the programs that run at
   * the same time share data: the grid is walked in groups of `group` rows, each down its columns.
   *
   * @example
   * tl.swizzle2d(i, j, 4, 2, 2) // i: i32 = [0, 0, 1, 1]; j: i32 = [0, 1, 0, 1] gives [0, 1, 0, 1] and [0, 0, 1, 1]
   */
  swizzle2d(i: number, j: number, rows: number, columns: number, group: number): [Tile, Tile];

  // Memory

  /**
   * Reads the elements that pointers point to: `tl.load(x + offsets, { mask })`.
   *
   * @example
   * tl.load(p + tl.arange(0, 4), { mask: tl.arange(0, 4) < 3, other: -1 }) // ptr p = [5, 6, 7] gives [5, 6, 7, -1]
   */
  load(pointer: number, options?: LoadOptions): Tile;
  /**
   * Writes values, cast to the pointers' dtype, to where pointers point.
   *
   * @example
   * tl.store(p + tl.arange(0, 2), x, { mask: x > 1 }) // ptr p = [0, 0, 0]; x = [1, 2] makes p = [0, 2, 0]
   */
  store(pointer: number, value: Condition, options?: StoreOptions): void;

  // Along an axis

  /**
   * The sum along an axis, or of all elements when it is null or left out. Halves are summed in f32
   * and rounded at the end; bools and narrow integers are summed as 32-bit integers. `dtype` says
   * otherwise.
   *
   * @example
   * tl.sum(x, 1) // x = [[1, 2], [3, 4]] gives [3, 7]
   */
  sum(x: Condition, axis?: number | null, options?: SumOptions): Tile;
  /**
   * The largest element along an axis, or of all; halves give f32, narrow integers i32. NaNs count as missing.
   *
   * @example
   * tl.max(x, 0) // x = [[1, 4], [3, 2]] gives [3, 4]
   */
  max(x: Condition, axis?: number | null, options?: ReduceOptions): Tile;
  /** The same and its index: `const [value, index] = tl.max(x, 0, { returnIndices: true })`. */
  max(x: Condition, axis: number | null | undefined, options: IndicesOptions): [Tile, Tile];
  /**
   * The smallest element along an axis, or of all; halves give f32, narrow integers i32. NaNs count as missing.
   *
   * @example
   * tl.min(x, null) // x = [[1, 4], [3, 2]] gives 1
   */
  min(x: Condition, axis?: number | null, options?: ReduceOptions): Tile;
  /** The same and its index: `const [value, index] = tl.min(x, 0, { returnIndices: true })`. */
  min(x: Condition, axis: number | null | undefined, options: IndicesOptions): [Tile, Tile];
  /**
   * The index of the largest element along an axis, an i32; without an axis, its row-major index. Of
   * equal ones the first, of NaNs alone the last.
   *
   * @example
   * tl.argmax(x, 0) // x = [3, 9, 9, 1] gives 1
   */
  argmax(x: Condition, axis?: number | null, options?: ArgOptions): Tile;
  /**
   * The index of the smallest element, as `tl.argmax`.
   *
   * @example
   * tl.argmin(x, 0) // x = [3, 9, 1, 1] gives 2
   */
  argmin(x: Condition, axis?: number | null, options?: ArgOptions): Tile;
  /**
   * The exclusive or of integers along an axis, or of all.
   *
   * @example
   * tl.xorSum(x, 0) // x: i32 = [1, 2, 4, 1] gives 6
   */
  xorSum(x: Condition, axis?: number | null, options?: ReduceOptions): Tile;
  /**
   * The bitwise or of integers along an axis, or of all.
   *
   * @example
   * tl.reduceOr(x, 0) // x: i32 = [1, 2, 4, 1] gives 7
   */
  reduceOr(x: Condition, axis?: number | null, options?: ReduceOptions): Tile;
  /**
   * All elements along an axis (or all of them, when null) combined two by two, in any order, by an
   * associative function of scalars: `tl.reduce(x, 0, (a, b) => a * b)`.
   *
   * @example
   * tl.reduce(x, 0, (a, b) => a * b) // x = [1, 2, 3, 4] gives 24
   */
  reduce(
    x: Condition,
    axis: number | null,
    combine: (a: number, b: number) => number | boolean,
    options?: ReduceOptions,
  ): Tile;
  /** The same of several tiles together: `combine` gets one scalar of each, then a second of each. */
  reduce<const T extends readonly Condition[]>(
    xs: T,
    axis: number | null,
    combine: (...scalars: number[]) => readonly (number | boolean)[],
    options?: ReduceOptions,
  ): { -readonly [I in keyof T]: Tile };
  /**
   * Along an axis each element combined with all before it (with `reverse`, after it), by an
   * associative function of scalars: `tl.associativeScan(x, 0, (a, b) => tl.maximum(a, b))` is the
   * running maximum.
   *
   * @example
   * tl.associativeScan(x, 0, (a, b) => tl.maximum(a, b)) // x = [1, 3, 2, 4] gives [1, 3, 3, 4]
   */
  associativeScan(
    x: Condition,
    axis: number,
    combine: (a: number, b: number) => number | boolean,
    options?: ScanOptions,
  ): Tile;
  /** The same of several tiles together: `combine` gets one scalar of each, then a second of each. */
  associativeScan<const T extends readonly Condition[]>(
    xs: T,
    axis: number,
    combine: (...scalars: number[]) => readonly (number | boolean)[],
    options?: ScanOptions,
  ): { -readonly [I in keyof T]: Tile };
  /**
   * Running sums along an axis, the first unless given, each with its own element; dtypes as of `tl.sum`.
   *
   * @example
   * tl.cumsum(x, 0) // x = [1, 2, 3, 4] gives [1, 3, 6, 10]
   */
  cumsum(x: Condition, axis?: number, options?: CumulativeSumOptions): Tile;
  /**
   * Running products along an axis, the first unless given. Narrow integers stay narrow.
   *
   * @example
   * tl.cumprod(x, 0, { reverse: true }) // x = [1, 2, 3, 4] gives [24, 24, 12, 4]
   */
  cumprod(x: Condition, axis?: number, options?: ScanOptions): Tile;
  /**
   * The elements along the last dimension in order, smallest first. Where NaNs end up is undefined.
   * With `by`, in the order of small integers instead, which costs much less.
   *
   * @example
   * tl.sort(x) // x = [3, 1, 4, 2] gives [1, 2, 3, 4]
   * @example
   * tl.sort(x, { by: x % 2, bins: 2 }) // x: i32 = [3, 1, 4, 2] gives [4, 2, 3, 1]
   */
  sort(x: Condition, options?: SortOptions): Tile;
  /**
   * The `k` largest elements along the last dimension, largest first.
   *
   * @example
   * tl.topk(x, 2) // x = [3, 1, 4, 2] gives [4, 3]
   */
  topk(x: Condition, k: number, options?: LastDimOptions): Tile;
  /**
   * The elements along the last dimension in order, of a tile that rises and then falls there.
   *
   * @example
   * tl.bitonicMerge(x) // x = [1, 4, 3, 2] gives [1, 2, 3, 4]
   */
  bitonicMerge(x: Condition, options?: SortOptions): Tile;
  /**
   * How many elements of a tile of integers are 0, 1, …, `bins` - 1, as i32. Others are not counted,
   * nor those where the mask is false.
   *
   * @example
   * tl.histogram(x, 4) // x: i32 = [0, 1, 1, 3, 9, -1, 1, 0] gives [2, 3, 0, 1]
   */
  histogram(x: number, bins: number, options?: HistogramOptions): Tile;
  /**
   * exp(x) over the sum of exp(x) along a dimension: as in Triton the *first* unless given. f16 gives f32.
   *
   * @example
   * tl.softmax(x) // x = [0, 1] gives [0.26894, 0.73106]
   */
  softmax(x: number, dim?: number, options?: SoftmaxOptions): Tile;

  // Matrix product

  /**
   * The matrix product of `a` [M, K] and `b` [K, N], added to `acc` [M, N] if given. Floats of one
   * dtype (or two of 8 bits) are summed in f32, 8-bit integers in i32. With three dimensions, one
   * product for each of the first.
   *
   * @example
   * tl.dot(x, y) // x = [[1, 2], [3, 4]]; y = [[1, 0], [1, 1]] gives [[3, 2], [7, 4]]
   */
  dot(a: number, b: number, acc?: number, options?: DotOptions): Tile;

  /**
   * The product of operands in 8-bit or narrower formats with scales (microscaling): `lhs` [M, K] and
   * `rhs` [K, N] are multiplied by `2 ** (scale - 127)`, one u8 for each row of lhs, or column of rhs, and
   * each group of 32 along K: scales [M, K / 32] and [N, K / 32]. Formats are "e4m3", "e5m2" and "e2m1" (two
   * a byte along K, the low half first) in u8, "bf16" and "fp16". The result is f32.
   *
   * @example
   * const a = tl.full([16, 32], 56, tl.u8); // 1 in e4m3
   * const scale = tl.full([16, 1], 128, tl.u8); // 2
   * tl.sum(tl.dotScaled(a, scale, "e4m3", tl.trans(a), scale, "e4m3"), null) / 256 // gives 128
   */
  dotScaled(
    lhs: number,
    lhsScale: number | undefined,
    lhsFormat: ScaledFormat,
    rhs: number,
    rhsScale: number | undefined,
    rhsFormat: ScaledFormat,
    acc?: number,
    options?: { readonly fastMath?: boolean | undefined },
  ): Tile;

  // Elementwise functions

  /**
   * e to the power x.
   *
   * @example
   * tl.exp(x) // x = [0, 1] gives [1, 2.7183]
   */
  exp(x: number): Tile;
  /**
   * 2 to the power x.
   *
   * @example
   * tl.exp2(x) // x = [0, 3] gives [1, 8]
   */
  exp2(x: number): Tile;
  /**
   * The natural logarithm.
   *
   * @example
   * tl.log(x) // x = [1, 10] gives [0, 2.3026]
   */
  log(x: number): Tile;
  /**
   * The logarithm to base 2.
   *
   * @example
   * tl.log2(x) // x = [1, 8] gives [0, 3]
   */
  log2(x: number): Tile;
  /**
   * The square root.
   *
   * @example
   * tl.sqrt(x) // x = [4, 2] gives [2, 1.4142]
   */
  sqrt(x: number): Tile;
  /**
   * One over the square root.
   *
   * @example
   * tl.rsqrt(x) // x = [4, 1] gives [0.5, 1]
   */
  rsqrt(x: number): Tile;
  /**
   * The sine of an angle in radians.
   *
   * @example
   * tl.sin(x) // x = [0, 1] gives [0, 0.84147]
   */
  sin(x: number): Tile;
  /**
   * The cosine of an angle in radians.
   *
   * @example
   * tl.cos(x) // x = [0, 1] gives [1, 0.5403]
   */
  cos(x: number): Tile;
  /**
   * The greatest integral value not above x, in x's dtype; exact for a quotient of integers, an integer then.
   *
   * @example
   * tl.floor(x) // x = [1.5, -1.5] gives [1, -2]
   */
  floor(x: number): Tile;
  /**
   * The least integral value not below x, in x's dtype; exact for a quotient of integers, an integer then.
   *
   * @example
   * tl.ceil(x) // x = [1.5, -1.5] gives [2, -1]
   */
  ceil(x: number): Tile;
  /**
   * The absolute value.
   *
   * @example
   * tl.abs(x) // x = [1.5, -1.5] gives [1.5, 1.5]
   */
  abs(x: number): Tile;
  /**
   * The smaller of two, elementwise; of a number and a NaN, the number.
   *
   * @example
   * tl.minimum(x, 2) // x = [1, 3, NaN] gives [1, 2, 2]
   */
  minimum(a: number, b: number, options?: NanOptions): Tile;
  /**
   * The larger of two, elementwise; of a number and a NaN, the number.
   *
   * @example
   * tl.maximum(x, 2, { propagateNan: tl.PropagateNan.ALL }) // x = [1, 3, NaN] gives [2, 3, NaN]
   */
  maximum(a: number, b: number, options?: NanOptions): Tile;
  /**
   * a * b + c, of floats; whether the product is rounded first is left to the device.
   *
   * @example
   * tl.fma(x, 2, 1) // x = [1, 2] gives [3, 5]
   */
  fma(a: number, b: number, c: number): Tile;
  /**
   * 1 / (1 + exp(-x)).
   *
   * @example
   * tl.sigmoid(x) // x = [0, 2] gives [0.5, 0.8808]
   */
  sigmoid(x: number): Tile;
  /**
   * The quotient of non-negative integers rounded up: how many blocks of `size` cover `count`.
   *
   * @example
   * tl.cdiv(x, 4) // x: i32 = [7, 8, 9] gives [2, 2, 3]
   */
  cdiv(count: number, size: number): number;

  // Loops, and what happens while a kernel is traced

  /**
   * The integers that a loop runs over: `for (const k of tl.range(0, n, BLOCK))`. With one bound, from 0.
   *
   * @example
   * let sum = 0;
   * for (const i of tl.range(0, 10, 3)) sum += i;
   * sum // gives 18
   */
  range(end: number, options?: LoopOptions): Iterable<number>;
  range(start: number, end: number, step?: number, options?: LoopOptions): Iterable<number>;
  /**
   * The condition of a `while` loop, as it is; Triton attaches hints to it.
   *
   * @example
   * let i = 1;
   * while (tl.condition(i < tl.load(p))) i *= 2;
   * i // ptr p: i32 = [9] gives 16
   */
  condition(x: Condition, options?: Pick<LoopOptions, "disableLicm">): boolean;
  /**
   * The same of compile-time bounds; the loop is unrolled, and its variable is a compile-time number.
   *
   * @example
   * let product = 1;
   * for (const i of tl.staticRange(1, 5)) product *= i;
   * product // gives 24
   */
  staticRange(end: number): number[];
  staticRange(start: number, end: number, step?: number): number[];
  /**
   * Prints when the kernel is compiled; of a tile its type.
   *
   * @example
   * tl.staticPrint(x) // x = [1, 2] prints tile<2xf32>
   */
  staticPrint(...values: readonly unknown[]): void;
  /**
   * Refuses to compile unless a compile-time condition holds.
   *
   * @example
   * tl.staticAssert(N % 2 === 0, "N is even") // N = 4 passes
   */
  staticAssert(condition: boolean, message?: string): void;
}
