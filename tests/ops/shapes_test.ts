/** Operations that put tiles together, take them apart and rearrange elements. */

import { tl } from "../../mod.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { failure, pointer } from "../trace/support.ts";
import { alongAxis, applied, numbers } from "./support.ts";

/** 0, 1, 2, … from `start` on in a shape. */
function counted(shape: readonly number[], start = 0) {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const values = Array.from({ length: count }, (_, i) => start + i);
  return { shape, dtype: "i32" as const, values };
}

onDevices("join puts two tiles side by side, and split takes them apart", async (device) => {
  for (const shape of [[8], [4, 16], [2, 2, 64]]) {
    const a = counted(shape), b = counted(shape, 1000);
    const pairs = a.values.flatMap((x, i) => [x, b.values[i]!]);
    const both = { shape: [...shape, 2], dtype: "i32" as const };
    const [joined] = await applied(device, (a: number, b: number) => tl.join(a, b), [a, b], [both]);
    assertEquals(joined, pairs);
    const parts = await applied(
      device,
      (x: number) => tl.split(x),
      [{ ...both, values: pairs }],
      [a, b],
    );
    assertEquals(parts, [a.values, b.values]);
  }
});

onDevices("joining broadcasts, and keeps what is no number", async (device) => {
  const values = [NaN, -0, Infinity, 1], x = { shape: [4], dtype: "f32" as const, values };
  const [joined] = await applied(device, (x: number) => tl.join(x, -1), [x], [
    { shape: [4, 2], dtype: "f32" },
  ]);
  assertEquals(joined, values.flatMap((value) => [value, -1]));
  const parts = await applied(
    device,
    (x: number) => tl.split(tl.join(x, -x)),
    [x],
    [x, x],
  );
  assertEquals(parts, [values, [NaN, 0, -Infinity, -1]]);
});

onDevices(
  "split gives scalars of two elements, and interleaving two scalars a pair",
  async (device) => {
    const [pair] = await applied(
      device,
      (x: number) => {
        const [a, b] = tl.split(x);
        return tl.interleave(b, a + b);
      },
      [counted([2], 3)],
      [counted([2])],
    );
    assertEquals(pair, [4, 7]);
  },
);

onDevices("interleave takes elements in turn", async (device) => {
  for (const shape of [[4], [8, 32]]) {
    const a = counted(shape), b = counted(shape, 500);
    const out = { shape: shape.with(-1, shape.at(-1)! * 2), dtype: "i32" as const };
    const [made] = await applied(
      device,
      (a: number, b: number) => tl.interleave(a, b),
      [a, b],
      [out],
    );
    assertEquals(made, a.values.flatMap((x, i) => [x, b.values[i]!]));
  }
});

onDevices("cat puts one tile after another", async (device) => {
  const a = counted([4, 8]), b = counted([4, 8], 100);
  for (const dim of [0, 1]) {
    const [made] = await applied(
      device,
      dim === 0
        ? (a: number, b: number) => tl.cat(a, b)
        : (a: number, b: number) => tl.cat(a, b, { dim: -1 }),
      [a, b],
      [{ shape: [4, 8].with(dim, [8, 16][dim]!), dtype: "i32" }],
    );
    const [p, q] = [a, b].map((x) => alongAxis(x, dim));
    const lists = p!.lists.map((list, i) => [...list, ...q!.lists[i]!]);
    assertEquals(made, p!.join(lists));
  }
});

onDevices("flip reverses a dimension", async (device) => {
  for (const shape of [[1], [64], [256], [16, 32], [4, 2, 8]]) {
    for (let dim = 0; dim < shape.length; dim++) {
      const x = counted(shape), { lists, join } = alongAxis(x, dim);
      const fs = [
        (x: number) => tl.flip(x, 0),
        (x: number) => tl.flip(x, 1),
        (x: number) => tl.flip(x),
      ];
      const f = dim === shape.length - 1 ? fs[2]! : fs[dim]!;
      const [flipped] = await applied(device, f, [x], [x]);
      assertEquals(flipped, join(lists.map((list) => list.toReversed())), `${shape} along ${dim}`);
    }
  }
});

onDevices("a tile larger than workgroup memory is flipped in parts", async (device) => {
  const x = counted([8192]);
  const [flipped] = await applied(device, (x: number) => tl.flip(x), [x], [x]);
  assertEquals(flipped, x.values.toReversed());
});

onDevices("gather takes elements by index along an axis", async (device) => {
  const cases = [[[32, 16], [8, 16], 0], [[16, 32], [16, 64], 1], [[128], [4], 0]] as const;
  for (const [from, to, axis] of cases) {
    const x = numbers(from, "f32"), n = from[axis]!;
    const index = numbers(to, "u32", 1000, 7);
    const within = { ...index, values: index.values.map((i) => i % n) };
    const [made] = await applied(
      device,
      axis === 0
        ? (x: number, i: number) => tl.gather(x, i, 0)
        : (x: number, i: number) => tl.gather(x, i, -1),
      [x, within],
      [{ shape: to, dtype: "f32" }],
    );
    const source = alongAxis(x, axis), which = alongAxis(within, axis);
    const lists = which.lists.map((list, l) => list.map((i) => source.lists[l]![i]!));
    assertEquals(made, which.join(lists));
  }
});

onDevices("swizzle2d walks a grid in groups of rows", async (device) => {
  const [rows, columns, group] = [5, 3, 2], size = 16;
  const results = await applied(
    device,
    (x: number) => tl.swizzle2d((x / 3) | 0, x % 3, 5, 3, 2),
    [counted([size])],
    [counted([size]), counted([size])],
  );
  const wanted: [number, number][] = [];
  for (let first = 0; first < rows; first += group) {
    const height = Math.min(group, rows - first);
    for (let j = 0; j < columns; j++) {
      for (let i = 0; i < height; i++) wanted.push([first + i, j]);
    }
  }
  assertEquals(results[0]!.slice(0, 15).map((i, n) => [i, results[1]![n]!]), wanted);
});

Deno.test("what does not fit together is said", () => {
  const rows: [string, string][] = [
    ["tl.split(tl.arange(0, 4))", "whose last dimension is 2"],
    ["tl.join(tl.arange(0, 4), tl.arange(0, 8))", "do not fit together"],
    ["tl.cat(tl.arange(0, 4), tl.zeros([4, 2], tl.i32))", "differ along dimension 0 alone"],
    ["tl.gather(tl.arange(0, 4), tl.arange(0, 4) * 0.5, 0)", "needs integers as indices"],
    ["tl.gather(tl.arange(0, 4), tl.zeros([2, 2], tl.i32), 0)", "needs an index of"],
    ["tl.view(tl.arange(0, 4), 2, 4)", "has 4 elements"],
    ["tl.flip(tl.arange(0, 4), 1)", "axis 1"],
    ["tl.swizzle2d(0, 0.5, 1, 1, 1)", "works on integers"],
  ];
  for (const [expression, wanted] of rows) {
    const message = failure(`(x) => { ${expression}; }`, [pointer("f32")]);
    assertStringIncludes(message, wanted, expression);
  }
});
