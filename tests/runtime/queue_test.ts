/** The launch queue, with programs written by hand. */

import { Device, DeviceError, OutOfResourcesError, type Tensor } from "../../mod.ts";
import type { GpuStorage } from "../../lib/runtime/gpu_storage.ts";
import { numbered } from "../../lib/runtime/pipelines.ts";
import type { Program } from "../../lib/runtime/program.ts";
import { WebGpuBackend } from "../../lib/runtime/webgpu.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { hasGpu, onGpu } from "../support/devices.ts";

/** `x[i] = x[i] * factor + summand` for 64 elements. */
const STEP: Program = {
  name: "step",
  wgsl: `
struct Scalars { factor: f32, summand: f32 }
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<uniform> scalars: Scalars;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
  x[i] = x[i] * scalars.factor + scalars.summand;
}`,
  workgroupSize: 64,
  bindings: [{ param: "x", access: "read_write" }],
  uniforms: [
    { name: "factor", dtype: "f32", offset: 0 },
    { name: "summand", dtype: "f32", offset: 4 },
  ],
  records: [],
  uniformBytes: 16,
  workgroupBytes: 0,
};

/** `out[i] = x[i]` for 64 elements. */
const COPY: Program = {
  name: "copy",
  wgsl: `
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>;
@compute @workgroup_size(16)
fn main(@builtin(local_invocation_index) i: u32) { out[i] = x[i]; }`,
  workgroupSize: 16,
  bindings: [{ param: "x", access: "read" }, { param: "out", access: "read_write" }],
  uniforms: [],
  records: [],
  uniformBytes: 0,
  workgroupBytes: 0,
};

const BROKEN: Program = { ...COPY, name: "broken", wgsl: COPY.wgsl.replace("x[i];", "nothing;") };

function launch(device: Device, program: Program, tensors: Tensor[], scalars: number[] = []): void {
  const { backend } = device;
  assert(backend instanceof WebGpuBackend);
  const words = new Uint32Array(program.uniformBytes / 4);
  new Float32Array(words.buffer).set(scalars);
  const storages = tensors.map((tensor) => tensor.storage as GpuStorage);
  backend.queue.launch(backend.pipeline(program), storages, words, 1, 1, 1);
}

/** What all 64 elements are, when they are equal. */
async function common(tensor: Tensor): Promise<number> {
  const elements = new Set(await tensor.read());
  assertEquals(elements.size, 1);
  return [...elements][0]!;
}

onGpu("launches run in order, each with its own scalars", async (device) => {
  using x = device.full([64], 1);
  launch(device, STEP, [x], [2, 3]);
  launch(device, STEP, [x], [10, 1]);
  launch(device, STEP, [x], [1, -50]);
  assertEquals(await common(x), 1);
});

onGpu("more launches than a batch takes keep their order", async (device) => {
  using x = device.zeros([64]), y = device.empty([64]);
  const before = (device.backend as WebGpuBackend).queue.batch;
  let expected = 0;
  for (let i = 0; i < 1000; i++) {
    launch(device, STEP, [x], [i % 2 ? 0.5 : 1, i]);
    expected = Math.fround(expected * (i % 2 ? 0.5 : 1) + i);
  }
  launch(device, COPY, [x, y]);
  assert((device.backend as WebGpuBackend).queue.batch >= before + 3);
  assertEquals(await common(y), expected);
});

onGpu(
  "a write waits its turn, and a read sees what was launched before it only",
  async (device) => {
    using x = device.full([64], 1), y = device.empty([64]);
    launch(device, STEP, [x], [1, 1]);
    const first = x.read();
    launch(device, COPY, [x, y]);
    x.write(new Float32Array(64).fill(10));
    launch(device, STEP, [x], [1, 5]);
    assertEquals([(await first)[0], await common(x), await common(y)], [2, 15, 2]);
  },
);

onGpu("reads that are begun together share one submit", async (device) => {
  const tensors = Array.from({ length: 10 }, (_, i) => device.full([64], i));
  const { queue } = device.backend as WebGpuBackend;
  const before = queue.batch;
  const reads = await Promise.all(tensors.map((tensor) => tensor.read()));
  assertEquals(reads.map((array) => array[63]), tensors.map((_, i) => i));
  assertEquals(queue.batch, before + 1);
  for (const tensor of tensors) tensor.dispose();
});

