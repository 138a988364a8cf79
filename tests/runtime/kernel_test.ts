/** Kernels through `jit` and a launch: grids, specialisation, caching, aliases, decorated methods. */

import { cdiv, Device, grid, jit, LaunchError, type Pointer, type Tensor, tl } from "../../mod.ts";
import { DTYPES } from "../../lib/ir/dtype.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../support/assert.ts";
import { onCpu, onDevices, onGpu } from "../support/devices.ts";
import { warningsOf } from "../support/warnings.ts";

const add = jit(
  function add(x: Pointer, y: Pointer, out: Pointer, n: number, { BLOCK = 64 }) {
    const offsets = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    const mask = offsets < n;
    const sum = tl.load(x + offsets, { mask }) + tl.load(y + offsets, { mask });
    tl.store(out + offsets, sum, { mask });
  },
);

/** `out[i] = factor` for `i < 4`. */
const fill = jit(function fill(out: Pointer, factor: number) {
  tl.store(out + tl.arange(0, 4), factor);
});

/** Each program writes its number, counted x fastest, at its place. */
const number = jit(function number(out: Pointer) {
  const x = tl.programId(0), y = tl.programId(1), z = tl.programId(2);
  const width = tl.numPrograms(0), height = tl.numPrograms(1);
  tl.store(out + (z * height + y) * width + x, (z * 10 + y) * 10 + x);
});

onDevices("a launch computes, for ragged sizes and both dtypes", async (device) => {
  for (const dtype of ["f32", "f16"] as const) {
    for (const n of [1, 63, 64, 1000]) {
      using x = device.arange(n, { dtype }), y = device.full([n], 0.5, { dtype });
      using out = device.empty([n], { dtype });
      add[grid(cdiv(n, 64))](x, y, out, n);
      const sums = await out.read();
      assertEquals([sums[0], sums[n - 1]], [0.5, n - 0.5]);
    }
  }
});

onDevices("a tensor may be passed twice, and written where it is read", async (device) => {
  using x = device.arange(100, { dtype: "f32" });
  add[grid(2)](x, x, x, 100);
  add[grid(2)](x, x, x, 100);
  assertEquals((await x.read())[99], 396);
});

onDevices("every form of a grid launches the same programs", async (device) => {
  const launches: ((out: Tensor) => void)[] = [
    (out) => number[grid(4, 3, 2)](out),
    (out) => number[grid(() => [4, 3, 2])](out),
    (out) => number.launch([4, 3, 2], out),
    (out) => number.launch(grid(4, 3, 2), out),
    (out) => number.launch(() => [4, 3, 2], out),
    (out) => (number as unknown as Record<string, (out: Tensor) => void>)["4,3,2"]!(out),
  ];
  const expected = Array.from({ length: 24 }, (_, i) => {
    return (Math.floor(i / 12) * 10 + Math.floor(i / 4) % 3) * 10 + i % 4;
  });
  for (const launch of launches) {
    using out = device.zeros([24], { dtype: "i32" });
    launch(out);
    assertEquals([...await out.read()], expected);
  }
  using line = device.zeros([5], { dtype: "i32" });
  number[5]!(line);
  assertEquals([...await line.read()], [0, 1, 2, 3, 4]);
});

onDevices(
  "a grid function is given the constants, their defaults and the arguments",
  async (device) => {
    using x = device.zeros([100]), y = device.full([100], 2), out = device.zeros([100]);
    const seen: unknown[] = [];
    const cover = grid((meta) => {
      seen.push([meta.BLOCK, meta.n, meta.x === x]);
      return cdiv(meta.n, meta.BLOCK);
    });
    add[cover](x, y, out, 100);
    add[cover](x, out, out, 100, { BLOCK: 16 });
    assertEquals(seen, [[64, 100, true], [16, 100, true]]);
    assertEquals([...new Set(await out.read())], [2]);
  },
);

