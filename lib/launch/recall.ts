/**
 * Recognising launches that are like one that was made before, by a look at each argument and, as far as
 * they are numbers and tensors, without making texts, objects or arrays of them.
 *
 * What a launch is specialised by is a way through a tree: a step for each argument (its dtype, what is
 * known of its address or number), then two for each constant that was given (its name, its value).
 * Only launches that went well become ways, so what is not on one is looked at again in full,
 * by `bind.ts`, which has the last word and all the messages. So is what is rare, such as numbers that
 * are beyond 32 bits and no bigints.
 */

import { type DTypeName, DTYPES, isWide, type Numeric, roundTo } from "../ir/dtype.ts";
import { TensorDescriptor } from "../language/blocks.ts";
import { TypedScalar } from "../language/dtypes.ts";
import type { Device } from "../runtime/device.ts";
import { GpuStorage } from "../runtime/gpu_storage.ts";
import { Tensor } from "../runtime/tensor.ts";
import { divisorOf, isPlainObject, type Parameters } from "./bind.ts";
import { valueKey } from "./key.ts";

/** What a way through the tree leads to. */
class Node<Leaf> {
  readonly next = new Map<unknown, Node<Leaf>>();
  leaf: Leaf | undefined;
}

/** Where the ways of launches on one device begin. */
class Root<Leaf> extends Node<Leaf> {
  constructor(readonly device: Device) {
    super();
  }
}

/**
 * Steps of numbers and booleans, beside those of integers: what divides them, 1, 4 or 16. Dtypes of
 * tensors are steps as well, by name.
 */
const ONE = 0, FLOAT = 2, BOOL = 3;
/** The step of an argument that is not there. */
const MISSING = 5;
/** The step before the blocks of a descriptor. */
const BLOCKS = 6;
/** The step before the text of a compile-time value that is no primitive. */
const CONTENT = 7;
/** Steps from here on: a tensor begins behind where a binding can begin, so many bytes on. */
const MOVED = 100;
/** Steps from here on: a tensor is the same memory as the argument of that number. */
const SHARED = 200;
/**
 * Steps from here on: a tensor is another part of the memory of an argument; two for each, by what is known of
 * its offset. With the step of the first this tells the classes of both.
 */
const PART = 1000;
/** No step: the launch must be looked at in full. */
const UNKNOWN = -1;

/** Nodes at most: a program whose constants are ever new makes a way for each launch. */
const MAX_NODES = 10_000;

/** Launches that were looked at; what a block is marked with to see whether it is met twice. */
let stamp = 0;
/** Nodes that were ever made, of all trees. */
let made = 0;

export class Recall<Leaf> {
  readonly #positional: Parameters["positional"];
  #roots = new WeakMap<Device, Root<Leaf>>();
  #nodes = 0;
  #last: WeakRef<Root<Leaf>> | undefined; // of the last launch's device, which may be forgotten

  constructor({ positional }: Parameters) {
    this.#positional = positional;
  }

  /** What was kept for launches like this one. */
  find(args: readonly unknown[]): Leaf | undefined {
    return this.#walk(args, false)?.leaf;
  }

  /** Keeps something for launches like this one, which must have gone well. */
  keep(args: readonly unknown[], leaf: Leaf): void {
    if (this.#nodes > MAX_NODES) {
      this.#roots = new WeakMap();
      this.#last = undefined;
      this.#nodes = 0;
    }
    const before = made;
    const node = this.#walk(args, true);
    this.#nodes += made - before;
    if (node) node.leaf = leaf;
  }

  /** Where the arguments lead; with `grow`, ways are made. */
  #walk(args: readonly unknown[], grow: boolean): Node<Leaf> | undefined {
    const positional = this.#positional, last = args[args.length - 1];
    const given = isPlainObject(last) ? last : undefined;
    const count = given ? args.length - 1 : args.length;
    if (count > positional.length) return undefined;
    const device = deviceOf(args);
    let node = device && this.#rootOf(device, grow);
    if (!node) return undefined;
    stamp++;

    for (let i = 0; i < positional.length; i++) {
      const arg = args[i], { dtype } = positional[i]!;
      if (i >= count) {
        node = step(node, MISSING, grow);
      } else if (typeof arg === "number") {
        const code = codeOfNumber(arg, dtype?.name);
        if (code === UNKNOWN) return undefined;
        node = step(node, code, grow);
      } else if (arg instanceof Tensor || arg instanceof TensorDescriptor) {
        const tensor = tensorOf(arg);
        if (dtype || !tensor || tensor.device !== device || tensor.disposed) return undefined;
        node = step(node, tensor.dtype, grow);
        const code = codeOfPlace(tensor, i, args);
        if (code === UNKNOWN) return undefined;
        if (node && code > 0) node = step(node, code, grow);
        if (node && arg instanceof TensorDescriptor) node = stepBlocks(node, arg, grow);
      } else if (typeof arg === "boolean") {
        if (dtype) return undefined;
        node = step(node, BOOL, grow);
      } else if (arg instanceof TypedScalar) {
        const code = codeOfNumber(arg.value, arg.dtype.name);
        if (code === UNKNOWN || (dtype && dtype !== arg.dtype)) return undefined;
        node = step(node, arg.dtype, grow);
        if (node) node = step(node, code, grow);
      } else if (typeof arg === "bigint") {
        const { name } = dtype ?? (BigInt.asIntN(64, arg) === arg ? DTYPES.i64 : DTYPES.u64);
        const code = codeOfNumber(arg, name);
        if (code === UNKNOWN) return undefined;
        if (!dtype) node = step(node, DTYPES[name], grow);
        if (node) node = step(node, code, grow);
      } else if (typeof arg === "function" || typeof arg === "string") {
        node = stepContent(node, arg, grow);
      } else if (arg === undefined) {
        node = step(node, arg, grow);
      } else {
        return undefined;
      }
      if (!node) return undefined;
    }

