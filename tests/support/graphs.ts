/** Builds small graphs by hand, for tests of what works on graphs alone. */

import { Builder } from "../../lib/ir/builder.ts";
import type { DType } from "../../lib/ir/dtype.ts";
import { Graph, type Param, Value } from "../../lib/ir/graph.ts";
import { type Pointer, scalar } from "../../lib/ir/type.ts";

/** What a kernel's parameter is: a scalar of a dtype, or a pointer (`[f32]`) to one. */
export type ParamSpec = DType | readonly [DType];

/** A graph with the given parameters, whose body appends its operations to `b`. */
export function graphOf<P extends Record<string, ParamSpec>>(
  params: P,
  body: (b: Builder, params: { [name in keyof P]: Value }) => void,
  name = "kernel",
): Graph {
  const list: Param[] = Object.entries(params).map(([base, spec]) => {
    const element: DType | Pointer = "name" in spec ? spec : { pointee: spec[0], base };
    return { name: base, value: new Value(scalar(element), base), divisibility: 1 };
  });
  const values = Object.fromEntries(list.map((param) => [param.name, param.value]));
  const b = new Builder();
  const region = b.region([], () => {
    body(b, values as { [name in keyof P]: Value });
    return [];
  });
  return new Graph(name, list, region);
}

/** The pointers base + 0, base + 1, … in row-major order for a tile of the given shape. */
export function pointers(b: Builder, base: Value, shape: readonly number[]): Value {
  if (shape.length === 0) return base;
  const end = shape.reduce((product, dim) => product * dim, 1);
  const flat = b.value("ptr_add", [
    b.value("splat", [base], { attributes: { shape: [end] } }),
    b.value("arange", [], { attributes: { start: 0, end } }),
  ]);
  return b.value("reshape", [flat], { attributes: { shape } });
}

/** The tile of the given shape whose elements stand at `base` in row-major order. */
export function loadTile(b: Builder, base: Value, shape: readonly number[]): Value {
  return b.value("load", [pointers(b, base, shape)]);
}

/** Stores a tile at `base` in row-major order. */
export function storeTile(b: Builder, base: Value, value: Value): void {
  b.op("store", [pointers(b, base, value.type.shape), value]);
}
