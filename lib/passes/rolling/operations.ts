/** How each operation on large tiles becomes loops over blocks. */

import type { Op, Value } from "../../ir/graph.ts";
import { i32 } from "../../ir/dtype.ts";
import type { StructuralName } from "../../ir/ops.ts";
import { dtypeOf, isPointer, tile } from "../../ir/type.ts";
import { neutralOf } from "../neutral.ts";
import { bitCount, blockCount, blockShape, outerBits } from "./blocks.ts";
import type { Block, Roller } from "./roller.ts";

type Roll = (roller: Roller, op: Op) => void;

/** Those that are not here are made where they are needed, or walked into: see `roll_tiles.ts`. */
export const ROLLED: Partial<Record<StructuralName, Roll>> = {
  load: (roller, op) => {
    const { type } = op.result;
    holdBlocks(
      roller,
      op,
      (block) =>
        roller.builder.value("load", op.operands.map((x) => roller.blockOf(x, block)), {
          types: [tile(blockShape(block.spread), type.element)],
        }),
    );
  },
  store: (roller, op) =>
    eachBlock(roller, op, (operands) => void roller.builder.op("store", operands)),
  atomic_rmw: rollAtomic,
  atomic_cas: rollAtomic,
  reduce: rollReduce,
  scan: rollScan,
  sort: rollSort,
  gather: rollGather,
  histogram: rollHistogram,
  dot: rollDot,
  map: rollMap,
};

/** Runs over all blocks of an operation's operands. */
function eachBlock(roller: Roller, op: Op, body: (operands: readonly Value[]) => void): void {
  const { shape } = op.operand(0).type, spread = roller.spread(shape);
  roller.loop(blockCount(shape, spread), [], (i) => {
    const block = roller.block(shape, spread, i);
    body(op.operands.map((x) => roller.blockOf(x, block)));
    return [];
  });
}

/** Holds the result of an operation as a stack of blocks. */
function holdBlocks(roller: Roller, op: Op, make: (block: Block) => Value): void {
  const { type } = op.result, spread = roller.spread(type.shape);
  const [made] = roller.collect([{ type, spread }], [], (i) => ({
    blocks: [make(roller.block(type.shape, spread, i))],
  }));
  roller.hold(op.result, made!);
}

function rollAtomic(roller: Roller, op: Op): void {
  holdBlocks(
    roller,
    op,
    (block) =>
      roller.builder.value(op.name, op.operands.map((x) => roller.blockOf(x, block)), {
        attributes: op.attributes,
      }),
  );
}

/** Functions of single elements run once for each, so their results are kept. */
function rollMap(roller: Roller, op: Op): void {
  const { builder } = roller, { shape } = (op.operands[0] ?? op.result).type;
  const spread = roller.spread(shape);
  const make = (i: Value) => {
    const block = roller.block(shape, spread, i);
    return builder.op("map", op.operands.map((x) => roller.blockOf(x, block)), {
      attributes: op.attributes,
      regions: op.regions.map((region) => roller.scalarRegion(region)),
    }).results;
  };
  if (op.results.length === 0) {
    roller.loop(blockCount(shape, spread), [], (i) => (make(i), []));
    return;
  }
  const results = op.results.map(({ type }) => ({ type, spread }));
  roller.collect(results, [], (i) => ({ blocks: make(i) }))
    .forEach((held, k) => roller.hold(op.results[k]!, held));
}

// Reductions and scans

/** The same block elsewhere along a dimension. */
function moved(block: Block, axis: number, at: Value | undefined): Block {
  return { ...block, at: block.at.map((base, d) => d === axis ? at : base) };
}

