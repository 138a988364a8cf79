/** f16 on every device, also on GPUs without it: there it is computed in f32, each result rounded. */

import { grid, jit, type Pointer, tl } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
import { type DeviceTest, onDevices, onGpuWithout } from "../support/devices.ts";

function onAll(name: string, fn: DeviceTest): void {
  onDevices(name, fn);
  onGpuWithout("shader-f16", name, fn);
}

/** Text that tells -0 from 0. */
function texts(numbers: Iterable<number>): string[] {
  return Array.from(numbers, (x) => Object.is(x, -0) ? "-0" : String(x));
}

const N = 64;
const NUMBERS = Float16Array.from({ length: N }, (_, i) => {
  const awkward = [0, -0, 65504, -65504, 2 ** -24, 2 ** -14, 2 ** -15, 1 / 3, 2049, Infinity, NaN];
  return awkward[i] ?? Math.sin(i * 7) * 2 ** (i % 30 - 15);
});
const OTHERS = NUMBERS.toReversed();

const arithmetic = jit(function arithmetic(x: Pointer, y: Pointer, out: Pointer, { N = 64 }) {
  const at = tl.arange(0, N), a = tl.load(x + at), b = tl.load(y + at);
  tl.store(out + at, a + b);
  tl.store(out + N + at, a - b);
  tl.store(out + 2 * N + at, a * b);
  tl.store(out + 3 * N + at, -a);
  tl.store(out + 4 * N + at, tl.abs(a));
  tl.store(out + 5 * N + at, a * b + a);
  tl.store(out + 6 * N + at, a - a * b);
  tl.store(out + 7 * N + at, tl.where(a < b, a, b));
});

onAll("arithmetic of f16 rounds once, at each step or fused", async (device) => {
  const out = device.empty([8 * N], { dtype: "f16" });
  arithmetic[grid(1)](device.from(NUMBERS), device.from(OTHERS), out, { numWarps: 1 });
  const expected = [
    (a: number, b: number) => a + b,
    (a: number, b: number) => a - b,
    (a: number, b: number) => a * b,
    (a: number) => -a,
    (a: number) => Math.abs(a),
    (a: number, b: number) => a * b + a,
    (a: number, b: number) => a - a * b,
    (a: number, b: number) => a < b ? a : b,
  ].flatMap((f) => Array.from(NUMBERS, (a, i) => Math.f16round(f(a, OTHERS[i]!))));
  // The sign of a NaN or zero that comes of a difference is the device's.
  const plain = (list: Iterable<number>) => Array.from(list, (x) => x === 0 ? 0 : x);
  assertEquals(plain(await out.read()), plain(expected));
});

const conversions = jit(function conversions(x: Pointer, out: Pointer, n: number, { N = 64 }) {
  const at = tl.arange(0, N), mask = at < n;
  tl.store(out + at, tl.load(x + at, { mask }), { mask });
});

onAll("f32 is rounded to f16 to nearest even, beyond the largest to infinity", async (device) => {
  const numbers = [
    ...[0, -0, 1, 65504, 65519.99, 65520, -65520, 1e10, Infinity, -Infinity, NaN, 2049, 2051],
    ...[2 ** -14, 2 ** -24, 2 ** -25, 3 * 2 ** -25, 2 ** -26, 1.0009765625 + 2 ** -12, -(2 ** -25)],
    ...[1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -14 - 2 ** -25, 2 ** -14 - 2 ** -26, 0.1, -0.3],
  ];
  const x = device.from(numbers), out = device.empty([x.size], { dtype: "f16" });
  conversions[grid(1)](x, out, x.size, { numWarps: 1 });
  assertEquals(texts(await out.read()), texts(numbers.map(Math.f16round)));
});

onAll("f16 is loaded and stored one by one, and in pairs", async (device) => {
  for (const n of [64, 63, 5, 1]) {
    const x = device.from(NUMBERS), out = device.full([65], 7, { dtype: "f16" });
    conversions[grid(1)](x, out, n, { numWarps: 1 });
    assertEquals(
      texts(await out.read()),
      texts([...NUMBERS.subarray(0, n), ...Array.from({ length: 65 - n }, () => 7)]),
    );
  }
});

const combining = jit(function combining(x: Pointer, out: Pointer, scale: number, { N = 64 }) {
  const at = tl.arange(0, N), a = tl.load(x + at);
  tl.store(out + at, tl.sort(a));
  tl.store(out + N + at, tl.cumsum(a));
  tl.store(out + 2 * N + at, tl.flip(a) * scale);
  const square = tl.reshape(a, [8, 8]);
  tl.store(out + 3 * N + at, tl.ravel(tl.dot(square, tl.trans(square))));
  tl.store(out + 4 * N + at, tl.max(a) + tl.zeros([N], tl.f16));
});

onAll("f16 is sorted, summed up, multiplied and passed as a scalar", async (device) => {
  const x = Float16Array.from({ length: N }, (_, i) => ((i * 37) % 64 - 32) / 8);
  const out = device.empty([5 * N], { dtype: "f16" });
  combining[grid(1)](device.from(x), out, tl.f16(0.1), { numWarps: 1 });
  const list = [...x], square = (i: number, k: number) => list[i * 8 + k]!;
  const expected = [
    ...list.toSorted((a, b) => a - b),
    ...list.map((_, i) => list.slice(0, i + 1).reduce((a, b) => a + b)),
    ...list.toReversed().map((x) => x * Math.f16round(0.1)),
    ...list.map((_, i) =>
      Array.from({ length: 8 }, (_, k) => square(i >> 3, k) * square(i & 7, k)).reduce((a, b) =>
        a + b
      )
    ),
    ...list.map(() => Math.max(...list)),
  ].map(Math.f16round);
  assertEquals(texts(await out.read()), texts(expected));
});
