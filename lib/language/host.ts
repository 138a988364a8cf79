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
