/** Loops and branches: steps that run the steps of their regions. */

import { hostArray, type Numeric } from "../ir/dtype.ts";
import type { Op, Value } from "../ir/graph.ts";
import { dtypeOf } from "../ir/type.ts";
import { fail } from "./failure.ts";
import { type Place, type Planner, runAll } from "./planner.ts";

export function planFor(planner: Planner, op: Op): void {
  const { frame } = planner, { numbers } = frame;
  const [start, end, step] = op.operands.slice(0, 3).map((value) => planner.slot(value)) as [
    number,
    number,
    number,
  ];
  const body = op.region(0), [counter, ...params] = body.params;
  const slot = planner.putNumber(counter!);
  const carried = carry(planner, op.operands.slice(3));
  params.forEach((param, k) => planner.put(param, carried[k]!));
  const steps = planner.region(body, () => move(planner, body.yields, carried));
  settle(planner, op, carried);
  planner.push(() => {
    const by = numbers[step]!, to = numbers[end]!, from = numbers[start]!;
    if (Number(by) === 0) {
      fail(frame, op, "A loop's step is 0", "Give the loop a step that leads to its end");
    }
    const run = (i: Numeric) => {
      numbers[slot] = i;
      runAll(steps);
    };
    if (typeof by === "number") {
      for (let i = Number(from); by > 0 ? i < to : i > to; i += by) run(i);
    } else {
      for (let i = BigInt(from); by > 0n ? i < to : i > to; i += by) run(i);
    }
  });
}

export function planWhile(planner: Planner, op: Op): void {
  const { numbers } = planner.frame;
  const condition = op.region(0), body = op.region(1);
  const carried = carry(planner, op.operands);
  condition.params.forEach((param, k) => planner.put(param, carried[k]!));
  let holds = -1;
  const test = planner.region(condition, () => {
    holds = planner.slot(condition.yields[0]!);
  }, { kept: true });
  reset(carried);
  body.params.forEach((param, k) => planner.put(param, carried[k]!));
  const steps = planner.region(body, () => move(planner, body.yields, carried));
  settle(planner, op, carried);
  planner.push(() => {
    for (runAll(test); numbers[holds] !== 0; runAll(test)) runAll(steps);
  });
}

export function planIf(planner: Planner, op: Op): void {
  const { numbers } = planner.frame, condition = planner.slot(op.operand(0));
  const results = op.results.map((result) => room(planner, result));
  const [then, otherwise] = op.regions.map((region) =>
    planner.region(region, () => move(planner, region.yields, results))
  );
  settle(planner, op, results);
  planner.push(() => runAll(numbers[condition] !== 0 ? then! : otherwise!));
}

/** A place for values like this one, that can be written. */
function room(planner: Planner, value: Value): Place {
  if (value.type.shape.length === 0) return planner.number();
  return { kind: "tile", buffer: planner.pool.take(dtypeOf(value.type), planner.length(value)) };
}

/** Places for carried values, with the steps that put the initial ones there. */
function carry(planner: Planner, inits: readonly Value[]): Place[] {
  const carried = inits.map((init) => room(planner, init));
  move(planner, inits, carried);
  return carried;
}

/** Forgets who used the arrays of places. */
function reset(places: readonly Place[]): void {
  for (const place of places) if (place.kind === "tile") place.buffer.users = 0;
}

/** Gives the results of an operation their places. */
function settle(planner: Planner, op: Op, places: readonly Place[]): void {
  reset(places);
  op.results.forEach((result, k) => planner.put(result, places[k]!));
}

/**
 * Plans to move values to places, as if all at once: a body may yield its parameters in another
 * order. Tiles come first, since a tile that is really a number is read from the frame.
 */
function move(planner: Planner, values: readonly Value[], places: readonly Place[]): void {
  const { numbers } = planner.frame;
  const targets = places.flatMap((place) => place.kind === "tile" ? [place.buffer.array] : []);
  const from: number[] = [], to: number[] = [];
  const copies: (() => void)[] = [];
  values.forEach((value, k) => {
    const source = planner.place(value), target = places[k]!;
    if (target.kind === "number") {
      from.push(planner.slot(value));
      to.push(target.slot);
    } else if (source.kind === "number") {
      const { array } = target.buffer, { slot } = source;
      copies.push(() => void array.fill(numbers[slot]!));
    } else if (source.buffer !== target.buffer) {
      const { array } = target.buffer;
      let { array: x } = source.buffer;
      if (targets.includes(x)) { // it is written too: read it before
        const original = x, saved = hostArray(source.buffer.dtype, x.length);
        planner.push(() => saved.set(original));
        x = saved;
      }
      copies.push(() => array.set(x));
    }
  });
  for (const copy of copies) planner.push(copy);
  if (from.length === 0) return;
  const saved: Numeric[] = from.map(() => 0);
  planner.push(() => {
    for (let i = 0; i < from.length; i++) saved[i] = numbers[from[i]!]!;
    for (let i = 0; i < to.length; i++) numbers[to[i]!] = saved[i]!;
  });
}
