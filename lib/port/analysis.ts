/**
 * What is known of each function of a file: its parameters (pointers, scalars, compile-time
 * constants), the kinds of its variables and results, and which functions it uses.
 */

import {
  bound,
  constant,
  isFloat,
  isInteger,
  join,
  promoted,
  run,
  several,
  type Sort,
  type Ty,
  UNSET,
} from "./kinds.ts";
import { Evaluator } from "./host/evaluate.ts";
import { NotPure, type PyValue } from "./host/values.ts";
import { mathName, type Names } from "./names.ts";
import { kindOfDtype, type Operation, OPERATIONS } from "./operations.ts";
import { findPointers } from "./pointers.ts";
import { constantSort } from "./constants.ts";
import {
  type Argument,
  type Block,
  type Expr,
  type FunctionDefinition,
  type Kind,
  type Module,
  namesOf,
  type Parameter,
  type Span,
  type StatementKind,
  walkExpressions,
  walkStatements,
} from "./syntax.ts";
import { Untranslatable } from "./problem.ts";

/** One function of the file. */
export interface FunctionInfo {
  readonly definition: FunctionDefinition;
  /** Launched from the host; a helper is called by other functions. */
  readonly isKernel: boolean;
  readonly params: ReadonlyMap<string, Parameter>;
  /** Parameters annotated `tl.constexpr`. */
  readonly constants: ReadonlySet<string>;
  /** Kinds of parameters and variables. */
  readonly kinds: Map<string, Ty>;
  /** How many assignments each variable has. */
  readonly assignments: ReadonlyMap<string, number>;
  /** Variables that are surely floats, by what is done with them. */
  readonly floats: ReadonlySet<string>;
  /** Variables annotated `tl.constexpr`, which stay compile-time numbers. */
  readonly weak: ReadonlySet<string>;
  /** A `constexpr_function`: Python that is run while compiling. */
  readonly isPure: boolean;
  /** Module-level constants and functions that it names. */
  readonly uses: ReadonlySet<string>;
  returns: Ty;
}

export class Analysis {
  readonly functions = new Map<string, FunctionInfo>();
  /** Constants of the module, by name. */
  readonly globals = new Map<string, Expr>();
  /** How those of them were written that the host computes. */
  readonly computed = new Map<string, Expr>();
  readonly #evaluator: Evaluator;
  /** The kinds of variables change no more, so what is found of expressions is kept. */
  #settled = false;
  readonly #known = new WeakMap<FunctionInfo, WeakMap<Expr, Ty>>();

  constructor(
    readonly module: Module,
    readonly names: Names,
    text: string,
    /** Names of functions and constants that cannot be translated. */
    readonly failed: ReadonlySet<string> = new Set(),
  ) {
    this.#evaluator = new Evaluator(module);
    for (const { targets: [target], value, annotation } of module.assignments) {
      if (target?.kind !== "name" || !value || names.isAlias(target.name)) continue;
      const wrapped = value.kind === "call" && isConstexpr(names, value.callee);
      const plain = wrapped ? value.args[0]?.value : value;
      if (!plain) continue;
      const literal = isLiteral(plain, this.globals);
      const computed = literal ? undefined : this.#computed(plain);
      if (computed) this.computed.set(target.name, plain);
      if (wrapped || annotation || literal || computed) {
        this.globals.set(target.name, computed ?? plain);
      }
    }
    const called = this.#calledFunctions();
    for (const definition of module.functions) {
      this.functions.set(definition.name, this.#describe(definition, called, text));
    }
    findPointers(this);
    this.#infer();
    this.#settled = true;
  }

  /** What the host computes, as a literal; undefined for what is no number, bool or text. */
  #computed(expr: Expr): Expr | undefined {
    let value: PyValue;
    try {
      value = this.#evaluator.evaluate(expr);
    } catch (error) {
      if (error instanceof NotPure) return undefined;
      throw error;
    }
    if (this.#evaluator.assumed.size > 0) return undefined;
    const { from, to } = expr;
    if (typeof value === "boolean") return { from, to, kind: "constant", value };
    if (typeof value === "string") return { from, to, kind: "string", value };
    if (typeof value !== "bigint" && typeof value !== "number") return undefined;
    if (!Number.isFinite(Number(value))) return undefined;
    const digits = String(value).replace("-", "");
    const text = typeof value === "number" && /^\d+$/.test(digits) ? `${digits}.0` : digits;
    const number: Expr = { from, to, kind: "number", text };
    return value < 0 ? { from, to, kind: "unary", op: "-", operand: number } : number;
  }

  /** The function that a name calls, unless a variable hides it. */
  helper(name: string, info: FunctionInfo): FunctionInfo | undefined {
    return info.kinds.has(name) ? undefined : this.functions.get(name);
  }

  isConstexpr(annotation: Expr | undefined): boolean {
    return annotation !== undefined && isConstexpr(this.names, annotation);
  }

  /** Functions that others name, in calls or as combine functions. */
  #calledFunctions(): Set<string> {
    const own = new Set(this.module.functions.map(({ name }) => name));
    const called = new Set<string>();
    for (const { body, name: caller } of this.module.functions) {
      walkExpressions(body, (expr) => {
        if (expr.kind === "name" && own.has(expr.name) && expr.name !== caller) {
          called.add(expr.name);
        }
      });
    }
    return called;
  }

