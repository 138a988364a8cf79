/** Operations that move elements along an axis, or combine them in order. */

import { bool, i32, isInteger } from "../dtype.ts";
import { sameShape, tile, typeText } from "../type.ts";
import { at, expect, numeric, type Row } from "./row.ts";
import { axisOf, checkCombine } from "./tiles.ts";

export const ALONG_AXIS = {
  gather: {
    doc:
      "Takes elements of x along an axis: element [i, j] of the result is x[index[i, j], j] for axis 0. What an index outside gives is undefined.",
    operands: ["x", "index"],
    attributes: { axis: "number" },
    infer: (op) => {
      const x = at(op.operands, 0), index = at(op.operands, 1);
      const axis = axisOf(op, x.shape.length);
      expect(
        isInteger(numeric(index)) && index.shape.length === x.shape.length &&
          sameShape(index.shape.toSpliced(axis, 1), x.shape.toSpliced(axis, 1)),
        () => `${typeText(index)} cannot index ${typeText(x)} along axis ${axis}`,
      );
      return [tile(index.shape, x.element)];
    },
  },
  scan: {
    doc:
      "Each element combined with all before it along an axis (with all after it, when reversed, the last one first), by an associative function of scalars: running sums, when it adds.",
    operands: ["...xs"],
    attributes: { axis: "number", reverse: "boolean" },
    regions: ["combine"],
    infer: (op) => (checkCombine(op), op.operands.map((x) => tile(x.shape, x.element))),
  },
  sort: {
    doc: "The elements along the last axis in order. Where NaNs end up is undefined.",
    operands: ["x"],
    attributes: { descending: "boolean" },
    infer: ({ operands }) => {
      const x = at(operands, 0);
      expect(
        x.shape.length > 0 && numeric(x) !== bool,
        () => `${typeText(x)} is no tile of numbers`,
      );
      return [tile(x.shape, x.element)];
    },
  },
  sort_by: {
    doc:
      "The elements of x along the last axis in the order of their keys, which are integers from 0 up to the number of bins; elements whose keys are equal keep their order. What other keys give is undefined.",
    operands: ["x", "key"],
    attributes: { bins: "number" },
    infer: ({ operands }) => {
      const x = at(operands, 0), key = at(operands, 1);
      expect(
        x.shape.length > 0 && isInteger(numeric(key)) && sameShape(x.shape, key.shape),
        () => `${typeText(key)} has no integer for each element of ${typeText(x)}`,
      );
      return [tile(x.shape, x.element)];
    },
  },
  merge: {
    doc:
      "The same of elements that rise along the last axis and then fall, or fall and then rise: what sorting ends with.",
    operands: ["x"],
    attributes: { descending: "boolean" },
    infer: ({ operands }) => [tile(at(operands, 0).shape, at(operands, 0).element)],
  },
  histogram: {
    doc:
      "How many elements of x are 0, 1, … up to the number of bins, where the mask is true; others are not counted.",
    operands: ["x", "mask?"],
    attributes: { bins: "number" },
    infer: ({ operands, attributes }) => {
      const x = at(operands, 0), mask = operands[1];
      expect(
        x.shape.length > 0 && isInteger(numeric(x)),
        () => `${typeText(x)} is no tile of integers`,
      );
      expect(
        !mask || (mask.element === bool && sameShape(mask.shape, x.shape)),
        () =>
          `The mask is ${mask && typeText(mask)}, but must be a bool for each of ${typeText(x)}`,
      );
      return [tile([Number(attributes["bins"])], i32)];
    },
  },
} satisfies Record<string, Row>;
