/** Narrow dtypes: what is stored, how arithmetic wraps and rounds, and that neighbours in a word are left alone. */

import { type Device, grid, jit, type Pointer, type TensorDType, tl } from "../../mod.ts";
import { type DType as Element, DTYPES, ROUND } from "../../lib/ir/dtype.ts";
import * as bitsOf from "../../lib/ir/bits.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";

const NARROW = ["bool", "i8", "i16", "u8", "u16", "bf16", "f8e4m3", "f8e5m2"] as const;

/** All codes of a dtype, or those near the ends and at the powers of two of a wide one. */
function codes({ bits, name }: Element): number[] {
  if (name === "bool") return [0, 1];
  if (bits === 8) return Array.from({ length: 256 }, (_, i) => i);
  const near = Array.from({ length: 17 }, (_, i) => [2 ** i - 1, 2 ** i, 2 ** i + 1]).flat();
  return [...near, 0x7f80, 0x7fc0, 0xff80, 0xffff, 0x8000, 0x8001].filter((code) => code < 2 ** 16);
}

/** Functions of numbers, as they are for these dtypes. */
type Numbers = Record<TensorDType, (x: number) => number>;
const FROM_BITS = bitsOf.FROM_BITS as Numbers, TO_BITS = bitsOf.TO_BITS as Numbers;
const round = (name: TensorDType) => ROUND[name] as (x: number) => number;

/** Text that tells -0 from 0. */
function texts(numbers: Iterable<number>): string[] {
  return Array.from(numbers, (x) => Object.is(x, -0) ? "-0" : String(x));
}

Deno.test("bits and numbers of every narrow dtype agree, and rounding keeps what a dtype has", () => {
  for (const name of NARROW) {
    const dtype = DTYPES[name];
    for (const code of codes(dtype)) {
      const number = FROM_BITS[name](code);
      assertEquals(texts([round(name)(number)]), texts([number]), `${name} ${code}`);
      if (number === number) assertEquals(TO_BITS[name](number), code, `${name} ${code}`);
    }
  }
});

const copy = jit(function copy(x: Pointer, out: Pointer, n: number, { BLOCK = 64 }) {
  const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
  const mask = at < n;
  tl.store(out + at, tl.load(x + at, { mask }), { mask });
});

const shifted = jit(function shifted(x: Pointer, out: Pointer, n: number, { BLOCK = 64 }) {
  const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
  tl.store(out + at + 1, tl.load(x + at + 1, { mask: at + 1 < n }), { mask: at + 1 < n });
});

for (const name of NARROW) {
  onDevices(`${name} elements are copied as they are, in any number`, async (device) => {
    const dtype = DTYPES[name];
    const all = codes(dtype), n = 131;
    const bits = Array.from({ length: n }, (_, i) => all[i * 3 % all.length]!);
    const memory = dtype.bytes === 1 ? Uint8Array.from(bits) : Uint16Array.from(bits);
    using x = device.empty([n], { dtype: name }), out = device.empty([n], { dtype: name });
    x.writeBytes(memory);
    for (const kernel of [copy, shifted]) {
      out.writeBytes(new Uint8Array(n * dtype.bytes).fill(1));
      kernel[grid(3)](x, out, n, { numWarps: 1 });
      const expected = bits.map((code) => FROM_BITS[name](code));
      if (kernel === shifted) expected[0] = FROM_BITS[name](dtype.bytes === 1 ? 1 : 0x0101);
      assertEquals(texts(await out.read()), texts(expected));
    }
  });
}

const between = jit(function between(out: Pointer, { STRIDE = 3 }) {
  tl.store(out + tl.programId(0) * STRIDE, tl.programId(0) + 1);
});

onDevices("programs that store single bytes do not disturb each other", async (device) => {
  using out = device.full([64 * 3], 7, { dtype: "u8" });
  between[grid(64)](out, { STRIDE: 3 });
  assertEquals(
    [...await out.read()],
    Array.from({ length: 64 }, (_, i) => [i + 1, 7, 7]).flat(),
  );
});

