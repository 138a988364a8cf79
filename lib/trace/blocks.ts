/**
 * Block pointers and tensor descriptors: records of a base, sizes, strides and offsets, of which each
 * access makes pointers and a mask. Being records of the kernel's they may be carried by loops.
 */

import { isFloat } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import type { AtomicName } from "../ir/ops/atomics.ts";
import { sameShape } from "../ir/type.ts";
import type { BlockFunctions, TensorDescriptor } from "../language/blocks.ts";
import { writtenAs } from "../language/dtypes.ts";
import { Arguments, type Entry } from "./arguments.ts";
import { elements } from "./members.ts";
import { Problem } from "./problem.ts";
import { shapeOf, shapeText } from "./semantics.ts";
import type { Tracer } from "./tracer.ts";
import { describe, isOperand, isPointerValue, isRecord, type Operand } from "./values.ts";

const BLOCK = Symbol("block pointer"), DESCRIPTOR = Symbol("tensor descriptor");

/** What both are. */
interface Block {
  readonly kind: typeof BLOCK | typeof DESCRIPTOR;
  readonly base: Value;
  readonly shape: readonly Operand[];
  readonly strides: readonly Operand[];
  /** Where a block pointer points. */
  readonly offsets: readonly Operand[];
  readonly blockShape: readonly number[];
  /** What a descriptor gives outside. */
  readonly padding: string;
}

function isBlock(x: unknown, kind: symbol): x is Block {
  return isRecord(x) && x["kind"] === kind;
}

/** True for what `tl.makeBlockPtr` gives. */
export function isBlockPointer(x: unknown): x is Block {
  return isBlock(x, BLOCK);
}

/** Scalar numbers, as many as wanted. */
function numbers(a: Arguments, x: unknown, what: string, count?: number): Operand[] {
  if (!Array.isArray(x)) {
    throw new Problem(
      `${what} of ${a.name} must be an array with a number for each dimension, not ${describe(x)}`,
      `Write ${a.usage}`,
    );
  }
  const list = elements(a.t, x).map((item) => {
    if (isOperand(item) && shapeOf(item).length === 0 && !isPointerValue(item)) return item;
    throw new Problem(`${what} of ${a.name} must be scalars, not ${describe(item)}`);
  });
  if (count !== undefined && list.length !== count) {
    throw new Problem(
      `${what} of ${a.name} has ${list.length} numbers for ${count} dimension${
        count === 1 ? "" : "s"
      }`,
      "Give one for each dimension",
    );
  }
  return list;
}

/** The base pointer, a scalar. */
function baseOf(a: Arguments): Value {
  const [base] = a.list;
  if (isPointerValue(base) && base.type.shape.length === 0) return base;
  throw new Problem(
    `${a.name} begins at a single pointer, not at ${describe(base)}`,
    `Write ${a.usage}`,
  );
}

/** Throws unless these are the numbers of all dimensions. */
function checkDimensions(a: Arguments, dims: readonly number[], rank: number, all: boolean): void {
  const known = dims.every((dim) => dim >= 0 && dim < rank) && new Set(dims).size === dims.length;
  if (known && (!all || dims.length === rank)) return;
  throw new Problem(
    `${a.name} was given the dimensions ${shapeText(dims)} of ${rank}`,
    all ? "Name each of them once" : `Dimensions go from 0 to ${rank - 1}`,
  );
}

function paddingOf(a: Arguments, x: unknown, block: { readonly base: Value }): string {
  if (x === undefined || x === "" || x === "zero") return "zero";
  if (x !== "nan") {
    throw new Problem(
      `${a.name} has no padding ${describe(x)}`,
      "Write 'zero' or 'nan', or leave it out",
    );
  }
  const { element } = block.base.type;
  if ("pointee" in element && !isFloat(element.pointee)) {
    throw new Problem(`${element.pointee.name} has no NaN to pad with`, "Pad with 'zero'");
  }
  return "nan";
}

/** The sum of scalars, which stays a number when both are. */
function plus(t: Tracer, a: Operand, b: Operand): Operand {
  if (a instanceof Value || b instanceof Value) return t.semantics.binary("+", a, b);
  return Number(a) + Number(b);
}

