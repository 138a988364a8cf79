/** `tl.dot` and `tl.dotScaled`: products of matrices. */

import { type DType, DTYPES, isFloat } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { sumDtype } from "../ir/ops/tiles.ts";
import { sameShape } from "../ir/type.ts";
import { elementOf } from "../language/dtypes.ts";
import type { Arguments } from "./arguments.ts";
import { bitcast } from "./elementary.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber } from "./promotion.ts";
import { shapeText } from "./semantics.ts";
import { joined } from "./shapes.ts";
import type { Tracer } from "./tracer.ts";
import { describe } from "./values.ts";

/** Triton's names for how f32 operands may be rounded; here they never are. */
const PRECISIONS = ["ieee", "tf32", "tf32x3", "bf16x3", "bf16x6"];

export function dot(a: Arguments, t: Tracer): Value {
  a.count(2, 4);
  const { inputPrecision, outDtype, maxNumImpreciseAcc: terms } = a.options(
    3,
    "inputPrecision",
    "outDtype",
    "maxNumImpreciseAcc",
  );
  if (terms !== undefined && !(Number.isInteger(terms) && Number(terms) >= 0)) {
    throw new Problem(
      `tl.dot cannot sum ${describe(terms)} products imprecisely`,
      "maxNumImpreciseAcc is how many: a compile-time integer, such as 32; 0 for none",
    );
  }
  if (inputPrecision !== undefined && !PRECISIONS.includes(inputPrecision as string)) {
    throw new Problem(
      `tl.dot has no precision ${describe(inputPrecision)}`,
      `Its precisions are ${PRECISIONS.join(", ")}`,
    );
  }
  const x = a.value(0), y = a.value(1);
  const shape = productShape(x, y);
  const one = dtypeOfNumber(x), two = dtypeOfNumber(y), sum = sumDtype(one, two);
  if (!sum) {
    throw new Problem(
      `tl.dot multiplies floats of one dtype, or 8-bit integers, but got ${describe(x)} and ${
        describe(y)
      }`,
      "Cast them to one dtype: tl.dot(a.to(tl.f32), b.to(tl.f32))",
    );
  }
  const wanted = outDtype === undefined ? undefined : elementOf(outDtype);
  const allowed = sum === DTYPES.f64
    ? [sum]
    : isFloat(sum)
    ? [DTYPES.f32, DTYPES.f16]
    : [DTYPES.i32];
  if (outDtype !== undefined && (!wanted || !allowed.includes(wanted))) {
    throw new Problem(
      `tl.dot of ${one.name} cannot give ${describe(outDtype)}`,
      `Its outDtype is ${allowed.map((dtype) => `tl.${dtype.name}`).join(" or ")}`,
    );
  }
  const acc = a.list[2] === undefined ? 0 : a.operand(2);
  if (acc instanceof Value && !sameShape(acc.type.shape, shape)) {
    throw new Problem(
      `tl.dot gives ${shapeText(shape)}, but the accumulator is ${describe(acc)}`,
      `Begin with tl.zeros(${shapeText(shape)}, tl.${sum.name})`,
    );
  }
  const imprecise = one === DTYPES.f16 && two === DTYPES.f16 && Number(terms ?? 0) > 1;
  const product = t.semantics.builder.value("dot", [x, y, t.semantics.as(acc, sum, shape)], {
    attributes: imprecise ? { terms: Number(terms) } : {},
  });
  return wanted ? t.semantics.cast(product, wanted) : product;
}

/** The shape of a product, or an error when there is none. */
function productShape(x: Value, y: Value): number[] {
  const p = x.type.shape, q = y.type.shape, rank = p.length;
  const batch = p.slice(0, -2), [M, K] = p.slice(-2), [rows, N] = q.slice(-2);
  const fit = (rank === 2 || rank === 3) && q.length === rank;
  if (fit && K === rows && sameShape(batch, q.slice(0, -2))) return [...batch, M!, N!];
  throw new Problem(
    `tl.dot multiplies [M, K] by [K, N], but got ${describe(x)} and ${describe(y)}`,
    fit && rank === 2 && K === N
      ? "Transpose the second: tl.dot(a, b.T)"
      : "Both must have two dimensions, or three with the same first, and the first's columns be as many as the second's rows",
  );
}

/** The formats of `tl.dotScaled`, and in which dtype their numbers are stored. */
const FORMATS: Readonly<Record<string, DType>> = {
  e2m1: DTYPES.u8,
  e4m3: DTYPES.u8,
  e5m2: DTYPES.u8,
  bf16: DTYPES.bf16,
  fp16: DTYPES.f16,
};

/** `tl.dotScaled(a, aScale, "e4m3", b, bScale, "e4m3", acc)`: the operands are scaled in f32. */
export function dotScaled(a: Arguments, t: Tracer): Value {
  a.count(6, 8);
  const options = a.options(7, "fastMath", "lhsKPack", "rhsKPack", "outDtype");
  for (const name of ["lhsKPack", "rhsKPack"] as const) {
    if (options[name] === false) {
      throw new Problem(`tl.dotScaled takes e2m1 packed along K alone`, `Leave ${name} out`);
    }
  }
  if (options.outDtype !== undefined && elementOf(options.outDtype) !== DTYPES.f32) {
    throw new Problem("tl.dotScaled gives f32", "Cast its result: tl.cast(x, tl.f16)");
  }
  const lhs = scaled(t, a, 0, "lhs"), rhs = scaled(t, a, 3, "rhs");
  const shape = productShape(lhs, rhs);
  const acc = a.list[6] === undefined ? 0 : a.operand(6);
  const start = t.semantics.as(acc, DTYPES.f32, shape);
  return t.semantics.builder.value("dot", [lhs, rhs, start]);
}

