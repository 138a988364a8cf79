/**
 * What each operation does to axis information: the rules of `axis_info.ts`.
 *
 * All claims are powers of two, and arithmetic that wraps preserves them. Three things are taken for
 * granted, as Triton does: divisors are not zero, sums and products of integers that are not
 * negative do not become negative by overflow, and no other program changes what a load reads.
 *
 * Where a claim speaks of every element rather than of groups (contiguity 1 in some dimension), it
 * holds whichever dimension it was made for; `everywhere` collects the best of these.
 */

import type { AxisInfo } from "../ir/axis.ts";
import { isInteger } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { ElementwiseName } from "../ir/ops.ts";
import { dtypeOf, isPointer, type Type } from "../ir/type.ts";

/** Axis information, and whether all elements are known to be 0 or more. */
export interface Info extends AxisInfo {
  readonly nonNegative: boolean;
}

/** What is said of zero, which everything divides. */
const HIGHEST = 2 ** 30;

/** The sizes of a type's dimensions; a scalar counts as one dimension of size 1. */
export function dimsOf(type: Type): readonly number[] {
  return type.shape.length === 0 ? [1] : type.shape;
}

/** The highest power of two that divides an integer. */
export function powerOfTwoIn(x: number): number {
  if (!Number.isInteger(x)) return 1;
  let power = 1;
  while (power < HIGHEST && x % (power * 2) === 0) power *= 2;
  return power;
}

/** The greatest common divisor of powers of two, and of sizes that need not be. */
export function gcd(...numbers: readonly number[]): number {
  return numbers.reduce((a, b) => {
    while (b !== 0) [a, b] = [b, a % b];
    return a;
  });
}

/** Nothing is known. */
export function unknown(type: Type): Info {
  const ones = dimsOf(type).map(() => 1);
  const nonNegative = dtypeOf(type).kind === "uint";
  return { contiguity: ones, divisibility: ones, constancy: ones, nonNegative };
}

/** All elements are one number that is not known, divisible by `divisibility`. */
export function uniform(type: Type, divisibility = 1, nonNegative = false): Info {
  const dims = dimsOf(type);
  return {
    contiguity: dims.map(() => 1),
    divisibility: dims.map(() => divisibility),
    constancy: dims,
    nonNegative: nonNegative || dtypeOf(type).kind === "uint",
  };
}

/** All elements are one known number. */
export function constant(type: Type, value: number): Info {
  const divisibility = isInteger(dtypeOf(type)) ? powerOfTwoIn(value) : 1;
  return { ...uniform(type, divisibility, value >= 0), constant: value };
}

/** What divides every element. */
export function everywhere({ contiguity, divisibility }: Info): number {
  return divisibility.reduce((best, x, d) => contiguity[d] === 1 ? Math.max(best, x) : best, 1);
}

/**
 * What divides the first element of every aligned group of `group` neighbours along a dimension.
 * `unit` is how much one step adds: the bytes of an element, for pointers.
 */
export function divisibilityAt(info: Info, d: number, group: number, unit = 1): number {
  const contiguity = info.contiguity[d]!, divisibility = info.divisibility[d]!;
  const local = group >= contiguity ? divisibility : gcd(divisibility, group * unit);
  return Math.max(local, everywhere(info));
}

/** What holds of two values holds of one that may be either. */
export function meet(a: Info, b: Info, type: Type): Info {
  const unit = unitOf(type);
  const contiguity = a.contiguity.map((x, d) => gcd(x, b.contiguity[d]!));
  return {
    contiguity,
    divisibility: contiguity.map((group, d) =>
      gcd(divisibilityAt(a, d, group, unit), divisibilityAt(b, d, group, unit))
    ),
    constancy: a.constancy.map((x, d) => gcd(x, b.constancy[d]!)),
    constant: Object.is(a.constant, b.constant) ? a.constant : undefined,
    nonNegative: a.nonNegative && b.nonNegative,
  };
}

/** What one step of a value of this type adds, in the units of its divisibility. */
export function unitOf({ element }: Type): number {
  return isPointer(element) ? element.pointee.bytes : 1;
}

/** Where all operands are equal, so are the results of an elementwise operation. */
export function jointConstancy(operands: readonly Info[], type: Type): number[] {
  return dimsOf(type).map((_, d) => gcd(...operands.map((operand) => operand.constancy[d]!)));
}

type Rule = (operands: readonly Info[], op: Op) => Info;

/** A rule for integers, from what it says of contiguity and of the divisibility that goes with it. */
function integer(rule: (a: Info, b: Info, op: Op, d: number) => Partial<Claim>): Rule {
  return ([a, b], op) => {
    const { type } = op.result, joint = jointConstancy([a!, b!], type);
    const claims = joint.map((_, d) => rule(a!, b!, op, d));
    return {
      contiguity: claims.map(({ contiguity = 1 }) => contiguity),
      divisibility: claims.map(({ divisibility = 1 }) => Math.min(divisibility, HIGHEST)),
      constancy: joint.map((x, d) => Math.max(x, claims[d]!.constancy ?? 1)),
      nonNegative: dtypeOf(type).kind === "uint" ||
        claims.every(({ nonNegative = false }) => nonNegative),
    };
  };
}

