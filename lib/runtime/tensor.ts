/**
 * Tensors: elements of one dtype in a device's memory, row-major, with a shape.
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
import type { Storage } from "./backend.ts";
import type { Device } from "./device.ts";
import { checkShape, inferShape, sizeOf } from "./shapes.ts";
import { adoptBuffer, bufferOf, type OverOptions } from "./interop.ts";

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
function elementsOf<D extends TensorDType>(dtype: D, buffer: ArrayBuffer): TensorArrays[D] {
  const element = DTYPES[dtype], bits = hostView(element, buffer);
  if (!isEncoded(element)) return bits as HostArray as TensorArrays[D];
  const numbers = numbersOf(element);
  return Float32Array.from(bits as ArrayLike<number>, (code) => numbers[code]!) as TensorArrays[D];
}

/** The storages of tensors that were collected without being disposed of. */
const abandoned = new FinalizationRegistry<Storage>((storage) => storage.release());

/**
 * An n-dimensional array in the memory of a {@linkcode Device}, made by that device's methods.
 *
 * A tensor is given back by `dispose()`, at the end of a block by `using`, or some time after the
 * last reference to it is gone.
 *
 * @example Writing and reading
 * ```ts
 * import assert from "node:assert/strict";
 * import { Device } from "../../mod.ts";
 *
 * using device = await Device.open({ device: "cpu" });
 * using x = device.zeros([2, 3]);
 * x.write([1, 2, 3, 4, 5, 6]);
 * assert((await x.read())[5] === 6);
 * assert(`${x}` === "Tensor f32 [2, 3] on cpu");
 * ```
 *
 * @typeParam D The name of the element type; of any but the 64-bit integers unless given, so that what is
 * read are numbers. `Tensor<TensorDType>` is a tensor of any.
 */
export class Tensor<D extends TensorDType = NumberDType> {
  /** The length of each dimension; `[]` for a single number. */
  readonly shape: readonly number[];
  /** The element type's name. */
  readonly dtype: D;
  /** The number of elements. */
  readonly size: number;
  /** The device that holds the elements. */
  readonly device: Device;
  #storage: Storage | undefined;

  /** Tensors are made by a device: `device.empty([4])`. */
  constructor(device: Device, storage: Storage, shape: readonly number[], dtype: D) {
    this.device = device;
    this.shape = shape;
    this.dtype = dtype;
    this.size = sizeOf(shape);
    this.#storage = storage;
    abandoned.register(this, storage, this);
  }

  /**
   * A tensor over a WebGPU buffer that somebody else made and will destroy: another library's result
   * or input, without a copy. Give the tensor up before the buffer is destroyed.
   *
   * Launches are submitted together, so call {@linkcode Device.flush} (or read
   * {@linkcode Tensor.buffer}) after those that write to the buffer and before the other library
   * submits work of its own on it. What it has submitted comes first in any case.
   *
   * @param buffer A buffer of the `GPUDevice` that the device is made of (see {@linkcode Device.from}),
   * with the usage `STORAGE`; `COPY_SRC` to read the tensor and `COPY_DST` to write it.
   * @param options The device, and what lies where in the buffer.
   * @throws {LaunchError} When the buffer cannot hold it.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Device, Tensor } from "../../mod.ts";
   *
   * const gpu = await (await navigator.gpu?.requestAdapter())?.requestDevice();
   * if (gpu) {
   *   using device = await Device.from(gpu);
   *   const buffer = gpu.createBuffer({ size: 64, usage: 0x80 | 0x04 | 0x08 });
   *   using x = Tensor.over(buffer, { device, shape: [4, 4] });
   *   x.write(Array.from({ length: 16 }, (_, i) => i));
   *   using last = Tensor.over(buffer, { device, shape: [2], offset: 56 });
   *   assert.deepEqual([...await last.read()], [14, 15]);
   * }
   * ```
   */
  static over<D extends TensorDType = "f32">(
    buffer: GPUBuffer,
    options: OverOptions<D>,
  ): Tensor<D> {
    const dtype = checkDType(options.dtype ?? "f32") as D, shape = checkShape(options.shape);
    return new Tensor(options.device, adoptBuffer(buffer, dtype, shape, options), shape, dtype);
  }

