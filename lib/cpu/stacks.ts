/** Stacks: arrays of blocks, one after the other. */

import type { Op } from "../ir/graph.ts";
import { size } from "../ir/type.ts";
import type { Planner } from "./planner.ts";

export function planTake(planner: Planner, op: Op): void {
  const { numbers } = planner.frame, slot = planner.slot(op.operand(1));
  const length = size(op.result.type);
  planner.withArray(op.operand(0), (stack) => {
    const out = planner.putTile(op.result);
    planner.push(() => {
      const first = Number(numbers[slot]!) * length;
      out.set(stack.subarray(first, first + length));
    });
  });
}

export function planPut(planner: Planner, op: Op): void {
  const { numbers } = planner.frame, slot = planner.slot(op.operand(1));
  const block = op.operand(2), length = size(block.type);
  planner.withArray(block, (part) => {
    planner.withArray(op.operand(0), (stack) => {
      const out = planner.putTile(op.result);
      planner.push(() => {
        out.set(stack);
        out.set(part, Number(numbers[slot]!) * length);
      });
    });
  });
}
