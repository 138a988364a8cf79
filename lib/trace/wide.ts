/** Functions of 64-bit integers that are made of functions of their words. */

import { DTYPES } from "../ir/dtype.ts";
import type { Value } from "../ir/graph.ts";
import type { OpName } from "../ir/ops.ts";
import { dtypeOfNumber } from "./promotion.ts";
import type { Semantics } from "./semantics.ts";
import type { Operand } from "./values.ts";

const { u32, u64 } = DTYPES;

/** The lower and the upper word of 64 bits. */
function wordsOf(semantics: Semantics, x: Value): [low: Value, high: Value] {
  const bits = dtypeOfNumber(x) === u64
    ? x
    : semantics.builder.value("bitcast", [x], { attributes: { to: u64.name } });
  return [semantics.cast(bits, u32), semantics.cast(semantics.binary(">>", bits, 32), u32)];
}

/** The 64-bit integer with these words. */
function joined(semantics: Semantics, low: Value, high: Value): Value {
  const upper = semantics.binary("<<", semantics.cast(high, u64), 32);
  return semantics.binary("|", upper, semantics.cast(low, u64));
}

/** Functions of the bits of 64-bit integers; counts are u32. */
export function wideWord(
  semantics: Semantics,
  name: "clz" | "popc" | "brev" | "ffs",
  x: Value,
): Value {
  const [low, high] = wordsOf(semantics, x);
  const of = (word: Value, op: OpName = name) => semantics.builder.value(op, [word]);
  const isZero = (word: Value) => semantics.binary("===", word, 0);
  const plus32 = (count: Operand) => semantics.binary("+", count, 32);
  switch (name) {
    case "popc":
      return semantics.binary("+", of(low), of(high));
    case "brev":
      return joined(semantics, of(high), of(low));
    case "clz":
      return semantics.where(isZero(high), plus32(of(low)), of(high));
    case "ffs": {
      const upper = semantics.where(isZero(high), 0, plus32(of(high)));
      return semantics.where(isZero(low), upper, of(low));
    }
  }
}

/** The upper 64 bits of the product of u64s. */
export function wideHighProduct(semantics: Semantics, a: Value, b: Value): Value {
  const [al, ah] = wordsOf(semantics, a), [bl, bh] = wordsOf(semantics, b);
  const product = (x: Value, y: Value) =>
    semantics.binary("*", semantics.cast(x, u64), semantics.cast(y, u64));
  const high = (x: Value) => semantics.binary(">>", x, 32);
  const low = (x: Value) => semantics.binary("&", x, 0xffffffff);
  const lowest = semantics.builder.value("umulhi", [al, bl]);
  const middle = semantics.binary("+", product(ah, bl), semantics.cast(lowest, u64));
  const other = semantics.binary("+", product(al, bh), low(middle));
  const carries = semantics.binary("+", high(middle), high(other));
  return semantics.binary("+", product(ah, bh), carries);
}