/** Blocks are combined element by element, and what is left within one block. */
function rollReduce(roller: Roller, op: Op): void {
  const { builder } = roller, axis = op.number("axis"), xs = op.operands, region = op.region(0);
  const { shape } = xs[0]!.type,
    spread = roller.spread(shape),
    mask = outerBits(shape, spread)[axis]!;
  const along = 2 ** bitCount(mask);
  const neutral = neutralOf(region);
  const part = (block: Block) => xs.map((x) => roller.blockOf(x, block));
  const total = (result: Block | undefined): readonly Value[] => {
    const at = result ? result.at.toSpliced(axis, 0, undefined) : shape.map(() => undefined);
    const block: Block = { spread, at };
    const combineWith = (sums: readonly Value[], j: Value) =>
      roller.combined(region, sums, part(moved(block, axis, roller.expanded(j, mask))));
    let sums: readonly Value[];
    if (along === 1) {
      sums = part(block);
    } else if (neutral !== undefined) {
      const inits = xs.map((x) => builder.constant(neutral, dtypeOf(x.type), blockShape(spread)));
      sums = roller.loop(along, inits, (j, sums) => combineWith(sums, j));
    } else {
      sums = roller.loop(
        along - 1,
        part(block),
        (j, sums) => combineWith(sums, roller.scalar("add", j, 1)),
      );
    }
    return builder.op("reduce", sums, {
      attributes: { axis },
      regions: [roller.scalarRegion(region)],
    }).results;
  };
  const kept = shape.toSpliced(axis, 1), inner = spread.toSpliced(axis, 1);
  if (blockCount(kept, inner) === 1) {
    total(undefined).forEach((value, i) => roller.hold(op.results[i]!, { kind: "whole", value }));
    return;
  }
  const made = roller.collect(
    op.results.map(({ type }) => ({ type, spread: inner })),
    [],
    (i) => ({ blocks: total(roller.block(kept, inner, i)) }),
  );
  made.forEach((held, i) => roller.hold(op.results[i]!, held));
}

/** Blocks along the axis are scanned in order; the last element of each goes on to the next. */
function rollScan(roller: Roller, op: Op): void {
  const { builder } = roller, axis = op.number("axis"), region = op.region(0);
  const reverse = op.attributes["reverse"] === true;
  const { shape } = op.operand(0).type, spread = roller.spread(shape), inner = blockShape(spread);
  const outer = outerBits(shape, spread), along = 2 ** bitCount(outer[axis]!);
  const edge = inner.with(axis, 1);
  const zero = (x: Value): Value => {
    const { element } = x.type;
    if (isPointer(element)) throw new Error("Pointers are not scanned");
    return builder.constant(0, element, edge);
  };
  /** Block `i` of the loop: those along the axis follow each other. */
  const blockAt = (i: Value): { block: Block; isFirst: Value } => {
    const j = along === 1 ? undefined : roller.scalar("and", i, along - 1);
    const ordered = j && reverse ? roller.scalar("xor", j, along - 1) : j;
    const rest = along === 1 ? i : roller.scalar("shr", i, Math.log2(along));
    const others = roller.block(
      shape.with(axis, inner[axis]!),
      spread.with(axis, inner[axis]! - 1),
      rest,
    );
    const at = roller.expanded(ordered, outer[axis]!);
    return {
      block: { spread, at: others.at.with(axis, at) },
      isFirst: j ? roller.scalar("eq", j, 0) : builder.value("eq", [i, i]),
    };
  };
  const inits = op.operands.map(zero);
  const made = roller.collect(
    op.results.map(({ type }) => ({ type, spread })),
    inits,
    (i, carried) => {
      const { block, isFirst } = blockAt(i);
      const scanned = builder.op("scan", op.operands.map((x) => roller.blockOf(x, block)), {
        attributes: op.attributes,
        regions: [roller.scalarRegion(region)],
      }).results;
      if (along === 1) return { blocks: scanned, carried };
      const before = carried.map((x) => broadcast(roller, x, inner));
      const both = roller.combined(region, before, scanned);
      const choose = builder.value("splat", [isFirst], { attributes: { shape: inner } });
      const blocks = both.map((x, k) => builder.value("select", [choose, scanned[k]!, x]));
      const last = builder.constant(reverse ? 0 : inner[axis]! - 1, i32, edge);
      return {
        blocks,
        carried: blocks.map((x) => builder.value("gather", [x, last], { attributes: { axis } })),
      };
    },
    (i) => roller.numberOf(shape, blockAt(i).block) ?? roller.number(0),
  );
  made.forEach((held, k) => roller.hold(op.results[k]!, held));
}

function broadcast({ builder }: Roller, x: Value, shape: readonly number[]): Value {
  if (x.type.shape.every((dim, d) => dim === shape[d])) return x;
  return builder.value("broadcast", [x], { attributes: { shape } });
}

// Sorting

