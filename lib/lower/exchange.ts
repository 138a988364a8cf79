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
  const type = packets[0]!.type, bytes = type.width * type.dtype.bytes * invocations;
  const atOnce = Math.max(1, Math.floor(MAX_BYTES / bytes)), received: Expr[] = [];
  const other = emitter.bindOutside(
    operation("xor", [builtin("invocation"), int(mask)]),
    "other",
  );
  for (let first = 0; first < packets.length; first += atOnce) {
    received.push(
      ...throughWorkgroup(context, packets.slice(first, first + atOnce), other),
    );
  }
  return received;
}

/** An exchange takes no more workgroup memory than this: what is left goes after it. */
const MAX_BYTES = 8192;

function throughWorkgroup(context: Context, packets: readonly Expr[], other: Expr): Expr[] {
  const { emitter } = context, { invocations } = context.options;
  const type = packets[0]!.type;
  const array = emitter.sharedArray(type, [packets.length * invocations]);
  const memory: Memory[] = [{ scope: "workgroup", name: array.name }];
  const place = (index: Expr, i: number) => [operation("add", [index, int(i * invocations)])];
  emitter.phase([], memory, () => {
    packets.forEach((value, i) =>
      emitter.emit({
        kind: "store_shared",
        array: array.name,
        indices: place(builtin("invocation"), i),
        value,
      })
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
