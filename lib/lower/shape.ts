/** Operations that make tiles or rearrange registers without any traffic between invocations. */

import { type DTypeName, DTYPES } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import { builtin, int, literal, op as operation, splat } from "./expr.ts";
import { type Context } from "./context.ts";
import {
  gather,
  packetCoordinates,
  packetCount,
  registerCoordinate,
  registerCount,
  widthOf,
} from "./registers.ts";

function each<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

export function lowerProgramId(context: Context, op: Op): void {
  context.define(op.result, [builtin(`program_${op.number("axis") as 0 | 1 | 2}`)]);
}

export function lowerNumPrograms(context: Context, op: Op): void {
  context.define(op.result, [builtin(`num_programs_${op.number("axis") as 0 | 1 | 2}`)]);
}

export function lowerConstant(context: Context, op: Op): void {
  const { type } = op.result;
  if (context.stacks.has(op.result)) return; // an array is of zeros anyway
  const dtype = DTYPES[op.attributes["dtype"] as DTypeName];
  const value = literal(op.value, dtype, widthOf(type));
  context.define(op.result, each(packetCount(type), () => value));
}

export function lowerArange(context: Context, op: Op): void {
  const layout = op.result.type.layout!;
  const start = int(op.number("start")), width = widthOf(op.result.type);
  const packets = each(packetCount(op.result.type), (packet) =>
    operation("add", [
      packetCoordinates(context.emitter, layout, packet, 0),
      splat(start, width),
    ]));
  context.define(op.result, packets);
}

export function lowerSplat(context: Context, op: Op): void {
  const { type } = op.result;
  if (context.stacks.has(op.result)) return;
  const value = splat(context.scalar(op.operand(0)), widthOf(type));
  context.define(op.result, each(packetCount(type), () => value));
}

/**
 * Repeats along dimensions of size 1. The operand's layout is the result's with those dimensions
 * collapsed, so every register finds its source in the same invocation.
 */
export function lowerBroadcast(context: Context, op: Op): void {
  const from = op.operand(0).type, to = op.result.type;
  const repeated = to.shape.map((dim, i) => dim !== from.shape[i]);
  const byPlace = new Map<string, number>();
  const place = (layout: NonNullable<typeof to.layout>, register: number) =>
    to.shape.map((_, dim) => repeated[dim] ? 0 : registerCoordinate(layout, register, dim)).join();
  for (const register of each(registerCount(from.layout!), (i) => i)) {
    byPlace.set(place(from.layout!, register), register);
  }
  const sources = each(registerCount(to.layout!), (register) => {
    const source = byPlace.get(place(to.layout!, register));
    if (source === undefined) {
      throw new Error(`Layout ${from.layout} cannot be broadcast to ${to.layout}`);
    }
    return source;
  });
  context.define(op.result, gather(context.get(op.operand(0)), sources));
}

/** Changes the names of dimensions only: the layouts say so, and registers stay where they are. */
export function lowerRenaming(context: Context, op: Op): void {
  const x = op.operand(0), packets = context.get(x);
  const wanted = packetCount(op.result.type);
  if (packets.length === wanted && packets[0]!.type.width === widthOf(op.result.type)) {
    context.alias(op.result, packets);
  } else if (wanted === 1 && packets.length === 1) {
    // A scalar becomes a tile of one element, or the reverse.
    context.alias(op.result, [splat(packets[0]!, widthOf(op.result.type))]);
  } else {
    throw new Error(`Layout ${x.type.layout} does not become ${op.result.type.layout} by renaming`);
  }
}
