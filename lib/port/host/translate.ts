/**
 * The host's functions that decorators are given, as TypeScript: heuristics, and functions that choose
 * among configurations. They compute with numbers and with objects that have them by name.
 */

import {
  array,
  call as callOf,
  type Code,
  infix,
  LEVEL,
  operand,
  primary,
  safeName,
} from "../code.ts";
import { camelCase } from "../operations.ts";
import { type Doc, group, hardline, indent, join, line, list } from "../print.ts";
import { Untranslatable } from "../problem.ts";
import type {
  Block,
  Expr,
  FunctionDefinition,
  Kind,
  Parameter,
  Slice,
  Span,
  Statement,
} from "../syntax.ts";
import { assigned, Scoping } from "../scoping.ts";
import { walkExpressions, walkStatements } from "../syntax.ts";
import type { Evaluator } from "./evaluate.ts";
import { isReal, NotPure, type PyValue } from "./values.ts";

/** Names of dtypes of torch, as tensors here have them. */
const TORCH_DTYPES: Readonly<Record<string, string>> = {
  float32: "f32",
  float16: "f16",
  half: "f16",
  bfloat16: "bf16",
  float64: "f64",
  int8: "i8",
  int16: "i16",
  int32: "i32",
  int64: "i64",
  uint8: "u8",
  bool: "bool",
  float8_e4m3fn: "f8e4m3",
  float8_e5m2: "f8e5m2",
};

/** Attributes of a configuration that are no constants. */
const OPTIONS = new Set(["num_warps", "num_stages"]);

/** Translates functions of the host. */
export class HostTranslator {
  /** Functions of mod.ts that are used. */
  readonly imports = new Set<string>();
  readonly #locals = new Set<string>();
  #scoping = new Scoping({ statements: [], remarks: [] }, new Set());
  /** Variables that are lists, which are false when they are empty. */
  #lists = new Set<string>();

  constructor(readonly evaluator: Evaluator, readonly typed: boolean) {}

