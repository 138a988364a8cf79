/**
 * Keys of compile-time values: equal keys mean that one compiled kernel serves both.
 *
 * Primitives count by value (`-0` and `0`, and `1` and `"1"`, apart), plain arrays and objects by their
 * contents, and everything else, functions above all, by identity.
 */

import { TypedScalar } from "../language/dtypes.ts";

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
      return `#${identity(value)}`;
    case "object":
      return value === null ? "null" : objectKey(value);
  }
}

function objectKey(value: object): string {
  if (value instanceof TypedScalar) return `${value}`;
  if (Array.isArray(value)) return `[${value.map(valueKey).join()}]`;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `#${identity(value)}`;
  const entries = Object.entries(value);
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${valueKey(inner)}`).join()}}`;
}
