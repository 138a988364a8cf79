/**
 * Element types: what one element of a tile, a scalar or a tensor is.
 *
 * A dtype is one of a fixed set of objects, so that equality is identity.
 */

/** The name of a dtype, as it is written in kernels (`tl.f32`) and printed in graphs. */
export type DTypeName =
  | "bool"
  | "i8"
  | "i16"
  | "i32"
  | "u8"
  | "u16"
  | "u32"
  | "f8e4m3"
  | "f8e5m2"
  | "bf16"
  | "f16"
  | "f32";

/** The scalars that WGSL computes with. */
export type RegisterName = "bool" | "i32" | "u32" | "f16" | "f32";

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
  /** What holds a value while WGSL computes with it: a number of this type that the dtype has too. */
  readonly register: RegisterName;
}

/** A typed array that holds elements of one dtype on the host. */
export type HostArray =
  | Float32Array
  | Float16Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

function dtype(
  name: DTypeName,
  kind: Kind,
  bits: number,
  register: RegisterName,
  bytes = bits / 8,
): DType {
  return { name, kind, bits, bytes, register };
}

export const bool: DType = dtype("bool", "bool", 1, "bool", 1);
export const i8: DType = dtype("i8", "int", 8, "i32");
export const i16: DType = dtype("i16", "int", 16, "i32");
export const i32: DType = dtype("i32", "int", 32, "i32");
export const u8: DType = dtype("u8", "uint", 8, "u32");
export const u16: DType = dtype("u16", "uint", 16, "u32");
export const u32: DType = dtype("u32", "uint", 32, "u32");
/** 4 bits of exponent, 3 of mantissa; at most 448, without infinities. Triton's float8e4nv. */
export const f8e4m3: DType = dtype("f8e4m3", "float", 8, "f32");
/** 5 bits of exponent, 2 of mantissa; at most 57344. Triton's float8e5. */
export const f8e5m2: DType = dtype("f8e5m2", "float", 8, "f32");
/** The upper half of an f32. */
export const bf16: DType = dtype("bf16", "float", 16, "f32");
export const f16: DType = dtype("f16", "float", 16, "f16");
export const f32: DType = dtype("f32", "float", 32, "f32");

/** Every dtype by name. */
export const DTYPES: Readonly<Record<DTypeName, DType>> = {
  bool,
  i8,
  i16,
  i32,
  u8,
  u16,
  u32,
  f8e4m3,
  f8e5m2,
  bf16,
  f16,
  f32,
};

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

/** True for 8-bit floats, which are stored and converted but not computed with. */
export function isFloat8(dtype: DType): boolean {
  return dtype === f8e4m3 || dtype === f8e5m2;
}

/** True for dtypes of which WGSL has no arrays: in buffers, several share a 32-bit word. */
export function isPacked(dtype: DType): boolean {
  return dtype.bytes < 4 && dtype !== f16;
}

/** True for floats that no typed array holds as they are: memory holds their bits, registers an f32. */
export function isEncoded(dtype: DType): boolean {
  return dtype === bf16 || isFloat8(dtype);
}

const ARRAYS = {
  bool: Uint8Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  f8e4m3: Float32Array,
  f8e5m2: Float32Array,
  bf16: Float32Array,
  f16: Float16Array,
  f32: Float32Array,
} satisfies Record<DTypeName, unknown>;

/** The arrays of dtypes whose elements lie in memory otherwise than in registers: as bits. */
const BITS = { f8e4m3: Uint8Array, f8e5m2: Uint8Array, bf16: Uint16Array } as const;

/**
 * A zeroed host array of `length` elements of `dtype`. Storing into it rounds or wraps to the dtype,
 * save for encoded floats: those are held as f32, and only numbers that they have may be stored.
 */
export function hostArray(dtype: DType, length: number): HostArray {
  return new ARRAYS[dtype.name](length);
}

/** The class of the arrays that hold a tensor's memory. */
export function memoryArray(
  dtype: DType,
): typeof ARRAYS[DTypeName] | typeof BITS[keyof typeof BITS] {
  return { ...ARRAYS, ...BITS }[dtype.name];
}

/** Memory of `dtype` over existing bytes, without copying; of an encoded float its bits. */
export function hostView(
  dtype: DType,
  buffer: ArrayBuffer,
  byteOffset = 0,
  length?: number,
): HostArray {
  return new (memoryArray(dtype))(buffer, byteOffset, length);
}

const float = new Float32Array(1), word = new Uint32Array(float.buffer);

/** A number as bf16: rounded to f32 and then to the nearest even. */
function roundBf16(x: number): number {
  float[0] = x;
  if (float[0] !== float[0]) return NaN;
  word[0] = (word[0]! + 0x7fff + ((word[0]! >>> 16) & 1)) & 0xffff0000;
  return float[0]!;
}

/** Rounds f32 numbers to an 8-bit float, to the nearest even; what is too large becomes the largest. */
function roundSmall(mantissa: number, bias: number, max: number): (x: number) => number {
  return (x) => {
    float[0] = x;
    const value = Math.abs(float[0]!);
    if (value !== value) return NaN;
    const exponent = Math.max(((word[0]! >>> 23) & 0xff) - 127, 1 - bias);
    const step = 2 ** (exponent - mantissa), steps = value / step;
    const below = Math.floor(steps), rest = steps - below;
    const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
    const rounded = Math.min((up ? below + 1 : below) * step, max);
    return word[0]! >>> 31 ? -rounded : rounded;
  };
}

const roundE5m2 = roundSmall(2, 15, 57344);

/**
 * What a dtype makes of any number: floats round to nearest even, integers wrap, bool is `!= 0`.
 * Finite numbers too large for an 8-bit float become its largest; f8e4m3 has no infinities either.
 */
export const ROUND: Readonly<Record<DTypeName, (x: number) => number>> = {
  bool: (x) => (x === 0 ? 0 : 1),
  i8: (x) => (x << 24) >> 24,
  i16: (x) => (x << 16) >> 16,
  i32: (x) => x | 0,
  u8: (x) => x & 0xff,
  u16: (x) => x & 0xffff,
  u32: (x) => x >>> 0,
  f8e4m3: roundSmall(3, 7, 448),
  f8e5m2: (x) => Math.abs(x) === Infinity ? x : roundE5m2(x),
  bf16: roundBf16,
  f16: Math.f16round,
  f32: Math.fround,
};

/** The least and the greatest number of an integer dtype. */
export function integerRange(dtype: DType): readonly [low: number, high: number] {
  return dtype.kind === "int"
    ? [-(2 ** (dtype.bits - 1)), 2 ** (dtype.bits - 1) - 1]
    : [0, 2 ** dtype.bits - 1];
}
