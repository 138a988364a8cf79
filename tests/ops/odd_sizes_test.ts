/** Tiles whose sizes are not powers of two: every operation against plain JavaScript. */

import { grid, jit, type Pointer, tl } from "../../mod.ts";
import { assertClose, assertEquals } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { alongAxis, applied, type Numbers, numbers } from "./support.ts";

const SHAPES = [[1], [3], [100], [3, 5], [7, 8], [16, 9], [3, 5, 2]];

function counted(shape: readonly number[], start = 0): Numbers {
  const count = shape.reduce((product, dim) => product * dim, 1);
  return { shape, dtype: "i32", values: Array.from({ length: count }, (_, i) => start + i) };
}

onDevices("elements pass through loads and stores, and nothing beside them", async (device) => {
  const copy = jit(function copy(x: Pointer, out: Pointer, { N = 13 }) {
    const i = tl.arange(0, N);
    tl.store(out + i, tl.load(x + i) * 2 + 1);
  });
  using x = device.from(Float32Array.from({ length: 32 }, (_, i) => i));
  using out = device.zeros([32]);
  copy[grid(1)](x, out, { N: 13 });
  assertEquals(
    Array.from(await out.read()),
    Array.from({ length: 32 }, (_, i) => (i < 13 ? 2 * i + 1 : 0)),
  );
});

onDevices("shapes change in row-major order", async (device) => {
  const x = counted([3, 5, 4]);
  for (
    const [f, shape] of [
      [(x: number) => tl.reshape(x, [60]), [60]],
      [(x: number) => tl.reshape(x, [6, 10]), [6, 10]],
      [(x: number) => tl.reshape(x, [15, 4]), [15, 4]],
      [(x: number) => tl.reshape(x, [5, 2, 3, 2]), [5, 2, 3, 2]],
      [(x: number) => tl.ravel(x), [60]],
      [(x: number) => tl.expandDims(x, [0, -1]), [1, 3, 5, 4, 1]],
    ] as const
  ) {
    assertEquals(await applied(device, f, [x], [{ shape, dtype: "i32" }]), [x.values]);
  }
  const at = (i: number, j: number, k: number) => (i * 5 + j) * 4 + k;
  const [swapped] = await applied(device, (x: number) => tl.permute(x, [2, 0, 1]), [x], [
    { shape: [4, 3, 5], dtype: "i32" },
  ]);
  const wanted: number[] = [];
  for (let k = 0; k < 4; k++) {
    for (let i = 0; i < 3; i++) for (let j = 0; j < 5; j++) wanted.push(at(i, j, k));
  }
  assertEquals(swapped, wanted);
});

onDevices("tiles are joined, split, interleaved and put one after another", async (device) => {
  const a = counted([3, 5]), b = counted([3, 5], 100);
  const pairs = a.values.flatMap((x, i) => [x, b.values[i]!]);
  const of = (...shape: number[]) => ({ shape, dtype: "i32" as const });
  assertEquals(
    await applied(device, (a: number, b: number) => tl.join(a, b), [a, b], [of(3, 5, 2)]),
    [pairs],
  );
  assertEquals(
    await applied(device, (a: number, b: number) => tl.interleave(a, b), [a, b], [of(3, 10)]),
    [pairs],
  );
  assertEquals(
    await applied(device, (a: number, b: number) => tl.split(tl.join(a, b)), [a, b], [a, b]),
    [a.values, b.values],
  );
  const [p, q] = [counted([3]), counted([7], 50)];
  assertEquals(
    await applied(device, (p: number, q: number) => tl.cat(p, q), [p, q], [of(10)]),
    [[...p.values, ...q.values]],
  );
  assertEquals(
    await applied(device, (p: number) => tl.cat(p, p), [p], [of(6)]),
    [[...p.values, ...p.values]],
  );
  const c = counted([3, 2], 200);
  const rows = [0, 1, 2].flatMap((i) => [
    ...a.values.slice(i * 5, i * 5 + 5),
    ...c.values.slice(i * 2, i * 2 + 2),
  ]);
  assertEquals(
    await applied(device, (a: number, c: number) => tl.cat(a, c, { dim: 1 }), [a, c], [of(3, 7)]),
    [rows],
  );
  assertEquals(
    await applied(device, (a: number) => tl.flip(a, 1), [a], [a]),
    [alongAxis(a, 1).join(alongAxis(a, 1).lists.map((list) => list.toReversed()))],
  );
});