/** Pointers to a block whose coordinates along each dimension are given, and where it is inside. */
function address(
  t: Tracer,
  block: Block,
  coordinates: readonly Value[],
  check: readonly number[],
): { pointer: Value; mask: Value | undefined } {
  const { semantics } = t;
  let pointer = block.base, mask: Value | undefined;
  coordinates.forEach((at, dim) => {
    const stride = block.strides[dim]!;
    const step = stride === 1 ? at : semantics.binary("*", at, stride);
    pointer = semantics.binary("+", pointer, step);
    if (!check.includes(dim)) return;
    const inside = semantics.logical(
      "&&",
      semantics.binary(">=", at, 0),
      semantics.binary("<", at, block.shape[dim]!),
    );
    mask = mask ? semantics.logical("&&", mask, inside) : inside;
  });
  const { shape } = pointer.type;
  return { pointer, mask: mask && semantics.broadcast(mask, shape) };
}

/** The coordinates of a block's elements, each along its own dimension. */
function coordinatesOf(t: Tracer, block: Block, offsets: readonly Operand[]): Value[] {
  const { semantics } = t, rank = block.blockShape.length;
  return block.blockShape.map((size, dim) => {
    let at = semantics.builder.value("arange", [], { attributes: { start: 0, end: size } });
    for (let other = 0; other < rank; other++) {
      if (other !== dim) at = semantics.expandDims(at, other < dim ? 0 : at.type.shape.length);
    }
    return semantics.binary("+", at, offsets[dim]!);
  });
}

function read(
  t: Tracer,
  { pointer, mask }: ReturnType<typeof address>,
  padding: string,
): Value {
  const { builder } = t.semantics, { element, shape } = pointer.type;
  const operands = mask ? [pointer, mask] : [pointer];
  if (mask && padding === "nan" && "pointee" in element) {
    operands.push(builder.constant(NaN, element.pointee, shape));
  }
  return builder.value("load", operands);
}

/** The dtype of a block's elements, as kernels write it. */
function dtypeOf({ base }: Block): unknown {
  const { element } = base.type;
  return "pointee" in element ? writtenAs(element.pointee) : undefined;
}

/** A value in the dtype of a block, and in the shape of the pointers to it. */
function valueFor(t: Tracer, pointer: Value, x: Operand, what: string): Value {
  const { element, shape } = pointer.type, { semantics } = t;
  if (!("pointee" in element) || isPointerValue(x)) {
    throw new Problem(`${describe(x)} cannot be stored: it is a pointer`);
  }
  const own = shapeOf(x);
  if (own.length > 0 && !sameShape(own, shape)) {
    throw new Problem(
      `${what} was given a value of shape ${shapeText(own)} for a block of shape ${
        shapeText(shape)
      }`,
    );
  }
  return semantics.broadcast(semantics.cast(x, element.pointee, shape), shape);
}

function write(
  t: Tracer,
  { pointer, mask }: ReturnType<typeof address>,
  x: Operand,
  what: string,
): void {
  const operands = [pointer, valueFor(t, pointer, x, what)];
  t.semantics.builder.op("store", mask ? [...operands, mask] : operands);
}

function checked(a: Arguments, block: Block, boundaryCheck: unknown): number[] {
  if (boundaryCheck === undefined) return [];
  const dims = a.integers(boundaryCheck, "The boundary check");
  checkDimensions(a, dims, block.blockShape.length, false);
  return dims;
}

/** What a load or store of a block must not be told. */
function refuseMask(a: Arguments, ...given: readonly unknown[]): void {
  if (given.every((x) => x === undefined)) return;
  throw new Problem(
    `${a.name} of a block pointer takes no mask`,
    "Say along which dimensions the block may leave the tensor: { boundaryCheck: [0, 1] }",
  );
}

/** `tl.load` of a block pointer. */
export function loadBlock(
  a: Arguments,
  block: Block,
  options: Readonly<Partial<Record<"mask" | "other" | "boundaryCheck" | "paddingOption", unknown>>>,
): Value {
  const { t } = a;
  refuseMask(a, options.mask, options.other);
  const check = checked(a, block, options.boundaryCheck);
  const place = address(t, block, coordinatesOf(t, block, block.offsets), check);
  return read(t, place, paddingOf(a, options.paddingOption, block));
}

/** `tl.store` to a block pointer. */
export function storeBlock(
  a: Arguments,
  block: Block,
  value: Operand,
  options: Readonly<Partial<Record<"mask" | "boundaryCheck", unknown>>>,
): undefined {
  const { t } = a;
  refuseMask(a, options.mask);
  const check = checked(a, block, options.boundaryCheck);
  const place = address(t, block, coordinatesOf(t, block, block.offsets), check);
  write(t, place, value, a.name);
}

