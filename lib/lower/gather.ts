/** Gathering along an axis, through workgroup memory. */

import { i32 } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { Expr, Memory } from "../ir/invocation.ts";
import { type Context, expressionDtype } from "./context.ts";
import { op as operation } from "./expr.ts";
import { onlyOnce } from "./memory.ts";
import {
  coordinate,
  gather,
  linearIndex,
  registerCount,
  registerOf,
  replicatedMask,
} from "./registers.ts";

/**
 * Writes x to workgroup memory in row-major order, wherever its elements are, and reads what each
 * index of the result says. Indices outside read some element or other.
 */
export function lowerGather(context: Context, op: Op): void {
  const { emitter } = context, [x, index] = [op.operand(0), op.operand(1)];
  const axis = op.number("axis"), { shape } = x.type;
  const from = x.type.layout!, to = op.result.type.layout!;
  const size = shape.reduce((product, dim) => product * dim, 1);
  const dtype = expressionDtype(x.type);
  const array = emitter.sharedArray({ dtype, width: 1 }, [size]);
  const memory: Memory[] = [{ scope: "workgroup", name: array.name }];

  const packets = context.get(x);
  emitter.phase([], memory, () => {
    emitter.when(onlyOnce(replicatedMask(from)), () => {
      for (let register = 0; register < registerCount(from); register++) {
        const at = shape.map((_, dim) => coordinate(emitter, from, register, dim));
        emitter.emit({
          kind: "store_shared",
          array: array.name,
          indices: [emitter.bind(linearIndex(at, shape))],
          value: registerOf(packets, register),
        });
      }
    });
  });

  const indices = context.get(index);
  const elements: Expr[] = [];
  emitter.phase(memory, [], () => {
    for (let register = 0; register < registerCount(to); register++) {
      const given = registerOf(indices, register);
      const along = given.type.dtype === i32
        ? given
        : operation("cast", [given], i32, { to: i32.name });
      const at = shape.map((_, dim) =>
        dim === axis ? along : coordinate(emitter, to, register, dim)
      );
      elements.push(emitter.bind({
        kind: "shared",
        array: array.name,
        indices: [emitter.bind(linearIndex(at, shape))],
        type: array.type,
      }));
    }
  });
  context.define(op.result, gather(elements, elements.map((_, i) => i)));
}
