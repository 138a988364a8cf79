/** Scans, sorting, counting and softmax. */

import { Device, tl } from "../../mod.ts";
import { assertClose, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { type DeviceTest, onDevices, onGpu, onGpuWithout } from "../support/devices.ts";
import { failure, pointer } from "../trace/support.ts";
import { alongAxis, applied, numbers } from "./support.ts";

/** Running results of a list, from its end when reversed. */
function running(
  list: readonly number[],
  combine: (a: number, b: number) => number,
  reverse = false,
): number[] {
  const ordered = reverse ? list.toReversed() : list;
  const results = ordered.reduce<number[]>(
    (done, x, i) => [...done, i === 0 ? x : combine(done[i - 1]!, x)],
    [],
  );
  return reverse ? results.toReversed() : results;
}

const SUMS = [
  (x: number) => tl.cumsum(x),
  (x: number) => tl.cumsum(x, 1),
  (x: number) => tl.cumsum(x, 0, { reverse: true }),
  (x: number) => tl.cumsum(x, -1, { reverse: true }),
];

onDevices("cumsum sums along either axis in either direction", async (device) => {
  // From one element to more than there are invocations, so that bits lie everywhere.
  const cases = [[[1], 0], [[32], 2], [[2048], 0], [[2048], 2], [[16, 64], 1], [
    [64, 16],
    0,
  ]] as const;
  for (const [shape, f] of cases) {
    const x = numbers(shape, "i32"), axis = f % 2;
    const { lists, join } = alongAxis(x, axis);
    const [sums] = await applied(device, SUMS[f]!, [x], [x]);
    const wanted = lists.map((list) => running(list, (a, b) => a + b, f >= 2));
    assertEquals(sums, join(wanted), `${shape} by ${SUMS[f]}`);
  }
});

onDevices("cumprod and sums of halves", async (device) => {
  const x = { ...numbers([4, 8], "f16", 3), values: numbers([4, 8], "i32", 3).values };
  const { lists, join } = alongAxis(x, 1);
  const results = await applied(
    device,
    (x: number) => [tl.cumprod(x, 1), tl.cumsum(x, 1, { dtype: tl.f32 })],
    [x],
    [x, { ...x, dtype: "f32" }],
  );
  assertEquals(results, [
    join(lists.map((list) => running(list, (a, b) => a * b))),
    join(lists.map((list) => running(list, (a, b) => a + b))),
  ]);
});

onDevices("associativeScan keeps the order, of tuples too", async (device) => {
  // Composition of x -> a * x + b, which does not commute; products stay within 32 bits.
  // With many warps, totals of all are read at once; with few, or many rows, they are exchanged.
  for (
    const [shape, axis, reverse, numWarps] of [
      ...[[[512], 0, false, 4], [[8, 32], 1, true, 4], [[1024], 0, false, 8], [[512], 0, false, 1]],
      ...[[[64, 8], 0, false, 4], [[2, 256], 1, true, 8], [[64, 32], 1, true, 2]],
    ] as [number[], number, boolean, number][]
  ) {
    const a = numbers(shape, "i32", 3), b = numbers(shape, "i32", 9, 5);
    const f = reverse
      ? (a: number, b: number) =>
        tl.associativeScan([a, b], 1, (p, q, r, s) => [p! * r!, q! * r! + s!], { reverse: true })
      : (a: number, b: number) =>
        tl.associativeScan([a, b], 0, (p, q, r, s) => [p! * r!, q! * r! + s!]);
    const results = await applied(device, f, [a, b], [a, b], numWarps);
    const [as, bs] = [alongAxis(a, axis), alongAxis(b, axis)];
    const wanted = as.lists.map((list, l) => {
      const pairs = list.map((x, i) => [x, bs.lists[l]![i]!]);
      if (reverse) pairs.reverse();
      for (let i = 1; i < pairs.length; i++) {
        const [p, q] = pairs[i - 1]!, [r, s] = pairs[i]!;
        pairs[i] = [Math.imul(p!, r!), (Math.imul(q!, r!) + s!) | 0];
      }
      return reverse ? pairs.reverse() : pairs;
    });
    assertEquals(results, [0, 1].map((k) => as.join(wanted.map((l) => l.map((p) => p[k]!)))));
  }
});

const SORTS = [(x: number) => tl.sort(x), (x: number) => tl.sort(x, { dim: -1, descending: true })];

onDevices("sort puts the last dimension in order", async (device) => {
  // Short ones and long ones are lowered differently.
  const cases = [[[1], "i32", 0], [[4], "f32", 1], [[1024], "f32", 0], [[8, 64], "i32", 1], [
    [4, 512],
    "i32",
    1,
  ], [
    [16, 2],
    "u32",
    0,
  ]] as const;
  for (const [shape, dtype, f] of cases) {
    const x = numbers(shape, dtype), { lists, join } = alongAxis(x, shape.length - 1);
    const [sorted] = await applied(device, SORTS[f]!, [x], [x]);
    const wanted = lists.map((list) => list.toSorted((a, b) => f === 0 ? a - b : b - a));
    assertEquals(sorted, join(wanted), `${shape} ${dtype}`);
  }
});

const SORTS_BY = [
  (x: number, key: number) => tl.sort(x, { by: key, bins: 7 }),
  (x: number, key: number) => tl.sort(x, { by: key, bins: 200 }),
  (x: number, key: number) => tl.sort(x, { by: key, bins: 7, descending: true }),
];

const sortedBy: DeviceTest = async (device) => {
  // Tiles with fewer elements than invocations and of two dimensions go by another way, and so do
  // those of which there is no room to count.
  const cases = [
    ...[[[1], "f32", 0], [[8], "i32", 2], [[100], "f32", 0], [[256], "i64", 0]],
    ...[[[512], "f32", 1], [[1000], "f16", 2], [[2048], "u32", 0], [[4, 32], "f32", 0]],
    ...[[[3, 5], "f32", 2], [[8192], "f32", 0]],
  ] as [number[], "f32", number][];
  for (const [shape, dtype, f] of cases) {
    const n = shape.reduce((product, dim) => product * dim, 1), bins = f === 1 ? 200 : 7;
    const x = { ...numbers(shape, dtype), values: Array.from({ length: n }, (_, i) => i % 2000) };
    const keys = x.values.map((_, i) => (Math.imul(i, 7919) >>> 3) % bins);
    const { lists, join } = alongAxis(x, shape.length - 1);
    const { lists: keyLists } = alongAxis({ ...x, values: keys }, shape.length - 1);
    const key = { ...numbers(shape, "i32"), values: keys };
    const [sorted] = await applied(device, SORTS_BY[f]!, [x, key], [x]);
    const wanted = lists.map((list, row) => {
      const order = list.map((_, i) => i).sort((a, b) => {
        const [p, q] = [keyLists[row]![a]!, keyLists[row]![b]!];
        return f === 2 ? q - p : p - q;
      });
      return order.map((i) => list[i]!);
    });
    assertEquals(sorted!.map(Number), join(wanted), `${shape} ${dtype} ${bins}`);
  }
};

onDevices("sort by small integers keeps the order of equal ones", sortedBy);
onGpuWithout("subgroups", "sort by small integers keeps the order of equal ones", sortedBy);

onDevices("sorting loses no element when there are NaNs", async (device) => {
  const x = numbers([64], "f32");
  const values = x.values.map((value, i) => i % 5 === 0 ? NaN : value);
  const [sorted] = await applied(device, SORTS[0]!, [{ ...x, values }], [x]);
  const plain = (list: readonly number[]) =>
    list.filter((y) => !Number.isNaN(y)).toSorted((a, b) => a - b);
  assertEquals(plain(sorted!), plain(values));
});

onDevices("topk gives the largest, largest first", async (device) => {
  const x = numbers([8, 64], "f32"), { lists, join } = alongAxis(x, 1);
  const [found] = await applied(device, (x: number) => tl.topk(x, 8), [x], [
    { shape: [8, 8], dtype: "f32" },
  ]);
  assertEquals(found, join(lists.map((list) => list.toSorted((a, b) => b - a).slice(0, 8))));
});

onDevices("histogram counts what the mask admits and the bins hold", async (device) => {
  for (const [n, bins] of [[512, 16], [64, 256]] as const) {
    const x = { ...numbers([n], "i32", bins), dtype: "i32" as const };
    const f = bins === 16
      ? (x: number) => [tl.histogram(x, 16), tl.histogram(x, 16, { mask: x % 3 !== 0 })]
      : (x: number) => [tl.histogram(x, 256), tl.histogram(x, 256, { mask: x % 3 !== 0 })];
    const out = { shape: [bins], dtype: "i32" as const };
    const found = await applied(device, f, [x], [out, out]);
    const wanted = [0, 0].map(() => Array.from({ length: bins }, () => 0));
    for (const value of x.values) {
      if (value < 0 || value >= bins) continue;
      wanted[0]![value]!++;
      if (value % 3 !== 0) wanted[1]![value]!++;
    }
    assertEquals(found, wanted);
  }
});

onDevices("what moves elements works in a loop", async (device) => {
  const x = numbers([256], "i32", 20), index = numbers([256], "u32", 999, 3);
  const within = { ...index, values: index.values.map((i) => i % 256) };
  const [found] = await applied(
    device,
    (x: number, index: number) => {
      let y = x;
      for (const _ of tl.range(0, 3)) {
        y = tl.cumsum(tl.sort(tl.gather(y, index, 0)), 0) % 31 + tl.flip(y);
      }
      return y;
    },
    [x, within],
    [x],
  );
  let y = x.values;
  for (let i = 0; i < 3; i++) {
    const sorted = within.values.map((j) => y[j]!).toSorted((a, b) => a - b);
    const sums = running(sorted, (a, b) => a + b), before = y;
    y = sums.map((sum, j) => sum % 31 + before[255 - j]!);
  }
  assertEquals(found!.map((v) => v + 0), y.map((v) => v + 0));
});

onDevices("softmax is along the first dimension unless another is given", async (device) => {
  const x = numbers([4, 16], "f32", 8);
  for (const dim of [0, 1]) {
    const { lists, join } = alongAxis(x, dim);
    const f = dim === 0 ? (x: number) => tl.softmax(x) : (x: number) => tl.softmax(x, -1);
    const [found] = await applied(device, f, [x], [x]);
    const wanted = lists.map((list) => {
      const powers = list.map((value) => Math.exp(value - Math.max(...list)));
      const sum = powers.reduce((a, b) => a + b);
      return powers.map((power) => power / sum);
    });
    assertClose(found!, join(wanted), { relative: 1e-5, absolute: 1e-7 });
  }
});

onGpu("without subgroups lanes meet in workgroup memory", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  using device = await Device.from(await adapter!.requestDevice());
  assertEquals(device.capabilities.subgroupSize, 0);
  const x = numbers([8, 64], "i32"), { lists, join } = alongAxis(x, 1);
  const results = await applied(
    device,
    (x: number) => [tl.cumsum(x, 1, { reverse: true }), tl.sort(x)],
    [x],
    [x, x],
  );
  assertEquals(results, [
    join(lists.map((list) => running(list, (a, b) => a + b, true))),
    join(lists.map((list) => list.toSorted((a, b) => a - b))),
  ]);
});

