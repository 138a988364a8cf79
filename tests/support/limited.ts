/** Devices that are told to be other than they are, so that every limit can be met on purpose. */

import { type Capabilities, Device, type Limits } from "../../mod.ts";
import { describe } from "../../lib/runtime/adapter.ts";
import { WebGpuBackend } from "../../lib/runtime/webgpu.ts";

/** A WebGPU device of its own with some limits lowered, and perhaps other capabilities. */
export async function limited(
  limits: Partial<Limits>,
  others: Partial<Capabilities> = {},
): Promise<Device> {
  const adapter = await navigator.gpu.requestAdapter();
  const gpu = await adapter!.requestDevice();
  const capabilities = await describe(gpu);
  return new Device(
    new WebGpuBackend(gpu, {
      ...capabilities,
      ...others,
      limits: { ...capabilities.limits!, ...limits },
    }),
  );
}
