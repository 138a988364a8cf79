/** `tl.sum`, `tl.max`, `tl.min` and `tl.reduce`. */

import { type DType, DTYPES, isFloat } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { scalar, size } from "../ir/type.ts";
import type { Arguments } from "./arguments.ts";
import { elements } from "./members.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber } from "./promotion.ts";
import type { Tracer } from "./tracer.ts";
import { describe, isOperand } from "./values.ts";

/** Combines two lists of scalars, one of each tile. */
type Combine = (a: readonly Value[], b: readonly Value[]) => readonly Value[];

export function sum(a: Arguments, t: Tracer): Value {
  a.count(1, 3);
  const x = a.value(0), dtype = dtypeOfNumber(x);
  // Halves are summed in f32, so that neither the order nor the count costs precision.
  const wide = dtype === DTYPES.f16 ? DTYPES.f32 : dtype === DTYPES.bool ? DTYPES.i32 : dtype;
  const total = along(a, t, [t.semantics.cast(x, wide)], a.list[1], 2, ([p], [q]) => [
    t.builder.value("add", [p!, q!]),
  ])[0]!;
  return t.semantics.cast(total, dtype === DTYPES.bool ? wide : dtype);
}

export function extremum(a: Arguments, t: Tracer, name: "min" | "max"): Value {
  a.count(1, 3);
  const x = a.value(0), dtype = dtypeOfNumber(x);
  if (typeof a.list[1] !== "number" && isOperand(a.list[1])) {
    throw new Problem(
      `${a.name} reduces a tile along an axis, but got ${describe(a.list[1])} for the axis`,
      `For the ${name === "max" ? "larger" : "smaller"} of two write tl.${name}imum(a, b)`,
    );
  }
  const wide: DType = isFloat(dtype) ? DTYPES.f32 : dtype === DTYPES.bool ? DTYPES.i32 : dtype;
  return along(a, t, [t.semantics.cast(x, wide)], a.list[1], 2, ([p], [q]) => [
    t.builder.value(name, [p!, q!]),
  ])[0]!;
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
  const { site } = t;
  const results = along(a, t, xs, axis, 3, (p, q) => {
    const result = t.call(fn, [...p, ...q]);
    t.at(site);
    const list = several && Array.isArray(result) ? elements(t, result) : [result];
    if (list.length !== xs.length || several !== Array.isArray(result)) {
      throw new Problem(
        `The combine function of tl.reduce returned ${describe(result)} for ${
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
        `The combine function of tl.reduce returned ${
          describe(x)
        }, but must return ${dtype.name}, what it is given`,
        `Cast the tile before: tl.reduce(x.to(tl.f32), …)`,
      );
    });
  });
  return several ? t.own([...results]) : results[0];
}

/** Reduces tiles of one shape along an axis, or all of it. */
function along(
  a: Arguments,
  t: Tracer,
  xs: readonly Value[],
  given: unknown,
  optionsAt: number,
  combine: Combine,
): readonly Value[] {
  const keepDims = Boolean(a.options(optionsAt, "keepDims").keepDims);
  const { semantics, builder } = t;
  const { shape } = xs[0]!.type;
  const all = given === undefined || given === null;
  if (shape.length === 0) {
    throw new Problem(
      `${a.name} reduces a tile, but got ${describe(xs[0])}, a scalar`,
      a.name === "tl.max" || a.name === "tl.min"
        ? `For the extreme of two write ${a.name}imum(a, b)`
        : undefined,
    );
  }
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
