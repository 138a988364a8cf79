/** A function of single elements with control flow of its own, for each element of tiles. */

import { commonShape, expect, type Row } from "./row.ts";
import { sameElement, tile } from "../type.ts";

export const MAP = {
  map: {
    doc:
      "Runs a region on the scalars at each place of tiles; the scalars that it yields are the elements of the results. With `wgsl`, the body of a function of `p0`, `p1`, …, GPUs run that instead, after what it `declares`; `impure` says that it must stay even when unused, and `portable` that the region does the same.",
    operands: ["...xs"],
    attributes: { wgsl: "string", declares: "string", impure: "boolean", portable: "boolean" },
    regions: ["body"],
    infer: ({ operands, regions }) => {
      if (operands.length > 0) commonShape(operands);
      const { params, yields } = regions[0]!;
      expect(
        params.length === operands.length &&
          params.every(({ type }, i) =>
            type.shape.length === 0 && sameElement(type.element, operands[i]!.element)
          ),
        () => "The region's parameters are not the elements of the operands",
      );
      expect(
        yields.every(({ type }) => type.shape.length === 0),
        () => "The region yields tiles, but must yield scalars",
      );
      return yields.map(({ type }) => tile(operands[0]?.shape ?? [], type.element));
    },
  },
} satisfies Record<string, Row>;
