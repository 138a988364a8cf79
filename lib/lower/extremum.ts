/**
 * The largest or smallest of the floats that an invocation holds.
 *
 * In a reduction a NaN is a missing value, and WGSL's `max` may give either of a number and a NaN, so
 * each step of an exact one asks twice whether it has one. Instead the elements are added up
 * besides: where the sum is a number none of them is a NaN, and what `max` gave is right. Otherwise,
 * which is rare, the exact steps are done.
 *
 * Where no element is (`select(inside, x, NaN)`, as padding writes it), a NaN is nothing rare. It then
 * counts as 0 in the sum and as an infinity for `max`, and an invocation that has no element
 * at all does the exact steps.
 */

import { bool, isFloat, u32 } from "../ir/dtype.ts";
import type { Op, Region, Value } from "../ir/graph.ts";
import type { Expr } from "../ir/invocation.ts";
import { isNarrow, type Native } from "../ir/native.ts";
import { NO_NAN } from "../ir/ops/arithmetic.ts";
import { dtypeOf } from "../ir/type.ts";
import type { Context } from "./context.ts";
import { literal, op as operation, slice } from "./expr.ts";
import { bitsOf, INFINITY_BITS, magnitude } from "./float_bits.ts";

type Row = readonly Expr[];
type Combine = (a: Row, b: Row) => Row;

/** `max` or `min` when a combine function is that and nothing else, of floats. */
function extremumOf(
  { params, ops, yields }: Region,
  native: Native,
): "max" | "min" | undefined {
  const only: Op | undefined = ops[0];
  if (ops.length !== 1 || params.length !== 2 || (only?.name !== "max" && only?.name !== "min")) {
    return undefined;
  }
  const dtype = dtypeOf(only.result.type);
  const both = params.every((param) => only.operands.includes(param));
  return both && yields[0] === only.result && isFloat(dtype) && !isNarrow(dtype, native)
    ? only.name
    : undefined;
}

/** True in some invocation that holds a NaN among the elements of a packet. */
function hasNan(x: Expr): Expr {
  const infinity = literal(INFINITY_BITS, u32, x.type.width);
  const found = operation("gt", [magnitude(bitsOf(x, u32)), infinity], bool);
  return elements(found).reduce((a, b) => operation("or", [a, b]));
}

/** True where all of a packet are. */
function all(x: Expr): Expr {
  return elements(x).reduce((a, b) => operation("and", [a, b]));
}

function elements(x: Expr): Expr[] {
  return Array.from({ length: x.type.width }, (_, i) => slice(x, i));
}

/** The packets of a value that is NaN where no element is, with another number there, and where elements are. */
function present(
  context: Context,
  { def }: Value,
): { inside: readonly Expr[]; instead: (x: number) => Row[] } | undefined {
  if (def?.name !== "select") return undefined;
  const [mask, x, other] = def.operands as [Value, Value, Value];
  if (other.def?.name !== "constant" || !Number.isNaN(other.def.value)) return undefined;
  const inside = context.get(mask), packets = context.get(x);
  return {
    inside,
    instead: (number) =>
      packets.map((packet, i) => {
        const { dtype, width } = packet.type;
        return [operation("select", [inside[i]!, packet, literal(number, dtype, width)], dtype)];
      }),
  };
}

/**
 * What an invocation's elements of the operands of a reduction come to, combined step by step.
 *
 * @param rows A row for each packet: the packets of all operands.
 * @param fold Combines rows to those of the elements that remain.
 * @param exact The combine function of the reduction.
 */
export function foldedExtremum(
  context: Context,
  op: Op,
  steps: number,
  rows: readonly Row[],
  fold: (rows: readonly Row[], combine: Combine) => Row[],
  exact: Combine,
): Row[] {
  const name = extremumOf(op.region(0), context.options.native), { emitter } = context;
  if (name === undefined || steps < WORTH_IT) return fold(rows, exact);
  const padded = present(context, op.operand(0));
  const beyond = name === "max" ? -Infinity : Infinity;
  const isBeyond = (x: Expr) => x.kind === "literal" && x.value === beyond;
  const quick = fold(padded?.instead(beyond) ?? rows, ([a], [b]) => {
    if (isBeyond(b!)) return [a!];
    return [emitter.bind(operation(name, [a!, b!], a!.type.dtype, NO_NAN))];
  });
  const sum: Combine = ([a], [b]) => [emitter.bind(operation("add", [a!, b!]))];
  const suspicious = fold(padded?.instead(-0) ?? rows, sum).map(([x]) => hasNan(x!));
  if (padded) {
    const some = fold(
      padded.inside.map((x) => [x]),
      ([a], [b]) => [emitter.bind(operation("or", [a!, b!], bool))],
    );
    for (const [x] of some) suspicious.push(operation("not", [all(x!)], bool));
  }
  const results = quick.map(([x]) => emitter.variable(x!.type, name, x));
  emitter.when(suspicious.reduce((a, b) => operation("or", [a, b])), () => {
    fold(rows, exact).forEach(([x], i) => emitter.assign(results[i]!, x!));
  });
  return results.map((x) => [x]);
}

/** Fewer elements an invocation than this are combined exactly right away. */
const WORTH_IT = 4;
