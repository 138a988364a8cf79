/** Argument types and constants as they are written on the command line. */

import { assertEquals, assertThrows } from "../support/assert.ts";
import { parseArguments, parseConstant } from "../../lib/cli/specs.ts";
import { UsageError } from "../../lib/cli/usage.ts";
import { f16, f32, i32 } from "../../lib/ir/dtype.ts";

Deno.test("parseArguments() reads pointers and scalars, with and without names", () => {
  assertEquals(parseArguments("x: ptr f32, *f16 % 4, n: i32, f32", ["x", "y", "n", "scale"]), [
    { kind: "pointer", dtype: f32, divisibility: 16 },
    { kind: "pointer", dtype: f16, divisibility: 4 },
    { kind: "scalar", dtype: i32, divisibility: 1 },
    { kind: "scalar", dtype: f32, divisibility: 1 },
  ]);
});

Deno.test("parseArguments() specialises a value as a launch does", () => {
  assertEquals(parseArguments("i32 = 1, i32=48, i32=781, i32 % 16", ["a", "b", "c", "d"]), [
    { kind: "scalar", dtype: i32, divisibility: 1, value: 1 },
    { kind: "scalar", dtype: i32, divisibility: 16 },
    { kind: "scalar", dtype: i32, divisibility: 1 },
    { kind: "scalar", dtype: i32, divisibility: 16 },
  ]);
});

Deno.test("parseArguments() refuses what it cannot read, and says what to write", () => {
  const cases: [text: string, params: string[], message: string][] = [
    ["ptr f32", ["x", "n"], "--args has 1 type, the kernel 2 parameters: x, n"],
    [
      "x: pointer to f32",
      ["x"],
      "Cannot read 'x: pointer to f32' in --args: write 'ptr f32', 'i32', 'i32 % 16' or " +
      "'i32 = 781', with 'x: ' in front if you like",
    ],
    ["y: f32", ["x"], "--args gives a type for 'y' where the kernel has 'x'"],
    [
      "f80",
      ["x"],
      "Unknown type 'f80' for 'x': there are 'bool', 'i8', 'i16', 'i32', 'i64', 'u8', 'u16', 'u32', 'u64', 'f8e4m3', 'f8e5m2', 'bf16', 'f16', 'f32', 'f64'",
    ],
    ["ptr f32 = 3", ["x"], "The pointer 'x' cannot have a value"],
    ["i32 % 3", ["n"], "'n' cannot be declared divisible by 3: write 1, 2, 4, 8 or 16"],
    ["i32 = 1.5", ["n"], "'n' is an i32, but its value is 1.5"],
    ["i32 = many", ["n"], "Cannot read the value 'many' of 'n' as a number"],
  ];
  for (const [text, params, message] of cases) {
    assertEquals(assertThrows(() => parseArguments(text, params), UsageError).message, message);
  }
});

Deno.test("parseConstant() reads JSON, dtypes' names, and what the file exports", () => {
  const relu = (x: number) => Math.max(x, 0);
  assertEquals(parseConstant("BLOCK=1024", {}), ["BLOCK", 1024]);
  assertEquals(parseConstant("WHOLE=true", {}), ["WHOLE", true]);
  assertEquals(parseConstant('TEXT="a=b"', {}), ["TEXT", "a=b"]);
  assertEquals(parseConstant("ACTIVATION=relu", { relu }), ["ACTIVATION", relu]);
});

Deno.test("parseConstant() refuses what is none of these", () => {
  assertEquals(
    assertThrows(() => parseConstant("ACTIVATION=relu", {}), UsageError).message,
    "Cannot read the value 'relu' of the constant 'ACTIVATION': it is not JSON, not a dtype, " +
      "and the file exports no 'relu'",
  );
  assertEquals(
    assertThrows(() => parseConstant("BLOCK", {}), UsageError).message,
    "Cannot read --const 'BLOCK': write NAME=VALUE",
  );
});
