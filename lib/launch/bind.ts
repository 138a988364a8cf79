/**
 * From the arguments of a launch to what a kernel is specialised by.
 *
 * Each argument gets a short text, its class; the classes of all arguments with the values of the
 * constants are the key under which a compiled kernel is kept.
 *
 * | argument | class | means |
 * |---|---|---|
 * | tensor | `*f32`, `*f32=0` | a pointer; the second is to the same memory as argument 0 |
 * | descriptor | `*f32\|16,32;i32%16,i32;i32,i32=1;zero` | a tensor in blocks, with the classes of its sizes and strides |
 * | view | `*f32@`, `*f32@16`, `*f32@=0` | the same, some elements further on, or a multiple of 16 bytes |
 * | 1 | `i32=1` | becomes a compile-time constant |
 * | 32, 20 | `i32%16`, `i32%4` | an i32 known to be divisible by 16, or only by 4 (see `divisorOf`) |
 * | 5, 2 ** 40 or 5n, 0.5, true | `i32`, `i64`, `f32`, `bool` | a scalar of which nothing is known |
 * | anything else | `!key` | a compile-time value |
 */

import { LaunchError } from "../errors.ts";
import {
  type DType,
  DTYPES,
  elementOf as elementIn,
  isInteger,
  type Numeric,
} from "../ir/dtype.ts";
import { TensorDescriptor } from "../language/blocks.ts";
import { elementOf, TypedScalar } from "../language/dtypes.ts";
import type { Device } from "../runtime/device.ts";
import { Tensor } from "../runtime/tensor.ts";
import { type ArgumentSpec, dimensionName } from "../trace/trace.ts";
import { valueKey } from "./key.ts";
import { nearest, shown } from "../words.ts";
import type { LaunchOptions } from "./types.ts";

/** What a launch must fit. */
export interface Parameters {
  readonly name: string;
  readonly positional: readonly {
    readonly name: string;
    /** Whether it may be left out. */
    readonly optional: boolean;
    /** The dtype that its default value declares. */
    readonly dtype: DType | undefined;
  }[];
  /** The names that the constants' pattern takes; undefined when it takes any. */
  readonly constants: readonly string[] | undefined;
}

/** A launch whose arguments fit the kernel. */
export interface Bound {
  readonly device: Device;
  readonly key: string;
  /** The part of the key that is about constants and options. */
  readonly constantsKey: string;
  /** By position: a tensor, a number (booleans as 0 and 1, 64-bit integers as bigints), or a compile-time value. */
  readonly values: readonly unknown[];
  /** The names of the values after those of the parameters: sizes and strides of descriptors. */
  readonly hidden: readonly string[];
  readonly classes: readonly string[];
  /** The constants and options that were given, as they were given. */
  readonly given: Readonly<Record<string, unknown>>;
  /** The constants that were given. */
  readonly constants: Readonly<Record<string, unknown>>;
  readonly options: { readonly numWarps: number; readonly numStages: number };
  /** Whether assertions are checked, if the launch says. */
  readonly debug: boolean | undefined;
}

const OPTION_NAMES = [
  "numWarps",
  "numStages",
  "debug",
] as const satisfies readonly (keyof LaunchOptions)[];
/** The launch options where a launch does not say. */
export const DEFAULTS = { numWarps: 4, numStages: 2 };
const NO_CONSTANTS: Readonly<Record<string, unknown>> = Object.freeze({});

/** True for what `{ … }` makes. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Checks the arguments of a launch and classifies them.
 *
 * @throws {LaunchError} When they do not fit the kernel, with what to do about it.
 */
