/** The elementwise functions on both devices, against JavaScript's in double precision. */

import { Device, jit, type Pointer, tl } from "../../mod.ts";
import { special } from "../../lib/ir/ops/functions_of_numbers.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";

type Function = (...args: number[]) => number | boolean;

const apply = jit(
  function apply(x: Pointer, y: Pointer, out: Pointer, { F, BLOCK }: {
    F: Function;
    BLOCK: number;
  }) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    tl.store(out + at, F(tl.load(x + at), tl.load(y + at)));
  },
);

type Dtype = "f32" | "i32" | "u32";

/** The results of a function of one or two numbers. */
async function results(
  device: Device,
  F: Function,
  x: readonly number[],
  y: readonly number[] = x,
  from: Dtype = "f32",
  to: Dtype = "f32",
): Promise<number[]> {
  const BLOCK = 256, n = Math.ceil(x.length / BLOCK) * BLOCK;
  const pad = (list: readonly number[]) =>
    Array.from({ length: n }, (_, i) => list[i % list.length]!);
  using a = device.from(pad(x), { dtype: from });
  using b = device.from(pad(y), { dtype: from });
  using out = device.empty([n], { dtype: to });
  apply.launch([n / BLOCK], a, b, out, { F, BLOCK });
  return [...await out.read()].slice(0, x.length);
}

const { fround } = Math;

/** Numbers across a range, denser near 0. */
function across(low: number, high: number, count = 400): number[] {
  const linear = Array.from({ length: count }, (_, i) => low + (high - low) * i / (count - 1));
  const near = Array.from({ length: 40 }, (_, i) => 2 ** (-i / 2)).flatMap((x) => [x, -x])
    .filter((x) => x >= low && x <= high);
  return [...linear, ...near].map(fround);
}

/** Numbers across magnitudes, of both signs. */
function magnitudes(low: number, high: number): number[] {
  const list: number[] = [];
  for (let e = low; e <= high; e += 0.37) list.push(fround(2 ** e), fround(-(2 ** e)));
  return list;
}

interface Case {
  readonly f: Function;
  readonly exact: (...args: number[]) => number;
  readonly x: readonly number[];
  readonly y?: readonly number[];
  /** The relative error allowed, and the absolute one. */
  readonly relative?: number;
  readonly absolute?: number;
}

const OUT_OF_RANGE = [0, Infinity, -Infinity, NaN];

const CASES: Record<string, Case> = {
  erf: { f: (x) => tl.erf(x), exact: special.erf, x: across(-5, 5) },
  erfc: { f: (x) => tl.erfc(x), exact: special.erfc, x: across(-5, 9), relative: 3e-5 },
  tan: { f: (x) => tl.tan(x), exact: Math.tan, x: across(-100, 100), relative: 2e-6 },
  asin: { f: (x) => tl.asin(x), exact: Math.asin, x: across(-1.1, 1.1) },
  acos: { f: (x) => tl.acos(x), exact: Math.acos, x: across(-1.1, 1.1), absolute: 3e-7 },
  atan: { f: (x) => tl.atan(x), exact: Math.atan, x: [...across(-5, 5), ...magnitudes(-20, 127)] },
  sinh: { f: (x) => tl.sinh(x), exact: Math.sinh, x: across(-92, 92), relative: 3e-5 },
  cosh: { f: (x) => tl.cosh(x), exact: Math.cosh, x: across(-92, 92), relative: 3e-5 },
  tanh: { f: (x) => tl.tanh(x), exact: Math.tanh, x: across(-12, 12) },
  asinh: {
    f: (x) => tl.asinh(x),
    exact: Math.asinh,
    x: [...across(-20, 20), ...magnitudes(-20, 127)],
    relative: 2e-6,
  },
  acosh: {
    f: (x) => tl.acosh(x),
    exact: Math.acosh,
    x: [...across(0.5, 20), ...magnitudes(0, 127)],
    relative: 2e-6,
  },
  atanh: { f: (x) => tl.atanh(x), exact: Math.atanh, x: across(-1, 1), relative: 2e-6 },
  expm1: { f: (x) => tl.expm1(x), exact: Math.expm1, x: across(-20, 88), relative: 2e-5 },
  log1p: { f: (x) => tl.log1p(x), exact: Math.log1p, x: across(-1, 100), relative: 2e-6 },
  log10: { f: (x) => tl.log10(x), exact: Math.log10, x: across(0.01, 1000), absolute: 1e-6 },
  exp10: { f: (x) => tl.exp10(x), exact: (x) => 10 ** x, x: across(-37, 38.5), relative: 2e-6 },
  cbrt: { f: (x) => tl.cbrt(x), exact: Math.cbrt, x: magnitudes(-126, 127) },
  sin: {
    f: (x) => tl.sin(x),
    exact: Math.sin,
    x: [...across(-10, 10), ...across(-9000, 9000), ...magnitudes(-20, 127)],
    absolute: 3e-7,
  },
  cos: {
    f: (x) => tl.cos(x),
    exact: Math.cos,
    x: [...across(-10, 10), ...across(-9000, 9000), ...magnitudes(-20, 127)],
    absolute: 3e-7,
  },
};

