/**
 * Devices: where tensors live and kernels run, a GPU or the CPU.
 */

import { DeviceError, LaunchError } from "../errors.ts";
import { shown } from "../words.ts";
import { describe } from "./adapter.ts";
import type { Backend, Filling, MemoryReport } from "./backend.ts";
import { DTYPES, elementOf, type HostArray, isFloat } from "../ir/dtype.ts";
import type { Capabilities } from "./capabilities.ts";
import { loadDawn } from "./dawn.ts";
import {
  arrayOf,
  bytesOf,
  checkDType,
  dtypeOfData,
  elementBytes,
  flatten,
  type NestedNumbers,
  type TensorArrays,
  type TensorDType,
} from "./elements.ts";
import { HostBackend } from "./host.ts";
import { checkOptions, choose, type DeviceOptions, isDebugged, isSanitized } from "./options.ts";
import { Profile, type ProfileOptions } from "./profile.ts";
import { fillNormal, fillUniform } from "./random.ts";
import { checkShape, sizeOf } from "./shapes.ts";
import { takeGpu } from "./spares.ts";
import { Tensor } from "./tensor.ts";
import { WebGpuBackend } from "./webgpu.ts";

/** The element type of a new tensor. */
export interface DTypeOptions<D extends TensorDType> {
  /** `"f32"`, `"i32"`, `"bf16"` …: a key of {@linkcode TensorArrays}. */
  dtype?: D | undefined;
}

/** Of {@linkcode Device.rand} and {@linkcode Device.randn}. */
export interface RandomOptions<D extends "f32" | "f16"> {
  /** `"f32"` (the default) or `"f16"`. */
  dtype?: D | undefined;
  /** A non-negative integer that fixes the numbers, on every device alike. */
  seed?: number | undefined;
}

/** Of {@linkcode Device.arange}. */
export interface ArangeOptions<D extends TensorDType> extends DTypeOptions<D> {
  /** The first element; 0 unless given. */
  start?: number | undefined;
  /** The difference of neighbours; 1 unless given. */
  step?: number | undefined;
}

/** Of {@linkcode Device.from}. */
export interface FromOptions<D extends TensorDType> extends DTypeOptions<D> {
  /** The shape; one dimension, or that of nested arrays, unless given. */
  shape?: readonly number[] | undefined;
}

let toldOfFallback = false;

/**
 * Where tensors live and kernels run.
 *
 * Tensors and kernels of different devices do not mix. Work is done in the order in which it is
 * asked for, and launches return before they have run; {@linkcode Tensor.read} and
 * {@linkcode Device.synchronize} wait.
 *
 * @example Tensors on a device
 * ```ts
 * import assert from "node:assert/strict";
 * import { Device } from "../../mod.ts";
 *
 * using device = await Device.open({ device: "cpu" });
 * using x = device.from([[1, 2, 3], [4, 5, 6]]);
 * assert(x.shape.join() === "2,3" && x.dtype === "f32");
 * assert((await x.read())[4] === 5);
 * ```
 */
export class Device {
  /** What the device is and can do. */
  readonly capabilities: Capabilities;
  /** Whether launches that do not say themselves check `tl.deviceAssert`. */
  readonly debug: boolean;
  /** Whether kernels are watched while they run. */
  readonly sanitize: boolean;
  #backend: Backend | undefined;
  #draws = 0; // random tensors made without a seed
  #profiling = false;

  /** Devices are made by {@linkcode Device.open} and {@linkcode Device.from}. */
  constructor(
    backend: Backend,
    options: Pick<DeviceOptions, "debug" | "print" | "sanitize"> = {},
  ) {
    this.#backend = backend;
    this.capabilities = backend.capabilities;
    this.debug = isDebugged(options) ?? backend.capabilities.kind === "cpu";
    this.sanitize = isSanitized(options);
    if (options.print) backend.print = options.print;
  }

