/** Expressions: what each kind of syntax evaluates to. */

import type * as acorn from "npm:acorn@8.15.0";
import { DTYPES, type Numeric } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import { OPS } from "../ir/ops.ts";
import { elementOf } from "../language/dtypes.ts";
import { castTo } from "./builtins.ts";
import {
  callArray,
  callPrimitive,
  elements,
  getProperty,
  properties,
  TileMethod,
} from "./members.ts";
import { type Branch, branch, emitIf } from "./merge.ts";
import { bind, patternKey, propertyKey, readName } from "./patterns.ts";
import { power } from "./power.ts";
import { Problem } from "./problem.ts";
import type { Scope } from "./scope.ts";
import { type BinaryOperator, isBinaryOperator } from "./semantics.ts";
import { textOf } from "./source.ts";
import type { Tracer } from "./tracer.ts";
import { Closure, describe, isOperand, isWeak, NESTED, type Operand, present } from "./values.ts";

/** Evaluates an expression to a value of the graph or of JavaScript. */
export function evaluate(t: Tracer, node: acorn.Expression, scope: Scope): unknown {
  t.at(node);
  switch (node.type) {
    case "Literal":
      if (node.regex) throw new Problem("A regular expression cannot be used in kernels");
      return node.value;
    case "Identifier":
      return readName(t, node.name, scope);
    case "ThisExpression":
      if (t.frame.self === undefined) {
        throw new Problem("There is no 'this' here", "Only static methods of a class have one");
      }
      return t.frame.self;
    case "ParenthesizedExpression":
      return evaluate(t, node.expression, scope);
    case "TemplateLiteral":
      return template(t, node, scope);
    case "UnaryExpression":
      return unary(t, node, scope);
    case "UpdateExpression":
      return update(t, node, scope);
    case "BinaryExpression":
      return binaryExpression(t, node, scope);
    case "LogicalExpression":
      return logical(t, node, scope);
    case "ConditionalExpression":
      return conditional(t, node, scope);
    case "AssignmentExpression":
      return assignment(t, node, scope);
    case "SequenceExpression":
      return node.expressions.map((part) => evaluate(t, part, scope)).at(-1);
    case "ArrayExpression":
      return t.own(spread(t, node.elements, scope));
    case "ObjectExpression":
      return object(t, node, scope);
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return closure(t, node, scope);
    case "MemberExpression":
    case "CallExpression":
    case "ChainExpression":
      return chain(t, node, scope);
    default:
      throw unsupported(node.type);
  }
}

const NAMES: Partial<Record<acorn.AnyNode["type"], string>> = {
  NewExpression: "'new'",
  AwaitExpression: "'await'",
  YieldExpression: "'yield'",
  ClassExpression: "A class",
  TaggedTemplateExpression: "A tagged template",
  ImportExpression: "'import'",
  MetaProperty: "'import.meta' or 'new.target'",
};

function unsupported(type: acorn.AnyNode["type"]): Problem {
  return new Problem(
    `${NAMES[type] ?? type} is not part of the kernel language`,
    "Kernels compute with tiles, numbers, arrays, objects and functions; do other work before the launch, and pass what comes of it",
  );
}

function closure(
  t: Tracer,
  node: acorn.ArrowFunctionExpression | acorn.FunctionExpression,
  scope: Scope,
): Closure {
  if (node.async || node.generator) {
    throw new Problem(
      `${node.async ? "An async function" : "A generator"} cannot be used in kernels`,
    );
  }
  const { source, environment, self } = t.frame;
  const name = node.type === "FunctionExpression" && node.id ? node.id.name : NESTED;
  return new Closure(source, node, environment, scope, self, name);
}

function template(t: Tracer, node: acorn.TemplateLiteral, scope: Scope): string {
  return node.quasis.map((quasi, i) => {
    const text = quasi.value.cooked ?? quasi.value.raw;
    const part = node.expressions[i];
    if (!part) return text;
    const value = evaluate(t, part, scope);
    t.at(part);
    if (!isWeak(value) && typeof value !== "string" && value !== undefined && !elementOf(value)) {
      throw new Problem(
        `${describe(value)} cannot be put into a text: it is not known when the kernel is compiled`,
        'Give values by themselves: console.log("x is", x) prints them while the kernel runs, tl.staticPrint(x) their types',
      );
    }
    return text + String(value);
  }).join("");
}

// Operators

