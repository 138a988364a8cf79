/**
 * Scans: each element combined with all before it along an axis.
 *
 * Goes over the bits of the position along the axis, the lowest first. Before bit p, every element
 * is combined with those before it in its block of 2^p neighbours, and the total of each block is
 * known. Two blocks that differ in bit p then make one: the total of the first is combined with every
 * element of the second. Where the bit is one of the register's number, both are at hand; where it is
 * one of the invocation's index, totals are exchanged, those of all warps at once.
 */

import type { Op } from "../ir/graph.ts";
import { bool } from "../ir/dtype.ts";
import type { Expr, Memory } from "../ir/invocation.ts";
import { type AxisBit, axisBits, hasBits, lacksBits } from "./axis_bits.ts";
import type { Context } from "./context.ts";
import { exchanged } from "./exchange.ts";
import { add as plus, int, mul, op as operation } from "./expr.ts";
import { onlyOnce } from "./memory.ts";
import { combined, type Row } from "./reduce.ts";
import { gather, numberOfBits, registerCount, registerOf, replicatedMask } from "./registers.ts";

/** Totals that an invocation reads at once, and their bytes in all: more of them are exchanged bit by bit. */
const MOST_TOTALS = 64, MAX_BYTES = 8192;

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
  /** The bits of the invocation's index gone over. */
  #passed = 0;

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
    /** Takes in what comes before in those whose index has bits of `mask`. */
    const add = (others: readonly Row[], mask: number) => {
      before = others.map((other, b) => {
        const known = before?.[b];
        if (!known) return other;
        const both = this.#select(later(gone), this.#combine(other, known), other);
        return this.#select(later(mask), both, known);
      });
      gone |= mask;
      this.#passed |= mask;
    };
    const far = this.#together(masks, blocks.length);
    const near = masks.slice(0, masks.length - far.length);
    near.forEach((mask, i) => {
      const totals = blocks.map((block) => this.#totals.get(block)!);
      const others = this.#exchanged(totals, mask);
      if (!last || far.length > 0 || i < near.length - 1) {
        const isLater = later(mask);
        blocks.forEach((block, b) => {
          const first = this.#select(isLater, others[b]!, totals[b]!);
          const second = this.#select(isLater, totals[b]!, others[b]!);
          this.#totals.set(block, this.#combine(first, second));
        });
      }
      add(others, mask);
    });
    if (far.length > 0) add(this.#throughMemory(far), far.reduce((all, mask) => all | mask, 0));
    blocks.forEach((block, b) => this.#prepend(before![b]!, block, later(gone)));
  }

  /** The bits at the end that are gone over together: those that number warps, unless they are many. */
  #together(masks: readonly number[], blocks: number): readonly number[] {
    const first = this.context.options.subgroupSize > 0 ? 2 ** this.lanes : Infinity;
    const far = masks.slice(masks.findLastIndex((mask) => mask < first) + 1);
    if (far.length < 2 || blocks * 2 ** far.length > MOST_TOTALS) return [];
    const near = masks.slice(0, masks.length - far.length).reduce((all, mask) => all | mask, 0);
    const bytes = this.values[0]!.reduce((sum, { type }) => sum + type.dtype.bytes, 0);
    const { places } = this.#places(far, near);
    return bytes * blocks * 2 ** (far.length + places.length) <= MAX_BYTES ? far : [];
  }

  /**
   * The bits of the invocation's index that number what is scanned besides each other, and those of which
   * one invocation speaks for all: in bits that were gone over, `passed` included, all have the same totals.
   */
  #places(far: readonly number[], passed: number) {
    const { invocations } = this.context.options;
    const silent = replicatedMask(this.op.operand(0).type.layout!) |
      ((this.#passed | passed) & ~far.reduce((all, mask) => all | mask, 0));
    const total = Math.log2(invocations);
    const places = Array.from({ length: total }, (_, bit) => 2 ** bit)
      .filter((mask) => !far.includes(mask) && !(silent & mask));
    return { total, silent, places };
  }

  /**
   * What comes before in the warps that differ in the bits of `far`, for each block: all of them write their
   * totals and read those of all. Afterwards totals are of all of them.
   */
  #throughMemory(far: readonly number[]): Row[] {
    const { emitter } = this.context, blocks = [...this.#totals.keys()];
    const { total, silent, places: own } = this.#places(far, 0);
    const numbered = (masks: readonly number[], hint: string) =>
      numberOfBits(emitter, masks.map(Math.log2), total, hint);
    const part = numbered(far, "part"), place = numbered(own, "place");
    const parts = 2 ** far.length, places = 2 ** own.length;
    const arrays = this.#totals.get(blocks[0]!)!.map(({ type }) =>
      emitter.sharedArray(type, [parts * blocks.length * places])
    );
    const memory = arrays.map(({ name }): Memory => ({ scope: "workgroup", name }));
    const at = (which: Expr, b: number) =>
      emitter.bind(plus(mul(plus(mul(which, int(blocks.length)), int(b)), int(places)), place));
    emitter.phase([], memory, () => {
      emitter.when(onlyOnce(silent), () => {
        blocks.forEach((block, b) =>
          arrays.forEach(({ name }, k) =>
            emitter.emit({
              kind: "store_shared",
              array: name,
              indices: [at(part, b)],
              value: this.#totals.get(block)![k]!,
            })
          )
        );
      });
    });
    const before: Row[] = [];
    emitter.phase(memory, [], () => {
      const order = Array.from({ length: parts }, (_, i) => this.#reverse ? parts - 1 - i : i);
      blocks.forEach((block, b) => {
        let total: Row | undefined;
        for (const which of order) {
          const one = arrays.map(({ name, type }): Expr =>
            emitter.bind({ kind: "shared", array: name, indices: [at(int(which), b)], type })
          );
          if (total) {
            const isOwn = emitter.bind(operation("eq", [part, int(which)], bool));
            before[b] = before[b] ? this.#select(isOwn, total, before[b]!) : total;
          }
          total = total ? this.#combine(total, one) : one;
        }
        this.#totals.set(block, total!);
      });
    });
    return before;
  }

  #exchanged(rows: readonly Row[], mask: number): Row[] {
    const columns = this.op.operands.map((_, k) =>
      exchanged(this.context, rows.map((row) => row[k]!), mask, this.lanes)
    );
    return rows.map((_, r) => columns.map((column) => column[r]!));
  }
}