  /**
   * Opens a device: WebGPU where there is an adapter, else the CPU, which one line on the console
   * then tells.
   *
   * @param options Which device; any by default.
   * @throws {DeviceError} When WebGPU is asked for and there is none, or Dawn and it cannot be loaded.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Device } from "../../mod.ts";
   *
   * using device = await Device.open({ device: "cpu" });
   * assert(device.kind === "cpu");
   * ```
   */
  static async open(options: DeviceOptions = {}): Promise<Device> {
    checkOptions("open", options);
    const { device: wanted, provider } = choose(options);
    if (wanted === "cpu") return new Device(new HostBackend(isSanitized(options)), options);

    const dawn = provider === "dawn" ? await loadDawn() : undefined;
    const { powerPreference, without } = options;
    const gpu = await takeGpu({ powerPreference, without, gpu: dawn }).catch((cause) => {
      throw new DeviceError(
        `Cannot open a WebGPU device: ${cause instanceof Error ? cause.message : cause}`,
        { cause },
      );
    });
    if (gpu) {
      const { device, capabilities, giveBack } = gpu, { memoryLimit, cache } = options;
      const backend = new WebGpuBackend(device, capabilities, { giveBack, memoryLimit, cache });
      return new Device(backend, options);
    }
    if (dawn) {
      throw new DeviceError(
        "Cannot open a WebGPU device through Dawn: it found no adapter that it takes. Install the GPU's Vulkan " +
          "driver; of drivers in software Dawn takes SwiftShader, which comes with Chromium " +
          "(VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json on Debian)",
      );
    }
    if (wanted === "webgpu") {
      throw new DeviceError(
        "Cannot open a WebGPU device: there is no adapter. Install a Vulkan, Metal or DirectX 12 " +
          "driver (on Debian and Ubuntu mesa-vulkan-drivers brings one in software), " +
          "or use the CPU: Device.open({ device: 'cpu' })",
      );
    }
    if (!toldOfFallback) console.warn("Nereid: no WebGPU adapter was found, running on the CPU");
    toldOfFallback = true;
    return new Device(new HostBackend(isSanitized(options)), options);
  }

  /**
   * A device over a `GPUDevice` that somebody else made, of which only the features and limits that it
   * was made with are used. It stays theirs: disposing of the device gives its memory back and leaves
   * the `GPUDevice` as it is.
   *
   * @param gpu The WebGPU device.
   * @param options What else {@linkcode Device.open} may be told.
   */
  static async from(
    gpu: GPUDevice,
    options: Pick<DeviceOptions, "memoryLimit" | "cache" | "debug" | "print" | "sanitize"> = {},
  ): Promise<Device> {
    checkOptions("from", options);
    if (typeof gpu?.createComputePipeline !== "function") {
      throw new DeviceError(
        `Cannot make a device of ${
          shown(gpu)
        }: pass a GPUDevice, such as adapter.requestDevice() resolves to, or call Device.open()`,
      );
    }
    const { memoryLimit, cache } = options, described = await describe(gpu);
    const backend = new WebGpuBackend(gpu, described, { owned: false, memoryLimit, cache });
    return new Device(backend, options);
  }

  /** What runs the kernels. */
  get kind(): "webgpu" | "cpu" {
    return this.capabilities.kind;
  }

  /**
   * The WebGPU device that this one is made of, to share it with other libraries; see
   * {@linkcode Tensor.buffer} and {@linkcode Tensor.over}.
   *
   * @throws {DeviceError} On the CPU, which has none.
   */
  get gpu(): GPUDevice {
    const { backend } = this;
    if (backend instanceof WebGpuBackend) {
      backend.shared = true;
      return backend.gpu;
    }
    throw new DeviceError("Cannot get the GPUDevice of the CPU device: open a WebGPU device");
  }

  /**
   * What is behind the device, for the launcher.
   *
   * @internal
   * @throws {DeviceError} When the device has been disposed of.
   */
  get backend(): Backend {
    if (!this.#backend) {
      throw new DeviceError(
        "Cannot use the device: it has been disposed of. Open another with Device.open()",
      );
    }
    return this.#backend;
  }

