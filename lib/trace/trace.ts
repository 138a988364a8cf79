/**
 * Tracing: from a kernel's function and the kinds of its arguments to its tile graph.
 *
 * The function's text is parsed and run by an interpreter in which what is known when the kernel is
 * compiled are JavaScript values, and what is known at run time are values of the graph.
 */

import type * as acorn from "npm:acorn@8.15.0";
import { CompilationError } from "../errors.ts";
import { type DType, DTYPES } from "../ir/dtype.ts";
import { Graph, hiddenName, type Param, Region, Value } from "../ir/graph.ts";
import { scalar } from "../ir/type.ts";
import { elementOf } from "../language/dtypes.ts";
import { Environment, type KernelFunction } from "./environment.ts";
import { givenDescriptor } from "./blocks.ts";
import { evaluate } from "./expressions.ts";
import { call, closureOf, runBody } from "./functions.ts";
import { suggestion } from "./members.ts";
import { bind, declare, namesIn } from "./patterns.ts";
import { Problem } from "./problem.ts";
import { Journal, Scope } from "./scope.ts";
import { type Source, sourceOf } from "./source.ts";
import { flags, Tracer } from "./tracer.ts";
import { describe } from "./values.ts";

export { KERNEL, type KernelFunction } from "./environment.ts";

/** What is known of an argument when the kernel is compiled. */
export type ArgumentSpec =
  /**
   * A tensor. `divisibility`: of its address in bytes, a power of two, at most 16. With an `offset` the
   * tensor begins somewhere behind the address, known at the launch: the graph has a parameter more,
   * named by {@linkcode offsetName}, and `offset` is what its bytes are a multiple of.
   */
  | {
    readonly kind: "pointer";
    readonly dtype: DType;
    readonly divisibility: number;
    readonly offset?: number;
  }
  /** A run-time scalar; with a `value` the kernel is compiled for that one, and the graph has no such parameter. */
  | {
    readonly kind: "scalar";
    readonly dtype: DType;
    readonly divisibility: number;
    readonly value?: number;
  }
  /** A tensor to be accessed in blocks, with its sizes and strides; the last stride is 1. */
  | {
    readonly kind: "descriptor";
    readonly pointer: ArgumentSpec & { readonly kind: "pointer" };
    readonly shape: readonly (ArgumentSpec & { readonly kind: "scalar" })[];
    readonly strides: readonly (ArgumentSpec & { readonly kind: "scalar" })[];
    readonly blockShape: readonly number[];
    readonly padding: string;
  }
  /** Anything else, known now: undefined for an argument left out, a dtype, a function, … */
  | { readonly kind: "static"; readonly value: unknown };

export interface TraceRequest {
  readonly fn: KernelFunction;
  readonly args: readonly ArgumentSpec[];
  /** The constants that the caller gave; the kernel's own defaults fill in for others. */
  readonly constants: Readonly<Record<string, unknown>>;
  /** Whether `tl.deviceAssert` is checked; it is not unless asked for. */
  readonly debug?: boolean;
}

/** A positional parameter of a kernel. */
export interface SignatureParam {
  readonly name: string;
  /** The dtype that its default declares: `scale = tl.f32(1)`, `n: number = tl.i32`. */
  readonly dtype: DType | undefined;
  /** True when it may be left out at a launch. Its static `undefined` then makes the default take its place. */
  readonly hasDefault: boolean;
}

/** A compile-time constant of a kernel. */
export interface SignatureConstant {
  readonly name: string;
  readonly hasDefault: boolean;
}

/** What a kernel can be given. */
export interface Signature {
  readonly params: readonly SignatureParam[];
  /** The constants of the last parameter; undefined when it is no object pattern. */
  readonly constants: readonly SignatureConstant[] | undefined;
  /** The pattern ends in `...rest`, so that any constants are taken. */
  readonly open: boolean;
}

/** The kernel's function as a call that is about to begin. */
function begin(fn: KernelFunction): { readonly t: Tracer; readonly source: Source } {
  let source: Source;
  try {
    source = sourceOf(fn.fn);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const made = fn.madeAt ? ` (made at ${fn.madeAt})` : "";
    throw new CompilationError({ problem: error.message + made, remedy: error.remedy });
  }
  const named = { ...source, name: fn.name || source.name };
  const t = new Tracer({
    source: named,
    environment: new Environment({ ...fn, name: named.name }),
    self: fn.owner,
    caller: undefined,
    depth: 0,
    ...flags(new Journal()),
    loop: undefined,
  }, { evaluate, call });
  // The flags belong to the tracer's own journal.
  Object.assign(t.frame, flags(t.journal));
  return { t, source: named };
}

/** Runs `body`, and makes what goes wrong a CompilationError at the place where it did. */
function reporting<T>(t: Tracer, fn: KernelFunction, body: () => T): T {
  try {
    return body();
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    const error = t.error(thrown);
    const { problem, remedy, location } = error;
    // An error that is not about the kernel, but a fault of Nereid's, keeps its trace as the cause.
    const fault = thrown instanceof Problem || thrown instanceof CompilationError;
    throw new CompilationError(
      { problem, remedy, location, madeAt: fn.madeAt },
      fault ? undefined : { cause: thrown },
    );
  }
}

