/** The dtypes as kernels and launches write them (`tl.f32`), and numbers that carry a dtype. */

import { type DType as Element, dtypeNamed, DTYPES, isWide, type Numeric } from "../ir/dtype.ts";
import type { DType } from "./types.ts";

/**
 * A number with a dtype, made on the host by `tl.f32(2)` and passed to a launch: the kernel's
 * parameter has that dtype then, whatever the number looks like.
 */
export class TypedScalar {
  constructor(readonly dtype: Element, readonly value: Numeric) {}

  /** The number, so that arithmetic on the host works. */
  valueOf(): Numeric {
    return this.value;
  }

  toString(): string {
    return `${this.dtype.name}(${this.value})`;
  }
}

const ELEMENTS = new Map<unknown, Element>();
const WRITTEN = new Map<Element, DType>();

/** Makes what kernels write for a dtype. */
function written(element: Element): DType {
  // A 64-bit integer is a bigint; others stay as they are written, to be checked at the launch.
  const make = (value: Numeric | boolean) => {
    const number = typeof value === "boolean" ? Number(value) : value;
    const whole = typeof number === "bigint" || Number.isInteger(number);
    return new TypedScalar(element, isWide(element) && whole ? BigInt(number) : Number(number));
  };
  Object.defineProperties(make, {
    name: { value: element.name },
    itemSize: { value: element.bytes },
    toString: { value: () => element.name },
  });
  // To the type checker a dtype is a number, so that it can be the default of a numeric parameter,
  // and so is a typed scalar.
  const dtype = Object.freeze(make) as unknown as DType;
  ELEMENTS.set(dtype, element);
  WRITTEN.set(element, dtype);
  return dtype;
}

export const f64: DType = written(DTYPES.f64);
export const f32: DType = written(DTYPES.f32);
export const f16: DType = written(DTYPES.f16);
export const bf16: DType = written(DTYPES.bf16);
export const f8e4m3: DType = written(DTYPES.f8e4m3);
export const f8e5m2: DType = written(DTYPES.f8e5m2);
export const i8: DType = written(DTYPES.i8);
export const i16: DType = written(DTYPES.i16);
export const i32: DType = written(DTYPES.i32);
export const i64: DType = written(DTYPES.i64);
export const u8: DType = written(DTYPES.u8);
export const u16: DType = written(DTYPES.u16);
export const u32: DType = written(DTYPES.u32);
export const u64: DType = written(DTYPES.u64);
export const bool: DType = written(DTYPES.bool);

/** The dtype meant by `tl.f32` or by its name `"f32"`; undefined for anything else. */
export function elementOf(written: unknown): Element | undefined {
  return typeof written === "string" ? dtypeNamed(written) : ELEMENTS.get(written);
}

/** What kernels write for a dtype. */
export function writtenAs(element: Element): DType {
  const dtype = WRITTEN.get(element);
  if (!dtype) throw new Error(`Dtype ${element.name} cannot be written`);
  return dtype;
}