  /**
   * The WebGPU buffer that holds the elements, {@linkcode Tensor.byteOffset} bytes in, for others to use.
   * Everything that was launched so far has been submitted before it, so that work which others submit now
   * comes after. It is the tensor's as long as the tensor is not disposed of or forgotten.
   *
   * @throws {LaunchError} On the CPU, which has no such buffers.
   */
  get buffer(): GPUBuffer {
    return bufferOf(this);
  }

  /** Where the elements begin in {@linkcode Tensor.buffer}, in bytes. */
  get byteOffset(): number {
    return this.storage.offset;
  }

  /**
   * The same elements in another shape. Both tensors share the memory: what is written to one is seen
   * in the other. The memory is given back when both are gone.
   *
   * @param shape As many elements; one dimension may be -1, and is what is left.
   * @throws {LaunchError} When the number of elements differs.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Device } from "../../mod.ts";
   *
   * using device = await Device.open({ device: "cpu" });
   * using x = device.arange(6);
   * using rows = x.reshape([2, -1]);
   * assert.deepEqual(rows.shape, [2, 3]);
   * ```
   */
  reshape(shape: readonly number[]): Tensor<D> {
    const inferred = inferShape(shape, this.size, `the ${this}`);
    const { storage } = this;
    return new Tensor(this.device, storage.part(0, storage.bytes), inferred, this.dtype);
  }

