/**
 * What is known of the elements of an i32 or bool expression before the program runs: the least and the
 * greatest that each can be. Coordinates of a tile are bits of the invocation's index, so that a
 * comparison with a constant is often decided for whole registers: of a tile of 800 elements in
 * 1024 places, registers whose elements are all beyond 800 need no loads.
 */

import { bool, i32 } from "../ir/dtype.ts";
import type { Expr } from "../ir/invocation.ts";
import type { ElementwiseName } from "../ir/ops.ts";

/** The least and the greatest value of one element; of bool 0 and 1. */
export type Bound = readonly [least: number, greatest: number];

/** One for each element; `undefined` where nothing is known of an element. */
type Bounds = readonly (Bound | undefined)[];

const EITHER: Bound = [0, 1], NEVER: Bound = [0, 0], ALWAYS: Bound = [1, 1];
const NOTHING: Bounds = [undefined, undefined, undefined, undefined];

const known = new WeakMap<Expr, Bounds>();

/** Says what is known of an expression, for those that do not tell themselves. */
export function setBounds(x: Expr, bounds: Bounds): void {
  known.set(x, bounds);
}

/** What is known of each element of an expression. */
export function boundsOf(x: Expr): Bounds {
  const { dtype } = x.type;
  if (dtype !== i32 && dtype !== bool) return NOTHING;
  let bounds = known.get(x);
  if (!bounds) known.set(x, bounds = compute(x));
  return bounds;
}

function compute(x: Expr): Bounds {
  const { width } = x.type;
  const repeated = (bound: Bound | undefined): Bounds =>
    bound ? Array.from({ length: width }, () => bound) : NOTHING;
  switch (x.kind) {
    case "literal":
      return repeated([Number(x.value), Number(x.value)]);
    case "splat":
      return repeated(boundsOf(x.x)[0]);
    case "vector":
      return x.parts.flatMap((part) => boundsOf(part).slice(0, part.type.width));
    case "slice":
      return boundsOf(x.x).slice(x.start, x.start + width);
    case "ramp": {
      const [base] = boundsOf(x.base);
      return Array.from({ length: width }, (_, i) => base && plus(base, [i * x.step, i * x.step]));
    }
    case "op": {
      const rule = RULES[x.op];
      if (!rule) break;
      const args = x.args.map(boundsOf);
      return Array.from({ length: width }, (_, i) => rule(...args.map((arg) => arg[i])));
    }
    default:
  }
  return x.type.dtype === bool ? repeated(EITHER) : NOTHING;
}

type Rule = (...args: (Bound | undefined)[]) => Bound | undefined;

/** Undefined where the operation may wrap. */
function exact(least: number, greatest: number): Bound | undefined {
  return least >= -(2 ** 31) && greatest < 2 ** 31 ? [least, greatest] : undefined;
}

const plus: Rule = (a, b) => a && b && exact(a[0] + b[0], a[1] + b[1]);

/** A comparison that is decided when all of one side lies on the same side of all of the other. */
function decided(
  holds: (a: Bound, b: Bound) => boolean,
  fails: (a: Bound, b: Bound) => boolean,
): Rule {
  return (a, b) => a && b && holds(a, b) ? ALWAYS : a && b && fails(a, b) ? NEVER : EITHER;
}

const below = (a: Bound, b: Bound) => a[1] < b[0], notAbove = (a: Bound, b: Bound) => a[1] <= b[0];
const apart = (a: Bound, b: Bound) => a[1] < b[0] || a[0] > b[1];
const one = (a: Bound, b: Bound) => a[0] === a[1] && b[0] === b[1] && a[0] === b[0];

const RULES: { readonly [name in ElementwiseName]?: Rule } = {
  add: plus,
  ptr_add: plus,
  sub: (a, b) => a && b && exact(a[0] - b[1], a[1] - b[0]),
  mul: (a, b) => {
    if (!a || !b) return undefined;
    const corners = [a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]];
    return exact(Math.min(...corners), Math.max(...corners));
  },
  and: (a, b) => {
    // No bit is set that is not set in both; of what is negative all may be set.
    const tops = [a, b].filter((x) => x && x[0] >= 0).map((x) => x![1]);
    if (tops.length === 0) return undefined;
    const least = a && b && one(a, b) ? a[0] : 0;
    return [least, Math.min(...tops)];
  },
  or: (a, b) =>
    a && b && a[0] >= 0 && b[0] >= 0 ? [Math.max(a[0], b[0]), ones(a[1] | b[1])] : undefined,
  xor: (a, b) => a && b && a[0] >= 0 && b[0] >= 0 ? [0, ones(a[1] | b[1])] : undefined,
  min: (a, b) => a && b && [Math.min(a[0], b[0]), Math.min(a[1], b[1])],
  max: (a, b) => a && b && [Math.max(a[0], b[0]), Math.max(a[1], b[1])],
  shr: (a, b) => a && b && b[0] === b[1] ? [a[0] >> b[0], a[1] >> b[0]] : undefined,
  select: (c, a, b) => {
    if (!a || !b) return undefined;
    return c && c[0] === c[1] ? (c[0] ? a : b) : [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
  },
  lt: decided(below, (a, b) => notAbove(b, a)),
  le: decided(notAbove, (a, b) => below(b, a)),
  gt: decided((a, b) => below(b, a), notAbove),
  ge: decided((a, b) => notAbove(b, a), below),
  eq: decided(one, apart),
  ne: decided(apart, one),
};

/** The number whose bits are all set up to the highest one of `x`. */
function ones(x: number): number {
  return x === 0 ? 0 : 2 ** (32 - Math.clz32(x)) - 1;
}
