/**
 * Operands of matrix units in workgroup memory.
 *
 * Workgroup arrays have a dimension for the warps that share rows or columns, the **panels**, so that
 * all but the panel's number is constant where a matrix lies. Where it is not, Tint computes offset and
 * stride anew for each access, to stay inside whatever they are, and drivers then load element by
 * element: 4096x4096 f16 products on an H100 ran at 185 TFLOPS instead of 255 (webgpu 0.6.2).
 */

import { bool, type DType, i32 } from "../../ir/dtype.ts";
import type { Value } from "../../ir/graph.ts";
import type { Expr, MatrixType, Memory, SharedArray, VectorType } from "../../ir/invocation.ts";
import { vectorWidth } from "../../layout/layouts.ts";
import type { LinearLayout } from "../../layout/linear_layout.ts";
import type { Context } from "../context.ts";
import type { Emitter } from "../emitter.ts";
import { add, int, literal, mul, op as operation } from "../expr.ts";
import { onlyOnce } from "../memory.ts";
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
} from "../registers.ts";
import type { Product } from "./shapes.ts";
import { elementsInWords, inWords, WORDS } from "./words.ts";

/** Bytes between rows that are staged, so that a column of them falls into different banks. */
export const PADDING = 16;

/** A workgroup array to come. */
export interface SharedPlan {
  /** Of an item of the array. */
  readonly type: VectorType;
  readonly dims: readonly [panels: number, items: number];
  readonly panels: true;
}

export function bytesOf({ type, dims }: SharedPlan): number {
  return type.width * type.dtype.bytes * dims[0] * dims[1];
}

/** How an operand is staged, in panels of [free, k] or [k, free]. */
export interface Plan extends SharedPlan {
  /** Which dimension is contiguous: that of k, or the one that the result has too. */
  readonly minor: "k" | "free";
  /** Elements in an item of the array. */
  readonly width: number;
  /** Items from one row to the next. */
  readonly stride: number;
  /** Elements along the free dimension in a panel. */
  readonly panel: number;
}

/** An operand in workgroup memory. */
export interface Staged extends Plan {
  readonly array: SharedArray;
}

/**
 * How `depth` values of k of an operand are staged, whose dimension `free` the result has too. It is
 * contiguous along the dimension along which it was loaded in vectors.
 */
export function planned(
  operand: Value,
  free: 0 | 1,
  product: Product,
  depth: number,
): Plan {
  const layout = operand.type.layout!, along = packetAxis(layout);
  const minor = along === free ? "free" : "k";
  const panels = product.warps[free], panel = product.shape[free] / panels;
  const { type, width } = itemOf(product.component, layout, along);
  const [rows, run] = minor === "free" ? [depth, panel] : [panel, depth];
  const stride = (run + PADDING / product.component.bytes) / width;
  return { type, dims: [panels, rows * stride], panels: true, minor, width, stride, panel };
}

/** What an item of a staged operand is, and how many elements are in it. */
function itemOf(
  component: DType,
  layout: LinearLayout,
  along: number | undefined,
): { readonly type: VectorType; readonly width: number } {
  // 8-bit integers are packed, four to an item.
  if (component.bytes === 1) return { type: { dtype: i32, width: 1 }, width: 4 };
  const whole = elementsInWords(component), width = packetWidth(registerCount(layout));
  if (along === undefined) return { type: { dtype: component, width: 1 }, width: 1 };
  if (vectorWidth(layout, along) >= whole) return { type: WORDS, width: whole };
  return { type: { dtype: component, width }, width };
}

/** Makes room for what is planned; `own` says that no other operation is given it. */
export function staged(context: Context, plan: Plan, own: boolean): Staged {
  const { emitter } = context, { type, dims } = plan;
  const array = own
    ? emitter.ownSharedArray(type, dims)
    : emitter.sharedArray(type, dims, { panels: true });
  return { ...plan, array };
}

export function memoryOf(staged: readonly Staged[]): Memory[] {
  return staged.map(({ array }) => ({ scope: "workgroup", name: array.name }));
}

/** Writes the values of k from `start` on of an operand to where it is staged. */
export function fill(
  context: Context,
  operand: Value,
  free: 0 | 1,
  { array, minor, width, stride, panel }: Staged,
  start: number,
  depth: number,
): void {
  const { emitter } = context, layout = operand.type.layout!;
  const packets = context.get(operand), kDim = 1 - free;
  const packed = array.type.dtype === i32;
  const perPacket = context.words.has(operand) ? width : packets[0]!.type.width;
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
            : width < perPacket
            ? registerOf(packets, register)
            : width === perPacket
            ? packets[register / perPacket]!
            : inWords(packets.slice(register / perPacket, (register + width) / perPacket)),
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
  return Array.from({ length: count }, (_, i) => registerOf(packets, register + i));
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
export function loadMatrix(
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