function makeBlock(
  a: Arguments,
  kind: Block["kind"],
  given: Readonly<Partial<Record<string, unknown>>>,
): Block {
  const { t } = a, base = baseOf(a);
  const blockShape = a.integers(given["blockShape"], "The block's shape");
  const rank = blockShape.length;
  t.semantics.checkShape(blockShape);
  if (rank === 0) throw new Problem(`${a.name} needs a block of at least one dimension`);
  const list = (name: string, what: string) => t.own(numbers(a, given[name], what, rank));
  return {
    kind,
    base,
    shape: list("shape", "The shape"),
    strides: list("strides", "The strides"),
    offsets: t.own(
      kind === BLOCK ? numbers(a, given["offsets"], "The offsets", rank) : blockShape.map(() => 0),
    ),
    blockShape: t.own(blockShape),
    padding: paddingOf(a, given["paddingOption"], { base }),
  };
}

// Tensor descriptors

type Method = (a: Arguments, block: Block) => unknown;

function everyDimension(block: Block): number[] {
  return block.blockShape.map((_, dim) => dim);
}

/** The block at the offsets that are the argument `i`. */
function placeAt(a: Arguments, block: Block, i: number): ReturnType<typeof address> {
  const offsets = numbers(a, a.list[i], "The offsets", block.blockShape.length);
  return address(a.t, block, coordinatesOf(a.t, block, offsets), everyDimension(block));
}

/** The rows that are the argument `i`, from the column after it on. */
function rowsAt(a: Arguments, block: Block, i: number): ReturnType<typeof address> {
  const rows = a.value(i), { semantics } = a.t;
  const [one, columns] = block.blockShape;
  if (one !== 1 || columns === undefined || block.blockShape.length !== 2) {
    throw new Problem(
      `${a.name} needs a descriptor of a matrix in blocks of one row, not of ${
        shapeText(block.blockShape)
      }`,
      "Write blockShape: [1, BLOCK]",
    );
  }
  if (rows.type.shape.length !== 1) {
    throw new Problem(`${a.name} needs a tile of one dimension as rows, not ${describe(rows)}`);
  }
  const along = semantics.builder.value("arange", [], { attributes: { start: 0, end: columns } });
  const column = semantics.binary("+", semantics.expandDims(along, 0), a.operand(i + 1));
  return address(a.t, block, [semantics.expandDims(rows, 1), column], [0, 1]);
}

function atomic(op: AtomicName): Method {
  return (a, block) => {
    a.count(2);
    const { pointer, mask } = placeAt(a, block, 0);
    const operands = [pointer, valueFor(a.t, pointer, a.operand(1), a.name)];
    a.t.semantics.builder.op("atomic_rmw", mask ? [...operands, mask] : operands, {
      attributes: { op },
    });
  };
}

const METHODS = {
  load: (a, block) => {
    a.count(1);
    return read(a.t, placeAt(a, block, 0), block.padding);
  },
  store: (a, block) => {
    a.count(2);
    write(a.t, placeAt(a, block, 0), a.operand(1), a.name);
  },
  gather: (a, block) => {
    a.count(2);
    return read(a.t, rowsAt(a, block, 0), block.padding);
  },
  scatter: (a, block) => {
    a.count(3);
    write(a.t, rowsAt(a, block, 1), a.operand(0), a.name);
  },
  atomicAdd: atomic("add"),
  atomicMax: atomic("max"),
  atomicMin: atomic("min"),
  atomicAnd: atomic("and"),
  atomicOr: atomic("or"),
  atomicXor: atomic("xor"),
} satisfies Record<
  Exclude<
    keyof TensorDescriptor,
    "base" | "shape" | "strides" | "blockShape" | "options" | "dtype"
  >,
  Method
>;

/** What a descriptor holds as its methods, and what they do. */
const BOUND = new Map<unknown, [name: string, run: Method]>();
const MARKERS = Object.fromEntries(
  Object.entries(METHODS).map(([name, run]) => {
    const marker = () => {};
    BOUND.set(marker, [name, run]);
    return [name, marker];
  }),
);

/** Calls a method of a descriptor; undefined when the function is none. */
export function callDescriptor(
  t: Tracer,
  fn: unknown,
  args: readonly unknown[],
  self: unknown,
): { value: unknown } | undefined {
  const method = BOUND.get(fn);
  if (!method) return undefined;
  const [name, run] = method;
  if (!isBlock(self, DESCRIPTOR)) {
    throw new Problem(
      `${name} is a method of tensor descriptors: call it as descriptor.${name}(…)`,
    );
  }
  return {
    value: run(new Arguments(t, `descriptor.${name}`, args, `descriptor.${name}(…)`), self),
  };
}

