/** Tensors over buffers that others have made, and buffers of tensors for others. */

import {
  Device,
  DeviceError,
  grid,
  jit,
  LaunchError,
  type Pointer,
  Tensor,
  tl,
} from "../../mod.ts";
import { assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { hasGpu, onCpu, onGpu } from "../support/devices.ts";

const increment = jit(function increment(x: Pointer, n: number, { BLOCK = 16 }) {
  const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK), mask = at < n;
  tl.store(x + at, tl.load(x + at, { mask }) + 1, { mask });
});

/** GPUBufferUsage STORAGE | COPY_SRC | COPY_DST. */
const USAGE = 0x80 | 0x04 | 0x08;

onGpu("a buffer can be several tensors, of any offset, size and dtype", async (device) => {
  for (const size of [256, 100, 36]) { // the last two are not of whole vectors
    const buffer = device.gpu.createBuffer({ size, usage: USAGE });
    device.gpu.queue.writeBuffer(buffer, 0, Float32Array.from({ length: size / 4 }, (_, i) => i));
    for (const [offset, n] of [[0, size / 4], [0, 3], [16, 5], [4, size / 4 - 1]] as const) {
      using x = Tensor.over(buffer, { device, shape: [n], offset });
      const before = await x.read();
      increment[grid(5)](x, n);
      assertEquals(await x.read(), before.map((value) => value + 1));
    }
    using halves = Tensor.over(buffer, { device, shape: [size / 2], dtype: "f16" });
    halves.write(new Float32Array(size / 2));
    using bytes = Tensor.over(buffer, { device, shape: [3], dtype: "u8", offset: 5 });
    bytes.write([1, 2, 3]);
    assertEquals(
      new Uint8Array(await halves.readBytes()).slice(4, 9),
      Uint8Array.of(0, 1, 2, 3, 0),
    );
    buffer.destroy();
  }
  assertEquals(device.memory().tensors, 0);
});

onGpu(
  "what others submit after taking a tensor's buffer comes after its launches",
  async (device) => {
    using x = device.zeros([16]), y = device.zeros([16]);
    increment[grid(1)](x, 16);
    const { buffer: from } = x, { buffer: to } = y;
    const encoder = device.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(from, 0, to, 0, 64);
    device.gpu.queue.submit([encoder.finish()]);
    increment[grid(1)](y, 16);
    increment[grid(1)](x, 16);
    assertEquals([(await x.read())[15], (await y.read())[15]], [2, 2]);
    using part = x.slice(4, [4]);
    assertEquals([part.buffer === from, part.byteOffset], [true, 16]);
  },
);

onGpu("what is written to a tensor whose buffer others have is there at once", async (device) => {
  using x = device.zeros([16]), y = device.zeros([16]);
  await device.synchronize();
  const { buffer: from } = x, { buffer: to } = y;
  x.write(new Float32Array(16).fill(7));
  const encoder = device.gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(from, 0, to, 0, 64);
  device.gpu.queue.submit([encoder.finish()]);
  assertEquals((await y.read())[15], 7);
});

onGpu("buffers that cannot be a tensor are refused", (device) => {
  const make = (size: number, usage = USAGE) => device.gpu.createBuffer({ size, usage });
  const buffer = make(64);
  const cases: [() => unknown, string][] = [
    [
      () => Tensor.over(buffer, { device, shape: [17] }),
      "it needs 68 bytes there, the buffer has 64",
    ],
    [
      () => Tensor.over(buffer, { device, shape: [16], offset: 4 }),
      "at offset 4: it needs 64 bytes there, the buffer has 60",
    ],
    [
      () => Tensor.over(buffer, { device, shape: [1], offset: 2 }),
      "at offset 2: it must be a multiple of the 4 bytes of an element",
    ],
    [
      () => Tensor.over(make(64, 0x08), { device, shape: [16] }),
      "over a buffer of usage 0x8: make it with GPUBufferUsage.STORAGE",
    ],
    [
      () => Tensor.over(new ArrayBuffer(64) as unknown as GPUBuffer, { device, shape: [16] }),
      "an ArrayBuffer is no GPUBuffer",
    ],
  ];
  for (const [run, message] of cases) assertThrows(run, LaunchError, message);
});

onCpu("the CPU device has no buffers", (device) => {
  using x = device.zeros([4]);
  assertThrows(() => x.buffer, LaunchError, "it is in the CPU's memory");
  assertThrows(() => device.gpu, DeviceError, "open a WebGPU device");
});

Deno.test({
  name: "a buffer of another device, or one that was destroyed, is told of by the kernel's name",
  ignore: !hasGpu,
  async fn() {
    using device = await Device.open({ device: "webgpu" });
    using other = await Device.open({ device: "webgpu" });
    using x = device.zeros([4]);
    using theirs = Tensor.over(other.gpu.createBuffer({ size: 64, usage: USAGE }), {
      device,
      shape: [16],
    });
    increment[grid(1)](theirs, 16);
    await assertRejects(
      () => device.synchronize(),
      DeviceError,
      "Cannot launch 'increment': the device refused a buffer that a tensor is over. It must be of this device",
    );
    const buffer = device.gpu.createBuffer({ size: 64, usage: USAGE });
    using late = Tensor.over(buffer, { device, shape: [16] });
    increment[grid(1)](late, 16);
    buffer.destroy();
    await assertRejects(
      () => device.synchronize(),
      DeviceError,
      "The device refused a batch of launches ('increment'), some of them on tensors over buffers of others",
    );
    increment[grid(1)](x, 4);
    assertEquals([...await x.read()], [1, 1, 1, 1]);
  },
});

Deno.test({
  name: "a device over somebody else's GPUDevice leaves it as it is",
  ignore: !hasGpu,
  async fn() {
    const gpu = await (await navigator.gpu.requestAdapter())!.requestDevice();
    for (let i = 0; i < 2; i++) {
      using device = await Device.from(gpu);
      assertEquals(device.gpu, gpu);
      using x = device.zeros([4]);
      increment[grid(1)](x, 4);
      assertEquals([...await x.read()], [1, 1, 1, 1]);
    }
    const lost = await Promise.race([gpu.lost, new Promise((done) => setTimeout(done, 50))]);
    assertEquals(lost, undefined);
    gpu.destroy();
  },
});
