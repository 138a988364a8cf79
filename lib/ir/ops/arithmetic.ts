/** Elementwise arithmetic, bit operations, comparisons, selection and casts. */

import { FROM_BITS, TO_BITS } from "../bits.ts";
import type { Attributes } from "../graph.ts";
import {
  bool,
  type DType,
  dtypeNamed,
  DTYPES,
  exactRange,
  integerRange,
  isFloat,
  isFloat8,
  isInteger,
  isWide,
  type Numeric,
  type NumericFunction,
  ROUND,
} from "../dtype.ts";
import { isNarrow, registerOf } from "../native.ts";
import { perElement } from "./functions.ts";
import { floatOfBigint, floatToOdd, fusedMultiplyAdd } from "./functions_of_numbers.ts";
import { isPointer, sameElement, typeText, withElement } from "../type.ts";
import { contains, decoded, encoded, narrowed, towardZero } from "./narrow.ts";
import {
  at,
  call,
  commonShape,
  type Dtypes,
  type ElementwiseRow,
  expect,
  numeric,
  sameAs,
  sameShaped,
  type WgslSite,
} from "./row.ts";

const NUMBER = ["int", "uint", "float"] as const;
const INTEGER = ["int", "uint"] as const;
const BITS = ["bool", "int", "uint"] as const;
const ANY = ["bool", "int", "uint", "float"] as const;

/** `(a op b)` of WGSL. */
function infix(operator: string): ElementwiseRow["wgsl"] {
  return ([a, b]) => `(${a} ${operator} ${b})`;
}

/** A WGSL expression that is true where float `x` is NaN, by its bits: drivers fold `x != x`. */
function isNan(x: string, site: WgslSite): string {
  const dtype = at(site.operands, 0);
  const wide = registerOf(dtype, site.native) === "f32" ? x : `${site.type(DTYPES.f32)}(${x})`;
  const bits = `bitcast<${site.type(DTYPES.u32)}>(${wide})`;
  const u32 = (value: number) => site.literal(value, DTYPES.u32);
  return `((${bits} & ${u32(0x7fffffff)}) > ${u32(0x7f800000)})`;
}

/** Attributes with which lowering says of a `min` or `max` that neither operand is a NaN. */
export const NO_NAN: Attributes = { nan: "none" };

/**
 * IEEE 754 minNum or maxNum: a NaN is a missing value, so the other operand is the result.
 * Each has an `evaluate` of its own: one function that is handed `Math.min` or `Math.max` is not
 * inlined by the CPU backend's loops.
 */
function extremum(
  name: "min" | "max",
  f: (a: number, b: number) => number,
  wide: (a: bigint, b: bigint) => bigint,
): Pick<ElementwiseRow, "evaluate" | "wgsl"> {
  return {
    evaluate: exact(f, wide),
    wgsl: ([a, b], site) => {
      if (!isFloat(site.result) || site.attributes["nan"] === NO_NAN["nan"]) {
        return call(name, [a!, b!]);
      }
      const type = site.type(site.result);
      const helper = site.helper(
        `${name}num_${site.result.name}`,
        (full) =>
          `fn ${full}(a: ${type}, b: ${type}) -> ${type} {
  return select(select(${name}(a, b), b, ${isNan("a", site)}), a, ${isNan("b", site)});
}`,
      );
      return call(helper, [a!, b!]);
    },
  };
}

/** A shift amount modulo 32 or 64, as u32. A constant one must be below that to begin with. */
function amount(b: string, site: WgslSite): string {
  const most = isWide(site.result) ? 63 : 31;
  const constant = /^(?:vec\d<[iu]\d\d>\()?(\d+)(?:u|li|lu)?\)?$/.exec(b);
  if (constant) return site.literal(Number(BigInt(constant[1]!) & BigInt(most)), DTYPES.u32);
  return `(${site.type(DTYPES.u32)}(${b}) & ${site.literal(most, DTYPES.u32)})`;
}

/**
 * The exact product, difference, … as JavaScript computes it; integers wrap when stored. `wide` is
 * the same for 64-bit integers.
 */
function exact(
  f: (a: number, b: number) => number,
  wide: (a: bigint, b: bigint) => Numeric,
): ElementwiseRow["evaluate"] {
  return ({ operands }) => isWide(at(operands, 0)) ? wide : f;
}

/** The name of a helper for integers: those of 64 bits have one of their own. */
function integerHelperName(name: string, site: WgslSite): string {
  return isWide(site.result) ? `${name}_${site.result.name}` : name;
}

