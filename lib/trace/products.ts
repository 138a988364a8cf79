/** `tl.dot`: products of matrices. */

import { DTYPES, isFloat } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { sumDtype } from "../ir/ops/tiles.ts";
import { sameShape } from "../ir/type.ts";
import { elementOf } from "../language/dtypes.ts";
import type { Arguments } from "./arguments.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber } from "./promotion.ts";
import { shapeText } from "./semantics.ts";
import type { Tracer } from "./tracer.ts";
import { describe } from "./values.ts";

/** Triton's names for how f32 operands may be rounded; here they never are. */
const PRECISIONS = ["ieee", "tf32", "tf32x3", "bf16x3", "bf16x6"];

export function dot(a: Arguments, t: Tracer): Value {
  a.count(2, 4);
  const { inputPrecision, outDtype } = a.options(3, "inputPrecision", "outDtype");
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
  const allowed = isFloat(sum) ? [DTYPES.f32, DTYPES.f16] : [DTYPES.i32];
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
  const product = t.semantics.builder.value("dot", [x, y, t.semantics.as(acc, sum, shape)]);
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
