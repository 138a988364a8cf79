/**
 * Tiles of 16-bit numbers that nothing but products on matrix units reads, held as the words that they
 * were loaded as: 16 bytes to a packet. A load takes 16 bytes at once then, and so does staging;
 * nothing in between takes numbers out of words and puts them back, which drivers do not see through.
 */

import { type DType, f16, u32 } from "../../ir/dtype.ts";
import { pointerOf, widthAlong } from "../../ir/access.ts";
import type { AxisInfo } from "../../ir/axis.ts";
import { type Graph, type Op, type Value, walk } from "../../ir/graph.ts";
import type { Expr, VectorType } from "../../ir/invocation.ts";
import { isAtomic } from "../../ir/ops/atomics.ts";
import type { Native } from "../../ir/native.ts";
import type { Type } from "../../ir/type.ts";
import { vectorWidth } from "../../layout/layouts.ts";
import { packetAxis, registerCount } from "../registers.ts";

/** A packet of words. */
export const WORDS: VectorType = { dtype: u32, width: 4 };

/** Elements in a packet of words. */
export function elementsInWords({ bytes }: DType): number {
  return 4 * u32.bytes / bytes;
}

/** Packets of words that an invocation holds of a tile. */
export function packetsOfWords({ element, layout }: Type): number {
  return registerCount(layout!) / elementsInWords(element as DType);
}

/** Packets that have 16 bytes together, as words. */
export function inWords(packets: readonly Expr[]): Expr {
  return { kind: "words", parts: packets, type: WORDS };
}

/** @param bufferOf The parameter whose buffer a pointer parameter is bound to. */
export function valuesInWords(
  graph: Graph,
  axis: (value: Value) => AxisInfo,
  native: Native,
  bufferOf: (param: string) => string,
): ReadonlySet<Value> {
  const words = new Set<Value>();
  walk(graph.body, (op) => {
    if (op.name === "load" && native.f16 && isWhole(op, axis)) words.add(op.result);
    if (op.name === "for") {
      for (const value of [...op.results, ...carried(op)]) words.add(value);
    }
  });
  for (let before = -1; before !== words.size;) {
    before = words.size;
    const others = new Set<string>();
    walk(graph.body, (op) => {
      if (op.name !== "load" && op.name !== "store" && !isAtomic(op)) return;
      if (op.name === "store" || !words.has(op.results[0]!)) {
        others.add(bufferOf(pointerOf(op).base));
      }
    });
    walk(graph.body, (op) => {
      // A buffer's items are words for all who access it, or for none.
      if (op.name === "load" && others.has(bufferOf(pointerOf(op).base))) words.delete(op.result);
      const taken = op.name === "subgroup_dot" ? 2 : 0, first = op.name === "for" ? 3 : 0;
      op.operands.forEach((operand, i) => {
        if (first > 0 ? i < first : i >= taken) words.delete(operand);
      });
      if (op.name !== "for") {
        for (const region of op.regions) for (const value of region.yields) words.delete(value);
        return;
      }
      for (const one of carriedBy(op)) {
        if (!one.every((value) => words.has(value))) {
          for (const value of one) words.delete(value);
        }
      }
    });
  }
  return words;
}

/** What a loop's body sees of what the loop carries. */
function carried(loop: Op): readonly Value[] {
  return loop.region(0).params.slice(1);
}

/** For each value that a loop carries, all that it is at different times. */
function carriedBy(loop: Op): Value[][] {
  const params = carried(loop), { yields } = loop.region(0);
  return loop.results.map((result, i) => [result, loop.operand(3 + i), params[i]!, yields[i]!]);
}

/** True when a load's packets lie in memory 16 bytes at a time, masked alike, and 0 where masked. */
function isWhole(load: Op, axis: (value: Value) => AxisInfo): boolean {
  const { pointee } = pointerOf(load), { layout } = load.result.type;
  const dim = layout && packetAxis(layout), other = load.operands[2];
  if (pointee !== f16 || dim === undefined) return false;
  if (other && !(other.def?.name === "constant" && other.def.number("value") === 0)) return false;
  const width = elementsInWords(pointee);
  return vectorWidth(layout!, dim) >= width && widthAlong(load, dim, axis, width) >= width;
}
