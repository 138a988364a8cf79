/**
 * Random kernels over all dtypes, whose results are the same to the bit on every device.
 *
 * Floats are added, compared, chosen and cast, which IEEE 754 fixes; they are not multiplied, since a
 * driver may fuse a product with a sum, and their sums are not reduced, since the order is free.
 * Integers do everything.
 */

import { Builder } from "../../lib/ir/builder.ts";
import {
  bool,
  type DType,
  type DTypeName,
  DTYPES,
  i32,
  i64,
  isFloat,
  isFloat8,
  isInteger,
  type Numeric,
} from "../../lib/ir/dtype.ts";
import { Graph, Value } from "../../lib/ir/graph.ts";
import type { OpName } from "../../lib/ir/ops.ts";
import { dtypeOf, scalar, size } from "../../lib/ir/type.ts";

/** Elements of each buffer. */
export const TYPED_LENGTH = 1 << 13;

/** A kernel `(x0, x1, x2, out0, out1, out2, n, m)`: `x0` and `out0` are of the first dtype, and so on; m is an i64. */
export interface TypedKernel {
  readonly graph: Graph;
  readonly dtypes: readonly DType[];
}

/** The kernel that a list of numbers describes, over these dtypes. */
export function typedKernelOf(
  choices: readonly number[],
  names: readonly DTypeName[],
): TypedKernel {
  const [a = 0, b = 0, c = 0, ...rest] = choices;
  const pick = (choice: number) => DTYPES[names[choice % names.length]!];
  const dtypes = [pick(a), pick(b), pick(c)];
  return { graph: new Generator(rest, dtypes, names).kernel(), dtypes };
}

const DIMS = [1, 4, 8, 32];
const INTEGERS: readonly Numeric[] = [
  ...[0, 1, 2, 3, 7, 31, 32, 33, 63, 100, -1, -2, -7, 127, -128, 255, 32767, -32768, 65535],
  ...[
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 32 - 1,
    2n ** 32n + 5n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    -(2n ** 40n),
  ],
];
const FLOATS = [0, 1, -1, 0.5, 2.5, -3.25, 100, 448, 65504, -1e5, 1e30];

class Generator {
  readonly #b = new Builder();
  readonly #inputs: Value[];
  readonly #outputs: Value[];
  readonly #n = new Value(scalar(i32), "n");
  readonly #m = new Value(scalar(i64), "m");
  readonly #stored = [0, 0, 0];
  #next = 0;

  constructor(
    readonly choices: readonly number[],
    readonly dtypes: readonly DType[],
    readonly names: readonly DTypeName[],
  ) {
    const buffer = (name: string, i: number) =>
      new Value(scalar({ pointee: dtypes[i]!, base: `${name}${i}` }), `${name}${i}`);
    this.#inputs = dtypes.map((_, i) => buffer("x", i));
    this.#outputs = dtypes.map((_, i) => buffer("out", i));
  }

