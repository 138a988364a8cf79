/**
 * Reductions, as a tree: neighbours along the axis are combined until one is left. So the order of
 * elements is kept, and the error of a sum grows with the logarithm of the length.
 */

import type { HostArray } from "../ir/dtype.ts";
import type { Op, Region, Value } from "../ir/graph.ts";
import { elementwise } from "../ir/ops.ts";
import { dtypeOf } from "../ir/type.ts";
import { evaluateOf, useKey } from "./elementwise.ts";
import {
  combineInRows,
  combineNeighbours,
  instantiate,
  putNeighbours,
  takeNeighbours,
} from "./loops.ts";
import { type Planner, runAll } from "./planner.ts";
import type { Buffer } from "./pool.ts";

/** Plans one level: from arrays [outer, n, inner] to arrays [outer, ceil(n / 2), inner]. */
type Level = (from: readonly HostArray[], to: readonly HostArray[], n: number) => void;

export function planReduce(planner: Planner, op: Op): void {
  const { shape } = op.operand(0).type, axis = op.number("axis");
  const outer = product(shape.slice(0, axis)), inner = product(shape.slice(axis + 1));
  const combine = op.region(0),
    level = one(planner, combine, outer, inner) ??
      many(planner, combine, outer, inner) ?? pairwise(planner, combine, outer, inner);

  withArrays(planner, op.operands, [], (xs) => {
    const arrays = (length: number) =>
      op.operands.map((x) => planner.pool.take(dtypeOf(x.type), length));
    let from = xs;
    const taken: Buffer[] = [];
    for (let n = shape[axis]!; n > 1; n = (n + 1) >> 1) {
      const buffers = arrays(outer * ((n + 1) >> 1) * inner);
      taken.push(...buffers);
      const to = buffers.map((buffer) => buffer.array);
      level(from, to, n);
      from = to;
    }
    op.results.forEach((result, k) => putResult(planner, result, from[k]!));
    for (const buffer of taken) planner.pool.give(buffer);
  });
}

/** Puts a result where it can stay: all that is left of a tile is one number, or another tile. */
function putResult(planner: Planner, result: Value, x: HostArray): void {
  if (result.type.shape.length === 0) {
    const { numbers } = planner.frame, slot = planner.putNumber(result);
    planner.push(() => void (numbers[slot] = x[0]!));
  } else {
    const out = planner.putTile(result);
    planner.push(() => out.set(x));
  }
}

/** Calls `use` with arrays of all `values`, after those found already. */
export function withArrays(
  planner: Planner,
  values: readonly Value[],
  found: readonly HostArray[],
  use: (arrays: readonly HostArray[]) => void,
): void {
  const [value, ...others] = values;
  if (!value) return use(found);
  planner.withArray(value, (array) => withArrays(planner, others, [...found, array], use));
}

/** For a combine function of one elementwise operation, as in sums and extrema: one loop. */
function one(planner: Planner, combine: Region, outer: number, inner: number): Level | undefined {
  const [op, ...others] = combine.ops, [a, b] = combine.params;
  const row = op && elementwise(op.name);
  const fits = row && others.length === 0 && combine.params.length === 2 &&
    op.operands.length === 2 && op.operands[0] === a && op.operands[1] === b &&
    combine.yields[0] === op.result;
  if (!fits) return undefined;
  const key = useKey(op), f = evaluateOf(op, row, key);
  const loop = instantiate(inner === 1 ? combineInRows : combineNeighbours, key);
  return ([x], [out], n) => planner.push(() => loop(f, outer, n, inner, out!, x!));
}

/** For a combine function of several elementwise operations: each on all pairs of a level in turn. */
function many(planner: Planner, combine: Region, outer: number, inner: number): Level | undefined {
  const fits = combine.ops.every((op) => op.name === "constant" || elementwise(op.name));
  if (!fits) return undefined;
  return (from, to, n) => {
    const pairs = outer * (n >> 1) * inner;
    const operands = combine.params.map((param, p) => {
      const dtype = dtypeOf(param.type), buffer = planner.pool.take(dtype, pairs);
      const loop = instantiate(takeNeighbours, dtype.name);
      const x = from[p % from.length]!, which = p < from.length ? 0 : 1;
      planner.push(() => loop(outer, n, inner, buffer.array, x, which));
      planner.put(param, { kind: "tile", buffer });
      return buffer;
    });
    const steps = planner.lanes(combine, pairs, () => {
      combine.yields.forEach((value, k) => {
        const loop = instantiate(putNeighbours, dtypeOf(value.type).name);
        planner.withArray(value, (combined) => {
          planner.push(() => loop(outer, n, inner, to[k]!, from[k]!, combined));
        });
      });
    });
    planner.push(() => runAll(steps));
    for (const buffer of operands) planner.pool.give(buffer);
  };
}

/** For a combine function with control flow: the whole of it on one pair after another. */
function pairwise(planner: Planner, combine: Region, outer: number, inner: number): Level {
  const { numbers } = planner.frame;
  const params = combine.params.map((param) => planner.putNumber(param));
  const yields: number[] = [];
  const steps = planner.region(combine, () => {
    for (const value of combine.yields) yields.push(planner.slot(value));
  });
  return (from, to, n) => {
    const count = from.length, pairs = n >> 1, rows = (n + 1) >> 1;
    planner.push(() => {
      for (let o = 0; o < outer; o++) {
        for (let j = 0; j < rows; j++) {
          for (let i = 0; i < inner; i++) {
            const x = (o * n + 2 * j) * inner + i, out = (o * rows + j) * inner + i;
            for (let k = 0; k < count; k++) {
              numbers[params[k]!] = from[k]![x]!;
              if (j < pairs) numbers[params[count + k]!] = from[k]![x + inner]!;
            }
            if (j < pairs) runAll(steps);
            for (let k = 0; k < count; k++) {
              to[k]![out] = j < pairs ? numbers[yields[k]!]! : from[k]![x]!;
            }
          }
        }
      }
    });
  };
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((product, length) => product * length, 1);
}
