/**
 * `jit`: from a function to a kernel that is traced, compiled and launched.
 *
 * What a launch costs when nothing is to be compiled is paid by every launch, so the way there is
 * short: classify the arguments (`launch/bind.ts`), find the executable under their key, run it.
 */

import { blamingCaller, LaunchError } from "./errors.ts";
import {
  checkGrid,
  type Grid,
  type GridFunction,
  gridOfKey,
  type GridShape,
  resolveGrid,
} from "./grid.ts";
import type { Graph } from "./ir/graph.ts";
import { aliasesOf, bind, type Bound, type Parameters, specOf } from "./launch/bind.ts";
import type { CompileOptions } from "./compile.ts";
import { type Executable, folding, prepare } from "./launch/execute.ts";
import type { Kernel } from "./launch/types.ts";
import type { Backend } from "./runtime/backend.ts";
import { KERNEL, type KernelFunction, kernelFunctionOf } from "./trace/environment.ts";
import { type ArgumentSpec, resolveConstants, signatureOf, trace } from "./trace/trace.ts";

/** Names that a kernel may use besides its own, or a function that returns them. */
export type Names = Readonly<Record<string, unknown>> | (() => Record<string, unknown>);

/** The address of the folder of this file, whose frames are not where a kernel was made. */
const OWN = new URL(".", import.meta.url).href;

/**
 * Makes a kernel of a function.
 *
 * The function is not run: at a launch its source is traced and compiled for the arguments' types
 * and the constants' values, and kept for the next such launch. Its positional parameters are
 * known when it runs: a {@linkcode Tensor} arrives as a pointer to its first element, an integral
 * number as an i32, another as an f32, a boolean as a bool. A default value declares a parameter's
 * type: with `eps = tl.f32(1e-5)` or `n: number = tl.i32` it does not depend on the number that is
 * passed. The last parameter, an object pattern, takes constants that are known when the kernel is
 * compiled.
 *
 * A function's source does not tell what the variables around it are, so what else it uses must
 * be given.
 *
 * @param fn The function: a function expression, an arrow or a method.
 * @param names Values that it uses by name: helper functions, numbers, other kernels. A function
 * that returns them is called when the kernel is compiled, which allows any order of definition.
 * @returns The kernel; launch it as `kernel[grid(…)](…)`.
 *
 * @example A kernel with a helper
 * ```ts
 * import assert from "node:assert/strict";
 * import { cdiv, Device, grid, jit, type Pointer, tl } from "../mod.ts";
 *
 * const square = (x: number) => x * x;
 *
 * const squares = jit(function squares(x: Pointer, out: Pointer, n: number, { BLOCK = 4 }) {
 *   const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
 *   const mask = at < n;
 *   tl.store(out + at, square(tl.load(x + at, { mask })), { mask });
 * }, { square });
 *
 * using device = await Device.open({ device: "cpu" });
 * using x = device.from([1, 2, 3, 4, 5]), out = device.empty([5]);
 * squares[grid(cdiv(5, 4))](x, out, 5);
 * assert((await out.read()).join() === "1,4,9,16,25");
 * ```
 *
 * @example A static method, which reaches its class's statics
 * ```ts
 * import assert from "node:assert/strict";
 * import { Device, grid, jit, type Pointer, tl } from "../mod.ts";
 *
 * class Scale {
 *   static FACTOR = 3;
 *
 *   @jit
 *   static run(x: Pointer, { BLOCK = 4 }) {
 *     const at = tl.arange(0, BLOCK);
 *     tl.store(x + at, tl.load(x + at) * this.FACTOR);
 *   }
 * }
 *
 * using device = await Device.open({ device: "cpu" });
 * using x = device.full([4], 2);
 * jit(Scale.run)[grid(1)](x); // jit gives a kernel back as it is, with its type
 * assert((await x.read()).join() === "6,6,6,6");
 * ```
 */
