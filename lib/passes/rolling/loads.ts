/**
 * Which loads may be put off until what they read is needed, and be repeated: those whose memory
 * nothing changes until then.
 */

import { type Graph, type Op, type Region, type Value, walk } from "../../ir/graph.ts";
import { elementwise, OPS } from "../../ir/ops.ts";
import { isPointer } from "../../ir/type.ts";

/**
 * @param isPassedOn True for operations whose results are made where they are needed, too.
 * @param sameBuffer True when two pointer parameters may share a buffer.
 */
export function movableLoads(
  graph: Graph,
  isPassedOn: (op: Op) => boolean,
  sameBuffer: (a: string, b: string) => boolean,
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
  sameBuffer: (a: string, b: string) => boolean,
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
  const base = baseOf(load)!, isYielded = region.yields.some((x) => affected.has(x));
  for (let i = index + 1; i < region.ops.length; i++) {
    const op = region.ops[i]!;
    if (i > last && !isYielded) return true;
    // Where elements stay in their places each block is read before it is written, and no other is.
    const inPlace = op.name === "store" && i === last && !isYielded && stays &&
      op.operand(0) === load.operand(0);
    if (!inPlace && changes(op, base, sameBuffer)) return false;
  }
  return true;
}

/** True when an operation, or one inside it, may change the memory of a parameter. */
function changes(op: Op, base: string, sameBuffer: (a: string, b: string) => boolean): boolean {
  const one = (inner: Op) => {
    const other = baseOf(inner);
    return OPS[inner.name].traits?.includes("writes") && other !== undefined &&
      sameBuffer(base, other);
  };
  let found = one(op) ?? false;
  for (const region of op.regions) walk(region, (inner) => found ||= one(inner) ?? false);
  return found;
}

function baseOf(op: Op): string | undefined {
  const element = op.operands[0]?.type.element;
  return element && isPointer(element) ? element.base : undefined;
}
