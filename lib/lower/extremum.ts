/**
 * The largest or smallest of the floats that an invocation holds.
 *
 * In a reduction a NaN is a missing value, and WGSL's `max` may give either of a number and a NaN, so
 * each step of an exact one asks twice whether it has one. Instead the elements are added up
 * besides: where the sum is a number none of them is a NaN, and what `max` gave is right. Otherwise,
 * which is rare, the exact steps are done.
 */

import { bool, f32, isFloat, u32 } from "../ir/dtype.ts";
import type { Op, Region } from "../ir/graph.ts";
import type { Expr } from "../ir/invocation.ts";
import { isNarrow, type Native } from "../ir/native.ts";
import { NO_NAN } from "../ir/ops/arithmetic.ts";
import { dtypeOf } from "../ir/type.ts";
import type { Context } from "./context.ts";
import { literal, op as operation, slice } from "./expr.ts";

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
  const { width } = x.type;
  const bits = operation("bitcast", [operation("cast", [x], f32, { to: "f32" })], u32, {
    to: "u32",
  });
  const size = operation("and", [bits, literal(0x7fffffff, u32, width)]);
  const found = operation("gt", [size, literal(0x7f800000, u32, width)], bool);
  return Array.from({ length: width }, (_, i) => slice(found, i))
    .reduce((a, b) => operation("or", [a, b]));
}

/**
 * What `fold`, which combines an invocation's elements step by step, makes of them with the combine
 * function of `region`, in fewer operations where that function allows it.
 */
export function foldedExtremum(
  context: Context,
  region: Region,
  steps: number,
  fold: (combine: Combine) => Row[],
  exact: Combine,
): Row[] {
  const name = extremumOf(region, context.options.native), { emitter } = context;
  if (name === undefined || steps < WORTH_IT) return fold(exact);
  const quick = fold(([a], [b]) => [
    emitter.bind(operation(name, [a!, b!], a!.type.dtype, NO_NAN)),
  ]);
  const sums = fold(([a], [b]) => [emitter.bind(operation("add", [a!, b!]))]);
  const results = quick.map(([x]) => emitter.variable(x!.type, name, x));
  const suspicious = sums.map(([x]) => hasNan(x!)).reduce((a, b) => operation("or", [a, b]));
  emitter.when(suspicious, () => {
    fold(exact).forEach(([x], i) => emitter.assign(results[i]!, x!));
  });
  return results.map((x) => [x]);
}

/** Fewer elements an invocation than this are combined exactly right away. */
const WORTH_IT = 4;
