/**
 * What a device is and can do, as plain data.
 */

/** The limits that decide what can be launched; sizes in bytes. */
export interface Limits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupSizeX: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly minUniformBufferOffsetAlignment: number;
}

/** A description of a device. */
export interface Capabilities {
  readonly kind: "webgpu" | "cpu";
  /** Who implements WebGPU: naga compiles for wgpu (Deno, Firefox), tint for Dawn (Chrome); none on the CPU. */
  readonly dialect: "naga" | "tint" | "none";
  /** The adapter's own name for itself. */
  readonly adapter: string;
  readonly vendor: string;
  readonly architecture: string;
  /** True when a program stands in for a GPU, as with Mesa's llvmpipe. */
  readonly software: boolean;
  /** The optional features that were granted, of those that Nereid asks for. */
  readonly features: readonly string[];
  /** The width of a subgroup when it is the same for every shader and may be relied upon, else 0. */
  readonly subgroupSize: number;
  /** Absent on the CPU, which has none but the memory of the machine. */
  readonly limits?: Limits;
}
