/** `tl.sum`, `tl.max`, `tl.min` and `tl.reduce`. */

import { type DType, DTYPES, isFloat } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { scalar, size } from "../ir/type.ts";
import type { Arguments } from "./arguments.ts";
import { elementOf } from "../language/dtypes.ts";
import { elements } from "./members.ts";
import { Problem } from "./problem.ts";
import { checkComputable, dtypeOfNumber } from "./promotion.ts";
import type { Tracer } from "./tracer.ts";
import { describe, isOperand } from "./values.ts";

/** Combines two lists of scalars, one of each tile. */
export type Combine = (a: readonly Value[], b: readonly Value[]) => readonly Value[];

/** Narrow numbers are combined in 32 bits, so that neither the order nor the count costs precision. */
export function wideOf(dtype: DType): DType {
  checkComputable(dtype);
  if (dtype.bits >= 32) return dtype;
  return isFloat(dtype) ? DTYPES.f32 : dtype.kind === "int" ? DTYPES.i32 : DTYPES.u32;
}

/** What a sum is computed in, and what it is in the end: the dtype that is asked for, if any. */
export function sumDtypes(dtype: DType, asked: unknown, name: string): [DType, DType] {
  if (asked !== undefined) {
    const wanted = elementOf(asked);
    if (!wanted) throw new Problem(`${name} has no dtype ${describe(asked)}`, "Write tl.f32");
    return [wideOf(wanted), wanted];
  }
  const wide = wideOf(dtype);
  return [wide, isFloat(dtype) ? dtype : wide];
}

export function sum(a: Arguments, t: Tracer): Value {
  a.count(1, 3);
  const { keepDims, dtype } = a.options(2, "keepDims", "dtype");
  const x = a.value(0), [wide, result] = sumDtypes(dtypeOfNumber(x), dtype, a.name);
  const total = along(a, t, [t.semantics.cast(x, wide)], a.list[1], keepDims, ([p], [q]) => [
    t.builder.value("add", [p!, q!]),
  ])[0]!;
  return t.semantics.cast(total, result);
}

/** The bits of integers along an axis, combined by exclusive or, or by or. */
export function bitwise(a: Arguments, t: Tracer, name: "xor" | "or"): Value {
  a.count(1, 3);
  const x = a.value(0);
  if (isFloat(dtypeOfNumber(x))) {
    throw new Problem(
      `${a.name} works on integers, not on ${describe(x)}`,
      "Cast to an integer first: tl.cast(x, tl.i32)",
    );
  }
  const { keepDims } = a.options(2, "keepDims");
  return along(a, t, [x], a.list[1], keepDims, ([p], [q]) => [
    t.builder.value(name, [p!, q!]),
  ])[0]!;
}

function checkAxis(a: Arguments, name: "min" | "max"): void {
  if (typeof a.list[1] !== "number" && isOperand(a.list[1])) {
    throw new Problem(
      `${a.name} reduces a tile along an axis, but got ${describe(a.list[1])} for the axis`,
      `For the ${name === "max" ? "larger" : "smaller"} of two write tl.${name}imum(a, b)`,
    );
  }
}

/** The dtype of an extreme: that of 32 bits whose kind is the element's, signed also for u8 and u16. */
function extremumDtype(dtype: DType): DType {
  return !isFloat(dtype) && dtype.bits < 32 ? DTYPES.i32 : wideOf(dtype);
}

export function extremum(a: Arguments, t: Tracer, name: "min" | "max"): unknown {
  a.count(1, 3);
  checkAxis(a, name);
  const { keepDims, returnIndices } = a.options(
    2,
    "keepDims",
    "returnIndices",
    "returnIndicesTieBreakLeft",
  );
  const x = a.value(0);
  if (returnIndices) return t.own([...extremumWithIndex(a, t, name, keepDims)]);
  const wide = extremumDtype(dtypeOfNumber(x));
  return along(a, t, [t.semantics.cast(x, wide)], a.list[1], keepDims, ([p], [q]) => [
    t.builder.value(name, [p!, q!]),
  ])[0]!;
}

/** The index of the smallest or largest element. */
export function extremumIndex(a: Arguments, t: Tracer, name: "min" | "max"): Value {
  a.count(1, 3);
  checkAxis(a, name);
  const { keepDims } = a.options(2, "keepDims", "tieBreakLeft");
  return extremumWithIndex(a, t, name, keepDims)[1]!;
}

/**
 * The smallest or largest element, and its index. Among equals the first wins, which is also one of
 * those that may win when it does not matter. A NaN loses against any number; of NaNs the last wins.
 */
