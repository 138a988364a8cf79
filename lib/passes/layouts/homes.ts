/**
 * Phase 1 of layout assignment: the home of each tile, the layout in which it is computed.
 *
 * Some operations decide by themselves (anchors): loads are coalesced, the result of a `dot` is
 * register-blocked. From there homes spread, first forward from operands to results, then backward
 * from uses to what has none, and what nothing decides gets a fallback. A home once given stays.
 *
 * Values that are **free** (see `isFree`) have no home: they are computed in whatever layout they
 * are asked for, in several if need be.
 */

import { type Graph, type Op, type Region, type Value, walk } from "../../ir/graph.ts";
import { isAtomic } from "../../ir/ops/atomics.ts";
import { size } from "../../ir/type.ts";
import {
  columnResult,
  consecutive,
  dotResult,
  laneDotResult,
  reshaped,
  sliced,
  stacked,
  subgroupDotResult,
} from "../../layout/layouts.ts";
import type { LinearLayout } from "../../layout/linear_layout.ts";
import type { Accesses, Threads } from "./access.ts";
import {
  isCheap,
  isElementwise,
  isRenaming,
  isTile,
  joinedValues,
  operandLayout,
  resultLayout,
} from "./transfer.ts";

/** What decides homes, most telling first. A step is taken only when those before it change nothing. */
type Step = "forward" | "from inits" | "backward" | "fallback";
const STEPS: readonly Step[] = ["forward", "from inits", "backward", "fallback"];

export class Homes {
  readonly #accesses: Accesses;
  readonly #threads: Threads;
  readonly #homes = new Map<Value, LinearLayout>();
  /** From what a loop's body sees to the loop's result: they are one, so have one home. */
  readonly #result = new Map<Value, Value>();
  readonly #free = new Map<Value, boolean>();
  /** Layouts that come from a `dot`; they win over others, as loads can adapt and a dot cannot. */
  readonly #dots = new Set<LinearLayout>();
  #changed = false;

