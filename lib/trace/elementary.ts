/** The elementwise functions of `tl` beyond the commonest. */

import { type DType, DTYPES, isFloat, isInteger, isWide } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { FUNCTIONS } from "../ir/ops/functions.ts";
import { tl } from "../language/tl.ts";
import type { ElementwiseFunctions } from "../language/functions.ts";
import type { Arguments, Entry } from "./arguments.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber, promote } from "./promotion.ts";
import type { BinaryOperator } from "./semantics.ts";
import type { Tracer } from "./tracer.ts";
import { wideHighProduct, wideWord } from "./wide.ts";
import { defaultDtype, describe, type Operand } from "./values.ts";

function dtypeOf(x: Operand): DType {
  return x instanceof Value ? dtypeOfNumber(x) : defaultDtype(x);
}

function isConstant(operands: readonly Operand[]): boolean {
  return !operands.some((x) => x instanceof Value);
}

/** The dtype that operands have together. */
export function commonDtype(operands: readonly Operand[]): DType {
  const [first, second] = operands;
  if (second === undefined) return dtypeOf(first!);
  return promote("arithmetic", first!, second);
}

/** Throws unless all of these are floats, or compile-time numbers. */
export function checkFloats(a: Arguments, operands: readonly Operand[]): void {
  const wrong = operands.find((x) => x instanceof Value && !isFloat(dtypeOfNumber(x)));
  if (wrong === undefined) return;
  throw new Problem(
    `${a.name} works on floats, not on ${describe(wrong)}`,
    "Cast first: tl.cast(x, tl.f32)",
  );
}

/** Throws unless all of these are 32-bit integers, or of 64 bits where those are taken too. */
export function checkWords(a: Arguments, operands: readonly Operand[], most: 32 | 64 = 32): void {
  const wrong = operands.find((x) => {
    const dtype = dtypeOf(x);
    return !isInteger(dtype) || dtype.bits < 32 || dtype.bits > most;
  });
  if (wrong === undefined) return;
  throw new Problem(
    `${a.name} works on ${most === 32 ? "32-bit" : "32- and 64-bit"} integers, not on ${
      describe(wrong)
    }`,
    "Cast first: tl.cast(x, tl.i32)",
  );
}

/** An operation on f32: narrower floats are widened, and the result is rounded to what they were. */
export function inF32(
  t: Tracer,
  name: keyof typeof FUNCTIONS,
  operands: readonly Operand[],
): Value {
  const { semantics } = t, { f32 } = DTYPES;
  const dtype = commonDtype(operands);
  if (dtype === DTYPES.f64) {
    throw new Problem(
      `${name} is not known of f64`,
      "Compute it in f32: tl.cast(x, tl.f32)",
    );
  }
  const wide = operands.map((x) => x instanceof Value ? semantics.cast(x, f32) : x);
  const result = semantics.builder.value(name, semantics.together(f32, wide));
  return isFloat(dtype) && dtype.bits < 32 ? semantics.cast(result, dtype) : result;
}

/** A function of floats that is an operation of the table. */
export function float(name: string, op: keyof typeof FUNCTIONS, arity = 1): Entry {
  const parameters = ["x", "y"].slice(0, arity);
  return [`tl.${name}(${parameters.join(", ")})`, (a, t) => {
    a.count(arity);
    const operands = parameters.map((_, i) => a.operand(i));
    if (isConstant(operands)) {
      const { f32 } = DTYPES, row = FUNCTIONS[op];
      const dtypes = { operands: operands.map(() => f32), result: f32, attributes: {} };
      return row.evaluate(dtypes)(...operands.map(Number));
    }
    return inF32(t, op, operands);
  }];
}

/** A value's bits read as another dtype. */
export function bitcast(t: Tracer, x: Value, to: DType): Value {
  return dtypeOfNumber(x) === to
    ? x
    : t.semantics.builder.value("bitcast", [x], { attributes: { to: to.name } });
}

