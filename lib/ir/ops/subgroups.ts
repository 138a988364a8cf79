/** Products that subgroups compute together, which passes put in place of others. */

import { expect, type Row } from "./row.ts";
import { at } from "./row.ts";
import { TILES } from "./tiles.ts";

export const SUBGROUPS = {
  lane_dot: {
    doc:
      "The same as `dot` for a [M, K] and b [K, N], without workgroup memory: each lane has columns of b and of the result, and lanes tell one another what they hold of a.",
    operands: ["a", "b", "acc"],
    infer: (op) => {
      const [acc] = TILES.dot.infer(op) as [ReturnType<typeof TILES.dot.infer>[0]];
      expect(acc!.shape.length === 2, () => "Lanes compute no batches of products");
      return [acc!];
    },
  },
  subgroup_dot: {
    doc:
      "The same as `dot` for a [M, K] and b [K, N], on matrix units that multiply [m, k] by [k, n]: `unit` is [m, n, k]. Of the program's warps, `warps[0]` share the rows and `warps[1]` the columns.",
    operands: ["a", "b", "acc"],
    attributes: { unit: "numbers", warps: "numbers" },
    infer: (op) => {
      const [acc] = TILES.dot.infer(op) as [ReturnType<typeof TILES.dot.infer>[0]];
      const a = at(op.operands, 0);
      const [m, n, k] = op.attributes["unit"] as readonly [number, number, number];
      const [rows, columns] = op.attributes["warps"] as readonly [number, number];
      const [M, N] = acc!.shape as [number, number], K = a.shape[1]!;
      expect(
        acc!.shape.length === 2 && M % (m * rows) === 0 && N % (n * columns) === 0 && K % k === 0,
        () => `A product of [${M}, ${K}] and [${K}, ${N}] is not made of such units`,
      );
      return [acc!];
    },
  },
} satisfies Record<string, Row>;