/** Fails unless results are near to what they should be; where that is no normal f32, it must be so too. */
function assertNear(name: string, got: readonly number[], c: Case): void {
  c.x.forEach((x, i) => {
    const y = c.y?.[i] ?? x, want = fround(c.exact(x, y)), value = got[i]!;
    if (Math.abs(want) < 2 ** -125) {
      assert(Math.abs(value) < 2 ** -124, `${name}(${x}, ${y}) is ${value}, not ${want}`);
      return;
    }
    const near = Object.is(value, want) ||
      Math.abs(value - want) <= (c.absolute ?? 0) + (c.relative ?? 1e-6) * Math.abs(want);
    assert(near, `${name}(${x}, ${y}) is ${value}, not ${want}`);
  });
}

for (const [name, c] of Object.entries(CASES)) {
  onDevices(`tl.${name} is near the exact function`, async (device) => {
    const x = [...c.x, ...OUT_OF_RANGE];
    assertNear(name, await results(device, c.f, x), { ...c, x });
  });
}

/** Every pair of some numbers. */
function pairs(list: readonly number[]): { x: number[]; y: number[] } {
  return { x: list.flatMap((x) => list.map(() => x)), y: list.flatMap(() => [...list]) };
}

const AWKWARD = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  -2,
  3,
  -3,
  1e30,
  -1e30,
  1e-30,
  Infinity,
  -Infinity,
  NaN,
]
  .map(fround);

const BINARY: Record<string, Case> = {
  atan2: { f: (x, y) => tl.atan2(x, y), exact: Math.atan2, ...pairs(AWKWARD) },
  hypot: {
    f: (x, y) => tl.hypot(x, y),
    exact: Math.hypot,
    ...pairs([...AWKWARD, 3e38, 1e-36].map(fround)),
  },
  fmod: {
    f: (x, y) => tl.fmod(x, y),
    exact: (x, y) => x % y,
    ...pairs([...AWKWARD, 7.25, 1e10, 123456.78, -0.001].map(fround)),
    relative: 0,
  },
  pow: {
    f: (x, y) => tl.pow(x, y),
    exact: special.pow,
    ...pairs([...AWKWARD, 1.0001, 0.999, 10, -7, 33.3, 20000, 1.5].map(fround)),
    relative: 4e-6,
  },
  copysign: {
    f: (x, y) => tl.copysign(x, y),
    exact: special.copySign,
    ...pairs(AWKWARD.filter((x) => !Number.isNaN(x))),
    relative: 0,
  },
  nextafter: {
    f: (x, y) => tl.nextafter(x, y),
    exact: special.nextAfter,
    ...pairs(AWKWARD),
    relative: 0,
  },
};

for (const [name, c] of Object.entries(BINARY)) {
  onDevices(`tl.${name} is near the exact function of two numbers`, async (device) => {
    assertNear(name, await results(device, c.f, c.x, c.y), c);
  });
}

/** Random f32s of every exponent. */
function randomFloats(count: number, seed: number): number[] {
  const bits = new Uint32Array(count);
  for (let i = 0, x = seed; i < count; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    bits[i] = x ^ (x >>> 13);
  }
  return [...new Float32Array(bits.buffer)];
}

function assertSame(
  name: string,
  got: readonly number[],
  want: readonly number[],
  x: readonly number[],
) {
  got.forEach((value, i) => {
    assert(
      Object.is(value, fround(want[i]!)),
      `${name} of the element ${i}, ${x[i]}, is ${value}, not ${fround(want[i]!)}`,
    );
  });
}

/** Leaves what devices may take for zero to itself. */
const isNormal = (x: number) => !(Math.abs(x) < 2 ** -126 && x !== 0);

onDevices("tl.divRn and tl.sqrtRn round correctly", async (device) => {
  const all = randomFloats(4000, 1), others = randomFloats(4000, 77);
  const keep = all.map((x, i) => isNormal(x) && isNormal(others[i]!) && isNormal(x / others[i]!));
  const x = [...all.filter((_, i) => keep[i]), ...AWKWARD],
    y = [
      ...others.filter((_, i) => keep[i]),
      ...AWKWARD.toReversed(),
    ];
  const quotients = await results(device, (a, b) => tl.divRn(a, b), x, y);
  assertSame("divRn", quotients, x.map((a, i) => a / y[i]!), x);
  assertSame("sqrtRn", await results(device, (a) => tl.sqrtRn(a), x), x.map(Math.sqrt), x);
});

const ROUNDED = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, -0.49999997, 8388607.5, 1e20, -7, 3.7]
  .map(fround);

