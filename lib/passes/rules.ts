/**
 * Rewrite rules, each named by its equation, in which `c`, `a` and `b` are known numbers.
 *
 * - A rule never makes code worse: as many operations or fewer, none dearer than before.
 * - Known numbers stand on the right: one rule puts them there, and all others look only there.
 * - Rules that hold of integers alone say so in their `of`. Floats have -0 (`-0 + 0` is 0), NaN
 *   (`NaN * 0` is NaN, `NaN < x` and its opposite are both false) and rounding.
 */

import type { Builder } from "../ir/builder.ts";
import { bool, type DType, DTYPES, elementOf, isFloat, isInteger } from "../ir/dtype.ts";
import type { Attributes, Op, Value } from "../ir/graph.ts";
import { elementwise, type OpName, OPS } from "../ir/ops.ts";
import { dtypeOf, sameShape, scalar } from "../ir/type.ts";
import { contains } from "../ir/ops/narrow.ts";
import { NARROW_RULES } from "./narrow_rules.ts";
import { constantLike, knownNumber, type Rule, type Site } from "./rule.ts";

export { constantLike, knownElement, knownNumber, type Rule, type Site } from "./rule.ts";

/** The operation that computes a value, if it is of this name. */
function made(value: Value | undefined, name: OpName): Op | undefined {
  return value?.def?.name === name ? value.def : undefined;
}

function isOnes(x: number | undefined, dtype: DType): boolean {
  return x === (dtype === bool ? 1 : dtype.kind === "uint" ? 2 ** dtype.bits - 1 : -1);
}

/** A rule for operations whose right operand is a certain number. */
function right(
  equation: string,
  ops: readonly OpName[],
  number: number | ((y: number, dtype: DType) => boolean),
  result: "x" | number,
  of?: Rule["of"],
): Rule {
  return {
    equation,
    ops,
    ...(of && { of }),
    apply: ({ builder, type }, x, y) => {
      const known = knownNumber(y);
      if (known === undefined) return undefined;
      const holds = typeof number === "number"
        ? Object.is(known, number)
        : number(known, dtypeOf(y.type));
      if (!holds) return undefined;
      return result === "x" ? x : constantLike(builder, type, result);
    },
  };
}

/** A rule for operations whose two operands are the same value. */
function twice(
  equation: string,
  ops: readonly OpName[],
  result: "x" | number,
  of?: Rule["of"],
): Rule {
  return {
    equation,
    ops,
    ...(of && { of }),
    apply: ({ builder, type }, x, y) =>
      x !== y ? undefined : result === "x" ? x : constantLike(builder, type, result),
  };
}

const SWAPPED: Partial<Record<OpName, OpName>> = { lt: "gt", gt: "lt", le: "ge", ge: "le" };
const OPPOSITE: Partial<Record<OpName, OpName>> = {
  lt: "ge",
  ge: "lt",
  le: "gt",
  gt: "le",
  eq: "ne",
  ne: "eq",
};
const ELEMENTWISE = (Object.keys(OPS) as OpName[]).filter((name) => elementwise(name));
const COMMUTATIVE = ELEMENTWISE.filter((name) => OPS[name].traits?.includes("commutative"));

