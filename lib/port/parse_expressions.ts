/** From the nodes of Lezer's tree to expressions. */

import type { SyntaxNode } from "npm:@lezer/common@1.5.5";
import { Untranslatable } from "./problem.ts";
import type {
  Argument,
  BinaryOperator,
  Clause,
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
      case "DictionaryExpression":
        return { ...span, kind: "dict", entries: this.#entries(own) };
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
      case "ComprehensionExpression":
      case "SetComprehensionExpression":
      case "DictionaryComprehensionExpression":
        return this.comprehension(own.filter(({ name }) => !/^[[\](){}]$/.test(name)), span);
      case "NamedExpression": {
        const [target, , value] = own;
        if (target?.name !== "VariableName" || !value) break;
        return { ...span, kind: "walrus", name: this.#text(target), value: this.expr(value) };
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

  /** `key: value` and `**other`, in braces. */
  #entries(own: readonly Tree[]): (readonly [Expr | undefined, Expr])[] {
    const entries: (readonly [Expr | undefined, Expr])[] = [];
    let key: Expr | undefined;
    own.slice(1, -1).forEach((node, i, all) => {
      if (/^[:,]$/.test(node.name) || node.name === "**") return;
      const value = this.expr(node);
      if (all[i + 1]?.name === ":") key = value;
      else {
        entries.push([all[i - 1]?.name === "**" ? undefined : key, value]);
        key = undefined;
      }
    });
    return entries;
  }

  /** `element for … in … if …`, without brackets. */
  comprehension(words: readonly Tree[], span: Span): Expr {
    const first = words.findIndex(({ name }) => name === "for");
    const [element, value] = operands(words.slice(0, first)).map((part) => this.expr(part));
    const clauses: Clause[] = [];
    let rest = words.slice(first);
    while (rest[0]?.name === "for") {
      const middle = rest.findIndex(({ name }) => name === "in");
      const targets = operands(rest.slice(1, middle));
      const next = rest.findIndex(({ name }, i) => i > middle && name === "for");
      const tail = operands(rest.slice(middle + 1, next < 0 ? undefined : next));
      const [iterable, ...conditions] = tail.map((part) => this.expr(part));
      clauses.push({
        target: parseExpression.tuple(targets, this.text, span),
        iterable: iterable!,
        conditions,
      });
      rest = next < 0 ? [] : rest.slice(next);
    }
    return { ...span, kind: "comprehension", element: element!, value, clauses };
  }

  args(list: Tree): Argument[] {
    const result: Argument[] = [];
    const nodes = parts(list).slice(1, -1);
    if (nodes.some(({ name }) => name === "for")) {
      return [{ value: this.comprehension(nodes, { from: list.from, to: list.to }) }];
    }
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
    const params: Parameter[] = [];
    const nodes = parts(list);
    nodes.forEach((node, i) => {
      if (node.name !== "VariableName" || nodes[i - 1]?.name === "AssignOp") return;
      const before = nodes[i - 1]?.name, value = nodes[i + 1]?.name === "AssignOp";
      params.push({
        from: node.from,
        to: node.to,
        name: this.#text(node),
        default: value ? this.expr(nodes[i + 2]!) : undefined,
        rest: before === "*" || before === "**" ? before : undefined,
        comments: [],
      });
    });
    return params;
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
