/**
 * Matrix products on matrix units. Both operands are staged in workgroup memory, from where each warp
 * loads the matrices that its block of the product needs; the sums stay in matrices, through all of a
 * loop that only adds to them, and come back to registers by way of workgroup memory.
 *
 * Workgroup arrays have a dimension for the warps that share rows or columns, the **panels**, so that
 * all but the panel's number is constant where a matrix lies. Where it is not, Tint computes offset and
 * stride anew for each access, to stay inside whatever they are, and drivers then load element by
 * element: 4096x4096 f16 products on an H100 ran at 185 TFLOPS instead of 255 (webgpu 0.6.2).
 */

import { bool, type DType, i32 } from "../ir/dtype.ts";
import type { Op, Region, Value } from "../ir/graph.ts";
import type { Expr, MatrixType, Memory, SharedArray, VectorType, Width } from "../ir/invocation.ts";
import { dtypeOf } from "../ir/type.ts";
import type { LinearLayout } from "../layout/linear_layout.ts";
import type { Context } from "./context.ts";
import type { Emitter } from "./emitter.ts";
import { add, int, literal, mul, op as operation } from "./expr.ts";
import { onlyOnce } from "./memory.ts";
import {
  coordinate,
  packetAxis,
  packetWidth,
  registerCoordinate,
  registerCount,
  registerOf,
  replicatedMask,
  threadBits,
  threadCoordinate,
} from "./registers.ts";
import { elementsInWords, WORDS } from "./words.ts";

/** Bytes between rows that are staged, so that a column of them falls into different banks. */
const PADDING = 16;

/** A product as the lowering sees it. */
class Product {
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
  const names = Array.from({ length: product.block[0] * product.block[1] }, () => {
    const name = emitter.name(op.result.hint ?? "sum");
    emitter.emit({ kind: "matrix", name, type: product.matrix("result") });
    return name;
  });
  return { product, names };
}

export function lowerSubgroupDot(context: Context, op: Op): void {
  const carried = context.inMatrices.get(op);
  const matrices = carried ?? zeroMatrices(context, op);
  multiply(context, op, matrices);
  if (carried) return;
  context.define(op.result, sums(context, matrices, op.result.type.layout!, op.operand(2)));
}

/** What matrices hold, in registers, added to a tile. */
export function sums(
  context: Context,
  matrices: Matrices,
  layout: LinearLayout,
  to: Value,
): readonly Expr[] {
  const packets = unload(context, matrices, layout);
  if (to.def?.name === "constant" && to.def.number("value") === 0) return packets;
  const others = context.get(to);
  return packets.map((packet, i) => add(packet, others[i]!));
}

/** An operand in workgroup memory, in panels of [free, k] or [k, free]. */
export interface Staged {
  readonly array: SharedArray;
  /** Which of its dimensions is contiguous: that of k, or the one that the result has too. */
  readonly minor: "k" | "free";
  /** Elements in an item of the array. */
  readonly width: number;
  /** Items from one row to the next. */
  readonly stride: number;
  /** Elements along the free dimension in a panel. */
  readonly panel: number;
}

/**
 * Stages the operands of a loop's products that it carries, having loaded them one iteration ahead, where
 * its body begins: then the registers that they leave are free for those of the next iteration.
 */
export function stageCarried(context: Context, body: Region): void {
  for (const op of body.ops) {
    if (op.name !== "subgroup_dot") continue;
    const product = new Product(op), [, , K] = product.shape;
    const carried = op.operands.slice(0, 2).every((operand) => body.params.includes(operand));
    if (!carried || stagedDepth(context, product) < K) continue;
    // The arrays stay theirs for all of the loop: only where there is room beside those of others.
    const needed = stagedBytes(product, K) + context.emitter.sharedBytesWith([]);
    if (needed > context.options.workgroupBytes) continue;
    const staged = stageBoth(context, op, product, K, true);
    fillBoth(context, op, staged, 0, K);
    context.staged.set(op, staged);
  }
}

function stageBoth(
  context: Context,
  op: Op,
  product: Product,
  depth: number,
  own: boolean,
): readonly [Staged, Staged] {
  const [a, b] = ([0, 1] as const).map((i) =>
    stage(context, op.operand(i), i, product, depth, own)
  );
  return [a!, b!];
}

function memoryOf(staged: readonly Staged[]): Memory[] {
  return staged.map(({ array }) => ({ scope: "workgroup", name: array.name }));
}

function fillBoth(
  context: Context,
  op: Op,
  staged: readonly [Staged, Staged],
  start: number,
  depth: number,
): void {
  context.emitter.phase([], memoryOf(staged), () => {
    fill(context, op.operand(0), 0, staged[0], start, depth);
    fill(context, op.operand(1), 1, staged[1], start, depth);
  });
}