// deno-lint-ignore ban-types -- a call signature here would make an unannotated object pattern `any`
export function jit<F extends Function>(method: F, context: ClassMethodDecoratorContext): F;
/** Makes a kernel of a function and the names that it uses. */
// deno-lint-ignore ban-types -- as above
export function jit<F extends Function>(fn: F, names?: Names): Kernel<F>;
// deno-lint-ignore ban-types -- as above
export function jit(fn: Function, second?: Names | ClassMethodDecoratorContext): unknown {
  if (typeof fn !== "function") {
    throw new LaunchError(`Cannot make a kernel of ${String(fn)}: jit takes a function`);
  }
  if (isDecoratorContext(second)) return decorated(fn, second);
  if (kernelFunctionOf(fn) && second === undefined) return fn;
  const { fn: source, owner } = kernelFunctionOf(fn) ?? { fn, owner: undefined };
  return makeKernel({
    name: source.name || "kernel",
    fn: source,
    names: second,
    owner,
    madeAt: callSite(),
  });
}

function isDecoratorContext(value: unknown): value is ClassMethodDecoratorContext {
  return typeof value === "object" && value !== null && "addInitializer" in value &&
    typeof value.addInitializer === "function";
}

/** What replaces a decorated method: its kernel. The class is known once it is initialised. */
// deno-lint-ignore ban-types -- any function is taken
function decorated(fn: Function, context: ClassMethodDecoratorContext): unknown {
  const { kind, name } = context;
  if (kind !== "method" || !context.static || context.private) {
    throw new LaunchError(
      `Cannot make a kernel of '${String(name)}': @jit stands before a public static method`,
    );
  }
  let owner: unknown;
  context.addInitializer(function (this: unknown) {
    owner = this;
  });
  const madeAt = callSite();
  return makeKernel({
    name: String(name),
    fn,
    madeAt,
    get owner() {
      return owner;
    },
  });
}

/** Where `jit` was called: the first frame that is not in this library. */
function callSite(): string | undefined {
  for (const line of new Error().stack?.split("\n").slice(1) ?? []) {
    const at = /((?:[a-z]+:\/\/|\/)[^\s()]+:\d+:\d+)\)?$/.exec(line)?.[1];
    if (at && !at.startsWith(OWN)) return at;
  }
  return undefined;
}

/** The object that `jit` returns: a function that refuses to be called, with a launcher for each grid. */
function makeKernel(fn: KernelFunction): unknown {
  const definition = new Definition(fn);
  const members: Readonly<Record<string, unknown>> = {
    name: fn.name,
    launch: blamingCaller((grid: Grid, ...args: unknown[]) =>
      definition.launch(resolveGrid(grid), args)
    ),
    graph: blamingCaller((args: readonly ArgumentSpec[], constants: Record<string, unknown> = {}) =>
      definition.graph(args, constants)
    ),
    toString: () => `Kernel ${fn.name}`,
  };
  return new Proxy(() => {}, {
    get(target, key) {
      const grid = gridOfKey(key);
      if (grid !== undefined) {
        return blamingCaller((...args: unknown[]) => definition.launch(grid, args));
      }
      if (key === KERNEL) return fn;
      if (typeof key === "string" && Object.hasOwn(members, key)) return members[key];
      if (typeof key === "string" && isMistakenGrid(key)) throw mistakenGrid(fn.name, key);
      return Reflect.get(target, key);
    },
    has(target, key) {
      return key === KERNEL || Object.hasOwn(members, key) || Reflect.has(target, key);
    },
    apply() {
      throw new LaunchError(
        `Cannot call the kernel '${fn.name}' without a grid: write ${fn.name}[grid(…)](…)`,
      );
    },
  });
}