const arithmetic = jit(function arithmetic(a: Pointer, b: Pointer, out: Pointer, { N = 64 }) {
  const at = tl.arange(0, N), x = tl.load(a + at), y = tl.load(b + at);
  tl.store(out + at, x + y);
  tl.store(out + N + at, x - y);
  tl.store(out + 2 * N + at, x * y);
  tl.store(out + 3 * N + at, -x);
  tl.store(out + 4 * N + at, tl.abs(x));
  tl.store(out + 5 * N + at, tl.minimum(x, y));
});

for (const name of ["i8", "i16", "u8", "u16", "bf16"] as const) {
  onDevices(`arithmetic of ${name} wraps or rounds at its width`, async (device) => {
    const round = ROUND[name];
    const a = Array.from({ length: 64 }, (_, i) => round((i - 20) * 37 * 2 ** (i % 9)));
    const b = Array.from({ length: 64 }, (_, i) => round(127 - i * 1021));
    using x = device.from(a, { dtype: name }), y = device.from(b, { dtype: name });
    using out = device.empty([6 * 64], { dtype: name });
    arithmetic[grid(1)](x, y, out, { numWarps: 1 });
    const each = (f: (a: number, b: number) => number) => a.map((x, i) => round(f(x, b[i]!)));
    const expected = [
      each((a, b) => a + b),
      each((a, b) => a - b),
      each((a, b) => name === "bf16" ? a * b : Math.imul(a, b)),
      each((a) => -a),
      each((a) => Math.abs(a)),
      each((a, b) => Math.min(a, b)),
    ].flat().map((x) => x + 0);
    assertEquals([...await out.read()].map((x) => x + 0), expected);
  });
}

const shifts = jit(function shifts(a: Pointer, out: Pointer, { N = 64 }) {
  const at = tl.arange(0, N), x = tl.load(a + at);
  tl.store(out + at, x << 3);
  tl.store(out + N + at, x >> 2);
  tl.store(out + 2 * N + at, ~x);
  tl.store(out + 3 * N + at, x & 0x55);
  tl.store(out + 4 * N + at, x % 7);
});

for (const name of ["i8", "u16"] as const) {
  onDevices(`bits of ${name} shift and flip at its width`, async (device) => {
    const round = ROUND[name], a = Array.from({ length: 64 }, (_, i) => round(i * 1031 - 77));
    using x = device.from(a, { dtype: name }), out = device.empty([5 * 64], { dtype: name });
    shifts[grid(1)](x, out, { numWarps: 1 });
    const expected = [
      ...a.map((x) => round(x << 3)),
      ...a.map((x) => round(x >> 2)),
      ...a.map((x) => round(~x)),
      ...a.map((x) => x & 0x55),
      ...a.map((x) => x % 7 + 0),
    ];
    assertEquals([...await out.read()].map((x) => x + 0), expected.map((x) => x + 0));
  });
}

const cast = jit(function cast(x: Pointer, out: Pointer, n: number, { BLOCK = 128 }) {
  const at = tl.arange(0, BLOCK), mask = at < n;
  tl.store(out + at, tl.load(x + at, { mask }), { mask });
});

/** Numbers with the awkward ones of every dtype among them. */
const NUMBERS = [
  ...[0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, 127, 128, -128, -129, 255, 256, 448, 449, 464, 465, 1e30],
  ...[32767, 32768, -32769, 65535, 65536, 57344, 60000, 61440, 65519, 65520, 1e-3, 1e-5, 3e-8],
  ...[2 ** -9, 2 ** -10, 3 * 2 ** -10, 2 ** -16, 2 ** -17, 3 * 2 ** -17, 0.1, -0.3, 17, 19, 1.0625],
  ...[NaN, Infinity, -Infinity, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.3895e38, -3.4e38, -7],
];

/** What a cast from f32 gives. */
function casted(x: number, name: TensorDType): number {
  const dtype = DTYPES[name], number = Math.fround(x);
  if (name === "bool") return number !== 0 ? 1 : 0;
  if (dtype.kind === "float") {
    return name === "f8e5m2" && Math.abs(x) === Infinity ? Math.sign(x) * 57344 : round(name)(x);
  }
  const [low, high] = dtype.kind === "int"
    ? [-(2 ** (dtype.bits - 1)), 2 ** (dtype.bits - 1) - 1]
    : [0, 2 ** dtype.bits - 1];
  return Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(number), low), high) + 0;
}

