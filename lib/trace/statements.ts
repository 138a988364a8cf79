/** Statements: each becomes a step of the list that it stands in. */

import type * as acorn from "npm:acorn@8.15.0";
import { Value } from "../ir/graph.ts";
import { forLoop, forOf, switchStatement, whileStatement } from "./loops.ts";
import { bind, declareBlock } from "./patterns.ts";
import { Problem } from "./problem.ts";
import { Scope } from "./scope.ts";
import { runBranches, runSteps, type Step } from "./sequence.ts";
import type { Tracer } from "./tracer.ts";

/** The steps of a statement list whose variables are declared in `scope`. */
export function statementSteps(
  t: Tracer,
  body: readonly (acorn.Statement | acorn.ModuleDeclaration)[],
  scope: Scope,
): Step[] {
  return body.map((statement) => (rest) => {
    t.at(statement);
    return run(t, statement as acorn.Statement, scope, rest);
  });
}

/** The steps of a statement by itself: a block's are those of its list. */
function stepsOf(t: Tracer, statement: acorn.Statement, scope: Scope): Step[] {
  if (statement.type !== "BlockStatement") return statementSteps(t, [statement], scope);
  const inner = new Scope(scope);
  declareBlock(t, inner, statement.body);
  return statementSteps(t, statement.body, inner);
}

/** Runs a statement; true when it has run the rest of its list too. */
function run(t: Tracer, node: acorn.Statement, scope: Scope, rest: () => void): boolean | void {
  switch (node.type) {
    case "EmptyStatement":
    case "FunctionDeclaration": // Declared with its block.
      return;
    case "ExpressionStatement":
      return effect(t, node.expression, scope, rest);
    case "VariableDeclaration":
      for (const { id, init } of node.declarations) {
        // A `var` without value keeps the one it has.
        if (!init && node.kind === "var") continue;
        const value = init ? t.evaluate(init, scope) : undefined;
        bind(t, id, value, scope, "declare");
      }
      return;
    case "BlockStatement":
      return runSteps(t, stepsOf(t, node, scope));
    case "IfStatement": {
      const { alternate } = node;
      return branches(
        t,
        node.test,
        scope,
        () => runSteps(t, stepsOf(t, node.consequent, scope)),
        () => alternate && runSteps(t, stepsOf(t, alternate, scope)),
        rest,
      );
    }
    case "ReturnStatement": {
      const value = node.argument ? t.evaluate(node.argument, scope) : undefined;
      t.at(node);
      t.journal.write(t.frame.result, "value", value);
      t.journal.write(t.frame.returned, "value", true);
      return;
    }
    case "BreakStatement":
    case "ContinueStatement": {
      const { loop } = t.frame;
      const word = node.type === "BreakStatement" ? "break" : "continue";
      if (node.label) {
        throw new Problem(
          `'${word} ${node.label.name}' leaves more than one loop, which is not part of the kernel language`,
          "Put the inner loop into a helper that returns",
        );
      }
      if (!loop) throw new Problem(`'${word}' stands outside a loop`);
      t.journal.write(word === "break" ? loop.broke : loop.continued, "value", true);
      return;
    }
    case "ForStatement":
      return forLoop(t, node, scope, stepsOf);
    case "ForOfStatement":
      return forOf(t, node, scope, stepsOf);
    case "WhileStatement":
    case "DoWhileStatement":
      return whileStatement(t, node, scope, stepsOf);
    case "SwitchStatement":
      return switchStatement(t, node, scope, statementSteps);
    case "ThrowStatement":
      return throwStatement(t, node, scope);
    default:
      throw new Problem(
        `${NAMES[node.type] ?? node.type} is not part of the kernel language`,
        node.type === "ForInStatement"
          ? "Write for (const x of array)"
          : "Kernels have let, const, if, for, while, do, switch, break, continue and return",
      );
  }
}

const NAMES: Partial<Record<acorn.Statement["type"], string>> = {
  ForInStatement: "'for … in'",
  TryStatement: "'try'",
  WithStatement: "'with'",
  LabeledStatement: "A label",
  DebuggerStatement: "'debugger'",
  ClassDeclaration: "A class",
};

/** Runs one branch, or both when the condition is known only at run time. */
function branches(
  t: Tracer,
  test: acorn.Expression,
  scope: Scope,
  then: () => void,
  otherwise: () => void,
  rest: () => void,
): boolean {
  const value = t.evaluate(test, scope);
  t.at(test);
  const condition = t.condition(value, "The condition of this if");
  if (condition instanceof Value) return runBranches(t, condition, then, otherwise, rest);
  if (condition) then();
  else otherwise();
  return false;
}

/**
 * An expression for its effects. Minifiers write statements as expressions: `a && b()` for an `if`,
 * `a ? b() : c()` for one with `else`, and `a(), b()` for two.
 */
function effect(
  t: Tracer,
  node: acorn.Expression,
  scope: Scope,
  rest: () => void,
): boolean {
  const run = (part: acorn.Expression) => () =>
    runSteps(t, [(more) => effect(t, part, scope, more)]);
  switch (node.type) {
    case "SequenceExpression":
      runSteps(t, node.expressions.map((part): Step => (more) => effect(t, part, scope, more)));
      return false;
    case "ConditionalExpression":
      return branches(t, node.test, scope, run(node.consequent), run(node.alternate), rest);
    case "LogicalExpression": {
      if (node.operator === "??") break;
      const [then, otherwise] = node.operator === "&&"
        ? [run(node.right), () => {}]
        : [() => {}, run(node.right)];
      return branches(t, node.left, scope, then, otherwise, rest);
    }
  }
  t.evaluate(node, scope);
  return false;
}

/** `throw` is for what is known when the kernel is compiled: it refuses to compile. */
function throwStatement(t: Tracer, node: acorn.ThrowStatement, scope: Scope): never {
  if (t.conditional > 0) {
    throw new Problem(
      "'throw' on a condition that is known only at run time: kernels cannot throw while they run",
      "Check before the launch; for what is known when the kernel is compiled write tl.staticAssert(condition, message)",
    );
  }
  const { argument } = node;
  const text = argument.type === "NewExpression" ? argument.arguments[0] : argument;
  const message = text && text.type !== "SpreadElement" ? t.evaluate(text, scope) : undefined;
  t.at(node);
  throw new Problem(message === undefined ? "The kernel threw" : String(message));
}
