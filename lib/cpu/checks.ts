/**
 * What the sanitiser watches while programs run on the CPU, besides accesses outside of tensors,
 * which are errors in any case:
 *
 * - a load of memory that was never written
 * - stores of different values to one element by two programs of a launch, of which any may win
 * - a NaN that arises from finite numbers and is stored; one that is masked off, or selected away,
 *   is nobody's concern
 * - an i32 overflow on the way to a pointer
 *
 * Shadows hold a byte for each byte of memory that says whether it was written, and for each launch the
 * program that stored an element last.
 */

import { type HostArray, isFloat, type Numeric } from "../ir/dtype.ts";
import { type Graph, type Op, type Value, walk } from "../ir/graph.ts";
import type { OpName } from "../ir/ops.ts";
import { coordinates, tupleText } from "../ir/reports.ts";
import { dtypeOf, isPointer, type Type } from "../ir/type.ts";
import { fail } from "./failure.ts";
import type { Frame, Operand, Planner, Watch } from "./planner.ts";

/** For each byte of a buffer, whether it was ever written; undefined for buffers that are not watched. */
export type WrittenOf = (buffer: ArrayBufferLike) => Uint8Array | undefined;

/** Where a NaN came from. */
interface Origin {
  readonly op: Op;
  readonly index: number;
}

/** What is watched during a launch. */
export class Checks {
  readonly #frame: Frame;
  readonly #writtenOf: WrittenOf;
  /** By buffer, for each byte that an element begins at, the program that stored it, from 1 on. */
  readonly #stored = new Map<ArrayBufferLike, Int32Array>();
  #origin: Origin | undefined;
  #program = 0;

  constructor(frame: Frame, writtenOf: WrittenOf) {
    this.#frame = frame;
    this.#writtenOf = writtenOf;
  }

  /** A program begins. */
  begin(): void {
    this.#program++;
    this.#origin = undefined;
  }

  /** Takes note of a NaN, unless there was one before in this program. */
  arises(op: Op, index: number): void {
    this.#origin ??= { op, index };
  }

  /** An element is about to be loaded. */
  load(op: Op, base: string, memory: HostArray, at: number): void {
    const written = this.#writtenOf(memory.buffer);
    if (!written || written[placeOf(memory, at)]) return;
    fail(
      this.#frame,
      op,
      `Cannot load element ${at} of '${base}': it was never written`,
      "Make the tensor with device.zeros(…), or store to the element before",
    );
  }

  /** A number is about to be stored, as memory will hold it: the bits of an encoded float. */
  store(
    op: Op,
    base: string,
    memory: HostArray,
    at: number,
    value: Numeric,
    held: Numeric,
  ): void {
    const place = placeOf(memory, at);
    this.#written(memory, at);
    if (Number.isNaN(value) && this.#origin) this.#failNan(base, at, this.#origin);
    let stored = this.#stored.get(memory.buffer);
    if (!stored) {
      this.#stored.set(memory.buffer, stored = new Int32Array(memory.buffer.byteLength));
    }
    const other = stored[place]!, old = memory[at]!;
    stored[place] = this.#program;
    if (other === 0 || other === this.#program || Object.is(old, held)) return;
    const { grid: [x, y] } = this.#frame, first = other - 1;
    const who = [first % x, Math.floor(first / x) % y, Math.floor(first / (x * y))];
    fail(
      this.#frame,
      op,
      `Cannot store ${value} to element ${at} of '${base}': program ${
        tupleText(who)
      } of the same launch stored another value there, and any of the two may come last`,
      "Let one program write each element, or combine them: tl.atomicAdd and its like",
    );
  }

  /** An element was changed by an atomic operation. */
  update(memory: HostArray, at: number): void {
    this.#written(memory, at);
  }

  #written(memory: HostArray, at: number): void {
    this.#writtenOf(memory.buffer)?.fill(1, placeOf(memory, at), placeOf(memory, at + 1));
  }

  #failNan(base: string, at: number, { op, index }: Origin): never {
    fail(
      this.#frame,
      op,
      `A NaN arises from finite numbers in '${op.name}'${
        placeText(op.result.type, index)
      }, and one is stored to element ${at} of '${base}'`,
      "Keep the operands where the function is defined, or select what it gives elsewhere: tl.where(…)",
    );
  }
}

