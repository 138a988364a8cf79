/** From Python text to syntax: Lezer's tree, turned into the nodes of `syntax.ts`. */

import { parser } from "./lezer/parser.ts";
import { Untranslatable } from "./problem.ts";
import { parseExpression, type Tree } from "./parse_expressions.ts";
import { Remarker } from "./remarks.ts";
import {
  type BinaryOperator,
  type Block,
  type Expr,
  type FunctionDefinition,
  type Import,
  type Module,
  namesOf,
  type Parameter,
  type Span,
  type Statement,
  type StatementKind,
} from "./syntax.ts";

/** Whether the condition of an `if` at the top level holds; undefined where that cannot be told. */
export type Decide = (test: Expr, sofar: Module) => boolean | undefined;

/** Parses a file; functions whose syntax kernels cannot have are put into `failed`, with the reason. */
export function parseModule(
  text: string,
  failed: Map<string, Untranslatable>,
  decide: Decide = () => undefined,
): Module {
  return new ModuleParser(text, failed, decide).module();
}

class ModuleParser {
  readonly #root: Tree;
  readonly #remarks: Remarker;
  readonly #imports: Import[] = [];
  readonly #functions: FunctionDefinition[] = [];
  readonly #assignments: StatementKind<"assign">[] = [];
  readonly #hostFunctions = new Map<string, () => FunctionDefinition>();
  readonly #others: (Span & { what: string })[] = [];

  constructor(
    readonly text: string,
    readonly failed: Map<string, Untranslatable>,
    readonly decide: Decide,
    root?: Tree,
  ) {
    this.#root = root ?? parser.parse(withPlainNumbers(text)).topNode;
    this.#remarks = new Remarker(text, this.#root);
  }

  module(): Module {
    const docstring = this.#docstring(this.#root);
    this.#topLevel(children(this.#root).slice(docstring === undefined ? 0 : 1));
    return {
      docstring,
      imports: this.#imports,
      functions: this.#functions,
      assignments: this.#assignments,
      hostFunctions: this.#hostFunctions,
      others: this.#others,
    };
  }

