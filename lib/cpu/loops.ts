/**
 * The loops that run over elements.
 *
 * JavaScript engines compile a loop for what it has met: one loop that serves every operation and
 * dtype calls through a table and boxes numbers, at many times the cost. So a loop is written once,
 * as a template, and each operation and dtype gets a copy of its own, made from the template's
 * source. Where code may not be made at run time (a page's content security policy), all share the
 * template itself: slower, with the same results.
 *
 * A template may name nothing but its parameters, its locals and what every JavaScript has.
 *
 * An operand is an array and a mask for its index: -1 where it has an element for each of the
 * result's, 0 where its first element stands for all.
 */

import type { HostArray, Numeric, NumericFunction } from "../ir/dtype.ts";

/** The function that computes one element. */
export type Evaluate = NumericFunction;

type Template = (...args: never[]) => unknown;

const copies = new Map<string, Template>();

/** The copy of a template for `key`; the same one each time. */
export function instantiate<T extends Template>(template: T, key: string): T {
  const name = `${template.name} ${key}`;
  let copy = copies.get(name);
  if (!copy) copies.set(name, copy = copyOf(template, name));
  return copy as T;
}

function copyOf(template: Template, name: string): Template {
  try {
    // The name makes the text unique: engines share the compiled code of equal texts.
    const text = `"use strict"; /* ${name.replaceAll("*/", "")} */ return (${template});`;
    return new Function(text)() as Template;
  } catch (error) {
    if (error instanceof EvalError) return template;
    throw error;
  }
}

/** Elementwise operations, by the number of operands. */
export type ElementwiseLoop = (
  f: Evaluate,
  n: number,
  out: HostArray,
  ...operands: (HostArray | number)[]
) => void;

function unary(f: Evaluate, n: number, out: HostArray, a: HostArray, ma: number): void {
  for (let i = 0; i < n; i++) out[i] = f(a[i & ma]!);
}

function binary(
  f: Evaluate,
  n: number,
  out: HostArray,
  a: HostArray,
  ma: number,
  b: HostArray,
  mb: number,
): void {
  for (let i = 0; i < n; i++) out[i] = f(a[i & ma]!, b[i & mb]!);
}

function ternary(
  f: Evaluate,
  n: number,
  out: HostArray,
  a: HostArray,
  ma: number,
  b: HostArray,
  mb: number,
  c: HostArray,
  mc: number,
): void {
  for (let i = 0; i < n; i++) out[i] = f(a[i & ma]!, b[i & mb]!, c[i & mc]!);
}

/** For an elementwise operation with `count` operands, its template. */
export function elementwiseLoop(count: number): ElementwiseLoop {
  const template = [undefined, unary, binary, ternary][count];
  if (!template) throw new Error(`There is no elementwise loop for ${count} operands`);
  return template as ElementwiseLoop;
}

/** out[i] = x[index[i]] */
export function gather(n: number, out: HostArray, x: HostArray, index: Int32Array): void {
  for (let i = 0; i < n; i++) out[i] = x[index[i]!]!;
}

/**
 * From x [outer, from, inner] by index [outer, to, inner]: out[o, j, i] = x[o, index[o, j, i], i].
 * An index outside gives `outside`.
 */
export function gatherAlong(
  n: number,
  out: HostArray,
  x: HostArray,
  index: HostArray,
  mi: number,
  from: number,
  to: number,
  inner: number,
  outside: Numeric,
): void {
  for (let e = 0; e < n; e++) {
    const outer = Math.floor(e / (to * inner)), i = e % inner, j = Number(index[e & mi]);
    out[e] = j >= 0 && j < from ? x[(outer * from + j) * inner + i]! : outside;
  }
}

/**
 * Reads `memory` at each pointer whose mask is true, and takes `other` elsewhere. Returns -1, or
 * the first element whose pointer is outside, where it stopped.
 */
export function loadLoop(
  n: number,
  out: HostArray,
  memory: HostArray,
  pointer: HostArray,
  mp: number,
  mask: HostArray,
  mm: number,
  other: HostArray,
  mo: number,
): number {
  for (let i = 0; i < n; i++) {
    if (mask[i & mm] !== 0) {
      const element = memory[pointer[i & mp] as number]; // the engine checks the index anyway
      if (element === undefined) return i;
      out[i] = element;
    } else {
      out[i] = other[i & mo]!;
    }
  }
  return -1;
}

