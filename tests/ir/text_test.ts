import fc from "npm:fast-check@4.10.2";
import { Graph, type Location, type Op, type Region } from "../../lib/ir/graph.ts";
import { parse, ParseError } from "../../lib/ir/parse.ts";
import { print } from "../../lib/ir/print.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { ALL_OPS, randomGraph, report } from "../support/random_graph.ts";
import { Builder } from "../../lib/ir/builder.ts";
import { f32, i32 } from "../../lib/ir/dtype.ts";

const TOTAL = `#0 = 64 register (32) lane (1) (2) (4) (8) (16) warp
#1 = 64 register (1) lane (2) (4) (8) (16) (32) warp

kernel @total(%x: ptr<x:f32> {divisibility = 16}, %n: i32) {
  %c0 = constant 0 : i32
  %c64 = constant 64 : i32
  %zero = constant -0.0 : f32
  %offsets = arange {start = 0, end = 64} : tile<64xi32, #0>
  %0 = splat %x : tile<64xptr<x:f32>, #0>
  %acc = for %i = %c0 to %n step %c64, %acc_1 = %zero : f32 {
    %1 = splat %i : tile<64xi32, #0>
    %2 = add %1, %offsets : tile<64xi32, #0>
    %3 = ptr_add %0, %2 : tile<64xptr<x:f32>, #0>
    %4 = load %3 : tile<64xf32, #0>
    %values = convert_layout %4 : tile<64xf32, #1>
    %5 = reduce %values {axis = 0} : f32 combine(%a: f32, %b: f32) {
      %6 = add %a, %b : f32
      yield %6
    }
    %7 = add %acc_1, %5 : f32
    yield %7
  }
  %8 = lt %n, %c64 : bool
  if %8 then {
    store %x, %acc
  } else {
  }
  %k, %y = while %c0, %acc : i32, f32 condition(%k_1: i32, %y_1: f32) {
    %9 = lt %k_1, %n : bool
    yield %9
  } body(%k_2: i32, %y_2: f32) {
    %10 = add %k_2, %c64 : i32
    %11 = mul %y_2, %y_2 : f32
    yield %10, %11
  }
  barrier
  %z = mul %y, %y : f32
  store %x, %z
}
`;

Deno.test("the text form of a kernel with layouts, loops and branches is read back as printed", () => {
  assertEquals(print(parse(TOTAL)), TOTAL);
});

Deno.test("random graphs are read back as printed", () => {
  fc.assert(
    fc.property(randomGraph({ ops: ALL_OPS, steps: 40, depth: 3 }), (graph) => {
      const text = print(graph), again = parse(text);
      assertEquals(print(again), text);
      assertEquals(contents(again), contents(graph));
    }),
    { reporter: report, numRuns: 150 },
  );
});

/** All that a graph says, names of values aside. */
function contents(graph: Graph): unknown {
  const ids = new Map<unknown, number>();
  const id = (value: unknown) => ids.get(value) ?? (ids.set(value, ids.size), ids.size - 1);
  const region = ({ params, ops, yields }: Region): unknown => [
    params.map((param) => [id(param), param.type]),
    ops.map((op: Op) => [
      op.name,
      op.operands.map(id),
      op.attributes,
      op.regions.map(region),
      op.results.map((result) => [id(result), result.type]),
    ]),
    yields.map(id),
  ];
  return [
    graph.name,
    graph.params.map((
      { name, value, divisibility },
    ) => [name, id(value), value.type, divisibility]),
    region(graph.body),
  ];
}

Deno.test("numbers are printed exactly", () => {
  const numbers = [NaN, Infinity, -Infinity, -0, 0, 0.1, Math.fround(0.1), 1e-45, -3.4e38, 1e21];
  const builder = new Builder();
  const body = builder.region([], () => {
    for (const x of numbers) builder.constant(x, f32);
    return [];
  });
  const text = print(new Graph("numbers", [], body));
  const values = parse(text).body.ops.map((op) => op.number("value"));
  assertEquals(values.map((x) => [x, Object.is(x, -0)]), numbers.map((x) => [x, Object.is(x, -0)]));
});

Deno.test("locations are printed when asked for, and read back", () => {
  const at = (line: number, name = "k"): Location => ({
    function: name,
    source: "",
    line,
    column: 4,
  });
  const builder = new Builder();
  const body = builder.region([], () => {
    builder.location = at(2);
    builder.constant(1, i32);
    const condition = builder.value("lt", [builder.constant(2, i32), builder.constant(3, i32)]);
    builder.op("if", [condition], {
      regions: [builder.region([], () => []), builder.region([], () => [])],
      location: at(1, "helper"),
    });
    return [];
  });
  const text = print(new Graph("k", [], body), { locations: true });
  assertEquals(
    text,
    `kernel @k() {
  %c1 = constant 1 : i32 loc(2:4)
  %c2 = constant 2 : i32 loc(2:4)
  %c3 = constant 3 : i32 loc(2:4)
  %0 = lt %c2, %c3 : bool loc(2:4)
  if %0 then {
  } else {
  } loc(helper 1:4)
}
`,
  );
  assertEquals(print(parse(text), { locations: true }), text);
});

Deno.test("text that is no graph is refused with its place", () => {
  const cases: [string, string][] = [
    ["kernel @k() {\n  store %p, %v\n}", "There is no value %p (line 2, column 9)"],
    ["kernel @k() {\n  frob\n}", "There is no operation 'frob' (line 2, column 3)"],
    ["kernel @k(%n: i33) {}", "There is no type 'i33' (line 1, column 15)"],
    ["kernel @k(%n: i32, %n: i32) {}", "There are two values %n (line 1, column 20)"],
    ["kernel @k(%n: tile<4xi32, #0>) {}", "There is no layout #0 (line 1, column 15)"],
    [
      "kernel @k() {\n  %a, %b = arange {start = 0, end = 4} : tile<4xi32>\n}",
      "2 results have 1 types",
    ],
    ["kernel @k() {", "Expected an operation, found 'the end' (line 1, column 14)"],
    ["kernel @k() {} }", "There is more after the kernel: '}'"],
    ["kernel @k() { ~ }", "Unexpected '~' (line 1, column 15)"],
    ["#0 = 3 register\nkernel @k() {}", "3 is not a power of two"],
    ["kernel @k(%n: i32) { for %i = %n to %n step %n, %x = %n { } }", "carries 1 values"],
  ];
  for (const [text, message] of cases) assertThrows(() => parse(text), ParseError, message);
});
