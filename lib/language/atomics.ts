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
 * Operations on i32, u32 and f32 in memory that no other program can come between. Each element of a
 * tile counts, also when several go to one place. All give what was there before.
 */
export interface AtomicFunctions {
  /** Adds to what is there. */
  atomicAdd(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /** Puts the larger of what is there and a value; NaNs go by their bits. */
  atomicMax(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /** Puts the smaller of what is there and a value; NaNs go by their bits. */
  atomicMin(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /** Keeps the bits that an integer has too. */
  atomicAnd(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /** Sets the bits that an integer has. */
  atomicOr(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /** Flips the bits that an integer has. */
  atomicXor(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /** Puts a value in place of what is there. */
  atomicXchg(pointer: number, value: Condition, options?: AtomicOptions): Tile;
  /** Puts a value where the bits of what is there equal those of `compare`. */
  atomicCas(
    pointer: number,
    compare: Condition,
    value: Condition,
    options?: Omit<AtomicOptions, "mask">,
  ): Tile;
  /** Waits for all invocations of this program, and makes their writes seen by each other. */
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