export function bind(kernel: Parameters, args: readonly unknown[]): Bound {
  const { positional } = kernel;
  const last = args.at(-1);
  const given = isPlainObject(last) ? last : NO_CONSTANTS;
  const count = given === NO_CONSTANTS ? args.length : args.length - 1;
  if (count > positional.length) throw tooMany(kernel, count);

  const values: unknown[] = [], classes: string[] = [];
  const descriptors: { readonly i: number; readonly descriptor: TensorDescriptor }[] = [];
  let device: Device | undefined;
  for (let i = 0; i < positional.length; i++) {
    const param = positional[i]!, given = i < count ? args[i] : undefined;
    if (given instanceof TensorDescriptor) descriptors.push({ i, descriptor: given });
    const arg = given instanceof TensorDescriptor ? given.base : given;
    if (arg instanceof Tensor) {
      if (arg.disposed) throw problem(kernel, i, `is the ${arg}, which has been disposed of`);
      if (param.dtype) {
        throw problem(
          kernel,
          i,
          `is the ${arg}, but it is declared a scalar of ${param.dtype.name}`,
        );
      }
      device ??= arg.device;
      if (arg.device !== device) throw strangers(kernel, i, args);
      values.push(arg);
      classes.push(""); // see pointerClasses
    } else if (arg === undefined) {
      if (i >= count && !param.optional) throw missing(kernel, i, count);
      values.push(undefined);
      classes.push("!undefined");
    } else {
      bindOther(kernel, i, arg, values, classes);
    }
  }
  if (!device) throw noTensor(kernel);
  pointerClasses(kernel, values, classes);
  const hidden = describe(kernel, descriptors, values, classes);

  const constants = bindConstants(kernel, given);
  const key = `${classes.join()};${constants.constantsKey}`;
  return { device, key, values, hidden, classes, given, ...constants };
}

/**
 * Adds the sizes and strides of descriptors to the values, and to each one's class what the kernel is
 * compiled for; returns the names of the values.
 */
function describe(
  kernel: Parameters,
  descriptors: readonly { readonly i: number; readonly descriptor: TensorDescriptor }[],
  values: unknown[],
  classes: string[],
): string[] {
  const hidden: string[] = [];
  for (const { i, descriptor: { shape, strides, blockShape, options } } of descriptors) {
    const { name } = kernel.positional[i]!;
    const classOf = (numbers: readonly number[], what: "shape" | "stride") =>
      numbers.map((x, dim) => {
        values.push(x);
        hidden.push(dimensionName(name, what, dim));
        return scalarClass(kernel, i, x, DTYPES.i32);
      }).join();
    const sizes = classOf(shape, "shape"), steps = classOf(strides, "stride");
    classes[i] += `|${blockShape};${sizes};${steps};${options.padding ?? "zero"}`;
  }
  return hidden;
}

/** The same launch with more constants and options. */
export function rebind(
  kernel: Parameters,
  bound: Bound,
  more: Readonly<Record<string, unknown>>,
): Bound {
  const given = { ...bound.given, ...more };
  const constants = bindConstants(kernel, given);
  const key = `${bound.classes.join()};${constants.constantsKey}`;
  return { ...bound, key, given, ...constants };
}

/**
 * The classes of tensors. Those in one memory share a binding: when all of them are the same part of it
 * that part is bound, else what spans them is, and each begins at an offset.
 */
function pointerClasses(kernel: Parameters, values: readonly unknown[], classes: string[]): void {
  const tensors = values.flatMap((value, i) => value instanceof Tensor ? [{ i, value }] : []);
  for (const { i, value } of tensors) {
    const { dtype, storage } = value;
    const sharing = tensors.filter((other) => other.value.storage.memory === storage.memory);
    const first = sharing[0]!.i;
    if (sharing[0]!.value.dtype !== dtype) throw mixed(kernel, first, i, values);
    const same = sharing.every(({ value: { storage: other } }) =>
      other.offset === storage.offset && other.bytes === storage.bytes
    );
    const placement = same || storage.placement > 0
      ? storage.placement
      : storage.offset % 16 === 0
      ? 16
      : 1;
    const offset = placement === 0 ? "" : placement === 16 ? "@16" : "@";
    classes[i] = `*${dtype}${offset}${first < i ? `=${first}` : ""}`;
  }
}

/**
 * An argument of a launch as the kernel sees it: booleans and numbers with a dtype are numbers, descriptors
 * their tensors.
 */
export function valueOf(arg: unknown): unknown {
  if (typeof arg === "boolean") return Number(arg);
  if (arg instanceof TypedScalar) return arg.value;
  return arg instanceof TensorDescriptor ? arg.base : arg;
}