/** What is known along one dimension. */
interface Claim {
  contiguity: number;
  divisibility: number;
  constancy: number;
  nonNegative: boolean;
}

/** A sum along one dimension: one operand counts where the other stays. */
function sum(a: Info, b: Info, d: number, unit: number, scale: number): Partial<Claim> {
  const contiguity = Math.max(
    gcd(a.contiguity[d]!, b.constancy[d]!),
    gcd(a.constancy[d]!, b.contiguity[d]!),
  );
  return {
    contiguity,
    divisibility: gcd(
      divisibilityAt(a, d, contiguity, unit),
      divisibilityAt(b, d, contiguity) * scale,
    ),
    nonNegative: a.nonNegative && b.nonNegative,
  };
}

/** The largest groups along a dimension that start at multiples of their size, as `b` is one too. */
function aligned(a: Info, b: Info, d: number): number {
  return gcd(a.contiguity[d]!, a.divisibility[d]!, b.constancy[d]!, divisibilityAt(b, d, 1));
}

function product(a: Info, b: Info, _op: Op, d: number): Partial<Claim> {
  const nonNegative = a.nonNegative && b.nonNegative;
  const divisibility = everywhere(a) * everywhere(b);
  if (b.constant === 1) return { ...along(a, d), nonNegative };
  if (a.constant === 1) return { ...along(b, d), nonNegative };
  return { divisibility, nonNegative };
}

function along(info: Info, d: number): Partial<Claim> {
  return { contiguity: info.contiguity[d]!, divisibility: info.divisibility[d]! };
}

/** `floor` says that the quotient is rounded down; otherwise it is rounded towards zero. */
function quotient(floor: boolean) {
  return (a: Info, b: Info, _op: Op, d: number): Partial<Claim> => {
    const nonNegative = a.nonNegative && b.nonNegative;
    if (b.constant === 1) return { ...along(a, d), nonNegative };
    const divisor = b.constant ?? 0, whole = powerOfTwoIn(divisor);
    const exact = divisor === whole && everywhere(a) >= divisor;
    return {
      divisibility: exact ? everywhere(a) / divisor : 1,
      // From -4 to -1, quotients by 4 are all -1 when rounded down, but -1 0 0 0 towards zero.
      constancy: (floor ? b.nonNegative : a.nonNegative) ? aligned(a, b, d) : 1,
      nonNegative,
    };
  };
}

/** A remainder; from -4 to -1, those by 4 are 0 -3 -2 -1, so the dividend's sign matters. */
function remainder(a: Info, b: Info, _op: Op, d: number): Partial<Claim> {
  const contiguity = a.nonNegative ? aligned(a, b, d) : 1;
  return {
    contiguity,
    divisibility: gcd(divisibilityAt(a, d, contiguity), everywhere(b)),
    nonNegative: a.nonNegative,
  };
}

/**
 * A comparison that gives one answer for a whole group of the side that counts, because it changes
 * only at the multiples that the other side is one of: `a < 8` when `a` counts, `8 > b` when `b` does.
 */
function compare(counts: "a" | "b"): Rule {
  return ([a, b], op) => {
    const { type } = op.result;
    const constancy = jointConstancy([a!, b!], type).map((joint, d) =>
      Math.max(joint, counts === "a" ? aligned(a!, b!, d) : aligned(b!, a!, d))
    );
    return { ...unknown(type), constancy };
  };
}

/** The same, and where the side `moves` counts and the other is known: `a <= 7` is `a < 8`. */
function compareOrNext(counts: "a" | "b", moves: "a" | "b"): Rule {
  return ([a, b], op) => {
    const plain = compare(counts)([a!, b!], op);
    const known = moves === "a" ? b!.constant : a!.constant;
    if (known === undefined || known >= 2 ** 31 - 1) return plain;
    const next = constant(op.operand(0).type, known + 1);
    const moved = compare(moves)(moves === "a" ? [a!, next] : [next, b!], op);
    return {
      ...plain,
      constancy: plain.constancy.map((x, d) => Math.max(x, moved.constancy[d]!)),
    };
  };
}

/** Nothing but that equal operands give equal results. */
const PLAIN: Rule = integer(() => ({}));

/** A shift by a known number of bits is a product or a quotient with a power of two. */
function shift(rule: Rule): Rule {
  return ([a, b], op) => {
    const most = dtypeOf(op.result.type).bits === 64 ? 63 : 31;
    if (b!.constant === undefined || (b!.constant & most) === most) return PLAIN([a!, b!], op);
    return rule([a!, constant(op.result.type, 2 ** (b!.constant & most))], op);
  };
}

