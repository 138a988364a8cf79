/**
 * Arrays that hold tiles while a program runs. Which value lives in which array is decided once,
 * when a kernel is prepared: an array is handed on as soon as no later operation needs what it holds.
 */

import { type DType, type HostArray, hostArray } from "../ir/dtype.ts";

/** One array, and how many values that are still needed lie in it. */
export interface Buffer {
  readonly array: HostArray;
  readonly dtype: DType;
  users: number;
}

/** A buffer that is never handed on. */
export function fixed(dtype: DType, array: HostArray): Buffer {
  return { array, dtype, users: Infinity };
}

export class Pool {
  #free: Buffer[] = [];
  #made: Buffer[] = [];

  /** A buffer that nothing uses. What it holds is left over from another value. */
  take(dtype: DType, length: number): Buffer {
    const i = this.#free.findLastIndex((b) => b.dtype === dtype && b.array.length === length);
    const [found] = i < 0 ? [] : this.#free.splice(i, 1);
    if (found) return found;
    const buffer = { array: hostArray(dtype, length), dtype, users: 0 };
    this.#made.push(buffer);
    return buffer;
  }

  /** Takes back a buffer from `take`. */
  give(buffer: Buffer): void {
    buffer.users = 0;
    this.#free.push(buffer);
  }

  /**
   * Runs `plan`, which plans a region. Afterwards exactly those buffers are free that were free
   * before, and those that were made for the region: it may run many times, so an outer value that
   * is last used in it still needs its buffer.
   */
  scope<T>(plan: () => T): T {
    const free = [...this.#free], made = this.#made.length;
    const result = plan();
    this.#free = [...free, ...this.#made.slice(made)];
    for (const buffer of this.#free) buffer.users = 0;
    return result;
  }
}
