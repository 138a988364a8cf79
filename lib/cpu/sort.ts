/** Sorting along the last axis, and counting. */

import type { Op } from "../ir/graph.ts";
import type { Planner } from "./planner.ts";

export function planSort(planner: Planner, op: Op): void {
  const n = op.result.type.shape.at(-1)!, descending = op.attributes["descending"] === true;
  planner.withArray(op.operand(0), (x) => {
    const out = planner.putTile(op.result);
    planner.push(() => {
      out.set(x);
      for (let row = 0; row < out.length; row += n) {
        const sorted = out.subarray(row, row + n).sort();
        if (descending) sorted.reverse();
      }
    });
  });
}

export function planSortBy(planner: Planner, op: Op): void {
  const n = op.result.type.shape.at(-1)!, bins = op.number("bins");
  planner.withArray(op.operand(0), (x) => {
    planner.withArray(op.operand(1), (key) => {
      const out = planner.putTile(op.result), places = new Int32Array(bins + 1);
      planner.push(() => {
        for (let row = 0; row < out.length; row += n) {
          places.fill(0);
          for (let i = row; i < row + n; i++) places[Number(key[i]) + 1]!++;
          for (let bin = 1; bin < bins; bin++) places[bin]! += places[bin - 1]!;
          for (let i = row; i < row + n; i++) out[row + places[Number(key[i])]!++] = x[i]!;
        }
      });
    });
  });
}

export function planHistogram(planner: Planner, op: Op): void {
  const mask = op.operands[1] ? planner.operand(op.operands[1]) : undefined;
  planner.withArray(op.operand(0), (x) => {
    const out = planner.putTile(op.result), bins = out.length;
    planner.push(() => {
      out.fill(0);
      for (let i = 0; i < x.length; i++) {
        const bin = Number(x[i]);
        if (mask && mask.array[i & mask.mask] === 0) continue;
        if (bin >= 0 && bin < bins) out[bin] = Number(out[bin]) + 1;
      }
    });
  });
}
