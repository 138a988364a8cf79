/** Tiles too large for registers, which are computed block by block. */

import { grid, jit, type Pointer, tl } from "../../mod.ts";
import { assertClose, assertEquals } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";

const N = 2 ** 15;
const values = Float32Array.from({ length: N }, (_, i) => ((i * 7919) % 4093 - 2000) / 16);

onDevices("a chain from loads to stores and sums goes block by block", async (device) => {
  const normalise = jit(function normalise(x: Pointer, out: Pointer, { N = 1 }) {
    const i = tl.arange(0, N), a = tl.load(x + i);
    const shifted = a - tl.sum(a) / N;
    tl.store(out + i, shifted / tl.max(tl.abs(shifted)));
  });
  using x = device.from(values), out = device.empty([N]);
  normalise[grid(1)](x, out, { N, numWarps: 2 });
  const mean = values.reduce((a, b) => a + b) / N;
  const most = Math.max(...values.map((y) => Math.abs(y - mean)));
  const wanted = values.map((y) => (y - mean) / most);
  assertClose(await out.read(), wanted, { relative: 1e-4, absolute: 1e-4 });
});

onDevices("stores to where a tile was loaded from come after all loads", async (device) => {
  const reverse = jit(function reverse(x: Pointer, { N = 1 }) {
    const i = tl.arange(0, N), a = tl.load(x + i);
    tl.store(x + (N - 1 - i), a);
  });
  using x = device.from(values);
  reverse[grid(1)](x, { N, numWarps: 2 });
  assertEquals(Array.from(await x.read()), Array.from(values).reverse());
});

onDevices("running sums go on from block to block, both ways", async (device) => {
  const sums = jit(function sums(x: Pointer, up: Pointer, down: Pointer, { N = 1 }) {
    const i = tl.arange(0, N), a = tl.cast(tl.load(x + i), tl.i32);
    tl.store(up + i, tl.cumsum(a, 0));
    tl.store(down + i, tl.cumsum(a, 0, { reverse: true }));
  });
  using x = device.from(values);
  using up = device.empty([N], { dtype: "i32" }), down = device.empty([N], { dtype: "i32" });
  sums[grid(1)](x, up, down, { N, numWarps: 2 });
  const whole = Array.from(values, (y) => Math.trunc(y));
  let sum = 0;
  const wanted = whole.map((y) => sum += y);
  assertEquals(Array.from(await up.read()), wanted);
  assertEquals(
    Array.from(await down.read()),
    whole.map((y, i) => sum - wanted[i]! + y),
  );
});

onDevices("a long row is sorted, and its largest elements found", async (device) => {
  const order = jit(function order(x: Pointer, out: Pointer, most: Pointer, { N = 1 }) {
    const i = tl.arange(0, N), a = tl.load(x + i);
    tl.store(out + i, tl.sort(a, { descending: true })); // once, for both
    tl.store(most + tl.arange(0, 8), tl.topk(a, 8));
  });
  const M = N / 2;
  using x = device.from(values), out = device.empty([M]), most = device.empty([8]);
  order[grid(1)](x, out, most, { N: M, numWarps: 8 });
  const sorted = values.slice(0, M).toSorted().reverse();
  assertEquals(Array.from(await out.read()), Array.from(sorted));
  assertEquals(Array.from(await most.read()), Array.from(sorted.slice(0, 8)));
});

onDevices("a large matrix is transposed, and its columns summed", async (device) => {
  const turn = jit(function turn(x: Pointer, out: Pointer, sums: Pointer, { R = 1, C = 1 }) {
    const i = tl.arange(0, R), j = tl.arange(0, C);
    const a = tl.load(x + tl.col(i) * C + tl.row(j));
    tl.store(out + tl.col(j) * R + tl.row(i), tl.trans(a));
    tl.store(sums + j, tl.sum(a, 0));
  });
  const [R, C] = [128, 256];
  using x = device.from(values), out = device.empty([N]), sums = device.empty([C]);
  turn[grid(1)](x, out, sums, { R, C, numWarps: 2 });
  const turned = Array.from({ length: N }, (_, at) => values[at % R * C + Math.floor(at / R)]!);
  assertEquals(Array.from(await out.read()), turned);
  const columns = Array.from(
    { length: C },
    (_, j) => turned.slice(j * R, (j + 1) * R).reduce((a, b) => a + b),
  );
  assertClose(await sums.read(), columns, { relative: 1e-4, absolute: 1e-2 });
});

onDevices("loops and branches hand large tiles on", async (device) => {
  const add = jit(function add(x: Pointer, out: Pointer, n: number, { N = 1 }) {
    const i = tl.arange(0, N);
    let even = tl.zeros([N], tl.f32), odd = tl.load(x + i);
    for (let step = 0; step < n; step++) {
      const next = even + 1;
      even = odd;
      odd = next;
    }
    if (n > 2) even = even * 2;
    tl.store(out + i, even - odd);
  });
  using x = device.from(values), out = device.empty([N]);
  add[grid(1)](x, out, 3, { N, numWarps: 2 });
  // (0, x) -> (x, 1) -> (1, x + 1) -> (x + 1, 2)
  assertEquals(Array.from(await out.read()), Array.from(values, (y) => 2 * (y + 1) - 2));
});

onDevices("large tiles are gathered from, and counted", async (device) => {
  const pick = jit(function pick(x: Pointer, out: Pointer, bins: Pointer, { N = 1 }) {
    const i = tl.arange(0, N), a = tl.load(x + i);
    tl.store(out + i, tl.gather(a, (i * 5) & (N - 1), 0));
    tl.store(bins + tl.arange(0, 16), tl.histogram(tl.cast(a / 8, tl.i32), 16));
  });
  using x = device.from(values), out = device.empty([N]);
  using bins = device.empty([16], { dtype: "i32" });
  pick[grid(1)](x, out, bins, { N, numWarps: 4 });
  assertEquals(
    Array.from(await out.read()),
    Array.from(values, (_, i) => values[(i * 5) & (N - 1)]!),
  );
  const counts = new Array(16).fill(0);
  for (const y of values) counts[Math.trunc(y / 8)]++;
  assertEquals(Array.from(await bins.read()), counts.slice(0, 16));
});

onDevices("a product larger than registers is made in blocks", async (device) => {
  const multiply = jit(function multiply(a: Pointer, b: Pointer, c: Pointer, { M = 1, K = 1 }) {
    const i = tl.arange(0, M), k = tl.arange(0, K);
    const x = tl.load(a + tl.col(i) * K + tl.row(k)), y = tl.load(b + tl.col(k) * M + tl.row(i));
    tl.store(c + tl.col(i) * M + tl.row(i), tl.dot(x, y) + 1);
  });
  const [M, K] = [128, 32];
  const left = values.slice(0, M * K).map(Math.trunc),
    right = values.slice(M * K, 2 * M * K)
      .map((y) => Math.trunc(y / 8));
  using a = device.from(left), b = device.from(right), c = device.empty([M, M]);
  multiply[grid(1)](a, b, c, { M, K, numWarps: 1 });
  const wanted = Array.from({ length: M * M }, (_, at) => {
    let sum = 1;
    for (let k = 0; k < K; k++) sum += left[Math.floor(at / M) * K + k]! * right[k * M + at % M]!;
    return sum;
  });
  assertEquals(Array.from(await c.read()), wanted);
});
