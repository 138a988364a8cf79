/** Operations of `tl` that put tiles together, take them apart, and rearrange elements. */

import { DTYPES, isInteger } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { isPointer, sameShape, scalar } from "../ir/type.ts";
import type { Arguments } from "./arguments.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber } from "./promotion.ts";
import { positions } from "./reductions.ts";
import { shapeOf, shapeText } from "./semantics.ts";
import type { Tracer } from "./tracer.ts";
import { describe, type Operand } from "./values.ts";

/** Two values of one shape and dtype, side by side in a new last dimension of size 2. */
export function joined(t: Tracer, a: Operand, b: Operand, what: string): Value {
  const { semantics } = t;
  const shape = semantics.commonShape([a, b].map(shapeOf), () => what);
  const [x, y] = [a, b].map((operand) => {
    const value = semantics.broadcast(semantics.value(operand), shape);
    return semantics.expandDims(value, shape.length);
  });
  const isFirst = semantics.binary("===", positions(t, [2], 0), 0);
  // A number takes the other's dtype, so numbers stay what they are until they are chosen between.
  const [p, q] = [a, b].map((operand, i) => operand instanceof Value ? [x, y][i]! : operand);
  const wide = semantics.broadcast(isFirst, [...shape, 2]);
  return semantics.where(wide, p!, q!);
}

export function join(a: Arguments, t: Tracer): Value {
  a.count(2);
  return joined(t, a.operand(0), a.operand(1), a.name);
}

/** The two halves of a tile whose last dimension is 2. */
function halves(t: Tracer, x: Value): readonly Value[] {
  const { builder, semantics } = t, { shape } = x.type, axis = shape.length - 1;
  const dtype = dtypeOfNumber(x), index = positions(t, shape, axis);
  // Which of two comes first is known by its index, as reductions combine in any order.
  return (["lt", "gt"] as const).map((order) => {
    const types = [x, index, x, index].map((value) => scalar(value.type.element));
    const region = builder.region(types, ([v, i, w, j]) => {
      const wins = builder.value(order, [i!, j!]);
      return [[v!, w!], [i!, j!]].map((pair) => builder.value("select", [wins, ...pair]));
    });
    const { results } = builder.op("reduce", [x, index], {
      attributes: { axis },
      regions: [region],
    });
    return semantics.cast(results[0]!, dtype);
  });
}

export function split(a: Arguments, t: Tracer): unknown {
  a.count(1);
  const x = a.value(0);
  if (x.type.shape.at(-1) !== 2) {
    throw new Problem(
      `tl.split takes apart a tile whose last dimension is 2, not ${describe(x)}`,
      "Reshape it first: tl.split(tl.reshape(x, [N, 2]))",
    );
  }
  return t.own([...halves(t, x)]);
}

export function interleave(a: Arguments, t: Tracer): Value {
  a.count(2);
  const pairs = joined(t, a.operand(0), a.operand(1), a.name), { shape } = pairs.type;
  if (shape.length === 1) return pairs;
  return t.semantics.reshape(pairs, [...shape.slice(0, -2), shape.at(-2)! * 2]);
}

export function cat(a: Arguments, t: Tracer): Value {
  a.count(2, 3);
  const { dim = 0 } = a.options(2, "canReorder", "dim");
  const x = a.value(0), y = a.value(1), { shape } = x.type, rank = shape.length;
  const axis = a.axis(dim, rank), other = y.type.shape;
  if (rank !== other.length || !sameShape(shape.toSpliced(axis, 1), other.toSpliced(axis, 1))) {
    throw new Problem(
      `tl.cat joins tiles that differ along dimension ${axis} alone, not ${describe(x)} and ${
        describe(y)
      }`,
      "Broadcast or reshape one of them first",
    );
  }
  if (!sameShape(shape, other)) return appended(t, x, y, axis);
  const order = shape.map((_, i) => i).toSpliced(axis, 0, rank);
  const pairs = joined(t, x, y, a.name);
  const permuted = t.builder.value("permute", [pairs], { attributes: { order } });
  return t.semantics.reshape(permuted, shape.with(axis, shape[axis]! * 2));
}

