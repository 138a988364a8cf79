/**
 * 64-bit integers on every device: the CPU, GPUs that have them, and GPUs that compute with their words.
 * Expected numbers come from JavaScript's own bigints.
 */

import { type Device, grid, jit, type Pointer, tl } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
import { type DeviceTest, onDevices, onGpuWithout } from "../support/devices.ts";

/** Declares the test for all three ways. */
function onAll(name: string, fn: DeviceTest): void {
  onDevices(name, fn);
  onGpuWithout("wgpu-shader-int64", name, fn);
}

type Wide = "i64" | "u64";
const wrap = {
  i64: (x: bigint) => BigInt.asIntN(64, x),
  u64: (x: bigint) => BigInt.asUintN(64, x),
};

/** Numbers at the ends, at the word's border, and in between. */
const NUMBERS = [
  ...[0n, 1n, 2n, 3n, 7n, 10n, 31n, 32n, 33n, 63n, 255n, 0x7fffffffn, 0x80000000n, 0xffffffffn],
  ...[2n ** 32n, 2n ** 32n + 1n, 2n ** 40n, 2n ** 53n + 1n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 63n],
  ...[0x123456789abcdefn, 0xfedcba9876543210n, 0x5555555555555555n, 6700417n * 641n],
];
/** With their negatives, as a dtype has them. */
const EDGES = (dtype: Wide) => [...NUMBERS, ...NUMBERS.map((x) => -x)].map(wrap[dtype]);

/** Each number with each of some others. */
function pairs(dtype: Wide): [BigInt64Array | BigUint64Array, BigInt64Array | BigUint64Array] {
  const all = EDGES(dtype), others = all.filter((_, i) => i % 3 !== 1);
  const both = all.flatMap((a) => others.map((b) => [a, b] as const)).slice(0, 1664);
  const Class = dtype === "i64" ? BigInt64Array : BigUint64Array;
  return [Class.from(both.map(([a]) => a)), Class.from(both.map(([, b]) => b))];
}

const arithmetic = jit(
  function arithmetic(x: Pointer, y: Pointer, out: Pointer, n: number, { BLOCK = 256 }) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK), mask = at < n;
    const a = tl.load(x + at, { mask }), b = tl.load(y + at, { mask, other: 1 });
    tl.store(out + at, a + b, { mask });
    tl.store(out + n + at, a - b, { mask });
    tl.store(out + 2 * n + at, a * b, { mask });
    tl.store(out + 3 * n + at, tl.minimum(a, b), { mask });
    tl.store(out + 4 * n + at, tl.maximum(a, b), { mask });
    tl.store(out + 5 * n + at, tl.abs(a), { mask });
    tl.store(out + 6 * n + at, a & b, { mask });
    tl.store(out + 7 * n + at, a | b, { mask });
    tl.store(out + 8 * n + at, a ^ ~b, { mask });
    tl.store(out + 9 * n + at, a << (b & 63), { mask });
    tl.store(out + 10 * n + at, a >> (b & 63), { mask });
    tl.store(out + 11 * n + at, tl.where(a < b, a, b), { mask });
    tl.store(out + 12 * n + at, -a, { mask });
  },
);

const division = jit(
  function division(x: Pointer, y: Pointer, out: Pointer, n: number, { BLOCK = 128 }) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK), mask = at < n;
    const a = tl.load(x + at, { mask }), b = tl.load(y + at, { mask, other: 1 });
    tl.store(out + at, (a / b) | 0, { mask });
    tl.store(out + n + at, Math.floor(a / b), { mask });
    tl.store(out + 2 * n + at, a % b, { mask });
  },
);

const comparison = jit(
  function comparison(x: Pointer, y: Pointer, out: Pointer, n: number, { BLOCK = 256 }) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK), mask = at < n;
    const a = tl.load(x + at, { mask }), b = tl.load(y + at, { mask });
    const order = tl.where(a < b, 1, 0) + tl.where(a <= b, 2, 0) + tl.where(a > b, 4, 0) +
      tl.where(a >= b, 8, 0);
    const equality = tl.where(a === b, 16, 0) + tl.where(a !== b, 32, 0) +
      tl.where(a !== 0, 64, 0);
    tl.store(out + at, order + equality, { mask });
  },
);

