/** Loads and stores on the CPU, and what is said of accesses outside a tensor. */

import { evaluate, prepare } from "../../lib/cpu/evaluate.ts";
import { KernelError } from "../../lib/errors.ts";
import { bool, f16, f32, i32, u32 } from "../../lib/ir/dtype.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { graphOf, loadTile, pointers, storeTile } from "../support/graphs.ts";

/** out[i] = i < n ? x[i] : other, for the first 8 elements. */
function copyGraph(other: boolean) {
  return graphOf({ x: [f32], out: [f32], n: i32 }, (b, { x, out, n }) => {
    const index = b.value("arange", [], { attributes: { start: 0, end: 8 } });
    const mask = b.value("lt", [index, b.value("splat", [n], { attributes: { shape: [8] } })]);
    const operands = [pointers(b, x, [8]), mask];
    if (other) operands.push(b.constant(-1, f32, [8]));
    storeTile(b, out, b.value("load", operands));
  });
}

Deno.test("a masked load reads nothing where the mask is false, and gives 0 or other", () => {
  for (const other of [false, true]) {
    const out = new Float32Array(8).fill(9), rest = other ? -1 : 0;
    evaluate(copyGraph(other), [Float32Array.of(5, 6, 7), out, 3], [1, 1, 1]);
    assertEquals([...out], [5, 6, 7, rest, rest, rest, rest, rest]);
  }
});

Deno.test("a masked store leaves memory alone where the mask is false", () => {
  const graph = graphOf({ out: [f32] }, (b, { out }) => {
    const index = b.value("arange", [], { attributes: { start: 0, end: 8 } });
    const mask = b.value("lt", [index, b.constant(2, i32, [8])]);
    b.op("store", [
      pointers(b, out, [8]),
      b.value("cast", [index], { attributes: { to: "f32" } }),
      mask,
    ]);
  });
  const out = new Float32Array(3).fill(9);
  evaluate(graph, [out], [1, 1, 1]);
  assertEquals([...out], [0, 1, 9]);
});

Deno.test("scalars load and store, with masks too", () => {
  const graph = graphOf({ x: [f16], out: [f16], on: bool }, (b, { x, out, on }) => {
    const two = b.constant(2, i32), one = b.constant(1, i32);
    const value = b.value("load", [b.value("ptr_add", [x, two]), on, b.constant(-4, f16)]);
    b.op("store", [out, value]);
    b.op("store", [b.value("ptr_add", [out, one]), value, on]);
  });
  const x = Float16Array.of(1, 2, 3), out = Float16Array.of(9, 9);
  evaluate(graph, [x, out, 1], [1, 1, 1]);
  assertEquals([...out], [3, 3]);
  out.fill(9);
  evaluate(graph, [x, out, 0], [1, 1, 1]);
  assertEquals([...out], [-4, 9]);
});

Deno.test("bools in memory are true whatever their byte, and are stored as 1", () => {
  const graph = graphOf({ x: [bool], out: [bool] }, (b, { x, out }) => {
    storeTile(b, out, loadTile(b, x, [4]));
  });
  const out = new Uint8Array(4);
  evaluate(graph, [Uint8Array.of(0, 1, 2, 255), out], [1, 1, 1]);
  assertEquals([...out], [0, 1, 1, 1]);
});

Deno.test("parameters may share their memory", () => {
  const graph = graphOf({ x: [f32], out: [f32] }, (b, { x, out }) => {
    const value = loadTile(b, x, [4]);
    storeTile(b, out, b.value("add", [value, value]));
  });
  const x = Float32Array.of(1, 2, 3, 4, 5);
  evaluate(graph, [x.subarray(0, 4), x.subarray(1)], [1, 1, 1]);
  assertEquals([...x], [1, 2, 4, 6, 8]);
});

Deno.test("programs run in order, the first dimension fastest, and know the grid", () => {
  const graph = graphOf({ out: [i32], at: [i32] }, (b, { out, at }) => {
    const axis = (name: "program_id" | "num_programs", axis: number) =>
      b.value(name, [], { attributes: { axis } });
    const count = b.value("load", [at]);
    b.op("store", [at, b.value("add", [count, b.constant(1, i32)])]);
    const ten = b.constant(10, i32);
    let code = b.constant(0, i32);
    for (const name of ["num_programs", "program_id"] as const) {
      for (const dim of [2, 1, 0]) {
        code = b.value("add", [b.value("mul", [code, ten]), axis(name, dim)]);
      }
    }
    b.op("store", [b.value("ptr_add", [out, count]), code]);
  });
  const out = new Int32Array(6);
  evaluate(graph, [out, new Int32Array(1)], [3, 1, 2]);
  // Digits: the grid's size, then the program's index, the third dimension first.
  assertEquals([...out], [213000, 213001, 213002, 213100, 213101, 213102]);
});