export const ARITHMETIC_RULES: readonly Rule[] = [
  {
    equation: "c + x -> x + c",
    ops: [...COMMUTATIVE, "lt", "le", "gt", "ge"],
    apply: ({ name, attributes, type, builder }, x, y) => {
      if (knownNumber(x) === undefined || knownNumber(y) !== undefined) return undefined;
      return builder.value(SWAPPED[name] ?? name, [y, x], { attributes, types: [type] });
    },
  },
  right("x + 0 -> x", ["add"], 0, "x", isInteger),
  right("x + -0 -> x", ["add"], -0, "x", isFloat),
  right("x - 0 -> x", ["sub"], 0, "x"),
  twice("x - x -> 0", ["sub"], 0, isInteger),
  right("x * 1 -> x", ["mul"], 1, "x"),
  right("x * 0 -> 0", ["mul"], 0, 0, isInteger),
  right("x / 1 -> x", ["div", "idiv", "floordiv"], 1, "x"),
  right("x % 1 -> 0", ["rem"], 1, 0, isInteger),
  twice("min(x, x) -> x", ["min", "max"], "x"),
  {
    equation: "x + -x -> x - x",
    ops: ["add"],
    of: isFloat,
    apply: ({ builder, type }, x, y) => {
      const negates = (a: Value | undefined, b: Value | undefined) => {
        const difference = made(a, "sub");
        return Object.is(knownNumber(difference?.operand(0)), -0) && difference!.operand(1) === b;
      };
      if (negates(y, x)) return builder.value("sub", [x!, x!], { types: [type] });
      if (negates(x, y)) return builder.value("sub", [y!, y!], { types: [type] });
      return undefined;
    },
  },
  {
    equation: "x - c -> x + -c",
    ops: ["sub"],
    of: (dtype) => dtype.kind === "int",
    apply: ({ builder, type }, x, y) => {
      const known = knownNumber(y);
      if (known === undefined) return undefined;
      return builder.value("add", [
        x,
        constantLike(builder, type, elementOf(dtypeOf(type), -known)),
      ], { types: [type] });
    },
  },
  {
    equation: "(x + a) + b -> x + (a + b)",
    ops: ["add", "mul", "and", "or", "xor"],
    of: (dtype) => !isFloat(dtype),
    apply: ({ name, builder, type }, x, y) => {
      const inner = made(x, name);
      if (knownNumber(y) === undefined || knownNumber(inner?.operands[1]) === undefined) {
        return undefined;
      }
      const both = builder.value(name, [inner!.operand(1), y], { types: [type] });
      return builder.value(name, [inner!.operand(0), both], { types: [type] });
    },
  },
  {
    equation: "x / 2^n -> x * 2^-n",
    ops: ["div"],
    of: isFloat,
    apply: ({ builder, type }, x, y) => {
      const known = Math.abs(knownNumber(y) ?? NaN), power = Math.log2(known);
      const limit = dtypeOf(type).bits === 16 ? 14 : 126; // of f64 too: enough
      if (!Number.isInteger(power) || Math.abs(power) > limit || 2 ** power !== known) {
        return undefined;
      }
      const inverse = constantLike(builder, type, 1 / knownNumber(y)!);
      return builder.value("mul", [x, inverse], { types: [type] });
    },
  },
  {
    equation: "(p + a) + b -> p + (a + b)",
    ops: ["ptr_add"],
    apply: ({ builder, type }, x, y) => {
      const inner = made(x, "ptr_add");
      if (knownNumber(y) === undefined || knownNumber(inner?.operands[1]) === undefined) {
        return undefined;
      }
      const both = builder.value("add", [inner!.operand(1), y], { types: [y.type] });
      return builder.value("ptr_add", [inner!.operand(0), both], { types: [type] });
    },
  },
  right("p + 0 -> p", ["ptr_add"], 0, "x"),
];

