/** Devices that are told to have less than they do, so that every limit can be met on purpose. */

import { Device, type Limits } from "../../mod.ts";
import { describe } from "../../lib/runtime/adapter.ts";
import { WebGpuBackend } from "../../lib/runtime/webgpu.ts";

/** A WebGPU device of its own with some limits lowered. */
export async function limited(limits: Partial<Limits>): Promise<Device> {
  const adapter = await navigator.gpu.requestAdapter();
  const gpu = await adapter!.requestDevice();
  const capabilities = await describe(gpu);
  return new Device(
    new WebGpuBackend(gpu, { ...capabilities, limits: { ...capabilities.limits!, ...limits } }),
  );
}
