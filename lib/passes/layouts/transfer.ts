/**
 * How layouts pass through operations that compute each element of their result from one element of
 * each operand, in the same invocation: elementwise operations and those that rename dimensions.
 */

import { elementwise, OPS } from "../../ir/ops.ts";
import type { Op, Region, Value } from "../../ir/graph.ts";
import {
  collapsed,
  expanded,
  inverseOrder,
  permuted,
  reshaped,
  sliced,
} from "../../layout/layouts.ts";
import type { LinearLayout } from "../../layout/linear_layout.ts";

export function isTile(value: Value): boolean {
  return value.type.shape.length > 0;
}

/** True for operations that keep elements where they are and change coordinates only. */
export function isRenaming(op: Op): boolean {
  return op.name === "expand_dims" || op.name === "permute" || op.name === "reshape" ||
    op.name === "broadcast";
}

/** True for elementwise operations. */
export function isElementwise(op: Op): boolean {
  return elementwise(op.name) !== undefined;
}

export function isCheap(op: Op): boolean {
  return OPS[op.name].traits?.includes("cheap") ?? false;
}

/**
 * The layout in which operand `x` of an elementwise, renaming or memory operation has to be, so that
 * each invocation can make its elements of a result laid out by `layout`.
 */
export function operandLayout(op: Op, x: Value, layout: LinearLayout): LinearLayout | undefined {
  const { shape } = x.type;
  if (shape.length === 0) return undefined;
  switch (op.name) {
    case "expand_dims":
      return sliced(layout, op.number("axis"));
    case "permute":
      return permuted(layout, inverseOrder(op.numbers("order")));
    case "reshape":
      return reshaped(layout, shape);
    case "broadcast":
      return shape.reduce(
        (result, dim, d) => dim === result.shape[d] ? result : collapsed(result, d),
        layout,
      );
    default:
      return layout;
  }
}

/**
 * The layout of a renaming operation's result when its operand stays in `layout`. A broadcast gives
 * none: an operand's layout does not say who should hold the copies.
 */
export function resultLayout(op: Op, layout: LinearLayout): LinearLayout | undefined {
  switch (op.name) {
    case "expand_dims":
      return expanded(layout, op.number("axis"));
    case "permute":
      return permuted(layout, op.numbers("order"));
    case "reshape":
      return reshaped(layout, op.result.type.shape);
    default:
      return undefined;
  }
}

/** Values of a region operation that are one value at different times, so must share a layout. */
export interface Joined {
  /** What flows in from before: a loop's initial value. */
  readonly inits: readonly Value[];
  /** What regions see it as. */
  readonly params: readonly Value[];
  /** What regions hand back. */
  readonly yields: readonly Value[];
  readonly result: Value;
}

/** True for loops and branches. */
export function isControl(op: Op): boolean {
  return op.name === "for" || op.name === "while" || op.name === "if";
}

/** The tiles that a loop carries or an `if` merges; none for other operations. */
export function joinedValues(op: Op): Joined[] {
  if (!isControl(op)) return [];
  const inits = op.name === "for" ? op.operands.slice(3) : op.name === "while" ? op.operands : [];
  const yielding: readonly Region[] = op.name === "if" ? op.regions : op.regions.slice(-1);
  const params = op.name === "for"
    ? [op.region(0).params.slice(1)]
    : op.name === "while"
    ? op.regions.map((region) => region.params)
    : [];
  return op.results.map((result, i) => ({
    inits: inits.slice(i, i + 1),
    params: params.map((list) => list[i]!),
    yields: yielding.map((region) => region.yields[i]!),
    result,
  })).filter(({ result }) => isTile(result));
}
