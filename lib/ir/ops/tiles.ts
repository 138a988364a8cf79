/** Operations that make tiles, change their shape, and combine their elements. */

import { bool, type DType, dtypeNamed, f32, i32, isWide } from "../dtype.ts";
import {
  dtypeOf,
  sameElement,
  sameShape,
  scalar,
  size,
  tile,
  type Type,
  typeText,
  withElement,
} from "../type.ts";
import { at, common, commonShape, expect, type Inference, numeric, type Row } from "./row.ts";

function numberOf(op: Inference, name: string): number {
  const value = op.attributes[name];
  expect(typeof value === "number", () => `The attribute '${name}' must be a number`);
  return value;
}

function numbersOf(op: Inference, name: string): readonly number[] {
  const value = op.attributes[name];
  expect(Array.isArray(value), () => `The attribute '${name}' must be a list of numbers`);
  return value as readonly number[];
}

/** The axis attribute, checked against a rank. */
export function axisOf(op: Inference, rank: number): number {
  const axis = numberOf(op, "axis");
  expect(
    Number.isInteger(axis) && axis >= 0 && axis < rank,
    () => `There is no axis ${axis} in ${rank} dimensions`,
  );
  return axis;
}

/** Checks the operands of an operation that combines elements along its axis; returns that. */
export function checkCombine(op: Inference): number {
  const first = at(op.operands, 0);
  commonShape(op.operands);
  const combine = at(op.regions, 0);
  const wanted = [...op.operands, ...op.operands].map((x) => x.element);
  expect(
    combine.params.length === wanted.length &&
      combine.params.every((param, i) => sameElement(param.type.element, at(wanted, i))) &&
      combine.yields.length === op.operands.length &&
      combine.yields.every((value, i) => sameElement(value.type.element, at(wanted, i))),
    () => "The combine function's parameters and results do not have the tiles' dtypes",
  );
  return axisOf(op, first.shape.length);
}

/** The dtype in which products of two dtypes are summed; undefined when they are not multiplied. */
export function sumDtype(a: DType, b: DType): DType | undefined {
  if (a === b && a.kind === "float") return a.bits === 64 ? a : f32;
  if (a.kind === "float" && b.kind === "float" && a.bits === 8 && b.bits === 8) return f32;
  return a === b && a.bits === 8 ? i32 : undefined;
}

