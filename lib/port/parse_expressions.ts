/** From the nodes of Lezer's tree to expressions. */

import type { SyntaxNode } from "npm:@lezer/common@1.5.5";
import { Untranslatable } from "./problem.ts";
import type {
  Argument,
  BinaryOperator,
  CompareOperator,
  Expr,
  Parameter,
  Slice,
  Span,
  UnaryOperator,
} from "./syntax.ts";

export type Tree = SyntaxNode;

const COMPARISONS = ["<", "<=", ">", ">=", "==", "!=", "is", "is not", "in", "not in"];

/** Parses a node that is an expression. */
export function parseExpression(node: Tree, text: string): Expr {
  return new Parser(text).expr(node);
}

/** Expressions between commas: one is itself, several are a tuple. */
parseExpression.tuple = (nodes: readonly Tree[], text: string, around: Span): Expr => {
  const parser = new Parser(text);
  const items = parser.items(nodes);
  const [first] = items, last = nodes.at(-1);
  if (items.length === 1 && first && first.kind !== "star") {
    const trailing = /^\s*,/.test(text.slice(last!.to, around.to));
    if (!trailing) return first;
  }
  if (!first || !last) {
    throw new Untranslatable(around, "an expression is missing here", "Correct the Python file");
  }
  return { from: first.from, to: last.to, kind: "tuple", items };
};

/** The arguments of a call. */
parseExpression.args = (list: Tree, text: string): Argument[] => new Parser(text).args(list);

class Parser {
  constructor(readonly text: string) {}

