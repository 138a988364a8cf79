/** The functions of libdevice on both devices, against JavaScript's numbers; errors in units in the last place. */

import { type Device, jit, type Pointer, tl } from "../../mod.ts";
import { CompilationError } from "../../lib/errors.ts";
import { DTYPES } from "../../lib/ir/dtype.ts";
import { special } from "../../lib/ir/ops/functions_of_numbers.ts";
import * as numbers from "../../lib/ir/ops/special_numbers.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";

type Function = (...args: number[]) => number | boolean;
type Dtype = "f32" | "i32" | "u32";

const apply = jit(
  function apply(x: Pointer, y: Pointer, z: Pointer, out: Pointer, { F, BLOCK }: {
    F: Function;
    BLOCK: number;
  }) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    tl.store(out + at, F(tl.load(x + at), tl.load(y + at), tl.load(z + at)));
  },
);

/** The results of a function of up to three lists of numbers. */
async function results(
  device: Device,
  F: Function,
  lists: readonly (readonly number[])[],
  from: Dtype = "f32",
  to: Dtype = "f32",
): Promise<number[]> {
  const BLOCK = 256, [x] = lists, n = Math.ceil(x!.length / BLOCK) * BLOCK;
  using stack = new DisposableStack();
  const given = [0, 1, 2].map((i) => {
    const list = lists[i] ?? x!;
    const padded = Array.from({ length: n }, (_, i) => list[i % list.length]!);
    return stack.use(device.from(padded, { dtype: from }));
  });
  const out = stack.use(device.empty([n], { dtype: to }));
  apply.launch([n / BLOCK], given[0]!, given[1]!, given[2]!, out, { F, BLOCK });
  return [...await out.read()].slice(0, x!.length);
}

const { fround } = Math;

/** Numbers across a range, at no round places. */
function across(low: number, high: number, count = 400): number[] {
  return Array.from({ length: count }, (_, i) => fround(low + (high - low) * (i + 0.37) / count));
}

/** Numbers across magnitudes, from 2 ** low to 2 ** high. */
function magnitudes(low: number, high: number): number[] {
  return Array.from({ length: 120 }, (_, i) => fround(2 ** (low + (high - low) * i / 119)));
}

function both(list: readonly number[]): number[] {
  return [...list, ...list.map((x) => -x)];
}

/** The distance of an f32 from a number, in units in the last place of that. */
function ulps(got: number, want: number): number {
  if (Object.is(got, fround(want)) || (got === 0 && fround(want) === 0)) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(fround(want))) return Infinity;
  // Devices may take what is below the normal numbers for 0.
  if (Math.abs(want) < 2 ** -126) return Math.abs(got) < 2 ** -125 ? 0 : Infinity;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(want))), -126);
  return Math.abs(got - want) / 2 ** (exponent - 23);
}

interface Case {
  readonly f: Function;
  readonly exact: (...args: number[]) => number;
  readonly x: readonly number[];
  readonly y?: readonly number[];
  /** Units in the last place that a result may be off. */
  readonly ulps: number;
  /** An error that is small enough whatever the result. */
  readonly absolute?: (x: number) => number;
}

const SPECIAL = [0, -0, Infinity, -Infinity, NaN];
/** Around the zeros of oscillating functions from 8 on, of which the size between zeros tells. */
const wave = (x: number) => Math.abs(x) < 8 ? 0 : 6e-7;

