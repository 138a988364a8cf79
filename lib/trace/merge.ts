/** Branches on run-time conditions, and one value made of what a place holds after either. */

import { Region, Value } from "../ir/graph.ts";
import {
  type Element,
  isPointer,
  sameElement,
  sameShape,
  sameType,
  scalar,
  type Type,
} from "../ir/type.ts";
import { Problem } from "./problem.ts";
import { ABSENT, Binding, type Place, read, type Write } from "./scope.ts";
import type { Tracer } from "./tracer.ts";
import { defaultDtype, describe, isRecord, isWeak, Missing, NOTHING, weakType } from "./values.ts";

/** A traced branch: its operations, and what it wrote. */
export interface Branch<T = void> {
  readonly region: Region;
  readonly writes: readonly Write[];
  readonly result: T;
}

/** Traces a branch. Nothing of it takes effect yet. */
export function branch<T>(t: Tracer, body: () => T): Branch<T> {
  let result: T | undefined;
  t.conditional++;
  try {
    const attempt = t.journal.attempt(() =>
      t.builder.region([], () => {
        result = body();
        return [];
      })
    );
    return { region: attempt.result, writes: attempt.writes, result: result as T };
  } finally {
    t.conditional--;
  }
}

/** Values to yield from the two branches, in order. */
type Pairs = [Value, Value][];

/** A merged value, once the results of the `if` are known. */
type Plan = (results: readonly Value[]) => unknown;

/**
 * Emits an `if` of two branches and merges what they wrote. `results` are merged too: what an
 * expression with two branches evaluates to.
 */
export function emitIf(
  t: Tracer,
  condition: Value,
  then: Branch<unknown>,
  otherwise: Branch<unknown>,
): unknown {
  const pairs: Pairs = [];
  const plans = places(then.writes, otherwise.writes).map(({ place, a, b }) => {
    if (place.key === "length" && a !== b) throw lengthProblem(a, b);
    return { place, plan: merge(t, a, b, pairs, nameOf(place)) };
  });
  const result = merge(t, then.result, otherwise.result, pairs, "The value of this expression");
  const regions = [then, otherwise].map(({ region }, side) =>
    new Region(region.params, region.ops, pairs.map((pair) => pair[side]!))
  );
  const touches = regions.some((region) => region.ops.length > 0);
  if (pairs.length > 0 || touches) {
    const op = t.builder.op("if", [condition], { regions });
    for (const { place, plan } of plans) t.journal.write(place.holder, place.key, plan(op.results));
    plans.forEach(({ place }) => hint(place));
    return result(op.results);
  }
  for (const { place, plan } of plans) t.journal.write(place.holder, place.key, plan([]));
  return result([]);
}

/** Gives a merged value the name of its variable. */
function hint({ holder, key }: Place): void {
  const value = read({ holder, key });
  if (holder instanceof Binding && value instanceof Value) value.hint ??= holder.name;
}

/** Every place that a branch wrote to, with what it holds at the end of each. */
function places(then: readonly Write[], otherwise: readonly Write[]) {
  const all: { place: Place; a: unknown; b: unknown }[] = then.map((write) => ({
    place: write,
    a: write.after,
    b: write.before,
  }));
  for (const write of otherwise) {
    const both = all.find(({ place }) => place.holder === write.holder && place.key === write.key);
    if (both) both.b = write.after;
    else all.push({ place: write, a: write.before, b: write.after });
  }
  return all;
}

function lengthProblem(a: unknown, b: unknown): Problem {
  return new Problem(
    `An array has ${describe(a)} elements after one branch and ${
      describe(b)
    } after the other, but the condition is known only at run time`,
    "Give arrays their length before, and assign to their elements",
  );
}

export function nameOf({ holder, key }: Place): string {
  if (holder instanceof Binding) return `'${holder.name}'`;
  return Array.isArray(holder) ? `element ${key} of an array` : `the property '${key}'`;
}