  /** A heuristic: `(args) => …`, from a lambda or a function that only returns. */
  heuristic(source: FunctionDefinition | Kind<"lambda">): Doc {
    const [param] = source.params;
    const type = `(${param ? safeName(param.name) : ""})`;
    return this.#within(source.params, () => {
      if (!("decorators" in source)) return [`${type} => `, this.#expr(source.body).doc];
      const [only, ...others] = source.body.statements;
      if (only?.kind === "return" && only.value && others.length === 0) {
        return [`${type} => `, this.#expr(only.value).doc];
      }
      return [`${type} => `, this.#braces(source.body, source.params, new Set())];
    });
  }

  /** `(configs, args) => …`, which chooses among configurations. */
  prune(source: FunctionDefinition): Doc {
    const [configs, args, ...rest] = source.params;
    if (!configs || !args) throw refuse(source, "a function that prunes has too few parameters");
    const names = [configs, args].map(({ name }) => safeName(name));
    const params = this.typed ? [`${names[0]}: readonly C[]`, `${names[1]}: GridMeta`] : [...names];
    const head: Doc = [
      this.typed ? "<C extends GridMeta>" : "",
      list("(", params, ")"),
      this.typed ? ": readonly C[]" : "",
      " => ",
    ];
    // Triton passes the arguments by position and those by keyword apart.
    const used = rest.filter(({ name }) => mentions(source.body, name));
    const aliases = used.map((
      { name },
    ): Doc => [`const ${safeName(name)} = ${names[1]};`, hardline]);
    this.#lists = new Set([configs.name]);
    walkStatements(source.body, (statement) => {
      if (
        statement.kind !== "assign" || !/^(list|comprehension)$/.test(statement.value?.kind ?? "")
      ) {
        return;
      }
      for (const target of statement.targets) {
        if (target.kind === "name") this.#lists.add(target.name);
      }
    });
    const returned = new Set<string>();
    walkStatements(source.body, (statement) => {
      if (statement.kind === "return" && statement.value?.kind === "name") {
        returned.add(statement.value.name);
      }
    });
    return this.#within(
      source.params,
      () => [head, this.#braces(source.body, source.params, returned, aliases)],
    );
  }

  #within<T>(params: readonly Pick<Parameter, "name">[], body: () => T): T {
    const added = params.map(({ name }) => name).filter((name) => !this.#locals.has(name));
    added.forEach((name) => this.#locals.add(name));
    try {
      return body();
    } finally {
      added.forEach((name) => this.#locals.delete(name));
    }
  }

  /** A function that is run while kernels are compiled. */
  pure({ name, params, body }: FunctionDefinition): Doc {
    const odd = params.find((param) => param.rest);
    if (odd) {
      throw refuse(odd, "a function that is run while compiling takes several arguments here");
    }
    const list = params.map(({ name: param, default: value }): Doc => {
      const type = this.typed ? ": number" : "";
      return [safeName(param), type, value ? [" = ", this.#expr(value).doc] : ""];
    });
    return this.#within(params, () => [
      `function ${safeName(name)}(`,
      join(", ", list),
      ") ",
      this.#braces(body, params, new Set()),
    ]);
  }

  #braces(
    block: Block,
    params: readonly Parameter[],
    returned: ReadonlySet<string>,
    before: readonly Doc[] = [],
  ): Doc {
    const names = new Set<string>();
    walkStatements(block, (statement) => {
      for (const name of assigned(statement)) names.add(name);
    });
    this.#scoping = new Scoping(block, new Set(params.map(({ name }) => name)));
    return this.#within([...names].map((name) => ({ name })), () => [
      "{",
      indent([hardline, ...before, this.#body(block, returned)]),
      hardline,
      "}",
    ]);
  }

  #body({ statements }: Block, returned: ReadonlySet<string>): Doc {
    const docs = statements.flatMap((statement): Doc[] => {
      const doc = this.#statement(statement, returned);
      const declared = this.#scoping.before.get(statement) ?? [];
      return doc === undefined ? [] : [
        ...declared.map((name) => `let ${safeName(name)};`),
        ...statement.remarks.above.map((text) => `// ${text}`),
        doc,
      ];
    });
    return join(hardline, docs);
  }

  #statement(statement: Statement, returned: ReadonlySet<string>): Doc | undefined {
    const nested = (block: Block): Doc => [
      "{",
      indent([hardline, this.#body(block, returned)]),
      hardline,
      "}",
    ];
    switch (statement.kind) {
      case "assign": {
        const { targets: [target, ...others], value } = statement;
        if (target?.kind !== "name" || others.length > 0 || !value) break;
        const name = safeName(target.name);
        const declared = this.#scoping.atStatement.get(statement)?.get(target.name);
        const empty = value.kind === "list" && value.items.length === 0;
        const type = this.typed && empty && declared
          ? returned.has(target.name) ? ": C[]" : ": unknown[]"
          : "";
        const word = declared ? declared.fixed ? "const " : "let " : "";
        return [`${word}${name}${type} = `, this.#expr(value).doc, ";"];
      }
      case "update":
        if (statement.target.kind !== "name") break;
        return [
          `${safeName(statement.target.name)} = `,
          this.#binary(statement.op, statement.target, statement.value, statement).doc,
          ";",
        ];
      case "expression":
        if (statement.value.kind === "string") return undefined;
        return [this.#expr(statement.value).doc, ";"];
      case "return":
        return statement.value ? ["return ", this.#expr(statement.value).doc, ";"] : "return;";
      case "break":
      case "continue":
        return `${statement.kind};`;
      case "pass":
        return undefined;
      case "if": {
        const head: Doc = ["if (", this.#truth(statement.test).doc, ") ", nested(statement.then)];
        return statement.otherwise ? [head, " else ", nested(statement.otherwise)] : head;
      }
      case "for": {
        const { target, iterable } = statement;
        if (target.kind !== "name") break;
        const name = safeName(target.name);
        return [
          isRange(iterable)
            ? ["for (", this.#range(name, iterable), ") "]
            : [`for (const ${name} of `, this.#expr(iterable).doc, ") "],
          nested(statement.body),
        ];
      }
      case "while":
        return ["while (", this.#truth(statement.test).doc, ") ", nested(statement.body)];
      case "assert":
        return undefined;
    }
    throw refuse(statement, "this statement of the host has no translation");
  }

  /** `let i = a; i < b; i += s` */
  #range(name: string, { args }: Kind<"call">): Doc {
    const codes = args.map(({ value }) => this.#expr(value));
    const [first, second, step] = codes;
    const [start, end] = second ? [first!, second] : [primary("0"), first!];
    const by = args[2]?.value;
    if (by && by.kind !== "number") throw refuse(by, "a step of the host that is no number");
    return [
      `let ${name} = `,
      start.doc,
      `; ${name} < `,
      operand(end, LEVEL.relational + 1),
      step ? [`; ${name} += `, step.doc] : `; ${name}++`,
    ];
  }

  #expr(expr: Expr): Code {
    switch (expr.kind) {
      case "name":
        if (this.#locals.has(expr.name)) return primary(safeName(expr.name));
        return this.#known(expr);
      case "number":
        return primary(expr.text);
      case "string":
        return primary(JSON.stringify(expr.value));
      case "constant":
        return primary(expr.value === null ? "undefined" : String(expr.value));
      case "list":
      case "tuple":
        return array(expr.items.map((item) => this.#expr(item).doc));
      case "unary": {
        if (expr.op === "not" && this.#isList(expr.operand)) {
          return infix(this.#length(expr.operand), "===", primary("0"));
        }
        const sign = expr.op === "not" ? "!" : expr.op;
        return { doc: [sign, operand(this.#expr(expr.operand), LEVEL.unary)], level: LEVEL.unary };
      }
      case "binary":
        return this.#binary(expr.op, expr.left, expr.right, expr);
      case "logical":
        if (this.#isList(expr.left)) {
          const [then, otherwise] = expr.op === "or"
            ? [expr.left, expr.right]
            : [expr.right, expr.left];
          return this.#conditional(expr.left, then, otherwise);
        }
        return infix(
          this.#truth(expr.left),
          expr.op === "and" ? "&&" : "||",
          this.#truth(expr.right),
        );
      case "compare":
        return this.#compare(expr);
      case "conditional":
        return this.#conditional(expr.test, expr.then, expr.otherwise);
      case "comprehension":
        return this.#comprehension(expr);
      case "attribute":
        return this.#attribute(expr);
      case "subscript": {
        const [index] = expr.indices;
        if (!index || index.kind === "slice" || expr.indices.length > 1) break;
        return this.#property(expr.object, index);
      }
      case "call":
        return this.#call(expr);
    }
    throw refuse(expr, "this expression of the host has no translation");
  }

  #conditional(test: Expr, then: Expr, otherwise: Expr): Code {
    return {
      doc: group([
        operand(this.#truth(test), LEVEL.conditional + 1),
        indent([line, "? ", operand(this.#expr(then), LEVEL.conditional)]),
        indent([line, ": ", operand(this.#expr(otherwise), LEVEL.conditional)]),
      ]),
      level: LEVEL.conditional,
    };
  }

  #isList(expr: Expr): boolean {
    return expr.kind === "name" && this.#lists.has(expr.name);
  }

  #length(list: Expr): Code {
    return { doc: [operand(this.#expr(list), LEVEL.postfix), ".length"], level: LEVEL.postfix };
  }

  /** What decides. */
  #truth(expr: Expr): Code {
    return this.#isList(expr) ? infix(this.#length(expr), ">", primary("0")) : this.#expr(expr);
  }

  /** A number, bool or string of the host that is known when the file is translated. */
  #known(expr: Expr): Code {
    let value: PyValue;
    try {
      value = this.evaluator.evaluate(expr);
    } catch (error) {
      if (error instanceof NotPure) throw refuse(expr, error.message);
      throw error;
    }
    if (value === null) return primary("undefined");
    if (isReal(value)) return primary(String(value));
    if (typeof value === "string") return primary(JSON.stringify(value));
    throw refuse(expr, "this value of the host has no translation");
  }

  #property(object: Expr, key: Expr | Slice): Code {
    // `config.kwargs["BLOCK"]` is a property of the configuration here.
    const of = object.kind === "attribute" && object.name === "kwargs" ? object.object : object;
    const at = operand(this.#expr(of), LEVEL.postfix);
    if (key.kind === "string" && /^[A-Za-z_$][\w$]*$/.test(key.value)) {
      return { doc: [at, `.${key.value}`], level: LEVEL.postfix };
    }
    if (key.kind === "slice") throw refuse(key, "a slice of the host has no translation");
    return { doc: [at, "[", this.#expr(key).doc, "]"], level: LEVEL.postfix };
  }

  #binary(op: string, left: Expr, right: Expr, at: Span): Code {
    const a = this.#expr(left), b = this.#expr(right);
    if (op === "//") {
      return { doc: ["Math.floor(", infix(a, "/", b).doc, ")"], level: LEVEL.postfix };
    }
    if (["+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^"].includes(op)) {
      return infix(a, op, b);
    }
    throw refuse(at, `the operator '${op}' of the host has no translation`);
  }

  #compare(expr: Kind<"compare">): Code {
    let left = expr.first, result: Code | undefined;
    for (const { op, right } of expr.rest) {
      const step = this.#comparison(left, op, right);
      result = result ? infix(result, "&&", step) : step;
      left = right;
    }
    return result!;
  }

  #comparison(left: Expr, op: string, right: Expr): Code {
    const a = this.#expr(left), b = this.#expr(right);
    if (op === "==" || op === "is") return infix(a, "===", b);
    if (op === "!=" || op === "is not") return infix(a, "!==", b);
    if (op === "in" || op === "not in") {
      const doc: Doc = [operand(b, LEVEL.postfix), ".includes(", a.doc, ")"];
      return op === "in" ? { doc, level: LEVEL.postfix } : { doc: ["!", doc], level: LEVEL.unary };
    }
    return infix(a, op, b);
  }

  #comprehension({ element, value, clauses, ...at }: Kind<"comprehension">): Code {
    const [clause, ...others] = clauses;
    if (!clause || others.length > 0 || value || clause.target.kind !== "name") {
      throw refuse(at, "this list of the host has no translation");
    }
    const { name } = clause.target, variable = safeName(name);
    let items: Doc = operand(this.#expr(clause.iterable), LEVEL.postfix);
    return this.#within([{ name }], () => {
      for (const condition of clause.conditions) {
        items = [items, `.filter((${variable}) => `, this.#expr(condition).doc, ")"];
      }
      const same = element.kind === "name" && element.name === name;
      const doc = same ? items : [items, `.map((${variable}) => `, this.#expr(element).doc, ")"];
      return { doc, level: LEVEL.postfix };
    });
  }

  #attribute(expr: Kind<"attribute">): Code {
    if (this.#isOuter(expr)) {
      const dtype = /^torch\.(\w+)$/.exec(pathText(expr))?.[1];
      const name = dtype === undefined ? undefined : TORCH_DTYPES[dtype];
      return name ? primary(JSON.stringify(name)) : this.#known(expr);
    }
    const of = operand(this.#expr(expr.object), LEVEL.postfix);
    if (expr.name === "kwargs") return { doc: of, level: LEVEL.postfix };
    if (OPTIONS.has(expr.name)) {
      return { doc: [of, `.${camelCase(expr.name)}`], level: LEVEL.postfix };
    }
    if (expr.name === "dtype" || expr.name === "shape") {
      return { doc: [of, `.${expr.name}`], level: LEVEL.postfix };
    }
    throw refuse(expr, `the attribute '${expr.name}' of the host has no translation`);
  }

  /** True for a path that begins outside of the function. */
  #isOuter(expr: Expr): boolean {
    if (expr.kind === "attribute") return this.#isOuter(expr.object);
    return expr.kind === "name" && !this.#locals.has(expr.name);
  }

  #call(expr: Kind<"call">): Code {
    const { callee, args } = expr;
    const odd = args.find(({ name, spread }) => name !== undefined || spread);
    if (odd) throw refuse(odd.value, "keywords of the host have no translation");
    const values = args.map(({ value }) => value);
    const [first, second] = values;
    const codes = () => values.map((value) => this.#expr(value));
    if (callee.kind === "attribute" && !this.#isOuter(callee)) {
      const { object, name } = callee;
      if (name === "get" && first) {
        const property = this.#property(object, first);
        if (!second) return property;
        const fallback = operand(this.#expr(second), LEVEL.or + 1);
        return { doc: ["(", property.doc, " ?? ", fallback, ")"], level: LEVEL.primary };
      }
      if (name === "append") {
        return callOf([operand(this.#expr(object), LEVEL.postfix), ".push"], codes());
      }
      if (name === "numel" && values.length === 0) {
        return { doc: [operand(this.#expr(object), LEVEL.postfix), ".size"], level: LEVEL.postfix };
      }
      throw refuse(callee, `the method '${name}' of the host has no translation`);
    }
    const path = pathText(callee);
    switch (path) {
      case "triton.next_power_of_2":
        this.imports.add("nextPowerOf2");
        return callOf("nextPowerOf2", codes());
      case "triton.cdiv":
        this.imports.add("cdiv");
        return callOf("cdiv", codes());
      case "min":
      case "max":
        return callOf(`Math.${path}`, codes());
      case "abs":
        return callOf("Math.abs", codes());
      case "int":
        return callOf("Math.trunc", codes());
      case "bool":
        return callOf("Boolean", codes());
      case "len":
        if (!first) break;
        return this.#length(first);
    }
    const math = /^math\.(log2|sqrt|ceil|floor|log|exp)$/.exec(path)?.[1];
    if (math) return callOf(`Math.${math}`, codes());
    return this.#known(expr);
  }
}

function mentions(block: Block, name: string): boolean {
  let found = false;
  walkExpressions(block, (expr) => {
    if (expr.kind === "name" && expr.name === name) found = true;
  });
  return found;
}

function isRange(expr: Expr): expr is Kind<"call"> {
  return expr.kind === "call" && expr.callee.kind === "name" && expr.callee.name === "range";
}

/** `a.b.c` of names and attributes; empty for anything else. */
function pathText(expr: Expr): string {
  if (expr.kind === "name") return expr.name;
  return expr.kind === "attribute" ? `${pathText(expr.object)}.${expr.name}` : "";
}

function refuse(at: Span, what: string): Untranslatable {
  return new Untranslatable(at, what, "Write it in TypeScript, in the options of the kernel");
}
