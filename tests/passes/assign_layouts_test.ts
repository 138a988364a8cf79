import fc from "npm:fast-check@4.10.2";
import { evaluate } from "../../lib/cpu/evaluate.ts";
import { f16, f32, i32 } from "../../lib/ir/dtype.ts";
import { type Graph, type Op, type Value, walk } from "../../lib/ir/graph.ts";
import type { OpName } from "../../lib/ir/ops.ts";
import { print } from "../../lib/ir/print.ts";
import { scalar } from "../../lib/ir/type.ts";
import { vectorWidth } from "../../lib/layout/layouts.ts";
import { assignLayouts } from "../../lib/passes/assign_layouts.ts";
import { padTiles } from "../../lib/passes/pad_tiles.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { checkLayouts, conversions } from "./check_layouts.ts";
import { kernel, type KernelBuilder } from "./kernel_builder.ts";
import { choices, kernelOf, LENGTH } from "./random_kernels.ts";

/** The graph with layouts for 4 warps of 32 lanes, checked; and how many conversions there are. */
function assigned(graph: Graph, lanes = 32, warps = 4): { graph: Graph; count: number } {
  const result = assignLayouts(graph, { lanes, warps });
  checkLayouts(result, lanes, warps);
  return { graph: result, count: conversions(result).length };
}

function ops(graph: Graph, name: OpName): Op[] {
  const found: Op[] = [];
  walk(graph.body, (op) => void (op.name === name && found.push(op)));
  return found;
}

/** The layouts that the loads of a graph have, as text. */
function loads(graph: Graph): string[] {
  return ops(graph, "load").map((op) => `${op.result.type.layout}`);
}

Deno.test("assignLayouts() gives a copy one layout, with vectors and lanes side by side", () => {
  const copy = kernel({ x: f32, y: f32 }, (k, { x, y }) => {
    k.op("store", [k.pointers(y, 256), k.do("load", k.pointers(x, 256))]);
  });
  assertEquals(
    print(assigned(copy, 32, 2).graph),
    `\
#0 = 256 register (1) (2) lane (4) (8) (16) (32) (64) warp (128)

kernel @kernel(%x: ptr<x:f32> {divisibility = 16}, %y: ptr<y:f32> {divisibility = 16}) {
  %0 = splat %y : tile<256xptr<y:f32>, #0>
  %1 = arange {start = 0, end = 256} : tile<256xi32, #0>
  %2 = ptr_add %0, %1 : tile<256xptr<y:f32>, #0>
  %3 = splat %x : tile<256xptr<x:f32>, #0>
  %4 = arange {start = 0, end = 256} : tile<256xi32, #0>
  %5 = ptr_add %3, %4 : tile<256xptr<x:f32>, #0>
  %6 = load %5 : tile<256xf32, #0>
  store %2, %6
}
`,
  );
});

Deno.test("assignLayouts() converts a transposing copy exactly once", () => {
  const transpose = kernel({ x: f32, y: f32, s: "int", t: "int" }, (k, { x, y, s, t }) => {
    const tile = k.do("load", k.grid(x, 64, 32, s));
    const turned = k.value("permute", [tile], { attributes: { order: [1, 0] } });
    k.op("store", [k.grid(y, 32, 64, t), turned]);
  });
  const { graph, count } = assigned(transpose);
  assertEquals(count, 1);
  const row =
    "64x32 register (0,1) (0,2) (16,0) (32,0) lane (0,4) (0,8) (0,16) (1,0) (2,0) warp (4,0) (8,0)";
  assertEquals(loads(graph), [row]);
  const store = ops(graph, "store")[0]!;
  assertEquals(vectorWidth(store.operand(1).type.layout!, 1), 4);
});

/** `y = x + z` over 1024 elements, masked. */
const ADD = kernel({ x: f32, z: f32, y: f32, n: "int" }, (k, { x, z, y, n }) => {
  const start = k.do("mul", k.value("program_id", [], { attributes: { axis: 0 } }), k.int(1024));
  const offsets = k.do("add", k.splat(start, 1024), k.range(1024));
  const mask = k.do("lt", offsets, k.splat(n, 1024));
  const [a, b, to] = [x, z, y].map((base) => k.do("ptr_add", k.splat(base, 1024), offsets));
  const sum = k.do("add", k.do("load", a!, mask), k.do("load", b!, mask));
  k.op("store", [to!, sum, mask]);
});