function bitAnd(a: Info, b: Info, _op: Op, d: number): Partial<Claim> {
  const nonNegative = a.nonNegative || b.nonNegative;
  const bits = b.constant ?? 0;
  if (bits > 0 && powerOfTwoIn(bits + 1) === bits + 1) { // the remainder of a floored division
    const contiguity = gcd(a.contiguity[d]!, a.divisibility[d]!, bits + 1);
    return {
      contiguity,
      divisibility: divisibilityAt(a, d, contiguity),
      nonNegative,
    };
  }
  return { divisibility: Math.max(everywhere(a), everywhere(b)), nonNegative };
}

function bothDivide(a: Info, b: Info): Partial<Claim> {
  return {
    divisibility: gcd(everywhere(a), everywhere(b)),
    nonNegative: a.nonNegative && b.nonNegative,
  };
}

function select([condition, a, b]: readonly Info[], op: Op): Info {
  const { type } = op.result, unit = unitOf(type);
  const contiguity = a!.contiguity.map((x, d) =>
    gcd(x, b!.contiguity[d]!, condition!.constancy[d]!)
  );
  return {
    contiguity,
    divisibility: contiguity.map((group, d) =>
      gcd(divisibilityAt(a!, d, group, unit), divisibilityAt(b!, d, group, unit))
    ),
    constancy: jointConstancy([condition!, a!, b!], type),
    nonNegative: a!.nonNegative && b!.nonNegative,
  };
}

/**
 * Casts among integers keep the low bits, and so all claims of powers of two. A wider number counts
 * on where a narrower one wraps: a signed one does not, as is taken for granted, and an unsigned one
 * not within a group that starts at a multiple of its size.
 */
function recast([x]: readonly Info[], op: Op): Info {
  const from = dtypeOf(op.operand(0).type), { type } = op.result, to = dtypeOf(type);
  // Signed integers of the source's width have no room for all numbers of an unsigned one.
  const room = from.kind === "int" ? to.bits >= from.bits : to.bits > from.bits;
  const nonNegative = to.kind === "uint" ||
    (x!.nonNegative && isInteger(to) && room && op.name === "cast");
  if (isInteger(from) && isInteger(to)) {
    const wraps = to.bits > from.bits && from.kind === "uint";
    const contiguity = x!.contiguity.map((group, d) =>
      wraps ? gcd(group, x!.divisibility[d]!) : group
    );
    const divisibility = contiguity.map((group, d) => divisibilityAt(x!, d, group));
    return { ...x!, contiguity, divisibility, constant: undefined, nonNegative };
  }
  return { ...unknown(type), constancy: x!.constancy, nonNegative: nonNegative || from.bits === 1 };
}

/** What is known, or promised where that says more. */
function hint([x]: readonly Info[], op: Op): Info {
  const { type } = op.result, dims = dimsOf(type), values = op.numbers("values");
  const promised = (own: readonly number[], limit: (d: number) => number) =>
    own.map((known, d) => Math.max(known, Math.min(powerOfTwoIn(values[d]!), limit(d))));
  switch (op.attributes["about"]) {
    case "contiguity":
      // Groups may be longer than those whose first elements are known.
      return {
        ...x!,
        contiguity: promised(x!.contiguity, (d) => dims[d]!),
        divisibility: x!.divisibility.map((_, d) =>
          divisibilityAt(x!, d, Math.max(x!.contiguity[d]!, values[d]!), unitOf(type))
        ),
      };
    case "constancy":
      return { ...x!, constancy: promised(x!.constancy, (d) => dims[d]!) };
    default:
      return { ...x!, divisibility: promised(x!.divisibility, () => HIGHEST) };
  }
}

/**
 * Rules of elementwise operations for integers and pointers (comparisons: of integers). All others,
 * and all of floats, are only constant where their operands are.
 */
export const ELEMENTWISE_RULES: Partial<Record<ElementwiseName, Rule>> = {
  add: integer((a, b, _op, d) => sum(a, b, d, 1, 1)),
  sub: integer((a, b, _op, d) => {
    const contiguity = gcd(a.contiguity[d]!, b.constancy[d]!);
    return {
      contiguity,
      divisibility: gcd(divisibilityAt(a, d, contiguity), divisibilityAt(b, d, contiguity)),
    };
  }),
  ptr_add: integer((pointer, offset, op, d) => {
    const unit = unitOf(op.result.type);
    return sum(pointer, offset, d, unit, unit);
  }),
  mul: integer(product),
  idiv: integer(quotient(false)),
  floordiv: integer(quotient(true)),
  rem: integer(remainder),
  shl: shift(integer(product)),
  shr: shift(integer(quotient(true))),
  and: integer(bitAnd),
  or: integer(bothDivide),
  xor: integer(bothDivide),
  min: integer(bothDivide),
  max: integer((a, b) => ({
    ...bothDivide(a, b),
    nonNegative: a.nonNegative || b.nonNegative,
  })),
  lt: compareOrNext("a", "b"),
  ge: compareOrNext("a", "b"),
  gt: compareOrNext("b", "a"),
  le: compareOrNext("b", "a"),
  select,
  hint,
  cast: recast,
  bitcast: recast,
};
