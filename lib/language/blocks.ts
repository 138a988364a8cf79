/** Blocks of tensors of several dimensions: block pointers and tensor descriptors. */

import { LaunchError, NereidError } from "../errors.ts";
import type { Condition, DType, Pointer, Tile } from "./types.ts";

/** Where a block of a tensor is. Sizes, strides and offsets count elements. */
export interface BlockPointerOptions {
  /** The tensor's size along each dimension. */
  readonly shape: readonly number[];
  /** How far apart neighbours along each dimension are. */
  readonly strides: readonly number[];
  /** Where the block begins. */
  readonly offsets: readonly number[];
  /** The size of the block along each dimension, compile-time constants. */
  readonly blockShape: readonly number[];
  /** The dimensions, the one with the nearest neighbours first; found without it too. */
  readonly order?: readonly number[] | undefined;
}

/** Which tensor a descriptor is of, and in which blocks it is accessed. */
export interface TensorDescriptorOptions {
  /** The tensor's size along each dimension. */
  readonly shape: readonly number[];
  /** How far apart neighbours along each dimension are; the last must be 1. */
  readonly strides: readonly number[];
  /** The size of a block along each dimension, compile-time constants. */
  readonly blockShape: readonly number[];
  /** What loads give outside the tensor: zeros unless told otherwise. */
  readonly paddingOption?: "zero" | "nan" | undefined;
}

/** What a descriptor is of on the host: a `Tensor`. */
export interface DescribedTensor {
  /** The length of each dimension. */
  readonly shape: readonly number[];
  /** The element type's name. */
  readonly dtype: string;
}

/** What a descriptor gives outside of its tensor. */
export interface PaddingOptions {
  /** What loads give outside the tensor: zeros unless told otherwise. */
  readonly padding?: "zero" | "nan" | undefined;
}

/** What descriptors do in kernels alone. */
function inKernels(name: string): never {
  throw new NereidError(
    `descriptor.${name} was called outside a kernel: pass the descriptor to one, and call it there`,
  );
}

/**
 * A tensor that is accessed in blocks, each access held to its bounds. Made on the host and passed to
 * a kernel, or in the kernel by `tl.makeTensorDescriptor`; its methods work in kernels.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Device, grid, jit, TensorDescriptor, tl } from "../../mod.ts";
 *
 * const double = jit(function double(x: TensorDescriptor) {
 *   const offsets = [tl.programId(0) * 4, 0];
 *   x.store(offsets, x.load(offsets) * 2);
 * });
 *
 * using device = await Device.open({ device: "cpu" });
 * using x = device.from([[1, 2], [3, 4], [5, 6]]); // smaller than a block
 * double[grid(1)](TensorDescriptor.from(x, [4, 4]));
 * assert((await x.read()).join() === "2,4,6,8,10,12");
 * ```
 */
export class TensorDescriptor {
  /** The dtype of the elements; in kernels. */
  declare readonly dtype: DType;

  /**
   * A descriptor of a tensor's memory from its first element on.
   *
   * @param base The tensor.
   * @param shape The size along each dimension, of up to five.
   * @param strides How far apart neighbours along each dimension are, in elements; the last must be 1.
   * @param blockShape The size of a block.
   * @param options What loads give outside.
   * @throws {LaunchError} When the dimensions do not agree.
   */
  constructor(
    readonly base: DescribedTensor,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
    readonly blockShape: readonly number[],
    readonly options: PaddingOptions = {},
  ) {
    const wrong = misfit(shape, strides, blockShape);
    if (wrong) throw new LaunchError(`Cannot describe the ${base} in blocks: ${wrong}`);
  }

  /**
   * A descriptor of a whole tensor.
   *
   * @param tensor The tensor.
   * @param blockShape The size of a block.
   * @param options What loads give outside.
   */
  static from(
    tensor: DescribedTensor,
    blockShape: readonly number[],
    options?: PaddingOptions,
  ): TensorDescriptor {
    const { shape } = tensor;
    const strides = shape.map((_, d) => shape.slice(d + 1).reduce((all, dim) => all * dim, 1));
    return new TensorDescriptor(tensor, shape, strides, blockShape, options);
  }

  /** The block that begins at these offsets; padding where it leaves the tensor. */
  load(_offsets: readonly number[]): Tile {
    return inKernels("load");
  }

  /** Writes a block at these offsets; nothing where it leaves the tensor. */
  store(_offsets: readonly number[], _value: Condition): void {
    inKernels("store");
  }

  /** Rows of a matrix, named by a tile, from a column on: the block is one row. */
  gather(_rows: number, _column: number): Tile {
    return inKernels("gather");
  }

  /** Writes rows of a matrix, named by a tile, from a column on. */
  scatter(_value: Condition, _rows: number, _column: number): void {
    inKernels("scatter");
  }

  /** Adds a block to what is there. */
  atomicAdd(_offsets: readonly number[], _value: Condition): void {
    inKernels("atomicAdd");
  }

  /** Puts the larger of what is there and a block, by element. */
  atomicMax(_offsets: readonly number[], _value: Condition): void {
    inKernels("atomicMax");
  }

  /** Puts the smaller of what is there and a block, by element. */
  atomicMin(_offsets: readonly number[], _value: Condition): void {
    inKernels("atomicMin");
  }

  /** Keeps the bits that a block has too. */
  atomicAnd(_offsets: readonly number[], _value: Condition): void {
    inKernels("atomicAnd");
  }

