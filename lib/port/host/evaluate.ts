/**
 * Python of the host, evaluated as far as it is pure: the lists of configurations that decorators
 * are given, constants of the module, conditions on versions.
 *
 * It is evaluated as on an NVIDIA GPU of compute capability 9.0 with Triton 3.6. What is not known, such
 * as a name of another module, is `Unknown`: nothing can be computed with it, and as a
 * condition it is false. Only which configurations are tried may depend on that; whoever needs more
 * looks at {@linkcode Evaluator.assumed}.
 */

import type { Block, Expr, FunctionDefinition, Kind, Module, Slice, Span } from "../syntax.ts";
import { canonical } from "../names.ts";
import { call, CONSTANTS } from "./calls.ts";
import {
  compare,
  Config,
  type Dict,
  type Host,
  isList,
  isReal,
  Namespace,
  NotPure,
  PyFunction,
  type PyValue,
  Unknown,
} from "./values.ts";

class Returned {
  constructor(readonly value: PyValue) {}
}

/** Lists that functions fill are bounded, lest a loop has no end. */
const MAX_STEPS = 200_000;

type Scope = Map<string, PyValue>;

/** Evaluates the host's code of one file. */
export class Evaluator implements Host {
  /** What was not known, and taken for False. */
  readonly assumed = new Set<string>();
  readonly #globals: Scope = new Map();
  readonly #pending = new Set<string>();
  #steps = 0;

  constructor(readonly module: Module) {}

  /** The value of an expression at the top level. */
  evaluate(expr: Expr): PyValue {
    return this.#eval(expr, new Map());
  }

  /** Whether an expression holds; undefined when that cannot be told. */
  condition(expr: Expr): boolean | undefined {
    try {
      const value = this.evaluate(expr);
      return this.assumed.size > 0 || value instanceof Unknown ? undefined : this.truth(value);
    } catch (error) {
      if (error instanceof NotPure) return undefined;
      throw error;
    }
  }

  truth(value: PyValue): boolean {
    if (value instanceof Unknown) {
      this.assumed.add(value.what);
      return false;
    }
    if (value instanceof Map) return value.size > 0;
    if (isList(value)) return value.length > 0;
    if (value instanceof Config || value instanceof PyFunction || value instanceof Namespace) {
      return true;
    }
    return Boolean(value);
  }

