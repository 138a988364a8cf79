/** What operations do besides computing their results. */

import { type Graph, type Op, walk } from "../ir/graph.ts";
import { OPS } from "../ir/ops.ts";
import { isPointer } from "../ir/type.ts";
import type { Trait } from "../ir/ops/row.ts";

function some(op: Op, trait: Trait): boolean {
  if (op.attributes["impure"] === true) return true;
  if (OPS[op.name].traits?.includes(trait)) return true;
  let found = false;
  for (const region of op.regions) {
    walk(region, (inner) => found ||= some(inner, trait));
  }
  return found;
}

/** True when an operation, or one inside it, changes memory: it must stay even when unused. */
export function writes(op: Op): boolean {
  return some(op, "writes");
}

/** True when an operation neither reads nor changes memory: it may be moved, merged and repeated. */
export function isPure(op: Op): boolean {
  return !some(op, "writes") && !some(op, "reads");
}

/**
 * True when an operation, or one inside it, may wait for other programs or be waited for: atomics, barriers,
 * code of the author's.
 */
export function synchronises(op: Op): boolean {
  const row = OPS[op.name].traits;
  if (op.attributes["impure"] === true) return true;
  if (row?.includes("reads") && row.includes("writes")) return true;
  return op.regions.some((region) => region.ops.some(synchronises));
}

/** Whether two pointer parameters may share a buffer. */
export type SameBuffer = (a: string, b: string) => boolean;

/** @param aliases For each pointer parameter in order, a number; parameters with equal numbers share a buffer. */
export function sameBufferIn(graph: Graph, aliases: readonly number[]): SameBuffer {
  const pointers = graph.params.filter((param) => isPointer(param.value.type.element));
  const groups = new Map(pointers.map(({ name }, i) => [name, aliases[i] ?? i]));
  return (a, b) => groups.get(a) === groups.get(b);
}

/** The pointer parameter whose buffer an operation reads or changes. */
export function bufferOf(op: Op): string | undefined {
  const element = op.operands[0]?.type.element;
  return element && isPointer(element) ? element.base : undefined;
}

/** True when an operation, or one inside it, may change a parameter's buffer. */
export function changes(op: Op, buffer: string, sameBuffer: SameBuffer): boolean {
  const other = bufferOf(op);
  if (other !== undefined && OPS[op.name].traits?.includes("writes") && sameBuffer(buffer, other)) {
    return true;
  }
  return op.regions.some((region) =>
    region.ops.some((inner) => changes(inner, buffer, sameBuffer))
  );
}
