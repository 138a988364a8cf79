/**
 * Offsets of loads and stores as polynomials: sums of products of scalars and of coordinates.
 *
 * Scalars stand for themselves, whatever made them: programs, parameters, counters of loops. `x +
 * row * columns + arange(0, 1024)` is `row·columns + c1`, where `c1` is the coordinate along
 * dimension 1 of the tile, from 0 up to 1024.
 */

import { isInteger } from "../ir/dtype.ts";
import type { Op, Value } from "../ir/graph.ts";
import { isPointer } from "../ir/type.ts";

/** The coordinate along a dimension of a tile. */
export interface Coordinate {
  readonly dim: number;
  /** How many there are, from 0 on. */
  readonly length: number;
}

/** What is multiplied: scalars, and at most one coordinate. */
export interface Term {
  readonly factor: number;
  readonly scalars: readonly Value[];
  readonly coordinate?: Coordinate | undefined;
}

/** Terms by what they multiply; those with the factor 0 are left out. */
export type Polynomial = ReadonlyMap<string, Term>;

/** More terms than this are not looked into. */
const MOST_TERMS = 16;

/** Makes polynomials; scalars are numbered, so that products have one name whatever their order. */
export class Polynomials {
  readonly #numbers = new Map<Value, number>();
  readonly #known = new Map<string, Polynomial | undefined>();

  /** @param bases The pointers that a kernel is given: they are at offset 0. */
  constructor(readonly bases: ReadonlySet<Value>) {}

  /** The offsets that a load or store accesses; undefined where they are no polynomial. */
  offsetsOf(op: Op): Polynomial | undefined {
    const pointer = op.operand(0);
    return this.of(pointer, pointer.type.shape.map((_, d) => d));
  }

  /**
   * What a value is, as a polynomial.
   *
   * @param dims For each dimension of the value, the dimension of the tile that it is.
   */
  of(value: Value, dims: readonly number[] = []): Polynomial | undefined {
    const key = `${this.#number(value)} ${dims.join()}`;
    if (!this.#known.has(key)) this.#known.set(key, this.#make(value, dims));
    return this.#known.get(key);
  }

  #number(value: Value): number {
    const known = this.#numbers.get(value) ?? this.#numbers.size;
    this.#numbers.set(value, known);
    return known;
  }

  #make(value: Value, dims: readonly number[]): Polynomial | undefined {
    const { def, type: { element, shape } } = value;
    if (this.bases.has(value)) return new Map();
    if (!isPointer(element) && (!isInteger(element) || element.bits < 32)) return undefined;
    const made = def && this.#made(def, dims);
    if (made || shape.length > 0) return made;
    return this.#sum([{ factor: 1, scalars: [value] }]);
  }

  #made(op: Op, dims: readonly number[]): Polynomial | undefined {
    const operand = (i: number, of = dims) => {
      const x = op.operand(i);
      return this.of(x, x.type.shape.length === 0 ? [] : of);
    };
    switch (op.name) {
      case "constant":
        return this.#sum([{ factor: Number(op.value), scalars: [] }]);
      case "arange": {
        const start = op.number("start"), length = op.number("end") - start;
        return this.#sum([
          { factor: start, scalars: [] },
          ...length > 1 ? [{ factor: 1, scalars: [], coordinate: { dim: dims[0]!, length } }] : [],
        ]);
      }
      case "splat":
      case "convert_layout":
      case "broadcast": // along which the coordinate of what had size 1 is 0
        return operand(0);
      case "expand_dims":
        return operand(0, dims.toSpliced(op.number("axis"), 1));
      case "permute": {
        const order = op.numbers("order");
        return operand(0, order.map((_, d) => dims[order.indexOf(d)]!));
      }
      case "reshape": {
        const from = op.operand(0).type.shape, to = op.result.type.shape;
        const long = to.flatMap((dim, d) => dim > 1 ? [d] : []);
        const same = from.filter((dim) => dim > 1).join() === long.map((d) => to[d]).join();
        if (!same) return undefined;
        let next = 0;
        return operand(0, from.map((dim) => dims[dim > 1 ? long[next++]! : 0] ?? 0));
      }
      case "cast": {
        const { element } = op.operand(0).type;
        return !isPointer(element) && isInteger(element) && element.bits >= 32
          ? operand(0)
          : undefined;
      }
      case "ptr_add":
      case "add":
        return this.#plus(operand(0), operand(1), 1);
      case "sub":
        return this.#plus(operand(0), operand(1), -1);
      case "mul":
        return this.#times(operand(0), operand(1));
      case "shl": {
        const shift = constantOf(operand(1));
        return shift === undefined || shift < 0 || shift > 30
          ? undefined
          : this.#times(operand(0), this.#sum([{ factor: 2 ** shift, scalars: [] }]));
      }
      default:
        return undefined;
    }
  }

  /** The sum of terms, those of one product together. */
  #sum(terms: readonly Term[]): Polynomial | undefined {
    const sum = new Map<string, Term>();
    for (const term of terms) {
      const numbers = term.scalars.map((x) => this.#number(x)).sort((a, b) => a - b);
      const { coordinate } = term;
      const key = `${numbers.join("*")} ${coordinate ? `c${coordinate.dim}` : ""}`;
      const known = sum.get(key);
      if (known && known.coordinate?.length !== coordinate?.length) return undefined;
      const factor = (known?.factor ?? 0) + term.factor;
      if (factor === 0) sum.delete(key);
      else sum.set(key, { ...term, factor });
    }
    return sum.size > MOST_TERMS ? undefined : sum;
  }

  #plus(
    a: Polynomial | undefined,
    b: Polynomial | undefined,
    sign: number,
  ): Polynomial | undefined {
    if (!a || !b) return undefined;
    const second = [...b.values()].map((term) => ({ ...term, factor: sign * term.factor }));
    return this.#sum([...a.values(), ...second]);
  }

  #times(a: Polynomial | undefined, b: Polynomial | undefined): Polynomial | undefined {
    if (!a || !b || a.size * b.size > MOST_TERMS) return undefined;
    const terms: Term[] = [];
    for (const x of a.values()) {
      for (const y of b.values()) {
        if (x.coordinate && y.coordinate) return undefined;
        terms.push({
          factor: x.factor * y.factor,
          scalars: [...x.scalars, ...y.scalars],
          coordinate: x.coordinate ?? y.coordinate,
        });
      }
    }
    return this.#sum(terms);
  }

  /** `a - b`, where both are known. */
  difference(a: Polynomial | undefined, b: Polynomial | undefined): Polynomial | undefined {
    return this.#plus(a, b, -1);
  }
}

/** The number that a polynomial is, if it is one. */
export function constantOf(x: Polynomial | undefined): number | undefined {
  if (!x || x.size > 1) return undefined;
  const [only] = x.values();
  if (!only) return 0;
  return only.scalars.length === 0 && !only.coordinate ? only.factor : undefined;
}
