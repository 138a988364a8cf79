/**
 * What operations mean on values of any type and shape: promotion, casts and broadcasting are made
 * explicit here, so that the graph's own operations get operands that agree.
 */

import type { Builder } from "../ir/builder.ts";
import {
  type DType,
  DTYPES,
  elementOf,
  exactRange,
  isEncoded,
  isFloat,
  isInteger,
  isWide,
  type Numeric,
} from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import type { OpName } from "../ir/ops.ts";
import { isPointer, sameShape, scalar, tile, type Type, typeText } from "../ir/type.ts";
import { Problem } from "./problem.ts";
import {
  checkComputable,
  checkRange,
  dtypeOfNumber,
  fits,
  promote,
  type Purpose,
} from "./promotion.ts";
import {
  defaultDtype,
  describe,
  isPointerValue,
  numericOf,
  type Operand,
  type Weak,
} from "./values.ts";

/** JavaScript's binary operators that work on tiles. */
export type BinaryOperator = keyof typeof BINARY;

const BINARY = {
  "+": ["add", "arithmetic"],
  "-": ["sub", "arithmetic"],
  "*": ["mul", "arithmetic"],
  "/": ["div", "division"],
  "%": ["rem", "remainder"],
  "&": ["and", "agreement"],
  "|": ["or", "agreement"],
  "^": ["xor", "agreement"],
  "<<": ["shl", "arithmetic"],
  ">>": ["shr", "arithmetic"],
  ">>>": ["shr", "arithmetic"],
  "===": ["eq", "agreement"],
  "!==": ["ne", "agreement"],
  "==": ["eq", "agreement"],
  "!=": ["ne", "agreement"],
  "<": ["lt", "order"],
  "<=": ["le", "order"],
  ">": ["gt", "order"],
  ">=": ["ge", "order"],
} as const satisfies Record<string, readonly [OpName, Purpose]>;

export function isBinaryOperator(operator: string): operator is BinaryOperator {
  return Object.hasOwn(BINARY, operator);
}

/** The largest tile, in elements. */
const MAX_ELEMENTS = 2 ** 20;

export class Semantics {
  /** True quotients of integers, with what was divided: rounding one gives an integer division. */
  readonly #quotients = new WeakMap<Value, readonly [Value, Value]>();
  /** The kernel's pointer parameters by name. */
  readonly pointers = new Map<string, Value>();

  constructor(readonly builder: Builder) {}

  /** A number as a value of a type; throws when it does not fit the dtype. */
  constant(x: Weak, dtype: DType, shape: readonly number[] = []): Value {
    checkRange(x, dtype);
    return this.builder.constant(numericOf(x), dtype, shape);
  }

  /** An operand as a value; a number takes its default dtype. */
  value(x: Operand): Value {
    return x instanceof Value ? x : this.constant(x, defaultDtype(x));
  }

  /** An operand in a dtype, as by `tl.cast`; a number with a shape of equal elements. */
  cast(x: Operand, dtype: DType, shape: readonly number[] = []): Value {
    if (!(x instanceof Value)) return this.builder.constant(convert(x, dtype), dtype, shape);
    const from = dtypeOfNumber(x);
    if (from === dtype) return x;
    const whole = isInteger(dtype) && isFloat(from) ? this.quotient(x) : undefined;
    if (whole) return this.cast(whole, dtype);
    return this.builder.value("cast", [x], { attributes: { to: dtype.name } });
  }

  /** The integer quotient rounded towards zero, when `x` is a true quotient of integers. */
  quotient(x: Operand, rounding: "idiv" | "floordiv" = "idiv"): Value | undefined {
    const parts = x instanceof Value ? this.#quotients.get(x) : undefined;
    return parts && this.builder.value(rounding, parts);
  }

  /** The two integers whose true quotient `x` is. */
  quotientParts(x: Operand): readonly [Value, Value] | undefined {
    return x instanceof Value ? this.#quotients.get(x) : undefined;
  }

  // Shapes

