/**
 * What stands behind a tuned kernel: for each key, the configuration that was fastest.
 *
 * The first launch with a new key compiles every configuration and then holds the launch queue: the
 * trials run on the launch's own tensors, the fastest runs once more as the launch itself, and
 * only then do launches, reads and writes that were asked for meanwhile have their turn.
 */

import {
  CompilationError,
  DeviceError,
  LaunchError,
  NereidError,
  OutOfResourcesError,
} from "../errors.ts";
import type { GridFunction, GridMeta, GridShape } from "../grid.ts";
import type { Graph } from "../ir/graph.ts";
import type { Backend } from "../runtime/backend.ts";
import type { Capabilities } from "../runtime/capabilities.ts";
import type { GpuStorage } from "../runtime/gpu_storage.ts";
import { Tensor } from "../runtime/tensor.ts";
import { WebGpuBackend } from "../runtime/webgpu.ts";
import type { KernelFunction } from "../trace/environment.ts";
import type { ArgumentSpec } from "../trace/trace.ts";
import { type Bound, rebind, valueOf } from "./bind.ts";
import { valueKey } from "./key.ts";
import {
  type Launchable,
  namedValues,
  NOTHING,
  type Signature,
  withConstants,
} from "./launchable.ts";
import { race, type Spread } from "./race.ts";
import { Recall } from "./recall.ts";
import { nearest } from "../words.ts";
import { configText, type TuningData, TuningTimes } from "./tuning_times.ts";

/** A configuration: constants and launch options. */
export type Config = Readonly<Record<string, unknown>>;

/** What the tuner is told, once it is checked. */
export interface TunerOptions {
  readonly configs: readonly Config[];
  readonly key: readonly (string | number)[];
  readonly early?: ((configs: readonly Config[], args: GridMeta) => readonly Config[]) | undefined;
  readonly perfModel?: ((args: GridMeta) => number) | undefined;
  readonly topK?: number | undefined;
  readonly resetToZero: readonly (string | number)[];
  readonly restore: readonly (string | number)[];
  readonly rep: number;
  readonly onTuned?: ((result: Result) => void) | undefined;
}

/** Parameters and constants by their names in the kernel. */
interface Names {
  readonly key: readonly string[];
  readonly resetToZero: readonly string[];
  readonly restore: readonly string[];
}

/** How one configuration did. */
export interface Trial {
  readonly config: Config;
  /** Milliseconds a launch; undefined when it did not compile or was not tried. */
  readonly ms: Spread | undefined;
  /** Why it did not compile. */
  readonly error?: NereidError | undefined;
}

/** What was found for one key on one device. */
export interface Result {
  readonly device: string;
  readonly key: string;
  readonly best: Config;
  readonly trials: readonly Trial[];
}

/** What is known for a key: the choice, that it is under way, or that nothing runs. */
type State =
  | { readonly is: "decided"; readonly config: Config; readonly merged: Map<string, Bound> }
  | { readonly is: "under way" }
  | { readonly is: "failed"; readonly error: LaunchError };

export class Tuner implements Launchable {
  readonly #inner: Launchable;
  readonly #options: TunerOptions;
  readonly #states = new WeakMap<Backend, Map<string, State>>();
  readonly #results: Result[] = [];
  readonly #times: TuningTimes;
  /** For launches like earlier ones, by the values of the key: what was chosen. */
  #recall: Recall<Map<string, Config>> | undefined;
  #named: Names | undefined;

