/** A builder with the few words that kernels are made of, for tests of passes. */

import { Builder } from "../../lib/ir/builder.ts";
import { type DType, i32 } from "../../lib/ir/dtype.ts";
import { Graph, Value } from "../../lib/ir/graph.ts";
import type { OpName } from "../../lib/ir/ops.ts";
import { scalar } from "../../lib/ir/type.ts";

/**
 * A kernel with parameters that are all divisible by 16, as those of aligned tensors are: pointers
 * to a dtype, or `"int"` for an i32.
 */
export function kernel<P extends Record<string, DType | "int">>(
  params: P,
  body: (k: KernelBuilder, values: { [name in keyof P]: Value }) => void,
): Graph {
  const list = Object.entries(params).map(([name, spec]) => ({
    name,
    value: new Value(scalar(spec === "int" ? i32 : { pointee: spec, base: name }), name),
    divisibility: 16,
  }));
  const values = Object.fromEntries(list.map(({ name, value }) => [name, value]));
  const k = new KernelBuilder();
  const region = k.region([], () => {
    body(k, values as { [name in keyof P]: Value });
    return [];
  });
  return new Graph("kernel", list, region);
}

export class KernelBuilder extends Builder {
  /** An operation without attributes. */
  do(name: OpName, ...operands: Value[]): Value {
    return this.value(name, operands);
  }

  int(value: number, ...shape: number[]): Value {
    return this.constant(value, i32, shape);
  }

  range(end: number): Value {
    return this.value("arange", [], { attributes: { start: 0, end } });
  }

  splat(x: Value, ...shape: number[]): Value {
    return this.value("splat", [x], { attributes: { shape } });
  }

  /** `x[:, None]` for axis 1, `x[None, :]` for axis 0. */
  expand(x: Value, axis: number): Value {
    return this.value("expand_dims", [x], { attributes: { axis } });
  }

  broadcast(x: Value, ...shape: number[]): Value {
    return this.value("broadcast", [x], { attributes: { shape } });
  }

  /** The value of each row or column, repeated along an axis of a shape. */
  along(x: Value, axis: number, ...shape: number[]): Value {
    return this.broadcast(this.expand(x, axis), ...shape);
  }

  reduce(name: "add" | "max", x: Value, axis: number): Value {
    const element = scalar(x.type.element);
    const combine = this.region([element, element], (params) => [this.value(name, params)]);
    return this.value("reduce", [x], { attributes: { axis }, regions: [combine] });
  }

  /** `base + range(n)` */
  pointers(base: Value, n: number): Value {
    return this.do("ptr_add", this.splat(base, n), this.range(n));
  }

  /** `base + range(M)[:, None] * stride + range(N)[None, :]` */
  grid(base: Value, M: number, N: number, stride: Value): Value {
    const rows = this.do("mul", this.expand(this.range(M), 1), this.splat(stride, M, 1));
    const first = this.do("ptr_add", this.splat(base, M, 1), rows);
    return this.do("ptr_add", this.broadcast(first, M, N), this.along(this.range(N), 0, M, N));
  }
}
