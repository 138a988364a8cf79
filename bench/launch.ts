/**
 * What a launch costs the host: `deno run bench/launch.ts [LAUNCHES]`.
 *
 * Every kernel here is compiled and does next to nothing, so that the time of a loop of launches is the
 * host's. The last lines are the floor: the same dispatches through WebGPU alone, recorded by hand
 * into one pass for each 256.
 */

import {
  autotune,
  Device,
  grid,
  heuristics,
  jit,
  type Pointer,
  type Tensor,
  TensorDescriptor,
  tl,
} from "../mod.ts";

const launches = Number(Deno.args[0] ?? 20_000);
const BATCH = 256;

const add = jit(
  function add(x: Pointer, y: Pointer, out: Pointer, n: number, { BLOCK = 64 }) {
    const offsets = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    const mask = offsets < n;
    tl.store(out + offsets, tl.load(x + offsets, { mask }) + tl.load(y + offsets, { mask }), {
      mask,
    });
  },
);

const scale = jit(function scale(x: Pointer, factor: number = tl.f32, { BLOCK = 64 }) {
  const at = tl.arange(0, BLOCK);
  tl.store(x + at, tl.load(x + at) * factor);
});

const tuned = autotune({ configs: [{ BLOCK: 64 }, { BLOCK: 128 }], key: ["n"] }, add);

const computed = heuristics({ BLOCK: ({ n }) => n > 64 ? 128 : 64 }, add);

const described = jit(function described(x: TensorDescriptor, out: TensorDescriptor) {
  out.store([0], x.load([0]) * 2);
});

/** Prints the best of several loops: what disturbs a host only ever makes it slower. */
async function report(name: string, run: (i: number) => void, wait: () => Promise<unknown>) {
  let best = Infinity;
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    for (let i = 0; i < launches; i++) run(i);
    best = Math.min(best, performance.now() - start);
    await wait();
  }
  console.log(`${name.padEnd(44)} ${(best / launches * 1000).toFixed(2).padStart(7)} µs`);
}

const device = await Device.open({ device: "webgpu" });
const wait = () => device.synchronize();
console.log(`${device}, ${launches} launches`);

const n = 50;
const tensors = Array.from({ length: 64 }, () => device.zeros([n]));
const part = tensors[9]!.slice(8, [8]);
const [x, y, out] = tensors as [Tensor<"f32">, Tensor<"f32">, Tensor<"f32">];

await report("one argument list", () => add[grid(1)](x, y, out, n), wait);
await report("the same with constants", () => add[grid(1)](x, y, out, n, { BLOCK: 64 }), wait);
await report("the same with numWarps", () => add[grid(1)](x, y, out, n, { numWarps: 2 }), wait);
await report(
  "a grid of the constants",
  () => add[grid((meta) => Math.ceil(meta.n / meta.BLOCK))](x, y, out, n, { BLOCK: 64 }),
  wait,
);
const first = add[grid(1)];
await report("a launcher that is kept", () => first(x, y, out, n), wait);
await report("a scalar that changes", (i) => add[grid(1)](x, y, out, 17 + (i & 7)), wait);
await report("a float that changes", (i) => scale[grid(1)](x, i + 0.5), wait);
await report("a grid that changes", (i) => add[grid(1 + (i & 3))](x, y, out, n), wait);
await report(
  "tensors that change, 64 of them",
  (i) => add[grid(1)](tensors[i & 63]!, y, tensors[(i + 7) & 63]!, n),
  wait,
);
await report("two kernels in turn", (i) => {
  if (i & 1) add[grid(1)](x, y, out, n);
  else scale[grid(1)](x, 0.5);
}, wait);
await report("a tuned kernel", () => tuned[grid(1)](x, y, out, n), wait);
await report(
  "the same with a key that changes",
  (i) => tuned[grid(1)](x, y, out, 17 + (i & 7)),
  wait,
);
await report("computed constants", () => computed[grid(1)](x, y, out, n), wait);
await report(
  "the same with an argument that changes",
  (i) => computed[grid(1)](x, y, out, 17 + (i & 7)),
  wait,
);
const from = TensorDescriptor.from(x, [64]), to = TensorDescriptor.from(out, [64]);
await report("descriptors", () => described[grid(1)](from, to), wait);
await report(
  "new descriptors",
  () => described[grid(1)](TensorDescriptor.from(x, [64]), TensorDescriptor.from(out, [64])),
  wait,
);
await report("a view and the tensor it is of", () => add[grid(1)](part, y, tensors[9]!, n), wait);
await report("a new view", (i) => {
  const part = tensors[9]!.slice(1 + (i & 7), [40]);
  add[grid(1)](part, y, out, 40);
  part.dispose();
}, wait);
await report("a new tensor for each result", () => {
  const fresh = device.empty([n]);
  add[grid(1)](x, y, fresh, n);
  fresh.dispose();
}, wait);
await report("a new tensor of zeros", () => {
  const fresh = device.zeros([n]);
  add[grid(1)](x, y, fresh, n);
  fresh.dispose();
}, wait);
const numbers = new Float32Array(n);
await report("a new tensor of the host's numbers", () => {
  const fresh = device.from(numbers);
  add[grid(1)](fresh, y, out, n);
  fresh.dispose();
}, wait);

// The floor.
const gpu = await (await navigator.gpu.requestAdapter())!.requestDevice();
const code = `
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<uniform> s: vec4<f32>;
@compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) { x[i] = x[i] * s.x; }`;
const layout = gpu.createBindGroupLayout({
  entries: [
    { binding: 0, visibility: 4, buffer: { type: "storage" } },
    { binding: 1, visibility: 4, buffer: { type: "uniform", hasDynamicOffset: true } },
  ],
});
const pipeline = gpu.createComputePipeline({
  layout: gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
  compute: { module: gpu.createShaderModule({ code }) },
});
const storage = gpu.createBuffer({ size: 256, usage: 0x80 });
const uniform = gpu.createBuffer({ size: 65536, usage: 0x40 | 8 });
const group = gpu.createBindGroup({
  layout,
  entries: [
    { binding: 0, resource: { buffer: storage } },
    { binding: 1, resource: { buffer: uniform, size: 16 } },
  ],
});
const offsets = new Uint32Array(1);
let encoder: GPUCommandEncoder, pass: GPUComputePassEncoder, recorded = 0;
const open = () => {
  encoder = gpu.createCommandEncoder();
  pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group, [0]);
};
const dispatch = () => {
  pass.dispatchWorkgroups(1, 1, 1);
  if (++recorded % BATCH > 0) return;
  pass.end();
  gpu.queue.submit([encoder.finish()]);
  open();
};
const done = () => gpu.queue.onSubmittedWorkDone();
open();
await report("WebGPU alone: dispatch", dispatch, done);
await report("WebGPU alone: bind group of an array, dispatch", (i) => {
  pass.setBindGroup(0, group, [(i & 255) * 256]);
  dispatch();
}, done);
await report("WebGPU alone: bind group of words, dispatch", (i) => {
  offsets[0] = (i & 255) * 256;
  pass.setBindGroup(0, group, offsets, 0, 1);
  dispatch();
}, done);
await report("WebGPU alone: pipeline, bind group, dispatch", (i) => {
  pass.setPipeline(pipeline);
  offsets[0] = (i & 255) * 256;
  pass.setBindGroup(0, group, offsets, 0, 1);
  dispatch();
}, done);
pass!.end();
gpu.destroy();
device.dispose();
