/**
 * Operands of products that are in their places before the product is lowered: what a loop does not change
 * is loaded into matrices before it, and what it has loaded one iteration ahead is staged where its body
 * begins.
 */

import { type Op, type Region, type Value, walk } from "../../ir/graph.ts";
import type { Context } from "../context.ts";
import { leastResults } from "./results.ts";
import { each, type Matrices, Product, ROLES, type Side, SIDES, warpPlace } from "./shapes.ts";
import {
  bytesOf,
  fill,
  loadMatrix,
  memoryOf,
  planned,
  type SharedPlan,
  type Staged,
  staged,
} from "./staging.ts";

/** An operand that is in its place before its product is lowered. */
export type Prepared =
  | { readonly kind: "staged"; readonly staged: Staged }
  /** In matrices, by name: for each along the free dimension those along k. */
  | { readonly kind: "held"; readonly names: readonly (readonly string[])[] };

/** A lane's registers that what a loop does not change may take in matrices. */
const HELD_BYTES = 256;

/** The part of workgroup memory that they take on their way there: the loop itself needs the rest. */
const HOLDING_SHARE = 0.25;

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
