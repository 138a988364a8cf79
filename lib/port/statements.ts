/** Statements of kernels, translated: declarations, assignments, loops, branches, and their comments. */

import type { FunctionInfo } from "./analysis.ts";
import { array, call as callOf, type Code, LEVEL, operand, primary, safeName } from "./code.ts";
import { Translator } from "./expressions.ts";
import { isInteger, isNumber, type Ty } from "./kinds.ts";
import { type Doc, flatten, group, hardline, indent, join, softline } from "./print.ts";
import { type Declaration, Scoping } from "./scoping.ts";
import {
  type Block,
  type Expr,
  type FunctionDefinition,
  type Kind,
  namesOf,
  type Statement,
  type StatementKind,
  walk,
  walkExpressions,
} from "./syntax.ts";
import { typeText } from "./types.ts";

/** Translates the body of one function. */
export class BodyTranslator {
  readonly #scoping: Scoping;
  /** Variables whose shape or dtype is read, which take the type Tile. */
  readonly #inspected: ReadonlySet<string>;
  readonly #typedNumbers: ReadonlySet<string>;

  constructor(readonly t: Translator, readonly definition: FunctionDefinition) {
    this.#scoping = new Scoping(definition.body, new Set(t.info.params.keys()));
    this.#inspected = inspectedNames(definition.body);
    this.#typedNumbers = numbersNeedingTypes(t, t.info);
  }

  /** The statements, each on its line. */
  body(): Doc {
    return this.#block(this.definition.body);
  }

  #block({ statements, remarks }: Block): Doc {
    const lines: Doc[] = [];
    statements.forEach((statement, i) => {
      if (statement.remarks.spaced && i > 0) lines.push("");
      for (const name of this.#scoping.before.get(statement) ?? []) {
        lines.push(this.#bareDeclaration(name));
      }
      const moved = withoutLongRemark(statement);
      for (const text of moved.above) lines.push(comment(text));
      const doc = this.#statement(moved.statement);
      if (doc === undefined) return;
      const { behind } = statement.remarks;
      lines.push(behind && !isCompound(statement) ? [doc, ` ${comment(behind)}`] : doc);
    });
    for (const text of remarks) lines.push(comment(text));
    return join(hardline, lines);
  }

