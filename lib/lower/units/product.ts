/**
 * Matrix products on matrix units. Operands are staged in workgroup memory, from where each warp loads
 * the matrices that its block of the product needs; what a loop does not change is loaded before it, as
 * far as registers go. The sums stay in matrices, through all of a loop that only adds to them, and come
 * back to registers by way of workgroup memory.
 */

import type { Op, Value } from "../../ir/graph.ts";
import type { Expr } from "../../ir/invocation.ts";
import type { LinearLayout } from "../../layout/linear_layout.ts";
import type { Context } from "../context.ts";
import { add } from "../expr.ts";
import type { Prepared } from "./prepare.ts";
import { leastResults, scaleRows, unload } from "./results.ts";
import {
  each,
  type Matrices,
  type Part,
  Product,
  ROLES,
  type Side,
  SIDES,
  warpPlace,
} from "./shapes.ts";
import { fill, loadMatrix, memoryOf, type Plan, planned, type Staged, staged } from "./staging.ts";

/** Matrices of zeros for the sums of a product. */
export function zeroMatrices(context: Context, op: Op): Matrices {
  const product = new Product(op), { emitter } = context;
  const names = each(product.block[0] * product.block[1], () => {
    const name = emitter.name(op.result.hint ?? "sum");
    emitter.emit({ kind: "matrix", name, type: product.matrix("result") });
    return name;
  });
  return { product, names };
}

export function lowerSubgroupDot(context: Context, op: Op): void {
  const { units, emitter } = context, { layout } = op.result.type, scale = units.factors(op);
  const carried = units.inMatrices.get(op), matrices = carried ?? zeroMatrices(context, op);
  const { product } = matrices, [, , K] = product.shape;
  const whole = { top: 0, left: 0, rows: product.block[0], columns: product.block[1] };
  if (scale) {
    scaleRows(context, matrices, layout!, context.get(scale));
    emitter.releaseShared(); // for what is staged
  }
  const factors = new Factors(context, op, product);
  units.done(op);
  let compute: ((part: Part) => void) | undefined;
  if (!carried && factors.depth === K) {
    // Each part of the sums leaves the matrices before the next is computed, so that few are alive.
    factors.fill(0);
    compute = (part) => factors.multiply(0, matrices, part);
  } else {
    for (let start = 0; start < K; start += factors.depth) {
      factors.fill(start);
      factors.multiply(start, matrices, whole);
    }
  }
  if (carried) return;
  context.define(op.result, sums(context, matrices, layout!, op.operand(2), compute));
}

/**
 * What matrices hold, in registers, added to a tile.
 *
 * @param compute Called for each part of them before it is read; unless given they hold it already.
 */
export function sums(
  context: Context,
  matrices: Matrices,
  layout: LinearLayout,
  to: Value,
  compute?: (part: Part) => void,
): readonly Expr[] {
  const packets = unload(context, matrices, layout, context.units.toCome(), compute);
  if (to.def?.name === "constant" && to.def.number("value") === 0) return packets;
  const others = context.get(to);
  return packets.map((packet, i) => add(packet, others[i]!));
}

/**
 * The factors by which a product scales rows of `sums` before it adds to them, each row by one; undefined
 * when it does something else with them.
 */
export function rowFactors(context: Context, product: Op, sums: Value): Value | undefined {
  const { def } = product.operand(2), columns = product.result.type.shape[1]!;
  if (product.name !== "subgroup_dot" || def?.name !== "mul") return undefined;
  const others = def.operands.filter((operand) => operand !== sums), [factors] = others;
  return others.length === 1 && context.axis(factors!).constancy[1]! >= columns
    ? factors
    : undefined;
}

/** The factors of a product: where they are, and the matrices that were loaded of them. */
class Factors {
  /** How many values of k are staged at a time. */
  readonly depth: number;
  readonly #sources: readonly Prepared[];
  /** What is staged for this product alone. */
  readonly #own: ReadonlyMap<Side, Staged>;
  readonly #places: readonly [Expr, Expr];
  /** Left matrices by their place, which several parts of the sums read. */
  readonly #lefts = new Map<string, string>();

  constructor(readonly context: Context, readonly op: Op, readonly product: Product) {
    const { units } = context, missing = SIDES.filter((side) => !units.prepared(op, side));
    const { depth, plans } = plansFor(context, op, product, missing);
    this.depth = depth;
    this.#own = new Map(missing.map((side, i) => [side, staged(context, plans[i]!, false)]));
    this.#sources = SIDES.map((side) =>
      units.prepared(op, side) ?? { kind: "staged", staged: this.#own.get(side)! }
    );
    this.#places = warpPlace(context, product);
  }

  /** Stages the values of k from `start` on of what is not prepared. */
  fill(start: number): void {
    this.#lefts.clear();
    if (this.#own.size === 0) return;
    this.context.emitter.phase([], memoryOf([...this.#own.values()]), () => {
      for (const [side, place] of this.#own) {
        fill(this.context, this.op.operand(side), side, place, start, this.depth);
      }
    });
  }

  /** Adds the products of what is staged to a part of the sums. */
  multiply(start: number, { names }: Matrices, { top, left, rows, columns }: Part): void {
    const { product, context: { emitter } } = this, [, , k] = product.unit;
    const read = this.#sources.flatMap((x) => x.kind === "staged" ? [x.staged] : []);
    emitter.phase(memoryOf(read), [], () => {
      for (let at = 0; at < this.depth; at += k) {
        const lefts = each(rows, (i) => this.#left(top + i, start, at));
        for (let j = left; j < left + columns; j++) {
          const right = this.#matrix(1, j, start, at);
          lefts.forEach((left, i) => {
            const sum = names[(top + i) * product.block[1] + j]!;
            emitter.emit({ kind: "multiply_matrices", left, right, sum });
          });
        }
      }
    });
  }

  #left(i: number, start: number, at: number): string {
    const key = `${i} ${at}`, known = this.#lefts.get(key);
    if (known) return known;
    const name = this.#matrix(0, i, start, at);
    this.#lefts.set(key, name);
    return name;
  }

  /** The matrix of a side that is number `i` along its free dimension, `at` values of k after `start`. */
  #matrix(side: Side, i: number, start: number, at: number): string {
    const { product, context: { emitter } } = this, source = this.#sources[side]!;
    if (source.kind === "held") return source.names[i]![(start + at) / product.unit[2]]!;
    const free = i * product.unit[side], from = this.#own.has(side) ? at : start + at;
    const type = product.matrix(ROLES[side]);
    return loadMatrix(emitter, type, source.staged, this.#places[side], free, from);
  }
}

/**
 * How operands that are not prepared are staged: with all values of k at a time, or as many as workgroup
 * memory takes beside what is there already, and results.
 */
function plansFor(
  context: Context,
  op: Op,
  product: Product,
  sides: readonly Side[],
): { readonly depth: number; readonly plans: readonly Plan[] } {
  const { emitter, options, units } = context, [, , K] = product.shape, [, , k] = product.unit;
  for (let depth = K;; depth /= 2) {
    const plans = sides.map((side) => planned(op.operand(side), side, product, depth));
    const results = units.inMatrices.has(op) ? [] : [leastResults(product)];
    const bytes = emitter.sharedBytesWith([...plans, ...results]);
    if (depth <= k || bytes <= options.workgroupBytes) return { depth, plans };
  }
}
