/**
 * Products without workgroup memory, for processors that play the GPU: there every lane's access to memory
 * of any kind is an instruction of its own, and it is registers that are cheap.
 *
 * *Assumes* a graph without layouts whose tiles have sizes that are powers of two, and a device with
 * subgroups. *Guarantees* the same results. *Leaves alone* batches, products of 64 bits, and those that
 * would be too long when written out.
 *
 *     %0 = dot %a, %b, %acc : tile<64x64xf32>
 *
 * becomes
 *
 *     %0 = lane_dot %a, %b, %acc : tile<64x64xf32>
 */

import type { Graph, Op } from "../ir/graph.ts";
import { dtypeOf, size } from "../ir/type.ts";
import { rewrite } from "./rewrite.ts";

/** Statements that a product may take, of 4 multiplications each. */
const MOST = 1024;

/** The graph with products by lanes, for programs of so many invocations. */
export function useLanes(graph: Graph, invocations: number): Graph {
  return rewrite(graph, (op, operands, { builder }) => {
    if (op.name !== "dot" || !fits(op, invocations)) return undefined;
    return builder.op("lane_dot", operands, { location: op.location }).results;
  });
}

function fits(op: Op, invocations: number): boolean {
  const { type } = op.result, K = op.operand(0).type.shape.at(-1)!;
  const statements = K * Math.max(size(type) / invocations / 4, 1);
  return type.shape.length === 2 && dtypeOf(type).bits <= 32 && statements <= MOST;
}
