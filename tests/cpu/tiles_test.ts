/** What the operations on whole tiles give on the CPU: shapes, reductions, products. */

import { evaluate } from "../../lib/cpu/evaluate.ts";
import type { Builder } from "../../lib/ir/builder.ts";
import { bool, type DType, f16, f32, hostArray, i32, u32 } from "../../lib/ir/dtype.ts";
import type { Value } from "../../lib/ir/graph.ts";
import { size } from "../../lib/ir/type.ts";
import { assertClose, assertEquals } from "../support/assert.ts";
import { graphOf, loadTile, storeTile } from "../support/graphs.ts";

/** What `body` makes of the tile 0, 1, 2, … of a shape and dtype. */
function apply(
  shape: readonly number[],
  dtype: DType,
  out: DType,
  body: (b: Builder, x: Value) => Value,
): number[] {
  let length = 0;
  const graph = graphOf({ x: [dtype], out: [out] }, (b, p) => {
    const value = body(b, loadTile(b, p.x, shape));
    length = size(value.type);
    storeTile(b, p.out, value);
  });
  const x = hostArray(dtype, shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < x.length; i++) x[i] = i;
  const result = hostArray(out, length);
  evaluate(graph, [x, result], [1, 1, 1]);
  return Array.from(result, Number);
}

Deno.test("broadcast repeats dimensions of size 1, also several at once", () => {
  const to = (shape: number[]) => (b: Builder, x: Value) =>
    b.value("broadcast", [x], { attributes: { shape } });
  assertEquals(apply([3, 1], f32, f32, to([3, 2])), [0, 0, 1, 1, 2, 2]);
  assertEquals(apply([1, 3], f32, f32, to([2, 3])), [0, 1, 2, 0, 1, 2]);
  assertEquals(apply([1, 2, 1], i32, i32, to([2, 2, 3])), [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]);
  assertEquals(apply([2, 2], f16, f16, to([2, 2])), [0, 1, 2, 3]);
});

Deno.test("permute takes the dimensions in another order", () => {
  const order = (order: number[]) => (b: Builder, x: Value) =>
    b.value("permute", [x], { attributes: { order } });
  assertEquals(apply([2, 3], f32, f32, order([1, 0])), [0, 3, 1, 4, 2, 5]);
  // out[k][i][j] = x[i][j][k]
  assertEquals(apply([2, 2, 2], i32, i32, order([2, 0, 1])), [0, 2, 4, 6, 1, 3, 5, 7]);
  assertEquals(apply([1, 3], f32, f32, order([1, 0])), [0, 1, 2]);
});

Deno.test("reshape, expand_dims and convert_layout keep the elements in order", () => {
  assertEquals(
    apply([2, 3], f32, f32, (b, x) => {
      const flat = b.value("reshape", [x], { attributes: { shape: [6] } });
      const column = b.value("expand_dims", [flat], { attributes: { axis: 1 } });
      assertEquals(column.type.shape, [6, 1]);
      return b.value("convert_layout", [column]);
    }),
    [0, 1, 2, 3, 4, 5],
  );
});

Deno.test("constants and ranges round to their dtype", () => {
  const make = (dtype: DType, value: number) =>
    apply([2], f32, dtype, (b) => b.constant(value, dtype, [2]));
  assertEquals(make(f16, 2049), [2048, 2048]);
  assertEquals(make(f32, 0.1), [Math.fround(0.1), Math.fround(0.1)]);
  assertEquals(make(u32, -1), [2 ** 32 - 1, 2 ** 32 - 1]);
  assertEquals(make(bool, 1), [1, 1]);
  assertEquals(
    apply([1], f32, i32, (b) => b.value("arange", [], { attributes: { start: -2, end: 3 } })),
    [-2, -1, 0, 1, 2],
  );
});

/** A reduction of one tile whose combine function is the operation `name`. */
function reduce(b: Builder, x: Value, axis: number, name: "add" | "max" | "min" | "sub"): Value {
  const scalar = { element: x.type.element, shape: [] };
  const combine = b.region([scalar, scalar], ([l, r]) => [b.value(name, [l!, r!])]);
  return b.value("reduce", [x], { attributes: { axis }, regions: [combine] });
}

Deno.test("reduce combines along any axis, of any length", () => {
  const sum = (axis: number) => (b: Builder, x: Value) => reduce(b, x, axis, "add");
  assertEquals(apply([2, 3], f32, f32, sum(0)), [3, 5, 7]);
  assertEquals(apply([2, 3], f32, f32, sum(1)), [3, 12]);
  assertEquals(apply([2, 3, 2], i32, i32, sum(1)), [6, 9, 24, 27]);
  for (const n of [1, 2, 3, 4, 5, 7, 8, 100, 1000]) {
    assertEquals(apply([n], i32, i32, sum(0)), [n * (n - 1) / 2]);
    assertEquals(apply([n], f32, f32, (b, x) => reduce(b, x, 0, "max")), [n - 1]);
  }
  assertEquals(apply([3, 1], f32, f32, sum(1)), [0, 1, 2]);
  assertEquals(apply([1, 3], f32, f32, sum(0)), [0, 1, 2]);
});

Deno.test("reduce of a tile of equal elements counts each of them", () => {
  assertEquals(
    apply([1], f32, f32, (b) => reduce(b, b.constant(1.5, f32, [4, 8]), 1, "add")),
    [12, 12, 12, 12],
  );
});