  kernel(): Graph {
    const body = this.#b.region([], () => {
      const pool = this.dtypes.map((_, i) => this.#load(i, this.#shape()));
      while (this.#next < this.choices.length) this.#step(pool, 2);
      for (const value of pool.slice(-4)) this.#store(value);
      return [];
    });
    const param = (value: Value, divisibility: number) => ({
      name: value.hint!,
      value,
      divisibility,
    });
    return new Graph("typed", [
      ...[...this.#inputs, ...this.#outputs].map((value) => param(value, 16)),
      param(this.#n, 1),
      param(this.#m, 1),
    ], body);
  }

  #choose<T>(list: readonly T[]): T {
    return list[(this.choices[this.#next++] ?? 0) % list.length]!;
  }

  #shape(): number[] {
    return Array.from({ length: this.#choose([1, 1, 2]) }, () => this.#choose(DIMS));
  }

  #dtype(): DType {
    return DTYPES[this.#choose(this.names)];
  }

  #cast(x: Value, to: DType): Value {
    return dtypeOf(x.type) === to ? x : this.#b.value("cast", [x], { attributes: { to: to.name } });
  }

  /** Row-major offsets, from a start on, reckoned in i32 or i64; at most a quarter of the buffer. */
  #offsets(shape: readonly number[], start = 0): Value {
    const b = this.#b, dtype = this.#choose([i32, i64, i32]);
    let flat = b.value("arange", [], {
      attributes: { start: 0, end: shape.reduce((product, dim) => product * dim, 1) },
    });
    if (this.#choose([0, 0, 1])) flat = b.value("mul", [flat, b.constant(2, i32, flat.type.shape)]);
    let offsets = this.#cast(b.value("reshape", [flat], { attributes: { shape } }), dtype);
    if (dtype === i64 && this.#choose([0, 1])) {
      // There and back: m and its double are far beyond 32 bits.
      const m = b.value("splat", [this.#m], { attributes: { shape } });
      offsets = b.value("sub", [b.value("add", [offsets, m]), m]);
    }
    offsets = b.value("add", [offsets, b.constant(start, dtype, shape)]);
    return this.#cast(offsets, i32);
  }

  #mask(shape: readonly number[]): Value {
    const b = this.#b,
      flat = b.value("arange", [], {
        attributes: { start: 0, end: shape.reduce((product, dim) => product * dim, 1) },
      });
    const wide = this.#choose([i32, i64]);
    const places = this.#cast(b.value("reshape", [flat], { attributes: { shape } }), wide);
    const limit = this.#cast(this.#n, wide);
    return b.value("lt", [places, b.value("splat", [limit], { attributes: { shape } })]);
  }

  #pointers(base: Value, offsets: Value): Value {
    const { shape } = offsets.type;
    return this.#b.value("ptr_add", [
      this.#b.value("splat", [base], { attributes: { shape } }),
      offsets,
    ]);
  }

  #load(which: number, shape: readonly number[]): Value {
    const pointers = this.#pointers(this.#inputs[which]!, this.#offsets(shape));
    const masked = this.#choose([0, 1]) ? [this.#mask(shape)] : [];
    return this.#b.value("load", [pointers, ...masked]);
  }

  #store(value: Value): void {
    const b = this.#b, { shape } = value.type, which = this.#choose([0, 1, 2]);
    const stored = this.#cast(value, this.dtypes[which]!), start = this.#stored[which]!;
    const room = 2 * Math.max(size(value.type), 1);
    if (start + room > TYPED_LENGTH) return;
    this.#stored[which] = start + room;
    if (shape.length === 0) {
      const place = b.value("ptr_add", [this.#outputs[which]!, b.constant(start, i32)]);
      return void b.op("store", [place, stored]);
    }
    const pointers = this.#pointers(this.#outputs[which]!, this.#offsets(shape, start));
    b.op("store", [pointers, stored, ...this.#choose([0, 1]) ? [this.#mask(shape)] : []]);
  }

  #constant(dtype: DType, shape: readonly number[]): Value {
    const x = isFloat(dtype)
      ? this.#choose(FLOATS)
      : dtype === bool
      ? this.#choose([0, 1])
      : this.#choose(INTEGERS);
    // As a kernel's own constants are: within the dtype.
    return this.#b.constant(isFloat(dtype) ? x : wrapped(dtype, x), dtype, shape);
  }

  /** Another value of the same type: one that is there, cast, or a constant. */
  #like(value: Value, pool: readonly Value[]): Value {
    const { shape } = value.type, dtype = dtypeOf(value.type);
    const same = pool.filter((other) => other.type.shape.join() === shape.join());
    if (this.#choose([0, 0, 1]) || same.length === 0) return this.#constant(dtype, shape);
    return this.#cast(this.#choose(same), dtype);
  }

  #binary(dtype: DType): OpName {
    if (dtype === bool) return this.#choose<OpName>(["and", "or", "xor"]);
    if (isFloat8(dtype)) return this.#choose<OpName>(["eq", "ne", "lt"]);
    const order: readonly OpName[] = ["lt", "le", "gt", "ge", "eq", "ne"];
    if (isFloat(dtype)) {
      return this.#choose<OpName>(["add", "sub", "min", "max", "add", "sub", ...order]);
    }
    return this.#choose<OpName>([
      ...["add", "sub", "mul", "idiv", "floordiv", "rem", "min", "max"] as const,
      ...["and", "or", "xor", "shl", "shr", "add", "mul"] as const,
      ...order,
    ]);
  }

  #step(pool: Value[], depth: number): void {
    const b = this.#b, x = this.#choose(pool.slice(-6)), { shape } = x.type;
    const dtype = dtypeOf(x.type), tile = shape.length > 0;
    const kinds = [
      "binary",
      "binary",
      "binary",
      "cast",
      "cast",
      "unary",
      "select",
      "load",
      "store",
    ];
    kinds.push("for", "while", "if");
    if (tile) kinds.push("reduce", "scan", "sort", "gather", "histogram", "reshape", "broadcast");
    if (shape.length === 2) kinds.push("permute");
    if (shape.length < 2) kinds.push("expand");
    switch (this.#choose(kinds)) {
      case "binary":
        pool.push(b.value(this.#binary(dtype), [x, this.#like(x, pool)]));
        break;
      case "cast":
        pool.push(this.#cast(x, this.#dtype()));
        break;
      case "unary":
        if (dtype === bool) pool.push(b.value("not", [x]));
        else if (isInteger(dtype)) pool.push(b.value(this.#choose<OpName>(["not", "abs"]), [x]));
        else if (!isFloat8(dtype)) pool.push(b.value("abs", [x]));
        break;
      case "select": {
        const condition = this.#cast(this.#like(x, pool), bool);
        pool.push(b.value("select", [condition, x, this.#like(x, pool)]));
        break;
      }
      case "load":
        pool.push(this.#load(this.#choose([0, 1, 2]), tile ? [...shape] : this.#shape()));
        break;
      case "store":
        if (depth === 2) this.#store(x);
        break;
      case "reduce": {
        const y = this.#reducible(x), axis = this.#choose(shape.map((_, d) => d));
        const element = scalar(y.type.element), own = dtypeOf(y.type);
        const name = this.#choose<OpName>(
          isFloat(own) ? ["max", "min"] : ["add", "max", "xor", "min"],
        );
        const combine = b.region([element, element], (params) => [b.value(name, params)]);
        pool.push(b.value("reduce", [y], { attributes: { axis }, regions: [combine] }));
        break;
      }
      case "scan": {
        const y = this.#reducible(x), axis = this.#choose(shape.map((_, d) => d));
        const element = scalar(y.type.element), own = dtypeOf(y.type);
        const name = this.#choose<OpName>(isFloat(own) ? ["max"] : ["add", "mul", "or", "min"]);
        const combine = b.region([element, element], (params) => [b.value(name, params)]);
        const attributes = { axis, reverse: this.#choose([false, true]) };
        pool.push(b.op("scan", [y], { attributes, regions: [combine] }).result);
        break;
      }
      case "sort":
        if (dtype !== bool && !isFloat(dtype)) {
          pool.push(
            b.value("sort", [x], { attributes: { descending: this.#choose([false, true]) } }),
          );
        }
        break;
      case "gather": {
        const axis = this.#choose(shape.map((_, d) => d));
        const index = this.#cast(this.#like(x, pool), this.#choose([i32, i64]));
        const last = b.constant(shape[axis]! - 1, dtypeOf(index.type), shape);
        pool.push(b.value("gather", [x, b.value("and", [index, last])], { attributes: { axis } }));
        break;
      }
      case "histogram":
        if (isInteger(dtype)) {
          pool.push(b.value("histogram", [x], { attributes: { bins: this.#choose(DIMS) } }));
        }
        break;
      case "reshape": {
        const all = size(x.type), first = this.#choose(DIMS.filter((dim) => dim <= all));
        const to = this.#choose([[all], [first, all / first]]);
        pool.push(b.value("reshape", [x], { attributes: { shape: to } }));
        break;
      }
      case "permute":
        pool.push(b.value("permute", [x], { attributes: { order: [1, 0] } }));
        break;
      case "expand": {
        const axis = this.#choose([0, shape.length]);
        if (tile) pool.push(b.value("expand_dims", [x], { attributes: { axis } }));
        else pool.push(b.value("splat", [x], { attributes: { shape: this.#shape() } }));
        break;
      }
      case "broadcast": {
        const to = shape.map((dim) => dim === 1 ? this.#choose(DIMS) : dim);
        pool.push(b.value("broadcast", [x], { attributes: { shape: to } }));
        break;
      }
      case "for":
        if (depth > 0) this.#for(x, pool, depth);
        break;
      case "while":
        if (depth > 0) this.#while(x, pool, depth);
        break;
      case "if":
        if (depth > 0) this.#if(x, pool, depth);
        break;
    }
  }

  /** What a combine function works on: no bools, and no 8-bit floats. */
  #reducible(x: Value): Value {
    const dtype = dtypeOf(x.type);
    return dtype === bool ? this.#cast(x, i32) : isFloat8(dtype) ? this.#cast(x, DTYPES.f32) : x;
  }

  /** A value of the type of `x` that some steps make. */
  #advanced(x: Value, pool: readonly Value[], depth: number): Value {
    const inner = [...pool, x];
    for (let i = 0; i < 2; i++) this.#step(inner, depth - 1);
    return this.#like(x, inner.slice(-4));
  }

  #for(x: Value, pool: Value[], depth: number): void {
    const b = this.#b, y = this.#like(x, pool), dtype = this.#choose([i32, i64]);
    const types = [scalar(dtype), x.type, y.type];
    const body = b.region(types, ([i, p, q]) => {
      const next = this.#advanced(p!, [...pool, q!, i!], depth);
      return this.#choose([[next, q!], [q!, next]]);
    });
    const bounds = this.#choose([[0, 3, 1], [-4, 5, 4], [3, 0, -2]]);
    const values = bounds.map((value) => b.constant(value, dtype));
    pool.push(...b.op("for", [...values, x, y], { regions: [body] }).results);
  }

  #while(x: Value, pool: Value[], depth: number): void {
    const b = this.#b, dtype = this.#choose([i32, i64]);
    const types = [scalar(dtype), x.type];
    const test = b.region(types, ([count]) => [
      b.value("lt", [count!, b.constant(this.#choose([0, 1, 3]), dtype)]),
    ]);
    const body = b.region(types, ([count, p]) => [
      b.value("add", [count!, b.constant(1, dtype)]),
      this.#advanced(p!, [...pool, count!], depth),
    ]);
    const zero = b.constant(0, dtype);
    pool.push(b.op("while", [zero, x], { regions: [test, body] }).results[1]!);
  }

  #if(x: Value, pool: Value[], depth: number): void {
    const b = this.#b;
    const condition = this.#choose([0, 1])
      ? b.value("lt", [this.#n, b.constant(this.#choose([0, 5000]), i32)])
      : b.value("gt", [this.#m, b.constant(this.#choose<Numeric>([0, 2n ** 62n]), i64)]);
    const side = () => b.region([], () => [this.#advanced(x, pool, depth)]);
    pool.push(b.op("if", [condition], { regions: [side(), side()] }).result);
  }
}

/** An integer as an element of a dtype. */
function wrapped(dtype: DType, x: Numeric): Numeric {
  if (isFloat(dtype)) return Number(x);
  if (dtype === bool) return Number(x) === 0 ? 0 : 1;
  const bits = dtype.kind === "int" ? BigInt.asIntN : BigInt.asUintN;
  const exact = bits(dtype.bits, BigInt(x));
  return dtype.bits === 64 ? exact : Number(exact);
}

/** Elements of a buffer: numbers of every size that the dtype has, small ones most often. */
export function typedElements(dtype: DType): Numeric[] {
  return Array.from({ length: TYPED_LENGTH }, (_, i) => {
    const mixed = Math.imul(i + 1, 0x9e3779b1) >>> 0;
    if (isFloat(dtype)) {
      const small = (mixed % 33 - 16) / 4;
      return i % 17 === 3 ? FLOATS[mixed % FLOATS.length]! : small;
    }
    if (i % 5 === 2) return wrapped(dtype, INTEGERS[mixed % INTEGERS.length]!);
    if (i % 3 === 1) return wrapped(dtype, mixed % 41 - 20);
    return wrapped(dtype, (BigInt(mixed) << 32n) | BigInt(Math.imul(mixed, 0x85ebca6b) >>> 0));
  });
}