  /** Throws unless tiles of this shape can be. */
  checkShape(shape: readonly number[]): readonly number[] {
    let size = 1;
    for (const dim of shape) {
      if (!Number.isInteger(dim) || dim < 1) {
        throw new Problem(
          `A tile cannot have the shape ${shapeText(shape)}: ${
            describe(dim)
          } is not a positive integer`,
          "Sizes are known when the kernel is compiled: pass them as constants",
        );
      }
      size *= dim;
    }
    if (size > MAX_ELEMENTS) {
      throw new Problem(
        `A tile of shape ${shapeText(shape)} has ${size} elements, but the most is ${MAX_ELEMENTS}`,
        "Make the tile smaller and loop over the rest",
      );
    }
    return shape;
  }

  /** The shape that all of these have together. `what` says of what the message speaks. */
  commonShape(shapes: readonly (readonly number[])[], what?: () => string): readonly number[] {
    const rank = Math.max(0, ...shapes.map((shape) => shape.length));
    const result = Array.from({ length: rank }, () => 1);
    for (const shape of shapes) {
      shape.forEach((dim, i) => {
        const at = rank - shape.length + i, other = result[at]!;
        if (dim === other || dim === 1) return;
        if (other === 1) {
          result[at] = dim;
          return;
        }
        const texts = [...new Set(shapes.filter((s) => s.length > 0).map(shapeText))];
        throw new Problem(
          `Shapes ${texts.join(" and ")} do not fit together${
            what ? ` in ${what()}` : ""
          }: dimension ${at} is ${other} and ${dim}`,
          rank === 1 || shapes.every((s) => s.length < 2)
            ? "Give both the same size, or make one a column and the other a row: tl.col(a), tl.row(b)"
            : "Dimensions must be equal or 1: add one with tl.col, tl.row or tl.expandDims, or swap them with tl.trans",
        );
      });
    }
    return result;
  }

  /** A value repeated to a shape that its own fits. */
  broadcast(x: Value, shape: readonly number[]): Value {
    const own = x.type.shape;
    if (sameShape(own, shape)) return x;
    if (own.length === 0) return this.builder.value("splat", [x], { attributes: { shape } });
    const rank = own.length;
    const offset = shape.length - rank;
    if (offset < 0 || own.some((dim, i) => dim !== 1 && dim !== shape[offset + i])) {
      throw new Problem(
        `${typeText(x.type)} cannot be broadcast to ${shapeText(shape)}`,
        "Dimensions must be equal or 1: add one with tl.col, tl.row or tl.expandDims",
      );
    }
    let padded = x;
    for (let i = 0; i < offset; i++) padded = this.expandDims(padded, 0);
    if (sameShape(padded.type.shape, shape)) return padded;
    return this.builder.value("broadcast", [padded], { attributes: { shape } });
  }

  expandDims(x: Value, axis: number): Value {
    return x.type.shape.length === 0
      ? this.builder.value("splat", [x], { attributes: { shape: [1] } })
      : this.builder.value("expand_dims", [x], { attributes: { axis } });
  }

