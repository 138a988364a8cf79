/**
 * Attention: `out = softmax(q k^T * SCALE) v` for each head, without the matrix of scores ever being
 * in memory ("flash attention").
 *
 * A program takes BLOCK_M queries of one head and walks over the keys in steps of BLOCK_N. It keeps,
 * for each query, a base, the sum of exp(score - base), and the weighted sum of values. When a step
 * brings a score that is larger than the base, and by so much that numbers might get too large, the
 * largest score becomes the base and what was summed before is scaled down ("online softmax"); at the
 * end the weighted sum is divided by the sum. After the first steps there is mostly nothing to scale,
 * which is what it takes for the sums to stay in matrix units.
 *
 *                  keys, BLOCK_N at a time ->
 *                +------+------+------+
 *     queries    |  S   |      |      |     S = q k^T         [BLOCK_M, BLOCK_N]
 *     BLOCK_M    |      |      |      |     P = exp(S - base)
 *                +------+------+------+     sum of values += P v   [BLOCK_M, D]
 *
 * With CAUSAL a query sees the keys up to its own place, counted from the ends of both: the last
 * query sees all keys. Steps past that are not walked at all. Several heads of queries may share one
 * of keys and values (grouped-query attention).
 *
 *     deno run kernels/attention.ts
 */

import {
  cdiv,
  Device,
  grid,
  jit,
  LaunchError,
  OutOfResourcesError,
  type Pointer,
  type Tensor,
  tl,
} from "../mod.ts";
import { report } from "./demo.ts";
import { checkDType, checkShape, FLOATS, resultTensor, shapeText } from "./tensors.ts";

/** exp(x) = exp2(x * LOG2E), and exp2 is what GPUs have. */
const LOG2E = 1.4426950408889634;

/** Scores may exceed the base by so much, as powers of 2: numbers up to 2^8 are f16 like those up to 1. */
const SLACK = 8;

/** Sizes of attention: q is [batch, heads, queries, dim], k and v are [batch, keyHeads, keys, dim]. */
export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  /** Heads of keys and values: a divisor of `heads`. */
  readonly keyHeads: number;
  readonly queries: number;
  readonly keys: number;
  readonly dim: number;
}

/** Attention in float64. */
export function reference(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  { batch, heads, keyHeads, queries, keys, dim }: AttentionShape,
  { scale = 1 / Math.sqrt(dim), causal = false } = {},
): Float64Array {
  const out = new Float64Array(batch * heads * queries * dim);
  for (let head = 0; head < batch * heads; head++) {
    const keyHead = Math.floor(head / (heads / keyHeads));
    for (let m = 0; m < queries; m++) {
      const query = (head * queries + m) * dim;
      const seen = causal ? Math.max(m + 1 + keys - queries, 0) : keys;
      const scores = Array.from({ length: seen }, (_, n) => {
        let score = 0;
        for (let d = 0; d < dim; d++) score += q[query + d]! * k[(keyHead * keys + n) * dim + d]!;
        return score * scale;
      });
      const max = scores.reduce((a, b) => Math.max(a, b), -Infinity);
      const powers = scores.map((score) => Math.exp(score - max));
      const total = powers.reduce((a, b) => a + b, 0);
      powers.forEach((power, n) => {
        for (let d = 0; d < dim; d++) {
          out[query + d]! += power / total * v[(keyHead * keys + n) * dim + d]!;
        }
      });
    }
  }
  return out;
}

/**
 * Attention of queries `programId(0) * BLOCK_M` and following of head `programId(1)`, counted over
 * all batches; grid: `(cdiv(queries, BLOCK_M), batch * heads)`.
 */
export const attentionKernel = jit(
  function attention(
    q: Pointer, // [batch * heads, queries, D]
    k: Pointer, // [batch * heads / GROUP, keys, D]
    v: Pointer, // as k
    out: Pointer, // as q
    queries: number,
    keys: number,
    scale: number = tl.f32,
    { D = 64, BLOCK_M = 64, BLOCK_N = 32, GROUP = 1, CAUSAL = false },
  ) {
    const first = tl.programId(0) * BLOCK_M;
    const head = tl.programId(1), keyHead = Math.floor(head / GROUP);
    const rows = tl.col(first + tl.arange(0, BLOCK_M)); // [BLOCK_M, 1]
    const depth = tl.arange(0, D); // [D]
    const places = tl.arange(0, BLOCK_N); // [BLOCK_N]
    const own = (head * queries + rows) * D + tl.row(depth); // [BLOCK_M, D]
    const query = tl.load(q + own, { mask: rows < queries });
    const kHead = k + keyHead * keys * D, vHead = v + keyHead * keys * D;

    let base = tl.full([BLOCK_M, 1], -Infinity, tl.f32);
    let sum = tl.zeros([BLOCK_M, 1], tl.f32);
    let values = tl.zeros([BLOCK_M, D], tl.f32);
    // The last query of the tile sees the most.
    const end = CAUSAL ? Math.min(first + BLOCK_M + keys - queries, keys) : keys;
    for (let n = 0; n < end; n += BLOCK_N) {
      const left = keys - n;
      const key = tl.load(kHead + (n + tl.row(places)) * D + tl.col(depth), {
        mask: tl.row(places) < left,
      }); // [D, BLOCK_N]
      const scores = tl.dot(query, key) * (scale * LOG2E);
      const seen = CAUSAL
        ? tl.row(places) < left && n + tl.row(places) <= rows + (keys - queries)
        : tl.row(places) < left;
      const masked = tl.where(seen, scores, -Infinity); // [BLOCK_M, BLOCK_N]

      const largest = tl.max(masked, 1, { keepDims: true });
      const next = tl.where(largest > base + SLACK, largest, base);
      // While a query has seen nothing, -Infinity - -Infinity would be NaN.
      const finite = tl.where(next === -Infinity, 0, next);
      const powers = tl.exp2(masked - finite);
      const before = tl.where(next === base, 1, tl.exp2(base - finite));
      sum = sum * before + tl.sum(powers, 1, { keepDims: true });
      const value = tl.load(vHead + (n + tl.col(places)) * D + tl.row(depth), {
        mask: tl.col(places) < left,
      }); // [BLOCK_N, D]
      values = tl.dot(tl.cast(powers, v.dtype), value, values * before);
      base = next;
    }
    tl.store(out + own, tl.where(sum === 0, 0, values / sum), { mask: rows < queries });
  },
  () => ({ tl, LOG2E, SLACK }),
);

