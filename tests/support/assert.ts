/**
 * Assertions with types: the few of Deno's standard library that tests use, and `assertClose` for
 * arrays of numbers, which prints the first places that differ so that a pattern can be seen.
 */

import { assert as check } from "npm:deno-std@1.4.0/assert/assert.js";
import { AssertionError } from "npm:deno-std@1.4.0/assert/assertion_error.js";
import { assertEquals as equals } from "npm:deno-std@1.4.0/assert/equals.js";
import { assertIsError as isError } from "npm:deno-std@1.4.0/assert/is_error.js";
import { assertMatch as match } from "npm:deno-std@1.4.0/assert/match.js";
import { assertRejects as rejects } from "npm:deno-std@1.4.0/assert/rejects.js";
import { assertStringIncludes as includes } from "npm:deno-std@1.4.0/assert/string_includes.js";
import { assertThrows as throws } from "npm:deno-std@1.4.0/assert/throws.js";

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Fails when `condition` is false, and tells the type checker that it holds. */
export function assert(condition: unknown, message?: string): asserts condition {
  check(condition, message);
}

/** Deep equality; the failure shows a diff. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  equals(actual, expected, message);
}

/** Fails unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  includes(actual, expected, message);
}

/** Fails unless `actual` matches `pattern`. */
export function assertMatch(actual: string, pattern: RegExp, message?: string): void {
  match(actual, pattern, message);
}

/** Fails unless `fn` throws an `error` whose message includes `text`; returns what was thrown. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  error: ErrorClass<E> = Error as unknown as ErrorClass<E>,
  text?: string,
): E {
  return throws(fn, error, text) as E;
}

/** Fails unless `fn` rejects with an `error` whose message includes `text`; resolves to it. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  error: ErrorClass<E> = Error as unknown as ErrorClass<E>,
  text?: string,
): Promise<E> {
  return await rejects(fn, error, text) as E;
}

/** Fails unless `error` is an `errorClass` whose message includes `text`. */
export function assertIsError<E extends Error>(
  error: unknown,
  errorClass: ErrorClass<E>,
  text?: string,
): asserts error is E {
  isError(error, errorClass, text);
}

/** How far a number may be from the expected one. */
export interface Tolerance {
  /** Relative to the expected number's magnitude; 1e-5 unless given. */
  relative?: number;
  /** Added to the above; 1e-6 unless given. */
  absolute?: number;
}

/**
 * Fails unless the two have the same length and every number is within the tolerance of the
 * expected one; NaN equals NaN, and an infinity only itself.
 */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative = 1e-5, absolute = 1e-6 }: Tolerance = {},
): void {
  if (actual.length !== expected.length) {
    throw new AssertionError(`Expected ${expected.length} numbers, found ${actual.length}`);
  }
  const places: string[] = [];
  let wrong = 0;
  for (let i = 0; i < expected.length; i++) {
    const found = actual[i]!, wanted = expected[i]!;
    if (Object.is(found, wanted) || found === wanted) continue;
    const finite = Number.isFinite(found) && Number.isFinite(wanted);
    if (finite && Math.abs(found - wanted) <= absolute + relative * Math.abs(wanted)) continue;
    wrong++;
    if (places.length < 8) places.push(`  [${i}] found ${found}, expected ${wanted}`);
  }
  if (wrong === 0) return;
  const more = wrong > places.length ? `\n  and ${wrong - places.length} more` : "";
  throw new AssertionError(
    `${wrong} of ${expected.length} numbers differ by more than ${relative} relative and ` +
      `${absolute} absolute:\n${places.join("\n")}${more}`,
  );
}