async function castOn(device: Device, from: TensorDType, to: TensorDType, data: readonly number[]) {
  using x = device.from(data, { dtype: from });
  using out = device.empty([data.length], { dtype: to });
  cast[grid(1)](x, out, data.length, { numWarps: 1 });
  return Array.from(await out.read(), Number);
}

for (const name of NARROW) {
  onDevices(`f32 is cast to ${name} with rounding and saturation`, async (device) => {
    const got = await castOn(device, "f32", name, NUMBERS);
    assertEquals(texts(got), texts(NUMBERS.map((x) => casted(x, name))));
  });

  onDevices(`${name} is cast to f32 and i32`, async (device) => {
    const numbers = codes(DTYPES[name]).map((code) => FROM_BITS[name](code)).slice(0, 120);
    assertEquals(texts(await castOn(device, name, "f32", numbers)), texts(numbers));
    const finite = numbers.filter(Number.isFinite);
    const expected = finite.map((x) => casted(x, "i32"));
    assertEquals(await castOn(device, name, "i32", finite), expected);
  });

  onDevices(`i32 is cast to ${name}`, async (device) => {
    const data = [0, 1, -1, 2, 127, 128, 129, 255, 256, 257, -128, -129, 32767, 32768, 65535, 65536]
      .concat([-32769, 2 ** 31 - 1, -(2 ** 31), 449, 17, 19]);
    assertEquals(await castOn(device, "i32", name, data), data.map((x) => ROUND[name](x)));
  });
}

onDevices("integers of one width are cast by their bits", async (device) => {
  assertEquals(await castOn(device, "i8", "u8", [-1, -128, 5]), [255, 128, 5]);
  assertEquals(await castOn(device, "u8", "i8", [255, 128, 5]), [-1, -128, 5]);
  assertEquals(await castOn(device, "i8", "u16", [-1, -128, 5]), [65535, 65408, 5]);
  assertEquals(await castOn(device, "u8", "i16", [255, 128, 5]), [255, 128, 5]);
});

const sums = jit(function sums(x: Pointer, out: Pointer, { N = 128 }) {
  const tile = tl.load(x + tl.arange(0, N));
  tl.store(out, tl.sum(tile));
  tl.store(out + 1, tl.max(tile));
  tl.store(out + 2, tl.min(tile));
});

for (const name of ["i8", "u8", "i16", "u16", "bool", "bf16"] as const) {
  onDevices(`sums and extrema of ${name} are of 32 bits`, async (device) => {
    const data = Array.from({ length: 128 }, (_, i) => ROUND[name](i % 5 === 0 ? -i : i * 3));
    using x = device.from(data, { dtype: name });
    using out = device.empty([3], { dtype: name === "bf16" ? "f32" : "i32" });
    sums[grid(1)](x, out, { numWarps: 2 });
    const sum = data.reduce((a, b) => a + b);
    assertEquals([...await out.read()], [
      name === "bf16" ? ROUND.bf16(sum) : sum,
      Math.max(...data),
      Math.min(...data),
    ]);
  });
}

onDevices(
  "scalars of narrow dtypes arrive rounded, and must fit when they are integers",
  async (device) => {
    const scalar = jit(function scalar(out: Pointer, a: number, b: number, c: number) {
      tl.store(out, a);
      tl.store(out + 1, b);
      tl.store(out + 2, c);
    });
    using out = device.empty([3]);
    scalar[grid(1)](out, tl.bf16(1.01), tl.i8(-5), tl.u16(65535));
    assertEquals([...await out.read()], [ROUND.bf16(1.01), -5, 65535]);
    assertThrows(() => scalar[grid(1)](out, tl.i8(128), 0, 0), Error, "which no i8 can hold");
  },
);

const bits = jit(function bits(x: Pointer, out: Pointer, { N = 64 }) {
  const at = tl.arange(0, N);
  tl.store(out + at, tl.cast(tl.load(x + at), out.dtype, { bitcast: true }));
});

