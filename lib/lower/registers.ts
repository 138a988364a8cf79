/**
 * A tile as one invocation holds it: which element lies in which register, and packets of registers.
 */

import { i32 } from "../ir/dtype.ts";
import type { Expr, Width } from "../ir/invocation.ts";
import type { Type } from "../ir/type.ts";
import type { LinearLayout } from "../layout/linear_layout.ts";
import type { Emitter } from "./emitter.ts";
import { add, int, mul, op, ramp, slice, vector } from "./expr.ts";

/** Registers in a packet of a tile with `registers` of them. */
export function packetWidth(registers: number): Width {
  return registers >= 4 ? 4 : registers >= 2 ? 2 : 1;
}

/** How many registers an invocation holds of a tile with this layout. */
export function registerCount(layout: LinearLayout): number {
  return 2 ** layout.bases.register.length;
}

/** The packets' width for a type: 1 for a scalar. */
export function widthOf(type: Type): Width {
  return type.layout ? packetWidth(registerCount(type.layout)) : 1;
}

/** How many packets an invocation holds of a value of this type. */
export function packetCount(type: Type): number {
  return type.layout ? registerCount(type.layout) / widthOf(type) : 1;
}

/** The dimension along which the registers of every packet are neighbours, if there is one. */
export function packetAxis(layout: LinearLayout): number | undefined {
  const width = packetWidth(registerCount(layout));
  if (width === 1) return undefined;
  const bases = layout.bases.register.slice(0, Math.log2(width));
  const axis = bases[0]!.findIndex((coordinate) => coordinate !== 0);
  const runs = bases.every((basis, bit) =>
    basis.every((coordinate, dim) => coordinate === (dim === axis ? 2 ** bit : 0))
  );
  return runs ? axis : undefined;
}

/** What each bit of the invocation's index adds to the coordinate of a dimension. */
function threadBases(layout: LinearLayout, dim: number): number[] {
  return [...layout.bases.lane, ...layout.bases.warp].map((basis) => basis[dim]!);
}

/** The bits of the coordinate along a dimension that depend on the invocation, as a mask. */
export function threadBits(layout: LinearLayout, dim: number): number {
  return threadBases(layout, dim).reduce((bits, basis) => bits | basis, 0);
}

/** The bits of the invocation's index that do not change which elements it holds, as a mask. */
export function replicatedMask(layout: LinearLayout): number {
  return maskOf(layout, (basis) => basis.every((coordinate) => coordinate === 0));
}

/** The bits of the invocation's index whose basis satisfies a predicate, as a mask. */
export function maskOf(
  layout: LinearLayout,
  predicate: (basis: readonly number[], bit: number) => boolean,
): number {
  return [...layout.bases.lane, ...layout.bases.warp]
    .reduce((mask, basis, bit) => (predicate(basis, bit) ? mask | (1 << bit) : mask), 0);
}

/** The coordinate along a dimension that a register has apart from its invocation's share. */
export function registerCoordinate(layout: LinearLayout, register: number, dim: number): number {
  return layout.bases.register
    .reduce((sum, basis, bit) => (register & (1 << bit) ? sum ^ basis[dim]! : sum), 0);
}

/** A sum of bits of the invocation's index, each weighted: `bases[i]` for bit i. Weights must not share bits. */
export function weightedBits(emitter: Emitter, bases: readonly number[]): Expr {
  const total = bases.length;
  let sum = int(0);
  for (let first = 0; first < total;) {
    const weight = bases[first]!;
    let count = 1;
    while (weight !== 0 && bases[first + count] === weight * 2 ** count) count++;
    if (weight !== 0) {
      sum = add(sum, mul(emitter.invocationBits(first, count, total), int(weight)));
    }
    first += count;
  }
  return sum;
}

/** The number made of some of `total` bits of the invocation's index, the first of them the lowest. */
export function numberOfBits(
  emitter: Emitter,
  bits: readonly number[],
  total: number,
  hint: string,
): Expr {
  const weights = Array.from(
    { length: total },
    (_, bit) => bits.includes(bit) ? 2 ** bits.indexOf(bit) : 0,
  );
  return emitter.bindOutside(weightedBits(emitter, weights), hint);
}

/** The invocation's share of the coordinate along a dimension. */
export function threadCoordinate(emitter: Emitter, layout: LinearLayout, dim: number): Expr {
  const bases = threadBases(layout, dim);
  let used = 0;
  for (const basis of bases) {
    if (used & basis) throw new Error(`Layout ${layout} is not one that lowering can address`);
    used |= basis;
  }
  const key = `at${dim} ${bases.join()}`;
  return emitter.onceOutside(key, () => weightedBits(emitter, bases), `at${dim}`);
}

/** The coordinate along a dimension of one register. */
export function coordinate(
  emitter: Emitter,
  layout: LinearLayout,
  register: number,
  dim: number,
): Expr {
  const own = registerCoordinate(layout, register, dim);
  const thread = threadCoordinate(emitter, layout, dim);
  return threadBits(layout, dim) & own ? op("xor", [thread, int(own)], i32) : add(thread, int(own));
}

/** The coordinates along a dimension of the registers of one packet. */
export function packetCoordinates(
  emitter: Emitter,
  layout: LinearLayout,
  packet: number,
  dim: number,
): Expr {
  const width = packetWidth(registerCount(layout)), first = packet * width;
  if (packetAxis(layout) === dim) return ramp(coordinate(emitter, layout, first, dim), 1, width);
  const parts = Array.from(
    { length: width },
    (_, i) => coordinate(emitter, layout, first + i, dim),
  );
  return vector(parts, width);
}

/** Register `index` out of packets. */
export function registerOf(packets: readonly Expr[], index: number): Expr {
  const width = packets[0]!.type.width;
  return slice(packets[Math.floor(index / width)]!, index % width);
}

/** Packets whose register i is register `sources[i]` of other packets. */
export function gather(packets: readonly Expr[], sources: readonly number[]): Expr[] {
  const width = packetWidth(sources.length), from = packets[0]!.type.width;
  return Array.from({ length: sources.length / width }, (_, packet) => {
    const registers = sources.slice(packet * width, (packet + 1) * width);
    const first = registers[0]!, within = first % from;
    if (within + width <= from && registers.every((register, i) => register === first + i)) {
      return slice(packets[(first - within) / from]!, within, width);
    }
    return vector(registers.map((register) => registerOf(packets, register)), width);
  });
}

/** Row-major index of coordinates in a shape. */
export function linearIndex(coordinates: readonly Expr[], shape: readonly number[]): Expr {
  return coordinates.reduce((sum, x, dim) => add(mul(sum, int(shape[dim]!)), x), int(0));
}
