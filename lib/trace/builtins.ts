/** What the operations of `tl` do when a kernel is traced. */

import { DTYPES, isFloat, isFloat8, isInteger } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import type { OpName } from "../ir/ops.ts";
import { size } from "../ir/type.ts";
import type { LibdeviceFunctions } from "../language/libdevice.ts";
import type { Operations } from "../language/operations.ts";
import { tl } from "../language/tl.ts";
import { Arguments, type Entry } from "./arguments.ts";
import { ATOMIC_ENTRIES } from "./atomics.ts";
import { BLOCK_ENTRIES } from "./blocks.ts";
import { DEBUG_ENTRIES, staticText } from "./debug.ts";
import { FUNCTION_ENTRIES, propagatesNan, withNan } from "./elementary.ts";
import { HOST_FUNCTIONS } from "./environment.ts";
import { LIBDEVICE_ENTRIES } from "./libdevice.ts";
import { MAP_ENTRIES } from "./map.ts";
import { load, store } from "./memory.ts";
import { Problem } from "./problem.ts";
import { dot, dotScaled } from "./products.ts";
import { dtypeOfNumber, promote } from "./promotion.ts";
import { bitwise, extremum, extremumIndex, reduce, sum } from "./reductions.ts";
import { RANDOM_ENTRIES } from "./random.ts";
import * as scans from "./scans.ts";
import { shapeOf, shapeText } from "./semantics.ts";
import * as shapes from "./shapes.ts";
import type { Tracer } from "./tracer.ts";
import { defaultDtype, describe, isRecord, type Operand, Range } from "./values.ts";

/** An operation of `tl` in a kernel. */
export type Builtin = (t: Tracer, args: readonly unknown[]) => unknown;

/** `tl.cast(x, dtype)`, or what `dtype(x)` and `x.to(dtype)` mean. */
export function castTo(t: Tracer, x: unknown, dtype: unknown): Value {
  const args = new Arguments(t, "tl.cast", [x, dtype], "tl.cast(x, tl.f32)");
  return t.semantics.cast(args.operand(0), args.dtype(1));
}

/** A cast whose rounding may be asked for, as Triton allows it: from a float to a narrower one. */
function roundedTo(a: Arguments, t: Tracer, rounding: unknown): Value {
  if (rounding === undefined) return castTo(t, a.list[0], a.list[1]);
  if (rounding !== "rtne" && rounding !== "rtz") {
    throw new Problem(
      `tl.cast has no rounding ${describe(rounding)}`,
      "Its roundings are 'rtne', to nearest even, and 'rtz', towards zero",
    );
  }
  const x = a.value(0), from = dtypeOfNumber(x), to = a.dtype(1);
  const narrower = isFloat(from) && isFloat(to) && to.bits < from.bits;
  if (!narrower || (rounding === "rtz" && isFloat8(to))) {
    throw new Problem(
      `A cast from ${from.name} to ${to.name} cannot be rounded by '${rounding}'`,
      narrower
        ? "8-bit floats are rounded to nearest even"
        : "fpDowncastRounding is for casts from a float to a narrower one",
    );
  }
  if (rounding === "rtne") return castTo(t, x, a.list[1]);
  return t.semantics.builder.value("cast_rtz", [x], { attributes: { to: to.name } });
}

/** A function of one float: JavaScript's on a compile-time number. */
function float(name: OpName, f: (x: number) => number): Entry {
  return [`tl.${name}(x)`, (a, t) => {
    a.count(1);
    const x = a.operand(0);
    return x instanceof Value ? t.semantics.floating(name, [x]) : f(Number(x));
  }];
}

/** Rounding to an integral number; integers stay, and quotients of integers are divided exactly. */
function rounding(name: "floor" | "ceil"): Entry {
  return [`tl.${name}(x)`, (a, t) => {
    a.count(1);
    const x = a.operand(0), { semantics } = t;
    if (!(x instanceof Value)) return Math[name](Number(x));
    if (!isFloat(dtypeOfNumber(x))) return semantics.number(x);
    if (name === "floor") {
      return semantics.quotient(x, "floordiv") ?? semantics.builder.value("floor", [x]);
    }
    const parts = semantics.quotientParts(x);
    if (!parts) return semantics.builder.value("ceil", [x]);
    const [dividend, divisor] = parts;
    if (dtypeOfNumber(dividend) === DTYPES.u32) return ceilDivide(t, dividend, divisor);
    // ceil(a / b) = -floor(-a / b)
    const negated = semantics.negate(dividend) as Value;
    return semantics.negate(semantics.builder.value("floordiv", [negated, divisor]));
  }];
}