const CASES: Record<string, Case> = {
  lgamma: {
    f: (x) => tl.libdevice.lgamma(x),
    exact: numbers.logGamma,
    x: [...across(0, 8), ...magnitudes(-40, 100), ...across(-2, -0.01), 1, 2, 3, -1, -2],
    ulps: 8,
  },
  tgamma: {
    f: (x) => tl.libdevice.tgamma(x),
    exact: numbers.gamma,
    x: [...across(-34, 35), ...across(-41, -33, 60), ...both(magnitudes(-100, 2)), 1, 2, 5, 11],
    ulps: 12,
  },
  erfinv: {
    f: (x) => tl.libdevice.erfinv(x),
    exact: numbers.erfInverse,
    x: [...across(-1, 1), ...both(magnitudes(-100, -1)), 1, -1, 1.5, 1 - 2 ** -24],
    ulps: 6,
  },
  erfcinv: {
    f: (x) => tl.libdevice.erfcinv(x),
    exact: numbers.erfcInverse,
    x: [...across(0, 2), ...magnitudes(-126, 0), 2, 2.5, -0.5],
    ulps: 6,
  },
  erfcx: {
    f: (x) => tl.libdevice.erfcx(x),
    exact: numbers.scaledErfc,
    x: [...across(-9.4, 20), ...magnitudes(0, 100)],
    ulps: 6,
  },
  normcdf: {
    f: (x) => tl.libdevice.normcdf(x),
    exact: numbers.normalIntegral,
    x: across(-13, 6),
    ulps: 6,
  },
  normcdfinv: {
    f: (x) => tl.libdevice.normcdfinv(x),
    exact: numbers.normalQuantile,
    x: [...across(0, 1), ...magnitudes(-126, -1), 1, 2],
    ulps: 6,
  },
  j0: {
    f: (x) => tl.libdevice.j0(x),
    exact: (x) => numbers.besselJ(0, x),
    x: [...across(-8, 60), ...magnitudes(0, 30)],
    ulps: 6,
    absolute: wave,
  },
  j1: {
    f: (x) => tl.libdevice.j1(x),
    exact: (x) => numbers.besselJ(1, x),
    x: [...across(-8, 60), ...magnitudes(-100, 30)],
    ulps: 6,
    absolute: wave,
  },
  y0: {
    f: (x) => tl.libdevice.y0(x),
    exact: (x) => numbers.besselY(0, x),
    x: [...across(0, 60), ...magnitudes(-100, 30)],
    ulps: 8,
    absolute: wave,
  },
  y1: {
    f: (x) => tl.libdevice.y1(x),
    exact: (x) => numbers.besselY(1, x),
    x: [...across(0, 60), ...magnitudes(-100, 30)],
    ulps: 8,
    absolute: wave,
  },
  cylBesselI0: {
    f: (x) => tl.libdevice.cylBesselI0(x),
    exact: (x) => numbers.besselI(0, x),
    x: across(-91, 91),
    ulps: 6,
  },
  cylBesselI1: {
    f: (x) => tl.libdevice.cylBesselI1(x),
    exact: (x) => numbers.besselI(1, x),
    x: [...across(-91, 91), ...magnitudes(-100, 0)],
    ulps: 6,
  },
  rcbrt: {
    f: (x) => tl.libdevice.rcbrt(x),
    exact: (x) => 1 / Math.cbrt(x),
    x: both(magnitudes(-120, 120)),
    ulps: 6,
  },
  sinpi: {
    f: (x) => tl.libdevice.sinpi(x),
    exact: numbers.sinpi,
    x: [...both(across(0, 9)), ...magnitudes(-60, 40), 0.5, 3, -2.5],
    ulps: 4,
  },
  cospi: {
    f: (x) => tl.libdevice.cospi(x),
    exact: numbers.cospi,
    x: [...both(across(0, 9)), ...magnitudes(-60, 40), 0.5, 3, -2.5],
    ulps: 4,
  },
  logb: {
    f: (x) => tl.libdevice.logb(x),
    exact: numbers.exponentOf,
    x: both(magnitudes(-125, 127)),
    ulps: 0,
  },
  saturatef: {
    f: (x) => tl.libdevice.saturatef(x),
    exact: (x) => x !== x ? 0 : Math.min(Math.max(x, 0), 1),
    x: across(-2, 2),
    ulps: 0,
  },
  erfc: { f: (x) => tl.erfc(x), exact: special.erfc, x: across(-5, 9), ulps: 6 },
  sinh: { f: (x) => tl.sinh(x), exact: Math.sinh, x: across(-89, 89), ulps: 6 },
  cosh: { f: (x) => tl.cosh(x), exact: Math.cosh, x: across(-89, 89), ulps: 6 },
  expm1: {
    f: (x) => tl.expm1(x),
    exact: Math.expm1,
    x: [...across(-20, 88), ...both(magnitudes(-60, 0))],
    ulps: 6,
  },
  exp10: { f: (x) => tl.exp10(x), exact: (x) => 10 ** x, x: across(-37, 38.5), ulps: 6 },
  log1p: {
    f: (x) => tl.log1p(x),
    exact: Math.log1p,
    x: [...across(-1, 100), ...both(magnitudes(-60, -1))],
    ulps: 6,
  },
  log10: {
    f: (x) => tl.log10(x),
    exact: Math.log10,
    x: [...across(0.5, 2), ...magnitudes(-120, 120)],
    ulps: 6,
  },
};

function assertNear(name: string, got: readonly number[], c: Case): void {
  let worst = 0, at = 0;
  c.x.forEach((x, i) => {
    const want = c.exact(x, c.y?.[i] ?? x);
    if (Number.isNaN(want) && Number.isNaN(got[i]!)) return;
    if (Math.abs(got[i]! - want) <= (c.absolute?.(x) ?? 0)) return;
    const error = ulps(got[i]!, want);
    if (error > worst) [worst, at] = [error, i];
  });
  const x = c.x[at]!, want = c.exact(x, c.y?.[at] ?? x);
  assert(worst <= c.ulps, `${name}(${x}) is ${got[at]}, not ${fround(want)}: off by ${worst} ulps`);
}