onDevices("an empty grid runs nothing", async (device) => {
  using out = device.full([4], 7);
  fill[grid(0)](out, 1);
  fill[grid(3, 0, 2)](out, 1);
  assertEquals([...await out.read()], [7, 7, 7, 7]);
});

onDevices(
  "scalars arrive as what they are: integers, floats, booleans, typed numbers",
  async (device) => {
    using floats = device.empty([4]), ints = device.empty([4], { dtype: "i32" });
    for (
      const [value, expected] of [[3, 3], [1, 1], [32, 32], [-7, -7], [0.5, 0.5], [
        true,
        1,
      ]] as const
    ) {
      fill[grid(1)](floats, value as number);
      assertEquals((await floats.read())[3], expected);
    }
    for (
      const [value, expected] of [[1, 1], [-7, -7], [2 ** 31 - 1, 2 ** 31 - 1], [
        -(2 ** 31),
        -(2 ** 31),
      ]] as const
    ) {
      fill[grid(1)](ints, value);
      assertEquals((await ints.read())[0], expected);
    }
    fill[grid(1)](floats, tl.f32(2));
    fill[grid(1)](ints, 12n);
    assertEquals([(await floats.read())[0], (await ints.read())[0]], [2, 12]);
    using words = device.empty([4], { dtype: "u32" });
    fill[grid(1)](words, tl.u32(4294967295));
    assertEquals((await words.read())[0], 4294967295);
  },
);

onDevices("a kernel is compiled once for each specialisation", async (device) => {
  let traced = 0;
  const names = () => {
    traced++;
    return { two: 2 };
  };
  const twice = jit((x: Pointer, n: number, { BLOCK = 4 }) => {
    tl.store(x + tl.arange(0, BLOCK), two * n);
  }, names);
  using x = device.empty([16]);
  const count = (launch: () => void) => {
    const before = traced;
    launch();
    return traced - before;
  };
  assert(count(() => twice[grid((meta) => meta.BLOCK)](x, 3)) > 0);
  const reused = [
    () => twice[grid(1)](x, 5),
    () => twice[grid(2)](x, -3),
    () => twice[grid((meta) => meta.BLOCK)](x, 7),
  ];
  assertEquals(reused.map(count), [0, 0, 0]);
  const others = [
    () => twice[grid(1)](x, 1),
    () => twice[grid(1)](x, 16),
    () => twice[grid(1)](x, 5, { BLOCK: 8 }),
    () => twice[grid(1)](x, 5, { numWarps: 2 }),
    () => twice[grid(1)](x, 0.5),
  ];
  await warningsOf(() => {
    for (const launch of others) assert(count(launch) > 0);
  });
  assertEquals((await x.read())[0], 1);
});
declare const two: number; // what `names` gives to the kernel

onGpu("a grid larger than a dispatch takes is folded", async (device) => {
  const programs = 70_001;
  using out = device.zeros([programs], { dtype: "i32" });
  const mark = jit((out: Pointer) => {
    tl.store(out + tl.programId(0), tl.programId(0) + tl.numPrograms(0));
  });
  mark[grid(programs)](out);
  const marks = await out.read();
  assertEquals(marks.findIndex((mark, i) => mark !== i + programs), -1);
  const place = jit((out: Pointer) => {
    const [x, y, z] = [tl.programId(0), tl.programId(1), tl.programId(2)];
    tl.store(out + (z * tl.numPrograms(1) + y) * tl.numPrograms(0) + x, x + 10 * y + 100 * z);
  });
  place[grid(2, 2, 65_536 / 4)](out); // fits, and is not folded
  place[grid(1, 2, 66_000 / 2)](out);
  place[grid(70_000, 1)](out);
  assertEquals((await out.read())[69_999], 69_999);
  using box = device.zeros([66_000 * 4], { dtype: "i32" });
  place[grid(66_000, 2, 2)](box);
  const last = await box.read();
  assertEquals([last[66_000], last[3 * 66_000 + 7]], [10, 117]);
  assertThrows(
    () => mark[grid(65_536, 65_536)](out),
    LaunchError,
    "4294967296 programs are more than",
  );
});

