/** GPU devices that go from one device to the next. */

import { Device, DeviceError, grid, jit, LaunchError, type Pointer, tl } from "../../mod.ts";
import { takeGpu } from "../../lib/runtime/spares.ts";
import type { WebGpuBackend } from "../../lib/runtime/webgpu.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";
import { hasGpu } from "../support/devices.ts";

const increment = jit(function increment(x: Pointer) {
  const at = x + tl.arange(0, 16);
  tl.store(at, tl.load(at) + 1);
});

/** The GPU device, without having asked for it as a user. */
const gpuOf = (device: Device): GPUDevice => (device.backend as WebGpuBackend).gpu;

function onGpu(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !hasGpu, fn });
}

/** What the tests open, apart from all others in this process. */
const open = (without: readonly string[] = ["wgpu-shader-i16"]) =>
  Device.open({ device: "webgpu", without });

onGpu("a device that is disposed of leaves its GPU device to the next", async () => {
  let gpu: GPUDevice | undefined;
  for (let i = 0; i < 5; i++) {
    const device = await open();
    assert(gpu === undefined || gpuOf(device) === gpu);
    gpu = gpuOf(device);
    assertEquals(device.memory(), { live: 0, cached: 0, peak: 0, tensors: 0 });
    using x = device.zeros([16]);
    increment[grid(1)](x);
    if (i % 2 === 0) assertEquals((await x.read())[15], 1);
    const late = x.read(); // under way when the device goes
    device.dispose();
    await assertRejects(() => late, DeviceError, "The device has been disposed of");
    await assertRejects(() => x.read(), DeviceError, "The device has been disposed of");
  }
});

onGpu(
  "what goes wrong after a device has left its GPU device to another is not the other's",
  async () => {
    const one = await open(), gpu = gpuOf(one);
    const x = one.zeros([16]);
    increment[grid(1)](x);
    one.dispose();
    using two = await open();
    assertEquals(gpuOf(two), gpu);
    using y = two.full([16], 1);
    increment[grid(1)](y);
    x.dispose();
    assertThrows(() => increment[grid(1)](x), LaunchError, "has been disposed of");
    await two.synchronize();
    assertEquals((await y.read())[0], 2);
    // And what goes wrong now is the present one's.
    gpu.createBuffer({ size: 16, usage: 0x03 });
    await new Promise((done) => setTimeout(done, 20));
    await assertRejects(() => two.synchronize(), DeviceError, "The device reported an error: ");
    await two.synchronize();
  },
);

onGpu("devices that are open at once have GPU devices of their own", async () => {
  using one = await open(), two = await open(), other = await open(["wgpu-shader-f64"]);
  assertEquals(new Set([one, two, other].map(gpuOf)).size, 3);
});

onGpu("a device on which work does not end is not waited for", async () => {
  const way = ["wgpu-shader-float32-atomic"]; // of which there is no spare
  const one = await open(way), gpu = gpuOf(one), { queue } = gpu;
  const { onSubmittedWorkDone } = queue;
  let end = () => {};
  queue.onSubmittedWorkDone = () => new Promise((resolve) => end = () => resolve(undefined));
  one.dispose();
  const start = performance.now();
  using two = await open(way);
  assert(gpuOf(two) !== gpu);
  assert(performance.now() - start < 5000);
  queue.onSubmittedWorkDone = onSubmittedWorkDone;
  end();
});

onGpu("a GPU device that others have got, or that is lost, is left to nobody", async () => {
  const one = await open(), gpu = one.gpu;
  one.dispose();
  using two = await open();
  assert(gpuOf(two) !== gpu);
  assertEquals((await gpu.lost).reason, "destroyed");

  const three = await open(), x = three.zeros([4]), { buffer } = x;
  assert(buffer.size >= 16);
  const shared = gpuOf(three);
  three.dispose();
  using four = await open();
  assert(gpuOf(four) !== shared);

  const five = await open(), spare = gpuOf(five);
  five.dispose();
  await new Promise((done) => setTimeout(done, 50)); // it is spare now
  spare.destroy();
  await spare.lost;
  using six = await open();
  assert(gpuOf(six) !== spare);
  using y = six.zeros([16]);
  increment[grid(1)](y);
  assertEquals((await y.read())[0], 1);
});

onGpu("a driver that gives no more devices is told of, with what to do", async () => {
  const adapter = (await navigator.gpu.requestAdapter())!;
  let given = 0;
  const made: GPUDevice[] = [];
  const gpu = {
    requestAdapter: () => ({
      features: adapter.features,
      limits: adapter.limits,
      info: adapter.info,
      async requestDevice(descriptor: GPUDeviceDescriptor) {
        if (given >= 9) throw new DOMException("Parent device is lost", "OperationError");
        const device = await adapter.requestDevice(descriptor);
        given++;
        made.push(device);
        return device;
      },
    }),
  } as unknown as GPU;
  const error = await assertRejects(async () => {
    for (let i = 0; i < 20; i++) await takeGpu({ gpu });
  });
  assertMatch(
    (error as Error).message,
    /^Parent device is lost\. This process has \d+ already, some of which .* and drivers give it a limited number \(NVIDIA's 63\): share one, or dispose of those that are no longer needed$/,
  );
  for (const device of made) device.destroy();
});

onGpu("devices that are forgotten are collected, with all that is theirs", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["eval", "--no-lock", "--ext=ts", "--v8-flags=--expose-gc"],
      `import { Device, grid, jit, tl } from ${
        JSON.stringify(new URL("../../mod.ts", import.meta.url))
      };
       const set = jit(function set(x) { tl.store(x + tl.arange(0, 4), 1); });
       let collected = 0;
       const registry = new FinalizationRegistry(() => collected++);
       async function forget() {
         const device = await Device.open({ device: "webgpu" }), x = device.zeros([4]);
         registry.register(device.backend.gpu, undefined);
         set[grid(1)](x);
         await x.read();
       }
       for (let i = 0; i < 4; i++) await forget();
       for (let i = 0; i < 50 && collected < 4; i++) { // also the one that was launched on last
         gc();
         await new Promise((done) => setTimeout(done, 10));
       }
       console.log(collected);`,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals([code, out], [0, "4\n"], error);
});
