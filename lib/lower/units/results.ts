/**
 * Sums that leave matrices for registers, by way of workgroup memory: each warp writes some of its
 * matrices at a time to a piece of its own, and its lanes read them in vectors.
 */

import type { Expr, Memory } from "../../ir/invocation.ts";
import type { LinearLayout } from "../../layout/linear_layout.ts";
import type { Context } from "../context.ts";
import { add, int, mul, op as operation } from "../expr.ts";
import { registerCoordinate, registerCount, threadCoordinate } from "../registers.ts";
import type { Matrices, Product } from "./product.ts";
import { PADDING, type SharedPlan } from "./staging.ts";
import { WORDS } from "./words.ts";

/** Sums in an item of workgroup memory, which is of words so that operands and sums may share it. */
const VECTOR = 4;

/** A part of a warp's block, counted in matrices. */
export interface Part {
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
}

/** Matrices that are written at a time, along rows and along columns of a warp's block. */
type Batch = readonly [rows: number, columns: number];

/** Vectors from one row to the next where so many columns of matrices lie side by side. */
function strideOf({ unit: [, n], sum }: Product, columns: number): number {
  return (columns * n + PADDING / sum.bytes) / VECTOR;
}

/** The workgroup array for so many matrices at a time. */
function plan(product: Product, [rows, columns]: Batch): SharedPlan {
  const warps = product.warps[0] * product.warps[1];
  const items = rows * product.unit[0] * strideOf(product, columns);
  return { type: WORDS, dims: [warps, items], panels: true };
}

/** The workgroup array without which results cannot be had. */
export function leastResults(product: Product): SharedPlan {
  return plan(product, [1, 1]);
}

/** As many matrices at a time as workgroup memory takes, since each time all wait for each other twice. */
function batchFor(context: Context, product: Product, toCome: readonly SharedPlan[]): Batch {
  const { emitter, options } = context;
  let [rows, columns] = product.block;
  const fits = () =>
    emitter.sharedBytesWith([plan(product, [rows, columns]), ...toCome]) <= options.workgroupBytes;
  while (columns > 1 && !fits()) columns /= 2;
  while (rows > 1 && !fits()) rows /= 2;
  return [rows, columns];
}

/**
 * What matrices hold as packets of the layout of `subgroupDotResult`.
 *
 * @param toCome The workgroup arrays for which to leave room.
 * @param compute Called for each part of the matrices before it is written.
 */
export function unload(
  context: Context,
  { product, names }: Matrices,
  layout: LinearLayout,
  toCome: readonly SharedPlan[],
  compute?: (part: Part) => void,
): Expr[] {
  const { emitter, options } = context, { unit: [m, n], block, sum } = product;
  const [rows, columns] = batchFor(context, product, toCome);
  const stride = strideOf(product, columns);
  const { type, dims } = plan(product, [rows, columns]);
  const array = emitter.sharedArray(type, dims, { panels: true });
  const memory: Memory[] = [{ scope: "workgroup", name: array.name }];
  const total = Math.log2(options.invocations), first = Math.log2(options.subgroupSize);
  const warps = product.warps[0] * product.warps[1];
  const warp = warps === 1
    ? int(0)
    : emitter.bindOutside(emitter.invocationBits(first, total - first, total), "warp");
  const lane = (dim: 0 | 1, size: number) =>
    operation("and", [threadCoordinate(emitter, layout, dim), int(size - 1)]);
  const place = emitter.bindOutside(
    add(mul(lane(0, m), int(stride)), operation("shr", [lane(1, n), int(Math.log2(VECTOR))])),
    "place",
  );
  const packets: Expr[] = [];
  for (let top = 0; top < block[0]; top += rows) {
    for (let left = 0; left < block[1]; left += columns) {
      compute?.({ top, left, rows, columns });
      emitter.phase([], memory, () => {
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) {
            emitter.emit({
              kind: "store_matrix",
              name: names[(top + i) * block[1] + left + j]!,
              place: {
                ...{ type: product.matrix("result"), array: array.name, indices: [warp] },
                ...{ offset: i * m * stride + j * n / VECTOR, stride, major: "row" },
              },
            });
          }
        }
      });
      emitter.phase(memory, [], () => {
        for (let register = 0; register < registerCount(layout); register += VECTOR) {
          const row = registerCoordinate(layout, register, 0) - top * m;
          const column = registerCoordinate(layout, register, 1) - left * n;
          if (row < 0 || row >= rows * m || column < 0 || column >= columns * n) continue;
          const index = add(place, int(row * stride + column / VECTOR));
          const read: Expr = {
            kind: "shared",
            ...{ array: array.name, indices: [warp, index], type: WORDS },
          };
          packets[register / VECTOR] = emitter.bind(
            operation("bitcast", [read], sum, { to: sum.name }),
            "sum",
          );
        }
      });
    }
  }
  return packets;
}
