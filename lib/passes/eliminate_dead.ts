/**
 * Removes what nothing uses: operations, carried values of loops, results of branches.
 *
 * Assumes: a verified graph; that loops end.
 * Guarantees: every operation that is left writes memory or is needed by one that does.
 * Leaves alone: everything else, in its order.
 *
 * ```text
 * %x, %n = for %i = %c0 to %c8 step %c1, %x_1 = %x0, %n_1 = %n0 : f32, i32 {
 *   %x_2 = add %x_1, %a : f32
 *   %n_2 = add %n_1, %i : i32
 *   yield %x_2, %n_2
 * }
 * store %p, %x
 * ```
 *
 * becomes
 *
 * ```text
 * %x = for %i = %c0 to %c8 step %c1, %x_1 = %x0 : f32 {
 *   %x_2 = add %x_1, %a : f32
 *   yield %x_2
 * }
 * store %p, %x
 * ```
 */

import type { Graph, Op, Region, Value } from "../ir/graph.ts";
import { writes } from "./effects.ts";
import { rewrite, type Rewriter } from "./rewrite.ts";

export function eliminateDead(graph: Graph): Graph {
  const live = new Liveness(graph);
  return rewrite(graph, (op, operands, rewriter) => {
    if (!live.ops.has(op)) return [];
    if (op.name === "for" || op.name === "while") {
      return withoutCarried(op, operands, rewriter, live);
    }
    if (op.name === "if") return withoutResults(op, rewriter, live);
    return undefined;
  });
}

/** A loop's carried values: what they start with, and what the loop's regions call them. */
function carriedOf(op: Op): { inits: readonly Value[]; params: (readonly Value[])[] } {
  if (op.name === "while") {
    return { inits: op.operands, params: op.regions.map((region) => region.params) };
  }
  return { inits: op.operands.slice(3), params: [op.region(0).params.slice(1)] };
}

class Liveness {
  readonly ops = new Set<Op>();
  readonly values = new Set<Value>();
  /** The operation whose region a value is a parameter of. */
  #owners = new Map<Value, Op>();
  /** The operation in whose region an operation stands. */
  #parents = new Map<Op, Op>();
  #pending: Value[] = [];

  constructor(graph: Graph) {
    const writing: Op[] = [];
    const note = (region: Region, owner: Op | undefined) => {
      for (const param of region.params) if (owner) this.#owners.set(param, owner);
      for (const op of region.ops) {
        if (owner) this.#parents.set(op, owner);
        if (op.regions.length === 0 && writes(op)) writing.push(op);
        for (const inner of op.regions) note(inner, op);
      }
    };
    note(graph.body, undefined);
    for (const op of writing) this.#markOp(op);
    for (let value = this.#pending.pop(); value; value = this.#pending.pop()) this.#follow(value);
  }

  #mark(value: Value | undefined): void {
    if (!value || this.values.has(value)) return;
    this.values.add(value);
    this.#pending.push(value);
  }

  /** Marks an operation, and what it needs whichever of its results are used. */
  #markOp(op: Op): void {
    if (this.ops.has(op)) return;
    this.ops.add(op);
    const parent = this.#parents.get(op);
    if (parent) this.#markOp(parent);
    switch (op.name) {
      case "for":
        op.operands.slice(0, 3).forEach((operand) => this.#mark(operand));
        return;
      case "while":
        this.#mark(op.region(0).yields[0]);
        return;
      case "if":
        this.#mark(op.operand(0));
        return;
      default:
        op.operands.forEach((operand) => this.#mark(operand));
        op.regions.forEach((region) => region.yields.forEach((value) => this.#mark(value)));
    }
  }

  /** Marks what one value needs. */
  #follow(value: Value): void {
    const op = value.def ?? this.#owners.get(value);
    if (!op) return;
    this.#markOp(op);
    if (op.name === "if") {
      const i = op.results.indexOf(value);
      op.regions.forEach((region) => this.#mark(region.yields[i]));
    } else if (op.name === "for" || op.name === "while") {
      const { inits, params } = carriedOf(op);
      const i = [op.results, ...params].map((list) => list.indexOf(value)).find((i) => i >= 0);
      if (i === undefined) return; // the index of a for
      this.#mark(inits[i]);
      this.#mark(op.regions.at(-1)!.yields[i]);
      // The value that the next round sees is the one that is needed after the last.
      for (const list of [op.results, ...params]) this.#mark(list[i]);
    }
  }
}

function withoutCarried(
  op: Op,
  operands: readonly Value[],
  rewriter: Rewriter,
  live: Liveness,
): readonly Value[] | undefined {
  const { inits } = carriedOf(op), first = operands.length - inits.length;
  const isKept = op.results.map((result) => live.values.has(result));
  if (isKept.every(Boolean)) return undefined;
  const kept = <T>(list: readonly T[]) => list.filter((_, i) => isKept[i]);
  const regions = op.regions.map((region, r) =>
    rewriter.region(region, {
      replaced: new Map(
        isKept.flatMap((keep, i) =>
          keep ? [] : [[i + region.params.length - inits.length, undefined]]
        ),
      ),
      ...(r === op.regions.length - 1 && { yields: kept(region.yields) }),
    })
  );
  return keepResults(op, rewriter, isKept, {
    operands: [...operands.slice(0, first), ...kept(inits).map((init) => rewriter.get(init))],
    regions,
  });
}

function withoutResults(op: Op, rewriter: Rewriter, live: Liveness): readonly Value[] | undefined {
  const isKept = op.results.map((result) => live.values.has(result));
  if (isKept.every(Boolean)) return undefined;
  const regions = op.regions.map((region) =>
    rewriter.region(region, { yields: region.yields.filter((_, i) => isKept[i]) })
  );
  return keepResults(op, rewriter, isKept, { regions });
}

/** Copies an operation with some of its results. */
function keepResults(
  op: Op,
  rewriter: Rewriter,
  isKept: readonly boolean[],
  options: { operands?: readonly Value[]; regions: readonly Region[] },
): readonly Value[] {
  const kept = op.results.filter((_, i) => isKept[i]);
  const copy = rewriter.copy(op, { ...options, types: kept.map((result) => result.type) });
  kept.forEach((result, i) => rewriter.set(result, copy.results[i]!));
  return [];
}
