/** Loops and branches on the CPU. */

import { evaluate } from "../../lib/cpu/evaluate.ts";
import type { Builder } from "../../lib/ir/builder.ts";
import { bool, f32, i32 } from "../../lib/ir/dtype.ts";
import type { Value } from "../../lib/ir/graph.ts";
import { KernelError } from "../../lib/errors.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { graphOf, loadTile, storeTile } from "../support/graphs.ts";

const int = { element: i32, shape: [] };

/** A `for` whose body gets the counter and the carried values. */
function loop(
  b: Builder,
  bounds: readonly Value[],
  inits: readonly Value[],
  body: (i: Value, carried: readonly Value[]) => readonly Value[],
): readonly Value[] {
  const types = inits.map((init) => init.type);
  const region = b.region([int, ...types], ([i, ...carried]) => body(i!, carried));
  return b.op("for", [...bounds, ...inits], { regions: [region] }).results;
}

function bounds(b: Builder, ...numbers: number[]): Value[] {
  return numbers.map((number) => b.constant(number, i32));
}

Deno.test("for counts from start towards end by step, down too, and not at all", () => {
  const graph = graphOf({ out: [i32], start: i32, end: i32, step: i32 }, (b, p) => {
    // Digits of the counter in a row, after a leading 1.
    const [code] = loop(b, [p.start, p.end, p.step], [b.constant(1, i32)], (i, [code]) => [
      b.value("add", [b.value("mul", [code!, b.constant(10, i32)]), i]),
    ]);
    b.op("store", [p.out, code!]);
  });
  const run = (...args: number[]) => {
    const out = new Int32Array(1);
    evaluate(graph, [out, ...args], [1, 1, 1]);
    return out[0];
  };
  assertEquals(run(1, 5, 1), 11234);
  assertEquals(run(0, 7, 3), 1036);
  assertEquals(run(5, 1, -2), 153);
  assertEquals(run(5, 5, 1), 1);
  assertEquals(run(5, 1, 1), 1);
  assertEquals(run(1, 5, -1), 1);
  assertThrows(() => run(0, 1, 0), KernelError, "A loop's step is 0, in program (0, 0, 0)");
});

Deno.test("a loop that does not run gives what it began with", () => {
  const graph = graphOf({ x: [f32], out: [f32], n: i32 }, (b, { x, out, n }) => {
    const [zero, one] = bounds(b, 0, 1);
    const init = loadTile(b, x, [4]);
    const [sum] = loop(b, [zero!, n, one!], [init], (_, [sum]) => [b.value("add", [sum!, init])]);
    storeTile(b, out, b.value("sub", [sum!, init]));
  });
  const x = Float32Array.of(1, 2, 3, 4), out = new Float32Array(4);
  for (const n of [0, 1, 5, 0]) {
    evaluate(graph, [x, out, n], [2, 1, 1]);
    assertEquals([...out], [...x].map((v) => v * n));
  }
});

Deno.test("carried values may change places, scalars and tiles alike", () => {
  const graph = graphOf({ x: [f32], out: [f32], count: i32 }, (b, { x, out, count }) => {
    const tiles = [0, 3, 6].map((k) =>
      loadTile(b, b.value("ptr_add", [x, b.constant(k, i32)]), [3])
    );
    const scalars = [7, 8].map((k) => b.constant(k, f32));
    const [zero, one] = bounds(b, 0, 1);
    const [p, q, r, s, t] = loop(
      b,
      [zero!, count, one!],
      [...tiles, ...scalars],
      (_, [p, q, r, s, t]) => [q!, r!, p!, t!, s!],
    );
    [p, q, r].forEach((tile, k) =>
      storeTile(b, b.value("ptr_add", [out, b.constant(3 * k, i32)]), tile!)
    );
    b.op("store", [b.value("ptr_add", [out, b.constant(9, i32)]), s!]);
    b.op("store", [b.value("ptr_add", [out, b.constant(10, i32)]), t!]);
  });
  const x = Float32Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3), out = new Float32Array(11);
  evaluate(graph, [x, out, 1], [1, 1, 1]);
  assertEquals([...out], [2, 2, 2, 3, 3, 3, 1, 1, 1, 8, 7]);
  evaluate(graph, [x, out, 5], [1, 1, 1]);
  assertEquals([...out], [3, 3, 3, 1, 1, 1, 2, 2, 2, 8, 7]);
});