  #name(name: string, scope: Scope, at: Span): PyValue {
    const local = scope.get(name);
    if (local !== undefined) return local;
    const known = this.#globals.get(name);
    if (known !== undefined) return known;
    const { module } = this;
    const assignment = module.assignments.findLast(({ targets: [target], value }) =>
      target?.kind === "name" && target.name === name && value
    );
    if (assignment?.value && !this.#pending.has(name)) {
      this.#pending.add(name);
      try {
        const value = this.#eval(assignment.value, new Map());
        this.#globals.set(name, value);
        return value;
      } finally {
        this.#pending.delete(name);
      }
    }
    const host = module.hostFunctions.get(name);
    if (host) return this.#function(host(), new Map());
    const imported = module.imports.findLast((item) => item.name === name);
    if (imported) {
      const { module: path, member } = imported;
      return resolve(canonical(member === undefined ? path : `${path}.${member}`));
    }
    if (name === "__name__") return "kernels";
    if (/^(triton|tl)$/.test(name)) return new Namespace(name === "tl" ? "triton.language" : name);
    if (BUILTINS.has(name)) return new Namespace(name);
    throw new NotPure(at, `'${name}'`);
  }

  #function(definition: FunctionDefinition, outer: Scope): PyFunction {
    const apply = (args: PyValue[], keywords: ReadonlyMap<string, PyValue>) => {
      const scope = new Map(outer);
      this.#bind(definition, args, keywords, scope);
      const result = this.#run(definition.body, scope);
      return result instanceof Returned ? result.value : null;
    };
    return new PyFunction(definition.name, apply, definition);
  }

  #bind(
    { params, ...at }: Pick<FunctionDefinition, "params"> & Span,
    args: PyValue[],
    keywords: ReadonlyMap<string, PyValue>,
    scope: Scope,
  ): void {
    let next = 0;
    for (const param of params) {
      if (param.rest === "*") {
        scope.set(param.name, args.slice(next));
        next = args.length;
      } else if (param.rest === "**") {
        scope.set(param.name, new Map(keywords));
      } else if (keywords.has(param.name)) {
        scope.set(param.name, keywords.get(param.name)!);
      } else if (next < args.length) {
        scope.set(param.name, args[next++]!);
      } else if (param.default) {
        scope.set(param.name, this.#eval(param.default, new Map()));
      } else {
        throw new NotPure(at, `the argument '${param.name}'`);
      }
    }
  }

  /** Runs statements; what `return`, `break` and `continue` give ends them. */
  #run(block: Block, scope: Scope): Returned | "break" | "continue" | undefined {
    for (const statement of block.statements) {
      if (++this.#steps > MAX_STEPS) throw new NotPure(statement, "what so long a loop computes");
      switch (statement.kind) {
        case "assign":
          if (statement.value) {
            const value = this.#eval(statement.value, scope);
            for (const target of statement.targets) this.#assign(target, value, scope);
          }
          break;
        case "update": {
          const { target, op, value, from, to } = statement;
          const old = this.#eval(target, scope), more = this.#eval(value, scope);
          if (op === "+" && isList(old) && isList(more)) (old as PyValue[]).push(...more);
          else this.#assign(target, this.#binary(op, old, more, { from, to }), scope);
          break;
        }
        case "expression":
          this.#eval(statement.value, scope);
          break;
        case "return":
          return new Returned(statement.value ? this.#eval(statement.value, scope) : null);
        case "break":
        case "continue":
          return statement.kind;
        case "pass":
        case "assert":
          break;
        case "if": {
          const branch = this.truth(this.#eval(statement.test, scope))
            ? statement.then
            : statement.otherwise;
          const end = branch && this.#run(branch, scope);
          if (end) return end;
          break;
        }
        case "while":
          while (this.truth(this.#eval(statement.test, scope))) {
            const end = this.#run(statement.body, scope);
            if (end instanceof Returned) return end;
            if (end === "break") break;
            if (++this.#steps > MAX_STEPS) throw new NotPure(statement, "what a loop computes");
          }
          break;
        case "for":
          for (const item of this.items(this.#eval(statement.iterable, scope), statement)) {
            this.#assign(statement.target, item, scope);
            const end = this.#run(statement.body, scope);
            if (end instanceof Returned) return end;
            if (end === "break") break;
          }
          break;
        default: {
          const imported = /^from\s+([\w.]+)\s+import\s+(\w+)$/.exec(statement.what);
          if (!imported) throw new NotPure(statement, `what '${statement.what}' does`);
          scope.set(imported[2]!, resolve(`${imported[1]}.${imported[2]}`));
        }
      }
    }
    return undefined;
  }

  #assign(target: Expr, value: PyValue, scope: Scope): void {
    switch (target.kind) {
      case "name":
        scope.set(target.name, value);
        return;
      case "tuple":
      case "list": {
        const items = this.items(value, target);
        target.items.forEach((item, i) => this.#assign(item, items[i]!, scope));
        return;
      }
      case "subscript": {
        const object = this.#eval(target.object, scope), [index] = target.indices;
        if (object instanceof Map && index && index.kind !== "slice") {
          object.set(this.#eval(index, scope), value);
          return;
        }
        break;
      }
      case "attribute": {
        const object = this.#eval(target.object, scope);
        if (object instanceof Config) {
          (object.options as Map<string, PyValue>).set(target.name, value);
          return;
        }
      }
    }
    throw new NotPure(target, "what is assigned here");
  }

  /** What a loop runs over. */
  items(value: PyValue, at: Span): readonly PyValue[] {
    if (isList(value)) return value;
    if (value instanceof Map) return [...value.keys()];
    if (typeof value === "string") return [...value];
    throw new NotPure(at, value instanceof Unknown ? value.what : "what is run over");
  }

  #eval(expr: Expr, scope: Scope): PyValue {
    switch (expr.kind) {
      case "name":
        return this.#name(expr.name, scope, expr);
      case "number":
        return /^0[xob]/i.test(expr.text) || !/[.eEjJ]/.test(expr.text)
          ? BigInt(expr.text.replace(/^0+(?=\d)/, ""))
          : Number(expr.text);
      case "string":
        return expr.value;
      case "constant":
        return expr.value;
      case "format":
        return expr.parts.map((part) =>
          typeof part === "string" ? part : this.text(this.#eval(part, scope), part)
        ).join("");
      case "tuple":
      case "list":
        return expr.items.flatMap((item) =>
          item.kind === "star"
            ? [...this.items(this.#eval(item.value, scope), item)]
            : [this.#eval(item, scope)]
        );
      case "dict": {
        const dict: Dict = new Map();
        for (const [key, value] of expr.entries) {
          const given = this.#eval(value, scope);
          if (key) dict.set(this.#eval(key, scope), given);
          else if (given instanceof Map) { for (const entry of given) dict.set(...entry); }
          else throw new NotPure(value, "what is spread here");
        }
        return dict;
      }
      case "unary": {
        const value = this.#eval(expr.operand, scope);
        if (expr.op === "not") return !this.truth(value);
        if (typeof value === "bigint") return { "-": -value, "~": ~value, "+": value }[expr.op];
        if (typeof value === "number" && expr.op !== "~") return expr.op === "-" ? -value : value;
        break;
      }
      case "binary":
        return this.#binary(
          expr.op,
          this.#eval(expr.left, scope),
          this.#eval(expr.right, scope),
          expr,
        );
      case "logical": {
        const left = this.#eval(expr.left, scope);
        return this.truth(left) === (expr.op === "and") ? this.#eval(expr.right, scope) : left;
      }
      case "compare":
        return this.#compare(expr, scope);
      case "conditional":
        return this.truth(this.#eval(expr.test, scope))
          ? this.#eval(expr.then, scope)
          : this.#eval(expr.otherwise, scope);
      case "lambda": {
        const apply = (args: PyValue[], keywords: ReadonlyMap<string, PyValue>) => {
          const inner = new Map(scope);
          this.#bind(expr, args, keywords, inner);
          return this.#eval(expr.body, inner);
        };
        return new PyFunction("a lambda", apply, expr);
      }
      case "comprehension":
        return this.#comprehension(expr, scope);
      case "walrus": {
        const value = this.#eval(expr.value, scope);
        scope.set(expr.name, value);
        return value;
      }
      case "attribute":
        return this.#attribute(this.#eval(expr.object, scope), expr.name, expr);
      case "subscript":
        return this.#subscript(expr, scope);
      case "call":
        return this.#call(expr, scope);
    }
    throw new NotPure(expr, "what this computes");
  }

  #comprehension({ element, value, clauses }: Kind<"comprehension">, scope: Scope): PyValue {
    const list: PyValue[] = [], dict: Dict = new Map();
    const run = (depth: number, inner: Scope): void => {
      const clause = clauses[depth];
      if (!clause) {
        if (++this.#steps > MAX_STEPS) throw new NotPure(element, "so long a list");
        if (value) dict.set(this.#eval(element, inner), this.#eval(value, inner));
        else list.push(this.#eval(element, inner));
        return;
      }
      for (const item of this.items(this.#eval(clause.iterable, inner), clause.iterable)) {
        const next = new Map(inner);
        this.#assign(clause.target, item, next);
        if (clause.conditions.every((test) => this.truth(this.#eval(test, next)))) {
          run(depth + 1, next);
        }
      }
    };
    run(0, scope);
    return value ? dict : list;
  }

  #attribute(object: PyValue, name: string, at: Span): PyValue {
    if (object instanceof Unknown) return new Unknown(`${object.what}.${name}`);
    if (object instanceof Namespace) return resolve(`${object.path}.${name}`);
    if (object instanceof Config) {
      if (name === "kwargs") return object.constants;
      const option = object.options.get(name);
      if (option !== undefined) return option;
      if (name === "num_warps") return 4n;
      if (name === "num_stages") return 3n;
    }
    if (name === "value" && (typeof object !== "object" || object === null)) return object;
    const property = object instanceof Map ? object.get(name) : undefined;
    if (property !== undefined) return property;
    // Methods are looked up where they are called.
    throw new NotPure(at, `the attribute '${name}'`);
  }

  #subscript(expr: Kind<"subscript">, scope: Scope): PyValue {
    const object = this.#eval(expr.object, scope), [index] = expr.indices;
    if (object instanceof Unknown) return new Unknown(`${object.what}[…]`);
    if (!index || expr.indices.length > 1) throw new NotPure(expr, "what this picks");
    if (index.kind === "slice") {
      if (!isList(object) || index.step) throw new NotPure(expr, "what this picks");
      return object.slice(this.#bound(index, "start", scope), this.#bound(index, "stop", scope));
    }
    const key = this.#eval(index, scope);
    const found = object instanceof Map
      ? object.get(key)
      : isList(object) && typeof key === "bigint"
      ? object.at(Number(key))
      : undefined;
    if (found === undefined) throw new NotPure(expr, "what this picks");
    return found;
  }

  #bound(slice: Slice, end: "start" | "stop", scope: Scope): number | undefined {
    const expr = slice[end], value = expr && this.#eval(expr, scope);
    return value === undefined || value === null ? undefined : Number(value);
  }

  #call(expr: Kind<"call">, scope: Scope): PyValue {
    const args: PyValue[] = [];
    const keywords = new Map<string, PyValue>();
    for (const { name, spread, value } of expr.args) {
      const given = this.#eval(value, scope);
      if (spread === "*") args.push(...this.items(given, value));
      else if (spread === "**") {
        if (!(given instanceof Map)) throw new NotPure(value, "what is spread here");
        for (const [key, item] of given) keywords.set(String(key), item);
      } else if (name !== undefined) keywords.set(name, given);
      else args.push(given);
    }
    const { callee } = expr;
    if (callee.kind === "attribute") {
      const receiver = this.#eval(callee.object, scope);
      if (receiver instanceof Namespace) {
        return this.apply(resolve(`${receiver.path}.${callee.name}`), args, keywords, expr);
      }
      if (receiver instanceof Unknown) return new Unknown(`${receiver.what}.${callee.name}()`);
      return call(this, receiver, callee.name, args, keywords, expr);
    }
    return this.apply(this.#eval(callee, scope), args, keywords, expr);
  }

  /** Calls a value. */
  apply(
    callee: PyValue,
    args: PyValue[],
    keywords: ReadonlyMap<string, PyValue>,
    at: Span,
  ): PyValue {
    if (callee instanceof PyFunction) return callee.apply(args, keywords);
    if (callee instanceof Unknown) return new Unknown(`${callee.what}()`);
    if (callee instanceof Namespace) return call(this, null, callee.path, args, keywords, at);
    throw new NotPure(at, "what is called here");
  }

  #binary(op: string, a: PyValue, b: PyValue, at: Span): PyValue {
    if (typeof a === "boolean") a = BigInt(a);
    if (typeof b === "boolean") b = BigInt(b);
    if (op === "|" && a instanceof Map && b instanceof Map) return new Map([...a, ...b]);
    if (op === "+" && isList(a) && isList(b)) return [...a, ...b];
    if (op === "+" && typeof a === "string" && typeof b === "string") return a + b;
    if (op === "*" && isList(a) && typeof b === "bigint") {
      return Array.from({ length: Number(b) }, () => a).flat();
    }
    if (typeof a === "bigint" && typeof b === "bigint") {
      const negative = b < 0n;
      switch (op) {
        case "+":
          return a + b;
        case "-":
          return a - b;
        case "*":
          return a * b;
        case "/":
          return Number(a) / Number(b);
        case "//":
        case "%": {
          if (b === 0n) break;
          const rest = ((a % b) + b) % b;
          return op === "%" ? rest : (a - rest) / b;
        }
        case "**":
          return negative ? Number(a) ** Number(b) : a ** b;
        case "<<":
          return a << b;
        case ">>":
          return a >> b;
        case "&":
          return a & b;
        case "|":
          return a | b;
        case "^":
          return a ^ b;
      }
    } else if (isReal(a) && isReal(b)) {
      const x = Number(a), y = Number(b);
      switch (op) {
        case "+":
          return x + y;
        case "-":
          return x - y;
        case "*":
          return x * y;
        case "/":
          return x / y;
        case "//":
          return Math.floor(x / y);
        case "%":
          return ((x % y) + y) % y;
        case "**":
          return x ** y;
      }
    }
    const unknown = [a, b].find((side) => side instanceof Unknown);
    throw new NotPure(at, unknown instanceof Unknown ? unknown.what : "what this computes");
  }

  #compare(expr: Kind<"compare">, scope: Scope): PyValue {
    let left = this.#eval(expr.first, scope);
    for (const { op, right: operand } of expr.rest) {
      const right = this.#eval(operand, scope);
      const unknown = [left, right].find((side) => side instanceof Unknown);
      if (unknown) return unknown;
      if (!this.#holds(op, left, right, expr)) return false;
      left = right;
    }
    return true;
  }

  #holds(op: string, a: PyValue, b: PyValue, at: Span): boolean {
    switch (op) {
      case "==":
      case "is":
        return this.equal(a, b);
      case "!=":
      case "is not":
        return !this.equal(a, b);
      case "in":
      case "not in": {
        const inside = typeof b === "string"
          ? b.includes(String(a))
          : this.items(b, at).some((item) => this.equal(item, a));
        return inside === (op === "in");
      }
    }
    const order = compare(a, b);
    if (order === undefined) throw new NotPure(at, "what this compares");
    return { "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0 }[op]!;
  }

  equal(a: PyValue, b: PyValue): boolean {
    if (isList(a) && isList(b)) {
      return a.length === b.length && a.every((item, i) => this.equal(item, b[i]!));
    }
    if (a instanceof Namespace && b instanceof Namespace) return a.path === b.path;
    if (isReal(a) && isReal(b)) return Number(a) === Number(b);
    return a === b;
  }

  /** What `str` gives. */
  text(value: PyValue, at: Span): string {
    if (value === null) return "None";
    if (typeof value === "boolean") return value ? "True" : "False";
    if (["string", "bigint", "number"].includes(typeof value)) return String(value);
    throw new NotPure(at, "this text");
  }
}

const BUILTINS = new Set(
  ("range len min max sum abs int float bool str list tuple dict set filter map sorted zip enumerate all " +
    "any print reversed round").split(" "),
);

/** What a full path means: a value, something to call or look into, or nothing known. */
function resolve(path: string): PyValue {
  const value = CONSTANTS[path];
  if (value !== undefined) return value;
  const known = /^(triton|tl|math|itertools|functools|os|sys|torch|packaging|numpy|operator)\b/;
  if (!known.test(path) || /^torch\.(cuda|xpu|backends|ops)\b/.test(path)) return new Unknown(path);
  return new Namespace(path);
}
