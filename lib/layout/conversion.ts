/**
 * How a tile gets from one layout to another, derived from the two layouts alone.
 *
 * | kind | what moves | costs |
 * |---|---|---|
 * | `none` | nothing: the layouts are equal | nothing |
 * | `registers` | values between registers of the same thread | nothing, it is renaming |
 * | `shuffle` | values between lanes of a warp | one shuffle a register |
 * | `workgroup` | values between warps, or irregularly | writes, a barrier, and reads |
 */

import { Elimination, identity, matrix } from "./gf2.ts";
import type { Input, LinearLayout } from "./linear_layout.ts";

export type Conversion =
  | { readonly kind: "none" }
  | {
    readonly kind: "registers";
    /** For each register of the target, the register of the same thread that holds its element. */
    readonly source: readonly number[];
  }
  | {
    readonly kind: "shuffle";
    /** For each register of the target, the register of the source lane that holds its element. */
    readonly source: readonly number[];
    /**
     * The source lane of a lane is the exclusive or of `lanes[i]` over its set bits `i`, and of
     * `flips` for the target's register.
     */
    readonly lanes: readonly number[];
    readonly flips: readonly number[];
    /** True when the source lane is simply the lane itself exclusive or `flips[register]`. */
    readonly xor: boolean;
  }
  | { readonly kind: "workgroup" };

/**
 * What has to be done so that a tile laid out by `from` is laid out by `to`.
 *
 * Requires: equal shapes, and equally many lanes and warps; `from` is surjective. Postcondition: for
 * each place of `to`, the place of `from` that the answer names holds the same element.
 */
export function conversion(from: LinearLayout, to: LinearLayout): Conversion {
  if (from.equals(to)) return { kind: "none" };
  if (!samePrefix(from, to, "warp")) return { kind: "workgroup" };
  const registers = new Elimination(
    matrix(from.matrix.rows, from.matrix.columns.slice(0, from.bits.register)),
  );
  const columns = (layout: LinearLayout, input: Input) => {
    const start = input === "register" ? 0 : layout.bits.register;
    return layout.matrix.columns.slice(start, start + layout.bits[input]);
  };
  if (samePrefix(from, to, "lane")) {
    const images = columns(to, "register").map((column) => registers.solve(column));
    if (images.every(isDefined)) return { kind: "registers", source: spread(images) };
  }
  // Through lanes of the same warp. Which register a source lane hands over must not depend on who
  // asks, so lanes of the target have to be made of lanes of the source alone.
  const lanes = new Elimination(matrix(from.matrix.rows, columns(from, "lane")));
  const laneImages = columns(to, "lane").map((column) => lanes.solve(column));
  const both = new Elimination(
    matrix(from.matrix.rows, [...columns(from, "register"), ...columns(from, "lane")]),
  );
  const images = columns(to, "register").map((column) => both.solve(column));
  if (!laneImages.every(isDefined) || !images.every(isDefined)) return { kind: "workgroup" };
  // A lane that makes no difference to the target may ask itself rather than lane 0.
  const asked = columns(to, "lane").map((column, i) =>
    column === columns(from, "lane")[i] ? 1 << i : laneImages[i]!
  );
  const places = spread(images).map((vector) => from.unpack(vector));
  return {
    kind: "shuffle",
    source: places.map((place) => place.register),
    lanes: asked,
    flips: places.map((place) => place.lane),
    xor: identity(asked.length).columns.every((bit, i) => asked[i] === bit),
  };
}

/** The lane that `lane` takes the target's register `register` from. */
export function sourceLane(
  shuffle: Conversion & { kind: "shuffle" },
  lane: number,
  register: number,
): number {
  return shuffle.lanes.reduce(
    (result, image, i) => (lane >> i & 1 ? result ^ image : result),
    shuffle.flips[register]!,
  );
}

/** True when both layouts have the same bases for an input. */
function samePrefix(a: LinearLayout, b: LinearLayout, input: Input): boolean {
  return a.bases[input].length === b.bases[input].length &&
    a.bases[input].every((basis, i) => basis.every((x, d) => x === b.bases[input][i]![d]));
}

/** What every index goes to, when entry `i` of the list is what `2 ** i` goes to. */
function spread(images: readonly number[]): number[] {
  return images.reduce<number[]>(
    (list, image) => [...list, ...list.map((x) => x ^ image)],
    [0],
  );
}

function isDefined<T>(x: T | undefined): x is T {
  return x !== undefined;
}
