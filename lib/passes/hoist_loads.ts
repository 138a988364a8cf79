/**
 * Hoisting: what a loop loads again in each iteration from memory that it leaves as it is, it loads
 * once before.
 *
 * Compilers of shaders move arithmetic out of loops, but not loads: two bindings may be one
 * buffer, for all that they know.
 *
 * *Assumes* a canonicalised graph without layouts. *Guarantees* the same results. *Leaves alone* loops
 * with atomics or barriers, where other programs may write what is loaded, and `while` loops.
 *
 *     for %i = %a to %b step %c {
 *       %p = ptr_add %weight, %at
 *       %w = load %p
 *       …
 *     }
 *
 * becomes
 *
 *     %p = ptr_add %weight, %at
 *     %w = load %p
 *     for %i = %a to %b step %c {
 *       …
 *     }
 *
 * A loop without iterations then loads for nothing, which WebGPU makes harmless.
 */

import { type Graph, type Op, type Region, type Value, walk } from "../ir/graph.ts";
import { bufferOf, changes, isPure, type SameBuffer, synchronises } from "./effects.ts";
import { rewrite } from "./rewrite.ts";

/** The graph with loads that are the same in each iteration of a loop before it, and so on outwards. */
export function hoistLoads(graph: Graph, sameBuffer: SameBuffer): Graph {
  const before = new Map<Op, readonly Op[]>(); // what comes before a loop
  walk(graph.body, (op) => {
    const same = op.name === "for" ? sameInEach(op.region(0), sameBuffer) : [];
    if (same.length > 0) before.set(op, same);
  });
  if (before.size === 0) return graph;
  const hoisted = new Set([...before.values()].flat());
  const result = rewrite(graph, (op, _, rewriter) => {
    if (hoisted.has(op) && rewriter.has(op.result)) return []; // where it stood
    before.get(op)?.forEach((same) => rewriter.visit(same));
    return undefined;
  });
  return hoistLoads(result, sameBuffer);
}

/** Loads in a loop's body that are the same in each iteration, and what their operands are computed by, in order. */
function sameInEach(body: Region, sameBuffer: SameBuffer): readonly Op[] {
  if (body.ops.some(synchronises)) return [];
  const varying = new Set<Value>(body.params), same: Op[] = [];
  const isSame = (op: Op): boolean => {
    if (op.regions.length > 0 || op.operands.some((operand) => varying.has(operand))) return false;
    if (op.name !== "load") return isPure(op);
    const buffer = bufferOf(op)!;
    return !body.ops.some((other) => changes(other, buffer, sameBuffer));
  };
  for (const op of body.ops) {
    if (isSame(op)) same.push(op);
    else op.results.forEach((result) => varying.add(result));
  }
  // Arithmetic is moved for the loads alone.
  const needed = new Set<Value>();
  return same.toReversed().filter((op) => {
    const isWanted = op.name === "load" || op.results.some((result) => needed.has(result));
    if (isWanted) op.operands.forEach((operand) => needed.add(operand));
    return isWanted;
  }).reverse();
}