function compare(
  doc: string,
  f: (a: number, b: number) => 0 | 1,
  wide: (a: bigint, b: bigint) => 0 | 1,
  operator: string,
  commutative = false,
): ElementwiseRow {
  return {
    doc,
    operands: ["a", "b"],
    traits: commutative ? ["cheap", "commutative"] : ["cheap"],
    infer: sameShaped(bool, ...(commutative ? ANY : NUMBER)),
    evaluate: exact(f, wide),
    wgsl: infix(operator),
  };
}

/** How a value of `from` becomes one of `to`, by the CPU, before it is rounded or wrapped to that. */
function castNumber(from: DType, to: DType): NumericFunction {
  if (isWide(from)) return castBigint(to);
  if (to.kind === "bool") return (x: number) => (x !== 0 ? 1 : 0);
  if (isWide(to)) {
    if (!isFloat(from)) return BigInt;
    const [low, high] = exactRange(to), [least, most] = [Number(low), Number(high)];
    return (x: number) =>
      Number.isNaN(x) ? 0n : x <= least ? low : x >= most ? high : BigInt(Math.trunc(x));
  }
  if (isFloat(from) && !isFloat(to)) {
    const [low, high] = integerRange(to);
    return (x: number) => (Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), low), high));
  }
  // Infinities are too large as well; the format has some, for those who read its bits.
  if (to === DTYPES.f8e5m2 && from !== to) {
    const saturated = (x: number) => Math.min(Math.max(x, -57344), 57344);
    return from === DTYPES.f64 ? (x: number) => saturated(floatToOdd(x)) : saturated;
  }
  if (from === DTYPES.f64 && to.bits < 32) return floatToOdd; // to be rounded once in all
  return (x: number) => x;
}

function castBigint(to: DType): NumericFunction {
  if (to.kind === "bool") return (x: bigint) => (x !== 0n ? 1 : 0);
  if (isWide(to)) return (x: bigint) => x;
  if (to === DTYPES.f64) return Number;
  if (isFloat(to)) return floatOfBigint;
  return (x: bigint) => Number(BigInt.asIntN(32, x));
}

/** The same in WGSL. */
function castText(x: string, from: DType, to: DType, site: WgslSite): string {
  if (to.kind === "bool") return `(!(${x} == ${site.literal(0, from)}))`;
  const [source, register] = [registerOf(from, site.native), registerOf(to, site.native)];
  if (isWide(to) && isInteger(from) && !isWide(from)) {
    // naga extends by the sign of what is made, not of what it is made from.
    const same = from.kind === "int" ? DTYPES.i64 : DTYPES.u64, wide = call(site.type(same), [x]);
    return same === to ? wide : call(`bitcast<${site.type(to)}>`, [wide]);
  }
  const inRegister = source === register
    ? x
    : from === DTYPES.f64 && isFloat(to) && to.bits < 32
    ? oddFloat(x, to, site)
    : isFloat(from) && !isFloat(to)
    ? call(integerHelper(from, to, site), [x])
    : call(site.type(to), [x]);
  if (contains(to, from)) return inRegister;
  if (isFloat8(to)) return decoded(encoded(inRegister, to, site, true), to, site);
  if (isFloat(from) && !isFloat(to) && isNarrow(to, site.native)) { // saturated at 32 bits already
    const limits = integerRange(to).map((limit) => site.literal(limit, to));
    return call("clamp", [inRegister, ...limits]);
  }
  return narrowed(inRegister, to, site);
}

/** An f64 in a register for a narrower float, by way of an f32 that is rounded to odd. */
function oddFloat(x: string, to: DType, site: WgslSite): string {
  const [f32, f64, u32] = [DTYPES.f32, DTYPES.f64, DTYPES.u32].map((dtype) => site.type(dtype));
  const L = (n: number) => site.literal(n, DTYPES.u32);
  const helper = site.helper("odd_f32_of_f64", (name) =>
    `fn ${name}(x: ${f64}) -> ${f32} {
  let near = ${f32}(x);
  let bits = bitcast<${u32}>(near);
  let back = ${f64}(near);
  let inexact = (back != x) & ((bits & ${L(0x7fffffff)}) < ${L(0x7f800000)});
  let cut = bits - select(${L(0)}, ${L(1)}, abs(back) > abs(x));
  return bitcast<${f32}>(select(bits, cut | ${L(1)}, inexact));
}`);
  const odd = call(helper, [x]);
  return registerOf(to, site.native) === "f32" ? odd : call(site.type(to), [odd]);
}

