/**
 * What a device is and can do, as plain data.
 */

/** The limits that decide what can be launched; sizes in bytes. */
export interface Limits {
  /** Bytes of the largest tensor. */
  readonly maxBufferSize: number;
  /** Bytes of a tensor that a kernel can see. */
  readonly maxStorageBufferBindingSize: number;
  /** Tensors that a kernel can take. */
  readonly maxStorageBuffersPerShaderStage: number;
  /** Bytes of workgroup memory. */
  readonly maxComputeWorkgroupStorageSize: number;
  /** Invocations that share a program: 32 for each of its warps. */
  readonly maxComputeInvocationsPerWorkgroup: number;
  /** The same along the one dimension that is used. */
  readonly maxComputeWorkgroupSizeX: number;
  /** Programs along one dimension of a dispatch; larger grids are folded. */
  readonly maxComputeWorkgroupsPerDimension: number;
  /** Bytes that a binding must begin at a multiple of; views that do not are addressed from the one before. */
  readonly minStorageBufferOffsetAlignment: number;
  /** Bytes that the offset of each launch's scalars must be a multiple of. */
  readonly minUniformBufferOffsetAlignment: number;
}

/** A product that the matrix units of a device compute: [M, K] by [K, N], added to [M, N]. */
export interface SubgroupMatrixConfig {
  /** The dtype of both factors: `f16`, `i8`, … */
  readonly component: string;
  /** The dtype of the sum: `f32`, `f16`, `i32`, … */
  readonly result: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** A description of a device. */
export interface Capabilities {
  /** What runs the kernels. */
  readonly kind: "webgpu" | "cpu";
  /** Who implements WebGPU: naga compiles for wgpu (Deno, Firefox), tint for Dawn (Chrome); none on the CPU. */
  readonly dialect: "naga" | "tint" | "none";
  /** The adapter's own name for itself. */
  readonly adapter: string;
  /** Who made the adapter, in the words of its driver; may be empty. */
  readonly vendor: string;
  /** The adapter's family, such as `ampere`; may be empty. */
  readonly architecture: string;
  /** True when a program stands in for a GPU, as with Mesa's llvmpipe. */
  readonly software: boolean;
  /** The optional features that were granted, of those that Nereid asks for. */
  readonly features: readonly string[];
  /** The width of a subgroup when it is the same for every shader and may be relied upon, else 0. */
  readonly subgroupSize: number;
  /** What its matrix units compute; empty where there are none, or WebGPU does not reach them. */
  readonly subgroupMatrices: readonly SubgroupMatrixConfig[];
  /** Absent on the CPU, which has none but the memory of the machine. */
  readonly limits?: Limits;
}
