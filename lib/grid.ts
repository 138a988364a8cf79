/**
 * Grids: how many programs a launch has along each of up to three dimensions.
 *
 * JavaScript turns whatever stands between a kernel's brackets into a string or a symbol, and asks an
 * object which. A grid is an object that answers with one symbol, always the same, and leaves its
 * dimensions where the kernel, which is asked for that property right after, finds them. (A symbol
 * of its own for each grid would need a table from symbols to dimensions; a weak one that is filled at
 * every launch cost 50 µs a launch in garbage collection.)
 */

import { LaunchError } from "./errors.ts";
import { shown } from "./words.ts";

/**
 * The type checker takes symbols between brackets, not objects, so to it a grid is one of these two,
 * and both are properties of every kernel: `kernel[grid(…)]` is known to be there. (Two, because the
 * type of a variable that is set to a single one would be widened to `symbol`.)
 */
export declare const FIXED: unique symbol;
export declare const COMPUTED: unique symbol;

/** The type of what {@linkcode grid} returns, made for a kernel's brackets. */
export type GridKey = typeof FIXED | typeof COMPUTED;

/** The number of programs along x, y and z. */
export type GridShape = readonly [x: number, y: number, z: number];

/**
 * What a grid function is given: the kernel's constants by name, with their defaults, and the
 * arguments of the launch by the names of their parameters.
 */
// A grid does not know its kernel, and `meta.BLOCK` must be usable as a number without more ado.
// deno-lint-ignore no-explicit-any
export type GridMeta = Readonly<Record<string, any>>;

/** A function from what a launch is given to its grid. */
export type GridFunction = (meta: GridMeta) => number | readonly number[];

/** A grid as {@linkcode Kernel.launch} takes it. */
export type Grid = symbol | number | readonly number[] | GridFunction;

/** The property that every grid becomes; also the name under which a grid keeps its dimensions. */
const KEY = Symbol.for("nereid.grid");

/** What a grid is when it runs. */
class GridObject {
  readonly [KEY]: GridShape | GridFunction;

  constructor(shape: GridShape | GridFunction) {
    this[KEY] = shape;
  }

  [Symbol.toPrimitive](): symbol {
    brackets.between = this[KEY];
    return KEY;
  }
}

/** The grid that became a property key last; on `globalThis`, so that copies of this module share it. */
const shared = globalThis as { [KEY]?: { between: GridShape | GridFunction | undefined } };
const brackets = shared[KEY] ??= { between: undefined };

/**
 * How many programs to launch: `kernel[grid(4, 8)](…)`.
 *
 * @param x Programs along the first dimension, `tl.programId(0)`; or a function of the launch.
 * @param y Programs along the second dimension; 1 unless given.
 * @param z Programs along the third dimension; 1 unless given.
 * @returns What goes between a kernel's brackets.
 * @throws {LaunchError} When a dimension is not a non-negative integer. With 0, nothing runs.
 *
 * @example Of the constants
 * ```ts
 * import assert from "node:assert/strict";
 * import { cdiv, Device, grid, jit, type Pointer, tl } from "../mod.ts";
 *
 * const double = jit(function double(x: Pointer, n: number, { BLOCK = 4 }) {
 *   const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
 *   tl.store(x + at, tl.load(x + at, { mask: at < n }) * 2, { mask: at < n });
 * });
 *
 * using device = await Device.open({ device: "cpu" });
 * using x = device.from([1, 2, 3, 4, 5]);
 * double[grid((meta) => [cdiv(meta.n, meta.BLOCK)])](x, 5, { BLOCK: 2 });
 * assert((await x.read()).join() === "2,4,6,8,10");
 * ```
 */
export function grid(x: number | GridFunction, y?: number, z?: number): GridKey {
  const shape = typeof x === "function" ? x : checkGrid([x, y ?? 1, z ?? 1]);
  return new GridObject(shape) as unknown as GridKey;
}

/** Whether two grids are of the same dimensions, or of one function. */
export function sameGrid(a: GridShape | GridFunction, b: GridShape | GridFunction): boolean {
  if (a === b) return true;
  if (typeof a === "function" || typeof b === "function") return false;
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}

/** The dimensions of any form of grid, as {@linkcode Kernel.launch} takes it. */
export function resolveGrid(grid: Grid): GridShape | GridFunction {
  if (typeof grid === "function") return grid;
  if (typeof grid === "object" && KEY in grid) return (grid as unknown as GridObject)[KEY];
  if (typeof grid === "symbol") throw new LaunchError("Cannot launch over a symbol: write grid(…)");
  return checkGrid(grid);
}

/** A grid of one to three dimensions, completed with ones. */
export function checkGrid(dims: number | readonly number[]): GridShape {
  const list = typeof dims === "number" ? [dims] : dims;
  if (!Array.isArray(list) || list.length < 1 || list.length > 3) {
    throw new LaunchError(
      `Cannot launch over the grid ${
        text(list)
      }: a grid has one to three dimensions, such as grid(4, 8)`,
    );
  }
  for (let i = 0; i < list.length; i++) {
    const dim = list[i];
    if (Number.isSafeInteger(dim) && dim >= 0) continue;
    throw new LaunchError(
      `Cannot launch over the grid ${text(list)}: each dimension must be a non-negative integer` +
        (typeof dim === "number" && dim > 0 ? "; cdiv(n, BLOCK) rounds a quotient up" : ""),
    );
  }
  return [list[0], list[1] ?? 1, list[2] ?? 1];
}

function text(dims: unknown): string {
  return Array.isArray(dims) ? `(${dims.map(shown).join(", ")})` : shown(dims);
}

/**
 * The grid that a property key of a kernel stands for: that of the grid between the brackets, or the
 * string that JavaScript makes of a number (`"1024"`) or an array (`"4,8"`). Undefined for other keys.
 */
export function gridOfKey(key: string | symbol): GridShape | GridFunction | undefined {
  if (key === KEY) return brackets.between;
  if (typeof key === "symbol") return undefined;
  return /^-?[\d.]+(,-?[\d.]+)*$/.test(key) ? checkGrid(key.split(",").map(Number)) : undefined;
}