Deno.test("assignLayouts() needs no conversion for a vector add, and keeps vectors under a mask", () => {
  const { graph, count } = assigned(ADD);
  assertEquals(count, 0);
  const layout = "1024 register (1) (2) (512) lane (4) (8) (16) (32) (64) warp (128) (256)";
  assertEquals(loads(graph), [layout, layout]);
});

Deno.test("assignLayouts() uses all threads of small tiles before vectors", () => {
  const small = kernel({ x: f32, y: f32 }, (k, { x, y }) => {
    k.op("store", [k.pointers(y, 128), k.do("load", k.pointers(x, 128))]);
  });
  assertEquals(loads(assigned(small).graph), [
    "128 register lane (1) (2) (4) (8) (16) warp (32) (64)",
  ]);
});

Deno.test("assignLayouts() gives accesses to one shape the widest one's layout", () => {
  const mixed = kernel({ x: f32, y: f32, odd: "int" }, (k, { x, y }) => {
    const shifted = k.do("ptr_add", x, k.int(1));
    const sum = k.do(
      "add",
      k.do("load", k.pointers(shifted, 512)),
      k.do("load", k.pointers(x, 512)),
    );
    k.op("store", [k.pointers(y, 512), sum]);
  });
  const { graph, count } = assigned(mixed);
  assertEquals(count, 0);
  const layout = "512 register (1) (2) lane (4) (8) (16) (32) (64) warp (128) (256)";
  assertEquals(loads(graph), [layout, layout]);
});

/** Softmax of M rows of N. */
function softmax(M: number, N: number): Graph {
  return kernel({ x: f32, y: f32, s: "int" }, (k, { x, y, s }) => {
    const rows = k.do("load", k.grid(x, M, N, s));
    const top = k.along(k.reduce("max", rows, 1), 1, M, N);
    const power = k.do("exp", k.do("sub", rows, top));
    const total = k.along(k.reduce("add", power, 1), 1, M, N);
    k.op("store", [k.grid(y, M, N, s), k.do("div", power, total)]);
  });
}

Deno.test("assignLayouts() needs no conversion for softmax", () => {
  const row = kernel({ x: f32, y: f32 }, (k, { x, y }) => {
    const row = k.do("load", k.pointers(x, 512));
    const power = k.do("exp", k.do("sub", row, k.splat(k.reduce("max", row, 0), 512)));
    const total = k.splat(k.reduce("add", power, 0), 512);
    k.op("store", [k.pointers(y, 512), k.do("div", power, total)]);
  });
  assertEquals(assigned(row).count, 0);
  for (const [M, N] of [[1, 512], [16, 64], [64, 16], [4, 4]] as const) {
    assertEquals(assigned(softmax(M, N)).count, 0, `${M} rows of ${N}`);
  }
});

Deno.test("assignLayouts() gives each warp rows of its own where rows are reduced", () => {
  const layout = "8x256 register (0,1) (0,2) (0,128) (4,0) " +
    "lane (0,4) (0,8) (0,16) (0,32) (0,64) warp (1,0) (2,0)";
  assertEquals(loads(assigned(softmax(8, 256)).graph), [layout]);
  const shared =
    "2x256 register (0,1) (0,2) lane (0,4) (0,8) (0,16) (0,32) (0,64) warp (1,0) (0,128)";
  assertEquals(loads(assigned(softmax(2, 256)).graph), [shared]);
});

Deno.test("assignLayouts() loads a layer norm's weights as its rows need them", () => {
  const M = 8, N = 256;
  const norm = kernel({ x: f32, w: f32, y: f32, s: "int" }, (k, { x, w, y, s }) => {
    const rows = k.do("load", k.grid(x, M, N, s)), inverse = k.constant(1 / N, f32, [M]);
    const mean = k.do("mul", k.reduce("add", rows, 1), inverse);
    const centred = k.do("sub", rows, k.along(mean, 1, M, N));
    const squares = k.reduce("add", k.do("mul", centred, centred), 1);
    const scale = k.do("rsqrt", k.do("mul", squares, inverse));
    const weight = k.along(k.do("load", k.pointers(w, N)), 0, M, N);
    const scaled = k.do("mul", k.do("mul", centred, k.along(scale, 1, M, N)), weight);
    k.op("store", [k.grid(y, M, N, s), scaled]);
  });
  assertEquals(assigned(norm).count, 0);
});

