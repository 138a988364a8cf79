/**
 * Rewrite rules for branches and loops.
 *
 * - `if true { x } else { y } -> x`
 * - `if p { yield x } else { yield x } -> x`, for values from outside
 * - `for` with known bounds: no round gives what it starts with, one round is its body
 * - a carried value that never changes is what it starts with
 */

import { elementOf } from "../ir/dtype.ts";
import type { Op, Value } from "../ir/graph.ts";
import { dtypeOf } from "../ir/type.ts";
import { constantLike, knownNumber } from "./rules.ts";
import type { Rewriter } from "./rewrite.ts";

type Note = (equation: string) => void;
/** Runs what builds a region. */
type Inside = <T>(body: () => T) => T;

/** The values of an operation with regions, where it can be simplified. */
export function simplifyControl(
  op: Op,
  operands: readonly Value[],
  rewriter: Rewriter,
  note: Note,
  inside: Inside,
): readonly Value[] | undefined {
  switch (op.name) {
    case "if":
      return knownBranch(op, operands, rewriter, note) ??
        sameYields(op, operands, rewriter, note, inside);
    case "for":
      return knownRounds(op, operands, rewriter, note) ??
        unchanged(op, operands, 3, rewriter, note, inside);
    case "while":
      return unchanged(op, operands, 0, rewriter, note, inside);
    default:
      return undefined;
  }
}

function knownBranch(op: Op, operands: readonly Value[], rewriter: Rewriter, note: Note) {
  const known = knownNumber(operands[0]);
  if (known === undefined) return undefined;
  note("if true { x } else { y } -> x");
  return rewriter.inline(op.region(known === 0 ? 1 : 0), []);
}

function sameYields(
  op: Op,
  operands: readonly Value[],
  rewriter: Rewriter,
  note: Note,
  inside: Inside,
): readonly Value[] | undefined {
  const [a, b] = [op.region(0).yields, op.region(1).yields];
  const differs = op.results.map((_, i) => a[i] !== b[i]);
  if (differs.every(Boolean)) return undefined;
  note("if p { x } else { x } -> x");
  const kept = <T>(list: readonly T[]) => list.filter((_, i) => differs[i]);
  const regions = op.regions.map((region) =>
    inside(() => rewriter.region(region, { yields: kept(region.yields) }))
  );
  const types = kept(op.results).map((result) => result.type);
  const results = [...rewriter.copy(op, { operands, regions, types }).results];
  return op.results.map((_, i) => differs[i] ? results.shift()! : rewriter.get(a[i]!));
}

function knownRounds(op: Op, operands: readonly Value[], rewriter: Rewriter, note: Note) {
  const [start, end, step] = operands.slice(0, 3).map((operand) => knownNumber(operand));
  if (start === undefined || end === undefined) return undefined;
  const inits = operands.slice(3);
  // Towards an end that is the start there is no round, whatever the step.
  if (start === end) return (note("for i = a to a { } -> nothing"), inits);
  if (step === undefined || step === 0) return undefined;
  if (step > 0 ? start > end : start < end) {
    note("for i = a to a { } -> nothing");
    return inits;
  }
  if (step > 0 ? start + step < end : start + step > end) return undefined;
  const dtype = dtypeOf(op.operand(0).type);
  if (Number(elementOf(dtype, start + step)) !== start + step) return undefined;
  note("for i = a to a + 1 { x } -> x");
  const index = constantLike(rewriter.builder, op.operand(0).type, start);
  return rewriter.inline(op.region(0), [index, ...inits]);
}

/** @param first How many operands and parameters stand before what a loop carries. */
function unchanged(
  op: Op,
  operands: readonly Value[],
  first: number,
  rewriter: Rewriter,
  note: Note,
  inside: Inside,
): readonly Value[] | undefined {
  const body = op.regions.at(-1)!, skipped = body.params.length - op.results.length;
  const changes = op.results.map((_, i) => {
    const next = body.yields[i], param = body.params[skipped + i];
    return next !== param && next !== op.operands[first + i];
  });
  if (changes.every(Boolean)) return undefined;
  note("loop { x = x } -> x");
  const kept = <T>(list: readonly T[]) => list.filter((_, i) => changes[i]);
  const inits = operands.slice(first);
  const replaced = new Map(
    inits.flatMap((init, i): [number, Value][] => changes[i] ? [] : [[skipped + i, init]]),
  );
  const regions = op.regions.map((region) =>
    inside(() =>
      rewriter.region(region, {
        replaced,
        ...(region === body && { yields: kept(body.yields) }),
      })
    )
  );
  const results = [
    ...rewriter.copy(op, {
      operands: [...operands.slice(0, first), ...kept(inits)],
      regions,
      types: kept(op.results).map((result) => result.type),
    }).results,
  ];
  return inits.map((init, i) => changes[i] ? results.shift()! : init);
}
