/** Properties: of tiles, arrays, objects, and of what the host gave. */

import { Value } from "../ir/graph.ts";
import { dtypeOf, isPointer, size, typeText } from "../ir/type.ts";
import { writtenAs } from "../language/dtypes.ts";
import { tl } from "../language/tl.ts";
import { CONSOLE } from "./environment.ts";
import { Problem } from "./problem.ts";
import { refusal } from "./refused.ts";
import type { Tracer } from "./tracer.ts";
import { Closure, describe, isRecord, isWeak, Missing, Range } from "./values.ts";

/** What Triton's users write out of habit, where the spelling alone does not tell. */
const TRITON: Readonly<Record<string, string>> = {
  float32: "Write tl.f32",
  float16: "Write tl.f16",
  bfloat16: "Write tl.bf16",
  float8e4nv: "Write tl.f8e4m3",
  float8e5: "Write tl.f8e5m2",
  int8: "Write tl.i8",
  int16: "Write tl.i16",
  int32: "Write tl.i32",
  uint8: "Write tl.u8",
  uint16: "Write tl.u16",
  uint32: "Write tl.u32",
  int1: "Write tl.bool",
  constexpr: "Constants are the kernel's last parameter, an object pattern: { BLOCK = 1024 }",
};

/** What other libraries call dtypes. */
const FOREIGN: Readonly<Record<string, string>> = {
  half: "f16",
  float: "f32",
  double: "f64",
  int: "i32",
  long: "i64",
  short: "i16",
  byte: "u8",
  boolean: "bool",
};

/** What to write for a dtype that is named as Triton, torch or NumPy do; undefined for other names. */
export function meantDtype(name: string): string | undefined {
  const [, foreign] = /^(?:torch\.|tl\.|np\.)?(\w+)$/.exec(name) ?? [];
  if (foreign === undefined) return undefined;
  const known = Object.hasOwn(FOREIGN, foreign) ? `Write tl.${FOREIGN[foreign]}` : undefined;
  return known ?? (Object.hasOwn(TRITON, foreign) ? TRITON[foreign] : undefined);
}

/** A method of a tile, until it is called. */
export class TileMethod {
  constructor(readonly tile: Value, readonly name: "to") {}
}

/** `object[key]`. */
export function getProperty(t: Tracer, object: unknown, key: unknown): unknown {
  if (object instanceof Value) return tileProperty(t, object, key);
  if (object === undefined || object === null) {
    throw new Problem(
      `Cannot read ${spell(key)} of ${object}`,
      "What may be undefined needs a default, or '?.'",
    );
  }
  if (key instanceof Value) {
    throw new Problem(
      `An array in a kernel exists only while it is compiled, and cannot be indexed by ${
        describe(key)
      }, which is known at run time`,
      "Unroll the loop with tl.staticRange, or keep the data in memory and load it",
    );
  }
  if (object instanceof Range || object instanceof Closure || object instanceof TileMethod) {
    throw new Problem(`${describe(object)} has no property ${spell(key)}`);
  }
  const name = key as string | number | symbol;
  if (object === tl && !Object.hasOwn(tl, name)) {
    throw new Problem(
      `tl has no '${String(name)}'`,
      TRITON[String(name)] ?? suggestion(String(name), Object.keys(tl)),
    );
  }
  if ((object === tl.libdevice || object === tl.math) && !Object.hasOwn(object, name)) {
    const what = object === tl.math ? "tl.math" : "tl.libdevice";
    const [why, remedy] = refusal(String(name)) ?? [];
    throw new Problem(
      why ?? `${what} has no '${String(name)}'`,
      remedy ?? suggestion(String(name), Object.keys(tl.libdevice)),
    );
  }
  if (object === CONSOLE && !Object.hasOwn(CONSOLE, name)) {
    throw new Problem(
      `console.${String(name)} does nothing in a kernel`,
      "Write console.log(x) to print from every program, or console.assert(condition, message)",
    );
  }
  if (object === Math && !(name in Math)) {
    throw new Problem(`Math has no ${String(name)}`);
  }
  const value: unknown = Reflect.get(Object(object), name, object);
  if (value instanceof Missing) throw new Problem(value.why, value.remedy);
  return value;
}

