/** Products on matrix units as the lowering sees them, and the sides of one. */

import type { DType } from "../../ir/dtype.ts";
import type { Op } from "../../ir/graph.ts";
import type { Expr, MatrixType } from "../../ir/invocation.ts";
import { dtypeOf } from "../../ir/type.ts";
import type { Context } from "../context.ts";
import { int } from "../expr.ts";

/** A product: [M, K] by [K, N]. */
export class Product {
  readonly shape: readonly [M: number, N: number, K: number];
  readonly unit: readonly [m: number, n: number, k: number];
  /** Warps that share the rows, and the columns. */
  readonly warps: readonly [rows: number, columns: number];
  /** Matrices in a warp's block. */
  readonly block: readonly [m: number, n: number];
  readonly component: DType;
  readonly sum: DType;

  constructor(op: Op) {
    const [M, K] = op.operand(0).type.shape as [number, number];
    const N = op.operand(1).type.shape[1]!;
    this.shape = [M, N, K];
    this.unit = op.numbers("unit") as [number, number, number];
    this.warps = op.numbers("warps") as [number, number];
    this.block = [M / this.warps[0] / this.unit[0], N / this.warps[1] / this.unit[1]];
    this.component = dtypeOf(op.operand(0).type);
    this.sum = dtypeOf(op.result.type);
  }

  matrix(role: MatrixType["role"]): MatrixType {
    const [m, n, k] = this.unit;
    if (role === "left") return { role, dtype: this.component, rows: m, columns: k };
    if (role === "right") return { role, dtype: this.component, rows: k, columns: n };
    return { role, dtype: this.sum, rows: m, columns: n };
  }
}

/** The sums of a product in matrices, by name: row after row of a warp's block. */
export interface Matrices {
  readonly product: Product;
  readonly names: readonly string[];
}

/** A part of a warp's block, counted in matrices. */
export interface Part {
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
}

/** The number of an operand, which is that of the dimension that the result has too. */
export type Side = 0 | 1;
export const SIDES = [0, 1] as const;
export const ROLES = ["left", "right"] as const;

export function each<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** Which panel of a, and of b, is a warp's. */
export function warpPlace(context: Context, { warps: [rows, columns] }: Product): [Expr, Expr] {
  const { emitter } = context, { subgroupSize, invocations } = context.options;
  const first = Math.log2(subgroupSize), total = Math.log2(invocations);
  const bits = (from: number, count: number, hint: string) =>
    count === 1
      ? int(0)
      : emitter.bindOutside(emitter.invocationBits(from, Math.log2(count), total), hint);
  return [bits(first + Math.log2(columns), rows, "row"), bits(first, columns, "column")];
}
