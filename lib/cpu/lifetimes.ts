/** Which operation of a region uses each value last. */

import type { Op, Region, Value } from "../ir/graph.ts";

/** For each operation of a region, by its index: */
export interface LastUses {
  /** values that the region defines and that this operation, or one inside it, uses last */
  readonly operands: readonly Value[][];
  /** its own results that nothing uses */
  readonly results: readonly Value[][];
}

/**
 * The last uses of the parameters (unless they are `kept`) and results of a region. Values that it
 * yields have none; a parameter that nothing uses ends with the first operation.
 */
export function lastUses(region: Region, kept: boolean): LastUses {
  const last = new Map<Value, number>();
  if (!kept) { for (const param of region.params) last.set(param, 0); }
  const born = new Map<Value, number>();
  region.ops.forEach((op, i) => {
    for (const value of used(op)) if (last.has(value)) last.set(value, i);
    for (const value of op.results) {
      last.set(value, i);
      born.set(value, i);
    }
  });
  for (const value of region.yields) last.delete(value);
  const operands: Value[][] = region.ops.map(() => []),
    results: Value[][] = region.ops.map(() => []);
  for (const [value, i] of last) (born.get(value) === i ? results : operands)[i]?.push(value);
  return { operands, results };
}

/** Everything that an operation and those in its regions use. */
function* used(op: Op): Iterable<Value> {
  yield* op.operands;
  for (const region of op.regions) {
    for (const inner of region.ops) yield* used(inner);
    yield* region.yields;
  }
}