function unary(t: Tracer, node: acorn.UnaryExpression, scope: Scope): unknown {
  const x = evaluate(t, node.argument, scope);
  t.at(node);
  switch (node.operator) {
    case "void":
      return undefined;
    case "typeof":
      if (!(x instanceof Value)) return x instanceof Closure ? "function" : typeof x;
      return x.type.element === elementOf("bool") ? "boolean" : "number";
    case "!":
      return x instanceof Value ? t.semantics.not(x) : !x;
    case "delete":
      throw new Problem("'delete' is not part of the kernel language");
    case "-":
      return t.semantics.negate(operand(x, "-"));
    case "+": {
      const value = operand(x, "+");
      return value instanceof Value ? t.semantics.number(value) : Number(value);
    }
    case "~": {
      const value = operand(x, "~");
      if (value instanceof Value) return t.semantics.invert(value);
      return typeof value === "bigint" ? ~value : ~Number(value);
    }
    default:
      throw new Problem(`The operator ${node.operator} is not part of the kernel language`);
  }
}

function operand(x: unknown, operator: string): Operand {
  if (isOperand(x)) return x;
  throw new Problem(
    `The operator ${operator} does not work on ${describe(x)}`,
    x === undefined
      ? "What may be undefined needs a default, or a check: x === undefined ? … : …"
      : Array.isArray(x)
      ? "Compute with its elements: array.map((x) => …)"
      : typeof x === "string"
      ? 'Texts and tiles do not mix: to print both write console.log("x is", x)'
      : undefined,
  );
}

function update(t: Tracer, node: acorn.UpdateExpression, scope: Scope): unknown {
  const old = operand(evaluate(t, node.argument, scope), node.operator);
  t.at(node);
  const next = binary(t, node.operator === "++" ? "+" : "-", old, 1);
  bind(t, node.argument as acorn.Pattern, next, scope, "assign");
  return node.prefix ? next : old;
}

const ORDER = ["<", "<=", ">", ">="];

function binaryExpression(t: Tracer, node: acorn.BinaryExpression, scope: Scope): unknown {
  const { left, right, operator } = node;
  if (left.type === "PrivateIdentifier") {
    throw new Problem("Private names cannot be used in kernels");
  }
  if (
    ORDER.includes(operator) && left.type === "BinaryExpression" && ORDER.includes(left.operator)
  ) {
    const text = (part: acorn.Node) => textOf(t.frame.source, part);
    throw new Problem(
      `${text(node)} compares a truth value with ${text(right)}: comparisons do not chain`,
      `Write ${text(left)} && ${text(left.right)} ${operator} ${text(right)}`,
    );
  }
  const a = evaluate(t, left, scope), b = evaluate(t, right, scope);
  t.at(node);
  return binary(t, operator, a, b);
}

/** `a operator b` on anything. */
export function binary(t: Tracer, operator: acorn.BinaryOperator, a: unknown, b: unknown): unknown {
  if (a instanceof Value || b instanceof Value) {
    const equality = ["===", "!==", "==", "!="].includes(operator);
    if (equality && [a, b].some((x) => x === undefined || x === null)) return operator[0] === "!";
    if (operator === "**") return power(t, operand(a, operator), operand(b, operator));
    if (isBinaryOperator(operator)) {
      return t.semantics.binary(operator, operand(a, operator), operand(b, operator));
    }
    throw new Problem(
      `The operator ${operator} does not work on ${describe(a)} and ${describe(b)}`,
    );
  }
  return STATIC[operator](a, b);
}

type Static = (a: unknown, b: unknown) => unknown;

/**
 * Numbers through JavaScript's own operator; what would give NaN by mistake is refused. A bigint and
 * an integral number are both integers, so these mix, which JavaScript itself refuses.
 */
function numeric(
  operator: BinaryOperator | "**",
  f: (a: number, b: number) => unknown,
  exact: (a: bigint, b: bigint) => unknown,
): Static {
  return (a, b) => {
    const operands = [operand(a, operator), operand(b, operator)];
    const isWhole = (x: unknown) => typeof x === "bigint" || Number.isInteger(x);
    if (operands.some((x) => typeof x === "bigint") && operands.every(isWhole)) {
      const [x, y] = operands.map((x) => BigInt(x as Numeric)) as [bigint, bigint];
      if (y === 0n && (operator === "/" || operator === "%")) {
        throw new Problem(`${x}n cannot be divided by 0n`);
      }
      return exact(x, y);
    }
    return f(Number(operands[0]), Number(operands[1]));
  };
}

const sum = numeric("+", (a, b) => a + b, (a, b) => a + b);

