/**
 * Loops as operations: which variables (and elements of arrays and objects) are carried from one
 * iteration to the next, and of what types.
 *
 * The body is traced as an attempt, and what it wrote to is carried in the next one; this ends when an
 * attempt writes to nothing new and every carried value comes back with its type. A number known at
 * compile time is tried as itself first, and then takes the type that the body gave it.
 */

import { CompilationError } from "../errors.ts";
import { DTYPES } from "../ir/dtype.ts";
import { type Op, Region, Value } from "../ir/graph.ts";
import { isPointer, sameType, scalar, type Type, typeText } from "../ir/type.ts";
import { commonKeys, nameOf, remedyFor } from "./merge.ts";
import { Problem } from "./problem.ts";
import { fits } from "./promotion.ts";
import { type Binding, type Place, read, type Write } from "./scope.ts";
import type { Flag, Tracer } from "./tracer.ts";
import { describe, isWeak, Missing, NOTHING, type Weak, weakType } from "./values.ts";

/** A loop to trace. */
export interface Loop {
  /** Types of the body's parameters before the carried ones: that of a `for`'s counter. */
  readonly leading: readonly Type[];
  readonly hints: readonly (string | undefined)[];
  /** Variables that the body is likely to assign; others are found by tracing. */
  readonly assigned: readonly Binding[];
  /** Whether to go on; without one the loop counts. */
  readonly condition?: () => Flag;
  readonly body: (leading: readonly Value[]) => void;
  /** Makes the operation. */
  readonly emit: (inits: readonly Value[], regions: readonly Region[]) => Op;
}

/** A zero to start from, where no iteration reads the first value. */
class Zero {
  constructor(readonly type: Type) {}
}

/** One place that is carried: a value, or an array or object of values. */
interface Slot {
  readonly place: Place;
  /** What it holds before the loop. */
  init: unknown;
  leaves: Leaf[];
}

/** A single value of a slot. */
interface Leaf {
  readonly init: unknown;
  /** The type that it is carried in; undefined while it does not change. */
  type: Type | undefined;
  /** The type is that of a run-time value before the loop, and stays. */
  readonly fixed: boolean;
  /** It changes, but has no value to begin with that could be carried. */
  lost: boolean;
}

const MAX_ATTEMPTS = 12;

/**
 * Traces and emits a loop. Returns false, with nothing emitted, when a loop without condition leaves
 * early: it needs one.
 */
export function traceLoop(t: Tracer, loop: Loop): boolean {
  const slots = loop.assigned.map((binding) =>
    slot(t, { holder: binding, key: "value" }, binding.value)
  );
  const { frame, site } = t;
  const frameLoop = frame.loop;
  let first: CompilationError | undefined;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const prints = t.prints.length;
    let traced: Traced;
    try {
      traced = traceOnce(t, loop, slots);
    } catch (thrown) {
      if (!(thrown instanceof Problem || thrown instanceof CompilationError)) throw thrown;
      const error = t.error(thrown);
      t.frame = frame;
      frame.loop = frameLoop;
      t.at(site);
      // A number may have been tried as a compile-time one that cannot be: try its default type.
      const tried = slots.flatMap(({ leaves }) => leaves).filter((leaf) =>
        isWeak(leaf.init) && !leaf.type
      );
      if (first || tried.length === 0) throw first ?? error;
      first = error;
      for (const leaf of tried) {
        if (isWeak(leaf.init)) leaf.type = scalar(weakType(leaf.init, leaf.init));
      }
      t.prints.length = prints;
      continue;
    }
    if (!loop.condition && leaves(t, traced.writes)) return false;
    t.at(site);
    if (settle(t, slots, traced)) {
      emit(t, loop, slots, traced);
      return true;
    }
    t.prints.length = prints;
  }
  throw new Problem(
    "The types of the variables that this loop carries do not settle",
    "Give them run-time values of the right type before the loop: tl.full([], 0, tl.f32)",
  );
}

/** True when `break` or `return` was met. */
function leaves(t: Tracer, writes: readonly Write[]): boolean {
  const { returned, loop } = t.frame;
  return writes.some(({ holder, after }) =>
    (holder === returned || holder === loop?.broke) && after !== false
  );
}

interface Traced {
  readonly regions: readonly Region[];
  readonly writes: readonly Write[];
  /** What each slot holds at the end of the body. */
  readonly ends: readonly unknown[];
}