function tileProperty(t: Tracer, x: Value, key: unknown): unknown {
  const { type } = x;
  switch (key) {
    case "shape":
      return t.own([...type.shape]);
    case "dtype":
      return writtenAs(isPointer(type.element) ? type.element.pointee : dtypeOf(type));
    case "numel":
      return size(type);
    case "T":
      if (type.shape.length !== 2) {
        throw new Problem(
          `.T swaps the dimensions of a tile of two, but this is ${typeText(type)}`,
          "Write tl.permute(x, [...]) for other ranks",
        );
      }
      return t.semantics.builder.value("permute", [x], { attributes: { order: [1, 0] } });
    case "to":
      return new TileMethod(x, "to");
  }
  if (typeof key === "string" && !/^\d+$/.test(key)) {
    const operation = Object.hasOwn(tl, key);
    throw new Problem(
      `A ${
        isPointer(type.element) ? "pointer" : "tile"
      } has no property '${key}', only shape, dtype, numel, T and to()`,
      operation
        ? `Write tl.${key}(x, …)`
        : key === "length"
        ? "Write x.shape[0] for its size, x.numel for the number of its elements"
        : undefined,
    );
  }
  if (isPointer(type.element)) {
    throw new Problem(
      `A pointer is not an array: ${typeText(type)}[${describe(key)}]`,
      "Move it by an offset and load: tl.load(pointer + offset)",
    );
  }
  throw new Problem(
    `A tile cannot be indexed: ${typeText(type)}[${describe(key)}]`,
    key === null || key === undefined
      ? "For x[:, None] write tl.col(x), for x[None, :] tl.row(x), for other new dimensions tl.expandDims(x, axis)"
      : "Tiles are computed with as a whole. To pick an element, load it through a pointer, or sum tl.where(tl.arange(0, N) === i, x, 0)",
  );
}

/** `object[key] = value`. */
export function setProperty(t: Tracer, object: unknown, key: unknown, value: unknown): void {
  if (object instanceof Value) {
    const pointer = isPointer(object.type.element);
    throw new Problem(
      `A ${pointer ? "pointer is not an array" : "tile cannot be changed in place"}: ${
        typeText(object.type)
      }[${describe(key)}] = …`,
      pointer
        ? "Move it by an offset and store: tl.store(pointer + offset, value)"
        : "Make another one: x = tl.where(condition, value, x)",
    );
  }
  if (key instanceof Value) {
    throw new Problem(
      `An array in a kernel exists only while it is compiled, and cannot be indexed by ${
        describe(key)
      }, which is known at run time`,
      "Unroll the loop with tl.staticRange, or keep the data in memory and store it",
    );
  }
  if (typeof object !== "object" || object === null || !t.journal.owns(object)) {
    throw new Problem(
      `Cannot change ${spell(key)} of ${describe(object)}: it was not made in this kernel`,
      "Make a copy first: [...array] or { ...object }",
    );
  }
  const name = String(key);
  if (Array.isArray(object)) {
    const index = Number(name);
    if (name !== "length" && !(Number.isInteger(index) && index >= 0)) {
      throw new Problem(`An array has no element ${spell(key)}`);
    }
    // The length changes along, and must be restored along.
    if (index >= object.length) t.journal.write(object, "length", index + 1);
  }
  t.journal.write(object, name, value);
}

/** Makes an own array hold other elements, by writes that can be undone. */
function refill(t: Tracer, array: unknown[], elements: readonly unknown[]): void {
  elements.forEach((element, i) => {
    if (!Object.is(array[i], element)) setProperty(t, array, i, element);
  });
  if (array.length !== elements.length) t.journal.write(array, "length", elements.length);
}

const MUTATING = ["push", "pop", "shift", "unshift", "splice", "reverse", "fill"];
/** Methods whose callback decides something, so that its answer must be known. */
const DECIDING = ["filter", "find", "findIndex", "findLast", "some", "every", "sort", "toSorted"];
/** Methods that call what they are given; the others only keep or compare it. */
const CALLING = [...DECIDING, "flatMap", "forEach", "map", "reduce", "reduceRight"];
const READING = [
  ...[
    "at",
    "concat",
    "entries",
    "flat",
    "flatMap",
    "forEach",
    "includes",
    "indexOf",
    "join",
    "keys",
  ],
  ...["lastIndexOf", "map", "reduce", "reduceRight", "slice", "toReversed", "toSpliced", "values"],
  ...["with"],
  ...DECIDING.filter((name) => name !== "sort"),
];

