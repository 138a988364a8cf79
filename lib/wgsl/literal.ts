/** Types and numbers as WGSL writes them. */

import { type DType, isWide, type Numeric, type RegisterName } from "../ir/dtype.ts";
import type { VectorType } from "../ir/invocation.ts";
import { type Native, registerOf } from "../ir/native.ts";

/** What holds values of the type: `f32` or `vec4<f32>`; for 64-bit integers as words `wide` or `wide_x4`. */
export function typeText({ dtype, width }: VectorType, native: Native): string {
  if (isWide(dtype) && !native.int64) return wideType(width);
  const register = registerOf(dtype, native);
  return width === 1 ? register : `vec${width}<${register}>`;
}

/** The structure that holds `width` 64-bit integers as words. */
export function wideType(width: number): string {
  return width === 1 ? "wide" : `wide_x${width}`;
}

/** Module-scope variables that hold the bits of floats that WGSL has no literals for. */
export const SPECIAL = {
  nan_bits: 0x7fc00000,
  infinity_bits: 0x7f800000,
  negative_infinity_bits: 0xff800000,
} as const;

export type Special = keyof typeof SPECIAL;

/**
 * One number. A constant expression must not be NaN or infinite, so those are read from a variable:
 * `special` is told which.
 */
export function scalarText(
  element: Numeric,
  dtype: DType,
  native: Native,
  special: (name: Special) => void,
): string {
  const value = Number(element);
  switch (dtype.kind) {
    case "bool":
      return value ? "true" : "false";
    case "uint":
      if (isWide(dtype)) return `${element}lu`;
      return `${value}u`;
    case "int":
      if (isWide(dtype)) {
        return element === -(2n ** 63n) ? "bitcast<i64>(0x8000000000000000lu)" : `${element}li`;
      }
      // The least i32 is no literal: its absolute value does not fit.
      return value === -(2 ** 31) ? "bitcast<i32>(0x80000000u)" : `${value}`;
    case "float": {
      const register = registerOf(dtype, native);
      if (Number.isFinite(value)) return finiteText(value, register);
      const name = value !== value
        ? "nan_bits"
        : value > 0
        ? "infinity_bits"
        : "negative_infinity_bits";
      special(name);
      const bits = `bitcast<f32>(${name})`;
      return register === "f32" ? bits : `${register}(${bits})`;
    }
  }
}

const SUFFIX: Partial<Record<RegisterName, string>> = { f16: "h", f64: "lf" };

function finiteText(value: number, register: RegisterName): string {
  const text = Object.is(value, -0) ? "-0.0" : String(value);
  const decimal = /[.e]/.test(text) ? text : `${text}.0`;
  return `${decimal}${SUFFIX[register] ?? "f"}`;
}
