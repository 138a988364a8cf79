/**
 * The op table: every operation of the tile graph and all that is known about it.
 *
 * Builder, printer, parser, verifier, constant folding, CPU backend and WGSL printer read this table.
 * An elementwise operation is complete with its row; tables elsewhere that treat the others end in
 * `satisfies Record<…>` over their names, so that a new one does not compile until it is handled.
 */

import { ALONG_AXIS } from "./ops/along_axis.ts";
import { ARITHMETIC } from "./ops/arithmetic.ts";
import { ATOMICS } from "./ops/atomics.ts";
import { FUNCTIONS } from "./ops/functions.ts";
import { MAP } from "./ops/map.ts";
import { MATH } from "./ops/math.ts";
import { REPORTS } from "./ops/reports.ts";
import { type ElementwiseRow, isElementwise, type Row } from "./ops/row.ts";
import { SUBGROUPS } from "./ops/subgroups.ts";
import { STACKS } from "./ops/stacks.ts";
import { CONTROL, MEMORY, TILES } from "./ops/tiles.ts";

const ELEMENTWISE = { ...ARITHMETIC, ...MATH, ...FUNCTIONS };
const STRUCTURAL = {
  ...TILES,
  ...SUBGROUPS,
  ...ALONG_AXIS,
  ...STACKS,
  ...MEMORY,
  ...ATOMICS,
  ...REPORTS,
  ...MAP,
  ...CONTROL,
};

/** Names of operations whose row says how to compute one element. */
export type ElementwiseName = keyof typeof ELEMENTWISE;
/** Names of all other operations. */
export type StructuralName = keyof typeof STRUCTURAL;
export type OpName = ElementwiseName | StructuralName;

export const OPS: Readonly<Record<OpName, Row>> = { ...ELEMENTWISE, ...STRUCTURAL };

/** The row of an elementwise operation, or undefined for any other. */
export function elementwise(name: OpName): ElementwiseRow | undefined {
  const row = OPS[name];
  return isElementwise(row) ? row : undefined;
}

/** True when a string names an operation. */
export function isOpName(name: string): name is OpName {
  return Object.hasOwn(OPS, name);
}