Deno.test("what cannot be scanned, sorted or counted is said", () => {
  const rows: [string, string][] = [
    ["tl.cumsum(1)", "a scalar"],
    ["tl.cumsum(tl.arange(0, 4), 1)", "axis 1"],
    ["tl.sort(tl.zeros([4, 4], tl.f32), { dim: 0 })", "along the last dimension"],
    ["tl.sort(tl.arange(0, 4), { by: tl.arange(0, 4) })", "from 1 to 256, but 'bins' is undefined"],
    ["tl.sort(tl.arange(0, 4), { by: tl.arange(0, 4), bins: 257 })", "'bins' is 257"],
    ["tl.sort(tl.arange(0, 4), { by: tl.zeros([4], tl.f32), bins: 4 })", "by integers, not by"],
    ["tl.topk(tl.arange(0, 4), 8)", "cannot find 8 elements among 4"],
    ["tl.topk(tl.arange(0, 4), 0)", "0 is not a positive integer"],
    ["tl.histogram(tl.zeros([4], tl.f32), 4)", "a tile of integers"],
    ["tl.histogram(tl.arange(0, 4), 4, { mask: 1 })", "needs booleans"],
    ["tl.associativeScan(tl.arange(0, 4), 0, (a, b) => a < b)", "must return i32"],
  ];
  for (const [expression, wanted] of rows) {
    const message = failure(`(x) => { ${expression}; }`, [pointer("f32")]);
    assertStringIncludes(message, wanted, expression);
  }
});
