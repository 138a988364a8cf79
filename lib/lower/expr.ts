/**
 * Constructors of expressions that simplify as they go: literals fold, `splat` and `ramp` move
 * outwards through integer arithmetic, and slices look into what they slice.
 */

import { bool, type DType, elementOf, i32, isFloat, isWide, type Numeric } from "../ir/dtype.ts";
import type { Attributes } from "../ir/graph.ts";
import type { BuiltIn, Expr, VectorType, Width } from "../ir/invocation.ts";
import { elementwise, type ElementwiseName } from "../ir/ops.ts";
import { boundsOf } from "./bounds.ts";

const NONE: Attributes = {};

export function literal(value: Numeric, dtype: DType, width: Width = 1): Expr {
  return { kind: "literal", value: elementOf(dtype, value), type: { dtype, width } };
}

/** An i32 scalar. */
export function int(value: number): Expr {
  return literal(value, i32);
}

export function named(name: string, type: VectorType): Expr {
  return { kind: "name", name, type };
}

export function builtin(name: BuiltIn): Expr {
  return { kind: "builtin", name, type: { dtype: i32, width: 1 } };
}

/** A scalar repeated `width` times. */
export function splat(x: Expr, width: Width): Expr {
  if (width === 1) return x;
  if (x.kind === "literal") return literal(x.value, x.type.dtype, width);
  return { kind: "splat", x, type: { dtype: x.type.dtype, width } };
}

/** `base, base + step, …`. */
export function ramp(base: Expr, step: number, width: Width): Expr {
  if (width === 1 || step === 0) return splat(base, width);
  return { kind: "ramp", base, step, type: { dtype: base.type.dtype, width } };
}

/** Parts side by side, `width` elements in all. */
export function vector(parts: readonly Expr[], width: Width): Expr {
  const first = parts[0];
  if (!first) throw new Error("A vector needs parts");
  if (parts.length === 1) return first;
  if (parts.every((part) => part.type.width === 1 && sameExpr(part, first))) {
    return splat(first, width);
  }
  if (first.kind === "slice" && first.start === 0 && first.x.type.width === width) {
    let start = 0;
    const whole = parts.every((part) => {
      const fits = part.kind === "slice" && sameExpr(part.x, first.x) && part.start === start;
      start += part.type.width;
      return fits;
    });
    if (whole) return first.x;
  }
  return { kind: "vector", parts, type: { dtype: first.type.dtype, width } };
}

/** Elements `start` to `start + width` of a vector. */
export function slice(x: Expr, start: number, width: Width = 1): Expr {
  if (start === 0 && width === x.type.width) return x;
  const type = { dtype: x.type.dtype, width };
  switch (x.kind) {
    case "literal":
      return { ...x, type };
    case "splat":
      return splat(x.x, width);
    case "ramp":
      return ramp(op("add", [x.base, literal(start * x.step, x.type.dtype)]), x.step, width);
    case "slice":
      return slice(x.x, x.start + start, width);
    case "vector": {
      let offset = 0;
      for (const part of x.parts) {
        if (start >= offset && start + width <= offset + part.type.width) {
          return slice(part, start - offset, width);
        }
        offset += part.type.width;
      }
      return { kind: "slice", x, start, type };
    }
    default:
      return settled({ kind: "slice", x, start, type });
  }
}

/** Literals instead of a bool expression of which every element can have one value only. */
function settled(x: Expr): Expr {
  const { dtype, width } = x.type;
  if (dtype !== bool) return x;
  const values: number[] = [];
  for (const bound of boundsOf(x).slice(0, width)) {
    if (!bound || bound[0] !== bound[1]) return x;
    values.push(bound[0]);
  }
  const [first] = values as [number];
  if (values.every((value) => value === first)) return literal(first, dtype, width);
  return vector(values.map((value) => literal(value, dtype)), width);
}

/** The same expression, compared by structure. */
export function sameExpr(a: Expr, b: Expr): boolean {
  return a === b || exprKey(a) === exprKey(b);
}

const keys = new WeakMap<Expr, string>();

/** A text that two expressions share exactly when they are the same. */
export function exprKey(x: Expr): string {
  let key = keys.get(x);
  if (key === undefined) {
    key = `${x.type.dtype.name}x${x.type.width}:${keyOf(x)}`;
    keys.set(x, key);
  }
  return key;
}

