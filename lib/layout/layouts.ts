/**
 * The layouts that have names, and how operations on tiles change layouts.
 *
 * | operation on the tile | its result's layout | its operand's layout, when the result's is given |
 * |---|---|---|
 * | elementwise | the same | the same |
 * | `reduce` along an axis | `sliced` | |
 * | `expand_dims` at an axis | `expanded` | `sliced` |
 * | `broadcast` | | `collapsed` along every dimension that grows |
 * | `permute` | `permuted` | `permuted` by the inverse |
 * | `reshape` | `reshaped` | `reshaped` back |
 */

import { matrix } from "./gf2.ts";
import { type Bases, type Input, INPUTS, LinearLayout, log2 } from "./linear_layout.ts";

/** What `blocked` is made from. */
export interface Blocked {
  readonly shape: readonly number[];
  /** How many neighbouring elements a thread holds along each dimension; cut down to the shape. */
  readonly registersPerThread: readonly number[];
  readonly lanes: number;
  readonly warps: number;
  /** The dimensions, fastest first: registers, lanes and warps go along `order[0]` before `order[1]`. */
  readonly order: readonly number[];
  /** The dimensions in which warps go along them, where that is not `order`. */
  readonly warpOrder?: readonly number[];
}

/**
 * The layout of coalesced memory accesses: each thread holds a small block of neighbours, the lanes
 * of a warp lie side by side, then the warps. A larger tile repeats the whole in more registers; in
 * a smaller one the lanes or warps that are left over hold copies.
 *
 * `{ shape: [8, 16], registersPerThread: [1, 4], lanes: 8, warps: 2, order: [1, 0] }` gives
 *
 *     register (0,1) (0,2)          4 neighbours along the row
 *     lane     (0,4) (0,8) (1,0)    4 lanes fill a row, a warp 2 rows
 *     warp     (2,0)                2 warps 4 rows
 *     register (4,0)                and everything once more, 4 rows below
 *
 * Postcondition: surjective; no two registers of a thread hold the same element.
 */
export function blocked(
  { shape, registersPerThread, lanes, warps, order, warpOrder = order }: Blocked,
): LinearLayout {
  const filled = shape.map(() => 1);
  const bases: Record<Input, number[][]> = { register: [], lane: [], warp: [] };
  /** Doubles what is filled along dimension `d`, by one more bit of an input. */
  const grow = (input: Input, d: number) => {
    bases[input].push(shape.map((_, i) => (i === d ? filled[d]! : 0)));
    filled[d]! *= 2;
  };
  for (const d of order) {
    while (filled[d]! < Math.min(registersPerThread[d]!, shape[d]!)) grow("register", d);
  }
  const spread = [["lane", lanes, order], ["warp", warps, warpOrder]] as const;
  for (const [input, size, along] of spread) {
    for (const d of along) {
      while (bases[input].length < log2(size) && filled[d]! < shape[d]!) grow(input, d);
    }
    while (bases[input].length < log2(size)) bases[input].push(shape.map(() => 0));
  }
  for (const d of order) while (filled[d]! < shape[d]!) grow("register", d);
  return new LinearLayout(shape, bases);
}

/** What `consecutive` is made from. */
export interface Consecutive {
  /** At least as many elements as there are threads. */
  readonly length: number;
  readonly lanes: number;
  readonly warps: number;
}

/**
 * A tile of one dimension in which each warp has a run of elements, and of that each register a run of
 * as many as there are lanes: what goes over the elements of a warp in order takes register by register.
 *
 * `{ length: 32, lanes: 4, warps: 2 }` gives
 *
 *     register (4) (8)
 *     lane     (1) (2)
 *     warp     (16)
 */
export function consecutive({ length, lanes, warps }: Consecutive): LinearLayout {
  const bits = (from: number, to: number) => {
    const bases: number[][] = [];
    for (let step = from; step < to; step *= 2) bases.push([step]);
    return bases;
  };
  const run = length / warps;
  return new LinearLayout([length], {
    register: bits(lanes, run),
    lane: bits(1, lanes),
    warp: bits(run, length),
  });
}

/** What `dotResult` is made from. */
export interface DotResult {
  readonly M: number;
  readonly N: number;
  readonly lanes: number;
  readonly warps: number;
}

/**
 * The register-blocked accumulator of a matrix product [M, N]: each thread holds TM×TN elements,
 * nearly square, so that a step along k reads TM + TN numbers for TM * TN products.
 *
 * Along n a thread holds vectors of 4, spaced so that neighbouring threads hold neighbouring vectors
 * (a warp reads and writes runs without gaps or bank conflicts); along m it holds TM neighbouring
 * rows. With TX threads along n, register bits are, from the lowest: n within the vector, n by
 * 4 * TX, m. M = N = 64 on 4 warps of 32 lanes gives TM = 4, TN = 8, TX = 8:
 *
 *     register (0,1) (0,2) (0,32) (1,0) (2,0)
 *     lane     (0,4) (0,8) (0,16) (4,0) (8,0)
 *     warp     (16,0) (32,0)
 *
 * A tile with fewer elements than there are threads is replicated.
 */