/** Writes to `memory` at each pointer whose mask is true. Returns as `loadLoop` does. */
export function storeLoop(
  n: number,
  memory: HostArray,
  pointer: HostArray,
  mp: number,
  value: HostArray,
  mv: number,
  mask: HostArray,
  mm: number,
): number {
  const length = memory.length;
  for (let i = 0; i < n; i++) {
    if (mask[i & mm] !== 0) {
      const at = (pointer[i & mp] as number) >>> 0; // a negative index becomes a large one
      if (at >= length) return i;
      memory[at] = value[i & mv]!;
    }
  }
  return -1;
}

/** Running results along the middle of [outer, n, inner]: each element combined with the one before. */
export function scanLoop(
  f: Evaluate,
  outer: number,
  n: number,
  inner: number,
  reverse: boolean,
  out: HostArray,
  x: HostArray,
): void {
  const step = reverse ? -inner : inner, first = reverse ? (n - 1) * inner : 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let at = o * n * inner + first + i;
      out[at] = x[at]!;
      for (let j = 1; j < n; j++, at += step) out[at + step] = f(out[at]!, x[at + step]!);
    }
  }
}

/** `loadLoop` for encoded floats: the numbers of the bits in memory are in `numbers`. */
export function loadDecodedLoop(
  n: number,
  out: HostArray,
  memory: HostArray,
  pointer: HostArray,
  mp: number,
  mask: HostArray,
  mm: number,
  other: HostArray,
  mo: number,
  numbers: Float32Array,
): number {
  for (let i = 0; i < n; i++) {
    if (mask[i & mm] !== 0) {
      const bits = memory[pointer[i & mp] as number];
      if (bits === undefined) return i;
      out[i] = numbers[bits as number]!;
    } else {
      out[i] = other[i & mo]!;
    }
  }
  return -1;
}

/** `storeLoop` for encoded floats: `encode` gives the bits of a number. */
export function storeEncodedLoop(
  n: number,
  memory: HostArray,
  pointer: HostArray,
  mp: number,
  value: HostArray,
  mv: number,
  mask: HostArray,
  mm: number,
  encode: NumericFunction,
): number {
  const length = memory.length;
  for (let i = 0; i < n; i++) {
    if (mask[i & mm] !== 0) {
      const at = (pointer[i & mp] as number) >>> 0;
      if (at >= length) return i;
      memory[at] = encode(value[i & mv]!);
    }
  }
  return -1;
}

/**
 * One level of a reduction tree: x [outer, n, inner] becomes out [outer, ceil(n / 2), inner] by
 * combining neighbours; the last of an odd number goes on alone. `out` may be `x`.
 */
export function combineNeighbours(
  f: Evaluate,
  outer: number,
  n: number,
  inner: number,
  out: HostArray,
  x: HostArray,
): void {
  const pairs = n >> 1;
  let from = 0, to = 0;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < pairs; j++, from += inner) {
      for (let i = 0; i < inner; i++, from++, to++) out[to] = f(x[from]!, x[from + inner]!);
    }
    if ((n & 1) === 1) {
      for (let i = 0; i < inner; i++, from++, to++) out[to] = x[from]!;
    }
  }
}

/** The same for inner = 1, along the last axis: half the time of the general loop. */
export function combineInRows(
  f: Evaluate,
  rows: number,
  n: number,
  _inner: number,
  out: HostArray,
  x: HostArray,
): void {
  let from = 0, to = 0;
  for (let row = 0; row < rows; row++) {
    const end = from + n - 1;
    for (; from < end; from += 2) out[to++] = f(x[from]!, x[from + 1]!);
    if (from === end) out[to++] = x[from++]!;
  }
}

/** For x [outer, n, inner], the first (`which` 0) or second (1) of each pair of neighbours. */
export function takeNeighbours(
  outer: number,
  n: number,
  inner: number,
  out: HostArray,
  x: HostArray,
  which: number,
): void {
  const pairs = n >> 1;
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < pairs; j++) {
      const from = (o * n + 2 * j + which) * inner;
      for (let i = 0; i < inner; i++, to++) out[to] = x[from + i]!;
    }
  }
}

/** out [outer, ceil(n / 2), inner] from what the pairs of x [outer, n, inner] gave, and the odd last of x. */
export function putNeighbours(
  outer: number,
  n: number,
  inner: number,
  out: HostArray,
  x: HostArray,
  combined: HostArray,
): void {
  const pairs = n >> 1;
  let from = 0, to = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < pairs * inner; i++, from++, to++) out[to] = combined[from]!;
    if ((n & 1) === 1) {
      const last = (o * n + n - 1) * inner;
      for (let i = 0; i < inner; i++, to++) out[to] = x[last + i]!;
    }
  }
}
