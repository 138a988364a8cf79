/**
 * Matrix product: `out[m, n] = activation(sum over k of a[m, k] * b[k, n])`.
 *
 * Each program computes one tile of `out`, BLOCK_M x BLOCK_N. It walks along K in steps of
 * BLOCK_K: load a BLOCK_M x BLOCK_K tile of `a` and a BLOCK_K x BLOCK_N tile of `b`, multiply them
 * with `tl.dot`, and add the product to an accumulator that stays in registers (f32, also when the
 * inputs are f16). The activation is applied to the accumulator, so it costs no trip to memory.
 *
 *          k ->            n ->
 *       +---------+     +--+--+--+          Programs run roughly in the order of their ids, and
 *     m |  a row  |   k |  |**|  |          share what is in the cache. Tile rows are taken in
 *     | |*********|   | |  |**|  |          groups of GROUP_M, column by column within a group, so
 *     v |         |   v |  |**|  |          that programs that run together touch few rows of `a`
 *       +---------+     +--+--+--+          and few columns of `b`.
 *
 * Both inputs come with their strides, so a transpose is two numbers swapped, not a copy. Any M,
 * N and K will do. Rows and columns past an edge are read from the beginning again, as in Triton's
 * tutorial, and what they give is not written: masks for them made products by a fifth slower. What
 * is past the end of K is masked, read as 0. Where a size is divisible by 4 the compiler sees that
 * 4 neighbours stay neighbours and are masked alike, and loads them at once.
 *
 *     deno run kernels/matmul.ts [size]
 */

import {
  autotune,
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
import { FEW, skinny, type Strided } from "./skinny.ts";
import { checkDType, checkMatrix, FLOATS, resultTensor } from "./tensors.ts";

/** A function of one number: of tiles in a kernel, of plain numbers in the reference. */
export type Activation = (x: number) => number;

/** The product of row-major a [M, K] and b [K, N], in float64. */
export function reference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [M, N, K]: readonly [M: number, N: number, K: number],
  activation: Activation = (x) => x,
): Float64Array {
  const out = new Float64Array(M * N);
  for (let m = 0; m < M; m++) {
    const row = out.subarray(m * N, (m + 1) * N);
    for (let k = 0; k < K; k++) {
      const factor = a[m * K + k]!;
      for (let n = 0; n < N; n++) row[n]! += factor * b[k * N + n]!;
    }
    for (let n = 0; n < N; n++) row[n] = activation(row[n]!);
  }
  return out;
}

/** `max(x, 0)`, as an activation. */
export function relu(x: number): number {
  return Math.max(x, 0);
}

/** `x / (1 + exp(-x))`, as an activation. */
export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/**
 * `out = ACTIVATION(a b)` with a [M, K] and b [K, N] under any strides, and contiguous rows of out;
 * grid: `cdiv(M, BLOCK_M) * cdiv(N, BLOCK_N)`.
 */