  /**
   * A tensor whose elements are not set to anything in particular.
   *
   * @param shape The length of each dimension.
   * @param options The dtype, f32 by default.
   * @throws {OutOfResourcesError} When it is larger than the device allows.
   */
  empty<D extends TensorDType = "f32">(
    shape: readonly number[],
    options: DTypeOptions<D> = {},
  ): Tensor<D> {
    return this.#allocate(shape, options.dtype, "none");
  }

  /**
   * A tensor of zeros.
   *
   * @param shape The length of each dimension.
   * @param options The dtype, f32 by default.
   */
  zeros<D extends TensorDType = "f32">(
    shape: readonly number[],
    options: DTypeOptions<D> = {},
  ): Tensor<D> {
    return this.#allocate(shape, options.dtype, "zeros");
  }

  /**
   * A tensor of equal elements.
   *
   * @param shape The length of each dimension.
   * @param value The element.
   * @param options The dtype, f32 by default.
   */
  full<D extends TensorDType = "f32">(
    shape: readonly number[],
    value: number | bigint,
    options: DTypeOptions<D> = {},
  ): Tensor<D> {
    const dtype = options.dtype ?? "f32" as D;
    if (typeof value !== "number" && typeof value !== "bigint") {
      throw new LaunchError(`Cannot fill a tensor with ${shown(value)}: elements are numbers`);
    }
    const element = DTYPES[checkDType(dtype)], filling = elementOf(element, value);
    // deno-lint-ignore eqeqeq -- a bigint and a number may be the same integer
    if (!isFloat(element) && filling != value) {
      throw new LaunchError(`Cannot fill a tensor of dtype ${dtype} with ${value}`);
    }
    return this.#filled(shape, dtype, (array: HostArray) => array.fill(filling));
  }

