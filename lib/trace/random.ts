/** The random numbers of `tl`: Philox-4x32 made of integer operations. */

import {
  type DType,
  DTYPES,
  elementOf as elementIn,
  isInteger,
  isWide,
  type Numeric,
} from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import type { RandomFunctions } from "../language/random.ts";
import type { Arguments, Entry } from "./arguments.ts";
import { bitcast } from "./elementary.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber } from "./promotion.ts";
import type { Tracer } from "./tracer.ts";
import { describe, numericOf, type Operand } from "./values.ts";
import { wideHighProduct } from "./wide.ts";

/** What the words of the key grow by each round, and what those of the counter are multiplied with. */
const KEY_A = 0x9e3779b9, KEY_B = 0xbb67ae85;
const ROUND_A = 0xd2511f53, ROUND_B = 0xcd9e8d57;

/** The largest f32 by which a number below 2^31 gives one below 1. */
const UNIT = 4.6566127342e-10;

/** The same of Philox with words of 64 bits. */
const WIDE_KEY_A = 0x9e3779b97f4a7c15n, WIDE_KEY_B = 0xbb67ae8584caa73bn;
const WIDE_ROUND_A = 0xd2e7470ee14c6c93n, WIDE_ROUND_B = 0xca5a826395121157n;

/** The largest f32 by which a number below 2^63 gives one below 1. */
const WIDE_UNIT = 1.0842020432385337e-19;

/** Counters and keys of Philox: four and two words, u32s or u64s. */
type Words = Value[];

/** The two words of a key: the halves of a seed of 64 bits, or the seed and 0 where words have as many. */
function seedWords(a: Arguments, t: Tracer, seed: Operand, word: DType): [Value, Value] {
  const { semantics } = t, { u32, u64, i32 } = DTYPES;
  if (!(seed instanceof Value)) {
    const whole = numericOf(seed);
    if (typeof whole === "number" && !Number.isInteger(whole)) {
      throw new Problem(`${a.name} needs an integer as seed, not ${describe(seed)}`);
    }
    const bits = BigInt.asUintN(64, BigInt(whole));
    if (word === u64) return [semantics.constant(bits, u64), semantics.constant(0, u64)];
    return [bits & 0xffffffffn, bits >> 32n].map((half) => semantics.constant(half, u32)) as [
      Value,
      Value,
    ];
  }
  const dtype = checkInteger(a, seed, "seed");
  if (word === u64) return [semantics.cast(seed, u64), semantics.constant(0, u64)];
  const low = semantics.cast(seed, u32);
  if (isWide(dtype)) return [low, semantics.cast(semantics.binary(">>", seed, 32), u32)];
  // A negative seed has a high word of ones.
  if (dtype.kind !== "int") return [low, semantics.constant(0, u32)];
  const sign = semantics.binary(">>", semantics.cast(seed, i32), 31);
  return [low, semantics.cast(sign, u32)];
}

function checkInteger(a: Arguments, x: Value, what: string): DType {
  const dtype = dtypeOfNumber(x);
  if (isInteger(dtype)) return dtype;
  throw new Problem(
    `${a.name} needs integers as ${what}, not ${describe(x)}`,
    "Cast first: tl.cast(x, tl.u32)",
  );
}

/** The dtype of the words that are made for a counter: as wide as that. */
function wordOfCounter(x: Operand): DType {
  return x instanceof Value && isWide(dtypeOfNumber(x)) ? DTYPES.u64 : DTYPES.u32;
}

/** A word of a counter or key. */
function wordOf(a: Arguments, t: Tracer, x: Operand, word: DType): Value {
  if (!(x instanceof Value)) return t.semantics.constant(elementIn(word, numericOf(x)), word);
  checkInteger(a, x, "counters");
  return t.semantics.cast(x, word);
}

function roundsOf(a: Arguments, i: number): number {
  const { nRounds } = a.options(i, "nRounds");
  return nRounds === undefined ? 10 : a.asInteger(nRounds, "nRounds");
}