export const matmulKernel = jit(
  function matmul(
    a: Pointer,
    b: Pointer,
    out: Pointer,
    M: number,
    N: number,
    K: number,
    aRowStride: number,
    aColumnStride: number,
    bRowStride: number,
    bColumnStride: number,
    {
      BLOCK_M = 64,
      BLOCK_N = 64,
      BLOCK_K = 16,
      GROUP_M = 8,
      SLICES = 1,
      WRAP = true, // false: rows and columns past an edge are masked
      IMPRECISE = 0, // how many products of f16 may be summed in f16
      ACTIVATION = (x: number): number => x,
    },
  ) {
    // Which tile of out is this program's? Counts of at least 1 tell the compiler that nothing is negative:
    // then it knows that neighbours whose remainders are taken below stay neighbours.
    const tilesM = tl.cdiv(M, BLOCK_M), tilesN = Math.max(tl.cdiv(N, BLOCK_N), 1);
    const group = Math.floor(tl.programId(0) / (GROUP_M * tilesN));
    const inGroup = tl.programId(0) % (GROUP_M * tilesN);
    const groupRows = Math.max(Math.min(tilesM - group * GROUP_M, GROUP_M), 1); // the last one may be smaller
    const tileM = group * GROUP_M + inGroup % groupRows;
    const tileN = Math.floor(inGroup / groupRows);

    const rows = tl.col(tileM * BLOCK_M + tl.arange(0, BLOCK_M)); // [BLOCK_M, 1]
    const columns = tl.row(tileN * BLOCK_N + tl.arange(0, BLOCK_N)); // [1, BLOCK_N]
    const depth = tl.arange(0, BLOCK_K); // [BLOCK_K]

    const aRows = WRAP ? rows % M : rows, bColumns = WRAP ? columns % N : columns;
    let aTile = a + aRows * aRowStride + tl.row(depth) * aColumnStride; // [BLOCK_M, BLOCK_K]
    let bTile = b + tl.col(depth) * bRowStride + bColumns * bColumnStride; // [BLOCK_K, BLOCK_N]
    // With SLICES, that many groups of warps each multiply their share of every step along K.
    const shape = SLICES === 1 ? [BLOCK_M, BLOCK_N] : [SLICES, BLOCK_M, BLOCK_N];
    let sum: number = tl.zeros(shape, tl.f32);
    for (let k = 0; k < K; k += BLOCK_K) {
      const inA = tl.row(depth) < K - k, inB = tl.col(depth) < K - k;
      const aValues = tl.load(aTile, { mask: WRAP ? inA : rows < M && inA });
      const bValues = tl.load(bTile, { mask: WRAP ? inB : inB && columns < N });
      if (SLICES === 1) {
        sum = tl.dot(aValues, bValues, sum, { maxNumImpreciseAcc: IMPRECISE });
      } else {
        const left = tl.reshape(aValues, [BLOCK_M, SLICES, BLOCK_K / SLICES]);
        const right = tl.reshape(bValues, [SLICES, BLOCK_K / SLICES, BLOCK_N]);
        sum = tl.dot(tl.permute(left, [1, 0, 2]), right, sum, { maxNumImpreciseAcc: IMPRECISE });
      }
      aTile += BLOCK_K * aColumnStride;
      bTile += BLOCK_K * bRowStride;
    }
    const whole = SLICES === 1 ? sum : tl.sum(sum, 0); // [BLOCK_M, BLOCK_N]
    tl.store(out + rows * N + columns, ACTIVATION(whole), { mask: rows < M && columns < N });
  },
  () => ({ tl }),
);

/** Options of {@linkcode matmul}. */
export interface MatmulOptions {
  /** Multiply by the transpose of `a`, which is then [K, M]. */
  transposeA?: boolean | undefined;
  /** Multiply by the transpose of `b`, which is then [N, K]. */
  transposeB?: boolean | undefined;
  /** Applied to each element of the product; what it uses besides `Math` is given to `jit`. */
  activation?: Activation | undefined;
  /** The dtype of the result; that of the inputs, or of `out`, unless given. */
  dtype?: "f32" | "f16" | undefined;
  /** The tensor to write to; a new one unless given. */
  out?: Tensor | undefined;
  /** Rows of a program's tile, a power of two; 64, 128 in large products, less where `out` is smaller. */
  blockM?: number | undefined;
  /** Columns of a program's tile, a power of two; chosen as rows are. */
  blockN?: number | undefined;
  /** Steps along K, a power of two; 16 unless given. */
  blockK?: number | undefined;
  /** Warps that share a tile; 4, or 8 for large tiles, unless given. */
  numWarps?: number | undefined;
  /**
   * How many products of f16 numbers may be summed in f16 before they are added to a sum in f32, on
   * devices without matrix units: faster, if less precise, and infinite where such a sum exceeds 65,504.
   * None unless given; 32 are fast.
   */
  maxNumImpreciseAcc?: number | undefined;
  /**
   * Try several tiles at the first product of each size, and keep the fastest; false unless given.
   * Sizes of tiles are not given besides.
   */
  tune?: boolean | undefined;
}

interface Tiling {
  readonly BLOCK_M: number;
  readonly BLOCK_N: number;
  readonly BLOCK_K: number;
  readonly numWarps: number;
  readonly numStages: number;
  readonly SLICES: number;
  /** How many programs there have to be for this to be fastest. */
  readonly programs: number;
}

/**
 * The fastest tilings on an NVIDIA H100, the larger first: the more a thread holds (8x8, at the end
 * 4x4 sums), the less it reads for each of them, but the fewer programs there are.
 */
const TILINGS: readonly Tiling[] = [
  { BLOCK_M: 128, BLOCK_N: 128, BLOCK_K: 16, numWarps: 8, numStages: 3, SLICES: 1, programs: 256 },
  { BLOCK_M: 64, BLOCK_N: 128, BLOCK_K: 16, numWarps: 8, numStages: 3, SLICES: 2, programs: 128 },
  { BLOCK_M: 32, BLOCK_N: 64, BLOCK_K: 32, numWarps: 4, numStages: 3, SLICES: 2, programs: 0 },
];

