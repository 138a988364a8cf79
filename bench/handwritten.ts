/** Runs WGSL that was written by hand through the queue that kernels are launched through. */

import type { Device } from "../mod.ts";
import type { GpuStorage } from "../lib/runtime/gpu_storage.ts";
import type { Program } from "../lib/runtime/program.ts";
import { WebGpuBackend } from "../lib/runtime/webgpu.ts";
import type { Handwritten } from "./workload.ts";

const NO_WORDS = new Uint32Array(0);

/** What launches it. */
export function launcherOf(device: Device, shader: Handwritten): () => void {
  const { backend } = device;
  if (!(backend instanceof WebGpuBackend)) throw new Error("WGSL runs on WebGPU devices");
  const { name, code, reads, writes, groups: [x, y] } = shader;
  const [, size = "1"] = /@workgroup_size\((\d+)/.exec(code) ?? [];
  const program: Program = {
    name,
    wgsl: code,
    workgroupSize: Number(size),
    bindings: [
      ...reads.map((_, i) => ({ param: `in${i}`, access: "read" as const })),
      ...writes.map((_, i) => ({ param: `out${i}`, access: "read_write" as const })),
    ],
    uniforms: [],
    uniformBytes: 0,
    workgroupBytes: 0, // by hand it is known to fit
    records: [],
  };
  const pipeline = backend.pipeline(program);
  const storages = [...reads, ...writes].map(({ storage }) => storage as GpuStorage);
  return () => backend.queue.launch(pipeline, storages, NO_WORDS, x, y, 1);
}

/** A one-dimensional grid, folded where it is wider than a dispatch may be; the WGSL unfolds it. */
export function folded(groups: number): [number, number] {
  return groups <= 65_535 ? [groups, 1] : [32_768, Math.ceil(groups / 32_768)];
}