export const LOGIC_RULES: readonly Rule[] = [
  right("x & 0 -> 0", ["and"], 0, 0),
  right("x & ~0 -> x", ["and"], isOnes, "x"),
  right("x | 0 -> x", ["or", "xor"], 0, "x"),
  {
    equation: "x | ~0 -> ~0",
    ops: ["or"],
    apply: (_site, _x, y) => isOnes(knownNumber(y), dtypeOf(y.type)) ? y : undefined,
  },
  twice("x & x -> x", ["and", "or"], "x"),
  twice("x ^ x -> 0", ["xor"], 0),
  right("x << 0 -> x", ["shl", "shr"], 0, "x"),
  { equation: "~~x -> x", ops: ["not"], apply: (_site, x) => made(x, "not")?.operand(0) },
  {
    equation: "!(x < y) -> x >= y",
    ops: ["not"],
    apply: ({ builder, type }, x) => {
      const inner = x.def, opposite = inner && OPPOSITE[inner.name];
      if (!opposite) return undefined;
      const ordered = inner.name !== "eq" && inner.name !== "ne";
      if (ordered && !isInteger(dtypeOf(inner.operand(0).type))) return undefined;
      return builder.value(opposite, inner.operands, { types: [type] });
    },
  },
  twice("x == x -> true", ["eq", "le", "ge"], 1, (dtype) => !isFloat(dtype)),
  twice("x != x -> false", ["ne", "lt", "gt"], 0, (dtype) => !isFloat(dtype)),
  right("x >= 0 -> true", ["ge"], 0, 1, (dtype) => dtype.kind === "uint"),
  right("x < 0 -> false", ["lt"], 0, 0, (dtype) => dtype.kind === "uint"),
  {
    equation: "select(true, x, y) -> x",
    ops: ["select"],
    apply: ({ operands }) => {
      const known = knownNumber(operands[0]);
      return known === undefined ? undefined : operands[known === 0 ? 2 : 1];
    },
  },
  {
    equation: "select(p, x, x) -> x",
    ops: ["select"],
    apply: ({ operands: [, x, y] }) => x === y ? x : undefined,
  },
  {
    equation: "select(!p, x, y) -> select(p, y, x)",
    ops: ["select"],
    apply: ({ builder, type, operands: [condition, x, y] }) => {
      const inner = made(condition, "not");
      return inner && builder.value("select", [inner.operand(0), y!, x!], { types: [type] });
    },
  },
  {
    equation: "select(p, true, false) -> p",
    ops: ["select"],
    apply: ({ builder, type, operands: [condition, x, y] }) => {
      if (type.element !== bool) return undefined;
      const [a, b] = [knownNumber(x), knownNumber(y)];
      if (a === 1 && b === 0) return condition;
      return a === 0 && b === 1 ? builder.value("not", [condition!], { types: [type] }) : undefined;
    },
  },
];

/** True when a cast from `a` to `b` and on to `c` is the cast from `a` to `c`. */
function passes(a: DType, b: DType, c: DType): boolean {
  if (a === b || a === bool) return true;
  // An f32 holds every narrower float; only an infinity of f8e5m2 does not come back from there.
  if (isFloat(a) && isFloat(b) && b.bits >= 32 && a.bits < b.bits) {
    return a !== c || a !== DTYPES.f8e5m2;
  }
  if (!isInteger(a) || !isInteger(b)) return false;
  // The low bits of an integer are what they are; and a wider integer is the same number.
  return isInteger(c) && c.bits <= b.bits || contains(b, a);
}

export const CAST_RULES: readonly Rule[] = [
  {
    equation: "cast(x: t, t) -> x",
    ops: ["cast", "bitcast"],
    apply: ({ type }, x) => x.type.element === type.element ? x : undefined,
  },
  {
    equation: "cast(cast(x, t), u) -> cast(x, u)",
    ops: ["cast"],
    apply: ({ builder, type, attributes }, x) => {
      const source = made(x, "cast")?.operand(0);
      if (!source || !passes(dtypeOf(source.type), dtypeOf(x.type), dtypeOf(type))) {
        return undefined;
      }
      return builder.value("cast", [source], { attributes, types: [type] });
    },
  },
  {
    equation: "bitcast(bitcast(x, t), u) -> bitcast(x, u)",
    ops: ["bitcast"],
    apply: ({ builder, type, attributes }, x) => {
      const source = made(x, "bitcast")?.operand(0);
      return source && builder.value("bitcast", [source], { attributes, types: [type] });
    },
  },
];

const RESHAPING: readonly OpName[] = ["splat", "broadcast", "expand_dims", "reshape", "permute"];

/** The scalar in every element of a value: what was splat, or a constant. */
function everyElement(value: Value, builder: Builder): Value | undefined {
  const known = knownNumber(value);
  if (known !== undefined) return constantLike(builder, scalar(value.type.element), known);
  return made(value, "splat")?.operand(0);
}

/** Two changes of shape in a row that one can do. Layouts tie each to its operand, so without them only. */
function composed(
  equation: string,
  name: OpName,
  first: readonly OpName[],
  attributes: (outer: Attributes, inner: Attributes) => Attributes,
): Rule {
  return {
    equation,
    ops: [name],
    apply: ({ builder, type, attributes: outer }, x) => {
      const inner = x.def;
      if (!inner || !first.includes(inner.name) || type.layout) return undefined;
      const merged = attributes(outer, inner.attributes);
      return builder.value(name, [inner.operand(0)], { attributes: merged, types: [type] });
    },
  };
}