for (
  const [from, to] of [["i8", "u8"], ["u8", "f8e4m3"], ["f8e5m2", "i8"], ["u16", "bf16"], [
    "bf16",
    "i16",
  ]] as const
) {
  onDevices(`the bits of ${from} are read as ${to}`, async (device) => {
    const memory = Array.from({ length: 64 }, (_, i) => (i * 1009) % 0x7c);
    const numbers = memory.map((code) => FROM_BITS[from](code));
    using x = device.from(numbers, { dtype: from }), out = device.empty([64], { dtype: to });
    bits[grid(1)](x, out, { numWarps: 1 });
    assertEquals(texts(await out.read()), texts(memory.map((code) => FROM_BITS[to](code))));
  });
}

onDevices("floats become 32-bit integers with saturation, and NaN becomes 0", async (device) => {
  const data = [NaN, Infinity, -Infinity, 3e9, -3e9, 5e9, 2 ** 31, 2 ** 31 - 128, -(2 ** 31), -0.9];
  for (const name of ["i32", "u32"] as const) {
    assertEquals(await castOn(device, "f32", name, data), data.map((x) => casted(x, name)));
  }
});

const truncate = jit(function truncate(x: Pointer, out: Pointer, { N = 64 }) {
  const at = tl.arange(0, N);
  tl.store(out + at, tl.cast(tl.load(x + at), out.dtype, { fpDowncastRounding: "rtz" }));
});

for (const name of ["f16", "bf16"] as const) {
  onDevices(`f32 is rounded towards zero to ${name}`, async (device) => {
    const all = [...NUMBERS, 2051, -2051, 1.99, 6e-8, -1e-7, 70000, -65521];
    const data = [...all, ...Array.from({ length: 64 - all.length }, (_, i) => i / 7)];
    using x = device.from(data), out = device.empty([64], { dtype: name });
    truncate[grid(1)](x, out, { numWarps: 1 });
    const got = [...await out.read()];
    data.map(Math.fround).forEach((x, i) => {
      const y = got[i]!, next = FROM_BITS[name](TO_BITS[name](y) + 1);
      const fits = x !== x || Math.abs(x) === Infinity
        ? Object.is(x, y)
        : Math.abs(y) <= Math.abs(x) && Math.abs(next) > Math.abs(x);
      assertEquals(fits, true, `${x} became ${y}`);
      assertEquals(Math.sign(1 / y), Math.sign(1 / x), `${x} became ${y}`);
    });
  });
}

const product = jit(function product(a: Pointer, b: Pointer, out: Pointer, { M = 16, K = 32 }) {
  const row = tl.col(tl.arange(0, M)), column = tl.row(tl.arange(0, M));
  const x = tl.load(a + row * K + tl.row(tl.arange(0, K)));
  const y = tl.load(b + tl.col(tl.arange(0, K)) * M + column);
  tl.store(out + row * M + column, tl.dot(x, y));
});

for (
  const [a, b, to] of [["i8", "i8", "i32"], ["u8", "u8", "i32"], ["bf16", "bf16", "f32"], [
    "f8e5m2",
    "f8e4m3",
    "f32",
  ]] as const
) {
  onDevices(`${a} and ${b} are multiplied to ${to}`, async (device) => {
    const left = Array.from({ length: 16 * 32 }, (_, i) => ROUND[a](i * 7 % 256 - 100));
    const right = Array.from({ length: 32 * 16 }, (_, i) => ROUND[b](i * 13 % 256 - 90));
    using x = device.from(left, { dtype: a }), y = device.from(right, { dtype: b });
    using out = device.empty([16 * 16], { dtype: to });
    product[grid(1)](x, y, out, { numWarps: 1 });
    const expected = Array.from({ length: 256 }, (_, i) => {
      const row = Math.floor(i / 16), column = i % 16;
      let sum = 0;
      for (let k = 0; k < 32; k++) sum += left[row * 32 + k]! * right[k * 16 + column]!;
      return sum;
    });
    assertEquals([...await out.read()], expected);
  });
}
