/** Extremes with their indices, and reductions of bits. */

import { tl } from "../../mod.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { onCpu, onDevices } from "../support/devices.ts";
import { failure, pointer } from "../trace/support.ts";
import { alongAxis, applied, numbers } from "./support.ts";

/** The index of the first extreme of numbers that are no NaN; of NaNs alone the last. */
function indexOfExtreme(list: readonly number[], sign: number): number {
  let best = list.length - 1;
  list.forEach((x, i) => {
    const y = list[best]!;
    if (!Number.isNaN(x) && (Number.isNaN(y) || sign * x > sign * y || (x === y && i < best))) {
      best = i;
    }
  });
  return best;
}

const MAX = [
  (x: number) => tl.argmax(x, 0),
  (x: number) => tl.argmax(x, 1),
  (x: number) => tl.argmax(x, -1, { tieBreakLeft: false }),
];
const MIN = [
  (x: number) => tl.argmin(x, 0),
  (x: number) => tl.argmin(x, 1),
  (x: number) => tl.argmin(x, -1),
];

onDevices("argmax and argmin give the first of equal extremes", async (device) => {
  const cases = [["f32", [256]], ["i32", [16, 64]], ["f32", [2, 4, 8]]] as const;
  for (const [dtype, shape] of cases) {
    const x = numbers(shape, dtype, 6);
    const axis = shape.length === 1 ? 0 : shape.length - 1;
    const { lists } = alongAxis(x, axis);
    const out = { shape: shape.toSpliced(axis, 1), dtype: "i32" as const };
    for (const [fs, sign] of [[MAX, 1], [MIN, -1]] as const) {
      const [found] = await applied(device, fs[Math.min(axis, 2)]!, [x], [out]);
      assertEquals(found, lists.map((list) => indexOfExtreme(list, sign)), `${dtype} ${shape}`);
    }
  }
});

onDevices("an extreme comes with its index, over all dimensions too", async (device) => {
  const x = numbers([8, 32], "f32", 1000);
  const { lists } = alongAxis(x, 0), indices = lists.map((list) => indexOfExtreme(list, 1));
  const found = await applied(
    device,
    (x: number) => tl.max(x, 0, { returnIndices: true }),
    [x],
    [{ shape: [32], dtype: "f32" }, { shape: [32], dtype: "i32" }],
  );
  assertEquals(found, [lists.map((list, i) => list[indices[i]!]!), indices]);
  const least = Math.min(...x.values);
  const all = await applied(
    device,
    (x: number) => tl.min(x, null, { returnIndices: true, keepDims: true }),
    [x],
    [{ shape: [1, 1], dtype: "f32" }, { shape: [1, 1], dtype: "i32" }],
  );
  assertEquals(all, [[least], [x.values.indexOf(least)]]);
});

onDevices("a NaN loses against any number, and of NaNs the last wins", async (device) => {
  const rows = [[NaN, -3, NaN, -1], [NaN, NaN, NaN, NaN], [-Infinity, NaN, NaN, NaN], [
    1,
    2,
    2,
    NaN,
  ]];
  const x = { shape: [4, 4], dtype: "f32" as const, values: rows.flat() };
  const [indices] = await applied(device, MAX[1]!, [x], [{ shape: [4], dtype: "i32" }]);
  assertEquals(indices, [3, 3, 0, 1]);
});

// Of 1100 columns most lie in places of 2048; of 520 some invocations have none at all.
for (const columns of [1024, 1100, 520]) {
  onDevices(
    `the extremes of ${columns} elements are those of the numbers among them`,
    async (device) => {
      const row = (f: (i: number) => number) => Array.from({ length: columns }, (_, i) => f(i));
      const rows = [
        row((i) => Math.sin(i)),
        row((i) => (i % 7 === 3 ? NaN : Math.sin(i))),
        row((i) => (i === 5 ? -2 : NaN)),
        row((i) => (i === columns - 1 ? -Infinity : NaN)),
        row(() => NaN),
        row((i) => (i === 9 ? Infinity : i === 200 ? -Infinity : 0)),
        row((i) => (i === 9 ? Infinity : i % 2 ? NaN : -Infinity)),
        row(() => -Infinity),
        row((i) => (i % 2 ? 3e38 : -3e38)),
      ];
      const x = { shape: [rows.length, columns], dtype: "f32" as const, values: rows.flat() };
      const out = { shape: [rows.length], dtype: "f32" as const };
      const found = await applied(device, (x: number) => [tl.max(x, 1), tl.min(x, 1)], [x], [
        out,
        out,
      ]);
      const wanted = (f: (...list: number[]) => number) =>
        rows.map((list) => {
          const some = list.filter((value) => !Number.isNaN(value));
          return some.length > 0 ? Math.fround(f(...some)) : NaN;
        });
      assertEquals(found, [wanted(Math.max), wanted(Math.min)]);
    },
  );
}

onDevices("xorSum and reduceOr combine bits", async (device) => {
  const x = numbers([16, 64], "i32", 2 ** 20), { lists } = alongAxis(x, 1);
  const results = await applied(
    device,
    (x: number) => [tl.xorSum(x, 1), tl.reduceOr(x, 1, { keepDims: true })],
    [x],
    [{ shape: [16], dtype: "i32" }, { shape: [16, 1], dtype: "i32" }],
  );
  assertEquals(results, [
    lists.map((list) => list.reduce((a, b) => a ^ b)),
    lists.map((list) => list.reduce((a, b) => a | b)),
  ]);
});

onCpu("a sum has the dtype that is asked for", async (device) => {
  const x = { shape: [4], dtype: "f16" as const, values: [2048, 1, 1, 0.5] };
  const [wide, narrow] = await applied(
    device,
    (x: number) => [tl.sum(x, 0, { dtype: tl.f32 }), tl.sum(x)],
    [x],
    [{ shape: [1], dtype: "f32" }, { shape: [1], dtype: "f32" }],
  );
  assertEquals([wide, narrow], [[2050.5], [2050]]);
});

Deno.test("what cannot be reduced is said", () => {
  const rows: [string, string][] = [
    ["tl.argmax(1)", "reduces a tile"],
    ["tl.xorSum(tl.zeros([4], tl.f32))", "works on integers"],
    ["tl.argmax(tl.arange(0, 4), 1)", "axis 1"],
    ["tl.max(tl.arange(0, 4), 0, { returnIndexes: true })", "returnIndices"],
    ["tl.sum(tl.arange(0, 4), 0, { dtype: 5 })", "no dtype 5"],
  ];
  for (const [expression, wanted] of rows) {
    const message = failure(`(x) => { ${expression}; }`, [pointer("f32")]);
    assertStringIncludes(message, wanted, expression);
  }
});