/**
 * The function from a float to 32 or 64 bits. WGSL's own conversion stops at the greatest float below
 * the greatest integer, and makes anything of a NaN.
 */
function integerHelper(from: DType, to: DType, site: WgslSite): string {
  const type = site.type(to), register = DTYPES[registerOf(to, site.native)];
  const source = registerOf(from, site.native), name = `${register.name}_of_${source}`;
  if (register.bits === 64 || source === "f64") {
    return exactIntegerHelper(name, from, register, site);
  }
  const wide = site.type(DTYPES.f32);
  const [, high] = integerRange(register);
  return site.helper(name, (name) => {
    const limit = site.literal(high + 1, DTYPES.f32);
    const nan = `(bitcast<${site.type(DTYPES.u32)}>(x) & ${
      site.literal(0x7fffffff, DTYPES.u32)
    }) > ${site.literal(0x7f800000, DTYPES.u32)}`;
    return `fn ${name}(given: ${site.type(from)}) -> ${type} {
  let x = ${source === "f32" ? "given" : `${wide}(given)`};
  let number = select(${type}(x), ${site.literal(high, register)}, x >= ${limit});
  return select(number, ${site.literal(0, register)}, ${nan});
}`;
  });
}

/** The same where a side has 64 bits: nothing is converted but what is inside the range. */
function exactIntegerHelper(name: string, from: DType, to: DType, site: WgslSite): string {
  const float = registerOf(from, site.native) === "f64" ? DTYPES.f64 : DTYPES.f32;
  const type = site.type(to), wide = site.type(float);
  const [low, high] = exactRange(to);
  const F = (value: bigint) => site.literal(Number(value), float);
  return site.helper(name, (name) =>
    `fn ${name}(given: ${site.type(from)}) -> ${type} {
  let x = ${registerOf(from, site.native) === float.name ? "given" : `${wide}(given)`};
  let above = x >= ${F(high + 1n)};
  let below = x <= ${F(low)};
  let inside = (x > ${F(low - 1n)}) & (x < ${F(high + 1n)}) & !below;
  let number = ${type}(select(${F(0n)}, x, inside));
  return select(select(number, ${site.literal(high, to)}, above), ${site.literal(low, to)}, below);
}`);
}

/** The f32 nearest to x among those that a narrower dtype has and that are no larger than x. */
function truncated(to: DType): (x: number) => number {
  const round = to === DTYPES.bf16 ? ROUND.bf16 : ROUND.f16;
  return (x) => {
    const nearest = round(x);
    if (!(Math.abs(nearest) > Math.abs(x))) return nearest;
    // The sign is apart from the magnitude.
    return Number(FROM_BITS[to.name](Number(TO_BITS[to.name](nearest)) - 1));
  };
}

/** The dtype that the attribute `to` names. */
function target(attributes: Dtypes["attributes"]): DType {
  const name = String(attributes["to"]);
  const dtype = dtypeNamed(name);
  expect(dtype !== undefined, () => `There is no dtype '${name}'`);
  return dtype;
}

