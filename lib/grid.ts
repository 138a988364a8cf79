/**
 * Grids: how many programs a launch has along each of up to three dimensions.
 *
 * `kernel[grid(…)]` must pass the type checker, and JavaScript turns whatever stands between the
 * brackets into a string or a symbol. So `grid` returns a symbol, for which the launcher finds the
 * dimensions here.
 */

import { LaunchError } from "./errors.ts";

/**
 * To the type checker every grid is this one symbol, so that `kernel[grid(…)]` is a property that is
 * known to be there.
 */
export declare const GRID: unique symbol;

/** The type of what {@linkcode grid} returns. */
export type GridKey = typeof GRID;

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

/** On `globalThis`, so that a grid of one copy of this module is known to the kernels of another. */
const REGISTRY = Symbol.for("nereid.grids");
const shared = globalThis as { [REGISTRY]?: WeakMap<symbol, GridShape | GridFunction> };
const grids = shared[REGISTRY] ??= new WeakMap();

/**
 * How many programs to launch: `kernel[grid(4, 8)](…)`.
 *
 * @param x Programs along the first dimension, `tl.programId(0)`; or a function of the launch.
 * @param y Programs along the second dimension; 1 unless given.
 * @param z Programs along the third dimension; 1 unless given.
 * @returns A symbol for a kernel's brackets.
 * @throws {LaunchError} When a dimension is not a non-negative integer. With 0, nothing runs.
 *
 * @example Of the constants
 * ```ts
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
 * console.assert((await x.read()).join() === "2,4,6,8,10");
 * ```
 */
export function grid(x: number | GridFunction, y?: number, z?: number): GridKey {
  const key: symbol = Symbol("grid");
  grids.set(key, typeof x === "function" ? x : checkGrid([x, y ?? 1, z ?? 1]));
  return key as GridKey;
}

/** The grid that a symbol stands for; undefined for other symbols. */
export function gridOf(key: symbol): GridShape | GridFunction | undefined {
  return grids.get(key);
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
  for (const dim of list) {
    if (Number.isSafeInteger(dim) && dim >= 0) continue;
    throw new LaunchError(
      `Cannot launch over the grid ${text(list)}: each dimension must be a non-negative integer` +
        (typeof dim === "number" && dim > 0 ? "; cdiv(n, BLOCK) rounds a quotient up" : ""),
    );
  }
  return [list[0], list[1] ?? 1, list[2] ?? 1];
}

function text(dims: unknown): string {
  return Array.isArray(dims) ? `(${dims.join(", ")})` : String(dims);
}

/**
 * The grid that a property key of a kernel stands for: a symbol of {@linkcode grid}, or the string
 * that JavaScript makes of a number (`"1024"`) or an array (`"4,8"`). Undefined for other keys.
 */
export function gridOfKey(key: string | symbol): GridShape | GridFunction | undefined {
  if (typeof key === "symbol") return gridOf(key);
  return /^-?[\d.]+(,-?[\d.]+)*$/.test(key) ? checkGrid(key.split(",").map(Number)) : undefined;
}
