/**
 * Conversions between layouts: renamed registers, shuffles within a subgroup, or a trip through
 * workgroup memory, as the two layouts demand.
 */

import type { Op } from "../ir/graph.ts";
import type { Expr, Memory, Width } from "../ir/invocation.ts";
import { conversion } from "../layout/conversion.ts";
import type { LinearLayout } from "../layout/linear_layout.ts";
import { type Context, expressionDtype } from "./context.ts";
import { int, op as operation, slice } from "./expr.ts";
import { shuffled } from "./exchange.ts";
import { onlyOnce } from "./memory.ts";
import {
  coordinate,
  gather,
  linearIndex,
  packetAxis,
  packetCoordinates,
  packetWidth,
  registerCount,
  registerOf,
  replicatedMask,
} from "./registers.ts";

export function lowerConvertLayout(context: Context, op: Op): void {
  const x = op.operand(0), packets = context.get(x);
  const from = x.type.layout!, to = op.result.type.layout!;
  const plan = conversion(from, to);
  switch (plan.kind) {
    case "none":
      return context.alias(op.result, packets);
    case "registers":
      return context.define(op.result, gather(packets, plan.source));
    case "shuffle":
      if (plan.xor && context.options.subgroupSize > 0) {
        const moved = plan.source.map((source, register) =>
          fromLane(context, registerOf(packets, source), plan.flips[register]!)
        );
        return context.define(op.result, gather(moved, moved.map((_, i) => i)));
      }
      return throughWorkgroup(context, op, from, to);
    case "workgroup":
      return throughWorkgroup(context, op, from, to);
  }
}

/** What the lane that differs in the bits of `mask` has; its own where none differ. */
function fromLane(context: Context, x: Expr, mask: number): Expr {
  return mask === 0 ? x : context.emitter.bind(shuffled(x, mask));
}

/**
 * Writes the tile to workgroup memory in row-major order, with rows padded against bank conflicts,
 * and reads it back: by vectors where both layouts have neighbours along the last dimension.
 */
function throughWorkgroup(context: Context, op: Op, from: LinearLayout, to: LinearLayout): void {
  const { emitter } = context;
  const dtype = expressionDtype(op.result.type);
  const { shape } = from, last = shape.length - 1;
  const widths = [from, to].map((layout) => packetWidth(registerCount(layout)));
  const vectors = packetAxis(from) === last && packetAxis(to) === last && widths[0] === widths[1];
  const width = vectors ? widths[0]! : 1;
  const columns = shape[last]! / width;
  const rows = shape.slice(0, last).reduce((product, dim) => product * dim, 1);
  const array = emitter.sharedArray({ dtype, width }, [rows, columns + (rows > 1 ? 1 : 0)]);
  const memory: Memory[] = [{ scope: "workgroup", name: array.name }];

  /** Where the elements of a packet are kept, `width` at a time. */
  const places = (layout: LinearLayout, packet: number): Expr[][] => {
    const count = packetWidth(registerCount(layout));
    return Array.from({ length: count / width }, (_, i) => {
      const at = shape.map((_, dim) =>
        vectors
          ? slice(packetCoordinates(emitter, layout, packet, dim), 0)
          : coordinate(emitter, layout, packet * count + i, dim)
      );
      const row = linearIndex(at.slice(0, last), shape.slice(0, last));
      const column = width === 1 ? at[last]! : operation("shr", [at[last]!, int(Math.log2(width))]);
      return [emitter.bind(row, "row"), emitter.bind(column, "column")];
    });
  };

  emitter.phase([], memory, () => {
    emitter.when(onlyOnce(replicatedMask(from)), () => {
      context.get(op.operand(0)).forEach((packet, i) => {
        places(from, i).forEach((indices, part) =>
          emitter.emit({
            kind: "store_shared",
            array: array.name,
            indices,
            value: slice(packet, part * width, width as Width),
          })
        );
      });
    });
  });
  emitter.phase(memory, [], () => {
    const count = registerCount(to) / widths[1]!;
    const parts = Array.from(
      { length: count },
      (_, i) =>
        places(to, i).map((indices): Expr =>
          emitter.bind({
            kind: "shared",
            array: array.name,
            indices,
            type: array.type,
          })
        ),
    ).flat();
    context.define(
      op.result,
      vectors ? parts : gather(parts, parts.map((_, i) => i)),
    );
  });
}