  #describe(
    definition: FunctionDefinition,
    called: ReadonlySet<string>,
    text: string,
  ): FunctionInfo {
    const params = new Map(definition.params.map((param) => [param.name, param]));
    const isPure = definition.decorators.some((decorator) =>
      /\bconstexpr_function$/.test(this.names.pathOf(decorator) ?? "")
    );
    const constants = new Set(
      definition.params.filter(({ annotation }) => isPure || this.isConstexpr(annotation))
        .map(({ name }) => name),
    );
    const assignments = new Map<string, number>(), weak = new Set<string>();
    const count = (names: readonly string[]) => {
      for (const name of names) assignments.set(name, (assignments.get(name) ?? 0) + 1);
    };
    walkStatements(definition.body, (statement) => {
      if (statement.kind === "assign" && statement.value) {
        const names = statement.targets.flatMap(namesOf);
        count(names);
        if (this.isConstexpr(statement.annotation)) names.forEach((name) => weak.add(name));
      } else if (statement.kind === "update") {
        count(namesOf(statement.target));
      } else if (statement.kind === "for") {
        count(namesOf(statement.target));
      }
    });
    walkExpressions(definition.body, (expr) => {
      if (expr.kind === "walrus") count([expr.name]);
    });
    const kinds = new Map<string, Ty>();
    for (const name of [...params.keys(), ...assignments.keys()]) kinds.set(name, UNSET);
    const uses = new Set<string>();
    const note = (expr: Expr) => {
      if (expr.kind !== "name" || kinds.has(expr.name)) return;
      const known = this.globals.has(expr.name) ||
        this.module.functions.some(({ name }) => name === expr.name);
      if (known) uses.add(expr.name);
    };
    walkExpressions(definition.body, note);
    for (const param of definition.params) if (param.default) note(param.default);
    // Launched from the host: `name[grid](…)`, or tuned.
    const launched = new RegExp(`\\b${definition.name}\\s*\\[`).test(text) ||
      definition.decorators.length > 1;
    return {
      definition,
      isKernel: !isPure && !returnsValue(definition.body) &&
        (launched || !called.has(definition.name)),
      isPure,
      floats: surelyFloats(definition.body, assignments, this.names),
      params,
      constants,
      kinds,
      assignments,
      weak,
      uses,
      returns: UNSET,
    };
  }

  /** Kinds of all variables: passes over the file until nothing changes. */
  #infer(): void {
    for (const info of this.functions.values()) {
      for (const [name, param] of info.params) {
        const known = info.kinds.get(name)!;
        if (known.sort !== "unset") continue; // a pointer
        if (info.constants.has(name)) {
          info.kinds.set(name, constant(constantSort(this, info, name)));
        } else if (info.isKernel) {
          info.kinds.set(name, run(this.#annotated(param) ?? "scalar"));
        }
      }
    }
    for (let pass = 0; pass < 12; pass++) {
      const before = this.#summary();
      for (const info of this.functions.values()) this.#inferFunction(info);
      if (this.#summary() === before) break;
    }
  }

  #annotated(param: Parameter): Sort | undefined {
    const dtype = param.annotation && this.names.meaningOf(param.annotation);
    if (dtype?.kind === "dtype") return kindOfDtype(dtype.name);
    const value = param.default;
    if (value?.kind === "number") return isFloatText(value.text) ? "f32" : "i32";
    return undefined;
  }

  #summary(): string {
    return JSON.stringify(
      [...this.functions.values()].map((info) => [[...info.kinds], info.returns]),
    );
  }

  #inferFunction(info: FunctionInfo): void {
    const widen = (name: string, ty: Ty) => {
      const old = info.kinds.get(name);
      if (old) info.kinds.set(name, join(old, ty));
    };
    const assign = (target: Expr, ty: Ty) => {
      if (target.kind === "name") widen(target.name, ty);
      else if (target.kind === "tuple" || target.kind === "list") {
        target.items.forEach((item, i) => {
          assign(item, ty.sort === "unset" ? UNSET : ty.items?.[i] ?? run("num"));
        });
      }
    };
    walkStatements(info.definition.body, (statement) => {
      if (statement.kind === "assign" && statement.value) {
        const ty = this.typeOf(statement.value, info);
        const weak = this.isConstexpr(statement.annotation);
        for (const target of statement.targets) {
          assign(target, weak || info.isPure ? ty : bound(ty));
        }
        this.#unpacked(statement, info);
      } else if (statement.kind === "update") {
        const { target, op, value } = statement;
        const result = this.#binary(op, this.typeOf(target, info), this.typeOf(value, info));
        assign(target, info.isPure ? result : bound(result));
      } else if (statement.kind === "for") {
        assign(statement.target, this.#element(statement.iterable, info));
      } else if (statement.kind === "return" && statement.value) {
        const ty = this.typeOf(statement.value, info);
        info.returns = join(info.returns, info.isPure ? ty : bound(ty));
      }
    });
    walkExpressions(info.definition.body, (expr) => {
      if (expr.kind === "call") this.#propagate(expr, info);
      if (expr.kind === "walrus") widen(expr.name, bound(this.typeOf(expr.value, info)));
    });
  }

  /** A parameter that is taken apart is a tuple. */
  #unpacked({ targets: [target], value }: StatementKind<"assign">, info: FunctionInfo): void {
    if (value?.kind !== "name" || !info.params.has(value.name)) return;
    if (target?.kind !== "tuple" || info.kinds.get(value.name)?.sort !== "unset") return;
    info.kinds.set(value.name, several(target.items.map(() => run("num"))));
  }

  /** Arguments give helpers' parameters their kinds. */
  #propagate(call: Kind<"call">, info: FunctionInfo): void {
    const helper = call.callee.kind === "name" ? this.helper(call.callee.name, info) : undefined;
    if (helper) {
      const args = bindArguments([...helper.params.keys()], call.args, call);
      for (const [name, value] of args) {
        if (value === undefined) continue;
        const old = helper.kinds.get(name)!, given = this.typeOf(value, info);
        // What is annotated tl.constexpr takes tiles as well.
        if (helper.constants.has(name) && given.constant) continue;
        helper.kinds.set(name, helper.constants.has(name) ? given : join(old, given));
      }
      for (const [name, param] of helper.params) {
        if (args.get(name) === undefined && param.default && !helper.constants.has(name)) {
          const old = helper.kinds.get(name)!;
          helper.kinds.set(name, join(old, this.typeOf(param.default, helper)));
        }
      }
      return;
    }
    // Combine functions get scalars of what is combined.
    for (const { value } of call.args) {
      const combine = value.kind === "name" ? this.helper(value.name, info) : undefined;
      if (!combine) continue;
      for (const name of combine.params.keys()) {
        if (combine.constants.has(name)) continue;
        combine.kinds.set(name, join(combine.kinds.get(name)!, run("num")));
      }
    }
  }

  /** What a loop's variable is. */
  #element(iterable: Expr, info: FunctionInfo): Ty {
    if (iterable.kind === "call") {
      const meaning = this.names.meaningOf(iterable.callee);
      if (meaning?.kind === "operation" && meaning.operation.name === "staticRange") {
        return constant("int");
      }
      const args = iterable.args.filter(({ name }) => name === undefined);
      const kinds = args.map(({ value }) => this.typeOf(value, info));
      if (kinds.some(({ sort }) => sort === "unset")) return UNSET;
      const exact = kinds.every((ty) => ty.constant || ty.sort === "i32");
      return run(exact ? "i32" : "int");
    }
    const ty = this.typeOf(iterable, info);
    return ty.items ? ty.items.reduce(join, UNSET) : run("num");
  }

  #binary(op: string, a: Ty, b: Ty): Ty {
    if (a.sort === "unset" || b.sort === "unset") return UNSET;
    if (op === "/" && !(a.constant && b.constant)) {
      return run(isInteger(a) && isInteger(b) ? "f32" : "float");
    }
    if (op === "/") return constant("float");
    if (op === "//" && isInteger(a) && isInteger(b)) return promoted(a, b);
    return promoted(a, b);
  }

  /** What an expression's value is. */
  typeOf(expr: Expr, info: FunctionInfo): Ty {
    if (!this.#settled) return this.#typeOf(expr, info);
    let known = this.#known.get(info);
    if (!known) this.#known.set(info, known = new WeakMap());
    let ty = known.get(expr);
    if (!ty) known.set(expr, ty = this.#typeOf(expr, info));
    return ty;
  }

  #typeOf(expr: Expr, info: FunctionInfo): Ty {
    switch (expr.kind) {
      case "name": {
        const own = info.kinds.get(expr.name);
        if (own) return own.sort === "num" && info.floats.has(expr.name) ? run("float") : own;
        if (this.functions.has(expr.name)) return constant("function");
        const global = this.globals.get(expr.name);
        if (global) return this.typeOf(global, info);
        return this.names.meaningOf(expr)?.kind === "dtype" ? constant("dtype") : constant("other");
      }
      case "number":
        return constant(isFloatText(expr.text) ? "float" : "int");
      case "string":
      case "format":
        return constant("string");
      case "constant":
        return constant(expr.value === null ? "none" : "bool");
      case "tuple":
      case "list":
        return several(expr.items.map((item) => this.typeOf(item, info)));
      case "unary": {
        const ty = this.typeOf(expr.operand, info);
        return expr.op === "not" ? { constant: ty.constant, sort: "bool" } : ty;
      }
      case "binary":
        return this.#binary(expr.op, this.typeOf(expr.left, info), this.typeOf(expr.right, info));
      case "logical": {
        const a = this.typeOf(expr.left, info), b = this.typeOf(expr.right, info);
        return a.constant && b.constant ? join(a, b) : run("bool");
      }
      case "compare": {
        const all = [expr.first, ...expr.rest.map(({ right }) => right)];
        const fixed = expr.rest.some(({ op }) => op.includes("is")) ||
          all.every((part) => this.typeOf(part, info).constant);
        return { constant: fixed, sort: "bool" };
      }
      case "conditional":
        return join(this.typeOf(expr.then, info), this.typeOf(expr.otherwise, info));
      case "call":
        return this.#call(expr, info);
      case "walrus":
        return bound(this.typeOf(expr.value, info));
      case "attribute":
        return this.#attribute(expr, info);
      case "subscript": {
        const ty = this.typeOf(expr.object, info);
        if (ty.sort !== "several") return ty;
        const [index] = expr.indices;
        const at = index?.kind === "number" ? Number(index.text) : undefined;
        return (at === undefined ? undefined : ty.items?.[at]) ??
          ty.items?.reduce(join, UNSET) ?? { constant: ty.constant, sort: "num" };
      }
      default:
        return constant("other");
    }
  }

  #attribute(expr: Kind<"attribute">, info: FunctionInfo): Ty {
    const meaning = this.names.meaningOf(expr);
    if (meaning?.kind === "other" && mathName(meaning.path)) return constant("float");
    if (meaning) return constant(meaning.kind === "dtype" ? "dtype" : "other");
    switch (expr.name) {
      case "shape":
        return { constant: true, sort: "several", items: undefined };
      case "dtype":
      case "element_ty":
        return constant("dtype");
      case "T":
        return this.typeOf(expr.object, info);
      case "numel":
      case "value":
        return constant("int");
      default:
        return constant("other");
    }
  }

  #call(expr: Kind<"call">, info: FunctionInfo): Ty {
    const { callee, args } = expr;
    const first = args[0] ? this.typeOf(args[0].value, info) : UNSET;
    const meaning = this.names.meaningOf(callee);
    if (meaning?.kind === "operation") return this.#operation(meaning.operation, args, info, expr);
    if (callee.kind === "name") {
      const helper = this.helper(callee.name, info);
      if (helper) return helper.returns;
      switch (callee.name) {
        case "float":
          return constant("float");
        case "int":
        case "len":
          return constant("int");
        case "min":
        case "max":
          return args.map(({ value }) => this.typeOf(value, info)).reduce(promoted);
        case "abs":
          return first;
      }
      return info.kinds.get(callee.name)?.sort === "function" || !info.kinds.has(callee.name)
        ? run("num")
        : UNSET;
    }
    if (meaning?.kind === "other" && mathName(meaning.path)) {
      return constant(/(ceil|floor|trunc)$/.test(meaning.path) ? "int" : "float");
    }
    if (callee.kind === "attribute" && !meaning) {
      const { object, name } = callee;
      const receiver = this.typeOf(object, info);
      if (name === "to") return this.#dtype(args[0]?.value);
      const method = OPERATIONS.get(name);
      if (method && receiver.sort !== "block") {
        return this.#operation(method, [{ value: object }, ...args], info, expr);
      }
      return run("num");
    }
    return isConstexpr(this.names, callee) ? first : run("num");
  }

  #operation(
    operation: Operation,
    args: readonly Argument[],
    info: FunctionInfo,
    call: Span,
  ): Ty {
    const given = bindArguments(operation.order, args, call, operation.rest);
    const kindOf = (name: string) => {
      const value = given.get(name);
      return value ? this.typeOf(value, info) : UNSET;
    };
    switch (operation.result) {
      case "same": {
        if (operation.name === "where") return bound(promoted(kindOf("x"), kindOf("y")));
        const ty = kindOf(operation.order[0]!);
        if (["minimum", "maximum", "add", "sub", "mul"].includes(operation.name)) {
          return promoted(ty, kindOf("y"));
        }
        if (operation.name === "fma") return promoted(promoted(ty, kindOf("y")), kindOf("z"));
        if (given.has("return_indices")) return several([ty, run("i32")]);
        if (operation.name === "sum" && ty.sort === "bool") return run("int");
        if (given.has("dtype")) return this.#dtype(given.get("dtype"));
        return ty.sort === "scalar" ? run("num") : ty;
      }
      case "dtype":
        return this.#dtype(given.get("dtype"));
      case "several": {
        const count = { split: 2, swizzle2d: 2, broadcast: 2, pairUniformToNormal: 2 };
        const length = (count as Record<string, number>)[operation.name] ?? 4;
        const sort: Sort = operation.name === "swizzle2d" ? "i32" : "num";
        return several(Array.from({ length }, () => run(sort)));
      }
      case "none":
        return constant("none");
      case "int":
        if (operation.name === "cdiv") {
          const ty = promoted(kindOf("x"), kindOf("div"));
          return isFloat(ty) ? run("int") : ty;
        }
        return run("int");
      case "f32":
        return run(given.has("out_dtype") ? "num" : "f32");
      default:
        return run(operation.result);
    }
  }

  #dtype(expr: Expr | undefined): Ty {
    const meaning = expr && this.names.meaningOf(expr);
    if (meaning?.kind === "dtype") return run(kindOfDtype(meaning.name));
    return run("num");
  }
}

