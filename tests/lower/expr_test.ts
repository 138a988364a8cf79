/** Expressions simplify as they are built. */

import { bool, DTYPES, f32, i32 } from "../../lib/ir/dtype.ts";
import type { Expr } from "../../lib/ir/invocation.ts";
import { ExpressionPrinter, Mentions } from "../../lib/wgsl/expression.ts";
import {
  builtin,
  int,
  literal,
  named,
  op,
  ramp,
  setOffset,
  slice,
  splat,
  vector,
} from "../../lib/lower/expr.ts";
import { assertEquals } from "../support/assert.ts";

const i = named("i_0", { dtype: i32, width: 1 });
const x = named("x_0", { dtype: f32, width: 1 });
const v = named("v_0", { dtype: f32, width: 4 });

const NATIVE = { f16: true, int64: true, f64: true };

function text(expr: Expr): string {
  return new ExpressionPrinter(new Mentions(), new Map(), NATIVE).bare(expr);
}

const TABLE: readonly [name: string, expr: Expr, expected: string][] = [
  ["x + 0 is x", op("add", [i, int(0)]), "i_0"],
  ["x * 1 is x", op("mul", [i, int(1)]), "i_0"],
  ["x * 0 is 0", op("mul", [i, int(0)]), "0"],
  ["constants fold and wrap", op("mul", [int(2 ** 30), int(4)]), "0"],
  ["a literal moves to the right", op("add", [int(3), i]), "i_0 + 3"],
  ["constants of a sum join", op("add", [op("add", [i, int(3)]), int(4)]), "i_0 + 7"],
  [
    "constants of both sides of a sum join",
    op("ptr_add", [op("add", [i, int(3)]), op("add", [builtin("invocation"), int(4)])]),
    "(i_0 + invocation) + 7",
  ],
  [
    "a multiple of a sum has its constant apart",
    op("mul", [op("add", [i, int(3)]), int(4)]),
    "(i_0 * 4) + 12",
  ],
  ["floats are left to the device", op("add", [x, literal(0, f32)]), "x_0 + 0.0f"],
  ["x & true is x", op("and", [named("m_0", { dtype: bool, width: 1 }), literal(1, bool)]), "m_0"],
  ["select of equals", op("select", [named("m_0", { dtype: bool, width: 1 }), x, x]), "x_0"],
  ["a cast to the same dtype", op("cast", [x], f32, { to: "f32" }), "x_0"],
  [
    "a ramp plus a splat is a ramp",
    op("add", [ramp(i, 1, 4), splat(builtin("invocation"), 4)]),
    "vec4<i32>(i_0 + invocation) + vec4<i32>(0, 1, 2, 3)",
  ],
  [
    "a ramp times a constant is a ramp",
    op("mul", [ramp(i, 1, 4), literal(8, i32, 4)]),
    "vec4<i32>(i_0 * 8) + vec4<i32>(0, 8, 16, 24)",
  ],
  [
    "what a ramp is compared with is moved",
    op("eq", [ramp(i, 1, 4), splat(builtin("invocation"), 4)], bool),
    "(vec4<i32>(0) + vec4<i32>(0, 1, 2, 3)) == vec4<i32>(invocation - i_0)",
  ],
  [
    "ramps of one step differ everywhere or nowhere",
    op("ne", [ramp(i, 2, 4), ramp(builtin("invocation"), 2, 4)], bool),
    "vec4<bool>(!(i_0 == invocation))",
  ],
  ["an element of a ramp", slice(ramp(i, 2, 4), 3), "i_0 + 6"],
  ["an element of a splat", slice(splat(x, 4), 2), "x_0"],
  [
    "arithmetic on splats is done once",
    op("mul", [splat(x, 4), splat(x, 4)]),
    "vec4<f32>(x_0 * x_0)",
  ],
  ["elements put together again", vector([0, 1, 2, 3].map((k) => slice(v, k)), 4), "v_0"],
  ["halves put together again", vector([slice(v, 0, 2), slice(v, 2, 2)], 4), "v_0"],
  ["equal elements are a splat", vector([x, x, x, x], 4), "vec4<f32>(x_0)"],
  ["shifts by constants", op("shr", [i, int(35)]), "i_0 >> 3u"],
  ["shifts by variables", op("shl", [i, i]), "i_0 << (u32(i_0) & 31u)"],
];

for (const [name, expr, expected] of TABLE) {
  Deno.test(`expression: ${name}`, () => assertEquals(text(expr), expected));
}

Deno.test("expression: a name is known as what it stands for and a constant", () => {
  const n = named("n_0", { dtype: i32, width: 1 });
  setOffset(n, op("add", [i, int(32)]));
  assertEquals(text(op("add", [builtin("invocation"), n])), "(invocation + i_0) + 32");
  assertEquals(text(op("sub", [n, i])), "n_0 - i_0");
  setOffset(n, op("mul", [i, int(32)])); // no sum
  assertEquals(text(op("add", [n, int(1)])), "i_0 + 33");
});

Deno.test("expression: numbers without a literal are read from variables", () => {
  const mentions = new Mentions();
  const printer = new ExpressionPrinter(mentions, new Map(), NATIVE);
  assertEquals(printer.print(literal(-Infinity, f32)), "bitcast<f32>(negative_infinity_bits)");
  assertEquals(printer.print(literal(NaN, DTYPES.f16)), "f16(bitcast<f32>(nan_bits))");
  assertEquals([...mentions.special], ["negative_infinity_bits", "nan_bits"]);
  assertEquals(printer.print(int(-(2 ** 31))), "bitcast<i32>(0x80000000u)");
  assertEquals(printer.print(literal(-0, f32)), "-0.0f");
  assertEquals(printer.print(literal(0.1, f32)), "0.10000000149011612f");
});
