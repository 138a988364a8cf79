/** Swapping values with the invocation whose index differs in certain bits. */

import { bool, u32 } from "../ir/dtype.ts";
import type { Expr, Memory } from "../ir/invocation.ts";
import type { Context } from "./context.ts";
import { builtin, int, op as operation } from "./expr.ts";

/** What the invocation of the same subgroup has whose lane differs in the bits of `mask`. */
export function shuffled(x: Expr, mask: number): Expr {
  if (mask === 0) return x;
  if (x.type.dtype === bool) { // which cannot be shuffled
    const number = operation("cast", [x], u32, { to: u32.name });
    return operation("cast", [shuffled(number, mask)], bool, { to: bool.name });
  }
  return { kind: "shuffle", x, mask, type: x.type };
}

/**
 * What the invocation has whose index differs in the bits of `mask`: by a shuffle when it is of the
 * same subgroup, else through workgroup memory.
 *
 * @param lanes How many bits of the index number the lanes of a subgroup.
 */
export function exchanged(
  context: Context,
  packets: readonly Expr[],
  mask: number,
  lanes: number,
): Expr[] {
  const { emitter } = context, { invocations } = context.options;
  if (mask === 0) return [...packets];
  if (context.options.subgroupSize > 0 && mask < 2 ** lanes) {
    return packets.map((x) => emitter.bind(shuffled(x, mask)));
  }
  const type = packets[0]!.type, count = packets.length;
  const array = emitter.sharedArray(type, [count * invocations]);
  const memory: Memory[] = [{ scope: "workgroup", name: array.name }];
  const own = builtin("invocation");
  const other = emitter.bindOutside(operation("xor", [own, int(mask)]), "other");
  const place = (index: Expr, i: number) => [operation("add", [index, int(i * invocations)])];
  emitter.phase([], memory, () => {
    packets.forEach((value, i) =>
      emitter.emit({ kind: "store_shared", array: array.name, indices: place(own, i), value })
    );
  });
  const received: Expr[] = [];
  emitter.phase(memory, [], () => {
    packets.forEach((_, i) =>
      received.push(
        emitter.bind({ kind: "shared", array: array.name, indices: place(other, i), type }),
      )
    );
  });
  emitter.returnShared(array);
  return received;
}
