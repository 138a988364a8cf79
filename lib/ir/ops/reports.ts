/** Operations by which a running kernel tells the host something. */

import { bool, i32 } from "../dtype.ts";
import { sameShape, scalar, type Type, typeText } from "../type.ts";
import { at, expect, type Row } from "./row.ts";

function checkMask(type: Type, mask: Type | undefined): void {
  expect(
    !mask || (mask.element === bool && sameShape(mask.shape, type.shape)),
    () => `The mask is ${mask && typeText(mask)}, but must be a bool for each element`,
  );
}

export const REPORTS = {
  print: {
    doc:
      "Hands the elements of a value to the host, which prints them after a `label`, where the mask is true. `of` is the shape that the author sees; `form` is `decimal`, `hex`, or `none` where the label is all there is.",
    operands: ["x", "mask?"],
    attributes: { label: "string", form: "string", of: "numbers" },
    traits: ["writes"],
    infer: ({ operands, attributes }) => {
      checkMask(at(operands, 0), operands[1]);
      const form = String(attributes["form"]);
      expect(["decimal", "hex", "none"].includes(form), () => `There is no form '${form}'`);
      return [];
    },
  },
  assert: {
    doc: "Tells the host where a condition is false and the mask is true: an error of the kernel.",
    operands: ["condition", "mask?"],
    attributes: { message: "string", of: "numbers" },
    traits: ["writes"],
    infer: ({ operands }) => {
      const condition = at(operands, 0);
      expect(
        condition.element === bool,
        () => `${typeText(condition)} is no ${typeText(scalar(bool))}`,
      );
      checkMask(condition, operands[1]);
      return [];
    },
  },
  check_bounds: {
    doc:
      "Tells the host where an access would leave its tensor: an error of the kernel. `index` is the element's, `length` what the tensor `base` has, `outside` true where the access is wanted and leaves it.",
    operands: ["index", "length", "outside"],
    attributes: { base: "string", verb: "string", of: "numbers" },
    traits: ["writes"],
    infer: ({ operands }) => {
      const index = at(operands, 0), length = at(operands, 1);
      expect(index.element === i32, () => `The index is ${typeText(index)}, not of i32`);
      expect(
        length.element === i32 && length.shape.length === 0,
        () => `The length is ${typeText(length)}, not i32`,
      );
      checkMask(index, at(operands, 2));
      return [];
    },
  },
} satisfies Record<string, Row>;

/** True for operations that tell the host something about the elements of their first operand. */
export function isReport(op: { readonly name: string }): boolean {
  return Object.hasOwn(REPORTS, op.name);
}
