/**
 * Random small graphs: whatever list of numbers is given, a valid graph comes out, so that
 * fast-check can shrink the list.
 */

import fc from "npm:fast-check@4.10.2";
import { Builder } from "../../lib/ir/builder.ts";
import { bool, type DTypeName, DTYPES, f32, i32, u32 } from "../../lib/ir/dtype.ts";
import { type Attributes, Graph, type Region, Value } from "../../lib/ir/graph.ts";
import { elementwise, type OpName, OPS } from "../../lib/ir/ops.ts";
import { isPointer, sameShape, sameType, scalar, type Type } from "../../lib/ir/type.ts";

/** The operations that graphs are made of, and how often each comes. */
export interface Mixture {
  readonly ops: readonly OpName[];
  readonly steps: number;
  readonly depth: number;
}

const SHAPES: readonly (readonly number[])[] = [[], [8], [1], [4, 8], [4, 1], [1, 8], [32], [
  2,
  2,
  8,
]];
const INTEGERS = [0, 1, 2, 3, 4, 7, 8, 16, 31, -1, -4, -5, 2 ** 31 - 1, -(2 ** 31)];
const FLOATS = [0, -0, 1, 0.5, -1, 2, 3.25, NaN, Infinity, 1e30];
const HINTS = ["x", "acc", "offsets", "f32", undefined, undefined];

/** Random graphs over `x: ptr<x:f32>` (16 bytes), `y: ptr<y:i32>`, `n: i32` (divisible by 16), `m: i32` and `a: f32`. */
export function randomGraph(mixture: Mixture): fc.Arbitrary<Graph> {
  return fc.array(fc.nat(9999), { minLength: 10, maxLength: 400, size: "max" })
    .map((tape) => new Generator(tape, mixture).graph());
}

class Generator {
  #builder = new Builder();
  #next = 0;

  constructor(readonly tape: readonly number[], readonly mixture: Mixture) {}