function extremumWithIndex(
  a: Arguments,
  t: Tracer,
  name: "min" | "max",
  keepDims: unknown,
): readonly Value[] {
  const x = a.value(0), { builder, semantics } = t, { shape } = x.type;
  const dtype = dtypeOfNumber(x),
    operand = dtype === DTYPES.bool ? semantics.cast(x, DTYPES.i32) : x;
  checkTile(a, x);
  const index = a.list[1] === undefined || a.list[1] === null
    ? semantics.reshape(positions(t, [size(x.type)], 0), shape)
    : positions(t, shape, a.axis(a.list[1], shape.length));
  const results = along(a, t, [operand, index], a.list[1], keepDims, ([v, i], [w, j]) => {
    const both = (p: Value, q: Value) => builder.value("and", [p, q]);
    const either = (p: Value, q: Value) => builder.value("or", [p, q]);
    const beyond = builder.value(name === "max" ? "gt" : "lt", [v!, w!]);
    const first = builder.value("lt", [i!, j!]);
    let wins = either(beyond, both(builder.value("eq", [v!, w!]), first));
    if (isFloat(dtype)) {
      const [p, q] = [v!, w!].map((y) => builder.value("ne", [y, y]));
      const fewerNaNs = both(q!, builder.value("not", [p!]));
      const later = both(both(p!, q!), builder.value("not", [first]));
      wins = either(wins, either(fewerNaNs, later));
    }
    return [[v!, w!], [i!, j!]].map(([p, q]) => builder.value("select", [wins, p!, q!]));
  });
  return [semantics.cast(results[0]!, dtype), results[1]!];
}

/** For each element of a shape its index along an axis. */
export function positions(t: Tracer, shape: readonly number[], axis: number): Value {
  let index = t.builder.value("arange", [], { attributes: { start: 0, end: shape[axis]! } });
  shape.forEach((_, dim) => {
    if (dim !== axis) index = t.semantics.expandDims(index, dim);
  });
  return t.semantics.broadcast(index, shape);
}

/** Throws unless `x` is a tile. */
export function checkTile(a: Arguments, x: Value): void {
  if (x.type.shape.length > 0) return;
  throw new Problem(
    `${a.name} reduces a tile, but got ${describe(x)}, a scalar`,
    a.name === "tl.max" || a.name === "tl.min"
      ? `For the extreme of two write ${a.name}imum(a, b)`
      : undefined,
  );
}

export function reduce(a: Arguments, t: Tracer): unknown {
  a.count(3, 4);
  const [given, axis, fn] = a.list;
  const several = Array.isArray(given);
  const tiles = (several ? elements(t, given) : [given]).map((x) =>
    t.semantics.value(a.asOperand(x, "what to reduce"))
  );
  const shape = t.semantics.commonShape(tiles.map((x) => x.type.shape), () => a.name);
  const xs = tiles.map((x) => t.semantics.broadcast(x, shape));
  const { keepDims } = a.options(3, "keepDims");
  const results = along(a, t, xs, axis, keepDims, combineOf(a, t, fn, xs, several));
  return several ? t.own([...results]) : results[0];
}

/** A function of the kernel as what combines scalars of these tiles. */
export function combineOf(
  a: Arguments,
  t: Tracer,
  fn: unknown,
  xs: readonly Value[],
  several: boolean,
): Combine {
  const { site } = t;
  return (p, q) => {
    const result = t.call(fn, [...p, ...q]);
    t.at(site);
    const list = several && Array.isArray(result) ? elements(t, result) : [result];
    if (list.length !== xs.length || several !== Array.isArray(result)) {
      throw new Problem(
        `The combine function of ${a.name} returned ${describe(result)} for ${
          several ? `${xs.length} tiles` : "one tile"
        }`,
        several ? "Return an array with a scalar for each" : "Return a scalar",
      );
    }
    return list.map((x, i) => {
      const dtype = dtypeOfNumber(xs[i]!);
      const value = isOperand(x)
        ? x instanceof Value ? x : t.semantics.constant(x, dtype)
        : undefined;
      if (value?.type.element === dtype && value.type.shape.length === 0) return value;
      throw new Problem(
        `The combine function of ${a.name} returned ${
          describe(x)
        }, but must return ${dtype.name}, what it is given`,
        x === undefined
          ? "A function in braces needs a 'return'; (a, b) => a + b returns by itself"
          : `Cast the tile before: ${a.name}(x.to(tl.f32), …)`,
      );
    });
  };
}

/** Reduces tiles of one shape along an axis, or all of it. */
export function along(
  a: Arguments,
  t: Tracer,
  xs: readonly Value[],
  given: unknown,
  keepDims: unknown,
  combine: Combine,
): readonly Value[] {
  const { semantics, builder } = t;
  const { shape } = xs[0]!.type;
  const all = given === undefined || given === null;
  checkTile(a, xs[0]!);
  const axis = all ? 0 : a.axis(given, shape.length);
  const operands = all ? xs.map((x) => semantics.reshape(x, [size(x.type)])) : xs;
  const elementTypes = [...xs, ...xs].map((x) => scalar(x.type.element));
  const region = builder.region(
    elementTypes,
    (params) => combine(params.slice(0, xs.length), params.slice(xs.length)),
  );
  const results =
    builder.op("reduce", operands, { attributes: { axis }, regions: [region] }).results;
  if (!keepDims) return results;
  const kept = shape.map((dim, i) => all || i === axis ? 1 : dim);
  return results.map((x) => semantics.reshape(x, kept));
}