  /** What is known so far, for the decisions of `if`. */
  #sofar(): Module {
    return {
      imports: this.#imports,
      functions: this.#functions,
      assignments: this.#assignments,
      hostFunctions: this.#hostFunctions,
      others: [],
    };
  }

  #topLevel(nodes: readonly Tree[]): void {
    for (const node of nodes) {
      switch (node.name) {
        case "ImportStatement":
          this.#imports.push(...this.#import(node));
          break;
        case "DecoratedStatement":
          this.#decorated(node);
          break;
        case "AssignStatement":
          this.#assignment(node);
          break;
        case "TryStatement": {
          // What may fail is taken to succeed: other ways only add the names that it lacks.
          const [body, ...others] = node.getChildren("Body");
          if (body) this.#topLevel(children(body));
          for (const other of others) this.#alternative(children(other));
          break;
        }
        case "IfStatement":
          this.#branches(node);
          break;
        case "FunctionDefinition": {
          const name = node.getChild("VariableName");
          if (name) this.#hostFunctions.set(this.#slice(name), () => this.#host(node));
          this.#within(node);
          this.#other(node);
          break;
        }
        case "ClassDefinition":
          this.#within(node);
          this.#other(node);
          break;
        default:
          this.#other(node);
      }
    }
  }

  /** Kernels in the body of a class, or in a function that makes them, are kernels of the file. */
  #within(node: Tree): void {
    const body = node.getChild("Body");
    for (const child of body ? children(body) : []) {
      if (child.name === "DecoratedStatement") {
        if (isJitted(this.#decoratorsOf(child))) this.#decorated(child);
        continue;
      }
      if (/^(FunctionDefinition|ClassDefinition|IfStatement|ReturnStatement)$/.test(child.name)) {
        this.#within(child);
      }
    }
  }

  #decoratorsOf(node: Tree): string[] {
    return node.getChildren("Decorator").map((decorator) => this.#slice(decorator));
  }

  /** `if` at the top level: the branch that is taken, where that can be told. */
  #branches(node: Tree): void {
    const parts = children(node);
    const undecided: Tree[] = [];
    const before = this.#functions.length + this.#imports.length + this.#assignments.length;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!;
      if (part.name === "Body") {
        undecided.push(part); // of `else`
        break;
      }
      const body = parts[++i];
      const decision = this.#decision(part);
      if (!body || decision === false) continue;
      undecided.push(body);
      if (decision) break;
    }
    const [first, ...others] = undecided;
    if (first && others.length === 0) {
      this.#topLevel(children(first));
    } else {
      for (const body of undecided) {
        this.#alternative(children(body).filter((inner) => !isRunnable(inner)));
      }
    }
    const after = this.#functions.length + this.#imports.length + this.#assignments.length;
    if (before === after) this.#other(node);
  }

  #decision(test: Tree): boolean | undefined {
    try {
      return this.decide(parseExpression(test, this.text), this.#sofar());
    } catch (error) {
      if (error instanceof Untranslatable) return undefined;
      throw error;
    }
  }

  /** Another way through a file: names that are there already keep their meaning. */
  #alternative(nodes: readonly Tree[]): void {
    const other = new ModuleParser(this.text, new Map(), this.decide, this.#root);
    other.#remarks.skip(nodes[0]?.from ?? 0);
    other.#topLevel(nodes);
    for (const item of other.#imports) {
      if (!this.#imports.some(({ name }) => name === item.name)) this.#imports.push(item);
    }
    for (const item of other.#functions) {
      if (this.#functions.some(({ name }) => name === item.name)) {
        this.#others.push({ ...spanOf(item), what: `another def ${item.name}` });
      } else this.#functions.push(item);
    }
    for (const item of other.#assignments) {
      const known = this.#assignments.some(({ targets }) =>
        targets.flatMap(namesOf).some((name) => item.targets.flatMap(namesOf).includes(name))
      );
      if (!known) this.#assignments.push(item);
    }
    for (const [name, parse] of other.#hostFunctions) {
      if (!this.#hostFunctions.has(name)) this.#hostFunctions.set(name, parse);
    }
    this.#others.push(...other.#others);
    const last = nodes.at(-1);
    if (last) this.#remarks.skip(last.to);
  }

  /** A function of the host, with no part in what comments belong to. */
  #host(node: Tree): FunctionDefinition {
    const parser = new ModuleParser(this.text, new Map(), this.decide, node);
    return parser.#function(node, [], { above: [], spaced: false });
  }

  #other(node: Tree): void {
    this.#remarks.skip(node.to);
    const name = node.getChild("VariableName");
    const what = node.name === "FunctionDefinition" && name
      ? `def ${this.#slice(name)}`
      : node.name === "ClassDefinition" && name
      ? `class ${this.#slice(name)}`
      : this.#slice(node).split("\n")[0]!;
    if (!this.#isSilent(node)) this.#others.push({ from: node.from, to: node.to, what });
  }

  /** What leaves no trace when it is left out. */
  #isSilent(node: Tree): boolean {
    return node.name === "PassStatement" || (node.name === "ExpressionStatement" &&
      ["String", "ContinuedString"].includes(node.firstChild?.name ?? ""));
  }

  #assignment(node: Tree): void {
    try {
      const statement = this.#assign(node, this.#remarks.of(node));
      this.#assignments.push(statement);
      this.#jittedLater(statement);
    } catch (error) {
      // Of the host: it may use syntax that kernels cannot.
      if (!(error instanceof Untranslatable)) throw error;
      this.#other(node);
    }
  }

  /** `kernel = triton.jit(function)` */
  #jittedLater({ targets: [target], value }: StatementKind<"assign">): void {
    if (target?.kind !== "name" || value?.kind !== "call") return;
    const { callee, args: [first] } = value;
    if (!/^(triton\.)?jit$/.test(this.text.slice(callee.from, callee.to))) return;
    const host = first?.value.kind === "name" && this.#hostFunctions.get(first.value.name);
    if (host) this.#functions.push({ ...host(), name: target.name });
  }

  #import(node: Tree): Import[] {
    const words = children(node, true).map((child) => this.#slice(child));
    if (words[0] === "from") {
      const at = words.indexOf("import");
      const module = words.slice(1, at).join("");
      return items(words.slice(at + 1).filter((word) => word !== "(" && word !== ")"))
        .map(([member = "", , alias]) => ({ module, member, name: alias ?? member }));
    }
    return items(words.slice(1)).map((item) => {
      const as = item.indexOf("as");
      const module = (as < 0 ? item : item.slice(0, as)).join("");
      // `import a.b` binds a, which stands for itself.
      return as < 0
        ? { module: item[0] ?? module, name: item[0] ?? module }
        : { module, name: item[as + 1]! };
    });
  }

  #decorated(node: Tree): void {
    const definition = node.getChild("FunctionDefinition");
    const decorators = node.getChildren("Decorator");
    // Host code, whatever is in it.
    const jitted = isJitted(this.#decoratorsOf(node));
    if (!definition || !jitted) {
      const named = definition ?? node.getChild("ClassDefinition") ?? node;
      this.#other(named);
      return;
    }
    const remarks = this.#remarks.of(node);
    try {
      const parsed = this.#function(definition, decorators, remarks);
      const before = this.#functions.findIndex(({ name }) => name === parsed.name);
      if (before >= 0) {
        // The later of two definitions is the one that Python keeps.
        const [earlier] = this.#functions.splice(before, 1);
        this.#others.push({ ...spanOf(earlier!), what: `an earlier def ${parsed.name}` });
      }
      this.#functions.push(parsed);
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error;
      this.failed.set(this.#slice(definition.getChild("VariableName")!), error);
      this.#remarks.skip(node.to);
    }
  }

  #function(
    node: Tree,
    decorators: readonly Tree[],
    remarks: FunctionDefinition["remarks"],
  ): FunctionDefinition {
    const params = this.#parameters(node.getChild("ParamList")!);
    const body = node.getChild("Body")!;
    const docstring = this.#docstring(body);
    return {
      from: node.from,
      to: node.to,
      name: this.#slice(node.getChild("VariableName")!),
      params,
      body: this.#block(body, docstring === undefined ? 0 : 1),
      decorators: decorators.map((decorator) => this.#decorator(decorator)),
      remarks,
      docstring,
    };
  }

  /** A decorator's name, called when it is. */
  #decorator(node: Tree): Expr {
    const args = node.getChild("ArgList");
    const span = { from: node.from, to: node.to };
    const path = this.text.slice(node.from + 1, args?.from ?? node.to).trim().split(".");
    const callee = path.slice(1).reduce<Expr>(
      (object, name) => ({ ...span, kind: "attribute", object, name }),
      { ...span, kind: "name", name: path[0]! },
    );
    if (!args) return callee;
    const call = { name: "CallExpression", args } as const;
    return { ...span, kind: "call", callee, args: parseExpression.args(call.args, this.text) };
  }

  #parameters(list: Tree): Parameter[] {
    const params: Parameter[] = [];
    const nodes = children(list, true).filter(({ name }) => !/^[(),]$/.test(name));
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!;
      if (node.name === "*" || node.name === "**") {
        const named = nodes[i + 1];
        if (named?.name === "VariableName" && this.text.slice(node.to, named.from).trim() === "") {
          params.push({
            ...spanOf(named),
            name: this.#slice(named),
            rest: node.name,
            comments: [],
          });
          i++;
        }
        continue;
      }
      if (node.name !== "VariableName") continue; // a lone slash
      const type = nodes[i + 1]?.name === "TypeDef" ? nodes[++i] : undefined;
      const annotation = type && parseExpression(children(type)[0]!, this.text);
      let fallback: Expr | undefined;
      if (nodes[i + 1]?.name === "AssignOp") {
        fallback = parseExpression(nodes[i + 2]!, this.text);
        i += 2;
      }
      const comments = this.#remarks.ofParameter(node, nodes[i]!);
      params.push({
        ...spanOf(node),
        name: this.#slice(node),
        annotation,
        default: fallback,
        comments,
      });
    }
    return params;
  }

  #block(node: Tree, skip = 0): Block {
    const nodes = children(node).filter(({ name }) => name !== "Comment").slice(skip);
    // `a; b` is one node with several statements.
    const statements = nodes.map((child) => this.#statement(child));
    const last = nodes.at(-1);
    return { statements, remarks: last ? this.#remarks.after(last) : [] };
  }

  #statement(node: Tree): Statement {
    const remarks = this.#remarks.of(node);
    const base = { ...spanOf(node), remarks };
    const parse = (child: Tree) => parseExpression(child, this.text);
    const own = children(node);
    switch (node.name) {
      case "AssignStatement":
        return this.#assign(node, remarks);
      case "UpdateStatement": {
        const op = this.#slice(node.getChild("UpdateOp")!).slice(0, -1) as BinaryOperator;
        return {
          ...base,
          kind: "update",
          op,
          target: parse(own[0]!),
          value: parseExpression.tuple(after(node, "UpdateOp"), this.text, node),
        };
      }
      case "ExpressionStatement": {
        const value = parseExpression.tuple(own, this.text, node);
        return { ...base, kind: "expression", value };
      }
      case "ReturnStatement": {
        const values = after(node, "return");
        return values.length === 0
          ? { ...base, kind: "return" }
          : { ...base, kind: "return", value: parseExpression.tuple(values, this.text, node) };
      }
      case "PassStatement":
        return { ...base, kind: "pass" };
      case "BreakStatement":
        return { ...base, kind: "break" };
      case "ContinueStatement":
        return { ...base, kind: "continue" };
      case "ForStatement": {
        if (node.getChild("else")) {
          throw new Untranslatable(
            spanOf(node.getChild("else")!),
            "a loop has an else branch",
            "Put what is in it behind the loop, under a condition",
          );
        }
        const keyword = node.getChild("in")!;
        const header = children(node).filter(({ name }) => name !== "Body");
        const target = header.filter(({ to }) => to <= keyword.from);
        return {
          ...base,
          kind: "for",
          target: parseExpression.tuple(target, this.text, node),
          iterable: parse(header.find(({ from }) => from >= keyword.to)!),
          body: this.#block(node.getChild("Body")!),
        };
      }
      case "WhileStatement":
        if (node.getChild("else")) {
          throw new Untranslatable(
            spanOf(node.getChild("else")!),
            "a loop has an else branch",
            "Put what is in it behind the loop, under a condition",
          );
        }
        return {
          ...base,
          kind: "while",
          test: parse(own[0]!),
          body: this.#block(node.getChild("Body")!),
        };
      case "IfStatement":
        return this.#if(node, own, remarks);
      case "AssertStatement": {
        const [test, message] = own;
        return {
          ...base,
          kind: "assert",
          test: parse(test!),
          message: message && parse(message),
        };
      }
      default:
        return { ...base, kind: "other", what: this.#slice(node).split("\n")[0]! };
    }
  }

  /** `if`, and the `elif`s and `else` behind it as its other branch. */
  #if(node: Tree, parts: readonly Tree[], remarks: Statement["remarks"]): Statement {
    const [test, body, ...rest] = parts;
    const then = this.#block(body!);
    const base = { from: test!.from, to: node.to, remarks, kind: "if" as const };
    const condition = parseExpression(test!, this.text);
    const [first] = rest;
    if (!first) return { ...base, test: condition, then, chained: false };
    if (first.name === "Body") {
      return { ...base, test: condition, then, otherwise: this.#block(first), chained: false };
    }
    const inner = this.#if(node, rest, { above: [], spaced: false });
    const otherwise = { statements: [inner], remarks: [] };
    return { ...base, test: condition, then, otherwise, chained: true };
  }

  #assign(node: Tree, remarks: Statement["remarks"]): StatementKind<"assign"> {
    const annotation = node.getChild("TypeDef");
    const groups: Tree[][] = [[]];
    for (const child of children(node, true)) {
      if (child.name === "AssignOp") groups.push([]);
      else if (isOperand(child) && child.name !== "TypeDef") groups.at(-1)!.push(child);
    }
    const parts = groups.map((group) => parseExpression.tuple(group, this.text, node));
    const valued = groups.length > 1;
    return {
      ...spanOf(node),
      kind: "assign",
      remarks,
      targets: valued ? parts.slice(0, -1) : parts,
      value: valued ? parts.at(-1) : undefined,
      annotation: annotation ? parseExpression(children(annotation)[0]!, this.text) : undefined,
    };
  }

  #docstring(node: Tree): string | undefined {
    const first = children(node).find(({ name }) => name !== "Comment");
    const string = first?.name === "ExpressionStatement" ? first.getChild("String") : null;
    if (!string) return undefined;
    const expr = parseExpression(string, this.text);
    return expr.kind === "string" ? expr.value : undefined;
  }

  #slice(node: Tree): string {
    return this.text.slice(node.from, node.to);
  }
}

