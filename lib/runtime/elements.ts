/**
 * Elements of tensors on the host: which arrays hold them, and how numbers become them.
 */

import { numbersOf, TO_BITS } from "../ir/bits.ts";
import {
  DTYPES,
  elementOf,
  type HostArray,
  hostView,
  isEncoded,
  isWide,
  memoryArray,
  type Numeric,
  type NumericFunction,
} from "../ir/dtype.ts";
import { LaunchError } from "../errors.ts";
import { shown } from "../words.ts";

/** The element types of tensors. */
export type TensorDType =
  | "f32"
  | "f64"
  | "f16"
  | "bf16"
  | "f8e4m3"
  | "f8e5m2"
  | "i32"
  | "i64"
  | "i16"
  | "i8"
  | "u32"
  | "u64"
  | "u16"
  | "u8"
  | "bool";

/** The element types of tensors whose elements are numbers on the host, and not bigints. */
export type NumberDType = Exclude<TensorDType, "i64" | "u64">;

/**
 * The typed array that holds a tensor's elements on the host, by dtype. JavaScript has none for some:
 * bf16 and 8-bit floats are held as f32, which has all their numbers, and bools as 0 and 1.
 */
export interface TensorArrays {
  /** 32-bit floating point. */
  f32: Float32Array<ArrayBuffer>;
  /** 64-bit floating point. */
  f64: Float64Array<ArrayBuffer>;
  /** 16-bit floating point. */
  f16: Float16Array<ArrayBuffer>;
  /** The upper half of an f32. */
  bf16: Float32Array<ArrayBuffer>;
  /** 8-bit floating point of 4 significant bits, at most 448. */
  f8e4m3: Float32Array<ArrayBuffer>;
  /** 8-bit floating point of 3 significant bits, at most 57344. */
  f8e5m2: Float32Array<ArrayBuffer>;
  /** 32-bit integers. */
  i32: Int32Array<ArrayBuffer>;
  /** 64-bit integers, as bigints. */
  i64: BigInt64Array<ArrayBuffer>;
  /** 16-bit integers. */
  i16: Int16Array<ArrayBuffer>;
  /** 8-bit integers. */
  i8: Int8Array<ArrayBuffer>;
  /** 32-bit integers without sign. */
  u32: Uint32Array<ArrayBuffer>;
  /** 64-bit integers without sign, as bigints. */
  u64: BigUint64Array<ArrayBuffer>;
  /** 16-bit integers without sign. */
  u16: Uint16Array<ArrayBuffer>;
  /** 8-bit integers without sign. */
  u8: Uint8Array<ArrayBuffer>;
  /** 0 and 1, a byte each. */
  bool: Uint8Array<ArrayBuffer>;
}