onDevices("reductions take in what is there and no more", async (device) => {
  for (const shape of SHAPES) {
    const x = numbers(shape, "f32"), last = shape.length - 1;
    const { lists } = alongAxis(x, last);
    const kept = shape.length === 1 ? [1] : shape.slice(0, -1);
    const wanted = { shape: kept, dtype: "f32" as const },
      index = { ...wanted, dtype: "i32" as const };
    const results = [
      ...await applied(
        device,
        (x: number) => [tl.sum(x, -1), tl.max(x, -1)],
        [x],
        [wanted, wanted],
      ),
      ...await applied(device, (x: number) => [tl.min(x, -1), tl.argmax(x, -1)], [x], [
        wanted,
        index,
      ]),
    ];
    assertEquals(results, [
      lists.map((list) => list.reduce((a, b) => a + b)),
      lists.map((list) => Math.max(...list)),
      lists.map((list) => Math.min(...list)),
      lists.map((list) => list.indexOf(Math.max(...list))),
    ]);
  }
});

onDevices("reductions of whole tiles count places as they are without padding", async (device) => {
  const one = { shape: [1], dtype: "i32" as const };
  for (const shape of [[3, 5], [5, 3, 3], [3, 8]]) {
    const x = numbers(shape, "i32", 1000);
    const most = Math.max(...x.values);
    const results = [
      ...await applied(device, (x: number) => [tl.sum(x), tl.argmax(x)], [x], [one, one]),
      ...await applied(
        device,
        (
          x: number,
        ) => [tl.xorSum(x), tl.reduce(x, null, (a: number, b: number) => a * 3 + b - a * 2)],
        [x],
        [one, one],
      ),
    ];
    assertEquals(results.flat(), [
      x.values.reduce((a, b) => a + b),
      x.values.indexOf(most),
      x.values.reduce((a, b) => a ^ b),
      x.values.reduce((a, b) => a + b),
    ]);
  }
});

onDevices("a combine function of a tuple sees what is there", async (device) => {
  const x = numbers([5, 7], "f32"), y = numbers([5, 7], "f32", 50, 2);
  const wanted = { shape: [5], dtype: "f32" as const };
  const [sums, products] = await applied(
    device,
    (x: number, y: number) =>
      tl.reduce(
        [x, y],
        1,
        (a: number, b: number, c: number, d: number) => [a + c, tl.maximum(b, d) + 0],
      ),
    [x, y],
    [wanted, wanted],
  );
  assertEquals(sums, alongAxis(x, 1).lists.map((list) => list.reduce((a, b) => a + b)));
  assertEquals(products, alongAxis(y, 1).lists.map((list) => Math.max(...list)));
});

onDevices("extremes of NaNs, infinities and zeros are those of what is there", async (device) => {
  const values = [NaN, NaN, NaN, -Infinity, -Infinity, -Infinity, Infinity, NaN, 1];
  const x = { shape: [3, 3], dtype: "f32" as const, values }, row = { ...x, shape: [3] };
  const results = await applied(
    device,
    (x: number) => [tl.max(x, 1), tl.min(x, 1)],
    [x],
    [row, row],
  );
  assertEquals(results, [[NaN, -Infinity, Infinity], [NaN, -Infinity, 1]]);
});

onDevices("scans go forward and backward over what is there", async (device) => {
  for (const shape of [[5], [3, 7], [100]]) {
    const x = numbers(shape, "i32"), axis = shape.length - 1;
    const { lists, join } = alongAxis(x, axis);
    const running = (list: readonly number[]) => {
      let sum = 0;
      return list.map((y) => sum += y);
    };
    const back = (list: readonly number[]) => running(list.toReversed()).toReversed();
    assertEquals(
      await applied(
        device,
        (x: number) => [tl.cumsum(x, -1), tl.cumsum(x, -1, { reverse: true })],
        [x],
        [x, x],
      ),
      [join(lists.map(running)), join(lists.map(back))],
    );
    // The last of two: associative, and without a neutral number.
    assertEquals(
      await applied(
        device,
        (x: number) => [
          tl.associativeScan(x, -1, (a: number, b: number) => b + 0 * a),
          tl.associativeScan(x, -1, (a: number, b: number) => a + 0 * b, { reverse: true }),
        ],
        [x],
        [x, x],
      ),
      [x.values, join(lists.map((list) => list.map(() => list.at(-1)!)))],
    );
  }
});

onDevices("sorting keeps every element, NaNs and infinities too", async (device) => {
  const values = [3, NaN, -Infinity, 2, Infinity, NaN, -0, 0, -1, 7, Infinity];
  const x = { shape: [11], dtype: "f32" as const, values };
  const [up, down] = await applied(
    device,
    (x: number) => [tl.sort(x), tl.sort(x, { descending: true })],
    [x],
    [x, x],
  );
  const sorted = [-Infinity, -1, -0, 0, 2, 3, 7, Infinity, Infinity, NaN, NaN];
  assertEquals(up, sorted);
  assertEquals(down, sorted.toReversed());
  for (const dtype of ["i32", "u32", "f32"] as const) {
    const y = numbers([3, 20], dtype), { lists, join } = alongAxis(y, 1);
    const five = { shape: [3, 5], dtype };
    const results = await applied(device, (y: number) => [tl.sort(y), tl.topk(y, 5)], [y], [
      y,
      five,
    ]);
    const ordered = lists.map((list) => list.toSorted((a, b) => a - b));
    assertEquals(results, [
      join(ordered),
      ordered.flatMap((list) => list.toReversed().slice(0, 5)),
    ]);
  }
});