/** The last parameter's pattern, when it holds the constants. */
function constantsOf(source: Source): acorn.ObjectPattern | undefined {
  const last = source.node.params.at(-1);
  if (last?.type === "ObjectPattern") return last;
  if (last?.type === "AssignmentPattern" && last.left.type === "ObjectPattern") return last.left;
  return undefined;
}

/** The parameters that take arguments by position. */
function positional(t: Tracer, source: Source): [acorn.Pattern, string][] {
  const { params } = source.node;
  const list = constantsOf(source) ? params.slice(0, -1) : params;
  return list.map((param) => {
    const target = param.type === "AssignmentPattern" ? param.left : param;
    if (target.type === "Identifier") return [param, target.name];
    t.at(param);
    throw new Problem(
      "A kernel's parameters are plain names, and one object pattern of constants at the end",
      "Write function kernel(x, y, n, { BLOCK }) { … }",
    );
  });
}

/**
 * What a kernel takes: for checking a launch before anything is compiled.
 *
 * Throws a CompilationError when the function cannot be a kernel.
 */
export function signatureOf(fn: KernelFunction): Signature {
  const { t, source } = begin(fn);
  return reporting(t, fn, () => {
    const params = positional(t, source).map(([param, name]): SignatureParam => {
      if (param.type !== "AssignmentPattern") return { name, dtype: undefined, hasDefault: false };
      let given: unknown;
      t.builder.region([], () => {
        given = t.evaluate(param.right, new Scope());
        return [];
      });
      // `n: number = tl.i32` only declares the dtype.
      const declared = typeof given === "string" ? undefined : elementOf(given);
      const element = given instanceof Value ? given.type.element : undefined;
      const dtype = declared ?? (element && "pointee" in element ? undefined : element);
      return { name, dtype, hasDefault: declared === undefined };
    });
    const pattern = constantsOf(source);
    const constants = pattern?.properties.flatMap((property): SignatureConstant[] => {
      if (property.type === "RestElement") return [];
      return [{
        name: constantName(property),
        hasDefault: property.value.type === "AssignmentPattern",
      }];
    });
    const open = pattern?.properties.at(-1)?.type === "RestElement";
    return { params, constants, open };
  });
}

/**
 * The constants of a launch with the kernel's own defaults for those that were not given: what a
 * grid function sees.
 */
export function resolveConstants(
  fn: KernelFunction,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { t, source } = begin(fn);
  const pattern = constantsOf(source), resolved = { ...given };
  if (!pattern) return resolved;
  return reporting(t, fn, () => {
    t.builder.region([], () => {
      const { scope: outer } = closureOf(t, fn.fn, t.frame.environment, fn.owner);
      const scope = new Scope(outer);
      declare(t, scope, namesIn(pattern), "parameter");
      bind(t, pattern, { ...given }, scope, "declare");
      for (const property of pattern.properties) {
        if (property.type === "RestElement") continue;
        const { value } = property;
        const target = value.type === "AssignmentPattern" ? value.left : value;
        if (target.type !== "Identifier") continue; // taken apart further: as it was given
        resolved[constantName(property)] = scope.own(target.name)?.value;
      }
      return [];
    });
    return resolved;
  });
}

function constantName({ key, computed }: acorn.AssignmentProperty): string {
  if (key.type === "Identifier" && !computed) return key.name;
  if (key.type === "Literal") return String(key.value);
  throw new Problem("The name of a constant cannot be computed", "Write { BLOCK = 1024 }");
}

/**
 * Traces a kernel for arguments of certain kinds and certain constants.
 *
 * Throws a CompilationError that shows the place in the kernel's source and tells what to do.
 */
export function trace({ fn, args, constants, debug = false }: TraceRequest): Graph {
  const { t, source } = begin(fn);
  t.debug = debug;
  const params: Param[] = [];
  try {
    const body = reporting(t, fn, () =>
      t.builder.region([], () => {
        t.at(source.node);
        const { scope: outer } = closureOf(t, fn.fn, t.frame.environment, fn.owner);
        const scope = new Scope(outer);
        declare(t, scope, source.node.params.flatMap(namesIn), "parameter");
        bindArguments(t, source, args, params, scope);
        bindConstants(t, source, constants, scope);
        checkNothing(runBody(t, source.node, scope, t.frame));
        return [];
      }));
    return new Graph(source.name, params, new Region([], body.ops, []));
  } finally {
    for (const line of t.prints) console.log(line);
  }
}

function bindArguments(
  t: Tracer,
  source: Source,
  args: readonly ArgumentSpec[],
  params: Param[],
  scope: Scope,
): void {
  const list = positional(t, source);
  if (args.length > list.length) {
    throw new Problem(
      `${source.name} takes ${list.length} arguments, not ${args.length}`,
      "Constants go into an object, the last argument: { BLOCK: 1024 }",
    );
  }
  list.forEach(([param, name], i) => {
    t.at(param);
    const argument = args[i] ?? { kind: "static", value: undefined };
    if (argument.kind === "static") {
      if (argument.value === undefined && param.type !== "AssignmentPattern" && i >= args.length) {
        throw new Problem(
          `${source.name} was given no argument for its parameter '${name}'`,
          "Pass undefined for what is left out",
        );
      }
      return bind(t, param, checkDefault(t, argument.value, param, name, scope), scope, "declare");
    }
    const target = param.type === "AssignmentPattern" ? param.left : param;
    const names = list.map(([, name]) => name);
    bind(t, target, parameterOf(t, argument, name, names, params), scope, "declare");
  });
}

