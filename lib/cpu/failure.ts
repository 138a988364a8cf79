/** What is said when a program does what it must not. */

import { codeFrame, KernelError } from "../errors.ts";
import type { Op } from "../ir/graph.ts";
import type { Frame } from "./planner.ts";

/** Throws an error about an operation of the running program. */
export function fail(frame: Frame, op: Op, problem: string, remedy: string): never {
  const where = `${problem}, in program (${
    frame.program.join(", ")
  }) of kernel '${frame.graph.name}'`;
  const parts = [where, op.location ? codeFrame(op.location) : "", `help: ${remedy}`];
  throw new KernelError(parts.filter((part) => part !== "").join("\n\n"));
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
  const elements = length === 1 ? "1 element" : `${length} elements`;
  fail(
    frame,
    op,
    `Cannot ${verb} element ${index} of '${base}': the tensor has ${elements}`,
    `Give the ${verb} a mask that is false where the pointer leaves the tensor`,
  );
}
