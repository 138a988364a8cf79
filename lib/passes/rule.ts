/** What a rewrite rule is, and the known numbers that rules look for. */

import type { Builder } from "../ir/builder.ts";
import { type DType, elementOf, isWide, type Numeric, roundTo } from "../ir/dtype.ts";
import type { Attributes, Value } from "../ir/graph.ts";
import type { OpName } from "../ir/ops.ts";
import { dtypeOf, type Type } from "../ir/type.ts";

/** An operation that is about to be made, and where to build something instead. */
export interface Site {
  readonly name: OpName;
  readonly operands: readonly Value[];
  readonly attributes: Attributes;
  /** The type of the only result. */
  readonly type: Type;
  readonly builder: Builder;
}

/** One equation. */
export interface Rule {
  readonly equation: string;
  /** The operations that it is about. */
  readonly ops: readonly OpName[];
  /** Of which first operands it holds; of all unless given. */
  readonly of?: (dtype: DType) => boolean;
  /** What takes the place of the result, or undefined when the rule does not apply. */
  readonly apply: (site: Site, x: Value, y: Value) => Value | undefined;
}

/** What every element of a value is, if that is known. */
export function knownElement(value: Value | undefined): Numeric | undefined {
  const op = value?.def;
  return op?.name === "constant" ? roundTo(dtypeOf(op.result.type), op.value) : undefined;
}

/** The same as a number; not of integers beyond 2^53. */
export function knownNumber(value: Value | undefined): number | undefined {
  const element = knownElement(value);
  if (typeof element !== "bigint") return element;
  return Number.isSafeInteger(Number(element)) ? Number(element) : undefined;
}

/** A constant of a type that is not of pointers. */
export function constantLike(builder: Builder, type: Type, x: Numeric): Value {
  const dtype = dtypeOf(type), value = isWide(dtype) ? elementOf(dtype, x) : x;
  const attributes = { value, dtype: dtype.name, shape: type.shape };
  return builder.value("constant", [], { attributes, types: [type] });
}