/** The values of a launch, as in {@linkcode Bound}, of arguments that are known to fit. */
export function valuesOf({ positional }: Parameters, args: readonly unknown[]): unknown[] {
  const values: unknown[] = [], last = args.at(-1);
  const count = isPlainObject(last) ? args.length - 1 : args.length;
  for (let i = 0; i < positional.length; i++) {
    values.push(i < count ? valueOf(args[i]) : undefined);
  }
  for (let i = 0; i < count; i++) {
    const arg = args[i];
    if (arg instanceof TensorDescriptor) values.push(...arg.shape, ...arg.strides);
  }
  return values;
}

/** An argument that is no tensor. */
function bindOther(
  kernel: Parameters,
  i: number,
  arg: unknown,
  values: unknown[],
  classes: string[],
): void {
  const declared = kernel.positional[i]!.dtype;
  switch (typeof arg) {
    case "number":
      bindScalar(kernel, i, arg, declared ?? dtypeOfNumber(kernel, i, arg), values, classes);
      return;
    case "boolean":
      bindScalar(kernel, i, Number(arg), declared ?? DTYPES.bool, values, classes);
      return;
    case "bigint":
      bindScalar(kernel, i, arg, declared ?? dtypeOfBigint(kernel, i, arg), values, classes);
      return;
    case "object":
      if (!(arg instanceof TypedScalar)) break;
      if (declared && declared !== arg.dtype) {
        throw problem(kernel, i, `is ${arg}, but it is declared as ${declared.name}`);
      }
      bindScalar(kernel, i, arg.value, arg.dtype, values, classes);
      return;
    default: // functions and strings, compile-time values
  }
  const complaint = mistaken(arg);
  if (complaint) throw problem(kernel, i, complaint);
  values.push(arg);
  classes.push(`!${valueKey(arg)}`);
}

/** What is wrong with an argument that is no tensor, number, function, dtype or string. */
function mistaken(arg: unknown): string | undefined {
  if (arg === null) return "is null: pass undefined for what is to be left out";
  if (typeof arg === "symbol") return "is a symbol: pass a tensor or a number";
  if (typeof arg === "function" || typeof arg === "string") return undefined;
  if (typeof (arg as { then?: unknown }).then === "function") {
    return "is a promise: await it before the launch";
  }
  if (ArrayBuffer.isView(arg) || Array.isArray(arg)) {
    const what = Array.isArray(arg) ? "an array" : `a ${arg.constructor.name}`;
    return `is ${what} of the host: make a tensor of it with device.from(…)`;
  }
  const what = Object.prototype.toString.call(arg).slice(8, -1);
  const name = (arg as object).constructor?.name ?? what;
  return name === "Tensor"
    ? "is a tensor of another copy of Nereid: import both from one address"
    : name === "Object"
    ? "is an object: constants come last, in one object"
    : `is a ${name}: pass a tensor, a number or a boolean`;
}

/** What an undeclared number is: when it is integral an i32, or an i64 if it does not fit, else an f32. */
function dtypeOfNumber(kernel: Parameters, i: number, value: number): DType {
  if ((value | 0) === value) return DTYPES.i32;
  if (!Number.isInteger(value)) return DTYPES.f32;
  const whole = BigInt(value);
  return BigInt.asIntN(32, whole) === whole ? DTYPES.i32 : dtypeOfBigint(kernel, i, whole);
}

/** An i64, or a u64 when it does not fit. */
function dtypeOfBigint(kernel: Parameters, i: number, value: bigint): DType {
  if (BigInt.asIntN(64, value) === value) return DTYPES.i64;
  if (BigInt.asUintN(64, value) === value) return DTYPES.u64;
  throw problem(
    kernel,
    i,
    `is ${value}, which no integer of 64 bits can hold: pass tl.f32(…) if it is meant to be a float`,
  );
}