const SOURCE = `function copy(x, out) {
  const i = tl.arange(0, 8);
  tl.store(out + i, tl.load(x + i));
}`;

/** out[i] = x[i] for 8 elements from the program's index times 8 on, with locations. */
function copyFrom(first: number) {
  return graphOf({ x: [f32], out: [f32] }, (b, { x, out }) => {
    b.location = { function: "copy", source: SOURCE, line: 3, column: 20, endColumn: 34 };
    const axis = b.value("program_id", [], { attributes: { axis: 0 } });
    const start = b.value("add", [
      b.value("mul", [axis, b.constant(8, i32)]),
      b.constant(first, i32),
    ]);
    const from = b.value("ptr_add", [x, start]);
    const value = loadTile(b, from, [8]);
    b.location = { function: "copy", source: SOURCE, line: 3, column: 2, endColumn: 35 };
    storeTile(b, b.value("ptr_add", [out, start]), value);
  }, "copy");
}

Deno.test("a load outside its tensor is an error that shows the line", () => {
  const args = () => [new Float32Array(12), new Float32Array(16)];
  const error = assertThrows(() => evaluate(copyFrom(0), args(), [2, 1, 1]), KernelError);
  assertEquals(
    error.message,
    `Cannot load element 12 of 'x': the tensor has 12 elements, in program (1, 0, 0) of kernel 'copy'

  in copy
    1 | function copy(x, out) {
    2 |   const i = tl.arange(0, 8);
  > 3 |   tl.store(out + i, tl.load(x + i));
      |                     ^^^^^^^^^^^^^^
    4 | }

help: Give the load a mask that is false where the pointer leaves the tensor`,
  );
});

Deno.test("a store outside its tensor is an error, and so is a negative index", () => {
  assertThrows(
    () => evaluate(copyFrom(0), [new Float32Array(16), new Float32Array(1)], [1, 1, 1]),
    KernelError,
    "Cannot store element 1 of 'out': the tensor has 1 element, in program (0, 0, 0)",
  );
  assertThrows(
    () => evaluate(copyFrom(-1), [new Float32Array(16), new Float32Array(16)], [1, 1, 1]),
    KernelError,
    "Cannot load element -1 of 'x'",
  );
});

Deno.test("a prepared kernel runs again after a failure, with other tensors", () => {
  const kernel = prepare(copyFrom(0));
  assertThrows(
    () => kernel.run([new Float32Array(1), new Float32Array(8)], [1, 1, 1]),
    KernelError,
  );
  const out = new Float32Array(8);
  kernel.run([Float32Array.from({ length: 8 }, (_, i) => i), out], [1, 1, 1]);
  assertEquals([...out], [0, 1, 2, 3, 4, 5, 6, 7]);
});

Deno.test("arguments of the wrong kind or number are refused", () => {
  const graph = copyGraph(false), x = new Float32Array(8);
  const run = (...args: Parameters<typeof evaluate>[1][number][]) => () =>
    evaluate(graph, args, [1, 1, 1]);
  assertThrows(run(x, x), Error, "it takes 3 arguments, not 2");
  assertThrows(run(x, new Int32Array(8), 1), Error, "'out' is Int32Array, not Float32Array");
  assertThrows(run(x, 5, 1), Error, "'out' is 5, not Float32Array");
  assertThrows(run(x, x, x), Error, "'n' is no number");
});

Deno.test("scalar arguments are rounded to their dtype", () => {
  const graph = graphOf({ out: [f32], a: f32, b: u32, c: f16 }, (b, { out, a, b: x, c }) => {
    const to = { attributes: { to: "f32" } };
    for (const [i, value] of [a, b.value("cast", [x], to), b.value("cast", [c], to)].entries()) {
      b.op("store", [b.value("ptr_add", [out, b.constant(i, i32)]), value]);
    }
  });
  const out = new Float32Array(3);
  evaluate(graph, [out, 0.1, -1, 2049], [1, 1, 1]);
  assertEquals([...out], [Math.fround(0.1), 2 ** 32, 2048]);
});