for (const [name, c] of Object.entries(CASES)) {
  onDevices(`${name} is within ${c.ulps} ulps of the exact function`, async (device) => {
    const x = [...c.x, ...SPECIAL];
    assertNear(name, await results(device, c.f, [x]), { ...c, x });
  });
}

onDevices("Bessel functions of higher orders are near the exact ones", async (device) => {
  const x = across(0.05, 40, 200);
  for (const n of [-3, 0, 1, 2, 5, 12, 30]) {
    const first = await results(device, (x, n) => tl.libdevice.jn(tl.cast(n, tl.i32), x), [
      x,
      x.map(() => n),
    ]);
    const second = await results(device, (x, n) => tl.libdevice.yn(tl.cast(n, tl.i32), x), [
      x,
      x.map(() => n),
    ]);
    x.forEach((x, i) => {
      const j = numbers.besselJ(n, x), y = numbers.besselY(n, x);
      const size = Math.abs(j) < 1e-30 ? Infinity : 2e-6 + 4e-6 * Math.abs(j);
      assert(Math.abs(first[i]! - j) <= size, `jn(${n}, ${x}) is ${first[i]}, not ${j}`);
      if (Math.abs(j) < 0.01 && x < Math.abs(n)) {
        assert(ulps(first[i]!, j) < 60, `jn(${n}, ${x}) is ${first[i]}, not ${j}`);
      }
      const near = Math.abs(fround(y)) === Infinity
        ? second[i] === fround(y)
        : Math.abs(second[i]! - y) <= 4e-6 + 1e-5 * Math.abs(y);
      assert(near, `yn(${n}, ${x}) is ${second[i]}, not ${y}`);
    });
  }
});

/** All combinations of some numbers, as three lists. */
function triples(list: readonly number[]): number[][] {
  const all = list.flatMap((x) => list.flatMap((y) => list.map((z) => [x, y, z])));
  return [0, 1, 2].map((i) => all.map((triple) => triple[i]!));
}

const INTEGERS: Record<string, [Function, (x: number, y: number, z: number) => number]> = {
  mulhi: [
    (x, y) => tl.libdevice.mulhi(x, y),
    (x, y) => Number(BigInt(x) * BigInt(y) >> 32n),
  ],
  mul24: [
    (x, y) => tl.libdevice.mul24(x, y),
    (x, y) => Math.imul(x << 8 >> 8, y << 8 >> 8),
  ],
  sad: [
    (x, y, z) => tl.cast(tl.libdevice.sad(x, y, z), tl.i32),
    (x, y, z) => (Math.abs(x - y) + z) | 0,
  ],
  hadd: [(x, y) => tl.libdevice.hadd(x, y), (x, y) => Math.floor((x + y) / 2)],
  rhadd: [(x, y) => tl.libdevice.rhadd(x, y), (x, y) => Math.ceil((x + y) / 2)],
  bytePerm: [
    (x, y, z) => tl.libdevice.bytePerm(x, y, z),
    (x, y, z) => {
      const bytes = [0, 8, 16, 24].flatMap((i) => x >>> i & 255);
      bytes.push(...[0, 8, 16, 24].map((i) => y >>> i & 255));
      return [0, 1, 2, 3].reduce((sum, i) => sum | bytes[z >>> 4 * i & 7]! << 8 * i, 0);
    },
  ],
};

for (const [name, [f, exact]] of Object.entries(INTEGERS)) {
  onDevices(`${name} is exact`, async (device) => {
    const lists = triples([0, 1, -1, 7, 0x3210, 0x7654, -123456789, 2 ** 31 - 1, -(2 ** 31)]);
    const got = await results(device, f, lists, "i32", "i32");
    assertEquals(got, lists[0]!.map((x, i) => exact(x, lists[1]![i]!, lists[2]![i]!)));
  });
}

