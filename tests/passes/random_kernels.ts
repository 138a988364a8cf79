/** Random kernels on tiles, for property tests of passes. */

import fc from "npm:fast-check@4.10.2";
import { Builder } from "../../lib/ir/builder.ts";
import { f32, i32 } from "../../lib/ir/dtype.ts";
import { Graph, Value } from "../../lib/ir/graph.ts";
import type { OpName } from "../../lib/ir/ops.ts";
import { scalar, size } from "../../lib/ir/type.ts";

/** How many elements the buffers of a random kernel have. */
export const LENGTH = 1 << 17;

/** What a random kernel is made from: a list of numbers, so that failures print short and shrink well. */
export function choices(): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(1000), { minLength: 20, maxLength: 120, size: "max" });
}

/**
 * The kernel `(x, out, n)` that a list of numbers describes: loads from x, computes, and stores to
 * disjoint parts of out.
 */
export function kernelOf(choices: readonly number[]): Graph {
  return new Generator(choices).kernel();
}

/** Sizes of dimensions; a size that is not a power of two is as likely as one that is. */
const DIMS = [1, 8, 32, 64, 3, 5, 12, 50];

/** Makes a kernel from a list of numbers, each of which decides something. */
class Generator {
  readonly #b = new Builder();
  readonly #x = new Value(scalar({ pointee: f32, base: "x" }), "x");
  readonly #out = new Value(scalar({ pointee: f32, base: "out" }), "out");
  readonly #n = new Value(scalar(i32), "n");
  #next = 0;
  #stored = 0;

  constructor(readonly choices: readonly number[]) {}