Deno.test("assignLayouts() stores the sums of columns where they are, and moves those of rows", () => {
  const sums = (axis: number, n: number) =>
    kernel({ x: f32, y: f32, s: "int" }, (k, { x, y, s }) => {
      const total = k.reduce("add", k.do("load", k.grid(x, 64, 256, s)), axis);
      k.op("store", [k.pointers(y, n), total]);
    });
  assertEquals(assigned(sums(0, 256)).count, 0);
  // Each lane holds the sums of many rows: one lane alone would have to store them one by one.
  assertEquals(assigned(sums(1, 64)).count, 1);
});

type Epilogue = (k: KernelBuilder, acc: Value, r: Value, stride: Value) => Value;

/** `c = epilogue(a @ b)` for a tile of 64×64, with pointers carried through the loop over k. */
function matmul(epilogue: Epilogue = (_, acc) => acc): Graph {
  const M = 64, N = 64, K = 16;
  const strides = { size: "int", sa: "int", sb: "int", sc: "int" } as const;
  return kernel({ a: f32, b: f32, c: f32, r: f16, ...strides }, (k, values) => {
    const { a, b, c, r, size, sa, sb, sc } = values;
    const inits = [k.constant(0, f32, [M, N]), k.grid(a, M, K, sa), k.grid(b, K, N, sb)];
    const step = k.do("mul", sb, k.int(K));
    const types = [scalar(i32), ...inits.map((init) => init.type)];
    const body = k.region(types, ([i, acc, pa, pb]) => {
      const left = k.splat(k.do("sub", size, i!), M, K);
      const mask = k.do("lt", k.along(k.range(K), 0, M, K), left);
      const next = k.do("dot", k.do("load", pa!, mask), k.do("load", pb!), acc!);
      return [
        next,
        k.do("ptr_add", pa!, k.int(K, M, K)),
        k.do("ptr_add", pb!, k.splat(step, K, N)),
      ];
    });
    const loop = k.op("for", [k.int(0), size, k.int(K), ...inits], { regions: [body] });
    k.op("store", [k.grid(c, M, N, sc), epilogue(k, loop.results[0]!, r, sc)]);
  });
}

const BLOCKED =
  "64x64 register (0,1) (0,2) (0,32) (1,0) (2,0) lane (0,4) (0,8) (0,16) (4,0) (8,0) warp (16,0) (32,0)";

Deno.test("assignLayouts() needs no conversion for a matmul", () => {
  const { graph, count } = assigned(matmul());
  assertEquals(count, 0);
  assertEquals(loads(graph), [
    // Rows lie along k in memory, but products read vectors of neighbours in a column.
    "64x16 register (1,0) (2,0) (32,0) lane (0,1) (0,2) (0,4) (0,8) (4,0) warp (8,0) (16,0)",
    "16x64 register (0,1) (0,2) (8,0) lane (0,4) (0,8) (0,16) (0,32) (1,0) warp (2,0) (4,0)",
  ]);
  assertEquals(`${ops(graph, "store")[0]!.operand(0).type.layout}`, BLOCKED);
});

Deno.test("assignLayouts() loads what is added to a matmul in the layout of its result", () => {
  const residual = matmul((k, acc, r, stride) => {
    const wide = (x: Value) => k.value("cast", [x], { attributes: { to: "f32" } });
    const tile = wide(k.do("load", k.grid(r, 64, 64, stride)));
    const bias = wide(k.along(k.do("load", k.pointers(r, 64)), 0, 64, 64));
    return k.do("exp", k.do("add", k.do("add", tile, acc), bias));
  });
  const { graph, count } = assigned(residual);
  assertEquals(count, 0);
  assert(loads(graph).includes(BLOCKED));
});