/** `array.name(...args)`. Callbacks are functions of the kernel. */
export function callArray(t: Tracer, array: unknown[], name: string, args: readonly unknown[]) {
  const changes = MUTATING.includes(name);
  if (!changes && !READING.includes(name)) {
    throw new Problem(
      `Arrays in kernels have no method '${name}'`,
      suggestion(name, [...MUTATING, ...READING]),
    );
  }
  if (array.some((element) => element instanceof Missing) && name !== "fill") {
    for (const i of array.keys()) getProperty(t, array, i);
  }
  const native = CALLING.includes(name) ? args.map((arg) => callback(t, arg, name)) : [...args];
  const method = Reflect.get(Array.prototype, name) as (...args: unknown[]) => unknown;
  if (changes) {
    if (!t.journal.owns(array)) {
      throw new Problem(
        `Cannot change this array: it was not made in this kernel`,
        "Make a copy first: [...array]",
      );
    }
    const copy = [...array];
    const result = method.apply(copy, native);
    refill(t, array, copy);
    return result === copy ? array : Array.isArray(result) ? t.own(result) : result;
  }
  const result = method.apply(array, native);
  if (Array.isArray(result)) return ownAll(t, result);
  // Iterators of keys and entries.
  if (
    typeof result === "object" && result !== null && Symbol.iterator in result &&
    !(result instanceof Value) && ["entries", "keys", "values"].includes(name)
  ) {
    return ownAll(t, [...result as Iterable<unknown>]);
  }
  return result;
}

function ownAll(t: Tracer, array: unknown[]): unknown[] {
  for (const item of array) if (Array.isArray(item) && !t.journal.owns(item)) t.own(item);
  return t.own(array);
}

/** A host function that runs a function of the kernel; anything else as it is. */
export function callback(t: Tracer, fn: unknown, method: string): unknown {
  if (!(fn instanceof Closure) && typeof fn !== "function") return fn;
  return (...args: unknown[]) => {
    const result = t.call(fn, args);
    if (result instanceof Value && DECIDING.includes(method)) {
      throw new Problem(
        `The function given to ${method} returned ${
          describe(result)
        }, but what an array holds is decided when the kernel is compiled`,
        "Choose between tiles with tl.where",
      );
    }
    return result;
  };
}

/** `string.name(...args)` or `number.name(...args)`. */
export function callPrimitive(
  x: string | number | boolean,
  name: string,
  args: readonly unknown[],
) {
  const method: unknown = Reflect.get(Object(x), name, x);
  if (typeof method !== "function") {
    throw new Problem(`${describe(x)} has no method '${name}'`, tileHint(x, name));
  }
  for (const arg of args) {
    if (!isWeak(arg) && typeof arg !== "string" && arg !== undefined) {
      throw new Problem(`${name} needs compile-time values, not ${describe(arg)}`);
    }
  }
  return Reflect.apply(method, x, args) as unknown;
}

function tileHint(x: unknown, name: string): string | undefined {
  return typeof x === "number" && name === "to"
    ? "A compile-time number becomes a value of a dtype by tl.cast(x, dtype) or tl.f32(x)"
    : undefined;
}

/** The elements of what is spread, destructured or iterated. */
export function elements(t: Tracer, x: unknown): unknown[] {
  if (Array.isArray(x)) return x.map((_, i) => getProperty(t, x, i));
  if (typeof x === "string") return [...x];
  if (x instanceof Value) {
    throw new Problem(
      `${describe(x)} cannot be taken apart: it is a tile, not an array`,
      "Tiles are computed with as a whole; several tiles go into an array: [a, b]",
    );
  }
  if (x instanceof Range) {
    throw new Problem(
      "tl.range makes a loop, not an array",
      "Write for (const i of tl.range(…)), or tl.staticRange(…) for an array",
    );
  }
  throw new Problem(`${describe(x)} is not an array`);
}

/** The own properties of what is spread or destructured into an object. */
export function properties(t: Tracer, x: unknown): Record<string, unknown> {
  if (x === undefined || x === null) return {};
  if (isRecord(x) || Array.isArray(x)) {
    return Object.fromEntries(Object.keys(x).map((key) => [key, getProperty(t, x, key)]));
  }
  throw new Problem(`${describe(x)} is not an object with properties`);
}

function spell(key: unknown): string {
  return typeof key === "number" ? `element ${key}` : `the property ${describe(key)}`;
}

/** "Did you mean 'x'?" when a known name is near. */
export function suggestion(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll("_", "");
  const near = known
    .map((other) => [distance(plain(name), plain(other)), other] as const)
    .sort(([a], [b]) => a - b)[0];
  return near && near[0] <= Math.ceil(name.length / 3) ? `Did you mean '${near[1]}'?` : undefined;
}

/** How many letters must be added, removed or changed to get from `a` to `b`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
