/**
 * Rewrite rules that compute in fewer bits where the upper ones are not looked at. Kernels widen
 * offsets to i64 to be safe from overflow, but a pointer is moved by an i32 and what an i32 is compared
 * with has seldom more bits: 64-bit integers are slow where they are native, and slower elsewhere.
 */

import { type DType, elementOf, exactRange, isInteger } from "../ir/dtype.ts";
import type { Value } from "../ir/graph.ts";
import type { OpName } from "../ir/ops.ts";
import { contains } from "../ir/ops/narrow.ts";
import { dtypeOf, withElement } from "../ir/type.ts";
import type { Builder } from "../ir/builder.ts";
import { knownElement, type Rule } from "./rule.ts";

/** Operations whose low bits depend on their operands' low bits alone. */
const LOW_BITS: readonly OpName[] = ["add", "sub", "mul", "and", "or", "xor", "not", "select"];
/** Operations that move elements and compute nothing. */
const MOVING: readonly OpName[] = ["splat", "broadcast", "expand_dims", "reshape", "permute"];

/** Operations that one cast may make narrower. */
const MOST = 16;

/** Makes the low bits of 64-bit integers in a narrower dtype. */
class Narrowing {
  readonly #done = new Map<Value, Value>();
  #left = MOST;

  constructor(readonly builder: Builder, readonly to: DType) {}

  /** The low bits of a value: computed so, where that can be, else cast. */
  low(value: Value): Value {
    let result = this.#done.get(value);
    if (!result) this.#done.set(value, result = this.narrower(value) ?? this.#cast(value));
    return result;
  }

  /** The low bits of what an operation gives, from those of its operands; undefined where these do not decide. */
  narrower(value: Value): Value | undefined {
    const op = value.def;
    if (!op || this.#left <= 0 || op.regions.length > 0) return undefined;
    const { name, attributes } = op;
    const known = knownElement(value);
    if (known !== undefined) {
      const type = withElement(value.type, this.to);
      return this.builder.value("constant", [], {
        attributes: { ...attributes, value: elementOf(this.to, known), dtype: this.to.name },
        types: [type],
      });
    }
    const from = op.operands[0] && dtypeOf(op.operands[0].type);
    if (name === "cast" && isInteger(from!)) return this.#cast(op.operand(0));
    const first = name === "select" ? 1 : 0;
    if (!LOW_BITS.includes(name) && !MOVING.includes(name)) return undefined;
    this.#left--;
    const operands = op.operands.map((operand, i) => i < first ? operand : this.low(operand));
    return this.builder.value(name, operands, {
      attributes,
      types: [withElement(value.type, this.to)],
    });
  }

  #cast(x: Value): Value {
    const type = withElement(x.type, this.to);
    if (x.type.element === this.to) return x;
    return this.builder.value("cast", [x], { attributes: { to: this.to.name }, types: [type] });
  }
}

/** The dtype of integers that were made wider and moved about at most; undefined for any others. */
function widenedFrom(x: Value): DType | undefined {
  const op = x.def;
  if (!op || knownElement(x) !== undefined) return undefined;
  if (MOVING.includes(op.name)) return widenedFrom(op.operand(0));
  const from = op.name === "cast" ? dtypeOf(op.operand(0).type) : undefined;
  return from && isInteger(from) && contains(dtypeOf(x.type), from) ? from : undefined;
}

/** True when all elements are numbers of a narrower dtype. */
function isWithin(x: Value, dtype: DType): boolean {
  const known = knownElement(x), [low, high] = exactRange(dtype);
  return known === undefined ? widenedFrom(x) === dtype : known >= low && known <= high;
}

export const NARROW_RULES: readonly Rule[] = [
  {
    equation: "cast(x + y: i64, i32) -> cast(x, i32) + cast(y, i32)",
    ops: ["cast"],
    of: (dtype) => isInteger(dtype) && dtype.bits === 64,
    apply: ({ builder, type }, x) => {
      const to = dtypeOf(type);
      if (!isInteger(to) || to.bits !== 32 || x.def?.name === "constant") return undefined;
      return new Narrowing(builder, to).narrower(x);
    },
  },
  {
    equation: "cast(x, i64) < cast(y, i64) -> x < y",
    ops: ["eq", "ne", "lt", "le", "gt", "ge"],
    of: isInteger,
    apply: ({ name, builder, type }, x, y) => {
      const from = widenedFrom(x);
      if (!from || !isWithin(y, from)) return undefined;
      const narrowing = new Narrowing(builder, from);
      return builder.value(name, [narrowing.low(x), narrowing.low(y)], { types: [type] });
    },
  },
];
