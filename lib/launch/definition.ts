/**
 * A kernel's function with everything that was compiled of it.
 *
 * What a launch costs when nothing is to be compiled is paid by every launch, so the way there is
 * short: find the executable under the key of the arguments, run it.
 */

import type { CompileOptions } from "../compile.ts";
import { checkGrid, type GridFunction, type GridShape } from "../grid.ts";
import type { Graph } from "../ir/graph.ts";
import type { Backend } from "../runtime/backend.ts";
import type { KernelFunction } from "../trace/environment.ts";
import { type ArgumentSpec, resolveConstants, signatureOf, trace } from "../trace/trace.ts";
import { aliasesOf, type Bound, specOf } from "./bind.ts";
import { type Executable, folding, prepare } from "./execute.ts";
import { type Launchable, namedValues, NOTHING, type Signature } from "./launchable.ts";

export class Definition implements Launchable {
  readonly #executables = new WeakMap<Backend, Map<string, Executable>>();
  readonly #constants = new Map<string, Record<string, unknown>>(); // with defaults, by their key
  readonly #dtypesSeen = new Map<number, string>(); // by position: the class of an undeclared number
  #signature: Signature | undefined;

  constructor(readonly fn: KernelFunction) {}

  get signature(): Signature {
    return this.#signature ??= readSignature(this.fn);
  }

  graph(
    args: readonly ArgumentSpec[],
    constants: Readonly<Record<string, unknown>>,
    debug = false,
  ): Graph {
    return trace({ fn: this.fn, args, constants, debug });
  }

  prepare(bound: Bound, grid: GridShape | GridFunction): () => void {
    const { backend } = bound.device;
    const shape = typeof grid === "function" ? checkGrid(grid(this.#meta(bound))) : grid;
    if (shape[0] === 0 || shape[1] === 0 || shape[2] === 0) return NOTHING;

    const { limits } = bound.device.capabilities;
    const fold = limits ? folding(shape, limits.maxComputeWorkgroupsPerDimension) : "none";
    const debug = bound.debug ?? bound.device.debug;
    let key = fold === "none" ? bound.key : `${fold};${bound.key}`;
    if (debug) key = `debug;${key}`;
    let executables = this.#executables.get(backend);
    if (!executables) this.#executables.set(backend, executables = new Map());
    let run = executables.get(key);
    if (!run) executables.set(key, run = this.#compile(bound, backend, fold, debug));
    return () => run(bound.values, shape);
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
  #meta(bound: Bound): Record<string, unknown> {
    const { constants, constantsKey } = bound;
    let resolved = this.#constants.get(constantsKey);
    if (!resolved) {
      this.#constants.set(constantsKey, resolved = resolveConstants(this.fn, constants));
    }
    return { ...namedValues(this.signature, bound), ...resolved };
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
