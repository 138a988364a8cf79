/**
 * Scans: each element combined with all before it along an axis.
 *
 * Goes over the bits of the position along the axis, the lowest first. Before bit p, every element
 * is combined with those before it in its block of 2^p neighbours, and the total of each block is
 * known. Two blocks that differ in bit p then make one: the total of the first is combined with every
 * element of the second. Where the bit is one of the register's number, both are at hand; where it is
 * one of the invocation's index, totals are exchanged.
 */

import type { Op } from "../ir/graph.ts";
import type { Expr } from "../ir/invocation.ts";
import { type AxisBit, axisBits, hasBits, lacksBits } from "./axis_bits.ts";
import type { Context } from "./context.ts";
import { exchanged } from "./exchange.ts";
import { op as operation } from "./expr.ts";
import { combined, type Row } from "./reduce.ts";
import { gather, registerCount, registerOf } from "./registers.ts";

export function lowerScan(context: Context, op: Op): void {
  const layout = op.results[0]!.type.layout!;
  const scan = new Scan(context, op, layout.bases.lane.length);
  const bits = axisBits(layout, op.number("axis"));
  for (let first = 0; first < bits.length;) {
    const bit = bits[first]!;
    if (bit.input === "register") {
      scan.acrossRegisters(bit.mask);
      first++;
      continue;
    }
    const run: AxisBit[] = [];
    while (bits[first]?.input === "invocation") run.push(bits[first++]!);
    scan.acrossInvocations(run.map(({ mask }) => mask), first === bits.length);
  }
  op.results.forEach((result, k) => {
    const elements = scan.values.map((row) => row[k]!);
    context.define(result, gather(elements, elements.map((_, i) => i)));
  });
}

class Scan {
  /** What each register holds. */
  readonly values: Row[];
  /** The total of the block that a register lies in, by the register without the bits gone over. */
  readonly #totals = new Map<number, Row>();
  readonly #reverse: boolean;
  /** The bits of the register's number gone over. */
  #done = 0;

  constructor(readonly context: Context, readonly op: Op, readonly lanes: number) {
    const operands = op.operands.map((operand) => context.get(operand));
    const count = registerCount(op.operand(0).type.layout!);
    this.values = Array.from(
      { length: count },
      (_, register) =>
        operands.map((packets) => context.emitter.bind(registerOf(packets, register))),
    );
    this.values.forEach((row, register) => this.#totals.set(register, row));
    this.#reverse = op.attributes["reverse"] === true;
  }

  #combine(a: Row, b: Row): Row {
    return combined(this.context, this.op.region(0), a, b);
  }

  #select(condition: Expr, a: Row, b: Row): Row {
    return a.map((x, k) =>
      this.context.emitter.bind(operation("select", [condition, x, b[k]!], x.type.dtype))
    );
  }

  /** Combines `row` with the elements of the registers of a block; where a condition holds, if there is one. */
  #prepend(row: Row, block: number, condition?: Expr): void {
    this.values.forEach((value, register) => {
      if ((register & ~this.#done) !== block) return;
      const sum = this.#combine(row, value);
      this.values[register] = condition ? this.#select(condition, sum, value) : sum;
    });
  }

  acrossRegisters(mask: number): void {
    for (const [block, low] of [...this.#totals]) {
      if (block & mask) continue;
      const high = this.#totals.get(block | mask)!;
      const [first, second] = this.#reverse ? [high, low] : [low, high];
      this.#prepend(first, this.#reverse ? block : block | mask);
      this.#totals.set(block, this.#combine(first, second));
      this.#totals.delete(block | mask);
    }
    this.#done |= mask;
  }

  /** Goes over bits of the invocation's index; what comes before is gathered and then combined once. */
  acrossInvocations(masks: readonly number[], last: boolean): void {
    const { emitter } = this.context, blocks = [...this.#totals.keys()];
    const later = (mask: number) =>
      this.#reverse ? lacksBits(emitter, mask) : hasBits(emitter, mask);
    let before: Row[] | undefined, gone = 0;
    masks.forEach((mask, i) => {
      const totals = blocks.map((block) => this.#totals.get(block)!);
      const others = this.#exchanged(totals, mask);
      const isLater = later(mask);
      before = others.map((other, b) => {
        const known = before?.[b];
        if (!known) return other;
        const both = this.#select(later(gone), this.#combine(other, known), other);
        return this.#select(isLater, both, known);
      });
      if (!last || i < masks.length - 1) {
        blocks.forEach((block, b) => {
          const first = this.#select(isLater, others[b]!, totals[b]!);
          const second = this.#select(isLater, totals[b]!, others[b]!);
          this.#totals.set(block, this.#combine(first, second));
        });
      }
      gone |= mask;
    });
    blocks.forEach((block, b) => this.#prepend(before![b]!, block, later(gone)));
  }

  #exchanged(rows: readonly Row[], mask: number): Row[] {
    const columns = this.op.operands.map((_, k) =>
      exchanged(this.context, rows.map((row) => row[k]!), mask, this.lanes)
    );
    return rows.map((_, r) => columns.map((column) => column[r]!));
  }
}
