/** Random layouts for property tests. */

import fc from "npm:fast-check@4.10.2";
import { type Matrix, matrix, rank } from "../../lib/layout/gf2.ts";
import { blocked } from "../../lib/layout/layouts.ts";
import { LinearLayout } from "../../lib/layout/linear_layout.ts";

/** A shape of `rank` dimensions of 1 to 2 ** max elements. */
export function shapes(rank: number, max = 3): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 0, max }), { minLength: rank, maxLength: rank })
    .map((bits) => bits.map((b) => 2 ** b));
}

/** Any matrix of a size, of any rank. */
export function matrices(rows: number, columns: number): fc.Arbitrary<Matrix> {
  return fc.array(fc.integer({ min: 0, max: 2 ** rows - 1 }), {
    minLength: columns,
    maxLength: columns,
  }).map((list) => matrix(rows, list));
}

/** A square matrix of full rank: a product of row additions and a permutation. */
export function invertible(size: number): fc.Arbitrary<Matrix> {
  return matrices(size, size).map((m) => {
    // Repair dependent columns one by one: some unit vector is always out of reach of the others.
    const columns = [...m.columns];
    for (let i = 0; i < size; i++) {
      for (let bit = 0; rank(matrix(size, columns.slice(0, i + 1))) <= i; bit++) {
        columns[i] = 1 << bit;
      }
    }
    return matrix(size, columns);
  });
}

/** Blocked layouts of a shape over 4 lanes and 2 warps. */
export function blockedOf(shape: readonly number[]): fc.Arbitrary<LinearLayout> {
  const dims = shape.map((_, d) => d);
  return fc.record({
    registersPerThread: fc.tuple(...shape.map(() => fc.constantFrom(1, 2, 4))),
    order: fc.shuffledSubarray(dims, { minLength: dims.length, maxLength: dims.length }),
  }).map((options) => blocked({ shape, lanes: 4, warps: 2, ...options }));
}

/** Surjective layouts of a shape over 4 lanes and 2 warps, swizzled at random. */
export function layoutsOf(shape: readonly number[]): fc.Arbitrary<LinearLayout> {
  return blockedOf(shape).chain((layout) =>
    invertible(layout.matrix.rows).map((m) => layout.compose(m, shape))
  );
}

/** Surjective layouts of random shapes of a rank. */
export function layouts(rank: number): fc.Arbitrary<LinearLayout> {
  return shapes(rank).chain(layoutsOf);
}

/** Any linear layout with few bits of each input, onto or not. */
export function anyLayout(rank: number): fc.Arbitrary<LinearLayout> {
  return shapes(rank).chain((shape) => {
    const basis = fc.tuple(...shape.map((size) => fc.integer({ min: 0, max: size - 1 })));
    const list = fc.array(basis, { maxLength: 3 });
    return fc.record({ register: list, lane: list, warp: list })
      .map((bases) => new LinearLayout(shape, bases));
  });
}

/** Every place that a layout maps from. */
export function* places(layout: LinearLayout) {
  for (let warp = 0; warp < layout.sizeOf("warp"); warp++) {
    for (let lane = 0; lane < layout.sizeOf("lane"); lane++) {
      for (let register = 0; register < layout.sizeOf("register"); register++) {
        yield { register, lane, warp };
      }
    }
  }
}