export function dotResult({ M, N, lanes, warps }: DotResult): LinearLayout {
  const [tm, tn] = threadTile(M, N, lanes * warps);
  const vector = Math.min(tn, 4), tx = N / tn;
  const bases: Record<Input, number[][]> = { register: [], lane: [], warp: [] };
  for (let n = 1; n < vector; n *= 2) bases.register.push([0, n]);
  for (let n = vector * tx; n < N; n *= 2) bases.register.push([0, n]);
  for (let m = 1; m < tm; m *= 2) bases.register.push([m, 0]);
  const threads: number[][] = [];
  for (let n = vector; n < vector * tx; n *= 2) threads.push([0, n]);
  for (let m = tm; m < M; m *= 2) threads.push([m, 0]);
  while (threads.length < log2(lanes * warps)) threads.push([0, 0]);
  bases.lane = threads.slice(0, log2(lanes));
  bases.warp = threads.slice(log2(lanes));
  return new LinearLayout([M, N], bases);
}

/** What {@linkcode subgroupDotResult} needs to know. */
export interface SubgroupDotResult {
  readonly M: number;
  readonly N: number;
  /** Rows and columns of the matrices that a subgroup holds together. */
  readonly unit: readonly [m: number, n: number];
  /** How many warps share the rows, and how many the columns; the latter are numbered faster. */
  readonly warps: readonly [rows: number, columns: number];
  readonly lanes: number;
}

/**
 * How what matrix units have made lies in registers, once it has left them: each warp has a block of
 * [M / rows, N / columns], and its lanes cover one matrix of the block at a time. A lane has a run of
 * up to 8 neighbours along n, so that 16-bit numbers made of them go to workgroup memory 16 bytes at a
 * time, and few lanes share a row. Lanes go along m first: then neither rows that are read back nor
 * rows that are written meet in the same banks, as long as those are padded. M = N = 64 on 2 x 2 warps
 * of 32 lanes with matrices of 16 x 16:
 *
 *     register (0,1) (0,2) (0,4) (0,16) (16,0)
 *     lane     (1,0) (2,0) (4,0) (8,0) (0,8)
 *     warp     (0,32) (32,0)
 */
export function subgroupDotResult(
  { M, N, unit: [m, n], warps: [rows, columns], lanes }: SubgroupDotResult,
): LinearLayout {
  const bases: Record<Input, number[][]> = { register: [], lane: [], warp: [] };
  const run = Math.min(Math.max(m * n / lanes, 4), 8, n);
  const spread = (basis: number[]) => {
    if (bases.lane.length < log2(lanes)) bases.lane.push(basis);
    else bases.register.push(basis);
  };
  for (let j = 1; j < run; j *= 2) bases.register.push([0, j]);
  for (let i = 1; i < m; i *= 2) spread([i, 0]);
  for (let j = run; j < n; j *= 2) spread([0, j]);
  while (bases.lane.length < log2(lanes)) bases.lane.push([0, 0]);
  for (let j = n; j < N / columns; j *= 2) bases.register.push([0, j]);
  for (let i = m; i < M / rows; i *= 2) bases.register.push([i, 0]);
  for (let j = N / columns; j < N; j *= 2) bases.warp.push([0, j]);
  for (let i = M / rows; i < M; i *= 2) bases.warp.push([i, 0]);
  return new LinearLayout([M, N], bases);
}

/** Rows that a thread holds, and elements of b for a step, at most, where it reads b from registers. */
const FEW_ROWS = 16, MOST_OF_B = 128;

/**
 * The result [M, N] of a product of few rows, if it has enough columns for all threads: each thread has all
 * rows of its columns, so nobody else needs its elements of b. Undefined for other products. M = 2 and
 * N = 64 on 2 warps of 8 lanes:
 *
 *     register (0,1) (0,2) (1,0)
 *     lane     (0,4) (0,8) (0,16)
 *     warp     (0,32)
 */
