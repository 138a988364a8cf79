/**
 * A kernel on tiles of n elements must give what the same kernel on scalars gives in n programs:
 * random kernels of arithmetic, loops and branches, built both ways. Scalars each have a place of
 * their own, so what a tile's reuse of arrays breaks shows up here.
 *
 * And where code may not be made at run time, the results must be the same.
 */

import fc from "npm:fast-check@4.10.2";
import { evaluate } from "../../lib/cpu/evaluate.ts";
import type { Builder } from "../../lib/ir/builder.ts";
import { bool, f32, i32 } from "../../lib/ir/dtype.ts";
import type { Graph, Value } from "../../lib/ir/graph.ts";
import type { ElementwiseName } from "../../lib/ir/ops.ts";
import { scalar, tile } from "../../lib/ir/type.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { graphOf, loadTile, storeTile } from "../support/graphs.ts";

const BINARY = ["add", "sub", "mul", "min", "max"] as const;
const UNARY = ["abs", "floor", "sin"] as const;

/** A kernel as a list of statements; numbers pick operands among the values in scope. */
type Statement =
  | { readonly kind: "binary"; readonly op: number; readonly a: number; readonly b: number }
  | { readonly kind: "unary"; readonly op: number; readonly a: number }
  | { readonly kind: "select"; readonly a: number; readonly b: number }
  | { readonly kind: "constant"; readonly value: number }
  | {
    readonly kind: "for";
    readonly count: number;
    readonly inits: readonly number[];
    readonly body: readonly Statement[];
    readonly yields: readonly number[];
  }
  | {
    readonly kind: "if";
    readonly yes: boolean;
    readonly then: readonly Statement[];
    readonly otherwise: readonly Statement[];
    readonly yields: readonly number[];
  };

const pick = fc.nat(1000);
const { statements } = fc.letrec<{ statement: Statement; statements: Statement[] }>((tie) => ({
  statements: fc.array(tie("statement"), { maxLength: 6, depthIdentifier: "nesting" }),
  statement: fc.oneof(
    { depthIdentifier: "nesting", maxDepth: 2 },
    fc.record({ kind: fc.constant("binary" as const), op: pick, a: pick, b: pick }),
    fc.record({ kind: fc.constant("unary" as const), op: pick, a: pick }),
    fc.record({ kind: fc.constant("select" as const), a: pick, b: pick }),
    fc.record({ kind: fc.constant("constant" as const), value: fc.integer({ min: -3, max: 3 }) }),
    fc.record({
      kind: fc.constant("for" as const),
      count: fc.nat(3),
      inits: fc.tuple(pick, pick, pick),
      body: tie("statements"),
      yields: fc.tuple(pick, pick, pick),
    }),
    fc.record({
      kind: fc.constant("if" as const),
      yes: fc.boolean(),
      then: tie("statements"),
      otherwise: tie("statements"),
      yields: fc.tuple(pick, pick),
    }),
  ),
}));

/** Appends statements to `b`; values of `scope` are all of the shape. Returns what is then in scope. */
function emit(
  b: Builder,
  list: readonly Statement[],
  scope: readonly Value[],
  shape: readonly number[],
): readonly Value[] {
  const values = [...scope];
  const at = (choice: number): Value => values[choice % values.length]!;
  for (const s of list) {
    if (s.kind === "binary") {
      values.push(b.value(BINARY[s.op % BINARY.length]!, [at(s.a), at(s.b)]));
    } else if (s.kind === "unary") {
      values.push(b.value(UNARY[s.op % UNARY.length]! as ElementwiseName, [at(s.a)]));
    } else if (s.kind === "select") {
      values.push(b.value("select", [b.value("lt", [at(s.a), at(s.b)]), at(s.a), at(s.b)]));
    } else if (s.kind === "constant") {
      values.push(b.constant(s.value, f32, shape));
    } else if (s.kind === "for") {
      const inits = s.inits.map(at), bounds = [0, s.count, 1].map((x) => b.constant(x, i32));
      const body = b.region([scalar(i32), ...inits.map((v) => v.type)], ([, ...carried]) => {
        const inner = emit(b, s.body, [...values, ...carried], shape);
        // Counted from the end, so that carried values and what was made of them come often.
        return s.yields.map((choice) => inner.at(-1 - choice % inner.length)!);
      });
      values.push(...b.op("for", [...bounds, ...inits], { regions: [body] }).results);
    } else {
      const regions = [s.then, s.otherwise].map((list) =>
        b.region([], () => {
          const inner = emit(b, list, values, shape);
          return s.yields.map((choice) => inner.at(-1 - choice % inner.length)!);
        })
      );
      values.push(...b.op("if", [b.constant(s.yes ? 1 : 0, bool)], { regions }).results);
    }
  }
  return values;
}