/** Options of {@linkcode attention}. */
export interface AttentionOptions {
  /** Let each query see only the keys up to its own place; false unless given. */
  causal?: boolean | undefined;
  /** What scores are multiplied by; 1 / sqrt(dim) unless given. */
  scale?: number | undefined;
  /** The tensor to write to; a new one unless given. */
  out?: Tensor | undefined;
  /** Queries of a program, a power of two; the most that fit the device, up to 128, unless given. */
  blockM?: number | undefined;
  /** Keys of a step, a power of two; 64 or less unless given. */
  blockN?: number | undefined;
  /** Warps that share a tile; 8 or less unless given. */
  numWarps?: number | undefined;
}

interface Tile {
  readonly blockM: number;
  readonly blockN: number;
  readonly numWarps: number;
}

/**
 * Tiles from the fastest on (found with bench/sweep.ts on an H200, f32): a large tile reads keys and
 * values less often. What fits depends on the dimension and on the device's workgroup memory.
 */
const TILES: readonly Tile[] = [
  { blockM: 128, blockN: 32, numWarps: 8 },
  { blockM: 64, blockN: 32, numWarps: 8 },
  { blockM: 64, blockN: 16, numWarps: 4 },
  { blockM: 32, blockN: 16, numWarps: 4 },
  { blockM: 16, blockN: 16, numWarps: 2 },
];

/** The same for short heads, whose scores and values fit into registers with more keys. */
const TILES_OF_SHORT_HEADS: readonly Tile[] = [{ blockM: 128, blockN: 64, numWarps: 8 }, ...TILES];

/** The same for a processor that plays the GPU, which takes long to compile long code. */
const SOFTWARE_TILES: readonly Tile[] = [
  { blockM: 32, blockN: 16, numWarps: 1 },
  { blockM: 16, blockN: 16, numWarps: 1 },
];

/**
 * The same for f16 on matrix units, found on an H200. There a driver divides 48 KiB of workgroup memory among
 * the workgroups that run side by side on a processor: smaller steps let two of them run, and large heads
 * that leave no room for a second run best with as many warps.
 */
const UNIT_TILES = {
  narrow: [
    { blockM: 128, blockN: 32, numWarps: 4 },
    { blockM: 64, blockN: 32, numWarps: 4 },
    { blockM: 16, blockN: 16, numWarps: 1 },
  ],
  wide: [
    { blockM: 128, blockN: 64, numWarps: 8 },
    { blockM: 64, blockN: 32, numWarps: 4 },
    { blockM: 16, blockN: 16, numWarps: 1 },
  ],
} as const;

/** The tiles to try for heads of a dimension, from the fastest on. */
function tilesFor({ device: { capabilities }, dtype }: Tensor, dim: number): readonly Tile[] {
  const { software, subgroupMatrices } = capabilities;
  const units = dtype === "f16" &&
    subgroupMatrices.some((unit) => unit.component === "f16" && unit.result === "f32");
  if (units) return dim <= 64 ? UNIT_TILES.narrow : UNIT_TILES.wide;
  return software ? SOFTWARE_TILES : dim <= 64 ? TILES_OF_SHORT_HEADS : TILES;
}

/** For each device and kind of launch, which of its tiles was the first to fit. */
const fitting = new WeakMap<Device, Map<string, number>>();

