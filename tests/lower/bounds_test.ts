/** What is decided about coordinates before a kernel runs, and what is left out for it. */

import { compileStages } from "../../lib/compile.ts";
import { bool, DTYPES, i32 } from "../../lib/ir/dtype.ts";
import type { Expr } from "../../lib/ir/invocation.ts";
import { type Bound, boundsOf, setBounds } from "../../lib/lower/bounds.ts";
import { int, literal, named, op, ramp, slice, vector } from "../../lib/lower/expr.ts";
import { jit, type Pointer, tl } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
import { TARGET } from "../support/target.ts";

function bounded(name: string, ...bound: Bound): Expr {
  const x = named(name, { dtype: i32, width: 1 });
  setBounds(x, [bound]);
  return x;
}

const lane = bounded("lane", 0, 31), any = named("any", { dtype: i32, width: 1 });
const condition = named("condition", { dtype: bool, width: 1 });

const TABLE: readonly [name: string, x: Expr, bound: Bound | undefined][] = [
  ["sums", op("add", [lane, int(96)]), [96, 127]],
  ["a sum that may wrap", op("add", [lane, int(2 ** 31 - 5)]), undefined],
  ["differences", op("sub", [int(3), lane]), [-28, 3]],
  ["a difference that may wrap", op("sub", [int(-(2 ** 31)), lane]), undefined],
  ["products with negative numbers", op("mul", [lane, int(-2)]), [-62, 0]],
  ["bits of any number", op("and", [any, int(7)]), [0, 7]],
  ["bits of two unknown numbers", op("and", [any, named("b", any.type)]), undefined],
  ["alternatives", op("or", [lane, int(64)]), [64, 127]],
  ["bits flipped", op("xor", [lane, int(32)]), [0, 63]],
  ["one of two", op("select", [condition, lane, int(-1)]), [-1, 31]],
  ["less than what all are below", op("lt", [lane, int(32)], bool), [1, 1]],
  ["less than what some are below", op("lt", [lane, int(31)], bool), [0, 1]],
  ["less than the least", op("lt", [lane, int(0)], bool), [0, 0]],
  ["at least the least", op("ge", [lane, int(0)], bool), [1, 1]],
  ["more than the most", op("gt", [lane, int(31)], bool), [0, 0]],
  ["equal to what none is", op("eq", [lane, int(32)], bool), [0, 0]],
  ["unequal to what none is", op("ne", [lane, int(-1)], bool), [1, 1]],
  ["equal to what one is", op("eq", [lane, int(5)], bool), [0, 1]],
  ["true or unknown", op("or", [condition, literal(1, bool)]), [1, 1]],
  ["false and unknown", op("and", [condition, literal(0, bool)]), [0, 0]],
];

for (const [name, x, bound] of TABLE) {
  Deno.test(`bounds: ${name}`, () => assertEquals(boundsOf(x)[0], bound));
}

Deno.test("bounds: a comparison is decided element by element", () => {
  const coordinates = vector([0, 32, 64, 96].map((from) => op("add", [lane, int(from)])), 4);
  const inside = op("lt", [coordinates, literal(70, i32, 4)], bool);
  assertEquals(boundsOf(inside), [[1, 1], [1, 1], [0, 1], [0, 0]]);
  assertEquals(slice(inside, 3), literal(0, bool));
  assertEquals(op("lt", [ramp(lane, 1, 4), literal(40, i32, 4)], bool), literal(1, bool, 4));
});

Deno.test("a tile of 800 elements loads and stores 25 registers of 32 in a warp", () => {
  const double = jit(function double(x: Pointer, out: Pointer, { BLOCK = 800 }) {
    const at = tl.arange(0, BLOCK);
    tl.store(out + at, tl.load(x + at) * 2);
  });
  const pointer = { kind: "pointer", dtype: DTYPES.f32, divisibility: 1 } as const;
  const { program } = compileStages(
    double.graph([pointer, pointer], { BLOCK: 800 }),
    { numWarps: 1, numStages: 2, aliases: [0, 1], fold: "none" },
    TARGET,
  );
  assertEquals(program.wgsl.match(/buffer_of_x\[/g)?.length, 25);
  assertEquals(program.wgsl.match(/buffer_of_out\[/g)?.length, 25);
  assertEquals(program.wgsl.includes("if ("), false);
});
