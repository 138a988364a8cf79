/** What is said when a program does what it must not. */

import type { Op } from "../ir/graph.ts";
import { accessError, problemError } from "../ir/reports.ts";
import type { Frame } from "./planner.ts";

/** Throws an error about an operation of the running program. */
export function fail(frame: Frame, op: Op, problem: string, remedy: string): never {
  const site = { kernel: frame.graph.name, location: op.location };
  throw problemError(site, frame.program, problem, remedy);
}

/** Throws the error for an access to element `index` of the parameter `base`, which is outside. */
export function failAccess(
  frame: Frame,
  op: Op,
  base: string,
  index: number,
  verb: string = op.name,
): never {
  const length = frame.memory.get(base)?.length ?? 0;
  const site = { kernel: frame.graph.name, location: op.location, base, text: verb };
  throw accessError(site, frame.program, index, length);
}
