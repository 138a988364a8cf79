/** From a function to its syntax tree, and from a node of that to a location. */

import * as acorn from "npm:acorn@8.15.0";
import type { Location } from "../ir/graph.ts";
import { Problem } from "./problem.ts";

/** The syntax of a function. */
export type FunctionNode =
  | acorn.ArrowFunctionExpression
  | acorn.FunctionExpression
  | acorn.FunctionDeclaration;

// deno-lint-ignore ban-types -- functions of any signature are taken, and none is called
export type AnyFunction = Function;

/** A function's text and syntax. */
export interface Source {
  readonly name: string;
  readonly text: string;
  readonly node: FunctionNode;
  /** How many characters were put before the text to make it an expression. */
  readonly prefix: number;
  /** Where each line of the text begins. */
  readonly lineStarts: readonly number[];
}

const OPTIONS = { ecmaVersion: "latest", allowSuperOutsideMethod: true } as const;

const cache = new WeakMap<AnyFunction, Source>();

/** Parses a function's text: an arrow, a function, or a method's shorthand. */
export function sourceOf(fn: AnyFunction): Source {
  let source = cache.get(fn);
  if (!source) cache.set(fn, source = parse(fn.toString(), fn.name || "anonymous"));
  return source;
}

function parse(text: string, name: string): Source {
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    throw new Problem(
      `The source of ${name} cannot be seen: it is built into JavaScript, or bound`,
      "Give the function itself, written as an arrow or with 'function'",
    );
  }
  const [node, prefix] = expression(text, "(") ?? expression(text, "({") ?? [];
  if (!node || prefix === undefined) {
    throw new Problem(
      `The source of ${name} cannot be parsed`,
      "Write a plain function, arrow or static method without private names",
    );
  }
  if (node.type === "ClassExpression") {
    throw new Problem(`${name} is a class, not a function`, "Give one of its static methods");
  }
  if (!isFunction(node)) throw new Problem(`${name} is not written as a function`);
  if (node.async || node.generator) {
    throw new Problem(
      `${name} is ${node.async ? "async" : "a generator"}, which kernels and helpers cannot be`,
      "Write it as a plain function",
    );
  }
  const lineStarts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    lineStarts.push(at + 1);
  }
  return { name, text, node, prefix, lineStarts };
}

/** The expression that the text is, or a method's function when the prefix opens an object too. */
function expression(text: string, prefix: "(" | "({"): [acorn.Expression, number] | undefined {
  try {
    const closing = prefix === "(" ? "\n)" : "\n})";
    const program = acorn.parse(prefix + text + closing, OPTIONS);
    const statement = program.body[0];
    if (statement?.type !== "ExpressionStatement") return undefined;
    const { expression } = statement;
    if (prefix === "(") return [expression, prefix.length];
    if (expression.type !== "ObjectExpression") return undefined;
    const property = expression.properties[0];
    if (property?.type !== "Property") return undefined;
    return [property.value, prefix.length];
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function isFunction(node: acorn.AnyNode): node is FunctionNode {
  return node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression" ||
    node.type === "FunctionDeclaration";
}

/** Where a node stands. */
export function locationOf(
  source: Source,
  node: { readonly start: number; readonly end: number },
  caller: Location | undefined,
): Location {
  const [line, column] = position(source, node.start);
  const [endLine, endColumn] = position(source, node.end);
  return {
    function: source.name,
    source: source.text,
    line,
    column,
    ...(endLine === line ? { endColumn } : {}),
    ...(caller ? { caller } : {}),
  };
}

/** 1-based line and 0-based column of an offset in the parsed text. */
function position({ prefix, lineStarts }: Source, offset: number): [number, number] {
  const at = offset - prefix;
  let low = 0, high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lineStarts[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return [low + 1, at - lineStarts[low]!];
}

/** The text of a node. */
export function textOf(source: Source, node: { readonly start: number; readonly end: number }) {
  return source.text.slice(node.start - source.prefix, node.end - source.prefix);
}

/** Calls `visit` on a node and all below it; when `visit` returns false, not on those below. */
export function walkSyntax(node: unknown, visit: (node: acorn.AnyNode) => boolean | void): void {
  if (Array.isArray(node)) {
    for (const item of node) walkSyntax(item, visit);
  } else if (isNode(node)) {
    if (visit(node) === false) return;
    for (const child of Object.values(node)) {
      if (typeof child === "object" && child !== null) walkSyntax(child, visit);
    }
  }
}

function isNode(value: unknown): value is acorn.AnyNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
