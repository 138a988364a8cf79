/**
 * Which loads may be put off until what they read is needed, and be repeated: those whose memory
 * nothing changes until then.
 */

import type { Graph, Op, Region, Value } from "../../ir/graph.ts";
import { elementwise } from "../../ir/ops.ts";
import { bufferOf, changes, type SameBuffer } from "../effects.ts";

/**
 * @param isPassedOn True for operations whose results are made where they are needed, too.
 */
export function movableLoads(
  graph: Graph,
  isPassedOn: (op: Op) => boolean,
  sameBuffer: SameBuffer,
): ReadonlySet<Op> {
  const movable = new Set<Op>();
  const visit = (region: Region) => {
    region.ops.forEach((op, i) => {
      for (const inner of op.regions) visit(inner);
      if (op.name === "load" && isMovable(region, i, isPassedOn, sameBuffer)) movable.add(op);
    });
  };
  visit(graph.body);
  return movable;
}

function isMovable(
  region: Region,
  index: number,
  isPassedOn: (op: Op) => boolean,
  sameBuffer: SameBuffer,
): boolean {
  const load = region.ops[index]!;
  /** The load's result and what is computed from it where it is needed. */
  const affected = new Set<Value>(load.results);
  const uses = (op: Op): boolean =>
    op.operands.some((x) => affected.has(x)) ||
    op.regions.some((inner) => inner.ops.some(uses) || inner.yields.some((x) => affected.has(x)));
  let last = index, stays = true;
  region.ops.forEach((op, i) => {
    if (i <= index || !uses(op)) return;
    last = i;
    if (!isPassedOn(op)) return;
    op.results.forEach((result) => affected.add(result));
    stays &&= elementwise(op.name) !== undefined;
  });
  const buffer = bufferOf(load)!, isYielded = region.yields.some((x) => affected.has(x));
  for (let i = index + 1; i < region.ops.length; i++) {
    const op = region.ops[i]!;
    if (i > last && !isYielded) return true;
    // Where elements stay in their places each block is read before it is written, and no other is.
    const inPlace = op.name === "store" && i === last && !isYielded && stays &&
      op.operand(0) === load.operand(0);
    if (!inPlace && changes(op, buffer, sameBuffer)) return false;
  }
  return true;
}