function extreme(name: "min" | "max"): Entry {
  const usage = `tl.${name}imum(a, b)`;
  return [usage, (a, t) => {
    a.count(2, 3);
    const operands = [a.operand(0), a.operand(1)], all = propagatesNan(a, 2);
    const result = extremeOf(t, name, operands);
    return all && result instanceof Value ? withNan(t, operands, result) : result;
  }];
}

/** The smallest or largest of several, elementwise. */
export function extremeOf(t: Tracer, name: "min" | "max", operands: readonly Operand[]): Operand {
  return operands.reduce((a, b) =>
    a instanceof Value || b instanceof Value
      ? t.semantics.elementwise(name, [a, b], "extremum")
      : Math[name](Number(a), Number(b))
  );
}

/** `(a + b - 1) / b`, rounded towards zero. */
function ceilDivide(t: Tracer, a: Operand, b: Operand): Operand {
  const { semantics } = t;
  const less = b instanceof Value ? semantics.binary("-", b, 1) : Number(b) - 1;
  const sum = semantics.binary("+", semantics.value(a), less);
  const dtype = promote("division", sum, b);
  return semantics.builder.value("idiv", semantics.together(dtype, [sum, b]));
}

function axisEntry(name: "programId" | "numPrograms", op: OpName): Entry {
  return [`tl.${name}(0)`, (a, t) => {
    a.count(1);
    const axis = a.integer(0, "The dimension");
    if (axis < 0 || axis > 2) {
      throw new Problem(`A grid has the dimensions 0, 1 and 2, not ${axis}`);
    }
    return t.semantics.builder.value(op, [], { attributes: { axis } });
  }];
}

function full(
  t: Tracer,
  x: Operand,
  dtype: Parameters<typeof t.semantics.cast>[1],
  shape: readonly number[],
) {
  if (x instanceof Value && size(x.type) !== 1) {
    throw new Problem(
      `tl.full needs a scalar to repeat, not ${describe(x)}`,
      "Write tl.broadcastTo(x, shape)",
    );
  }
  const { semantics } = t, value = semantics.cast(x, dtype, shape);
  return x instanceof Value ? semantics.broadcast(semantics.reshape(value, []), shape) : value;
}

function permute(a: Arguments, t: Tracer, order: readonly number[]): Value {
  const x = a.value(0), rank = x.type.shape.length;
  const axes = order.map((axis) => a.axis(axis, rank));
  if (axes.length !== rank || new Set(axes).size !== rank) {
    throw new Problem(
      `${a.name} was given the order ${shapeText(order)} for ${describe(x)}`,
      `Name each of its ${rank} dimensions once`,
    );
  }
  return t.semantics.builder.value("permute", [x], { attributes: { order: axes } });
}

/** The bounds of a loop: `(end)`, `(start, end)` or `(start, end, step)`. */
function bounds(a: Arguments): [Operand, Operand, Operand] {
  a.count(1, 3);
  const all = a.list.map((_, i) => a.operand(i));
  const [first, second, step = 1] = all;
  return second === undefined ? [0, first!, step] : [first!, second, step];
}

/** What Triton may be told of a loop. */
const LOOP_HINTS = [
  ...["numStages", "loopUnrollFactor", "disallowAccMultiBuffer", "flatten"] as const,
  ...["warpSpecialize", "disableLicm"] as const,
];

/** Loops may be unrolled this often. */
const MAX_UNROLLED = 4096;