Deno.test("a sum is as exact as a tree makes it", () => {
  const n = 1 << 16;
  const graph = graphOf({ out: [f32] }, (b, { out }) => {
    b.op("store", [out, reduce(b, b.constant(0.1, f32, [n]), 0, "add")]);
  });
  const out = new Float32Array(1);
  evaluate(graph, [out], [1, 1, 1]);
  // Added one after the other, 65,536 times 0.1 is off by 1e-4 of itself.
  assertClose(out, [n * Math.fround(0.1)], { relative: 1e-7, absolute: 0 });
});

Deno.test("reduce keeps the order of elements", () => {
  // (l, r) => l * 10 ** digits(r) + r is associative but not commutative: it writes digits in a row.
  const digits = (b: Builder, x: Value) => {
    const scalar = { element: f32, shape: [] };
    const ten = b.value("add", [x, b.constant(1, f32, x.type.shape)]);
    const one = b.constant(10, f32, x.type.shape);
    const combine = b.region([scalar, scalar, scalar, scalar], (p) => {
      const [number, weight, rightNumber, rightWeight] = p as [Value, Value, Value, Value];
      const shifted = b.value("mul", [number, rightWeight]);
      return [b.value("add", [shifted, rightNumber]), b.value("mul", [weight, rightWeight])];
    });
    const op = b.op("reduce", [ten, one], { attributes: { axis: 0 }, regions: [combine] });
    return op.results[0]!;
  };
  assertEquals(apply([5], f32, f32, digits), [12345]);
  assertEquals(apply([2, 2], f32, f32, digits), [13, 24]);
});

/** The largest element of each row and its index; `branch` picks by an `if`, else by selects. */
function argmax(b: Builder, x: Value, axis: number, branch: boolean): Value {
  const n = x.type.shape[axis]!;
  let index = b.value("arange", [], { attributes: { start: 0, end: n } });
  for (let dim = 0; dim < x.type.shape.length; dim++) {
    if (dim !== axis) index = b.value("expand_dims", [index], { attributes: { axis: dim } });
  }
  index = b.value("broadcast", [index], { attributes: { shape: x.type.shape } });
  const types = [f32, i32, f32, i32].map((element) => ({ element, shape: [] }));
  const combine = b.region(types, (p) => {
    const [x, i, y, j] = p as [Value, Value, Value, Value];
    const keep = b.value("ge", [x, y]);
    if (!branch) return [b.value("select", [keep, x, y]), b.value("select", [keep, i, j])];
    const then = b.region([], () => [x, i]), otherwise = b.region([], () => [y, j]);
    return b.op("if", [keep], { regions: [then, otherwise] }).results;
  });
  return b.op("reduce", [x, index], { attributes: { axis }, regions: [combine] }).results[1]!;
}

for (const branch of [false, true]) {
  Deno.test(`reduce of two tiles at once, with ${branch ? "an if" : "selects"}`, () => {
    const values = [3, 9, 2, 9, 1, 0, 7, 7, 8, 5, 6, 8, 1, 4, 1];
    const run = (shape: [number, number], axis: number) => {
      const graph = graphOf({ x: [f32], out: [i32] }, (b, { x, out }) => {
        storeTile(b, out, argmax(b, loadTile(b, x, shape), axis, branch));
      });
      const out = new Int32Array(shape[1 - axis]!);
      evaluate(graph, [Float32Array.from(values), out], [1, 1, 1]);
      return [...out];
    };
    assertEquals(run([3, 5], 1), [1, 3, 1]);
    assertEquals(
      run([3, 5], 0),
      [2, 0, 1, 0, 2].map((_, c) => {
        const column = [0, 1, 2].map((r) => values[r * 5 + c]!);
        return column.indexOf(Math.max(...column));
      }),
    );
    assertEquals(run([1, 15], 1), [1]);
    assertEquals(run([15, 1], 0), [1]);
  });
}

Deno.test("dot agrees with sums of exact products, for all shapes and both dtypes", () => {
  for (const dtype of [f32, f16]) {
    for (
      const [m, k, n] of [[1, 1, 1], [2, 3, 4], [3, 5, 7], [16, 16, 16], [5, 1, 9], [
        8,
        33,
        6,
      ]] as const
    ) {
      const a = (hostArray(dtype, m * k) as Float32Array).map((_, i) => Math.sin(i));
      const c = (hostArray(dtype, k * n) as Float32Array).map((_, i) => Math.cos(3 * i));
      const graph = graphOf({ a: [dtype], b: [dtype], acc: [f32], out: [f32] }, (b, p) => {
        const acc = loadTile(b, p.acc, [m, n]);
        const x = b.value("dot", [loadTile(b, p.a, [m, k]), loadTile(b, p.b, [k, n]), acc]);
        storeTile(b, p.out, x);
      });
      const acc = Float32Array.from({ length: m * n }, (_, i) => i);
      const out = new Float32Array(m * n);
      evaluate(graph, [a, c, acc, out], [1, 1, 1]);
      const expected = out.map((_, at) => {
        let sum = at;
        for (let l = 0; l < k; l++) sum += a[Math.floor(at / n) * k + l]! * c[l * n + at % n]!;
        return sum;
      });
      assertEquals([...out], [...expected]);
    }
  }
});

Deno.test("dot takes operands whose elements are all equal, and carries NaN and infinities", () => {
  const graph = graphOf({ x: [f32], out: [f32] }, (b, p) => {
    const x = b.value("dot", [
      b.constant(2, f32, [2, 3]),
      loadTile(b, p.x, [3, 2]),
      b.constant(0.5, f32, [2, 2]),
    ]);
    storeTile(b, p.out, x);
  });
  const out = new Float32Array(4);
  evaluate(graph, [Float32Array.of(1, NaN, 2, 1, Infinity, 1), out], [1, 1, 1]);
  assertEquals([...out], [Infinity, NaN, Infinity, NaN]);
});
