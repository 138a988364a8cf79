/**
 * Canonicalisation: the same kernel with less to do, in one form of many that are equal.
 *
 * Assumes: a verified graph.
 * Guarantees: what can be computed now is a constant; constants stand on the right of commutative
 * operations; no rule of `rules.ts` applies; no two pure operations in reach of each other are
 * equal; nothing pure in a loop's body is the same in every round; nothing is unused.
 * Leaves alone: loads and stores with their order (loads nobody needs go), float arithmetic that
 * would round otherwise, and `arange`, whose elements are never spelt out.
 *
 * ```text
 * for %i = %c0 to %n step %c1 {
 *   %0 = splat %c2 : tile<64xi32>
 *   %1 = arange {start = 0, end = 64} : tile<64xi32>
 *   %2 = add %0, %1 : tile<64xi32>
 *   ...
 * }
 * ```
 *
 * becomes
 *
 * ```text
 * %c2 = constant 2 : tile<64xi32>
 * %1 = arange {start = 0, end = 64} : tile<64xi32>
 * %2 = add %1, %c2 : tile<64xi32>
 * for %i = %c0 to %n step %c1 {
 *   ...
 * }
 * ```
 */

import { roundTo } from "../ir/dtype.ts";
import type { Graph, Op, Region, Value } from "../ir/graph.ts";
import { elementwise } from "../ir/ops.ts";
import { dtypeOf, sameElement, sameShape, sameType, typeText } from "../ir/type.ts";
import { CommonValues } from "./common_values.ts";
import { simplifyControl } from "./control_rules.ts";
import { isPure } from "./effects.ts";
import { eliminateDead } from "./eliminate_dead.ts";
import { rewrite, type Rewriter } from "./rewrite.ts";
import { constantLike, knownElement, knownNumber, type Rule, RULES } from "./rules.ts";

/** Sweeps over the graph after which a rule is taken to undo what another does. */
const MAX_SWEEPS = 200;

/** @param onRule Is told the equation of each rule that applies, for tests. */
export function canonicalise(graph: Graph, onRule?: (equation: string) => void): Graph {
  let current = graph, last = "";
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let changed = false;
    const next = simplify(current, (equation) => {
      changed = true;
      last = equation;
      onRule?.(equation);
    });
    current = eliminateDead(next);
    if (!changed) return current;
  }
  throw new Error(`Canonicalisation of '${graph.name}' does not end: '${last}' applies for ever`);
}

/** One sweep: each rule once at each operation, in order. */
function simplify(graph: Graph, note: (equation: string) => void): Graph {
  const common = new CommonValues();
  const hoisted = new Set<Op>();
  return rewrite(graph, (op, operands, rewriter) => {
    if (hoisted.has(op)) return op.results.map((result) => rewriter.get(result));
    if (op.name === "for" || op.name === "while") hoist(op, rewriter, hoisted, note);
    if (op.regions.length > 0) {
      const inside = <T>(body: () => T) => common.inside(body);
      return simplifyControl(op, operands, rewriter, note, inside) ??
        rewriter.copy(op, {
          operands,
          regions: op.regions.map((region) => inside(() => rewriter.region(region))),
        }).results;
    }
    const simpler = fold(op, operands, rewriter, note) ?? applyRules(op, operands, rewriter, note);
    if (simpler) return [simpler];
    if (dropsStore(op, operands, note)) return [];
    if (op.name === "store" && knownNumber(operands[2]) === 1) {
      note("store(p, x, true) -> store(p, x)");
      return rewriter.copy(op, { operands: operands.slice(0, 2) }).results;
    }
    if (op.results.length !== 1 || !isPure(op)) return undefined;
    const equal = common.find(op, operands);
    if (equal) note("x, x -> x");
    const value = equal ?? rewriter.copy(op, { operands }).result;
    if (!equal) common.add(op, operands, value);
    return [value];
  });
}

function dropsStore(op: Op, operands: readonly Value[], note: (equation: string) => void): boolean {
  if (op.name !== "store" || knownNumber(operands[2]) !== 0) return false;
  note("store(p, x, false) -> nothing");
  return true;
}

/** An elementwise operation of known numbers, as a constant. */
function fold(
  op: Op,
  operands: readonly Value[],
  { builder }: Rewriter,
  note: (equation: string) => void,
): Value | undefined {
  const row = elementwise(op.name);
  const elements = operands.map((operand) => knownElement(operand));
  if (!row || !elements.every((x) => x !== undefined)) return undefined;
  const { type } = op.result, result = dtypeOf(type);
  const dtypes = operands.map((operand) => dtypeOf(operand.type));
  const evaluate = row.evaluate({ operands: dtypes, result, attributes: op.attributes });
  note("f(a, b) -> c");
  return constantLike(builder, type, roundTo(result, evaluate(...elements)));
}

const RULES_OF = Map.groupBy(
  RULES.flatMap((rule) => rule.ops.map((name) => ({ name, rule }))),
  ({ name }) => name,
);

function applyRules(
  op: Op,
  operands: readonly Value[],
  { builder }: Rewriter,
  note: (equation: string) => void,
): Value | undefined {
  const rules = RULES_OF.get(op.name);
  if (!rules || op.results.length !== 1) return undefined;
  const { type } = op.result, [x, y] = operands;
  const site = { name: op.name, operands, attributes: op.attributes, type, builder };
  for (const { rule } of rules) {
    if (rule.of && !rule.of(dtypeOf(x!.type))) continue;
    const value = rule.apply(site, x!, y!);
    if (!value || !fits(rule, op, value)) continue;
    note(rule.equation);
    return value;
  }
  return undefined;
}

/** True when a value may take the place of a result; not where its layout is another. */
function fits(rule: Rule, op: Op, value: Value): boolean {
  const { type } = op.result;
  if (!sameElement(value.type.element, type.element) || !sameShape(value.type.shape, type.shape)) {
    throw new Error(
      `Rule '${rule.equation}' gives ${typeText(value.type)} for a ${op.name} of ${typeText(type)}`,
    );
  }
  return sameType(value.type, type);
}

/** Moves what is the same in every round of a loop before it. */
function hoist(
  op: Op,
  rewriter: Rewriter,
  hoisted: Set<Op>,
  note: (equation: string) => void,
): void {
  for (const region of op.regions) {
    for (const inner of region.ops) {
      const control = inner.name === "for" || inner.name === "while" || inner.name === "if";
      if (control || !isPure(inner) || !isInvariant(inner, rewriter)) continue;
      note("loop { x } -> x, loop { }");
      rewriter.visit(inner);
      hoisted.add(inner);
    }
  }
}

/** True when an operation uses only what the new graph has already, or what it computes itself. */
function isInvariant(op: Op, rewriter: Rewriter, inside = new Set<Value>()): boolean {
  const known = (value: Value) => rewriter.has(value) || inside.has(value);
  if (!op.operands.every(known)) return false;
  op.results.forEach((result) => inside.add(result));
  return op.regions.every((region: Region) => {
    region.params.forEach((param) => inside.add(param));
    return region.ops.every((inner) => isInvariant(inner, rewriter, inside)) &&
      region.yields.every(known);
  });
}
