/**
 * Builds graphs: appends operations with their types inferred from the op table, and nests regions.
 */

import { type DType, elementOf, isWide, type Numeric } from "./dtype.ts";
import { type Attributes, type Location, Op, Region, Value } from "./graph.ts";
import { type OpName, OPS } from "./ops.ts";
import type { Type } from "./type.ts";

/** What may be said of an operation besides its operands. */
export interface OpOptions {
  readonly attributes?: Attributes;
  readonly regions?: readonly Region[];
  readonly location?: Location | undefined;
  /** Result types to use in place of the inferred ones: the same with layouts. */
  readonly types?: readonly Type[];
}

export class Builder {
  #ops: Op[] = [];

  /** Where operations come from when `options` do not say; set by whoever walks the source. */
  location: Location | undefined;

  /** Appends an operation. Throws what its type rule throws. */
  op(name: OpName, operands: readonly Value[], options: OpOptions = {}): Op {
    const attributes = options.attributes ?? {}, regions = options.regions ?? [];
    const types = options.types ??
      OPS[name].infer({ operands: operands.map((value) => value.type), attributes, regions });
    const op = new Op(
      name,
      operands,
      attributes,
      regions,
      types,
      options.location ?? this.location,
    );
    this.#ops.push(op);
    return op;
  }

  /** Appends an operation with one result and returns that. */
  value(name: OpName, operands: readonly Value[], options?: OpOptions): Value {
    return this.op(name, operands, options).result;
  }

  /** A constant scalar, or a tile of equal elements when a shape is given. */
  constant(x: Numeric, dtype: DType, shape: readonly number[] = []): Value {
    const value = isWide(dtype) ? elementOf(dtype, x) : Number(x);
    return this.value("constant", [], { attributes: { value, dtype: dtype.name, shape } });
  }

  /** Appends the operations of a region without parameters that no operation owns. */
  inline(region: Region): void {
    this.#ops.push(...region.ops);
  }

  /**
   * A region with parameters of the given types. `body` appends its operations to this builder and
   * returns the yields; afterwards appending goes on where it was. When `body` throws, nothing of it stays.
   */
  region(
    types: readonly Type[],
    body: (params: readonly Value[]) => readonly Value[],
    hints: readonly (string | undefined)[] = [],
  ): Region {
    const params = types.map((type, i) => new Value(type, hints[i]));
    const outer = this.#ops;
    const inner: Op[] = this.#ops = [];
    try {
      const yields = body(params);
      return new Region(params, inner, yields);
    } finally {
      this.#ops = outer;
    }
  }
}
