/**
 * Products of a few rows with a large matrix: `out[r, c] = activation(sum over k of few[r, k] * many[k, c])`
 * for at most 16 rows. `matmul` comes here when one of its sides is so short.
 *
 * Such a product reads the large matrix once and does little with it, so what counts is memory, and
 * that all of the GPU reads. With the tiles of `matmul` there would be too few programs. Here the sum over
 * k is cut into spans as well, and each program takes BLOCK columns and one span. What the spans give is
 * written down and added up by a second launch.
 *
 *              BLOCK columns
 *           +------+------+--
 *     span  | p0   | p1   |
 *           +------+------+--
 *     span  | p4   | p5   |
 *           +------+------+--
 *
 * Of one row, or up to four where the matrix lies in memory by columns, a thread adds up products for a few
 * places of a tile [BLOCK_K, BLOCK], which are summed along k only at the end: `rowByRowKernel`. More rows are a
 * product of tiles: `fewRowsKernel`.
 */

import { cdiv, grid, jit, nextPowerOf2, type Pointer, type Tensor, tl } from "../mod.ts";

/** The most rows that are few. */
export const FEW = 16;

/**
 * `sums[span, r, c] = ACTIVATION(sum over k of few[r, k] * many[k, c])` over the k of one span, for
 * ROWS rows; grid: `(cdiv(columns, BLOCK), spans)`. `span` is how many k each has, divisible by BLOCK_K.
 */
export const rowByRowKernel = jit(
  function rowByRow(
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

/**
 * The same by `tl.dot`, for `rows` up to ROWS. With 4 columns or more for each thread, a thread has all rows
 * of its columns, and keeps what it reads of the matrix in registers, since nobody else needs it.
 */
export const fewRowsKernel = jit(
  function fewRows(
    few: Pointer,
    many: Pointer,
    sums: Pointer,
    rows: number,
    columns: number,
    K: number,
    span: number,
    fewRowStride: number,
    fewColumnStride: number,
    manyRowStride: number,
    manyColumnStride: number,
    sumRowStride: number,
    sumColumnStride: number,
    { ROWS = 16, BLOCK_K = 16, BLOCK = 512, ACTIVATION = (x: number): number => x },
  ) {
    const row = tl.col(tl.arange(0, ROWS)); // [ROWS, 1]
    const places = tl.row(tl.programId(0) * BLOCK + tl.arange(0, BLOCK)); // [1, BLOCK]
    const depth = tl.arange(0, BLOCK_K);
    const first = tl.programId(1) * span, end = Math.min(first + span, K);
    let sum: number = tl.zeros([ROWS, BLOCK], tl.f32);
    for (let k = first; k < end; k += BLOCK_K) {
      const factors = tl.load(few + row * fewRowStride + (k + tl.row(depth)) * fewColumnStride, {
        mask: row < rows && tl.row(depth) < end - k,
      }); // [ROWS, BLOCK_K]
      const values = tl.load(
        many + (k + tl.col(depth)) * manyRowStride + places * manyColumnStride,
        { mask: tl.col(depth) < end - k && places < columns },
      ); // [BLOCK_K, BLOCK]
      sum = tl.dot(factors, values, sum);
    }
    const out = sums + tl.programId(1) * (rows * columns);
    tl.store(out + row * sumRowStride + places * sumColumnStride, ACTIVATION(sum), {
      mask: row < rows && places < columns,
    });
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

/** Programs that are enough to fill a large GPU, of either kernel. */
const PROGRAMS = { rowByRow: 1024, fewRows: 256 };

/** `out [rows, columns] = activation(few [rows, K] many [K, columns])` for at most `FEW` rows, none of them empty. */
export function skinny(
  [rows, columns, K]: readonly [rows: number, columns: number, K: number],
  few: Strided,
  many: Strided,
  out: Strided,
  activation: ((x: number) => number) | undefined,
): void {
  // Whether the matrix lies in memory by columns: then a warp reads along k, to read long runs of neighbours.
  const byColumns = many.columnStride !== 1 && many.rowStride === 1;
  const rowByRow = rows <= (byColumns ? 4 : 1);
  const most = rowByRow ? (byColumns ? 16 : 128) : byColumns ? 256 : 512;
  const BLOCK = Math.min(most, Math.max(nextPowerOf2(columns), 4));
  const BLOCK_K = rowByRow
    ? Math.min(2048 / BLOCK, Math.max(nextPowerOf2(K), 16))
    : byColumns
    ? 32
    : 16;
  const blocks = cdiv(columns, BLOCK), steps = cdiv(K, BLOCK_K);
  const programs = rowByRow ? PROGRAMS.rowByRow : PROGRAMS.fewRows;
  const span = cdiv(steps, Math.min(cdiv(programs, blocks), steps)) * BLOCK_K;
  const spans = cdiv(K, span);
  const launch = ({ tensor, rowStride, columnStride }: Strided, last: typeof activation) => {
    const strides = [
      ...[few.rowStride, few.columnStride, many.rowStride, many.columnStride] as const,
      ...[rowStride, columnStride] as const,
    ] as const;
    const constants = { BLOCK_K, BLOCK, ...(last && { ACTIVATION: last }) };
    if (rowByRow) {
      rowByRowKernel[grid(blocks, spans)](
        ...[few.tensor, many.tensor, tensor, columns, K, span, ...strides] as const,
        { ROWS: rows, ...constants },
      );
    } else {
      fewRowsKernel[grid(blocks, spans)](
        ...[few.tensor, many.tensor, tensor, rows, columns, K, span, ...strides] as const,
        {
          ROWS: nextPowerOf2(rows),
          ...constants,
          numWarps: Math.max(BLOCK / (byColumns ? 32 : 128), 1),
          numStages: 3,
        },
      );
    }
  };
  if (spans === 1) return launch(out, activation);
  using sums = out.tensor.device.empty([spans, rows, columns]);
  launch({ tensor: sums, rowStride: columns, columnStride: 1 }, undefined);
  spansKernel[grid(cdiv(rows * columns, 128))](
    ...[sums, out.tensor, columns, rows * columns, spans, out.rowStride, out.columnStride] as const,
    { ...(activation && { ACTIVATION: activation }) },
  );
}
