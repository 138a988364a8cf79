/**
 * Cross entropy of each row of logits with its target class, and the gradient with respect to the
 * logits, in one kernel:
 *
 *     loss[r]        = log(sum over c of exp(logits[r, c])) - logits[r, targets[r]]
 *     gradient[r, c] = (softmax(logits[r])[c] - (c == targets[r] ? 1 : 0)) * SCALE
 *
 * A training step needs both, and the logits of a language model are its largest tensor (a row has
 * as many columns as the vocabulary has words). Computed apart they would be read four times; here
 * a row that fits in a tile is read once, and a longer one twice, with the running maximum and sum
 * of `softmax.ts`. The gradient may overwrite the logits.
 *
 * A row whose target is `ignoreIndex` counts for nothing: loss 0, gradient 0. Any other target that
 * is no column gives NaN, which is easier to find than a number that is wrong.
 *
 *     deno run kernels/cross_entropy.ts
 */

import { Device, grid, jit, nextPowerOf2, type Pointer, type Tensor, tl } from "../mod.ts";
import { report } from "./demo.ts";
import { hasSmallShares, mostWarps } from "./softmax.ts";
import { checkDType, checkRows, checkShape, FLOATS, resultTensor } from "./tensors.ts";

/** Losses and gradients of rows of `columns` logits, in float64. */
export function reference(
  logits: ArrayLike<number>,
  targets: ArrayLike<number>,
  columns: number,
  { scale = 1, ignoreIndex = -100 } = {},
): { losses: Float64Array; gradient: Float64Array } {
  const losses = new Float64Array(targets.length), gradient = new Float64Array(logits.length);
  for (let r = 0; r < targets.length; r++) {
    const target = targets[r]!, start = r * columns;
    if (target === ignoreIndex) continue;
    const row = Array.from({ length: columns }, (_, c) => logits[start + c]!);
    const max = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = row.reduce((sum, value) => sum + Math.exp(value - max), 0);
    losses[r] = Math.log(total) + max - (row[target] ?? NaN);
    row.forEach((value, c) => {
      const probability = Math.exp(value - max) / total;
      const valid = target in row;
      gradient[start + c] = valid ? (probability - (c === target ? 1 : 0)) * scale : NaN;
    });
  }
  return { losses, gradient };
}

/**
 * Loss of row `programId(0)`, and its gradient unless `gradient` is left out (undefined); grid: one program a row.
 * `WHOLE` says that a row fits in one tile.
 */
export const crossEntropyKernel = jit(
  function crossEntropy(
    logits: Pointer, // [rows, columns]
    targets: Pointer, // [rows], i32
    losses: Pointer, // [rows]
    gradient: Pointer | undefined, // [rows, columns]
    columns: number,
    ignoreIndex: number,
    scale: number = tl.f32,
    { BLOCK = 1024, WHOLE = true },
  ) {
    const row = tl.programId(0);
    const places = tl.arange(0, BLOCK); // [BLOCK]
    const from = logits + row * columns;
    const target = tl.load(targets + row);
    const ignored = target === ignoreIndex;
    const valid = 0 <= target && target < columns;
    const logitOfTarget = () =>
      tl.cast(tl.load(from + target, { mask: valid, other: NaN }), tl.f32);

    if (WHOLE) {
      const mask = places < columns;
      const values = tl.cast(tl.load(from + places, { mask, other: -Infinity }), tl.f32);
      const chosen = logitOfTarget(); // after the row, which need not wait until the target is known
      // Without care for NaN, which tl.max would leave out: it makes the sum of powers NaN.
      const max = tl.reduce(values, 0, (a, b) => a > b ? a : b);
      const powers = tl.exp(values - max);
      const total = tl.sum(powers, 0);
      tl.store(losses + row, tl.where(ignored, 0, tl.log(total) + max - chosen));
      if (gradient !== undefined) {
        const factor = tl.where(valid, scale / total, NaN);
        const slope = powers * factor - tl.where(places === target, scale, 0);
        tl.store(gradient + row * columns + places, tl.where(ignored, 0, slope), { mask });
      }
      return;
    }

    const chosen = logitOfTarget();
    // The largest value seen at each place, and the sum of exp(value - largest) there.
    let largest: number = tl.full([BLOCK], -Infinity, tl.f32);
    let sum: number = tl.zeros([BLOCK], tl.f32);
    for (let start = 0; start < columns; start += BLOCK) {
      const mask = places < columns - start;
      const values = tl.cast(tl.load(from + start + places, { mask, other: -Infinity }), tl.f32);
      const larger = tl.maximum(largest, values);
      // While a place has seen nothing but -Infinity, -Infinity - -Infinity would be NaN.
      const base = tl.where(larger === -Infinity, 0, larger);
      sum = sum * tl.exp(largest - base) + tl.exp(values - base);
      largest = larger;
    }
    const max = tl.max(largest, 0);
    const total = tl.sum(sum * tl.exp(largest - max), 0);
    tl.store(losses + row, tl.where(ignored, 0, tl.log(total) + max - chosen));
    if (gradient !== undefined) {
      const factor = tl.where(valid, scale / total, NaN);
      for (let start = 0; start < columns; start += BLOCK) {
        const mask = places < columns - start;
        const values = tl.cast(tl.load(from + start + places, { mask }), tl.f32);
        const hit = tl.where(places === target - start, scale, 0);
        const slope = tl.exp(values - max) * factor - hit;
        const given = tl.where(ignored, 0, slope);
        tl.store(gradient + row * columns + start + places, given, { mask });
      }
    }
  },
  () => ({ tl }),
);

