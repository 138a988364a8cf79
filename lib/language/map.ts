/** Functions of single elements. */

import type { Condition, DType, Tile } from "./types.ts";

/** What is said of WGSL in a kernel. */
export interface InlineWgslOptions {
  /** The dtype of the result. */
  readonly dtype: DType;
  /** What computes the same from scalars in the kernel's language: the CPU device runs it. */
  readonly javascript?: ((...scalars: never[]) => unknown) | undefined;
  /** Whether it may be left out when its result is not used, as it is unless told otherwise. */
  readonly isPure?: boolean | undefined;
  /** WGSL that comes before, such as functions that are called. */
  readonly declarations?: string | undefined;
}

/** What is said of a function of single elements. */
export interface MapOptions {
  /** Triton's number of elements a call, of which there is 1. */
  readonly pack?: 1 | undefined;
}

/** Functions that are called for each element by itself. */
export interface MapFunctions {
  /**
   * Calls a function with the scalars at each place of tiles. It may branch and loop on them, which
   * tiles cannot, and load; it returns a scalar, or an array of several for as many tiles.
   *
   * @example
   * tl.mapElementwise((n) => {
   *   let steps = 0;
   *   while (n !== 1) {
   *     n = n % 2 === 0 ? Math.floor(n / 2) : 3 * n + 1;
   *     steps += 1;
   *   }
   *   return steps;
   * }, x) // x: i32 = [1, 6, 7] gives [0, 8, 16]
   */
  mapElementwise<const R>(
    fn: (...scalars: number[]) => R,
    ...tiles: (Condition | MapOptions)[]
  ): R extends readonly unknown[] ? { -readonly [I in keyof R]: Tile } : Tile;
  /**
   * WGSL for each element: an expression, or statements that return one, of the operands `$0`, `$1`, …
   * An operand has the WGSL type of its dtype, or of 32 bits when the dtype is narrower (i8 is `i32`, bf16 is
   * `f32`). Where the CPU device is to run it too, `javascript` says what it computes.
   *
   * @example
   * tl.inlineWgsl("mix($0, $1, 0.25)", [x, y], {
   *   dtype: tl.f32,
   *   javascript: (x, y) => 0.75 * x + 0.25 * y,
   * }) // x = [0, 4]; y = [4, 8] gives [1, 5]
   */
  inlineWgsl(source: string, operands: readonly Condition[], options: InlineWgslOptions): Tile;
}

/** The names of the functions. */
export const MAP_NAMES = {
  mapElementwise: 0,
  inlineWgsl: 0,
} satisfies Record<keyof MapFunctions, 0>;