/** The same for f16 that may be summed in f16, which takes half as much workgroup memory. */
const IMPRECISE_TILINGS: readonly Tiling[] = [
  { BLOCK_M: 128, BLOCK_N: 128, BLOCK_K: 32, numWarps: 8, numStages: 3, SLICES: 1, programs: 256 },
  { BLOCK_M: 128, BLOCK_N: 64, BLOCK_K: 32, numWarps: 8, numStages: 3, SLICES: 1, programs: 128 },
  { BLOCK_M: 64, BLOCK_N: 64, BLOCK_K: 32, numWarps: 4, numStages: 3, SLICES: 1, programs: 0 },
];

/**
 * The same for a processor that plays the GPU (llvmpipe, 8 lanes): a thread has as many sums as on a GPU, and
 * a step along k has no more values than there are lanes, since code that is long takes long to compile.
 */
const SOFTWARE_TILINGS: readonly Tiling[] = [
  { BLOCK_M: 64, BLOCK_N: 64, BLOCK_K: 8, numWarps: 1, numStages: 1, SLICES: 1, programs: 8 },
  { BLOCK_M: 32, BLOCK_N: 32, BLOCK_K: 8, numWarps: 1, numStages: 1, SLICES: 1, programs: 0 },
];

/** The same for f16 on matrix units, where operands of a step lie in workgroup memory and sums in matrices. */
const UNIT_TILINGS: readonly Tiling[] = [
  { BLOCK_M: 128, BLOCK_N: 128, BLOCK_K: 32, numWarps: 4, numStages: 2, SLICES: 1, programs: 192 },
  { BLOCK_M: 128, BLOCK_N: 64, BLOCK_K: 64, numWarps: 8, numStages: 2, SLICES: 1, programs: 96 },
  { BLOCK_M: 64, BLOCK_N: 64, BLOCK_K: 64, numWarps: 4, numStages: 2, SLICES: 1, programs: 96 },
  { BLOCK_M: 64, BLOCK_N: 32, BLOCK_K: 64, numWarps: 4, numStages: 2, SLICES: 1, programs: 0 },
];

/** What tunings are kept for: M, N, K and strides by position, which a minifier leaves alone. */
const KEY = [3, 4, 5, 6, 8];

/** The same kernel, which finds out what tiles are fast for each size. */
export const tunedMatmulKernel = autotune({
  configs: [
    { BLOCK_M: 128, BLOCK_N: 128, BLOCK_K: 16, SLICES: 1, numWarps: 8, numStages: 3 },
    { BLOCK_M: 64, BLOCK_N: 128, BLOCK_K: 16, SLICES: 2, numWarps: 8, numStages: 3 },
    { BLOCK_M: 64, BLOCK_N: 128, BLOCK_K: 16, SLICES: 1, numWarps: 4, numStages: 2 },
    { BLOCK_M: 64, BLOCK_N: 64, BLOCK_K: 32, SLICES: 4, numWarps: 8, numStages: 3 },
    { BLOCK_M: 64, BLOCK_N: 64, BLOCK_K: 16, SLICES: 1, numWarps: 4, numStages: 2 },
    { BLOCK_M: 32, BLOCK_N: 64, BLOCK_K: 32, SLICES: 2, numWarps: 4, numStages: 3 },
    { BLOCK_M: 32, BLOCK_N: 64, BLOCK_K: 32, SLICES: 1, numWarps: 4, numStages: 2 },
    { BLOCK_M: 32, BLOCK_N: 32, BLOCK_K: 32, SLICES: 1, numWarps: 2, numStages: 2 },
  ],
  key: KEY,
}, matmulKernel);

/** The same for products on matrix units. */
const tunedUnitsKernel = autotune({
  configs: UNIT_TILINGS.map(({ programs: _, ...config }) => config),
  key: KEY,
}, matmulKernel);

