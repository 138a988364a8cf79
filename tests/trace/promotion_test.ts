/** Which dtype operators give: every pair of dtypes, and compile-time numbers with each. */

import { assertEquals, assertThrows } from "../support/assert.ts";
import { CompilationError } from "../../lib/errors.ts";
import { type DTypeName, DTYPES } from "../../lib/ir/dtype.ts";
import type { ArgumentSpec } from "../../lib/trace/trace.ts";
import { fromSource, scalar, traced } from "./support.ts";

const NAMES = Object.keys(DTYPES) as DTypeName[];

/** The dtype of `a operator b`, told by a kernel that asserts each in turn; "error" when refused. */
function dtypeOf(expression: string, a: DTypeName, b: DTypeName): string {
  const prints: string[] = [];
  const { log } = console;
  console.log = (line: string) => void prints.push(line);
  const args: ArgumentSpec[] = [scalar(a), scalar(b)];
  try {
    traced(fromSource(`(a, b) => { tl.staticPrint((${expression}).dtype); }`), args);
  } catch (error) {
    if (error instanceof CompilationError) return "error";
    throw error;
  } finally {
    console.log = log;
  }
  return prints.join();
}

/** Rows: the left operand; columns: the right one, in the same order. */
const TABLES: Record<string, Record<DTypeName, readonly string[]>> = {
  "a + b": {
    //        bool   i32    u32    f16    f32
    bool: ["i32", "i32", "u32", "f16", "f32"],
    i32: ["i32", "i32", "u32", "f16", "f32"],
    u32: ["u32", "u32", "u32", "f16", "f32"],
    f16: ["f16", "f16", "f16", "f16", "f32"],
    f32: ["f32", "f32", "f32", "f32", "f32"],
  },
  "a / b": {
    bool: ["f32", "f32", "f32", "f32", "f32"],
    i32: ["f32", "f32", "error", "f32", "f32"],
    u32: ["f32", "error", "f32", "f32", "f32"],
    f16: ["f32", "f32", "f32", "f32", "f32"],
    f32: ["f32", "f32", "f32", "f32", "f32"],
  },
  "a % b": {
    bool: ["i32", "i32", "u32", "f32", "f32"],
    i32: ["i32", "i32", "error", "f32", "f32"],
    u32: ["u32", "error", "u32", "f32", "f32"],
    f16: ["f32", "f32", "f32", "f32", "f32"],
    f32: ["f32", "f32", "f32", "f32", "f32"],
  },
  "a & b": {
    bool: ["bool", "i32", "u32", "error", "error"],
    i32: ["i32", "i32", "u32", "error", "error"],
    u32: ["u32", "u32", "u32", "error", "error"],
    f16: ["error", "error", "error", "error", "error"],
    f32: ["error", "error", "error", "error", "error"],
  },
  "a << b": {
    bool: ["i32", "i32", "u32", "error", "error"],
    i32: ["i32", "i32", "u32", "error", "error"],
    u32: ["u32", "u32", "u32", "error", "error"],
    f16: ["error", "error", "error", "error", "error"],
    f32: ["error", "error", "error", "error", "error"],
  },
  "tl.where(true, a, b)": {
    bool: ["bool", "i32", "u32", "f16", "f32"],
    i32: ["i32", "i32", "u32", "f16", "f32"],
    u32: ["u32", "u32", "u32", "f16", "f32"],
    f16: ["f16", "f16", "f16", "f16", "f32"],
    f32: ["f32", "f32", "f32", "f32", "f32"],
  },
};

for (const [expression, table] of Object.entries(TABLES)) {
  Deno.test(`${expression} has the dtype of the table for every pair of dtypes`, () => {
    for (const a of NAMES) {
      assertEquals(
        NAMES.map((b) => dtypeOf(expression, a, b)),
        [...table[a]],
        `${a}, ${expression}`,
      );
    }
  });
}

Deno.test("comparisons give bool for every pair of dtypes", () => {
  for (const a of NAMES) {
    for (const b of NAMES) {
      for (const operator of ["<", ">=", "===", "!=="]) {
        assertEquals(dtypeOf(`a ${operator} b`, a, b), "bool");
      }
    }
  }
});

Deno.test("a compile-time number takes the dtype of what it meets, unless it is of a higher kind", () => {
  const rows: [string, readonly string[]][] = [
    //                 bool   i32    u32    f16    f32
    ["a + 1", ["i32", "i32", "u32", "f16", "f32"]],
    ["1 + a", ["i32", "i32", "u32", "f16", "f32"]],
    ["a * 1.5", ["f32", "f32", "f32", "f16", "f32"]],
    ["a + true", ["i32", "i32", "u32", "f16", "f32"]],
    ["a / 2", ["f32", "f32", "f32", "f32", "f32"]],
    ["a % 2", ["i32", "i32", "u32", "f32", "f32"]],
    ["-a", ["i32", "i32", "u32", "f16", "f32"]],
    ["a - 1", ["i32", "i32", "u32", "f16", "f32"]],
    ["a + -1", ["i32", "i32", "error", "f16", "f32"]],
    ["a ** 2", ["i32", "i32", "u32", "f16", "f32"]],
    ["a >>> 1", ["u32", "u32", "u32", "error", "error"]],
    ["Math.max(a, 0)", ["i32", "i32", "u32", "f16", "f32"]],
    ["tl.where(true, a, 0)", ["i32", "i32", "u32", "f16", "f32"]],
    ["tl.exp(a)", ["f32", "f32", "f32", "f16", "f32"]],
    ["tl.sigmoid(a)", ["f32", "f32", "f32", "f16", "f32"]],
    ["Math.floor(a)", ["i32", "i32", "u32", "f16", "f32"]],
    ["Math.floor(a / 2)", ["i32", "i32", "u32", "f32", "f32"]],
    ["(a / 2) | 0", ["i32", "i32", "u32", "i32", "i32"]],
    ["a | 0", ["i32", "i32", "u32", "i32", "i32"]],
    ["a + tl.f32(1)", ["f32", "f32", "f32", "f32", "f32"]],
  ];
  for (const [expression, dtypes] of rows) {
    assertEquals(NAMES.map((a) => dtypeOf(expression, a, "i32")), [...dtypes], expression);
  }
});

Deno.test("a number bound to a name stays weakly typed", () => {
  assertEquals(dtypeOf("(() => { const two = 2.5; return a * two; })()", "f16", "i32"), "f16");
});

Deno.test("numbers that do not fit an integer's dtype are refused", () => {
  for (
    const [expression, message] of [
      ["a + 3000000000", "3000000000 does not fit i32, which goes from -2147483648 to 2147483647"],
      ["b + 5000000000", "5000000000 does not fit u32, which goes from 0 to 4294967295"],
      ["b < -1", "-1 is negative and cannot be a u32"],
    ] as const
  ) {
    const kernel = fromSource(`(a, b) => { ${expression}; }`);
    assertThrows(() => traced(kernel, [scalar("i32"), scalar("u32")]), CompilationError, message);
  }
});
