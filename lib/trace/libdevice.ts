/** The functions of `tl.libdevice` that `tl` has not. */

import { type DType, DTYPES, isFloat } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import type { LibdeviceFunctions } from "../language/libdevice.ts";
import { tl } from "../language/tl.ts";
import type { Arguments, Entry } from "./arguments.ts";
import {
  bitcast,
  checkFloats,
  checkWords,
  commonDtype,
  float,
  FUNCTION_ENTRIES,
  inF32,
} from "./elementary.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber } from "./promotion.ts";
import type { BinaryOperator } from "./semantics.ts";
import type { Tracer } from "./tracer.ts";
import { defaultDtype, type Operand } from "./values.ts";

const { f32, i32, u32 } = DTYPES;
const PARAMETERS = ["x", "y", "z", "w"] as const;

/** A function of so many operands, all of them values once one is. */
function derived(
  name: keyof LibdeviceFunctions,
  arity: number,
  compute: (t: Tracer, operands: Operand[], a: Arguments) => unknown,
): Entry {
  return [`tl.libdevice.${name}(${PARAMETERS.slice(0, arity).join(", ")})`, (a, t) => {
    a.count(arity);
    return compute(t, PARAMETERS.slice(0, arity).map((_, i) => a.operand(i)), a);
  }];
}

/** What `tl` calls by another name; on compile-time numbers as well. */
function same(name: keyof LibdeviceFunctions, original: string, arity = 1): Entry {
  return derived(name, arity, (t, operands) => t.call(Reflect.get(tl, original), operands));
}

/** The root of a sum of squares, or one over it. */
function norm(name: keyof LibdeviceFunctions, arity: number, inverse: boolean): Entry {
  return derived(name, arity, (t, operands, a) => {
    checkFloats(a, operands);
    const dtype = operands.reduce<DType>((dtype, x) => {
      const own = x instanceof Value ? dtypeOfNumber(x) : undefined;
      return own === f32 || !own ? dtype : own;
    }, f32);
    const wide = operands.map((x) => x instanceof Value ? t.semantics.cast(x, f32) : x);
    const [first, ...rest] = wide;
    const length = rest.reduce<Operand>((sum, x) => inF32(t, "hypot", [sum, x]), first!);
    const result = inverse ? t.semantics.binary("/", 1, length) : t.semantics.value(length);
    const isWide = operands.some((x) => x instanceof Value && dtypeOfNumber(x) === f32);
    return isWide || dtype === f32 ? result : t.semantics.cast(result, dtype);
  });
}

/** An integer order and a float. */
function bessel(name: "jn" | "yn"): Entry {
  return [`tl.libdevice.${name}(n, x)`, (a, t) => {
    a.count(2);
    const n = a.operand(0), x = a.operand(1), { semantics } = t;
    checkFloats(a, [x]);
    const order = n instanceof Value ? dtypeOfNumber(n) : defaultDtype(n);
    if (isFloat(order)) {
      throw new Problem(
        `The order of ${a.name} is an integer, but this is of ${order.name}`,
        "Cast it: tl.cast(n, tl.i32)",
      );
    }
    const shape = semantics.commonShape(
      [n, x].map((y) => y instanceof Value ? y.type.shape : []),
      () => a.name,
    );
    const operands = [semantics.cast(n, i32, shape), semantics.cast(x, f32, shape)];
    const result = semantics.builder.value(
      name,
      operands.map((y) => semantics.broadcast(y, shape)),
    );
    const dtype = x instanceof Value ? dtypeOfNumber(x) : f32;
    return dtype === f32 ? result : semantics.cast(result, dtype);
  }];
}

/** Integers of 32 bits in one dtype, and what is made of them. */
function words(
  name: keyof LibdeviceFunctions,
  arity: number,
  compute: (t: Tracer, x: Value[], dtype: DType) => Value,
): Entry {
  return derived(name, arity, (t, operands, a) => {
    checkWords(a, operands);
    const dtype = commonDtype(operands);
    return compute(t, t.semantics.together(dtype, operands), dtype);
  });
}

