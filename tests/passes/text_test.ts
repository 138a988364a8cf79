/**
 * Runs the text tests beside this file: see `tests/support/text_cases.ts` for their form, and
 * `BLESS=1 deno test -A tests/passes/text_test.ts` for writing them.
 *
 * After every pass the graph is verified, and does on random inputs what the program did.
 */

import fc from "npm:fast-check@4.10.2";
import type { AxisInfo } from "../../lib/ir/axis.ts";
import { type DType, elementOf, isFloat, type Numeric } from "../../lib/ir/dtype.ts";
import type { Graph } from "../../lib/ir/graph.ts";
import { parse } from "../../lib/ir/parse.ts";
import { print, printLines } from "../../lib/ir/print.ts";
import { dtypeOf, isPointer } from "../../lib/ir/type.ts";
import { verify } from "../../lib/ir/verify.ts";
import { axisInfo } from "../../lib/passes/axis_info.ts";
import { canonicalise } from "../../lib/passes/canonicalise.ts";
import { eliminateDead } from "../../lib/passes/eliminate_dead.ts";
import { rollTilesTo } from "../../lib/passes/roll_tiles.ts";
import { padTiles } from "../../lib/passes/pad_tiles.ts";
import { hoistLoads } from "../../lib/passes/hoist_loads.ts";
import { loosenLoads } from "../../lib/passes/loosen_loads.ts";
import { prefetch } from "../../lib/passes/prefetch.ts";
import { sortByKeys } from "../../lib/passes/sort_by_keys.ts";
import { RULES } from "../../lib/passes/rules.ts";
import { assertEquals } from "../support/assert.ts";
import { interpret } from "../support/interpret.ts";
import { runTextFile } from "../support/text_cases.ts";

/** Equations of rules that applied in the case of that name. */
const applied = new Map<string, Set<string>>();

const PASSES: Record<string, (graph: Graph, name: string) => Graph> = {
  canonicalise: (graph, name) => {
    const equations = new Set<string>();
    applied.set(name, equations);
    return canonicalise(graph, (equation) => equations.add(equation));
  },
  eliminate_dead: eliminateDead,
  pad_tiles: padTiles,
  sort_by_keys: (graph) => sortByKeys(graph, { invocations: 4, lanes: 2, workgroupBytes: 4096 }),
  roll_tiles: (graph) =>
    rollTilesTo(graph, { largest: 16, blockBits: 3, aliases: graph.params.map((_, i) => i) }),
  hoist_loads: (graph) => hoistLoads(graph, (a, b) => a === b),
  loosen_loads: loosenLoads,
  prefetch,
};

/** The text of a graph with what is known of each result at the line's end. */
function withAxisInfo(graph: Graph): string {
  const infoOf = axisInfo(graph);
  return printLines(graph).map(({ text, op }) =>
    op?.results.length === 1 ? `${text}  // ${infoText(infoOf(op.result))}\n` : `${text}\n`
  ).join("");
}

function infoText({ contiguity, divisibility, constancy, constant }: AxisInfo): string {
  const list = (numbers: readonly number[]) =>
    numbers.map((x) => x === 2 ** 30 ? "2^30" : x).join("x");
  return `contiguity ${list(contiguity)}, divisibility ${list(divisibility)}, constancy ${
    list(constancy)
  }` + (constant === undefined ? "" : `, constant ${constant}`);
}

const INTEGERS = fc.oneof(fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)), fc.integer());
const FLOATS = fc.oneof(fc.constantFrom(0, -0, NaN, Infinity, -Infinity), fc.float());

/** Numbers that a dtype holds. */
function numbersOf(dtype: DType): fc.Arbitrary<Numeric> {
  if (dtype.kind === "bool") return fc.constantFrom(0, 1);
  return (isFloat(dtype) ? FLOATS : INTEGERS).map((x) => elementOf(dtype, x));
}

/** Numbers for the scalar parameters of a graph, as divisible as they are said to be. */
function scalarsOf(graph: Graph): fc.Arbitrary<Record<string, Numeric>> {
  return fc.record(Object.fromEntries(
    graph.params.filter(({ value }) => !isPointer(value.type.element))
      .map(({ name, value, divisibility }) => [
        name,
        numbersOf(dtypeOf(value.type)).map((x) =>
          divisibility > 1 ? Number(x) - Number(x) % divisibility : x
        ),
      ]),
  ));
}

/** Fails unless both graphs store the same on random inputs. */
function assertSameStores(a: Graph, b: Graph): void {
  fc.assert(
    fc.property(scalarsOf(a), fc.nat(7), fc.integer(), (scalars, pid, seed) => {
      const run = {
        scalars,
        programId: [pid, 1, 0],
        memory: (_: string, offset: number) => Math.imul(offset + 1, seed) % 100,
      };
      const [before, after] = [a, b].map((graph) => {
        try {
          return interpret(graph, run);
        } catch (error) {
          if (error instanceof Error && error.message.includes("too long")) return undefined;
          throw error;
        }
      });
      if (before && after) assertEquals(after, before);
    }),
    { numRuns: 30 },
  );
}

function run(passes: readonly string[], program: string, name: string): string {
  const original = parse(program);
  verify(original);
  let graph = original;
  for (const pass of passes) {
    if (pass === "axis_info") return withAxisInfo(graph);
    graph = PASSES[pass]!(graph, name);
    verify(graph, pass);
    assertSameStores(original, graph);
  }
  return print(graph);
}

const folder = new URL("./", import.meta.url);
const files = [...Deno.readDirSync(folder)].map(({ name }) => name)
  .filter((name) => name.endsWith(".txt")).sort();

for (const file of files) {
  Deno.test(`${file}: programs come out of the passes as the text says`, async (t) => {
    await runTextFile(new URL(file, folder), t, run, (actual, expected) => {
      assertEquals(actual, expected);
    });
  });
}

Deno.test("every rule has a case of its name, in which it applies", () => {
  const missing = RULES.map(({ equation }) => equation)
    .filter((equation) => !applied.get(equation)?.has(equation));
  assertEquals(missing, []);
});
