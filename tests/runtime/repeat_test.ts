/** Launches that are like an earlier one take a shorter way; it must lead to the same place. */

import {
  autotune,
  cdiv,
  CompilationError,
  Device,
  grid,
  type GridMeta,
  heuristics,
  jit,
  LaunchError,
  type Pointer,
  type Tensor,
  TensorDescriptor,
  tl,
} from "../../mod.ts";
import { launchableOf } from "../../lib/launch/launchable.ts";
import { observeStages } from "../../lib/stages.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../support/assert.ts";
import { onDevices, onGpu } from "../support/devices.ts";
import { warningsOf } from "../support/warnings.ts";

/** Tells what it was launched with: `[a, b, SCALE * 1, x[0], number of programs]`, in `out`. */
const tell = jit(function tell(
  x: Pointer,
  out: Pointer,
  a: number,
  b: number = tl.f32,
  { SCALE = 1, MAP = (x) => x }: { SCALE?: number; MAP?: (x: number) => number } = {},
) {
  const first = tl.load(x);
  tl.store(out, a);
  tl.store(out + 1, b);
  tl.store(out + 2, MAP(SCALE));
  tl.store(out + 3, first);
  tl.store(out + 4, tl.numPrograms(0));
});

onDevices("what a launch is given reaches the kernel, in any order of launches", async (device) => {
  await warningsOf(async () => {
    const half = (x: number) => x / 2, double = (x: number) => x * 2;
    using x = device.full([64], 7), y = device.full([4], 8, { dtype: "i32" });
    using z = device.full([64], 9), moved = z.slice(1, [4]), far = z.slice(32, [4]);
    const cases: [Tensor, number, unknown, unknown, object | undefined, number[]][] = [];
    const scalars: [unknown, number][] = [
      [5, 5],
      [1, 1],
      [32, 32],
      [0, 0],
      [-1, -1],
      [0.5, 0.5],
      [true, 1],
      [false, 0],
      [tl.f32(3), 3],
      [tl.i32(4), 4],
      [tl.i32(1), 1],
      [6n, 6],
      [1n, 1],
      [32n, 32],
      [tl.i64(7n), 7],
    ];
    for (const [tensor, first] of [[x, 7], [y, 8], [moved, 9], [far, 9]] as const) {
      for (const [a, seen] of scalars) {
        cases.push([tensor, 1, a, 0.25, undefined, [seen, 0.25, 1, first, 1]]);
      }
    }
    for (
      const [constants, seen] of [
        [{}, 1],
        [{ SCALE: 3 }, 3],
        [{ SCALE: undefined }, 1],
        [{ MAP: half }, 0.5],
        [{ MAP: double, SCALE: 2 }, 4],
        [{ SCALE: 2, MAP: double }, 4],
        [{ SCALE: -0 }, -0],
        [{ SCALE: 0 }, 0],
        [{ numWarps: 1 }, 1],
        [{ numWarps: 2, SCALE: 5 }, 5],
        [{ SCALE: 3, MAP: (x: number) => x + 1 }, 4],
        [{ SCALE: 3, MAP: (x: number) => x - 1 }, 2],
      ] as const
    ) {
      for (const programs of [1, 3]) {
        cases.push([x, programs, 2, 5, constants, [2, 5, seen, 7, programs]]);
      }
    }
    using out = device.zeros([5]);
    // Each twice in a row and once more after all the others.
    for (const round of [0, 1]) {
      for (const [tensor, programs, a, b, constants, expected] of cases) {
        for (let again = round; again < 2; again++) {
          out.write([9, 9, 9, 9, 9]);
          tell[grid(programs)](tensor, out, a as number, b as number, constants ?? {});
          assertEquals([...await out.read()], expected);
        }
      }
    }
  });
});

