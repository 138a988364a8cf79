/**
 * What rolling knows of each value, and how it makes one block of a tile at a time.
 *
 * A value of the old graph is held in one of three ways: **whole**, as a value of the new graph;
 * as a **stack** of blocks; or **nowhere**, when blocks of it are made where they are needed, from
 * blocks of its operands.
 */

import { Builder } from "../../ir/builder.ts";
import { type DType, i32 } from "../../ir/dtype.ts";
import type { Op, Region, Value } from "../../ir/graph.ts";
import { elementwise, type OpName } from "../../ir/ops.ts";
import { dtypeOf, isPointer, sameShape, size, tile, type Type } from "../../ir/type.ts";
import {
  bitCount,
  blockCount,
  blockShape,
  outerBits,
  product,
  reshapedSpread,
  runs,
  type Spread,
  standardSpread,
  strides,
} from "./blocks.ts";

/** A block of a tile: which bits of coordinates are inner, and the outer bits; undefined for 0. */
export interface Block {
  readonly spread: Spread;
  readonly at: readonly (Value | undefined)[];
}

export type Held =
  | { readonly kind: "whole"; readonly value: Value }
  | { readonly kind: "stack"; readonly value: Value; readonly spread: Spread }
  | { readonly kind: "nowhere" };

/** How tiles are cut. */
export interface RollOptions {
  /** Tiles of more elements are rolled. */
  readonly largest: number;
  /** The bits that number the elements of a block. */
  readonly blockBits: number;
}

/** Operations of which blocks are made from blocks of their operands, besides elementwise ones. */
const PASSED_ON: ReadonlySet<OpName> = new Set<OpName>([
  ...["constant", "arange", "splat", "broadcast", "expand_dims", "reshape", "permute"] as const,
]);

/** True for operations whose blocks are made from blocks of their operands, loads aside. */
export function isPassedOn(op: Op): boolean {
  return elementwise(op.name) !== undefined || PASSED_ON.has(op.name);
}

/** What is known in one region of the new graph. */
interface Scope {
  readonly blocks: Map<Value, { readonly block: Block; readonly value: Value }[]>;
  readonly scalars: Map<string, Value>;
  readonly whole: Map<Value, Value>;
  readonly stacks: Map<Value, Value>;
}

function newScope(): Scope {
  return { blocks: new Map(), scalars: new Map(), whole: new Map(), stacks: new Map() };
}

export class Roller {
  readonly builder = new Builder();
  readonly #held = new Map<Value, Held>();
  readonly #numbers = new Map<Value, number>();
  #scopes: Scope[] = [newScope()];

  constructor(readonly options: RollOptions, readonly movable: ReadonlySet<Op>) {}

  isLarge(x: Value): boolean {
    return size(x.type) > this.options.largest;
  }

  /** The spread in which blocks of a shape are made when nothing else decides. */
  spread(shape: readonly number[]): Spread {
    return standardSpread(shape, this.options.blockBits);
  }

  hold(old: Value, held: Held): void {
    if (held.kind !== "nowhere") held.value.hint ??= old.hint;
    this.#held.set(old, held);
  }

  held(old: Value): Held {
    const held = this.#held.get(old);
    if (!held) throw new Error(`Value ${old.hint ?? ""} was used before it was rolled`);
    return held;
  }

  // Regions

  /** Runs `body` where values that it makes are known inside it alone. */
  inside<T>(body: () => T): T {
    this.#scopes = [...this.#scopes, newScope()];
    try {
      return body();
    } finally {
      this.#scopes = this.#scopes.slice(0, -1);
    }
  }

  region(
    types: readonly Type[],
    body: (params: readonly Value[]) => readonly Value[],
    hints: readonly (string | undefined)[] = [],
  ): Region {
    return this.builder.region(types, (params) => this.inside(() => body(params)), hints);
  }

  /** A loop from 0 to `count` that carries values. */
  loop(
    count: number,
    inits: readonly Value[],
    body: (i: Value, carried: readonly Value[]) => readonly Value[],
  ): readonly Value[] {
    return this.loopTo(this.number(count), inits, body);
  }

