/** f64, on the CPU and on GPUs that have it; and what is said where a device lacks 64 bits. */

import { CompilationError, grid, jit, type Pointer, tl } from "../../mod.ts";
import { assertEquals, assertMatch, assertThrows } from "../support/assert.ts";
import { onCpu, onDevices, onGpu, onGpuWithout } from "../support/devices.ts";

const N = 64;
const NUMBERS = Float64Array.from({ length: N }, (_, i) => {
  const awkward = [0, -0, 1 / 3, 1e300, -1e300, 2 ** 53 + 2, 1e-300, Infinity, -Infinity, NaN];
  return awkward[i] ?? Math.sin(i * 7) * 10 ** (i % 20 - 10);
});

const arithmetic = jit(function arithmetic(x: Pointer, y: Pointer, out: Pointer, { N = 64 }) {
  const at = tl.arange(0, N), a = tl.load(x + at), b = tl.load(y + at);
  tl.store(out + at, a + b);
  tl.store(out + N + at, a - b);
  tl.store(out + 2 * N + at, a * b);
  tl.store(out + 3 * N + at, a / b);
  tl.store(out + 4 * N + at, tl.sqrt(tl.abs(a)));
  tl.store(out + 5 * N + at, tl.where(a < b, a, b));
  tl.store(out + 6 * N + at, tl.floor(b));
  tl.store(out + 7 * N + at, tl.where(tl.isnan(a), 2, tl.where(tl.isinf(a), 1, 0)));
});

onDevices("arithmetic of f64 has 53 bits", async (device) => {
  if (device.kind === "webgpu" && !device.capabilities.features.includes("wgpu-shader-f64")) return;
  const others = NUMBERS.toReversed(), out = device.empty([8 * N], { dtype: "f64" });
  arithmetic[grid(1)](device.from(NUMBERS), device.from(others), out, { numWarps: 1 });
  const expected = [
    (a: number, b: number) => a + b,
    (a: number, b: number) => a - b,
    (a: number, b: number) => a * b,
    (a: number, b: number) => a / b,
    (a: number) => Math.sqrt(Math.abs(a)),
    (a: number, b: number) => a < b ? a : b,
    (_: number, b: number) => Math.floor(b),
    (a: number) => Number.isNaN(a) ? 2 : Number.isFinite(a) ? 0 : 1,
  ].flatMap((f) => Array.from(NUMBERS, (a, i) => f(a, others[i]!)));
  const found = await out.read();
  const wrong = expected.flatMap((want, i) => {
    // Quotients and roots may be off in the last place.
    const near = Math.abs(found[i]! - want) <= Math.abs(want) * 2 ** -51;
    const same = found[i] === want || (want !== want && found[i] !== found[i]);
    return same || (near && i >= 3 * N && i < 5 * N) ? [] : [[i, found[i], want]];
  });
  assertEquals(wrong, []);
});

const casts = jit(function casts(x: Pointer, out: Pointer, n: number, { N = 32 }) {
  const at = tl.arange(0, N), mask = at < n;
  tl.store(out + at, tl.load(x + at, { mask }), { mask });
});

onDevices("f64 is cast to integers by truncation, and saturates", async (device) => {
  if (device.kind === "webgpu" && !device.capabilities.features.includes("wgpu-shader-f64")) return;
  const numbers = [
    ...[
      0,
      0.9,
      -0.9,
      2 ** 31 - 0.5,
      -(2 ** 31) - 0.5,
      2 ** 31,
      2 ** 32,
      1e15 + 0.5,
      2 ** 62 + 1024,
    ],
    ...[2 ** 63, -(2 ** 63), 1e300, -1e300, NaN, Infinity, -Infinity, 4294967295.5],
  ];
  const x = device.from(numbers, { dtype: "f64" });
  for (const dtype of ["i32", "u32", "i64", "u64"] as const) {
    const out = device.empty([x.size], { dtype });
    casts[grid(1)](x, out, x.size, { numWarps: 1 });
    const bits = BigInt(dtype.slice(1)), signed = dtype.startsWith("i");
    const [low, high] = signed
      ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
      : [0n, (1n << bits) - 1n];
    const expected = numbers.map((x) => {
      if (Number.isNaN(x)) return 0n;
      if (!Number.isFinite(x)) return x > 0 ? high : low;
      const whole = BigInt(Math.trunc(x));
      return whole < low ? low : whole > high ? high : whole;
    });
    assertEquals(Array.from(await out.read(), BigInt), expected);
  }
});

const scalar = jit(function scalar(out: Pointer, x = tl.f64(0), { N = 2 }) {
  tl.store(out + tl.arange(0, N), x * 3);
});

