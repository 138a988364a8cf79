/** Large tiles in blocks: random kernels do the same before and after. */

import fc from "npm:fast-check@4.10.2";
import { evaluate } from "../../lib/cpu/evaluate.ts";
import { type Graph, walk } from "../../lib/ir/graph.ts";
import { print } from "../../lib/ir/print.ts";
import { size } from "../../lib/ir/type.ts";
import { verify } from "../../lib/ir/verify.ts";
import { canonicalise } from "../../lib/passes/canonicalise.ts";
import { padTiles } from "../../lib/passes/pad_tiles.ts";
import { rollTilesTo } from "../../lib/passes/roll_tiles.ts";
import { assert, assertClose } from "../support/assert.ts";
import { choices, kernelOf, LENGTH } from "./random_kernels.ts";

const x = new Float32Array(LENGTH).map((_, i) => Math.sin(i * 7));

function run(graph: Graph): Float32Array {
  const out = new Float32Array(LENGTH);
  evaluate(graph, [x, out, 100], [1, 1, 1]);
  return out;
}

/** Fails when a tile that is no stack has more elements than are allowed. */
function assertSmall(graph: Graph, largest: number): void {
  const stacks = new Set(["for", "while", "if", "put", "constant", "splat"]);
  walk(graph.body, (op) => {
    if (stacks.has(op.name)) return;
    for (const { type } of op.results) {
      assert(size(type) <= largest, `A tile of ${op.name} has ${size(type)} elements`);
    }
  });
}

Deno.test("random kernels do the same in blocks", () => {
  const numRuns = Number(Deno.env.get("RUNS") ?? 60), seed = Number(Deno.env.get("SEED") ?? 5);
  fc.assert(
    fc.property(choices(), fc.constantFrom([32, 3], [64, 5], [16, 4]), (list, [largest, bits]) => {
      const graph = canonicalise(padTiles(canonicalise(kernelOf(list))));
      const wanted = run(graph);
      const rolled = rollTilesTo(graph, { largest: largest!, blockBits: bits!, aliases: [0, 1] });
      verify(rolled, "roll_tiles");
      assertSmall(rolled, largest!);
      try {
        assertClose(run(rolled), wanted, { relative: 2e-3, absolute: 2e-3 });
        assertClose(run(canonicalise(rolled)), wanted, { relative: 2e-3, absolute: 2e-3 });
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${print(graph)}`, { cause: error });
      }
    }),
    { numRuns, seed },
  );
});
