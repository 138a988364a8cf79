/**
 * The tile graph: a kernel as values computed by operations, in SSA form with structured regions.
 *
 * Everything here is immutable once made. A pass does not change a graph: it builds another one
 * (`lib/passes/rewrite.ts`). There are no terminator operations: what a region hands back to the
 * operation that owns it is its `yields`.
 *
 * | operation | regions, and what they take and yield |
 * |---|---|
 * | `for(start, end, step, ...inits)` | body(i, ...carried) yields the next carried values |
 * | `while(...inits)` | condition(...carried) yields a bool and nothing else; body(...carried) yields the next carried values |
 * | `if(condition)` | then() and else() yield the results |
 * | `reduce(...xs)` | combine(...a, ...b) on scalars yields as many values as there are xs |
 *
 * A region may use every value that is defined before the operation that owns it.
 */

import type { Numeric } from "./dtype.ts";
import type { OpName } from "./ops.ts";
import type { Type } from "./type.ts";

/** Where in the kernel's source text something stands: 1-based line, 0-based column. */
export interface Location {
  /** The name of the function whose text the line counts in. */
  readonly function: string;
  /** The function's whole text, as `Function.prototype.toString()` gave it. */
  readonly source: string;
  readonly line: number;
  readonly column: number;
  /** The column just past the expression when it ends on the same line. */
  readonly endColumn?: number;
  /** Where the function was called from, when it was inlined into another. */
  readonly caller?: Location | undefined;
}

/** What an attribute may hold; numbers include NaN, infinities and -0, bigints are of 64-bit integers. */
export type Attribute = number | bigint | string | boolean | readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

/** One SSA value: a result of an operation, a region's parameter or a kernel's parameter. */
export class Value {
  /** The operation that computes this value; undefined for a parameter. */
  def: Op | undefined;

  /** @param hint The name that the kernel's author gave it, for readable output; need not be unique. */
  constructor(readonly type: Type, public hint?: string | undefined) {}
}

/** One operation. Its meaning is the row `OPS[name]` of the op table. */
export class Op {
  readonly results: readonly Value[];

  constructor(
    readonly name: OpName,
    readonly operands: readonly Value[],
    readonly attributes: Attributes,
    readonly regions: readonly Region[],
    resultTypes: readonly Type[],
    readonly location: Location | undefined,
  ) {
    this.results = resultTypes.map((type) => {
      const value = new Value(type);
      value.def = this;
      return value;
    });
  }

  /** The only result. */
  get result(): Value {
    if (this.results.length !== 1) {
      throw new Error(`Operation ${this.name} has ${this.results.length} results, not one`);
    }
    return this.results[0]!;
  }

  /** Operand `i`, which must be there. */
  operand(i: number): Value {
    const value = this.operands[i];
    if (!value) throw new Error(`Operation ${this.name} has no operand ${i}`);
    return value;
  }

  /** Region `i`, which must be there. */
  region(i: number): Region {
    const region = this.regions[i];
    if (!region) throw new Error(`Operation ${this.name} has no region ${i}`);
    return region;
  }

  /** The attribute `name`, which must be a number. */
  number(name: string): number {
    const attribute = this.attributes[name];
    if (typeof attribute !== "number") {
      throw new Error(`Operation ${this.name} has no number '${name}'`);
    }
    return attribute;
  }

  /** What a constant is, an element of its dtype. */
  get value(): Numeric {
    const attribute = this.attributes["value"];
    if (typeof attribute !== "number" && typeof attribute !== "bigint") {
      throw new Error(`Operation ${this.name} has no value`);
    }
    return attribute;
  }

  /** The attribute `name`, which must be a list of numbers. */
  numbers(name: string): readonly number[] {
    const attribute = this.attributes[name];
    if (!Array.isArray(attribute)) {
      throw new Error(`Operation ${this.name} has no list '${name}'`);
    }
    return attribute as readonly number[];
  }
}

/** A straight sequence of operations with parameters and the values it yields. */
export class Region {
  constructor(
    readonly params: readonly Value[],
    readonly ops: readonly Op[],
    readonly yields: readonly Value[],
  ) {}
}

/** A parameter of the kernel: a pointer (of type `ptr<name:dtype>`) or a scalar. */
export interface Param {
  readonly name: string;
  readonly value: Value;
  /** A power of two that the scalar, or the pointer's offset in bytes, is known to be divisible by. */
  readonly divisibility: number;
}

/** A name for a parameter that the kernel's author does not see, beside all those that there are. */
export function hiddenName(name: string, names: readonly string[]): string {
  let hidden = name;
  while (names.includes(hidden)) hidden += "_";
  return hidden;
}

/** A whole kernel. */
export class Graph {
  constructor(
    readonly name: string,
    readonly params: readonly Param[],
    /** Takes no parameters and yields nothing. */
    readonly body: Region,
  ) {}
}

/** Calls `visit` on every operation of a region, outer ones before those inside them. */
export function walk(region: Region, visit: (op: Op) => void): void {
  for (const op of region.ops) {
    visit(op);
    for (const inner of op.regions) walk(inner, visit);
  }
}
