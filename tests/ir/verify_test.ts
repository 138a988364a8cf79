/**
 * Each invariant of the verifier has a graph that breaks it. Where a text can say it, the line that
 * must be refused says so: `// error: [number] message`.
 */

import { f32, i32 } from "../../lib/ir/dtype.ts";
import { type Attributes, Graph, Op, Region, Value } from "../../lib/ir/graph.ts";
import type { OpName } from "../../lib/ir/ops.ts";
import { parse } from "../../lib/ir/parse.ts";
import { printLines } from "../../lib/ir/print.ts";
import { scalar, tile, type Type } from "../../lib/ir/type.ts";
import { problemsOf, VerificationError, verify } from "../../lib/ir/verify.ts";
import { LinearLayout } from "../../lib/layout/linear_layout.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

const LEGAL = `kernel @legal(%x: ptr<x:f32> {divisibility = 16}, %n: i32) {
  %c0 = constant 0 : i32
  %zero = constant 0 : tile<4xf32>
  %p = splat %x : tile<4xptr<x:f32>>
  %acc = for %i = %c0 to %n step %n, %acc_1 = %zero : tile<4xf32> {
    %v = load %p : tile<4xf32>
    %sum = add %acc_1, %v : tile<4xf32>
    yield %sum
  }
  %s = reduce %acc {axis = 0} : f32 combine(%a: f32, %b: f32) {
    %0 = max %a, %b : f32
    yield %0
  }
  store %x, %s
}
`;

Deno.test("a legal graph passes", () => verify(parse(LEGAL)));

Deno.test("an attribute that may be left out may be there", () => {
  const product = (attributes: string, problem = "") =>
    kernel(`  %t = constant 1 : tile<4x4xf32>
  %d = dot %t, %t, %t${attributes} : tile<4x4xf32>${problem}`);
  for (const attributes of ["", " {terms = 32}"]) verify(parse(product(attributes)));
  const problems = problemsOf(parse(product(" {terms = true}")));
  assertEquals(problems.map(({ message }) => message), [
    "The attribute 'terms' holds boolean, not number",
  ]);
});

/** A kernel's text around operations. */
function kernel(body: string, layouts = ""): string {
  return `${layouts}kernel @k(%x: ptr<x:f32>, %n: i32, %a: f32) {\n${body}\n}`;
}