/** How typed arrays of each dtype are made. */
const TENSOR_ARRAYS = {
  f32: Float32Array,
  f64: Float64Array,
  f16: Float16Array,
  bf16: Float32Array,
  f8e4m3: Float32Array,
  f8e5m2: Float32Array,
  i32: Int32Array,
  i64: BigInt64Array,
  i16: Int16Array,
  i8: Int8Array,
  u32: Uint32Array,
  u64: BigUint64Array,
  u16: Uint16Array,
  u8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Record<TensorDType, unknown>;

/** Every dtype of tensors. */
export const TENSOR_DTYPES = Object.keys(TENSOR_ARRAYS) as readonly TensorDType[];

/** The dtype that a typed array has by itself: of those that share a class the first. */
export function dtypeOfArray(data: unknown): TensorDType | undefined {
  return TENSOR_DTYPES.find((dtype) => data instanceof TENSOR_ARRAYS[dtype]);
}

/** A dtype that tensors may have. */
export function checkDType(dtype: string): TensorDType {
  if ((TENSOR_DTYPES as readonly string[]).includes(dtype)) return dtype as TensorDType;
  throw new LaunchError(
    `Cannot make a tensor of dtype '${dtype}': tensors are of ${TENSOR_DTYPES.join(", ")}`,
  );
}

/** A new typed array of `length` zeros for numbers of `dtype`. */
export function arrayOf<D extends TensorDType>(dtype: D, length: number): TensorArrays[D] {
  return new TENSOR_ARRAYS[dtype](length) as TensorArrays[D];
}

/** The elements of `dtype` in a buffer; where the array's class is that of the memory, without copying. */
export function elementsOf<D extends TensorDType>(dtype: D, buffer: ArrayBuffer): TensorArrays[D] {
  const element = DTYPES[dtype], bits = hostView(element, buffer);
  if (!isEncoded(element)) return bits as HostArray as TensorArrays[D];
  const numbers = numbersOf(element);
  return Float32Array.from(bits as ArrayLike<number>, (code) => numbers[code]!) as TensorArrays[D];
}

/** Numbers in arrays of any depth, all of one length at each depth; bigints for 64-bit integers. */
export type NestedNumbers = readonly number[] | readonly bigint[] | readonly NestedNumbers[];

/** The bytes of numbers as elements of `dtype`; of a typed array of that dtype its own, uncopied. */
export function bytesOf(dtype: TensorDType, data: ArrayLike<Numeric>): Uint8Array<ArrayBuffer> {
  const element = DTYPES[dtype];
  const plain = !isEncoded(element) && dtype !== "bool";
  const own = plain && data instanceof TENSOR_ARRAYS[dtype] && data.buffer instanceof ArrayBuffer;
  const array: HostArray = own ? data : memoryOf(dtype, data);
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

/** Numbers as they lie in memory: bits of encoded floats, elements of other dtypes. */
function memoryOf(dtype: TensorDType, data: ArrayLike<Numeric>): HostArray {
  const element = DTYPES[dtype], Class = TENSOR_ARRAYS[dtype];
  const plain = !isEncoded(element) && element !== DTYPES.bool;
  if (!ArrayBuffer.isView(data)) checkElements(data);
  if (plain && !isWide(element) && typeof data[0] !== "bigint") {
    // Typed arrays convert numbers to their own kind.
    return (Class as typeof Float32Array).from(data as ArrayLike<number>);
  }
  const encode: NumericFunction = isEncoded(element) ? TO_BITS[dtype] : (x: Numeric) => x;
  const memory: HostArray = new (memoryArray(element))(data.length);
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!;
    memory[i] = encode(elementOf(element, typeof x === "bigint" ? x : Number(x))); // of a boolean
  }
  return memory;
}

/** Refuses what JavaScript would silently make NaN or 0 of. */
function checkElements(data: ArrayLike<unknown>): void {
  for (let i = 0; i < data.length; i++) {
    const x = data[i], type = typeof x;
    if (type === "number" || type === "bigint" || type === "boolean") continue;
    throw new LaunchError(
      `Cannot make an element of ${shown(x)} (at ${i}): elements are numbers` +
        (Array.isArray(x) ? "; flatten nested arrays with .flat(Infinity)" : ""),
    );
  }
}

/** Bytes of one element. */
export function elementBytes(dtype: TensorDType): number {
  return DTYPES[dtype].bytes;
}

/** The dtype of a tensor that is made of what the host has, where nothing else is said. */
export function dtypeOfData(data: unknown): TensorDType {
  const dtype = dtypeOfArray(data);
  if (dtype) return dtype;
  if (Array.isArray(data)) {
    let first: unknown = data;
    while (Array.isArray(first)) first = first[0];
    return typeof first === "bigint" ? "i64" : "f32";
  }
  const what = data instanceof Promise
    ? "a promise (is an await missing?)"
    : Object.prototype.toString.call(data).slice(8, -1);
  throw new LaunchError(
    `Cannot make a tensor from ${what}: pass an array of numbers, a typed array of a tensor's dtype, ` +
      "or say which dtype to convert to",
  );
}

/** The numbers of nested arrays in row-major order, and the shape of the nest. */
export function flatten(data: ArrayLike<Numeric> | NestedNumbers): {
  numbers: ArrayLike<Numeric>;
  shape: readonly number[];
} {
  if (!Array.isArray(data) || !Array.isArray(data[0])) {
    return { numbers: data as ArrayLike<Numeric>, shape: [data.length] };
  }
  const shape: number[] = [];
  for (let level: unknown = data; Array.isArray(level); level = level[0]) shape.push(level.length);
  const numbers: Numeric[] = [];
  const visit = (level: unknown, depth: number): void => {
    const isArray = Array.isArray(level);
    if (isArray !== depth < shape.length || (isArray && level.length !== shape[depth])) {
      throw new LaunchError(
        `Cannot make a tensor from nested arrays of unequal lengths: expected ${
          depth < shape.length ? `an array of ${shape[depth]}` : "a number"
        } at depth ${depth}, found ${isArray ? `an array of ${level.length}` : String(level)}`,
      );
    }
    if (isArray) { for (const inner of level) visit(inner, depth + 1); }
    else numbers.push(level as Numeric);
  };
  visit(data, 0);
  return { numbers, shape };
}
