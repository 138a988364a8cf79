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

/**
 * Products and sums as a matrix product has them in registers, 4 rows by 8 columns of sums, with a long
 * body: of several forms that were tried on an H100 this one came nearest to what its data sheet
 * says (62 of 67 TFLOP/s in f32; chains of `c = c * a + b` in a short loop made 33).
 */
function outerProducts(type: "f32" | "f16", turns: number): string {
  const list = (count: number, text: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => text(i)).join("\n  ");
  const vector = `vec4<${type}>`;
  return `${type === "f16" ? "enable f16;" : ""}
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  ${list(4, (m) => `let a${m} = ${vector}(x[${m}u]);`)}
  ${list(2, (n) => `let b${n} = ${vector}(x[${4 + n}u]);`)}
  ${list(8, (i) => `var c${i} = ${vector}(${type}(thread));`)}
  for (var i = 0u; i < ${turns}u; i++) {
  ${list(PER_TURN, (k) => list(8, (i) => `c${i} += a${i >> 1}[${k % 4}] * b${i & 1};`))}
  }
  y[group.x * 256u + thread] = vec4<f32>(${
    Array.from({ length: 8 }, (_, i) => `c${i}`).join(" + ")
  });
}`;
}

/** Steps of an outer product in a turn of the loop. */
const PER_TURN = 16;

/** Measures the ceilings. */
export async function ceilingOf(device: Device, effort: Effort): Promise<Ceiling> {
  const { software, features } = device.capabilities;
  const n = software ? 2 ** 22 : 2 ** 26;
  using x = device.zeros([n]), y = device.zeros([n]);
  const groups = software ? 64 : 4096, turns = software ? 8 : 128;
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
    shader("fma f32", outerProducts("f32", turns), [groups, 1]),
    ...half ? [shader("fma f16", outerProducts("f16", turns), [groups, 1])] : [],
  ];
  const { queued: [copy, f32, f16] } = await measure(
    device,
    shaders.map((each) => ({ runs: [launcherOf(device, each)] })),
    [],
    effort,
  );
  const operations = groups * 256 * turns * PER_TURN * 8 * 4 * 2;
  return {
    "GB/s": 2 * 4 * n / copy! / 1e6,
    "TFLOP/s": {
      f32: operations / f32! / 1e9,
      f16: f16 === undefined ? undefined : operations / f16 / 1e9,
    },
  };
}