export const TILES = {
  program_id: {
    doc: "The index of this program along a dimension of the grid.",
    operands: [],
    attributes: { axis: "number" },
    traits: ["cheap"],
    infer: (op) => (axisOf(op, 3), [scalar(i32)]),
  },
  num_programs: {
    doc: "How many programs the grid has along a dimension.",
    operands: [],
    attributes: { axis: "number" },
    traits: ["cheap"],
    infer: (op) => (axisOf(op, 3), [scalar(i32)]),
  },
  constant: {
    doc: "A number; a tile with every element equal to it when the shape is not empty.",
    operands: [],
    attributes: { value: "number", dtype: "string", shape: "numbers" },
    traits: ["cheap"],
    infer: (op) => {
      const dtype = dtypeNamed(String(op.attributes["dtype"]));
      expect(dtype !== undefined, () => `There is no dtype '${op.attributes["dtype"]}'`);
      const { value } = op.attributes;
      expect(
        (typeof value === "bigint") === isWide(dtype),
        () => `${String(value)} is no element of ${dtype.name}`,
      );
      return [tile(numbersOf(op, "shape"), dtype)];
    },
  },
  arange: {
    doc: "The integers from start up to but not including end, in one dimension.",
    operands: [],
    attributes: { start: "number", end: "number" },
    traits: ["cheap"],
    infer: (op) => {
      const start = numberOf(op, "start"), end = numberOf(op, "end");
      expect(end > start, () => `The range ${start} to ${end} is empty`);
      return [tile([end - start], i32)];
    },
  },
  splat: {
    doc: "A tile with every element equal to a scalar.",
    operands: ["x"],
    attributes: { shape: "numbers" },
    traits: ["cheap"],
    infer: (op) => {
      const x = at(op.operands, 0);
      expect(x.shape.length === 0, () => `${typeText(x)} is not a scalar`);
      return [tile(numbersOf(op, "shape"), x.element)];
    },
  },
  broadcast: {
    doc: "A tile of the same rank whose dimensions of size 1 are repeated to the shape's.",
    operands: ["x"],
    attributes: { shape: "numbers" },
    traits: ["cheap"],
    infer: (op) => {
      const x = at(op.operands, 0), shape = numbersOf(op, "shape");
      expect(
        x.shape.length === shape.length && x.shape.every((dim, i) => dim === 1 || dim === shape[i]),
        () => `${typeText(x)} cannot be broadcast to ${shape.join("x")}`,
      );
      return [tile(shape, x.element)];
    },
  },
  expand_dims: {
    doc: "The same elements with a new dimension of size 1 at the axis.",
    operands: ["x"],
    attributes: { axis: "number" },
    traits: ["cheap"],
    infer: (op) => {
      const x = at(op.operands, 0);
      return [tile(x.shape.toSpliced(axisOf(op, x.shape.length + 1), 0, 1), x.element)];
    },
  },
  reshape: {
    doc: "The same elements in row-major order in another shape of equal size.",
    operands: ["x"],
    attributes: { shape: "numbers" },
    traits: ["cheap"],
    infer: (op) => {
      const x = at(op.operands, 0), result = tile(numbersOf(op, "shape"), x.element);
      expect(
        size(x) === size(result),
        () =>
          `${typeText(x)} has ${size(x)} elements, ${result.shape.join("x")} has ${size(result)}`,
      );
      return [result];
    },
  },
  permute: {
    doc: "The dimensions in another order: dimension i of the result is dimension order[i] of x.",
    operands: ["x"],
    attributes: { order: "numbers" },
    traits: ["cheap"],
    infer: (op) => {
      const x = at(op.operands, 0), order = numbersOf(op, "order");
      expect(
        sameShape([...order].sort((a, b) => a - b), x.shape.map((_, i) => i)),
        () => `${order.join(", ")} is no permutation of the dimensions of ${typeText(x)}`,
      );
      return [tile(order.map((dim) => at(x.shape, dim)), x.element)];
    },
  },
  convert_layout: {
    doc: "The same elements spread over registers, lanes and warps by another layout.",
    operands: ["x"],
    infer: ({ operands }) => [at(operands, 0)],
  },
  reduce: {
    doc:
      "Combines all elements along an axis of one or more tiles, in any order, with an associative function of scalars.",
    operands: ["...xs"],
    attributes: { axis: "number" },
    regions: ["combine"],
    infer: (op) => {
      const axis = checkCombine(op);
      return op.operands.map((x) => tile(x.shape.toSpliced(axis, 1), x.element));
    },
  },
  dot: {
    doc:
      "The matrix product of a [M, K] and b [K, N] added to acc [M, N], or one product for each of a first dimension that all three have. Floats are summed in f32, 8-bit integers in i32; of f16, up to `terms` products at a time may be summed in f16 before.",
    operands: ["a", "b", "acc"],
    attributes: { terms: "number?" },
    infer: ({ operands }) => {
      const a = at(operands, 0), b = at(operands, 1), acc = at(operands, 2);
      const rank = a.shape.length, batch = a.shape.slice(0, -2);
      expect(
        (rank === 2 || rank === 3) && b.shape.length === rank &&
          sameShape(batch, b.shape.slice(0, -2)) && a.shape[rank - 1] === b.shape[rank - 2],
        () => `${typeText(a)} and ${typeText(b)} cannot be multiplied`,
      );
      const sum = sumDtype(numeric(a), numeric(b));
      expect(
        sum !== undefined,
        () => `Operands of these dtypes are not multiplied: ${typeText(a)} and ${typeText(b)}`,
      );
      const wanted = tile([...batch, at(a.shape, rank - 2), at(b.shape, rank - 1)], sum);
      expect(
        sameShape(acc.shape, wanted.shape) && numeric(acc) === sum,
        () => `The accumulator is ${typeText(acc)}, but must be ${typeText(wanted)}`,
      );
      return [acc];
    },
  },
} satisfies Record<string, Row>;

