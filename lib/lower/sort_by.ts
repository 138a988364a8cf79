/**
 * Sorting by small keys: how often each key occurs before an element says where it goes.
 *
 * Every subgroup has a run of elements one after the other, the lanes side by side, and a count of each
 * key. It goes over its registers in order: lanes with the same key find each other, the first of them adds
 * their number to the count, and what the count was before, and how many of them come before, is how
 * many elements with this key the subgroup has had. Then the counts of all subgroups are added up, key
 * by key, and the elements go where they belong through workgroup memory.
 */

import { bool, type DType, f32, i32, isFloat, u32 } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { Expr, Memory, SharedArray } from "../ir/invocation.ts";
import type { LinearLayout } from "../layout/linear_layout.ts";
import { type Context, expressionDtype } from "./context.ts";
import { add, builtin, int, literal, mul, op as operation } from "./expr.ts";
import { coordinate, gather, registerCount, registerOf } from "./registers.ts";

export function lowerSortBy(context: Context, op: Op): void {
  const { emitter } = context, { invocations, subgroupSize: lanes } = context.options;
  const [x, key] = op.operands, packets = context.get(x!), keys = context.get(key!);
  const bits = Math.max(Math.ceil(Math.log2(op.number("bins"))), 1), bins = 2 ** bits;
  const groups = invocations / lanes, laneBits = Math.log2(lanes);
  const counts = emitter.sharedArray({ dtype: i32, width: 1 }, [groups * bins], { atomic: true });
  const countsMemory: Memory[] = [{ scope: "workgroup", name: counts.name }];
  const invocation = builtin("invocation");
  const lane = emitter.bindOutside(operation("and", [invocation, int(lanes - 1)]), "lane");
  const group = emitter.bindOutside(operation("shr", [invocation, int(laneBits)]), "group");
  const own = emitter.bindOutside(mul(group, int(bins)), "own");
  const before = emitter.bindOutside(
    operation("sub", [
      operation("shl", [literal(1, u32), operation("cast", [lane], u32, { to: u32.name })]),
      literal(1, u32),
    ]),
    "before",
  );
  const asI32 = (value: Expr) => operation("cast", [value], i32, { to: i32.name });
  const count = (index: Expr): Expr => ({
    kind: "shared",
    array: counts.name,
    indices: [index],
    atomic: true,
    type: counts.type,
  });
  const setCount = (index: Expr, value: Expr) =>
    emitter.emit({
      kind: "store_shared",
      array: counts.name,
      indices: [index],
      value,
      atomic: true,
    });

  emitter.phase([], countsMemory, () => {
    eachOf(context, groups * bins, (index) => setCount(index, int(0)));
  });

  // Places among the elements with the same key in the same subgroup. No barrier stands between one
  // register's addition and the next: that waits for the shuffle, which waits for this.
  const registers = Array.from({ length: registerCount(x!.type.layout!) }, (_, i) => i);
  const digits: Expr[] = [], ranks: Expr[] = [];
  emitter.phase(countsMemory, countsMemory, () => {
    for (const register of registers) {
      const given = registerOf(keys, register);
      const word = emitter.bind(operation("cast", [given], u32, { to: u32.name }));
      const digit = emitter.bind(
        asI32(operation("and", [word, literal(bins - 1, u32)])),
        "digit",
      );
      const peers = emitter.bind({ kind: "peers", x: word, bits, type: word.type }, "peers");
      const above = emitter.bind(
        operation("popc", [operation("and", [peers, before])]),
        "above",
      );
      const had = emitter.variable({ dtype: i32, width: 1 }, "had", int(0));
      emitter.when(operation("eq", [above, literal(0, u32)], bool), () => {
        emitter.emit({
          kind: "add_shared",
          array: counts.name,
          indices: [emitter.bind(add(own, digit))],
          value: asI32(operation("popc", [peers])),
          result: had.name,
        });
      });
      const first = operation("sub", [operation("ffs", [peers]), literal(1, u32)]);
      const others = emitter.bind({ kind: "from_lane", x: had, lane: first, type: had.type });
      digits.push(digit);
      ranks.push(emitter.bind(add(others, asI32(above)), "rank"));
    }
  });

  addUp(context, counts, { bins, groups, count, setCount });

  const places: Expr[] = [];
  emitter.phase(countsMemory, [], () => {
    for (const register of registers) {
      const start = emitter.bind(count(emitter.bind(add(own, digits[register]!))));
      places.push(emitter.bind(add(start, ranks[register]!), "place"));
    }
  });
  const words = registers.map((register) => wordOf(registerOf(packets, register)));
  const sorted = throughCounts(context, counts, words, places, op.result.type.layout!);
  const dtype = expressionDtype(op.result.type);
  context.define(
    op.result,
    gather(sorted.map((word) => fromWord(word, dtype)), sorted.map((_, i) => i)),
  );
}

/** The bits of a value of at most 32, and the value of such bits. */
function wordOf(x: Expr): Expr {
  const { dtype } = x.type;
  if (!isFloat(dtype)) return operation("cast", [x], i32, { to: i32.name });
  return operation("bitcast", [operation("cast", [x], f32, { to: f32.name })], i32, {
    to: i32.name,
  });
}

function fromWord(word: Expr, dtype: DType): Expr {
  if (!isFloat(dtype)) return operation("cast", [word], dtype, { to: dtype.name });
  const value = operation("bitcast", [word], f32, { to: f32.name });
  return operation("cast", [value], dtype, { to: dtype.name });
}

/**
 * Puts words in their places. They pass through the array that was counted in, as many at a time as it
 * holds: drivers fill workgroup memory with zeros first, which took longer for an array of all words than
 * everything else.
 */