/** True for what JavaScript makes of a function, NaN, undefined, … between the brackets. */
function isMistakenGrid(key: string): boolean {
  return key === "" || key.includes("=>") || key.startsWith("function") ||
    /^(-?\d|-?Infinity|NaN|undefined|null|\[object )/.test(key);
}

function mistakenGrid(name: string, key: string): LaunchError {
  return new LaunchError(
    key.includes("=>") || key.startsWith("function")
      ? `Cannot launch '${name}' over a bare function: write ${name}[grid((meta) => …)](…)`
      : `Cannot launch '${name}' over the grid '${key}': write ${name}[grid(x, y, z)](…) with one to three non-negative integers`,
  );
}

/** A kernel's function with everything that was compiled of it. */
class Definition {
  readonly #fn: KernelFunction;
  readonly #executables = new WeakMap<Backend, Map<string, Executable>>();
  readonly #constants = new Map<string, Record<string, unknown>>(); // with defaults, by their key
  readonly #dtypesSeen = new Map<number, string>(); // by position: the class of an undeclared number
  #signature: Signature | undefined;

  constructor(fn: KernelFunction) {
    this.#fn = fn;
  }

  get signature(): Signature {
    return this.#signature ??= readSignature(this.#fn);
  }

  graph(
    args: readonly ArgumentSpec[],
    constants: Readonly<Record<string, unknown>>,
    debug = false,
  ): Graph {
    return trace({ fn: this.#fn, args, constants, debug });
  }

  launch(grid: GridShape | GridFunction, args: readonly unknown[]): void {
    const { signature } = this;
    const bound = bind(signature, args);
    const { backend } = bound.device;
    const shape = typeof grid === "function" ? checkGrid(grid(this.#meta(bound))) : grid;
    if (shape[0] === 0 || shape[1] === 0 || shape[2] === 0) return;

    const { limits } = bound.device.capabilities;
    const fold = limits ? folding(shape, limits.maxComputeWorkgroupsPerDimension) : "none";
    const debug = bound.debug ?? bound.device.debug;
    let key = fold === "none" ? bound.key : `${fold};${bound.key}`;
    if (debug) key = `debug;${key}`;
    let executables = this.#executables.get(backend);
    if (!executables) this.#executables.set(backend, executables = new Map());
    let run = executables.get(key);
    if (!run) executables.set(key, run = this.#compile(bound, backend, fold, debug));
    run(bound.values, shape);
  }

  #compile(
    bound: Bound,
    backend: Backend,
    fold: CompileOptions["fold"],
    debug: boolean,
  ): Executable {
    const { values, classes, constants, options } = bound;
    this.#warnOfTwoTypes(classes, values);
    const graph = this.graph(classes.map((cls, i) => specOf(cls, values[i])), constants, debug);
    const aliases = aliasesOf(classes);
    return prepare(graph, backend, this.signature.positions, { ...options, aliases, fold });
  }

  /** What a grid function is given. */
  #meta({ values, constants, constantsKey }: Bound): Record<string, unknown> {
    let resolved = this.#constants.get(constantsKey);
    if (!resolved) {
      this.#constants.set(constantsKey, resolved = resolveConstants(this.#fn, constants));
    }
    const args = this.signature.positional.map(({ name }, i) => [name, values[i]]);
    return { ...Object.fromEntries(args), ...resolved };
  }

  /**
   * JavaScript cannot tell 1 from 1.0, so an undeclared number is an i32 in one launch and an f32 in
   * the next, and means another kernel each time: worth a word, once for each parameter.
   */
  #warnOfTwoTypes(classes: readonly string[], values: readonly unknown[]): void {
    this.signature.positional.forEach(({ name, dtype }, i) => {
      const seen = /^(i32|f32)/.exec(classes[i]!)?.[1];
      if (dtype || !seen || typeof values[i] !== "number") return;
      const before = this.#dtypesSeen.get(i);
      if (before === undefined) this.#dtypesSeen.set(i, seen);
      if (before === undefined || before === seen || before === "both") return;
      this.#dtypesSeen.set(i, "both");
      console.warn(
        `Nereid: parameter '${name}' of kernel '${this.#fn.name}' has been an ${before} and is now an ${seen}, ` +
          `as the number passed is ${seen === "f32" ? "not integral" : "integral"}. ` +
          `Declare it: ${name}: number = tl.f32, or pass tl.f32(…)`,
      );
    });
  }
}

/** What the launcher needs of a kernel's signature. */
interface Signature extends Parameters {
  /** The position of each parameter. */
  readonly positions: ReadonlyMap<string, number>;
}

function readSignature(fn: KernelFunction): Signature {
  const { params, constants, open } = signatureOf(fn);
  return {
    name: fn.name,
    positional: params.map(({ name, dtype, hasDefault }) => ({
      name,
      dtype,
      optional: hasDefault,
    })),
    constants: open ? undefined : (constants ?? []).map(({ name }) => name),
    positions: new Map(params.map(({ name }, i) => [name, i])),
  };
}