async function run(
  device: Device,
  kernel: typeof arithmetic,
  inputs: readonly (BigInt64Array | BigUint64Array)[],
  count: number,
  BLOCK: number,
): Promise<bigint[]> {
  const [x, y] = inputs.map((input) => device.from(input as BigInt64Array)), n = x!.size;
  const out = device.empty([count * n], { dtype: x!.dtype });
  kernel[grid(Math.ceil(n / BLOCK))](x!, y!, out, n);
  return Array.from(await out.read(), BigInt);
}

/** Where two lists differ, with the operands. */
function differences(
  [x, y]: readonly ArrayLike<bigint>[],
  found: readonly bigint[],
  expected: readonly ((a: bigint, b: bigint) => bigint)[],
): string[] {
  const n = x!.length;
  return found.flatMap((got, i) => {
    const [a, b] = [x![i % n]!, y![i % n]!], want = expected[Math.floor(i / n)]!(a, b);
    return got === want ? [] : [`${Math.floor(i / n)} of ${a} and ${b}: ${got}, not ${want}`];
  }).slice(0, 5);
}

for (const dtype of ["i64", "u64"] as const) {
  const to = wrap[dtype], unsigned = (x: bigint) => BigInt.asUintN(64, x);

  onAll(`arithmetic of ${dtype} wraps at 64 bits`, async (device) => {
    const inputs = pairs(dtype), found = await run(device, arithmetic, inputs, 13, 256);
    const expected = [
      (a: bigint, b: bigint) => a + b,
      (a: bigint, b: bigint) => a - b,
      (a: bigint, b: bigint) => a * b,
      (a: bigint, b: bigint) => a < b ? a : b,
      (a: bigint, b: bigint) => a > b ? a : b,
      (a: bigint) => a < 0n ? -a : a,
      (a: bigint, b: bigint) => a & b,
      (a: bigint, b: bigint) => a | b,
      (a: bigint, b: bigint) => a ^ ~b,
      (a: bigint, b: bigint) => a << (unsigned(b) & 63n),
      (a: bigint, b: bigint) => a >> (unsigned(b) & 63n),
      (a: bigint, b: bigint) => a < b ? a : b,
      (a: bigint) => -a,
    ].map((f) => (a: bigint, b: bigint) => to(f(a, b)));
    assertEquals(differences(inputs, found, expected), []);
  });

  onAll(
    `division of ${dtype} rounds as the operator says, and by 0 gives the dividend`,
    async (device) => {
      const inputs = pairs(dtype), found = await run(device, division, inputs, 3, 128);
      const floor = (a: bigint, b: bigint) => a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);
      const expected = [
        (a: bigint, b: bigint) => b === 0n ? a : a / b,
        (a: bigint, b: bigint) => b === 0n ? a : floor(a, b),
        (a: bigint, b: bigint) => b === 0n ? 0n : a % b,
      ].map((f) => (a: bigint, b: bigint) => to(f(a, b)));
      assertEquals(differences(inputs, found, expected), []);
    },
  );

  onAll(`comparisons of ${dtype} see all 64 bits`, async (device) => {
    const inputs = pairs(dtype), found = await run(device, comparison, inputs, 1, 256);
    const flags = (a: bigint, b: bigint) =>
      [a < b, a <= b, a > b, a >= b, a === b, a !== b, a !== 0n]
        .reduce((sum, flag, i) => flag ? sum + (1n << BigInt(i)) : sum, 0n);
    assertEquals(differences(inputs, found, [flags]), []);
  });
}

const casts = jit(function casts(x: Pointer, out: Pointer, n: number, { BLOCK = 64 }) {
  const at = tl.arange(0, BLOCK), mask = at < n;
  tl.store(out + at, tl.load(x + at, { mask }), { mask });
});