  reshape(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.type.shape, shape)) return x;
    if (x.type.shape.length === 0) return this.broadcast(x, shape);
    return this.builder.value("reshape", [x], { attributes: { shape } });
  }

  /** An operand in a dtype and shape. */
  as(x: Operand, dtype: DType, shape: readonly number[]): Value {
    if (!(x instanceof Value)) return this.constant(converted(x, dtype), dtype, shape);
    return this.broadcast(this.cast(x, dtype), shape);
  }

  /** Operands in one dtype and their common shape. */
  together(dtype: DType, operands: readonly Operand[], what?: () => string): Value[] {
    const shape = this.commonShape(operands.map(shapeOf), what);
    return operands.map((x) => this.as(x, dtype, shape));
  }

  /** Zero of a type; of a pointer's, the parameter itself. */
  zero(type: Type): Value {
    const { element, shape } = type;
    if (!isPointer(element)) return this.builder.constant(0, element, shape);
    return this.broadcast(this.pointers.get(element.base)!, shape);
  }

  /** A number as a value of a type, or undefined when it is of another kind. */
  fit(x: Weak, { element, shape }: Type): Value | undefined {
    if (isPointer(element) || !fits(x, element)) return undefined;
    return this.constant(x, element, shape);
  }

  // Operators

  binary(operator: BinaryOperator, a: Operand, b: Operand): Value {
    if (isPointerValue(a) || isPointerValue(b)) return this.#pointer(operator, a, b);
    const [name, purpose] = BINARY[operator];
    const what = () => operator;
    if (operator === "|" && b === 0 && a instanceof Value) return this.truncate(a);
    let dtype = promote(purpose, a, b);
    switch (operator) {
      case "/": {
        const parts = isInteger(dtype) ? this.together(dtype, [a, b], what) : undefined;
        const float = isFloat(dtype) ? dtype : DTYPES.f32;
        const operands = parts?.map((x) => this.cast(x, float)) ??
          this.together(float, [a, b], what);
        const result = this.builder.value("div", operands);
        if (parts) this.#quotients.set(result, [parts[0]!, parts[1]!]);
        return result;
      }
      case "&":
      case "|":
      case "^":
      case "<<":
      case ">>":
      case ">>>":
        if (isFloat(dtype)) {
          throw new Problem(
            `The operator ${operator} works on integers, not on ${describe(a)} and ${describe(b)}`,
            "Cast to an integer first: tl.cast(x, tl.i32)",
          );
        }
        if (operator === ">>>") dtype = isWide(dtype) ? DTYPES.u64 : DTYPES.u32;
        break;
    }
    const fused = this.#fused(operator, a, b, dtype);
    if (fused) return fused;
    // The unsigned shift reads a negative number's bits as they are.
    const operands = operator === ">>>"
      ? this.together(dtype, [this.#unsigned(a, dtype), b], what)
      : this.together(dtype, [a, b], what);
    return this.builder.value(name, operands);
  }

  /**
   * A sum or difference of halves of which one is a product, without rounding the product first: Triton's
   * compilers fuse these, and in 11 or 8 bits that shows. Whether f32 is fused is left to the device.
   */
  #fused(operator: string, a: Operand, b: Operand, dtype: DType): Value | undefined {
    if (operator !== "+" && operator !== "-") return undefined;
    if (dtype !== DTYPES.f16 && dtype !== DTYPES.bf16) return undefined;
    const factorsOf = (x: Operand) =>
      x instanceof Value && x.def?.name === "mul" && x.type.element === dtype
        ? x.def.operands
        : undefined;
    const first = factorsOf(a), second = factorsOf(b);
    const shape = this.commonShape([a, b].map(shapeOf), () => operator);
    const wide = (x: Operand) => this.as(x, dtype, shape);
    if (first) {
      const [p, q] = first, addend = wide(b);
      const third = operator === "+" ? addend : this.negate(addend) as Value;
      return this.builder.value("fma", [wide(p!), wide(q!), third]);
    }
    if (!second) return undefined;
    const [p, q] = second, factor = wide(p!);
    const signed = operator === "+" ? factor : this.negate(factor) as Value;
    return this.builder.value("fma", [signed, wide(q!), wide(a)]);
  }

  #unsigned(x: Operand, to: DType): Operand {
    if (!(x instanceof Value)) return elementOf(to, numericOf(x));
    if (dtypeOfNumber(x).kind !== "int") return x;
    const signed = this.cast(x, isWide(to) ? DTYPES.i64 : DTYPES.i32);
    return this.builder.value("bitcast", [signed], { attributes: { to: to.name } });
  }

  /** Arithmetic in which a pointer takes part. */
  #pointer(operator: BinaryOperator, a: Operand, b: Operand): Value {
    if (operator === "+" || operator === "-") {
      if (isPointerValue(a) && !isPointerValue(b)) return this.#offset(a, b, operator);
      if (isPointerValue(b) && !isPointerValue(a) && operator === "+") {
        return this.#offset(b, a, "+");
      }
    }
    throw new Problem(
      `The operator ${operator} does not work on ${describe(a)} and ${describe(b)}`,
      isPointerValue(a) && isPointerValue(b)
        ? "Pointers can be moved by integers, not combined: pointer + offsets"
        : "Pointers can only be moved by integers: pointer + offsets. For what one points to, load it: tl.load(pointer)",
    );
  }

  #offset(pointer: Value, x: Operand, operator: "+" | "-"): Value {
    const dtype = x instanceof Value ? dtypeOfNumber(x) : defaultDtype(x);
    if (isFloat(dtype)) {
      throw new Problem(
        `A pointer cannot be moved by ${describe(x)}: offsets are integers that count elements`,
        x instanceof Value && this.#quotients.has(x)
          ? "The operator / gives a float: divide integers with Math.floor(a / b) or tl.cdiv(a, b)"
          : "Cast the offset: tl.cast(x, tl.i32)",
      );
    }
    const positive = x instanceof Value ? this.cast(x, DTYPES.i32) : x;
    const moved = operator === "+" ? positive : this.negate(positive);
    const shape = this.commonShape([pointer.type.shape, shapeOf(moved)], () => operator);
    return this.builder.value("ptr_add", [
      this.broadcast(pointer, shape),
      this.as(moved, DTYPES.i32, shape),
    ]);
  }

  negate(x: Operand): Operand {
    if (!(x instanceof Value)) return -x;
    const dtype = dtypeOfNumber(x) === DTYPES.bool ? DTYPES.i32 : dtypeOfNumber(x);
    checkComputable(dtype);
    // Minus zero less x is x with its sign flipped, for zeros too; an integer's is the plain zero.
    const zero = this.builder.constant(isFloat(dtype) ? -0 : 0, dtype, x.type.shape);
    return this.builder.value("sub", [zero, this.cast(x, dtype)]);
  }

  /** Unary `+`: bools become i32, numbers stay. */
  number(x: Value): Value {
    return dtypeOfNumber(x) === DTYPES.bool ? this.cast(x, DTYPES.i32) : x;
  }

  /** `~x`; twice of a float truncates it, as in JavaScript. */
  invert(x: Value): Value {
    const dtype = dtypeOfNumber(x);
    return this.builder.value("not", [isFloat(dtype) ? this.truncate(x) : x]);
  }

  /** `x | 0`: floats become i32, rounded towards zero; a quotient of integers is divided so. */
  truncate(x: Value): Value {
    const dtype = dtypeOfNumber(x);
    if (isInteger(dtype)) return x;
    return this.quotient(x) ?? this.cast(x, DTYPES.i32);
  }

  /** A scalar or tile of bool from what stands where JavaScript wants a truth value. */
  truth(x: Value): Value {
    if (dtypeOfNumber(x) === DTYPES.bool) return x;
    return this.builder.value("ne", [x, this.builder.constant(0, dtypeOfNumber(x), x.type.shape)]);
  }

  not(x: Value): Value {
    return this.builder.value("not", [this.truth(x)]);
  }

  /** A value that must be of bools. */
  bool(x: Operand, what: string): Value {
    if (!(x instanceof Value) && typeof x === "boolean") return this.constant(x, DTYPES.bool);
    const dtype = x instanceof Value ? dtypeOfNumber(x) : defaultDtype(x);
    if (dtype !== DTYPES.bool || !(x instanceof Value)) {
      throw new Problem(
        `${what} needs booleans, not ${describe(x)}`,
        `Compare it, as in x !== 0${
          what.length === 2
            ? "; to fall back on another value write tl.where(x !== 0, x, other)"
            : ""
        }`,
      );
    }
    return x;
  }

  /** `&&` and `||` of tiles: elementwise, both sides are computed. */
  logical(operator: "&&" | "||", a: Operand, b: Operand): Value {
    const left = this.bool(a, operator), right = this.bool(b, operator);
    const name = operator === "&&" ? "and" : "or";
    return this.builder.value(name, this.together(DTYPES.bool, [left, right], () => operator));
  }

  /** `a` where the condition holds, else `b`. */
  where(condition: Operand, a: Operand, b: Operand): Value {
    const test = condition instanceof Value ? this.truth(condition) : Boolean(condition);
    const what = () => "the choice between two values";
    const shape = this.commonShape([test, a, b].map(shapeOf), what);
    const mask = this.as(test, DTYPES.bool, shape);
    if (isPointerValue(a) || isPointerValue(b)) {
      if (!isPointerValue(a) || !isPointerValue(b) || elementName(a) !== elementName(b)) {
        throw new Problem(
          `Cannot choose between ${describe(a)} and ${describe(b)}`,
          "Both must be pointers into the same tensor: choose between offsets, or load from both and choose between what was read",
        );
      }
      return this.builder.value("select", [mask, ...[a, b].map((x) => this.broadcast(x, shape))]);
    }
    const dtype = promote("agreement", a, b);
    return this.builder.value("select", [
      mask,
      this.as(a, dtype, shape),
      this.as(b, dtype, shape),
    ]);
  }

  /** An operation of the table on operands of one promoted dtype. */
  elementwise(name: OpName, operands: readonly Operand[], purpose: Purpose = "arithmetic"): Value {
    const [first, ...rest] = operands;
    let dtype = first instanceof Value && rest.length === 0
      ? dtypeOfNumber(first)
      : this.#promoteAll(purpose, operands);
    if (dtype === DTYPES.bool) dtype = DTYPES.i32;
    checkComputable(dtype);
    return this.builder.value(name, this.together(dtype, operands));
  }

  /** The same of an operation on floats: integers become f32. */
  floating(name: OpName, operands: readonly Operand[]): Value {
    const dtype = this.#promoteAll("arithmetic", operands);
    checkComputable(dtype);
    return this.builder.value(name, this.together(isFloat(dtype) ? dtype : DTYPES.f32, operands));
  }

  /** The dtype that all operands have together. */
  promoted(operands: readonly Operand[]): DType {
    return this.#promoteAll("arithmetic", operands);
  }

  #promoteAll(purpose: Purpose, operands: readonly Operand[]): DType {
    // Typed operands first: a number then takes the type that these have together.
    const order = [...operands].sort((a, b) =>
      Number(b instanceof Value) - Number(a instanceof Value)
    );
    let dtype: DType | undefined;
    for (const x of order) {
      const left: Operand = dtype ? new Value(scalar(dtype)) : x;
      dtype = promote(purpose, left, x);
    }
    return dtype ?? DTYPES.f32;
  }
}