/** The bits of a float, after widening to f32. */
function bitsOf(t: Tracer, x: Value): Value {
  if (dtypeOfNumber(x) === DTYPES.f64) return bitcast(t, x, DTYPES.u64);
  return bitcast(t, t.semantics.cast(x, DTYPES.f32), DTYPES.u32);
}

/** The bits of a float's size against those of infinity. */
function compareSize(operator: BinaryOperator) {
  return (t: Tracer, x: Value) => {
    const bits = bitsOf(t, x), { semantics } = t;
    const [size, infinity] = dtypeOfNumber(bits) === DTYPES.u64
      ? [0x7fffffffffffffffn, 0x7ff0000000000000n]
      : [0x7fffffff, 0x7f800000];
    return semantics.binary(operator, semantics.binary("&", bits, size), infinity);
  };
}

/** Whether elements are NaN, by their bits: drivers may take it that there are none. */
export function isNan(t: Tracer, x: Operand): Operand {
  if (!(x instanceof Value)) return Number.isNaN(Number(x));
  if (!isFloat(dtypeOfNumber(x))) return t.semantics.constant(false, DTYPES.bool, x.type.shape);
  return compareSize(">")(t, x);
}

/** A question about the bits of a float. */
function question(
  name: string,
  constant: (x: number) => boolean,
  ask: (t: Tracer, x: Value) => Operand,
): Entry {
  return [`tl.${name}(x)`, (a, t) => {
    a.count(1);
    const x = a.operand(0);
    checkFloats(a, [x]);
    return x instanceof Value ? ask(t, x) : constant(Number(x));
  }];
}

/** A function of the bits of an integer of 32 or 64. */
function word(name: "clz" | "popc" | "brev" | "ffs"): Entry {
  return [`tl.${name}(x)`, (a, t) => {
    a.count(1);
    const x = a.operand(0), { semantics } = t;
    checkWords(a, [x], 64);
    const bits = semantics.value(x);
    if (isWide(dtypeOfNumber(bits))) {
      const wide = wideWord(semantics, name, bits);
      return bitcast(t, wide, name === "brev" ? dtypeOfNumber(bits) : DTYPES.i32);
    }
    const result = bitcast(t, semantics.builder.value(name, [bits]), DTYPES.i32);
    return name === "brev" ? bitcast(t, result, dtypeOfNumber(bits)) : result;
  }];
}

/** The same bits in another dtype. */
function reading(name: string, from: DType, to: DType): Entry {
  return [`tl.${name}(x)`, (a, t) => {
    a.count(1);
    const x = a.operand(0);
    return bitcast(t, t.semantics.cast(x, from), to);
  }];
}

/** Asserts that a sum, difference or product of integers of up to 32 bits has not wrapped. */
function checkOverflow(
  t: Tracer,
  name: "add" | "sub" | "mul",
  x: Operand,
  y: Operand,
  result: Value,
): void {
  const dtype = dtypeOfNumber(result);
  if (!isInteger(dtype) || dtype.bits > 32) return;
  const { semantics } = t, { i32, u32 } = DTYPES;
  const binary = (operator: BinaryOperator, a: Operand, b: Operand) =>
    semantics.binary(operator, a, b);
  const [a, b] = semantics.together(dtype, [x, y]) as [Value, Value];
  const operator = name === "add" ? "+" : name === "sub" ? "-" : "*";
  let fits: Value;
  if (dtype.bits < 32) {
    const wide = dtype.bits === 16 && name === "mul" && dtype.kind === "uint" ? u32 : i32;
    const exact = binary(operator, semantics.cast(a, wide), semantics.cast(b, wide));
    fits = binary("===", exact, semantics.cast(result, wide));
  } else if (name === "mul") {
    const high = t.call(tl.libdevice.mulhi, [a, b]) as Value;
    fits = binary("===", high, dtype === i32 ? binary(">>", result, 31) : 0);
  } else if (dtype === u32) {
    fits = name === "add" ? binary(">=", result, a) : binary(">=", a, b);
  } else {
    const other = name === "add" ? binary("^", b, result) : binary("^", a, b);
    fits = binary(">=", binary("&", binary("^", a, result), other), 0);
  }
  const message = `${dtype.name} overflow detected for operation ${name}`;
  const attributes = { message, of: fits.type.shape };
  semantics.builder.op("assert", [fits], { attributes });
}

