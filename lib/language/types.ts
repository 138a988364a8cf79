/**
 * The types that a kernel's author sees.
 *
 * JavaScript's operators want numbers, so everything that a kernel computes with is a `number` to the
 * type checker: a `Pointer` and a `Tile` are numbers with a brand, which `+`, `*`, `<` … accept and
 * erase. What they really are is known to the tracer, which checks dtypes and shapes.
 */

import type { DTypeName } from "../ir/dtype.ts";

declare const pointer: unique symbol;
declare const tile: unique symbol;

/**
 * A dtype as kernels write it: `tl.f32`.
 *
 * - As a value it names the dtype: `tl.zeros([64], tl.f32)`, `tl.cast(x, tl.f16)`.
 * - Called, it makes a number of that dtype: `tl.f32(1)`. In a kernel that is a typed scalar (or a
 *   cast of a tile); at a launch an argument that arrives as f32 however it is written.
 * - As a parameter's default it declares the parameter's dtype: `eps = tl.f32(1e-5)` (which may then
 *   be left out at a launch) or `n: number = tl.i32` (which may not).
 */
export type DType =
  & number
  & ((value: number | bigint | boolean) => number)
  & { readonly name: DTypeName; readonly itemSize: number };

/** Numbers in memory, given by a tensor at the launch; `pointer + offsets` addresses its elements. */
export type Pointer = number & {
  readonly [pointer]: true;
  /** The dtype of the elements pointed to. */
  readonly dtype: DType;
};

// deno-lint-ignore no-explicit-any
type Unchecked = any;

/**
 * A block of values, or a single one, that a kernel computes with.
 *
 * Any number may stand where a tile is wanted, since operators erase the brand: `acc = acc + x` must
 * be as good as `acc`. That takes optional properties, and reading them without `!` takes `any`.
 */
export type Tile = number & {
  readonly [tile]?: true;
  /** The size of each dimension, an array of numbers; empty for a scalar. */
  readonly shape?: Unchecked;
  /** The dtype of the elements. */
  readonly dtype?: Unchecked;
  /** How many elements there are. */
  readonly numel?: Unchecked;
  /** The transpose of a tile of two dimensions. */
  readonly T?: Unchecked;
  /** The same values in another dtype, `x.to(tl.f16)`; see `tl.cast`. */
  readonly to?: Unchecked;
};

/** A mask, or another condition: what comparisons give. */
export type Condition = boolean | number;