  graph(): Graph {
    const param = (name: string, type: Type, divisibility: number) => ({
      name,
      value: new Value(type, name),
      divisibility,
    });
    const params = [
      param("x", scalar({ pointee: f32, base: "x" }), 16),
      param("y", scalar({ pointee: i32, base: "y" }), 4),
      param("n", scalar(i32), 16),
      param("m", scalar(i32), 1),
      param("a", scalar(f32), 1),
    ];
    const body = this.#builder.region([], () => {
      this.#fill(params.map(({ value }) => value), this.mixture.steps, 0);
      return [];
    });
    return new Graph("random", params, body);
  }

  #pick(count: number): number {
    return (this.tape[this.#next++] ?? 0) % count;
  }

  #choose<T>(list: readonly T[]): T {
    return list[this.#pick(list.length)]!;
  }

  /** Appends operations; `pool` is what may be used, and gets what is made. */
  #fill(pool: Value[], steps: number, depth: number): void {
    for (let i = 0; i < steps && this.#next < this.tape.length; i++) {
      try {
        const made = this.#op(pool, depth);
        for (const value of made) value.hint = this.#choose(HINTS);
        pool.push(...made);
      } catch {
        // Operands that do not fit: the builder has added nothing.
      }
    }
  }

  #op(pool: Value[], depth: number): readonly Value[] {
    const name = this.#choose(this.mixture.ops);
    const builder = this.#builder, row = OPS[name];
    const recent = () => pool[Math.max(0, pool.length - 1 - this.#pick(12))]!;
    const any = (wanted: (value: Value) => boolean) => this.#choose(pool.filter(wanted));
    const like = (type: Type) => any((value) => sameType(value.type, type));
    switch (name) {
      case "for":
        return depth < this.mixture.depth ? this.#for(pool, depth) : [];
      case "while":
        return depth < this.mixture.depth ? this.#while(pool, depth) : [];
      case "if":
        return depth < this.mixture.depth ? this.#if(pool, depth) : [];
      case "reduce": {
        const x = any((value) => value.type.shape.length > 0 && !isPointer(value.type.element));
        const combine: OpName = this.#choose(["add", "max", "min", "mul"] as const);
        const element = scalar(x.type.element);
        const region = builder.region(
          [element, element],
          ([a, b]) => [builder.value(combine, [a!, b!])],
        );
        const axis = this.#pick(x.type.shape.length);
        return builder.op("reduce", [x], { attributes: { axis }, regions: [region] }).results;
      }
      case "load": {
        const pointer = any((value) => isPointer(value.type.element));
        const masks = pool.filter((value) =>
          value.type.element === bool && sameShape(value.type.shape, pointer.type.shape)
        );
        const mask = this.#pick(2) === 0 ? undefined : this.#choose(masks);
        return builder.op("load", mask ? [pointer, mask] : [pointer]).results;
      }
      case "store": {
        const pointer = any((value) => isPointer(value.type.element));
        const { element, shape } = pointer.type;
        const value = like({ element: isPointer(element) ? element.pointee : element, shape });
        return builder.op("store", [pointer, value]).results;
      }
      default: {
        const operands: Value[] = [];
        if (row.operands.length > 0) operands.push(name === "splat" ? any(isScalar) : recent());
        if (name === "select") operands.splice(0, 1, any((value) => value.type.element === bool));
        if (name === "ptr_add") operands.splice(0, 1, any((v) => isPointer(v.type.element)));
        while (operands.length < row.operands.length) {
          const { shape } = operands[0]!.type;
          operands.push(
            name === "ptr_add"
              ? like({ element: i32, shape })
              : name === "select" && operands.length === 1
              ? any((value) => sameShape(value.type.shape, shape))
              : like(operands.at(-1)!.type),
          );
        }
        return builder.op(name, operands, { attributes: this.#attributes(name, operands) }).results;
      }
    }
  }

  #attributes(name: OpName, operands: readonly Value[]): Attributes {
    const result: Record<string, Attributes[string]> = {};
    const dtype = this.#choose([i32, i32, i32, u32, f32, bool, DTYPES.f16]);
    for (const attribute of Object.keys(OPS[name].attributes ?? {})) {
      if (attribute === "axis") result[attribute] = this.#pick(3);
      else if (attribute === "shape") result[attribute] = this.#choose(SHAPES);
      else if (attribute === "dtype" || attribute === "to") result[attribute] = dtype.name;
      else if (attribute === "start") result[attribute] = this.#choose([0, 0, 8, 4, 5]);
      else if (attribute === "end") {
        result[attribute] = Number(result["start"]) + this.#choose([8, 8, 4, 1, 32]);
      } else if (attribute === "order") {
        result[attribute] = operands[0]!.type.shape.map((_, d) => d).reverse();
      } else if (attribute === "value") result[attribute] = 0;
      else throw new Error(`No arbitrary value is known for the attribute '${attribute}'`);
    }
    if (name === "constant") {
      const type = DTYPES[result["dtype"] as DTypeName];
      result["value"] = type === bool
        ? this.#pick(2)
        : type === u32
        ? Math.max(0, this.#choose(INTEGERS))
        : this.#choose(type === i32 ? INTEGERS : FLOATS);
    }
    return result;
  }

  #block(pool: readonly Value[], params: readonly Value[], types: readonly Type[], depth: number) {
    const inner = [...pool, ...params];
    this.#fill(inner, 2 + this.#pick(8), depth + 1);
    return types.map((type) => {
      const matching = inner.filter((value) => sameType(value.type, type));
      return matching[Math.max(0, matching.length - 1 - this.#pick(3))]!;
    });
  }

  #inits(pool: readonly Value[]): Value[] {
    return Array.from(
      { length: this.#pick(4) },
      () => pool[pool.length - 1 - this.#pick(pool.length)]!,
    );
  }

  #hints(count: number): (string | undefined)[] {
    return Array.from({ length: count }, () => this.#choose(HINTS));
  }

  #for(pool: Value[], depth: number): readonly Value[] {
    const builder = this.#builder, inits = this.#inits(pool);
    const bounds = [
      this.#choose([0, 0, 4, -3]),
      this.#choose([3, 16, 0, 4]),
      this.#choose([1, 4, 3]),
    ]
      .map((value) => builder.constant(value, i32));
    const types = inits.map((init) => init.type);
    const region = builder.region(
      [scalar(i32), ...types],
      (params) => this.#block(pool, params, types, depth),
      this.#hints(1 + types.length),
    );
    return builder.op("for", [...bounds, ...inits], { regions: [region] }).results;
  }

  /** Counts to a few, so that it ends. */
  #while(pool: Value[], depth: number): readonly Value[] {
    const builder = this.#builder;
    const inits = [builder.constant(0, i32), ...this.#inits(pool)];
    const types = inits.map((init) => init.type);
    const condition = builder.region(types, (params) => {
      this.#block(pool, params, [], depth);
      return [builder.value("lt", [params[0]!, builder.constant(this.#pick(4), i32)])];
    }, this.#hints(types.length));
    const body: Region = builder.region(types, (params) => {
      const yields = this.#block(pool, params, types.slice(1), depth);
      return [builder.value("add", [params[0]!, builder.constant(1, i32)]), ...yields];
    }, this.#hints(types.length));
    return builder.op("while", inits, { regions: [condition, body] }).results;
  }

  #if(pool: Value[], depth: number): readonly Value[] {
    const builder = this.#builder;
    const condition = this.#choose(
      pool.filter((value) => isScalar(value) && value.type.element === bool),
    );
    const types = this.#inits(pool).map((value) => value.type);
    const regions = [0, 1].map(() => builder.region([], () => this.#block(pool, [], types, depth)));
    return builder.op("if", [condition], { regions }).results;
  }
}

function isScalar(value: Value): boolean {
  return value.type.shape.length === 0;
}

/** Every operation that works on any device, elementwise ones as often as all others. */
export const ALL_OPS: readonly OpName[] = [
  ...(Object.keys(OPS) as OpName[]).filter((name) =>
    elementwise(name) && name !== "bitcast" && name !== "hint"
  ),
  ...["constant", "constant", "arange", "splat", "splat", "broadcast", "expand_dims"] as const,
  ...["reshape", "permute", "reduce", "load", "store", "store", "for", "while", "if"] as const,
];

/** A fast-check reporter that shows why the smallest failing graph fails, and the seed. */
export function report<T>(details: fc.RunDetails<T>): void {
  if (!details.failed) return;
  const { seed, counterexamplePath, numRuns, errorInstance } = details;
  const cause = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  throw new Error(
    `Run ${numRuns} with seed ${seed}, path "${counterexamplePath}", failed: ${cause}`,
    { cause: errorInstance },
  );
}
