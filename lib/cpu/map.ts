/** Functions of single elements: the region, once for each. */

import type { HostArray } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import { fail } from "./failure.ts";
import { type Planner, runAll } from "./planner.ts";

export function planMap(planner: Planner, op: Op): void {
  const { frame } = planner, body = op.region(0);
  if (op.attributes["wgsl"] !== "" && op.attributes["portable"] !== true) {
    op.results.forEach((result) =>
      result.type.shape.length > 0 ? planner.putTile(result) : planner.putNumber(result)
    );
    planner.push(() =>
      fail(
        frame,
        op,
        "The CPU device cannot run WGSL",
        "Give tl.inlineWgsl a function that computes the same from scalars: { javascript: (x) => … }",
      )
    );
    return;
  }
  const operands = op.operands.map((x) => planner.operand(x));
  const params = body.params.map((param) => planner.putNumber(param));
  let yields: number[] = [];
  const steps = planner.region(body, () => {
    yields = body.yields.map((value) => planner.slot(value));
  });
  const { numbers } = frame;
  const run = (outs: readonly HostArray[] | undefined, n: number) => {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < params.length; k++) {
        const { array, mask } = operands[k]!;
        numbers[params[k]!] = array[i & mask]!;
      }
      runAll(steps);
      outs?.forEach((out, k) => out[i] = numbers[yields[k]!]!);
    }
  };
  if ((op.operands[0]?.type.shape.length ?? 0) > 0) {
    const outs = op.results.map((result) => planner.putTile(result));
    planner.push(() => run(outs, planner.length(op.operand(0))));
  } else {
    const slots = op.results.map((result) => planner.putNumber(result));
    planner.push(() => {
      run(undefined, 1);
      slots.forEach((slot, k) => numbers[slot] = numbers[yields[k]!]!);
    });
  }
}
