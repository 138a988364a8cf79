/**
 * Sorting along the last axis: a bitonic network.
 *
 * Stage k makes sorted blocks of 2^k, alternately rising and falling, of blocks half as long, by
 * comparing elements whose positions differ in bit k - 1, then in bit k - 2, … and last in bit 0. Each
 * element meets the other in a register of the same invocation, or by an exchange, as the bit lies.
 */

import { bool } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { Expr, Width } from "../ir/invocation.ts";
import { type AxisBit, axisBits, hasBits } from "./axis_bits.ts";
import type { Context } from "./context.ts";
import { exchanged } from "./exchange.ts";
import { literal, op as operation, vector } from "./expr.ts";
import { gather, registerCount } from "./registers.ts";

export function lowerSort(context: Context, op: Op): void {
  const layout = op.result.type.layout!, { emitter } = context;
  const bits = axisBits(layout, layout.shape.length - 1);
  const descending = op.attributes["descending"] === true;
  const registers = Array.from({ length: registerCount(layout) }, (_, i) => i);
  let packets = [...context.get(op.operand(0))];
  const width = packets[0]!.type.width;

  /** Whether a register's element has a bit in its position. */
  const has = (bit: AxisBit, register: number): Expr =>
    bit.input === "register"
      ? literal(register & bit.mask ? 1 : 0, bool)
      : hasBits(emitter, bit.mask);
  /** Whether an element is to be the larger of the two that are compared. */
  const wantsLarger = (at: AxisBit, block: AxisBit | undefined, register: number): Expr => {
    const falls = block ? has(block, register) : literal(0, bool);
    const rises = descending ? falls : not(falls);
    return equal(has(at, register), rises);
  };

  for (let k = 1; k <= bits.length; k++) {
    for (let j = k - 1; j >= 0; j--) {
      const at = bits[j]!;
      const others = at.input === "register"
        ? gather(packets, registers.map((register) => register ^ at.mask))
        : exchanged(context, packets, at.mask, layout.bases.lane.length);
      packets = packets.map((packet, p) => {
        const larger = packed(
          Array.from({ length: width }, (_, i) => wantsLarger(at, bits[k], p * width + i)),
          width,
        );
        return emitter.bind(chosen(packet, others[p]!, larger), op.result.hint);
      });
    }
  }
  context.define(op.result, packets);
}

/** The larger or smaller of two. Both sides of a pair decide alike, so that no element is lost. */
function chosen(own: Expr, other: Expr, larger: Expr): Expr {
  const more = operation("gt", [other, own], bool), less = operation("lt", [other, own], bool);
  const takes = operation("select", [larger, more, less], bool);
  return operation("select", [takes, other, own], own.type.dtype);
}

function not(x: Expr): Expr {
  return operation("not", [x], bool);
}

function equal(a: Expr, b: Expr): Expr {
  if (a.kind === "literal") return a.value ? b : not(b);
  if (b.kind === "literal") return b.value ? a : not(a);
  return operation("eq", [a, b], bool);
}

function packed(flags: readonly Expr[], width: Width): Expr {
  const [first] = flags;
  if (flags.every((flag) => flag.kind === "literal" && flag.value === 1)) {
    return literal(1, bool, width);
  }
  if (flags.every((flag) => flag.kind === "literal" && flag.value === 0)) {
    return literal(0, bool, width);
  }
  return width === 1 ? first! : vector(flags, width);
}
