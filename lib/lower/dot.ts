/**
 * Matrix products: both operands are staged in workgroup memory once, and every invocation multiplies
 * its rows of a with its columns of b into a block of accumulators held in registers. Where an invocation
 * has all rows of its columns, it has those of b in registers, and a alone is staged.
 *
 * Workgroup arrays have two dimensions, indexed by one loop-invariant name and one constant where
 * possible: an index that WGSL clamps can then be clamped once, outside the loop.
 */

import { bool, type DType, f16, i32 } from "../ir/dtype.ts";
import type { Op, Value } from "../ir/graph.ts";
import type { Expr, Memory, SharedArray, VectorType, Width } from "../ir/invocation.ts";
import type { Native } from "../ir/native.ts";
import { dtypeOf, size } from "../ir/type.ts";
import { hasColumnsOfB, reshaped } from "../layout/layouts.ts";
import type { LinearLayout } from "../layout/linear_layout.ts";
import type { Context } from "./context.ts";
import { add, exprKey, int, literal, mul, named, op as operation, slice, vector } from "./expr.ts";
import { keyOf, places } from "./lane_dot.ts";
import { onlyOnce } from "./memory.ts";
import {
  coordinate,
  packetAxis,
  packetWidth,
  registerCoordinate,
  registerCount,
  registerOf,
  replicatedMask,
  threadCoordinate,
} from "./registers.ts";

/**
 * An operand in workgroup memory: a two-dimensional array of vectors along the operand's dimension
 * `minor`, which is the array's second. Rows are padded where columns are read down.
 */
interface Staged {
  readonly array: SharedArray;
  readonly minor: 0 | 1;
  readonly width: Width;
  /** Which half of the array, as its first index, where it is double-buffered. */
  readonly half: readonly Expr[];
  /** Rows of one matrix of a batch, where the array has a dimension for which of them. */
  readonly rows?: number | undefined;
}

/** A product as the lowering sees it: two dimensions, the rows of a batch one below the other. */
class Product {
  readonly a: Value;
  readonly b: Value;
  readonly layoutA: LinearLayout;
  readonly layoutB: LinearLayout;
  readonly layout: LinearLayout;
  /** Rows of one product of the batch. */
  readonly M: number;
  readonly K: number;
  readonly N: number;
  readonly batch: number;
  readonly sum: DType;
  /** What operands are staged as, and multiplied in: the sums' dtype, or f16 where `terms` may be summed so. */
  readonly factor: DType;
  /** How many products are summed before they are added to the sums; as many as are written out if not told. */
  readonly terms: number | undefined;
  /** Whether each invocation has its columns of b in registers. */
  readonly byColumns: boolean;

  constructor(op: Op, native: Native) {
    this.a = op.operand(0);
    this.b = op.operand(1);
    const [M, K] = this.a.type.shape.slice(-2) as [number, number];
    const N = this.b.type.shape.at(-1)!;
    [this.M, this.K, this.N] = [M, K, N];
    this.batch = size(this.a.type) / (M * K);
    this.layoutA = reshaped(this.a.type.layout!, [this.batch * M, K]);
    this.layoutB = reshaped(this.b.type.layout!, [this.batch * K, N]);
    this.layout = reshaped(op.result.type.layout!, [this.batch * M, N]);
    this.sum = dtypeOf(op.result.type);
    const terms = op.attributes["terms"];
    const half = native.f16 && [this.a, this.b].every(({ type }) => dtypeOf(type) === f16);
    this.terms = half && typeof terms === "number" && terms > 1 ? terms : undefined;
    this.factor = this.terms === undefined ? this.sum : f16;
    const { lane, warp } = this.layout.bases;
    this.byColumns = this.batch === 1 && [...lane, ...warp].every(([m, n]) => m === 0 && n !== 0) &&
      hasColumnsOfB(this.layoutB, this.layout);
  }
}

