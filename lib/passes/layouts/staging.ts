/**
 * Loads that feed matrix products. A product keeps its operands in workgroup memory as vectors along
 * the rows of `a` and along the columns of `b`, since a step along k reads several of either. So a
 * thread had best hold neighbours along that dimension, whichever way the matrix lies in memory.
 */

import { type Graph, type Op, type Value, walk } from "../../ir/graph.ts";
import { size } from "../../ir/type.ts";
import {
  blocked,
  columnResult,
  columnsOfB,
  consecutive,
  inverseOrder,
  laneDotA,
  laneDotResult,
  permuted,
  threadTile,
} from "../../layout/layouts.ts";
import type { LinearLayout } from "../../layout/linear_layout.ts";
import type { Threads } from "./access.ts";
import { isElementwise, joinedValues } from "./transfer.ts";

/** A layout for what is loaded, by the dimension along which that lies side by side in memory. */
type Wanted = (fastest: number) => LinearLayout;

/**
 * For each load that feeds products by lanes (`lane_dot`) or of few rows, the layout in which they want it,
 * since they read registers. A processor that plays the GPU makes one access for each element, whatever
 * the layout; where there are few rows, nobody but the thread itself needs what it loads of b. And for
 * each that is sorted by keys, or is the keys: its elements go through the lanes in order.
 */
export function operandLayouts(
  graph: Graph,
  threads: Threads,
  fastest: (load: Op) => number,
): ReadonlyMap<Op, LinearLayout> {
  const found = new Map<Op, LinearLayout>(), sources = joinedSources(graph);
  const follow = (value: Value, wanted: Wanted, seen = new Set<Value>()): void => {
    if (seen.has(value)) return;
    seen.add(value);
    const joined = sources.get(value);
    if (joined) return joined.forEach((source) => follow(source, wanted, seen));
    const { def } = value;
    if (def?.name === "load") {
      if (!found.has(def)) found.set(def, wanted(fastest(def)));
    } else if (def?.name === "permute") {
      const order = def.numbers("order"), back = inverseOrder(order);
      follow(def.operand(0), (dim) => permuted(wanted(order.indexOf(dim)), back), seen);
    } else if (def && isElementwise(def)) {
      for (const operand of def.operands) follow(operand, wanted, seen);
    }
  };
  walk(graph.body, (op) => {
    if (op.name === "sort_by") {
      const layout = consecutive({ length: size(op.result.type), ...threads });
      for (const operand of op.operands) follow(operand, () => layout);
    }
    if (op.name !== "lane_dot" && op.name !== "dot") return;
    const [M, N] = op.result.type.shape.slice(-2) as [number, number];
    const [a, b] = op.operands as [Value, Value, Value], K = a.type.shape.at(-1)!;
    const sizes = { M, N, ...threads };
    if (op.name === "lane_dot") {
      const result = laneDotResult(sizes);
      follow(a, () => laneDotA(result, K));
      follow(b, (dim) => columnsOfB(result, K, dim));
    } else if (a.type.shape.length === 2) {
      const result = columnResult(sizes, K);
      if (!result) return;
      const vectors = { shape: [M, K], registersPerThread: [VECTOR, 1], ...threads };
      follow(a, (dim) => blocked({ ...vectors, order: [dim, 1 - dim] }));
      follow(b, (dim) => columnsOfB(result, K, dim));
    }
  });
  return found;
}

/** For each load that feeds products, the dimension along which they read vectors of it. */
export function stagedDimensions(graph: Graph, threads: number): ReadonlyMap<Op, number> {
  const found = new Map<Op, number>(), sources = joinedSources(graph);
  /** Follows an operand back to loads of its shape; `dim` is the dimension of vectors. */
  const follow = (value: Value, dim: number, seen: Set<Value>): void => {
    if (seen.has(value)) return;
    seen.add(value);
    const joined = sources.get(value);
    if (joined) return joined.forEach((source) => follow(source, dim, seen));
    const { def } = value;
    if (def?.name === "load") {
      if (!found.has(def)) found.set(def, dim);
    } else if (def?.name === "permute") {
      follow(def.operand(0), def.numbers("order")[dim]!, seen);
    } else if (def?.name === "reshape") {
      const from = sameDimension(def.operand(0).type.shape, def.result.type.shape, dim);
      if (from !== undefined) follow(def.operand(0), from, seen);
    } else if (def && isElementwise(def)) {
      for (const operand of def.operands) follow(operand, dim, seen);
    }
  };
  walk(graph.body, (op) => {
    if (op.name !== "dot") return;
    const { shape } = op.result.type, N = shape.at(-1)!;
    const [rows, columns] = threadTile(size(op.result.type) / N, N, threads);
    if (rows >= VECTOR) follow(op.operand(0), shape.length - 2, new Set());
    if (columns >= VECTOR) follow(op.operand(1), shape.length - 1, new Set());
  });
  return found;
}

/** The loads that feed products on matrix units as they are, which can take 16 bytes at once. */
export function unitOperands(graph: Graph): ReadonlySet<Op> {
  const found = new Set<Op>(), seen = new Set<Value>();
  const sources = joinedSources(graph);
  const follow = (value: Value): void => {
    if (seen.has(value)) return;
    seen.add(value);
    if (value.def?.name === "load") found.add(value.def);
    sources.get(value)?.forEach(follow);
  };
  walk(graph.body, (op) => {
    if (op.name === "subgroup_dot") op.operands.slice(0, 2).forEach(follow);
  });
  return found;
}

/** Where the values come from that loops carry and branches merge. */
function joinedSources(graph: Graph): ReadonlyMap<Value, readonly Value[]> {
  const sources = new Map<Value, readonly Value[]>();
  walk(graph.body, (op) => {
    for (const { inits, params, yields, result } of joinedValues(op)) {
      for (const value of [...params, result]) sources.set(value, [...inits, ...yields]);
    }
  });
  return sources;
}

/** The dimension of `from` that a reshape to `to` leaves as it is and calls `dim`, if there is one. */
function sameDimension(
  from: readonly number[],
  to: readonly number[],
  dim: number,
): number | undefined {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  const found = from.findIndex((size, d) =>
    size === to[dim] && product(from.slice(0, d)) === product(to.slice(0, dim))
  );
  return found < 0 ? undefined : found;
}

/** The elements of the vectors that a product reads. */
export const VECTOR = 4;