/** Arithmetic in the form of a call. */
function arithmetic(name: "add" | "sub" | "mul", operator: BinaryOperator): Entry {
  return [`tl.${name}(a, b)`, (a, t) => {
    a.count(2, 3);
    const { sanitizeOverflow } = a.options(2, "sanitizeOverflow");
    const x = a.operand(0), y = a.operand(1);
    if (!isConstant([x, y])) {
      const result = t.semantics.binary(operator, x, y);
      if (sanitizeOverflow && t.debug) checkOverflow(t, name, x, y, result);
      return result;
    }
    const [p, q] = [Number(x), Number(y)];
    return operator === "+" ? p + q : operator === "-" ? p - q : p * q;
  }];
}

/** What the option `propagateNan` says. */
export function propagatesNan(a: Arguments, i: number): boolean {
  const { propagateNan } = a.options(i, "propagateNan");
  if (propagateNan === undefined || propagateNan === "none") return false;
  if (propagateNan === "all") return true;
  throw new Problem(
    `${a.name} does not know the NaN rule ${describe(propagateNan)}`,
    "Write tl.PropagateNan.ALL or tl.PropagateNan.NONE",
  );
}

/** `result`, but NaN where one of these is NaN. */
export function withNan(t: Tracer, operands: readonly Operand[], result: Operand): Operand {
  return operands.reduce<Operand>((y, x) => {
    const test = isNan(t, x);
    if (test instanceof Value) return t.semantics.where(test, x, y);
    return test ? t.semantics.where(true, x, y) : y;
  }, result);
}

/** Triton gives bf16 as f32 where it chooses among numbers. */
function chosen(t: Tracer, operands: readonly Operand[]): Operand[] {
  const isBf16 = (x: Operand) => x instanceof Value && (dtypeOfNumber(x).name as string) === "bf16";
  return operands.map((x) => isBf16(x) ? t.semantics.cast(x, DTYPES.f32) : x);
}