/** @param accumulator Variables to add to in place; without them acc is copied to new ones. */
export function lowerDot(context: Context, op: Op, accumulator: readonly Expr[] | undefined): void {
  const { emitter } = context;
  const product = new Product(op, context.options.native), { K } = product;
  context.productsLeft--;
  const depth = stagedDepth(context, product);
  const plans = plansFor(product, depth);
  const half = depth === K ? halfFor(context, plans) : undefined;
  const [stagedA, stagedB] = plans.map((plan) => staged(context, plan, half)) as [Staged, Staged?];
  const b = stagedB ?? held(context, product);
  const memory = [stagedA, ...stagedB ? [stagedB] : []].map(({ array }): Memory => ({
    scope: "workgroup",
    name: array.name,
  }));
  const sums = accumulator ??
    context.variables(op.result.type, op.result.hint ?? "acc", context.get(op.operand(2)));
  for (let start = 0; start < K; start += depth) {
    const part = (dim: 0 | 1) => depth < K && { start: start / depth, depth, dim };
    const written = half ? memory.map((x): Memory => ({ ...x, alternating: true })) : memory;
    emitter.phase([], written, () => {
      fill(context, product.a, product.layoutA, stagedA, product.factor, part(1));
      if (stagedB) fill(context, product.b, product.layoutB, stagedB, product.factor, part(0));
    });
    emitter.phase(memory, [], () => {
      const step = stagedB
        ? stepsAtOnce(depth, stagedA, sums.length, context.options.unroll)
        : depth;
      const count = depth / step;
      const chunk = (index: Expr) => multiply(context, product, stagedA, b, sums, index, step);
      if (count === 1) return chunk(int(0));
      const name = emitter.name("k");
      const body = emitter.block(() => chunk(named(name, { dtype: i32, width: 1 })));
      emitter.emit({ kind: "for", name, start: int(0), end: int(count), step: int(1), body });
    });
  }
  if (half) emitter.assign(half, operation("sub", [int(1), half]));
  context.alias(op.result, sums);
}

/**
 * A variable that says which half of double-buffered arrays a product in a loop writes to and then
 * reads: 0 and 1 in turn, so that nobody has to wait before writing until all others have read. Undefined
 * outside of loops and where memory has no room for both halves.
 */
function halfFor(context: Context, plans: readonly Plan[]): Expr | undefined {
  const { emitter, options } = context;
  if (!options.doubleBuffer || !emitter.isNested) return undefined;
  const room = options.workgroupBytes - LEAST_BYTES * context.productsLeft;
  const twice = plans.map(({ type, dims }) => ({ type, dims: [2, ...dims] }));
  if (emitter.sharedBytesWith(twice) > room) return undefined;
  return emitter.variableOutside({ dtype: i32, width: 1 }, "half", int(0));
}

/** How many steps along k are written out: all, or as many as fit, in a loop. */
function stepsAtOnce(
  depth: number,
  { minor, width }: Staged,
  sums: number,
  unroll: number,
): number {
  const least = minor === 1 ? Math.min(width, depth) : 1; // vectors of a along k are read whole
  let steps = depth;
  while (steps > least && steps * sums > unroll) steps /= 2;
  return steps;
}

/**
 * How many values of k are staged at a time: all of them, or as many as workgroup memory takes beside what
 * is there already and what later products need at the least.
 */
function stagedDepth(context: Context, product: Product): number {
  const { emitter, options } = context, { batch, K } = product;
  const room = options.workgroupBytes - LEAST_BYTES * context.productsLeft;
  const bytes = (depth: number) => emitter.sharedBytesWith(plansFor(product, depth));
  let depth = K;
  if (product.byColumns) return depth;
  // Splitting a batch's b into parts along k would scatter its rows.
  while (batch === 1 && depth > 4 && bytes(depth) > room) depth /= 2;
  return depth;
}

/** Workgroup memory that is left for each product to come. */
const LEAST_BYTES = 4096;

/** How an operand is staged, before it has an array. */
interface Plan extends Pick<Staged, "minor" | "width" | "rows"> {
  readonly type: VectorType;
  readonly dims: readonly number[];
}

/** How what is staged of a product is: a, and b unless that is in registers. */
function plansFor(product: Product, depth: number): readonly Plan[] {
  return product.byColumns
    ? [operandA(product, depth)]
    : [operandA(product, depth), operandB(product, depth)];
}

/** b in registers. */
type Held = (k: number, column: number) => Expr;

function held(context: Context, { b, layoutB, factor }: Product): Held {
  const { emitter } = context;
  const packets = context.get(b).map((packet) =>
    emitter.bind(operation("cast", [packet], factor, { to: factor.name }), b.hint)
  );
  const at = places(layoutB);
  return (k, column) => registerOf(packets, at.get(keyOf(k, column))!.register);
}

