/** Operations of `tl` that go along an axis in order: scans, sorting, and what is made of them. */

import { DTYPES, isFloat, isInteger } from "../ir/dtype.ts";
import type { Value } from "../ir/graph.ts";
import { scalar } from "../ir/type.ts";
import type { Arguments } from "./arguments.ts";
import { elements } from "./members.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber } from "./promotion.ts";
import {
  along,
  checkTile,
  type Combine,
  combineOf,
  positions,
  sumDtypes,
  wideOf,
} from "./reductions.ts";
import { taken } from "./shapes.ts";
import type { Tracer } from "./tracer.ts";
import { describe, type Operand } from "./values.ts";

/** Each element of tiles of one shape combined with all before it. */
function scanned(
  a: Arguments,
  t: Tracer,
  xs: readonly Value[],
  axis: unknown,
  reverse: unknown,
  combine: Combine,
): readonly Value[] {
  checkTile(a, xs[0]!);
  const types = [...xs, ...xs].map((x) => scalar(x.type.element));
  const region = t.builder.region(
    types,
    (params) => combine(params.slice(0, xs.length), params.slice(xs.length)),
  );
  return t.builder.op("scan", xs, {
    attributes: { axis: a.axis(axis ?? 0, xs[0]!.type.shape.length), reverse: Boolean(reverse) },
    regions: [region],
  }).results;
}

export function associativeScan(a: Arguments, t: Tracer): unknown {
  a.count(3, 4);
  const [given, axis, fn] = a.list, several = Array.isArray(given);
  const { reverse } = a.options(3, "reverse");
  const tiles = (several ? elements(t, given) : [given]).map((x) =>
    t.semantics.value(a.asOperand(x, "what to scan"))
  );
  const shape = t.semantics.commonShape(tiles.map((x) => x.type.shape), () => a.name);
  const xs = tiles.map((x) => t.semantics.broadcast(x, shape));
  const results = scanned(a, t, xs, axis, reverse, combineOf(a, t, fn, xs, several));
  return several ? t.own([...results]) : results[0];
}

export function cumulativeSum(a: Arguments, t: Tracer): Value {
  a.count(1, 3);
  const { reverse, dtype } = a.options(2, "reverse", "dtype");
  const x = a.value(0), [wide, result] = sumDtypes(dtypeOfNumber(x), dtype, a.name);
  const sums = scanned(a, t, [t.semantics.cast(x, wide)], a.list[1], reverse, ([p], [q]) => [
    t.builder.value("add", [p!, q!]),
  ])[0]!;
  return t.semantics.cast(sums, result);
}

/** Unlike sums, products keep narrow integers narrow. */
export function cumulativeProduct(a: Arguments, t: Tracer): Value {
  a.count(1, 3);
  const { reverse } = a.options(2, "reverse");
  const x = a.value(0), dtype = dtypeOfNumber(x);
  const wide = isFloat(dtype) || dtype === DTYPES.bool ? wideOf(dtype) : dtype;
  const products = scanned(a, t, [t.semantics.cast(x, wide)], a.list[1], reverse, ([p], [q]) => [
    t.builder.value("mul", [p!, q!]),
  ])[0]!;
  return t.semantics.cast(products, isFloat(dtype) ? dtype : wide);
}

/** Throws unless an operation that knows only the last dimension is asked for that. */
function checkLast(a: Arguments, x: Value, dim: unknown): void {
  checkTile(a, x);
  const rank = x.type.shape.length;
  if (dim === undefined || dim === null || a.axis(dim, rank) === rank - 1) return;
  throw new Problem(
    `${a.name} works along the last dimension, not along ${String(dim)} of ${describe(x)}`,
    "Swap dimensions before and after: tl.trans",
  );
}

/** A tile with its last dimension in order; bools are sorted as numbers. */
function sorted(t: Tracer, x: Value, descending: boolean): Value {
  const dtype = dtypeOfNumber(x);
  const operand = dtype === DTYPES.bool ? t.semantics.cast(x, DTYPES.i32) : x;
  const result = t.builder.value("sort", [operand], { attributes: { descending } });
  return t.semantics.cast(result, dtype);
}