  readonly members = {
    bestConfig: { get: (): Config | undefined => this.#results.at(-1)?.best },
    tuningResults: { get: (): readonly Result[] => [...this.#results] },
    exportTuning: { value: (): TuningData => this.#times.export() },
    importTuning: { value: (data: TuningData): boolean => this.#times.import(data) },
  };

  constructor(inner: Launchable, options: TunerOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#times = new TuningTimes(inner.fn);
  }

  get fn(): KernelFunction {
    return this.#inner.fn;
  }

  get signature(): Signature {
    return this.#inner.signature;
  }

  graph(args: readonly ArgumentSpec[], constants: Readonly<Record<string, unknown>>): Graph {
    return this.#inner.graph(args, { ...this.#options.configs[0], ...constants });
  }

  prepare(bound: Bound, grid: GridShape | GridFunction): () => void {
    const { backend } = bound.device, key = this.#keyOf(bound);
    let states = this.#states.get(backend);
    if (!states) this.#states.set(backend, states = new Map());
    const state = states.get(key) ?? this.#known(bound, states, key);
    if (state?.is === "decided") return this.#decided(state, bound, grid);
    if (state?.is === "failed") throw state.error;
    if (state?.is === "under way") return this.#waiting(states, key, bound, grid);

    const configs = this.#prune(bound), device = deviceName(backend.capabilities);
    const decide = (config: Config, trials: readonly Trial[]) => {
      states.set(key, { is: "decided", config, merged: new Map() });
      const result: Result = { device, key, best: config, trials };
      this.#results.push(result);
      this.#options.onTuned?.(result);
    };
    if (configs.length === 1 || !(backend instanceof WebGpuBackend)) {
      const config = configs[0]!;
      const run = this.#inner.prepare(this.#with(bound, config), grid);
      decide(config, configs.map((config) => ({ config, ms: undefined })));
      return run;
    }

    const before = configs.map((config): Trial & { readonly fails: boolean } => {
      const known = this.#times.get(backend.cache, device, key, config);
      return { config, ms: known === "fails" ? undefined : known, fails: known === "fails" };
    });
    const best = fastest(before), unknown = before.filter(({ ms, fails }) => !ms && !fails);
    if (best && unknown.length === 0) {
      const { runs } = this.#compile([best.config], bound, grid);
      const run = runs.get(best.config);
      if (run) {
        decide(best.config, before);
        return run;
      }
      this.#times.set(backend.cache, device, key, best.config, "fails"); // on this device, today
      return this.prepare(bound, grid);
    }

    const pinned = pin(bound), wanted = best ? [best, ...unknown] : before;
    const { runs, trials } = this.#compile(wanted.map(({ config }) => config), pinned, grid);
    if (runs.size === 0) throw this.#noneCompiles(key, trials);
    if ([...runs.values()].includes(NOTHING)) return NOTHING; // an empty grid tells no times
    if (runs.size === 1) {
      const [[config, run]] = [...runs] as [[Config, () => void]];
      decide(config, trials);
      return run;
    }
    states.set(key, { is: "under way" });
    return () =>
      backend.queue.gate.hold(async () => {
        try {
          const found = await this.#race(backend, pinned, runs);
          for (const trial of trials) if (!found.has(trial.config)) found.set(trial.config, trial);
          const all = this.#together(before, found, best);
          const winner = fastest(all);
          if (!winner) throw this.#noneCompiles(key, all);
          for (const { config, ms, error } of all) {
            if (ms || error) this.#times.set(backend.cache, device, key, config, ms ?? "fails");
          }
          decide(winner.config, all);
        } catch (error) {
          const failure = error instanceof LaunchError ? error : new LaunchError(
            `Cannot tune '${this.fn.name}' for ${key}: ${
              error instanceof Error ? error.message : error
            }`,
            { cause: error },
          );
          states.set(key, { is: "failed", error: failure });
          backend.queue.failures.add(new DeviceError(failure.message, { cause: failure }));
        }
      });
  }

  /**
   * What was measured just now with what was known before. The best of before ran once more: how
   * its time has changed is taken to be how all have.
   */
  #together(
    before: readonly Trial[],
    found: ReadonlyMap<Config, Trial>,
    best: Trial | undefined,
  ): Trial[] {
    const again = best && found.get(best.config)?.ms?.median;
    const factor = again && best.ms ? again / best.ms.median : 1;
    return before.map(({ config, ms }) => {
      const trial = found.get(config);
      if (trial || !ms) return trial ?? { config, ms };
      const { median, low, high } = ms;
      return {
        config,
        ms: { median: median * factor, low: low * factor, high: high * factor },
      };
    });
  }

  /** What another device of the same kind has found. */
  #known({ device }: Bound, states: Map<string, State>, key: string): State | undefined {
    const name = deviceName(device.capabilities);
    const found = this.#results.findLast((result) => result.device === name && result.key === key);
    if (!found) return undefined;
    const state: State = { is: "decided", config: found.best, merged: new Map() };
    states.set(key, state);
    return state;
  }

  repeat(
    grid: GridShape | GridFunction,
    args: readonly unknown[],
  ): GridShape | GridFunction | undefined {
    const config = this.#recall?.find(args)?.get(this.#repeatKey(args));
    if (!config || !this.#inner.repeat) return grid;
    return this.#inner.repeat(grid, withConstants(args, config));
  }

  keep(args: readonly unknown[], bound: Bound): void {
    const state = this.#states.get(bound.device.backend)?.get(this.#keyOf(bound));
    if (state?.is !== "decided" || !this.#inner.keep) return;
    this.#recall ??= new Recall(this.signature);
    let known = this.#recall.find(args);
    if (!known) this.#recall.keep(args, known = new Map());
    known.set(this.#repeatKey(args), state.config);
    this.#inner.keep(withConstants(args, state.config), this.#with(bound, state.config));
  }

  /** The values of the key's parameters as they were passed. */
  #repeatKey(args: readonly unknown[]): string {
    const { positions } = this.signature;
    let text = "";
    for (const name of this.#names.key) {
      const at = positions.get(name);
      if (at === undefined) continue; // a constant: Recall tells them apart
      const value = valueOf(args[at]);
      text += value instanceof Tensor ? `[${value.shape}],` : `${valueKey(value)},`;
    }
    return text;
  }

  /** The launch with what was decided. */
  #decided(
    { config, merged }: State & { is: "decided" },
    bound: Bound,
    grid: GridShape | GridFunction,
  ): () => void {
    let known = merged.get(bound.constantsKey);
    if (!known) {
      known = { ...this.#with(bound, config), values: [] }; // without the tensors, which may be given back
      merged.set(bound.constantsKey, known);
    }
    const { device, values, hidden, classes } = bound;
    const key = `${classes.join()};${known.constantsKey}`;
    return this.#inner.prepare({ ...known, device, key, values, hidden, classes }, grid);
  }

  /** A launch with a key that is being tuned: by its turn in the queue that is decided. */
  #waiting(
    states: ReadonlyMap<string, State>,
    key: string,
    bound: Bound,
    grid: GridShape | GridFunction,
  ): () => void {
    const pinned = pin(bound), { queue } = bound.device.backend as WebGpuBackend;
    return () =>
      queue.inTurn(() => {
        const state = states.get(key);
        if (state?.is === "failed") throw state.error;
        if (state?.is === "decided") this.#decided(state, pinned, grid)();
      });
  }

  /** Times every configuration; the fastest runs once more as the launch. */
  async #race(
    backend: WebGpuBackend,
    bound: Bound,
    runs: ReadonlyMap<Config, () => void>,
  ): Promise<Map<Config, Trial>> {
    const { queue, gpu } = backend;
    const through = <T>(action: () => T) => queue.gate.through(action);
    // What failed before is told to those who wait, not to the tuner.
    await through(() => queue.synchronize()).catch((error) => queue.failures.add(error));

    const zeroed = this.#storages(bound, this.#names.resetToZero);
    const copies = this.#storages(bound, this.#names.restore).map((storage) => {
      const { at, size } = wordsOf(storage);
      const copy = gpu.createBuffer({ label: "restore", size, usage: 0x04 | 0x08 }); // COPY_SRC, COPY_DST
      return { storage, copy, at, size };
    });
    const before = zeroed.length + copies.length === 0 ? undefined : () => {
      for (const storage of zeroed) storage.clear();
      queue.command((encoder) => {
        for (const { storage, copy, at, size } of copies) {
          encoder.copyBufferToBuffer(copy, 0, storage.buffer, at, size);
        }
      }, copies.map(({ storage }) => storage.block));
    };
    try {
      through(() =>
        queue.command((encoder) => {
          for (const { storage, copy, at, size } of copies) {
            encoder.copyBufferToBuffer(storage.buffer, at, copy, 0, size);
          }
        }, copies.map(({ storage }) => storage.block))
      );
      const configs = [...runs.keys()];
      const outcomes = await race(backend, [...runs.values()], {
        rep: this.#options.rep,
        before,
        through,
      });
      const found = new Map(configs.map((config, i): [Config, Trial] => {
        const outcome = outcomes[i]!;
        return [
          config,
          outcome instanceof DeviceError
            ? { config, ms: undefined, error: outcome }
            : { config, ms: outcome },
        ];
      }));
      const best = fastest([...found.values()]);
      if (best) {
        through(() => {
          before?.();
          runs.get(best.config)!();
          queue.flush(); // before the copies are destroyed
        });
      }
      return found;
    } finally {
      for (const { copy } of copies) copy.destroy();
    }
  }

  /** Compiles each configuration; those that do not compile are trials that failed. */
  #compile(configs: readonly Config[], bound: Bound, grid: GridShape | GridFunction) {
    const runs = new Map<Config, () => void>();
    const trials = configs.map((config): Trial => {
      try {
        runs.set(config, this.#inner.prepare(this.#with(bound, config), grid));
        return { config, ms: undefined };
      } catch (error) {
        if (error instanceof CompilationError || error instanceof OutOfResourcesError) {
          return { config, ms: undefined, error };
        }
        throw error;
      }
    });
    return { runs, trials };
  }

  #noneCompiles(key: string, trials: readonly Trial[]): LaunchError {
    const lines = trials.map(({ config, error }) =>
      `  ${configText(config)}: ${error?.message.split("\n")[0] ?? "not tried"}`
    );
    return new LaunchError(
      `Cannot tune '${this.fn.name}' for ${key}: none of its configurations runs\n${
        lines.join("\n")
      }`,
      { cause: trials.find(({ error }) => error)?.error },
    );
  }

