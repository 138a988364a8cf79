/** Atomic operations, each element of a tile once, and barriers that kernels ask for. */

import { bool } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { Expr, Memory, SharedArray } from "../ir/invocation.ts";
import type { AtomicName } from "../ir/ops/atomics.ts";
import { isPointer } from "../ir/type.ts";
import type { Context } from "./context.ts";
import { int, literal } from "./expr.ts";
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
 * One invocation of those that hold an element does the operation. Where the result is used and
 * others hold it too, it goes to them through workgroup memory.
 */
export function lowerAtomic(context: Context, op: Op): void {
  const { emitter } = context, { element, layout, shape } = op.operand(0).type;
  if (!isPointer(element)) throw new Error(`${op.name} does not go through a pointer`);
  const { base, pointee } = element;
  const { param } = context.buffer(base);
  const [pointer, first, second, third] = op.operands.map((operand) => context.get(operand));
  const isCas = op.name === "atomic_cas";
  const name = isCas ? "cas" : String(op.attributes["op"]) as AtomicName;
  const mask = isCas ? third : second;
  const copies = layout ? replicatedMask(layout) : context.options.invocations - 1;
  const isUsed = context.uses(op.result) > 0, isShared = isUsed && copies !== 0;
  const type = { dtype: pointee, width: 1 } as const;
  const count = layout ? registerCount(layout) : 1;
  const size = shape.reduce((product, dim) => product * dim, 1);
  const array: SharedArray | undefined = isShared ? emitter.sharedArray(type, [size]) : undefined;
  const memory: Memory[] = array ? [{ scope: "workgroup", name: array.name }] : [];
  const place = (register: number): Expr[] => {
    if (!layout) return [int(0)];
    const at = shape.map((_, dim) => coordinate(emitter, layout, register, dim));
    return [emitter.bind(linearIndex(at, shape))];
  };
  const places = array ? Array.from({ length: count }, (_, register) => place(register)) : [];
  const olds: Expr[] = [];
  const zero = literal(0, pointee, 1);
  emitter.phase([], [...context.memoryOf(base), ...memory], () => {
    if (isUsed && !array) {
      for (let i = 0; i < count; i++) olds.push(emitter.variable(type, op.result.hint, zero));
    }
    emitter.when(onlyOnce(copies), () => {
      for (let i = 0; i < count; i++) {
        const result = array ? emitter.variable(type, op.result.hint, zero) : olds[i];
        const guard = mask ? registerOf(mask, i) : literal(1, bool);
        emitter.when(guard, () =>
          emitter.emit({
            kind: "atomic",
            op: name,
            base: param,
            index: registerOf(pointer!, i),
            ...(isCas && { compare: registerOf(first!, i) }),
            value: registerOf(isCas ? second! : first!, i),
            ...(result?.kind === "name" && { result: result.name }),
          }));
        if (array && result) {
          emitter.emit({
            kind: "store_shared",
            array: array.name,
            indices: places[i]!,
            value: result,
          });
        }
      }
    });
  });
  if (!isUsed) return context.alias(op.result, []);
  if (array) {
    emitter.phase(memory, [], () => {
      for (const indices of places) {
        olds.push(emitter.bind({ kind: "shared", array: array.name, indices, type }));
      }
    });
  }
  context.define(op.result, layout ? gather(olds, olds.map((_, i) => i)) : olds);
}

export function lowerBarrier(context: Context): void {
  context.emitter.emit({ kind: "barrier", scope: "storage" });
  context.emitter.emit({ kind: "barrier", scope: "workgroup" });
}
