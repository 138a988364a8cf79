import { assertEquals, assertThrows } from "npm:deno-std@1.4.0/assert/mod.js";
import fc from "npm:fast-check@4.10.2";
import {
  apply,
  Elimination,
  identity,
  kernel,
  matrix,
  multiply,
  rank,
  rightInverse,
  solve,
} from "../../lib/layout/gf2.ts";
import { invertible, matrices } from "./arbitrary.ts";

Deno.test("apply() adds up the columns that the vector selects", () => {
  assertEquals(apply(matrix(3, [0b001, 0b011, 0b100]), 0b110), 0b111);
});

Deno.test("matrix() rejects columns that do not fit", () => {
  assertThrows(() => matrix(2, [4]), Error, "Column 4 does not fit in 2 rows");
});

Deno.test("multiply() is applying one after the other, and associative", () => {
  fc.assert(
    fc.property(matrices(4, 3), matrices(3, 5), matrices(5, 4), (a, b, c) => {
      for (let x = 0; x < 32; x++) assertEquals(apply(multiply(a, b), x), apply(a, apply(b, x)));
      assertEquals(multiply(multiply(a, b), c), multiply(a, multiply(b, c)));
    }),
  );
});

Deno.test("rightInverse() of an invertible matrix is its inverse", () => {
  fc.assert(
    fc.property(invertible(5), (m) => {
      const inverse = rightInverse(m)!;
      assertEquals(multiply(m, inverse), identity(5));
      assertEquals(multiply(inverse, m), identity(5));
    }),
  );
});

Deno.test("solve() finds a solution exactly when there is one", () => {
  fc.assert(
    fc.property(matrices(4, 5), (m) => {
      const reached = new Set(Array.from({ length: 32 }, (_, x) => apply(m, x)));
      assertEquals(reached.size, 2 ** rank(m));
      for (let target = 0; target < 16; target++) {
        const x = solve(m, target);
        assertEquals(x !== undefined, reached.has(target));
        if (x !== undefined) assertEquals(apply(m, x), target);
      }
    }),
  );
});

Deno.test("kernel() spans what is mapped to 0, and dependent columns are its highest bits", () => {
  fc.assert(
    fc.property(matrices(3, 5), (m) => {
      const basis = kernel(m);
      assertEquals(basis.length + rank(m), 5);
      const spanned = new Set(
        Array.from({ length: 2 ** basis.length }, (_, x) => apply(matrix(5, basis), x)),
      );
      for (let x = 0; x < 32; x++) assertEquals(apply(m, x) === 0, spanned.has(x));
      const { dependent } = new Elimination(m);
      for (let i = 0; i < 5; i++) {
        const before = matrix(3, m.columns.slice(0, i)),
          with_ = matrix(3, m.columns.slice(0, i + 1));
        assertEquals(rank(before) === rank(with_), (dependent >> i & 1) === 1);
      }
    }),
  );
});
