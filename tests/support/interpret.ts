/**
 * A plain evaluator of tile graphs for tests of passes: one program, arrays of numbers, no cleverness.
 * It shows every value as it is computed, and lists what is stored.
 */

import { dtypeOf, isPointer, size, type Type } from "../../lib/ir/type.ts";
import type { Graph, Op, Region, Value } from "../../lib/ir/graph.ts";
import { elementwise } from "../../lib/ir/ops.ts";
import { elementOf, type Numeric, roundTo } from "../../lib/ir/dtype.ts";

export interface Run {
  /** The scalar parameters by name. */
  readonly scalars: Readonly<Record<string, Numeric>>;
  readonly programId?: readonly number[];
  readonly numPrograms?: readonly number[];
  /** How many operations may be computed before it is an error; 5,000 unless given. */
  readonly steps?: number;
  /** What the memory of a parameter holds before anything is stored. */
  readonly memory?: (base: string, offset: number) => Numeric;
  /** Called with each value and its elements, whenever it is computed. */
  readonly onValue?: (value: Value, elements: readonly Numeric[]) => void;
  /** Called with each load and store, and the offset of each element; undefined where it is masked off. */
  readonly onAccess?: (op: Op, offsets: readonly (number | undefined)[]) => void;
}

/** One element stored: parameter, offset, number. */
export type Store = readonly [base: string, offset: number, value: Numeric];

/** Runs a graph; returns everything that it stored, in order. */
export function interpret(graph: Graph, run: Run): Store[] {
  const interpreter = new Interpreter(run);
  for (const { name, value } of graph.params) {
    interpreter.set(value, [isPointer(value.type.element) ? 0 : run.scalars[name]!]);
  }
  interpreter.region(graph.body);
  return interpreter.stores;
}

/** The row-major index of the element that has the given coordinates modulo the source's sizes. */
function index(coordinates: readonly number[], shape: readonly number[]): number {
  return shape.reduce((sum, dim, d) => sum * dim + coordinates[d]! % dim, 0);
}

function coordinatesOf(flat: number, shape: readonly number[]): number[] {
  const result: number[] = [];
  for (const dim of [...shape].reverse()) {
    result.unshift(flat % dim);
    flat = Math.floor(flat / dim);
  }
  return result;
}

class Interpreter {
  readonly stores: Store[] = [];
  #values = new Map<Value, readonly Numeric[]>();
  #memory = new Map<string, Numeric>();
  #steps = 0;

  constructor(readonly run: Run) {}

  set(value: Value, elements: readonly Numeric[]): void {
    this.#values.set(value, elements);
    this.run.onValue?.(value, elements);
  }

  get(value: Value): readonly Numeric[] {
    const elements = this.#values.get(value);
    if (!elements) throw new Error(`Value ${value.hint ?? ""} is used before it is computed`);
    return elements;
  }

  region(region: Region): (readonly Numeric[])[] {
    for (const op of region.ops) {
      if (++this.#steps > (this.run.steps ?? 5_000)) throw new Error("The program runs too long");
      const results = this.#op(op);
      op.results.forEach((result, i) => this.set(result, results[i]!));
    }
    return region.yields.map((value) => this.get(value));
  }

  #op(op: Op): readonly (readonly Numeric[])[] {
    const row = elementwise(op.name);
    const operands = op.operands.map((operand) => this.get(operand));
    if (row) {
      const result = dtypeOf(op.result.type);
      const evaluate = row.evaluate({
        operands: op.operands.map((operand) => dtypeOf(operand.type)),
        result,
        attributes: op.attributes,
      });
      return [
        operands[0]!.map((_, i) =>
          roundTo(result, evaluate(...operands.map((operand) => operand[i]!)))
        ),
      ];
    }
    if (op.results.length === 1 && op.regions.length === 0) {
      const made = this.#tile(op, operands);
      if (made) return [made];
    }
    switch (op.name) {
      case "load":
        return [this.#load(op)];
      case "store":
        this.#store(op);
        return [];
      case "for":
        return this.#for(op);
      case "while": {
        const [test, body] = [op.region(0), op.region(1)];
        let carried: readonly (readonly Numeric[])[] = operands;
        for (;;) {
          test.params.forEach((param, i) => this.set(param, carried[i]!));
          if (this.region(test)[0]![0] === 0) return carried;
          body.params.forEach((param, i) => this.set(param, carried[i]!));
          carried = this.region(body);
        }
      }
      case "if":
        return this.region(op.region(operands[0]![0] !== 0 ? 0 : 1));
      case "reduce":
        return this.#reduce(op, operands);
      default:
        throw new Error(`Cannot interpret ${op.name}`);
    }
  }

  /** Operations that make a tile from coordinates. */
  #tile(op: Op, operands: readonly (readonly Numeric[])[]): Numeric[] | undefined {
    const { type } = op.result, x = operands[0]!, from = op.operands[0]?.type.shape ?? [];
    const each = (element: (at: number[], flat: number) => Numeric) =>
      Array.from(
        { length: size(type) },
        (_, flat) => element(coordinatesOf(flat, type.shape), flat),
      );
    switch (op.name) {
      case "program_id":
        return [this.run.programId?.[op.number("axis")] ?? 0];
      case "num_programs":
        return [this.run.numPrograms?.[op.number("axis")] ?? 1];
      case "constant":
        return each(() => roundTo(dtypeOf(type), op.value));
      case "arange":
        return each((_, flat) => op.number("start") + flat);
      case "splat":
        return each(() => x[0]!);
      case "broadcast":
        return each((at) => x[index(at, from)]!);
      case "expand_dims":
      case "reshape":
      case "convert_layout":
        return [...x];
      case "permute": {
        const order = op.numbers("order");
        return each((at) => x[index(from.map((_, d) => at[order.indexOf(d)]!), from)]!);
      }
      case "take": {
        const length = size(type), first = Number(operands[1]![0]) * length;
        return x.slice(first, first + length) as number[];
      }
      case "put": {
        const stack = [...x], block = operands[2]!;
        block.forEach((element, i) => stack[Number(operands[1]![0]) * block.length + i] = element);
        return stack as number[];
      }
      case "gather": {
        const axis = op.number("axis"), length = from[axis]!;
        // What an index outside gives is undefined.
        const places = operands[1]!.map((i) => Math.min(Math.max(Number(i), 0), length - 1));
        return each((at, flat) => x[index(at.with(axis, places[flat]!), from)]!);
      }
      case "sort":
      case "sort_by": {
        const keys = operands.at(-1)!, length = from.at(-1)!, sorted: Numeric[] = [];
        const sign = op.attributes["descending"] === true ? -1 : 1;
        for (let row = 0; row < x.length; row += length) {
          const places = Array.from({ length }, (_, i) => row + i);
          places.sort((a, b) => sign * (Number(keys[a]) - Number(keys[b])));
          sorted.push(...places.map((place) => x[place]!));
        }
        return sorted;
      }
      case "dot": {
        const [m, k] = from as [number, number], n = type.shape[1]!;
        return each(([i, j], flat) => {
          let sum = Number(operands[2]![flat]);
          for (let l = 0; l < k; l++) {
            sum = Math.fround(
              sum + Number(operands[0]![i! * k + l]) * Number(operands[1]![l * n + j!]),
            );
          }
          return m > 0 ? sum : 0;
        });
      }
      default:
        return undefined;
    }
  }