/** Arguments by the names of parameters; a `rest` parameter takes what is left as a tuple. */
export function bindArguments(
  order: readonly string[],
  args: readonly Argument[],
  call: Span,
  rest = false,
): Map<string, Expr> {
  const bound = new Map<string, Expr>();
  let next = 0;
  const gathered: Expr[] = [];
  for (const { name, value } of args) {
    if (name !== undefined) bound.set(name, value);
    else if (next < order.length) bound.set(order[next++]!, value);
    else if (rest) gathered.push(value);
    else {
      throw new Untranslatable(
        call,
        `there are more arguments than the ${order.length} parameters ${order.join(", ")}`,
        "Correct the call in the Python file",
      );
    }
  }
  return bound;
}

/** Functions that Triton has for floats only. */
const OF_FLOATS =
  /^(exp|exp2|log|log2|sin|cos|sqrt|sqrtRn|rsqrt|erf|floor|ceil|sigmoid|softmax|fdiv|tanh|log1p|expm1)$/;

/**
 * Variables with one value that is given to a function of floats, or loaded with an infinity in
 * place of what is masked.
 */
function surelyFloats(
  body: Block,
  assignments: ReadonlyMap<string, number>,
  names: Names,
): Set<string> {
  const found = new Set<string>();
  const add = (name: string) => {
    if ((assignments.get(name) ?? 0) <= 1) found.add(name);
  };
  const operationOf = (expr: Kind<"call">) => {
    const meaning = names.meaningOf(expr.callee);
    return meaning?.kind === "operation" ? meaning.operation : undefined;
  };
  walkExpressions(body, (expr) => {
    if (expr.kind !== "call") return;
    const [first] = expr.args;
    if (first?.value.kind === "name" && OF_FLOATS.test(operationOf(expr)?.name ?? "")) {
      add(first.value.name);
    }
  });
  walkStatements(body, (statement) => {
    if (statement.kind !== "assign" || statement.value?.kind !== "call") return;
    const [target] = statement.targets, operation = operationOf(statement.value);
    if (target?.kind !== "name" || operation?.name !== "load") return;
    const other = bindArguments(operation.order, statement.value.args, statement).get("other");
    const sign = other?.kind === "unary" ? other.operand : other;
    if (sign?.kind === "call" && sign.callee.kind === "name" && sign.callee.name === "float") {
      add(target.name);
    }
  });
  return found;
}

/** True for a function with a result. */
export function returnsValue(body: Block): boolean {
  let found = false;
  walkStatements(body, (statement) => {
    if (statement.kind === "return" && statement.value) found = true;
  });
  return found;
}

export function isFloatText(text: string): boolean {
  return !/^0[xXoObB]/.test(text) && /[.eE]/.test(text);
}

function isConstexpr(names: Names, expr: Expr): boolean {
  if (expr.kind === "string") return /^(tl\.|triton\.language\.)?constexpr$/.test(expr.value);
  const path = names.pathOf(expr.kind === "subscript" ? expr.object : expr);
  return path !== undefined && /^triton\.language(\.core)?\.constexpr$/.test(path);
}

/** A number, string or the like, or an expression of such. */
function isLiteral(expr: Expr, globals: ReadonlyMap<string, Expr>): boolean {
  switch (expr.kind) {
    case "number":
    case "string":
    case "constant":
      return true;
    case "unary":
      return isLiteral(expr.operand, globals);
    case "binary":
      return isLiteral(expr.left, globals) && isLiteral(expr.right, globals);
    case "tuple":
    case "list":
      return expr.items.every((item) => isLiteral(item, globals));
    case "name":
      return globals.has(expr.name);
    default:
      return false;
  }
}