/** Options of {@linkcode crossEntropy}. */
export interface CrossEntropyOptions {
  /** The tensor that the losses are written to, f32 with one element a row; a new one unless given. */
  losses?: Tensor | undefined;
  /** Where the gradient goes, of the logits' shape, possibly `logits` itself; not computed unless given. */
  gradient?: Tensor | undefined;
  /** What the gradient is multiplied by, such as 1 / rows where the loss is a mean; 1 unless given. */
  scale?: number | undefined;
  /** The target of rows that do not count; -100 unless given. */
  ignoreIndex?: number | undefined;
  /** Elements of a tile, a power of two; unless given, a row's length up to `longestTile`. */
  block?: number | undefined;
}

/**
 * Cross entropy of rows of logits along the last dimension.
 *
 * @param logits A tensor of rank 1 or more with at least one column, f32 or f16; computed in f32.
 * @param targets The class of each row: i32, of the logits' shape without the last dimension.
 * @returns The loss of each row, f32 in the shape of `targets`.
 * @throws {LaunchError} If an argument is no such tensor, or a shape does not fit.
 */
export function crossEntropy(
  logits: Tensor,
  targets: Tensor,
  { losses, gradient, scale = 1, ignoreIndex = -100, block }: CrossEntropyOptions = {},
): Tensor {
  checkDType("crossEntropy", "logits", logits, FLOATS);
  checkDType("crossEntropy", "targets", targets, ["i32"]);
  const { rows, columns } = checkRows("crossEntropy", "logits", logits);
  checkShape("crossEntropy", "targets", targets, logits.shape.slice(0, -1));
  const result = resultTensor("crossEntropy", losses, logits, targets.shape, ["f32"]);
  if (gradient) {
    checkDType("crossEntropy", "gradient", gradient, FLOATS);
    checkShape("crossEntropy", "gradient", gradient, logits.shape);
  }
  if (rows === 0) return result;
  // A long row is walked in smaller steps: its tile is held together with two running ones.
  const tile = block ?? (columns <= longestTile(logits.device) ? nextPowerOf2(columns) : 8192);
  crossEntropyKernel[grid(rows)](
    logits,
    targets,
    result,
    gradient,
    columns,
    ignoreIndex,
    scale,
    { BLOCK: tile, WHOLE: columns <= tile, numWarps: warpsFor(tile, logits, columns) },
  );
  return result;
}

/** A warp for each 256 elements or each 1024, as in `softmax.ts`, up to 16, which share the longest tiles. */
function warpsFor(tile: number, logits: Tensor, columns: number): number {
  const each = hasSmallShares(logits, columns) ? 256 : 1024;
  return Math.min(Math.max(tile / each, 1), 16, mostWarps(logits.device));
}

/**
 * The longest row that is kept in registers as one tile, 32 or 64 elements of each thread: reading a row of
 * 32,000 once instead of twice is worth that a workgroup fills a processor.
 */
function longestTile(device: Device): number {
  return Math.min(1024 * mostWarps(device), 32_768);
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
];

if (import.meta.main) {
  const device = await Device.open();
  console.log(`Cross entropy on ${device}`);
  const many = device.capabilities.software ? 32 : 4096;
  for (const [rows, columns] of [[3, 781], [many, 4096], [many, 32_000]] as const) {
    const logits = device.randn([rows, columns], { seed: 1 });
    const classes = Int32Array.from({ length: rows }, (_, r) => (r * 7919) % columns);
    const targets = device.from(classes);
    const losses = device.empty([rows]), gradient = device.empty([rows, columns]);
    await report({
      title: `crossEntropy of ${rows}x${columns}`,
      out: losses,
      expected: reference(await logits.read(), classes, columns).losses,
      launch: () => crossEntropy(logits, targets, { losses, gradient }),
      work: [2 * 4 * rows * columns, "GB/s"],
    });
  }
}
