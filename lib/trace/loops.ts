/**
 * `for`, `while` and `do`: which operation a loop becomes.
 *
 * - `for (const i of tl.range(…))`, and `for (let i = a; i < b; i += s)` whose counter and bounds the
 *   body leaves alone: a counting `for`.
 * - `for (const x of array)`: unrolled.
 * - Anything else, and what leaves early by `break` or `return`: a `while`.
 */

import type * as acorn from "npm:acorn@8.15.0";
import { type DType, DTYPES, isInteger } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { scalar } from "../ir/type.ts";
import { type Loop, traceLoop } from "./carry.ts";
import { elements } from "./members.ts";
import { bind, declare, declareBlock, namesIn } from "./patterns.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber, promote } from "./promotion.ts";
import { type Binding, Scope } from "./scope.ts";
import { runSteps, type Step } from "./sequence.ts";
import { walkSyntax } from "./source.ts";
import type { Flag, LoopFrame, Tracer } from "./tracer.ts";
import { describe, isPointerValue, type Operand, Range } from "./values.ts";

/** Makes the steps of a statement, in a scope of its own. */
export type Body = (t: Tracer, statement: acorn.Statement, scope: Scope) => Step[];

/** Traces `body` as a loop that `break` and `continue` speak of. */
function inLoop<T>(t: Tracer, body: (loop: LoopFrame) => T): T {
  const { frame } = t, outer = frame.loop;
  const loop = { broke: t.hidden("broke", false), continued: t.hidden("continued", false) };
  frame.loop = loop;
  const result = body(loop);
  frame.loop = outer;
  return result;
}

/** Runs an iteration; `continue` has then had its effect. */
function iteration(t: Tracer, { continued }: LoopFrame, steps: readonly Step[]): void {
  runSteps(t, [...steps, () => t.journal.write(continued, "value", true)]);
  t.journal.write(continued, "value", false);
}

/** The variables that some syntax assigns to, of those in scope. */
function assigned(scope: Scope, ...nodes: (acorn.Node | null | undefined)[]): Binding[] {
  const found = new Set<Binding>();
  const add = (name: string) => {
    const binding = scope.lookup(name);
    if (binding && binding.kind !== "const") found.add(binding);
  };
  walkSyntax(nodes, (node) => {
    if (node.type === "AssignmentExpression") namesIn(node.left).forEach(add);
    if (node.type === "UpdateExpression" && node.argument.type === "Identifier") {
      add(node.argument.name);
    }
    if (node.type === "VariableDeclaration" && node.kind === "var") {
      for (const { id, init } of node.declarations) if (init) namesIn(id).forEach(add);
    }
  });
  return [...found];
}

/** Whether evaluating some syntax may do more than give a value that only what is carried decides. */
function hasEffects(node: acorn.Node): boolean {
  let effects = false;
  walkSyntax(node, (inner) => {
    if (inner.type === "AssignmentExpression" || inner.type === "UpdateExpression") effects = true;
    if (inner.type === "CallExpression") {
      const { callee } = inner;
      const known = callee.type === "MemberExpression" && callee.object.type === "Identifier" &&
        callee.property.type === "Identifier" && callee.property.name !== "load" &&
        callee.property.name !== "store" &&
        !/^(atomic|scatter|gather|debug|device)/.test(callee.property.name);
      if (!known) effects = true;
    }
  });
  return effects;
}

// Counting loops

/** What a counting loop counts. */
interface Count {
  readonly start: Operand;
  readonly end: Operand;
  readonly step: Operand;
}

/** Traces a counting loop; false when it leaves early, and nothing was emitted then. */
function traceCount(
  t: Tracer,
  { start, end, step }: Count,
  hint: string | undefined,
  candidates: readonly Binding[],
  body: (i: Value) => void,
): boolean {
  // Compile-time bounds take the type that the others have together.
  const counter = [start, end, step].reduce<DType | undefined>((dtype, x) => {
    if (!(x instanceof Value)) return dtype;
    return dtype ? promote("agreement", new Value(scalar(dtype)), x) : dtypeOfNumber(x);
  }, undefined) ?? DTYPES.i32;
  const loop: Loop = {
    leading: [scalar(counter)],
    hints: [hint],
    assigned: candidates,
    body: ([i]) => body(i!),
    emit: (inits, regions) => {
      const bounds = [start, end, step].map((x) => t.semantics.as(x, counter, []));
      return t.builder.op("for", [...bounds, ...inits], { regions });
    },
  };
  return traceLoop(t, loop);
}