/**
 * Attention of queries [batch, heads, queries, dim] to keys and values [batch, keyHeads, keys, dim].
 * A query that sees no key gives 0.
 *
 * @param q The queries, f32 or f16; sums are f32.
 * @param k The keys, of the same dtype. `heads` must be a multiple of `keyHeads`.
 * @param v The values, of the keys' shape and dtype.
 * @returns A tensor of `q`'s shape and dtype.
 * @throws {LaunchError} If an argument is no such tensor, or a shape does not fit.
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const { causal = false, blockM, blockN, numWarps } = options;
  checkDType("attention", "q", q, FLOATS);
  checkDType("attention", "k", k, [q.dtype]);
  checkDType("attention", "v", v, [q.dtype]);
  const [batch, heads, queries, dim] = q.shape;
  const [, keyHeads, keys] = k.shape;
  if (q.shape.length !== 4 || k.shape.length !== 4 || heads! % keyHeads! !== 0) {
    throw new LaunchError(
      `Cannot run attention: 'q' is ${shapeText(q.shape)} and 'k' is ${
        shapeText(k.shape)
      }, but they must be [batch, heads, queries, dim] and [batch, keyHeads, keys, dim] with heads a multiple of keyHeads`,
    );
  }
  checkShape("attention", "k", k, [batch!, keyHeads!, keys!, dim!]);
  checkShape("attention", "v", v, k.shape);
  const out = resultTensor("attention", options.out, q, q.shape, [q.dtype, ...FLOATS]);
  if (out.size === 0) return out;
  const launch = (tile: Tile) =>
    attentionKernel[grid(cdiv(queries!, tile.blockM), batch! * heads!)](
      q,
      k,
      v,
      out,
      queries!,
      keys!,
      options.scale ?? 1 / Math.sqrt(dim!),
      {
        D: dim!,
        BLOCK_M: tile.blockM,
        BLOCK_N: tile.blockN,
        GROUP: heads! / keyHeads!,
        CAUSAL: causal,
        numWarps: tile.numWarps,
      },
    );
  if (blockM !== undefined || blockN !== undefined || numWarps !== undefined) {
    launch({ blockM: blockM ?? 64, blockN: blockN ?? 32, numWarps: numWarps ?? 4 });
  } else {
    launchFitting(q, tilesFor(q, dim!), queries!, `${q.dtype} ${dim} ${causal}`, launch);
  }
  return out;
}

/** Launches with the first of `tiles` that fits the device and is no larger than there are queries. */
function launchFitting(
  { device }: Tensor,
  tiles: readonly Tile[],
  queries: number,
  kind: string,
  launch: (tile: Tile) => void,
): void {
  let known = fitting.get(device);
  if (!known) fitting.set(device, known = new Map());
  const enough = tiles.findIndex(({ blockM }) => blockM < 2 * queries);
  const first = enough < 0 ? tiles.length - 1 : enough;
  for (let i = Math.max(first, known.get(kind) ?? 0);; i++) {
    try {
      launch(tiles[i]!);
      if (i > first) known.set(kind, i);
      return;
    } catch (error) {
      if (!(error instanceof OutOfResourcesError) || i + 1 === tiles.length) throw error;
    }
  }
}

/** Shapes that tests iterate. */
export const cases: readonly (
  & Omit<AttentionShape, "batch">
  & { dtype: "f32" | "f16"; causal?: boolean; blockM?: number; blockN?: number }
)[] = [
  { heads: 1, keyHeads: 1, queries: 1, keys: 1, dim: 16, dtype: "f32" },
  { heads: 2, keyHeads: 2, queries: 64, keys: 64, dim: 32, dtype: "f32" },
  { heads: 2, keyHeads: 1, queries: 37, keys: 53, dim: 16, dtype: "f32" },
  { heads: 2, keyHeads: 2, queries: 70, keys: 70, dim: 16, dtype: "f32", causal: true },
  { heads: 1, keyHeads: 1, queries: 20, keys: 50, dim: 16, dtype: "f32", causal: true },
  { heads: 1, keyHeads: 1, queries: 50, keys: 20, dim: 16, dtype: "f32", causal: true },
  { heads: 4, keyHeads: 2, queries: 40, keys: 40, dim: 32, dtype: "f16", causal: true },
  { heads: 1, keyHeads: 1, queries: 33, keys: 90, dim: 64, dtype: "f32", blockM: 16, blockN: 16 },
  { heads: 1, keyHeads: 1, queries: 5, keys: 0, dim: 16, dtype: "f32" },
];

if (import.meta.main) {
  const device = await Device.open();
  console.log(`Attention on ${device}`);
  const [heads, length] = device.capabilities.software ? [1, 256] : [32, 2048];
  for (const dim of [64, 128]) {
    const shape = [1, heads, length, dim];
    const [q, k, v] = [1, 2, 3].map((seed) => device.randn(shape, { seed })) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const out = device.empty(shape);
    // The reference takes a while: the first head will do.
    const one = { batch: 1, heads: 1, keyHeads: 1, queries: length, keys: length, dim };
    await report({
      title: `attention of ${heads} heads, ${length}x${dim}`,
      out,
      expected: reference(
        await q.read() as Float32Array,
        await k.read() as Float32Array,
        await v.read() as Float32Array,
        one,
      ),
      launch: () => attention(q, k, v, { out }),
      work: [4 * heads * length * length * dim, "GFLOP/s"],
    });
  }
}