onDevices("a scalar arrives as f64 where it is declared so", async (device) => {
  if (device.kind === "webgpu" && !device.capabilities.features.includes("wgpu-shader-f64")) return;
  const out = device.empty([2], { dtype: "f64" });
  scalar[grid(1)](out, 1 / 3, { numWarps: 1 });
  assertEquals([...await out.read()], [1, 1]);
});

const functions = jit(function functions(x: Pointer) {
  tl.store(x, tl.exp(tl.load(x)));
});

onCpu("functions of f64 are JavaScript's own", async (device) => {
  const x = device.from([1], { dtype: "f64" });
  functions[grid(1)](x);
  assertEquals([...await x.read()], [Math.E]);
});

onGpu("functions that shaders have in f32 alone are refused for f64", (device) => {
  if (!device.capabilities.features.includes("wgpu-shader-f64")) return;
  const x = device.from([1], { dtype: "f64" });
  const error = assertThrows(() => functions[grid(1)](x), CompilationError);
  assertMatch(error.message, /No GPU has 'exp' of f64[^]*tl\.exp\(tl\.load\(x\)\)[^]*\^/);
});

onGpuWithout("wgpu-shader-f64", "a kernel with f64 is refused by the feature's name", (device) => {
  const x = device.from([1], { dtype: "f64" });
  const error = assertThrows(() => functions[grid(1)](x), CompilationError);
  assertMatch(error.message, /Parameter 'x' is of f64, which needs the feature 'wgpu-shader-f64'/);
});

const counts = jit(function counts(x: Pointer, old: Pointer, n: number, { N = 32 }) {
  const at = tl.arange(0, N);
  tl.store(old + at, tl.atomicAdd(x + at % 2, n));
  tl.atomicMax(x + 2 + at * 0, tl.cast(at, tl.i64) - 5);
  tl.atomicXchg(x + 3, tl.cast(-1, tl.i64));
  tl.atomicCas(x + 4, tl.cast(0, tl.i64), tl.cast(7, tl.i64));
});

onDevices("atomic operations work on i64 where the device has them", async (device) => {
  const { features } = device.capabilities;
  const has = device.kind === "cpu" || features.includes("wgpu-shader-int64-atomic-all-ops");
  if (!has) return;
  const x = device.from([0n, 1n, -100n, 5n, 0n]), old = device.zeros([32], { dtype: "i64" });
  counts[grid(1)](x, old, 2n ** 40n, { numWarps: 1 });
  assertEquals([...await x.read()], [16n * 2n ** 40n, 1n + 16n * 2n ** 40n, 26n, -1n, 7n]);
  const sums = Array.from({ length: 32 }, (_, i) => BigInt(i % 2) + BigInt(i >> 1) * 2n ** 40n);
  assertEquals(
    [...await old.read()].sort((a, b) => a < b ? -1 : 1),
    sums.sort((a, b) => a < b ? -1 : 1),
  );
});

onGpuWithout(
  "wgpu-shader-int64",
  "atomic operations on i64 are refused by the feature's name",
  (device) => {
    const x = device.zeros([5], { dtype: "i64" });
    const error = assertThrows(() => counts[grid(1)](x, x, 2n ** 40n), CompilationError);
    assertMatch(
      error.message,
      /Atomic operations on i64 need the feature 'wgpu-shader-int64-atomic-all-ops'/,
    );
  },
);

onDevices("f64 is rounded to halves once, not by way of f32", async (device) => {
  if (device.kind === "webgpu" && !device.capabilities.features.includes("wgpu-shader-f64")) return;
  const above = 2 ** -40,
    numbers = [
      ...[1 + 2 ** -11 + above, 1 + 2 ** -11, 1 + 2 ** -11 - above, 1e300, -1e300, 1e-300, NaN],
      ...[1 + 2 ** -8 + above, 1 + 2 ** -8, 1 + 2 ** -8 - above, -(1 + 3 * 2 ** -8 - above), 0.1],
    ];
  const x = device.from(numbers, { dtype: "f64" });
  const half = device.empty([x.size], { dtype: "f16" }),
    brain = device.empty([x.size], { dtype: "bf16" });
  casts[grid(1)](x, half, x.size, { numWarps: 1 });
  casts[grid(1)](x, brain, x.size, { numWarps: 1 });
  assertEquals([...await half.read()], numbers.map(Math.f16round));
  const step = 2 ** -7;
  assertEquals([...await brain.read()].slice(7, 11), [1 + step, 1, 1, -(1 + step)]);
});