/** True for bounds that an integer counter can have. */
function countable(x: unknown): x is Operand {
  if (typeof x === "number") return Number.isInteger(x) && Math.abs(x) <= 2 ** 31;
  return x instanceof Value && !isPointerValue(x) && x.type.shape.length === 0 &&
    isInteger(dtypeOfNumber(x));
}

/** `for (… of …)`. */
export function forOf(t: Tracer, node: acorn.ForOfStatement, scope: Scope, body: Body): void {
  if (node.await) throw new Problem("'for await' is not part of the kernel language");
  const iterated = t.evaluate(node.right, scope);
  t.at(node);
  const enter = (value: unknown): Step[] => {
    const inner = new Scope(scope);
    const { left } = node;
    if (left.type === "VariableDeclaration") {
      const pattern = left.declarations[0]!.id;
      declare(t, inner, namesIn(pattern), left.kind === "const" ? "const" : "let");
      return [() => bind(t, pattern, value, inner, "declare"), ...body(t, node.body, inner)];
    }
    return [() => bind(t, left, value, inner, "assign"), ...body(t, node.body, inner)];
  };
  if (!(iterated instanceof Range)) {
    if (!Array.isArray(iterated)) {
      throw new Problem(
        `${describe(iterated)} cannot be looped over`,
        iterated instanceof Value
          ? "A loop runs over tl.range(start, end, step), or over an array of tiles; operations on a tile apply to all its elements"
          : "Loop over tl.range(start, end, step), tl.staticRange(…) or an array",
      );
    }
    const items = elements(t, iterated);
    inLoop(t, (loop) =>
      runSteps(
        t,
        items.map((item) => () => iteration(t, loop, enter(item))),
      ));
    return;
  }
  const { start, end, step } = iterated;
  for (const [bound, what] of [[start, "start"], [end, "end"], [step, "step"]] as const) {
    if (countable(bound)) continue;
    throw new Problem(
      `The ${what} of tl.range must be an integer, not ${describe(bound)}`,
      "Cast it: tl.cast(x, tl.i32). The operator / gives a float: divide integers with Math.floor(a / b) or tl.cdiv(a, b)",
    );
  }
  if (step === 0) throw new Problem("The step of tl.range is 0, so the loop would never end");
  const hint = node.left.type === "VariableDeclaration"
    ? namesIn(node.left.declarations[0]!.id)[0]
    : undefined;
  const candidates = assigned(scope, node.body);
  inLoop(t, (loop) => {
    if (traceCount(t, iterated, hint, candidates, (i) => iteration(t, loop, enter(i)))) return;
    // It leaves early: count by hand.
    const i = t.hidden(hint ?? "i", start);
    const { semantics } = t;
    const plus = (a: Operand, b: Operand) => semantics.binary("+", a, semantics.value(b));
    if (step instanceof Value) {
      throw new Problem(
        "A loop that leaves early needs a compile-time step",
        "Write a while loop",
      );
    }
    whileLoop(t, loop, {
      condition: () => less(t, i.value as Operand, end, Number(step) < 0),
      candidates,
      steps: () => enter(i.value),
      update: () => t.assign(i, plus(i.value as Operand, step)),
      always: true,
    });
  });
}

function less(t: Tracer, a: Operand, b: Operand, down: boolean): Value {
  return t.semantics.binary(down ? ">" : "<", t.semantics.value(a), b);
}

