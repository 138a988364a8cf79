/**
 * Which loads and stores may access an element of another invocation's: between those that may,
 * invocations have to wait for each other.
 *
 * Offsets are compared as polynomials (`offsets.ts`). What differs is shown in one of two ways. Either all
 * is known: `x + 4096·p + c` and `x + 4096·p + 1024 + c` differ for coordinates `c` up to 1024. Or offsets
 * are rows and places, `columns·row + place`, and the mask says `place < columns`: then who differs in the
 * row is elsewhere, whatever `columns` is.
 *
 * Offsets that wrap around in 32 bits are outside of every tensor and are not thought of.
 */

import { type Graph, type Op, type Region, type Value, walk } from "../ir/graph.ts";
import { maskOf } from "../ir/access.ts";
import { isPointer } from "../ir/type.ts";
import { constantOf, type Polynomial, Polynomials, type Term } from "./offsets.ts";

/** Whether both are in the same round of all loops around them, or `a` in an earlier one of the innermost. */
export type When = "same round" | "earlier round";

/** Tells of two accesses to one buffer whether they may touch one element in different invocations. */
export function overlaps(graph: Graph): (a: Op, b: Op, when: When) => boolean {
  const loops = new Map<Op, Op>();
  const visit = (region: Region, loop: Op | undefined) => {
    for (const op of region.ops) {
      if (loop) loops.set(op, loop);
      const inner = op.name === "for" || op.name === "while" ? op : loop;
      for (const each of op.regions) visit(each, inner);
    }
  };
  visit(graph.body, undefined);
  const pointers = graph.params.filter(({ value }) => isPointer(value.type.element));
  const analysis = new Overlaps(loops, new Set(pointers.map(({ value }) => value)));
  return (a, b, when) => analysis.mayOverlap(a, b, when);
}

/** Offsets as `unit * rows + places + rest`. */
interface Rows {
  readonly rows: readonly Term[];
  /** Coordinates whose sum is at least 0 and less than the unit; none where the unit is 1. */
  readonly places: readonly Term[];
  /** Scalars. */
  readonly rest: readonly Term[];
}

class Overlaps {
  readonly #polynomials: Polynomials;
  readonly #inside = new Map<Op, Set<Value>>();

  constructor(readonly loops: ReadonlyMap<Op, Op>, bases: ReadonlySet<Value>) {
    this.#polynomials = new Polynomials(bases);
  }

