/**
 * Tensors: elements of one dtype in a device's memory, row-major, with a shape.
 */

import { LaunchError } from "../errors.ts";
import { shown } from "../words.ts";
import type { Storage } from "./backend.ts";
import type { Device } from "./device.ts";
import {
  bytesOf,
  checkDType,
  elementBytes,
  elementsOf,
  type NumberDType,
  type TensorArrays,
  type TensorDType,
} from "./elements.ts";
import { checkShape, inferShape, sizeOf } from "./shapes.ts";
import { adoptBuffer, bufferOf, type OverOptions } from "./interop.ts";

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