/** `for (init; test; update)`. */
export function forLoop(t: Tracer, node: acorn.ForStatement, scope: Scope, body: Body): void {
  const inner = new Scope(scope);
  const { init, test, update } = node;
  if (init?.type === "VariableDeclaration") {
    declareBlock(t, inner, [init]);
    runSteps(t, body(t, init, inner));
  } else if (init) {
    t.evaluate(init, inner);
  }
  t.at(node);
  const local = init?.type === "VariableDeclaration" && init.kind === "let";
  const counting = local ? countOf(t, node, inner) : undefined;
  t.at(node);
  inLoop(t, (loop) => {
    if (counting) {
      const { name, count } = counting;
      const candidates = assigned(inner, node.body);
      const done = traceCount(t, count, name, candidates, (i) => {
        const each = new Scope(inner);
        declare(t, each, [name], "let");
        t.assign(each.own(name)!, i);
        iteration(t, loop, body(t, node.body, each));
      });
      if (done) return;
    }
    testedLoop(t, loop, {
      test,
      scope: inner,
      candidates: assigned(inner, node.body, test, update),
      steps: () => body(t, node.body, inner),
      ...(update ? { update: () => void t.evaluate(update, inner) } : {}),
      // A counter that nobody sees after the loop may go on counting when it is left.
      always: counting !== undefined,
    });
  });
}

const FLIPPED = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;
type Order = keyof typeof FLIPPED;

/** What a `for` counts, when all it does is count. */
function countOf(
  t: Tracer,
  { test, update, body }: acorn.ForStatement,
  scope: Scope,
): { readonly name: string; readonly count: Count } | undefined {
  if (test?.type !== "BinaryExpression" || !(test.operator in FLIPPED) || !update) return undefined;
  const counter = update.type === "UpdateExpression"
    ? update.argument
    : update.type === "AssignmentExpression"
    ? update.left
    : undefined;
  if (counter?.type !== "Identifier" || !scope.own(counter.name)) return undefined;
  const { name } = counter;
  const is = (node: acorn.Node): boolean =>
    node.type === "Identifier" && (node as acorn.Identifier).name === name;
  const left = is(test.left);
  if (!left && !is(test.right)) return undefined;
  const bound = left ? test.right : test.left;
  if (bound.type === "PrivateIdentifier") return undefined;
  const order = left ? test.operator as Order : FLIPPED[test.operator as Order];
  const stepped = stepOf(update, is);
  if (!stepped) return undefined;
  // Neither the counter nor what its bounds depend on may change in the body.
  const changing = new Set(assigned(scope, body));
  if (changing.has(scope.own(name)!)) return undefined;
  for (const part of [bound, stepped.step]) {
    if (!part) continue;
    if (hasEffects(part)) return undefined;
    let changes = false;
    walkSyntax(part, (node) => {
      if (node.type !== "Identifier") return;
      const binding = scope.lookup(node.name);
      if (is(node) || binding && changing.has(binding)) changes = true;
    });
    if (changes) return undefined;
  }
  const { semantics } = t;
  const add = (a: Operand, b: number): Operand =>
    a instanceof Value ? semantics.binary("+", a, b) : Number(a) + b;
  const start = scope.own(name)!.value;
  const limit = t.evaluate(bound, scope);
  const step = stepped.step ? t.evaluate(stepped.step, scope) : 1;
  t.at(test);
  if (!countable(start) || !countable(limit) || !countable(step)) return undefined;
  const down = order === ">" || order === ">=";
  const signed = stepped.negative ? semantics.negate(step) : step;
  // A known step must lead to the bound; one known at run time is taken to.
  if (!(signed instanceof Value) && (down ? Number(signed) >= 0 : Number(signed) <= 0)) {
    return undefined;
  }
  if (signed instanceof Value && down !== stepped.negative) return undefined;
  const end = order === "<=" ? add(limit, 1) : order === ">=" ? add(limit, -1) : limit;
  return { name, count: { start, end, step: signed } };
}

/** `i++`, `i += s`, `i -= s` or `i = i + s`. No step stands for 1. */
function stepOf(
  update: acorn.Expression,
  is: (node: acorn.Node) => boolean,
): { readonly step: acorn.Expression | undefined; readonly negative: boolean } | undefined {
  if (update.type === "UpdateExpression") {
    return { step: undefined, negative: update.operator === "--" };
  }
  if (update.type !== "AssignmentExpression") return undefined;
  const { operator, right } = update;
  if (operator === "+=" || operator === "-=") return { step: right, negative: operator === "-=" };
  if (operator !== "=" || right.type !== "BinaryExpression" || !is(right.left)) return undefined;
  if (right.operator !== "+" && right.operator !== "-") return undefined;
  return { step: right.right, negative: right.operator === "-" };
}

// Loops on a condition

