/** Calls as WGSL text. */

import { call } from "../../lib/ir/ops/row.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("arguments lose the parentheses around them", () => {
  assertEquals(call("min", ["(a + b)", "c"]), "min(a + b, c)");
  assertEquals(call("select", ["x", "y", "(a < b)"]), "select(x, y, a < b)");
});

Deno.test("comparisons that would read as a template keep theirs", () => {
  assertEquals(call("select", ["(a < b)", "x", "(c > d)"]), "select((a < b), x, (c > d))");
  assertEquals(call("select", ["(a < b)", "x", "(c >> 2u)"]), "select((a < b), x, (c >> 2u))");
  assertEquals(call("select", ["vec4<f32>(a)", "(b > c)"]), "select(vec4<f32>(a), b > c)");
});