export function columnResult(
  { M, N, lanes, warps }: DotResult,
  K: number,
): LinearLayout | undefined {
  const each = N / (lanes * warps);
  if (M > FEW_ROWS || each < 4 || each * K > MOST_OF_B) return undefined;
  const bases: Record<Input, number[][]> = { register: [[0, 1], [0, 2]], lane: [], warp: [] };
  for (let n = 4; n < 4 * lanes; n *= 2) bases.lane.push([0, n]);
  for (let n = 4 * lanes; n < 4 * lanes * warps; n *= 2) bases.warp.push([0, n]);
  for (let n = 4 * lanes * warps; n < N; n *= 2) bases.register.push([0, n]);
  for (let m = 1; m < M; m *= 2) bases.register.push([m, 0]);
  return new LinearLayout([M, N], bases);
}

/** Columns of a product that a lane had best have: a step along k loads so many numbers for each. */
const LANE_COLUMNS = 8;

/**
 * The result [M, N] of a product that lanes compute without workgroup memory: they go along n alone, so
 * that all lanes of a warp need the same elements of a. Of b a warp loads what it multiplies, so it has
 * few columns, and warps share the rows. M = N = 64 on 4 warps of 8 lanes:
 *
 *     register (0,1) (0,2) (0,32) (1,0) (2,0) (4,0) (8,0)
 *     lane     (0,4) (0,8) (0,16)
 *     warp     (16,0) (32,0)
 */
export function laneDotResult({ M, N, lanes, warps }: DotResult): LinearLayout {
  const vector = Math.min(Math.max(N / lanes, 1), 4), covered = Math.min(vector * lanes, N);
  const bases: Record<Input, number[][]> = { register: [], lane: [], warp: [] };
  for (let n = 1; n < vector; n *= 2) bases.register.push([0, n]);
  for (let n = vector; n < covered; n *= 2) bases.lane.push([0, n]);
  while (bases.lane.length < log2(lanes)) bases.lane.push([0, 0]);
  let m = M, n = N; // of one warp
  for (let w = 1; w < warps; w *= 2) {
    const few = n * vector / covered <= LANE_COLUMNS;
    if (n > covered && !(few && m > 1)) n /= 2;
    else if (m > 1) m /= 2;
  }
  for (let at = m; at < M; at *= 2) bases.warp.push([at, 0]);
  for (let at = n; at < N; at *= 2) bases.warp.push([0, at]);
  while (bases.warp.length < log2(warps)) bases.warp.push([0, 0]);
  for (let at = covered; at < n; at *= 2) bases.register.push([0, at]);
  for (let at = 1; at < m; at *= 2) bases.register.push([at, 0]);
  return new LinearLayout([M, N], bases);
}

/** The layout of a [M, K] for a product with its result in `laneDotResult`: lanes go along k. */
export function laneDotA({ shape: [M], bases }: LinearLayout, K: number): LinearLayout {
  const register = bases.register.filter(([m]) => m !== 0).map(([m]) => [m!, 0]);
  const lane: number[][] = [];
  let k = 1;
  for (const _ of bases.lane) lane.push([0, k < K ? k : 0]), k *= 2;
  for (; k < K; k *= 2) register.push([0, k]);
  return new LinearLayout([M!, K], { register, lane, warp: bases.warp.map(([m]) => [m!, 0]) });
}

/** Whether lanes can tell one another what such a product needs of a, if a is in this layout. */
export function isLaneDotA({ bases }: LinearLayout, result: LinearLayout): boolean {
  return bases.lane.every(([m]) => m === 0) &&
    bases.warp.every(([m, k], bit) => m === result.bases.warp[bit]![0] && k === 0);
}

/**
 * A layout of b [K, N] in which each thread holds all of its columns of the result; with neighbours along
 * k or n, which is `fastest`, in the lowest registers.
 */
export function columnsOfB(
  { shape: [, N], bases }: LinearLayout,
  K: number,
  fastest = 1,
): LinearLayout {
  const along = (list: readonly (readonly number[])[]) => list.map(([, n]) => [0, n!]);
  const n = along(bases.register.filter(([, n]) => n !== 0)), k: number[][] = [];
  for (let at = 1; at < K; at *= 2) k.push([at, 0]);
  return new LinearLayout([K, N!], {
    register: fastest === 0 ? [...k, ...n] : [...n, ...k],
    lane: along(bases.lane),
    warp: along(bases.warp),
  });
}

/** Whether each thread holds, in this layout of b, all of its columns of the result. */
export function hasColumnsOfB({ bases }: LinearLayout, result: LinearLayout): boolean {
  return (["lane", "warp"] as const).every((input) =>
    bases[input].every(([k, n], bit) => k === 0 && n === result.bases[input][bit]![1])
  );
}

/** How many rows and columns of an [M, N] product each of `threads` threads holds. */
export function threadTile(M: number, N: number, threads: number): [TM: number, TN: number] {
  const each = Math.max(M * N / threads, 1);
  const square = 2 ** Math.ceil(log2(each) / 2);
  const tn = Math.min(Math.max(square, Math.min(each, 4)), N);
  const tm = Math.min(each / tn, M);
  return [tm, each / tm];
}

