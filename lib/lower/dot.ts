/**
 * Matrix products: both operands are staged in workgroup memory once, and every invocation multiplies
 * its rows of a with its columns of b into a block of accumulators held in registers.
 *
 * Workgroup arrays have two dimensions, indexed by one loop-invariant name and one constant where
 * possible: an index that WGSL clamps can then be clamped once, outside the loop.
 */

import { f32, i32 } from "../ir/dtype.ts";
import type { Op, Value } from "../ir/graph.ts";
import type { Expr, Memory, SharedArray, Width } from "../ir/invocation.ts";
import type { LinearLayout } from "../layout/linear_layout.ts";
import type { Context } from "./context.ts";
import { add, exprKey, int, mul, named, op as operation, slice, vector } from "./expr.ts";
import { onlyOnce } from "./memory.ts";
import {
  coordinate,
  packetAxis,
  packetWidth,
  registerCoordinate,
  registerCount,
  registerOf,
  replicatedMask,
} from "./registers.ts";

/**
 * An operand in workgroup memory: a two-dimensional array of vectors along the operand's dimension
 * `minor`, which is the array's second. Rows are padded where columns are read down.
 */
interface Staged {
  readonly array: SharedArray;
  readonly minor: 0 | 1;
  readonly width: Width;
}

/** @param accumulator Variables to add to in place; without them acc is copied to new ones. */
export function lowerDot(context: Context, op: Op, accumulator: readonly Expr[] | undefined): void {
  const { emitter } = context;
  const a = op.operand(0), b = op.operand(1), layout = op.result.type.layout!;
  const stagedA = stageA(context, a, layout), stagedB = stageB(context, b, layout);
  const memory: Memory[] = [stagedA, stagedB].map(({ array }) => ({
    scope: "workgroup",
    name: array.name,
  }));
  emitter.phase([], memory, () => {
    fill(context, a, stagedA);
    fill(context, b, stagedB);
  });
  emitter.phase(memory, [], () => {
    const sums = accumulator ??
      context.variables(op.result.type, op.result.hint ?? "acc", context.get(op.operand(2)));
    const K = a.type.shape[1]!, step = Math.min(4, K), chunks = K / step;
    const chunk = (index: Expr) => multiply(context, layout, stagedA, stagedB, sums, index, step);
    if (K * sums.length <= context.options.unroll) {
      for (let i = 0; i < chunks; i++) chunk(int(i));
    } else {
      const name = emitter.name("k");
      const body = emitter.block(() => chunk(named(name, { dtype: i32, width: 1 })));
      emitter.emit({ kind: "for", name, start: int(0), end: int(chunks), step: int(1), body });
    }
    context.alias(op.result, sums);
  });
}

/** a [M, K]: by vectors along whichever dimension it was loaded by. */
function stageA(context: Context, a: Value, acc: LinearLayout): Staged {
  const [M, K] = a.type.shape as [number, number], layout = a.type.layout!;
  const along = packetAxis(layout), width = packetWidth(registerCount(layout));
  const rows = acc.bases.register.filter((basis) => basis[0] !== 0).length;
  if (along === 1 && width === 4) return staged(context, 1, 4, [M, K / 4 + 1]);
  // A thread reads whole vectors along M when it holds at least four rows.
  if (along === 0 && width === 4 && rows >= 2) return staged(context, 0, 4, [K, M / 4 + 1]);
  return staged(context, 1, 1, [M, K + 1]);
}

/** b [K, N]: by vectors along N when both it and the accumulators have them. */
function stageB(context: Context, b: Value, acc: LinearLayout): Staged {
  const [K, N] = b.type.shape as [number, number], layout = b.type.layout!;
  const vectors = [layout, acc].every((l) =>
    packetAxis(l) === 1 && packetWidth(registerCount(l)) === 4
  );
  return vectors ? staged(context, 1, 4, [K, N / 4]) : staged(context, 1, 1, [K, N + 1]);
}

function staged(context: Context, minor: 0 | 1, width: Width, dims: readonly number[]): Staged {
  return { array: context.emitter.sharedArray({ dtype: f32, width }, dims), minor, width };
}

/** A coordinate divided by a power of two that divides it. */
function divided(x: Expr, width: Width): Expr {
  return operation("shr", [x, int(Math.log2(width))]);
}

/** Writes an operand to where it is staged, widened to f32. */
function fill(context: Context, operand: Value, { array, minor, width }: Staged): void {
  const { emitter } = context;
  const layout = operand.type.layout!, packets = context.get(operand);
  emitter.when(onlyOnce(replicatedMask(layout)), () => {
    for (let register = 0; register < registerCount(layout); register += width) {
      const at = [0, 1].map((dim) => coordinate(emitter, layout, register, dim));
      const value = width === 1
        ? registerOf(packets, register)
        : packets[register / packets[0]!.type.width]!;
      emitter.emit({
        kind: "store_shared",
        array: array.name,
        indices: [at[1 - minor]!, divided(at[minor]!, width)],
        value: operation("cast", [value], f32, { to: f32.name }),
      });
    }
  });
}

/** Adds the products of `step` values of k, from `index * step` on, to the accumulators. */
function multiply(
  context: Context,
  layout: LinearLayout,
  a: Staged,
  b: Staged,
  sums: readonly Expr[],
  index: Expr,
  step: number,
): void {
  const { emitter } = context;
  const known = new Map<string, Expr>();
  const read = (hint: string, { array, width }: Staged, indices: readonly Expr[]): Expr => {
    const x: Expr = { kind: "shared", array: array.name, indices, type: { dtype: f32, width } };
    const key = exprKey(x);
    if (!known.has(key)) known.set(key, emitter.bind(x, hint));
    return known.get(key)!;
  };
  const outside = (x: Expr, hint: string) => emitter.bindOutside(x, hint);
  const k = (kk: number) => emitter.bind(add(mul(index, int(step)), int(kk)), "k");

  /** Element (row of `register`, kk) of a. */
  const elementOfA = (register: number, kk: number): Expr => {
    const row = coordinate(emitter, layout, register, 0);
    if (a.minor === 1) {
      const m = outside(row, "m");
      return a.width === 4 ? slice(read("a", a, [m, index]), kk) : read("a", a, [m, k(kk)]);
    }
    const within = registerCoordinate(layout, register, 0) % 4;
    const quad = outside(divided(add(row, int(-within)), 4), "m");
    return slice(read("a", a, [k(kk), quad]), within);
  };
  /** Element (kk, column of `register`) of b. */
  const elementOfB = (register: number, kk: number): Expr => {
    const column = coordinate(emitter, layout, register, 1);
    if (b.width === 1) return read("b", b, [k(kk), outside(column, "n")]);
    const within = registerCoordinate(layout, register, 1) % 4;
    const quad = outside(divided(add(column, int(-within)), 4), "n");
    return slice(read("b", b, [k(kk), quad]), within);
  };

  const width = sums[0]!.type.width;
  const parts = (packet: number, element: (register: number) => Expr) =>
    vector(Array.from({ length: width }, (_, i) => element(packet * width + i)), width);
  for (let kk = 0; kk < step; kk++) {
    sums.forEach((sum, packet) => {
      const left = parts(packet, (register) => elementOfA(register, kk));
      const right = parts(packet, (register) => elementOfB(register, kk));
      // Drivers fuse this where the device can; `fma` is a slow function where it cannot (lavapipe).
      emitter.assign(sum, add(mul(left, right), sum));
    });
  }
}
