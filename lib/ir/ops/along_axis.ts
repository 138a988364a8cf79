/** Operations that move elements along an axis, or combine them in order. */

import { isInteger } from "../dtype.ts";
import { sameShape, tile, typeText } from "../type.ts";
import { at, expect, numeric, type Row } from "./row.ts";
import { axisOf } from "./tiles.ts";

export const ALONG_AXIS = {
  gather: {
    doc:
      "Takes elements of x along an axis: element [i, j] of the result is x[index[i, j], j] for axis 0. What an index outside gives is undefined.",
    operands: ["x", "index"],
    attributes: { axis: "number" },
    infer: (op) => {
      const x = at(op.operands, 0), index = at(op.operands, 1);
      const axis = axisOf(op, x.shape.length);
      numeric(x);
      expect(
        isInteger(numeric(index)) && index.shape.length === x.shape.length &&
          sameShape(index.shape.toSpliced(axis, 1), x.shape.toSpliced(axis, 1)),
        () => `${typeText(index)} cannot index ${typeText(x)} along axis ${axis}`,
      );
      return [tile(index.shape, x.element)];
    },
  },
} satisfies Record<string, Row>;
