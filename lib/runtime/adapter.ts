/**
 * Finding a GPU and asking it for everything that Nereid can make use of.
 *
 * `adapter.features` of Deno lists the features of the web only, yet `requestDevice` grants wgpu's
 * native ones as well when they are asked for by name.
 */

import type { Capabilities, Limits, SubgroupMatrixConfig } from "./capabilities.ts";

/** The optional features that are asked for, and what for. */
export const OPTIONAL_FEATURES: Readonly<Record<string, string>> = {
  "subgroups": "exchange between the lanes of a warp without workgroup memory",
  "shader-f16": "arithmetic on f16",
  "timestamp-query": "measuring a kernel on the device's own clock",
  "wgpu-subgroup-barrier": "barriers within a warp",
  "wgpu-timestamp-query-inside-passes": "measuring single launches within a pass",
  "wgpu-shader-int64": "64-bit integers",
  "wgpu-shader-int64-atomic-all-ops": "atomic operations on 64-bit integers",
  "wgpu-shader-f64": "f64",
  "wgpu-shader-i16": "16-bit integers",
  "wgpu-shader-float32-atomic": "atomic addition of f32",
  "chromium-experimental-subgroup-matrix": "products on matrix units",
};

/** Each limit that is raised to the adapter's own, since the defaults are those of a small phone. */
const LIMITS = [
  "maxBufferSize", // the default allows tensors of 256 MiB
  "maxStorageBufferBindingSize", // the default lets a kernel see 128 MiB of one
  "maxStorageBuffersPerShaderStage", // the default allows kernels of 8 tensors
  "maxComputeWorkgroupStorageSize", // staging of dot operands; the default is 16 KiB
  "maxComputeInvocationsPerWorkgroup", // numWarps * 32; the default is 256
  "maxComputeWorkgroupSizeX", // the same in one dimension, which is all that is used
  "maxComputeWorkgroupsPerDimension", // grids
  "minStorageBufferOffsetAlignment", // which views are bound where they begin
  "minUniformBufferOffsetAlignment", // how closely the launches of a batch pack their scalars
] as const satisfies readonly (keyof Limits)[];

/** What a request for an adapter may say. */
export interface AdapterOptions {
  /** Whose WebGPU; the host's own unless given. */
  readonly gpu?: GPU | undefined;
  readonly powerPreference?: GPUPowerPreference | undefined;
  /** Optional features that are not asked for. */
  readonly without?: readonly string[] | undefined;
}

/** The adapter, or `undefined` when there is no WebGPU or nothing behind it. */
export async function findAdapter(options: AdapterOptions): Promise<GPUAdapter | undefined> {
  const gpu = options.gpu ?? (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  const powerPreference = options.powerPreference ?? "high-performance";
  return await gpu?.requestAdapter({ powerPreference }) ?? undefined;
}

function limitsOf(limits: GPUSupportedLimits): Limits {
  return Object.fromEntries(LIMITS.map((name) => [name, limits[name]])) as unknown as Limits;
}

/** A device and what its adapter says of itself: Dawn's devices leave out the matrix units (webgpu 0.6.2). */
export interface OpenedGpu {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
}

async function request(adapter: GPUAdapter, features: readonly string[]): Promise<OpenedGpu> {
  const device = await adapter.requestDevice({
    requiredFeatures: features as GPUFeatureName[],
    requiredLimits: { ...limitsOf(adapter.limits) },
  });
  return { device, info: adapter.info };
}

/**
 * A device with the adapter's own limits and every optional feature that it grants.
 *
 * Only one device is made for it: NVIDIA's driver takes 100 ms for each, and memory and files that are given
 * back when the garbage collector has come by, destroyed or not.
 */
export async function openGpu(options: AdapterOptions): Promise<OpenedGpu | undefined> {
  const adapter = await findAdapter(options);
  if (!adapter) return undefined;
  const { without = [] } = options, granted: string[] = [];
  for (const name of Object.keys(OPTIONAL_FEATURES)) {
    if (!without.includes(name) && await isGranted(name, adapter)) granted.push(name);
  }
  return await request(adapter, granted);
}

/** More than any adapter allows. */
const IMPOSSIBLE = { maxBindGroups: 2 ** 31 };

/**
 * Whether an adapter grants an optional feature, listed or not. It is asked for together with a limit
 * that is refused, but only after the features have been looked at: so no device is made to learn it.
 */
export async function isGranted(feature: string, adapter: GPUAdapter): Promise<boolean> {
  const name = feature as GPUFeatureName;
  if (adapter.features.has(name)) return true;
  try {
    (await adapter.requestDevice({ requiredFeatures: [name], requiredLimits: IMPOSSIBLE }))
      .destroy();
    return true;
  } catch (refusal) {
    return !(refusal instanceof TypeError);
  }
}

/** Whether the device takes a piece of WGSL. */
async function accepts(device: GPUDevice, code: string): Promise<boolean> {
  device.pushErrorScope("validation");
  device.createShaderModule({ code });
  return await device.popErrorScope() === null;
}

/**
 * Describes a device. Which WGSL compiler it has is found by asking: naga knows the subgroup
 * functions but rejects the line that the standard wants before them, and it takes an infinity
 * as a constant, which the standard forbids.
 */
export async function describe(
  device: GPUDevice,
  info: GPUAdapterInfo = device.adapterInfo,
): Promise<Capabilities> {
  const features = Object.keys(OPTIONAL_FEATURES).filter((name) =>
    device.features.has(name as GPUFeatureName)
  );
  const subgroups = features.includes("subgroups");
  const standard = subgroups
    ? await accepts(device, "enable subgroups;")
    : !await accepts(device, "fn f() -> f32 { return bitcast<f32>(0x7f800000u); }");
  const { subgroupMinSize: least, subgroupMaxSize: most } = info;
  return {
    kind: "webgpu",
    dialect: standard ? "tint" : "naga",
    adapter: info.description || info.device || "unnamed",
    vendor: info.vendor,
    architecture: info.architecture,
    software: info.isFallbackAdapter ?? false,
    features,
    subgroupSize: subgroups && least === most ? least : 0,
    subgroupMatrices: features.includes("chromium-experimental-subgroup-matrix")
      ? subgroupMatrices(info)
      : [],
    limits: limitsOf(device.limits),
  };
}

/** What Dawn tells of matrix units, in words that the types of WebGPU do not know yet. */
function subgroupMatrices(info: GPUAdapterInfo): SubgroupMatrixConfig[] {
  type Config = SubgroupMatrixConfig & { componentType: string; resultComponentType: string };
  const { subgroupMatrixConfigs = [] } = info as { subgroupMatrixConfigs?: Iterable<Config> };
  return Array.from(subgroupMatrixConfigs, (config) => {
    const { componentType: component, resultComponentType: result, M, N, K } = config;
    return { component, result, M, N, K };
  });
}
