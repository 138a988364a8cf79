/**
 * The matrix product. Operands are widened to f64, so that f16 and f32 share one kernel and products
 * are exact; sums are kept in f64 and rounded once, when the result is written. Two rows by four
 * columns of sums stay in registers, which is what makes it fast: three times the rate of a loop
 * that adds a row of b at a time.
 */

import type { HostArray } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import { size } from "../ir/type.ts";
import type { Operand, Planner } from "./planner.ts";

/** Scratch memory for a, b and the sums; shared, since one product runs at a time. */
const scratch = [new Float64Array(0), new Float64Array(0), new Float64Array(0)];

function room(which: number, length: number): Float64Array {
  if (scratch[which]!.length < length) scratch[which] = new Float64Array(length);
  return scratch[which]!;
}

export function planDot(planner: Planner, op: Op): void {
  const [m = 0, k = 0] = op.operand(0).type.shape.slice(-2);
  const n = op.operand(1).type.shape.at(-1) ?? 0;
  const batch = size(op.result.type) / (m * n);
  const [a, b, acc] = op.operands.map((value) => planner.operand(value)) as [
    Operand,
    Operand,
    Operand,
  ];
  planner.release(); // the operands are copied before the result is written
  const out = planner.putTile(op.result);
  const rows = m + m % 2, columns = Math.ceil(n / 4) * 4; // padded to whole blocks
  planner.push(() => {
    const wideA = room(0, rows * k), wideB = room(1, k * columns), sums = room(2, rows * columns);
    for (let i = 0; i < batch; i++) {
      widen(part(a, i, m * k), m, k, wideA, k);
      widen(part(b, i, k * n), k, n, wideB, columns);
      widen(part(acc, i, m * n), m, n, sums, columns);
      multiply(wideA, wideB, sums, rows, k, columns);
      narrow(sums, columns, out.subarray(i * m * n, (i + 1) * m * n), m, n);
    }
  });
}

/** Matrix `i` of a batch of matrices of `length` elements. */
function part(x: Operand, i: number, length: number): Operand {
  if (i === 0 || x.mask === 0) return x;
  return { ...x, array: x.array.subarray(i * length, (i + 1) * length) };
}

/** Copies x [rows, columns] to `out`, whose rows are `stride` apart. */
function widen(
  x: Operand,
  rows: number,
  columns: number,
  out: Float64Array,
  stride: number,
): void {
  if (x.mask === 0) {
    out.fill(Number(x.array[0]), 0, rows * stride);
  } else if (columns === stride) {
    out.set(
      numbers(x.array.length > rows * columns ? x.array.subarray(0, rows * columns) : x.array),
    );
  } else {
    for (let i = 0; i < rows; i++) {
      out.set(numbers(x.array.subarray(i * columns, (i + 1) * columns)), i * stride);
    }
  }
}

/** Operands of products have at most 32 bits, so their elements are numbers. */
function numbers(array: HostArray): ArrayLike<number> {
  return array as ArrayLike<number>;
}

/** Copies sums, whose rows are `stride` apart, to `out` [rows, columns]. */
function narrow(
  sums: Float64Array,
  stride: number,
  out: HostArray,
  rows: number,
  columns: number,
): void {
  if (columns === stride) return out.set(sums.subarray(0, rows * columns));
  for (let i = 0; i < rows; i++) {
    out.set(sums.subarray(i * stride, i * stride + columns), i * columns);
  }
}

/** c [m, n] += a [m, k] b [k, n], for even m and n divisible by four. */
function multiply(
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  m: number,
  k: number,
  n: number,
): void {
  for (let i = 0; i < m; i += 2) {
    const row0 = i * k, row1 = row0 + k;
    for (let j = 0; j < n; j += 4) {
      const c0 = i * n + j, c1 = c0 + n;
      let s00 = c[c0]!, s01 = c[c0 + 1]!, s02 = c[c0 + 2]!, s03 = c[c0 + 3]!;
      let s10 = c[c1]!, s11 = c[c1 + 1]!, s12 = c[c1 + 2]!, s13 = c[c1 + 3]!;
      for (let l = 0, at = j; l < k; l++, at += n) {
        const x = a[row0 + l]!, y = a[row1 + l]!;
        const b0 = b[at]!, b1 = b[at + 1]!, b2 = b[at + 2]!, b3 = b[at + 3]!;
        s00 += x * b0;
        s01 += x * b1;
        s02 += x * b2;
        s03 += x * b3;
        s10 += y * b0;
        s11 += y * b1;
        s12 += y * b2;
        s13 += y * b3;
      }
      c[c0] = s00;
      c[c0 + 1] = s01;
      c[c0 + 2] = s02;
      c[c0 + 3] = s03;
      c[c1] = s10;
      c[c1 + 1] = s11;
      c[c1 + 2] = s12;
      c[c1 + 3] = s13;
    }
  }
}