export const SHAPE_RULES: readonly Rule[] = [
  {
    equation: "reshape(x: s, s) -> x",
    ops: RESHAPING.filter((name) => name !== "permute"),
    apply: ({ type }, x) => sameShape(x.type.shape, type.shape) ? x : undefined,
  },
  {
    equation: "permute(x, [0, 1]) -> x",
    ops: ["permute"],
    apply: ({ attributes }, x) =>
      (attributes["order"] as readonly number[]).every((dim, i) => dim === i) ? x : undefined,
  },
  {
    equation: "reshape(c, s) -> c",
    ops: RESHAPING,
    apply: ({ builder, type }, x) => {
      const known = knownNumber(x);
      return known === undefined ? undefined : constantLike(builder, type, known);
    },
  },
  {
    equation: "reshape(splat(x), s) -> splat(x, s)",
    ops: RESHAPING,
    apply: ({ builder, type }, x) => {
      const inner = made(x, "splat");
      if (!inner) return undefined;
      const attributes = { shape: type.shape };
      return builder.value("splat", [inner.operand(0)], { attributes, types: [type] });
    },
  },
  composed("broadcast(broadcast(x)) -> broadcast(x)", "broadcast", ["broadcast"], (outer) => outer),
  composed(
    "reshape(reshape(x)) -> reshape(x)",
    "reshape",
    ["reshape", "expand_dims"],
    (outer) => outer,
  ),
  composed("permute(permute(x)) -> permute(x)", "permute", ["permute"], (outer, inner) => ({
    order: (outer["order"] as readonly number[]).map((dim) =>
      (inner["order"] as readonly number[])[dim]!
    ),
  })),
  {
    equation: "f(splat(x), splat(y)) -> splat(f(x, y))",
    ops: ELEMENTWISE,
    apply: ({ name, builder, type, attributes, operands }) => {
      if (!elementwise(name) || !operands.some((operand) => made(operand, "splat"))) {
        return undefined;
      }
      if (!operands.every((x) => made(x, "splat") || knownNumber(x) !== undefined)) {
        return undefined;
      }
      const scalars = operands.map((operand) => everyElement(operand, builder)!);
      const one = builder.value(name, scalars, { attributes });
      return builder.value("splat", [one], { attributes: { shape: type.shape }, types: [type] });
    },
  },
  {
    equation: "convert_layout(x: l, l) -> x",
    ops: ["convert_layout"],
    apply: ({ type }, x) =>
      type.layout && x.type.layout?.equals(type.layout) || x.type.layout === type.layout
        ? x
        : undefined,
  },
];

/** A load or a store with other operands. */
function access({ name, builder, type }: Site, operands: readonly Value[]): Value {
  return builder.value(name, operands, { types: [type] });
}

export const LOAD_RULES: readonly Rule[] = [
  {
    equation: "load(p, true) -> load(p)",
    ops: ["load"],
    apply: (site) =>
      knownNumber(site.operands[1]) === 1 ? access(site, site.operands.slice(0, 1)) : undefined,
  },
  {
    equation: "load(p, false, other) -> other",
    ops: ["load"],
    apply: ({ builder, type, operands: [, mask, other] }) =>
      knownNumber(mask) === 0 ? other ?? constantLike(builder, type, 0) : undefined,
  },
  {
    equation: "load(p, mask, 0) -> load(p, mask)",
    ops: ["load"],
    apply: (site) =>
      Object.is(knownNumber(site.operands[2]), 0)
        ? access(site, site.operands.slice(0, 2))
        : undefined,
  },
];

/** All rules, in the order in which they are tried. */
export const RULES: readonly Rule[] = [
  ...ARITHMETIC_RULES,
  ...LOGIC_RULES,
  ...CAST_RULES,
  ...NARROW_RULES,
  ...SHAPE_RULES,
  ...LOAD_RULES,
];
