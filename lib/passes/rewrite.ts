/**
 * The driver that passes are written with: walks a graph in order and builds another one.
 *
 * A pass is a rule. It is asked about each operation, with the operands that the new graph has for
 * it, and returns the values that take the place of the results; `undefined` means that the
 * operation is copied, its regions rewritten by the same rule. What a rule builds with
 * `rewriter.builder` lands where the operation stood, with its location. Names are handed on.
 *
 * ```ts
 * import { rewrite } from "./rewrite.ts";
 * import type { Graph } from "../ir/graph.ts";
 *
 * // not(not(x)) -> x
 * const pass = (graph: Graph) =>
 *   rewrite(graph, (op, [x]) =>
 *     op.name === "not" && x?.def?.name === "not" ? [x.def.operand(0)] : undefined);
 * ```
 */

import { Builder } from "../ir/builder.ts";
import { type Attributes, Graph, type Op, type Region, Value } from "../ir/graph.ts";
import type { Type } from "../ir/type.ts";

/**
 * Says what becomes of an operation. `operands` are values of the new graph; `op`, its regions
 * included, is of the old one. Returns one value for each result, or `undefined` for a copy. Returns
 * none at all to drop the operation: then nothing may use its results but those that the rule has
 * `set` itself. An operand that was dropped is there as a placeholder, for those who drop it too.
 */
export type Rule = (
  op: Op,
  operands: readonly Value[],
  rewriter: Rewriter,
) => readonly Value[] | undefined;

/** In what a copy differs from the operation. */
export interface CopyOptions {
  /** Operands of the new graph. */
  readonly operands?: readonly Value[];
  readonly attributes?: Attributes;
  /** Types of the results, when they are others: with layouts, for example. */
  readonly types?: readonly Type[];
  readonly regions?: readonly Region[];
}

/** In what a rewritten region differs from the old one. */
export interface RegionOptions {
  /** Types of the parameters, replaced ones not counted. */
  readonly types?: readonly Type[];
  /**
   * Parameters that are gone, by index, and the values of the new graph that stand in for them;
   * `undefined` where nothing uses them any more.
   */
  readonly replaced?: ReadonlyMap<number, Value | undefined>;
  /** What of the old graph is yielded, when it is something else than before. */
  readonly yields?: readonly Value[];
  /** Runs at the region's end, where it may still build; returns what the new region yields. */
  readonly finish?: (yields: readonly Value[]) => readonly Value[];
}

export class Rewriter {
  readonly builder = new Builder();
  #rule: Rule;
  #values = new Map<Value, Value>();
  #placeholders = new Set<Value>();

  constructor(rule: Rule) {
    this.#rule = rule;
  }

  /** The value of the new graph for a value of the old one. */
  get(old: Value): Value {
    const value = this.#values.get(old);
    if (value) return value;
    throw new Error(
      `Value ${old.hint ?? ""} of ${old.def?.name ?? "a parameter"} was dropped but is used`,
    );
  }

  /** Says which value of the new graph takes the place of one of the old. */
  set(old: Value, value: Value): void {
    value.hint ??= old.hint;
    this.#values.set(old, value);
  }

  /** True when the new graph already has a value for this one. */
  has(old: Value): boolean {
    return this.#values.has(old);
  }

  /** Appends a copy of an operation of the old graph. Its regions are rewritten, unless given. */
  copy(op: Op, options: CopyOptions = {}): Op {
    const operands = options.operands ?? op.operands.map((operand) => this.get(operand));
    const dropped = operands.findIndex((operand) => this.#placeholders.has(operand));
    if (dropped >= 0) this.get(op.operand(dropped));
    return this.builder.op(
      op.name,
      operands,
      {
        attributes: options.attributes ?? op.attributes,
        regions: options.regions ?? op.regions.map((region) => this.region(region)),
        types: options.types ?? op.results.map((result) => result.type),
        location: op.location,
      },
    );
  }

  /** A region of the old graph, rewritten. */
  region(old: Region, { types, replaced, yields, finish }: RegionOptions = {}): Region {
    for (const [i, value] of replaced ?? []) if (value) this.set(old.params[i]!, value);
    const kept = old.params.filter((_, i) => !replaced?.has(i));
    return this.builder.region(
      types ?? kept.map((param) => param.type),
      (params) => {
        params.forEach((param, i) => this.set(kept[i]!, param));
        const values = this.#run(old, yields);
        return finish ? finish(values) : values;
      },
      kept.map((param) => param.hint),
    );
  }

  /** Appends a region's operations where the builder stands, rewritten; returns what it yielded. */
  inline(old: Region, params: readonly Value[]): readonly Value[] {
    old.params.forEach((param, i) => this.set(param, params[i]!));
    return this.#run(old);
  }

  /** Rewrites one operation of the old graph where the builder stands. */
  visit(op: Op): void {
    const { builder } = this, outer = builder.location;
    builder.location = op.location;
    const operands = op.operands.map((operand) =>
      this.#values.get(operand) ?? this.#absent(operand)
    );
    const values = this.#rule(op, operands, this) ?? this.copy(op, { operands }).results;
    builder.location = outer;
    if (values.length !== 0 && values.length !== op.results.length) {
      throw new Error(
        `A rule gave ${values.length} values for ${op.results.length} results of ${op.name}`,
      );
    }
    values.forEach((value, i) => this.set(op.results[i]!, value));
  }

  #absent({ type, hint }: Value): Value {
    const placeholder = new Value(type, hint);
    this.#placeholders.add(placeholder);
    return placeholder;
  }

  #run(region: Region, yields = region.yields): readonly Value[] {
    for (const op of region.ops) this.visit(op);
    return yields.map((value) => this.get(value));
  }
}

/** Builds the graph that a rule makes of another. The kernel's parameters stay the same values. */
export function rewrite(graph: Graph, rule: Rule): Graph {
  const rewriter = new Rewriter(rule);
  for (const { value } of graph.params) rewriter.set(value, value);
  return new Graph(graph.name, graph.params, rewriter.region(graph.body));
}
