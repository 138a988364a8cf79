/**
 * Reductions, from near to far: over the registers of an invocation, over the lanes of a subgroup by
 * shuffles, over what is left through workgroup memory. The layout says which bits lie where.
 *
 * Afterwards every invocation that shares a result element has it.
 */

import { bool } from "../ir/dtype.ts";
import type { Op, Region, Value } from "../ir/graph.ts";
import type { Expr, Memory, Width } from "../ir/invocation.ts";
import { elementwise, type ElementwiseName } from "../ir/ops.ts";
import { type DTypeName, DTYPES } from "../ir/dtype.ts";
import type { LinearLayout } from "../layout/linear_layout.ts";
import type { Context } from "./context.ts";
import { add, int, literal, mul, op as operation, slice, splat, vector } from "./expr.ts";
import {
  maskOf,
  numberOfBits,
  packetWidth,
  registerCount,
  replicatedMask,
  widthOf,
} from "./registers.ts";
import { foldedExtremum } from "./extremum.ts";
import { onlyOnce } from "./memory.ts";
import { shuffled } from "./exchange.ts";

/** One packet of each operand. */
export type Row = readonly Expr[];

/** More partial results than this are combined in workgroup memory before everyone reads them. */
const READ_AT_ONCE = 8;

export function lowerReduce(context: Context, op: Op): void {
  const axis = op.number("axis");
  const layout = op.operand(0).type.layout!;
  const combine = (a: Row, b: Row): Row => combined(context, op.region(0), a, b);
  const operands = op.operands.map((operand) => context.get(operand));
  let rows: Row[] = operands[0]!.map((_, i) => operands.map((packets) => packets[i]!));

  const held = layout.bases.register.filter((basis) => basis[axis]).length;
  rows = foldedExtremum(
    context,
    op,
    2 ** held,
    rows,
    (from, step) => withinInvocation(layout, axis, from, step),
    combine,
  );
  const lanes = layout.bases.lane.map((basis, bit) => (basis[axis] ? bit : -1));
  const lanesBits = lanes.filter((bit) => bit >= 0);
  const shuffles = context.options.subgroupSize > 0;
  if (shuffles) {
    for (const bit of lanesBits) {
      rows = rows.map((row) =>
        combine(row, row.map((x) => context.emitter.bind(shuffled(x, 1 << bit))))
      );
    }
  }
  const far = [
    ...(shuffles ? [] : lanesBits),
    ...layout.bases.warp.flatMap((basis, bit) =>
      basis[axis] ? [layout.bases.lane.length + bit] : []
    ),
  ];
  if (far.length > 0) rows = acrossWarps(context, op, far, rows, combine);
  op.results.forEach((result, k) => {
    context.define(result, repacked(rows.map((row) => row[k]!), widthOf(result.type)));
  });
}

/** Combines the registers that differ along the axis, halving until none do. */
function withinInvocation(
  layout: LinearLayout,
  axis: number,
  rows: readonly Row[],
  combine: (a: Row, b: Row) => Row,
): Row[] {
  const inPacket = Math.log2(packetWidth(registerCount(layout)));
  const onAxis = layout.bases.register.map((basis) => basis[axis] !== 0);
  let current = [...rows];
  for (let bit = onAxis.length - 1; bit >= inPacket; bit--) {
    if (!onAxis[bit]) continue;
    const stride = 2 ** (bit - inPacket);
    // Packets of the bits below stay in order; those of the bits above were folded or are kept.
    const next: Row[] = [];
    for (let block = 0; block < current.length; block += 2 * stride) {
      for (let i = 0; i < stride; i++) {
        next.push(combine(current[block + i]!, current[block + stride + i]!));
      }
    }
    current = next;
  }
  let width = 2 ** inPacket;
  for (let bit = inPacket - 1; bit >= 0; bit--) {
    if (!onAxis[bit]) continue;
    const elements = Array.from({ length: width }, (_, i) => i);
    const low = elements.filter((i) => !(i & (1 << bit)));
    const high = elements.filter((i) => i & (1 << bit));
    width /= 2;
    const part = (row: Row, which: readonly number[]) =>
      row.map((x) => consecutive(x, which, width as Width));
    current = current.map((row) => combine(part(row, low), part(row, high)));
  }
  return current;
}

/** Some elements of a packet, as a packet. */
function consecutive(x: Expr, elements: readonly number[], width: Width): Expr {
  const first = elements[0]!;
  if (elements.every((element, i) => element === first + i)) return slice(x, first, width);
  return vector(elements.map((element) => slice(x, element)), width);
}

