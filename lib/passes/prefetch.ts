/**
 * Prefetching: a loop loads the operands of its matrix products one iteration ahead, so that memory
 * works while the invocations multiply.
 *
 * *Assumes* a canonicalised graph without layouts. *Guarantees* the same results: a load for an
 * iteration that does not come is masked off. *Leaves alone* loops that write to memory, whose step
 * is not constant, or whose addresses depend on what they load or multiply.
 *
 *     %acc = for %i = %a to %b step %c, %acc_1 = %init : … {
 *       %x = load %p
 *       %0 = dot %x, %y, %acc_1
 *       yield %0
 *     }
 *
 * becomes
 *
 *     %first = load %p, %ab
 *     %acc, %last = for %i = %a to %b step %c, %acc_1 = %init : …, %x = %first : … {
 *       %next = load %p, %ib
 *       %0 = dot %x, %y, %acc_1
 *       yield %0, %next
 *     }
 *
 * where `%ab` is true when there is a first iteration, and `%ib` when there is another.
 */

import { type Graph, type Op, type Region, type Value, walk } from "../ir/graph.ts";
import { OPS } from "../ir/ops.ts";
import { rewrite, type Rewriter } from "./rewrite.ts";

/** The graph with the operands of products in loops loaded ahead. */
export function prefetch(graph: Graph): Graph {
  return rewrite(graph, (op, operands, rewriter) => {
    if (op.name !== "for") return undefined;
    const step = op.operand(2).def;
    if (step?.name !== "constant") return undefined;
    const body = op.region(0);
    if (writes(body)) return undefined;
    const slices = new Slices(body);
    const loads = productLoads(body).filter((load) => slices.addresses(load) !== undefined);
    if (loads.length === 0) return undefined;
    return new Pipeline(op, operands, rewriter, slices, loads, step.number("value") > 0).loop();
  });
}

function writes(region: Region): boolean {
  let found = false;
  walk(region, (op) => {
    if (OPS[op.name].traits?.includes("writes")) found = true;
  });
  return found;
}

/** The loads of a region whose elements, converted or computed with, are multiplied in it. */
function productLoads(body: Region): Op[] {
  const feeding = new Set<Op>();
  const follow = (value: Value) => {
    const { def } = value;
    if (!def || feeding.has(def) || !body.ops.includes(def)) return;
    feeding.add(def);
    if (def.name !== "load" && def.name !== "dot") def.operands.forEach(follow);
  };
  for (const op of body.ops) if (op.name === "dot") op.operands.slice(0, 2).forEach(follow);
  return body.ops.filter((op) => op.name === "load" && feeding.has(op));
}

/** What addresses in a loop's body are computed from. */
class Slices {
  constructor(readonly body: Region) {}

  /**
   * The operations of the body, in order, that compute a load's operands in this iteration and those
   * carried values that the next one needs for it; undefined when that takes more than arithmetic.
   */
  addresses(load: Op): ReadonlySet<Op> | undefined {
    const found = new Set<Op>();
    return load.operands.every((value) => this.#follow(value, found, new Set()))
      ? found
      : undefined;
  }

  #follow(value: Value, found: Set<Op>, carried: Set<Value>): boolean {
    const { body } = this, at = body.params.indexOf(value);
    if (at > 0 && !carried.has(value)) {
      carried.add(value);
      return this.#follow(body.yields[at - 1]!, found, carried);
    }
    const { def } = value;
    if (!def || !body.ops.includes(def) || found.has(def)) return true;
    const row = OPS[def.name];
    if (def.regions.length > 0 || row.traits?.includes("reads") || def.name === "dot") return false;
    found.add(def);
    return def.operands.every((operand) => this.#follow(operand, found, carried));
  }
}

/** Writes one loop anew. */
class Pipeline {
  readonly #body: Region;

  constructor(
    readonly op: Op,
    /** Operands of the new graph: start, end, step, initial values. */
    readonly operands: readonly Value[],
    readonly rewriter: Rewriter,
    readonly slices: Slices,
    readonly loads: readonly Op[],
    readonly up: boolean,
  ) {
    this.#body = op.region(0);
  }

  loop(): readonly Value[] {
    const { op, operands, rewriter, loads } = this, { builder } = rewriter, body = this.#body;
    const [start, end, step, ...inits] = operands as [Value, Value, Value, ...Value[]];
    const first = this.#load(start, end, inits);
    const types = [...body.params.map((param) => param.type), ...loads.map((x) => x.result.type)];
    const hints = [...body.params, ...loads.map((load) => load.result)].map((value) => value.hint);
    const region = builder.region(types, (params) => {
      body.params.forEach((param, i) => rewriter.set(param, params[i]!));
      loads.forEach((load, i) => rewriter.set(load.result, params[body.params.length + i]!));
      const [index, ...carried] = params;
      const after = this.#carriedAfter(index!, carried);
      const next = this.#load(builder.value("add", [index!, step]), end, after);
      for (const inner of body.ops) if (!loads.includes(inner)) rewriter.visit(inner);
      return [...body.yields.map((value) => rewriter.get(value)), ...next];
    }, hints);
    const made = builder.op("for", [...operands, ...first], {
      regions: [region],
      types: [...op.results, ...loads.map((load) => load.result)].map((value) => value.type),
      location: op.location,
    });
    return made.results.slice(0, op.results.length);
  }

  /** The carried values of the next iteration, as far as addresses need them. */
  #carriedAfter(index: Value, carried: readonly Value[]): Value[] {
    const values = this.#compute(index, carried);
    return this.#body.yields.map((value, i) => values(value) ?? carried[i]!);
  }

  /** The loads for the iteration at `index`, if it comes before `end`. */
  #load(index: Value, end: Value, carried: readonly Value[]): Value[] {
    const { builder } = this.rewriter;
    const values = this.#compute(index, carried);
    const comes = builder.value(this.up ? "lt" : "gt", [index, end]);
    return this.loads.map((load) => {
      const [pointer, mask, ...other] = load.operands.map((operand) => values(operand)!);
      const { shape } = load.result.type;
      const all = shape.length === 0
        ? comes
        : builder.value("splat", [comes], { attributes: { shape } });
      const guarded = mask ? builder.value("and", [mask, all]) : all;
      const { location } = load;
      const value = builder.value("load", [pointer!, guarded, ...other], { location });
      value.hint = load.result.hint;
      return value;
    });
  }

  /**
   * Computes addresses for other values of the index and the carried variables. Gives the new value
   * of an old one, or undefined for what addresses do not need.
   */
  #compute(index: Value, carried: readonly Value[]): (old: Value) => Value | undefined {
    const { rewriter, loads, slices } = this, body = this.#body;
    const values = new Map<Value, Value>();
    [index, ...carried].forEach((value, i) => values.set(body.params[i]!, value));
    const needed = new Set(loads.flatMap((load) => [...slices.addresses(load)!]));
    const inside = new Set(body.ops.flatMap((op) => op.results));
    const get = (old: Value): Value | undefined =>
      values.get(old) ?? (inside.has(old) ? undefined : rewriter.get(old));
    for (const op of body.ops) {
      if (!needed.has(op)) continue;
      const copy = rewriter.builder.op(op.name, op.operands.map((operand) => get(operand)!), {
        attributes: op.attributes,
        types: op.results.map((result) => result.type),
        location: op.location,
      });
      copy.results.forEach((result, i) => {
        result.hint = op.results[i]!.hint;
        values.set(op.results[i]!, result);
      });
    }
    return get;
  }
}