/** A descriptor as the kernel holds it. */
function descriptor(t: Tracer, block: Block): unknown {
  return t.own({ ...MARKERS, ...block, dtype: dtypeOf(block) });
}

/** What a kernel's parameter is that is given a descriptor made on the host. */
export function givenDescriptor(
  t: Tracer,
  base: Value,
  shape: readonly Value[],
  strides: readonly Operand[],
  blockShape: readonly number[],
  padding: string,
): unknown {
  t.semantics.checkShape(blockShape);
  return descriptor(t, {
    kind: DESCRIPTOR,
    base,
    shape: t.own([...shape]),
    strides: t.own([...strides]),
    offsets: t.own(blockShape.map(() => 0)),
    blockShape: t.own([...blockShape]),
    padding,
  });
}

function descriptorOf(a: Arguments): Block {
  const [block] = a.list;
  if (isBlock(block, DESCRIPTOR)) return block;
  throw new Problem(
    `The first argument of ${a.name} is ${describe(block)}, not a tensor descriptor`,
    "Make one: tl.makeTensorDescriptor(base, { shape, strides, blockShape })",
  );
}

/** A promise about the elements of a tile. */
function promise(name: string, attribute: string): Entry {
  return [`tl.${name}(x, values)`, (a, t) => {
    a.count(2);
    const x = a.operand(0);
    const values = a.integers(a.list[1], "What is promised");
    if (!(x instanceof Value)) return x;
    const rank = Math.max(1, x.type.shape.length);
    if (values.length !== rank || values.some((value) => value < 1)) {
      throw new Problem(
        `${a.name} was given ${shapeText(values)} for ${describe(x)}`,
        "Promise a positive number for each dimension",
      );
    }
    return t.semantics.builder.value("hint", [x], { attributes: { about: attribute, values } });
  }];
}

export const BLOCK_ENTRIES = {
  makeBlockPtr: [
    "tl.makeBlockPtr(base, { shape, strides, offsets, blockShape })",
    (a, t) => {
      a.count(2);
      const given = a.options(1, "shape", "strides", "offsets", "blockShape", "order");
      const block = makeBlock(a, BLOCK, given);
      if (given.order !== undefined) {
        const order = a.integers(given.order, "The order");
        checkDimensions(a, order, block.blockShape.length, true);
      }
      return t.own({ ...block, dtype: dtypeOf(block) });
    },
  ],
  advance: ["tl.advance(block, [rows, columns])", (a, t) => {
    a.count(2);
    const [block] = a.list;
    if (!isBlockPointer(block)) {
      throw new Problem(
        `tl.advance moves block pointers, not ${describe(block)}`,
        "A plain pointer is moved by +: pointer + offsets",
      );
    }
    const by = numbers(a, a.list[1], "The offsets", block.blockShape.length);
    const offsets = t.own(block.offsets.map((offset, dim) => plus(t, offset, by[dim]!)));
    return t.own({ ...block, offsets });
  }],
  makeTensorDescriptor: [
    "tl.makeTensorDescriptor(base, { shape, strides, blockShape })",
    (a, t) => {
      a.count(2);
      const given = a.options(1, "shape", "strides", "blockShape", "paddingOption");
      const block = makeBlock(a, DESCRIPTOR, given);
      const last = block.strides.at(-1);
      if (!(last instanceof Value) && last !== 1) {
        throw new Problem(
          `The last stride of ${a.name} is ${describe(last)}, but must be 1`,
          "Describe the tensor with its nearest neighbours along the last dimension",
        );
      }
      return descriptor(t, block);
    },
  ],
  loadTensorDescriptor: ["tl.loadTensorDescriptor(descriptor, offsets)", (a) => {
    a.count(2);
    const block = descriptorOf(a);
    return read(a.t, placeAt(a, block, 1), block.padding);
  }],
  storeTensorDescriptor: ["tl.storeTensorDescriptor(descriptor, offsets, value)", (a) => {
    a.count(3);
    const block = descriptorOf(a);
    write(a.t, placeAt(a, block, 1), a.operand(2), a.name);
  }],
  multipleOf: promise("multipleOf", "divisibility"),
  maxContiguous: promise("maxContiguous", "contiguity"),
  maxConstancy: promise("maxConstancy", "constancy"),
  assume: ["tl.assume(condition)", (a) => {
    a.count(1);
    a.operand(0);
  }],
} satisfies Record<keyof BlockFunctions, Entry>;