/**
 * The text with `1.` and `1.e5` written in other ways of the same length, which Lezer understands.
 * Only the tree is made of it: what stands at a place is read from the text as it is.
 */
function withPlainNumbers(text: string): string {
  const token =
    /#[^\n]*|("""|''')[\s\S]*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(?<![\w.])\d[\d_]*\.(?![\w.]|[eE][+-]?\d)|(?<![\w.])\d[\d_]*\.[eE]/g;
  return text.replace(token, (found) => {
    if (!/^\d/.test(found)) return found;
    return /[eE]$/.test(found) ? `${found.slice(0, -2)}0e` : `${found.slice(0, -1)}0`;
  });
}

function isJitted(decorators: readonly string[]): boolean {
  return decorators.some((text) => /\b(jit|constexpr_function)\b/.test(text));
}

/** `if __name__ == "__main__"` holds code to run, not kernels. */
function isRunnable(node: Tree): boolean {
  return !["ImportStatement", "DecoratedStatement", "TryStatement", "IfStatement"].includes(
    node.name,
  );
}

function spanOf({ from, to }: Span): Span {
  return { from, to };
}

/** The operands behind a keyword or operator. */
function after(node: Tree, keyword: string): Tree[] {
  const from = node.getChild(keyword)!.to;
  return children(node).filter((child) => child.from >= from);
}

/** Splits words at commas. */
function items(words: readonly string[]): string[][] {
  const result: string[][] = [[]];
  for (const word of words) {
    if (word === ",") result.push([]);
    else result.at(-1)!.push(word);
  }
  return result.filter((item) => item.length > 0);
}

const PUNCTUATION = /^[^A-Za-z]|^(if|elif|else|for|while|in|return|assert|import|from|as|def)$/;
const OPERATORS = /^(AssignOp|UpdateOp|TypeDef|Comment)$/;

/** True for what stands for itself, not for punctuation or a keyword. */
function isOperand({ name }: Tree): boolean {
  return !PUNCTUATION.test(name) && !/^(AssignOp|UpdateOp|Comment)$/.test(name);
}

/** The nodes below a node; with `all`, punctuation and keywords too. */
function children(node: Tree, all = false): Tree[] {
  const result: Tree[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.type.isError) {
      throw new Untranslatable(
        { from: child.from, to: Math.max(child.to, child.from + 1) },
        "this is no Python that can be parsed",
        "Correct the syntax of the Python file",
      );
    }
    if (all || (isOperand(child) && !OPERATORS.test(child.name))) {
      if (child.name !== "Comment") result.push(child);
    }
  }
  return result;
}