  kernel(): Graph {
    const body = this.#b.region([], () => {
      const pool = [this.#load()];
      while (this.#next < this.choices.length) this.#step(pool, 2);
      const last = pool.slice(-3);
      for (const value of last) this.#store(value);
      return [];
    });
    const param = (name: string, value: Value, divisibility: number) => ({
      name,
      value,
      divisibility,
    });
    return new Graph("random", [
      param("x", this.#x, 16),
      param("out", this.#out, 16),
      param("n", this.#n, 1),
    ], body);
  }

  #choose<T>(list: readonly T[]): T {
    return list[(this.choices[this.#next++] ?? 0) % list.length]!;
  }

  #shape(): number[] {
    return Array.from({ length: this.#choose([1, 2, 2]) }, () => this.#choose(DIMS));
  }

  /** A tile of offsets: row-major, column-major or strided. */
  #offsets(shape: readonly number[]): Value {
    const b = this.#b;
    let stride = this.#choose([1, 1, 1, 3]), sum: Value | undefined;
    const dims = shape.map((_, d) => d);
    for (const d of this.#choose([dims.toReversed(), dims])) {
      let part = b.value("arange", [], { attributes: { start: 0, end: shape[d]! } });
      shape.forEach((_, other) => {
        if (other !== d) part = b.value("expand_dims", [part], { attributes: { axis: other } });
      });
      part = b.value("mul", [part, b.constant(stride, i32, part.type.shape)]);
      const wide = b.value("broadcast", [part], { attributes: { shape } });
      sum = sum ? b.value("add", [sum, wide]) : wide;
      stride *= shape[d]!;
    }
    return sum!;
  }

  #mask(offsets: Value): Value {
    const { shape } = offsets.type;
    return this.#b.value("lt", [
      offsets,
      this.#b.value("splat", [this.#n], { attributes: { shape } }),
    ]);
  }

  #pointers(base: Value, offsets: Value): Value {
    const { shape } = offsets.type;
    const all = this.#b.value("splat", [base], { attributes: { shape } });
    return this.#b.value("ptr_add", [all, offsets]);
  }

  #load(shape = this.#shape()): Value {
    const offsets = this.#offsets(shape);
    const pointers = this.#pointers(this.#x, offsets);
    return this.#b.value(
      "load",
      this.#choose([0, 1]) ? [pointers] : [pointers, this.#mask(offsets)],
    );
  }

  #store(value: Value): void {
    const b = this.#b, { shape } = value.type;
    const base = b.value("ptr_add", [this.#out, b.constant(this.#stored, i32)]);
    this.#stored += 3 * Math.max(size(value.type), 4);
    if (shape.length === 0) return void b.op("store", [base, value]);
    const offsets = this.#offsets(shape);
    const mask = this.#choose([0, 1]) ? [] : [this.#mask(offsets)];
    b.op("store", [this.#pointers(base, offsets), value, ...mask]);
  }

  #like(value: Value, pool: readonly Value[]): Value {
    const { shape } = value.type;
    const same = pool.filter((other) => other.type.shape.join() === shape.join());
    if (shape.length === 0 || this.#choose([0, 1, 2])) return this.#choose(same);
    return this.#load([...shape]);
  }

  /** Adds one value to the pool. */
  #step(pool: Value[], depth: number): void {
    const b = this.#b, x = this.#choose(pool.slice(-6)), { shape } = x.type;
    const tile = shape.length > 0;
    const kinds = ["binary", "binary", "unary", "load", "store", "for", "if", "cheap"];
    if (tile) kinds.push("reduce", "reduce", "reshape", "broadcast", "broadcast");
    if (tile) kinds.push("scan", "sort", "gather", "histogram");
    if (shape.length === 2) kinds.push("permute", "dot", "dot");
    if (shape.length < 2) kinds.push("expand");
    switch (this.#choose(kinds)) {
      case "binary":
        pool.push(b.value(this.#choose<OpName>(["add", "max", "min"]), [x, this.#like(x, pool)]));
        break;
      case "unary":
        pool.push(b.value(this.#choose<OpName>(["sin", "abs"]), [x]));
        break;
      case "load":
        pool.push(this.#load());
        break;
      case "cheap":
        if (tile) pool.push(b.value("cast", [this.#offsets(shape)], { attributes: { to: "f32" } }));
        break;
      case "store":
        if (this.#stored < LENGTH / 2 && depth === 2) this.#store(x);
        break;
      case "reduce": {
        const axis = this.#choose(shape.map((_, d) => d));
        const combine = b.region(
          [scalar(f32), scalar(f32)],
          (params) => [b.value("max", params)],
        );
        pool.push(b.value("reduce", [x], { attributes: { axis }, regions: [combine] }));
        break;
      }
      case "scan": {
        const axis = this.#choose(shape.map((_, d) => d)), reverse = this.#choose([false, true]);
        const y = this.#like(x, pool);
        // The value with the larger key, and that key; two results of one layout.
        const combine = b.region(Array.from({ length: 4 }, () => scalar(f32)), (params) => {
          const wins = b.value("ge", [params[1]!, params[3]!]);
          return [0, 1].map((i) => b.value("select", [wins, params[i]!, params[i + 2]!]));
        });
        const attributes = { axis, reverse };
        pool.push(...b.op("scan", [x, y], { attributes, regions: [combine] }).results);
        break;
      }
      case "sort":
        pool.push(
          b.value("sort", [x], { attributes: { descending: this.#choose([false, true]) } }),
        );
        break;
      case "gather": {
        const axis = this.#choose(shape.map((_, d) => d));
        const to = shape.with(axis, this.#choose([shape[axis]!, ...DIMS]));
        const last = b.constant(shape[axis]! - 1, i32, to);
        const index = b.value("and", [this.#offsets(to), last]);
        pool.push(b.value("gather", [x, index], { attributes: { axis } }));
        break;
      }
      case "histogram": {
        const whole = b.value("cast", [x], { attributes: { to: "i32" } });
        const bins = this.#choose(DIMS);
        const counts = b.value("histogram", [whole], { attributes: { bins } });
        pool.push(b.value("cast", [counts], { attributes: { to: "f32" } }));
        break;
      }
      case "reshape": {
        const all = size(x.type), first = this.#choose(DIMS.filter((dim) => all % dim === 0));
        const to = this.#choose([[all], [first, all / first]]);
        pool.push(b.value("reshape", [x], { attributes: { shape: to } }));
        break;
      }
      case "permute":
        pool.push(b.value("permute", [x], { attributes: { order: [1, 0] } }));
        break;
      case "expand": {
        const axis = this.#choose([0, shape.length]);
        pool.push(b.value("expand_dims", [x], { attributes: { axis } }));
        break;
      }
      case "broadcast": {
        const to = shape.map((dim) => dim === 1 ? this.#choose(DIMS) : dim);
        pool.push(b.value("broadcast", [x], { attributes: { shape: to } }));
        break;
      }
      case "dot": {
        const [M, K] = shape as [number, number], N = this.#choose(DIMS);
        const acc = this.#choose([0, 1]) ? b.constant(0, f32, [M, N]) : this.#load([M, N]);
        pool.push(b.value("dot", [x, this.#load([K, N]), acc]));
        break;
      }
      case "for":
        if (depth > 0) this.#loop(x, this.#like(x, pool), pool, depth);
        break;
      case "if":
        if (depth > 0) this.#branch(x, pool, depth);
        break;
    }
  }

  #loop(x: Value, y: Value, pool: Value[], depth: number): void {
    const b = this.#b, pointers = this.#pointers(this.#x, this.#offsets([16, 4]));
    const inits = [x, y, pointers];
    const types = [scalar(i32), ...inits.map((init) => init.type)];
    const body = b.region(types, ([, p, q, moving]) => {
      const inner = [...pool, p!, q!, b.value("load", [moving!])];
      for (let i = 0; i < 3; i++) this.#step(inner, depth - 1);
      const next = b.value("ptr_add", [moving!, b.constant(4, i32, [16, 4])]);
      // Carried values may change places, and stay in shape.
      const sum = b.value("add", [p!, this.#like(p!, inner)]);
      return [...this.#choose([[sum, q!], [q!, sum]]), next];
    });
    const bounds = [0, 3, 1].map((value) => b.constant(value, i32));
    const loop = b.op("for", [...bounds, ...inits], { regions: [body] });
    pool.push(...loop.results.slice(0, 2));
  }

  #branch(x: Value, pool: Value[], depth: number): void {
    const b = this.#b;
    const condition = b.value("lt", [this.#n, b.constant(this.#choose([0, 5000]), i32)]);
    const side = () =>
      b.region([], () => {
        const inner = [...pool];
        this.#step(inner, depth - 1);
        return [b.value("add", [x, this.#like(x, inner)])];
      });
    const branch = b.op("if", [condition], { regions: [side(), side()] });
    pool.push(branch.result);
  }
}