/**
 * The matrix product of `a` [M, K] and `b` [K, N].
 *
 * @param a The left matrix, f32 or f16.
 * @param b The right matrix, of the same dtype.
 * @returns The product [M, N]; summed in f32 whatever its dtype is.
 * @throws {LaunchError} If an argument is no such tensor, or the inner sizes differ.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, activation } = options;
  const { maxNumImpreciseAcc: IMPRECISE = 0 } = options;
  checkDType("matmul", "a", a, FLOATS);
  checkDType("matmul", "b", b, [a.dtype]);
  const [aRows, aColumns] = checkMatrix("matmul", "a", a);
  const [bRows, bColumns] = checkMatrix("matmul", "b", b);
  const [M, K] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, N] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  if (inner !== K) {
    throw new LaunchError(
      `Cannot run matmul: 'a' is ${M}x${K} and 'b' is ${inner}x${N}${
        transposeA || transposeB ? " after transposing" : ""
      }, but 'a' must have as many columns as 'b' has rows: a transpose is taken with 'transposeA' or 'transposeB'`,
    );
  }
  const dtypes = options.dtype ? [options.dtype] as const : [a.dtype, ...FLOATS] as const;
  const out = resultTensor("matmul", options.out, a, [M, N], dtypes);
  if (out === a || out === b) {
    throw new LaunchError(
      "Cannot run matmul: 'out' is one of the inputs, but every input is read many times; give it a tensor of its own",
    );
  }
  if (out.size === 0) return out;
  const [aRowStride, aColumnStride] = transposeA ? [1, aColumns] : [aColumns, 1];
  const [bRowStride, bColumnStride] = transposeB ? [1, bColumns] : [bColumns, 1];
  // Neighbours in memory are seen to be such beyond a remainder only where that is by a multiple of 4.
  const WRAP = !(transposeA && M % 4 !== 0);
  const chosen = [options.blockM, options.blockN, options.blockK, options.numWarps];
  if (Math.min(M, N) <= FEW && K > 0 && chosen.every((option) => option === undefined)) {
    const left = { tensor: a, rowStride: aRowStride, columnStride: aColumnStride };
    const right = { tensor: b, rowStride: bRowStride, columnStride: bColumnStride };
    const result = { tensor: out, rowStride: N, columnStride: 1 };
    if (M <= FEW) skinny([M, N, K], left, right, result, activation);
    else skinny([N, M, K], turned(right), turned(left), turned(result), activation);
    return out;
  }
  if (options.tune) {
    if (chosen.some((option) => option !== undefined)) {
      throw new LaunchError(
        "Cannot run matmul with 'tune' and sizes of tiles: leave out 'blockM', 'blockN', 'blockK' and 'numWarps', which tuning finds",
      );
    }
    const kernel = isOnUnits(a) ? tunedUnitsKernel : tunedMatmulKernel;
    kernel
      [grid(({ BLOCK_M, BLOCK_N }) => cdiv(M, BLOCK_M) * cdiv(N, BLOCK_N))](
        ...[a, b, out, M, N, K, aRowStride, aColumnStride, bRowStride, bColumnStride] as const,
        { WRAP, IMPRECISE, ...(activation && { ACTIVATION: activation }) },
      );
    return out;
  }
  const { numStages, SLICES, ...tiling } = tilingFor(M, N, a, IMPRECISE > 1);
  const BLOCK_M = options.blockM ?? tiling.BLOCK_M, BLOCK_N = options.blockN ?? tiling.BLOCK_N;
  matmulKernel[grid(cdiv(M, BLOCK_M) * cdiv(N, BLOCK_N))](
    ...[a, b, out, M, N, K, aRowStride, aColumnStride, bRowStride, bColumnStride] as const,
    {
      BLOCK_M,
      BLOCK_N,
      BLOCK_K: options.blockK ?? tiling.BLOCK_K,
      SLICES: chosen.every((option) => option === undefined) ? SLICES : 1,
      ...(activation && { ACTIVATION: activation }),
      numWarps: options.numWarps ??
        Math.max(tiling.numWarps * BLOCK_M * BLOCK_N / (tiling.BLOCK_M * tiling.BLOCK_N), 1),
      numStages,
      WRAP,
      IMPRECISE,
    },
  );
  return out;
}

/** True where products of a tensor's dtype run on matrix units. */
function isOnUnits({ device, dtype }: Tensor): boolean {
  const { subgroupMatrices } = device.capabilities;
  return dtype === "f16" && subgroupMatrices.some(({ component }) => component === "f16");
}

/** The transpose of a matrix. */
function turned({ tensor, rowStride, columnStride }: Strided): Strided {
  return { tensor, rowStride: columnStride, columnStride: rowStride };
}

