/**
 * Which layouts make loads and stores fast: neighbouring lanes access neighbouring addresses, each
 * lane as many at once as alignment and mask allow.
 */

import { type Graph, type Op, type Value, walk } from "../../ir/graph.ts";
import { MAX_WIDTH, pointerOf, runAlong, widthAlong } from "../../ir/access.ts";
import { isPacked, type Native } from "../../ir/native.ts";
import { size } from "../../ir/type.ts";
import { blocked, isStep, vectorWidth } from "../../layout/layouts.ts";
import type { LinearLayout } from "../../layout/linear_layout.ts";
import type { AxisInfo } from "../../ir/axis.ts";
import { operandLayouts, stagedDimensions, unitOperands, VECTOR } from "./staging.ts";

/** How many lanes a warp has, and how many warps a program. */
export interface Threads {
  readonly lanes: number;
  readonly warps: number;
  /** What the device computes with; everything unless given. */
  readonly native?: Native;
  /** Whether a processor plays the GPU: it makes an access for each element, whichever lane it is of. */
  readonly software?: boolean;
}

const ALL: Native = { f16: true, int64: true, f64: true };

/** Lanes that access runs of this many bytes waste no memory traffic. */
const SECTOR_BYTES = 32;

/** What products on matrix units read is loaded so many bytes at once. */
const UNIT_BYTES = 16;

interface Access {
  /** Dimensions, the one along which addresses are nearest first. */
  readonly order: readonly number[];
  /** How many elements along `order[0]` a vector access can take. */
  readonly width: number;
  /** How many neighbours in memory there are along `order[0]`. */
  readonly run: number;
  readonly bytes: number;
  /** The dimension along which a product reads vectors of what is loaded. */
  readonly staged?: number | undefined;
}

/** The memory accesses of a graph. */
export class Accesses {
  readonly #accesses = new Map<Op, Access>();
  /** The widest access to each shape in each order. */
  readonly #widths = new Map<string, number>();
  /** Layouts of loads that products, or sorting by keys, have the say about. */
  readonly #given: ReadonlyMap<Op, LinearLayout>;
  readonly #threads: Threads;
  readonly #first = new Map<string, LinearLayout>();
  /** The dimensions along which tiles of a shape are reduced. */
  readonly #reduced = new Map<string, Set<number>>();

