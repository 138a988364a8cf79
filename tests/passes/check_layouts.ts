/** What layout assignment guarantees, checked on a graph. */

import { type Graph, type Op, type Region, type Value, walk } from "../../lib/ir/graph.ts";
import { isAtomic } from "../../lib/ir/ops/atomics.ts";
import { sameShape } from "../../lib/ir/type.ts";
import { hasColumnsOfB, isLaneDotA, sliced } from "../../lib/layout/layouts.ts";
import type { LinearLayout } from "../../lib/layout/linear_layout.ts";
import {
  isElementwise,
  isRenaming,
  isTile,
  joinedValues,
  operandLayout,
} from "../../lib/passes/layouts/transfer.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** The conversions of a graph, each as `from -> to`. */
export function conversions(graph: Graph): string[] {
  const found: string[] = [];
  walk(graph.body, (op) => {
    if (op.name !== "convert_layout") return;
    found.push(`${op.operand(0).type.layout} -> ${op.result.type.layout}`);
  });
  return found;
}

/** Fails unless every tile has a sound layout and every operation finds its operands in place. */
export function checkLayouts(graph: Graph, lanes: number, warps: number): void {
  checkRegion(graph.body, (value) => {
    const { shape, layout } = value.type;
    if (shape.length === 0) return assertEquals(layout, undefined);
    assert(layout, "A tile has no layout");
    assert(sameShape(layout.shape, shape), `${layout} is not of the shape ${shape}`);
    assert(layout.isSurjective, `${layout} leaves elements out`);
    assertEquals(layout.free.register, 0, `${layout} holds copies in a thread's registers`);
    assertEquals([layout.sizeOf("lane"), layout.sizeOf("warp")], [lanes, warps]);
  });
}

function checkRegion(region: Region, checkValue: (value: Value) => void): void {
  region.params.forEach(checkValue);
  for (const op of region.ops) {
    op.results.forEach(checkValue);
    checkOp(op);
    for (const inner of op.regions) checkRegion(inner, checkValue);
  }
}

function checkOp(op: Op): void {
  const same = (value: Value, layout: LinearLayout | undefined) =>
    assert(
      value.type.layout === layout || value.type.layout?.equals(layout!),
      `An operand of ${op.name} is in ${value.type.layout}, not ${layout}`,
    );
  if (isElementwise(op) || isRenaming(op) || op.name === "load" || isAtomic(op)) {
    const { layout } = op.result.type;
    for (const x of op.operands) same(x, layout && operandLayout(op, x, layout));
  } else if (op.name === "store") {
    for (const x of op.operands) same(x, op.operand(0).type.layout);
  } else if (op.name === "dot") {
    same(op.operand(2), op.result.type.layout);
  } else if (op.name === "lane_dot") {
    const { layout } = op.result.type;
    same(op.operand(2), layout);
    assert(hasColumnsOfB(op.operand(1).type.layout!, layout!), "Lanes do not have b");
    assert(isLaneDotA(op.operand(0).type.layout!, layout!), "Lanes do not have a");
  } else if (op.name === "scan" || op.name === "sort" || op.name === "merge") {
    for (const value of [...op.operands, ...op.results]) same(value, op.results[0]!.type.layout);
  } else if (op.name === "gather") {
    same(op.operand(1), op.result.type.layout);
  } else if (op.name === "histogram") {
    for (const x of op.operands) same(x, op.operand(0).type.layout);
  } else if (op.name === "reduce") {
    const { layout } = op.operand(0).type;
    for (const x of op.operands) same(x, layout);
    for (const result of op.results) {
      if (isTile(result)) same(result, sliced(layout!, op.number("axis")));
    }
  } else if (op.name === "convert_layout") {
    assert(!op.operand(0).type.layout!.equals(op.result.type.layout!), "A conversion does nothing");
  }
  for (const { inits, params, yields, result } of joinedValues(op)) {
    for (const value of [...inits, ...params, ...yields]) same(value, result.type.layout);
  }
}