  expr(node: Tree): Expr {
    const span = { from: node.from, to: node.to };
    const own = parts(node);
    switch (node.name) {
      case "VariableName":
        return { ...span, kind: "name", name: this.#text(node) };
      case "Number":
        return { ...span, kind: "number", text: this.#text(node).replaceAll("_", "") };
      case "String":
        return { ...span, kind: "string", value: this.#string(node) };
      case "ContinuedString":
        return this.#continued(own.map((part) => this.expr(part)), span);
      case "FormatString":
        return { ...span, kind: "format", parts: this.#format(node) };
      case "Boolean":
        return { ...span, kind: "constant", value: this.#text(node) === "True" };
      case "None":
        return { ...span, kind: "constant", value: null };
      case "Ellipsis":
        return { ...span, kind: "ellipsis" };
      case "ParenthesizedExpression":
        return { ...this.expr(operands(own)[0]!), grouped: true };
      case "TupleExpression":
        return { ...span, kind: "tuple", items: this.items(operands(own)) };
      case "ArrayExpression":
        return { ...span, kind: "list", items: this.items(operands(own)) };
      case "DictionaryExpression": {
        const all = operands(own).map((part) => this.expr(part));
        const entries = all.flatMap((key, i) => i % 2 === 0 ? [[key, all[i + 1]!] as const] : []);
        return { ...span, kind: "dict", entries };
      }
      case "UnaryExpression": {
        const op = this.#text(own[0]!) as UnaryOperator;
        return { ...span, kind: "unary", op, operand: this.expr(own[1]!) };
      }
      case "BinaryExpression":
        return this.#binary(node, own);
      case "ConditionalExpression": {
        const [then, test, otherwise] = operands(own).map((part) => this.expr(part));
        return { ...span, kind: "conditional", test: test!, then: then!, otherwise: otherwise! };
      }
      case "CallExpression": {
        const list = node.getChild("ArgList");
        if (!list) break;
        return { ...span, kind: "call", callee: this.expr(own[0]!), args: this.args(list) };
      }
      case "MemberExpression":
        return this.#member(node, own);
      case "LambdaExpression": {
        const list = node.getChild("ParamList");
        const params = list ? this.#lambdaParameters(list) : [];
        return { ...span, kind: "lambda", params, body: this.expr(own.at(-1)!) };
      }
      case "ArrayComprehensionExpression":
      case "ComprehensionExpression": {
        const words = own.filter(({ name }) => !/^[[\]()]$/.test(name));
        const [element, , target, , iterable, ...rest] = words;
        if (rest.some(({ name }) => name === "for") || target?.name !== "VariableName") break;
        return {
          ...span,
          kind: "comprehension",
          element: this.expr(element!),
          target: this.expr(target),
          iterable: this.expr(iterable!),
          conditions: rest.filter(({ name }) => name !== "if").map((part) => this.expr(part)),
        };
      }
    }
    throw new Untranslatable(
      span,
      `the syntax of '${this.#text(node).split("\n")[0]}' has no counterpart in kernels`,
      "Write it with the expressions that Triton's kernels are made of",
    );
  }

  /** Expressions, of which some may be spread with a star. */
  items(nodes: readonly Tree[]): Expr[] {
    return nodes.map((node) => {
      const value = this.expr(node);
      const star = /\*\s*$/.test(this.text.slice(Math.max(0, node.from - 2), node.from)) &&
        node.prevSibling?.name === "*";
      return star ? { from: node.from, to: node.to, kind: "star", value } : value;
    });
  }

  args(list: Tree): Argument[] {
    const result: Argument[] = [];
    const nodes = parts(list).slice(1, -1);
    let name: string | undefined, spread: Argument["spread"];
    nodes.forEach((node, i) => {
      if (node.name === "," || node.name === "AssignOp") return;
      if (node.name === "*" || node.name === "**") {
        spread = node.name;
      } else if (node.name === "VariableName" && nodes[i + 1]?.name === "AssignOp") {
        name = this.#text(node);
      } else {
        result.push({ name, spread, value: this.expr(node) });
        name = spread = undefined;
      }
    });
    return result;
  }

  #lambdaParameters(list: Tree): Parameter[] {
    return parts(list).filter(({ name }) => name === "VariableName").map((node) => ({
      from: node.from,
      to: node.to,
      name: this.#text(node),
      comments: [],
    }));
  }

  #binary(node: Tree, own: readonly Tree[]): Expr {
    const span = { from: node.from, to: node.to };
    const left = own[0]!, right = own.at(-1)!;
    // `is not` and `not in` are two nodes.
    const op = own.slice(1, -1).map((part) => this.#text(part)).join(" ");
    if (op === "and" || op === "or") {
      return { ...span, kind: "logical", op, left: this.expr(left), right: this.expr(right) };
    }
    if (!COMPARISONS.includes(op)) {
      const operator = op as BinaryOperator;
      return {
        ...span,
        kind: "binary",
        op: operator,
        left: this.expr(left),
        right: this.expr(right),
      };
    }
    const step = { op: op as CompareOperator, right: this.expr(right) };
    const inner = this.expr(left);
    // `a < b < c` is parsed as `(a < b) < c`; with parentheses it is that.
    const chained = left.name === "BinaryExpression" && inner.kind === "compare";
    return chained
      ? { ...span, kind: "compare", first: inner.first, rest: [...inner.rest, step] }
      : { ...span, kind: "compare", first: inner, rest: [step] };
  }

  #member(node: Tree, own: readonly Tree[]): Expr {
    const span = { from: node.from, to: node.to };
    const object = this.expr(own[0]!);
    const property = node.getChild("PropertyName");
    if (property) return { ...span, kind: "attribute", object, name: this.#text(property) };
    const groups: Tree[][] = [[]];
    for (const part of own.slice(2, -1)) {
      if (part.name === ",") groups.push([]);
      else groups.at(-1)!.push(part);
    }
    const indices = groups.filter((group) => group.length > 0).map((group) => this.#index(group));
    return { ...span, kind: "subscript", object, indices };
  }

  #index(group: readonly Tree[]): Expr | Slice {
    if (!group.some(({ name }) => name === ":")) return this.expr(group[0]!);
    const bounds: (Expr | undefined)[] = [undefined];
    for (const part of group) {
      if (part.name === ":") bounds.push(undefined);
      else bounds[bounds.length - 1] = this.expr(part);
    }
    const [start, stop, step] = bounds;
    return { from: group[0]!.from, to: group.at(-1)!.to, kind: "slice", start, stop, step };
  }

  #string(node: Tree): string {
    const text = this.#text(node);
    const [, prefix = "", quote = ""] = /^([a-zA-Z]*)("""|'''|"|')/.exec(text) ?? [];
    const inner = text.slice(prefix.length + quote.length, -quote.length);
    return /r/i.test(prefix) ? inner : unescape(inner);
  }

  #format(node: Tree): (string | Expr)[] {
    const text = this.#text(node);
    const [opening = "", quote = ""] = /^[a-zA-Z]*("""|'''|"|')/.exec(text) ?? [];
    const result: (string | Expr)[] = [];
    let at = node.from + opening.length;
    const literal = (to: number) => {
      const raw = this.text.slice(at, to);
      if (raw) result.push(unescape(raw).replaceAll("{{", "{").replaceAll("}}", "}"));
    };
    for (const part of node.getChildren("FormatReplacement")) {
      literal(part.from);
      const spec = part.getChild("FormatSpec");
      if (spec) {
        throw new Untranslatable(
          { from: spec.from, to: spec.to },
          "a format specification has no counterpart in template strings",
          "Leave it out of the f-string",
        );
      }
      result.push(this.expr(operands(parts(part))[0]!));
      at = part.to;
    }
    literal(node.to - quote.length);
    return result;
  }

  /** Strings side by side are one. */
  #continued(strings: readonly Expr[], span: Span): Expr {
    const all = strings.flatMap((part): readonly (string | Expr)[] =>
      part.kind === "string" ? [part.value] : part.kind === "format" ? part.parts : []
    );
    return all.every((part) => typeof part === "string")
      ? { ...span, kind: "string", value: all.join("") }
      : { ...span, kind: "format", parts: all };
  }

  #text(node: Tree): string {
    return this.text.slice(node.from, node.to);
  }
}

/** All children save comments. */
function parts(node: Tree): Tree[] {
  const result: Tree[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.type.isError) {
      throw new Untranslatable(
        { from: child.from, to: Math.max(child.to, child.from + 1) },
        "this is no Python that can be parsed",
        "Correct the syntax of the Python file",
      );
    }
    if (child.name !== "Comment") result.push(child);
  }
  return result;
}

/** Those that are no punctuation. */
function operands(nodes: readonly Tree[]): Tree[] {
  return nodes.filter(({ name }) => /^[A-Z]/.test(name) && !/^Format(Conversion|Spec)$/.test(name));
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\n": "",
  "0": "\0",
};

function unescape(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[\s\S])/g, (_, code: string) => {
    if (/^[xu]./.test(code)) return String.fromCharCode(parseInt(code.slice(1), 16));
    return ESCAPES[code] ?? (/[\\'"]/.test(code) ? code : `\\${code}`);
  });
}
