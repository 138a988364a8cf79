/**
 * What stands behind a kernel object: something that finds, for a launch, what runs it. The kernel
 * itself is one (`definition.ts`); those that choose constants for it, autotuning and heuristics,
 * wrap another.
 */

import { blamed, blamingCaller, LaunchError } from "../errors.ts";
import {
  type Grid,
  type GridFunction,
  gridOfKey,
  type GridShape,
  resolveGrid,
  sameGrid,
} from "../grid.ts";
import type { Graph } from "../ir/graph.ts";
import { KERNEL, type KernelFunction } from "../trace/environment.ts";
import type { ArgumentSpec } from "../trace/trace.ts";
import { bind, type Bound, isPlainObject, type Parameters, valueOf } from "./bind.ts";

/** What the launcher needs of a kernel's signature. */
export interface Signature extends Parameters {
  /** The position of each parameter. */
  readonly positions: ReadonlyMap<string, number>;
}

export interface Launchable {
  readonly fn: KernelFunction;
  readonly signature: Signature;
  /**
   * What runs the launch: compiled, checked, and to be called as often as wanted;
   * {@linkcode NOTHING} when the grid is empty.
   *
   * @throws {NereidError} When the launch does not fit the kernel or the device.
   */
  prepare(bound: Bound, grid: GridShape | GridFunction): () => void;
  /**
   * Runs a launch that is like one which was made before. Returns the grid of one that is not, with
   * which it must be prepared.
   */
  repeat?(
    grid: GridShape | GridFunction,
    args: readonly unknown[],
  ): GridShape | GridFunction | undefined;
  /** Takes note of a launch that went well, for {@linkcode repeat}. */
  keep?(args: readonly unknown[], bound: Bound): void;
  /** The tile graph for arguments of the given kinds. */
  graph(args: readonly ArgumentSpec[], constants: Readonly<Record<string, unknown>>): Graph;
  /** What the kernel object has besides what every kernel has. */
  readonly members?: Readonly<Record<string, PropertyDescriptor>>;
}

/** Runs no program. */
export function NOTHING(): void {}

/** The arguments of a launch by the names of their parameters. */
export function namedValues({ positional }: Signature, bound: Bound): Record<string, unknown> {
  return Object.fromEntries(positional.map(({ name }, i) => [name, bound.values[i]]));
}

/** The same of arguments as they were passed, which are known to fit. */
export function valuesByName(
  { positional }: Signature,
  args: readonly unknown[],
): Record<string, unknown> {
  const last = args[args.length - 1], count = args.length - (isPlainObject(last) ? 1 : 0);
  const values: Record<string, unknown> = {};
  for (let i = 0; i < positional.length; i++) {
    values[positional[i]!.name] = i < count ? valueOf(args[i]) : undefined;
  }
  return values;
}

/** The arguments of a launch with more constants. */
export function withConstants(
  args: readonly unknown[],
  more: Readonly<Record<string, unknown>>,
): unknown[] {
  const last = args[args.length - 1], given = isPlainObject(last) ? last : undefined;
  const count = given ? args.length - 1 : args.length, all: unknown[] = [];
  for (let i = 0; i < count; i++) all.push(args[i]);
  all.push(given ? { ...given, ...more } : more);
  return all;
}

const LAUNCHABLE = Symbol("nereid.launchable");

/** What stands behind a kernel object; undefined for anything else. */
export function launchableOf(value: unknown): Launchable | undefined {
  if (typeof value !== "function" && (typeof value !== "object" || value === null)) {
    return undefined;
  }
  return Reflect.get(value, LAUNCHABLE) as Launchable | undefined;
}

/** Is told of the device of every launch, where somebody wants to know. */
let witness: ((bound: Bound) => void) | undefined;

/** What `action` launches first, if it launches anything. */
export function firstLaunch(action: () => void): Bound | undefined {
  let first: Bound | undefined;
  const before = witness;
  witness = (bound) => {
    first ??= bound;
    before?.(bound);
  };
  try {
    action();
  } finally {
    witness = before;
  }
  return first;
}

/** The object that users hold: a function that refuses to be called, with a launcher for each grid. */
export function kernelObject(behind: Launchable): unknown {
  const { name } = behind.fn;
  const launch = (grid: GridShape | GridFunction, args: readonly unknown[]): void => {
    let rest: GridShape | GridFunction | undefined = grid;
    if (behind.repeat && !witness && !(rest = behind.repeat(grid, args))) return;
    const bound = bind(behind.signature, args);
    witness?.(bound);
    behind.prepare(bound, rest)();
    behind.keep?.(args, bound);
  };
  /** What launches over one grid; its errors say where it was called. */
  const launcherOf = (grid: GridShape | GridFunction) =>
    function launcher(...args: unknown[]): void {
      try {
        launch(grid, args);
      } catch (error) {
        throw blamed(error, launcher);
      }
    };
  let lastGrid: GridShape | GridFunction | undefined;
  let lastLauncher: ReturnType<typeof launcherOf>;
  const members = Object.defineProperties({}, {
    name: { value: name },
    launch: {
      value: blamingCaller((grid: Grid, ...args: unknown[]) => launch(resolveGrid(grid), args)),
    },
    graph: {
      value: blamingCaller(
        (args: readonly ArgumentSpec[], constants: Record<string, unknown> = {}) =>
          behind.graph(args, constants),
      ),
    },
    toString: { value: () => `Kernel ${name}` },
    [KERNEL]: { value: behind.fn },
    [LAUNCHABLE]: { value: behind },
    ...behind.members,
  });
  return new Proxy(() => {}, {
    get(target, key) {
      const grid = gridOfKey(key);
      if (grid !== undefined) {
        if (!lastGrid || !sameGrid(grid, lastGrid)) {
          lastGrid = grid;
          lastLauncher = launcherOf(grid);
        }
        return lastLauncher;
      }
      if (Object.hasOwn(members, key)) return Reflect.get(members, key);
      if (typeof key === "string" && isMistakenGrid(key)) throw mistakenGrid(name, key);
      return Reflect.get(target, key);
    },
    has(target, key) {
      return Object.hasOwn(members, key) || Reflect.has(target, key);
    },
    apply() {
      throw new LaunchError(
        `Cannot call the kernel '${name}' without a grid: write ${name}[grid(…)](…)`,
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