  constructor(graph: Graph, axis: (value: Value) => AxisInfo, threads: Threads) {
    this.#threads = threads;
    this.#given = operandLayouts(graph, threads, (load) => orderOf(load, axis)[0]!);
    const staged = stagedDimensions(graph, threads.lanes * threads.warps);
    const inUnits = unitOperands(graph);
    walk(graph.body, (op) => {
      if (op.name === "reduce") {
        const key = op.operand(0).type.shape.join();
        this.#reduced.set(key, (this.#reduced.get(key) ?? new Set()).add(op.number("axis")));
      }
      if (op.name !== "load" && op.name !== "store") return;
      const { shape } = op.operand(0).type;
      if (shape.length === 0) return;
      const most = inUnits.has(op) ? UNIT_BYTES / pointerOf(op).pointee.bytes : MAX_WIDTH;
      const access = describe(op, axis, threads, most, staged.get(op));
      this.#accesses.set(op, access);
      if (this.#given.has(op)) return;
      const key = keyOf(shape, access.order);
      this.#widths.set(key, Math.max(this.#widths.get(key) ?? 1, access.width));
    });
    for (const [op, { staged }] of this.#accesses) {
      if (staged !== undefined || this.#given.has(op)) continue;
      const key = op.operand(0).type.shape.join();
      if (!this.#first.has(key)) this.#first.set(key, this.coalesced(op));
    }
  }

  /**
   * The best layout for a load or store. All accesses to the same shape in the same order get the
   * same, made for the widest of them, so that what is computed between them needs no conversion.
   * What products read is loaded as they want it: in vectors if it lies in memory so, else each thread
   * loads neighbours one by one, which are side by side with those of the next lane. Some
   * say themselves which thread holds what.
   */
  coalesced(op: Op): LinearLayout {
    const given = this.#given.get(op);
    if (given) return given;
    const { shape } = op.operand(0).type, { order, staged } = this.#of(op);
    return staged === undefined
      ? this.#blocked(shape, order, order[0]!, this.#widths.get(keyOf(shape, order))!)
      : this.#blocked(shape, order, staged, VECTOR);
  }

  /** Whether a product has the say about the layout of a load. */
  isGiven(op: Op): boolean {
    return this.#given.has(op);
  }

  /**
   * True when a load or store in `layout` is as good as in the coalesced one: vectors are as wide,
   * and each warp covers whole sectors of memory, if in several accesses. On a processor all layouts are
   * as good, where elements fill words.
   */
  isGood(op: Op, layout: LinearLayout): boolean {
    const { software, native } = this.#threads;
    if (software && !isPacked(pointerOf(op).pointee, native ?? ALL)) return true;
    const { order, run, bytes, width } = this.#of(op), dim = order[0]!;
    let covered = vectorWidth(layout, dim);
    if (covered < Math.min(vectorWidth(this.coalesced(op), dim), width)) return false;
    while (layout.bases.lane.some((basis) => isStep(basis, dim, covered))) covered *= 2;
    return covered * bytes >= Math.min(SECTOR_BYTES, run * bytes);
  }

  /** A layout for tiles that no memory access decides: that of one of the same shape, or row-major. */
  fallback(shape: readonly number[]): LinearLayout {
    const order = shape.map((_, d) => shape.length - 1 - d);
    const elements = shape.reduce((product, dim) => product * dim, 1);
    return this.#first.get(shape.join()) ??
      this.#blocked(
        shape,
        order,
        order[0]!,
        Math.min(MAX_WIDTH, elementsPerThread(elements, this.#threads)),
      );
  }

  /** The layout of a stack's blocks, which many loads and stores share. */
  block(shape: readonly number[]): LinearLayout {
    const order = shape.map((_, d) => shape.length - 1 - d);
    const each = elementsPerThread(shape.reduce((all, dim) => all * dim, 1), this.#threads);
    return this.#blocked(shape, order, order[0]!, Math.min(MAX_WIDTH, each));
  }

  #of(op: Op): Access {
    const access = this.#accesses.get(op);
    if (!access) throw new Error(`Operation ${op.name} accesses no tile`);
    return access;
  }

  /** The blocked layout with `width` neighbours along dimension `dim` in each thread. */
  #blocked(
    shape: readonly number[],
    order: readonly number[],
    dim: number,
    width: number,
  ): LinearLayout {
    const registersPerThread = shape.map((_, d) => (d === dim ? width : 1));
    // Warps each take rows of their own where rows are reduced: lanes shuffle, warps have to wait.
    const reduced = this.#reduced.get(shape.join());
    const warpOrder = reduced
      ? [...order.filter((d) => !reduced.has(d)), ...order.filter((d) => reduced.has(d))]
      : order;
    return blocked({ shape, registersPerThread, order, warpOrder, ...this.#threads });
  }
}

function keyOf(shape: readonly number[], order: readonly number[]): string {
  return `${shape.join("x")} ${order.join()}`;
}

/** At least 1: small tiles use all threads before any thread gets a second element. */
function elementsPerThread(elements: number, { lanes, warps }: Threads): number {
  return Math.max(elements / (lanes * warps), 1);
}

/** The dimensions of a load or store, the one along which addresses are nearest first. */
function orderOf(op: Op, axis: (value: Value) => AxisInfo): number[] {
  const { shape } = op.operand(0).type, runs = shape.map((_, d) => runAlong(op, d, axis));
  return shape.map((_, d) => d).sort((a, b) => runs[b]! - runs[a]! || b - a);
}

function describe(
  op: Op,
  axis: (value: Value) => AxisInfo,
  threads: Threads,
  most: number,
  staged: number | undefined,
): Access {
  const { type } = op.operand(0), { pointee } = pointerOf(op), { bytes } = pointee;
  const order = orderOf(op, axis), fastest = order[0]!;
  const each = elementsPerThread(size(type), threads);
  // Who stores less than a word has to share it with others.
  const isShared = isPacked(pointee, threads.native ?? ALL);
  const least = isShared ? Math.min(4 / bytes, size(type)) : 1;
  const width = Math.min(widthAlong(op, fastest, axis, most), Math.max(each, least));
  // Of packed elements a whole word is read anyway; and small tiles use all threads first.
  const fits = !isShared && each >= VECTOR;
  return {
    order,
    width,
    run: runAlong(op, fastest, axis),
    bytes,
    staged: fits ? staged : undefined,
  };
}
