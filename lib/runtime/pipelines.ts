/**
 * From a program to a pipeline that can be dispatched, at once, with the verdict to follow.
 *
 * Pipelines are made without waiting, so that a launch never does. Whether the device liked the
 * WGSL is known one turn of the event loop later; until then a pipeline is unverified.
 */

import { DeviceError, OutOfResourcesError } from "../errors.ts";
import type { Limits } from "./capabilities.ts";
import type { Program } from "./program.ts";

/** Uniform buffers are bound in steps of so many bytes, so that kernels with different scalars share layouts. */
const UNIFORM_STEP = 256;

/** How the arguments of programs are bound; programs that bind alike share one, and with it bind groups. */
export interface Layout {
  /** Tells layouts of one device apart. */
  readonly id: number;
  readonly gpu: GPUBindGroupLayout;
  readonly forPipelines: GPUPipelineLayout;
  readonly hasReports: boolean;
  /** Bytes of the uniform buffer that are bound. */
  readonly uniformBytes: number;
}

/** A pipeline for one program on one device. */
export class Pipeline {
  /** Set when the device has accepted it. */
  verified = false;
  /** Set when the device has refused it. */
  error: DeviceError | undefined;
  /** Where in the uniform buffer the number of a launch's first report goes, in bytes. */
  readonly firstReportOffset: number;

  constructor(
    readonly program: Program,
    readonly gpu: GPUComputePipeline,
    readonly layout: Layout,
  ) {
    const field = program.uniforms.find(({ name }) => name === "#first_report");
    this.firstReportOffset = field?.offset ?? 0;
  }
}

/** The text with a number before each line, as a device's messages count them. */
export function numbered(text: string): string {
  const lines = text.split("\n"), width = String(lines.length).length;
  return lines.map((line, i) => `${String(i + 1).padStart(width)} | ${line}`.trimEnd()).join("\n");
}

/** Makes pipelines, one for each WGSL text. */
export class PipelineCache {
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #layouts = new Map<string, Layout>();

  /** @param track Is told of every check that is under way; the promise never rejects. */
  constructor(
    readonly device: GPUDevice,
    readonly limits: Limits,
    readonly track: (check: Promise<DeviceError | undefined>) => void,
  ) {}

  /** The pipeline of a program. Throws when the program needs more than the device has. */
  get(program: Program): Pipeline {
    const accesses = program.bindings.map((binding) => binding.access).join();
    const key = `${accesses};${program.uniformBytes}\n${program.wgsl}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      checkResources(program, this.limits);
      pipeline = this.#create(program);
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  #create(program: Program): Pipeline {
    const { device } = this, label = program.name;
    device.pushErrorScope("internal");
    device.pushErrorScope("validation");
    const layout = this.#layoutOf(program);
    const gpu = device.createComputePipeline({
      label,
      layout: layout.forPipelines,
      compute: {
        module: device.createShaderModule({ label, code: program.wgsl }),
        entryPoint: "main",
      },
    });
    const pipeline = new Pipeline(program, gpu, layout);
    const verdicts = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    this.track(verdicts.then(
      ([invalid, internal]) => {
        const refusal = invalid ?? internal;
        if (refusal) pipeline.error = refused(program, refusal.message);
        else pipeline.verified = true;
        return pipeline.error;
      },
      () => undefined, // the device is lost, which is reported as such
    ));
    return pipeline;
  }

  /** The layout is explicit: with "auto" a binding that the WGSL does not use would be dropped. */
  #layoutOf(program: Program): Layout {
    const { bindings, records } = program, hasReports = records.length > 0;
    const uniformBytes = Math.ceil(program.uniformBytes / UNIFORM_STEP) * UNIFORM_STEP;
    const key = `${bindings.map(({ access }) => access).join()};${hasReports};${uniformBytes}`;
    let layout = this.#layouts.get(key);
    if (!layout) {
      const { device } = this, label = "arguments";
      const gpu = device.createBindGroupLayout({ label, entries: layoutEntries(program) });
      const forPipelines = device.createPipelineLayout({ label, bindGroupLayouts: [gpu] });
      layout = { id: this.#layouts.size, gpu, forPipelines, hasReports, uniformBytes };
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}

function layoutEntries(program: Program): GPUBindGroupLayoutEntry[] {
  const visibility = 4; // GPUShaderStage.COMPUTE
  const entries: GPUBindGroupLayoutEntry[] = program.bindings.map(({ access }, binding) => ({
    binding,
    visibility,
    buffer: { type: access === "read" ? "read-only-storage" : "storage" },
  }));
  if (program.records.length > 0) {
    entries.push({ binding: entries.length, visibility, buffer: { type: "storage" } });
  }
  if (program.uniformBytes > 0) {
    const buffer = { type: "uniform", hasDynamicOffset: true } as const;
    entries.push({ binding: entries.length, visibility, buffer });
  }
  return entries;
}

/** naga accepts more workgroup memory and invocations than the device has, so this is checked here. */
function checkResources(program: Program, limits: Limits): void {
  const needs: [number, keyof Limits, string, string][] = [
    [
      program.workgroupBytes,
      "maxComputeWorkgroupStorageSize",
      "bytes of workgroup memory",
      "use smaller tiles",
    ],
    [
      program.workgroupSize,
      "maxComputeInvocationsPerWorkgroup",
      "invocations in a workgroup",
      "launch it with fewer warps (numWarps)",
    ],
    [
      program.bindings.length + (program.records.length > 0 ? 1 : 0),
      "maxStorageBuffersPerShaderStage",
      "storage buffers",
      "pass fewer tensors, or pack several into one",
    ],
  ];
  for (const [need, limit, what, remedy] of needs) {
    if (need <= limits[limit]) continue;
    throw new OutOfResourcesError(
      `Kernel '${program.name}' needs ${need} ${what}, the device has ${
        limits[limit]
      } (${limit}): ${remedy}`,
    );
  }
}

function refused(program: Program, message: string): DeviceError {
  return new DeviceError(
    `The device refused the WGSL of kernel '${program.name}', which ${
      program.isForeign ? "has parts of your own (tl.inlineWgsl)" : "is a bug of Nereid's"
    }: ` +
      `${message.trim()}\n\n${numbered(program.wgsl)}`,
  );
}
