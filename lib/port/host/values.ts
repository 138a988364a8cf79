/** Values of the host's Python, as far as they are known when a file is translated. */

import type { FunctionDefinition, Kind, Span } from "../syntax.ts";

/** A value of Python: integers are bigints, floats are numbers, None is null. */
export type PyValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | readonly PyValue[]
  | Dict
  | Config
  | PyFunction
  | Namespace
  | Tensor
  | Unknown;

/** A dictionary; keys are strings and numbers. */
export type Dict = Map<PyValue, PyValue>;

/** What `triton.Config` gives: constants, and what its keywords say. */
export class Config {
  constructor(readonly constants: Dict, readonly options: ReadonlyMap<string, PyValue>) {}
}

/** A function of the file, a lambda, or one that is known by its path. */
export class PyFunction {
  constructor(
    readonly what: string,
    readonly apply: (args: PyValue[], keywords: ReadonlyMap<string, PyValue>) => PyValue,
    /** The expression that it was written as, for a lambda or a name. */
    readonly source?: FunctionDefinition | Kind<"lambda"> | undefined,
  ) {}
}

/** A module, a class or another thing with attributes, known by its path. */
export class Namespace {
  constructor(readonly path: string) {}
}

/** A tensor among a launch's arguments: it is noted when it is set to zero. */
export class Tensor {
  constructor(readonly name: string, readonly zeroed: Set<string>) {}
}

/** What cannot be known when a file is translated. */
export class Unknown {
  constructor(readonly what: string) {}
}

/** The file asks for something that is not pure, or not known. */
export class NotPure extends Error {
  constructor(readonly span: Span, readonly what: string) {
    super(`${what} is not known when the file is translated`);
  }
}

export function isList(value: PyValue): value is readonly PyValue[] {
  return Array.isArray(value);
}

export function isReal(value: PyValue): value is bigint | number | boolean {
  return ["bigint", "number", "boolean"].includes(typeof value);
}

/** The order of two numbers, texts or lists. */
export function compare(a: PyValue, b: PyValue): number | undefined {
  if (isReal(a) && isReal(b)) return Number(a) - Number(b);
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  if (!isList(a) || !isList(b)) return undefined;
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compare(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** What functions of the host ask of the evaluator. */
export interface Host {
  /** What a loop runs over. */
  items(value: PyValue, at: Span): readonly PyValue[];
  apply(
    callee: PyValue,
    args: PyValue[],
    keywords: ReadonlyMap<string, PyValue>,
    at: Span,
  ): PyValue;
  truth(value: PyValue): boolean;
  /** What `str` gives. */
  text(value: PyValue, at: Span): string;
}