/** What the kernel sees as a parameter, with the parameters of the graph that it is made of. */
function parameterOf(
  t: Tracer,
  argument: ArgumentSpec & { readonly kind: "pointer" | "scalar" | "descriptor" },
  name: string,
  names: readonly string[],
  params: Param[],
): unknown {
  if (argument.kind === "descriptor") {
    const base = parameterOf(t, argument.pointer, name, names, params) as Value;
    const numbers = (specs: typeof argument.shape, what: "shape" | "stride") =>
      specs.map((spec, dim) =>
        parameterOf(t, spec, dimensionName(name, what, dim), names, params) as Value
      );
    const { blockShape, padding } = argument;
    const shape = numbers(argument.shape, "shape"), strides = numbers(argument.strides, "stride");
    return givenDescriptor(t, base, shape, [...strides.slice(0, -1), 1], blockShape, padding);
  }
  if (argument.kind === "scalar" && argument.value !== undefined) {
    return t.builder.constant(argument.value, argument.dtype);
  }
  const { dtype, divisibility } = argument;
  const element = argument.kind === "pointer" ? { pointee: dtype, base: name } : dtype;
  const value = new Value(scalar(element), name);
  params.push({ name, value, divisibility });
  if (argument.kind !== "pointer") return value;
  const offset = argument.offset && offsetParam(name, argument.offset / dtype.bytes, names);
  if (offset) params.push(offset);
  const first = offset ? t.builder.value("ptr_add", [value, offset.value]) : value;
  t.semantics.pointers.set(name, first);
  return first;
}

/** What the parameter for a size or stride of a descriptor is called; no parameter of a kernel's author has a name with a $. */
export function dimensionName(name: string, what: "shape" | "stride", dim: number): string {
  return `${name}$${what}${dim}`;
}

/** The parameter that holds where in its memory a tensor begins, in elements. */
function offsetParam(name: string, divisibility: number, names: readonly string[]): Param {
  const hidden = offsetName(name, names);
  return { name: hidden, value: new Value(scalar(DTYPES.i32), hidden), divisibility };
}

/** What the parameter for a tensor's offset is called, beside the kernel's own. */
export function offsetName(name: string, names: readonly string[]): string {
  return hiddenName(`${name}_offset`, names);
}

/** An argument that was left out needs a default that is a value, not only a dtype. */
function checkDefault(
  t: Tracer,
  value: unknown,
  param: acorn.Pattern,
  name: string,
  scope: Scope,
): unknown {
  if (value !== undefined || param.type !== "AssignmentPattern") return value;
  const given = t.evaluate(param.right, scope);
  const dtype = typeof given === "string" ? undefined : elementOf(given);
  if (dtype) {
    throw new Problem(
      `The parameter '${name}' was left out: its default only declares that it is ${dtype.name}`,
      `Give it a value to fall back on: ${name} = tl.${dtype.name}(0)`,
    );
  }
  return given;
}

function bindConstants(
  t: Tracer,
  source: Source,
  constants: Readonly<Record<string, unknown>>,
  scope: Scope,
): void {
  const pattern = constantsOf(source);
  const given = Object.keys(constants);
  if (!pattern) {
    if (given.length === 0) return;
    throw new Problem(
      `${source.name} has no constants, but was given ${given.join(", ")}`,
      "Take them in an object pattern, the last parameter: { BLOCK }",
    );
  }
  t.at(pattern);
  const names: string[] = [];
  for (const property of pattern.properties) {
    if (property.type === "RestElement") continue;
    t.at(property);
    const name = constantName(property);
    names.push(name);
    if (Object.hasOwn(constants, name) || property.value.type === "AssignmentPattern") continue;
    throw new Problem(
      `${source.name} was given no value for its constant '${name}', which has no default`,
      `Pass it at the launch, ${source.name}[grid(…)](…, { ${name}: 1024 }), or give it a default: { ${name} = 1024 }`,
    );
  }
  t.at(pattern);
  const unknown = given.find((name) => !names.includes(name));
  if (unknown !== undefined && pattern.properties.at(-1)?.type !== "RestElement") {
    throw new Problem(
      `${source.name} has no constant '${unknown}'`,
      suggestion(unknown, names) ?? `Its constants are ${names.join(", ") || "none"}`,
    );
  }
  bind(t, pattern, { ...constants }, scope, "declare");
}

function checkNothing(value: unknown): void {
  if (value === undefined) return;
  throw new Problem(
    `A kernel returns nothing, but this one returns ${describe(value)}`,
    "Store it: tl.store(out + offsets, value, { mask })",
  );
}
