/** Atomic operations on both devices: each element counts once, however it is spread over invocations. */

import { type Device, grid, jit, type Pointer, tl } from "../../mod.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices, onGpuWithout } from "../support/devices.ts";

type Dtype = "i32" | "u32" | "f32";
type Operation = (pointer: number, x: number, options: { mask: boolean }) => number;

const apply = jit(
  function apply(x: Pointer, out: Pointer, n: number, slots: number, { OP, BLOCK }: {
    OP: Operation;
    BLOCK: number;
  }) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    OP(out + at % slots, tl.load(x + at, { mask: at < n }), { mask: at < n });
  },
);

const NUMBERS = Array.from({ length: 300 }, (_, i) => Math.imul(i + 3, 2654435761) >> 7);

const OPERATIONS: readonly [string, Operation, (old: number, x: number) => number, boolean][] = [
  ["atomicAdd", (p, x, o) => tl.atomicAdd(p, x, o), (a, b) => a + b, true],
  ["atomicMax", (p, x, o) => tl.atomicMax(p, x, o), Math.max, true],
  ["atomicMin", (p, x, o) => tl.atomicMin(p, x, o), Math.min, true],
  ["atomicAnd", (p, x, o) => tl.atomicAnd(p, x, o), (a, b) => a & b, false],
  ["atomicOr", (p, x, o) => tl.atomicOr(p, x, o), (a, b) => a | b, false],
  ["atomicXor", (p, x, o) => tl.atomicXor(p, x, o), (a, b) => a ^ b, false],
];

/** What is there after every number was combined into one of 7 places. */
async function combined(device: Device, OP: Operation, dtype: Dtype, numbers: readonly number[]) {
  using x = device.from([...numbers], { dtype });
  using out = device.full([7], 5, { dtype });
  apply.launch([5], x, out, numbers.length, 7, { OP, BLOCK: 64 });
  return [...await out.read()];
}

for (const [name, OP, f, floats] of OPERATIONS) {
  onDevices(`tl.${name} takes in every element that is not masked`, async (device) => {
    for (const dtype of floats ? ["i32", "u32", "f32"] as const : ["i32", "u32"] as const) {
      const numbers = NUMBERS.map((x) => dtype === "u32" ? x >>> 0 : dtype === "f32" ? x % 999 : x);
      const want = Array.from({ length: 7 }, () => 5);
      numbers.forEach((x, i) => {
        const y = f(want[i % 7]!, x);
        want[i % 7] = dtype === "i32" ? y | 0 : dtype === "u32" ? y >>> 0 : y;
      });
      assertEquals(await combined(device, OP, dtype, numbers), want);
    }
  });
}

onDevices("floats are compared by their bits, negative ones too", async (device) => {
  const kernel = jit(function kernel(x: Pointer, high: Pointer, low: Pointer) {
    const at = tl.arange(0, 8);
    tl.atomicMax(high + at, tl.load(x + at));
    tl.atomicMin(low + at, tl.load(x + at));
  });
  const x = [1, -1, -5, 3, Infinity, -Infinity, 0, -2.5];
  const old = [-1, 1, -2, 4, 1, 1, -7, -2.5];
  using values = device.from(x), high = device.from(old), low = device.from(old);
  kernel.launch(1, values, high, low);
  assertEquals([...await high.read()], x.map((a, i) => Math.max(a, old[i]!)));
  assertEquals([...await low.read()], x.map((a, i) => Math.min(a, old[i]!)));
});

onDevices("what was there before reaches every invocation that needs it", async (device) => {
  const kernel = jit(
    function kernel(counter: Pointer, small: Pointer, out: Pointer, again: Pointer) {
      // A scalar, which all invocations need; a tile smaller than the workgroup; one that is used in
      // another layout.
      const ticket = tl.atomicAdd(counter, 1);
      const four = tl.atomicXchg(small + tl.arange(0, 4), tl.programId(0) + 100);
      const at = tl.arange(0, 64);
      tl.store(out + ticket * 64 + at, ticket * 1000 + at + tl.sum(four));
      const grid = tl.reshape(tl.atomicAdd(again + at, 1), [8, 8]);
      tl.store(again + 64 + tl.row(tl.arange(0, 8)) * 8 + tl.col(tl.arange(0, 8)), grid * 10 + 1);
    },
  );
  using counter = device.empty([1], { dtype: "i32" }), small = device.empty([4], { dtype: "i32" });
  using out = device.empty([128], { dtype: "i32" }), again = device.empty([128], { dtype: "i32" });
  counter.write(Int32Array.of(0));
  small.write(Int32Array.of(1, 2, 3, 4));
  again.write(Int32Array.from({ length: 128 }, (_, i) => i));
  kernel.launch(1, counter, small, out, again);
  assertEquals([...await counter.read()], [1]);
  assertEquals([...await small.read()], [100, 100, 100, 100]);
  const first = [...await out.read()].slice(0, 64);
  assertEquals(first, Array.from({ length: 64 }, (_, i) => i + 10));
  const all = [...await again.read()];
  assertEquals(all.slice(0, 64), Array.from({ length: 64 }, (_, i) => i + 1));
  const transposed = Array.from({ length: 64 }, (_, i) => (i % 8 * 8 + (i >> 3)) * 10 + 1);
  assertEquals(all.slice(64), transposed);
});

