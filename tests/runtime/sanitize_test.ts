/** What a sanitising device reports of kernels that do what they must not. */

import { Device, grid, jit, KernelError, type Pointer, tl } from "../../mod.ts";
import { sum } from "../../kernels/sum.ts";
import { softmax } from "../../kernels/softmax.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { onCpu, onDevices } from "../support/devices.ts";

const copy = jit(function copy(x: Pointer, out: Pointer, { BLOCK = 16 }) {
  const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
  tl.store(out + at, tl.load(x + at));
});

/** The message of the error that a launch, or the wait after it, ends with. */
async function problemOf(device: Device, launch: () => void): Promise<string> {
  const error = await assertRejects(async () => {
    launch();
    await device.synchronize();
  }, KernelError);
  return error.message;
}

/** Fails unless a text has each of some parts. */
function assertParts(text: string, parts: readonly string[]): void {
  assertEquals(parts.filter((part) => !text.includes(part)), [], text);
}

/** Declares the test for every device, opened to watch its kernels. */
function test(name: string, run: (device: Device) => Promise<void>): void {
  onDevices(name, async (plain) => {
    using device = plain.kind === "cpu"
      ? await Device.open({ device: "cpu", sanitize: true })
      : await Device.from(plain.gpu, { sanitize: true });
    await run(device);
  });
}

test("a store outside of a tensor is reported with its line, program and index", async (device) => {
  const x = device.zeros([48]), out = device.zeros([40]);
  const message = await problemOf(device, () => copy[grid(3)](x, out));
  assertParts(message, [
    "Cannot store element 40 of 'out': the tensor has 40 elements, in program (2, 0, 0) of kernel 'copy'",
    "> 3 |   tl.store(out + at, tl.load(x + at));",
    "help: Give the store a mask that is false where the pointer leaves the tensor",
  ]);
  copy[grid(2)](x, out); // the device goes on
  assertEquals((await out.read()).length, 40);
});

test("a load outside of a tensor is reported", async (device) => {
  const x = device.zeros([40]), out = device.zeros([48]);
  const message = await problemOf(device, () => copy[grid(3)](x, out));
  assertParts(message, ["Cannot load element 40 of 'x': the tensor has 40 elements"]);
});

test("a view has bounds of its own", async (device) => {
  const all = device.zeros([96]), out = device.zeros([48]);
  const part = all.slice(32, [40]);
  const message = await problemOf(device, () => copy[grid(3)](part, out));
  assertParts(message, ["Cannot load element 40 of '", "the tensor has 40 elements"]);
  copy[grid(2)](part, out);
  await device.synchronize();
});

test("a parameter with the name that a length would have is not taken for it", async (device) => {
  const kernel = jit(function kernel(x: Pointer, x_length: number) {
    const at = tl.arange(0, 8);
    tl.store(x + at, x_length, { mask: at < 8 });
  });
  const x = device.zeros([8]);
  for (const length of [1, 5]) { // 1 is a constant of the compiled kernel, 5 is not
    kernel[grid(1)](x, length);
    assertEquals([...await x.read()], Array.from({ length: 8 }, () => length));
  }
});

test("a negative index and an atomic operation outside are reported", async (device) => {
  const before = jit(function before(x: Pointer, out: Pointer) {
    tl.store(out, tl.load(x - 1 - tl.programId(0)));
  });
  const count = jit(function count(out: Pointer) {
    tl.atomicAdd(out + tl.arange(0, 16), 1);
  });
  const x = device.zeros([4]), out = device.zeros([4], { dtype: "i32" });
  assertParts(await problemOf(device, () => before[grid(1)](x, device.zeros([1]))), [
    "Cannot load element -1 of 'x'",
  ]);
  assertParts(await problemOf(device, () => count[grid(1)](out)), [
    "Cannot update element 4 of 'out': the tensor has 4 elements",
  ]);
});

test("what is masked off is no access, and good kernels give what they always give", async (device) => {
  const x = device.from([1, 2, 3, 4, 5, 6], { shape: [2, 3] });
  assertEquals((await sum(x).read())[0], 21);
  const rows = await softmax(device.zeros([3, 5])).read();
  assertEquals(Math.abs(rows[14]! - 0.2) < 1e-6, true);
});

/** On the CPU more is watched. */
function watched(name: string, run: (device: Device) => Promise<void>): void {
  onCpu(name, async () => {
    using device = await Device.open({ device: "cpu", sanitize: true });
    await run(device);
  });
}

watched("a read of memory that was never written is reported", async (device) => {
  const x = device.empty([16]), out = device.empty([16]);
  assertParts(await problemOf(device, () => copy[grid(1)](x, out)), [
    "Cannot load element 0 of 'x': it was never written, in program (0, 0, 0) of kernel 'copy'",
    "help: Make the tensor with device.zeros(…), or store to the element before",
  ]);
  copy[grid(1)](device.zeros([16]), x);
  copy[grid(1)](x, out); // it is written now
});

watched("different values that two programs store to one element are reported", async (device) => {
  const race = jit(function race(out: Pointer, { BLOCK = 4 }) {
    const places = tl.arange(0, BLOCK);
    tl.store(out + places, tl.where(places === 3, tl.programId(0), 7));
  });
  const message = await problemOf(device, () => race[grid(2)](device.zeros([4])));
  assertParts(message, [
    "Cannot store 1 to element 3 of 'out': program (0, 0, 0) of the same launch stored another value",
    "in program (1, 0, 0) of kernel 'race'",
    "tl.store(out + places, tl.where(places === 3, tl.programId(0), 7));",
  ]);
});

watched(
  "a NaN that arises from finite numbers and is stored is reported where it arises",
  async (device) => {
    const roots = jit(function roots(x: Pointer, out: Pointer, { CLIP = false }) {
      const at = tl.arange(0, 4);
      const value = tl.load(x + at);
      const root = tl.sqrt(value);
      tl.store(out + at, CLIP ? tl.where(value < 0, 0, root) : root);
    });
    const x = device.from([4, 9, -1, 1]), out = device.empty([4]);
    assertParts(await problemOf(device, () => roots[grid(1)](x, out)), [
      "A NaN arises from finite numbers in 'sqrt' at element (2), and one is stored to element 2 of 'out'",
      "const root = tl.sqrt(value);",
    ]);
    roots[grid(1)](x, out, { CLIP: true }); // selected away
    roots[grid(1)](device.from([NaN, 1, 1, 1]), out); // not of finite numbers
    assertEquals((await out.read())[0], NaN);
  },
);

watched("an offset that overflows is reported, whatever it wraps to", async (device) => {
  const far = jit(function far(x: Pointer, out: Pointer, stride: number) {
    const row = tl.arange(0, 4);
    tl.store(out + row, tl.load(x + row * stride));
  });
  const x = device.zeros([4]), out = device.empty([4]);
  assertParts(await problemOf(device, () => far[grid(1)](x, out, 2 ** 30)), [
    "An offset overflows: 2 * 1073741824 is 2147483648, more than an i32 holds at element (2)",
    "tl.load(x + row * stride)",
  ]);
  const hash = jit(function hash(x: Pointer, out: Pointer) {
    const row = tl.arange(0, 4);
    tl.store(out + row, tl.load(x + ((row * 0x7e3779b1) & 3))); // its bits are what is wanted
  });
  hash[grid(1)](x, out);
});
