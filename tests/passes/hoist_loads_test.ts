/** Loads that stay in their loop for what `hoist_loads.txt` cannot run: other programs, shared buffers. */

import { parse } from "../../lib/ir/parse.ts";
import { hoistLoads } from "../../lib/passes/hoist_loads.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** `out[i] = w[0]`, with an operation before the load. */
const loop = (before: string) =>
  parse(`kernel @k(%w: ptr<w:i32>, %lock: ptr<lock:i32>, %out: ptr<out:i32>, %n: i32) {
  %c0 = constant 0 : i32
  %c1 = constant 1 : i32
  for %i = %c0 to %n step %c1 {
    ${before}
    %value = load %w : i32
    %to = ptr_add %out, %i : ptr<out:i32>
    store %to, %value
  }
}
`);

Deno.test("loads stay in loops in which other programs may be waited for", () => {
  const apart = (a: string, b: string) => a === b;
  for (
    const before of [
      `%old = atomic_rmw %lock, %c1 {op = "add"} : i32`,
      "barrier",
      `%odd = gt %i, %c1 : bool
    if %odd then {
      barrier
    } else {
    }`,
    ]
  ) {
    const graph = loop(before);
    assert(hoistLoads(graph, apart) === graph, before);
  }
});

Deno.test("loads stay in loops that write to a buffer of two parameters", () => {
  const graph = loop("%two = constant 2 : i32");
  assert(hoistLoads(graph, () => true) === graph);
  const apart = hoistLoads(graph, (a, b) => a === b).body.ops.map(({ name }) => name);
  assertEquals(apart.slice(-2), ["load", "for"]);
});