/** Traces condition and body with the slots' present types. */
function traceOnce(t: Tracer, loop: Loop, slots: readonly Slot[]): Traced {
  const carried = slots.flatMap(({ leaves }) => leaves.flatMap(({ type }) => type ? [type] : []));
  const hints = slots.flatMap(({ place, leaves }) =>
    leaves.flatMap(({ type }) =>
      type ? ["name" in place.holder ? String(place.holder.name) : undefined] : []
    )
  );
  const enter = (params: readonly Value[]) => {
    let next = 0;
    for (const { place, init, leaves } of slots) {
      let i = 0;
      const entry = rebuild(t, init, (value) => {
        const leaf = leaves[i++]!;
        if (leaf.type) return params[next++];
        return leaf.lost ? noValue(place) : value;
      });
      t.journal.write(place.holder, place.key, entry);
    }
  };
  t.conditional++;
  try {
    const regions: Region[] = [];
    if (loop.condition) {
      const { condition } = loop;
      const { result } = t.journal.attempt(() =>
        t.builder.region(carried, (params) => {
          enter(params);
          const go = condition();
          return [go instanceof Value ? go : t.semantics.constant(go, DTYPES.bool)];
        }, hints)
      );
      regions.push(result);
    }
    let ends: unknown[] = [];
    const { result, writes } = t.journal.attempt(() =>
      t.builder.region([...loop.leading, ...carried], (params) => {
        enter(params.slice(loop.leading.length));
        loop.body(params.slice(0, loop.leading.length));
        ends = slots.map(({ place }) => read(place));
        return [];
      }, [...loop.hints, ...hints])
    );
    regions.push(result);
    return { regions, writes, ends };
  } finally {
    t.conditional--;
  }
}

/** Adapts slots to what an attempt wrote; true when they fitted already. */
function settle(t: Tracer, slots: Slot[], { writes, ends }: Traced): boolean {
  let settled = true;
  slots.forEach((slot, i) => {
    if (!settleSlot(t, slot, ends[i])) settled = false;
  });
  for (const { holder, key, before, after } of writes) {
    if (Object.is(before, after)) continue;
    if (slots.some(({ place }) => place.holder === holder && place.key === key)) continue;
    if (key === "length" && Array.isArray(holder)) {
      throw new Problem(
        `An array has ${describe(before)} elements before this loop and ${
          describe(after)
        } after an iteration`,
        "Arrays exist only while the kernel is compiled: unroll the loop with tl.staticRange",
      );
    }
    const added = slot(t, { holder, key }, before);
    settleSlot(t, added, after);
    slots.push(added);
    settled = false;
  }
  return settled;
}

function slot(t: Tracer, place: Place, init: unknown): Slot {
  const result: Slot = { place, init, leaves: [] };
  rebuild(t, init, (value) => {
    const type = value instanceof Value || value instanceof Zero ? value.type : undefined;
    result.leaves.push({ init: value, type, fixed: value instanceof Value, lost: false });
    return value;
  });
  return result;
}

/** Adapts one slot to what it held at the end of the body; true when that fitted already. */
function settleSlot(t: Tracer, slot: Slot, end: unknown): boolean {
  if (slot.init === NOTHING) {
    if (end === NOTHING || !hasValues(t, end)) return true;
    // The first value is never read: begin with zeros of what the body gives.
    slot.init = rebuild(t, end, (value) => value instanceof Value ? new Zero(value.type) : value);
    slot.leaves = [];
    rebuild(t, slot.init, (value) => {
      const type = value instanceof Zero ? value.type : undefined;
      slot.leaves.push({ init: value, type, fixed: false, lost: false });
      return value;
    });
    return false;
  }
  const parts = flatten(t, slot.init, end);
  if (!parts) {
    throw new Problem(
      `${nameOf(slot.place)} is ${describe(slot.init)} before this loop and ${
        describe(end)
      } after an iteration`,
      "What a loop carries must keep its structure: the same number of elements, the same properties",
    );
  }
  let settled = true;
  slot.leaves.forEach((leaf, i) => {
    if (!settleLeaf(leaf, parts[i], slot.place)) settled = false;
  });
  return settled;
}

function settleLeaf(leaf: Leaf, end: unknown, place: Place): boolean {
  if (leaf.lost) return true;
  if (!leaf.type) {
    if (Object.is(leaf.init, end)) return true;
    if (isWeak(leaf.init)) leaf.type = typeFor(leaf.init, end, place);
    else leaf.lost = true;
    return false;
  }
  if (end instanceof Value && sameType(end.type, leaf.type)) return true;
  if (isWeak(end) && !isPointer(leaf.type.element) && fits(end, leaf.type.element)) return true;
  if (leaf.fixed || !isWeak(leaf.init)) throw mismatch(leaf.init, end, place);
  leaf.type = typeFor(leaf.init, end, place);
  return false;
}