  constructor(graph: Graph, accesses: Accesses, threads: Threads) {
    this.#accesses = accesses;
    this.#threads = threads;
    walk(graph.body, (op) => {
      for (const { params, result } of joinedValues(op)) {
        for (const param of params) this.#result.set(param, result);
      }
    });
    walk(graph.body, (op) => this.#placeStacks(op));
    for (let i = 0; i < STEPS.length; i++) {
      this.#changed = false;
      this.#take(STEPS[i]!, graph.body);
      if (this.#changed) i = -1;
    }
  }

  /** Stacks have one layout, whatever is done with their blocks. */
  #placeStacks(op: Op): void {
    if (op.name !== "take" && op.name !== "put" && op.name !== "unstack") return;
    const values = op.name === "take" ? [op.operand(0)] : [op.operand(0), op.result];
    for (const value of values) {
      if (!this.isFree(value)) this.move(value, this.stack(value.type.shape));
    }
  }

  /** The layout of what is sorted by keys, and of the keys. */
  inOrder(shape: readonly number[]): LinearLayout {
    return consecutive({ length: shape[0]!, ...this.#threads });
  }

  /** The layout of a stack. */
  stack(shape: readonly number[]): LinearLayout {
    return stacked(this.#accesses.block(shape.slice(1)), shape[0]!);
  }

  /** The layout in which blocks of a stack are put into it and taken out. */
  block(stack: readonly number[]): LinearLayout {
    return this.#accesses.block(stack.slice(1));
  }

  /** The home of a tile; of a free one, the layout that it had best be made in when nobody cares. */
  of(value: Value): LinearLayout {
    return this.#known(value) ?? this.#accesses.fallback(value.type.shape);
  }

  /** Moves a tile to another home. */
  move(value: Value, layout: LinearLayout): void {
    this.#homes.set(this.#result.get(value) ?? value, layout);
  }

  /**
   * True for scalars and for tiles that cost less to compute again than to move: index arithmetic,
   * masks, constants, and loads of no more elements than there are threads, whose repetition the
   * cache serves.
   */
  isFree(value: Value): boolean {
    if (!isTile(value)) return true;
    let free = this.#free.get(value);
    if (free === undefined) {
      const { def } = value;
      free = def !== undefined && (isCheap(def) || this.#isSmallLoad(def)) &&
        def.operands.every((operand) => this.isFree(operand));
      this.#free.set(value, free);
    }
    return free;
  }

  /** True for a product of so few rows that each thread reads its columns of b from registers. */
  isByColumns(op: Op): boolean {
    return op.name === "dot" && this.#columnResult(op) !== undefined;
  }

  #columnResult(op: Op): LinearLayout | undefined {
    const { shape } = op.result.type, K = op.operand(0).type.shape.at(-1)!;
    if (shape.length !== 2) return undefined;
    return columnResult({ M: shape[0]!, N: shape[1]!, ...this.#threads }, K);
  }

  /** The layout in which a reduction's operands are combined. */
  reduced(op: Op): LinearLayout {
    return this.of(op.operands.find((x) => this.#known(x)) ?? op.operand(0));
  }

  /** The layout of a store: its value's home where that makes good access, else the coalesced one. */
  stored(op: Op): LinearLayout {
    const home = this.#known(op.operand(1));
    return home && this.#accesses.isGood(op, home) ? home : this.#accesses.coalesced(op);
  }

  #isSmallLoad(op: Op): boolean {
    return op.name === "load" && !this.#accesses.isGiven(op) &&
      size(op.result.type) <= this.#threads.lanes * this.#threads.warps;
  }

  #set(value: Value, layout: LinearLayout | undefined): void {
    if (!layout || this.isFree(value) || this.#known(value)) return;
    this.move(value, layout);
    this.#changed = true;
  }

  #known(value: Value): LinearLayout | undefined {
    return this.#homes.get(this.#result.get(value) ?? value);
  }

  #take(step: Step, region: Region): void {
    switch (step) {
      case "forward":
        return walkInsideOut(region, (op) => this.#forward(op));
      case "from inits":
        return walkInsideOut(region, (op) => {
          for (const { inits, result } of joinedValues(op)) {
            for (const init of inits) this.#set(result, this.#known(init));
          }
        });
      case "backward":
        return walkInsideOut(region, (op) => this.#backward(op), true);
      case "fallback":
        return walk(region, (op) => {
          for (const value of [...op.regions.flatMap((inner) => inner.params), ...op.results]) {
            if (this.#changed) return;
            if (isTile(value)) this.#set(value, this.#accesses.fallback(value.type.shape));
          }
        });
    }
  }

  #forward(op: Op): void {
    const homes = op.operands.map((x) => this.#known(x)).filter((home) => home !== undefined);
    if (isElementwise(op)) {
      this.#set(op.result, homes.find((home) => this.#dots.has(home)) ?? homes[0]);
    } else if (isRenaming(op)) {
      this.#set(op.result, homes[0] && resultLayout(op, homes[0]));
    } else if (isAtomic(op)) {
      if (isTile(op.result)) this.#set(op.result, homes[0]);
    } else if (op.name === "load") {
      if (isTile(op.result)) this.#set(op.result, this.#accesses.coalesced(op));
    } else if (op.name === "dot") {
      // A batch of products is laid out as one with the rows of all.
      const { shape } = op.result.type, N = shape.at(-1)!, M = size(op.result.type) / N;
      const layout = this.#columnResult(op) ??
        reshaped(dotResult({ M, N, ...this.#threads }), shape);
      this.#dots.add(layout);
      this.#set(op.result, layout);
    } else if (op.name === "subgroup_dot") {
      const [M, N] = op.result.type.shape as [number, number];
      const unit = op.numbers("unit") as [number, number, number];
      const [rows, columns] = op.numbers("warps") as [number, number];
      const layout = subgroupDotResult({
        ...{ M, N, unit: [unit[0], unit[1]], warps: [rows, columns] },
        lanes: this.#threads.lanes,
      });
      this.#dots.add(layout);
      this.#set(op.result, layout);
    } else if (op.name === "lane_dot") {
      const [M, N] = op.result.type.shape as [number, number];
      const layout = laneDotResult({ M, N, ...this.#threads });
      this.#dots.add(layout);
      this.#set(op.result, layout);
    } else if (op.name === "take") {
      this.#set(op.result, this.block(op.operand(0).type.shape));
    } else if (op.name === "gather") {
      this.#set(op.result, this.#known(op.operand(1)));
    } else if (isInOrder(op)) {
      if (homes.length > 0) { for (const result of op.results) this.#set(result, homes[0]); }
    } else if (op.name === "reduce") {
      if (homes.length === 0 && !op.operands.every((x) => this.isFree(x))) return;
      const layout = sliced(this.reduced(op), op.number("axis"));
      for (const result of op.results) this.#set(result, layout);
    }
    for (const { yields, result } of joinedValues(op)) {
      for (const value of yields) this.#set(result, this.#known(value));
    }
  }

  #backward(op: Op): void {
    if (op.name === "store") {
      if (isTile(op.operand(0))) { for (const x of op.operands) this.#ask(x, this.stored(op)); }
    } else if (op.name === "reduce") {
      const home = op.operands.map((x) => this.#known(x)).find(Boolean);
      for (const x of op.operands) this.#ask(x, home);
    } else if (isInOrder(op)) {
      const home = this.#known(op.results[0]!);
      for (const x of op.operands) this.#ask(x, home);
    } else if (op.name === "put") {
      this.#ask(op.operand(2), this.block(op.result.type.shape));
    } else if (op.name === "gather") {
      this.#ask(op.operand(1), this.#known(op.result));
    } else if (op.name === "dot" || op.name === "subgroup_dot" || op.name === "lane_dot") {
      this.#ask(op.operand(2), this.#known(op.result));
    } else if (isElementwise(op) || isRenaming(op) || isAtomic(op) || op.name === "load") {
      const home = this.#known(op.result);
      if (home) { for (const x of op.operands) this.#ask(x, operandLayout(op, x, home)); }
    }
    for (const { inits, yields, result } of joinedValues(op)) {
      for (const value of [...yields, ...inits]) this.#ask(value, this.#known(result));
    }
  }

  /** Gives a value the layout of its use, unless its own operands have the say. */
  #ask(value: Value, layout: LinearLayout | undefined): void {
    if (value.def?.name !== "reduce" && !(value.def && isInOrder(value.def))) {
      this.#set(value, layout);
    }
  }
}

/** True for operations that work on elements where they are, and whose results have their operands' layout. */
function isInOrder(op: Op): boolean {
  return op.name === "scan" || op.name === "sort" || op.name === "merge" || op.name === "map";
}

/** Visits operations of inner regions before the one that owns them; optionally last ones first. */
function walkInsideOut(region: Region, visit: (op: Op) => void, reverse = false): void {
  for (const op of reverse ? region.ops.toReversed() : region.ops) {
    for (const inner of op.regions) walkInsideOut(inner, visit, reverse);
    visit(op);
  }
}