  /** Sets the bits that a block has. */
  atomicOr(_offsets: readonly number[], _value: Condition): void {
    inKernels("atomicOr");
  }

  /** Flips the bits that a block has. */
  atomicXor(_offsets: readonly number[], _value: Condition): void {
    inKernels("atomicXor");
  }
}

/** Why these are no sizes, strides and block of a tensor. */
function misfit(
  shape: readonly number[],
  strides: readonly number[],
  blockShape: readonly number[],
): string | undefined {
  const rank = shape.length;
  if (rank < 1 || rank > 5) return `it has ${rank} dimensions, descriptors have 1 to 5`;
  const lists = { strides, blockShape };
  for (const [name, list] of Object.entries(lists)) {
    if (list.length === rank) continue;
    return `${name} [${list.join(", ")}] has ${list.length} numbers for ${rank} dimensions`;
  }
  if (strides.at(-1) !== 1) {
    return `the last stride is ${
      strides.at(-1)
    }, it must be 1: describe the tensor with its nearest neighbours along the last dimension`;
  }
  const size = blockShape.find((dim) => !Number.isInteger(dim) || dim < 1);
  if (size !== undefined) return `a block's size is ${size}, it must be a positive integer`;
  return undefined;
}

/** Access to tensors in blocks, and what the author knows of addresses. */
export interface BlockFunctions {
  /**
   * A pointer to a block of a tensor, for `tl.load` and `tl.store`; with `boundaryCheck` they leave out
   * what is outside along those dimensions.
   *
   * @example
   * const block = tl.makeBlockPtr(p, { shape: [2, 3], strides: [3, 1], offsets: [0, 1], blockShape: [2, 2] });
   * tl.load(block) // ptr p = [1, 2, 3, 4, 5, 6] gives [[2, 3], [5, 6]]
   */
  makeBlockPtr(base: number, options: BlockPointerOptions): Pointer;
  /**
   * The block that is so many elements further along each dimension.
   *
   * @example
   * const block = tl.makeBlockPtr(p, { shape: [2, 3], strides: [3, 1], offsets: [0, 1], blockShape: [2, 2] });
   * tl.load(tl.advance(block, [1, 0]), { boundaryCheck: 0 }) // ptr p = [1, 2, 3, 4, 5, 6] gives [[5, 6], [0, 0]]
   */
  advance(block: number, offsets: readonly number[]): Pointer;
  /**
   * A tensor to be accessed in blocks, with its bounds known.
   *
   * @example
   * const x = tl.makeTensorDescriptor(p, { shape: [2, 3], strides: [3, 1], blockShape: [2, 2] });
   * x.load([0, 2]) // ptr p = [1, 2, 3, 4, 5, 6] gives [[3, 0], [6, 0]]
   */
  makeTensorDescriptor(base: number, options: TensorDescriptorOptions): TensorDescriptor;
  /**
   * The same as `descriptor.load(offsets)`.
   *
   * @example
   * const x = tl.makeTensorDescriptor(p, { shape: [2, 3], strides: [3, 1], blockShape: [2, 2] });
   * tl.loadTensorDescriptor(x, [1, 0]) // ptr p = [1, 2, 3, 4, 5, 6] gives [[4, 5], [0, 0]]
   */
  loadTensorDescriptor(descriptor: TensorDescriptor, offsets: readonly number[]): Tile;
  /**
   * The same as `descriptor.store(offsets, value)`.
   *
   * @example
   * const x = tl.makeTensorDescriptor(p, { shape: [2, 3], strides: [3, 1], blockShape: [2, 2] });
   * tl.storeTensorDescriptor(x, [0, 2], 9) // ptr p = [1, 2, 3, 4, 5, 6] makes p = [1, 2, 9, 4, 5, 9]
   */
  storeTensorDescriptor(
    descriptor: TensorDescriptor,
    offsets: readonly number[],
    value: Condition,
  ): void;
  /**
   * `x`, with the promise that its first elements along each dimension are multiples of these
   * numbers. A promise that is not kept gives wrong results.
   *
   * @example
   * tl.load(p + tl.multipleOf(n, 4)) // ptr p = [1, 2, 3, 4, 5]; n = 4 gives 5
   */
  multipleOf(x: Condition, values: number | readonly number[]): Tile;
  /**
   * `x`, with the promise that so many neighbours along each dimension count up by one.
   *
   * @example
   * tl.maxContiguous(x, 4) // x: i32 = [4, 5, 6, 7] gives [4, 5, 6, 7]
   */
  maxContiguous(x: Condition, values: number | readonly number[]): Tile;
  /**
   * `x`, with the promise that so many neighbours along each dimension are equal.
   *
   * @example
   * tl.maxConstancy(x, 2) // x: i32 = [4, 4, 5, 5] gives [4, 4, 5, 5]
   */
  maxConstancy(x: Condition, values: number | readonly number[]): Tile;
  /**
   * Promises that a condition holds.
   *
   * @example
   * tl.assume(tl.load(p) > 0) // ptr p = [1] passes
   */
  assume(condition: Condition): void;
}

/** The names of the functions. */
export const BLOCK_FUNCTION_NAMES = {
  makeBlockPtr: 0,
  advance: 0,
  makeTensorDescriptor: 0,
  loadTensorDescriptor: 0,
  storeTensorDescriptor: 0,
  multipleOf: 0,
  maxContiguous: 0,
  maxConstancy: 0,
  assume: 0,
} satisfies Record<keyof BlockFunctions, 0>;
