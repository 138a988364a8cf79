/** The memory of devices: what is counted, kept, given back and refused. */

import { cdiv, Device, grid, jit, OutOfResourcesError, type Pointer, tl } from "../../mod.ts";
import { bucketOf } from "../../lib/runtime/memory_pool.ts";
import { PIECE_BYTES } from "../../lib/runtime/staging.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { hasGpu, onDevices, onGpu } from "../support/devices.ts";
import { faulty } from "../support/faulty.ts";

const increment = jit(function increment(x: Pointer, n: number, { BLOCK = 64 }) {
  const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK), mask = at < n;
  tl.store(x + at, tl.load(x + at, { mask }) + 1, { mask });
});

/** Declares a test with a WebGPU device of its own. */
function onNewGpu(
  name: string,
  options: { memoryLimit?: number },
  fn: (device: Device) => Promise<void>,
) {
  Deno.test({
    name,
    ignore: !hasGpu,
    async fn() {
      using device = await Device.open({ device: "webgpu", ...options });
      await fn(device);
      await device.synchronize();
    },
  });
}

Deno.test("buckets are at most a quarter larger than what is asked for, large ones a sixteenth", () => {
  let last = 0;
  for (let bytes = 16; bytes < 2 ** 33; bytes = Math.ceil(bytes * 1.13 / 16) * 16) {
    const bucket = bucketOf(bytes);
    assert(bucket >= bytes && bucket % 16 === 0 && bucket >= last, `${bytes} ${bucket}`);
    const most = bytes > 2 ** 24 ? bytes * (1 + 1 / 16) : bytes * 1.25;
    assert(bucket <= Math.max(256, most), `${bytes} ${bucket}`);
    assertEquals(bucketOf(bucket), bucket);
    last = bucket;
  }
});

onNewGpu("memory is counted: held, kept, and the most that was held", {}, async (device) => {
  assertEquals(device.memory(), { live: 0, cached: 0, peak: 0, tensors: 0 });
  const x = device.zeros([1024]), y = device.zeros([1024]);
  assertEquals(device.memory(), { live: 8192, cached: 0, peak: 8192, tensors: 2 });
  x.dispose();
  assertEquals(device.memory(), { live: 4096, cached: 4096, peak: 8192, tensors: 1 });
  const z = device.zeros([32, 32]);
  assertEquals(device.memory(), { live: 8192, cached: 0, peak: 8192, tensors: 2 });
  y.dispose();
  z.dispose();
  device.trim();
  assertEquals(device.memory(), { live: 0, cached: 0, peak: 8192, tensors: 0 });
  await device.synchronize();
});

onNewGpu("memory that is used again is zero where zeros are asked for", {}, async (device) => {
  for (let i = 0; i < 3; i++) {
    using x = device.zeros([300]);
    increment[grid(cdiv(300, 64))](x, 300);
    increment[grid(cdiv(300, 64))](x, 300);
    assertEquals(new Set(await x.read()), new Set([2]));
  }
  assertEquals(device.memory().tensors, 0);
});

onNewGpu("memory goes from tensor to tensor in program order", {}, async (device) => {
  using out = device.zeros([64]);
  const reads: Promise<Float32Array>[] = [];
  for (let i = 0; i < 20; i++) {
    const x = device.full([64], i); // a write, while launches with the same memory are recorded
    increment[grid(1)](x, 64);
    reads.push(x.read());
    x.dispose();
  }
  assertEquals((await Promise.all(reads)).map((array) => array[63]), reads.map((_, i) => i + 1));
  assertEquals((await out.read())[0], 0);
  assertEquals(device.memory().tensors, 1);
});

onNewGpu("what is kept is bounded", {}, async (device) => {
  for (let i = 1; i <= 60; i++) device.empty([i * 2 ** 18]).dispose(); // 1.8 GB in all
  const { live, cached, peak } = device.memory();
  assertEquals(live, 0);
  assert(cached <= Math.max(64 * 2 ** 20, peak / 2), `${cached} bytes are kept`);
  await device.synchronize();
});