/**
 * The layout of what remains when a dimension is dropped, as when a reduction along it leaves its
 * result with every thread that took part. Bases along the dimension become zero, so lanes and warps
 * along it hold copies; registers along it are dropped.
 *
 * Along axis 1, `4x4 register (0,1) (2,0) lane (0,2) (1,0)` becomes `4 register (2) lane (0) (1)`.
 */
export function sliced(layout: LinearLayout, axis: number): LinearLayout {
  return mapBases(layout, layout.shape.toSpliced(axis, 1), (basis) => basis.toSpliced(axis, 1))
    .withoutIdleRegisters();
}

/**
 * The same layout with a new dimension of size 1. `4 register (2) lane (1)` at axis 0 becomes
 * `1x4 register (0,2) lane (0,1)`. Postcondition: `sliced(expanded(l, axis), axis)` is `l`.
 */
export function expanded(layout: LinearLayout, axis: number): LinearLayout {
  return mapBases(
    layout,
    layout.shape.toSpliced(axis, 0, 1),
    (basis) => basis.toSpliced(axis, 0, 0),
  );
}

/**
 * The layout for the operand of a broadcast along an axis: what each thread needs so that it can
 * make its elements of `layout` without asking others. That dimension shrinks to size 1.
 */
export function collapsed(layout: LinearLayout, axis: number): LinearLayout {
  return expanded(sliced(layout, axis), axis);
}

/**
 * The layout of a stack of `count` blocks that each have this layout: a new first dimension that only
 * registers go along, behind all others.
 */
export function stacked(layout: LinearLayout, count: number): LinearLayout {
  const { register, lane, warp } = expanded(layout, 0).bases;
  const shape = [count, ...layout.shape], numbers: number[][] = [];
  for (let n = 1; n < count; n *= 2) numbers.push(shape.map((_, d) => (d === 0 ? n : 0)));
  return new LinearLayout(shape, { register: [...register, ...numbers], lane, warp });
}

/** The layout of the blocks of a stack with this layout: the inverse of `stacked`. */
export function blockOf(stack: LinearLayout): LinearLayout {
  const count = log2(stack.shape[0]!), { register, lane, warp } = stack.bases;
  const inner = (bases: readonly (readonly number[])[]) => bases.map((basis) => basis.slice(1));
  return new LinearLayout(stack.shape.slice(1), {
    register: inner(register.slice(0, register.length - count)),
    lane: inner(lane),
    warp: inner(warp),
  });
}

/** The layout with its dimensions in another order: dimension `i` of the result is `order[i]` of this. */
export function permuted(layout: LinearLayout, order: readonly number[]): LinearLayout {
  const pick = (list: readonly number[]) => order.map((dim) => list[dim]!);
  return mapBases(layout, pick(layout.shape), pick);
}

/** The order that undoes an order of dimensions. */
export function inverseOrder(order: readonly number[]): number[] {
  const inverse: number[] = [];
  order.forEach((dim, i) => inverse[dim] = i);
  return inverse;
}

/** The layout of the same elements, in row-major order, in another shape of equal size. */
export function reshaped(layout: LinearLayout, shape: readonly number[]): LinearLayout {
  const { rows, columns } = layout.matrix;
  return LinearLayout.of(matrix(rows, columns), layout.bits, shape);
}

/**
 * How many neighbours along dimension `dim` lie in a thread's lowest registers, in order, aligned to
 * their number: the width with which the thread can access them as a vector. Of
 * `8x16 register (0,1) (0,2) (4,0) …` along 1 it is 4, along 0 it is 1.
 */
export function vectorWidth(layout: LinearLayout, dim: number): number {
  const { register, lane, warp } = layout.bases;
  let bits = 0;
  while (bits < register.length && isStep(register[bits]!, dim, 2 ** bits)) bits++;
  // Aligned: every other basis leaves the coordinate's low bits alone.
  const others = [...register.slice(bits), ...lane, ...warp];
  while (bits > 0 && others.some((basis) => basis[dim]! & (2 ** bits - 1))) bits--;
  return 2 ** bits;
}

/** True when a basis moves by `step` along `dim` and along nothing else. */
export function isStep(basis: readonly number[], dim: number, step: number): boolean {
  return basis.every((x, d) => x === (d === dim ? step : 0));
}

function mapBases(
  layout: LinearLayout,
  shape: readonly number[],
  change: (basis: readonly number[]) => readonly number[],
): LinearLayout {
  const bases: Partial<Record<Input, (readonly number[])[]>> = {};
  for (const input of INPUTS) bases[input] = layout.bases[input].map(change);
  return new LinearLayout(shape, bases as Bases);
}