/** The f32 nearest to an integer: of the floats around it the nearer one, in a tie the even one. */
function nearestFloat(x: bigint): number {
  if (x > -(2n ** 24n) && x < 2n ** 24n) return Number(x);
  const guess = Math.fround(Number(x)), step = new Float32Array([guess]);
  const bits = new Int32Array(step.buffer), around: number[] = [];
  for (const by of [-1, 0, 1]) {
    step[0] = guess;
    bits[0]! += by;
    around.push(step[0]!);
  }
  const distance = (y: number) => {
    const d = BigInt(y) - x;
    return d < 0n ? -d : d;
  };
  const even = (y: number) => (step[0] = y, bits[0]! & 1);
  around.sort((a, b) => {
    const d = distance(a) - distance(b);
    return d < 0n ? -1 : d > 0n ? 1 : even(a) - even(b);
  });
  return around[0]!;
}

const AWKWARD = [
  ...EDGES("i64"),
  ...[2n ** 24n + 1n, 2n ** 25n + 2n, 2n ** 54n + 2n ** 30n + 1n, 2n ** 54n + 2n ** 30n],
  ...[
    2n ** 60n + 2n ** 36n,
    2n ** 60n + 2n ** 36n + 1n,
    2n ** 60n + 3n * 2n ** 36n,
    65519n,
    65520n,
  ],
];