/** The same registers in packets of another width. */
function repacked(packets: readonly Expr[], width: Width): Expr[] {
  const from = packets[0]!.type.width;
  if (from === width) return [...packets];
  if (from > width) {
    return packets.flatMap((packet) =>
      Array.from({ length: from / width }, (_, i) => slice(packet, i * width, width))
    );
  }
  const group = width / from;
  return Array.from(
    { length: packets.length / group },
    (_, i) => vector(packets.slice(i * group, (i + 1) * group), width),
  );
}

/**
 * Combines partial results that invocations with different bits `far` of their index hold, some packets at
 * a time: each is written side by side with those of neighbouring invocations.
 */
function acrossWarps(
  context: Context,
  op: Op,
  far: readonly number[],
  rows: readonly Row[],
  combine: (a: Row, b: Row) => Row,
): Row[] {
  const { emitter } = context, axis = op.number("axis");
  const layout = op.operand(0).type.layout!;
  // Lanes whose bits were combined already, and replicated ones, hold what another stores.
  const silent = replicatedMask(layout) |
    maskOf(layout, (basis, bit) => basis[axis] !== 0 && !far.includes(bit));
  const total = Math.log2(context.options.invocations);
  const own = Array.from({ length: total }, (_, bit) => bit)
    .filter((bit) => !far.includes(bit) && !(silent & (1 << bit)));
  const part = numberOfBits(emitter, far, total, "part");
  const place = numberOfBits(emitter, own, total, "place");

  const types = rows[0]!.map((x) => x.type);
  const parts = 2 ** far.length, places = 2 ** own.length;
  const bytes = types.reduce(
    (sum, { dtype, width }) => sum + parts * places * width * dtype.bytes,
    0,
  );
  const atOnce = Math.min(Math.max(Math.floor(MAX_BYTES / bytes), 1), rows.length);
  const arrays = types.map((type) => emitter.sharedArray(type, [parts * atOnce * places]));
  const memory = arrays.map(({ name }): Memory => ({ scope: "workgroup", name }));
  const mine = emitter.bindOutside(add(mul(part, int(atOnce * places)), place), "mine");
  const results: Row[] = [];
  for (let first = 0; first < rows.length; first += atOnce) {
    const some = rows.slice(first, first + atOnce);
    const at = (base: Expr, which: number, row: number) =>
      add(base, int((which * atOnce + row) * places));
    const read = (base: Expr, which: number, row: number): Row =>
      arrays.map(({ name, type }) =>
        emitter.bind({ kind: "shared", array: name, indices: [at(base, which, row)], type })
      );
    const write = (values: Row, row: number) =>
      arrays.forEach(({ name }, k) =>
        emitter.emit({
          kind: "store_shared",
          array: name,
          indices: [at(mine, 0, row)],
          value: values[k]!,
        })
      );
    emitter.phase([], memory, () => emitter.when(onlyOnce(silent), () => some.forEach(write)));
    let left = parts;
    while (left > READ_AT_ONCE) {
      left /= 2;
      const half = left;
      emitter.phase(memory, memory, () => {
        const isLower = operation("lt", [part, int(half)], bool);
        emitter.when(operation("and", [isLower, onlyOnce(silent)], bool), () => {
          some.forEach((_, row) => write(combine(read(mine, 0, row), read(mine, half, row)), row));
        });
      });
    }
    emitter.phase(memory, [], () => {
      some.forEach((_, row) => {
        let values = Array.from({ length: left }, (_, which) => read(place, which, row));
        while (values.length > 1) {
          const half = values.length / 2;
          values = Array.from({ length: half }, (_, i) => combine(values[i]!, values[half + i]!));
        }
        results.push(values[0]!);
      });
    });
  }
  return results;
}

/** Partial results take no more workgroup memory than this at a time. */
const MAX_BYTES = 8192;

/** Emits the combine function on packets. */
export function combined(context: Context, region: Region, a: Row, b: Row): Row {
  const width = a[0]!.type.width;
  const values = new Map<Value, Expr>();
  [...a, ...b].forEach((x, i) => values.set(region.params[i]!, x));
  const get = (value: Value): Expr => values.get(value) ?? splat(context.scalar(value), width);
  for (const op of region.ops) {
    const row = elementwise(op.name);
    if (op.name === "constant") {
      const dtype = DTYPES[op.attributes["dtype"] as DTypeName];
      values.set(op.result, literal(op.value, dtype, width));
    } else if (row) {
      const dtype = DTYPES[(op.result.type.element as { name: DTypeName }).name];
      const x = operation(op.name as ElementwiseName, op.operands.map(get), dtype, op.attributes);
      values.set(op.result, context.emitter.bind(x, op.result.hint));
    } else {
      throw new Error(`A combine function cannot contain '${op.name}'`);
    }
  }
  return region.yields.map(get);
}