onNewGpu(
  "a request beyond the memory limit gives up what is kept, then names what is held",
  { memoryLimit: 2 ** 20 },
  async (device) => {
    using held = device.zeros([2 ** 16]); // a quarter
    device.zeros([2 ** 17]).dispose(); // a half, which is kept
    using fits = device.zeros([3 * 2 ** 16]); // three quarters
    assertEquals(device.memory().cached, 0);
    assertThrows(
      () => device.zeros([100]),
      OutOfResourcesError,
      "Cannot make a tensor of shape [100] and dtype f32: its 448 bytes and 1048576 bytes of 2 tensors " +
        "that are held exceed the memoryLimit of 1048576 bytes that the device was opened with",
    );
    increment[grid(1)](held, 64);
    assertEquals([(await held.read())[0], (await fits.read())[0]], [1, 0]);
  },
);

Deno.test({
  name: "a device that is out of memory is told of at the next wait, and goes on",
  ignore: !hasGpu,
  async fn() {
    const gpu = await faulty({ maxBytes: 100_000 });
    using device = await Device.from(gpu.device);
    using small = device.zeros([64]);
    device.zeros([20_000]).dispose(); // kept, until there is no room
    await device.synchronize();
    const large = device.zeros([24_000]);
    increment[grid(1)](large, 64);
    const error = await assertRejects(
      () => large.read(),
      OutOfResourcesError,
      "Cannot make a tensor of shape [24000] and dtype f32: the device is out of memory for its 98304 bytes, " +
        "beside 256 bytes of 1 tensor; 81920 bytes that were kept for reuse have been given up, and there is room now",
    );
    assert(error.message.endsWith("Not enough memory left."), error.message);
    // What was given up was enough: the same again works.
    increment[grid(1)](large, 64);
    increment[grid(1)](small, 64);
    assertEquals([(await large.read())[0], (await small.read())[0]], [1, 1]);

    const huge = device.zeros([100_000]);
    await assertRejects(() => device.synchronize(), OutOfResourcesError, "which was not enough");
    assertThrows(() => increment[grid(1)](huge, 64), OutOfResourcesError, "shape [100000]");
    assertThrows(() => huge.write(new Float32Array(100_000)), OutOfResourcesError);
    await assertRejects(() => huge.read(), OutOfResourcesError);
    huge.dispose();
    increment[grid(1)](small, 64);
    assertEquals((await small.read())[0], 2);
  },
});

Deno.test({
  name: "a tensor that was not used yet is given memory when what was kept is given up",
  ignore: !hasGpu,
  async fn() {
    const gpu = await faulty({ maxBytes: 100_000 });
    using device = await Device.from(gpu.device);
    device.zeros([20_000]).dispose();
    const large = device.zeros([24_000]);
    await device.synchronize();
    increment[grid(1)](large, 64);
    assertEquals((await large.read())[0], 1);
  },
});

onDevices("memory of forgotten tensors is given back", async (device) => {
  const { gc } = globalThis as { gc?: () => void };
  const before = device.memory().tensors;
  for (let i = 0; i < 50; i++) device.zeros([16]);
  assertEquals(device.memory().tensors, before + 50);
  if (!gc) return; // run with --v8-flags=--expose-gc
  for (let i = 0; i < 50 && device.memory().tensors > before; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assertEquals(device.memory().tensors, before);
});

onGpu("long tensors are written and read in pieces", async (device) => {
  const length = PIECE_BYTES * 9 / 8 + 3; // more than one write, and several reads, as f32
  const numbers = Float32Array.from({ length }, (_, i) => i % 1021);
  using x = device.from(numbers);
  const read = x.read();
  x.write(new Float32Array(length)); // after the read has been asked for
  assertEquals(firstDifference(await read, numbers), -1);
  using part = x.slice(5, [length - 9]);
  part.write(numbers.subarray(0, length - 9));
  assertEquals(firstDifference(await part.read(), numbers.subarray(0, length - 9)), -1);
  device.trim();
});

function firstDifference(a: Float32Array, b: Float32Array): number {
  return a.length === b.length ? a.findIndex((x, i) => x !== b[i]) : 0;
}
