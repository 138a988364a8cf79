/** Scans, one element after the other. */

import type { HostArray } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import { elementwise } from "../ir/ops.ts";
import { evaluateOf, useKey } from "./elementwise.ts";
import { instantiate, scanLoop } from "./loops.ts";
import { type Planner, runAll, type Step } from "./planner.ts";
import { withArrays } from "./reduce.ts";

export function planScan(planner: Planner, op: Op): void {
  const { shape } = op.operand(0).type, axis = op.number("axis"), n = shape[axis]!;
  const product = (dims: readonly number[]) => dims.reduce((p, dim) => p * dim, 1);
  const outer = product(shape.slice(0, axis)), inner = product(shape.slice(axis + 1));
  const reverse = op.attributes["reverse"] === true;
  withArrays(planner, op.operands, [], (xs) => {
    const outs = op.results.map((result) => planner.putTile(result));
    planner.push(
      one(op, outer, n, inner, reverse, xs, outs) ??
        each(planner, op, outer, n, inner, reverse, xs, outs),
    );
  });
}

/** For a combine function of one elementwise operation, as in running sums: one loop. */
function one(
  op: Op,
  outer: number,
  n: number,
  inner: number,
  reverse: boolean,
  [x]: readonly HostArray[],
  [out]: readonly HostArray[],
): Step | undefined {
  const { ops, params, yields } = op.region(0);
  const [combine, ...others] = ops, row = combine && elementwise(combine.name);
  const fits = row && others.length === 0 && params.length === 2 && combine.operands.length === 2 &&
    combine.operands[0] === params[0] && combine.operands[1] === params[1] &&
    yields[0] === combine.result;
  if (!fits) return undefined;
  const key = useKey(combine), f = evaluateOf(combine, row, key);
  const loop = instantiate(scanLoop, key);
  return () => loop(f, outer, n, inner, reverse, out!, x!);
}

/** For any other: the whole of it on each element and the one before. */
function each(
  planner: Planner,
  op: Op,
  outer: number,
  n: number,
  inner: number,
  reverse: boolean,
  xs: readonly HostArray[],
  outs: readonly HostArray[],
): Step {
  const { numbers } = planner.frame, combine = op.region(0), count = xs.length;
  const params = combine.params.map((param) => planner.putNumber(param));
  const yields: number[] = [];
  const steps = planner.region(combine, () => {
    for (const value of combine.yields) yields.push(planner.slot(value));
  });
  const step = reverse ? -inner : inner, first = reverse ? (n - 1) * inner : 0;
  return () => {
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let at = o * n * inner + first + i;
        for (let k = 0; k < count; k++) outs[k]![at] = xs[k]![at]!;
        for (let j = 1; j < n; j++) {
          for (let k = 0; k < count; k++) {
            numbers[params[k]!] = outs[k]![at]!;
            numbers[params[count + k]!] = xs[k]![at + step]!;
          }
          at += step;
          runAll(steps);
          for (let k = 0; k < count; k++) outs[k]![at] = numbers[yields[k]!]!;
        }
      }
    }
  };
}
