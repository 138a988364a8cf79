/** Views: tensors that share memory, where they begin, and what kernels see of several of them. */

import { cdiv, grid, jit, LaunchError, type Pointer, type Tensor, tl } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices, onGpu } from "../support/devices.ts";

/** `out[i] = 2 * x[i]`. */
const twice = jit(function twice(x: Pointer, out: Pointer, n: number, { BLOCK = 64 }) {
  const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK), mask = at < n;
  tl.store(out + at, tl.load(x + at, { mask }) * 2, { mask });
});

const numbers = async (tensor: Tensor) => Array.from(await tensor.read(), Number);
const count = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i);

onDevices("reshape gives the same elements another shape", async (device) => {
  using x = device.arange(24);
  using box = x.reshape([2, 3, 4]), rows = x.reshape([-1, 6]), none = device.zeros([0, 3]);
  using empty = none.reshape([3, 0]);
  assertEquals([box.shape, rows.shape, empty.shape], [[2, 3, 4], [4, 6], [3, 0]]);
  box.write(count(24, 100));
  assertEquals(await numbers(x), count(24, 100));
  const cases: [number[], string][] = [
    [[5, 5], "it has 24 elements, the shape 25"],
    [[-1, 7], "one dimension may be -1, and only where the others divide its 24 elements"],
    [[-1, -1], "one dimension may be -1"],
    [[-2, 12], "dimension 0 is -2, it must be a non-negative integer"],
  ];
  for (const [shape, message] of cases) assertThrows(() => x.reshape(shape), LaunchError, message);
});

onDevices(
  "a slice reads and writes its own elements, of every dtype and offset",
  async (device) => {
    for (const dtype of ["f32", "f16", "i8", "u8", "bf16"] as const) {
      using x = device.zeros([40], { dtype });
      const expected = new Array(40).fill(0);
      for (const [offset, length] of [[0, 3], [5, 1], [7, 2], [10, 7], [17, 0], [20, 4], [31, 9]]) {
        using part = x.slice(offset!, [length!]);
        part.write(count(length!, 1 + offset!));
        count(length!).forEach((i) => expected[offset! + i] = 1 + offset! + i);
        assertEquals(await numbers(part), count(length!, 1 + offset!));
        assertEquals(await numbers(x), expected);
      }
    }
  },
);

onDevices("a slice that is not there is refused", (device) => {
  using x = device.arange(10);
  for (const [offset, shape] of [[8, [3]], [-1, [2]], [0.5, [1]], [11, [0]]] as const) {
    assertThrows(() => x.slice(offset, shape), LaunchError, `from element ${offset} on`);
  }
});

onDevices("memory lives as long as one of its views", async (device) => {
  const x = device.arange(8), before = device.memory().tensors;
  const part = x.slice(2, [4]), again = part.slice(1, [2]);
  x.dispose();
  part.dispose();
  assertEquals(device.memory().tensors, before);
  using other = device.full([8], 9, { dtype: "i32" }); // must not be given the memory
  assertEquals(await numbers(again), [3, 4]);
  again.dispose();
  assertEquals(device.memory().tensors, before);
  assertEquals((await other.read())[0], 9);
});

onDevices("kernels see views from where they begin, of every offset and dtype", async (device) => {
  for (const dtype of ["f32", "f16", "i8"] as const) {
    using x = device.from(count(100).map((i) => i % 50), { dtype, shape: [100] });
    using out = device.zeros([100], { dtype });
    for (const offset of [0, 1, 3, 4, 16, 33, 64]) {
      const n = 30;
      using from = x.slice(offset, [n]);
      out.write(new Array(100).fill(-1));
      twice[grid(cdiv(n, 64))](from, out, n);
      const doubled = count(n).map((i) => (offset + i) % 50 * 2);
      assertEquals(await numbers(out), [...doubled, ...new Array(70).fill(-1)]);
      using to = out.slice(offset, [n]);
      twice[grid(cdiv(n, 64))](x, to, n);
      const all = [...doubled, ...new Array(70).fill(-1)];
      count(n).forEach((i) => all[offset + i] = i * 2);
      assertEquals(await numbers(out), all);
    }
  }
});

onDevices("one launch takes several views of one tensor, for loads and stores", async (device) => {
  using x = device.arange(300, { dtype: "f32" });
  for (
    const [from, to, n] of [[0, 100, 50], [3, 200, 64], [256, 1, 40], [64, 0, 64], [10, 10, 5]]
  ) {
    x.write(count(300));
    using source = x.slice(from!, [n!]), target = x.slice(to!, [n!]);
    twice[grid(cdiv(n!, 64))](source, target, n!);
    const expected = count(300);
    count(n!).forEach((i) => expected[to! + i] = 2 * (from! + i));
    assertEquals(await numbers(x), expected);
  }
  using whole = x.reshape([3, 100]);
  x.write(count(300));
  twice[grid(5)](whole, x, 300);
  assertEquals(await numbers(whole), count(300).map((i) => 2 * i));
});

onDevices("views of one tensor with different lengths from the same element", async (device) => {
  using x = device.arange(256, { dtype: "f32" });
  using few = x.slice(0, [4]);
  twice[grid(1)](few, x, 4);
  twice[grid(1)](x, few, 4);
  assertEquals((await numbers(x)).slice(0, 6), [0, 4, 8, 12, 4, 5]);
});

onGpu("a kernel is compiled once for offsets that are alike", async (device) => {
  let traced = 0;
  const copy = jit((x: Pointer, out: Pointer) => {
    tl.store(out + tl.arange(0, 4), tl.load(x + tl.arange(0, 4)));
  }, () => {
    traced++;
    return {};
  });
  using x = device.arange(1000, { dtype: "f32" }), out = device.zeros([4]);
  const compiles = (offset: number) => {
    const before = traced;
    using part = x.slice(offset, [4]);
    copy[grid(1)](part, out);
    return traced > before;
  };
  assertEquals([64, 128, 1, 2, 7, 4, 12].map(compiles), [
    true,
    false,
    true,
    false,
    false,
    true,
    false,
  ]);
  assertEquals(await numbers(out), [12, 13, 14, 15]);
});

onDevices("an empty view can be taken anywhere, read, written and passed", async (device) => {
  using x = device.arange(64, { dtype: "f32" }), out = device.full([4], 7);
  for (const offset of [0, 1, 63, 64]) {
    using none = x.slice(offset, [0, 3]), again = none.reshape([0]);
    assertEquals([none.size, again.size, (await none.read()).length], [0, 0, 0]);
    none.write([]);
    twice[grid(1)](none, out, 0);
    twice[grid(1)](x, again, 0);
  }
  assertEquals([...await out.read()], [7, 7, 7, 7]);
  assertEquals((await x.read())[63], 63);
});

onGpu("a store out of bounds reaches no other tensor's memory", async (device) => {
  const poke = jit(function poke(x: Pointer, at: number) {
    tl.store(x + at + tl.arange(0, 4), -1);
  });
  // Neighbours before and behind, of the same size and of others.
  const around = () => [64, 64, 1024, 16].map((n) => device.full([n], 5));
  const before = around(), x = device.full([64], 5), after = around();
  for (const target of [x, x.slice(16, [8]), x.slice(5, [8])]) {
    for (const at of [64, 70, 128, 1000, 2 ** 20, 2 ** 29, -4, -64, -(2 ** 20)]) {
      poke[grid(1)](target, at);
    }
  }
  for (const other of [...before, ...after]) {
    assertEquals(new Set(await other.read()), new Set([5]));
  }
  for (const tensor of [...before, x, ...after]) tensor.dispose();
});