/**
 * Blocks are sorted, and then pairs of sorted runs of blocks merged, again and again: the second run
 * is compared backwards with the first, so that every element of the one is below every one of the
 * other; halves of what is left, quarters and so on are compared likewise, down to single blocks, in
 * which it goes on.
 */
function rollSort(roller: Roller, op: Op): void {
  const { builder } = roller, x = op.operand(0), { type } = op.result, { shape } = type;
  const last = shape.length - 1, spread = roller.spread(shape), inner = blockShape(spread);
  const mask = outerBits(shape, spread)[last]!, along = 2 ** bitCount(mask);
  const descending = op.attributes["descending"] === true;
  const count = blockCount(shape, spread);
  const sort = (block: Value) => builder.value("sort", [block], { attributes: op.attributes });
  const first = roller.collect([{ type, spread }], [], (i) => ({
    blocks: [sort(roller.blockOf(x, roller.block(shape, spread, i)))],
  }))[0]!;
  if (along === 1) return roller.hold(op.result, first);
  // Blocks are numbered with those of a row together, so that neighbours differ in low bits.
  const take = (stack: Value, i: Value) => builder.value("take", [stack, i]);
  const pass = (stack: Value, make: (stack: Value, i: Value) => Value): Value =>
    roller.loop(count, [roller.emptyStack(type, spread)], (i, [next]) => [
      builder.value("put", [next!, i, make(stack, i)]),
    ])[0]!;
  /** One of two blocks, or rather of their elements: the larger where the bit `half` of i says so. */
  const chosen = (i: Value, half: Value, own: Value, other: Value): Value => {
    const isSecond = roller.scalar("ne", roller.scalar("and", i, half), 0);
    const wantsMore = descending ? builder.value("not", [isSecond]) : isSecond;
    const [more, less] = (["gt", "lt"] as const).map((name) => builder.value(name, [other, own]));
    const wide = builder.value("splat", [wantsMore], { attributes: { shape: inner } });
    const takes = builder.value("select", [wide, more!, less!]);
    return builder.value("select", [takes, other, own]);
  };
  const flipped = (block: Value) => {
    const end = builder.constant(inner[last]! - 1, i32, inner);
    const index = builder.value("sub", [end, roller.coordinate(spread, last)]);
    return builder.value("gather", [block, index], { attributes: { axis: last } });
  };
  const stages = Math.log2(along);
  const one = roller.number(1);
  const sorted = roller.loop(stages, [first.value], (stage, [stack]) => {
    const half = roller.scalar("shl", one, stage);
    const run = roller.scalar("sub", roller.scalar("mul", half, 2), 1);
    const met = pass(
      stack!,
      (from, i) =>
        chosen(i, half, take(from, i), flipped(take(from, roller.scalar("xor", i, run)))),
    );
    const merged = roller.loopTo(stage, [met], (step, [from]) => {
      const distance = roller.scalar(
        "shl",
        one,
        roller.scalar("sub", roller.scalar("sub", stage, step), 1),
      );
      return [
        pass(
          from!,
          (stack, i) =>
            chosen(i, distance, take(stack, i), take(stack, roller.scalar("xor", i, distance))),
        ),
      ];
    });
    return [
      pass(
        merged[0]!,
        (from, i) => builder.value("merge", [take(from, i)], { attributes: op.attributes }),
      ),
    ];
  });
  roller.hold(op.result, { kind: "stack", value: sorted[0]!, spread });
}

// Gathering and counting

/** Every block of the result looks for its elements in one block of x after another. */
function rollGather(roller: Roller, op: Op): void {
  const { builder } = roller, [x, index] = [op.operand(0), op.operand(1)];
  const axis = op.number("axis"), { shape } = x.type, { blockBits } = roller.options;
  const result = op.result.type.shape, spread = roller.spread(result);
  const others = spread.reduce((bits, mask, d) => d === axis ? bits : bits + bitCount(mask), 0);
  const bits = Math.min(Math.log2(shape[axis]!), Math.max(blockBits - others, 0));
  const mask = 2 ** bits - 1, outer = (shape[axis]! - 1) & ~mask, along = 2 ** bitCount(outer);
  const make = (block: Block): Value => {
    const source: Block = { ...block, spread: spread.with(axis, mask) };
    const wanted = roller.blockOf(index, block);
    const places = dtypeOf(wanted.type) === i32
      ? wanted
      : builder.value("cast", [wanted], { attributes: { to: i32.name } });
    const from = (j: Value | undefined) => {
      const values = roller.blockOf(x, moved(source, axis, roller.expanded(j, outer)));
      const local = along === 1 ? places : roller.withNumber("and", places, mask);
      return builder.value("gather", [values, local], { attributes: { axis } });
    };
    if (along === 1) return from(undefined);
    const which = bits === 0 ? places : roller.withNumber("shr", places, bits);
    const first = from(undefined);
    return roller.loop(along - 1, [first], (i, [before]) => {
      const j = roller.scalar("add", i, 1);
      return [builder.value("select", [roller.withScalar("eq", which, j), from(j), before!])];
    })[0]!;
  };
  if (blockCount(result, spread) > 1) return holdBlocks(roller, op, make);
  const value = make({ spread, at: result.map(() => undefined) });
  roller.hold(op.result, { kind: "whole", value });
}

