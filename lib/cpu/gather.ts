/** Gathering along an axis: elements of a tile by computed indices. */

import type { Op } from "../ir/graph.ts";
import { elementOf } from "../ir/dtype.ts";
import { dtypeOf } from "../ir/type.ts";
import { gatherAlong, instantiate } from "./loops.ts";
import type { Planner } from "./planner.ts";

export function planGatherAlong(planner: Planner, op: Op): void {
  const axis = op.number("axis"), [x, index] = [op.operand(0), op.operand(1)];
  const inner = x.type.shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const from = x.type.shape[axis]!, to = index.type.shape[axis]!;
  const loop = instantiate(gatherAlong, `${dtypeOf(x.type).name} ${dtypeOf(index.type).name}`);
  const at = planner.operand(index), outside = elementOf(dtypeOf(x.type), 0);
  planner.withArray(x, (array) => {
    const out = planner.putTile(op.result), n = out.length;
    planner.push(() => loop(n, out, array, at.array, at.mask, from, to, inner, outside));
  });
}