/** The largest tiling that gives enough programs, cut down to the powers of two that cover M and N. */
function tilingFor(
  M: number,
  N: number,
  a: Tensor,
  imprecise: boolean,
): Tiling {
  const { device, dtype } = a;
  const tilings = isOnUnits(a)
    ? UNIT_TILINGS
    : device.capabilities.software
    ? SOFTWARE_TILINGS
    : imprecise && dtype === "f16"
    ? IMPRECISE_TILINGS
    : TILINGS;
  const tiling = tilings.find(({ BLOCK_M, BLOCK_N, programs }) =>
    cdiv(M, BLOCK_M) * cdiv(N, BLOCK_N) >= programs
  )!;
  const covering = (size: number) => Math.max(nextPowerOf2(size), 16);
  const BLOCK_M = Math.min(tiling.BLOCK_M, covering(M));
  const BLOCK_N = Math.min(tiling.BLOCK_N, covering(N));
  const share = BLOCK_M * BLOCK_N / (tiling.BLOCK_M * tiling.BLOCK_N);
  return { ...tiling, BLOCK_M, BLOCK_N, numWarps: Math.max(tiling.numWarps * share, 1) };
}

/** Shapes that tests iterate. */
export const cases: readonly (
  & { M: number; N: number; K: number; dtype: "f32" | "f16" }
  & Pick<
    MatmulOptions,
    "transposeA" | "transposeB" | "activation" | "blockM" | "blockN" | "blockK"
  >
)[] = [
  { M: 1, N: 1, K: 1, dtype: "f32" },
  { M: 1, N: 1, K: 1, dtype: "f16" },
  { M: 37, N: 53, K: 29, dtype: "f32" },
  { M: 37, N: 53, K: 29, dtype: "f16" },
  { M: 128, N: 128, K: 128, dtype: "f32" },
  { M: 128, N: 128, K: 128, dtype: "f16" },
  { M: 200, N: 300, K: 100, dtype: "f32" },
  { M: 200, N: 300, K: 100, dtype: "f16" },
  { M: 1, N: 200, K: 64, dtype: "f32" },
  { M: 200, N: 1, K: 64, dtype: "f32" },
  { M: 1, N: 1, K: 1000, dtype: "f32" },
  { M: 3, N: 256, K: 512, dtype: "f32" },
  { M: 16, N: 200, K: 300, dtype: "f32", activation: relu },
  { M: 5, N: 37, K: 300, dtype: "f32", transposeB: true },
  { M: 130, N: 10, K: 77, dtype: "f32", transposeA: true, activation: silu },
  { M: 70, N: 4, K: 1000, dtype: "f32" },
  { M: 2, N: 64, K: 2000, dtype: "f16", transposeB: true },
  { M: 1, N: 40, K: 20, dtype: "f32", blockM: 16 },
  { M: 48, N: 80, K: 0, dtype: "f32" },
  { M: 0, N: 5, K: 3, dtype: "f32" },
  { M: 48, N: 80, K: 64, dtype: "f32", transposeA: true },
  { M: 48, N: 80, K: 64, dtype: "f32", transposeB: true },
  { M: 37, N: 53, K: 29, dtype: "f16", transposeA: true, transposeB: true },
  { M: 64, N: 48, K: 32, dtype: "f32", activation: relu },
  { M: 33, N: 48, K: 32, dtype: "f32", activation: silu },
  { M: 100, N: 70, K: 50, dtype: "f32", blockM: 32, blockN: 16, blockK: 32 },
  { M: 700, N: 40, K: 20, dtype: "f32", blockM: 32, blockN: 16 },
];

if (import.meta.main) {
  const device = await Device.open();
  const size = Number(Deno.args[0] ?? (device.capabilities.software ? 256 : 2048));
  console.log(`Multiplying ${size}x${size} matrices on ${device}`);
  for (const dtype of ["f32", "f16"] as const) {
    const a = device.randn([size, size], { seed: 1, dtype });
    const b = device.randn([size, size], { seed: 2, dtype });
    const out = device.empty([size, size], { dtype });
    // The reference takes a while: the first rows of a large product will do.
    const rows = Math.min(size, 64);
    await report({
      title: `relu(a b) in ${dtype}`,
      out,
      expected: reference(await a.read(), await b.read(), [rows, size, size], relu),
      launch: () => matmul(a, b, { out, activation: relu }),
      work: [2 * size ** 3, "GFLOP/s"],
    });
  }
}