function keyOf(x: Expr): string {
  switch (x.kind) {
    case "literal":
      return Object.is(x.value, -0) ? "-0" : String(x.value);
    case "name":
      return x.name;
    case "parameter":
      return `parameter ${x.name}`;
    case "builtin":
      return `builtin ${x.name}`;
    case "op":
      // Pointers are indices, so that to move one is to add.
      return `${x.op === "ptr_add" ? "add" : x.op}(${x.args.map(exprKey).join(",")}${
        isEmpty(x.attributes) ? "" : JSON.stringify(x.attributes)
      })`;
    case "splat":
      return `splat(${exprKey(x.x)})`;
    case "ramp":
      return `ramp(${exprKey(x.base)},${x.step})`;
    case "vector":
      return `vector(${x.parts.map(exprKey).join(",")})`;
    case "words":
      return `words(${x.parts.map(exprKey).join(",")})`;
    case "slice":
      return `${exprKey(x.x)}[${x.start}]`;
    case "global":
      return `${x.base}[${exprKey(x.index)}]`;
    case "shared":
      return `${x.array}[${x.indices.map(exprKey).join("][")}]`;
    case "shuffle":
      return `shuffle(${exprKey(x.x)},${x.mask})`;
    case "from_lane":
      return `from_lane(${exprKey(x.x)},${exprKey(x.lane)})`;
    case "peers":
      return `peers(${exprKey(x.x)},${x.bits})`;
    case "broadcast":
      return `broadcast(${exprKey(x.x)},${x.lane})`;
  }
}

function isEmpty(attributes: Attributes): boolean {
  for (const _ in attributes) return false;
  return true;
}

/** An elementwise operation on arguments of one width, simplified. */
export function op(
  name: ElementwiseName,
  args: readonly Expr[],
  result: DType = args[0]!.type.dtype,
  attributes: Attributes = NONE,
): Expr {
  const width = args[0]!.type.width;
  if (width > 1 && args.every(isUniform)) {
    return splat(op(name, args.map((arg) => slice(arg, 0)), result, attributes), width);
  }
  return folded(name, args, result, attributes) ??
    identity(name, args, attributes["to"]) ??
    rampOf(name, args) ??
    settled({ kind: "op", op: name, args, attributes, type: { dtype: result, width } });
}

/** True when all elements are known to be equal. */
function isUniform(x: Expr): boolean {
  return x.kind === "splat" || x.kind === "literal";
}

function folded(
  name: ElementwiseName,
  args: readonly Expr[],
  result: DType,
  attributes: Attributes,
): Expr | undefined {
  const values: Numeric[] = [];
  for (const arg of args) {
    if (arg.kind !== "literal") return undefined;
    values.push(arg.value);
  }
  // Float results are left to the device, so that a constant is computed as a variable is.
  if (isFloat(result) || args.some((arg) => isFloat(arg.type.dtype))) return undefined;
  const row = elementwise(name)!;
  const f = row.evaluate({ operands: args.map((arg) => arg.type.dtype), result, attributes });
  return literal(f(...values), result, args[0]!.type.width);
}

/** Integer and bool identities: `x + 0`, `x * 1`, `x & true`, … */
function identity(
  name: ElementwiseName,
  args: readonly Expr[],
  to: Attributes[string] | undefined,
): Expr | undefined {
  const [a, b, c] = args as [Expr, Expr, Expr];
  const is = (x: Expr | undefined, value: number) =>
    x?.kind === "literal" && Number(x.value) === value;
  if (name === "cast" && a.type.dtype.name === to) return a;
  if (name === "select") {
    if (a.kind === "literal") return a.value ? b : c;
    if (sameExpr(b, c)) return b;
    const { width } = a.type, bounds = boundsOf(a).slice(0, width);
    const parts = bounds.map((bound, i) =>
      bound && bound[0] === bound[1] && slice(bound[0] ? b : c, i)
    );
    return parts.every((part) => part && !isSliceOfMore(part))
      ? vector(parts as Expr[], width)
      : undefined;
  }
  if (isFloat(a.type.dtype)) {
    // The one number that changes nothing, zeros of either sign included.
    const changes = (x: Expr) => x.kind !== "literal" || !Object.is(x.value, -0);
    return name !== "add" ? undefined : !changes(b) ? a : !changes(a) ? b : undefined;
  }
  const isBool = a.type.dtype === bool;
  switch (name) {
    case "add":
    case "ptr_add":
      if (is(b, 0)) return a;
      if (is(a, 0)) return b;
      return constantsLast(name, a, b);
    case "sub":
      return is(b, 0) ? a : undefined;
    case "mul":
      if (is(a, 0) || is(b, 1)) return a;
      if (is(b, 0) || is(a, 1)) return b;
      return b.kind === "literal" ? constantsMultiplied(a, b) : undefined;
    case "idiv":
    case "floordiv":
      return is(b, 1) ? a : undefined;
    case "shl":
    case "shr":
    case "xor":
      return is(b, 0) ? a : is(a, 0) && name === "xor" ? b : undefined;
    case "and":
      if (is(a, 0) || (isBool && is(b, 1))) return a;
      return is(b, 0) || (isBool && is(a, 1)) ? b : undefined;
    case "not":
      return isBool && a.kind === "literal"
        ? literal(a.value ? 0 : 1, bool, a.type.width)
        : undefined;
    case "or":
      if (is(b, 0) || (isBool && is(a, 1))) return a;
      return is(a, 0) || (isBool && is(b, 1)) ? b : undefined;
    default:
      return undefined;
  }
}