/** a [M, depth]: by vectors along whichever dimension it was loaded by. */
function operandA({ layoutA, layout, M, batch, factor }: Product, depth: number): Plan {
  const along = packetAxis(layoutA), width = packetWidth(registerCount(layoutA)), rows = batch * M;
  const held = layout.bases.register.filter((basis) => basis[0] !== 0).length;
  if (along === 1 && width === 4) return plan(factor, 1, 4, [rows, depth / 4 + 1]);
  // A thread reads whole vectors along M when it holds at least four rows.
  if (along === 0 && width === 4 && held >= 2) {
    return plan(factor, 0, 4, [depth, rows / 4 + padding(layoutA, 1)]);
  }
  return plan(factor, 1, 1, [rows, depth + 1]);
}

/** b [depth, N], or [batch, depth, N]: by vectors along N when both it and the accumulators have them. */
function operandB({ layoutB, layout, N, batch, factor }: Product, depth: number): Plan {
  const vectors = [layoutB, layout].every((l) =>
    packetAxis(l) === 1 && packetWidth(registerCount(l)) === 4
  );
  const dims = batch > 1 ? [batch, depth] : [depth];
  const made = vectors
    ? plan(factor, 1, 4, [...dims, N / 4 + padding(layoutB, 0)])
    : plan(factor, 1, 1, [...dims, N + 1]);
  return batch > 1 ? { ...made, rows: depth } : made;
}

function plan(dtype: DType, minor: 0 | 1, width: Width, dims: readonly number[]): Plan {
  return { type: { dtype, width }, minor, width, dims };
}

function staged(
  context: Context,
  { type, minor, width, dims, rows }: Plan,
  half: Expr | undefined,
): Staged {
  const { emitter } = context;
  return half
    ? { array: emitter.ownSharedArray(type, [2, ...dims]), minor, width, rows, half: [half] }
    : { array: emitter.sharedArray(type, dims), minor, width, rows, half: [] };
}

/** A vector more in each row where neighbouring lanes write to neighbouring rows, of one bank otherwise. */
function padding(layout: LinearLayout, k: 0 | 1): number {
  return layout.bases.lane[0]?.[k] ? 1 : 0;
}

/** A coordinate divided by a power of two that divides it. */
function divided(x: Expr, width: Width): Expr {
  return operation("shr", [x, int(Math.log2(width))]);
}

/** Which matrix of a batch a row is of, and which of its rows; the row alone where there is no batch. */
function split(row: Expr, rows: number | undefined): Expr[] {
  if (rows === undefined) return [row];
  return [
    operation("shr", [row, int(Math.log2(rows))]),
    operation("and", [row, int(rows - 1)]),
  ];
}

/** Writes an operand to where it is staged, widened; only part `start` of its dimension `dim`, if given. */
function fill(
  context: Context,
  operand: Value,
  layout: LinearLayout,
  { array, minor, width, half, rows }: Staged,
  factor: DType,
  part: false | { readonly start: number; readonly depth: number; readonly dim: 0 | 1 },
): void {
  const { emitter } = context;
  const packets = context.get(operand);
  emitter.when(onlyOnce(replicatedMask(layout)), () => {
    for (let register = 0; register < registerCount(layout); register += width) {
      const at = [0, 1].map((dim) => coordinate(emitter, layout, register, dim));
      let inside: Expr = literal(1, bool);
      if (part) {
        const k = at[part.dim]!;
        const which = operation("shr", [k, int(Math.log2(part.depth))]);
        inside = operation("eq", [which, int(part.start)], bool);
        at[part.dim] = operation("and", [k, int(part.depth - 1)]);
      }
      const value = width === 1
        ? registerOf(packets, register)
        : packets[register / packets[0]!.type.width]!;
      emitter.when(inside, () =>
        emitter.emit({
          kind: "store_shared",
          array: array.name,
          indices: [...half, ...split(at[1 - minor]!, rows), divided(at[minor]!, width)],
          value: operation("cast", [value], factor, { to: factor.name }),
        }));
    }
  });
}

/**
 * Adds the products of `step` values of k, from `index * step` on, to the accumulators; of each `terms` of
 * them the sum, if that is told.
 */