const REFUSED: Record<string, string> = {
  "1: too few operands": kernel(`
    %0 = add %n : i32 // error: [1] add takes a, b, not 1`),
  "1: too many operands": kernel(`
    %0 = load %x, %n, %n, %n : f32 // error: [1] load takes pointer, mask?, other?, not 4`),
  "2: a missing attribute": kernel(`
    %0 = program_id : i32 // error: [2] program_id needs the attribute 'axis'`),
  "2: an attribute of another kind": kernel(`
    %0 = program_id {axis = "x"} : i32 // error: [2] The attribute 'axis' holds string, not number`),
  "2: an unknown attribute": kernel(`
    %0 = add %n, %n {fast = true} : i32 // error: [2] add has no attribute 'fast'`),
  "3: operands that do not fit": kernel(`
    %0 = add %n, %a : i32 // error: [3] Operands differ: i32 and f32`),
  "3: a wrong result type": kernel(`
    %0 = lt %n, %n : i32 // error: [3] Result 0 is i32, but must be bool`),
  "3: too many results": kernel(`
    %0, %1 = add %n, %n : i32, i32 // error: [3] add has 1 results, not 2`),
  "3: a loop that yields another type": kernel(`
    %s = for %i = %n to %n step %n, %s_1 = %n : i32 { // error: [3] The yielded value 0 is f32, but must be i32
      yield %a
    }`),
  "5: a value of a region that has ended": kernel(`
    %t = lt %n, %n : bool
    if %t then {
      %inner = add %n, %n : i32
    } else {
      %0 = add %inner, %n : i32 // error: [5] Operand 0 %inner is defined inside a region that has ended
    }
    %1 = add %n, %inner : i32 // error: [5] Operand 1 %inner is defined inside a region that has ended`),
  "6: a parameter that is a tile":
    `kernel @k(%x: tile<4xf32>) { // error: [6] Parameter 'x' is tile<4xf32>, not a scalar
    }`,
  "6: a pointer into another":
    `kernel @k(%y: ptr<y:f32>, %x: ptr<y:f32>) { // error: [6] Parameter 'x' points into 'y', not into itself
    }`,
  "6: divisibility that is no power of two":
    `kernel @k(%n: i32 {divisibility = 12}) { // error: [6] Parameter 'n' has divisibility 12, no power of two
    }`,
  "8: a pointer into nothing": kernel(`
    %0 = splat %n : tile<4xptr<n:f32>> // error: [3] Result 0 is tile<4xptr<n:f32>>, but must be tile<4xi32> // error: [8] tile<4xptr<n:f32>> points into no pointer parameter of the kernel`),
  "8: a pointer to another dtype": kernel(`
    %0 = splat %x : tile<4xptr<x:i32>> // error: [3] Result 0 is tile<4xptr<x:i32>>, but must be tile<4xptr<x:f32>> // error: [8] tile<4xptr<x:i32>> points into a buffer of f32`),
  "9: a combine function that loads": kernel(`
    %t = constant 1 : tile<4xf32>
    %0 = reduce %t {axis = 0} : f32 combine(%b: f32, %c: f32) {
      %1 = load %x : f32 // error: [9] A function of elements touches memory
      yield %1
    }`),
  "9: a combine function of tiles": kernel(`
    %t = constant 1 : tile<4xf32>
    %0 = reduce %t {axis = 0} : f32 combine(%b: f32, %c: f32) {
      %1 = splat %b : tile<4xf32> // error: [9] A function of elements computes a tile
      yield %b
    }`),
  "10: a dimension of size 0": kernel(`
    %0 = constant 1 : tile<0xf32> // error: [10] tile<0xf32> has dimensions that are not positive integers`),
  "11: a tile without layout": kernel(
    `
    %0 = constant 1 : tile<4xf32, #0>
    %1 = constant 1 : tile<4xf32> // error: [11] tile<4xf32> has no layout, but those before have one`,
    "#0 = 4 register (1) (2)\n",
  ),
  "11: a tile with layout": kernel(
    `
    %0 = constant 1 : tile<4xf32>
    %1 = constant 1 : tile<4xf32, #0> // error: [11] tile<4xf32> has a layout, but those before have none`,
    "#0 = 4 register (1) (2)\n",
  ),
  "12: a layout of another shape": kernel(
    `
    %0 = constant 1 : tile<4xf32, #0> // error: [12] tile<4xf32> has a layout of 8`,
    "#0 = 8 register (1) (2) (4)\n",
  ),
  "12: a layout that leaves elements out": kernel(
    `
    %0 = constant 1 : tile<4xf32, #0> // error: [12] tile<4xf32> has a layout that leaves elements out: 4 register (1) lane warp`,
    "#0 = 4 register (1)\n",
  ),
  "12: layouts over different workgroups": kernel(
    `
    %0 = constant 1 : tile<4xf32, #0>
    %1 = constant 1 : tile<4xf32, #1> // error: [12] tile<4xf32> has a layout over 2 lanes and 1 warps, others over 1 lanes and 1 warps`,
    "#0 = 4 register (1) (2)\n#1 = 4 register (1) lane (2)\n",
  ),
  "13: an elementwise operation between layouts": kernel(
    `
    %0 = constant 1 : tile<4xf32, #0>
    %1 = constant 1 : tile<4xf32, #1>
    %2 = add %0, %1 : tile<4xf32, #0> // error: [13] Operands and results have different layouts: 4 register (1) (2) lane warp and 4 register (2) (1) lane warp`,
    "#0 = 4 register (1) (2)\n#1 = 4 register (2) (1)\n",
  ),
  "13: a loop whose body yields another layout": kernel(
    `
    %0 = constant 1 : tile<4xf32, #0>
    %1 = constant 1 : tile<4xf32, #1>
    %2 = for %i = %n to %n step %n, %3 = %0 : tile<4xf32, #0> { // error: [13] Carried values 0 have different layouts: 4 register (1) (2) lane warp and 4 register (2) (1) lane warp
      yield %1
    }`,
    "#0 = 4 register (1) (2)\n#1 = 4 register (2) (1)\n",
  ),
  "13: branches that yield different layouts": kernel(
    `
    %0 = constant 1 : tile<4xf32, #0>
    %1 = constant 1 : tile<4xf32, #1>
    %2 = lt %n, %n : bool
    %3 = if %2 : tile<4xf32, #0> then { // error: [13] Yields 0 have different layouts: 4 register (1) (2) lane warp and 4 register (2) (1) lane warp
      yield %0
    } else {
      yield %1
    }`,
    "#0 = 4 register (1) (2)\n#1 = 4 register (2) (1)\n",
  ),
};