onDevices("elements are gathered by indices, and counted", async (device) => {
  const x = numbers([5, 6], "f32"), index = numbers([3, 6], "u32", 2);
  const [taken] = await applied(
    device,
    (x: number, i: number) => tl.gather(x, i, 0),
    [x, index],
    [{ shape: [3, 6], dtype: "f32" }],
  );
  assertEquals(taken, index.values.map((row, i) => x.values[row * 6 + i % 6]));
  const y = numbers([50], "u32", 3), bins = { shape: [5], dtype: "i32" as const };
  const counts = await applied(
    device,
    (y: number) => [tl.histogram(y, 5), tl.histogram(y, 5, { mask: y !== 1 })],
    [y],
    [bins, bins],
  );
  const all = [0, 1, 2, 3, 4].map((bin) => y.values.filter((v) => v === bin).length);
  assertEquals(counts, [all, all.with(1, 0)]);
});

onDevices("products have any M, N and K", async (device) => {
  for (const [M, K, N] of [[3, 5, 7], [16, 9, 16], [20, 16, 33]] as const) {
    const a = numbers([M, K], "f32", 4), b = numbers([K, N], "f32", 4, 2);
    const [c] = await applied(device, (a: number, b: number) => tl.dot(a, b), [a, b], [
      { shape: [M, N], dtype: "f32" },
    ]);
    const wanted = Array.from({ length: M * N }, (_, at) => {
      let sum = 0;
      for (let k = 0; k < K; k++) {
        sum += a.values[Math.floor(at / N) * K + k]! * b.values[k * N + at % N]!;
      }
      return sum;
    });
    assertEquals(c, wanted);
  }
});

onDevices("infinities where nothing is do not reach a product", async (device) => {
  // 1 / (3 - k) is infinite at k = 3, which only the padding of K = 3 has.
  const product = jit(function product(out: Pointer) {
    const k = tl.arange(0, 3), i = tl.arange(0, 2);
    const a = tl.broadcastTo(tl.row(1 / (3 - k)), [2, 3]);
    const b = tl.broadcastTo(tl.col(tl.cast(k, tl.f32)), [3, 2]);
    tl.store(out + tl.col(i) * 2 + tl.row(i), tl.dot(a, b));
  });
  using out = device.empty([4]);
  product[grid(1)](out);
  assertClose(await out.read(), [2.5, 2.5, 2.5, 2.5], { relative: 1e-6, absolute: 0 });
});

onDevices("atomic operations change what is there alone", async (device) => {
  const change = jit(function change(out: Pointer, old: Pointer, { N = 5 }) {
    const i = tl.arange(0, N);
    tl.store(old + i, tl.atomicAdd(out + i, i + 1));
    tl.atomicMax(out + 8 + tl.arange(0, 3), 7);
    tl.atomicCas(out + 12 + tl.arange(0, 3), 1, 9);
  });
  using out = device.from(new Int32Array(16).fill(1)), old = device.zeros([8], { dtype: "i32" });
  change[grid(1)](out, old, { N: 5 });
  assertEquals(
    Array.from(await out.read()),
    [2, 3, 4, 5, 6, 1, 1, 1, 7, 7, 7, 1, 9, 9, 9, 1],
  );
  assertEquals(Array.from(await old.read()), [1, 1, 1, 1, 1, 0, 0, 0]);
});

onDevices("loops and branches carry tiles of any size", async (device) => {
  const walk = jit(function walk(x: Pointer, out: Pointer, n: number, { N = 6 }) {
    const i = tl.arange(0, N);
    let at = x + i, sum = tl.zeros([N], tl.f32);
    for (let step = 0; step < n; step++) {
      sum += tl.load(at);
      at += N;
    }
    if (n > 2) sum = sum * 2;
    tl.store(out + i, sum);
  });
  using x = device.from(Float32Array.from({ length: 18 }, (_, i) => i)), out = device.zeros([8]);
  walk[grid(1)](x, out, 3, { N: 6 });
  assertEquals(
    Array.from(await out.read()),
    [...Array.from({ length: 6 }, (_, i) => 2 * (3 * i + 18)), 0, 0],
  );
});

onDevices("random numbers do not depend on the padding", async (device) => {
  const draw = jit(function draw(out: Pointer, { N = 10 }) {
    const i = tl.arange(0, N);
    tl.store(out + i, tl.rand(42, i));
  });
  using a = device.zeros([10]), b = device.zeros([16]);
  draw[grid(1)](a, { N: 10 });
  draw[grid(1)](b, { N: 16 });
  assertEquals(Array.from(await a.read()), Array.from(await b.read()).slice(0, 10));
});