/** Operations on global memory. */
export const MEMORY = {
  load: {
    doc:
      "Reads the element that each pointer points to; where the mask is false reads nothing and gives `other`, or 0, or, if `loose`, anything.",
    operands: ["pointer", "mask?", "other?"],
    attributes: { loose: "boolean?" },
    traits: ["reads"],
    infer: ({ operands }) => {
      const [pointer, mask, other] = operands;
      const type = pointee(at(operands, 0), mask, "load");
      expect(
        !other || (sameShape(other.shape, type.shape) && sameElement(other.element, type.element)),
        () => `'other' is ${other && typeText(other)}, but must be ${typeText(type)}`,
      );
      expect(pointer !== undefined, () => "load needs a pointer");
      return [type];
    },
  },
  store: {
    doc: "Writes each value to where its pointer points, where the mask is true.",
    operands: ["pointer", "value", "mask?"],
    traits: ["writes"],
    infer: ({ operands }) => {
      const value = at(operands, 1);
      const type = pointee(at(operands, 0), operands[2], "store");
      expect(
        sameShape(value.shape, type.shape) && sameElement(value.element, type.element),
        () => `The value is ${typeText(value)}, but must be ${typeText(type)}`,
      );
      return [];
    },
  },
} satisfies Record<string, Row>;

/** What pointers of this type point to, with the mask's shape checked. */
function pointee(pointer: Type, mask: Type | undefined, what: string): Type {
  const { element } = pointer;
  expect(
    "pointee" in element,
    () => `Cannot ${what} through ${typeText(pointer)}: it is no pointer`,
  );
  expect(
    !mask || (mask.element === bool && sameShape(mask.shape, pointer.shape)),
    () =>
      `The mask is ${mask && typeText(mask)}, but must be a bool for each of ${typeText(pointer)}`,
  );
  return withElement(pointer, element.pointee);
}

/** Control flow: see `graph.ts` for what the regions take and yield. */
export const CONTROL = {
  for: {
    doc:
      "Runs the body with i from start towards end (not reached) by step, carrying values along; a negative step counts down.",
    operands: ["start", "end", "step", "...inits"],
    regions: ["body"],
    infer: ({ operands, regions }) => {
      const bounds = operands.slice(0, 3), inits = operands.slice(3), body = at(regions, 0);
      expect(
        dtypeOf(common(bounds)).kind !== "float" && at(bounds, 0).shape.length === 0,
        () => `Bounds and step must be integers, not ${bounds.map((t) => typeText(t)).join(", ")}`,
      );
      sameTypes("parameter", body.params.slice(1).map((param) => param.type), inits);
      sameTypes("yielded value", body.yields.map((value) => value.type), inits);
      return inits;
    },
  },
  while: {
    doc: "Runs the body as long as the condition holds, carrying values along.",
    operands: ["...inits"],
    regions: ["condition", "body"],
    infer: ({ operands, regions }) => {
      const condition = at(regions, 0), body = at(regions, 1);
      sameTypes("parameter", condition.params.map((param) => param.type), operands);
      sameTypes("condition", condition.yields.map((value) => value.type), [CONDITION]);
      sameTypes("parameter", body.params.map((param) => param.type), operands);
      sameTypes("yielded value", body.yields.map((value) => value.type), operands);
      return operands;
    },
  },
  if: {
    doc: "Runs one of two regions and gives what it yields.",
    operands: ["condition"],
    regions: ["then", "else"],
    infer: ({ operands, regions }) => {
      sameTypes("condition", operands, [CONDITION]);
      const types = at(regions, 0).yields.map((value) => value.type);
      sameTypes("yielded value", at(regions, 1).yields.map((value) => value.type), types);
      return types;
    },
  },
} satisfies Record<string, Row>;

const CONDITION: Type = scalar(bool);

/** Throws unless two lists of types agree, layouts aside. */
function sameTypes(what: string, found: readonly Type[], wanted: readonly Type[]): void {
  expect(
    found.length === wanted.length,
    () => `There are ${found.length} of ${what}, but ${wanted.length} are needed`,
  );
  found.forEach((type, i) => {
    const other = at(wanted, i);
    expect(
      sameShape(type.shape, other.shape) && sameElement(type.element, other.element),
      () => `The ${what} ${i} is ${typeText(type)}, but must be ${typeText(other)}`,
    );
  });
}