  #braces(block: Block, behind?: string): Doc {
    const body = this.#block(block);
    const remark = behind ? ` ${comment(behind)}` : "";
    const empty = Array.isArray(body) && body.length === 0;
    if (empty) return remark ? ["{", remark, hardline, "}"] : "{}";
    return ["{", remark, indent([hardline, body]), hardline, "}"];
  }

  /** `let x;` before the statements that give it its value. */
  #bareDeclaration(name: string): Doc {
    const type = this.t.typed ? `!: ${typeText(this.t.info.kinds.get(name)!)}` : "";
    return `let ${safeName(name)}${type};`;
  }

  #statement(statement: Statement): Doc | undefined {
    const { t } = this;
    switch (statement.kind) {
      case "assign":
        return this.#assign(statement);
      case "update":
        return this.#update(statement);
      case "expression": {
        const { value } = statement;
        if (value.kind === "string") {
          return join(hardline, value.value.trim().split("\n").map((text) => comment(text.trim())));
        }
        if (value.kind === "ellipsis" || t.isHint(value)) return undefined;
        return [t.expr(value).doc, ";"];
      }
      case "return":
        return statement.value ? ["return ", this.#returned(statement.value).doc, ";"] : "return;";
      case "pass":
        return undefined;
      case "break":
      case "continue":
        return `${statement.kind};`;
      case "for":
        return this.#for(statement);
      case "while":
        return [
          head("while", t.condition(statement.test)),
          this.#braces(statement.body, statement.remarks.behind),
        ];
      case "if":
        return this.#if(statement);
      case "assert": {
        const name = t.typeOf(statement.test).constant ? "tl.staticAssert" : "tl.deviceAssert";
        const args = [statement.test, ...(statement.message ? [statement.message] : [])];
        return [callOf(name, args.map((arg) => t.expr(arg))).doc, ";"];
      }
      case "other":
        throw t.refuse(
          statement,
          `'${statement.what}' is not allowed in a kernel`,
          "Triton's kernels hold assignments, calls, if, for, while and return",
        );
    }
  }

  /** What a function returns: compile-time numbers become scalars with a dtype in Triton. */
  #returned(value: Expr): Code {
    const { t } = this;
    if (t.info.isPure) return t.expr(value);
    if (value.kind === "tuple") return array(value.items.map((item) => this.#returned(item).doc));
    const { constant, sort } = t.typeOf(value);
    if (!constant) return t.expr(value);
    if (sort === "float") return callOf(`tl.${floatName(value)}`, [t.expr(value)]);
    if (sort === "int") return callOf(`tl.${integerName(value)}`, [t.expr(value)]);
    return t.expr(value);
  }

  #if(statement: StatementKind<"if">): Doc {
    const first: Doc = [
      head("if", this.t.condition(statement.test)),
      this.#braces(statement.then, statement.remarks.behind),
    ];
    const { otherwise } = statement;
    if (!otherwise) return first;
    const [only] = otherwise.statements;
    if (statement.chained && only?.kind === "if") {
      // Comments above an `elif` go into its block, declarations above all.
      const { above, behind } = only.remarks;
      const then = { ...only.then, statements: withRemarks(only.then.statements, above) };
      const inner = { ...only, then, remarks: { above: [], behind, spaced: false } };
      const before = this.#scoping.before.get(only) ?? [];
      const chain: Doc = [first, " else ", this.#if(inner)];
      return before.length > 0
        ? [join(hardline, before.map((name) => this.#bareDeclaration(name))), hardline, chain]
        : chain;
    }
    return [first, " else ", this.#braces(otherwise)];
  }

  #for(statement: StatementKind<"for">): Doc {
    const { t } = this;
    const { target, body, remarks } = statement;
    const declared = this.#scoping.atStatement.get(statement);
    const own = namesOf(target);
    const items = this.#iterable(statement.iterable);
    if (own.every((name) => declared?.has(name))) {
      const fixed = own.every((name) => declared?.get(name)?.fixed);
      const each: Doc = [fixed ? "const " : "let ", t.expr(target).doc, " of ", items];
      return [head("for", primary(each)), this.#braces(body, remarks.behind)];
    }
    // The variable lives on behind the loop: each iteration gives it its value.
    if (target.kind !== "name") {
      throw t.refuse(target, "these names are used outside of their loop", "Rename them there");
    }
    const name = safeName(target.name), each = `${name}Now`;
    return [
      head("for", primary([`const ${each} of `, items])),
      "{",
      indent([hardline, `${name} = ${each};`, hardline, this.#block(body)]),
      hardline,
      "}",
    ];
  }

  #iterable(expr: Expr): Doc {
    const { t } = this;
    if (expr.kind === "call" && expr.callee.kind === "name" && expr.callee.name === "range") {
      return callOf("tl.range", expr.args.map(({ value }) => t.expr(value))).doc;
    }
    return t.items(expr).doc;
  }

  #assign(statement: StatementKind<"assign">): Doc | undefined {
    const { t } = this;
    const { targets, value } = statement;
    if (!value) return undefined;
    const [target, ...others] = targets;
    if (!target || others.length > 0) {
      throw t.refuse(statement, "several targets are assigned at once", "Write one line for each");
    }
    const weak = t.analysis.isConstexpr(statement.annotation);
    const declared = this.#scoping.atStatement.get(statement);
    if (target.kind === "name") {
      const code = weak ? t.expr(value) : this.bound(target.name, value);
      return this.#assignName(target.name, code, declared?.get(target.name));
    }
    if (target.kind !== "tuple" && target.kind !== "list") {
      throw t.refuse(
        target,
        "only names can be assigned to",
        "A tile cannot be changed in place: make another with tl.where",
      );
    }
    const names = namesOf(target);
    const values = this.#boundAll(target, value, weak);
    const pattern = this.#pattern(target, [...namesOf(target)]);
    if (names.every((name) => declared?.has(name))) {
      const fixed = names.every((name) => declared!.get(name)!.fixed);
      return [`${fixed ? "const" : "let"} ${pattern} = `, values.doc, ";"];
    }
    const fresh = names.filter((name) => declared?.has(name));
    const lines = [...new Set(fresh)].map((name) => [this.#bareDeclaration(name), hardline]);
    return [...lines, `${pattern} = `, values.doc, ";"];
  }

  /** `[a, [b, c]]`; of a name that comes twice, as `_` may, the last counts, and the others are holes. */
  #pattern(target: Kind<"tuple" | "list">, later: string[]): string {
    const items = target.items.map((item) => {
      if (item.kind === "tuple" || item.kind === "list") return this.#pattern(item, later);
      if (item.kind !== "name") {
        throw this.t.refuse(
          item,
          "only names can be assigned to",
          "Take it apart in a second line",
        );
      }
      later.shift();
      return later.includes(item.name) ? "" : safeName(item.name);
    });
    return `[${items.join(", ").replace(/^, /, ", ").replace(/ +,/g, ",")}]`;
  }

  /** The values that a tuple's names are bound to. */
  #boundAll(target: Kind<"tuple" | "list">, value: Expr, weak: boolean): Code {
    const { t } = this;
    if (value.kind !== "tuple" && value.kind !== "list") return t.expr(value);
    return array(value.items.map((item, i) => {
      const own = target.items[i];
      if (own?.kind === "tuple" || own?.kind === "list") return this.#boundAll(own, item, weak).doc;
      return (weak || own?.kind !== "name" ? t.expr(item) : this.bound(own.name, item)).doc;
    }));
  }

  #assignName(name: string, code: Code, declaration: Declaration | undefined): Doc {
    const safe = safeName(name), ty = this.t.info.kinds.get(name)!;
    if (declaration) {
      const { fixed } = declaration;
      const type = this.t.typed ? this.#annotation(name, ty, fixed) : "";
      return [`${fixed ? "const" : "let"} ${safe}${type} = `, code.doc, ";"];
    }
    // None in a variable that holds tiles otherwise.
    const none = this.t.typed && code.doc === "undefined" && ty.sort !== "none" ? "!" : "";
    return [`${safe} = `, this.#asParameter(name, code), none, ";"];
  }

  /** A parameter that is a pointer stays one. */
  #asParameter(name: string, code: Code): Doc {
    const { info, typed } = this.t;
    const pointer = info.isKernel && info.params.has(name) &&
      info.kinds.get(name)?.sort === "pointer";
    return typed && pointer ? [operand(code, LEVEL.postfix), " as Pointer"] : code.doc;
  }

  #annotation(name: string, ty: Ty, fixed: boolean): string {
    if (ty.sort === "several") return ty.items ? `: ${typeText(ty)}` : "";
    if (this.#inspected.has(name)) return ": Tile";
    if (!fixed && ty.sort === "pointer") return ": number";
    return "";
  }

  #update(statement: StatementKind<"update">): Doc {
    const { t } = this;
    const { target, op, value } = statement;
    if (target.kind !== "name") {
      throw t.refuse(
        target,
        "only names can be assigned to",
        "A tile cannot be changed in place: make another with tl.where",
      );
    }
    const plain = t.plainOperator(op, target, value);
    const [left, right] = t.numbers(target, value, false, op);
    // What the target is converted to first does not fit into `x += y`.
    const converted = flatten(left.doc) !== safeName(target.name) ||
      t.typeOf(target).sort === "bool" && !["&", "|", "^"].includes(op);
    const isPointer = t.info.isKernel && t.info.params.has(target.name) &&
      t.info.kinds.get(target.name)?.sort === "pointer";
    if (plain && !converted && !(t.typed && isPointer)) {
      return [`${safeName(target.name)} ${plain}= `, right.doc, ";"];
    }
    return this.#assignName(target.name, t.binary(op, target, value, statement), undefined);
  }

  /**
   * A value that is bound to a name. Triton makes a scalar with a dtype of a compile-time number
   * then; in kernels here it stays without one, so where that makes a difference it is written.
   */
  bound(name: string, value: Expr): Code {
    const { t } = this;
    const ty = t.typeOf(value);
    const code = t.expr(value);
    if (!ty.constant || !isNumber(ty) || t.info.isPure) return code;
    if (ty.sort === "float" || ty.sort === "f32") return callOf(`tl.${floatName(value)}`, [code]);
    if (!this.#typedNumbers.has(name)) return code;
    if (isInteger(ty)) return callOf(`tl.${integerName(value)}`, [code]);
    return ty.sort === "bool" ? callOf("tl.bool", [code]) : code;
  }
}

/** `if (…) `, with what is in the parentheses on lines of its own when it does not fit. */
function head(word: string, { doc, rows }: Code): Doc {
  return group([`${word} (`, indent([softline, rows ?? doc]), softline, ") "]);
}

function isCompound({ kind }: Statement): boolean {
  return ["if", "for", "while"].includes(kind);
}

/** A remark behind the header of a compound statement goes above it when it is long. */
function withoutLongRemark(statement: Statement): {
  readonly statement: Statement;
  readonly above: readonly string[];
} {
  const { above, behind } = statement.remarks;
  if (!isCompound(statement) || behind === undefined || behind.length < 50) {
    return { statement, above };
  }
  // The scoping knows statements by identity.
  const { remarks } = statement;
  Object.assign(remarks, { behind: undefined });
  return { statement, above: [...above, behind] };
}

/** The dtype of a float literal: f64 for what no f32 can hold. */
function floatName(value: Expr): string {
  const x = value.kind === "number" ? Math.abs(Number(value.text)) : 1;
  const fits = x === 0 || !Number.isFinite(x) || (x >= 2 ** -126 && x < 2 ** 128);
  return fits ? "f32" : "f64";
}

/** The dtype of an integer literal. */
function integerName(value: Expr): string {
  const negative = value.kind === "unary" && value.op === "-";
  const literal = negative ? value.operand : value;
  if (literal.kind !== "number") return "i32";
  const x = negative ? -BigInt(literal.text) : BigInt(literal.text);
  if (x >= -(2n ** 31n) && x < 2n ** 31n) return "i32";
  if (x >= 0n && x < 2n ** 32n) return "u32";
  return x < 2n ** 63n ? "i64" : "u64";
}

function withRemarks(
  statements: readonly Statement[],
  above: readonly string[],
): readonly Statement[] {
  const [first, ...rest] = statements;
  if (!first || above.length === 0) return statements;
  const remarks = { ...first.remarks, above: [...above, ...first.remarks.above] };
  // The same statement to the scoping, which knows statements by identity: only its remarks differ.
  return [Object.assign(first, { remarks }), ...rest];
}

export function comment(text: string): string {
  return text === "" ? "//" : `// ${text}`;
}

/** Names of which a property is read that only the type Tile has. */
function inspectedNames(body: Block): Set<string> {
  const names = new Set<string>();
  walkExpressions(body, (expr) => {
    if (expr.kind !== "attribute" || expr.object.kind !== "name") return;
    if (/^(shape|dtype|numel|type)$/.test(expr.name)) names.add(expr.object.name);
  });
  return names;
}

/**
 * Names whose compile-time integers must become scalars with a dtype: those that change, and those
 * that meet tiles of a dtype that is not known here. Not those that say how big a tile is.
 */
function numbersNeedingTypes(t: Translator, info: FunctionInfo): Set<string> {
  const needing = new Set<string>(), sizes = new Set<string>();
  for (const [name, count] of info.assignments) if (count > 1) needing.add(name);
  const isOpen = (expr: Expr) => {
    const ty = t.typeOf(expr);
    return !ty.constant && (ty.sort === "num" || ty.sort === "int" || ty.sort === "float");
  };
  const meet = (a: Expr | undefined, b: Expr | undefined) => {
    if (!a || !b) return;
    if (a.kind === "name" && isOpen(b)) needing.add(a.name);
    if (b.kind === "name" && isOpen(a)) needing.add(b.name);
  };
  const size = (expr: Expr) =>
    walk(expr, (inner) => {
      if (inner.kind === "name") sizes.add(inner.name);
    });
  walkExpressions(info.definition.body, (expr) => {
    if (expr.kind === "binary") meet(expr.left, expr.right);
    if (expr.kind === "compare") meet(expr.first, expr.rest[0]?.right);
    if (expr.kind !== "call") return;
    const meaning = t.analysis.names.meaningOf(expr.callee);
    if (meaning?.kind === "operation") {
      const { name, order } = meaning.operation;
      const args = expr.args.map(({ value }) => value);
      if (name === "arange" || name === "staticRange") args.forEach(size);
      if (order[0] === "shape" && args[0]) size(args[0]);
      if (/^(reshape|view|broadcastTo)$/.test(name)) args.slice(1).forEach(size);
      for (const { name: keyword, value } of expr.args) {
        if (keyword === "shape" || keyword === "block_shape") size(value);
      }
      if (name === "where") meet(args[1], args[2]);
      if (/^(minimum|maximum)$/.test(name)) meet(args[0], args[1]);
      return;
    }
    const helper = expr.callee.kind === "name"
      ? t.analysis.helper(expr.callee.name, info)
      : undefined;
    if (!helper) return;
    const order = [...helper.params.keys()];
    expr.args.forEach(({ name: keyword, value }, i) => {
      if (value.kind !== "name") return;
      const param = keyword ?? order[i];
      if (param !== undefined && helper.constants.has(param)) sizes.add(value.name);
      else needing.add(value.name);
    });
  });
  for (const name of sizes) needing.delete(name);
  return needing;
}
