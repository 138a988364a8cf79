/**
 * Matrix products without workgroup memory: each lane multiplies its columns of b, and tells the others of
 * its warp the elements of a that it holds.
 */

import type { Op, Value } from "../ir/graph.ts";
import type { Expr } from "../ir/invocation.ts";
import { dtypeOf } from "../ir/type.ts";
import type { LinearLayout } from "../layout/linear_layout.ts";
import type { Context } from "./context.ts";
import { add, mul, op as operation, slice, vector } from "./expr.ts";
import { registerCoordinate, registerCount, registerOf } from "./registers.ts";

/** @param accumulator Variables to add to in place; without them acc is copied to new ones. */
export function lowerLaneDot(
  context: Context,
  op: Op,
  accumulator: readonly Expr[] | undefined,
): void {
  const { emitter } = context;
  const [a, b, acc] = op.operands as [Value, Value, Value];
  const K = a.type.shape[1]!, sum = dtypeOf(op.result.type), layout = op.result.type.layout!;
  const widened = (value: Value) =>
    context.get(value).map((packet) =>
      emitter.bind(operation("cast", [packet], sum, { to: sum.name }), value.hint)
    );
  const packetsOfA = widened(a), packetsOfB = widened(b), width = packetsOfA[0]!.type.width;
  const sums = accumulator ??
    context.variables(op.result.type, op.result.hint ?? "acc", context.get(acc));
  const placesOfA = places(a.type.layout!), placesOfB = places(b.type.layout!);
  for (let k = 0; k < K; k++) {
    const told = new Map<string, Expr>();
    /** Element (row of `register`, k) of a, from the lane that has it. */
    const elementOfA = (register: number): Expr => {
      const from = placesOfA.get(keyOf(registerCoordinate(layout, register, 0), k))!;
      const packet = Math.floor(from.register / width), key = keyOf(packet, from.lane);
      if (!told.has(key)) {
        const x = packetsOfA[packet]!;
        told.set(key, emitter.bind({ kind: "broadcast", x, lane: from.lane, type: x.type }, "a"));
      }
      return slice(told.get(key)!, from.register % width);
    };
    /** Element (k, column of `register`) of b, which the lane has itself. */
    const elementOfB = (register: number): Expr => {
      const from = placesOfB.get(keyOf(k, registerCoordinate(layout, register, 1)))!;
      return registerOf(packetsOfB, from.register);
    };
    sums.forEach((total, packet) => {
      const each = (element: (register: number) => Expr) =>
        vector(
          Array.from(
            { length: total.type.width },
            (_, i) => element(packet * total.type.width + i),
          ),
          total.type.width,
        );
      emitter.assign(total, add(mul(each(elementOfA), each(elementOfB)), total));
    });
  }
  context.alias(op.result, sums);
}

/** The key of a pair of coordinates. */
export function keyOf(first: number, second: number): string {
  return `${first},${second}`;
}

/** Where in a warp each pair of coordinates is, apart from the warp's share of them. */
export function places(
  layout: LinearLayout,
): ReadonlyMap<string, { readonly register: number; readonly lane: number }> {
  const found = new Map<string, { register: number; lane: number }>();
  const lanes = 2 ** layout.bases.lane.length;
  for (let register = 0; register < registerCount(layout); register++) {
    const own = [0, 1].map((dim) => registerCoordinate(layout, register, dim));
    for (let lane = 0; lane < lanes; lane++) {
      const at = layout.bases.lane.reduce(
        (sum, basis, bit) => (lane >> bit & 1 ? sum.map((x, dim) => x ^ basis[dim]!) : sum),
        own,
      );
      const key = keyOf(at[0]!, at[1]!);
      if (!found.has(key)) found.set(key, { register, lane });
    }
  }
  return found;
}