onDevices("rounding to integral numbers treats halves as named", async (device) => {
  const even = [0, 2, 2, -0, -2, -2, 0, -0, 8388608, fround(1e20), -7, 4];
  const away = [1, 2, 3, -1, -2, -3, 0, -0, 8388608, fround(1e20), -7, 4];
  assertSame("rint", await results(device, (x) => tl.rint(x), ROUNDED), even, ROUNDED);
  assertSame("nearbyint", await results(device, (x) => tl.nearbyint(x), ROUNDED), even, ROUNDED);
  assertSame("round", await results(device, (x) => tl.round(x), ROUNDED), away, ROUNDED);
  const cut = ROUNDED.map(Math.trunc);
  assertSame("trunc", await results(device, (x) => tl.trunc(x), ROUNDED), cut, ROUNDED);
});

onDevices("floats are asked for NaN, infinity and sign", async (device) => {
  const ask = (F: Function) => results(device, F, AWKWARD, AWKWARD, "f32", "i32");
  const as = (f: (x: number) => boolean) => AWKWARD.map((x) => Number(f(x)));
  assertEquals(await ask((x) => tl.isnan(x)), as(Number.isNaN));
  assertEquals(await ask((x) => tl.isinf(x)), as((x) => Math.abs(x) === Infinity));
  assertEquals(await ask((x) => tl.finitef(x)), as(Number.isFinite));
  const signs = await ask((x) => tl.signbit(x));
  assertEquals(signs.slice(0, -1), as((x) => x < 0 || Object.is(x, -0)).slice(0, -1));
});

const WORDS = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 0x0f0f0f0f, 65536, 12345678, -98765432];

onDevices("bits of integers are counted, found and reversed", async (device) => {
  const of = (F: Function, to: Dtype = "i32") => results(device, F, WORDS, WORDS, "i32", to);
  assertEquals(await of((x) => tl.clz(x)), WORDS.map((x) => Math.clz32(x)));
  const ones = (x: number) => (x >>> 0).toString(2).replaceAll("0", "").length;
  assertEquals(await of((x) => tl.popc(x)), WORDS.map(ones));
  const reversed = (x: number) =>
    parseInt((x >>> 0).toString(2).padStart(32, "0").split("").reverse().join(""), 2) | 0;
  assertEquals(await of((x) => tl.brev(x)), WORDS.map(reversed));
  const last = (x: number) => x === 0 ? 0 : 32 - Math.clz32(x & -x);
  assertEquals(await of((x) => tl.ffs(x)), WORDS.map(last));
});

onDevices("tl.umulhi is the high word of the product", async (device) => {
  const { x, y } = pairs([
    0,
    1,
    2,
    65535,
    65536,
    65537,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    123456789,
  ]);
  const want = x.map((a, i) => Number(BigInt(a) * BigInt(y[i]!) >> 32n));
  assertEquals(await results(device, (a, b) => tl.umulhi(a, b), x, y, "u32", "u32"), want);
});

onDevices("clamp, minimum and maximum let NaN through when told to", async (device) => {
  const x = [NaN, -3, 0.25, 9, Infinity], y = [1, NaN, 0.5, -9, NaN];
  const { ALL } = tl.PropagateNan;
  const clamp = await results(device, (a) => tl.clamp(a, -0.5, 0.75), x);
  assertEquals(clamp, [-0.5, -0.5, 0.25, 0.75, 0.75]);
  const through = await results(
    device,
    (a) => tl.clamp(a, -0.5, 0.75, { propagateNan: "all" }),
    x,
  );
  assertEquals(through, [NaN, -0.5, 0.25, 0.75, 0.75]);
  const all = (f: (a: number, b: number, o: { propagateNan: "all" }) => number): Function => {
    return f === tl.minimum
      ? (a, b) => tl.minimum(a!, b!, { propagateNan: "all" })
      : (a, b) => tl.maximum(a!, b!, { propagateNan: "all" });
  };
  assertEquals(ALL, "all");
  assertEquals(await results(device, all(tl.minimum), x, y), [NaN, NaN, 0.25, -9, NaN]);
  assertEquals(await results(device, all(tl.maximum), x, y), [NaN, NaN, 0.5, 9, NaN]);
});

onDevices("tl.ldexp scales by powers of two, also far ones", async (device) => {
  const kernel = jit(function ldexp(x: Pointer, n: Pointer, out: Pointer) {
    const at = tl.arange(0, 8);
    tl.store(out + at, tl.libdevice.ldexp(tl.load(x + at), tl.load(n + at)));
  });
  const x = [1, -1.5, 3, 1, 2 ** -100, 1, 0, NaN], n = [3, -2, 200, -300, 220, 127, 5, 1];
  using a = device.from(x), b = device.from(n, { dtype: "i32" }), out = device.empty([8]);
  kernel.launch(1, a, b, out);
  const want = [8, -0.375, Infinity, 0, 2 ** 120, 2 ** 127, 0, NaN];
  assertEquals([...await out.read()], want);
});