  /** The launch with a configuration's constants, none of which may have been passed. */
  #with(bound: Bound, config: Config): Bound {
    const twice = Object.keys(config).find((name) => Object.hasOwn(bound.given, name));
    if (twice !== undefined) {
      throw new LaunchError(
        `Cannot launch '${this.fn.name}' with '${twice}': its configurations choose it; leave it out of the launch, or out of them`,
      );
    }
    return rebind(this.signature, bound, config);
  }

  /** The configurations that are worth a try for a launch, at least one. */
  #prune(bound: Bound): readonly Config[] {
    const { configs, early, perfModel, topK } = this.#options;
    const args: GridMeta = { ...namedValues(this.signature, bound), ...bound.given };
    let left = early ? early(configs, args) : configs;
    if (left.length === 0) {
      throw new LaunchError(
        `Cannot tune '${this.fn.name}' for ${
          this.#keyOf(bound)
        }: earlyConfigPrune left none of ${configs.length} configurations; it must return at least one`,
      );
    }
    if (topK !== undefined && perfModel) {
      const most = Math.max(1, topK < 1 ? Math.floor(configs.length * topK) : topK);
      const expected = left.map((config) => ({ config, ms: perfModel({ ...args, ...config }) }));
      left = expected.sort((a, b) => a.ms - b.ms).slice(0, most).map(({ config }) => config);
    }
    return left;
  }

  /** The values of the key's arguments, and the dtypes of all tensors. */
  #keyOf(bound: Bound): string {
    const { positions } = this.signature;
    let text = "";
    for (const name of this.#names.key) {
      const at = positions.get(name);
      const value = at === undefined ? bound.constants[name] : bound.values[at];
      text += `${name}=${value instanceof Tensor ? `[${value.shape.join()}]` : valueKey(value)} `;
    }
    for (const value of bound.values) if (value instanceof Tensor) text += `${value.dtype} `;
    return text.trimEnd();
  }

  /** What the options speak of, by the kernel's names. */
  get #names(): Names {
    return this.#named ??= this.#readNames();
  }

  #readNames(): Names {
    const { positional, constants, name } = this.signature;
    const { key, resetToZero, restore } = this.#options;
    const params = positional.map((param) => param.name);
    const named = (option: string, list: readonly (string | number)[], known: readonly string[]) =>
      list.map((each) => {
        const found = typeof each === "number" ? params[each] : each;
        if (found !== undefined && known.includes(found)) return found;
        const meant = typeof each === "number" ? undefined : nearest(each, known);
        throw new LaunchError(
          `Cannot tune '${name}': '${each}' in ${option} is none of its parameters, ${
            known.join(", ")
          }${meant ? `; did you mean '${meant}'?` : ""}`,
        );
      });
    const open = key.filter((each) => typeof each === "string");
    return {
      key: named("key", key, [...params, ...constants ?? open]),
      resetToZero: named("resetToZero", resetToZero, params),
      restore: named("restore", restore, params),
    };
  }

  #storages(bound: Bound, names: readonly string[]): GpuStorage[] {
    return names.map((name) => {
      const value = bound.values[this.signature.positions.get(name)!];
      if (value instanceof Tensor) return value.storage as GpuStorage;
      throw new LaunchError(
        `Cannot tune '${this.fn.name}': '${name}', to be reset, is ${value}, no tensor`,
      );
    });
  }
}

/** A launch whose tensors may be disposed of before it runs. */
function pin(bound: Bound): Bound {
  const values = bound.values.map((value) => value instanceof Tensor ? value.pinned() : value);
  return { ...bound, values };
}

/** The words that a storage is in. */
function wordsOf({ offset, bytes }: GpuStorage): { at: number; size: number } {
  const at = offset - offset % 4;
  return { at, size: Math.ceil((offset + bytes) / 4) * 4 - at };
}

function fastest(trials: readonly Trial[]): Trial | undefined {
  return trials.reduce<Trial | undefined>(
    (best, trial) => trial.ms && !(best?.ms && best.ms.median <= trial.ms.median) ? trial : best,
    undefined,
  );
}

/** What results are kept under: timings of one adapter say nothing of another. */
export function deviceName({ kind, adapter, vendor, dialect }: Capabilities): string {
  return kind === "cpu" ? "cpu" : [adapter, vendor, dialect].filter(Boolean).join(", ");
}
