/** Where the bits of a position along an axis lie: in the register's number or the invocation's. */

import { bool } from "../ir/dtype.ts";
import type { Expr } from "../ir/invocation.ts";
import type { LinearLayout } from "../layout/linear_layout.ts";
import type { Emitter } from "./emitter.ts";
import { builtin, int, op as operation } from "./expr.ts";

/** One bit of the position: a bit of the register's number, or of the invocation's index. */
export interface AxisBit {
  readonly input: "register" | "invocation";
  /** The bit's value: 1, 2, 4, … */
  readonly mask: number;
}

/**
 * The bits of the position along an axis, the lowest first. Requires: each bit of an index moves
 * along one dimension only, to a bit of its own, as in all layouts but swizzled ones.
 */
export function axisBits(layout: LinearLayout, axis: number): AxisBit[] {
  const { register, lane, warp } = layout.bases;
  const found: AxisBit[] = [];
  const note = (input: AxisBit["input"], bases: readonly (readonly number[])[]) =>
    bases.forEach((basis, bit) => {
      const step = basis[axis]!;
      if (step === 0) return;
      const place = Math.log2(step);
      const alone = basis.every((x, dim) => dim === axis || x === 0);
      if (!alone || !Number.isInteger(place) || found[place]) {
        throw new Error(`Layout ${layout} mixes bits along axis ${axis}`);
      }
      found[place] = { input, mask: 2 ** bit };
    });
  note("register", register);
  note("invocation", [...lane, ...warp]);
  return found;
}

/** True in invocations whose index has one of the bits of `mask`. */
export function hasBits(emitter: Emitter, mask: number): Expr {
  const bits = operation("and", [builtin("invocation"), int(mask)]);
  return emitter.bindOutside(operation("ne", [bits, int(0)], bool), "upper");
}

/** True in invocations whose index lacks one of the bits of `mask`. */
export function lacksBits(emitter: Emitter, mask: number): Expr {
  const bits = operation("and", [builtin("invocation"), int(mask)]);
  return emitter.bindOutside(operation("ne", [bits, int(mask)], bool), "lower");
}
