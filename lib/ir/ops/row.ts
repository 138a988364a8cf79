/**
 * What a row of the op table says, and the type rules that many rows share.
 */

import type { DType, Numeric, NumericFunction } from "../dtype.ts";
import type { Attributes, Region } from "../graph.ts";
import type { Native } from "../native.ts";
import { isPointer, sameElement, sameShape, type Type, typeText, withElement } from "../type.ts";

/** How an attribute is written in the text form and checked by the verifier. */
export type AttributeKind = "number" | "number?" | "numbers" | "string" | "boolean" | "boolean?";

/**
 * - `commutative`: the first two operands may be swapped
 * - `cheap`: recomputing costs less than moving the value between invocations
 * - `closed`: the result in registers is a number of its dtype, however narrow: not to be rounded or wrapped
 * - `reads` / `writes`: touches global memory, so order matters
 */
export type Trait = "commutative" | "cheap" | "closed" | "reads" | "writes";

/** What a type rule sees of an operation that is about to be made. */
export interface Inference {
  readonly operands: readonly Type[];
  readonly attributes: Attributes;
  readonly regions: readonly Region[];
}

/** The facts about one operation. */
export interface Row {
  /** What it computes, in a sentence or two. */
  readonly doc: string;
  /** Operand names in order. `mask?` may be left out together with all that follow; `...xs` stands for any number. */
  readonly operands: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeKind>>;
  /** Region names in order. */
  readonly regions?: readonly string[];
  readonly traits?: readonly Trait[];
  /** The types of the results; throws an `Error` that says what does not fit. */
  readonly infer: (op: Inference) => readonly Type[];
}

/** The dtypes at one use of an elementwise operation. A pointer counts as the i32 of its offset. */
export interface Dtypes {
  readonly operands: readonly DType[];
  readonly result: DType;
  readonly attributes: Attributes;
}

/** Where WGSL for an elementwise operation is emitted. */
export interface WgslSite extends Dtypes {
  /** Elements that one value holds: 1 for a WGSL scalar, 2 or 4 for a vector. */
  readonly width: number;
  /** What the device that the text is for computes with. */
  readonly native: Native;
  /** The same place for single elements. */
  readonly single: WgslSite;
  /** The WGSL type that holds `width` elements of a dtype: `f32`, `vec4<f32>`; of u8 it is `u32`. */
  type(dtype: DType): string;
  /** A literal of `width` equal elements. */
  literal(value: Numeric, dtype: DType): string;
  /** Declares a helper function once per module and width; `source` gets its full name. Returns that name. */
  helper(name: string, source: (name: string) => string): string;
  /** Declares functions by their names, each once per module. */
  declare(sources: ReadonlyMap<string, string>): void;
}

/** A row of an operation that computes each element of its result from the same element of its operands. */
export interface ElementwiseRow extends Row {
  /**
   * The CPU evaluation of one element. Numbers in and out are exact values of their dtypes (bool as
   * 0 and 1, 64-bit integers as bigints), save that the caller rounds or wraps what is returned to
   * the result's dtype. A function for bigints is never one for numbers too: engines compile a
   * function for what it has met.
   */
  readonly evaluate: (dtypes: Dtypes) => NumericFunction;
  /**
   * WGSL for it, in the dtypes' register types: unless the row is `closed`, the result is rounded or
   * wrapped to its dtype afterwards. Each argument is an expression that needs no further
   * parentheses; so must be the result, or a call.
   */
  readonly wgsl: (args: readonly string[], site: WgslSite) => string;
}

export function isElementwise(row: Row): row is ElementwiseRow {
  return "evaluate" in row;
}

/** Throws unless `condition` holds. */
export function expect(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Error(message());
}

/** Operand `i` of an operation whose operands were counted before. */
export function at<T>(list: readonly T[], i: number): T {
  const item = list[i];
  if (item === undefined) throw new Error(`There is no operand ${i}`);
  return item;
}

/** The common type of operands that must all have one; throws otherwise. */
export function common(operands: readonly Type[]): Type {
  const first = at(operands, 0);
  for (const other of operands) {
    expect(
      sameShape(first.shape, other.shape) && sameElement(first.element, other.element),
      () => `Operands differ: ${operands.map((type) => typeText(type)).join(" and ")}`,
    );
  }
  return first;
}

/** Throws unless all operands have the same shape. */
export function commonShape(operands: readonly Type[]): void {
  const first = at(operands, 0);
  for (const other of operands) {
    expect(
      sameShape(first.shape, other.shape),
      () => `Shapes differ: ${operands.map((type) => typeText(type)).join(" and ")}`,
    );
  }
}

/** The dtype of a type that must not be of pointers. */
export function numeric(type: Type): DType {
  const { element } = type;
  expect(!isPointer(element), () => `${typeText(type)} holds pointers, not numbers`);
  return element;
}

/** A type rule: all operands have one type, whose kind is among `kinds`, and so has the result. */
export function sameAs(...kinds: readonly DType["kind"][]): Row["infer"] {
  return ({ operands }) => {
    const type = common(operands);
    const { kind } = numeric(type);
    expect(
      kinds.includes(kind),
      () => `${typeText(type)} is ${kind}, but ${kinds.join(" or ")} is needed`,
    );
    return [type];
  };
}

/** A type rule: all operands have one type, and the result holds `element` in their shape. */
export function sameShaped(element: DType, ...kinds: readonly DType["kind"][]): Row["infer"] {
  const rule = sameAs(...kinds);
  return (op) => rule(op).map((type) => withElement(type, element));
}

/** A call of a WGSL function. */
export function call(name: string, args: readonly string[]): string {
  // `f(a < b, c > d)` would be a call with one argument, the template a<b, c>(d).
  const plain = args.join().replace(/\b\w+<\w+>/g, "");
  const template = args.length > 1 && /<.*>/.test(plain);
  return `${name}(${args.map((arg) => template ? arg : withoutParentheses(arg)).join(", ")})`;
}

/** The text inside the parentheses that enclose all of it, if any do. */
export function withoutParentheses(text: string): string {
  if (!text.startsWith("(") || !text.endsWith(")")) return text;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")" && --depth === 0 && i < text.length - 1) return text;
  }
  return text.slice(1, -1);
}
