/**
 * Tensors: elements of one dtype in a device's memory, row-major, with a shape.
 */

import { DTYPES } from "../ir/dtype.ts";
import { LaunchError } from "../errors.ts";
import type { Storage } from "./backend.ts";
import type { Device } from "./device.ts";

/** The element types of tensors. */
export type TensorDType = "f32" | "f16" | "i32" | "u32";

/** The typed array that holds a tensor's elements on the host, by dtype. */
export interface TensorArrays {
  /** 32-bit floating point. */
  f32: Float32Array<ArrayBuffer>;
  /** 16-bit floating point. */
  f16: Float16Array<ArrayBuffer>;
  /** 32-bit integers. */
  i32: Int32Array<ArrayBuffer>;
  /** 32-bit integers without sign. */
  u32: Uint32Array<ArrayBuffer>;
}

/** How typed arrays of each dtype are made. */
export const TENSOR_ARRAYS = {
  f32: Float32Array,
  f16: Float16Array,
  i32: Int32Array,
  u32: Uint32Array,
} as const satisfies Record<TensorDType, unknown>;

/** A new typed array of `dtype`: zeros, or what a buffer holds. */
export function arrayOf<D extends TensorDType>(
  dtype: D,
  source: number | ArrayBuffer,
): TensorArrays[D] {
  const make = TENSOR_ARRAYS[dtype] as unknown as
    & (new (length: number) => TensorArrays[D])
    & (new (buffer: ArrayBuffer) => TensorArrays[D]);
  return typeof source === "number" ? new make(source) : new make(source);
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
 * @typeParam D The name of the element type.
 */
export class Tensor<D extends TensorDType = TensorDType> {
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
    this.size = shape.reduce((product, dim) => product * dim, 1);
    this.#storage = storage;
    abandoned.register(this, storage, this);
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

  /** True once the tensor has been disposed of. */
  get disposed(): boolean {
    return this.#storage === undefined;
  }

  /**
   * Copies the elements to the host, after every launch so far. Reads that are begun together
   * (`Promise.all`) wait together.
   *
   * @returns The elements in row-major order, in a new typed array.
   * @throws {DeviceError} When a launch before it failed, or the device is lost.
   */
  async read(): Promise<TensorArrays[D]> {
    return arrayOf(this.dtype, await this.storage.read());
  }

  /**
   * Overwrites all elements. Launches before it still see the old ones.
   *
   * @param data As many numbers as the tensor has elements, in row-major order; converted to its dtype.
   * @throws {LaunchError} When the number of elements differs.
   */
  write(data: ArrayLike<number>): void {
    if (data.length !== this.size) {
      throw new LaunchError(
        `Cannot write ${data.length} elements to the ${this}: it has ${this.size}`,
      );
    }
    this.storage.write(bytesOf(this.dtype, data));
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
export function bytesOf(dtype: TensorDType, data: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const own = data instanceof TENSOR_ARRAYS[dtype] && data.buffer instanceof ArrayBuffer;
  const array = own ? data : TENSOR_ARRAYS[dtype].from(data);
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

/** Bytes of one element. */
export function elementBytes(dtype: TensorDType): number {
  return DTYPES[dtype].bytes;
}
