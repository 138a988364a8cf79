/** Loads and stores: how wide each access is, and what guards it. */

import type { Graph, Op, Value } from "../ir/graph.ts";
import { walk } from "../ir/graph.ts";
import { bool, type DType, u32 } from "../ir/dtype.ts";
import { isPacked, type Native } from "../ir/native.ts";
import type { BufferUse, Expr, Width } from "../ir/invocation.ts";
import { isAtomic } from "../ir/ops/atomics.ts";
import { isPointer } from "../ir/type.ts";
import { pointerOf, widthAlong } from "../ir/access.ts";
import type { AxisInfo } from "../ir/axis.ts";
import type { Context } from "./context.ts";
import { builtin, exprKey, int, literal, op as operation, slice, splat, vector } from "./expr.ts";
import { packetAxis, replicatedMask, widthOf } from "./registers.ts";
import { elementsInWords, packetsOfWords, WORDS } from "./units/words.ts";

/** How many neighbouring elements of a packet one access can take. */
function accessWidth(op: Op, axis: (value: Value) => AxisInfo): Width {
  const { type } = op.operand(0), dim = type.layout && packetAxis(type.layout);
  if (dim === undefined) return 1;
  return Math.min(widthOf(type), widthAlong(op, dim, axis)) as Width;
}

/**
 * For each pointer parameter the first that shares its buffer.
 *
 * @param groups For each pointer parameter in order, the index of that one.
 */
export function sharedBuffers(graph: Graph, groups: readonly number[]): Map<string, string> {
  const pointers = graph.params.filter((param) => isPointer(param.value.type.element));
  return new Map(pointers.map((param, i) => [
    param.name,
    pointers[pointers.findIndex((_, j) => (groups[j] ?? j) === (groups[i] ?? i))]!.name,
  ]));
}

/**
 * How each pointer parameter's buffer is bound. One binding has one item type, so its width is what
 * the widest load can use, unless a store is narrower: storing a part of a vector is not safe
 * where neighbours belong to other invocations.
 *
 * @param names For each pointer parameter, the one whose buffer it is bound to.
 * @param words The values that are held as words.
 */
export function bufferUses(
  graph: Graph,
  axis: (value: Value) => AxisInfo,
  names: ReadonlyMap<string, string>,
  words: ReadonlySet<Value>,
  native: Native,
): Map<string, BufferUse> {
  const found = new Map<string, {
    readonly dtype: DType;
    readonly loads: Width;
    readonly stores: Width | undefined;
    readonly atomic: boolean;
    readonly words: boolean;
  }>();
  walk(graph.body, (op) => {
    if (op.name !== "load" && op.name !== "store" && !isAtomic(op)) return;
    const { base, pointee } = pointerOf(op);
    const name = names.get(base)!;
    const atomic = isAtomic(op), width = atomic ? 1 : accessWidth(op, axis);
    const inWords = op.name === "load" && words.has(op.result);
    const use = found.get(name) ??
      { dtype: pointee, loads: 1, stores: undefined, atomic: false, words: inWords };
    if (use.dtype !== pointee) {
      throw new Error(`Parameters '${base}' and '${name}' share a buffer with different dtypes`);
    }
    found.set(name, {
      dtype: pointee,
      loads: op.name === "load" ? Math.max(use.loads, width) as Width : use.loads,
      stores: op.name === "load" ? use.stores : Math.min(use.stores ?? 4, width) as Width,
      atomic: use.atomic || atomic,
      words: inWords,
    });
  });
  const uses = new Map<string, BufferUse>();
  for (const [base, name] of names) {
    const use = found.get(name);
    if (!use) continue;
    // WGSL's atomic items have 32 bits or more, so that halves added to lie in words.
    const packed = isPacked(use.dtype, native) || use.atomic && use.dtype.bits < 32;
    uses.set(base, {
      param: name,
      dtype: use.dtype,
      access: use.stores === undefined ? "read" : "read_write",
      width: use.stores ?? use.loads,
      packed,
      atomic: use.atomic ||
        (packed && use.stores !== undefined && use.stores < perWord(use.dtype)),
      words: use.words,
    });
  }
  return uses;
}

/** How many elements of a packed dtype a word has. */
function perWord({ bytes }: DType): number {
  return 4 / bytes;
}

/** `width` neighbouring elements from `index` on. */
function readElements(context: Context, base: string, index: Expr, width: Width): Expr {
  const { param, dtype, packed, width: item } = context.buffer(base);
  const step = packed ? width : width >= item ? item : 1;
  const parts = Array.from({ length: width / step }, (_, i): Expr => ({
    kind: "global",
    base: param,
    index: operation("ptr_add", [index, int(i * step)]),
    type: { dtype, width: step },
  }));
  return vector(parts.map((part) => context.emitter.bind(part)), width);
}

/**
 * From so many registers on elements are selected although nobody sees those that are masked off: loads that nothing
 * waits for are moved ahead of reductions, where so many more registers do not fit. Layer norm of rows of 16,384
 * ran at 3096 GB/s on an H200 without selects, and at 3979 with them.
 */
const MANY_REGISTERS = 32;