/** Counts of one block after another are added up. */
function rollHistogram(roller: Roller, op: Op): void {
  const { builder } = roller, [x, mask] = op.operands as [Value, ...Value[]];
  const { shape } = x.type, spread = roller.spread(shape), count = blockCount(shape, spread);
  const bins = op.result.type.shape,
    binSpread = roller.spread(bins),
    [wide] = blockShape(binSpread);
  const counted = (first: Value | undefined): Value => {
    const one = (i: Value | undefined) => {
      const block = i ? roller.block(shape, spread, i) : { spread, at: shape.map(() => undefined) };
      const values = roller.blockOf(x, block), rest = mask ? [roller.blockOf(mask, block)] : [];
      const cast = builder.value("cast", [values], { attributes: { to: i32.name } });
      const local = first ? roller.withScalar("sub", cast, first) : values;
      return builder.value("histogram", [local, ...rest], { attributes: { bins: wide! } });
    };
    if (count === 1) return one(undefined);
    const zero = builder.constant(0, i32, [wide!]);
    return roller.loop(count, [zero], (i, [sum]) => [builder.value("add", [sum!, one(i)])])[0]!;
  };
  if (blockCount(bins, binSpread) > 1) return holdBlocks(roller, op, ({ at }) => counted(at[0]));
  roller.hold(op.result, { kind: "whole", value: counted(undefined) });
}

// Products

/** Rows and columns of a block: both operands' parts have to fit in workgroup memory. */
const LONGEST_SIDE = 128;

/** Blocks of the result, each a sum over blocks along k. */
function rollDot(roller: Roller, op: Op): void {
  const { builder } = roller, [a, b, acc] = op.operands as [Value, Value, Value];
  const { type } = op.result, rank = type.shape.length, batch = rank === 3 ? [0] : [];
  const [M, N] = type.shape.slice(-2) as [number, number], K = a.type.shape[rank - 1]!;
  const { blockBits } = roller.options;
  const [m, n] = roller.spread([M, N]).map((mask) => Math.min(mask, LONGEST_SIDE - 1)) as [
    number,
    number,
  ];
  const spread = [...batch, m, n];
  const kBits = Math.min(Math.log2(K), Math.max(blockBits - Math.max(bitCount(m), bitCount(n)), 0));
  const k = 2 ** kBits - 1, outer = (K - 1) & ~k, along = 2 ** bitCount(outer);
  const make = (block: Block): Value => {
    const lead = block.at.slice(0, -2), [row, column] = block.at.slice(-2);
    const added = (j: Value | undefined, sum: Value) => {
      const at = roller.expanded(j, outer);
      return builder.value("dot", [
        roller.blockOf(a, { spread: [...batch, m, k], at: [...lead, row, at] }),
        roller.blockOf(b, { spread: [...batch, k, n], at: [...lead, at, column] }),
        sum,
      ], { attributes: op.attributes });
    };
    const first = roller.blockOf(acc, block);
    if (along === 1) return added(undefined, first);
    return roller.loop(along, [first], (j, [sum]) => [added(j, sum!)])[0]!;
  };
  if (blockCount(type.shape, spread) === 1) {
    const value = make({ spread, at: spread.map(() => undefined) });
    return roller.hold(op.result, { kind: "whole", value });
  }
  const [made] = roller.collect([{ type, spread }], [], (i) => ({
    blocks: [make(roller.block(type.shape, spread, i))],
  }));
  roller.hold(op.result, made!);
}
