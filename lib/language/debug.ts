/** What tells of a running kernel. */

import type { Condition } from "./types.ts";

/** What is said of printing besides what is printed: an object after it. */
export interface PrintOptions {
  /** Where false, an element is not printed. It is broadcast to the shape of each tile. */
  readonly mask?: Condition | undefined;
  /** Prints the bits of numbers in hexadecimal. */
  readonly hex?: boolean | undefined;
}

/** What is said of an assertion besides its condition and its message. */
export interface AssertOptions {
  /** Where false, the condition may be false. */
  readonly mask?: Condition | undefined;
}

/**
 * Printing and checking while a kernel runs. What a GPU says arrives with the next `read()` or
 * `synchronize()`, sorted by program; on the CPU it comes at once.
 */
export interface DebugFunctions {
  /**
   * Prints tiles and scalars, each after the text before it, for every program that comes here:
   * `pid (0, 0, 0) x: [1, 2]`, and of a masked tile a line an element. `console.log` in a kernel does
   * the same. A device takes {@linkcode DeviceOptions.print} to print elsewhere than on the console,
   * and holds so many elements between two waits; those beyond are lost, which is told.
   *
   * @example
   * tl.devicePrint("x", x) // x = [1, 2.5] prints pid (0, 0, 0) x: [1, 2.5]
   */
  devicePrint(...values: readonly unknown[]): void;
  /**
   * Checks a condition in every program that comes here, in launches with `debug` (or on a device that was
   * opened with it; the CPU device is unless told otherwise). One that fails is an error of the next
   * `read()` or `synchronize()`, on the CPU of the launch, that names program and element.
   * `console.assert` in a kernel does the same.
   *
   * @example
   * tl.deviceAssert(x > 0, "all are positive") // x = [1, 2] passes
   */
  deviceAssert(condition: Condition, message?: string, options?: AssertOptions): void;
}

/** The names of the functions. */
export const DEBUG_FUNCTION_NAMES = {
  devicePrint: 0,
  deviceAssert: 0,
} satisfies Record<keyof DebugFunctions, 0>;
