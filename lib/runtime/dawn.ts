/**
 * Dawn, Chrome's implementation of WebGPU, in Deno through the npm package `webgpu`.
 *
 * It reaches what Deno's own WebGPU does not, matrix units among them. The package is a native module
 * of 132 MB, so it is loaded by a computed specifier: Deno fetches a literal one before anything
 * that reaches this file runs, used or not.
 */

import { DeviceError } from "../errors.ts";

/** The package that brings Dawn. */
export const DAWN_PACKAGE = "npm:webgpu@0.6.2";

/** What Deno must be allowed before it loads a native module from npm. */
const FLAGS = "--allow-ffi --allow-env --allow-read";

/**
 * What is turned on. Matrix units and f16 on NVIDIA are experimental; with the range analysis an index
 * that is known to be inside its array is not clamped, so that neighbouring accesses can become one.
 */
const ENABLED = [
  "allow_unsafe_apis",
  "vulkan_enable_f16_on_nvidia",
  "enable_integer_range_analysis_in_robustness",
];

/** Times in steps of 100 µs are a protection that the web needs, and of no use for measuring kernels. */
const DISABLED = ["timestamp_quantization"];

interface DawnModule {
  create(options: readonly string[]): GPU;
}

/**
 * Dawn's `GPU`, made once and never let go: when the object that `create` returns is collected, the
 * process aborts as soon as anything made from it is used (seen with webgpu 0.6.2 in Deno 2.9.6).
 */
let dawn: Promise<GPU> | undefined;

/** Loads Dawn. Throws `DeviceError` when that is not allowed, or the package is not to be had. */
export function loadDawn(): Promise<GPU> {
  return dawn ??= load().catch((error) => {
    dawn = undefined; // permission may be granted later
    throw error;
  });
}

async function load(): Promise<GPU> {
  try {
    const specifier = [DAWN_PACKAGE].join(); // computed, see above
    const { create } = await import(specifier) as DawnModule;
    return create([
      `enable-dawn-features=${ENABLED.join()}`,
      `disable-dawn-features=${DISABLED.join()}`,
    ]);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const remedy = cause instanceof Error && cause.name === "NotCapable"
      ? `It is a native module, which needs permissions: run with ${FLAGS}`
      : `It is the package ${DAWN_PACKAGE} and runs in Deno: \`deno cache ${DAWN_PACKAGE}\` fetches it (132 MB)`;
    throw new DeviceError(`Cannot load Dawn: ${why}. ${remedy}`, { cause });
  }
}
