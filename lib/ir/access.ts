/** Loads and stores: what lies side by side in memory. */

import type { AxisInfo } from "./axis.ts";
import type { Op, Value } from "./graph.ts";
import { isPointer, type Pointer } from "./type.ts";

/** The type of the pointers that a load, store or atomic goes through. */
export function pointerOf(op: Op): Pointer {
  const { element } = op.operand(0).type;
  if (!isPointer(element)) throw new Error(`Operation ${op.name} does not go through a pointer`);
  return element;
}

/** The mask of a load or store. */
export function maskOf(op: Op): Value | undefined {
  return op.operands[op.name === "load" ? 1 : 2];
}

/** A vector access takes at most this many elements, and this many bytes. */
export const MAX_WIDTH = 4;
const MAX_BYTES = 16;

/** How many neighbours along a dimension are neighbours in memory too. */
export function runAlong(op: Op, dim: number, axis: (value: Value) => AxisInfo): number {
  return powerOfTwo(axis(op.operand(0)).contiguity[dim]!);
}

/**
 * How many neighbours along a dimension one access can take: they lie side by side, the first at an
 * address divisible by the size of them all, and all are masked alike.
 *
 * @param most No more than these are asked for: as many as a vector has, unless given.
 */
export function widthAlong(
  op: Op,
  dim: number,
  axis: (value: Value) => AxisInfo,
  most = MAX_WIDTH,
): number {
  const { bytes } = pointerOf(op).pointee, mask = maskOf(op);
  return Math.min(
    most,
    MAX_BYTES / bytes,
    runAlong(op, dim, axis),
    Math.max(powerOfTwo(axis(op.operand(0)).divisibility[dim]!) / bytes, 1),
    mask ? powerOfTwo(axis(mask).constancy[dim]!) : most,
  );
}

/** The greatest power of two that divides an integer; of 0, which every number divides, a large one. */
function powerOfTwo(n: number): number {
  return n === 0 ? 2 ** 30 : n & -n;
}
