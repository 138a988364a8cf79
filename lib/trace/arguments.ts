/** Checks of what is passed to the operations of `tl`. */

import type { DType } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { elementOf } from "../language/dtypes.ts";
import { elements, meantDtype, properties, suggestion } from "./members.ts";
import { Problem } from "./problem.ts";
import type { Tracer } from "./tracer.ts";
import { describe, isOperand, type Operand } from "./values.ts";

/** How an operation is called, and what it does. */
export type Entry = readonly [usage: string, run: (a: Arguments, t: Tracer) => unknown];

/** The arguments of one call. */
export class Arguments {
  constructor(
    readonly t: Tracer,
    /** What is called: `tl.load`. */
    readonly name: string,
    readonly list: readonly unknown[],
    /** How it is called, for messages: `tl.load(pointer, { mask, other })`. */
    readonly usage: string,
  ) {}

  /** Throws unless there are this many. */
  count(min: number, max = min): void {
    const { length } = this.list;
    if (length >= min && length <= max) return;
    const wanted = min === max
      ? `${min}`
      : max === Infinity
      ? `at least ${min}`
      : `${min} to ${max}`;
    throw new Problem(
      `${this.name} takes ${wanted} argument${wanted === "1" ? "" : "s"}, not ${length}`,
      `Write ${this.usage}`,
    );
  }

  /** A tile, scalar or compile-time number. */
  operand(i: number): Operand {
    return this.asOperand(this.list[i], `argument ${i + 1}`);
  }

  asOperand(x: unknown, what: string): Operand {
    if (isOperand(x)) return x;
    throw new Problem(
      `${this.name} needs a tile or a number as ${what}, not ${describe(x)}`,
      `Write ${this.usage}`,
    );
  }

  /** The same as a value of the graph. */
  value(i: number): Value {
    return this.t.semantics.value(this.operand(i));
  }

  /** A compile-time integer. */
  integer(i: number, what: string): number {
    return this.asInteger(this.list[i], what);
  }

  asInteger(x: unknown, what: string): number {
    if (typeof x === "number" && Number.isInteger(x)) return x;
    throw new Problem(
      `${what} of ${this.name} must be a compile-time integer, not ${describe(x)}${
        x instanceof Value ? ", which is known only at run time" : ""
      }`,
      x instanceof Value
        ? `Make it a constant of the kernel: the last parameter, as in { BLOCK = 1024 }`
        : typeof x === "number"
        ? undefined
        : `Write ${this.usage}`,
    );
  }

  /** A list of compile-time integers. */
  integers(x: unknown, what: string): number[] {
    if (typeof x === "number") return [this.asInteger(x, what)];
    if (!Array.isArray(x)) {
      throw new Problem(
        `${what} of ${this.name} must be an array of compile-time integers, not ${describe(x)}`,
        `Write ${this.usage}`,
      );
    }
    return elements(this.t, x).map((item) => this.asInteger(item, what));
  }

  shape(i: number): readonly number[] {
    return this.t.semantics.checkShape(this.integers(this.list[i], "The shape"));
  }

  dtype(i: number): DType {
    return this.asDtype(this.list[i], `argument ${i + 1}`);
  }

  asDtype(x: unknown, what: string): DType {
    const dtype = elementOf(x);
    if (dtype) return dtype;
    throw new Problem(
      `${this.name} needs a dtype as ${what}, not ${describe(x)}`,
      (typeof x === "string" ? meantDtype(x) : undefined) ?? `Write ${this.usage}`,
    );
  }

  /** An axis of a rank, counted from the end when negative. */
  axis(x: unknown, rank: number): number {
    const axis = this.asInteger(x, "The axis");
    if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
    throw new Problem(
      `${this.name} was given axis ${axis}, but the tile has ${rank} dimension${
        rank === 1 ? "" : "s"
      }`,
      rank === 0 ? "A scalar has no axes" : `Axes go from 0 to ${rank - 1}`,
    );
  }

  /** The options object at the end, with the properties that it may have. */
  options<K extends string>(i: number, ...known: K[]): Partial<Record<K, unknown>> {
    const given = this.list[i];
    if (given === undefined) return {};
    if (
      typeof given !== "object" || given === null || given instanceof Value || Array.isArray(given)
    ) {
      throw new Problem(
        `${this.name} takes ${
          known.length < 4 ? known.join(" and ") : "options"
        } in an object as argument ${i + 1}, not ${describe(given)}`,
        `Write ${this.usage}`,
      );
    }
    const options = properties(this.t, given);
    for (const name of Object.keys(options)) {
      if (known.includes(name as K)) continue;
      throw new Problem(
        `${this.name} has no option '${name}'`,
        suggestion(name, known) ?? `Its options are ${known.join(", ")}`,
      );
    }
    return options as Partial<Record<K, unknown>>;
  }
}
