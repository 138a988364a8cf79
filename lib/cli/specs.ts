/**
 * Argument types and constants as they are written on the command line.
 *
 * | written | means |
 * |---|---|
 * | `ptr f32` | a tensor of f32, its first element at a multiple of 16 bytes |
 * | `ptr f32 % 4` | … at a multiple of 4 bytes |
 * | `i32` | a scalar of which nothing is known |
 * | `i32 % 16` | a scalar divisible by 16 |
 * | `i32 = 781` | specialised as a launch with 781 is: 1 becomes a constant, a multiple of 16 or of 4 is known to be one |
 *
 * Each may have the parameter's name in front, `n: i32`, which is then checked.
 */

import { dtypeNamed, DTYPES, isInteger } from "../ir/dtype.ts";
import { divisorOf } from "../launch/bind.ts";
import type { ArgumentSpec } from "../trace/trace.ts";
import { UsageError } from "./usage.ts";

const TYPE_NAMES = Object.keys(DTYPES).map((name) => `'${name}'`).join(", ");

/**
 * Reads `"x: ptr f32, n: i32 = 16"`.
 *
 * @param text The types, separated by commas.
 * @param params The kernel's positional parameters.
 * @throws {UsageError} When the text is not as above, or does not fit the parameters.
 */
export function parseArguments(text: string, params: readonly string[]): ArgumentSpec[] {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  if (parts.length !== params.length) {
    throw new UsageError(
      `--args has ${count(parts.length, "type")}, the kernel ${
        count(params.length, "parameter")
      }: ` +
        params.join(", "),
    );
  }
  return parts.map((part, i) => parseArgument(part, params[i]!));
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

const ARGUMENT =
  /^(?:(?<name>[\p{ID_Start}$_][\p{ID_Continue}$]*)\s*:\s*)?(?:(?<ptr>ptr\s+|\*\s*)?(?<dtype>\w+))\s*(?:%\s*(?<divisor>\d+)|=\s*(?<value>[-+.\w]+))?$/u;

/** Reads the type of one argument. */
function parseArgument(text: string, param: string): ArgumentSpec {
  const match = ARGUMENT.exec(text)?.groups;
  if (!match) {
    throw new UsageError(
      `Cannot read '${text}' in --args: write 'ptr f32', 'i32', 'i32 % 16' or 'i32 = 781', ` +
        `with '${param}: ' in front if you like`,
    );
  }
  const { name, ptr, divisor, value } = match;
  if (name !== undefined && name !== param) {
    throw new UsageError(`--args gives a type for '${name}' where the kernel has '${param}'`);
  }
  const dtype = dtypeNamed(match.dtype!);
  if (!dtype) {
    throw new UsageError(`Unknown type '${match.dtype}' for '${param}': there are ${TYPE_NAMES}`);
  }
  const divisibility = divisor === undefined ? undefined : powerOfTwo(Number(divisor), param);
  if (ptr !== undefined) {
    if (value !== undefined) throw new UsageError(`The pointer '${param}' cannot have a value`);
    return { kind: "pointer", dtype, divisibility: divisibility ?? 16 };
  }
  if (value === undefined) return { kind: "scalar", dtype, divisibility: divisibility ?? 1 };
  const number = value === "true" ? 1 : value === "false" ? 0 : Number(value);
  if (Number.isNaN(number) && value !== "NaN") {
    throw new UsageError(`Cannot read the value '${value}' of '${param}' as a number`);
  }
  if (!isInteger(dtype)) return { kind: "scalar", dtype, divisibility: 1 };
  if (!Number.isInteger(number)) {
    throw new UsageError(`'${param}' is an ${dtype.name}, but its value is ${value}`);
  }
  if (number === 1) return { kind: "scalar", dtype, divisibility: 1, value: 1 };
  return { kind: "scalar", dtype, divisibility: divisorOf(number) };
}

function powerOfTwo(divisor: number, param: string): number {
  if (Number.isInteger(Math.log2(divisor)) && divisor <= 16) return divisor;
  throw new UsageError(
    `'${param}' cannot be declared divisible by ${divisor}: write 1, 2, 4, 8 or 16`,
  );
}

/**
 * Reads `NAME=VALUE` into a constant. The value is JSON (`1024`, `true`, `"text"`), the name of a
 * dtype, or the name of something that the kernel's file exports, such as a helper function.
 *
 * @throws {UsageError} When there is no `=`, or the value is none of these.
 */
export function parseConstant(
  text: string,
  exported: Readonly<Record<string, unknown>>,
): [name: string, value: unknown] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UsageError(`Cannot read --const '${text}': write NAME=VALUE`);
  const name = text.slice(0, equals).trim(), value = text.slice(equals + 1).trim();
  if (Object.hasOwn(exported, value)) return [name, exported[value]];
  const dtype = dtypeNamed(value);
  if (dtype) return [name, dtype];
  if (value === "undefined") return [name, undefined];
  try {
    return [name, JSON.parse(value)];
  } catch {
    throw new UsageError(
      `Cannot read the value '${value}' of the constant '${name}': it is not JSON, not a dtype, ` +
        `and the file exports no '${value}'`,
    );
  }
}
