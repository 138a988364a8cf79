/** `Math`, `Number` and `Array` in kernels: JavaScript's own on what is known at compile time. */

import { DTYPES, isFloat } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { tl } from "../language/tl.ts";
import { BUILTINS, extremeOf } from "./builtins.ts";
import { power } from "./power.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber } from "./promotion.ts";
import { callback, elements } from "./members.ts";
import type { AnyFunction } from "./source.ts";
import type { Tracer } from "./tracer.ts";
import { describe, isOperand, type Operand } from "./values.ts";

/** Functions of `Math` that are functions of `tl`, by name. */
const SAME = {
  exp: tl.exp,
  log: tl.log,
  log2: tl.log2,
  sqrt: tl.sqrt,
  sin: tl.sin,
  cos: tl.cos,
  floor: tl.floor,
  ceil: tl.ceil,
  abs: tl.abs,
} as const;

type Run = (t: Tracer, operands: readonly Operand[]) => Operand;

/** Functions of `Math` on run-time values. */
const RUN_TIME: Readonly<Record<string, Run>> = {
  ...Object.fromEntries(
    Object.entries(SAME).map(([name, fn]): [string, Run] => [
      name,
      (t, operands) => BUILTINS.get(fn)!(t, operands) as Operand,
    ]),
  ),
  min: (t, operands) => extremeOf(t, "min", operands),
  max: (t, operands) => extremeOf(t, "max", operands),
  pow: (t, [a, b]) => power(t, a!, b!),
  trunc: (t, [x]) => trunc(t, x as Value),
  // As JavaScript has it: halves go up.
  round: (t, [x]) => {
    const value = x as Value;
    if (!isFloat(dtypeOfNumber(value))) return t.semantics.number(value);
    return t.builder.value("floor", [t.semantics.binary("+", value, 0.5)]);
  },
  sign: (t, [x]) => {
    const { semantics } = t, value = semantics.number(x as Value);
    const below = semantics.where(semantics.binary("<", value, 0), -1, value);
    return semantics.where(semantics.binary(">", value, 0), 1, below);
  },
  fround: (t, [x]) => t.semantics.cast(x!, DTYPES.f32),
  log10: (t, [x]) => t.semantics.binary("*", t.semantics.floating("log2", [x!]), Math.log10(2)),
  hypot: (t, operands) => {
    const { semantics } = t;
    const squares = operands.map((x) => semantics.binary("*", semantics.value(x), x));
    return semantics.floating("sqrt", [squares.reduce((a, b) => semantics.binary("+", a, b))]);
  },
};

function trunc(t: Tracer, x: Value): Operand {
  const { semantics } = t;
  if (!isFloat(dtypeOfNumber(x))) return semantics.number(x);
  const whole = semantics.quotient(x);
  if (whole) return whole;
  const up = t.builder.value("ceil", [x]), down = t.builder.value("floor", [x]);
  return semantics.where(semantics.binary("<", x, 0), up, down);
}

const MATH = new Map<AnyFunction, string>();
for (const name of Object.getOwnPropertyNames(Math)) {
  const fn: unknown = Reflect.get(Math, name);
  if (typeof fn === "function") MATH.set(fn, name);
}

/**
 * Calls a function of `Math`, `Number` or `Array`; undefined when it is none of those. What cannot be
 * done on run-time values is an error.
 */
export function callMath(
  t: Tracer,
  fn: AnyFunction,
  args: readonly unknown[],
): { value: unknown } | undefined {
  const name = MATH.get(fn);
  if (name === "random") {
    throw new Problem(
      "Math.random would give one number when the kernel is compiled, the same at every launch",
      "Pass random numbers in a tensor: device.rand([n])",
    );
  }
  if (name !== undefined) {
    const operands = args.map((x) => {
      if (isOperand(x)) return x;
      throw new Problem(
        `Math.${name} needs tiles or numbers, not ${describe(x)}`,
        Array.isArray(x) ? `Spread the array: Math.${name}(...array)` : undefined,
      );
    });
    if (!operands.some((x) => x instanceof Value)) {
      return { value: Reflect.apply(fn, Math, operands) as unknown };
    }
    const run = RUN_TIME[name];
    if (!run) {
      throw new Problem(
        `Math.${name} works on compile-time numbers only, but was given ${
          operands.map(describe).join(" and ")
        }`,
        `Of Math these work on tiles: ${Object.keys(RUN_TIME).join(", ")}`,
      );
    }
    return { value: run(t, operands) };
  }
  if (fn === Number) {
    const [x] = args;
    return { value: x instanceof Value ? t.semantics.number(x) : Number(x) };
  }
  if (fn === Array.from) {
    const [source, map] = args;
    const items = Array.isArray(source) || typeof source === "string"
      ? elements(t, source)
      : Array.from(source as ArrayLike<unknown>);
    return {
      value: t.own(map === undefined ? items : items.map(callback(t, map, "map") as () => unknown)),
    };
  }
  if (fn === Array.isArray) return { value: Array.isArray(args[0]) };
  if (fn === Array.of) return { value: t.own([...args]) };
  if (NUMBER.has(fn)) {
    const dynamic = args.find((x) => x instanceof Value);
    if (dynamic) {
      throw new Problem(
        `Number.${fn.name} works on compile-time numbers only, not on ${describe(dynamic)}`,
      );
    }
    return { value: Reflect.apply(fn, Number, args) as unknown };
  }
  return undefined;
}

const NUMBER = new Set<AnyFunction>([
  Number.isInteger,
  Number.isFinite,
  Number.isNaN,
  Number.isSafeInteger,
]);