onDevices("a launch that does not fit is refused after any number that did", async (device) => {
  using other = await Device.open({ device: "cpu" });
  using x = device.full([4], 1), out = device.zeros([5]), strange = other.zeros([4]);
  const gone = device.zeros([4]);
  const loose = tell as unknown as Record<string, (...args: unknown[]) => void>;
  const good = () => loose["1"]!(x, out, 2, 3, { SCALE: 1 });
  good();
  good();
  loose["1"]!(gone, out, 2, 3);
  loose["1"]!(gone, out, 2, 3);
  gone.dispose();
  const cases: [unknown[], RegExp][] = [
    [[gone, out, 2, 3], /'x', is the Tensor f32 \[4\] on \w+, which has been disposed of/],
    [[strange, out, 2, 3], /different devices/],
    [[x, strange, 2, 3], /different devices/],
    [[x, out], /'a' is missing/],
    [[x, out, 2], /'b' is missing/],
    [[x, out, 2, 3, 4, {}], /with 5 arguments: it takes 4/],
    [[x, out, 2, 3, { SCALES: 1 }], /did you mean 'SCALE'/],
    [[x, out, 2, 3, { numWarps: 3 }], /numWarps 3: it must be a power of two/],
    [[x, out, null, 3], /'a', is null/],
    [[x, out, [1], 3], /is an array of the host/],
    [[x, out, 2 ** 40, 3], /.*/],
    [[x, out, 2, x], /declared a scalar of f32/],
    [[x, out, 2, tl.i32(3)], /declared as f32/],
    [[Promise.resolve(x), out, 2, 3], /is a promise: await it/],
    [[1, 2, 3, 4], /without a tensor/],
  ];
  for (const [args, message] of cases) {
    const isLong = args[2] === 2 ** 40; // an i64 where there are some
    try {
      loose["1"]!(...args);
      assert(isLong, `${args.map(String)} was taken`);
    } catch (error) {
      assertMatch((error as Error).message, message);
    }
    good();
  }
  assertEquals([...await out.read()].slice(0, 4), [2, 3, 1, 1]);
  assertThrows(() => loose["1.5"], LaunchError);
});

onGpu("tensors that come to share memory are seen to", async (device) => {
  const add = jit(function add(x: Pointer, y: Pointer, out: Pointer) {
    const at = tl.arange(0, 4);
    tl.store(out + at, tl.load(x + at) + tl.load(y + at));
  });
  using a = device.full([4], 1), b = device.full([4], 2), c = device.zeros([8]);
  using left = c.slice(0, [4]), right = c.slice(4, [4]);
  const sums: number[] = [];
  for (
    const [x, y, out] of [
      [a, b, left],
      [a, a, left],
      [left, left, left],
      [left, right, right],
      [
        a,
        left,
        left,
      ],
      [right, left, right],
      [a, b, left],
    ] as const
  ) {
    for (let again = 0; again < 2; again++) add[grid(1)](x, y, out);
    sums.push((await out.read())[3]!);
  }
  assertEquals(sums, [3, 2, 8, 16, 10, 36, 3]);
});

onGpu(
  "a launcher that is kept has its own grid, whatever is launched meanwhile",
  async (device) => {
    using x = device.full([1], 1), out = device.zeros([5]);
    const one = tell[grid(1)], two = tell[grid(2)];
    const seen: number[] = [];
    for (const launch of [one, two, one, tell[grid(3)], two]) {
      launch(x, out, 1, 1);
      seen.push((await out.read())[4]!);
    }
    assertEquals(seen, [1, 2, 1, 3, 2]);
  },
);

onDevices("a helper that is made anew for each launch is compiled once", async (device) => {
  const map = jit((x: Pointer, { MAP }: { MAP: (x: number) => number }) => {
    tl.store(x, MAP(tl.load(x)));
  });
  using x = device.full([1], 1);
  const traced: string[] = [];
  observeStages((stage) => stage === "trace" && traced.push(stage));
  try {
    for (let i = 0; i < 4000; i++) map[grid(1)](x, { MAP: (x: number) => x + 1 }); // more than are remembered
    map[grid(1)](x, { MAP: (x: number) => x * 2 });
  } finally {
    observeStages(undefined);
  }
  assertEquals([traced.length, (await x.read())[0]], [2, 8002]);
});

onGpu("parts of one memory are seen from where they begin, however they lie", async (device) => {
  const add = jit(function add(x: Pointer, y: Pointer, out: Pointer) {
    const at = tl.arange(0, 4);
    tl.store(out + at, tl.load(x + at) + tl.load(y + at));
  });
  const numbers = Float32Array.from({ length: 256 }, (_, i) => i);
  using x = device.from(numbers);
  const places = [0, 4, 5, 64, 100, 67, 0, 128];
  for (let round = 0; round < 2; round++) {
    for (const a of places) {
      for (const b of places) {
        for (const c of [200, 192, 201]) {
          const [left, right, out] = [a, b, c].map((from) => x.slice(from, [4]));
          add[grid(1)](left!, right!, out!);
          const sums = out!.read();
          for (const part of [left, right, out]) part!.dispose();
          assertEquals([...await sums], [0, 1, 2, 3].map((i) => a + b + 2 * i));
        }
      }
    }
  }
});

/** How many of the launches that `action` makes are looked at in full: what is kept of one is told. */
function lookedAt(kernel: unknown, action: () => void): number {
  const behind = launchableOf(kernel)!, { prepare } = behind;
  let count = 0;
  behind.prepare = (...args) => (count++, prepare.apply(behind, args));
  try {
    action();
  } finally {
    behind.prepare = prepare;
  }
  return count;
}

