/** Calls: of closures, of the operations of `tl`, and of the host's functions, which are inlined. */

import { Value } from "../ir/graph.ts";
import { elementOf } from "../language/dtypes.ts";
import { isConstexprFunction } from "../language/host.ts";
import { callDescriptor } from "./blocks.ts";
import { BUILTINS, castTo } from "./builtins.ts";
import { Environment, kernelFunctionOf } from "./environment.ts";
import { callMath } from "./math.ts";
import { elements } from "./members.ts";
import { bind, declare, declareBlock, declareVars, namesIn } from "./patterns.ts";
import { Problem } from "./problem.ts";
import { Binding, Scope } from "./scope.ts";
import { runSteps } from "./sequence.ts";
import { type AnyFunction, type FunctionNode, type Source, sourceOf } from "./source.ts";
import { statementSteps } from "./statements.ts";
import type { FunctionFrame, Tracer } from "./tracer.ts";
import { Closure, describe, NOTHING, present } from "./values.ts";

/** Calls anything that kernels can call. */
export function call(t: Tracer, fn: unknown, args: readonly unknown[], self?: unknown): unknown {
  if (fn instanceof Closure) return callClosure(t, fn, args);
  const method = callDescriptor(t, fn, args, self);
  if (method) return method.value;
  const builtin = BUILTINS.get(fn);
  if (builtin) return builtin(t, args);
  // A dtype called: a typed number, or a cast.
  if (typeof fn === "function" && elementOf(fn)) return castTo(t, args[0], fn);
  if (isConstexprFunction(fn)) return runNow(t, fn, args);
  if (typeof fn === "function") {
    const math = callMath(t, fn, args);
    if (math) return math.value;
  }
  const kernel = kernelFunctionOf(fn);
  if (kernel) {
    return callClosure(t, closureOf(t, kernel.fn, new Environment(kernel), kernel.owner), args);
  }
  if (typeof fn === "function") {
    const { environment } = t.frame;
    const elsewhere = typeof self === "function" && self !== environment.owner
      ? new Environment({ ...environment.kernel, owner: self })
      : environment;
    return callClosure(t, closureOf(t, fn, elsewhere, self), args);
  }
  throw new Problem(
    `${describe(fn)} is called like a function, but is none`,
    fn === undefined ? "What may be undefined needs a default, or '?.'" : undefined,
  );
}

/** Runs a function that is marked by `constexprFunction`. */
function runNow(
  t: Tracer,
  fn: (...args: readonly unknown[]) => unknown,
  args: readonly unknown[],
): unknown {
  const known = args.map((arg, i) => {
    const found = firstValue(t, arg);
    if (found === undefined) return arg;
    throw new Problem(
      `Argument ${i + 1} of ${fn.name || "a compile-time function"} is ${
        describe(found)
      }, which is known only at run time`,
      "A function made by constexprFunction is run while the kernel is compiled; without it the function becomes part of the kernel",
    );
  });
  const result = fn(...known);
  return Array.isArray(result) ? t.own([...result]) : result;
}

/** A value of the graph in what a kernel passes. */
function firstValue(t: Tracer, x: unknown): Value | undefined {
  if (x instanceof Value) return x;
  if (!Array.isArray(x)) return undefined;
  for (const item of elements(t, x)) {
    const found = firstValue(t, item);
    if (found) return found;
  }
  return undefined;
}

/** A function of the host as one of the kernel's. */
export function closureOf(t: Tracer, fn: AnyFunction, environment: Environment, self: unknown) {
  const source = sourceOf(fn);
  const scope = new Scope();
  const closure = new Closure(source, source.node, environment, scope, self, source.name);
  // A function knows itself by its own name, as far as that is no name that it was given.
  if (source.node.type !== "ArrowFunctionExpression" && source.node.id) {
    const binding = t.journal.born(new Binding(source.node.id.name, "const"));
    binding.value = closure;
    scope.add(binding);
  }
  return closure;
}

function callClosure(t: Tracer, closure: Closure, args: readonly unknown[]): unknown {
  const { source, environment, self, node } = closure;
  const named: Source = source.node === node ? source : { ...source, name: closure.name };
  return t.enter({ source: named, environment, self }, (frame) => {
    const scope = new Scope(closure.scope);
    bindParameters(t, node, args, scope);
    return runBody(t, node, scope, frame);
  });
}

/** Gives arguments to parameters, and defaults where there are none. */
function bindParameters(
  t: Tracer,
  node: FunctionNode,
  args: readonly unknown[],
  scope: Scope,
): void {
  declare(t, scope, node.params.flatMap(namesIn), "parameter");
  node.params.forEach((param, i) => {
    if (param.type === "RestElement") {
      bind(t, param.argument, t.own(args.slice(i)), scope, "declare");
    } else {
      bind(t, param, args[i], scope, "declare");
    }
  });
}

/** Runs a function's body in its frame; gives what it returns. */
export function runBody(
  t: Tracer,
  node: FunctionNode,
  scope: Scope,
  frame: FunctionFrame,
): unknown {
  const { body } = node;
  if (body.type !== "BlockStatement") return t.evaluate(body, scope);
  declareVars(t, scope, body);
  const block = new Scope(scope);
  declareBlock(t, block, body.body);
  runSteps(t, [
    ...statementSteps(t, body.body, block),
    // The end of the body returns too: then the ways to here agree that they have returned.
    () => {
      if (frame.result.value === NOTHING) t.journal.write(frame.result, "value", undefined);
      t.journal.write(frame.returned, "value", true);
    },
  ]);
  const { value } = frame.result;
  return value === NOTHING ? undefined : present(value);
}
