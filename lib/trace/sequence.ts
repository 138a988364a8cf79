/**
 * Statement lists in which `break`, `continue` or `return` may happen on run-time conditions.
 *
 * The graph has no jumps. Leaving a list early sets a flag (`Tracer.flags`), which branches merge like
 * any variable, and what follows goes into an `if` on it. Where one branch of an `if` certainly
 * leaves, what follows goes into the other branch and no flag is needed.
 */

import { Value } from "../ir/graph.ts";
import { branch, emitIf } from "./merge.ts";
import type { Flag, Tracer } from "./tracer.ts";

/**
 * A part of a list. It gets the parts after it, and returns true when it has run them itself, within
 * a branch where control goes on.
 */
export type Step = (rest: () => void) => boolean | void;

/** Runs steps until control certainly leaves. */
export function runSteps(t: Tracer, steps: readonly Step[], from = 0): void {
  for (let i = from; i < steps.length; i++) {
    const rest = () => runSteps(t, steps, i + 1);
    if (steps[i]!(rest)) return;
    if (i + 1 === steps.length) return;
    const left = t.left();
    if (left === true) return;
    if (left instanceof Value) {
      guard(t, left, rest);
      return;
    }
  }
}

/** Runs the rest of a list unless control has left it. */
function guard(t: Tracer, left: Value, rest: () => void): void {
  const unsure = t.flags().filter(({ value }) => value instanceof Value);
  const gone = branch(t, () => {
    // When only one flag can be set, here it is.
    if (unsure.length === 1) t.journal.write(unsure[0]!, "value", true);
  });
  const on = branch(t, () => {
    for (const flag of unsure) t.journal.write(flag, "value", false);
    rest();
  });
  emitIf(t, left, gone, on);
}

/**
 * Traces two branches on a run-time condition, and the rest of the list in one of them when control
 * certainly leaves from the other. Returns true when it did that.
 */
export function runBranches(
  t: Tracer,
  condition: Value,
  then: () => void,
  otherwise: () => void,
  rest: () => void,
): boolean {
  const followed = (body: () => void) => () => runSteps(t, [body, rest]);
  const flagged = (body: () => void) => (): Flag => {
    body();
    return t.left();
  };
  const first = branch(t, flagged(then));
  if (first.result === true) {
    emitIf(t, condition, { ...first, result: 0 }, { ...branch(t, followed(otherwise)), result: 0 });
    return true;
  }
  const second = branch(t, flagged(otherwise));
  if (second.result === true) {
    const again = branch(t, followed(then));
    emitIf(t, condition, { ...again, result: 0 }, { ...second, result: 0 });
    return true;
  }
  emitIf(t, condition, { ...first, result: 0 }, { ...second, result: 0 });
  return false;
}
