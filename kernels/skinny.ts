/**
 * Products of a few rows with a large matrix: `out[r, c] = activation(sum over k of few[r, k] * many[k, c])`
 * for at most 16 rows. `matmul` comes here when one of its sides is so short.
 *
 * Such a product reads the large matrix once and does little with it, so what counts is memory, and
 * that all of the GPU reads. A tile of 16 rows for `tl.dot` would have too few programs. Here the sum
 * over k is cut into spans as well, each program takes BLOCK columns and one span, and adds up tiles
 * [BLOCK_K, BLOCK] in registers, one for each row; only at the end are those summed along k. What the
 * spans give is written down and added up by a second launch.
 *
 *              BLOCK columns
 *           +------+------+--
 *     span  | p0   | p1   |        The matrix may lie in memory by rows or by columns: the same tiles
 *           +------+------+--      are then read along the other dimension, and their shape is chosen
 *     span  | p4   | p5   |        so that a warp reads long runs of neighbours.
 *           +------+------+--
 */

import { cdiv, grid, jit, nextPowerOf2, type Pointer, type Tensor, tl } from "../mod.ts";

/** The most rows that are few. */
export const FEW = 16;

/**
 * `sums[span, r, c] = ACTIVATION(sum over k of few[r, k] * many[k, c])` over the k of one span, for
 * ROWS rows; grid: `(cdiv(columns, BLOCK), spans)`. `span` is how many k each has, divisible by BLOCK_K.
 */
export const skinnyKernel = jit(
  function skinny(
    few: Pointer,
    many: Pointer,
    sums: Pointer,
    columns: number,
    K: number,
    span: number,
    fewRowStride: number,
    fewColumnStride: number,
    manyRowStride: number,
    manyColumnStride: number,
    sumRowStride: number,
    sumColumnStride: number,
    { ROWS = 1, BLOCK_K = 16, BLOCK = 128, ACTIVATION = (x: number): number => x },
  ) {
    const places = tl.row(tl.programId(0) * BLOCK + tl.arange(0, BLOCK)); // [1, BLOCK]
    const depth = tl.col(tl.arange(0, BLOCK_K)); // [BLOCK_K, 1]
    const first = tl.programId(1) * span, end = Math.min(first + span, K);
    const rows = tl.staticRange(ROWS);
    let totals = rows.map((): number => tl.zeros([BLOCK_K, BLOCK], tl.f32));
    for (let start = first; start < end; start += BLOCK_K) {
      const k = start + depth, inside = depth < end - start;
      const values = tl.cast(
        tl.load(many + k * manyRowStride + places * manyColumnStride, {
          mask: inside && places < columns,
        }),
        tl.f32,
      ); // [BLOCK_K, BLOCK]
      totals = rows.map((row) => {
        const factors = tl.load(few + row * fewRowStride + k * fewColumnStride, { mask: inside });
        return totals[row]! + tl.cast(factors, tl.f32) * values;
      });
    }
    const out = sums + tl.programId(1) * (ROWS * columns) + places * sumColumnStride;
    for (const row of rows) {
      const total = tl.sum(totals[row]!, 0, { keepDims: true }); // [1, BLOCK]
      tl.store(out + row * sumRowStride, ACTIVATION(total), { mask: places < columns });
    }
  },
  () => ({ tl }),
);

/** `out = ACTIVATION(sum of the spans)` for the sums [spans, rows, columns]; grid: `cdiv(rows * columns, BLOCK)`. */
export const spansKernel = jit(
  function spans(
    sums: Pointer,
    out: Pointer,
    columns: number,
    size: number, // rows * columns
    count: number,
    outRowStride: number,
    outColumnStride: number,
    { BLOCK = 128, ACTIVATION = (x: number): number => x },
  ) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK); // [BLOCK]
    const mask = at < size;
    let total = tl.zeros([BLOCK], tl.f32);
    for (let i = 0; i < count; i++) total += tl.load(sums + i * size + at, { mask });
    const row = Math.floor(at / columns), column = at % columns;
    const place = out + row * outRowStride + column * outColumnStride;
    tl.store(place, ACTIVATION(total), { mask });
  },
  () => ({ tl }),
);

/** A matrix in memory. */
export interface Strided {
  readonly tensor: Tensor;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** Programs that are enough to fill a large GPU. */
const PROGRAMS = 1024;

/** `out [rows, columns] = activation(few [rows, K] many [K, columns])` for at most `FEW` rows, none of them empty. */
export function skinny(
  [rows, columns, K]: readonly [rows: number, columns: number, K: number],
  few: Strided,
  many: Strided,
  out: Strided,
  activation: ((x: number) => number) | undefined,
): void {
  const ACTIVATION = activation ? { ACTIVATION: activation } : {};
  const byColumns = many.columnStride !== 1 && many.rowStride === 1;
  // A thread holds 16 elements for one row, 4 for each of sixteen.
  const elements = rows > 4 ? 512 : 2048;
  const BLOCK = Math.min(byColumns ? 16 : 128, Math.max(nextPowerOf2(columns), 4));
  const BLOCK_K = Math.min(elements / BLOCK, Math.max(nextPowerOf2(K), 16));
  const blocks = cdiv(columns, BLOCK);
  const steps = cdiv(K, BLOCK_K);
  const span = cdiv(steps, Math.min(cdiv(PROGRAMS, blocks), steps)) * BLOCK_K;
  const spans = cdiv(K, span);
  const launch = (target: Strided, options: typeof ACTIVATION) =>
    skinnyKernel[grid(blocks, spans)](
      ...[few.tensor, many.tensor, target.tensor, columns, K, span] as const,
      ...[few.rowStride, few.columnStride, many.rowStride, many.columnStride] as const,
      ...[target.rowStride, target.columnStride] as const,
      { ROWS: rows, BLOCK_K, BLOCK, ...options },
    );
  if (spans === 1) return void launch(out, ACTIVATION);
  using sums = out.tensor.device.empty([spans, rows, columns]);
  launch({ tensor: sums, rowStride: columns, columnStride: 1 }, {});
  spansKernel[grid(cdiv(rows * columns, 128))](
    ...[sums, out.tensor, columns, rows * columns, spans, out.rowStride, out.columnStride] as const,
    ACTIVATION,
  );
}