onGpu("every kind of argument is recognised when it comes again", async (device) => {
  const take = jit(function take(
    x: Pointer,
    block: TensorDescriptor,
    n: number,
    { MAP = (x) => x, SIZES = [1] }: { MAP?: (x: number) => number; SIZES?: number[] } = {},
  ) {
    const [size = 0] = SIZES;
    tl.store(x + tl.arange(0, 4), MAP(block.load([0])) * size + n);
  });
  using x = device.zeros([64]), y = device.full([8], 3), part = y.slice(1, [4]);
  const launch = take as unknown as Record<string, (...args: unknown[]) => void>;
  const cases: (readonly [args: () => unknown[], first: number])[] = [
    [() => [x, TensorDescriptor.from(y, [4]), 5], 8],
    [() => [x, TensorDescriptor.from(part, [4]), 5], 8],
    [() => [x, TensorDescriptor.from(y, [4], { padding: "nan" }), 5], 8],
    [() => [x.slice(3, [9]), TensorDescriptor.from(y, [4]), 5], 8],
    [() => [x, TensorDescriptor.from(y, [4]), 5n], 8],
    [() => [x, TensorDescriptor.from(y, [4]), tl.i64(2n ** 40n)], 2 ** 40],
    [() => [x, TensorDescriptor.from(y, [4]), true], 4],
    [() => [x, TensorDescriptor.from(y, [4]), 0.5, { MAP: (x: number) => x * 2 }], 6.5],
    [() => [x, TensorDescriptor.from(y, [4]), 0.5, { SIZES: [2, 3] }], 6.5],
    [() => [x, TensorDescriptor.from(y, [4]), 0.5, { SIZES: [3, 2] }], 9.5],
  ];
  await warningsOf(async () => {
    for (const round of [0, 1]) {
      for (const [args, first] of cases) {
        const given = args(), out = given[0] as Tensor;
        assertEquals(lookedAt(take, () => launch["1"]!(...given)), 1 - round, String(args));
        assertEquals((await out.read())[0], first, String(args));
      }
    }
  });
});

onGpu("a text is not taken for a tensor of the dtype that it names", async (device) => {
  const copy = jit(function copy(x: Pointer, out: Pointer) {
    tl.store(out, tl.load(x));
  });
  const launch = copy as unknown as Record<string, (...args: unknown[]) => void>;
  using x = device.full([1], 5), out = device.zeros([1]);
  for (let round = 0; round < 2; round++) {
    launch["1"]!(x, out);
    assertEquals((await out.read())[0], 5);
    assertThrows(() => launch["1"]!("f32", out), CompilationError);
  }
});

onGpu("descriptors of other tensors, sizes and blocks are told apart", async (device) => {
  const copy = jit(function copy(from: TensorDescriptor, to: TensorDescriptor) {
    to.store([0, 0], from.load([0, 0]));
  });
  using x = device.arange(64, { dtype: "f32" });
  for (let round = 0; round < 2; round++) {
    for (const [rows, columns] of [[4, 8], [3, 8], [4, 16], [1, 1], [4, 5]] as const) {
      for (const block of [[4, 4], [2, 8]]) {
        using out = device.full([64], -1);
        const options = [[rows, columns], [columns, 1], block] as const;
        copy[grid(1)](new TensorDescriptor(x, ...options), new TensorDescriptor(out, ...options));
        const expected = Array.from({ length: 64 }, (_, i) => {
          const row = Math.floor(i / columns), column = i % columns;
          return row < Math.min(rows, block[0]!) && column < Math.min(columns, block[1]!) ? i : -1;
        });
        assertEquals([...await out.read()], expected);
      }
    }
  }
});

onGpu("computed constants and tuned ones are found again without a second look", async (device) => {
  const fill = jit(function fill(x: Pointer, n: number, { BLOCK, EVEN }: Meta) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    tl.store(x + at, EVEN ? n : n + 0.5, { mask: at < n });
  });
  const rules = { EVEN: (args: GridMeta) => args.n % 2 === 0 };
  const configs = [{ BLOCK: 16 }, { BLOCK: 32 }];
  const inside = autotune({ configs, key: ["n", "x"] }, heuristics(rules, fill));
  const outside = heuristics(rules, autotune({ configs, key: ["n"] }, fill));
  using x = device.zeros([64]), y = device.zeros([4, 4]);
  for (const kernel of [inside, outside]) {
    for (const round of [0, 1, 2]) {
      for (const [tensor, n] of [[x, 12], [y, 12], [x, 13], [y, 1]] as const) {
        const launch = () => kernel[grid((meta) => cdiv(meta.n, meta.BLOCK))](tensor, n);
        const looks = lookedAt(kernel, launch);
        await device.synchronize(); // tuned
        if (round === 2) assertEquals(looks, 0, `${n}`);
        assertEquals((await tensor.read())[n - 1], n % 2 === 0 ? n : n + 0.5);
      }
    }
  }
});

interface Meta {
  BLOCK: number;
  EVEN: boolean;
}
