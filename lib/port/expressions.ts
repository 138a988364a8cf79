/** Expressions of kernels, translated. */

import { type Analysis, bindArguments, type FunctionInfo, isFloatText } from "./analysis.ts";
import { translateCall } from "./calls.ts";
import { array, type Code, infix, LEVEL, object, operand, primary, safeName } from "./code.ts";
import { isInteger, isNumber, type Ty } from "./kinds.ts";
import { type Doc, group, indent, line } from "./print.ts";
import { mathName } from "./names.ts";
import { valuesOf } from "./pointers.ts";
import { Untranslatable } from "./problem.ts";
import type { BinaryOperator, CompareOperator, Expr, Kind, Slice, Span } from "./syntax.ts";

/** What a function's expressions are translated with. */
export class Translator {
  /** Names of mod.ts that the translation uses in kernels. */
  readonly hostNames = new Set<string>();

  constructor(
    readonly analysis: Analysis,
    readonly info: FunctionInfo,
    /** Write types, for the type checker. */
    readonly typed: boolean,
  ) {}

  /** Hints to a GPU maker's own scheduler that were left out. */
  readonly hints: (Span & { readonly what: string })[] = [];

  typeOf(expr: Expr): Ty {
    return this.analysis.typeOf(expr, this.info);
  }

  /** True for a statement that only tells a GPU of NVIDIA when the next kernel may start; it is noted. */
  isHint(expr: Expr): boolean {
    const path = expr.kind === "call" ? this.analysis.names.pathOf(expr.callee) : undefined;
    const name = /^triton\.language\.extra\.cuda\.(gdc_\w+)$/.exec(path ?? "")?.[1];
    if (name) this.hints.push({ from: expr.from, to: expr.to, what: `${name}()` });
    return name !== undefined;
  }

  /** An expression. */
  expr(expr: Expr): Code {
    const code = this.#plain(expr);
    return expr.grouped ? { ...code, grouped: true } : code;
  }

  #plain(expr: Expr): Code {
    switch (expr.kind) {
      case "name":
        return this.#name(expr);
      case "number":
        return primary(numberText(expr));
      case "string":
        return primary(JSON.stringify(expr.value));
      case "format":
        return primary(this.#template(expr));
      case "constant":
        return primary(expr.value === null ? "undefined" : String(expr.value));
      case "tuple":
      case "list":
        return array(expr.items.map((item) => this.expr(item).doc));
      case "dict":
        return object(expr.entries.map(([key, value]) => {
          if (key?.kind !== "string") {
            throw this.refuse(key ?? value, "a dictionary's key is no string");
          }
          const plain = /^[A-Za-z_$][\w$]*$/.test(key.value);
          return [plain ? key.value : JSON.stringify(key.value), this.expr(value).doc];
        }));
      case "unary":
        return this.#unary(expr);
      case "binary":
        return this.binary(expr.op, expr.left, expr.right, expr);
      case "logical":
        return infix(
          this.truth(expr.left),
          expr.op === "and" ? "&&" : "||",
          this.truth(expr.right),
        );
      case "compare":
        return this.#compare(expr);
      case "conditional":
        return this.#conditional(expr);
      case "call":
        return translateCall(this, expr);
      case "attribute":
        return this.#attribute(expr);
      case "subscript":
        return this.#subscript(expr);
      case "star":
        return primary(["...", operand(this.expr(expr.value), LEVEL.conditional)]);
      case "comprehension":
        return this.#comprehension(expr);
      case "lambda":
        return this.#lambda(expr);
      case "walrus":
        return {
          doc: ["(", safeName(expr.name), " = ", this.expr(expr.value).doc, ")"],
          level: LEVEL.primary,
        };
      case "ellipsis":
        throw this.refuse(expr, "'...' has no meaning in a kernel");
    }
  }

  /** An error at a place. */
  refuse(at: Span, message: string, remedy = "Write it in another way in the Python file") {
    return new Untranslatable(at, message, remedy);
  }

