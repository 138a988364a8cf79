/** Elementwise operations: one loop over the elements, or none where all operands are numbers. */

import { type DType, isEncoded, type NumericFunction, ROUND } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { Dtypes, ElementwiseRow } from "../ir/ops/row.ts";
import { dtypeOf } from "../ir/type.ts";
import { watchElementwise } from "./checks.ts";
import { elementwiseLoop, type Evaluate, instantiate } from "./loops.ts";
import type { Planner, Step } from "./planner.ts";

const evaluates = new Map<string, Evaluate>();

/** What tells apart uses of an operation that compute differently. */
export function useKey(op: Op): string {
  const dtypes = [...op.operands, op.result].map((value) => dtypeOf(value.type).name);
  return `${op.name} ${dtypes.join(" ")} ${JSON.stringify(op.attributes)}`;
}

/** The function that computes one element of `op`; one function for all uses of equal key. */
export function evaluateOf(op: Op, row: ElementwiseRow, key = useKey(op)): Evaluate {
  let evaluate = evaluates.get(key);
  if (!evaluate) {
    const dtypes: Dtypes = {
      operands: op.operands.map((value) => dtypeOf(value.type)),
      result: dtypeOf(op.result.type),
      attributes: op.attributes,
    };
    evaluate = rounding(row.evaluate(dtypes), dtypes.result, dtypes.operands.length);
    evaluates.set(key, evaluate);
  }
  return evaluate;
}

/** For dtypes whose arrays do not round what is stored into them, a function that rounds its result. */
function rounding(f: Evaluate, dtype: DType, count: number): Evaluate {
  if (!isEncoded(dtype)) return f;
  const round: NumericFunction = ROUND[dtype.name];
  switch (count) {
    case 1:
      return (a) => round(f(a!));
    case 2:
      return (a, b) => round(f(a!, b!));
    default:
      return (...args) => round(f(...args));
  }
}

export function planElementwise(planner: Planner, op: Op, row: ElementwiseRow): void {
  const key = useKey(op), f = evaluateOf(op, row, key);
  const places = op.operands.map((value) => planner.place(value));
  const slots = places.flatMap((place) => place.kind === "number" ? [place.slot] : []);
  if (slots.length === places.length) return planNumber(planner, op, f, slots);

  const operands = op.operands.map((value) => planner.operand(value));
  // Element i of the result needs no more than element i of each operand, unless it is looked at again.
  if (!planner.watch) planner.release();
  const out = planner.putTile(op.result), n = out.length;
  const loop = instantiate(elementwiseLoop(places.length), key);
  const list = operands.flatMap(({ array, mask }) => [array, mask]);
  planner.push(() => loop(f, n, out, ...list));
  if (planner.watch) {
    watchElementwise(planner, planner.watch, op, operands, { array: out, mask: -1 });
  }
}

/** On numbers alone: the result is a number too, also where it stands for a whole tile. */
function planNumber(planner: Planner, op: Op, f: Evaluate, slots: readonly number[]): void {
  const { numbers } = planner.frame;
  const round: NumericFunction = ROUND[dtypeOf(op.result.type).name];
  if (op.operands.every((value) => planner.isKnown(value))) {
    return planner.put(op.result, planner.number(round(f(...slots.map((slot) => numbers[slot]!)))));
  }
  const [a = 0, b = 0, c = 0] = slots, out = planner.putNumber(op.result);
  const steps: Record<number, Step> = {
    1: () => void (numbers[out] = round(f(numbers[a]!))),
    2: () => void (numbers[out] = round(f(numbers[a]!, numbers[b]!))),
    3: () => void (numbers[out] = round(f(numbers[a]!, numbers[b]!, numbers[c]!))),
  };
  const step = steps[slots.length];
  if (!step) throw new Error(`Operation ${op.name} has ${slots.length} operands, not 1 to 3`);
  planner.push(step);
  if (!planner.watch) return;
  const operands = op.operands.map((value) => planner.operand(value));
  watchElementwise(planner, planner.watch, op, operands, planner.operand(op.result));
}
