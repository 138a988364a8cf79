/**
 * Matrix products on matrix units. Operands are staged in workgroup memory, from where each warp loads
 * the matrices that its block of the product needs; what a loop does not change is loaded before it, as
 * far as registers go. The sums stay in matrices, through all of a loop that only adds to them, and come
 * back to registers by way of workgroup memory.
 */

import type { DType } from "../../ir/dtype.ts";
import { type Op, type Region, type Value, walk } from "../../ir/graph.ts";
import type { Expr, MatrixType } from "../../ir/invocation.ts";
import { dtypeOf } from "../../ir/type.ts";
import type { LinearLayout } from "../../layout/linear_layout.ts";
import type { Context } from "../context.ts";
import { add, int } from "../expr.ts";
import { leastResults, type Part, scaleRows, unload } from "./results.ts";
import {
  bytesOf,
  fill,
  loadMatrix,
  memoryOf,
  type Plan,
  planned,
  type SharedPlan,
  type Staged,
  staged,
} from "./staging.ts";

/** A product as the lowering sees it. */
export class Product {
  readonly shape: readonly [M: number, N: number, K: number];
  readonly unit: readonly [m: number, n: number, k: number];
  /** Warps that share the rows, and the columns. */
  readonly warps: readonly [rows: number, columns: number];
  /** Matrices in a warp's block. */
  readonly block: readonly [m: number, n: number];
  readonly component: DType;
  readonly sum: DType;

  constructor(op: Op) {
    const [M, K] = op.operand(0).type.shape as [number, number];
    const N = op.operand(1).type.shape[1]!;
    this.shape = [M, N, K];
    this.unit = op.numbers("unit") as [number, number, number];
    this.warps = op.numbers("warps") as [number, number];
    this.block = [M / this.warps[0] / this.unit[0], N / this.warps[1] / this.unit[1]];
    this.component = dtypeOf(op.operand(0).type);
    this.sum = dtypeOf(op.result.type);
  }

  matrix(role: MatrixType["role"]): MatrixType {
    const [m, n, k] = this.unit;
    if (role === "left") return { role, dtype: this.component, rows: m, columns: k };
    if (role === "right") return { role, dtype: this.component, rows: k, columns: n };
    return { role, dtype: this.sum, rows: m, columns: n };
  }
}

/** The sums of a product in matrices, by name: row after row of a warp's block. */
export interface Matrices {
  readonly product: Product;
  readonly names: readonly string[];
}

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

/** An operand that is in its place before its product is lowered. */
type Prepared =
  | { readonly kind: "staged"; readonly staged: Staged }
  /** In matrices, by name: for each along the free dimension those along k. */
  | { readonly kind: "held"; readonly names: readonly (readonly string[])[] };

type Side = 0 | 1;
const SIDES = [0, 1] as const;
const ROLES = ["left", "right"] as const;

/** A lane's registers that what a loop does not change may take in matrices. */
const HELD_BYTES = 256;

/** The part of workgroup memory that they take on their way there: the loop itself needs the rest. */
const HOLDING_SHARE = 0.25;

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

/** What is known of the products of a kernel beyond each of them. */
export class Units {
  /** Products that add to what a loop carries, which are matrices then. */
  readonly inMatrices = new Map<Op, Matrices>();
  readonly #left = new Set<Op>();
  readonly #prepared = new Map<Op, (Prepared | undefined)[]>();
  readonly #factors = new Map<Op, Value>();
  readonly #leftToProducts = new Set<Op>();

  constructor(body: Region) {
    walk(body, (op) => {
      if (op.name === "subgroup_dot") this.#left.add(op);
    });
  }

  prepared(op: Op, side: Side): Prepared | undefined {
    return this.#prepared.get(op)?.[side];
  }

  prepare(op: Op, side: Side, prepared: Prepared): void {
    const known = this.#prepared.get(op) ?? [undefined, undefined];
    this.#prepared.set(op, known.with(side, prepared));
  }

  done(op: Op): void {
    this.#left.delete(op);
  }

  /** Says that a product scales rows of the sums before it adds to them, as an operation before it does. */
  scale(product: Op, factors: Value): void {
    this.#factors.set(product, factors);
    this.#leftToProducts.add(product.operand(2).def!);
  }

  factors(product: Op): Value | undefined {
    return this.#factors.get(product);
  }

  /** True for operations on sums that stay in matrices, which their product does. */
  isLeftToProduct(op: Op): boolean {
    return this.#leftToProducts.has(op);
  }