export function lowerLoad(context: Context, op: Op): void {
  if (context.words.has(op.result)) return loadWords(context, op);
  const { base, pointee } = pointerOf(op);
  const [pointer, mask, other] = op.operands.map((operand) => context.get(operand));
  const access = accessWidth(op, context.axis), width = widthOf(op.result.type);
  const later = context.isOnlyYielded(op.result);
  const isLoose = op.attributes["loose"] === true && pointer!.length * width < MANY_REGISTERS;
  const read = new Map<string, Expr>();
  const readPacket = (packet: Expr, condition: Expr | undefined, otherwise: Expr): Expr => {
    if (packet.kind === "splat") return splat(readElements(context, base, packet.x, 1), width);
    const parts = Array.from({ length: width / access }, (_, i) => {
      const start = i * access;
      return condition && isFalse(slice(condition, start, access))
        ? slice(otherwise, start, access)
        : readElements(context, base, slice(packet, start), access);
    });
    return vector(parts, width);
  };
  const packets: Expr[] = [];
  context.emitter.phase(context.memoryOf(base, op), [], () => {
    pointer!.forEach((packet, i) => {
      const condition = mask?.[i];
      const key = `${exprKey(packet)} ${condition ? exprKey(condition) : ""} ${
        other ? exprKey(other[i]!) : ""
      }`;
      let value = read.get(key);
      if (!value) {
        // WebGPU keeps what is outside a buffer from being read, so masked elements are read too and
        // then replaced: measured as fast as or faster than branches and than moved addresses.
        const otherwise = other?.[i] ?? literal(0, pointee, width);
        value = readPacket(packet, condition, otherwise);
        if (condition && !isLoose) {
          value = operation("select", [condition, value, otherwise], pointee);
        }
        // What the next iteration of a loop uses is not waited for before the end of this one.
        if (!later) value = context.emitter.bind(value, op.result.hint);
        read.set(key, value);
      }
      packets.push(value);
    });
  });
  context.alias(op.result, packets);
}

/**
 * Loads a tile that is held as words. What is for the next iteration of a loop is loaded in a branch, if
 * there is a next one: drivers leave it there, ahead of this iteration's arithmetic, and move what stands
 * without a branch to the end, where it is waited for (products ran at 220 TFLOPS instead of 276 on an H200).
 */
function loadWords(context: Context, op: Op): void {
  const { emitter } = context, { base, pointee } = pointerOf(op), { param } = context.buffer(base);
  const [pointer, mask] = op.operands.map((operand) => context.get(operand));
  const later = context.isOnlyYielded(op.result), comes = later ? sameForAll(op) : undefined;
  const each = elementsInWords(pointee) / widthOf(op.result.type),
    zero = literal(0, u32, WORDS.width);
  const reads = Array.from({ length: packetsOfWords(op.result.type) }, (_, i): Expr => {
    const index = slice(pointer![i * each]!, 0);
    return { kind: "global", base: param, index, type: WORDS };
  });
  let read: readonly Expr[];
  if (comes) {
    const next = reads.map(() => emitter.variable(WORDS, "words"));
    emitter.when(context.scalar(comes), () => {
      reads.forEach((x, i) => emitter.assign(next[i]!, x));
    });
    read = next;
  } else {
    read = reads.map((x) => emitter.bind(x));
  }
  const packets = read.map((x, i) => {
    if (!mask) return x;
    const condition = splat(slice(mask[i * each]!, 0), WORDS.width);
    const value = operation("select", [condition, x, zero], u32);
    return later ? value : emitter.bind(value, op.result.hint);
  });
  context.alias(op.result, packets);
}

/** A scalar without which all elements of a load are masked off, if its mask has one. */
function sameForAll(load: Op): Value | undefined {
  const mask = load.operands[1]?.def;
  const parts = mask?.name === "and" ? mask.operands.map(({ def }) => def) : [mask];
  return parts.find((part) => part?.name === "splat")?.operand(0);
}

/** True of a condition that holds for no element. */
function isFalse(condition: Expr): boolean {
  return condition.kind === "literal" && !condition.value;
}

/** How many elements at a time a store writes: of packed ones whole words, or single elements. */
function storeStep(context: Context, op: Op): Width {
  const { base, pointee } = pointerOf(op), { packed, width } = context.buffer(base);
  if (!packed) return Math.min(width, widthOf(op.operand(0).type)) as Width;
  const access = accessWidth(op, context.axis);
  return access >= perWord(pointee) ? access : 1;
}

/** True in one of the invocations that hold the same elements. */
export function onlyOnce(mask: number): Expr {
  if (mask === 0) return literal(1, bool);
  return operation("eq", [operation("and", [builtin("invocation"), int(mask)]), int(0)], bool);
}

export function lowerStore(context: Context, op: Op): void {
  const { base } = pointerOf(op);
  const { param } = context.buffer(base);
  const [pointer, value, mask] = op.operands.map((operand) => context.get(operand));
  const { layout } = op.operand(0).type;
  const once = onlyOnce(layout ? replicatedMask(layout) : context.options.invocations - 1);
  const width = widthOf(op.operand(0).type);
  const step = storeStep(context, op);
  /** Stores under the same condition, one after the other. */
  const groups: { condition: Expr; writes: { index: Expr; value: Expr }[] }[] = [];
  pointer!.forEach((packet, i) => {
    for (let start = 0; start < width; start += step) {
      const guard = mask ? slice(mask[i]!, start) : literal(1, bool);
      const last = groups.at(-1);
      const write = { index: slice(packet, start), value: slice(value![i]!, start, step) };
      if (last && exprKey(last.condition) === exprKey(guard)) last.writes.push(write);
      else groups.push({ condition: guard, writes: [write] });
    }
  });
  context.emitter.phase([], context.memoryOf(base, op), () => {
    context.emitter.when(once, () => {
      for (const { condition, writes } of groups) {
        context.emitter.when(condition, () => {
          for (const write of writes) {
            context.emitter.emit({ kind: "store", base: param, ...write });
          }
        });
      }
    });
  });
}
