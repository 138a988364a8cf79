/** Counting by atomic additions in workgroup memory. */

import { bool, i32, isWide, u32, u64 } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { Expr, Memory } from "../ir/invocation.ts";
import type { Context } from "./context.ts";
import { add, and, builtin, int, literal, op as operation } from "./expr.ts";
import { onlyOnce } from "./memory.ts";
import { coordinate, gather, registerCount, registerOf, replicatedMask } from "./registers.ts";

export function lowerHistogram(context: Context, op: Op): void {
  const { emitter } = context, { invocations } = context.options;
  const [x, mask] = op.operands, bins = op.number("bins");
  const array = emitter.sharedArray({ dtype: i32, width: 1 }, [bins], { atomic: true });
  const memory: Memory[] = [{ scope: "workgroup", name: array.name }];

  emitter.phase([], memory, () => {
    for (let first = 0; first < bins; first += invocations) {
      const bin = add(builtin("invocation"), int(first));
      const exists = first + invocations <= bins
        ? literal(1, bool)
        : operation("lt", [bin, int(bins)], bool);
      emitter.when(exists, () => {
        emitter.emit({
          kind: "store_shared",
          array: array.name,
          indices: [bin],
          value: int(0),
          atomic: true,
        });
      });
    }
  });

  const from = x!.type.layout!, packets = context.get(x!), masks = mask && context.get(mask);
  emitter.phase(memory, memory, () => {
    emitter.when(onlyOnce(replicatedMask(from)), () => {
      for (let register = 0; register < registerCount(from); register++) {
        const given = registerOf(packets, register);
        const bin = operation("cast", [given], u32, { to: u32.name });
        // Compared before the upper bits of 64 are gone.
        const whole = isWide(given.type.dtype)
          ? operation("cast", [given], u64, { to: u64.name })
          : bin;
        const inside = operation("lt", [whole, literal(bins, whole.type.dtype)], bool);
        emitter.when(masks ? and(registerOf(masks, register), inside) : inside, () => {
          emitter.emit({
            kind: "add_shared",
            array: array.name,
            indices: [bin],
            value: int(1),
          });
        });
      }
    });
  });

  const to = op.result.type.layout!, counts: Expr[] = [];
  emitter.phase(memory, [], () => {
    for (let register = 0; register < registerCount(to); register++) {
      counts.push(emitter.bind({
        kind: "shared",
        array: array.name,
        indices: [coordinate(emitter, to, register, 0)],
        atomic: true,
        type: array.type,
      }));
    }
  });
  context.define(op.result, gather(counts, counts.map((_, i) => i)));
}