export function sort(a: Arguments, t: Tracer): Value {
  a.count(1, 2);
  const { dim, descending, by, bins } = a.options(1, "dim", "descending", "by", "bins");
  const x = a.value(0);
  checkLast(a, x, dim);
  return by === undefined || by === null
    ? sorted(t, x, Boolean(descending))
    : sortedBy(t, x, a.asOperand(by, "what to sort by"), bins, Boolean(descending));
}

/** More different keys than this would take too much workgroup memory to count. */
const MOST_BINS = 256;

/** A tile with its last dimension in the order of small integers. */
function sortedBy(
  t: Tracer,
  x: Value,
  by: Operand,
  bins: unknown,
  descending: boolean,
): Value {
  const { semantics, builder } = t;
  if (!(Number.isInteger(bins) && (bins as number) >= 1 && (bins as number) <= MOST_BINS)) {
    throw new Problem(
      `tl.sort needs to know how many integers there are to sort by, from 1 to ${MOST_BINS}, but 'bins' is ${
        describe(bins)
      }`,
      "Write { by: digit, bins: 16 } for integers from 0 to 15",
    );
  }
  const { shape } = x.type;
  const key = semantics.broadcast(semantics.value(by), shape);
  if (!isInteger(dtypeOfNumber(key))) {
    throw new Problem(
      `tl.sort sorts by integers, not by ${describe(key)}`,
      "Cast to an integer first: tl.cast(x, tl.i32)",
    );
  }
  const word = semantics.cast(key, DTYPES.i32);
  const last = builder.constant((bins as number) - 1, DTYPES.i32, shape);
  const keys = descending ? builder.value("sub", [last, word]) : word;
  return builder.value("sort_by", [x, keys], { attributes: { bins: bins as number } });
}

export function topk(a: Arguments, t: Tracer): Value {
  a.count(2, 3);
  const { dim } = a.options(2, "dim");
  const x = a.value(0), k = a.integer(1, "The number of elements");
  checkLast(a, x, dim);
  const { shape } = x.type, n = shape.at(-1)!;
  if (k > n) {
    throw new Problem(`tl.topk cannot find ${k} elements among ${n}`);
  }
  const wanted = t.semantics.checkShape(shape.with(-1, k));
  const all = sorted(t, x, true);
  return k === n ? all : taken(t, all, positions(t, wanted, shape.length - 1), shape.length - 1);
}

export function histogram(a: Arguments, t: Tracer): Value {
  a.count(2, 3);
  const x = a.value(0), dtype = dtypeOfNumber(x), bins = a.integer(1, "The number of bins");
  const { mask } = a.options(2, "mask");
  if (x.type.shape.length !== 1 || !isInteger(dtype)) {
    throw new Problem(
      `tl.histogram counts a tile of integers of one dimension, not ${describe(x)}`,
      isInteger(dtype) ? "Write tl.ravel(x)" : "Cast it first: tl.cast(x, tl.i32)",
    );
  }
  t.semantics.checkShape([bins]);
  const operands = [x];
  if (mask !== undefined && mask !== null) {
    const condition = t.semantics.bool(a.asOperand(mask, "the mask"), "The mask of tl.histogram");
    operands.push(t.semantics.broadcast(condition, x.type.shape));
  }
  return t.builder.value("histogram", operands, { attributes: { bins } });
}

export function softmax(a: Arguments, t: Tracer): Value {
  a.count(1, 3);
  a.options(2, "keepDims", "ieeeRounding");
  const x = a.value(0), dim = a.list[1] ?? 0, { semantics, builder } = t;
  const wide = semantics.cast(x, isFloat(dtypeOfNumber(x)) ? wideOf(dtypeOfNumber(x)) : DTYPES.f32);
  const reduced = (y: Value, name: "max" | "add") =>
    along(a, t, [y], dim, true, ([p], [q]) => [builder.value(name, [p!, q!])])[0]!;
  const power = builder.value("exp", [semantics.binary("-", wide, reduced(wide, "max"))]);
  return semantics.binary("/", power, reduced(power, "add"));
}