function binary(t: Tracer, operator: BinaryOperator, a: Operand, b: Operand): Value {
  return t.semantics.binary(operator, a, b);
}

/** The same bits as a u32. */
function unsigned(t: Tracer, x: Value): Value {
  return bitcast(t, x, u32);
}

/** A float rounded to an integral value, as an integer. */
function toInteger(
  name: keyof LibdeviceFunctions,
  rounding: "rint" | "trunc" | "floor" | "ceil",
  dtype: DType,
): Entry {
  return derived(name, 1, (t, [x], a) => {
    checkFloats(a, [x!]);
    return t.semantics.cast(t.call(tl[rounding], [t.semantics.cast(x!, f32)]) as Operand, dtype);
  });
}

function toFloat(name: keyof LibdeviceFunctions, from: DType): Entry {
  return derived(name, 1, (t, [x]) => t.semantics.cast(t.semantics.cast(x!, from), f32));
}

function arithmetic(name: keyof LibdeviceFunctions, operator: BinaryOperator): Entry {
  return derived(name, 2, (t, [x, y], a) => {
    checkFloats(a, [x!, y!]);
    return binary(t, operator, t.semantics.value(x!), y!);
  });
}

export const LIBDEVICE_ENTRIES = {
  lgamma: float("libdevice.lgamma", "lgamma"),
  tgamma: float("libdevice.tgamma", "tgamma"),
  erfinv: float("libdevice.erfinv", "erfinv"),
  erfcinv: float("libdevice.erfcinv", "erfcinv"),
  erfcx: float("libdevice.erfcx", "erfcx"),
  normcdf: float("libdevice.normcdf", "normcdf"),
  normcdfinv: float("libdevice.normcdfinv", "normcdfinv"),
  j0: float("libdevice.j0", "j0"),
  j1: float("libdevice.j1", "j1"),
  jn: bessel("jn"),
  y0: float("libdevice.y0", "y0"),
  y1: float("libdevice.y1", "y1"),
  yn: bessel("yn"),
  cylBesselI0: float("libdevice.cylBesselI0", "i0"),
  cylBesselI1: float("libdevice.cylBesselI1", "i1"),
  rcbrt: derived("rcbrt", 1, (t, [x], a) => {
    checkFloats(a, [x!]);
    const root = inF32(t, "cbrt", [t.semantics.value(x!)]);
    return t.semantics.builder.value(
      "div",
      t.semantics.together(dtypeOfNumber(root), [1, root]),
    );
  }),
  rhypot: norm("rhypot", 2, true),
  norm3d: norm("norm3d", 3, false),
  rnorm3d: norm("rnorm3d", 3, true),
  norm4d: norm("norm4d", 4, false),
  rnorm4d: norm("rnorm4d", 4, true),
  sinpi: float("libdevice.sinpi", "sinpi"),
  cospi: float("libdevice.cospi", "cospi"),
  remainder: float("libdevice.remainder", "remainder", 2),
  scalbn: ["tl.libdevice.scalbn(x, n)", FUNCTION_ENTRIES.ldexp[1]],
  logb: float("libdevice.logb", "logb"),
  ilogb: derived("ilogb", 1, (t, [x], a) => {
    checkFloats(a, [x!]);
    return t.semantics.builder.value("ilogb", [t.semantics.cast(x!, f32)]);
  }),
  saturatef: derived("saturatef", 1, (t, [x]) => t.call(tl.clamp, [x, 0, 1])),
  fabs: same("fabs", "abs"),
  isfinited: same("isfinited", "finitef"),
  mulhi: words("mulhi", 2, (t, [x, y], dtype) => {
    const high = t.semantics.builder.value("umulhi", [unsigned(t, x!), unsigned(t, y!)]);
    if (dtype === u32) return high;
    // Of a negative number the high half of the unsigned product counts the other once more.
    const signed = bitcast(t, high, i32);
    const less = (a: Value, b: Value) => binary(t, "&", binary(t, ">>", a, 31), b);
    return binary(t, "-", binary(t, "-", signed, less(x!, y!)), less(y!, x!));
  }),
  mul24: words("mul24", 2, (t, [x, y]) => {
    const low = (a: Value) => binary(t, ">>", binary(t, "<<", a, 8), 8);
    return binary(t, "*", low(x!), low(y!));
  }),
  sad: derived("sad", 3, (t, [x, y, z], a) => {
    checkWords(a, [x!, y!, z!]);
    const [p, q] = t.semantics.together(commonDtype([x!, y!]), [x!, y!]) as [Value, Value];
    const forth = unsigned(t, binary(t, "-", p, q)), back = unsigned(t, binary(t, "-", q, p));
    const distance = t.semantics.where(binary(t, ">", p, q), forth, back);
    const sum = z instanceof Value ? unsigned(t, z) : z!;
    return binary(t, "+", distance, sum);
  }),
  hadd: words(
    "hadd",
    2,
    (t, [x, y]) =>
      binary(t, "+", binary(t, "&", x!, y!), binary(t, ">>", binary(t, "^", x!, y!), 1)),
  ),
  rhadd: words(
    "rhadd",
    2,
    (t, [x, y]) =>
      binary(t, "-", binary(t, "|", x!, y!), binary(t, ">>", binary(t, "^", x!, y!), 1)),
  ),
  bytePerm: derived("bytePerm", 3, (t, operands, a) => {
    checkWords(a, operands);
    const [x, y, selector] = t.semantics.together(
      commonDtype(operands),
      operands,
    ).map((value) => unsigned(t, value)) as [Value, Value, Value];
    const byte = (i: number) => {
      const which = binary(t, "&", binary(t, ">>", selector, 4 * i), 7);
      const word = t.semantics.where(binary(t, "<", which, 4), x, y);
      const place = binary(t, "*", binary(t, "&", which, 3), 8);
      return binary(t, "<<", binary(t, "&", binary(t, ">>", word, place), 255), 8 * i);
    };
    const bytes = [0, 1, 2, 3].map(byte).reduce((sum, next) => binary(t, "|", sum, next));
    return bitcast(t, bytes, commonDtype(operands));
  }),
  addRn: arithmetic("addRn", "+"),
  subRn: arithmetic("subRn", "-"),
  mulRn: arithmetic("mulRn", "*"),
  rcpRn: derived("rcpRn", 1, (t, [x], a) => {
    checkFloats(a, [x!]);
    return inF32(t, "div_rn", [1, t.semantics.value(x!)]);
  }),
  float2intRn: toInteger("float2intRn", "rint", i32),
  float2intRz: toInteger("float2intRz", "trunc", i32),
  float2intRd: toInteger("float2intRd", "floor", i32),
  float2intRu: toInteger("float2intRu", "ceil", i32),
  float2uintRn: toInteger("float2uintRn", "rint", u32),
  float2uintRz: toInteger("float2uintRz", "trunc", u32),
  float2uintRd: toInteger("float2uintRd", "floor", u32),
  float2uintRu: toInteger("float2uintRu", "ceil", u32),
  int2floatRn: toFloat("int2floatRn", i32),
  uint2floatRn: toFloat("uint2floatRn", u32),
  fastSinf: same("fastSinf", "sin"),
  fastCosf: same("fastCosf", "cos"),
  fastTanf: same("fastTanf", "tan"),
  fastTanhf: same("fastTanhf", "tanh"),
  fastExpf: same("fastExpf", "exp"),
  fastExp10f: same("fastExp10f", "exp10"),
  fastLogf: same("fastLogf", "log"),
  fastLog2f: same("fastLog2f", "log2"),
  fastLog10f: same("fastLog10f", "log10"),
  fastPowf: same("fastPowf", "pow", 2),
  fastDividef: same("fastDividef", "fdiv", 2),
} satisfies Record<keyof LibdeviceFunctions, Entry>;