const TABLE = {
  programId: axisEntry("programId", "program_id"),
  numPrograms: axisEntry("numPrograms", "num_programs"),
  arange: ["tl.arange(0, BLOCK)", (a, t) => {
    a.count(2);
    const start = a.integer(0, "The start"), end = a.integer(1, "The end");
    const length = end - start;
    if (length <= 0) {
      throw new Problem(`tl.arange(${start}, ${end}) is empty`, "The end must be above the start");
    }
    t.semantics.checkShape([length]);
    return t.semantics.builder.value("arange", [], { attributes: { start, end } });
  }],
  full: ["tl.full([M, N], value, tl.f32)", (a, t) => {
    a.count(3);
    return full(t, a.operand(1), a.dtype(2), a.shape(0));
  }],
  zeros: ["tl.zeros([M, N], tl.f32)", (a, t) => {
    a.count(2);
    return full(t, 0, a.dtype(1), a.shape(0));
  }],
  zerosLike: ["tl.zerosLike(x)", (a, t) => {
    a.count(1);
    const x = a.value(0);
    return t.semantics.constant(0, dtypeOfNumber(x), x.type.shape);
  }],
  cast: ["tl.cast(x, tl.f32)", (a, t) => {
    a.count(2, 3);
    const { bitcast, fpDowncastRounding } = a.options(2, "bitcast", "fpDowncastRounding");
    if (!bitcast) return roundedTo(a, t, fpDowncastRounding);
    const x = a.value(0), to = a.dtype(1), from = dtypeOfNumber(x);
    if (from === to) return x;
    if (from.bits !== to.bits || from === DTYPES.bool) {
      throw new Problem(
        `The bits of ${from.name} cannot be read as ${to.name}: one has ${from.bits}, the other ${to.bits}`,
        "Leave bitcast out to convert the numbers",
      );
    }
    return t.semantics.builder.value("bitcast", [x], { attributes: { to: to.name } });
  }],
  asFloat: ["tl.asFloat(x)", (a, t) => {
    a.count(1);
    const x = a.operand(0), { semantics } = t;
    if (!(x instanceof Value)) return Number(x);
    return isFloat(dtypeOfNumber(x)) ? x : semantics.cast(x, DTYPES.f32);
  }],
  where: ["tl.where(condition, a, b)", (a, t) => {
    a.count(3);
    return t.semantics.where(a.operand(0), a.operand(1), a.operand(2));
  }],
  expandDims: ["tl.expandDims(x, axis)", (a, t) => {
    a.count(2);
    const x = a.value(0), given = a.integers(a.list[1], "The axis");
    const rank = x.type.shape.length + given.length;
    const axes = given.map((axis) => a.axis(axis, rank)).sort((p, q) => p - q);
    if (new Set(axes).size !== axes.length) {
      throw new Problem(`tl.expandDims was given an axis twice: ${shapeText(given)}`);
    }
    return axes.reduce((y, axis) => t.semantics.expandDims(y, axis), x);
  }],
  col: ["tl.col(x)", (a, t) => vector(a, t, 1)],
  row: ["tl.row(x)", (a, t) => vector(a, t, 0)],
  broadcastTo: ["tl.broadcastTo(x, [M, N])", (a, t) => {
    a.count(2);
    return t.semantics.broadcast(a.value(0), a.shape(1));
  }],
  reshape: ["tl.reshape(x, [M, N])", (a, t) => {
    a.count(2, 3);
    a.options(2, "canReorder");
    const x = a.value(0), shape = a.shape(1);
    const wanted = shape.reduce((product, dim) => product * dim, 1);
    if (wanted !== size(x.type)) {
      throw new Problem(
        `${describe(x)} has ${size(x.type)} elements and cannot take the shape ${
          shapeText(shape)
        }, which has ${wanted}`,
        "To repeat elements write tl.broadcastTo",
      );
    }
    return t.semantics.reshape(x, shape);
  }],
  ravel: ["tl.ravel(x)", (a, t) => {
    a.count(1, 2);
    a.options(1, "canReorder");
    const x = a.value(0);
    return t.semantics.reshape(x, [size(x.type)]);
  }],
  trans: ["tl.trans(x)", (a, t) => {
    a.count(1, Infinity);
    if (a.list.length > 1) return permute(a, t, order(a, a.list.slice(1)));
    const rank = shapeOf(a.operand(0)).length;
    if (rank < 2) {
      throw new Problem(
        `tl.trans swaps the last two dimensions, but ${describe(a.list[0])} has ${rank}`,
        "Add one with tl.col or tl.row",
      );
    }
    const axes = Array.from({ length: rank }, (_, i) => i);
    return permute(a, t, [...axes.slice(0, -2), rank - 1, rank - 2]);
  }],
  permute: ["tl.permute(x, [1, 0])", (a, t) => {
    a.count(2, Infinity);
    return permute(a, t, order(a, a.list.slice(1)));
  }],
  view: ["tl.view(x, [M, N])", shapes.view],
  broadcast: ["tl.broadcast(a, b)", shapes.broadcast],
  join: ["tl.join(a, b)", shapes.join],
  split: ["tl.split(x)", shapes.split],
  interleave: ["tl.interleave(a, b)", shapes.interleave],
  cat: ["tl.cat(a, b, { dim })", shapes.cat],
  flip: ["tl.flip(x, dim)", shapes.flip],
  gather: ["tl.gather(x, index, axis)", shapes.gather],
  swizzle2d: ["tl.swizzle2d(i, j, rows, columns, group)", shapes.swizzle2d],
  load: ["tl.load(pointer + offsets, { mask, other })", load],
  store: ["tl.store(pointer + offsets, value, { mask })", store],
  sum: ["tl.sum(x, axis, { keepDims: true })", sum],
  max: ["tl.max(x, axis, { keepDims: true })", (a, t) => extremum(a, t, "max")],
  min: ["tl.min(x, axis, { keepDims: true })", (a, t) => extremum(a, t, "min")],
  argmax: ["tl.argmax(x, axis, { keepDims: true })", (a, t) => extremumIndex(a, t, "max")],
  argmin: ["tl.argmin(x, axis, { keepDims: true })", (a, t) => extremumIndex(a, t, "min")],
  xorSum: ["tl.xorSum(x, axis, { keepDims: true })", (a, t) => bitwise(a, t, "xor")],
  reduceOr: ["tl.reduceOr(x, axis, { keepDims: true })", (a, t) => bitwise(a, t, "or")],
  softmax: ["tl.softmax(x, dim)", scans.softmax],
  associativeScan: ["tl.associativeScan(x, axis, (a, b) => a + b)", scans.associativeScan],
  cumsum: ["tl.cumsum(x, axis, { reverse: true })", scans.cumulativeSum],
  cumprod: ["tl.cumprod(x, axis, { reverse: true })", scans.cumulativeProduct],
  sort: ["tl.sort(x, { descending: true })", scans.sort],
  topk: ["tl.topk(x, k)", scans.topk],
  bitonicMerge: ["tl.bitonicMerge(x, { descending: true })", scans.sort],
  histogram: ["tl.histogram(x, bins, { mask })", scans.histogram],
  reduce: ["tl.reduce(x, axis, (a, b) => a + b)", reduce],
  dot: ["tl.dot(a, b, acc)", dot],
  dotScaled: ['tl.dotScaled(a, aScale, "e4m3", b, bScale, "e4m3")', dotScaled],
  exp: float("exp", Math.exp),
  exp2: float("exp2", (x) => 2 ** x),
  log: float("log", Math.log),
  log2: float("log2", Math.log2),
  sqrt: float("sqrt", Math.sqrt),
  rsqrt: float("rsqrt", (x) => 1 / Math.sqrt(x)),
  sin: float("sin", Math.sin),
  cos: float("cos", Math.cos),
  floor: rounding("floor"),
  ceil: rounding("ceil"),
  abs: ["tl.abs(x)", (a, t) => {
    a.count(1);
    const x = a.operand(0);
    return x instanceof Value ? t.semantics.elementwise("abs", [x]) : Math.abs(Number(x));
  }],
  minimum: extreme("min"),
  maximum: extreme("max"),
  fma: ["tl.fma(a, b, c)", (a, t) => {
    a.count(3);
    const all = [0, 1, 2].map((i) => a.operand(i));
    if (all.some((x) => x instanceof Value)) return t.semantics.floating("fma", all);
    const [x, y, z] = all.map(Number);
    return x! * y! + z!;
  }],
  sigmoid: ["tl.sigmoid(x)", (a, t) => {
    a.count(1);
    const x = a.operand(0), { semantics } = t;
    if (!(x instanceof Value)) return 1 / (1 + Math.exp(-Number(x)));
    const float = isFloat(dtypeOfNumber(x)) ? x : semantics.cast(x, DTYPES.f32);
    const exp = semantics.floating("exp", [semantics.negate(float)]);
    // Computed in the dtype of x, also where a division of halves would give f32.
    return semantics.builder.value(
      "div",
      semantics.together(dtypeOfNumber(float), [
        1,
        semantics.binary("+", exp, 1),
      ]),
    );
  }],
  cdiv: ["tl.cdiv(count, size)", (a, t) => {
    a.count(2);
    const x = a.operand(0), y = a.operand(1);
    if (!(x instanceof Value) && !(y instanceof Value)) return Math.ceil(Number(x) / Number(y));
    for (const value of [x, y]) {
      const dtype = value instanceof Value ? dtypeOfNumber(value) : defaultDtype(value);
      if (!isInteger(dtype)) {
        throw new Problem(
          `tl.cdiv divides integers, not ${describe(value)}`,
          "For floats write tl.ceil(a / b)",
        );
      }
    }
    return ceilDivide(t, x, y);
  }],
  // Hints of how to compile a loop say nothing here: the launch option numStages is for all loops.
  range: ["tl.range(start, end, step)", (a, t) => {
    const last = a.list.length - 1, hasOptions = isRecord(a.list[last]);
    if (hasOptions) a.options(last, ...LOOP_HINTS);
    const list = hasOptions ? a.list.slice(0, -1) : a.list;
    return new Range(...bounds(new Arguments(t, a.name, list, a.usage)));
  }],
  condition: ["tl.condition(x)", (a) => {
    a.count(1, 2);
    a.options(1, "disableLicm");
    return a.list[0];
  }],
  staticRange: ["tl.staticRange(start, end, step)", (a, t) => {
    a.count(1, 3);
    const [start, end, step] = bounds(a).map((x) => a.asInteger(x, "A bound"));
    const count = Math.max(0, Math.ceil((end! - start!) / step!));
    if (!(count <= MAX_UNROLLED)) {
      throw new Problem(
        `${a.name} would unroll a loop ${count} times, but ${MAX_UNROLLED} is the most`,
        "Write tl.range for a loop at run time",
      );
    }
    return t.own(Array.from({ length: count }, (_, i) => start! + i * step!));
  }],
  staticPrint: ["tl.staticPrint(x)", (a, t) => {
    t.prints.push(a.list.map((x) => staticText(t, x)).join(" "));
  }],
  staticAssert: ["tl.staticAssert(condition, message)", (a) => {
    a.count(1, 2);
    const [condition, message] = a.list;
    if (condition instanceof Value) {
      throw new Problem(
        `tl.staticAssert needs a condition that is known when the kernel is compiled, not ${
          describe(condition)
        }`,
      );
    }
    if (!condition) {
      throw new Problem(
        message === undefined ? "A tl.staticAssert does not hold" : String(message),
      );
    }
  }],
  ...FUNCTION_ENTRIES,
  ...RANDOM_ENTRIES,
  ...ATOMIC_ENTRIES,
  ...BLOCK_ENTRIES,
  ...DEBUG_ENTRIES,
  ...MAP_ENTRIES,
} satisfies Record<keyof Operations, Entry>;

