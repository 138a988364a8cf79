/**
 * Buffers that tensors share with others who use the same GPU device.
 */

import { DTYPES } from "../ir/dtype.ts";
import { LaunchError } from "../errors.ts";
import { shown } from "../words.ts";
import type { Storage } from "./backend.ts";
import type { Device } from "./device.ts";
import type { TensorDType } from "./elements.ts";
import { GpuStorage } from "./gpu_storage.ts";
import { sizeOf } from "./shapes.ts";
import type { Tensor } from "./tensor.ts";
import { WebGpuBackend } from "./webgpu.ts";

/** Of {@linkcode Tensor.over}. */
export interface OverOptions<D extends TensorDType> {
  /** The device whose `GPUDevice` made the buffer. */
  device: Device;
  /** The shape of the tensor. */
  shape: readonly number[];
  /** `"f32"` unless given. */
  dtype?: D | undefined;
  /** Where the first element begins, in bytes; a multiple of an element's, 0 unless given. */
  offset?: number | undefined;
}

/** GPUBufferUsage.STORAGE. */
const STORAGE = 0x80;

/** The storage of a tensor over a buffer that belongs to somebody else. */
export function adoptBuffer(
  buffer: GPUBuffer,
  dtype: TensorDType,
  shape: readonly number[],
  { device, offset = 0 }: OverOptions<TensorDType>,
): Storage {
  const what = `a tensor of shape [${shape.join(", ")}] and dtype ${dtype} over a buffer`;
  if (!device?.backend) {
    throw new LaunchError(
      `Cannot make ${what}: its device is ${
        shown(device)
      }; pass { device } whose GPUDevice made the buffer`,
    );
  }
  const { backend } = device, element = DTYPES[dtype].bytes, bytes = sizeOf(shape) * element;
  if (!(backend instanceof WebGpuBackend)) {
    throw new LaunchError(`Cannot make ${what} on the CPU device: open a WebGPU device`);
  }
  if (typeof buffer?.size !== "number" || typeof buffer.usage !== "number") {
    throw new LaunchError(`Cannot make ${what}: ${shown(buffer)} is no GPUBuffer`);
  }
  if ((buffer.usage & STORAGE) === 0) {
    throw new LaunchError(
      `Cannot make ${what} of usage 0x${
        buffer.usage.toString(16)
      }: make it with GPUBufferUsage.STORAGE`,
    );
  }
  if (!Number.isSafeInteger(offset) || offset < 0 || offset % element !== 0) {
    throw new LaunchError(
      `Cannot make ${what} at offset ${offset}: it must be a multiple of the ${element} bytes of an element`,
    );
  }
  const usable = buffer.size - buffer.size % 4; // a binding is of whole words
  if (offset + bytes > usable) {
    throw new LaunchError(
      `Cannot make ${what} at offset ${offset}: it needs ${bytes} bytes there, the buffer has ${
        Math.max(usable - offset, 0)
      }` + (usable === buffer.size ? "" : " in whole words of 4"),
    );
  }
  return backend.adopt(buffer, bytes > 0 ? offset : 0, bytes); // a binding is never empty
}

/** The buffer of a tensor, with all that was launched so far submitted. */
export function bufferOf(tensor: Tensor<TensorDType>): GPUBuffer {
  const { storage } = tensor;
  if (!(storage instanceof GpuStorage)) {
    throw new LaunchError(`Cannot get the buffer of the ${tensor}: it is in the CPU's memory`);
  }
  storage.backend.flush();
  storage.block.shared = storage.backend.shared = true; // from now on they may look at any time
  return storage.block.buffer;
}