/** Where an element begins in its buffer, in bytes. */
function placeOf({ byteOffset, byteLength, length }: HostArray, at: number): number {
  return byteOffset + at * (byteLength / length);
}

/** ` at element (2, 5)` of a tile; nothing for a scalar. */
function placeText({ shape }: Type, index: number): string {
  return shape.length === 0 ? "" : ` at element ${tupleText(coordinates(index, shape))}`;
}

/** Watches an elementwise operation. Its result must not have taken an operand's place. */
export function watchElementwise(
  planner: Planner,
  { offsets }: Watch,
  op: Op,
  operands: readonly Operand[],
  out: Operand,
): void {
  if (offsets.has(op)) watchOverflow(planner, op, operands, out);
  else if (isFloat(dtypeOf(op.result.type)) && !MEANT.has(op.name)) {
    watchNan(planner, op, operands, out);
  }
}

/** Operations of floats whose NaNs are meant. */
const MEANT: ReadonlySet<OpName> = new Set<OpName>(["bitcast", "select", "hint"]);

/** Watches for NaNs from finite numbers. */
function watchNan(planner: Planner, op: Op, operands: readonly Operand[], out: Operand): void {
  const { frame } = planner;
  planner.push(() => {
    const n = out.array.length;
    for (let i = 0; i < n; i++) {
      if (!Number.isNaN(out.array[i])) continue;
      const isFinite = operands.every(({ array, mask }) =>
        Number.isFinite(Number(array[i & mask]))
      );
      if (isFinite) frame.checks!.arises(op, i);
    }
  });
}

/** What may overflow on the way to a pointer: its operator, and the exact result. */
const SUMS: Partial<Record<OpName, readonly [string, (a: number, b: number) => number]>> = {
  add: ["+", (a, b) => a + b],
  sub: ["-", (a, b) => a - b],
  mul: ["*", (a, b) => a * b],
  shl: ["<<", (a, b) => a * 2 ** (b & 31)],
  ptr_add: ["+", (a, b) => a + b],
};

/** Operations that only move what is on the way to a pointer. */
const MOVING: ReadonlySet<OpName> = new Set<OpName>([
  ...["splat", "broadcast", "expand_dims", "reshape", "permute", "hint"] as const,
]);

/** The operations of i32 whose results become, by sums and products alone, the offsets of pointers. */
export function offsetOps(graph: Graph): ReadonlySet<Op> {
  const found = new Set<Op>();
  const follow = (value: Value): void => {
    const op = value.def;
    if (!op || found.has(op)) return;
    const isSum = SUMS[op.name] !== undefined;
    if (!isSum && !MOVING.has(op.name)) return;
    if (!isPointer(value.type.element) && dtypeOf(value.type).name !== "i32") return;
    found.add(op);
    op.operands.forEach(follow);
  };
  walk(graph.body, (op) => {
    if (op.name === "ptr_add") follow(op.result);
  });
  return new Set([...found].filter((op) => SUMS[op.name]));
}

/** Watches for sums and products that an i32 does not hold. */
function watchOverflow(planner: Planner, op: Op, operands: readonly Operand[], out: Operand): void {
  const { frame } = planner, [operator, exact] = SUMS[op.name]!;
  const [a, b] = operands as [Operand, Operand];
  planner.push(() => {
    const n = out.array.length;
    for (let i = 0; i < n; i++) {
      const x = Number(a.array[i & a.mask]), y = Number(b.array[i & b.mask]), wide = exact(x, y);
      if (wide === Number(out.array[i])) continue;
      fail(
        frame,
        op,
        `An offset overflows: ${x} ${operator} ${y} is ${wide}, more than an i32 holds${
          placeText(op.result.type, i)
        }`,
        "Elements of a tensor have indices below 2147483648: check sizes, strides and masks",
      );
    }
  });
}
