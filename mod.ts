/**
 * Nereid: GPU kernels as TypeScript functions over tiles, after Triton.
 *
 * A kernel is a function given to {@linkcode jit}. It computes with tiles (blocks of values) through
 * JavaScript's operators and {@linkcode tl}, is traced and compiled to WGSL at its first launch, and
 * launched on a {@linkcode Device} over a {@linkcode grid} of programs.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { cdiv, Device, grid, jit, type Pointer, tl } from "./mod.ts";
 *
 * const add = jit(
 *   function add(x: Pointer, y: Pointer, out: Pointer, n: number, { BLOCK = 1024 }) {
 *     const offsets = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
 *     const mask = offsets < n;
 *     const sum = tl.load(x + offsets, { mask }) + tl.load(y + offsets, { mask });
 *     tl.store(out + offsets, sum, { mask });
 *   },
 * );
 *
 * using device = await Device.open(); // WebGPU, or the CPU when there is no adapter
 * const n = 5000;
 * using x = device.full([n], 1), y = device.arange(n, { dtype: "f32" }), out = device.empty([n]);
 * add[grid(cdiv(n, 1024))](x, y, out, n);
 * assert((await out.read())[4999] === 5000);
 * ```
 *
 * @module
 */

export {
  autotune,
  type AutotuneOptions,
  type Prune,
  type TunedKernel,
  type TuningResult,
  type TuningTrial,
} from "./lib/autotune.ts";
export {
  CompilationError,
  type CompilationProblem,
  DeviceError,
  KernelError,
  LaunchError,
  NereidError,
  OutOfResourcesError,
} from "./lib/errors.ts";
export { type Grid, grid, type GridFunction, type GridMeta } from "./lib/grid.ts";
export type { TuningData, TuningTime } from "./lib/launch/tuning_times.ts";
export { type Heuristics, heuristics } from "./lib/heuristics.ts";
export { jit, type Names } from "./lib/kernel.ts";
export type { Argument, ConfigOf, Kernel, Launcher, LaunchOptions } from "./lib/launch/types.ts";
export {
  type DescribedTensor,
  type PaddingOptions,
  TensorDescriptor,
} from "./lib/language/blocks.ts";
export { cdiv, constexprFunction, nextPowerOf2 } from "./lib/language/host.ts";
export { tl } from "./lib/language/tl.ts";
export type { DType, Pointer, Tile } from "./lib/language/types.ts";
export type { Cache } from "./lib/cache/cache.ts";
export type { MemoryReport } from "./lib/runtime/backend.ts";
export type { Capabilities, Limits } from "./lib/runtime/capabilities.ts";
export {
  type ArangeOptions,
  Device,
  type DTypeOptions,
  type FromOptions,
  type RandomOptions,
} from "./lib/runtime/device.ts";
export type {
  NestedNumbers,
  NumberDType,
  TensorArrays,
  TensorDType,
} from "./lib/runtime/elements.ts";
export type { OverOptions } from "./lib/runtime/interop.ts";
export type { DeviceOptions } from "./lib/runtime/options.ts";
export {
  Profile,
  type ProfiledKernel,
  type ProfiledLaunch,
  type ProfileOptions,
  type Work,
} from "./lib/runtime/profile.ts";
export { Tensor } from "./lib/runtime/tensor.ts";
/** Times and comparisons, for tests and benchmarks of kernels. */
export * as testing from "./lib/testing.ts";
