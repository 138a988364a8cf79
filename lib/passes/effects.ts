/** What operations do besides computing their results. */

import { type Op, walk } from "../ir/graph.ts";
import { OPS } from "../ir/ops.ts";
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
