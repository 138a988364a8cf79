/** What holds the elements of a dtype on devices that lack some of WGSL's types. */

import { type DType, f16, type RegisterName } from "./dtype.ts";

/** What the shaders of a device compute with beyond bool, i32, u32 and f32. */
export interface Native {
  /** Else f16 is computed in f32, each result rounded to f16. */
  readonly f16: boolean;
  /** 64-bit integers; else each is two words of 32 bits. */
  readonly int64: boolean;
  /** Else kernels with f64 cannot run. */
  readonly f64: boolean;
}

/** What holds a value while a device computes with it. */
export function registerOf(dtype: DType, native: Native): RegisterName {
  return dtype === f16 && !native.f16 ? "f32" : dtype.register;
}

/** True when what is computed in a device's registers may be no number of the dtype. */
export function isNarrow(dtype: DType, native: Native): boolean {
  return registerOf(dtype, native) !== dtype.name;
}

/** Bytes of a value in workgroup memory. */
export function registerBytes(dtype: DType, native: Native): number {
  const register = registerOf(dtype, native);
  return register === "f16" ? 2 : register.endsWith("64") ? 8 : 4;
}

/** True for dtypes of which a device has no arrays: in buffers, several share a 32-bit word. */
export function isPacked(dtype: DType, native: Native): boolean {
  return dtype.bytes < 4 && !(dtype === f16 && native.f16);
}
