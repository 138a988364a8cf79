/**
 * Stacks: tiles too large for registers, as many blocks of one shape. A stack is a tile whose first
 * dimension numbers the blocks; loops put blocks into it and take them out one at a time.
 */

import { i32 } from "../dtype.ts";
import { sameElement, sameShape, tile, type Type, typeText } from "../type.ts";
import { at, expect, type Row } from "./row.ts";

/** The type of a stack's blocks; throws unless the second operand numbers one. */
function blockType(stack: Type, index: Type): Type {
  expect(stack.shape.length > 1, () => `${typeText(stack)} is no stack`);
  expect(
    index.element === i32 && index.shape.length === 0,
    () => `A block's number is ${typeText(index)}, but must be i32`,
  );
  return tile(stack.shape.slice(1), stack.element);
}

export const STACKS = {
  take: {
    doc: "The block of a stack that has a number.",
    operands: ["stack", "index"],
    infer: ({ operands }) => [blockType(at(operands, 0), at(operands, 1))],
  },
  put: {
    doc: "The stack with another block at a number. Nothing else may use the stack that was.",
    operands: ["stack", "index", "block"],
    infer: ({ operands }) => {
      const stack = at(operands, 0), block = at(operands, 2);
      const wanted = blockType(stack, at(operands, 1));
      expect(
        sameShape(block.shape, wanted.shape) && sameElement(block.element, wanted.element),
        () => `The block is ${typeText(block)}, but must be ${typeText(wanted)}`,
      );
      return [tile(stack.shape, stack.element)];
    },
  },
  unstack: {
    doc: "All of a stack, as a tile in registers.",
    operands: ["stack"],
    infer: ({ operands }) => [tile(at(operands, 0).shape, at(operands, 0).element)],
  },
} satisfies Record<string, Row>;