onGpu("launches are submitted when the program has nothing else to do", async (device) => {
  using x = device.zeros([64]);
  await device.synchronize();
  const { queue } = device.backend as WebGpuBackend;
  const before = queue.batch;
  launch(device, STEP, [x], [1, 1]);
  await Promise.resolve(); // a turn of its own does not end the batch
  launch(device, STEP, [x], [1, 1]);
  assertEquals(queue.batch, before);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(queue.batch, before + 1);
  assertEquals(await common(x), 2);
});

onGpu("a tensor may be disposed of right after its launch", async (device) => {
  const x = device.full([64], 3);
  using y = device.empty([64]);
  launch(device, COPY, [x, y]);
  x.dispose();
  assertEquals(await common(y), 3);
  // A new tensor must not be mistaken for the old one.
  using z = device.full([64], 4);
  launch(device, COPY, [z, y]);
  assertEquals(await common(y), 4);
});

onGpu("a tensor may be disposed of while it is read", async (device) => {
  const x = device.full([64], 3);
  const read = x.read();
  x.dispose();
  assertEquals((await read)[0], 3);
});

onGpu(
  "WGSL that the device refuses rejects the reads that follow, with the numbered text",
  async (device) => {
    using x = device.full([64], 1), y = device.empty([64]), z = device.zeros([64]);
    launch(device, STEP, [z], [1, 1]);
    launch(device, BROKEN, [x, y]);
    launch(device, STEP, [z], [1, 1]);
    const [first, second] = await Promise.allSettled([y.read(), z.read()]);
    for (const result of [first, second]) {
      assert(result.status === "rejected" && result.reason instanceof DeviceError);
      const { message } = result.reason;
      assert(
        message.startsWith(
          "The device refused the WGSL of kernel 'broken', which is a bug of Nereid's: ",
        ),
      );
      assert(message.includes("nothing"));
      assert(message.endsWith(numbered(BROKEN.wgsl)));
    }
    // It was reported: a read that is begun now is good, and the other launches have run.
    assertEquals(await common(z), 2);
    assertThrows(() => launch(device, BROKEN, [x, y]), DeviceError, "kernel 'broken'");
  },
);

/** How often `action` calls a method of the device. */
async function callsOf(
  device: Device,
  method: "createBindGroup" | "createBuffer" | "writeBuffer",
  action: () => unknown,
): Promise<number> {
  const owner = method === "writeBuffer" ? device.gpu.queue : device.gpu;
  const gpu = owner as unknown as Record<string, (...args: unknown[]) => unknown>;
  const original = gpu[method]!;
  let calls = 0;
  gpu[method] = (...args) => (calls++, original.apply(gpu, args));
  try {
    await action();
  } finally {
    delete gpu[method]; // the prototype's again
  }
  return calls;
}

onGpu("kernels that take the same kinds of arguments share bind groups", async (device) => {
  const again = { ...STEP, name: "again", wgsl: STEP.wgsl.replace("+", "+ 1 +") };
  using x = device.zeros([64]);
  const calls = await callsOf(device, "createBindGroup", () => {
    for (let i = 0; i < 10; i++) {
      launch(device, STEP, [x], [1, i]);
      launch(device, again, [x], [1, i]); // the same scalars
      launch(device, again, [x], [2, 0]);
    }
  });
  assertEquals(calls, 1);
  let expected = 0;
  for (let i = 0; i < 10; i++) expected = ((expected + i) + i + 1) * 2 + 1;
  assertEquals(await common(x), expected);
});

onGpu("tensors of similar sizes that follow each other share bind groups", async (device) => {
  device.zeros([1000]).dispose();
  await device.synchronize();
  const calls = await callsOf(device, "createBindGroup", () => {
    for (const n of [1000, 990, 1001, 1024, 1000]) {
      using x = device.empty([n]);
      launch(device, STEP, [x], [0, n]);
    }
  });
  assertEquals(calls, 1);
});

onGpu("new tensors of zeros and of the host's numbers do not end the batch", async (device) => {
  using sum = device.zeros([64]), copy = device.empty([64]);
  const { queue } = device.backend as WebGpuBackend;
  const round = (i: number) => {
    using zeros = device.zeros([64]), numbers = device.full([64], i);
    launch(device, STEP, [zeros], [1, 1]);
    launch(device, COPY, [numbers, copy]);
    launch(device, COPY, [zeros, sum]);
  };
  await device.synchronize();
  const before = queue.batch;
  for (let i = 0; i < 50; i++) round(i);
  assertEquals(queue.batch, before);
  assertEquals([await common(sum), await common(copy)], [1, 49]);
  // The next batch has what this one used.
  const calls = await callsOf(device, "createBuffer", () => {
    for (let i = 0; i < 50; i++) round(i);
  });
  assertEquals(calls, 0);
  assertEquals([await common(sum), await common(copy)], [1, 49]);
});

