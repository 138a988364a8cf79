/** Which dtype operators give: every pair of dtypes, and compile-time numbers with each. */

import { assertEquals, assertThrows } from "../support/assert.ts";
import { CompilationError } from "../../lib/errors.ts";
import type { DTypeName } from "../../lib/ir/dtype.ts";
import type { ArgumentSpec } from "../../lib/trace/trace.ts";
import { fromSource, scalar, traced } from "./support.ts";

const NAMES = ["bool", "i32", "u32", "f16", "f32"] as const satisfies readonly DTypeName[];

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
const TABLES: Record<string, Record<typeof NAMES[number], readonly string[]>> = {
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

const ALL = [
  ...["bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"] as const,
  ...["f8e4m3", "f8e5m2", "bf16", "f16", "f32", "f64"] as const,
] satisfies readonly DTypeName[];

/** As Triton has it, save that bools are added as i32. */
const AGREEMENT: Record<typeof ALL[number], string> = {
  //      bool   u8     i8     u16    i16    u32    i32    u64    i64    e4m3   e5m2   bf16   f16    f32    f64
  bool:
    " bool   u8     i8     u16    i16    u32    i32    u64    i64    error  error  f32    f16    f32    f64",
  u8:
    "   u8     u8     u8     u16    i16    u32    i32    u64    i64    error  error  f32    f16    f32    f64",
  i8:
    "   i8     u8     i8     u16    i16    u32    i32    u64    i64    error  error  f32    f16    f32    f64",
  u16:
    "  u16    u16    u16    u16    u16    u32    i32    u64    i64    error  error  f32    f16    f32    f64",
  i16:
    "  i16    i16    i16    u16    i16    u32    i32    u64    i64    error  error  f32    f16    f32    f64",
  u32:
    "  u32    u32    u32    u32    u32    u32    u32    u64    i64    error  error  f32    f16    f32    f64",
  i32:
    "  i32    i32    i32    i32    i32    u32    i32    u64    i64    error  error  f32    f16    f32    f64",
  u64:
    "  u64    u64    u64    u64    u64    u64    u64    u64    u64    error  error  f32    f16    f32    f64",
  i64:
    "  i64    i64    i64    i64    i64    i64    i64    u64    i64    error  error  f32    f16    f32    f64",
  f8e4m3:
    "error  error  error  error  error  error  error  error  error  f8e4m3 f16    f32    f16    f32    f64",
  f8e5m2:
    "error  error  error  error  error  error  error  error  error  f16    f8e5m2 f32    f16    f32    f64",
  bf16:
    " f32    f32    f32    f32    f32    f32    f32    f32    f32    f32    f32    bf16   f16    f32    f64",
  f16:
    "  f16    f16    f16    f16    f16    f16    f16    f16    f16    f16    f16    f16    f16    f32    f64",
  f32:
    "  f32    f32    f32    f32    f32    f32    f32    f32    f32    f32    f32    f32    f32    f32    f64",
  f64:
    "  f64    f64    f64    f64    f64    f64    f64    f64    f64    f64    f64    f64    f64    f64    f64",
};

Deno.test("all dtypes are promoted as in Triton", () => {
  for (const a of ALL) {
    const row = AGREEMENT[a].trim().split(/ +/);
    assertEquals(ALL.map((b) => dtypeOf("tl.where(true, a, b)", a, b)), row, a);
    const sums = row.map((dtype) =>
      dtype === "bool" ? "i32" : dtype.startsWith("f8") ? "error" : dtype
    );
    assertEquals(ALL.map((b) => dtypeOf("a + b", a, b)), sums, a);
  }
});

Deno.test("quotients of narrow dtypes are f32, and integers must agree about the sign", () => {
  for (
    const [a, b, dtype] of [
      ["i8", "i8", "f32"],
      ["i8", "i16", "f32"],
      ["i8", "u8", "error"],
      ["u16", "i32", "error"],
      ["bf16", "bf16", "f32"],
      ["bf16", "i8", "f32"],
      ["f8e4m3", "f8e4m3", "error"],
      ["f8e4m3", "f8e5m2", "f32"],
    ] as const
  ) {
    assertEquals(dtypeOf("a / b", a, b), dtype, `${a} / ${b}`);
    const remainder = dtype === "f32" && a.startsWith("i") ? b : dtype;
    assertEquals(dtypeOf("a % b", a, b), remainder === "bf16" ? "f32" : remainder, `${a} % ${b}`);
  }
});

Deno.test("numbers take a narrow dtype, extrema and functions have what Triton gives", () => {
  const rows: [string, DTypeName, string][] = [
    ["a + 1", "i8", "i8"],
    ["a + 1.5", "i8", "f32"],
    ["a * 2.5", "bf16", "bf16"],
    ["a + 200", "i8", "error"],
    ["a - 1", "u8", "u8"],
    ["a + -1", "u8", "error"],
    ["a >>> 1", "i8", "u32"],
    ["tl.maximum(a, 0)", "bf16", "f32"],
    ["tl.maximum(a, 0)", "i16", "i16"],
    ["tl.abs(a)", "bf16", "bf16"],
    ["tl.exp(a)", "bf16", "bf16"],
    ["tl.exp(a)", "f8e5m2", "error"],
    ["-a", "f8e4m3", "error"],
    ["-a", "u8", "u8"],
    ["a < 0.5", "f8e4m3", "bool"],
    ["tl.sigmoid(a)", "bf16", "bf16"],
    ["tl.cast(a, tl.bf16, { fpDowncastRounding: 'rtz' })", "f32", "bf16"],
    ["tl.cast(a, tl.bf16, { fpDowncastRounding: 'rtne' })", "f32", "bf16"],
    ["tl.cast(a, tl.f32, { fpDowncastRounding: 'rtz' })", "f16", "error"],
    ["tl.cast(a, tl.f8e5m2, { fpDowncastRounding: 'rtz' })", "f32", "error"],
    ["tl.cast(a, tl.bf16, { fpDowncastRounding: 'up' })", "f32", "error"],
  ];
  for (const [expression, a, dtype] of rows) {
    assertEquals(dtypeOf(expression, a, "i32"), dtype, `${expression} of ${a}`);
  }
});

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
