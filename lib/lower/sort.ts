/**
 * Sorting along the last axis: a bitonic network.
 *
 * Stage k makes sorted blocks of 2^k, alternately rising and falling, of blocks half as long, by
 * comparing elements whose positions differ in bit k - 1, then in bit k - 2, … and last in bit 0. Each
 * element meets the other in a register of the same invocation, or by an exchange, as the bit lies.
 * Networks of many comparisons are loops over workgroup memory instead.
 */

import { bool, i32 } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { Expr, Memory, Width } from "../ir/invocation.ts";
import type { LinearLayout } from "../layout/linear_layout.ts";
import { type AxisBit, axisBits, hasBits } from "./axis_bits.ts";
import { type Context, expressionDtype } from "./context.ts";
import type { Emitter } from "./emitter.ts";
import { exchanged } from "./exchange.ts";
import { add, builtin, int, literal, named, op as operation, vector } from "./expr.ts";
import { onlyOnce } from "./memory.ts";
import {
  coordinate,
  gather,
  linearIndex,
  packetCount,
  registerCount,
  registerOf,
  replicatedMask,
} from "./registers.ts";

/** Comparisons that are written out one by one: compilers of shaders are slow on more. */
const MAX_UNROLLED = 64;
/** Comparisons of an invocation that are written out in such a loop. */
const MAX_PAIRS = 4;
/** Workgroup memory that a tile may take for a network in a loop, in bytes. */
const MAX_BYTES = 32768;

export function lowerSort(context: Context, op: Op): void {
  const { layout, shape } = op.result.type, stages = Math.log2(shape.at(-1)!);
  const first = firstStage(op), steps = (stages * (stages + 1) - first * (first - 1)) / 2;
  const comparisons = packetCount(op.result.type) * steps;
  const elements = shape.reduce((product, dim) => product * dim, 1);
  const bytes = elements * expressionDtype(op.result.type).bytes;
  if (comparisons > MAX_UNROLLED && bytes <= MAX_BYTES) return sortInMemory(context, op, elements);
  unrolled(context, op, layout!);
}

/** Merging is the last stage of sorting. */
function firstStage(op: Op): number {
  return op.name === "merge" ? Math.log2(op.result.type.shape.at(-1)!) : 1;
}

function unrolled(context: Context, op: Op, layout: LinearLayout): void {
  const { emitter } = context;
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

  for (let k = firstStage(op); k <= bits.length; k++) {
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

/** The same network as loops over a copy in workgroup memory. */
function sortInMemory(context: Context, op: Op, elements: number): void {
  const { emitter } = context, { invocations } = context.options;
  const { shape } = op.result.type, layout = op.result.type.layout!;
  const dtype = expressionDtype(op.result.type), columns = shape.at(-1)!;
  const array = emitter.sharedArray({ dtype, width: 1 }, [elements]);
  const memory: Memory[] = [{ scope: "workgroup", name: array.name }];
  const read = (index: Expr): Expr =>
    emitter.bind({ kind: "shared", array: array.name, indices: [index], type: array.type });
  const write = (index: Expr, value: Expr) =>
    emitter.emit({ kind: "store_shared", array: array.name, indices: [index], value });
  const registers = Array.from({ length: registerCount(layout) }, (_, i) => i);
  const places = registers.map((register) =>
    emitter.bind(
      linearIndex(shape.map((_, dim) => coordinate(emitter, layout, register, dim)), shape),
    )
  );

  const packets = context.get(op.operand(0));
  emitter.phase([], memory, () => {
    emitter.when(onlyOnce(replicatedMask(layout)), () => {
      places.forEach((place, register) => write(place, registerOf(packets, register)));
    });
  });
  const compare = (stage: Expr, bit: Expr, pair: Expr) => {
    const half = emitter.bind(operation("shl", [int(1), bit]));
    const within = emitter.bind(operation("and", [pair, operation("sub", [half, int(1)])]));
    const low = emitter.bind(
      add(operation("shl", [operation("sub", [pair, within]), int(1)]), within),
      "low",
    );
    const high = emitter.bind(add(low, half), "high");
    const column = operation("and", [low, int(columns - 1)]);
    const block = operation("and", [operation("shr", [column, stage]), int(1)]);
    const falls = operation(
      op.attributes["descending"] === true ? "eq" : "ne",
      [block, int(0)],
      bool,
    );
    const [a, b] = [read(low), read(high)];
    const [less, more] = (["lt", "gt"] as const).map((name) => operation(name, [a!, b!], bool));
    emitter.when(operation("select", [falls, less!, more!], bool), () => {
      write(low, b!);
      write(high, a!);
    });
  };
  const stages = Math.log2(columns), pairs = elements / 2 / invocations;
  loop(emitter, "stage", int(firstStage(op)), int(stages + 1), 1, (stage) => {
    loop(emitter, "bit", operation("sub", [stage, int(1)]), int(-1), -1, (bit) => {
      emitter.phase(memory, memory, () => {
        if (pairs <= MAX_PAIRS && Number.isInteger(pairs)) {
          for (let i = 0; i < pairs; i++) {
            compare(stage, bit, emitter.bind(add(builtin("invocation"), int(i * invocations))));
          }
        } else {
          loop(emitter, "pair", builtin("invocation"), int(elements / 2), invocations, (pair) => {
            compare(stage, bit, pair);
          });
        }
      });
    });
  });
  const sorted: Expr[] = [];
  emitter.phase(memory, [], () => places.forEach((place) => sorted.push(read(place))));
  context.define(op.result, gather(sorted, registers));
}

/** A loop of the shader. */
function loop(
  emitter: Emitter,
  hint: string,
  start: Expr,
  end: Expr,
  step: number,
  body: (index: Expr) => void,
): void {
  const name = emitter.name(hint);
  const stmts = emitter.block(() => body(named(name, { dtype: i32, width: 1 })));
  emitter.emit({ kind: "for", name, start, end, step: int(step), body: stmts });
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
