/**
 * `autotune`: a kernel that finds out which of several configurations is the fastest.
 */

import { LaunchError } from "./errors.ts";
import type { GridMeta } from "./grid.ts";
import { kernelObject, launchableOf } from "./launch/launchable.ts";
import type { TuningData } from "./launch/tuning_times.ts";
import { type Config, Tuner, type TunerOptions } from "./launch/tuner.ts";
import type { ConfigOf, Kernel } from "./launch/types.ts";

/** Which configurations are tried at all. */
export interface Prune<C> {
  /** Which configurations are worth a try for the arguments of a launch, by name; at least one. */
  earlyConfigPrune?: ((configs: readonly C[], args: GridMeta) => readonly C[]) | undefined;
  /** An estimate of a launch's time, in any unit, from its arguments and one configuration by name. */
  perfModel?: ((args: GridMeta) => number) | undefined;
  /** How many configurations are tried, the best by `perfModel`; below 1, which part of them. */
  topK?: number | undefined;
}

/** What {@linkcode autotune} is told. */
export interface AutotuneOptions<C> {
  /** Constants and launch options to choose from. */
  configs: readonly C[];
  /**
   * Names of parameters and constants, or positions of parameters, which a minifier renames. Each
   * combination of their values, and of the dtypes of all tensors, is tuned by itself; of a tensor the
   * shape counts. None unless given.
   */
  key?: readonly (string | number)[] | undefined;
  /** Which configurations are tried at all; every one unless given. */
  prune?: Prune<C> | undefined;
  /** Names or positions of tensors that are set to zero before each trial, and before the launch itself. */
  resetToZero?: readonly (string | number)[] | undefined;
  /** The same of those that are given back what was in them before each trial, and before the launch. */
  restore?: readonly (string | number)[] | undefined;
  /** Milliseconds for the trials of each configuration; 20 unless given. */
  rep?: number | undefined;
  /** Is told of each result. */
  onTuned?: ((result: TuningResult<C>) => void) | undefined;
}

/** How one configuration did. */
export interface TuningTrial<C> {
  /** The configuration. */
  readonly config: C;
  /**
   * Milliseconds of a launch: the median, and what a fifth and four fifths of the samples were faster
   * than. Undefined when it was not measured.
   */
  readonly ms: { readonly median: number; readonly low: number; readonly high: number } | undefined;
  /** Why it could not be compiled. */
  readonly error?: Error | undefined;
}

/** What was found for one key. */
export interface TuningResult<C> {
  /** The device that it was found on. */
  readonly device: string;
  /** The key, as text. */
  readonly key: string;
  /** The configuration that is used for it. */
  readonly best: C;
  /** How each of the configurations did that were left after pruning. */
  readonly trials: readonly TuningTrial<C>[];
}

/** The names of properties that any of several types has. */
type KeysOf<C> = C extends unknown ? keyof C : never;

/**
 * A kernel that is tuned, launched without what its configurations choose.
 *
 * @typeParam F The type of the kernel's function.
 * @typeParam Given The names of constants and options that are chosen.
 * @typeParam C The type of a configuration.
 */
export interface TunedKernel<F, Given extends PropertyKey, C> extends Kernel<F, Given> {
  /** The configuration that was found last; undefined before the first. */
  readonly bestConfig: C | undefined;
  /** All that was found, in order. */
  readonly tuningResults: readonly TuningResult<C>[];
  /** All that was measured, as data for `JSON.stringify`: times of each configuration. */
  exportTuning(): TuningData;
  /**
   * Takes over what was exported, so that it need not be measured again.
   *
   * @param data What {@linkcode TunedKernel.exportTuning} returned, perhaps in another process.
   * @returns False when the kernel's text has changed since, and nothing was taken over.
   * @throws {LaunchError} When it is of another kernel, or no such data.
   */
  importTuning(data: TuningData): boolean;
}

/** What a decorator of a static method takes and returns. */
// deno-lint-ignore ban-types -- as in jit: a call signature would make unannotated patterns `any`
type Decorator = <F extends Function>(kernel: F, context: ClassMethodDecoratorContext) => F;

