/** The atomic operations of `tl`, and what else programs agree by. */

import type { Condition, Tile } from "./types.ts";

/** What is said of an atomic operation besides pointers and values. */
export interface AtomicOptions {
  /** Where false, nothing is changed, and the result is undefined. */
  readonly mask?: Condition | undefined;
  /** Triton's memory order. WebGPU has relaxed operations only, whatever it says. */
  readonly sem?: "acquire" | "release" | "acq_rel" | "relaxed" | undefined;
  /** Triton's scope; operations are seen by all programs, whatever it says. */
  readonly scope?: "gpu" | "cta" | "sys" | undefined;
}

/**
 * Operations on integers and floats of 32 and 64 bits in memory that no other program can come between;
 * f16 and bf16 are added to as well, with a sum that is rounded each time. Each element of a
 * tile counts, also when several go to one place. All give what was there before.
 */
export interface AtomicFunctions {
  /**
   * Adds to what is there.
   *
   * @example
   * tl.atomicAdd(p + tl.zerosLike(x), x) // ptr p: i32 = [10]; x: i32 = [1, 2, 3] makes p = [16]
   */
  atomicAdd(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /**
   * Puts the larger of what is there and a value; NaNs go by their bits.
   *
   * @example
   * tl.atomicMax(p + tl.zerosLike(x), x) // ptr p: i32 = [2]; x: i32 = [1, 5, 3] makes p = [5]
   */
  atomicMax(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /**
   * Puts the smaller of what is there and a value; NaNs go by their bits.
   *
   * @example
   * tl.atomicMin(p + tl.zerosLike(x), x) // ptr p: i32 = [2]; x: i32 = [1, 5, 3] makes p = [1]
   */
  atomicMin(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /**
   * Keeps the bits that an integer has too.
   *
   * @example
   * tl.atomicAnd(p + tl.zerosLike(x), x) // ptr p: i32 = [7]; x: i32 = [6, 3] makes p = [2]
   */
  atomicAnd(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /**
   * Sets the bits that an integer has.
   *
   * @example
   * tl.atomicOr(p + tl.zerosLike(x), x) // ptr p: i32 = [0]; x: i32 = [6, 3] makes p = [7]
   */
  atomicOr(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /**
   * Flips the bits that an integer has.
   *
   * @example
   * tl.atomicXor(p + tl.zerosLike(x), x) // ptr p: i32 = [0]; x: i32 = [6, 3] makes p = [5]
   */
  atomicXor(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /**
   * Puts a value in place of what is there.
   *
   * @example
   * tl.atomicXchg(p, 9) // ptr p: i32 = [4] gives 4
   */
  atomicXchg(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /**
   * Puts a value where the bits of what is there equal those of `compare`.
   *
   * @example
   * tl.atomicCas(p, 4, 9) // ptr p: i32 = [4] makes p = [9]
   */
  atomicCas(
    pointer: number,
    compare: Condition,
    value: Condition,
    options?: Omit<AtomicOptions, "mask">,
  ): Tile;
  /**
   * Waits for all invocations of this program, and makes their writes seen by each other.
   *
   * @example
   * tl.store(p, 1);
   * tl.debugBarrier();
   * tl.load(p) // ptr p = [0] gives 1
   */
  debugBarrier(): void;
}

/** The names of the functions. */
export const ATOMIC_FUNCTION_NAMES = {
  atomicAdd: 0,
  atomicMax: 0,
  atomicMin: 0,
  atomicAnd: 0,
  atomicOr: 0,
  atomicXor: 0,
  atomicXchg: 0,
  atomicCas: 0,
  debugBarrier: 0,
} satisfies Record<keyof AtomicFunctions, 0>;