  /**
   * The workgroup arrays of the product that will take the most of those that are not lowered yet.
   *
   * @param except An operand that has a place.
   */
  toCome(except?: Value): readonly SharedPlan[] {
    let most: readonly SharedPlan[] = [], bytes = 0;
    for (const op of this.#left) {
      const product = new Product(op), [, , K] = product.shape;
      const sides = SIDES.filter((side) => !this.prepared(op, side) && op.operand(side) !== except);
      const plans = [
        ...sides.map((side) => planned(op.operand(side), side, product, K)),
        ...(this.inMatrices.has(op) ? [] : [leastResults(product)]),
      ];
      const needed = plans.reduce((sum, plan) => sum + bytesOf(plan), 0);
      if (needed > bytes) [most, bytes] = [plans, needed];
    }
    return most;
  }
}

/** Loads what a loop's products read and the loop does not change, before it begins. */
export function holdInvariant(context: Context, body: Region): void {
  const inside = new Set<Value>(body.params);
  walk(body, (op) => op.results.forEach((result) => inside.add(result)));
  for (const op of body.ops) {
    if (op.name !== "subgroup_dot") continue;
    const product = new Product(op), [, , K] = product.shape;
    for (const side of SIDES) {
      if (inside.has(op.operand(side))) continue;
      const bytes = product.block[side] * product.unit[side] * K * product.component.bytes;
      if (bytes / context.options.subgroupSize > HELD_BYTES) continue;
      context.units.prepare(op, side, { kind: "held", names: hold(context, op, product, side) });
    }
  }
}

/** Loads all matrices of an operand; gives their names. */
function hold(context: Context, op: Op, product: Product, side: Side): string[][] {
  const { emitter } = context, [, , K] = product.shape, [, , k] = product.unit;
  const names: string[][] = each(product.block[side], () => []);
  const most = context.options.workgroupBytes * HOLDING_SHARE, operand = op.operand(side);
  let depth = K, plan = planned(operand, side, product, depth);
  while (depth > k && bytesOf(plan) > most) plan = planned(operand, side, product, depth /= 2);
  const place = staged(context, plan, false), panel = warpPlace(context, product)[side];
  for (let start = 0; start < K; start += depth) {
    emitter.phase([], memoryOf([place]), () => {
      fill(context, operand, side, place, start, depth);
    });
    emitter.phase(memoryOf([place]), [], () => {
      for (let at = 0; at < depth; at += k) {
        names.forEach((list, i) => {
          const free = i * product.unit[side], type = product.matrix(ROLES[side]);
          list.push(loadMatrix(emitter, type, place, panel, free, at));
        });
      }
    });
  }
  emitter.releaseShared();
  return names;
}

/**
 * Stages the operands of a loop's products that it carries, having loaded them one iteration ahead, where
 * its body begins: then the registers that they leave are free for those of the next iteration.
 */
export function stageCarried(context: Context, body: Region): void {
  const { emitter, options, units } = context;
  const filled: (() => void)[] = [], places: Staged[] = [];
  for (const op of body.ops) {
    if (op.name !== "subgroup_dot") continue;
    const product = new Product(op), [, , K] = product.shape;
    for (const side of SIDES) {
      const operand = op.operand(side);
      if (!body.params.includes(operand)) continue;
      // The arrays stay theirs for all of the loop: only where there is room beside those of others.
      const plan = planned(operand, side, product, K);
      const others = emitter.sharedBytesWith(units.toCome(operand));
      if (bytesOf(plan) + others > options.workgroupBytes) continue;
      const place = staged(context, plan, true);
      places.push(place);
      filled.push(() => fill(context, operand, side, place, 0, K));
      units.prepare(op, side, { kind: "staged", staged: place });
    }
  }
  if (places.length === 0) return;
  emitter.phase([], memoryOf(places), () => filled.forEach((fill) => fill()));
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

function each<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** Which panel of a, and of b, is a warp's. */
function warpPlace(context: Context, { warps: [rows, columns] }: Product): [Expr, Expr] {
  const { emitter } = context, { subgroupSize, invocations } = context.options;
  const first = Math.log2(subgroupSize), total = Math.log2(invocations);
  const bits = (from: number, count: number, hint: string) =>
    count === 1
      ? int(0)
      : emitter.bindOutside(emitter.invocationBits(from, Math.log2(count), total), hint);
  return [bits(first + Math.log2(columns), rows, "row"), bits(first, columns, "column")];
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
