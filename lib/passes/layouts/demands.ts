/**
 * Phase 2 of layout assignment: in which layouts each tile is needed.
 *
 * Walks from what must happen (stores, what loops and branches hand on, scalars) back to what that
 * needs. A value that is needed in a layout other than its home is converted, unless it is free or
 * only renames the dimensions of another value: then the demand passes on to the operands.
 */

import type { Graph, Op, Region, Value } from "../../ir/graph.ts";
import { isAtomic } from "../../ir/ops/atomics.ts";
import { columnsOfB, hasColumnsOfB, isLaneDotA, laneDotA } from "../../layout/layouts.ts";
import type { LinearLayout } from "../../layout/linear_layout.ts";
import type { Homes } from "./homes.ts";
import {
  isControl,
  isElementwise,
  isRenaming,
  isTile,
  joinedValues,
  operandLayout,
} from "./transfer.ts";

export class Demands {
  readonly #homes: Homes;
  readonly #demands = new Map<Value, LinearLayout[]>();

  constructor(graph: Graph, homes: Homes) {
    this.#homes = homes;
    this.#root(graph.body);
  }

  /** The layouts in which a tile is needed; none when it is not used at all. */
  of(value: Value): readonly LinearLayout[] {
    return this.#demands.get(value) ?? [];
  }

  /** True when the value is made anew in each layout, false when it is made at home and converted. */
  isRemade(value: Value): boolean {
    const { def } = value;
    return def !== undefined && (isRenaming(def) || this.#homes.isFree(value));
  }

  /**
   * The layout in which each operand is used by an operation that makes its result in `layout`
   * (undefined when no result is a tile). Scalars have none; region operations are not asked.
   */
  operandLayouts(op: Op, layout: LinearLayout | undefined): (LinearLayout | undefined)[] {
    const each = (choose: (x: Value, i: number) => LinearLayout | undefined) =>
      op.operands.map((x, i) => isTile(x) ? choose(x, i) : undefined);
    switch (op.name) {
      case "store":
        return isTile(op.operand(0)) ? each(() => this.#homes.stored(op)) : each(() => undefined);
      case "reduce": {
        const reduced = this.#homes.reduced(op);
        return each(() => reduced);
      }
      case "gather": // The lowering stages x through workgroup memory, from any layout.
        return each((x, i) => (i === 1 && layout ? layout : this.#homes.of(x)));
      case "sort_by":
        return each((x) => this.#homes.inOrder(x.type.shape));
      case "take":
      case "unstack":
        return each((x) => this.#homes.stack(x.type.shape));
      case "put": {
        const { shape } = op.result.type;
        return each((_, i) => i === 0 ? this.#homes.stack(shape) : this.#homes.block(shape));
      }
      case "histogram":
      case "print":
      case "assert":
      case "check_bounds":
        return each(() => this.#homes.of(op.operand(0)));
      case "dot":
      case "subgroup_dot":
      case "lane_dot":
        return each((x, i) =>
          i === 2 ? layout : this.#factorLayout(op, i, this.#homes.of(x), layout!)
        );
      default:
        return each((x) => layout ? operandLayout(op, x, layout) : this.#homes.of(x));
    }
  }

  /** The layout in which a product reads operand `i`, 0 or 1, whose home is `home`. */
  #factorLayout(op: Op, i: number, home: LinearLayout, result: LinearLayout): LinearLayout {
    const K = op.operand(0).type.shape.at(-1)!;
    const byLanes = op.name === "lane_dot";
    if (i === 0 && byLanes) return isLaneDotA(home, result) ? home : laneDotA(result, K);
    if (i === 1 && (byLanes || this.#homes.isByColumns(op))) {
      return hasColumnsOfB(home, result) ? home : columnsOfB(result, K);
    }
    return home; // The lowering stages it through workgroup memory, from any layout.
  }

  #root(region: Region): void {
    for (const op of region.ops) {
      for (const { inits, yields, result } of joinedValues(op)) {
        for (const value of [...inits, ...yields]) this.#demand(value, this.#homes.of(result));
      }
      for (const inner of op.regions) this.#root(inner);
      // What changes memory is done once, where its result is at home, whoever wants that.
      if (isAtomic(op)) this.#demand(op.result, this.#homes.of(op.result));
      if (!isControl(op) && !op.results.some(isTile)) this.#demandOperands(op, undefined);
    }
  }

  #demandOperands(op: Op, layout: LinearLayout | undefined): void {
    this.operandLayouts(op, layout).forEach((wanted, i) => {
      if (wanted) this.#demand(op.operand(i), wanted);
    });
  }

  #demand(value: Value, layout: LinearLayout): void {
    if (!isTile(value)) return;
    const known = this.#demands.get(value) ?? [];
    if (known.some((other) => other.equals(layout))) return;
    this.#demands.set(value, [...known, layout]);
    const { def } = value;
    if (this.isRemade(value)) return this.#demandOperands(def!, layout);
    const home = this.#homes.of(value);
    if (!home.equals(layout)) return this.#demand(value, home);
    if (def && !isControl(def)) this.#demandOperands(def, home);
  }
}

/**
 * Moves loads, and elementwise work on them, to the one layout in which they are needed, where
 * loading in it is as good as in the coalesced one; so a tile that is added to the result of a `dot`
 * is loaded in the dot's layout. Returns whether anything has moved: then demands have changed.
 */
export function adoptLayouts(
  region: Region,
  homes: Homes,
  demands: Demands,
  uses: ReadonlyMap<Value, number>,
  isGood: (load: Op, layout: LinearLayout) => boolean,
): boolean {
  /** The values to move when `value` is to be made in `layout`; undefined when that does not pay. */
  const movable = (value: Value, layout: LinearLayout): Value[] | undefined => {
    const { def } = value;
    if (homes.isFree(value)) return [];
    if (!def || uses.get(value) !== 1) return undefined;
    if (def.name === "load") {
      return homes.isFree(def.operand(0)) && isGood(def, layout) ? [value] : undefined;
    }
    if (!isElementwise(def)) return undefined;
    const moved = [value];
    for (const operand of def.operands) {
      const more = movable(operand, layout);
      if (!more) return undefined;
      moved.push(...more);
    }
    return moved;
  };
  let changed = false;
  for (const op of region.ops) {
    for (const inner of op.regions) {
      changed = adoptLayouts(inner, homes, demands, uses, isGood) || changed;
    }
    if (op.name !== "load" && !isElementwise(op)) continue;
    const value = op.result;
    if (!isTile(value) || homes.isFree(value)) continue;
    const others = demands.of(value).filter((layout) => !layout.equals(homes.of(value)));
    // Conversion demands the home as well, so with one other layout there are two.
    if (others.length !== 1) continue;
    for (const moved of movable(value, others[0]!) ?? []) {
      homes.move(moved, others[0]!);
      changed = true;
    }
  }
  return changed;
}