/** Operand `i` times its scale, operand `i + 1`, in the format that `i + 2` names. */
function scaled(t: Tracer, a: Arguments, i: number, side: "lhs" | "rhs"): Value {
  const { semantics } = t, { builder } = semantics;
  const format = String(a.list[i + 2]), stored = a.value(i);
  const dtype = FORMATS[format];
  if (!dtype || stored.type.shape.length !== 2 || dtypeOfNumber(stored) !== dtype) {
    throw new Problem(
      `tl.dotScaled cannot read ${describe(stored)} as ${describe(a.list[i + 2])}`,
      `Its formats are ${
        Object.entries(FORMATS).map(([name, { name: of }]) => `'${name}' in ${of}`).join(", ")
      }`,
    );
  }
  const along = side === "lhs" ? 1 : 0; // the dimension of k
  const x = format === "e2m1" ? halves(t, stored, along) : numbers(t, stored, format);
  if (a.list[i + 1] === undefined || a.list[i + 1] === null) return x;
  // The scale is [M, K / group] or [N, K / group], whichever the side.
  const scale = a.value(i + 1), [rows, groups] = scale.type.shape as [number, number];
  const K = x.type.shape[along]!, count = x.type.shape[1 - along]!;
  if (scale.type.shape.length !== 2 || rows !== count || K % groups !== 0) {
    throw new Problem(
      `tl.dotScaled needs a scale for each of ${count} and each group along K = ${K}, but got ${
        describe(scale)
      }`,
      `Give ${shapeText([count, Math.max(K / 32, 1)])}: one for 32 neighbours`,
    );
  }
  const factors = scaleFactors(t, scale);
  const repeated = semantics.reshape(
    semantics.broadcast(semantics.expandDims(factors, 2), [rows, groups, K / groups]),
    [rows, K],
  );
  const fitting = along === 1
    ? repeated
    : builder.value("permute", [repeated], { attributes: { order: [1, 0] } });
  return builder.value("mul", [x, fitting]);
}

/** What is stored in 8 or 16 bits, as f32. */
function numbers(t: Tracer, x: Value, format: string): Value {
  const { semantics } = t;
  if (format === "e4m3") return semantics.cast(bitcast(t, x, DTYPES.f8e4m3), DTYPES.f32);
  if (format === "e5m2") return semantics.cast(bitcast(t, x, DTYPES.f8e5m2), DTYPES.f32);
  return semantics.cast(x, DTYPES.f32);
}

/** Scales: bytes are exponents (e8m0, 255 is NaN), 8-bit floats themselves. */
function scaleFactors(t: Tracer, scale: Value): Value {
  const { semantics } = t;
  if (isFloat(dtypeOfNumber(scale))) return semantics.cast(scale, DTYPES.f32);
  const exponent = semantics.cast(scale, DTYPES.u32);
  const power = semantics.binary("<<", exponent, 23);
  const least = semantics.where(semantics.binary("===", exponent, 0), 0x00400000, power);
  const bits = semantics.where(semantics.binary("===", exponent, 255), 0x7fc00000, least);
  return bitcast(t, semantics.cast(bits, DTYPES.u32), DTYPES.f32);
}

/** Two 4-bit floats a byte, the low half first, side by side along a dimension. */
function halves(t: Tracer, x: Value, along: number): Value {
  const { semantics } = t, { builder } = semantics;
  const byte = semantics.cast(x, DTYPES.i32);
  const low = semantics.binary("&", byte, 15), high = semantics.binary(">>", byte, 4);
  const both = joined(t, low, high, "tl.dotScaled");
  const [rows, columns] = x.type.shape as [number, number];
  const paired = along === 1
    ? both
    : builder.value("permute", [both], { attributes: { order: [0, 2, 1] } });
  const four = semantics.reshape(paired, along === 1 ? [rows, 2 * columns] : [2 * rows, columns]);
  // Sign, two bits of exponent, one of mantissa: 0, 0.5, 1, 1.5, 2, 3, 4, 6.
  const magnitude = semantics.binary("&", four, 7);
  const mantissa = semantics.binary("&", four, 1);
  const exponent = semantics.binary("+", semantics.binary(">>", magnitude, 1), 126);
  const bits = semantics.binary(
    "|",
    semantics.binary("<<", exponent, 23),
    semantics.binary("<<", mantissa, 22),
  );
  const normal = bitcast(t, bits, DTYPES.f32);
  const small = semantics.binary("*", semantics.cast(mantissa, DTYPES.f32), 0.5);
  const value = semantics.where(semantics.binary("<", magnitude, 2), small, normal);
  return semantics.where(semantics.binary(">=", four, 8), semantics.negate(value), value);
}