Deno.test("assignLayouts() gives what a loop carries the layout that its body yields", () => {
  const running = kernel({ x: f32, y: f32, s: "int", n: "int" }, (k, { x, y, s, n }) => {
    // The highest of each column so far, started with zeros; pointers are carried too.
    const inits = [k.constant(0, f32, [64]), k.grid(x, 16, 64, s)];
    const types = [scalar(i32), ...inits.map((init) => init.type)];
    const body = k.region(types, ([, top, pointers]) => {
      const tile = k.do("load", pointers!);
      const next = k.do("max", top!, k.reduce("max", tile, 0));
      return [next, k.do("ptr_add", pointers!, k.int(1024, 16, 64))];
    });
    const loop = k.op("for", [k.int(0), n, k.int(1), ...inits], { regions: [body] });
    k.op("store", [k.pointers(y, 64), loop.results[0]!]);
  });
  const { graph, count } = assigned(running);
  assertEquals(count, 0);
  const loop = ops(graph, "for")[0]!;
  assertEquals(vectorWidth(loop.results[1]!.type.layout!, 1), 4);
});

Deno.test("assignLayouts() converts once for two uses, outside the loop that uses it", () => {
  const twice = kernel({ x: f32, y: f32, s: "int", n: "int" }, (k, { x, y, s, n }) => {
    const tile = k.do("load", k.grid(x, 32, 32, s));
    const turned = k.value("permute", [k.do("exp", tile)], { attributes: { order: [1, 0] } });
    const body = k.region([scalar(i32)], () => {
      for (let i = 0; i < 2; i++) {
        const old = k.do("load", k.grid(y, 32, 32, s));
        k.op("store", [k.grid(y, 32, 32, s), k.do("add", old, turned)]);
      }
      return [];
    });
    k.op("for", [k.int(0), n, k.int(1)], { regions: [body] });
  });
  const { graph, count } = assigned(twice);
  assertEquals(count, 1);
  assertEquals(graph.body.ops.filter((op) => op.name === "convert_layout").length, 1);
});

Deno.test("assignLayouts() computes masks and offsets anew rather than convert them", () => {
  const shared = kernel({ x: f32, y: f32, s: "int", n: "int" }, (k, { x, y, s, n }) => {
    // One mask for the rows' order of x and, turned, for the columns' of y.
    const mask = k.do("lt", k.along(k.range(32), 1, 32, 32), k.splat(n, 32, 32));
    const tile = k.do("load", k.grid(x, 32, 32, s), mask);
    const turn = (x: typeof mask) => k.value("permute", [x], { attributes: { order: [1, 0] } });
    k.op("store", [k.grid(y, 32, 32, s), turn(tile), turn(mask)]);
  });
  const { graph, count } = assigned(shared);
  assertEquals(count, 1);
  assertEquals(ops(graph, "convert_layout")[0]!.result.type.element, f32);
  assertEquals(ops(graph, "lt").length, 2);
});

Deno.test("assignLayouts() keeps scalars and stores of scalars without layouts", () => {
  const total = kernel({ x: f32, y: f32 }, (k, { x, y }) => {
    k.op("store", [y, k.reduce("add", k.do("load", k.pointers(x, 64)), 0)]);
  });
  const { graph, count } = assigned(total);
  assertEquals(count, 0);
  assertEquals(ops(graph, "store")[0]!.operand(1).type.layout, undefined);
});

Deno.test("assignLayouts() of random kernels is sound and changes no result", () => {
  const threads = fc.constantFrom([8, 4], [32, 1], [4, 8], [32, 4]);
  const x = new Float32Array(LENGTH).map((_, i) => Math.sin(i * 7));
  const run = (graph: Graph) => {
    const out = new Float32Array(LENGTH);
    evaluate(graph, [x, out, 100], [1, 1, 1]);
    return out;
  };
  let moved = 0;
  fc.assert(
    fc.property(choices(), threads, (list, [lanes, warps]) => {
      const graph = kernelOf(list), result = assigned(padTiles(graph), lanes, warps);
      moved += result.count;
      const wanted = run(graph), found = run(result.graph);
      const wrong = wanted.findIndex((value, i) => !Object.is(value, found[i]));
      assertEquals(wrong, -1, `Element ${wrong} is ${found[wrong]}, not ${wanted[wrong]}`);
    }),
    { numRuns: 40 },
  );
  assert(moved > 0, "No kernel needed a conversion");
});