function throughCounts(
  context: Context,
  { name: array, type, dims: [part] }: SharedArray,
  words: readonly Expr[],
  places: readonly Expr[],
  to: LinearLayout,
): Expr[] {
  const { emitter } = context, size = to.shape[0]!, bits = Math.log2(part!);
  const memory: Memory[] = [{ scope: "workgroup", name: array }];
  const parts = Math.max(size / part!, 1);
  const within = (place: Expr) =>
    parts === 1 ? place : emitter.bind(operation("and", [place, int(part! - 1)]));
  const isOf = (place: Expr, which: number): Expr =>
    parts === 1
      ? literal(1, bool)
      : operation("eq", [operation("shr", [place, int(bits)]), int(which)], bool);
  const threads = [...to.bases.lane, ...to.bases.warp];
  // With which part a register of the result comes, where that is the same in all invocations.
  const known = threads.every(([basis]) => basis! < part!);
  const targets = Array.from(
    { length: registerCount(to) },
    (_, register) => coordinate(emitter, to, register, 0),
  );
  const sorted: Expr[] = [];
  for (let which = 0; which < parts; which++) {
    emitter.phase([], memory, () => {
      places.forEach((place, register) =>
        emitter.when(isOf(place, which), () =>
          emitter.emit({
            kind: "store_shared",
            array,
            indices: [within(place)],
            value: words[register]!,
            atomic: true,
          }))
      );
    });
    emitter.phase(memory, [], () => {
      targets.forEach((target, register) => {
        if (known && Math.floor(to.indexOf({ register }) / part!) !== which) return;
        const word = emitter.bind({
          kind: "shared",
          array,
          indices: [within(target)],
          atomic: true,
          type,
        });
        sorted[register] = known || which === 0 ? word : emitter.bind(
          operation("select", [isOf(target, which), word, sorted[register]!], i32),
        );
      });
    });
  }
  return sorted;
}

/** Runs something for each of `length` indices, shared among the invocations. */
function eachOf({ emitter, options }: Context, length: number, run: (index: Expr) => void): void {
  const { invocations } = options;
  for (let first = 0; first < length; first += invocations) {
    const index = emitter.bind(add(builtin("invocation"), int(first)));
    const exists = first + invocations <= length
      ? literal(1, bool)
      : operation("lt", [index, int(length)], bool);
    emitter.when(exists, () => run(index));
  }
}

/**
 * Puts in place of the count of a key in a subgroup how many elements come before those: all with
 * smaller keys, and those with this key in earlier subgroups. Each invocation adds up some keys, one
 * after the other, so that what is left to exchange is one number each.
 */
function addUp(
  context: Context,
  counts: SharedArray,
  { bins, groups, count, setCount }: {
    readonly bins: number;
    readonly groups: number;
    readonly count: (index: Expr) => Expr;
    readonly setCount: (index: Expr, value: Expr) => void;
  },
): void {
  const { emitter } = context, { invocations, subgroupSize: lanes } = context.options;
  const memory: Memory[] = [{ scope: "workgroup", name: counts.name }];
  const each = Math.max(bins / invocations, 1), invocation = builtin("invocation");
  const type = { dtype: i32, width: 1 } as const;
  const first = emitter.bindOutside(mul(invocation, int(each)), "first");
  const exists = bins >= invocations
    ? literal(1, bool)
    : operation("lt", [invocation, int(bins)], bool);
  const index = (bin: number, group: number) => emitter.bind(add(first, int(group * bins + bin)));
  let total: Expr = int(0);
  const places: { readonly at: Expr; readonly before: Expr }[] = [];
  emitter.phase(memory, [], () => {
    for (let bin = 0; bin < each; bin++) {
      for (let group = 0; group < groups; group++) {
        const at = index(bin, group), own = emitter.bind(count(at));
        places.push({ at, before: total });
        total = emitter.bind(add(total, own));
      }
    }
  });

  // How many come before the keys of this invocation: among the lanes, then among the subgroups.
  const lane = operation("and", [invocation, int(lanes - 1)]);
  let sum: Expr = total;
  for (let distance = 1; distance < lanes; distance *= 2) {
    const from = operation("and", [
      operation("sub", [lane, int(distance)]),
      int(lanes - 1),
    ]);
    const lower = emitter.bind({
      kind: "from_lane",
      x: sum,
      lane: operation("cast", [from], u32, { to: u32.name }),
      type,
    });
    const adds = operation("ge", [lane, int(distance)], bool);
    sum = emitter.bind(add(sum, operation("select", [adds, lower, int(0)], i32)));
  }
  const sums = emitter.sharedArray(type, [groups]);
  const sumsMemory: Memory[] = [{ scope: "workgroup", name: sums.name }];
  const group = operation("shr", [invocation, int(Math.log2(lanes))]);
  emitter.phase([], sumsMemory, () => {
    emitter.when(operation("eq", [lane, int(lanes - 1)], bool), () => {
      emitter.emit({ kind: "store_shared", array: sums.name, indices: [group], value: sum });
    });
  });
  emitter.phase([...memory, ...sumsMemory], memory, () => {
    let start: Expr = operation("sub", [sum, total]);
    for (let other = 0; other < groups - 1; other++) {
      const earlier = emitter.bind({
        kind: "shared",
        array: sums.name,
        indices: [int(other)],
        type,
      });
      const counts = operation("gt", [group, int(other)], bool);
      start = add(start, operation("select", [counts, earlier, int(0)], i32));
    }
    const before = emitter.bind(start);
    emitter.when(exists, () => {
      for (const { at, before: within } of places) setCount(at, add(within, before));
    });
  });
}
