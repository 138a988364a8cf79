/** Program order while somebody holds the launch queue, and times on the device's clock. */

import { DeviceError, grid, jit, type Pointer, tl } from "../../mod.ts";
import { Stopwatch } from "../../lib/runtime/stopwatch.ts";
import { WebGpuBackend } from "../../lib/runtime/webgpu.ts";
import type { Device } from "../../mod.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { onGpu } from "../support/devices.ts";

/** `x = x * factor + summand`, which tells in what order several have run. */
const step = jit(function step(x: Pointer, factor: number, summand: number) {
  const at = x + tl.arange(0, 64);
  tl.store(at, tl.load(at) * factor + summand);
});

function backendOf(device: Device): WebGpuBackend {
  const { backend } = device;
  assert(backend instanceof WebGpuBackend);
  return backend;
}

onGpu("what is asked for while the queue is held happens in order, after it", async (device) => {
  const { queue } = backendOf(device);
  const x = device.full([64], 1), pinned = x.pinned();
  const { promise, resolve } = Promise.withResolvers<void>();
  step[grid(1)](x, 2, 1); // 3
  queue.gate.hold(async () => {
    await promise;
    queue.gate.through(() => step[grid(1)](pinned, 10, 0)); // 30
  });
  step[grid(1)](x, 2, 5); // 65
  const between = x.read();
  x.write(new Float32Array(64).fill(4));
  const written = x.read();
  step[grid(1)](x, 3, 0); // 12
  const last = x.read();
  x.dispose();
  resolve();
  const values = await Promise.all([between, written, last]);
  assertEquals(values.map((array) => array[63]), [65, 4, 12]);
});

onGpu("the queue can be held again by what waits in line", async (device) => {
  const { gate } = backendOf(device).queue;
  const order: string[] = [];
  const hold = (name: string) =>
    gate.hold(async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
    });
  hold("first");
  hold("second");
  gate.wait(() => order.push("last"));
  await device.synchronize();
  assertEquals(order, ["first begins", "first ends", "second begins", "second ends", "last"]);
});

onGpu("what fails while it waited is told at the next wait", async (device) => {
  const { gate } = backendOf(device).queue;
  const x = device.full([64], 1);
  const failure = new DeviceError("Cannot tune");
  gate.hold(() => Promise.resolve(backendOf(device).queue.failures.add(failure)));
  const reading = x.read();
  await assertRejects(() => reading, DeviceError, "Cannot tune");
  assertEquals((await x.read())[0], 1);
});

onGpu("a stopwatch tells the laps apart, and the launches between them", async (device) => {
  const { queue, gpu, capabilities } = backendOf(device);
  if (!capabilities.features.includes("timestamp-query")) return;
  const x = device.full([64], 1), watch = new Stopwatch(gpu);
  queue.watch(watch);
  queue.lap("one");
  step[grid(1)](x, 1, 0);
  queue.lap(undefined);
  step[grid(1)](x, 1, 0);
  queue.lap("none");
  queue.lap("many");
  for (let i = 0; i < 700; i++) step[grid(1)](x, 1, 0); // several batches
  queue.lap(undefined);
  queue.watch(undefined);
  const [one, none, many, ...more] = await watch.laps();
  watch.dispose();
  assertEquals(more, []);
  assertEquals([one!.name, none!.name, many!.name], ["one", "none", "many"]);
  assert(one!.to >= one!.from && many!.from >= one!.to && many!.to > many!.from);
  assertEquals(none!.from, none!.to);
});

onGpu("a stopwatch can time every launch by the name of its kernel", async (device) => {
  const { queue, gpu, capabilities } = backendOf(device);
  if (!capabilities.features.includes("timestamp-query")) return;
  const x = device.full([64], 1), watch = new Stopwatch(gpu, true);
  queue.watch(watch);
  for (let i = 0; i < 1100; i++) step[grid(1)](x, 1, 0); // more passes than a query set has room for
  queue.watch(undefined);
  const laps = await watch.laps();
  watch.dispose();
  assertEquals(laps.length, 1100);
  assert(laps.every(({ name, from, to }) => name === "step" && to >= from));
});