export const FUNCTION_ENTRIES = {
  add: arithmetic("add", "+"),
  sub: arithmetic("sub", "-"),
  mul: arithmetic("mul", "*"),
  fdiv: ["tl.fdiv(x, y)", (a, t) => {
    a.count(2, 3);
    const operands = [a.operand(0), a.operand(1)];
    checkFloats(a, operands);
    if (isConstant(operands)) return Number(operands[0]) / Number(operands[1]);
    if (a.options(2, "ieeeRounding").ieeeRounding) return inF32(t, "div_rn", operands);
    return t.semantics.builder.value(
      "div",
      t.semantics.together(commonDtype(operands), operands),
    );
  }],
  divRn: float("divRn", "div_rn", 2),
  sqrtRn: float("sqrtRn", "sqrt_rn"),
  clamp: ["tl.clamp(x, min, max)", (a, t) => {
    a.count(3, 4);
    const [x, min, max] = chosen(t, [0, 1, 2].map((i) => a.operand(i)));
    checkFloats(a, [x!, min!, max!]);
    const all = propagatesNan(a, 3);
    const { semantics } = t;
    if (isConstant([x!, min!, max!])) {
      return Math.min(Math.max(Number(x), Number(min)), Number(max));
    }
    const above = semantics.elementwise("max", [x!, min!]);
    const result = semantics.elementwise("min", [above, max!]);
    return all ? withNan(t, [x!], result) : result;
  }],
  umulhi: ["tl.umulhi(x, y)", (a, t) => {
    a.count(2);
    const operands = [a.operand(0), a.operand(1)];
    checkWords(a, operands, 64);
    const dtype = commonDtype(operands);
    const [x, y] = t.semantics.together(dtype, operands);
    if (isWide(dtype)) {
      const [p, q] = [x!, y!].map((value) => bitcast(t, value, DTYPES.u64));
      return bitcast(t, wideHighProduct(t.semantics, p!, q!), dtype);
    }
    const words = [x!, y!].map((value) => bitcast(t, value, DTYPES.u32));
    return bitcast(t, t.semantics.builder.value("umulhi", words), dtype);
  }],
  erf: float("erf", "erf"),
  erfc: float("erfc", "erfc"),
  tan: float("tan", "tan"),
  asin: float("asin", "asin"),
  acos: float("acos", "acos"),
  atan: float("atan", "atan"),
  atan2: float("atan2", "atan2", 2),
  sinh: float("sinh", "sinh"),
  cosh: float("cosh", "cosh"),
  tanh: float("tanh", "tanh"),
  asinh: float("asinh", "asinh"),
  acosh: float("acosh", "acosh"),
  atanh: float("atanh", "atanh"),
  expm1: float("expm1", "expm1"),
  log1p: float("log1p", "log1p"),
  log10: float("log10", "log10"),
  exp10: float("exp10", "exp10"),
  pow: float("pow", "pow", 2),
  cbrt: float("cbrt", "cbrt"),
  hypot: float("hypot", "hypot", 2),
  fmod: float("fmod", "fmod", 2),
  fdim: ["tl.fdim(x, y)", (a, t) => {
    a.count(2);
    const x = a.operand(0), y = a.operand(1), { semantics } = t;
    checkFloats(a, [x, y]);
    if (isConstant([x, y])) return x <= y ? 0 : Number(x) - Number(y);
    return semantics.where(semantics.binary("<=", x, y), 0, semantics.binary("-", x, y));
  }],
  ldexp: ["tl.ldexp(x, n)", (a, t) => {
    a.count(2);
    const x = a.operand(0), n = a.operand(1), { semantics } = t;
    if (isConstant([x, n])) return Number(x) * 2 ** Number(n);
    checkFloats(a, [x]);
    const dtype = dtypeOf(x);
    const shape = semantics.commonShape(
      [x, n].map((y) => y instanceof Value ? y.type.shape : []),
      () => a.name,
    );
    const wide = semantics.broadcast(semantics.cast(x, DTYPES.f32, shape), shape);
    const power = semantics.broadcast(semantics.cast(n, DTYPES.i32, shape), shape);
    const result = semantics.builder.value("ldexp", [wide, power]);
    return isFloat(dtype) && dtype.bits < 32 ? semantics.cast(result, dtype) : result;
  }],
  nextafter: float("nextafter", "nextafter", 2),
  copysign: float("copysign", "copysign", 2),
  rint: float("rint", "rint"),
  nearbyint: float("nearbyint", "rint"),
  round: float("round", "round"),
  trunc: float("trunc", "trunc"),
  isnan: question("isnan", Number.isNaN, compareSize(">")),
  isinf: question("isinf", (x) => Math.abs(x) === Infinity, compareSize("===")),
  finitef: question("finitef", Number.isFinite, compareSize("<")),
  signbit: question(
    "signbit",
    (x) => x < 0 || Object.is(x, -0),
    (t, x) => {
      const bits = bitsOf(t, x), last = dtypeOfNumber(bits).bits - 1;
      return t.semantics.binary("!==", t.semantics.binary(">>>", bits, last), 0);
    },
  ),
  clz: word("clz"),
  popc: word("popc"),
  brev: word("brev"),
  ffs: word("ffs"),
  floatAsInt: reading("floatAsInt", DTYPES.f32, DTYPES.i32),
  floatAsUint: reading("floatAsUint", DTYPES.f32, DTYPES.u32),
  intAsFloat: reading("intAsFloat", DTYPES.i32, DTYPES.f32),
  uintAsFloat: reading("uintAsFloat", DTYPES.u32, DTYPES.f32),
} satisfies Record<keyof ElementwiseFunctions, Entry>;