onGpu("small writes go to the device together, each in its turn", async (device) => {
  const tensors = Array.from({ length: 20 }, () => device.zeros([64]));
  using sum = device.zeros([64]), long = device.zeros([8192]);
  await device.synchronize();
  const calls = await callsOf(device, "writeBuffer", async () => {
    for (const [i, x] of tensors.entries()) x.write(new Float32Array(64).fill(i));
    for (const x of tensors) launch(device, STEP, [x], [2, 1]);
    await device.synchronize();
  });
  assertEquals(calls, 2); // numbers and scalars
  for (const [i, x] of tensors.entries()) assertEquals(await common(x), 2 * i + 1);

  // Over and over, between launches, beside long ones, and more than a batch has room for.
  for (let i = 0; i < 400; i++) {
    tensors[0]!.write(new Float32Array(64).fill(i));
    launch(device, STEP, [tensors[0]!], [1, 1]);
    tensors[0]!.slice(0, [1]).write([i + 1]);
    if (i % 50 === 0) long.write(new Float32Array(8192).fill(i));
  }
  for (let i = 0; i < 400; i++) {
    using numbers = device.full([1000], i);
    launch(device, COPY, [numbers, sum]);
  }
  assertEquals([await common(tensors[0]!), await common(sum), await common(long)], [400, 399, 350]);
  for (const x of tensors) x.dispose();
});

onGpu("a write is not lost although a launch after it is refused", async (device) => {
  using x = device.zeros([64]), y = device.zeros([64]);
  await device.synchronize();
  x.write(new Float32Array(64).fill(3));
  const wrong: Program = { ...BROKEN, wgsl: BROKEN.wgsl.replace("nothing", "nowhere at all") };
  launch(device, wrong, [x, y]);
  await assertRejects(() => device.synchronize(), DeviceError, "kernel 'broken'");
  assertEquals(await common(x), 3);
});

onGpu("a tensor is zero although the batch that it is cleared in is refused", async (device) => {
  device.full([64], 7).dispose();
  await device.synchronize();
  using zeros = device.zeros([64]), y = device.empty([64]);
  const wrong: Program = { ...BROKEN, wgsl: BROKEN.wgsl.replace("nothing", "nowhere") };
  launch(device, wrong, [y, zeros]);
  await assertRejects(() => device.synchronize(), DeviceError, "kernel 'broken'");
  assertEquals(await common(zeros), 0);
});

onGpu("a program that needs more than the device has is refused at once", (device) => {
  const { maxComputeWorkgroupStorageSize: most } = device.capabilities.limits!;
  using x = device.zeros([64]);
  assertThrows(
    () =>
      launch(device, { ...STEP, name: "greedy", wgsl: "greedy", workgroupBytes: most + 4 }, [x]),
    OutOfResourcesError,
    `Kernel 'greedy' needs ${most + 4} bytes of workgroup memory, the device has ${most} ` +
      "(maxComputeWorkgroupStorageSize): use smaller tiles",
  );
});

Deno.test({
  name: "disposing of a device ends the waits that are under way",
  ignore: !hasGpu,
  async fn() {
    const device = await Device.open({ device: "webgpu" });
    const x = device.full([64], 1);
    launch(device, STEP, [x], [1, 1]);
    const read = x.read();
    await Promise.resolve(); // the read is submitted, and pending
    device.dispose();
    await assertRejects(
      () => read,
      DeviceError,
      "The device has been disposed of: open another with Device.open()",
    );
    x.dispose();
  },
});

Deno.test({
  name: "a lost device rejects what is under way and what comes after",
  ignore: !hasGpu,
  async fn() {
    const adapter = await navigator.gpu.requestAdapter();
    const gpu = await adapter!.requestDevice();
    const device = await Device.from(gpu);
    const x = device.full([64], 1);
    await device.synchronize();
    gpu.destroy();
    await gpu.lost;
    await assertRejects(() => x.read(), DeviceError, "The device was lost (destroyed)");
    await assertRejects(() => device.synchronize(), DeviceError, "The device was lost");
    assertThrows(() => device.zeros([1]), DeviceError, "open another with Device.open()");
    assertThrows(() => launch(device, STEP, [x], [1, 1]), DeviceError, "The device was lost");
  },
});