function philox(t: Tracer, counter: Words, key: Words, rounds: number): Words {
  const { semantics } = t, { u32, u64 } = DTYPES;
  const wide = dtypeOfNumber(counter[0]!) === u64;
  const [keyA, keyB, roundA, roundB] = wide
    ? [WIDE_KEY_A, WIDE_KEY_B, WIDE_ROUND_A, WIDE_ROUND_B]
    : [KEY_A, KEY_B, ROUND_A, ROUND_B];
  const high = (x: Value, by: Numeric) =>
    wide
      ? wideHighProduct(semantics, x, semantics.constant(by, u64, x.type.shape))
      : semantics.builder.value("umulhi", semantics.together(u32, [x, by]));
  let [c0, c1, c2, c3] = counter as [Value, Value, Value, Value];
  let [k0, k1] = key as [Value, Value];
  for (let round = 0; round < rounds; round++) {
    const [old0, old2] = [c0, c2];
    c0 = semantics.binary("^", semantics.binary("^", high(old2, roundB), c1), k0);
    c2 = semantics.binary("^", semantics.binary("^", high(old0, roundA), c3), k1);
    c1 = semantics.binary("*", old2, roundB);
    c3 = semantics.binary("*", old0, roundA);
    k0 = semantics.binary("+", k0, keyA);
    k1 = semantics.binary("+", k1, keyB);
  }
  const shape = semantics.commonShape([c0, c1, c2, c3].map((c) => c.type.shape));
  return [c0, c1, c2, c3].map((c) => semantics.broadcast(c, shape));
}

/** The four words for a seed and offsets: the arguments 0 and 1, with options after them. */
function words(a: Arguments, t: Tracer): Words {
  a.count(2, 3);
  const word = wordOfCounter(a.operand(1)), zero = t.semantics.constant(0, word);
  const offset = wordOf(a, t, a.operand(1), word);
  const key = seedWords(a, t, a.operand(0), word);
  return philox(t, [offset, zero, zero, zero], key, roundsOf(a, 2));
}

function uniform(t: Tracer, word: Value): Value {
  const { semantics } = t;
  const wide = dtypeOfNumber(word) === DTYPES.u64;
  const signed = bitcast(t, word, wide ? DTYPES.i64 : DTYPES.i32);
  // -x - 1 of a negative x is its bits flipped.
  const folded = semantics.where(
    semantics.binary("<", signed, 0),
    semantics.invert(signed),
    signed,
  );
  return semantics.binary("*", semantics.cast(folded, DTYPES.f32), wide ? WIDE_UNIT : UNIT);
}

function normal(t: Tracer, u1: Operand, u2: Operand): [Value, Value] {
  const { semantics } = t, { builder } = semantics;
  const safe = semantics.elementwise("max", [semantics.value(u1), 1e-7]);
  const angle = semantics.binary("*", semantics.value(u2), 2 * Math.PI);
  const log = semantics.floating("log", [safe]);
  const radius = semantics.floating("sqrt", [semantics.binary("*", log, -2)]);
  return [
    semantics.binary("*", radius, builder.value("cos", [angle])),
    semantics.binary("*", radius, builder.value("sin", [angle])),
  ];
}

/** A function of seed and offsets, from the four words. */
function seeded(name: string, run: (t: Tracer, words: Words) => unknown): Entry {
  return [`tl.${name}(seed, offsets)`, (a, t) => run(t, words(a, t))];
}

export const RANDOM_ENTRIES = {
  randint: seeded("randint", (_t, [c0]) => c0),
  randint4x: seeded("randint4x", (t, all) => t.own([...all])),
  rand: seeded("rand", (t, [c0]) => uniform(t, c0!)),
  rand4x: seeded("rand4x", (t, all) => t.own(all.map((c) => uniform(t, c)))),
  randn: seeded("randn", (t, [c0, c1]) => normal(t, uniform(t, c0!), uniform(t, c1!))[0]),
  randn4x: seeded("randn4x", (t, all) => {
    const [u0, u1, u2, u3] = all.map((c) => uniform(t, c));
    return t.own([...normal(t, u0!, u1!), ...normal(t, u2!, u3!)]);
  }),
  philox: ["tl.philox(seed, c0, c1, c2, c3)", (a, t) => {
    a.count(5, 6);
    const word = wordOfCounter(a.operand(1));
    const counter = [1, 2, 3, 4].map((i) => wordOf(a, t, a.operand(i), word));
    return t.own(philox(t, counter, seedWords(a, t, a.operand(0), word), roundsOf(a, 5)));
  }],
  philoxImpl: ["tl.philoxImpl(c0, c1, c2, c3, k0, k1)", (a, t) => {
    a.count(6, 7);
    const word = wordOfCounter(a.operand(0));
    const all = [0, 1, 2, 3, 4, 5].map((i) => wordOf(a, t, a.operand(i), word));
    return t.own(philox(t, all.slice(0, 4), all.slice(4), roundsOf(a, 6)));
  }],
  uintToUniformFloat: ["tl.uintToUniformFloat(x)", (a, t) => {
    a.count(1);
    return uniform(t, wordOf(a, t, a.operand(0), wordOfCounter(a.operand(0))));
  }],
  pairUniformToNormal: ["tl.pairUniformToNormal(u1, u2)", (a, t) => {
    a.count(2);
    return t.own([...normal(t, a.operand(0), a.operand(1))]);
  }],
} satisfies Record<keyof RandomFunctions, Entry>;
