/** Gathering along an axis, through workgroup memory. */

import { bool, i32 } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { Expr, Memory } from "../ir/invocation.ts";
import { flatIndex } from "../layout/linear_layout.ts";
import { type Context, expressionDtype } from "./context.ts";
import { int, literal, op as operation } from "./expr.ts";
import { onlyOnce } from "./memory.ts";
import {
  coordinate,
  gather,
  linearIndex,
  registerCount,
  registerOf,
  replicatedMask,
} from "./registers.ts";

/** Workgroup memory that is taken at once, in bytes; a larger tile passes through it in parts. */
const MAX_BYTES = 16384;

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
  const part = Math.min(size, MAX_BYTES / Math.max(dtype.bytes, 4)), parts = size / part;
  const array = emitter.sharedArray({ dtype, width: 1 }, [part]);
  const memory: Memory[] = [{ scope: "workgroup", name: array.name }];
  const within = (flat: Expr) => parts === 1 ? flat : operation("and", [flat, int(part - 1)]);
  /** Whether an element passes with a part. */
  const isOf = (flat: Expr, which: number) =>
    parts === 1
      ? literal(1, bool)
      : operation("eq", [operation("shr", [flat, int(Math.log2(part))]), int(which)], bool);

  /** With which part a register of x passes, where that is the same in all invocations. */
  const threads = [...from.bases.lane, ...from.bases.warp];
  const registerPart = threads.every((basis) => flatIndex(basis, shape) < part)
    ? (register: number) => Math.floor(from.indexOf({ register }) / part)
    : () => undefined;

  const packets = context.get(x), indices = context.get(index);
  const sources = Array.from({ length: registerCount(from) }, (_, register) =>
    emitter.bind(
      linearIndex(shape.map((_, dim) => coordinate(emitter, from, register, dim)), shape),
    ));
  const targets = Array.from({ length: registerCount(to) }, (_, register) => {
    const given = registerOf(indices, register);
    const along = given.type.dtype === i32
      ? given
      : operation("cast", [given], i32, { to: i32.name });
    const at = shape.map((_, dim) => dim === axis ? along : coordinate(emitter, to, register, dim));
    return emitter.bind(linearIndex(at, shape));
  });
  let elements: Expr[] = [];
  for (let which = 0; which < parts; which++) {
    emitter.phase([], memory, () => {
      emitter.when(onlyOnce(replicatedMask(from)), () => {
        sources.forEach((flat, register) => {
          const known = registerPart(register);
          if (known !== undefined && known !== which) return;
          emitter.when(known === which ? literal(1, bool) : isOf(flat, which), () => {
            emitter.emit({
              kind: "store_shared",
              array: array.name,
              indices: [emitter.bind(within(flat))],
              value: registerOf(packets, register),
            });
          });
        });
      });
    });
    emitter.phase(memory, [], () => {
      elements = targets.map((flat, register) => {
        const read = emitter.bind({
          kind: "shared",
          array: array.name,
          indices: [emitter.bind(within(flat))],
          type: array.type,
        });
        if (which === 0) return read;
        return emitter.bind(
          operation("select", [isOf(flat, which), read, elements[register]!], dtype),
        );
      });
    });
  }
  context.define(op.result, gather(elements, elements.map((_, i) => i)));
}
