/**
 * Layout assignment: says for every tile which invocation holds which element, and converts between
 * layouts only where the program demands it.
 *
 * *Assumes* a canonicalised graph without layouts, and sizes that are powers of two. *Guarantees*
 * that every tile has a layout; that operations which do not move elements find their operands where
 * they need them; that what loops carry and branches merge has one layout throughout; that
 * conversions stand right after what they convert. *Leaves alone* scalars, which every invocation
 * knows. What is not used is dropped.
 *
 *     %0 = arange {start = 0, end = 256} : tile<256xi32>
 *     %1 = splat %x {shape = [256]} : tile<256xptr<x:f32>>
 *     %2 = ptr_add %1, %0 : tile<256xptr<x:f32>>
 *     %3 = load %2 : tile<256xf32>
 *
 * becomes, with 32 lanes and 4 warps and an aligned `x`,
 *
 *     #0 = 256 register (1) lane (2) (4) (8) (16) (32) warp (64) (128)
 *     %0 = arange {start = 0, end = 256} : tile<256xi32, #0>
 *     …
 */

import { Builder } from "../ir/builder.ts";
import { Graph, type Op, type Region, type Value, walk } from "../ir/graph.ts";
import { withLayout } from "../ir/type.ts";
import type { LinearLayout } from "../layout/linear_layout.ts";
import { axisInfo } from "./axis_info.ts";
import { Accesses, type Threads } from "./layouts/access.ts";
import { adoptLayouts, Demands } from "./layouts/demands.ts";
import { Homes } from "./layouts/homes.ts";
import { isControl, isTile } from "./layouts/transfer.ts";

/** The graph with layouts, for programs of `warps` warps of `lanes` lanes. */
export function assignLayouts(graph: Graph, threads: Threads): Graph {
  const accesses = new Accesses(graph, axisInfo(graph), threads);
  const homes = new Homes(graph, accesses, threads);
  const uses = countUses(graph);
  let demands = new Demands(graph, homes);
  // Each round moves values away from homes that nothing else needs, so there are few.
  for (let round = 0; round < 8; round++) {
    if (!adoptLayouts(graph.body, homes, demands, uses, (op, to) => accesses.isGood(op, to))) break;
    demands = new Demands(graph, homes);
  }
  return new Rewriter(graph, homes, demands).graph();
}

function countUses(graph: Graph): Map<Value, number> {
  const uses = new Map<Value, number>();
  const count = (values: readonly Value[]) => {
    for (const value of values) uses.set(value, (uses.get(value) ?? 0) + 1);
  };
  walk(graph.body, (op) => {
    count(op.operands);
    for (const region of op.regions) count(region.yields);
  });
  return uses;
}

/** Writes the graph anew, with each value in every layout in which it is needed. */
class Rewriter {
  readonly #builder = new Builder();
  /** For each value of the old graph, the new ones: one for each layout. */
  readonly #values = new Map<Value, { layout: LinearLayout | undefined; value: Value }[]>();

  constructor(
    readonly old: Graph,
    readonly homes: Homes,
    readonly demands: Demands,
  ) {}

  graph(): Graph {
    for (const { value } of this.old.params) {
      this.#values.set(value, [{ layout: undefined, value }]);
    }
    const body = this.#builder.region([], () => (this.#ops(this.old.body), []));
    return new Graph(this.old.name, this.old.params, body);
  }

  #get(value: Value, layout: LinearLayout | undefined): Value {
    const found = this.#values.get(value)?.find((entry) =>
      layout ? entry.layout?.equals(layout) : entry.layout === undefined
    );
    if (!found) throw new Error(`A value is missing in the layout ${layout ?? "of scalars"}`);
    return found.value;
  }

  #define(old: Value, layout: LinearLayout | undefined, value: Value): void {
    value.hint ??= old.hint;
    const entries = this.#values.get(old);
    if (entries) entries.push({ layout, value });
    else this.#values.set(old, [{ layout, value }]);
  }

  #ops(region: Region): void {
    for (const op of region.ops) {
      if (isControl(op)) this.#control(op);
      else if (!op.results.some(isTile)) this.#once(op, undefined);
      else if (op.results.some((result) => this.demands.isRemade(result))) {
        for (const layout of this.demands.of(op.result)) this.#once(op, layout);
      } else if (op.results.some((result) => this.demands.of(result).length > 0)) {
        this.#once(op, this.homes.of(op.results[0]!));
        for (const result of op.results) this.#convert(result, op);
      }
    }
  }

  /** The operation with its results in a layout. */
  #once(op: Op, layout: LinearLayout | undefined): void {
    const layouts = this.demands.operandLayouts(op, layout);
    const operands = op.operands.map((x, i) => this.#get(x, layouts[i]));
    const types = op.results.map((result) => withLayout(result.type, layout));
    const regions = op.regions.map((region) => this.#region(region, [], op));
    const { attributes, location } = op;
    const made = this.#builder.op(op.name, operands, { attributes, regions, types, location });
    made.results.forEach((value, i) => this.#define(op.results[i]!, layout, value));
  }

  /** Converts a value from its home to the other layouts in which it is needed. */
  #convert(value: Value, op: Op): void {
    const home = this.#home(value);
    for (const layout of this.demands.of(value)) {
      if (home?.equals(layout)) continue;
      const converted = this.#builder.value("convert_layout", [this.#get(value, home)], {
        types: [withLayout(value.type, layout)],
        location: op.location,
      });
      this.#define(value, layout, converted);
    }
  }

  /** A loop or branch, with what it joins at home. */
  #control(op: Op): void {
    const homes = op.results.map((result) => this.#home(result));
    const first = op.operands.length - op.results.length;
    const operands = op.operands.map((x, i) =>
      this.#get(x, op.name === "if" ? undefined : homes[i - first])
    );
    const regions = op.regions.map((region, i) =>
      this.#region(region, op.name === "while" && i === 0 ? [] : homes, op)
    );
    const types = op.results.map((result, i) => withLayout(result.type, homes[i]));
    const { attributes, location } = op;
    const made = this.#builder.op(op.name, operands, { attributes, regions, types, location });
    made.results.forEach((value, i) => {
      this.#define(op.results[i]!, homes[i], value);
      this.#convert(op.results[i]!, op);
    });
  }

  /** A region with its parameters at home, which yields values in the given layouts. */
  #region(region: Region, yields: readonly (LinearLayout | undefined)[], owner: Op): Region {
    const types = region.params.map((param) => withLayout(param.type, this.#home(param)));
    const hints = region.params.map((param) => param.hint);
    return this.#builder.region(types, (params) => {
      params.forEach((param, i) => {
        this.#define(region.params[i]!, param.type.layout, param);
        this.#convert(region.params[i]!, owner);
      });
      this.#ops(region);
      return region.yields.map((value, i) => this.#get(value, yields[i]));
    }, hints);
  }

  #home(value: Value): LinearLayout | undefined {
    return isTile(value) ? this.homes.of(value) : undefined;
  }
}