function merge(t: Tracer, a: unknown, b: unknown, pairs: Pairs, name: string): Plan {
  if (Object.is(a, b)) return () => a;
  if (a === NOTHING) return merge(t, zerosLike(t, b), b, pairs, name);
  if (b === NOTHING) return merge(t, a, zerosLike(t, a), pairs, name);
  const pair = (x: Value, y: Value): Plan => {
    const index = pairs.push([x, y]) - 1;
    return (results) => results[index];
  };
  if (a instanceof Value && b instanceof Value && sameType(a.type, b.type)) return pair(a, b);
  if (a instanceof Value && isWeak(b)) {
    const number = t.semantics.fit(b, a.type);
    if (number) return pair(a, number);
  }
  if (isWeak(a) && b instanceof Value) {
    const number = t.semantics.fit(a, b.type);
    if (number) return pair(number, b);
  }
  if (isWeak(a) && isWeak(b)) {
    const type = weakType(a, b);
    return pair(t.semantics.constant(a, type), t.semantics.constant(b, type));
  }
  const keys = commonKeys(t, a, b);
  if (keys) {
    const parts = keys.map((key) =>
      [
        key,
        merge(t, Reflect.get(a as object, key), Reflect.get(b as object, key), pairs, name),
      ] as const
    );
    return (results) => {
      const merged: object = t.own(Array.isArray(a) ? [] : {});
      for (const [key, part] of parts) Reflect.set(merged, key, part(results));
      return merged;
    };
  }
  const missing = new Missing(...mismatch(a, b, name));
  return () => missing;
}

/** The keys of two arrays or objects of the kernel's that can be merged part by part. */
export function commonKeys(t: Tracer, a: unknown, b: unknown): readonly string[] | undefined {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return undefined;
  const alike = Array.isArray(a) && Array.isArray(b) || isRecord(a) && isRecord(b);
  if (!alike || !t.journal.owns(a) || !t.journal.owns(b)) return undefined;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key))
    ? keys
    : undefined;
}

/** The same structure with zeros for values. */
export function zerosLike(t: Tracer, x: unknown): unknown {
  if (x instanceof Value) return t.semantics.zero(x.type);
  const keys = commonKeys(t, x, x);
  if (!keys) return x;
  const zeros: object = t.own(Array.isArray(x) ? [] : {});
  for (const key of keys) Reflect.set(zeros, key, zerosLike(t, Reflect.get(x as object, key)));
  return zeros;
}

/** Why a place has no usable value after an `if`, and what to do. */
function mismatch(a: unknown, b: unknown, name: string): [string, string] {
  for (const [x, y] of [[a, b], [b, a]] as const) {
    if (x instanceof Missing) return [x.why, x.remedy ?? ""];
    if (x === ABSENT || x === undefined) {
      return [
        `${name} has no value on one of the ways to here: it is ${
          describe(y)
        } only after one branch of an if`,
        "Give it a value before the if, or in both branches",
      ];
    }
  }
  return [
    `${name} is ${describe(a)} after one branch of an if and ${describe(b)} after the other`,
    remedyFor(a, b, "in both branches"),
  ];
}

function toOf(element: Element): string | undefined {
  return isPointer(element) ? undefined : element.name;
}

/** How two types could be brought together. */
export function remedyFor(a: unknown, b: unknown, where: string): string {
  const types = [a, b].map((x): Type | undefined => {
    if (x instanceof Value) return x.type;
    return isWeak(x) ? scalar(defaultDtype(x)) : undefined;
  });
  const [one, two] = types;
  if (!one || !two) return `Give it the same kind of value ${where}`;
  if (isPointer(one.element) && isPointer(two.element)) {
    return "Both must point into the same tensor: carry an offset instead";
  }
  if (!sameShape(one.shape, two.shape)) {
    return `Give it the same shape ${where}; tl.full, tl.broadcastTo and tl.reshape make shapes`;
  }
  if (!sameElement(one.element, two.element)) {
    return `Give it the same dtype ${where}: ${
      toOf(two.element) ? `tl.cast(x, tl.${toOf(two.element)})` : "tl.cast(x, dtype)"
    }`;
  }
  return `Give it the same type ${where}`;
}