/** A sum of integers with its constants in one literal at the end, `undefined` if it is so already. */
function constantsLast(name: "add" | "ptr_add", a: Expr, b: Expr): Expr | undefined {
  const [x, known] = parted(a), [y, more] = parted(b);
  if (a.kind === "literal") return op(name, [b, a]); // not both are literals
  if (!known && (!more || b.kind === "literal")) return undefined;
  const constant = known && more ? op("add", [known, more]) : known ?? more!;
  return op(name, [y ? op(name, [x!, y]) : x!, constant]);
}

/** A multiple of a sum with its constants apart, `undefined` where there are none. */
function constantsMultiplied(sum: Expr, factor: Expr): Expr | undefined {
  const [x, constant] = parted(sum);
  if (!x || !constant) return undefined;
  return op("add", [op("mul", [x, factor]), op("mul", [constant, factor])]);
}

/** True of an integer and a literal that is added to it. */
export function isOffset(x: Expr): x is Expr & { readonly kind: "op" } {
  return x.kind === "op" && (x.op === "add" || x.op === "ptr_add") &&
    x.args[1]!.kind === "literal" && !isFloat(x.type.dtype);
}

const offsets = new WeakMap<Expr, Expr>();

/** Says what a name stands for that is a constant more than something else. */
export function setOffset(name: Expr, value: Expr): void {
  if (isOffset(value)) offsets.set(name, value);
}

/** What an expression adds up, and the literal that it adds to that. */
function parted(x: Expr): [variable: Expr | undefined, constant: Expr | undefined] {
  if (x.kind === "literal") return [undefined, x];
  const sum = offsets.get(x) ?? x;
  return isOffset(sum) ? [sum.args[0], sum.args[1]] : [x, undefined];
}

/** True for an element of what would be computed once for each element that is taken of it. */
function isSliceOfMore(x: Expr): boolean {
  return x.kind === "slice" && x.x.kind !== "name";
}

/**
 * Sums and multiples of ramps are ramps. What a ramp is compared with is moved rather than the ramp:
 * `i + (0, 1, 2, 3) == n` is `(0, 1, 2, 3) == n - i`, with constants on one side.
 */
function rampOf(name: ElementwiseName, args: readonly Expr[]): Expr | undefined {
  const [a, b] = args as [Expr, Expr];
  const step = (x: Expr) => (x.kind === "ramp" ? x.step : isUniform(x) ? 0 : undefined);
  // The steps of 64-bit integers are numbers too, and must not lose bits.
  const exact = (by: number) => !isWide(a.type.dtype) || Number.isSafeInteger(by * a.type.width);
  const sa = step(a), sb = b && step(b);
  if (sa === undefined || sb === undefined || (sa === 0 && sb === 0)) return undefined;
  const width = a.type.width, bases = [slice(a, 0), slice(b, 0)] as const;
  switch (name) {
    case "add":
    case "ptr_add":
      return exact(sa + sb) ? ramp(op(name, bases), sa + sb, width) : undefined;
    case "sub":
      return exact(sa - sb) ? ramp(op(name, bases), sa - sb, width) : undefined;
    case "mul": {
      const factor = sa === 0 ? a : sb === 0 ? b : undefined;
      if (factor?.kind !== "literal") return undefined;
      const by = (sa + sb) * Number(factor.value);
      return exact(by) ? ramp(op(name, bases), by, width) : undefined;
    }
    case "eq":
    case "ne": {
      const { dtype } = a.type, [x, y] = bases;
      if (isWide(dtype)) return undefined;
      const moved = splat(op("sub", [y, x]), width), zero = literal(0, dtype);
      const compared = [ramp(zero, sa - sb, width), moved];
      if (sa === sb) return splat(op(name, bases, bool), width);
      return {
        kind: "op",
        op: name,
        args: compared,
        attributes: NONE,
        type: { dtype: bool, width },
      };
    }
    default:
      return undefined;
  }
}

export function add(a: Expr, b: Expr): Expr {
  return op("add", [a, b]);
}

export function mul(a: Expr, b: Expr): Expr {
  return op("mul", [a, b]);
}

export function and(a: Expr, b: Expr): Expr {
  return op("and", [a, b], a.type.dtype);
}