  /**
   * A tensor with one dimension of equally spaced numbers.
   *
   * @param length How many.
   * @param options The dtype (i32 by default), the first number and the step.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Device } from "../../mod.ts";
   *
   * using device = await Device.open({ device: "cpu" });
   * using odd = device.arange(4, { start: 1, step: 2 });
   * assert((await odd.read()).join() === "1,3,5,7");
   * ```
   */
  arange<D extends TensorDType = "i32">(length: number, options: ArangeOptions<D> = {}): Tensor<D> {
    const { dtype = "i32" as D, start = 0, step = 1 } = options;
    const element = DTYPES[checkDType(dtype)];
    return this.#filled([length], dtype, (array: HostArray) => {
      for (let i = 0; i < array.length; i++) array[i] = elementOf(element, start + i * step);
    });
  }

  /**
   * A tensor of random numbers spread evenly over [0, 1), the same on every device. Without a seed,
   * each call has numbers of its own, which a new device repeats in the same order.
   *
   * @param shape The length of each dimension.
   * @param options The dtype, f32 by default, and a seed.
   */
  rand<D extends "f32" | "f16" = "f32">(
    shape: readonly number[],
    options: RandomOptions<D> = {},
  ): Tensor<D> {
    const dtype = checkRandom("rand", options.dtype) as D, keys = this.#keys(options.seed);
    return this.#filled(shape, dtype, (array) => fillUniform(array as Float32Array, ...keys));
  }

  /**
   * A tensor of normally distributed random numbers of mean 0 and variance 1, seeded as those of
   * {@linkcode Device.rand}.
   *
   * @param shape The length of each dimension.
   * @param options The dtype, f32 by default, and a seed.
   */
  randn<D extends "f32" | "f16" = "f32">(
    shape: readonly number[],
    options: RandomOptions<D> = {},
  ): Tensor<D> {
    const dtype = checkRandom("randn", options.dtype) as D, keys = this.#keys(options.seed);
    return this.#filled(shape, dtype, (array) => fillNormal(array as Float32Array, ...keys));
  }

  /**
   * A tensor of numbers from the host. A typed array gives its dtype; bigints are i64 and other
   * numbers f32 unless the options say otherwise. Nested arrays give the shape.
   *
   * @param data The elements in row-major order, or nested arrays.
   * @param options The shape and the dtype.
   * @throws {LaunchError} When the shape and the number of elements disagree.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Device } from "../../mod.ts";
   *
   * using device = await Device.open({ device: "cpu" });
   * using x = device.from(new Int32Array(6), { shape: [2, 3] });
   * assert(`${x}` === "Tensor i32 [2, 3] on cpu");
   * ```
   */
  from<D extends TensorDType>(
    data: ArrayLike<number | bigint> | NestedNumbers,
    options: FromOptions<D> & { dtype: D },
  ): Tensor<D>;
  /** An i64 tensor of what a typed array holds, or of bigints. */
  from(
    data: BigInt64Array | readonly bigint[],
    options?: FromOptions<"i64">,
  ): Tensor<"i64">;
  /** A u64 tensor of what a typed array holds. */
  from(data: BigUint64Array, options?: FromOptions<"u64">): Tensor<"u64">;
  /** An f64 tensor of what a typed array holds. */
  from(data: Float64Array, options?: FromOptions<"f64">): Tensor<"f64">;
  /** An f16 tensor of what a typed array holds. */
  from(data: Float16Array, options?: FromOptions<"f16">): Tensor<"f16">;
  /** An i8 tensor of what a typed array holds. */
  from(data: Int8Array, options?: FromOptions<"i8">): Tensor<"i8">;
  /** An i16 tensor of what a typed array holds. */
  from(data: Int16Array, options?: FromOptions<"i16">): Tensor<"i16">;
  /** A u8 tensor of what a typed array holds. */
  from(data: Uint8Array, options?: FromOptions<"u8">): Tensor<"u8">;
  /** A u16 tensor of what a typed array holds. */
  from(data: Uint16Array, options?: FromOptions<"u16">): Tensor<"u16">;
  /** An i32 tensor of what a typed array holds. */
  from(data: Int32Array, options?: FromOptions<"i32">): Tensor<"i32">;
  /** A u32 tensor of what a typed array holds. */
  from(data: Uint32Array, options?: FromOptions<"u32">): Tensor<"u32">;
  /** An f32 tensor of what a typed array or nested arrays hold. */
  from(data: Float32Array | NestedNumbers, options?: FromOptions<"f32">): Tensor<"f32">;
  from(
    data: ArrayLike<number | bigint> | NestedNumbers,
    options: FromOptions<TensorDType> = {},
  ): Tensor<TensorDType> {
    const dtype = checkDType(options.dtype ?? dtypeOfData(data));
    const { numbers, shape: own } = flatten(data);
    const shape = checkShape(options.shape ?? own);
    const size = sizeOf(shape);
    if (size !== numbers.length) {
      throw new LaunchError(
        `Cannot make a tensor of shape [${shape.join(", ")}] from ${numbers.length} numbers: ` +
          `it has ${size} elements`,
      );
    }
    const tensor = this.#allocate(shape, dtype, "host");
    tensor.storage.write(bytesOf(dtype, numbers));
    return tensor;
  }

  /**
   * Waits until everything that was launched has run.
   *
   * @throws {DeviceError} When a launch failed, or the device is lost.
   */
  async synchronize(): Promise<void> {
    await this.backend.synchronize();
  }

  /**
   * Starts what was launched so far, without waiting for it. A launch is started by itself before the
   * program waits for anything; this is for those who submit work of their own to the same
   * `GPUDevice`, which then comes after.
   */
  flush(): void {
    this.backend.flush();
  }

  /**
   * What the device's memory is used for, in bytes.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Device } from "../../mod.ts";
   *
   * using device = await Device.open({ device: "cpu" });
   * using x = device.zeros([1024]);
   * device.zeros([1024]).dispose();
   * assert.deepEqual(device.memory(), { live: 4096, cached: 0, peak: 8192, tensors: 1 });
   * ```
   */
  memory(): MemoryReport {
    return this.backend.memory();
  }

  /** Gives back the memory of tensors that are gone, which is otherwise kept for the next ones. */
  trim(): void {
    this.backend.trim();
  }

  /**
   * Times every launch of what `action` does, on the device's own clock.
   *
   * @param action Launches kernels; it is awaited. Launches before it are waited for and not timed, and
   * neither are the trials of autotuning.
   * @param options What launches move and compute, so that rates can be told.
   * @returns The times, by launch and by kernel; `console.log` prints a table.
   * @throws {DeviceError} When the device has no clock, is being profiled already, or a launch failed.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { Device, grid, jit, type Pointer, tl } from "../../mod.ts";
   *
   * const double = jit(function double(x: Pointer) {
   *   const at = x + tl.arange(0, 64);
   *   tl.store(at, tl.load(at) * 2);
   * });
   * using device = await Device.open({ device: "cpu" });
   * using x = device.full([64], 1);
   * const profile = await device.profile(() => {
   *   for (let i = 0; i < 3; i++) double[grid(1)](x);
   * });
   * assert(profile.kernels[0]?.name === "double" && profile.kernels[0].launches === 3);
   * ```
   */
  async profile(action: () => unknown, options: ProfileOptions = {}): Promise<Profile> {
    if (typeof action !== "function") {
      throw new LaunchError(
        `Cannot profile ${shown(action)}: pass a function that launches, () => kernel[grid(…)](…)`,
      );
    }
    if (this.#profiling) {
      throw new DeviceError(
        "Cannot profile: another profile of this device is under way, and a launch is timed for one; await it first",
      );
    }
    this.#profiling = true;
    try {
      const laps = await this.backend.profile(async () => {
        await action();
      });
      return new Profile(this.capabilities.adapter, laps, options);
    } finally {
      this.#profiling = false;
    }
  }

  /**
   * Ends the device. Its tensors cannot be used any more. The `GPUDevice` behind it is kept for the next
   * {@linkcode Device.open}, unless others have got it by {@linkcode Device.gpu}: then it is destroyed.
   */
  dispose(): void {
    this.#backend?.dispose();
    this.#backend = undefined;
  }

  /** The same as {@linkcode Device.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What the device is: `Device webgpu (llvmpipe)`. */
  toString(): string {
    const { kind, adapter } = this.capabilities;
    return kind === "cpu" ? "Device cpu" : `Device webgpu (${adapter})`;
  }

  /** What `console.log` prints in Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  #allocate<D extends TensorDType = "f32">(
    shape: readonly number[],
    given: D | undefined,
    filling: Filling,
  ): Tensor<D> {
    const dtype = checkDType(given ?? "f32") as D, dims = checkShape(shape);
    const what = `a tensor of shape [${dims.join(", ")}] and dtype ${dtype}`;
    const storage = this.backend.allocate(sizeOf(dims) * elementBytes(dtype), what, filling);
    return new Tensor(this, storage, dims, dtype);
  }

  #filled<D extends TensorDType>(
    shape: readonly number[],
    dtype: D,
    fill: (array: TensorArrays[D]) => void,
  ): Tensor<D> {
    const tensor = this.#allocate(shape, dtype, "host");
    const array = arrayOf(dtype, tensor.size);
    fill(array);
    tensor.storage.write(bytesOf(dtype, array));
    return tensor;
  }

  /** The two words of a random key; those of unseeded draws differ from every seed's. */
  #keys(seed: number | undefined): [number, number] {
    if (seed === undefined) return [this.#draws++, 0xffff_ffff];
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new LaunchError(
        `Cannot use the seed ${shown(seed)}: it must be a non-negative integer`,
      );
    }
    return [seed >>> 0, Math.floor(seed / 2 ** 32)];
  }
}

function checkRandom(method: string, dtype: string | undefined): "f32" | "f16" {
  const checked = checkDType(dtype ?? "f32");
  if (checked === "f32" || checked === "f16") return checked;
  throw new LaunchError(
    `Cannot draw random numbers of dtype ${checked}: ${method}() makes 'f32' or 'f16'`,
  );
}