    for (const name in given) {
      node = step(node, name, grow);
      if (node) node = stepValue(node, given[name], grow);
      if (!node) return undefined;
    }
    return node;
  }

  #rootOf(device: Device, grow: boolean): Node<Leaf> | undefined {
    const last = this.#last?.deref();
    if (last?.device === device) return last;
    let root = this.#roots.get(device);
    if (!root && grow) this.#roots.set(device, root = new Root(device));
    if (root) this.#last = new WeakRef(root);
    return root;
  }
}

function step<Leaf>(node: Node<Leaf>, key: unknown, grow: boolean): Node<Leaf> | undefined {
  let next = node.next.get(key);
  if (next || !grow) return next;
  node.next.set(key, next = new Node());
  made++;
  return next;
}

/** The value of a constant: primitives as they are, others by what makes them equal for a kernel. */
function stepValue<Leaf>(
  node: Node<Leaf>,
  value: unknown,
  grow: boolean,
): Node<Leaf> | undefined {
  const plain = typeof value === "object" ? value === null : typeof value !== "function";
  if (plain && !Object.is(value, -0)) return step(node, value, grow);
  return stepContent(node, value, grow);
}

/** A compile-time value by its text, apart from all other steps, among which are names of dtypes. */
function stepContent<Leaf>(
  node: Node<Leaf>,
  value: unknown,
  grow: boolean,
): Node<Leaf> | undefined {
  const content = step(node, CONTENT, grow);
  return content && step(content, valueKey(value), grow);
}

/** What a kernel is compiled for of a descriptor, beside its tensor. */
function stepBlocks<Leaf>(
  from: Node<Leaf>,
  { shape, strides, blockShape, options }: TensorDescriptor,
  grow: boolean,
): Node<Leaf> | undefined {
  let node = step(from, BLOCKS, grow);
  if (node) node = step(node, options.padding, grow);
  if (node) node = step(node, shape.length, grow);
  for (let d = 0; node && d < shape.length; d++) {
    const size = codeOfNumber(shape[d]!, "i32"), stride = codeOfNumber(strides[d]!, "i32");
    if (size === UNKNOWN || stride === UNKNOWN) return undefined;
    node = step(node, size * 32 + stride, grow);
    if (node) node = step(node, blockShape[d], grow);
  }
  return node;
}

/** The tensor that an argument is or describes. */
function tensorOf(arg: unknown): Tensor | undefined {
  if (arg instanceof Tensor) return arg;
  return arg instanceof TensorDescriptor && arg.base instanceof Tensor ? arg.base : undefined;
}

/** The GPU device of the first tensor. */
function deviceOf(args: readonly unknown[]): Device | undefined {
  for (let i = 0; i < args.length; i++) {
    const tensor = tensorOf(args[i]);
    if (tensor) return tensor.device.kind === "webgpu" ? tensor.device : undefined;
  }
  return undefined;
}

/** What is known of a number when a kernel is compiled for it, of a declared dtype or its own. */
function codeOfNumber(x: Numeric, dtype: DTypeName | undefined): number {
  if (typeof x === "bigint") {
    const element = dtype && DTYPES[dtype];
    if (!element || !isWide(element) || roundTo(element, x) !== x) return UNKNOWN;
    return x === 1n ? ONE : divisorOf(x);
  }
  switch (dtype) {
    case undefined:
      if ((x | 0) !== x) return Number.isInteger(x) ? UNKNOWN : FLOAT;
      break;
    case "f32":
      return FLOAT;
    case "i32":
      if ((x | 0) !== x) return UNKNOWN;
      break;
    default: {
      const element = DTYPES[dtype];
      if (element.kind === "float") return FLOAT;
      if (isWide(element) || roundTo(element, x) !== x) return UNKNOWN;
    }
  }
  return x === 1 ? ONE : divisorOf(x);
}

/** What is known of a tensor's address, beside the other tensors of the launch; 0 for the common case. */
function codeOfPlace(tensor: Tensor, i: number, args: readonly unknown[]): number {
  const storage = tensor.storage as GpuStorage, { block } = storage;
  if (block.stamp === stamp) {
    const first = tensorOf(args[block.argument])!, { offset, bytes } = first.storage;
    if (first.dtype !== tensor.dtype) return UNKNOWN;
    if (offset === storage.offset && bytes === storage.bytes) return SHARED + block.argument;
    return PART + 2 * block.argument + (storage.placement === 1 ? 1 : 0);
  }
  block.stamp = stamp;
  block.argument = i;
  return storage.placement === 0 ? 0 : MOVED + storage.placement;
}
