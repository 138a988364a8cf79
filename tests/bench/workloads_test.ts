/** What the benches compute is checked, by hand too, and a wrong result does not pass. */

import { launcherOf } from "../../bench/handwritten.ts";
import { readerOf, type Size } from "../../bench/workload.ts";
import { WORKLOADS } from "../../bench/workloads.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { onGpu } from "../support/devices.ts";

/** A size of each workload that a device in software does quickly. */
const SMALL: Readonly<Record<string, readonly number[]>> = {
  vector_add: [4096],
  softmax: [5, 260],
  layer_norm: [5, 260],
  layer_norm_backward: [6, 64],
  rms_norm: [5, 77],
  cross_entropy: [6, 100],
  dropout: [8192],
  rotary: [1, 5, 2, 16],
  sum: [5000],
  cumsum: [5000],
  sort: [3000],
  matmul: [128],
  matmul_imprecise: [128],
  few_rows: [3, 100, 60],
  attention: [1, 20, 16],
};

Deno.test("every workload has a name of its own and is tested here", () => {
  assertEquals(WORKLOADS.map(({ name }) => name).sort(), Object.keys(SMALL).sort());
});

for (const workload of WORKLOADS) {
  onGpu(`the bench of ${workload.name} accepts what is right, and that only`, async (device) => {
    const size: Size = { dtype: "f32", size: SMALL[workload.name]! };
    const { run, out, check, handwritten = [] } = workload.prepare(device, size, 1);
    assert(workload.amount(size) > 0);
    run();
    const error = await check(readerOf(out));
    assert(error <= 1, `${error} times the tolerance`);
    const wrong = await check(async (from, count) => {
      const right = await readerOf(out)(from, count);
      return Array.from(right, (value, i) => i === count - 1 ? value + 1 : value);
    });
    assert(wrong > 1, `a wrong result is ${wrong} times the tolerance`);
    assertEquals(handwritten.length > 0, workload.byHand === true);
    const [first] = handwritten;
    if (!first) return;
    launcherOf(device, first)();
    const byHand = await check(readerOf(first.writes[0]!));
    assert(byHand <= 1, `by hand: ${byHand} times the tolerance`);
  });
}