for (const [name, text] of Object.entries(REFUSED)) {
  Deno.test(`the verifier refuses ${name}`, () => {
    const graph = parse(text);
    const lines = printLines(graph);
    const wanted = text.split("\n").filter((line) => line.trim() !== "")
      .flatMap((line, i) =>
        [...line.matchAll(/\/\/ error: (.*?)(?= \/\/|$)/g)].map(([, message]) => `${i}: ${message}`)
      );
    const layouts = lines.findIndex(({ text }) => text === "");
    const found = problemsOf(graph).map(({ invariant, message, op }) => {
      const line = op ? lines.findIndex((line) => line.op === op) : 0;
      return `${line - (op && layouts >= 0 ? 1 : 0)}: [${invariant}] ${message}`;
    });
    assertEquals(found, wanted);
  });
}

/** An operation that is made without any check. */
function op(
  name: OpName,
  operands: readonly Value[],
  types: readonly Type[],
  attributes: Attributes = {},
  regions: readonly Region[] = [],
): Op {
  return new Op(name, operands, attributes, regions, types, undefined);
}

function refusal(...ops: readonly Op[]): string[] {
  return problemsOf(new Graph("k", [], new Region([], ops, []))).map(({ invariant, message }) =>
    `[${invariant}] ${message}`
  );
}

const one = () => op("constant", [], [scalar(i32)], { value: 1, dtype: "i32", shape: [] });

Deno.test("the verifier refuses 1: an operation without its region", () => {
  const x = one();
  assertEquals(refusal(x, op("for", [x.result, x.result, x.result], [])), [
    "[1] for has body, not 0 regions",
  ]);
});

Deno.test("the verifier refuses 4: an operation that stands in two places", () => {
  const x = one();
  x.result.hint = "x";
  assertEquals(refusal(x, x), ["[4] %x is defined twice"]);
});

Deno.test("the verifier refuses 5: a value that is used before it is defined", () => {
  const x = one();
  assertEquals(refusal(op("not", [x.result], [scalar(i32)]), x), [
    "[5] Operand 0 of i32 is not defined before",
  ]);
});

Deno.test("the verifier refuses 5: a yield of another region", () => {
  const inner = one();
  const truth = op("constant", [], [scalar(parse(LEGAL).params[1]!.value.type.element)], {
    value: 1,
    dtype: "bool",
    shape: [],
  });
  const branch = op("if", [truth.result], [scalar(i32)], {}, [
    new Region([], [inner], [inner.result]),
    new Region([], [], [inner.result]),
  ]);
  assertEquals(refusal(truth, branch).filter((text) => text.startsWith("[5]")), [
    "[5] Yield 0 of i32 is defined inside a region that has ended",
  ]);
});

Deno.test("the verifier refuses 6: two parameters of one name", () => {
  const param = () => ({ name: "n", value: new Value(scalar(i32)), divisibility: 1 });
  const graph = new Graph("k", [param(), param()], new Region([], [], []));
  assertEquals(problemsOf(graph).map(({ message }) => message), ["There are two parameters 'n'"]);
});

Deno.test("the verifier refuses 7: a body or a branch with parameters, a body that yields", () => {
  const x = new Value(scalar(i32));
  const graph = new Graph("k", [], new Region([x], [], [x]));
  assertEquals(problemsOf(graph).map(({ invariant, message }) => `[${invariant}] ${message}`), [
    "[7] The kernel's body has parameters",
    "[7] The kernel's body yields values",
  ]);
  const truth = op("lt", [one().result, one().result], [scalar(i32)]);
  const branch = op("if", [truth.result], [], {}, [
    new Region([new Value(scalar(i32))], [], []),
    new Region([], [], []),
  ]);
  assertEquals(refusal(branch).includes("[7] A branch has parameters"), true);
});

Deno.test("the verifier refuses 11: a scalar with a layout", () => {
  const layout = new LinearLayout([], {});
  const x = op("constant", [], [{ ...scalar(f32), layout }], { value: 1, dtype: "f32", shape: [] });
  assertEquals(refusal(x), ["[11] A scalar has the layout scalar register lane warp"]);
  assertEquals(
    refusal(op("constant", [], [tile([4], f32)], { value: 1, dtype: "f32", shape: [4] })),
    [],
  );
});

Deno.test("a refusal shows the line and the reason under it", () => {
  const text = kernel("  %sum = add %n, %n : i32\n  %0 = add %sum, %a : i32 loc(7:2)");
  const error = assertThrows(() => verify(parse(text), "canonicalise"), VerificationError);
  assertEquals(
    error.message,
    `The graph of kernel 'k' is not legal after canonicalise:
3 |   %0 = add %sum, %a : i32
  |   ^ Operands differ: i32 and f32 (7:2) [3]`,
  );
});
