/**
 * Keys of compile-time values: equal keys mean that one compiled kernel serves both.
 *
 * Primitives count by value (`-0` and `0`, and `1` and `"1"`, apart), plain arrays and objects by their
 * contents. So do helper functions: a kernel sees their text and nothing of the variables around
 * them, so that `{ ACTIVATION: (x) => x * x }` may be written in a loop. Everything else, such as
 * kernels, classes and what `tl` has, counts by identity.
 */

import { elementOf, TypedScalar } from "../language/dtypes.ts";
import { isConstexprFunction } from "../language/host.ts";
import { tl } from "../language/tl.ts";
import { kernelFunctionOf } from "../trace/environment.ts";

const identities = new WeakMap<WeakKey, number>();
let lastIdentity = 0;

function identity(value: WeakKey): number {
  let id = identities.get(value);
  if (id === undefined) identities.set(value, id = ++lastIdentity);
  return id;
}

/** The key of any value. */
export function valueKey(value: unknown): string {
  switch (typeof value) {
    case "number":
      return Object.is(value, -0) ? "-0" : `${value}`;
    case "boolean":
    case "undefined":
      return `${value}`;
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "symbol":
      return Symbol.keyFor(value) === undefined ? `#${identity(value)}` : `@${value.description}`;
    case "function":
      return isHelper(value) ? `\`${textOf(value)}\`` : `#${identity(value)}`;
    case "object":
      return value === null ? "null" : objectKey(value);
  }
}

/** The functions of `tl`, which all have one text. */
const OF_TL = new Set<unknown>();

function collect(value: unknown): void {
  if (typeof value === "function") OF_TL.add(value);
  else if (typeof value === "object" && value !== null) Object.values(value).forEach(collect);
}

collect(tl);

const textOf = (fn: unknown) => Function.prototype.toString.call(fn);

/** Whether a function is what its text says, for a kernel. */
function isHelper(fn: unknown): boolean {
  if (OF_TL.has(fn) || elementOf(fn) || kernelFunctionOf(fn) || isConstexprFunction(fn)) {
    return false;
  }
  const text = textOf(fn);
  return !text.startsWith("class") && !text.includes("[native code]") &&
    Object.keys(fn as object).length === 0;
}

function objectKey(value: object): string {
  if (value instanceof TypedScalar) return `${value}`;
  if (Array.isArray(value)) return `[${value.map(valueKey).join()}]`;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `#${identity(value)}`;
  const entries = Object.entries(value);
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${valueKey(inner)}`).join()}}`;
}
