/**
 * `heuristics`: constants that follow from the other arguments of a launch.
 */

import { LaunchError } from "./errors.ts";
import type { GridMeta } from "./grid.ts";
import { type Bound, isPlainObject, rebind } from "./launch/bind.ts";
import {
  kernelObject,
  type Launchable,
  launchableOf,
  namedValues,
  valuesByName,
  withConstants,
} from "./launch/launchable.ts";
import { Recall } from "./launch/recall.ts";
import type { Kernel } from "./launch/types.ts";
import type { TunedKernel } from "./autotune.ts";

/** Constants of a kernel by name, each as a function of the launch's arguments and other constants. */
export type Heuristics = Readonly<Record<string, (args: GridMeta) => unknown>>;

/** What a decorator of a static method takes and returns. */
// deno-lint-ignore ban-types -- as in jit: a call signature would make unannotated patterns `any`
type Decorator = <F extends Function>(kernel: F, context: ClassMethodDecoratorContext) => F;

/**
 * Computes constants of a kernel at each launch.
 *
 * The functions are called in order. Each is given the arguments of the launch by the names of
 * their parameters, tensors as tensors, the constants and options that were passed or chosen by
 * autotuning outside of it, and the constants that were computed before it. A launch must not
 * pass what is computed.
 *
 * @param values The functions by the constants' names.
 * @param kernel The kernel; without it, the result is a decorator that stands above `@jit`.
 * @returns The kernel with those constants computed.
 *
 * @example Whether a mask is needed
 * ```ts
 * import assert from "node:assert/strict";
 * import { cdiv, Device, grid, heuristics, jit, type Pointer, tl } from "../mod.ts";
 *
 * const double = heuristics(
 *   { EVEN: (args) => args.n % args.BLOCK === 0 },
 *   jit(function double(x: Pointer, n: number, { BLOCK, EVEN }: { BLOCK: number; EVEN: boolean }) {
 *     const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
 *     if (EVEN) tl.store(x + at, tl.load(x + at) * 2);
 *     else tl.store(x + at, tl.load(x + at, { mask: at < n }) * 2, { mask: at < n });
 *   }),
 * );
 *
 * using device = await Device.open({ device: "cpu" });
 * using x = device.from([1, 2, 3, 4, 5]);
 * double[grid(cdiv(5, 4))](x, 5, { BLOCK: 4 });
 * assert((await x.read()).join() === "2,4,6,8,10");
 * ```
 */
export function heuristics<F, G extends PropertyKey, C, const H extends Heuristics>(
  values: H,
  kernel: TunedKernel<F, G, C>,
): TunedKernel<F, G | keyof H, C>;
/** Computes constants of a kernel that is not tuned. */
export function heuristics<F, G extends PropertyKey, const H extends Heuristics>(
  values: H,
  kernel: Kernel<F, G>,
): Kernel<F, G | keyof H>;
/** Computes constants of a static method: `@heuristics({ … })` above `@jit`. */
export function heuristics(values: Heuristics): Decorator;
export function heuristics(values: Heuristics, kernel?: unknown): unknown {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "function") continue;
    throw new LaunchError(
      `Cannot make a heuristic of '${name}': it is ${value}, but must be a function of the launch's arguments`,
    );
  }
  const wrap = (kernel: unknown) => kernelObject(withHeuristics(values, kernel));
  return kernel === undefined ? wrap : wrap(kernel);
}

function withHeuristics(values: Heuristics, kernel: unknown): Launchable {
  const inner = launchableOf(kernel);
  if (!inner) {
    throw new LaunchError(
      `Cannot compute constants of ${
        String(kernel)
      }: heuristics take a kernel, write heuristics({ … }, jit(…)), or @heuristics({ … }) above @jit`,
    );
  }
  const entries = Object.entries(values);
  /** What was computed for the launch that is being made, which may be looked at several times. */
  let last: { readonly args: Named; readonly computed: Named } | undefined;
  /** The constants of a launch with these arguments, by name, and these constants. */
  const compute = (values: Named, given: Named): Named => {
    const args: Record<string, unknown> = { ...values, ...given };
    if (last && sameEntries(args, last.args)) return last.computed;
    const all = { ...args }, computed: Record<string, unknown> = {};
    for (const [name, value] of entries) {
      if (Object.hasOwn(given, name)) {
        throw new LaunchError(
          `Cannot launch '${inner.fn.name}' with the constant '${name}': its heuristics compute it; leave it out`,
        );
      }
      computed[name] = all[name] = value(all);
    }
    last = { args, computed };
    return computed;
  };
  const rebound = (bound: Bound) =>
    rebind(
      inner.signature,
      bound,
      compute(namedValues(inner.signature, bound), bound.given),
    );
  let recall: Recall<true> | undefined; // of launches whose arguments fit
  return {
    fn: inner.fn,
    get signature() {
      return inner.signature;
    },
    prepare(bound, grid) {
      return inner.prepare(rebound(bound), grid);
    },
    repeat(grid, args) {
      if (!inner.repeat || !recall?.find(args)) return grid;
      const given = args[args.length - 1];
      last = undefined; // of a launch that failed
      const computed = compute(
        valuesByName(inner.signature, args),
        isPlainObject(given) ? given : {},
      );
      const rest = inner.repeat(grid, withConstants(args, computed));
      if (!rest) last = undefined;
      return rest;
    },
    keep(args, bound) {
      const more = rebound(bound);
      if (last) inner.keep?.(withConstants(args, last.computed), more);
      last = undefined;
      recall ??= new Recall(inner.signature);
      recall.keep(args, true);
    },
    graph: (args, constants) => inner.graph(args, constants),
    ...(inner.members && { members: inner.members }),
  };
}

/** Values by name. */
type Named = Readonly<Record<string, unknown>>;

function sameEntries(a: Named, b: Named): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && Object.is(a[name], b[name]));
}