  /**
   * Some neighbouring elements in a shape of their own, sharing the memory: a row, a batch, the part of
   * a tensor that is larger than what a kernel can see at once.
   *
   * A launch may take several views of one tensor. Elements that one of them stores and another loads
   * are subject to the same order as those of a single pointer. A kernel with a wrong offset may reach the
   * tensor's other elements through a view, never those of other tensors; a device that is opened with
   * `sanitize` holds each view to its own.
   *
   * @param offset The first of them, counted in row-major order.
   * @param shape Their shape.
   * @throws {LaunchError} When the tensor has no such elements.
   *
   * @example The second row
   * ```ts
   * import assert from "node:assert/strict";
   * import { Device } from "../../mod.ts";
   *
   * using device = await Device.open({ device: "cpu" });
   * using x = device.from([[1, 2, 3], [4, 5, 6]]);
   * using row = x.slice(3, [3]);
   * row.write([7, 8, 9]);
   * assert.deepEqual([...await x.read()], [1, 2, 3, 7, 8, 9]);
   * ```
   */
  slice(offset: number, shape: readonly number[]): Tensor<D> {
    const dims = checkShape(shape), size = sizeOf(dims);
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + size > this.size) {
      throw new LaunchError(
        `Cannot take ${size} elements from element ${offset} on of the ${this}: it has ${this.size}`,
      );
    }
    const bytes = elementBytes(this.dtype);
    return new Tensor(
      this.device,
      this.storage.part(size > 0 ? offset * bytes : 0, size * bytes),
      dims,
      this.dtype,
    );
  }

  /**
   * The memory behind the tensor, for the launcher.
   *
   * @internal
   * @throws {LaunchError} When the tensor has been disposed of.
   */
  get storage(): Storage {
    if (!this.#storage) {
      throw new LaunchError(`Cannot use the ${this}: it has been disposed of`);
    }
    return this.#storage;
  }

  /**
   * The same tensor for a launch that waits in the queue: it outlives this one's disposal, since the
   * memory is given back after what was launched before.
   *
   * @internal
   */
  pinned(): Tensor<D> {
    const twin = new Tensor(this.device, this.storage, this.shape, this.dtype);
    abandoned.unregister(twin); // the memory is this one's to give back
    return twin;
  }

  /** True once the tensor has been disposed of. */
  get disposed(): boolean {
    return this.#storage === undefined;
  }

  /**
   * Copies the elements to the host, after every launch so far. Reads that are begun together
   * (`Promise.all`) wait together.
   *
   * @returns The elements in row-major order, in a new typed array; of bf16 and 8-bit floats the
   * numbers as f32, of bool 0 and 1.
   * @throws {DeviceError} When a launch before it failed, or the device is lost.
   */
  async read(): Promise<TensorArrays[D]> {
    return elementsOf(this.dtype, await this.storage.read());
  }

  /**
   * Copies the tensor's memory to the host, as {@linkcode Tensor.read} does, without making anything
   * of it: for dtypes that JavaScript has no typed arrays for, such as bf16.
   *
   * @returns The bytes of the elements in row-major order, the lowest byte of each first.
   * @throws {DeviceError} When a launch before it failed, or the device is lost.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Device } from "../../mod.ts";
   *
   * using device = await Device.open({ device: "cpu" });
   * using x = device.from([1, -2], { dtype: "bf16" });
   * assert.deepEqual([...new Uint16Array(await x.readBytes())], [0x3f80, 0xc000]);
   * ```
   */
  async readBytes(): Promise<ArrayBuffer> {
    return await this.storage.read();
  }

  /**
   * Overwrites all elements. Launches before it still see the old ones.
   *
   * @param data As many numbers as the tensor has elements, or bigints, in row-major order; converted
   * to its dtype: floats round to nearest even, integers wrap, bool is `!= 0`.
   * @throws {LaunchError} When the number of elements differs.
   */
  write(data: ArrayLike<number | bigint>): void {
    if (typeof data !== "object" || data === null || typeof data.length !== "number") {
      throw new LaunchError(
        `Cannot write ${shown(data)} to the ${this}: pass an array of its ${this.size} elements`,
      );
    }
    if (data.length !== this.size) {
      throw new LaunchError(
        `Cannot write ${data.length} elements to the ${this}: it has ${this.size}`,
      );
    }
    this.storage.write(bytesOf(this.dtype, data));
  }

  /**
   * Overwrites the tensor's memory, as {@linkcode Tensor.readBytes} reads it.
   *
   * @param bytes The bytes of all elements in row-major order, the lowest byte of each first.
   * @throws {LaunchError} When the number of bytes differs.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Device } from "../../mod.ts";
   *
   * using device = await Device.open({ device: "cpu" });
   * using x = device.empty([2], { dtype: "bf16" });
   * x.writeBytes(Uint16Array.of(0x3f80, 0xc000));
   * assert.deepEqual([...await x.read()], [1, -2]);
   * ```
   */
  writeBytes(bytes: ArrayBuffer | ArrayBufferView<ArrayBuffer>): void {
    const wanted = this.size * elementBytes(this.dtype);
    if (!(bytes instanceof ArrayBuffer || ArrayBuffer.isView(bytes))) {
      throw new LaunchError(
        `Cannot write ${shown(bytes)} to the ${this}: pass an ArrayBuffer or a view of one`,
      );
    }
    if (bytes.byteLength !== wanted) {
      throw new LaunchError(
        `Cannot write ${bytes.byteLength} bytes to the ${this}: it has ${wanted}`,
      );
    }
    this.storage.write(
      bytes instanceof ArrayBuffer
        ? new Uint8Array(bytes)
        : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    );
  }

  /** Gives the memory back. Launches before it still run; any use after it is an error. */
  dispose(): void {
    if (!this.#storage) return;
    abandoned.unregister(this);
    this.#storage.release();
    this.#storage = undefined;
  }

  /** The same as {@linkcode Tensor.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What the tensor is, without its elements: `Tensor f32 [2, 3] on cpu`. */
  toString(): string {
    return `Tensor ${this.dtype} [${this.shape.join(", ")}] on ${this.device.kind}`;
  }

  /** What `console.log` prints in Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

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