onDevices("programs draw different tickets", async (device) => {
  const kernel = jit(function kernel(counter: Pointer, seen: Pointer) {
    const old = tl.atomicAdd(counter + tl.zeros([16], tl.i32), 1);
    tl.store(seen + old, 1);
  });
  using counter = device.full([1], 0, { dtype: "i32" });
  using seen = device.full([160], 0, { dtype: "i32" });
  kernel.launch(10, counter, seen);
  assertEquals([...await counter.read()], [160]);
  assert([...await seen.read()].every((x) => x === 1), "two elements saw the same number");
});

onDevices("tl.atomicCas puts values where bits are equal", async (device) => {
  const kernel = jit(function kernel(x: Pointer, old: Pointer) {
    const at = tl.arange(0, 8);
    const even = at & ~1;
    tl.store(old + at, tl.atomicCas(x + at, tl.cast(even, tl.f32), -tl.cast(at, tl.f32)));
  });
  const x = [0, 1, 2, 3, 4, 5, 6, 7];
  using values = device.from(x), old = device.empty([8]);
  kernel.launch(1, values, old);
  assertEquals([...await old.read()], x);
  assertEquals([...await values.read()].map((y) => y + 0), [0, 1, -2, 3, -4, 5, -6, 7]);
});

onDevices("a lock keeps programs apart", async (device) => {
  const kernel = jit(function kernel(lock: Pointer, sum: Pointer, { N = 32 }) {
    const at = tl.arange(0, N);
    while (tl.atomicCas(lock, 0, 1) === 1) {
      // wait
    }
    tl.atomicAdd(sum + at, at);
    tl.debugBarrier();
    tl.atomicXchg(lock, 0);
  });
  using lock = device.full([1], 0, { dtype: "i32" }), sum = device.full([32], 0, { dtype: "i32" });
  kernel.launch(4, lock, sum, {});
  assertEquals([...await sum.read()], Array.from({ length: 32 }, (_, i) => 4 * i));
});

onDevices("plain loads and stores beside atomic ones see the same memory", async (device) => {
  const kernel = jit(function kernel(x: Pointer, out: Pointer) {
    const at = tl.arange(0, 32);
    tl.store(x + at, at * 0.5);
    tl.atomicAdd(x + (at & 15), 1);
    tl.store(out + at, tl.load(x + (31 - at)));
  });
  using x = device.empty([32]), out = device.empty([32]);
  kernel.launch(1, x, out);
  const want = Array.from({ length: 32 }, (_, i) => 31 - i).map((i) => i * 0.5 + (i < 16 ? 2 : 0));
  assertEquals([...await out.read()], want);
});

onDevices("atomic operations refuse what they cannot do", (device) => {
  using halves = device.empty([4], { dtype: "f16" }), floats = device.empty([4]);
  using bytes = device.empty([4], { dtype: "i8" });
  const add = jit(function add(x: Pointer) {
    tl.atomicAdd(x, 1);
  });
  const larger = jit(function larger(x: Pointer) {
    tl.atomicMax(x, 1);
  });
  assertThrows(
    () => add.launch(1, bytes),
    Error,
    "tl.atomicAdd works on 32 and 64 bits in memory, and on f16 and bf16, not on i8",
  );
  assertThrows(
    () => larger.launch(1, halves),
    Error,
    "tl.atomicMax works on 32 and 64 bits in memory, not on f16",
  );
  const and = jit(function and(x: Pointer) {
    tl.atomicAnd(x, 1);
  });
  assertThrows(() => and.launch(1, floats), Error, "works on integers");
});

/** Adds to halves beside each other from several programs, and reads and stores others of the same tensor. */
const addHalves = jit(function addHalves(x: Pointer, old: Pointer, { N = 16 }) {
  const at = tl.arange(0, N), program = tl.programId(0);
  const before = tl.atomicAdd(x + at, tl.cast(at + 1, x.dtype), { mask: at !== 3 });
  tl.store(old + program * N + at, before);
  tl.store(x + N + program, 2 * tl.load(x + N + program)); // alone in half a word
});

async function assertHalves(device: Device): Promise<void> {
  for (const dtype of ["f16", "bf16"] as const) {
    const start = Array.from({ length: 20 }, (_, i) => i < 16 ? 0.5 : i);
    using x = device.from(start, { dtype }), old = device.zeros([4 * 16], { dtype });
    addHalves[grid(4)](x, old);
    // Sums of four times i + 1 and 0.5 are halves exactly, in any order.
    const want = start.map((value, i) => i >= 16 ? 2 * value : i === 3 ? 0.5 : 0.5 + 4 * (i + 1));
    assertEquals([...await x.read()], want);
    // Of each place the old values are those of the programs' steps, in some order.
    const values = [...await old.read()];
    for (const i of [0, 1, 15]) {
      const seen = [0, 1, 2, 3].map((program) => values[program * 16 + i]!).sort((a, b) => a - b);
      assertEquals(seen, [0, 1, 2, 3].map((step) => 0.5 + step * (i + 1)));
    }
  }
}

onDevices("tl.atomicAdd adds to halves that share a word", assertHalves);
onGpuWithout("shader-f16", "tl.atomicAdd adds to halves that share a word", assertHalves);

onDevices("tl.atomicAdd rounds each sum of halves", async (device) => {
  const kernel = jit(function kernel(x: Pointer) {
    tl.atomicAdd(x + tl.zeros([4], tl.i32), tl.full([4], 0.25, x.dtype));
  });
  using x = device.from([512], { dtype: "f16" });
  kernel.launch(1, x);
  assertEquals([...await x.read()], [512]); // each quarter is half a unit in the last place, and even stays
});
