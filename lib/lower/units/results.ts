/**
 * Sums that leave matrices for registers, by way of workgroup memory: each warp writes some of its
 * matrices at a time to a piece of its own, and its lanes read them in vectors.
 */

import { bool } from "../../ir/dtype.ts";
import type { Expr, MatrixPlace, Memory, SharedArray, VectorType } from "../../ir/invocation.ts";
import type { LinearLayout } from "../../layout/linear_layout.ts";
import type { Context } from "../context.ts";
import { add, exprKey, int, literal, mul, named, op as operation, slice } from "../expr.ts";
import { registerCoordinate, registerCount, threadCoordinate } from "../registers.ts";
import type { Matrices, Part, Product } from "./shapes.ts";
import { PADDING, type SharedPlan } from "./staging.ts";
import { inWords, WORDS } from "./words.ts";

/** Sums in an item of workgroup memory. */
const VECTOR = 4;

/** An item of workgroup memory: words where it is as large as an item of operands, so that they share arrays. */
function itemOf({ sum }: Product): VectorType {
  return sum.bytes === WORDS.dtype.bytes ? WORDS : { dtype: sum, width: VECTOR };
}

/** Matrices that are written at a time, along rows and along columns of a warp's block. */
type Batch = readonly [rows: number, columns: number];

/** Vectors from one row to the next where so many columns of matrices lie side by side. */
function strideOf({ unit: [, n], sum }: Product, columns: number): number {
  return (columns * n + PADDING / sum.bytes) / VECTOR;
}

/** The workgroup array for so many matrices at a time. */
function plan(product: Product, [rows, columns]: Batch): SharedPlan {
  const warps = product.warps[0] * product.warps[1];
  const items = rows * product.unit[0] * strideOf(product, columns);
  return { type: itemOf(product), dims: [warps, items], panels: true };
}

/** The workgroup array without which results cannot be had. */
export function leastResults(product: Product): SharedPlan {
  return plan(product, [1, 1]);
}

/**
 * As many matrices at a time as there is workgroup memory for, since each time all wait for each other twice.
 * What is not done in a loop takes none that is not there already, or as little as it can: workgroups with
 * less run side by side.
 */
function batchFor(
  context: Context,
  product: Product,
  toCome: readonly SharedPlan[],
  inLoop: boolean,
): Batch {
  const { emitter, options } = context;
  let [rows, columns] = product.block;
  const most = inLoop ? options.workgroupBytes : emitter.sharedBytesWith([], [...toCome]);
  const fits = () => emitter.sharedBytesWith([plan(product, [rows, columns])], [...toCome]) <= most;
  while (columns > 1 && !fits()) columns /= 2;
  while (rows > 1 && !fits()) rows /= 2;
  return [rows, columns];
}

/** Where parts of a product's matrices pass through workgroup memory. */
class Passage {
  readonly parts: readonly Part[];
  readonly memory: readonly Memory[];
  readonly #array: SharedArray;
  readonly #stride: number;
  readonly #warp: Expr;
  /** The item where a lane's first packet of a part lies. */
  readonly #place: Expr;

