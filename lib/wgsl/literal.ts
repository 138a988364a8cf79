/** Types and numbers as WGSL writes them. */

import type { DType } from "../ir/dtype.ts";
import type { VectorType } from "../ir/invocation.ts";

/** What holds values of the type: `f32` or `vec4<f32>`. */
export function typeText({ dtype, width }: VectorType): string {
  return width === 1 ? dtype.register : `vec${width}<${dtype.register}>`;
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
export function scalarText(value: number, dtype: DType, special: (name: Special) => void): string {
  switch (dtype.kind) {
    case "bool":
      return value ? "true" : "false";
    case "uint":
      return `${value}u`;
    case "int":
      // The least i32 is no literal: its absolute value does not fit.
      return value === -(2 ** 31) ? "bitcast<i32>(0x80000000u)" : `${value}`;
    case "float": {
      if (Number.isFinite(value)) return finiteText(value, dtype);
      const name = value !== value
        ? "nan_bits"
        : value > 0
        ? "infinity_bits"
        : "negative_infinity_bits";
      special(name);
      const bits = `bitcast<f32>(${name})`;
      return dtype.register === "f32" ? bits : `${dtype.register}(${bits})`;
    }
  }
}

function finiteText(value: number, dtype: DType): string {
  const text = Object.is(value, -0) ? "-0.0" : String(value);
  const decimal = /[.e]/.test(text) ? text : `${text}.0`;
  return `${decimal}${dtype.name === "f16" ? "h" : "f"}`;
}