/** A number as an element of its dtype, with its class. */
function bindScalar(
  kernel: Parameters,
  i: number,
  given: Numeric,
  dtype: DType,
  values: unknown[],
  classes: string[],
): void {
  classes.push(scalarClass(kernel, i, given, dtype));
  const own = typeof given === "bigint" ? dtype.bits === 64 && isInteger(dtype) : dtype.bits < 64;
  values.push(own ? given : elementIn(dtype, given)); // floats are rounded by whoever stores them
}

const CLASSES = Object.fromEntries(
  Object.keys(DTYPES).map((name) => [
    name,
    { 1: name, 4: `${name}%4`, 16: `${name}%16`, one: `${name}=1` },
  ]),
) as Record<DType["name"], Record<1 | 4 | 16 | "one", string>>;

function scalarClass(kernel: Parameters, i: number, value: Numeric, dtype: DType): string {
  const classes = CLASSES[dtype.name];
  if (!isInteger(dtype)) return classes[1];
  // deno-lint-ignore eqeqeq -- a bigint and a number may be the same integer
  if (elementIn(dtype, value) != value) {
    throw problem(kernel, i, `is ${value}, which no ${dtype.name} can hold`);
  }
  // deno-lint-ignore eqeqeq -- as above
  return value == 1 ? classes.one : classes[divisorOf(value)];
}

/**
 * Which of these divides an integer, the largest: what a kernel is told of it. Rows of a multiple of 4
 * elements are read in vectors of 4; 16 says as much of narrow elements, of blocks and of steps.
 */
export function divisorOf(x: Numeric): 1 | 4 | 16 {
  if (typeof x === "bigint") x = Number(x & 15n);
  return x % 16 === 0 ? 16 : x % 4 === 0 ? 4 : 1;
}

/** What the tracer is told of an argument, by its class. */
export function specOf(cls: string, value: unknown): ArgumentSpec {
  const [tensor, block, sizes, steps, padding] = cls.startsWith("*") ? cls.split(/[|;]/) : [];
  if (block !== undefined) {
    const scalars = (text: string) =>
      text.split(",").map((cls) => specOf(cls, undefined) as ArgumentSpec & { kind: "scalar" });
    return {
      kind: "descriptor",
      pointer: specOf(tensor!, value) as ArgumentSpec & { kind: "pointer" },
      shape: scalars(sizes!),
      strides: scalars(steps!),
      blockShape: block.split(",").map(Number),
      padding: padding!,
    };
  }
  const [, pointer, name, moved, suffix] = /^(\*?)(\w+)(@\d*)?([=%]\d+)?$/.exec(cls) ?? [];
  const dtype = elementOf(name);
  if (cls.startsWith("!") || !dtype) return { kind: "static", value };
  if (pointer) { // a binding begins at a multiple of 16 at least
    const offset = moved && { offset: moved === "@16" ? 16 : dtype.bytes };
    return { kind: "pointer", dtype, divisibility: 16, ...offset };
  }
  if (suffix === "=1") return { kind: "scalar", dtype, divisibility: 1, value: 1 };
  return { kind: "scalar", dtype, divisibility: suffix ? Number(suffix.slice(1)) : 1 };
}

/** For each pointer among the classes, a number that pointers to one buffer share. */
export function aliasesOf(classes: readonly string[]): number[] {
  const groups: number[] = [];
  classes.forEach((cls, i) => {
    if (!cls.startsWith("*")) return;
    const [pointer] = cls.split("|", 1), first = pointer!.indexOf("=");
    groups.push(first < 0 ? i : Number(pointer!.slice(first + 1)));
  });
  return groups;
}

function bindConstants(
  kernel: Parameters,
  given: Readonly<Record<string, unknown>>,
): Pick<Bound, "constants" | "constantsKey" | "options" | "debug"> {
  if (given === NO_CONSTANTS) {
    return { constants: given, constantsKey: "", options: DEFAULTS, debug: undefined };
  }
  const constants: Record<string, unknown> = {};
  const options = { ...DEFAULTS };
  let debug: boolean | undefined;
  let key = "";
  for (const name of Object.keys(given).sort()) {
    const value = given[name], declared = kernel.constants?.includes(name) ?? true;
    const option = OPTION_NAMES.find((option) => option === name);
    if (option === "debug") debug = checkDebug(kernel, value);
    else if (option && value !== undefined) options[option] = checkOption(kernel, option, value);
    if (!option && !declared) throw unknownConstant(kernel, name);
    if (declared) constants[name] = value;
    key += `${name}=${valueKey(value)};`;
  }
  return { constants, constantsKey: key, options, debug };
}