interface While {
  /** Whether to go on; without effects. */
  readonly condition: () => Flag;
  readonly candidates: readonly Binding[];
  /** Makes the body's steps, anew for each attempt. */
  readonly steps: () => Step[];
  /** Runs after the body; not after `break`, unless `always`. */
  readonly update?: () => void;
  readonly always?: boolean;
}

function whileLoop(t: Tracer, loop: LoopFrame, spec: While): void {
  const { semantics } = t;
  let endless = false;
  traceLoop(t, {
    leading: [],
    hints: [],
    assigned: spec.candidates,
    condition: () => {
      const left = t.left();
      if (left === true) return false;
      const go = spec.condition();
      endless = go === true && left === false;
      if (left === false) return go;
      const staying = semantics.not(left);
      return go instanceof Value ? semantics.logical("&&", staying, go) : go && staying;
    },
    body: () => {
      // The condition has just said that nothing has left the loop.
      for (const flag of t.flags()) {
        if (flag.value instanceof Value) t.journal.write(flag, "value", false);
      }
      iteration(t, loop, spec.steps());
      const { update } = spec;
      if (!update) return;
      if (spec.always) update();
      else runSteps(t, [() => {}, update]);
    },
    emit: (inits, regions) => {
      if (endless) {
        throw new Problem(
          "This loop never ends: its condition is always true, and nothing leaves it",
          "Leave it with 'break', or give it a condition that depends on what the loop changes",
        );
      }
      return t.builder.op("while", inits, { regions });
    },
  });
}

interface Tested extends Omit<While, "condition"> {
  readonly test: acorn.Expression | null | undefined;
  readonly scope: Scope;
  /** The body runs before the first test. */
  readonly first?: boolean;
}

function testedLoop(t: Tracer, loop: LoopFrame, spec: Tested): void {
  const { test, scope } = spec;
  const evaluate = (): Flag => {
    if (!test) return true;
    const value = t.evaluate(test, scope);
    t.at(test);
    return t.condition(value, "The condition of a loop");
  };
  if (!spec.first && !(test && hasEffects(test))) {
    whileLoop(t, loop, { ...spec, condition: evaluate });
    return;
  }
  // Whether to go round again is decided where JavaScript decides it, at the end of the body, and
  // carried.
  const again = t.hidden("again", spec.first ? true : evaluate());
  if (again.value === false) return;
  whileLoop(t, loop, {
    candidates: spec.candidates,
    steps: spec.steps,
    condition: () => again.value as Flag,
    update: () => {
      spec.update?.();
      t.assign(again, evaluate());
    },
  });
}

/** `while (…) …` and `do … while (…)`. */
export function whileStatement(
  t: Tracer,
  node: acorn.WhileStatement | acorn.DoWhileStatement,
  scope: Scope,
  body: Body,
): void {
  inLoop(t, (loop) =>
    testedLoop(t, loop, {
      test: node.test,
      scope,
      candidates: assigned(scope, node.body, node.test),
      steps: () => body(t, node.body, scope),
      first: node.type === "DoWhileStatement",
    }));
}

/** `switch` on compile-time values, whose `break` ends it. */
export function switchStatement(
  t: Tracer,
  node: acorn.SwitchStatement,
  scope: Scope,
  steps: (t: Tracer, body: readonly acorn.Statement[], scope: Scope) => Step[],
): void {
  const value = t.evaluate(node.discriminant, scope);
  t.at(node.discriminant);
  if (value instanceof Value) {
    throw new Problem(
      `A switch needs a compile-time value, not ${describe(value)}`,
      "Write if (x === 0) … else if (x === 1) …",
    );
  }
  const inner = new Scope(scope);
  declareBlock(t, inner, node.cases.flatMap(({ consequent }) => consequent));
  let chosen = node.cases.findIndex(({ test }) => test && t.evaluate(test, inner) === value);
  if (chosen < 0) chosen = node.cases.findIndex(({ test }) => !test);
  if (chosen < 0) return;
  const { frame } = t, outer = frame.loop;
  frame.loop = {
    broke: t.hidden("broke", false),
    continued: outer?.continued ?? t.hidden("continued", false),
  };
  runSteps(t, steps(t, node.cases.slice(chosen).flatMap(({ consequent }) => consequent), inner));
  frame.loop = outer;
}
