/** Small functions for sizes, used where kernels are launched. */

/**
 * How many blocks of `size` cover `count`: the quotient rounded up. In a kernel write `tl.cdiv`.
 *
 * ```ts
 * import { cdiv } from "../../mod.ts";
 *
 * if (cdiv(1000, 256) !== 4) throw new Error("1000 elements need 4 blocks of 256");
 * ```
 *
 * @param count How much there is to cover.
 * @param size How much one block covers.
 */
export function cdiv(count: number, size: number): number {
  return Math.ceil(count / size);
}

/**
 * The smallest power of two that is not below `count`, as the sizes of the fastest tiles are; 1 for 0.
 *
 * ```ts
 * import { nextPowerOf2 } from "../../mod.ts";
 *
 * if (nextPowerOf2(781) !== 1024) throw new Error("A row of 781 fits in a tile of 1024");
 * ```
 *
 * @param count What the power of two must reach.
 */
export function nextPowerOf2(count: number): number {
  return count <= 1 ? 1 : 2 ** Math.ceil(Math.log2(count));
}

/** Marks a function that is run while a kernel is compiled. */
const CONSTEXPR = Symbol.for("nereid.constexprFunction");

/**
 * A function of plain JavaScript for kernels to call on compile-time numbers, texts, arrays and dtypes:
 * it is run when the kernel is compiled, with loops and all, where other functions become part of
 * the kernel.
 *
 * ```ts
 * import { constexprFunction, Device, grid, jit, type Pointer, tl } from "../../mod.ts";
 *
 * const log2 = constexprFunction((n: number) => {
 *   let count = 0;
 *   for (; n > 1; n /= 2) count++;
 *   return count;
 * });
 * const store = jit(function store(x: Pointer, { N = 64 }) {
 *   tl.store(x, log2(N));
 * }, { log2 });
 *
 * using device = await Device.open({ device: "cpu" });
 * using x = device.empty([1]);
 * store[grid(1)](x, { N: 64 });
 * if ((await x.read())[0] !== 6) throw new Error("64 is 2 to the power 6");
 * ```
 *
 * @param fn The function.
 * @returns The same function.
 */
// deno-lint-ignore ban-types -- any function is taken, and given back with its type
export function constexprFunction<F extends Function>(fn: F): F {
  return Object.defineProperty(fn, CONSTEXPR, { value: true });
}

/** True for what `constexprFunction` has marked. */
export function isConstexprFunction(fn: unknown): fn is (...args: readonly unknown[]) => unknown {
  return typeof fn === "function" && Object.hasOwn(fn, CONSTEXPR);
}
