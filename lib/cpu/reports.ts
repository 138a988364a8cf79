/** What a program prints, at once, and assertions, which end the launch where they fail. */

import { DTYPES } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import {
  accessError,
  assertionError,
  printText,
  type ReportedElement,
  siteOf,
} from "../ir/reports.ts";
import { size } from "../ir/type.ts";
import type { Operand, Planner } from "./planner.ts";

function maskOf(planner: Planner, op: Op): Operand {
  const [, mask] = op.operands;
  return mask ? planner.operand(mask) : planner.constant(DTYPES.bool, 1);
}

export function planPrint(planner: Planner, op: Op): void {
  const { frame } = planner, site = siteOf(frame.graph.name, op), n = size(site.type);
  const x = planner.operand(op.operand(0)), mask = maskOf(planner, op);
  planner.push(() => {
    const elements: ReportedElement[] = [];
    for (let index = 0; index < n; index++) {
      if (mask.array[index & mask.mask] === 0) continue;
      elements.push({ index, value: x.array[index & x.mask]! });
    }
    if (elements.length > 0) frame.print(printText(site, frame.program, elements));
  });
}

export function planAssert(planner: Planner, op: Op): void {
  const { frame } = planner, site = siteOf(frame.graph.name, op), n = size(site.type);
  const x = planner.operand(op.operand(0)), mask = maskOf(planner, op);
  planner.push(() => {
    let first = -1, failed = 0;
    for (let index = 0; index < n; index++) {
      if (mask.array[index & mask.mask] === 0 || x.array[index & x.mask] !== 0) continue;
      if (failed++ === 0) first = index;
    }
    if (failed > 0) throw assertionError(site, frame.program, first, failed - 1);
  });
}

export function planCheckBounds(planner: Planner, op: Op): void {
  const { frame } = planner, site = siteOf(frame.graph.name, op), n = size(site.type);
  const [index, length, outside] = op.operands.map((operand) => planner.operand(operand));
  planner.push(() => {
    for (let i = 0; i < n; i++) {
      if (outside!.array[i & outside!.mask] === 0) continue;
      const at = Number(index!.array[i & index!.mask]);
      throw accessError(site, frame.program, at, Number(length!.array[0]));
    }
  });
}