onDevices("integers of floats are rounded as the names say", async (device) => {
  const x = [0.5, 1.5, 2.5, -0.5, -1.5, 2.4, -2.6, 3e9, -3e9, 7];
  const clamp = (list: number[]) =>
    list.map((x) => Math.min(Math.max(x, -(2 ** 31)), 2 ** 31 - 1) + 0);
  const rounded = (f: (x: number) => number) => clamp(x.map(f));
  const { rint } = {
    rint: (x: number) => x % 1 === 0.5 || x % 1 === -0.5 ? 2 * Math.round(x / 2) : Math.round(x),
  };
  const cases: [Function, (x: number) => number][] = [
    [(x) => tl.libdevice.float2intRn(x), rint],
    [(x) => tl.libdevice.float2intRz(x), Math.trunc],
    [(x) => tl.libdevice.float2intRd(x), Math.floor],
    [(x) => tl.libdevice.float2intRu(x), Math.ceil],
  ];
  for (const [f, exact] of cases) {
    assertEquals(await results(device, f, [x], "f32", "i32"), rounded(exact));
  }
  const unsigned = await results(device, (x) => tl.libdevice.float2uintRu(x), [x], "f32", "u32");
  assertEquals(unsigned, x.map((x) => Math.max(Math.ceil(x), 0)));
  const exponents = await results(
    device,
    (x) => tl.libdevice.ilogb(x),
    [[8, 0.1, 0, Infinity]],
    "f32",
    "i32",
  );
  assertEquals(exponents, [3, -4, -(2 ** 31), 2 ** 31 - 1]);
});

onDevices("lengths do not overflow, and remainders are exact", async (device) => {
  const [x, y, z] = triples([3, -4, 12, 1e30, 1e-30]);
  const close = (got: number[], want: (i: number) => number) =>
    got.forEach((value, i) => {
      const exact = want(i);
      assert(ulps(value, exact) <= 6, `${x![i]}, ${y![i]}, ${z![i]}: ${value}, not ${exact}`);
    });
  const at = (i: number) => [x![i]!, y![i]!, z![i]!] as const;
  close(
    await results(device, (x, y, z) => tl.libdevice.norm3d(x, y, z), [x!, y!, z!]),
    (i) => Math.hypot(...at(i)),
  );
  close(
    await results(device, (x, y, z) => tl.libdevice.rnorm3d(x, y, z), [x!, y!, z!]),
    (i) => 1 / Math.hypot(...at(i)),
  );
  close(
    await results(device, (x, y, z) => tl.libdevice.norm4d(x, y, z, x), [x!, y!, z!]),
    (i) => Math.hypot(...at(i), x![i]!),
  );
  close(
    await results(device, (x, y, z) => tl.libdevice.rnorm4d(x, y, z, z), [x!, y!, z!]),
    (i) => 1 / Math.hypot(...at(i), z![i]!),
  );
  close(
    await results(device, (x, y) => tl.libdevice.rhypot(x, y), [x!, y!]),
    (i) => 1 / Math.hypot(x![i]!, y![i]!),
  );
  const pairs = triples([5, 7.5, -2, 0.1, 1e10, 3e38, -1e-20].map(fround));
  const remainders = await results(device, (x, y) => tl.libdevice.remainder(x, y), pairs);
  remainders.forEach((got, i) => {
    const exact = numbers.remainder(pairs[0]![i]!, pairs[1]![i]!);
    assert(got === exact, `remainder(${pairs[0]![i]}, ${pairs[1]![i]}) is ${got}, not ${exact}`);
  });
});

const KERNELS: Record<string, [Function, string, string]> = {
  "directed rounding": [
    (x) => (tl.libdevice as unknown as { addRz: Function }).addRz(x, x),
    "'addRz' cannot be had: WGSL rounds to nearest, and says so of no other way",
    "Of arithmetic there is the form that rounds to nearest, such as tl.libdevice.addRn, tl.divRn and tl.sqrtRn",
  ],
  "a fused product and sum": [
    (x) => (tl.libdevice as unknown as { fmaRn: Function }).fmaRn(x, x, x),
    "'fmaRn' cannot be had: whether a product is rounded before it is added is left to the device",
    "Write tl.fma(x, y, z), which is fused where the device does so",
  ],
  "the halves of doubles": [
    (x) => (tl.libdevice as unknown as { double2hiint: Function }).double2hiint(x),
    "'double2hiint' is about the halves and the rounding of doubles, which WGSL does not show",
    "Convert with tl.cast",
  ],
  "a misspelt function": [
    (x) => (tl.libdevice as unknown as { lgama: Function }).lgama(x),
    "tl.libdevice has no 'lgama'",
    "Did you mean 'lgamma'?",
  ],
};

for (const [name, [F, problem, remedy]] of Object.entries(KERNELS)) {
  Deno.test(`${name} of libdevice is refused with what to write`, () => {
    const spec = { kind: "pointer", dtype: DTYPES.f32, divisibility: 16 } as const;
    const error = assertThrows(
      () => apply.graph([spec, spec, spec, spec], { F, BLOCK: 16 }),
      CompilationError,
    );
    assertEquals([error.problem, error.remedy], [problem, remedy]);
  });
}
