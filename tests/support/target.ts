/** A GPU to compile for that has everything, as far as compilers of WGSL on Deno's own WebGPU go. */

import type { Target } from "../../lib/compile.ts";

export const TARGET: Target = {
  subgroupSize: 32,
  f16: true,
  int64: true,
  int64Atomics: true,
  f64: true,
  maxWorkgroupBytes: 49_152,
  maxInvocations: 1024,
  software: false,
  dialect: "naga",
};