Deno.test("a value from outside a loop is there in every iteration", () => {
  const graph = graphOf({ x: [f32], out: [f32] }, (b, { x, out }) => {
    const outside = loadTile(b, x, [4]);
    const [sum] = loop(b, bounds(b, 0, 3, 1), [b.constant(0, f32, [4])], (_, [sum]) => {
      const doubled = b.value("add", [outside, outside]); // the last use of `outside`
      const squared = b.value("mul", [doubled, doubled]);
      return [b.value("add", [sum!, squared])];
    });
    storeTile(b, out, sum!);
  });
  const out = new Float32Array(4);
  evaluate(graph, [Float32Array.of(1, 2, 3, 4), out], [1, 1, 1]);
  assertEquals([...out], [12, 48, 108, 192]);
});

Deno.test("while tests before each iteration", () => {
  const graph = graphOf({ out: [i32], n: i32 }, (b, { out, n }) => {
    // Collatz: how many steps until 1; a tile is carried along and halved too.
    const inits = [n, b.constant(0, i32), b.constant(64, i32, [2])];
    const types = inits.map((init) => init.type);
    const one = b.constant(1, i32), two = b.constant(2, i32), three = b.constant(3, i32);
    const condition = b.region(types, ([x, , tile]) => {
      b.value("add", [tile!, tile!]); // scratch work must not disturb what is carried
      return [b.value("ne", [x!, one])];
    });
    const body = b.region(types, ([x, count, tile]) => {
      const odd = b.value("eq", [b.value("rem", [x!, two]), one]);
      const then = b.region([], () => [b.value("add", [b.value("mul", [x!, three]), one])]);
      const otherwise = b.region([], () => [b.value("idiv", [x!, two])]);
      const next = b.op("if", [odd], { regions: [then, otherwise] }).result;
      const less = b.value("sub", [tile!, b.constant(1, i32, [2])]);
      return [next, b.value("add", [count!, one]), less];
    });
    const results = b.op("while", inits, { regions: [condition, body] }).results;
    b.op("store", [out, results[1]!]);
    storeTile(b, b.value("ptr_add", [out, one]), results[2]!);
  });
  const out = new Int32Array(3);
  evaluate(graph, [out, 6], [1, 1, 1]);
  assertEquals([...out], [8, 56, 56]);
  evaluate(graph, [out, 1], [1, 1, 1]);
  assertEquals([...out], [0, 64, 64]);
});

Deno.test("if runs one branch only, and merges tiles and numbers", () => {
  const graph = graphOf({ x: [f32], out: [f32], yes: bool }, (b, { x, out, yes }) => {
    const tile = loadTile(b, x, [2]);
    const then = b.region([], () => {
      const doubled = b.value("add", [tile, tile]);
      b.op("store", [b.value("ptr_add", [out, b.constant(3, i32)]), b.constant(5, f32)]);
      return [doubled, b.constant(1, f32)];
    });
    const otherwise = b.region([], () => [b.constant(-1, f32, [2]), b.constant(2, f32)]);
    const [merged, number] = b.op("if", [yes], { regions: [then, otherwise] }).results;
    storeTile(b, out, b.value("mul", [merged!, tile]));
    b.op("store", [b.value("ptr_add", [out, b.constant(2, i32)]), number!]);
  });
  const out = new Float32Array(4);
  evaluate(graph, [Float32Array.of(3, 4), out, 0], [1, 1, 1]);
  assertEquals([...out], [-3, -4, 2, 0]);
  evaluate(graph, [Float32Array.of(3, 4), out, 1], [1, 1, 1]);
  assertEquals([...out], [18, 32, 1, 5]);
});

Deno.test("what only a branch yields is kept until the branch", () => {
  const graph = graphOf({ x: [f32], out: [f32], yes: bool }, (b, { x, out, yes }) => {
    const body = b.region([int, { element: f32, shape: [2] }], ([, carried]) => {
      const early = b.value("add", [carried!, carried!]);
      const square = b.value("mul", [carried!, carried!]); // must not take the place of `early`
      const other = b.value("mul", [square, carried!]);
      const then = b.region([], () => [early]), otherwise = b.region([], () => [other]);
      return b.op("if", [yes], { regions: [then, otherwise] }).results;
    });
    const inits = [...bounds(b, 0, 2, 1), loadTile(b, x, [2])];
    storeTile(b, out, b.op("for", inits, { regions: [body] }).result);
  });
  const out = new Float32Array(2);
  evaluate(graph, [Float32Array.of(3, 5), out, 1], [1, 1, 1]);
  assertEquals([...out], [12, 20]);
  evaluate(graph, [Float32Array.of(3, 5), out, 0], [1, 1, 1]);
  assertEquals([...out], [19683, 1953125]);
});