/**
 * Lets a kernel choose the fastest of several configurations by trying them.
 *
 * At the first launch with a new key (values of some arguments, dtypes of all tensors) each
 * configuration is compiled and run several times on the launch's own tensors; the fastest runs
 * once more, and serves all launches with that key from then on. The launch returns at once as ever:
 * what is launched, read or written after it waits in the queue, in order. Since a kernel is run more
 * than once, what it reads and also writes must be named in `resetToZero` or `restore`.
 *
 * Times are kept for each configuration, and are not measured anew: in memory, in the device's cache
 * when it was opened with one, and in what `exportTuning()` returns.
 *
 * A configuration that does not compile, or needs more than the device has, is passed over. The
 * CPU device tries nothing and takes the first, and so does a launch for which one is left.
 *
 * @param options The configurations, the key and more.
 * @param kernel The kernel; without it, the result is a decorator that stands above `@jit`.
 * @returns The kernel, launched without what the configurations choose.
 * @throws {LaunchError} When there is no configuration. At a launch: when one passes what
 * configurations choose, or none of these can be compiled.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { autotune, cdiv, Device, grid, jit, type Pointer, tl } from "../mod.ts";
 *
 * const double = autotune(
 *   { configs: [{ BLOCK: 4, numWarps: 1 }, { BLOCK: 8, numWarps: 2 }], key: ["n"], restore: ["x"] },
 *   jit(function double(x: Pointer, n: number, { BLOCK }: { BLOCK: number }) {
 *     const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
 *     tl.store(x + at, tl.load(x + at, { mask: at < n }) * 2, { mask: at < n });
 *   }),
 * );
 *
 * using device = await Device.open({ device: "cpu" });
 * using x = device.from([1, 2, 3, 4, 5]);
 * double[grid((meta) => cdiv(meta.n, meta.BLOCK))](x, 5);
 * assert((await x.read()).join() === "2,4,6,8,10");
 * assert(double.bestConfig?.BLOCK === 4);
 * ```
 *
 * @example A static method
 * ```ts
 * import assert from "node:assert/strict";
 * import { autotune, Device, grid, jit, type Pointer, tl } from "../mod.ts";
 *
 * class Scale {
 *   @autotune({ configs: [{ numWarps: 1 }, { numWarps: 2 }], restore: ["x"] })
 *   @jit
 *   static run(x: Pointer, { BLOCK = 4 }) {
 *     const at = tl.arange(0, BLOCK);
 *     tl.store(x + at, tl.load(x + at) * 3);
 *   }
 * }
 *
 * using device = await Device.open({ device: "cpu" });
 * using x = device.full([4], 2);
 * jit(Scale.run)[grid(1)](x);
 * assert((await x.read()).join() === "6,6,6,6");
 * ```
 */
export function autotune<F, G extends PropertyKey, const C extends ConfigOf<F>>(
  options: AutotuneOptions<C>,
  kernel: Kernel<F, G>,
): TunedKernel<F, G | KeysOf<C>, C>;
/** Tunes a static method: `@autotune({ … })` above `@jit`. */
export function autotune<const C extends Config>(options: AutotuneOptions<C>): Decorator;
export function autotune<C extends Config>(options: AutotuneOptions<C>, kernel?: unknown): unknown {
  const checked = checkOptions(options);
  const wrap = (kernel: unknown) => tuned(checked, kernel);
  return kernel === undefined ? wrap : wrap(kernel);
}

function tuned(options: TunerOptions, kernel: unknown): unknown {
  const inner = launchableOf(kernel);
  if (!inner) {
    throw new LaunchError(
      `Cannot tune ${
        String(kernel)
      }: autotune takes a kernel, write autotune({ … }, jit(…)), or @autotune({ … }) above @jit`,
    );
  }
  if (inner.members && "bestConfig" in inner.members) {
    throw new LaunchError(
      `Cannot tune '${inner.fn.name}': it is tuned already; give all configurations in one list`,
    );
  }
  return kernelObject(new Tuner(inner, options));
}

/** The options with what they leave out, checked as far as they can be without the kernel. */
function checkOptions<C extends Config>(options: AutotuneOptions<C>): TunerOptions {
  const { configs, key = [], prune = {}, resetToZero = [], restore = [], rep = 20 } = options;
  const { perfModel, topK } = prune;
  if (!Array.isArray(configs)) {
    throw new LaunchError(
      `Cannot tune over the configurations ${configs}: write an array, such as [{ BLOCK: 64, numWarps: 2 }]`,
    );
  }
  if (topK !== undefined && !(topK > 0 && (topK < 1 || Number.isInteger(topK)))) {
    throw new LaunchError(
      `Cannot tune with topK ${topK}: it must be a number of configurations, or a part of them below 1`,
    );
  }
  if (topK !== undefined && !perfModel) {
    throw new LaunchError("Cannot tune with topK alone: perfModel says which are the best");
  }
  if (!(rep > 0)) {
    throw new LaunchError(
      `Cannot tune for ${rep} milliseconds a configuration: it must be positive`,
    );
  }
  const twice = resetToZero.find((name) => restore.includes(name));
  if (twice !== undefined) {
    throw new LaunchError(
      `Cannot tune with '${twice}' in both resetToZero and restore: one of them can hold`,
    );
  }
  return {
    configs: configs.length > 0 ? configs : [{}],
    key,
    early: prune.earlyConfigPrune as TunerOptions["early"],
    perfModel,
    topK,
    resetToZero,
    restore,
    rep,
    onTuned: options.onTuned as TunerOptions["onTuned"],
  };
}