function elementName(x: Value): string {
  return typeText(scalar(x.type.element));
}

/** The shape of an operand; a number has none. */
export function shapeOf(x: Operand): readonly number[] {
  return x instanceof Value ? x.type.shape : [];
}

/** `[64, 32]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** The type of `x` in another shape. */
export function reshaped(x: Value, shape: readonly number[]): Type {
  return tile(shape, x.type.element);
}

/** A number where another dtype is wanted: truth for bools; other kinds stay, to be checked. */
function converted(x: Weak, dtype: DType): Weak {
  return dtype === DTYPES.bool ? Boolean(x) : numericOf(x);
}

/** A number cast to a dtype, as a cast at run time does. */
function convert(x: Weak, dtype: DType): Numeric {
  const number = numericOf(x);
  if (dtype === DTYPES.bool) return Number(number) !== 0 ? 1 : 0;
  if (isFloat(dtype)) return isEncoded(dtype) ? elementOf(dtype, number) : Number(number);
  const wraps = typeof number === "bigint" ||
    (Number.isInteger(number) && Math.abs(number) < 2 ** Math.max(32, dtype.bits));
  if (wraps || Number.isNaN(number)) return elementOf(dtype, number);
  const [low, high] = exactRange(dtype);
  return elementOf(
    dtype,
    number < 0 ? (number < low ? low : number) : number > high ? high : number,
  );
}
