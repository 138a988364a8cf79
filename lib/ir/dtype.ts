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
  | "i64"
  | "u8"
  | "u16"
  | "u32"
  | "u64"
  | "f8e4m3"
  | "f8e5m2"
  | "bf16"
  | "f16"
  | "f32"
  | "f64";

/** The scalars that WGSL computes with, on one device or another. */
export type RegisterName = "bool" | "i32" | "u32" | "i64" | "u64" | "f16" | "f32" | "f64";

/** An element on the host: a bigint of i64 and u64, a number of any other dtype (bool as 0 and 1). */
export type Numeric = number | bigint;

/**
 * A function of elements on the host. Functions of numbers and functions of bigints are both among
 * these: parameters are compared both ways, and whoever calls one gives it what its dtypes say.
 */
export type NumericFunction = { bivariant(...args: Numeric[]): Numeric }["bivariant"];

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
  /**
   * What holds a value while WGSL computes with it, where the device has that: a type with all the
   * dtype's numbers. See `ops/registers.ts` for devices that lack it.
   */
  readonly register: RegisterName;
}

/** A typed array that holds elements of one dtype on the host, whichever it is. */
export interface HostArray {
  readonly length: number;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
  [index: number]: Numeric;
  fill(value: Numeric, start?: number, end?: number): HostArray;
  set(array: ArrayLike<Numeric>, offset?: number): void;
  subarray(begin?: number, end?: number): HostArray;
  sort(): HostArray;
  reverse(): HostArray;
  [Symbol.iterator](): IterableIterator<Numeric>;
}

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
export const i64: DType = dtype("i64", "int", 64, "i64");
export const u8: DType = dtype("u8", "uint", 8, "u32");
export const u16: DType = dtype("u16", "uint", 16, "u32");
export const u32: DType = dtype("u32", "uint", 32, "u32");
export const u64: DType = dtype("u64", "uint", 64, "u64");
/** 4 bits of exponent, 3 of mantissa; at most 448, without infinities. Triton's float8e4nv. */
export const f8e4m3: DType = dtype("f8e4m3", "float", 8, "f32");
/** 5 bits of exponent, 2 of mantissa; at most 57344. Triton's float8e5. */
export const f8e5m2: DType = dtype("f8e5m2", "float", 8, "f32");
/** The upper half of an f32. */
export const bf16: DType = dtype("bf16", "float", 16, "f32");
export const f16: DType = dtype("f16", "float", 16, "f16");
export const f32: DType = dtype("f32", "float", 32, "f32");
export const f64: DType = dtype("f64", "float", 64, "f64");

/** Every dtype by name. */
export const DTYPES: Readonly<Record<DTypeName, DType>> = {
  bool,
  i8,
  i16,
  i32,
  i64,
  u8,
  u16,
  u32,
  u64,
  f8e4m3,
  f8e5m2,
  bf16,
  f16,
  f32,
  f64,
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

/** True for 64-bit integers, whose elements are bigints on the host. */
export function isWide(dtype: DType): boolean {
  return dtype === i64 || dtype === u64;
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
  i64: BigInt64Array,
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  u64: BigUint64Array,
  f8e4m3: Float32Array,
  f8e5m2: Float32Array,
  bf16: Float32Array,
  f16: Float16Array,
  f32: Float32Array,
  f64: Float64Array,
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
 * What a dtype makes of any number, or of any bigint for 64-bit integers: floats round to nearest
 * even, integers wrap, bool is `!= 0`.
 * Finite numbers too large for an 8-bit float become its largest; f8e4m3 has no infinities either.
 */
export const ROUND = {
  bool: (x: number): number => (x === 0 ? 0 : 1),
  i8: (x: number): number => (x << 24) >> 24,
  i16: (x: number): number => (x << 16) >> 16,
  i32: (x: number): number => x | 0,
  i64: (x: bigint): bigint => BigInt.asIntN(64, x),
  u8: (x: number): number => x & 0xff,
  u16: (x: number): number => x & 0xffff,
  u32: (x: number): number => x >>> 0,
  u64: (x: bigint): bigint => BigInt.asUintN(64, x),
  f8e4m3: roundSmall(3, 7, 448),
  f8e5m2: (x: number): number => Math.abs(x) === Infinity ? x : roundE5m2(x),
  bf16: roundBf16,
  f16: Math.f16round,
  f32: Math.fround,
  f64: (x: number): number => x,
} satisfies Readonly<Record<DTypeName, NumericFunction>>;

/** What a dtype makes of an element of its own kind on the host, as `ROUND` says. */
export function roundTo(dtype: DType, x: Numeric): Numeric {
  return (ROUND[dtype.name] as NumericFunction)(x);
}

/**
 * Any number or bigint as an element of a dtype: integers wrap, and lose their fraction first; of
 * no number at all they make 0.
 */
export function elementOf(dtype: DType, x: Numeric): Numeric {
  if (isWide(dtype)) return roundTo(dtype, typeof x === "bigint" ? x : wholeOf(x));
  if (typeof x === "number") return roundTo(dtype, x);
  return roundTo(dtype, dtype.kind === "float" || dtype === bool ? Number(x) : low32(x));
}

function wholeOf(x: number): bigint {
  return Number.isFinite(x) ? BigInt(Math.trunc(x)) : 0n;
}

function low32(x: bigint): number {
  return Number(BigInt.asIntN(32, x));
}

/** The least and the greatest number of an integer dtype; those of 64 bits rounded outwards. */
export function integerRange(dtype: DType): readonly [low: number, high: number] {
  return dtype.kind === "int"
    ? [-(2 ** (dtype.bits - 1)), 2 ** (dtype.bits - 1) - 1]
    : [0, 2 ** dtype.bits - 1];
}

/** The least and the greatest number of an integer dtype, exactly. */
export function exactRange(dtype: DType): readonly [low: bigint, high: bigint] {
  const bits = BigInt(dtype.bits);
  return dtype.kind === "int"
    ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
    : [0n, (1n << bits) - 1n];
}
