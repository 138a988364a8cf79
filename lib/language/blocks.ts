/** Blocks of tensors of several dimensions: block pointers and tensor descriptors. */

import type { Condition, DType, Pointer, Tile } from "./types.ts";

/** Where a block of a tensor is. Sizes, strides and offsets count elements. */
export interface BlockPointerOptions {
  /** The tensor's size along each dimension. */
  readonly shape: readonly number[];
  /** How far apart neighbours along each dimension are. */
  readonly strides: readonly number[];
  /** Where the block begins. */
  readonly offsets: readonly number[];
  /** The size of the block, compile-time powers of two. */
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
  /** The size of a block, compile-time powers of two. */
  readonly blockShape: readonly number[];
  /** What loads give outside the tensor: zeros unless told otherwise. */
  readonly paddingOption?: "zero" | "nan" | undefined;
}

/** A tensor that is accessed in blocks, each access held to its bounds. */
export interface TensorDescriptor {
  /** The tensor's size along each dimension. */
  readonly shape: number[];
  /** How far apart neighbours along each dimension are. */
  readonly strides: number[];
  /** The size of a block. */
  readonly blockShape: number[];
  /** The dtype of the elements. */
  readonly dtype: DType;
  /** The block that begins at these offsets; padding where it leaves the tensor. */
  load(offsets: readonly number[]): Tile;
  /** Writes a block at these offsets; nothing where it leaves the tensor. */
  store(offsets: readonly number[], value: Condition): void;
  /** Rows of a matrix, named by a tile, from a column on: the block is one row. */
  gather(rows: number, column: number): Tile;
  /** Writes rows of a matrix, named by a tile, from a column on. */
  scatter(value: Condition, rows: number, column: number): void;
  /** Adds a block to what is there. */
  atomicAdd(offsets: readonly number[], value: Condition): void;
  /** Puts the larger of what is there and a block, by element. */
  atomicMax(offsets: readonly number[], value: Condition): void;
  /** Puts the smaller of what is there and a block, by element. */
  atomicMin(offsets: readonly number[], value: Condition): void;
  /** Keeps the bits that a block has too. */
  atomicAnd(offsets: readonly number[], value: Condition): void;
  /** Sets the bits that a block has. */
  atomicOr(offsets: readonly number[], value: Condition): void;
  /** Flips the bits that a block has. */
  atomicXor(offsets: readonly number[], value: Condition): void;
}

/** Access to tensors in blocks, and what the author knows of addresses. */
export interface BlockFunctions {
  /**
   * A pointer to a block of a tensor, for `tl.load` and `tl.store`; with `boundaryCheck` they leave out
   * what is outside along those dimensions.
   */
  makeBlockPtr(base: number, options: BlockPointerOptions): Pointer;
  /** The block that is so many elements further along each dimension. */
  advance(block: number, offsets: readonly number[]): Pointer;
  /** A tensor to be accessed in blocks, with its bounds known. */
  makeTensorDescriptor(base: number, options: TensorDescriptorOptions): TensorDescriptor;
  /** The same as `descriptor.load(offsets)`. */
  loadTensorDescriptor(descriptor: TensorDescriptor, offsets: readonly number[]): Tile;
  /** The same as `descriptor.store(offsets, value)`. */
  storeTensorDescriptor(
    descriptor: TensorDescriptor,
    offsets: readonly number[],
    value: Condition,
  ): void;
  /**
   * `x`, with the promise that its first elements along each dimension are multiples of these
   * numbers. A promise that is not kept gives wrong results.
   */
  multipleOf(x: Condition, values: number | readonly number[]): Tile;
  /** `x`, with the promise that so many neighbours along each dimension count up by one. */
  maxContiguous(x: Condition, values: number | readonly number[]): Tile;
  /** `x`, with the promise that so many neighbours along each dimension are equal. */
  maxConstancy(x: Condition, values: number | readonly number[]): Tile;
  /** Promises that a condition holds. */
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