  /** A loop from 0 to a scalar that carries values. */
  loopTo(
    end: Value,
    inits: readonly Value[],
    body: (i: Value, carried: readonly Value[]) => readonly Value[],
  ): readonly Value[] {
    const bounds = [this.number(0), end, this.number(1)];
    const types = [bounds[0]!, ...inits].map((value) => value.type);
    const region = this.region(types, ([i, ...carried]) => body(i!, carried));
    return this.builder.op("for", [...bounds, ...inits], { regions: [region] }).results;
  }

  /**
   * Makes all blocks of tiles, one after the other, and holds them as stacks; as whole values where
   * there is one block. `body` makes block `i`, and the next values of what it carries along.
   */
  collect(
    results: readonly { readonly type: Type; readonly spread: Spread }[],
    carried: readonly Value[],
    body: (
      i: Value,
      carried: readonly Value[],
    ) => { readonly blocks: readonly Value[]; readonly carried?: readonly Value[] },
    /** For block `i` of the loop, its number in the stacks. */
    numberOf: (i: Value) => Value = (i) => i,
  ): (Held & { readonly kind: "stack" })[] {
    const count = blockCount(results[0]!.type.shape, results[0]!.spread);
    const stacks = results.map(({ type, spread }) => this.emptyStack(type, spread));
    const all = this.loop(count, [...carried, ...stacks], (i, values) => {
      const [own, old] = [values.slice(0, carried.length), values.slice(carried.length)];
      const made = body(i, own), place = numberOf(i);
      const next = made.blocks.map((block, k) =>
        this.builder.value("put", [old[k]!, place, block])
      );
      return [...made.carried ?? [], ...next];
    });
    return all.slice(carried.length)
      .map((value, k) => ({ kind: "stack", value, spread: results[k]!.spread }));
  }

  /** The type of the stack that holds a tile. */
  stackType({ shape, element }: Type, spread: Spread): Type {
    return tile([blockCount(shape, spread), ...blockShape(spread)], element);
  }

  emptyStack(type: Type, spread: Spread): Value {
    const { shape, element } = this.stackType(type, spread);
    if (!isPointer(element)) return this.builder.constant(0, element, shape);
    return this.builder.value("splat", [this.#pointer(element.base)], { attributes: { shape } });
  }

  readonly #pointers = new Map<string, Value>();

  /** Remembers the pointer parameters. */
  param(name: string, value: Value): void {
    this.hold(value, { kind: "whole", value });
    this.#pointers.set(name, value);
  }

  #pointer(base: string): Value {
    return this.#pointers.get(base)!;
  }

  // Scalars

  number(value: number): Value {
    return this.#known(`${value}`, () => this.builder.constant(value, i32));
  }

  /** Arithmetic on i32 scalars, done once in a region. */
  scalar(name: OpName, a: Value, b: number | Value): Value {
    const right = typeof b === "number" ? this.number(b) : b;
    const key = `${name} ${this.#id(a)} ${this.#id(right)}`;
    return this.#known(key, () => this.builder.value(name, [a, right]));
  }

  #known(key: string, make: () => Value): Value {
    for (const scope of this.#scopes) {
      const known = scope.scalars.get(key);
      if (known) return known;
    }
    const made = make();
    this.#scopes.at(-1)!.scalars.set(key, made);
    return made;
  }