for (const dtype of ["i64", "u64"] as const) {
  for (const to of ["bool", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64"] as const) {
    onAll(`${dtype} is cast to ${to} by its low bits`, async (device) => {
      const x = device.from(AWKWARD.slice(0, 64), { dtype });
      const out = device.empty([x.size], { dtype: to });
      casts[grid(1)](x, out, x.size, { numWarps: 1 });
      const bits =
        { bool: 1, i8: 8, u8: 8, i16: 16, u16: 16, i32: 32, u32: 32, i64: 64, u64: 64 }[to];
      const expected = AWKWARD.slice(0, 64).map((x) =>
        to === "bool"
          ? BigInt(wrap[dtype](x) !== 0n)
          : to.startsWith("i")
          ? BigInt.asIntN(bits, x)
          : BigInt.asUintN(bits, x)
      );
      assertEquals(Array.from(await out.read(), BigInt), expected);
    });
  }

  onAll(`${dtype} is cast to floats with one rounding`, async (device) => {
    const numbers = AWKWARD.slice(0, 64).map(wrap[dtype]);
    const x = device.from(numbers, { dtype });
    const out = device.empty([x.size]), half = device.empty([x.size], { dtype: "f16" });
    casts[grid(1)](x, out, x.size, { numWarps: 1 });
    casts[grid(1)](x, half, x.size, { numWarps: 1 });
    const expected = numbers.map(nearestFloat);
    assertEquals([...await out.read()], expected);
    assertEquals([...await half.read()], expected.map(Math.f16round));
  });

  onAll(`floats are cast to ${dtype} by truncation, and saturate`, async (device) => {
    const numbers = [
      ...[0, -0, 0.5, -0.5, 1.5, -1.5, 255.99, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 33 + 1024, 3e9],
      ...[-3e9, 1e18, -1e18, 2 ** 62, 2 ** 63, -(2 ** 63), 2 ** 64, 1e19, -1e19, 1e30, -1e30],
      ...[NaN, Infinity, -Infinity, 2 ** -149, 16777217, 8388607.5, -8388607.5],
    ].map(Math.fround);
    const x = device.from(numbers), out = device.empty([x.size], { dtype });
    casts[grid(1)](x, out, x.size, { numWarps: 1 });
    const [low, high] = dtype === "i64" ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
    const expected = numbers.map((x) => {
      if (Number.isNaN(x)) return 0n;
      if (Math.abs(x) === Infinity) return x > 0 ? high : low;
      const whole = BigInt(Math.trunc(x));
      return whole < low ? low : whole > high ? high : whole;
    });
    assertEquals([...await out.read()], expected);
  });
}

for (const from of ["bool", "i8", "u8", "i16", "u16", "i32", "u32", "f16", "bf16"] as const) {
  onAll(`${from} is cast to i64 and u64 with its sign`, async (device) => {
    const numbers = [0, 1, -1, 100, -100, 127, -128, 255, 32767, -32768, 65535, 2 ** 31 - 1, -5];
    const x = device.from(numbers, { dtype: from }), held = Array.from(await x.read(), Number);
    for (const dtype of ["i64", "u64"] as const) {
      const out = device.empty([x.size], { dtype });
      casts[grid(1)](x, out, x.size, { numWarps: 1 });
      const isFloat = from === "f16" || from === "bf16";
      const expected = held.map((x) => {
        if (x === Infinity) return dtype === "i64" ? 2n ** 63n - 1n : 2n ** 64n - 1n;
        return isFloat && x < 0 && dtype === "u64" ? 0n : wrap[dtype](BigInt(Math.trunc(x)));
      });
      assertEquals([...await out.read()], expected);
    }
  });
}

const moving = jit(function moving(x: Pointer, out: Pointer, { N = 64 }) {
  const at = tl.arange(0, N), a = tl.load(x + at);
  tl.store(out + at, tl.sort(a));
  tl.store(out + N + at, tl.sort(a, { descending: true }));
  tl.store(out + 2 * N + at, tl.cumsum(a));
  tl.store(out + 3 * N + at, tl.cumsum(a, 0, { reverse: true }));
  tl.store(out + 4 * N + at, tl.flip(a));
  tl.store(out + 5 * N + at, tl.gather(a, (at * 7) % N, 0));
  const [even, odd] = tl.split(tl.reshape(a, [N / 2, 2]));
  tl.store(out + 6 * N + at, tl.interleave(odd, even));
  const square = tl.trans(tl.reshape(a, [8, N / 8]));
  tl.store(out + 7 * N + at, tl.ravel(square));
  tl.store(out + 8 * N + at, tl.sum(a) + tl.zeros([N], tl.i64));
  tl.store(out + 9 * N + at, tl.max(a) + tl.zeros([N], tl.i64));
  tl.store(out + 10 * N + at, tl.min(a) + tl.zeros([N], tl.i64));
  tl.store(out + 11 * N + at, tl.cast(tl.argmax(a, 0) * 100 + tl.argmin(a, 0), tl.i64));
  tl.store(out + 12 * N + at, tl.xorSum(a) + tl.zeros([N], tl.i64));
  const top = tl.topk(a, 8);
  tl.store(out + 13 * N + tl.arange(0, 8), top);
});

onAll("what moves or combines elements does so with i64", async (device) => {
  const N = 64, EACH = 14;
  // Packed keys: what decides is above the lower word.
  const x = BigInt64Array.from(
    { length: N },
    (_, i) => (BigInt((i * 37) % 64 - 32) << 32n) | BigInt((i * 2654435761) % 4294967296),
  );
  const out = device.zeros([EACH * N], { dtype: "i64" });
  moving[grid(1)](device.from(x), out);
  const found = await out.read(), part = (i: number) => [...found.subarray(i * N, (i + 1) * N)];
  const ascending = [...x.slice().sort()], list = [...x];
  const sum = (part: readonly bigint[]) => part.reduce((a, b) => BigInt.asIntN(64, a + b), 0n);
  const all = (value: bigint) => list.map(() => value);
  assertEquals(part(0), ascending);
  assertEquals(part(1), ascending.toReversed());
  assertEquals(part(2), list.map((_, i) => sum(list.slice(0, i + 1))));
  assertEquals(part(3), list.map((_, i) => sum(list.slice(i))));
  assertEquals(part(4), list.toReversed());
  assertEquals(part(5), list.map((_, i) => list[(i * 7) % N]!));
  assertEquals(part(6), list.map((_, i) => list[i ^ 1]!));
  assertEquals(part(7), list.map((_, i) => list[(i % 8) * 8 + Math.floor(i / 8)]!));
  assertEquals(part(8), all(sum(list)));
  assertEquals(part(9), all(ascending.at(-1)!));
  assertEquals(part(10), all(ascending[0]!));
  const places = list.indexOf(ascending.at(-1)!) * 100 + list.indexOf(ascending[0]!);
  assertEquals(part(11), all(BigInt(places)));
  assertEquals(part(12), all(list.reduce((a, b) => a ^ b)));
  assertEquals(part(13).slice(0, 8), ascending.toReversed().slice(0, 8));
});

const offsets = jit(
  function offsets(x: Pointer, out: Pointer, stride: number, count: number, { BLOCK = 64 }) {
    const row = tl.cast(tl.programId(0), tl.i64) * stride;
    const at = tl.arange(0, BLOCK);
    tl.store(out + row + at, tl.load(x + (row + at)) + count, { mask: row + at < 200 });
  },
);

onAll("pointers are moved by i64, and scalars arrive as i64", async (device) => {
  const x = Float32Array.from({ length: 256 }, (_, i) => i), out = device.zeros([256]);
  offsets[grid(4)](device.from(x), out, 64, 2n ** 40n);
  const expected = x.map((x) => x < 200 ? x + 2 ** 40 : 0);
  assertEquals([...await out.read()], [...expected]);
});

const loops = jit(function loops(out: Pointer, end: number, step: number, { N = 4 }) {
  let sum = tl.zeros([N], tl.i64), count = tl.cast(0, tl.i64);
  for (let i = tl.i64(2n ** 33n); i < end; i += step) {
    sum = sum * 3 + i;
    count = count + 1;
  }
  while (count > 2 ** 34 - 7) count = count - 1;
  tl.store(out + tl.arange(0, N), sum);
  tl.store(out + N, count);
});

onAll("loops count by i64 and carry it", async (device) => {
  const out = device.zeros([5], { dtype: "i64" });
  const [start, end, step] = [2n ** 33n, 2n ** 35n, 2n ** 31n + 5n];
  loops[grid(1)](out, end, step, { numWarps: 1 });
  let sum = 0n, count = 0n;
  for (let i = start; i < end; i += step, count++) sum = BigInt.asIntN(64, sum * 3n + i);
  assertEquals([...await out.read()], [sum, sum, sum, sum, count]);
});

const bits = jit(function bits(x: Pointer, y: Pointer, out: Pointer, n: number, { BLOCK = 64 }) {
  const at = tl.arange(0, BLOCK), mask = at < n;
  const a = tl.load(x + at, { mask }), b = tl.load(y + at, { mask });
  tl.store(out + at, tl.umulhi(a, b), { mask });
  tl.store(out + n + at, tl.brev(a), { mask });
  tl.store(out + 2 * n + at, tl.clz(a), { mask });
  tl.store(out + 3 * n + at, tl.popc(a), { mask });
  tl.store(out + 4 * n + at, tl.ffs(a), { mask });
});

onAll("functions of bits work on u64", async (device) => {
  const x = BigUint64Array.from(EDGES("u64")), y = x.toReversed(), n = x.length;
  const out = device.empty([5 * n], { dtype: "u64" });
  bits[grid(1)](device.from(x), device.from(y), out, n, { numWarps: 1 });
  const text = (a: bigint) => a.toString(2).padStart(64, "0");
  const expected = [
    (a: bigint, b: bigint) => (a * b) >> 64n,
    (a: bigint) => BigInt(`0b${[...text(a)].reverse().join("")}`),
    (a: bigint) => BigInt(text(a).indexOf("1") < 0 ? 64 : text(a).indexOf("1")),
    (a: bigint) => BigInt(text(a).replaceAll("0", "").length),
    (a: bigint) => BigInt(64 - text(a).lastIndexOf("1")) % 65n,
  ];
  assertEquals(differences([x, y], [...await out.read()], expected), []);
});

const counting = jit(function counting(x: Pointer, out: Pointer, { N = 64 }) {
  tl.store(out + tl.arange(0, 16), tl.histogram(tl.load(x + tl.arange(0, N)), 16));
});

onAll(
  "a histogram of i64 counts what is inside, and nothing whose lower word is",
  async (device) => {
    const x = BigInt64Array.from(
      { length: 64 },
      (_, i) => i < 32 ? BigInt(i % 20) : BigInt(i) << 32n,
    );
    const out = device.empty([16], { dtype: "i32" });
    counting[grid(1)](device.from(x), out, { numWarps: 1 });
    assertEquals(
      [...await out.read()],
      Array.from({ length: 16 }, (_, i) => i < 12 ? 2 : 1),
    );
  },
);
