import fc from "npm:fast-check@4.10.2";
import { canonicalise } from "../../lib/passes/canonicalise.ts";
import { verify } from "../../lib/ir/verify.ts";
import { print } from "../../lib/ir/print.ts";
import type { Graph } from "../../lib/ir/graph.ts";
import { assertEquals } from "../support/assert.ts";
import { interpret, type Store } from "../support/interpret.ts";
import { ALL_OPS, randomGraph, report } from "../support/random_graph.ts";

/** What a graph stores, or undefined when it runs too long to say. */
function storesOf(graph: Graph, n: number, pid: number): Store[] | undefined {
  try {
    return interpret(graph, {
      scalars: { n, m: 5, a: -1.5 },
      programId: [pid, pid + 1, 0],
      numPrograms: [7, 2, 1],
      memory: (base, offset) => base === "x" ? offset / 3 : offset * 7 % 11,
    });
  } catch (error) {
    if (error instanceof Error && error.message.includes("too long")) return undefined;
    throw error;
  }
}

Deno.test("canonicalised graphs store what they stored before", () => {
  const applied = new Set<string>();
  fc.assert(
    fc.property(
      randomGraph({ ops: ALL_OPS, steps: 40, depth: 2 }),
      fc.constantFrom(0, 16, -48),
      fc.constantFrom(0, 3),
      (graph, n, pid) => {
        verify(graph);
        const before = storesOf(graph, n, pid);
        if (!before) return;
        const result = canonicalise(graph, (equation) => applied.add(equation));
        verify(result);
        const after = storesOf(result, n, pid);
        assertEquals(after, before, `${print(graph)}\nbecame\n${print(result)}`);
      },
    ),
    { reporter: report, numRuns: Number(Deno.env.get("RUNS") ?? 300) },
  );
  if (Deno.env.get("VERBOSE")) console.log([...applied].join("\n"));
});