const STATIC: Record<acorn.BinaryOperator, Static> = {
  "+": (a, b) => {
    if (typeof a === "string" || typeof b === "string") return `${a}${b}`;
    return sum(a, b);
  },
  "-": numeric("-", (a, b) => a - b, (a, b) => a - b),
  "*": numeric("*", (a, b) => a * b, (a, b) => a * b),
  "/": numeric("/", (a, b) => a / b, (a, b) => a / b),
  "%": numeric("%", (a, b) => a % b, (a, b) => a % b),
  "**": numeric("**", (a, b) => a ** b, (a, b) => a ** b),
  "&": (a, b) => bits(numeric("&", (x, y) => x & y, (x, y) => x & y), a, b),
  "|": (a, b) => bits(numeric("|", (x, y) => x | y, (x, y) => x | y), a, b),
  "^": (a, b) => bits(numeric("^", (x, y) => x ^ y, (x, y) => x ^ y), a, b),
  "<<": numeric("<<", (a, b) => a << b, (a, b) => a << b),
  ">>": numeric(">>", (a, b) => a >> b, (a, b) => a >> b),
  ">>>": numeric(">>>", (a, b) => a >>> b, (a, b) => BigInt.asUintN(64, a) >> b),
  "<": numeric("<", (a, b) => a < b, (a, b) => a < b),
  "<=": numeric("<=", (a, b) => a <= b, (a, b) => a <= b),
  ">": numeric(">", (a, b) => a > b, (a, b) => a > b),
  ">=": numeric(">=", (a, b) => a >= b, (a, b) => a >= b),
  "===": (a, b) => a === b,
  "!==": (a, b) => a !== b,
  // deno-lint-ignore eqeqeq -- minifiers write it
  "==": (a, b) => a == b,
  // deno-lint-ignore eqeqeq -- minifiers write it
  "!=": (a, b) => a != b,
  "in": (a, b) => {
    if (typeof b !== "object" || b === null) throw new Problem(`${describe(b)} has no properties`);
    return String(a) in b;
  },
  "instanceof": () => {
    throw new Problem("'instanceof' is not part of the kernel language");
  },
};

/** Of two booleans a boolean, as on tiles. */
function bits(f: Static, a: unknown, b: unknown): unknown {
  const result = f(a, b);
  return typeof a === "boolean" && typeof b === "boolean" ? result !== 0 : result;
}

function logical(t: Tracer, node: acorn.LogicalExpression, scope: Scope): unknown {
  const a = evaluate(t, node.left, scope);
  if (!(a instanceof Value)) {
    // As in JavaScript: the right side only when the left does not decide.
    if (node.operator === "&&" ? !a : node.operator === "||" ? a : a !== undefined && a !== null) {
      return a;
    }
    return evaluate(t, node.right, scope);
  }
  if (node.operator === "??") return a;
  const { semantics } = t, operator = node.operator;
  const right = branch(t, () => evaluate(t, node.right, scope));
  t.at(node);
  if (a.type.shape.length === 0 && hasEffects(right)) {
    const decided = branch(t, () => semantics.constant(operator === "||", DTYPES.bool));
    operand(right.result, operator);
    const [then, otherwise] = operator === "&&" ? [right, decided] : [decided, right];
    const condition = semantics.bool(a, operator);
    return semantics.bool(operand(emitIf(t, condition, then, otherwise), operator), operator);
  }
  return semantics.logical(operator, a, operand(both(t, a, right), operator));
}

/** True when it matters whether a branch runs: it loads, stores, assigns or loops. */
function hasEffects({ writes, region }: Branch<unknown>): boolean {
  return writes.length > 0 ||
    region.ops.some(({ name, regions }) =>
      regions.length > 0 && name !== "reduce" && name !== "scan" ||
      OPS[name].traits?.some((trait) => trait === "reads" || trait === "writes")
    );
}

/** What a branch evaluates to, with its operations appended here: it runs whatever the condition. */
function both<T>(t: Tracer, condition: Value, { writes, region, result }: Branch<T>): T {
  if (writes.length > 0) {
    throw new Problem(
      `The condition is ${
        describe(condition)
      }, so both sides are computed, and neither may assign to variables`,
      "Assign the result: x = tl.where(condition, a, b)",
    );
  }
  t.builder.inline(region);
  return result;
}

/**
 * `c ? a : b`. On a run-time condition both are computed and `tl.where` chooses; only where one of
 * them loads, stores or assigns does a scalar condition make an `if`.
 */
function conditional(t: Tracer, node: acorn.ConditionalExpression, scope: Scope): unknown {
  const test = evaluate(t, node.test, scope);
  if (!(test instanceof Value)) {
    return evaluate(t, test ? node.consequent : node.alternate, scope);
  }
  const [then, otherwise] = [node.consequent, node.alternate].map((part) =>
    branch(t, () => evaluate(t, part, scope))
  ) as [Branch<unknown>, Branch<unknown>];
  t.at(node);
  const effects = hasEffects(then) || hasEffects(otherwise);
  const choice = isOperand(then.result) && isOperand(otherwise.result);
  if (test.type.shape.length === 0 && (effects || !choice)) {
    t.at(node.test);
    const condition = t.semantics.truth(test);
    t.at(node);
    return present(emitIf(t, condition, then, otherwise));
  }
  const [x, y] = [both(t, test, then), both(t, test, otherwise)];
  return t.semantics.where(test, operand(x, "?:"), operand(y, "?:"));
}