function multiply(
  context: Context,
  { layout, M, sum, factor, terms }: Product,
  a: Staged,
  b: Staged | Held,
  sums: readonly Expr[],
  index: Expr,
  step: number,
): void {
  const { emitter } = context;
  const known = new Map<string, Expr>();
  const read = (hint: string, { array, width, half }: Staged, indices: readonly Expr[]): Expr => {
    const type = { dtype: factor, width };
    const x: Expr = { kind: "shared", array: array.name, indices: [...half, ...indices], type };
    const key = exprKey(x);
    if (!known.has(key)) known.set(key, emitter.bind(x, hint));
    return known.get(key)!;
  };
  const outside = (x: Expr, hint: string) => emitter.bindOutside(x, hint);
  const k = (kk: number) => emitter.bind(add(mul(index, int(step)), int(kk)), "k");

  /** Element (row of `register`, kk) of a. */
  const elementOfA = eachOnce(
    (register) => registerCoordinate(layout, register, 0),
    (register, kk) => {
      const row = coordinate(emitter, layout, register, 0);
      if (a.minor === 1) {
        const m = outside(row, "m");
        if (a.width === 1) return read("a", a, [m, k(kk)]);
        const quadOfK = add(mul(index, int(step / 4)), int(Math.floor(kk / 4)));
        return slice(read("a", a, [m, emitter.bind(quadOfK, "k")]), kk % 4);
      }
      const within = registerCoordinate(layout, register, 0) % 4;
      const quad = outside(divided(add(row, int(-within)), 4), "m");
      return slice(read("a", a, [k(kk), quad]), within);
    },
  );
  /** Which matrix of the batch a register's row is of: bits of the thread's part and of its own are apart. */
  const matrixOf = (register: number): Expr => {
    const bits = Math.log2(M), own = registerCoordinate(layout, register, 0) >> bits;
    const thread = operation("shr", [threadCoordinate(emitter, layout, 0), int(bits)]);
    return outside(add(thread, int(own)), "which");
  };
  const placeInB = (register: number) => {
    const column = registerCoordinate(layout, register, 1);
    return typeof b === "function" || b.rows === undefined
      ? column
      : `${registerCoordinate(layout, register, 0)},${column}`;
  };
  /** Element (kk, column of `register`) of b, and of the matrix that its row is of. */
  const elementOfB = eachOnce(placeInB, (register, kk) => {
    if (typeof b === "function") return b(kk, registerCoordinate(layout, register, 1));
    const column = coordinate(emitter, layout, register, 1);
    const which = b.rows === undefined ? [] : [matrixOf(register)];
    const at = [...which, k(kk)];
    if (b.width === 1) return read("b", b, [...at, outside(column, "n")]);
    const within = registerCoordinate(layout, register, 1) % 4;
    const quad = outside(divided(add(column, int(-within)), 4), "n");
    return slice(read("b", b, [...at, quad]), within);
  });

  const width = sums[0]!.type.width;
  const parts = (packet: number, element: (register: number) => Expr) =>
    vector(Array.from({ length: width }, (_, i) => element(packet * width + i)), width);
  let few: Expr[] = [];
  for (let kk = 0; kk < step; kk++) {
    const first = terms !== undefined && kk % terms === 0;
    const last = terms !== undefined && (kk + 1 === step || (kk + 1) % terms === 0);
    sums.forEach((total, packet) => {
      const left = parts(packet, (register) => elementOfA(register, kk));
      const right = parts(packet, (register) => elementOfB(register, kk));
      const product = mul(left, right);
      if (first) {
        few[packet] = emitter.variable({ dtype: factor, width }, "few", product);
      } else {
        // Drivers fuse this where the device can; `fma` is a slow function where it cannot (lavapipe).
        const to = few[packet] ?? total;
        emitter.assign(to, add(product, to));
      }
    });
    if (!last) continue;
    sums.forEach((total, packet) =>
      emitter.assign(total, add(operation("cast", [few[packet]!], sum, { to: sum.name }), total))
    );
    few = [];
  }
}

/**
 * `element(register, kk)`, built once for all registers of one place: a block of 8 by 8 sums has 8 rows
 * and 8 columns, and asks for an element of both 64 times.
 */
function eachOnce(
  placeOf: (register: number) => number | string,
  element: (register: number, kk: number) => Expr,
): (register: number, kk: number) => Expr {
  const built: Map<number | string, Expr>[] = [];
  return (register, kk) => {
    const ofStep = built[kk] ??= new Map();
    const place = placeOf(register);
    let x = ofStep.get(place);
    if (x === undefined) ofStep.set(place, x = element(register, kk));
    return x;
  };
}