  mayOverlap(a: Op, b: Op, when: When): boolean {
    const [p, q] = [a, b].map((op) => this.#polynomials.offsetsOf(op));
    if (!p || !q) return true;
    if (when === "same round") return !(this.#apart(a, p, b, q) || this.#own(a, p, b, q));
    const loop = this.loops.get(b);
    const same = this.#polynomials.difference(p, q)?.size === 0;
    return !(same && loop && loop === this.loops.get(a) && this.#moves(a, b, q, loop));
  }

  /** True when both have the same offsets, each invocation its own elements, no two at one place. */
  #own(a: Op, p: Polynomial, b: Op, q: Polynomial): boolean {
    const [x, y] = [a.operand(0).type.layout, b.operand(0).type.layout];
    if (!x || !y || !x.equals(y)) return false;
    const copies = [...x.bases.lane, ...x.bases.warp].some((basis) => basis.every((z) => z === 0));
    if (copies || this.#polynomials.difference(p, q)?.size !== 0) return false;
    const dims = new Set(coordinatesOf(q).map(({ coordinate }) => coordinate!.dim));
    if (x.shape.some((length, d) => length > 1 && !dims.has(d))) return false;
    return this.#units(q).some((unit) => {
      const rows = this.#rows(b, q, unit);
      return rows && this.#rows(a, p, unit) && isInjective(rows.rows) && isInjective(rows.places);
    });
  }

  /** True when no element of the one is an element of the other. */
  #apart(a: Op, p: Polynomial, b: Op, q: Polynomial): boolean {
    const fixed = this.#polynomials.difference(scalarsOf(p), scalarsOf(q));
    if (!fixed) return false;
    const known = constantOf(fixed);
    // As numbers: the difference is `known`, and multiples of what is large, and something small.
    if (known !== undefined) {
      const both = [...coordinatesOf(p), ...coordinatesOf(q)];
      if (both.every(({ scalars }) => scalars.length === 0)) {
        for (const unit of [Infinity, ...both.map(({ factor }) => Math.abs(factor))]) {
          const isSmall = ({ factor }: Term) => unit === Infinity || factor % unit !== 0;
          const [low, high] = reach(
            coordinatesOf(p).filter(isSmall),
            coordinatesOf(q).filter(isSmall),
          );
          if (!hasMultiple(known + low, known + high, unit)) return true;
        }
      }
    }
    // As rows of a length that is known only when the kernel runs.
    return this.#units(p).some((unit) => {
      if (typeof unit === "number") return false;
      const [x, y] = [this.#rows(a, p, unit), this.#rows(b, q, unit)];
      const [only] = fixed.values();
      if (!x || !y || fixed.size !== 1 || only!.coordinate) return false;
      if (only!.scalars.length !== 1 || only!.scalars[0] !== unit) return false;
      const steps = [...x.rows, ...y.rows].filter(({ coordinate }) => coordinate);
      if (steps.some(({ scalars }) => scalars.length > 0)) return false;
      const common = steps.reduce((all, { factor }) => gcd(all, Math.abs(factor)), 0);
      return common === 0 || only!.factor % common !== 0;
    });
  }

  /** True when an access has other elements in every round of a loop. */
  #moves(a: Op, b: Op, offsets: Polynomial, loop: Op): boolean {
    if (loop.name !== "for") return false;
    const counter = loop.region(0).params[0]!, least = this.#leastStep(loop);
    if (least === 0) return false;
    const inside = this.#valuesInside(loop);
    return this.#units(offsets).some((unit) => {
      const split = this.#rows(b, offsets, unit);
      if (!split || !this.#rows(a, offsets, unit)) return false;
      if (unit !== 1 && inside.has(unit)) return false;
      let stride = 0;
      for (const { factor, scalars, coordinate } of [...split.rows, ...split.rest]) {
        if (scalars.length === 1 && scalars[0] === counter && !coordinate) stride += factor;
        else if (scalars.some((x) => inside.has(x))) return false;
      }
      if (split.rest.some(({ scalars }) => scalars.includes(counter))) return false;
      const coordinates = split.rows.filter(({ coordinate }) => coordinate);
      if (coordinates.some(({ scalars }) => scalars.length > 0)) return false;
      const [low, high] = reach(coordinates, coordinates);
      return Math.abs(stride) * least > Math.max(high, -low);
    });
  }

  /** How far a loop's counter moves in a round, at least; 0 when that is not known. */
  #leastStep(loop: Op): number {
    const step = this.#polynomials.of(loop.operand(2));
    if (!step || step.size !== 1) return 0;
    const [{ factor, scalars, coordinate }] = step.values() as Iterable<Term> as [Term];
    const counts = scalars.every((x) => x.def?.name === "num_programs");
    return counts && !coordinate ? Math.abs(factor) : 0;
  }

  #valuesInside(loop: Op): ReadonlySet<Value> {
    let found = this.#inside.get(loop);
    if (!found) {
      const values = new Set<Value>();
      const note = (region: Region) => region.params.forEach((x) => values.add(x));
      loop.regions.forEach((region) => {
        note(region);
        walk(region, (op) => {
          op.results.forEach((x) => values.add(x));
          op.regions.forEach(note);
        });
      });
      this.#inside.set(loop, found = values);
    }
    return found;
  }

  /** What offsets may be multiples of: 1, and scalars that something is multiplied by. */
  #units(offsets: Polynomial): readonly (1 | Value)[] {
    const found = new Set<Value>();
    for (const { scalars, coordinate } of offsets.values()) {
      if (scalars.length > 1 || (scalars.length === 1 && coordinate)) {
        scalars.forEach((x) => found.add(x));
      }
    }
    return [1, ...found];
  }

  /** Offsets as multiples of a unit and places within it; undefined where the mask does not say that. */
  #rows(op: Op, offsets: Polynomial, unit: 1 | Value): Rows | undefined {
    if (unit === 1) return { rows: [...offsets.values()], places: [], rest: [] };
    const rows: Term[] = [], places: Term[] = [], rest: Term[] = [];
    for (const term of offsets.values()) {
      const at = term.scalars.indexOf(unit);
      if (at >= 0) rows.push({ ...term, scalars: term.scalars.toSpliced(at, 1) });
      else if (term.coordinate) places.push(term);
      else rest.push(term);
    }
    const mask = maskOf(op);
    // That a place is less than the unit says also that the unit is not 0.
    const isWithin = places.length > 0 && mask !== undefined &&
      places.every(({ factor, scalars }) => factor > 0 && scalars.length === 0) &&
      this.#says(mask, places, unit);
    return isWithin ? { rows, places, rest } : undefined;
  }

  /** True when a mask says that the sum of some terms is less than a scalar. */
  #says(mask: Value, terms: readonly Term[], limit: Value): boolean {
    const dims = mask.type.shape.map((_, d) => d);
    const look = (condition: Value, dims: readonly number[]): boolean => {
      const { def } = condition;
      switch (def?.name) {
        case "and":
          return def.operands.some((x) => look(x, dims));
        case "broadcast":
        case "convert_layout":
          return look(def.operand(0), dims);
        case "expand_dims":
          return look(def.operand(0), dims.toSpliced(def.number("axis"), 1));
        case "lt":
        case "gt": {
          const [less, more] = def.name === "lt" ? def.operands : def.operands.toReversed();
          const of = (x: Value) => this.#polynomials.of(x, x.type.shape.length > 0 ? dims : []);
          return isDifference(
            this.#polynomials.difference(of(less!), of(more!)),
            terms,
            limit,
          );
        }
        default:
          return false;
      }
    };
    return look(mask, dims);
  }
}