export const ARITHMETIC = {
  add: {
    doc: "The sum; integers wrap.",
    operands: ["a", "b"],
    traits: ["cheap", "commutative"],
    infer: sameAs(...NUMBER),
    evaluate: exact((a, b) => a + b, (a, b) => a + b),
    wgsl: infix("+"),
  },
  sub: {
    doc: "The difference; integers wrap.",
    operands: ["a", "b"],
    traits: ["cheap"],
    infer: sameAs(...NUMBER),
    evaluate: exact((a, b) => a - b, (a, b) => a - b),
    wgsl: infix("-"),
  },
  mul: {
    doc: "The product; integers wrap.",
    operands: ["a", "b"],
    traits: ["cheap", "commutative"],
    infer: sameAs(...NUMBER),
    evaluate: ({ result }) =>
      isFloat(result)
        ? (a: number, b: number) => a * b
        : isWide(result)
        ? (a: bigint, b: bigint) => a * b
        : Math.imul,
    wgsl: infix("*"),
  },
  div: {
    doc: "The quotient of floats.",
    operands: ["a", "b"],
    infer: sameAs("float"),
    evaluate: () => (a: number, b: number) => a / b,
    wgsl: infix("/"),
  },
  idiv: {
    doc: "The quotient of integers, rounded towards zero; a / 0 is a.",
    operands: ["a", "b"],
    traits: ["cheap"],
    infer: sameAs(...INTEGER),
    evaluate: exact(
      (a, b) => (b === 0 ? a : Math.trunc(a / b)),
      (a, b) => (b === 0n ? a : a / b),
    ),
    wgsl: infix("/"),
  },
  floordiv: {
    doc: "The quotient of integers, rounded down; a / 0 is a.",
    operands: ["a", "b"],
    traits: ["cheap"],
    infer: sameAs(...INTEGER),
    evaluate: exact(
      (a, b) => (b === 0 ? a : Math.floor(a / b)),
      (a, b) => b === 0n ? a : a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n),
    ),
    wgsl: ([a, b], site) => {
      if (site.result.kind === "uint") return `(${a} / ${b})`;
      const type = site.type(site.result);
      const literal = (value: number) => site.literal(value, site.result);
      const helper = site.helper(
        integerHelperName("floordiv", site),
        (full) =>
          `fn ${full}(a: ${type}, b: ${type}) -> ${type} {
  let q = a / b;
  let down = (q * b != a) & (b != ${literal(0)}) & ((a ^ b) < ${literal(0)});
  return q - select(${literal(0)}, ${literal(1)}, down);
}`,
      );
      return call(helper, [a!, b!]);
    },
  },
  rem: {
    doc: "The remainder, with the sign of the dividend; an integer's a % 0 is 0.",
    operands: ["a", "b"],
    traits: ["cheap"],
    infer: sameAs(...NUMBER),
    evaluate: ({ result }) =>
      isFloat(result)
        ? (a: number, b: number) => a % b
        : isWide(result)
        ? (a: bigint, b: bigint) => (b === 0n ? 0n : a % b)
        : (a: number, b: number) => (b === 0 ? 0 : a % b),
    wgsl: ([a, b], site) => {
      // WGSL's % of floats is wrong by whole multiples where the quotient is large.
      if (isFloat(site.result) && site.result !== DTYPES.f64) {
        return perElement("fmod_f32", [a!, b!], site);
      }
      if (site.result.kind !== "int") return `(${a} % ${b})`;
      // NVIDIA's drivers get % wrong where an operand is negative.
      const type = site.type(site.result), zero = site.literal(0, site.result);
      const helper = site.helper(
        integerHelperName("rem", site),
        (full) =>
          `fn ${full}(a: ${type}, b: ${type}) -> ${type} {
  return select(a - a / b * b, ${zero}, b == ${zero});
}`,
      );
      return call(helper, [a!, b!]);
    },
  },
  min: {
    doc: "The smaller of two; of a number and a NaN, the number.",
    operands: ["a", "b"],
    traits: ["cheap", "closed", "commutative"],
    infer: sameAs(...NUMBER),
    ...extremum(
      "min",
      (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b)),
      (a, b) => (a < b ? a : b),
    ),
  },
  max: {
    doc: "The larger of two; of a number and a NaN, the number.",
    operands: ["a", "b"],
    traits: ["cheap", "closed", "commutative"],
    infer: sameAs(...NUMBER),
    ...extremum(
      "max",
      (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b)),
      (a, b) => (a > b ? a : b),
    ),
  },
  fma: {
    doc: "a * b + c; whether the product is rounded first is left to the device.",
    operands: ["a", "b", "c"],
    infer: sameAs("float"),
    evaluate: ({ result }) =>
      result === DTYPES.f32 ? fusedMultiplyAdd : (a: number, b: number, c: number) => a * b + c,
    wgsl: (args, site) => {
      if (site.result.bits !== 16) return call("fma", args);
      // Products of halves are exact in f32. (fma of f16 rounds them first on software GPUs.)
      const isF32 = registerOf(site.result, site.native) === "f32";
      const [a, b, c] = isF32 ? args : args.map((x) => call(site.type(DTYPES.f32), [x]));
      const sum = `(${a} * ${b} + ${c})`;
      return isF32 ? sum : call(site.type(site.result), [sum]);
    },
  },
  abs: {
    doc: "The absolute value; the least integer stays itself.",
    operands: ["x"],
    traits: ["cheap"],
    infer: sameAs(...NUMBER),
    evaluate: ({ result }) => isWide(result) ? (x: bigint) => (x < 0n ? -x : x) : Math.abs,
    wgsl: (args) => call("abs", args),
  },
  and: {
    doc: "Bitwise and; logical and of bools.",
    operands: ["a", "b"],
    traits: ["cheap", "closed", "commutative"],
    infer: sameAs(...BITS),
    evaluate: exact((a, b) => a & b, (a, b) => a & b),
    wgsl: infix("&"),
  },
  or: {
    doc: "Bitwise or; logical or of bools.",
    operands: ["a", "b"],
    traits: ["cheap", "closed", "commutative"],
    infer: sameAs(...BITS),
    evaluate: exact((a, b) => a | b, (a, b) => a | b),
    wgsl: infix("|"),
  },
  xor: {
    doc: "Bitwise exclusive or; inequality of bools.",
    operands: ["a", "b"],
    traits: ["cheap", "closed", "commutative"],
    infer: sameAs(...BITS),
    evaluate: exact((a, b) => a ^ b, (a, b) => a ^ b),
    wgsl: ([a, b], site) => `(${a} ${site.result.kind === "bool" ? "!=" : "^"} ${b})`,
  },
  not: {
    doc: "All bits flipped; logical not of bools.",
    operands: ["x"],
    traits: ["cheap"],
    infer: sameAs(...BITS),
    evaluate: ({ result }) =>
      result.kind === "bool"
        ? (x: number) => 1 - x
        : isWide(result)
        ? (x: bigint) => ~x
        : (x: number) => ~x,
    wgsl: ([x], site) => (site.result.kind === "bool" ? `(!${x})` : `(~${x})`),
  },
  shl: {
    doc: "a shifted left by b bits, b taken modulo 32, or 64 where there are as many.",
    operands: ["a", "b"],
    traits: ["cheap"],
    infer: sameAs(...INTEGER),
    evaluate: exact((a, b) => a << b, (a, b) => a << (b & 63n)),
    wgsl: ([a, b], site) => `(${a} << ${amount(b!, site)})`,
  },
  shr: {
    doc:
      "a shifted right by b bits, b taken modulo 32, or 64 where there are as many; copies the sign of signed integers.",
    operands: ["a", "b"],
    traits: ["cheap", "closed"],
    infer: sameAs(...INTEGER),
    evaluate: ({ result }) =>
      isWide(result)
        ? (a: bigint, b: bigint) => a >> (b & 63n)
        : result.kind === "uint"
        ? (a: number, b: number) => a >>> b
        : (a: number, b: number) => a >> b,
    wgsl: ([a, b], site) => `(${a} >> ${amount(b!, site)})`,
  },
  eq: compare(
    "Equal; false where either is NaN.",
    (a, b) => (a === b ? 1 : 0),
    (a, b) => (a === b ? 1 : 0),
    "==",
    true,
  ),
  ne: {
    ...compare(
      "Not equal; true where either is NaN.",
      (a, b) => (a !== b ? 1 : 0),
      (a, b) => (a !== b ? 1 : 0),
      "!=",
      true,
    ),
    // naga compares floats "ordered and not equal", which is false for NaN.
    wgsl: ([a, b]) => `(!(${a} == ${b}))`,
  },
  lt: compare(
    "Less; false where either is NaN.",
    (a, b) => (a < b ? 1 : 0),
    (a, b) => (a < b ? 1 : 0),
    "<",
  ),
  le: compare(
    "Less or equal; false where either is NaN.",
    (a, b) => (a <= b ? 1 : 0),
    (a, b) => (a <= b ? 1 : 0),
    "<=",
  ),
  gt: compare(
    "Greater; false where either is NaN.",
    (a, b) => (a > b ? 1 : 0),
    (a, b) => (a > b ? 1 : 0),
    ">",
  ),
  ge: compare(
    "Greater or equal; false where either is NaN.",
    (a, b) => (a >= b ? 1 : 0),
    (a, b) => (a >= b ? 1 : 0),
    ">=",
  ),
  select: {
    doc: "b where a bool holds, else c.",
    operands: ["condition", "a", "b"],
    traits: ["cheap", "closed"],
    infer: ({ operands }) => {
      const condition = at(operands, 0), a = at(operands, 1), b = at(operands, 2);
      expect(condition.element === bool, () => `The condition is ${typeText(condition)}, not bool`);
      commonShape(operands);
      expect(
        sameElement(a.element, b.element),
        () => `Operands differ: ${typeText(a)} and ${typeText(b)}`,
      );
      return [a];
    },
    evaluate: ({ result }) =>
      isWide(result)
        ? (condition: number, a: bigint, b: bigint) => (condition ? a : b)
        : (condition: number, a: number, b: number) => (condition ? a : b),
    wgsl: ([condition, a, b]) => call("select", [b!, a!, condition!]),
  },
  cast: {
    doc:
      "The same number in another dtype: floats round to nearest even, float to integer truncates and saturates, to bool is `!= 0`. What is too large for an 8-bit float becomes its largest.",
    operands: ["x"],
    attributes: { to: "string" },
    traits: ["cheap", "closed"],
    infer: ({ operands, attributes }) => {
      const x = at(operands, 0);
      numeric(x);
      return [withElement(x, target(attributes))];
    },
    evaluate: ({ operands, result }) => castNumber(at(operands, 0), result),
    wgsl: ([x], site) => {
      return castText(x!, at(site.operands, 0), site.result, site);
    },
  },
  cast_rtz: {
    doc: "A float in a narrower dtype, f16 or bf16, rounded towards zero.",
    operands: ["x"],
    attributes: { to: "string" },
    traits: ["cheap", "closed"],
    infer: ({ operands, attributes }) => {
      const x = at(operands, 0), from = numeric(x), to = target(attributes);
      expect(
        (to === DTYPES.f16 || to === DTYPES.bf16) && isFloat(from) && from.bits > to.bits,
        () => `${typeText(x)} cannot be rounded towards zero to ${to.name}`,
      );
      return [withElement(x, to)];
    },
    evaluate: ({ result }) => truncated(result),
    wgsl: ([x], site) => {
      const isDouble = at(site.operands, 0) === DTYPES.f64;
      return towardZero(isDouble ? oddFloat(x!, DTYPES.bf16, site) : x!, site.result, site);
    },
  },
  bitcast: {
    doc: "The same bits read as another dtype of equal width.",
    operands: ["x"],
    attributes: { to: "string" },
    traits: ["cheap", "closed"],
    infer: ({ operands, attributes }) => {
      const x = at(operands, 0), from = numeric(x), to = target(attributes);
      expect(
        from.bits === to.bits && from.bits > 1,
        () => `${typeText(x)} has ${from.bits} bits an element, ${to.name} has ${to.bits}`,
      );
      return [withElement(x, to)];
    },
    evaluate: ({ operands, result }) => {
      const toBits = TO_BITS[at(operands, 0).name], fromBits = FROM_BITS[result.name];
      return (x) => fromBits(toBits(x));
    },
    wgsl: ([x], site) => {
      const from = at(site.operands, 0), to = site.result;
      if (to.bits >= 32) return call(`bitcast<${site.type(to)}>`, [x!]);
      return decoded(encoded(x!, from, site), to, site);
    },
  },
  hint: {
    doc:
      "The operand itself, with the author's promise about its axis information: `about` is contiguity, divisibility or constancy.",
    operands: ["x"],
    attributes: { about: "string", values: "numbers" },
    traits: ["cheap", "closed"],
    infer: ({ operands, attributes }) => {
      const x = at(operands, 0), values = attributes["values"];
      expect(
        ["contiguity", "divisibility", "constancy"].includes(String(attributes["about"])) &&
          Array.isArray(values) && values.length === Math.max(1, x.shape.length),
        () => `${typeText(x)} cannot be promised ${String(values)}`,
      );
      return [x];
    },
    evaluate: () => (x: Numeric) => x,
    wgsl: ([x]) => x!,
  },
  ptr_add: {
    doc: "A pointer moved by an i32 number of elements.",
    operands: ["pointer", "offset"],
    traits: ["cheap"],
    infer: ({ operands }) => {
      const pointer = at(operands, 0), offset = at(operands, 1);
      expect(isPointer(pointer.element), () => `${typeText(pointer)} is no pointer`);
      expect(
        offset.element === DTYPES.i32,
        () => `The offset is ${typeText(offset)}, but its elements must be i32`,
      );
      commonShape(operands);
      return [pointer];
    },
    evaluate: () => (a: number, b: number) => a + b,
    wgsl: infix("+"),
  },
  ptr_index: {
    doc: "Which element of its buffer a pointer points to, an i32.",
    operands: ["pointer"],
    traits: ["cheap", "closed"],
    infer: ({ operands }) => {
      const pointer = at(operands, 0);
      expect(isPointer(pointer.element), () => `${typeText(pointer)} is no pointer`);
      return [withElement(pointer, DTYPES.i32)];
    },
    evaluate: () => (x: Numeric) => x,
    wgsl: ([x]) => x!,
  },
} satisfies Record<string, ElementwiseRow>;