function assignment(t: Tracer, node: acorn.AssignmentExpression, scope: Scope): unknown {
  const { left, right, operator } = node;
  if (operator === "=") {
    const value = evaluate(t, right, scope);
    bind(t, left, value, scope, "assign");
    return value;
  }
  if (left.type !== "Identifier" && left.type !== "MemberExpression") {
    throw new Problem(`The operator ${operator} needs a variable or a property on its left`);
  }
  const old = evaluate(t, left, scope);
  let value: unknown;
  if (operator === "&&=" || operator === "||=" || operator === "??=") {
    if (old instanceof Value && operator !== "??=") {
      const other = evaluate(t, right, scope);
      t.at(node);
      value = t.semantics.logical(operator === "&&=" ? "&&" : "||", old, operand(other, operator));
    } else {
      const keep = operator === "&&="
        ? !old
        : operator === "||="
        ? old
        : old !== undefined && old !== null;
      if (keep) return old;
      value = evaluate(t, right, scope);
    }
  } else {
    const other = evaluate(t, right, scope);
    t.at(node);
    value = binary(t, operator.slice(0, -1) as acorn.BinaryOperator, old, other);
  }
  bind(t, left, value, scope, "assign");
  return value;
}

// Arrays and objects

/** The elements of an array or the arguments of a call. */
function spread(
  t: Tracer,
  nodes: readonly (acorn.Expression | acorn.SpreadElement | null)[],
  scope: Scope,
): unknown[] {
  return nodes.flatMap((node) => {
    if (!node) return [undefined];
    if (node.type !== "SpreadElement") return [evaluate(t, node, scope)];
    const items = evaluate(t, node.argument, scope);
    t.at(node);
    return elements(t, items);
  });
}

function object(t: Tracer, node: acorn.ObjectExpression, scope: Scope): unknown {
  const result: Record<string, unknown> = t.own({});
  for (const property of node.properties) {
    if (property.type === "SpreadElement") {
      const more = evaluate(t, property.argument, scope);
      t.at(property);
      Object.assign(result, properties(t, more));
    } else {
      if (property.kind !== "init") {
        throw new Problem("Getters and setters cannot be used in kernels");
      }
      const key = String(patternKey(t, property, scope));
      result[key] = evaluate(t, property.value, scope);
    }
  }
  return result;
}

// Properties and calls

/** What an optional chain gives when it stops early. */
const STOPPED = Symbol("stopped");

function chain(
  t: Tracer,
  node: acorn.MemberExpression | acorn.CallExpression | acorn.ChainExpression,
  scope: Scope,
): unknown {
  const value = link(t, node.type === "ChainExpression" ? node.expression : node, scope);
  return value === STOPPED ? undefined : value;
}

/** A link of a chain `a?.b.c()`, or STOPPED when one before it was optional and missing. */
function link(t: Tracer, node: acorn.Expression | acorn.Super, scope: Scope): unknown {
  switch (node.type) {
    case "Super":
      throw new Problem("'super' has no meaning in kernels");
    case "MemberExpression": {
      const object = link(t, node.object, scope);
      if (object === STOPPED || node.optional && (object ?? undefined) === undefined) {
        return STOPPED;
      }
      const key = propertyKey(t, node, scope);
      t.at(node);
      return getProperty(t, object, key);
    }
    case "CallExpression":
      return callExpression(t, node, scope);
    default:
      return evaluate(t, node, scope);
  }
}

function callExpression(t: Tracer, node: acorn.CallExpression, scope: Scope): unknown {
  const { callee } = node;
  if (callee.type !== "MemberExpression") {
    const fn = link(t, callee, scope);
    if (fn === STOPPED || node.optional && (fn ?? undefined) === undefined) return STOPPED;
    const args = spread(t, node.arguments, scope);
    t.at(node);
    return t.call(fn, args);
  }
  const self = link(t, callee.object, scope);
  if (self === STOPPED || callee.optional && (self ?? undefined) === undefined) return STOPPED;
  const key = propertyKey(t, callee, scope);
  const native = Array.isArray(self) && typeof key === "string";
  if (native || typeof self === "string" || isWeak(self)) {
    const args = spread(t, node.arguments, scope);
    t.at(node);
    return native
      ? callArray(t, self, String(key), args)
      : callPrimitive(self as string | number | boolean, String(key), args);
  }
  t.at(callee);
  const fn = getProperty(t, self, key);
  if (node.optional && (fn ?? undefined) === undefined) return STOPPED;
  const args = spread(t, node.arguments, scope);
  t.at(node);
  return fn instanceof TileMethod ? castTo(t, fn.tile, args[0]) : t.call(fn, args, self);
}
