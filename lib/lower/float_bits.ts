/** Floats as the bits that an f32 of their value has. */

import { type DType, f32 } from "../ir/dtype.ts";
import type { Expr } from "../ir/invocation.ts";
import { and, literal, op as operation } from "./expr.ts";

/** The bits of an infinity; of larger magnitudes are NaNs. */
export const INFINITY_BITS = 0x7f800000;

/** The bits, as i32 or u32. */
export function bitsOf(x: Expr, dtype: DType): Expr {
  const wide = operation("cast", [x], f32, { to: "f32" });
  return operation("bitcast", [wide], dtype, { to: dtype.name });
}

/** Bits without the sign. */
export function magnitude(bits: Expr): Expr {
  return and(bits, literal(0x7fffffff, bits.type.dtype, bits.type.width));
}