  #id(value: Value): number {
    let id = this.#numbers.get(value);
    if (id === undefined) this.#numbers.set(value, id = this.#numbers.size);
    return id;
  }

  /** The sum of scalars, of which undefined ones are 0. */
  sum(a: Value | undefined, b: Value | undefined): Value | undefined {
    return a && b ? this.scalar("add", a, b) : a ?? b;
  }

  /** The bits of a number moved to where a mask has them: `0b11` to `0b1010` for that mask. */
  expanded(x: Value | undefined, mask: number): Value | undefined {
    if (!x) return undefined;
    return runs(mask).map((run) => {
      const high = run.to === 0 ? x : this.scalar("shr", x, run.to);
      const bits = run.to + run.length === bitCount(mask)
        ? high
        : this.scalar("and", high, 2 ** run.length - 1);
      return run.from === 0 ? bits : this.scalar("mul", bits, 2 ** run.from);
    }).reduce<Value | undefined>((sum, part) => this.sum(sum, part), undefined);
  }

  /** The bits of a mask closed up: the inverse of `expanded`. */
  closed(x: Value | undefined, mask: number): Value | undefined {
    if (!x) return undefined;
    return runs(mask).map((run) => {
      const low = run.from === 0 ? x : this.scalar("shr", x, run.from);
      const bits = this.scalar("and", low, 2 ** run.length - 1);
      return run.to === 0 ? bits : this.scalar("shl", bits, run.to);
    }).reduce<Value | undefined>((sum, part) => this.sum(sum, part), undefined);
  }

  /** The block that has a number, blocks being numbered in row-major order. */
  block(shape: readonly number[], spread: Spread, number: Value): Block {
    const outer = outerBits(shape, spread);
    const counts = outer.map((mask) => 2 ** bitCount(mask)), steps = strides(counts);
    const at = outer.map((mask, d) => {
      if (mask === 0) return undefined;
      const above = steps[d] === 1 ? number : this.scalar("shr", number, Math.log2(steps[d]!));
      const isFirst = product(counts.slice(0, d)) === 1;
      return this.expanded(isFirst ? above : this.scalar("and", above, counts[d]! - 1), mask);
    });
    return { spread, at };
  }

  /** The number of a block; undefined for 0. */
  numberOf(shape: readonly number[], { spread, at }: Block): Value | undefined {
    const outer = outerBits(shape, spread);
    const counts = outer.map((mask) => 2 ** bitCount(mask)), steps = strides(counts);
    return outer.map((mask, d) => {
      const digit = this.closed(at[d], mask);
      return digit && steps[d] !== 1 ? this.scalar("mul", digit, steps[d]!) : digit;
    }).reduce((sum, part) => this.sum(sum, part), undefined);
  }

  // Whole values

  /** All of a tile or scalar, as one value. */
  whole(old: Value): Value {
    const held = this.held(old);
    if (held.kind === "whole") return held.value;
    for (const scope of this.#scopes) {
      const known = scope.whole.get(old);
      if (known) return known;
    }
    const made = held.kind === "stack"
      ? this.#unstacked(old.type.shape, held.value, held.spread)
      : this.made(old, { spread: old.type.shape.map((dim) => dim - 1), at: [] });
    made.hint ??= old.hint;
    this.#scopes.at(-1)!.whole.set(old, made);
    return made;
  }

  /** From bits in the order (outer of all dimensions, inner of all) to those of each dimension. */
  #unstacked(shape: readonly number[], stack: Value, spread: Spread): Value {
    const { builder } = this, all = builder.value("unstack", [stack]);
    // One dimension of size 2 for each bit: they are few, since only small tiles are unstacked.
    const outer = outerBits(shape, spread), bits: { d: number; bit: number }[] = [];
    for (const masks of [outer, spread]) {
      masks.forEach((mask, d) => {
        for (let bit = 30; bit >= 0; bit--) if (mask & (1 << bit)) bits.push({ d, bit });
      });
    }
    const order = bits.map((_, i) => i)
      .sort((i, j) => bits[i]!.d - bits[j]!.d || bits[j]!.bit - bits[i]!.bit);
    const split = this.reshaped(all, bits.map(() => 2));
    const inPlace = order.every((from, to) => from === to);
    const moved = inPlace ? split : builder.value("permute", [split], { attributes: { order } });
    return this.reshaped(moved, shape);
  }

  reshaped(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.type.shape, shape)) return x;
    return this.builder.value("reshape", [x], { attributes: { shape } });
  }

  /** All of a tile as a stack of the standard spread. */
  stacked(old: Value): Value {
    const held = this.held(old), { shape } = old.type, spread = this.spread(shape);
    if (held.kind === "stack" && held.spread.every((mask, d) => mask === spread[d])) {
      return held.value;
    }
    for (const scope of this.#scopes) {
      const known = scope.stacks.get(old);
      if (known) return known;
    }
    const [made] = this.collect([{ type: old.type, spread }], [], (i) => ({
      blocks: [this.blockOf(old, this.block(shape, spread, i))],
    }));
    this.#scopes.at(-1)!.stacks.set(old, made!.value);
    return made!.value;
  }

  // Blocks

  /** A block of a tile of the old graph; a scalar is itself. */
  blockOf(old: Value, block: Block): Value {
    const { shape } = old.type;
    if (shape.length === 0) return this.whole(old);
    const held = this.held(old);
    const isAll = block.spread.every((mask, d) => mask === shape[d]! - 1);
    if (isAll && held.kind === "whole") return held.value;
    for (const scope of this.#scopes) {
      const known = scope.blocks.get(old)?.find((entry) => sameBlock(entry.block, block));
      if (known) return known.value;
    }
    const value = held.kind === "stack"
      ? this.#fromStack(shape, held.value, held.spread, block)
      : held.kind === "whole" && !this.#isRemade(old.def)
      ? this.#slice(held.value, block)
      : this.made(old, block);
    value.hint ??= old.hint;
    const { blocks } = this.#scopes.at(-1)!;
    blocks.set(old, [...blocks.get(old) ?? [], { block, value }]);
    return value;
  }

  #isRemade(op: Op | undefined): boolean {
    return op !== undefined && (isPassedOn(op) || this.movable.has(op));
  }

  /** A block made from blocks of the operands. */
  made(old: Value, block: Block): Value {
    const op = old.def!, { builder } = this, { spread, at } = block;
    const shape = blockShape(spread), outer = builder.location;
    builder.location = op.location;
    const of = (x: Value, other = block) => this.blockOf(x, other);
    try {
      switch (op.name) {
        case "constant":
          return builder.value("constant", [], { attributes: { ...op.attributes, shape } });
        case "splat":
          return builder.value("splat", [this.whole(op.operand(0))], { attributes: { shape } });
        case "arange":
          return this.#arange(op.number("start"), block);
        case "broadcast": {
          const x = op.operand(0), from = x.type.shape;
          const isRepeated = from.map((dim, d) => dim !== old.type.shape[d]);
          const part = of(x, {
            spread: spread.map((mask, d) => isRepeated[d] ? 0 : mask),
            at: at.map((base, d) => isRepeated[d] ? undefined : base),
          });
          if (sameShape(part.type.shape, shape)) return part;
          return builder.value("broadcast", [part], { attributes: { shape } });
        }
        case "expand_dims": {
          const axis = op.number("axis");
          const part = of(op.operand(0), {
            spread: spread.toSpliced(axis, 1),
            at: at.toSpliced(axis, 1),
          });
          return builder.value("expand_dims", [part], { attributes: { axis } });
        }
        case "permute": {
          const order = op.numbers("order");
          const source = {
            spread: [...spread],
            at: order.map(() => undefined as Value | undefined),
          };
          order.forEach((from, to) => {
            source.spread[from] = spread[to]!;
            source.at[from] = at[to];
          });
          return builder.value("permute", [of(op.operand(0), source)], { attributes: { order } });
        }
        case "reshape":
          return this.reshaped(
            of(op.operand(0), this.#reshapedBlock(old.type.shape, block, op.operand(0).type.shape)),
            shape,
          );
        default: // elementwise operations and loads
          return builder.value(op.name, op.operands.map((x) => of(x)), {
            attributes: op.attributes,
          });
      }
    } finally {
      builder.location = outer;
    }
  }

  #reshapedBlock(from: readonly number[], { spread, at }: Block, to: readonly number[]): Block {
    const fromStrides = strides(from), toStrides = strides(to);
    const flat = at.map((base, d) =>
      base && fromStrides[d] !== 1 ? this.scalar("mul", base, fromStrides[d]!) : base
    ).reduce((sum, part) => this.sum(sum, part), undefined);
    const outer = reshapedSpread(from, outerBits(from, spread), to);
    return {
      spread: reshapedSpread(from, spread, to),
      at: to.map((dim, d) => {
        if (!flat || outer[d] === 0) return undefined;
        const above = toStrides[d] === 1
          ? flat
          : this.scalar("shr", flat, Math.log2(toStrides[d]!));
        return product(to.slice(0, d)) === 1 ? above : this.scalar("and", above, dim - 1);
      }),
    };
  }

  /** Coordinates along a dimension, in a tile of one dimension. */
  #inner(mask: number): Value {
    const { builder } = this, count = 2 ** bitCount(mask);
    const index = builder.value("arange", [], { attributes: { start: 0, end: count } });
    const found = runs(mask);
    if (found.length < 2 && (found[0]?.from ?? 0) === 0) return index;
    return found.map((run) => {
      const high = run.to === 0 ? index : this.withNumber("shr", index, run.to);
      const bits = this.withNumber("and", high, 2 ** run.length - 1);
      return run.from === 0 ? bits : this.withNumber("mul", bits, 2 ** run.from);
    }).reduce((sum, part) => builder.value("add", [sum, part]));
  }

  #arange(start: number, { spread, at }: Block): Value {
    const inner = this.#inner(spread[0]!), { builder } = this;
    const base = start === 0 ? at[0] : this.sum(at[0], this.number(start));
    if (!base) return inner;
    const { shape } = inner.type;
    return builder.value("add", [inner, builder.value("splat", [base], { attributes: { shape } })]);
  }

  /** For each element of a block its inner coordinate along a dimension. */
  coordinate(spread: Spread, dim: number): Value {
    const { builder } = this, shape = blockShape(spread);
    let x = this.#inner(spread[dim]!);
    shape.forEach((_, d) => {
      if (d !== dim) x = builder.value("expand_dims", [x], { attributes: { axis: d } });
    });
    return sameShape(x.type.shape, shape)
      ? x
      : builder.value("broadcast", [x], { attributes: { shape } });
  }

  /** A tile and a number. */
  withNumber(name: OpName, x: Value, y: number): Value {
    const dtype: DType = dtypeOf(x.type);
    return this.builder.value(name, [x, this.builder.constant(y, dtype, x.type.shape)]);
  }

  /** A tile and a scalar. */
  withScalar(name: OpName, x: Value, y: Value | undefined): Value {
    if (!y) return x;
    const { shape } = x.type;
    const wide = this.builder.value("splat", [y], { attributes: { shape } });
    return this.builder.value(name, [x, wide]);
  }

  /** A block of a tile that is whole. */
  #slice(whole: Value, { spread, at }: Block): Value {
    const { shape } = whole.type, steps = strides(shape);
    const index = shape.map((_, d) => {
      const place = this.withScalar("add", this.coordinate(spread, d), at[d]);
      return steps[d] === 1 ? place : this.withNumber("mul", place, steps[d]!);
    }).reduce((sum, part) => this.builder.value("add", [sum, part]));
    return this.gathered(whole, index);
  }

  /** Elements of a tile by places in row-major order. */
  gathered(x: Value, index: Value): Value {
    const { builder } = this, { shape } = index.type;
    const [flat, places] = [x, index].map((value) => this.reshaped(value, [size(value.type)]));
    const taken = builder.value("gather", [flat!, places!], { attributes: { axis: 0 } });
    return this.reshaped(taken, shape);
  }

  /** A block of a tile that is held in blocks of another spread, or the same. */
  #fromStack(shape: readonly number[], stack: Value, own: Spread, block: Block): Value {
    const { builder } = this, { spread, at } = block;
    const take = (number: Value | undefined) =>
      builder.value("take", [stack, number ?? this.number(0)]);
    if (own.every((mask, d) => mask === spread[d])) return take(this.numberOf(shape, block));
    // Bits that are inner here and outer there: the block has elements of as many blocks there.
    const varying = spread.map((mask, d) => mask & ~own[d]!);
    const count = product(varying.map((mask) => 2 ** bitCount(mask)));
    const digits = varying.map((mask) => bitCount(mask));
    const steps = strides(digits.map((bits) => 2 ** bits));
    const ownSteps = strides(blockShape(own));
    const tiles = { which: undefined as Value | undefined, place: undefined as Value | undefined };
    const add = (a: Value | undefined, b: Value) => a ? builder.value("add", [a, b]) : b;
    shape.forEach((_, d) => {
      const here = this.withScalar("add", this.coordinate(spread, d), at[d]);
      const part = (mask: number, step: number) => {
        const closed = runs(mask).map((run) => {
          const low = run.from === 0 ? here : this.withNumber("shr", here, run.from);
          const bits = this.withNumber("and", low, 2 ** run.length - 1);
          return run.to === 0 ? bits : this.withNumber("shl", bits, run.to);
        }).reduce(add);
        return step === 1 ? closed : this.withNumber("mul", closed, step);
      };
      if (varying[d]) tiles.which = add(tiles.which, part(varying[d]!, steps[d]!));
      if (own[d]) tiles.place = add(tiles.place, part(own[d]!, ownSteps[d]!));
    });
    const target = blockShape(spread);
    const place = tiles.place ?? builder.constant(0, i32, target);
    const from = (number: Value | undefined) => {
      const outer = shape.map((_, d) => {
        const digit = number && varying[d]
          ? this.scalar(
            "and",
            this.scalar("shr", number, Math.log2(steps[d]!)),
            2 ** digits[d]! - 1,
          )
          : undefined;
        return this.sum(
          at[d] && own[d] ? this.scalar("and", at[d]!, (shape[d]! - 1) & ~own[d]!) : at[d],
          this.expanded(digit, varying[d]!),
        );
      });
      return this.gathered(take(this.numberOf(shape, { spread: own, at: outer })), place);
    };
    if (count === 1) return from(undefined);
    const { element } = stack.type;
    const zero = isPointer(element)
      ? builder.value("splat", [this.#pointer(element.base)], { attributes: { shape: target } })
      : builder.constant(0, element, target);
    return this.loop(count, [zero], (number, [before]) => {
      const here = this.withScalar("eq", tiles.which!, number);
      return [builder.value("select", [here, from(number), before!])];
    })[0]!;
  }

  // Regions on scalars

  /** A copy of a region that works on scalars. */
  scalarRegion(old: Region): Region {
    return this.builder.region(old.params.map((param) => param.type), (params) => {
      old.params.forEach((param, i) => this.hold(param, { kind: "whole", value: params[i]! }));
      for (const op of old.ops) {
        const copy = this.builder.op(op.name, op.operands.map((x) => this.whole(x)), {
          attributes: op.attributes,
          regions: op.regions.map((inner) => this.scalarRegion(inner)),
          location: op.location,
        });
        op.results.forEach((result, i) =>
          this.hold(result, { kind: "whole", value: copy.results[i]! })
        );
      }
      return old.yields.map((value) => this.whole(value));
    });
  }

  /** A combine function on tiles. */
  combined(region: Region, a: readonly Value[], b: readonly Value[]): readonly Value[] {
    const { builder } = this, { shape } = a[0]!.type;
    const values = new Map<Value, Value>();
    [...a, ...b].forEach((x, i) => values.set(region.params[i]!, x));
    const get = (old: Value) =>
      values.get(old) ?? builder.value("splat", [this.whole(old)], { attributes: { shape } });
    for (const op of region.ops) {
      const attributes = op.name === "constant" ? { ...op.attributes, shape } : op.attributes;
      values.set(op.result, builder.value(op.name, op.operands.map(get), { attributes }));
    }
    return region.yields.map(get);
  }
}

function sameBlock(a: Block, b: Block): boolean {
  return a.spread.every((mask, d) => mask === b.spread[d] && a.at[d] === b.at[d]);
}