/** Two tiles of different lengths one after the other along an axis. */
function appended(t: Tracer, x: Value, y: Value, axis: number): Value {
  const { semantics } = t, n = x.type.shape[axis]!, m = y.type.shape[axis]!;
  const shape = semantics.checkShape(x.type.shape.with(axis, n + m));
  const at = positions(t, shape, axis), after = semantics.binary("-", at, n);
  const first = taken(t, x, semantics.elementwise("min", [at, n - 1]), axis);
  const second = taken(t, y, semantics.elementwise("max", [after, 0]), axis);
  return semantics.where(semantics.binary("<", at, n), first, second);
}

/** Elements of `x` along an axis by an index of the result's shape. */
export function taken(t: Tracer, x: Value, index: Value, axis: number): Value {
  return t.builder.value("gather", [x, index], { attributes: { axis } });
}

export function flip(a: Arguments, t: Tracer): Value {
  a.count(1, 2);
  const x = a.value(0), { shape } = x.type;
  dtypeOfNumber(x);
  const axis = a.axis(a.list[1] ?? -1, shape.length);
  const last = t.semantics.constant(shape[axis]! - 1, DTYPES.i32, shape);
  const index = t.builder.value("sub", [last, positions(t, shape, axis)]);
  return taken(t, x, index, axis);
}

export function gather(a: Arguments, t: Tracer): Value {
  a.count(3);
  const x = a.value(0), index = a.value(1), axis = a.axis(a.list[2], x.type.shape.length);
  dtypeOfNumber(x);
  if (isPointer(index.type.element) || !isInteger(index.type.element)) {
    throw new Problem(
      `tl.gather needs integers as indices, not ${describe(index)}`,
      "Cast them: tl.cast(index, tl.i32)",
    );
  }
  const [p, q] = [x, index].map(({ type }) => type.shape);
  if (p!.length !== q!.length || !sameShape(p!.toSpliced(axis, 1), q!.toSpliced(axis, 1))) {
    throw new Problem(
      `tl.gather along axis ${axis} needs an index of ${
        describe(x)
      }'s shape but for that axis, not ${describe(index)}`,
      `Its shape must be ${shapeText(p!.with(axis, q![axis] ?? 1))}`,
    );
  }
  return taken(t, x, index, axis);
}

/** The shape given as an array, or as separate arguments. */
function shapeFrom(a: Arguments, t: Tracer): readonly number[] {
  const given = Array.isArray(a.list[1])
    ? a.integers(a.list[1], "The shape")
    : a.list.slice(1).map((x) => a.asInteger(x, "The shape"));
  return t.semantics.checkShape(given);
}

export function view(a: Arguments, t: Tracer): Value {
  a.count(2, Infinity);
  const x = a.value(0), shape = shapeFrom(a, t);
  const count = (dims: readonly number[]) => dims.reduce((product, dim) => product * dim, 1);
  if (count(shape) !== count(x.type.shape)) {
    throw new Problem(
      `${describe(x)} has ${count(x.type.shape)} elements and cannot take the shape ${
        shapeText(shape)
      }, which has ${count(shape)}`,
      "To repeat elements write tl.broadcastTo",
    );
  }
  return t.semantics.reshape(x, shape);
}

export function broadcast(a: Arguments, t: Tracer): unknown {
  a.count(2);
  const [x, y] = [a.value(0), a.value(1)];
  const shape = t.semantics.commonShape([x.type.shape, y.type.shape], () => a.name);
  return t.own([x, y].map((value) => t.semantics.broadcast(value, shape)));
}

/** Row-major program indices as those of a grid that is walked in groups of rows. */
export function swizzle2d(a: Arguments, t: Tracer): unknown {
  a.count(5);
  const all = a.list.map((_, n) => a.operand(n));
  for (const x of all) {
    if (x instanceof Value ? !isInteger(dtypeOfNumber(x)) : !Number.isInteger(x)) {
      throw new Problem(`tl.swizzle2d works on integers, not on ${describe(x)}`);
    }
  }
  const { semantics, builder } = t;
  const [i, j, rows, columns, group] = semantics.together(
    semantics.promoted(all),
    all,
    () => a.name,
  ) as [Value, Value, Value, Value, Value];
  const of = (name: "add" | "sub" | "mul" | "idiv" | "rem" | "min", p: Value, q: Value) =>
    builder.value(name, [p, q]);
  const place = of("add", of("mul", i, columns), j), span = of("mul", group, columns);
  const first = of("mul", of("idiv", place, span), group);
  // The last group may have fewer rows.
  const height = of("min", of("sub", rows, first), group), within = of("rem", place, span);
  return t.own([of("add", first, of("rem", within, height)), of("idiv", within, height)]);
}