function checkDebug(kernel: Parameters, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw new LaunchError(
    `Cannot launch '${kernel.name}' with debug ${shown(value)}: it must be true or false`,
  );
}

function checkOption(kernel: Parameters, name: keyof typeof DEFAULTS, value: unknown): number {
  const powerOfTwo = name === "numWarps";
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) {
    if (!powerOfTwo || (value <= 32 && (value & (value - 1)) === 0)) return value;
  }
  throw new LaunchError(
    `Cannot launch '${kernel.name}' with ${name} ${shown(value)}: it must be ${
      powerOfTwo ? "a power of two from 1 to 32" : "a positive integer"
    }`,
  );
}

// What is said of launches that do not fit.

function signature({ name, positional, constants }: Parameters): string {
  const params = positional.map((param) => param.name);
  if (constants?.length) params.push(`{ ${constants.join(", ")} }`);
  return `${name}(${params.join(", ")})`;
}

function problem(kernel: Parameters, i: number, what: string): LaunchError {
  return new LaunchError(
    `Cannot launch '${kernel.name}': argument ${i + 1}, '${kernel.positional[i]!.name}', ${what}`,
  );
}

function plural(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

function tooMany(kernel: Parameters, count: number): LaunchError {
  return new LaunchError(
    `Cannot launch '${kernel.name}' with ${plural(count, "argument")}: it takes ${
      plural(kernel.positional.length, "argument")
    }, as ${signature(kernel)}`,
  );
}

function missing(kernel: Parameters, i: number, count: number): LaunchError {
  const { name } = kernel.positional[i]!;
  return new LaunchError(
    `Cannot launch '${kernel.name}' with ${plural(count, "argument")}: '${name}' is missing, ` +
      `as it takes ${signature(kernel)}`,
  );
}

function noTensor(kernel: Parameters): LaunchError {
  return new LaunchError(
    `Cannot launch '${kernel.name}' without a tensor: its arguments say on which device it runs, and where its results go`,
  );
}

function strangers(kernel: Parameters, i: number, args: readonly unknown[]): LaunchError {
  const first = args.findIndex((arg) => arg instanceof Tensor);
  const names = [first, i].map((at) => `'${kernel.positional[at]!.name}'`);
  const kinds = [first, i].map((at) => (args[at] as Tensor).device.kind);
  return new LaunchError(
    `Cannot launch '${kernel.name}': ${names.join(" and ")} are tensors of different devices (${
      kinds.join(" and ")
    }): make both with one device`,
  );
}

function mixed(
  kernel: Parameters,
  first: number,
  i: number,
  values: readonly unknown[],
): LaunchError {
  const names = [first, i].map((at) => `'${kernel.positional[at]!.name}'`);
  const dtypes = [first, i].map((at) => (values[at] as Tensor).dtype);
  return new LaunchError(
    `Cannot launch '${kernel.name}': ${names.join(" and ")} share memory, but are of ${
      dtypes.join(" and ")
    }: in one launch it can be seen as one dtype only`,
  );
}

function unknownConstant(kernel: Parameters, name: string): LaunchError {
  const known = [...kernel.constants ?? [], ...OPTION_NAMES];
  const meant = nearest(name, known);
  const has = kernel.constants?.length
    ? `its constants are ${kernel.constants.join(", ")}`
    : "it has none";
  const param = kernel.positional.some((param) => param.name === name);
  return new LaunchError(
    `Cannot launch '${kernel.name}' with the constant '${name}': ${has}` +
      (param
        ? `; '${name}' is a parameter, pass it by position`
        : meant
        ? `; did you mean '${meant}'?`
        : `, and the launch options ${OPTION_NAMES.join(", ")}`),
  );
}