  #load(op: Op): Numeric[] {
    const [pointers, mask, other] = op.operands.map((operand) => this.get(operand));
    this.#accesses(op, pointers!, mask);
    const base = baseOf(op.operand(0).type);
    const dtype = dtypeOf(op.result.type);
    return pointers!.map((offset, i) => {
      if (mask && mask[i] === 0) {
        return other?.[i] ?? elementOf(dtype, op.attributes["loose"] === true ? 77 : 0);
      }
      return this.#memory.get(`${base} ${offset}`) ??
        elementOf(dtype, this.run.memory?.(base, Number(offset)) ?? 0);
    });
  }

  #accesses(op: Op, pointers: readonly Numeric[], mask: readonly Numeric[] | undefined): void {
    this.run.onAccess?.(op, pointers.map((x, i) => mask?.[i] === 0 ? undefined : Number(x)));
  }

  #store(op: Op): void {
    const [pointers, values, mask] = op.operands.map((operand) => this.get(operand));
    this.#accesses(op, pointers!, mask);
    const base = baseOf(op.operand(0).type);
    pointers!.forEach((offset, i) => {
      if (mask && mask[i] === 0) return;
      this.#memory.set(`${base} ${offset}`, values![i]!);
      this.stores.push([base, Number(offset), values![i]!]);
    });
  }

  #for(op: Op): readonly (readonly Numeric[])[] {
    const [start, end, step] = op.operands.slice(0, 3).map((operand) =>
      Number(this.get(operand)[0])
    );
    let carried = op.operands.slice(3).map((operand) => this.get(operand));
    const body = op.region(0), [i, ...params] = body.params;
    if (step === 0) throw new Error("The step is 0");
    for (let x = start!; step! > 0 ? x < end! : x > end!; x += step!) {
      this.set(i!, [elementOf(dtypeOf(i!.type), x)]);
      params.forEach((param, j) => this.set(param, carried[j]!));
      carried = this.region(body);
    }
    return carried;
  }

  #reduce(op: Op, operands: readonly (readonly Numeric[])[]): readonly (readonly Numeric[])[] {
    const axis = op.number("axis"), { shape } = op.operand(0).type, combine = op.region(0);
    const outer = shape.toSpliced(axis, 1);
    const count = outer.reduce((product, dim) => product * dim, 1);
    const results = operands.map((): Numeric[] => []);
    for (let flat = 0; flat < count; flat++) {
      const at = coordinatesOf(flat, outer);
      const element = (i: number) =>
        operands.map((operand) => operand[index(at.toSpliced(axis, 0, i), shape)]!);
      let sums = element(0);
      for (let i = 1; i < shape[axis]!; i++) {
        const args = [...sums, ...element(i)];
        combine.params.forEach((param, j) => this.set(param, [args[j]!]));
        sums = this.region(combine).map(([x]) => x!);
      }
      sums.forEach((sum, j) => results[j]!.push(sum));
    }
    return results;
  }
}

function baseOf({ element }: Type): string {
  if (!isPointer(element)) throw new Error("Not a pointer");
  return element.base;
}