/** Statements, and which of the values left at their end are stored. */
interface Kernel {
  readonly list: readonly Statement[];
  readonly results: readonly number[];
}

const kernels: fc.Arbitrary<Kernel> = fc.record({
  list: statements,
  results: fc.array(pick, { minLength: 1, maxLength: 4 }),
});

/** The kernel on tiles of `shape`, or on the one element that is the program's when it is empty. */
function build({ list, results }: Kernel, shape: readonly number[]): Graph {
  return graphOf({ x: [f32], y: [f32], out: [f32] }, (b, p) => {
    const program = b.value("program_id", [], { attributes: { axis: 0 } });
    const at = (base: Value) => shape.length === 0 ? b.value("ptr_add", [base, program]) : base;
    const scope = [loadTile(b, at(p.x), shape), loadTile(b, at(p.y), shape)];
    assertEquals(scope[0]!.type, tile(shape, f32));
    const values = emit(b, list, scope, shape);
    // Counted from the end, where what loops and branches gave stands.
    const sum = results.map((choice) => values.at(-1 - choice % values.length)!)
      .reduce((sum, value) =>
        b.value("add", [b.value("mul", [sum, b.constant(0.5, f32, shape)]), value])
      );
    storeTile(b, at(p.out), sum);
  });
}

const N = 5;
const x = Float32Array.of(0, 1, -2, 0.5, 3), y = Float32Array.of(1, -1, 4, 2.5, -0);

function runTiles(kernel: Kernel): Float32Array {
  const out = new Float32Array(N), graph = build(kernel, [N]);
  // Twice: what the first run leaves behind must not be seen by the second.
  for (let i = 0; i < 2; i++) evaluate(graph, [x, y, out], [2, 1, 1]);
  return out;
}

Deno.test("a kernel on tiles gives what it gives on scalars", () => {
  fc.assert(
    fc.property(kernels, (kernel) => {
      const scalars = new Float32Array(N);
      evaluate(build(kernel, []), [x, y, scalars], [N, 1, 1]);
      assertEquals([...runTiles(kernel)], [...scalars]);
    }),
    { numRuns: 500 },
  );
});

Deno.test("results are the same where code may not be made at run time", async () => {
  const list: Statement[] = [
    { kind: "binary", op: 2, a: 0, b: 1 },
    { kind: "unary", op: 2, a: 2 },
    { kind: "select", a: 2, b: 3 },
    {
      kind: "for",
      count: 2,
      inits: [2, 3, 4],
      body: [{ kind: "binary", op: 0, a: 2, b: 5 }],
      yields: [0, 1, 2],
    },
  ];
  const sample: Kernel = { list, results: [0, 2, 4] };
  const program = `
    let refused = false;
    try { new Function("")(); } catch { refused = true; }
    const { runSample } = await import(${JSON.stringify(import.meta.url)});
    console.log(JSON.stringify({ refused, out: runSample(${JSON.stringify(sample)}) }));`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-check",
      "--v8-flags=--disallow-code-generation-from-strings",
      `Deno.test = () => {};${program}`,
    ],
  }).output();
  assert(code === 0, new TextDecoder().decode(stderr));
  const { refused, out } = JSON.parse(new TextDecoder().decode(stdout));
  assert(refused, "Code could be made all the same");
  assertEquals(out, [...runTiles(sample)]);
});

/** What the test above runs in another process. */
export function runSample(kernel: Kernel): number[] {
  return [...runTiles(kernel)];
}