class Affine {
  static SCALE = 3;
  static helper = (x: number) => x + 1;

  @jit
  static run(x: Pointer, { BLOCK = 4 }) {
    const at = x + tl.arange(0, BLOCK);
    tl.store(at, Affine.helper(tl.load(at) * this.SCALE));
  }
}

onDevices("a decorated method is a kernel, which jit types", async (device) => {
  using x = device.full([4], 2);
  const run = jit(Affine.run);
  assertEquals(run as unknown, Affine.run);
  run[grid(1)](x);
  jit(Affine.run)[grid(1)](x, { BLOCK: 2 });
  assertEquals([...await x.read()], [22, 22, 7, 7]);
});

onDevices("a kernel runs on several devices at once", async (device) => {
  using other = await Device.open({ device: "cpu" });
  using here = device.empty([4]), there = other.empty([4]);
  fill[grid(1)](here, 5);
  fill[grid(1)](there, 6);
  assertEquals([(await here.read())[0], (await there.read())[0]], [5, 6]);
});

onCpu("a parameter that has been an i32 and an f32 is told of once", async (device) => {
  const scale = jit(function scale(x: Pointer, factor: number) {
    tl.store(x, tl.load(x) * factor);
  });
  const declared = jit(function declared(x: Pointer, factor: number = tl.f32) {
    tl.store(x, tl.load(x) * factor);
  });
  using x = device.full([1], 1);
  const warnings = await warningsOf(() => {
    for (const factor of [2, 3, 0.5, 2, 0.5]) scale[grid(1)](x, factor);
    for (const factor of [2, 0.5]) declared[grid(1)](x, factor);
  });
  assertEquals(warnings, [
    "Nereid: parameter 'factor' of kernel 'scale' has been an i32 and is now an f32, as the number passed is not integral. " +
    "Declare it: factor: number = tl.f32, or pass tl.f32(…)",
  ]);
});

onCpu("mistaken ways to launch say what to write", (device) => {
  using x = device.zeros([4]);
  const loose = fill as unknown as Record<string, (...args: unknown[]) => void> & (() => void);
  const cases: [() => unknown, RegExp][] = [
    [() => loose(), /^Cannot call the kernel 'fill' without a grid: write fill\[grid\(…\)\]\(…\)$/],
    [
      () => loose[((meta: unknown) => meta) as unknown as string],
      /^Cannot launch 'fill' over a bare function: write fill\[grid\(\(meta\) => …\)\]\(…\)$/,
    ],
    [() => loose[NaN], /^Cannot launch 'fill' over the grid 'NaN': write fill\[grid\(x, y, z\)\]/],
    [() => loose["1.5"], /each dimension must be a non-negative integer; cdiv\(n, BLOCK\) rounds/],
    [() => loose["1,2,3,4"], /a grid has one to three dimensions/],
    [
      () => grid(-1),
      /^Cannot launch over the grid \(-1, 1, 1\): each dimension must be a non-negative/,
    ],
    [() => fill[grid(() => [1.5])](x, 1), /rounds a quotient up$/],
    [() => jit(5 as unknown as () => void), /^Cannot make a kernel of 5: jit takes a function$/],
  ];
  for (const [run, message] of cases) assertMatch(assertThrows(run, LaunchError).message, message);
});

Deno.test("a kernel gives its graph for described arguments, without a device", () => {
  const graph = fill.graph([
    { kind: "pointer", dtype: DTYPES.f32, divisibility: 16 },
    { kind: "scalar", dtype: DTYPES.f32, divisibility: 1 },
  ]);
  assertEquals(graph.params.map((param) => param.name), ["out", "factor"]);
  assertEquals([fill.name, `${fill}`], ["fill", "Kernel fill"]);
});
