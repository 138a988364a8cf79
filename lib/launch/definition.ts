/**
 * A kernel's function with everything that was compiled of it.
 *
 * What a launch costs when nothing is to be compiled is paid by every launch, so the way there is
 * short: find the executable under the key of the arguments, run it.
 */

import type { CompileOptions } from "../compile.ts";
import { OutOfResourcesError } from "../errors.ts";
import { checkGrid, type GridFunction, type GridShape } from "../grid.ts";
import type { Graph } from "../ir/graph.ts";
import { stageClock } from "../stages.ts";
import type { Backend } from "../runtime/backend.ts";
import type { KernelFunction } from "../trace/environment.ts";
import { type ArgumentSpec, resolveConstants, signatureOf, trace } from "../trace/trace.ts";
import { aliasesOf, type Bound, specOf, valuesOf } from "./bind.ts";
import { type Executable, folding, prepare } from "./execute.ts";
import {
  type Launchable,
  namedValues,
  NOTHING,
  type Signature,
  valuesByName,
} from "./launchable.ts";
import { Recall } from "./recall.ts";

/** What launches that are alike have in common. */
interface Alike {
  /** What is compiled for them, by how their grid is folded. */
  readonly runs: Record<CompileOptions["fold"], Executable | undefined>;
  readonly executables: ReadonlyMap<string, Executable>;
  readonly key: string;
  /** With defaults. */
  readonly constants: Readonly<Record<string, unknown>>;
  /** Whether descriptors are among their arguments. */
  readonly described: boolean;
  /** Programs along a dimension of a dispatch at most. */
  readonly most: number;
}

export class Definition implements Launchable {
  readonly #executables = new WeakMap<Backend, Map<string, Executable>>();
  readonly #constants = new Map<string, Record<string, unknown>>(); // with defaults, by their key
  readonly #dtypesSeen = new Map<number, string>(); // by position: the class of an undeclared number
  #signature: Signature | undefined;
  #recall: Recall<Alike> | undefined;

  constructor(readonly fn: KernelFunction) {}

  get signature(): Signature {
    return this.#signature ??= readSignature(this.fn);
  }

  graph(
    args: readonly ArgumentSpec[],
    constants: Readonly<Record<string, unknown>>,
    debug = false,
  ): Graph {
    const ended = stageClock(), graph = trace({ fn: this.fn, args, constants, debug });
    ended("trace");
    return graph;
  }

  prepare(bound: Bound, grid: GridShape | GridFunction): () => void {
    const { backend } = bound.device;
    const shape = typeof grid === "function" ? checkGrid(grid(this.#meta(bound))) : grid;
    if (shape[0] === 0 || shape[1] === 0 || shape[2] === 0) return NOTHING;

    const { limits } = bound.device.capabilities;
    const fold = limits ? folding(shape, limits.maxComputeWorkgroupsPerDimension) : "none";
    const debug = isDebug(bound), key = keyOf(bound, debug, fold);
    const executables = this.#executablesOf(backend);
    let run = executables.get(key);
    if (!run) executables.set(key, run = this.#compile(bound, backend, fold, debug));
    return () => run(bound.values, shape);
  }

  repeat(
    grid: GridShape | GridFunction,
    args: readonly unknown[],
  ): GridShape | GridFunction | undefined {
    const alike = this.#recall?.find(args);
    if (!alike) return grid;
    const shape = typeof grid === "function"
      ? checkGrid(grid(this.#metaOf(args, alike.constants)))
      : grid;
    const fold = folding(shape, alike.most);
    let run = alike.runs[fold];
    if (!run) {
      run = alike.runs[fold] = alike.executables.get(foldedKey(alike.key, fold));
      if (!run) return shape;
    }
    if (shape[0] > 0 && shape[1] > 0 && shape[2] > 0) {
      run(alike.described ? valuesOf(this.signature, args) : args, shape);
    }
    return undefined;
  }

  keep(args: readonly unknown[], bound: Bound): void {
    const { backend, capabilities: { limits } } = bound.device;
    this.#recall ??= new Recall(this.signature);
    this.#recall.keep(args, {
      runs: { none: undefined, line: undefined, box: undefined },
      executables: this.#executablesOf(backend),
      key: keyOf(bound, isDebug(bound), "none"),
      constants: this.#constantsOf(bound),
      described: bound.hidden.length > 0,
      most: limits?.maxComputeWorkgroupsPerDimension ?? Infinity,
    });
  }

  #executablesOf(backend: Backend): Map<string, Executable> {
    let executables = this.#executables.get(backend);
    if (!executables) this.#executables.set(backend, executables = new Map());
    return executables;
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
    const { positional, positions } = this.signature, { sanitize } = bound.device;
    const all = bound.hidden.length === 0 ? positions : new Map([
      ...positions,
      ...bound.hidden.map((name, k): [string, number] => [name, positional.length + k]),
    ]);
    try {
      return prepare(graph, backend, all, { ...options, aliases, fold }, sanitize);
    } catch (error) {
      throw withConstants(error, this.#constantsOf(bound));
    }
  }

  /** What a grid function is given. */
  #meta(bound: Bound): Record<string, unknown> {
    return { ...namedValues(this.signature, bound), ...this.#constantsOf(bound) };
  }

  /** The same, of arguments as they were passed. */
  #metaOf(
    args: readonly unknown[],
    constants: Readonly<Record<string, unknown>>,
  ): Record<string, unknown> {
    return Object.assign(valuesByName(this.signature, args), constants);
  }

  /** The constants of a launch with the kernel's defaults. */
  #constantsOf({ constants, constantsKey }: Bound): Record<string, unknown> {
    let resolved = this.#constants.get(constantsKey);
    if (!resolved) {
      this.#constants.set(constantsKey, resolved = resolveConstants(this.fn, constants));
    }
    return resolved;
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
        `Nereid: parameter '${name}' of kernel '${this.fn.name}' has been an ${before} and is now an ${seen}, ` +
          `as the number passed is ${seen === "f32" ? "not integral" : "integral"}. ` +
          `Declare it: ${name}: number = tl.f32, or pass tl.f32(…)`,
      );
    });
  }
}

/** An error of a kernel that is too large for the device, with the constants that make it so. */
function withConstants(error: unknown, constants: Readonly<Record<string, unknown>>): unknown {
  const sizes = Object.entries(constants)
    .filter(([, value]) => typeof value === "number" && value > 1)
    .map(([name, value]) => `${name} is ${value}`);
  if (!(error instanceof OutOfResourcesError) || sizes.length === 0) return error;
  return new OutOfResourcesError(`${error.message} (${sizes.join(", ")})`, { cause: error });
}

function isDebug({ debug, device }: Bound): boolean {
  return debug ?? device.debug;
}

/** What executables are kept under. */
function keyOf({ key }: Bound, debug: boolean, fold: CompileOptions["fold"]): string {
  return foldedKey(debug ? `debug;${key}` : key, fold);
}

function foldedKey(key: string, fold: CompileOptions["fold"]): string {
  return fold === "none" ? key : `${fold};${key}`;
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