  constructor(
    readonly context: Context,
    readonly matrices: Matrices,
    readonly layout: LinearLayout,
    toCome: readonly SharedPlan[],
    inLoop: boolean,
  ) {
    const { emitter, options } = context, { product } = matrices, { unit: [m, n], block } = product;
    const [rows, columns] = batchFor(context, product, toCome, inLoop);
    this.parts = Array.from({ length: block[0] / rows }, (_, i) =>
      Array.from(
        { length: block[1] / columns },
        (_, j) => ({ top: i * rows, left: j * columns, rows, columns }),
      )).flat();
    this.#stride = strideOf(product, columns);
    const { type, dims } = plan(product, [rows, columns]);
    this.#array = emitter.sharedArray(type, dims, { panels: true });
    this.memory = [{ scope: "workgroup", name: this.#array.name }];
    const total = Math.log2(options.invocations), first = Math.log2(options.subgroupSize);
    this.#warp = dims[0] === 1
      ? int(0)
      : emitter.bindOutside(emitter.invocationBits(first, total - first, total), "warp");
    const lane = (dim: 0 | 1, size: number) =>
      operation("and", [threadCoordinate(emitter, layout, dim), int(size - 1)]);
    const vector = operation("shr", [lane(1, n), int(Math.log2(VECTOR))]);
    this.#place = emitter.bindOutside(add(mul(lane(0, m), int(this.#stride)), vector), "place");
  }

  /** For each matrix of a part its name and where it is. */
  #places({ top, left, rows, columns }: Part): { name: string; place: MatrixPlace }[] {
    const { product, names } = this.matrices, { unit: [m, n], block } = product;
    return Array.from({ length: rows * columns }, (_, at) => {
      const i = Math.floor(at / columns), j = at % columns, stride = this.#stride;
      return {
        name: names[(top + i) * block[1] + left + j]!,
        place: {
          ...{ type: product.matrix("result"), array: this.#array.name, indices: [this.#warp] },
          ...{ offset: i * m * stride + j * n / VECTOR, stride, major: "row" },
        },
      };
    });
  }

  /** Writes the matrices of a part. */
  store(part: Part): void {
    for (const matrix of this.#places(part)) {
      this.context.emitter.emit({ kind: "store_matrix", ...matrix });
    }
  }

  /** Gives matrices what lies where they were written. */
  load(part: Part): void {
    for (const matrix of this.#places(part)) {
      this.context.emitter.emit({ kind: "load_matrix", again: true, ...matrix });
    }
  }

  /** The lane's packets of a part: the number that each has in the layout, and where it lies. */
  packets({ top, left, rows, columns }: Part): { packet: number; indices: Expr[] }[] {
    const { unit: [m, n] } = this.matrices.product, found = [];
    for (let register = 0; register < registerCount(this.layout); register += VECTOR) {
      const row = registerCoordinate(this.layout, register, 0) - top * m;
      const column = registerCoordinate(this.layout, register, 1) - left * n;
      if (row < 0 || row >= rows * m || column < 0 || column >= columns * n) continue;
      const index = add(this.#place, int(row * this.#stride + column / VECTOR));
      found.push({ packet: register / VECTOR, indices: [this.#warp, index] });
    }
    return found;
  }

  read(indices: readonly Expr[]): Expr {
    const { product } = this.matrices, type = itemOf(product);
    const read: Expr = { kind: "shared", array: this.#array.name, indices, type };
    return type === WORDS
      ? operation("bitcast", [read], product.sum, { to: product.sum.name })
      : read;
  }

  write(indices: readonly Expr[], value: Expr): void {
    const item = itemOf(this.matrices.product) === WORDS ? inWords([value]) : value;
    const stored = { array: this.#array.name, indices, value: item };
    this.context.emitter.emit({ kind: "store_shared", ...stored });
  }
}

/**
 * What matrices hold as packets of the layout of `subgroupDotResult`.
 *
 * @param toCome The workgroup arrays for which to leave room.
 * @param compute Called for each part of the matrices before it is written; unless given, their loop is done.
 */
export function unload(
  context: Context,
  matrices: Matrices,
  layout: LinearLayout,
  toCome: readonly SharedPlan[],
  compute?: (part: Part) => void,
): Expr[] {
  const passage = new Passage(context, matrices, layout, toCome, compute !== undefined);
  const { emitter } = context;
  const packets: Expr[] = [];
  for (const part of passage.parts) {
    compute?.(part);
    emitter.phase([], passage.memory, () => passage.store(part));
    emitter.phase(passage.memory, [], () => {
      for (const { packet, indices } of passage.packets(part)) {
        packets[packet] = emitter.bind(passage.read(indices), "sum");
      }
    });
  }
  return packets;
}

/**
 * Multiplies rows of matrices each by a factor: where all are 1, which is for the device to find out, that
 * takes nothing but asking all.
 *
 * @param factors Packets of the layout of `subgroupDotResult`, each of one factor.
 */
export function scaleRows(
  context: Context,
  matrices: Matrices,
  layout: LinearLayout,
  factors: readonly Expr[],
): void {
  const { emitter, options } = context;
  const distinct = new Map(factors.map((packet) => {
    const factor = slice(packet, 0);
    return [exprKey(factor), operation("ne", [factor, literal(1, factor.type.dtype)], bool)];
  }));
  const changes = [...distinct.values()].reduce((a, b) => operation("or", [a, b], bool));
  const name = emitter.name("scaled");
  emitter.emit({ kind: "any", name, value: changes, lanes: options.subgroupSize });
  const passage = new Passage(context, matrices, layout, context.units.toCome(), false);
  emitter.when(named(name, { dtype: bool, width: 1 }), () => {
    for (const part of passage.parts) {
      emitter.phase([], passage.memory, () => passage.store(part));
      emitter.phase(passage.memory, passage.memory, () => {
        for (const { packet, indices } of passage.packets(part)) {
          passage.write(indices, operation("mul", [passage.read(indices), factors[packet]!]));
        }
      });
      emitter.phase(passage.memory, [], () => passage.load(part));
    }
  });
}
