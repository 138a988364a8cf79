/**
 * What an expression of a kernel may evaluate to: a `Value` of the graph, known at run time, or
 * anything else, known while tracing (a number, an array, a function, …), with the few kinds that
 * only the tracer makes.
 */

import { type DType, DTYPES, exactRange, isFloat, type Numeric } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { isPointer, type Pointer, type Type, typeText } from "../ir/type.ts";
import { elementOf } from "../language/dtypes.ts";
import { Problem } from "./problem.ts";
import type { Environment } from "./environment.ts";
import type { Scope } from "./scope.ts";
import type { FunctionNode, Source } from "./source.ts";

/**
 * A number, bigint or boolean known while tracing: weakly typed, it takes the type of what it meets.
 * A bigint is an integer like others, of which no bits are lost.
 */
export type Weak = Numeric | boolean;

/** What arithmetic works on. */
export type Operand = Value | Weak;

/** The name of a function that has none. */
export const NESTED = "a nested function";

/** A function of the kernel's text, or of a helper's, with the scope it closes over. */
export class Closure {
  constructor(
    readonly source: Source,
    readonly node: FunctionNode,
    readonly environment: Environment,
    readonly scope: Scope,
    readonly self: unknown,
    /** What messages call it; a nested function's is that of the variable that it is bound to first. */
    public name: string,
  ) {}
}

/** What `tl.range` gives. */
export class Range {
  constructor(readonly start: Operand, readonly end: Operand, readonly step: Operand) {}
}

/** Stands where there is no usable value; reading it is an error that tells why. */
export class Missing {
  constructor(readonly why: string, readonly remedy?: string) {}
}

/** The value itself, which must be usable. */
export function present(x: unknown): unknown {
  if (x instanceof Missing) throw new Problem(x.why, x.remedy);
  return x;
}

/** A function's result on paths where it has not returned: any value of the right type will do. */
export const NOTHING = Symbol("nothing");

export function isWeak(x: unknown): x is Weak {
  return typeof x === "number" || typeof x === "boolean" || typeof x === "bigint";
}

export function isOperand(x: unknown): x is Operand {
  return x instanceof Value || isWeak(x);
}

/** A run-time value whose elements are pointers. */
export type PointerValue = Value & { readonly type: Type & { readonly element: Pointer } };

export function isPointerValue(x: unknown): x is PointerValue {
  return x instanceof Value && isPointer(x.type.element);
}

/** The dtype that a number takes where nothing else decides. */
export function defaultDtype(x: Weak): DType {
  if (typeof x === "boolean") return DTYPES.bool;
  if (typeof x === "number" && !Number.isInteger(x)) return DTYPES.f32;
  const { i32, u32, i64, u64, f32 } = DTYPES;
  return [i32, u32, i64, u64].find((dtype) => isWithin(x, dtype)) ?? f32;
}

/** True when an integer is one of an integer dtype's. */
export function isWithin(x: Numeric, dtype: DType): boolean {
  const [low, high] = exactRange(dtype);
  return x >= low && x <= high;
}

/** Any compile-time number as an element of no dtype yet: truth values are 0 and 1. */
export function numericOf(x: Weak): Numeric {
  return typeof x === "boolean" ? Number(x) : x;
}

/** The dtype of a place that holds one number or another. */
export function weakType(a: Weak, b: Weak): DType {
  if (typeof a === "boolean" && typeof b === "boolean") return DTYPES.bool;
  const [one, two] = [a, b].map((x) => defaultDtype(numericOf(x))) as [DType, DType];
  if (one === two) return one;
  if (isFloat(one) || isFloat(two)) return DTYPES.f32;
  const { i64, u64 } = DTYPES;
  return [a, b].every((x) => isWithin(numericOf(x), i64)) ? i64 : u64;
}

/** Can hold own properties in kernels: a plain object. */
export function isRecord(x: unknown): x is Record<string, unknown> {
  if (typeof x !== "object" || x === null) return false;
  const prototype = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

/** What a value is, for a message: `tile<64xf32>`, `5`, `'text'`, `an array of 2`. */
export function describe(x: unknown): string {
  if (x instanceof Value) return typeText(x.type);
  if (typeof x === "string") return `'${x}'`;
  if (x === null || x === undefined || isWeak(x) || typeof x === "bigint") return spell(x);
  if (Array.isArray(x)) return `an array of ${x.length}`;
  if (x instanceof Range) return "a tl.range";
  const dtype = elementOf(x);
  if (dtype) return `tl.${dtype.name}`;
  if (x instanceof Closure || typeof x === "function") return "a function";
  return "an object";
}

function spell(x: Weak | null | undefined): string {
  return Object.is(x, -0) ? "-0" : typeof x === "bigint" ? `${x}n` : String(x);
}

/** "1, 2 and 3". */
export function listing(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
