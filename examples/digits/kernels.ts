/**
 * The kernels of the digits network besides matmul, which comes from the kernel library.
 *
 * Matrices are row-major and contiguous. Each kernel's comment gives the shapes and the grid that
 * it is launched with.
 */

import { jit, type Pointer, tl } from "../../mod.ts";

/**
 * Collects a batch: row i of `batch` [rows, COLUMNS] is row `order[start + i]` of `images`, and its
 * label likewise. Grid: one program a row.
 */
export const gather = jit(
  function gather(
    images: Pointer,
    labels: Pointer,
    order: Pointer,
    batch: Pointer,
    batchLabels: Pointer,
    start: number,
    { COLUMNS = 784, BLOCK = 1024 },
  ) {
    const row = tl.programId(0);
    const source = tl.load(order + start + row);
    const places = tl.arange(0, BLOCK);
    const mask = places < COLUMNS;
    const pixels = tl.load(images + source * COLUMNS + places, { mask });
    tl.store(batch + row * COLUMNS + places, pixels, { mask });
    tl.store(batchLabels + row, tl.load(labels + source));
  },
  () => ({ tl }),
);

/**
 * `x = ACTIVATION(x + bias)` in place, for x [n / columns, columns] and bias [columns].
 * Grid: `cdiv(n, BLOCK)`.
 */
export const addBias = jit(
  function addBias(
    x: Pointer,
    bias: Pointer,
    n: number,
    columns: number,
    { BLOCK = 1024, ACTIVATION = (x: number): number => x },
  ) {
    const offsets = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    const mask = offsets < n;
    const sum = tl.load(x + offsets, { mask }) + tl.load(bias + offsets % columns, { mask });
    tl.store(x + offsets, ACTIVATION(sum), { mask });
  },
  () => ({ tl }),
);

/**
 * The loss of each row of `logits` [rows, CLASSES], `-log(softmax(logits)[label])`, written to
 * `losses` from `first` on, and the gradient of the rows' mean loss by the logits. A program takes
 * ROWS rows as one tile. Grid: `cdiv(rows, ROWS)`.
 */
export const crossEntropy = jit(
  function crossEntropy(
    logits: Pointer,
    labels: Pointer,
    losses: Pointer,
    gradient: Pointer,
    first: number,
    rows: number,
    { CLASSES = 10, BLOCK = 16, ROWS = 16 },
  ) {
    const row = tl.programId(0) * ROWS + tl.arange(0, ROWS); // [ROWS]
    const digit = tl.row(tl.arange(0, BLOCK)); // [1, BLOCK]
    const offsets = tl.col(row) * CLASSES + digit; // [ROWS, BLOCK]
    const mask = tl.col(row) < rows && digit < CLASSES;

    const values = tl.load(logits + offsets, { mask, other: -1e30 });
    const shifted = values - tl.col(tl.max(values, 1));
    const powers = tl.exp(shifted);
    const total = tl.sum(powers, 1); // [ROWS]
    const isLabel = digit === tl.col(tl.load(labels + row, { mask: row < rows }));

    const loss = tl.log(total) - tl.sum(tl.where(isLabel, shifted, 0), 1);
    tl.store(losses + first + row, loss, { mask: row < rows });
    const wanted = tl.where(isLabel, 1, 0);
    tl.store(gradient + offsets, (powers / tl.col(total) - wanted) / rows, { mask });
  },
  () => ({ tl }),
);

/** `out[c] = sum over r of x[r, c]` for x [rows, columns]. Grid: `cdiv(columns, BLOCK)`. */
export const sumRows = jit(
  function sumRows(
    x: Pointer,
    out: Pointer,
    rows: number,
    columns: number,
    { ROWS = 32, BLOCK = 32 },
  ) {
    const column = tl.programId(0) * BLOCK + tl.arange(0, BLOCK); // [BLOCK]
    let sum: number = tl.zeros([BLOCK], tl.f32);
    for (let start = 0; start < rows; start += ROWS) {
      const row = tl.col(start + tl.arange(0, ROWS)); // [ROWS, 1]
      const mask = row < rows && tl.row(column) < columns;
      sum += tl.sum(tl.load(x + row * columns + tl.row(column), { mask }), 0);
    }
    tl.store(out + column, sum, { mask: column < columns });
  },
  () => ({ tl }),
);

/**
 * The gradient on the other side of a relu, in place: 0 where the relu gave 0.
 * Grid: `cdiv(n, BLOCK)`.
 */
export const reluBackward = jit(
  function reluBackward(gradient: Pointer, output: Pointer, n: number, { BLOCK = 1024 }) {
    const offsets = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    const mask = offsets < n;
    const passed = tl.load(output + offsets, { mask }) > 0;
    const kept = tl.where(passed, tl.load(gradient + offsets, { mask }), 0);
    tl.store(gradient + offsets, kept, { mask });
  },
  () => ({ tl }),
);

/**
 * One step of gradient descent with momentum: `velocity = MOMENTUM * velocity + gradient`, then
 * `parameter -= rate * velocity`. Grid: `cdiv(n, BLOCK)`.
 */
export const descend = jit(
  function descend(
    parameter: Pointer,
    velocity: Pointer,
    gradient: Pointer,
    n: number,
    rate: number = tl.f32,
    { BLOCK = 1024, MOMENTUM = 0.9 },
  ) {
    const offsets = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    const mask = offsets < n;
    const slope = tl.load(gradient + offsets, { mask });
    const speed = MOMENTUM * tl.load(velocity + offsets, { mask }) + slope;
    tl.store(velocity + offsets, speed, { mask });
    tl.store(parameter + offsets, tl.load(parameter + offsets, { mask }) - rate * speed, { mask });
  },
  () => ({ tl }),
);