/** The type in which a number is carried that the body makes `end` of. */
function typeFor(init: Weak, end: unknown, place: Place): Type {
  if (isWeak(end)) return scalar(weakType(init, end));
  if (end instanceof Value && !isPointer(end.type.element) && fits(init, end.type.element)) {
    return end.type;
  }
  throw mismatch(init, end, place);
}

function mismatch(init: unknown, end: unknown, place: Place): Error {
  const line = (x: unknown) => {
    const location = x instanceof Value ? x.def?.location : undefined;
    return location ? ` (line ${location.line})` : "";
  };
  const before = init instanceof Zero ? typeText(init.type) : describe(init);
  const problem = `${
    nameOf(place)
  } is carried round a loop and must keep its type, but it is ${before}${
    line(init)
  } before the loop and ${describe(end)}${line(end)} after an iteration`;
  if (end instanceof Missing) return new Problem(end.why, end.remedy);
  const remedy = remedyFor(init, end, "before the loop and in it");
  const location = end instanceof Value ? end.def?.location : undefined;
  return location
    ? new CompilationError({ problem, remedy, location })
    : new Problem(problem, remedy);
}

function noValue(place: Place): Missing {
  return new Missing(
    `${nameOf(place)} is assigned in a loop, and has no value before its first iteration`,
    "Give it one of the same type before the loop: tl.zeros(shape, dtype)",
  );
}

/** Emits the loop and writes its results to the places. */
function emit(t: Tracer, loop: Loop, slots: readonly Slot[], { regions, ends }: Traced): void {
  const inits: Value[] = [], yields: Value[] = [];
  slots.forEach(({ init, leaves }, s) => {
    const parts = flatten(t, init, ends[s]) ?? [];
    leaves.forEach((leaf, i) => {
      if (!leaf.type) return;
      inits.push(initial(t, leaf.init, leaf.type));
      yields.push(initial(t, parts[i], leaf.type));
    });
  });
  const body = regions.at(-1)!;
  const op = loop.emit(inits, [
    ...regions.slice(0, -1),
    new Region(body.params, body.ops, yields),
  ]);
  let next = 0;
  slots.forEach(({ place, init, leaves }, s) => {
    if (init === NOTHING) {
      t.journal.write(place.holder, place.key, ends[s]);
      return;
    }
    let i = 0;
    if (leaves.every((leaf) => !leaf.type && !leaf.lost)) return;
    const after = rebuild(t, init, (value) => {
      const leaf = leaves[i++]!;
      if (leaf.type) return op.results[next++];
      return leaf.lost ? noValue(place) : value;
    });
    t.journal.write(place.holder, place.key, after);
    if ("name" in place.holder && after instanceof Value) after.hint ??= String(place.holder.name);
  });
}

function initial(t: Tracer, x: unknown, type: Type): Value {
  if (x instanceof Value) return x;
  const value = isWeak(x) ? t.semantics.fit(x, type) : t.semantics.zero(type);
  if (!value) throw new Problem(`${describe(x)} cannot be carried as ${typeText(type)}`);
  return value;
}

// Trees: a value, or an array or object of the kernel's with trees in it

/** The same tree with each leaf replaced. */
function rebuild(t: Tracer, x: unknown, leaf: (value: unknown) => unknown): unknown {
  const keys = commonKeys(t, x, x);
  if (!keys) return leaf(x);
  const copy: object = t.own(Array.isArray(x) ? [] : {});
  for (const key of keys) Reflect.set(copy, key, rebuild(t, Reflect.get(x as object, key), leaf));
  return copy;
}

/** The leaves of `x`, a tree like `shape`, in order; undefined when it is another one. */
function flatten(t: Tracer, shape: unknown, x: unknown): unknown[] | undefined {
  const inner = commonKeys(t, shape, shape);
  if (!inner) {
    return commonKeys(t, x, x) && typeof shape === "object" && shape !== null ? undefined : [x];
  }
  const keys = commonKeys(t, shape, x);
  if (!keys) return undefined;
  const all: unknown[] = [];
  for (const key of keys) {
    const part = flatten(t, Reflect.get(shape as object, key), Reflect.get(x as object, key));
    if (!part) return undefined;
    all.push(...part);
  }
  return all;
}

function hasValues(t: Tracer, x: unknown): boolean {
  let found = false;
  rebuild(t, x, (value) => {
    if (value instanceof Value) found = true;
    return value;
  });
  return found;
}
