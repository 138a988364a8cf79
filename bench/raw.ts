/** Plain WebGPU, as much as the rivals need: buffers, one pipeline, dispatches in one pass. */

import type { Subject } from "./measure.ts";

const STORAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/** A WebGPU device of its own, with all that the adapter has. */
export class Raw {
  readonly #buffers: GPUBuffer[] = [];

  private constructor(readonly device: GPUDevice) {}

  static async open(): Promise<Raw> {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) throw new Error("There is no WebGPU adapter to bench");
    const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } =
      adapter.limits;
    const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } = adapter.limits;
    const device = await adapter.requestDevice({
      requiredLimits: {
        maxBufferSize,
        maxStorageBufferBindingSize,
        maxComputeWorkgroupStorageSize,
        maxComputeInvocationsPerWorkgroup,
        maxComputeWorkgroupSizeX,
      },
    });
    device.addEventListener("uncapturederror", (event) => {
      console.error((event as GPUUncapturedErrorEvent).error.message);
      Deno.exit(1);
    });
    return new Raw(device);
  }

  /** A storage buffer, with `data` in it or so many bytes of zeros. */
  buffer(data: Float32Array<ArrayBuffer> | number): GPUBuffer {
    const size = typeof data === "number" ? data : data.byteLength;
    const buffer = this.device.createBuffer({ size, usage: STORAGE });
    if (typeof data !== "number") this.device.queue.writeBuffer(buffer, 0, data);
    this.#buffers.push(buffer);
    return buffer;
  }

  /** A shader's dispatch, to be repeated; the buffers are bindings 0 and on. */
  subject(code: string, buffers: readonly GPUBuffer[], groups: [number, number]): Subject {
    const module = this.device.createShaderModule({ code });
    const pipeline = this.device.createComputePipeline({
      layout: "auto",
      compute: { module, entryPoint: "main" },
    });
    const bindings = this.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return {
      run: (repeats) => {
        const encoder = this.device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindings);
        for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(...groups);
        pass.end();
        this.device.queue.submit([encoder.finish()]);
        return this.device.queue.onSubmittedWorkDone();
      },
    };
  }

  /** What a buffer holds. */
  async read(buffer: GPUBuffer): Promise<Float32Array<ArrayBuffer>> {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = this.device.createBuffer({ size: buffer.size, usage });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const data = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return data;
  }

  /** Gives all buffers back. */
  release(): void {
    for (const buffer of this.#buffers.splice(0)) buffer.destroy();
  }
}

/** A one-dimensional grid, folded where it is wider than a dispatch may be. */
export function folded(groups: number): [number, number] {
  return groups <= 65_535 ? [groups, 1] : [32_768, Math.ceil(groups / 32_768)];
}