function multiply(context: Context, op: Op, { product, names }: Matrices): void {
  const { emitter } = context, [, , K] = product.shape, [m, n, k] = product.unit;
  const early = context.staged.get(op);
  const depth = early ? K : stagedDepth(context, product);
  const staged = early ?? stageBoth(context, op, product, depth, false), [a, b] = staged;
  const [row, column] = warpPlace(context, product);
  for (let start = 0; start < K; start += depth) {
    if (!early) fillBoth(context, op, staged, start, depth);
    emitter.phase(memoryOf(staged), [], () => {
      const load = (
        staged: Staged,
        role: "left" | "right",
        panel: Expr,
        free: number,
        at: number,
      ) => loadMatrix(emitter, product.matrix(role), staged, panel, free, at);
      for (let at = 0; at < depth; at += k) {
        const lefts = each(product.block[0], (i) => load(a, "left", row, i * m, at));
        for (let j = 0; j < product.block[1]; j++) {
          const right = load(b, "right", column, j * n, at);
          lefts.forEach((left, i) => {
            const sum = names[i * product.block[1] + j]!;
            emitter.emit({ kind: "multiply_matrices", left, right, sum });
          });
        }
      }
    });
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

/** How many values of k are staged at a time: all of them, or as many as workgroup memory takes. */
function stagedDepth(context: Context, product: Product): number {
  const [, , K] = product.shape, [, , k] = product.unit;
  let depth = K;
  while (depth > k && stagedBytes(product, depth) > context.options.workgroupBytes) depth /= 2;
  return depth;
}

/** At most so many bytes does a product take with so many values of k staged, its results included. */
function stagedBytes(
  { shape: [M, N], unit: [m, n], warps: [rows, columns], component }: Product,
  depth: number,
): number {
  const operand = (free: number, panels: number) =>
    component.bytes * free * depth + PADDING * Math.max(free, depth * panels);
  return operand(M, rows) + operand(N, columns) + rows * columns * m * (4 * n + PADDING);
}

/**
 * Makes room for `depth` values of k of an operand, whose dimension `free` the result has too. It is
 * contiguous along the dimension along which it was loaded in vectors.
 */
function stage(
  context: Context,
  operand: Value,
  free: 0 | 1,
  product: Product,
  depth: number,
  own: boolean,
): Staged {
  const layout = operand.type.layout!, along = packetAxis(layout);
  const minor = along === free ? "free" : "k";
  const panels = product.warps[free], panel = product.shape[free] / panels;
  const { type, perItem } = itemOf(
    product.component,
    along === undefined ? 1 : packetWidth(registerCount(layout)),
    context.words.has(operand),
  );
  const [rows, run] = minor === "free" ? [depth, panel] : [panel, depth];
  const stride = (run + PADDING / product.component.bytes) / perItem;
  const { emitter } = context, dims = [panels, rows * stride];
  const array = own ? emitter.ownSharedArray(type, dims) : emitter.sharedArray(type, dims);
  return { array, minor, width: perItem, stride, panel };
}

/** What an item of a staged operand is, and how many elements are in it. */
function itemOf(
  component: DType,
  width: Width,
  inWords: boolean,
): { readonly type: VectorType; readonly perItem: number } {
  if (inWords) return { type: WORDS, perItem: elementsInWords(component) };
  // 8-bit integers are packed, four to an item.
  if (component.bytes === 1) return { type: { dtype: i32, width: 1 }, perItem: 4 };
  return { type: { dtype: component, width }, perItem: width };
}

/** Writes the values of k from `start` on of an operand to where it is staged. */
function fill(
  context: Context,
  operand: Value,
  free: 0 | 1,
  { array, minor, width, stride, panel }: Staged,
  start: number,
  depth: number,
): void {
  const { emitter } = context, layout = operand.type.layout!;
  const packets = context.get(operand), kDim = 1 - free;
  const inWords = context.words.has(operand), packed = array.type.dtype === i32;
  const perPacket = inWords ? width : packets[0]!.type.width;
  emitter.when(onlyOnce(replicatedMask(layout)), () => {
    for (let register = 0; register < registerCount(layout); register += width) {
      const inside = isStaged(emitter, layout, register, kDim, start, depth);
      if (!inside) continue;
      const k = divided(emitter, layout, register, kDim, depth);
      const within = divided(emitter, layout, register, free, panel);
      const [row, place] = minor === "free" ? [k, within] : [within, k];
      const item = operation("shr", [place.rest, int(Math.log2(width))]);
      const base = emitter.bindOutside(add(mul(row.rest, int(stride)), item), "item");
      emitter.when(inside, () =>
        emitter.emit({
          kind: "store_shared",
          array: array.name,
          indices: [within.quotient, add(base, int(row.own * stride + place.own / width))],
          value: packed
            ? packBytes(registersFrom(packets, register, width))
            : width === perPacket
            ? packets[register / perPacket]!
            : registerOf(packets, register),
        }));
    }
  });
}

/**
 * A coordinate of a register divided by a power of two: the quotient, and the rest as what the invocation
 * adds to it and what the register does, so that registers share the former.
 */
function divided(
  emitter: Emitter,
  layout: LinearLayout,
  register: number,
  dim: number,
  by: number,
): { quotient: Expr; rest: Expr; own: number } {
  const bits = threadBits(layout, dim), own = registerCoordinate(layout, register, dim);
  const apart = (bits & own) === 0; // else both change the same bits, and neither can be told
  const thread = apart
    ? threadCoordinate(emitter, layout, dim)
    : coordinate(emitter, layout, register, dim);
  const small = apart && bits < by;
  const quotient = small
    ? int(0)
    : emitter.bindOutside(operation("shr", [thread, int(Math.log2(by))]), "panel");
  const rest = small ? thread : operation("and", [thread, int(by - 1)]);
  return apart
    ? { quotient: add(quotient, int(Math.floor(own / by))), rest, own: own % by }
    : { quotient, rest, own: 0 };
}

function registersFrom(packets: readonly Expr[], register: number, count: number): Expr[] {
  return each(count, (i) => registerOf(packets, register + i));
}

/** Four 8-bit integers in one word, the first in the lowest bits. */
function packBytes(bytes: readonly Expr[]): Expr {
  return bytes.map((byte, i) =>
    operation("shl", [operation("and", [byte, int(255)], i32), int(8 * i)], i32)
  ).reduce((word, byte) => operation("or", [word, byte], i32));
}

/** The condition under which a register's k is among those staged; undefined when it never is. */
function isStaged(
  emitter: Emitter,
  layout: LinearLayout,
  register: number,
  dim: number,
  start: number,
  depth: number,
): Expr | undefined {
  if (layout.shape[dim] === depth) return literal(1, bool);
  if (threadBits(layout, dim) < depth) {
    const own = registerCoordinate(layout, register, dim);
    return own >= start && own < start + depth ? literal(1, bool) : undefined;
  }
  const part = operation("shr", [
    coordinate(emitter, layout, register, dim),
    int(Math.log2(depth)),
  ]);
  return operation("eq", [part, int(start / depth)], bool);
}

/** Loads the matrix of a panel that begins at `free` along the free dimension and at `k`; gives its name. */
function loadMatrix(
  emitter: Emitter,
  type: MatrixType,
  { array, minor, width, stride }: Staged,
  panel: Expr,
  free: number,
  k: number,
): string {
  const name = emitter.name(type.role === "left" ? "a" : "b");
  // The rows of a are free, those of b are k's.
  const rowsContiguous = (type.role === "left") === (minor === "k");
  const [row, place] = minor === "free" ? [k, free] : [free, k];
  emitter.emit({
    kind: "load_matrix",
    name,
    place: {
      type,
      array: array.name,
      indices: [panel],
      offset: row * stride + place / width,
      stride,
      major: rowsContiguous ? "row" : "column",
    },
  });
  return name;
}

/**
 * What matrices hold as packets of the layout of `subgroupDotResult`. Each warp writes one matrix at a
 * time to a piece of workgroup memory of its own, and its lanes read it in vectors.
 */
function unload(context: Context, { product, names }: Matrices, layout: LinearLayout): Expr[] {
  const { emitter, options } = context, { unit: [m, n], block, sum } = product;
  const stride = n / 4 + PADDING / 16, warps = product.warps[0] * product.warps[1];
  const array = emitter.sharedArray({ dtype: sum, width: 4 }, [warps, m * stride]);
  const memory: Memory[] = [{ scope: "workgroup", name: array.name }];
  const total = Math.log2(options.invocations), first = Math.log2(options.subgroupSize);
  const warp = warps === 1
    ? int(0)
    : emitter.bindOutside(emitter.invocationBits(first, total - first, total), "warp");
  const lane = (dim: 0 | 1, size: number) =>
    operation("and", [threadCoordinate(emitter, layout, dim), int(size - 1)]);
  const place = emitter.bindOutside(
    add(mul(lane(0, m), int(stride)), operation("shr", [lane(1, n), int(2)])),
    "place",
  );
  const packets: Expr[] = [];
  for (let i = 0; i < block[0]; i++) {
    for (let j = 0; j < block[1]; j++) {
      emitter.phase([], memory, () => {
        emitter.emit({
          kind: "store_matrix",
          name: names[i * block[1] + j]!,
          place: {
            ...{ type: product.matrix("result"), array: array.name, indices: [warp] },
            ...{ offset: 0, stride, major: "row" },
          },
        });
      });
      emitter.phase(memory, [], () => {
        for (let register = 0; register < registerCount(layout); register += 4) {
          const row = registerCoordinate(layout, register, 0);
          const column = registerCoordinate(layout, register, 1);
          if (Math.floor(row / m) !== i || Math.floor(column / n) !== j) continue;
          const index = add(place, int(row % m * stride));
          packets[register / 4] = emitter.bind({
            kind: "shared",
            ...{ array: array.name, indices: [warp, index], type: { dtype: sum, width: 4 } },
          }, "sum");
        }
      });
    }
  }
  return packets;
}
