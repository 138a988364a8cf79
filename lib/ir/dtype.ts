/**
 * Element types: what one element of a tile, a scalar or a tensor is.
 *
 * A dtype is one of a fixed set of objects, so that equality is identity.
 */

/** The name of a dtype, as it is written in kernels (`tl.f32`) and printed in graphs. */
export type DTypeName = "bool" | "i32" | "u32" | "f16" | "f32";

/** What family a dtype belongs to; promotion orders them `bool < int, uint < float`. */
export type Kind = "bool" | "int" | "uint" | "float";

/** One element type. */
export interface DType {
  readonly name: DTypeName;
  readonly kind: Kind;
  /** Width of a value in bits; 1 for bool. */
  readonly bits: number;
  /** Size of an element in memory, in bytes. */
  readonly bytes: number;
}

/** A typed array that holds elements of one dtype on the host. */
export type HostArray = Float32Array | Float16Array | Int32Array | Uint32Array | Uint8Array;

export const bool: DType = { name: "bool", kind: "bool", bits: 1, bytes: 1 };
export const i32: DType = { name: "i32", kind: "int", bits: 32, bytes: 4 };
export const u32: DType = { name: "u32", kind: "uint", bits: 32, bytes: 4 };
export const f16: DType = { name: "f16", kind: "float", bits: 16, bytes: 2 };
export const f32: DType = { name: "f32", kind: "float", bits: 32, bytes: 4 };

/** Every dtype by name. */
export const DTYPES: Readonly<Record<DTypeName, DType>> = { bool, i32, u32, f16, f32 };

/** The dtype called `name`, or `undefined` when there is none. */
export function dtypeNamed(name: string): DType | undefined {
  return Object.hasOwn(DTYPES, name) ? DTYPES[name as DTypeName] : undefined;
}

/** True for i32, u32 and other integers, bool not included. */
export function isInteger(dtype: DType): boolean {
  return dtype.kind === "int" || dtype.kind === "uint";
}

/** True for floating-point dtypes. */
export function isFloat(dtype: DType): boolean {
  return dtype.kind === "float";
}

const ARRAYS = {
  bool: Uint8Array,
  i32: Int32Array,
  u32: Uint32Array,
  f16: Float16Array,
  f32: Float32Array,
} satisfies Record<DTypeName, unknown>;

/** A zeroed host array of `length` elements of `dtype`; storing into it rounds or wraps to the dtype. */
export function hostArray(dtype: DType, length: number): HostArray {
  return new ARRAYS[dtype.name](length);
}

/** A host array of `dtype` over existing bytes, without copying. */
export function hostView(
  dtype: DType,
  buffer: ArrayBuffer,
  byteOffset = 0,
  length?: number,
): HostArray {
  return new ARRAYS[dtype.name](buffer, byteOffset, length);
}

/** What a dtype makes of any number: floats round to nearest even, integers wrap, bool is `!= 0`. */
export const ROUND: Readonly<Record<DTypeName, (x: number) => number>> = {
  bool: (x) => (x === 0 ? 0 : 1),
  i32: (x) => x | 0,
  u32: (x) => x >>> 0,
  f16: Math.f16round,
  f32: Math.fround,
};