/** True when a polynomial is the sum of terms less a scalar. */
function isDifference(
  found: Polynomial | undefined,
  terms: readonly Term[],
  limit: Value,
): boolean {
  if (!found || found.size !== terms.length + 1) return false;
  return [...found.values()].every(({ factor, scalars, coordinate }) =>
    coordinate
      ? scalars.length === 0 &&
        terms.some((term) => term.factor === factor && term.coordinate!.dim === coordinate.dim)
      : factor === -1 && scalars.length === 1 && scalars[0] === limit
  );
}

function scalarsOf(x: Polynomial): Polynomial {
  return new Map([...x].filter(([, { coordinate }]) => !coordinate));
}

function coordinatesOf(x: Polynomial): Term[] {
  return [...x.values()].filter(({ coordinate }) => coordinate);
}

/** The least and the greatest that `plus` at some coordinates less `minus` at others may be. */
function reach(plus: readonly Term[], minus: readonly Term[]): [low: number, high: number] {
  let low = 0, high = 0;
  const count = ({ factor, coordinate }: Term, sign: number) => {
    const most = sign * factor * (coordinate!.length - 1);
    low += Math.min(most, 0);
    high += Math.max(most, 0);
  };
  plus.forEach((term) => count(term, 1));
  minus.forEach((term) => count(term, -1));
  return [low, high];
}

/** True when a multiple of `unit` lies from `low` to `high`; of an infinite one, 0. */
function hasMultiple(low: number, high: number, unit: number): boolean {
  if (unit === Infinity) return low <= 0 && 0 <= high;
  return Math.floor(high / unit) * unit >= low;
}

/** True when no two coordinates give the same sum: each step is longer than all smaller ones together. */
function isInjective(terms: readonly Term[]): boolean {
  const steps = terms.filter(({ coordinate }) => coordinate);
  if (steps.some(({ scalars }) => scalars.length > 0)) return false;
  let reached = 0;
  return steps.toSorted((a, b) => Math.abs(a.factor) - Math.abs(b.factor)).every((term) => {
    const step = Math.abs(term.factor), fits = step > reached;
    reached += step * (term.coordinate!.length - 1);
    return fits;
  });
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