/** The order given to a permutation, as an array or as separate arguments. */
function order(a: Arguments, rest: readonly unknown[]): number[] {
  return rest.length === 1
    ? a.integers(rest[0], "The order")
    : rest.map((axis) => a.asInteger(axis, "The order"));
}

/** A tile of one dimension with another of size 1. */
function vector(a: Arguments, t: Tracer, axis: number): Value {
  a.count(1);
  const x = a.value(0), rank = x.type.shape.length;
  if (rank !== 1) {
    throw new Problem(
      `${a.name} takes a tile of one dimension, not ${describe(x)}`,
      "Write tl.expandDims(x, axis) for other ranks",
    );
  }
  return t.semantics.expandDims(x, axis);
}

/** The functions that kernels call, with what they do. */
export const BUILTINS: ReadonlyMap<unknown, Builtin> = new Map<unknown, Builtin>([
  ...Object.entries(TABLE).map(([name, [usage, run]]): [unknown, Builtin] => [
    tl[name as keyof Operations],
    (t, args) => run(new Arguments(t, `tl.${name}`, args, usage), t),
  ]),
  ...Object.entries(LIBDEVICE_ENTRIES).map(([name, [usage, run]]): [unknown, Builtin] => [
    tl.libdevice[name as keyof LibdeviceFunctions],
    (t, args) => run(new Arguments(t, `tl.libdevice.${name}`, args, usage), t),
  ]),
  // The host's function of the same name means the same.
  [HOST_FUNCTIONS.cdiv, (t, args) => {
    const [usage, run] = TABLE.cdiv;
    return run(new Arguments(t, "cdiv", args, usage), t);
  }],
]);