  #name(expr: Kind<"name">): Code {
    const { name } = expr, { analysis, info } = this;
    const known = info.kinds.has(name) || analysis.functions.has(name) ||
      analysis.globals.has(name) || this.#scoped.has(name);
    if (known) return primary(safeName(name));
    const meaning = analysis.names.meaningOf(expr);
    if (meaning?.kind === "dtype") return primary(`tl.${meaning.name}`);
    if (meaning?.kind === "operation") return primary(`tl.${meaning.operation.name}`);
    if (analysis.failed.has(name)) {
      throw this.refuse(
        expr,
        `'${name}' cannot be translated itself`,
        "See the error about it, and correct it first",
      );
    }
    const imported = analysis.module.imports.find((item) => item.name === name);
    throw this.refuse(
      expr,
      imported
        ? `'${name}' comes from the module '${imported.module}', which is not part of this file`
        : `the name '${name}' is neither a variable of the kernel, nor a @triton.jit function or a constant of this file`,
      imported
        ? `Copy the function into this file, with its @triton.jit`
        : `Pass it as a parameter, or give the file a constant: ${name} = tl.constexpr(…)`,
    );
  }

  /** Names that a lambda or comprehension binds. */
  readonly #scoped = new Set<string>();

  #within<T>(names: readonly string[], body: () => T): T {
    const added = names.filter((name) => !this.#scoped.has(name));
    for (const name of added) this.#scoped.add(name);
    try {
      return body();
    } finally {
      for (const name of added) this.#scoped.delete(name);
    }
  }

  #lambda(expr: Kind<"lambda">): Code {
    const odd = expr.params.find((param) => param.default || param.rest);
    if (odd) throw this.refuse(odd, "a lambda has a parameter that is optional or takes several");
    const names = expr.params.map(({ name }) => name);
    return this.#within(names, () => ({
      doc: [`(${names.map(safeName).join(", ")}) => `, this.expr(expr.body).doc],
      level: LEVEL.conditional - 1,
    }));
  }

  #comprehension(expr: Kind<"comprehension">): Code {
    const [clause, ...others] = expr.clauses;
    if (!clause || others.length > 0 || expr.value || clause.target.kind !== "name") {
      throw this.refuse(expr, "only a list over one name can be made of a comprehension here");
    }
    const { name } = clause.target;
    let items = operand(this.items(clause.iterable), LEVEL.postfix);
    return this.#within([name], () => {
      const variable = safeName(name);
      for (const condition of clause.conditions) {
        items = [items, `.filter((${variable}) => `, this.expr(condition).doc, ")"];
      }
      const element = this.expr(expr.element).doc;
      return { doc: [items, `.map((${variable}) => `, element, ")"], level: LEVEL.postfix };
    });
  }

  /** Something to run over while compiling: an array, or an unrolled range. */
  items(expr: Expr): Code {
    const range = expr.kind === "call" && expr.callee.kind === "name" &&
      expr.callee.name === "range";
    if (!range) return this.expr(expr);
    const args = expr.args.map(({ value }) => this.expr(value).doc);
    return {
      doc: ["tl.staticRange(", ...args.flatMap((a, i) => i ? [", ", a] : [a]), ")"],
      level: 17,
    };
  }

  #template({ parts }: Kind<"format">): string | Doc {
    const docs = parts.map((part): Doc =>
      typeof part === "string"
        ? part.replace(/[`\\]|\$\{/g, "\\$&").replaceAll("\n", "\\n")
        : ["${", this.expr(part).doc, "}"]
    );
    return ["`", ...docs, "`"];
  }

  #unary({ op, operand: inner }: Kind<"unary">): Code {
    const ty = this.typeOf(inner);
    const unary = (sign: string): Code => {
      const code = this.expr(inner);
      const text = code.level >= LEVEL.unary && sign === "-" && startsWithMinus(code.doc);
      return {
        doc: [sign, text ? ["(", code.doc, ")"] : operand(code, LEVEL.unary)],
        level: LEVEL.unary,
      };
    };
    switch (op) {
      case "+":
        return this.expr(inner);
      case "-":
        // Triton computes 0 - x, which for a zero is no negative zero.
        return ty.constant || isInteger(ty) || ty.sort === "bool"
          ? unary("-")
          : infix(primary("0"), "-", this.expr(inner));
      case "~":
        return ty.sort === "bool" ? unary("!") : unary("~");
      case "not":
        if (this.#isTensor(inner)) return infix(this.expr(inner), "===", primary("undefined"));
        return isInteger(ty) && !ty.constant
          ? infix(this.expr(inner), "===", primary("0"))
          : unary("!");
    }
  }

  /** An argument of a function to which the sign of a zero is the same. */
  signless(expr: Expr): Code {
    if (expr.kind !== "unary" || expr.op !== "-") return this.expr(expr);
    return { doc: ["-", operand(this.expr(expr.operand), LEVEL.unary)], level: LEVEL.unary };
  }

  /** What decides in `if`, `while` and `a if b else c`. */
  condition(expr: Expr): Code {
    return this.#isTensor(expr)
      ? infix(this.expr(expr), "!==", primary("undefined"))
      : this.expr(expr);
  }

  /** A pointer or descriptor, which Python takes for true unless it is None. */
  #isTensor(expr: Expr): boolean {
    return ["pointer", "block", "either"].includes(this.typeOf(expr).sort);
  }

  /** An operand of `and` and `or`: a truth value. */
  truth(expr: Expr): Code {
    if (this.#isTensor(expr)) return this.condition(expr);
    const ty = this.typeOf(expr);
    const number = !ty.constant && isNumber(ty) && ty.sort !== "bool" && expr.kind !== "logical";
    return number && ty.sort !== "num" && ty.sort !== "scalar"
      ? infix(this.expr(expr), "!==", primary("0"))
      : this.expr(expr);
  }

  /** The JavaScript operator that does what Python's does on these; undefined if there is none. */
  plainOperator(op: BinaryOperator, left: Expr, right: Expr): string | undefined {
    const a = this.typeOf(left), b = this.typeOf(right);
    const constant = a.constant && b.constant;
    const bool = a.sort === "bool" || b.sort === "bool";
    switch (op) {
      case "+":
      case "-":
      case "*":
      case "/":
        return op;
      case "%":
        return constant && !(isNatural(left) && isNatural(right)) ? undefined : op;
      case "**":
        return op;
      case "&":
      case "|":
      case "^":
        return bool || (constant && (isHuge(left) || isHuge(right))) ? undefined : op;
      case "<<":
      case ">>":
        return constant && !(isSmall(left) && isSmall(right)) ? undefined : op;
      default:
        return undefined;
    }
  }

  /** `left op right`. */
  binary(op: BinaryOperator, left: Expr, right: Expr, at: Span): Code {
    if (["+", "-", "*"].includes(op) && this.#areMasks(left, right)) {
      // Arithmetic in one bit.
      return infix(this.expr(left), op === "*" ? "&&" : "!==", this.expr(right));
    }
    const plain = this.plainOperator(op, left, right);
    const [a, b] = this.numbers(left, right, false, op);
    if (plain) return infix(a, plain, b);
    const constant = this.typeOf(left).constant && this.typeOf(right).constant;
    switch (op) {
      case "//":
        return constant
          ? { doc: ["Math.floor(", infix(a, "/", b).doc, ")"], level: LEVEL.postfix }
          : infix(primary(["(", infix(a, "/", b).doc, ")"]), "|", primary("0"));
      case "%":
        return infix(infix(infix(a, "%", b), "+", b), "%", b);
      case "<<":
        return infix(a, "*", infix(primary("2"), "**", b));
      case ">>": {
        const quotient = infix(a, "/", infix(primary("2"), "**", b));
        return { doc: ["Math.floor(", quotient.doc, ")"], level: LEVEL.postfix };
      }
      case "&":
      case "|":
      case "^":
        return this.#bits(op, left, right, at);
      default:
        throw this.refuse(at, `the operator '${op}' has no counterpart`, "Write tl.dot(a, b)");
    }
  }

  #areMasks(...sides: readonly Expr[]): boolean {
    return sides.every((side) => {
      const { sort, constant } = this.typeOf(side);
      return sort === "bool" && !constant;
    });
  }

  /** `&`, `|` and `^` where a side is of bools. */
  #bits(op: "&" | "|" | "^", left: Expr, right: Expr, at: Span): Code {
    const sorts = [left, right].map((side) => this.typeOf(side));
    if (!sorts.some(({ sort }) => sort === "bool")) {
      throw this.refuse(
        at,
        `'${op}' of compile-time integers beyond 31 bits is done in 32 bits by JavaScript`,
        "Write the number that comes out",
      );
    }
    if (sorts.some(isInteger)) {
      const [a, b] = [left, right].map((side) => this.#asNumber(side));
      return infix(a!, op, b!);
    }
    const a = this.expr(left), b = this.expr(right);
    return infix(a, { "&": "&&", "|": "||", "^": "!==" }[op], b);
  }

  /**
   * Two operands of arithmetic, or two values to choose between at run time, with the dtypes that
   * Triton would give them made explicit.
   */
  numbers(left: Expr, right: Expr, chosen = false, op = ""): [Code, Code] {
    const a = this.typeOf(left), b = this.typeOf(right);
    const [first, second] = [this.#number(left, a, b, chosen), this.#number(right, b, a, chosen)];
    // A quotient is a float in any case.
    if (op === "/") return [first, second];
    return [this.#beside(right, left, first), this.#beside(left, right, second)];
  }

  /** A float literal that no one takes for an integer. */
  #isFractional(expr: Expr): boolean {
    switch (expr.kind) {
      case "number":
        return !Number.isInteger(Number(expr.text));
      case "unary":
        return expr.op === "-" && this.#isFractional(expr.operand);
      case "call": // float("inf")
        return expr.callee.kind === "name" && expr.callee.name === "float";
      case "name": {
        const value = this.info.kinds.has(expr.name)
          ? undefined
          : this.analysis.globals.get(expr.name);
        return value !== undefined && this.#isFractional(value);
      }
      default:
        return false;
    }
  }

  /** A tile whose dtype is not known here, beside a float that happens to be integral. */
  #beside(number: Expr, tile: Expr, code: Code): Code {
    const weak = this.typeOf(number), { constant, sort } = this.typeOf(tile);
    const open = weak.constant && weak.sort === "float" && !this.#isFractional(number) &&
      !constant && sort === "num";
    return open ? { doc: ["tl.asFloat(", code.doc, ")"], level: LEVEL.postfix } : code;
  }

  #number(expr: Expr, own: Ty, other: Ty, chosen: boolean): Code {
    if (own.sort === "bool" && (other.sort !== "bool" || (own.constant && !chosen))) {
      return this.#asNumber(expr);
    }
    // A float that happens to be integral would be taken for an integer.
    const typed = other.constant
      ? chosen && isNumber(other)
      : isInteger(other) || other.sort === "scalar";
    if (own.constant && own.sort === "float" && typed && !this.#isFractional(expr)) {
      return { doc: ["tl.f32(", this.expr(expr).doc, ")"], level: LEVEL.postfix };
    }
    return this.expr(expr);
  }

  /** An operand as a number: bools as 0 and 1. */
  #asNumber(expr: Expr): Code {
    const { sort, constant } = this.typeOf(expr);
    const code = this.expr(expr);
    if (sort !== "bool") return code;
    if (constant) return { doc: ["Number(", code.doc, ")"], level: LEVEL.postfix };
    return { doc: ["tl.cast(", code.doc, ", tl.i32)"], level: LEVEL.postfix };
  }

  #compare(expr: Kind<"compare">): Code {
    let left = expr.first;
    let result: Code | undefined;
    expr.rest.forEach(({ op, right }, i) => {
      if (i < expr.rest.length - 1 && hasCall(right)) {
        throw this.refuse(
          right,
          "the middle of a chained comparison would be computed twice",
          "Give it a name in the line before",
        );
      }
      const step = this.#comparison(left, op, right);
      result = result ? infix(result, "&&", step) : step;
      left = right;
    });
    return result!;
  }

  #comparison(left: Expr, op: CompareOperator, right: Expr): Code {
    const a = this.expr(left), b = this.expr(right);
    switch (op) {
      case "==":
      case "is":
        return infix(a, "===", b);
      case "!=":
      case "is not":
        return infix(a, "!==", b);
      case "in":
      case "not in": {
        const test: Code = {
          doc: [operand(b, LEVEL.postfix), ".includes(", a.doc, ")"],
          level: LEVEL.postfix,
        };
        return op === "in" ? test : { doc: ["!", test.doc], level: LEVEL.unary };
      }
      default: {
        const [c, d] = [left, right].map((side) => this.#asNumber(side));
        return infix(c!, op, d!);
      }
    }
  }

  #conditional(expr: Kind<"conditional">): Code {
    const chosen = !this.typeOf(expr.test).constant && !this.#isTensor(expr.test);
    const [then, otherwise] = chosen
      ? this.numbers(expr.then, expr.otherwise, true)
      : [this.expr(expr.then), this.expr(expr.otherwise)];
    return {
      doc: group([
        operand(this.condition(expr.test), LEVEL.conditional + 1),
        indent([line, "? ", operand(then, LEVEL.conditional)]),
        indent([line, ": ", operand(otherwise, LEVEL.conditional)]),
      ]),
      level: LEVEL.conditional,
    };
  }

  /** An expression whose shape or dtype is read. */
  tile(expr: Expr): Doc {
    const code = this.expr(expr), { doc } = code;
    if (expr.kind === "name" || !this.typed) return operand(code, LEVEL.postfix);
    if (this.analysis.names.pathOf(expr)) return doc;
    return ["(", operand(code, LEVEL.relational + 1), " as Tile)"];
  }

  #attribute(expr: Kind<"attribute">): Code {
    const { analysis } = this;
    const meaning = analysis.names.meaningOf(expr);
    if (meaning?.kind === "dtype") return primary(`tl.${meaning.name}`);
    if (meaning?.kind === "operation") return primary(`tl.${meaning.operation.name}`);
    const member = /^triton\.language\.(PropagateNan\.\w+)$/.exec(meaning?.path ?? "")?.[1];
    if (member) return primary(`tl.${member}`);
    const math = meaning && mathName(meaning.path);
    if (math) return primary(math);
    if (meaning) {
      throw this.refuse(
        expr,
        `'${meaning.path}' has no counterpart in Nereid`,
        "Compute it with other functions of tl",
      );
    }
    return this.#property(expr);
  }

  #property(expr: Kind<"attribute">): Code {
    const { object: of, name } = expr;
    const property = (doc: Doc, key: string): Code => ({
      doc: [doc, `.${key}`],
      level: LEVEL.postfix,
    });
    switch (name) {
      case "T":
        return { doc: ["tl.trans(", this.expr(of).doc, ")"], level: LEVEL.postfix };
      case "shape":
      case "dtype":
      case "numel":
        return property(this.tile(of), name);
      case "element_ty":
      case "scalar":
        // The dtype of a pointer is that of its elements.
        if (of.kind === "attribute" && (of.name === "dtype" || of.name === "type")) {
          return property(this.tile(of.object), "dtype");
        }
        if (this.typeOf(of).sort === "dtype") return this.expr(of);
        break;
      case "value":
        return this.expr(of);
      case "itemsize":
        return property(operand(this.expr(of), LEVEL.postfix), "itemSize");
      case "primitive_bitwidth": {
        const size = property(operand(this.expr(of), LEVEL.postfix), "itemSize");
        return infix(size, "*", primary("8"));
      }
    }
    if (this.typeOf(of).sort === "block" && /^(block_shape|strides)$/.test(name)) {
      return property(this.expr(of).doc, name === "strides" ? name : "blockShape");
    }
    throw this.refuse(
      expr,
      `the attribute '${name}' has no counterpart`,
      "Tiles have shape, dtype, numel and T; pass anything else as a parameter",
    );
  }

  #subscript(expr: Kind<"subscript">): Code {
    const { object: of, indices } = expr;
    const isNone = (index: Expr | Slice) => index.kind === "constant" && index.value === null;
    const isFull = (index: Expr | Slice) =>
      index.kind === "slice" && !index.start && !index.stop && !index.step;
    if (indices.every((index) => isNone(index) || isFull(index))) {
      const axes = indices.flatMap((index, i) => isNone(index) ? [i] : []);
      if (axes.length === 0) return this.expr(of);
      const { doc } = this.expr(of);
      const shape = indices.map((index) => isNone(index) ? "N" : ":").join("");
      if (shape === ":N") return { doc: group(["tl.col(", doc, ")"]), level: LEVEL.postfix };
      if (shape === "N:") return { doc: group(["tl.row(", doc, ")"]), level: LEVEL.postfix };
      const where = axes.length === 1 ? `${axes[0]}` : `[${axes.join(", ")}]`;
      return { doc: ["tl.expandDims(", doc, `, ${where})`], level: LEVEL.postfix };
    }
    const [index] = indices;
    if (indices.length !== 1 || !index || index.kind === "slice") {
      throw this.refuse(
        expr,
        "a tile can only be indexed by ':' and None",
        "Load the elements through pointers, or reshape and split the tile",
      );
    }
    if (this.#isTile(of)) {
      throw this.refuse(
        expr,
        "an element of a tile cannot be picked",
        "Load it through a pointer, or sum tl.where(tl.arange(0, N) == i, x, 0)",
      );
    }
    const list = this.expr(of);
    const at = operand(list, LEVEL.postfix);
    if (index.kind === "unary" && index.op === "-") {
      return { doc: [at, ".at(", this.expr(index).doc, this.typed ? ")!" : ")"], level: 17 };
    }
    const sure = this.typed && !(of.kind === "attribute" && of.name === "shape") ? "!" : "";
    return { doc: [at, "[", this.expr(index).doc, `]${sure}`], level: LEVEL.postfix };
  }

  /** Surely a tile or a scalar, not a tuple. */
  #isTile(expr: Expr): boolean {
    const { constant, sort } = this.typeOf(expr);
    if (constant) return false;
    if (["i32", "int", "f32", "float", "bool"].includes(sort)) return true;
    if (sort !== "num" || expr.kind !== "name") return false;
    const values = valuesOf(this.info, expr.name);
    return values.length > 0 && values.every((value) => {
      const meaning = value.kind === "call" && this.analysis.names.meaningOf(value.callee);
      return meaning && meaning.kind === "operation" && meaning.operation.name === "load";
    });
  }

  /** Arguments by parameters' names, with the ones that a rest parameter takes. */
  bind(order: readonly string[], call: Kind<"call">, rest = false) {
    return bindArguments(order, call.args, call, rest);
  }
}

/** A number as JavaScript writes it. */
function numberText(expr: Kind<"number">): string {
  const { text } = expr;
  if (/[jJ]$/.test(text)) {
    throw new Untranslatable(expr, "complex numbers have no counterpart", "Use two real numbers");
  }
  if (isFloatText(text)) return text.replace(/^\./, "0.").replace(/\.(?=$|[eE])/, ".0");
  const value = BigInt(text);
  const plain = text.replace(/^0+(?=\d)/, "");
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? `${plain}n` : plain;
}

function startsWithMinus(doc: Doc): boolean {
  if (typeof doc === "string") return doc.startsWith("-");
  if (Array.isArray(doc)) return doc.length > 0 && startsWithMinus(doc[0] as Doc);
  return "body" in doc && startsWithMinus(doc.body);
}

/** Surely not negative: compile-time parameters are sizes and counts. */
function isNatural(expr: Expr): boolean {
  switch (expr.kind) {
    case "number":
    case "name":
    case "subscript":
    case "attribute":
      return true;
    case "binary":
      return ["+", "*", "//", "%"].includes(expr.op) && isNatural(expr.left) &&
        isNatural(expr.right);
    default:
      return false;
  }
}

/** An integer literal that JavaScript's bitwise operators would cut. */
function isHuge(expr: Expr): boolean {
  return expr.kind === "number" && Number(expr.text) >= 2 ** 31;
}

/** An integer literal with which a shift stays within 31 bits. */
function isSmall(expr: Expr): boolean {
  return expr.kind === "number" && Number(expr.text) < 2 ** 15 && Number(expr.text) <= 15 ||
    expr.kind === "number" && expr.text === "1";
}

function hasCall(expr: Expr): boolean {
  return expr.kind === "call" ||
    expr.kind === "binary" && (hasCall(expr.left) || hasCall(expr.right)) ||
    expr.kind === "unary" && hasCall(expr.operand);
}
