/** How each operation that is not elementwise becomes steps. */

import { type DTypeName, DTYPES, roundTo } from "../ir/dtype.ts";
import type { Op, Value } from "../ir/graph.ts";
import type { StructuralName } from "../ir/ops.ts";
import { sameShape } from "../ir/type.ts";
import { planFor, planIf, planWhile } from "./control.ts";
import { planDot } from "./dot.ts";
import { planAtomic } from "./atomics.ts";
import { planGatherAlong } from "./gather.ts";
import { gather, instantiate } from "./loops.ts";
import { planMap } from "./map.ts";
import { planLoad, planStore } from "./memory.ts";
import type { Planner } from "./planner.ts";
import { planReduce } from "./reduce.ts";
import { planAssert, planCheckBounds, planPrint } from "./reports.ts";
import { planScan } from "./scan.ts";
import { planHistogram, planSort, planSortBy } from "./sort.ts";
import { planPut, planTake } from "./stacks.ts";

export const STRUCTURAL = {
  program_id: planGrid("program"),
  num_programs: planGrid("grid"),
  constant(planner: Planner, op: Op): void {
    const dtype = DTYPES[op.attributes["dtype"] as DTypeName];
    planner.put(op.result, planner.number(roundTo(dtype, op.value)));
  },
  arange(planner: Planner, op: Op): void {
    const start = op.number("start"), n = op.number("end") - start;
    planner.putFixed(op.result, Int32Array.from({ length: n }, (_, i) => start + i));
  },
  splat: same,
  expand_dims: same,
  reshape: same,
  convert_layout: same,
  broadcast(planner: Planner, op: Op): void {
    const { shape } = op.operand(0).type;
    const steps = strides(shape).map((stride, dim) => shape[dim] === 1 ? 0 : stride);
    planGather(planner, op, sameShape(shape, op.result.type.shape), steps);
  },
  permute(planner: Planner, op: Op): void {
    const order = op.numbers("order"), { shape } = op.operand(0).type;
    const from = strides(shape);
    const long = order.filter((dim) => shape[dim] !== 1);
    const inOrder = long.every((dim, i) => i === 0 || dim > long[i - 1]!);
    planGather(planner, op, inOrder, order.map((dim) => from[dim]!));
  },
  take: planTake,
  put: planPut,
  unstack: same,
  reduce: planReduce,
  gather: planGatherAlong,
  scan: planScan,
  sort: planSort,
  sort_by: planSortBy,
  merge: planSort,
  histogram: planHistogram,
  dot: planDot,
  subgroup_dot: planDot,
  lane_dot: planDot,
  load: planLoad,
  store: planStore,
  atomic_rmw: planAtomic,
  atomic_cas: planAtomic,
  barrier: () => {}, // programs run alone
  map: planMap,
  print: planPrint,
  assert: planAssert,
  check_bounds: planCheckBounds,
  for: planFor,
  while: planWhile,
  if: planIf,
} satisfies Record<StructuralName, (planner: Planner, op: Op) => void>;

/** An operation whose result is a component of the grid's size or of the program's index. */
function planGrid(what: "program" | "grid"): (planner: Planner, op: Op) => void {
  return (planner, op) => {
    const { frame } = planner, slot = planner.putNumber(op.result), axis = op.number("axis");
    planner.push(() => void (frame.numbers[slot] = frame[what][axis]!));
  };
}

/** An operation that changes the type alone: the result shares the operand's place. */
function same(planner: Planner, op: Op): void {
  planner.put(op.result, planner.place(op.operand(0)));
}

/** An operation that takes each element from somewhere: `steps` says how far a step along each dimension goes. */
function planGather(planner: Planner, op: Op, trivial: boolean, steps: readonly number[]): void {
  const x = planner.place(op.operand(0));
  if (trivial || x.kind === "number") return same(planner, op);
  const index = gatherIndex(op.result, steps), from = x.buffer.array;
  const out = planner.putTile(op.result), n = out.length;
  const loop = instantiate(gather, x.buffer.dtype.name);
  planner.push(() => loop(n, out, from, index));
}

/** For each element of a tile, the index of the element that it is taken from. */
function gatherIndex(value: Value, steps: readonly number[]): Int32Array {
  const { shape } = value.type;
  let index = new Int32Array(1);
  for (let dim = 0; dim < shape.length; dim++) {
    const length = shape[dim]!, step = steps[dim]!;
    const longer = new Int32Array(index.length * length);
    for (let i = 0, at = 0; i < index.length; i++) {
      for (let j = 0; j < length; j++, at++) longer[at] = index[i]! + j * step;
    }
    index = longer;
  }
  return index;
}

/** How far apart neighbours along each dimension lie in row-major order. */
function strides(shape: readonly number[]): number[] {
  return shape.map((_, dim) =>
    shape.slice(dim + 1).reduce((product, length) => product * length, 1)
  );
}
