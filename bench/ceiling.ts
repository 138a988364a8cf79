/**
 * What the device can do at most, measured: how fast memory is copied, and how fast multiplications
 * with additions go in registers.
 */

import type { Device, Tensor } from "../mod.ts";
import { folded, launcherOf } from "./handwritten.ts";
import { type Effort, measure } from "./measure.ts";
import type { Handwritten } from "./workload.ts";

export interface Ceiling {
  readonly "GB/s": number;
  readonly "TFLOP/s": { readonly f32: number; readonly f16: number | undefined };
}

const COPY = `
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = (group.y * 32768u + group.x) * 256u + thread;
  if (i < arrayLength(&y)) { y[i] = x[i]; }
}`;

/** Sixteen chains of products and sums in an invocation, independent of each other. */
function chains(type: string, turns: number, preamble = ""): string {
  const each = (text: (i: number) => string) => Array.from({ length: 16 }, (_, i) => text(i));
  return `${preamble}
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let a = ${type}(x[0].${type.startsWith("vec2") ? "xy" : "xyzw"});
  ${each((i) => `var c${i} = a * ${type}(${i}.0);`).join(" ")}
  for (var i = 0u; i < ${turns}u; i++) {
    ${each((i) => `c${i} = c${i} * a + a;`).join(" ")}
  }
  let total = ${each((i) => `c${i}`).join(" + ")};
  y[group.x * 256u + thread] = vec4<f32>(vec2<f32>(total.xy), vec2<f32>(total.${
    type.startsWith("vec2") ? "yx" : "zw"
  }));
}`;
}

/** Measures the ceilings. */
export async function ceilingOf(device: Device, effort: Effort): Promise<Ceiling> {
  const { software, features } = device.capabilities;
  const n = software ? 2 ** 22 : 2 ** 26;
  using x = device.zeros([n]), y = device.zeros([n]);
  const groups = software ? 64 : 4096, turns = software ? 64 : 512;
  const shader = (name: string, code: string, groups: [number, number]): Handwritten => ({
    name,
    code,
    reads: [x] as readonly Tensor[],
    writes: [y] as readonly Tensor[],
    groups,
  });
  const half = features.includes("shader-f16");
  const shaders = [
    shader("copy", COPY, folded(n / 1024)),
    shader("fma f32", chains("vec4<f32>", turns), [groups, 1]),
    ...half ? [shader("fma f16", chains("vec2<f16>", turns, "enable f16;"), [groups, 1])] : [],
  ];
  const { queued: [copy, f32, f16] } = await measure(
    device,
    shaders.map((each) => ({ runs: [launcherOf(device, each)] })),
    [],
    effort,
  );
  const operations = (lanes: number) => groups * 256 * turns * 16 * lanes * 2;
  return {
    "GB/s": 2 * 4 * n / copy! / 1e6,
    "TFLOP/s": {
      f32: operations(4) / f32! / 1e9,
      f16: f16 === undefined ? undefined : operations(2) / f16 / 1e9,
    },
  };
}
