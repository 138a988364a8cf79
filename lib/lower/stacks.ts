/**
 * Stacks: an array of the invocation's own for each, of the packets of one block after another. Its
 * elements are chosen at run time, so it lies in memory and not in registers.
 *
 * A stack that a loop carries has one array, into which the body puts blocks; stacks that change
 * places are copied.
 */

import { type Graph, type Op, type Value, walk } from "../ir/graph.ts";
import type { Expr, OwnArray } from "../ir/invocation.ts";
import { registerBytes } from "../ir/native.ts";
import { tile, type Type } from "../ir/type.ts";
import { blockOf } from "../layout/layouts.ts";
import { type Context, expressionDtype } from "./context.ts";
import { add, int, mul } from "./expr.ts";
import { gather, packetCount, registerCount, widthOf } from "./registers.ts";

/** The values of a graph that are stacks. */
export function stacksOf(graph: Graph): ReadonlySet<Value> {
  const stacks = new Set<Value>();
  /** Values that are one at different times. */
  const joined: Value[][] = [];
  walk(graph.body, (op) => {
    if (op.name === "take" || op.name === "unstack") stacks.add(op.operand(0));
    if (op.name === "put") [op.operand(0), op.result].forEach((value) => stacks.add(value));
    const inits = op.name === "for" ? op.operands.slice(3) : op.name === "while" ? op.operands : [];
    if (op.name !== "for" && op.name !== "while" && op.name !== "if") return;
    op.results.forEach((result, i) => {
      const params = op.regions.map(({ params }) => params.at(i - op.results.length));
      const yields = op.regions.map(({ yields }) =>
        yields.length === op.results.length ? yields[i] : undefined
      );
      const own = op.name === "if" ? [] : [inits[i], ...params];
      const last = op.name === "while" ? yields.slice(-1) : yields;
      joined.push([result, ...own, ...last].filter((x) => x !== undefined));
    });
  });
  for (let before = -1; before !== stacks.size;) {
    before = stacks.size;
    for (const values of joined) {
      if (values.some((x) => stacks.has(x))) values.forEach((x) => stacks.add(x));
    }
  }
  return stacks;
}

function blockType({ shape, element, layout }: Type): Type {
  return tile(shape.slice(1), element, blockOf(layout!));
}

/** Declares an array for a stack, with what another holds. */
export function declareStack(
  context: Context,
  stack: Value,
  hint?: string,
  from?: OwnArray,
): OwnArray {
  const { emitter } = context, block = blockType(stack.type);
  const dtype = expressionDtype(block), length = stack.type.shape[0]! * packetCount(block);
  // Mesa's llvmpipe compiles an index of a private array as a branch for each element, 128 of them
  // in 20 s, and NVIDIA's driver loses the device over large ones. Slots have no 64-bit elements.
  const isElsewhere = registerBytes(dtype, context.options.native) <= 4;
  const array: OwnArray = {
    name: emitter.name(hint ?? stack.hint ?? "stack"),
    type: { dtype, width: widthOf(block) },
    length,
    slot: isElsewhere ? context.slots : undefined,
  };
  if (isElsewhere) context.slots += length;
  emitter.emit({ kind: "array", ...array, ...from && { from: from.name } });
  return array;
}

/** Gives stacks that a loop carries, or a branch merges, their next contents. */
export function assignStacks(
  context: Context,
  targets: readonly (OwnArray | undefined)[],
  yields: readonly Value[],
): void {
  const { emitter } = context;
  const copies = targets.flatMap((target, i) => {
    const source = target && context.arrays.get(yields[i]!);
    return target && source?.name !== target.name ? [{ target, source }] : [];
  });
  const changed = new Set(copies.map(({ target }) => target.name));
  const ready = copies.map(({ target, source }) => {
    if (!source || !changed.has(source.name)) return { target, source };
    const slot = source.slot === undefined ? undefined : context.slots;
    if (slot !== undefined) context.slots += source.length;
    const copy = { ...source, name: emitter.name("next"), slot };
    emitter.emit({ kind: "array", ...copy, from: source.name });
    return { target, source: copy };
  });
  for (const { target, source } of ready) {
    emitter.emit({ kind: "copy", ...target, ...source && { from: source.name } });
  }
}

function element(array: OwnArray, index: Expr): Expr {
  return { kind: "shared", array: array.name, indices: [index], type: array.type };
}

/** Where a block's packets lie in the array. */
function places(context: Context, stack: Value, number: Expr): Expr[] {
  const packets = packetCount(blockType(stack.type));
  const first = context.emitter.bind(mul(number, int(packets)), "first");
  return Array.from({ length: packets }, (_, i) => add(first, int(i)));
}

export function lowerTake(context: Context, op: Op): void {
  const stack = op.operand(0), array = context.arrays.get(stack);
  if (!array) throw new Error("A block is taken out of an empty stack");
  const packets = places(context, stack, context.scalar(op.operand(1)))
    .map((place) => context.emitter.bind(element(array, place), op.result.hint));
  context.alias(op.result, packets);
}

export function lowerPut(context: Context, op: Op): void {
  const stack = op.operand(0);
  const array = context.arrays.get(stack) ?? declareStack(context, stack);
  const packets = context.get(op.operand(2));
  places(context, stack, context.scalar(op.operand(1))).forEach((place, i) =>
    context.emitter.emit({
      kind: "store_shared",
      array: array.name,
      indices: [place],
      value: packets[i]!,
    })
  );
  context.arrays.set(op.result, array);
}

export function lowerUnstack(context: Context, op: Op): void {
  const array = context.arrays.get(op.operand(0));
  if (!array) throw new Error("An empty stack has no elements");
  const packets = Array.from(
    { length: array.length },
    (_, i) => context.emitter.bind(element(array, int(i)), op.result.hint),
  );
  const registers = registerCount(op.result.type.layout!);
  context.define(op.result, gather(packets, Array.from({ length: registers }, (_, i) => i)));
}
