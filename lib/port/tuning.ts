/** `@triton.autotune` and `@triton.heuristics`: the same around the kernel in Nereid. */

import type { Analysis, FunctionInfo } from "./analysis.ts";
import { object } from "./code.ts";
import { Evaluator } from "./host/evaluate.ts";
import { HostTranslator } from "./host/translate.ts";
import {
  Config,
  type Dict,
  isList,
  isReal,
  NotPure,
  PyFunction,
  type PyValue,
  Tensor,
} from "./host/values.ts";
import { camelCase } from "./operations.ts";
import { type Doc, flatten, hardline, indent, join } from "./print.ts";
import { Untranslatable } from "./problem.ts";
import type { Argument, Expr, Kind, Span } from "./syntax.ts";

/** What stands around a kernel. */
export interface Wrapper {
  readonly name: "autotune" | "heuristics";
  readonly options: Doc;
}

/** What the decorators of a kernel become, and what of them does not. */
export interface Tuning {
  /** From the outside. */
  readonly wrappers: readonly Wrapper[];
  /** Names of mod.ts that they use. */
  readonly imports: ReadonlySet<string>;
  /** Lines that say what was left out, to stand above the kernel. */
  readonly left: readonly (Span & { readonly what: string })[];
}

/** Translates the decorators of a kernel. */
export function translateTuning(analysis: Analysis, info: FunctionInfo, typed: boolean): Tuning {
  return new TuningTranslator(analysis, info, typed).translate();
}

/** What a launch in Nereid has as well. */
const OPTIONS = new Set(["num_warps", "num_stages"]);

class TuningTranslator {
  readonly #evaluator: Evaluator;
  readonly #host: HostTranslator;
  readonly #left: (Span & { what: string })[] = [];

  constructor(readonly analysis: Analysis, readonly info: FunctionInfo, typed: boolean) {
    this.#evaluator = new Evaluator(analysis.module);
    this.#host = new HostTranslator(this.#evaluator, typed);
  }

  translate(): Tuning {
    const wrappers = this.info.definition.decorators.flatMap((decorator) => {
      const callee = decorator.kind === "call" ? decorator.callee : decorator;
      const path = this.analysis.names.pathOf(callee) ?? "";
      const args = decorator.kind === "call" ? decorator.args : [];
      const own = /^triton\.(?:runtime\.)?(?:\w+\.)?(jit|autotune|heuristics)$/.exec(path)?.[1];
      if (own === "jit") {
        for (const { name, value } of args) this.#leave(value, `${name} of @triton.jit`);
        return [];
      }
      if (own === "autotune") return this.#autotune(args, decorator);
      if (own === "heuristics") return this.#heuristics(args, decorator);
      this.#leave(decorator, `@${path || flatName(callee)}`);
      return [];
    });
    const imports = new Set([...this.#host.imports, ...wrappers.map(({ name }) => name)]);
    return { wrappers, imports, left: this.#left };
  }

  #leave({ from, to }: Span, what: string): void {
    this.#left.push({ from, to, what });
  }

  /** The result, or undefined with a remark when the host's code is too much. */
  #attempt<T>(what: string, at: Span, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof NotPure) && !(error instanceof Untranslatable)) throw error;
      this.#leave(at, `${what}: ${error.message}`);
      return undefined;
    }
  }

  #autotune(args: readonly Argument[], at: Span): Wrapper[] {
    const given = named(["configs", "key"], args);
    const list = given.get("configs");
    const entries: (readonly [string, Doc])[] = [];
    const configs = list && this.#attempt("@triton.autotune", list, () => this.#configs(list));
    if (!configs) {
      if (!list) this.#leave(at, "@triton.autotune without configurations");
      return [];
    }
    entries.push(["configs", brokenArray(configs.docs)]);
    for (const [name, value] of given) {
      switch (name) {
        case "configs":
          break;
        case "key":
        case "reset_to_zero":
        case "restore_value": {
          const names = this.#attempt(name, value, () => this.#names(value));
          const spelled = { key: "key", reset_to_zero: "resetToZero", restore_value: "restore" };
          if (names && names.length > 0) entries.push([spelled[name], quoted(names)]);
          break;
        }
        case "prune_configs_by": {
          const prune = this.#prune(value);
          if (prune) entries.push(["prune", prune]);
          break;
        }
        default:
          this.#leave(value, `${name || "what is spread"} of @triton.autotune`);
      }
    }
    if (configs.zeroed.length > 0 && !given.has("reset_to_zero")) {
      entries.push(["resetToZero", quoted(configs.zeroed)]);
    }
    for (const what of this.#evaluator.assumed) this.#leave(list, `${what} is taken for False`);
    return [{ name: "autotune", options: brokenObject(entries) }];
  }

  #configs(list: Expr): { docs: Doc[]; zeroed: string[] } {
    const value = this.#evaluator.evaluate(list);
    const zeroed = new Set<string>(), docs = new Map<string, Doc>(), dropped = new Set<string>();
    for (const config of this.#evaluator.items(value, list)) {
      if (!(config instanceof Config)) throw new NotPure(list, "what is among the configurations");
      const entries: (readonly [string, Doc])[] = [];
      for (const [key, constant] of config.constants) {
        const name = String(key);
        if (this.info.constants.has(name)) entries.push([name, literal(constant, list)]);
        else dropped.add(name);
      }
      for (const [name, option] of config.options) {
        if (name === "pre_hook") this.#hook(option, zeroed, list);
        else if (OPTIONS.has(name)) entries.push([camelCase(name), literal(option, list)]);
        else if (option !== null) dropped.add(name);
      }
      const { doc } = object(entries);
      docs.set(flatten(doc), doc);
    }
    for (const name of dropped) this.#leave(list, `${name} of triton.Config`);
    return { docs: [...docs.values()], zeroed: [...zeroed] };
  }

  /** A function that is called before each launch: what it does to tensors is found by calling it. */
  #hook(hook: PyValue, zeroed: Set<string>, at: Expr): void {
    if (hook === null) return;
    const done = new Set<string>();
    try {
      this.#evaluator.apply(hook, [new Arguments(done)], new Map(), at);
    } catch (error) {
      if (!(error instanceof NotPure)) throw error;
      done.clear();
    }
    if (done.size === 0) {
      this.#leave(at, "pre_hook of triton.Config: do the same before the launch");
    }
    for (const name of done) zeroed.add(name);
  }

  #names(expr: Expr): string[] {
    const value = this.#evaluator.evaluate(expr);
    return this.#evaluator.items(value, expr).map((item) => this.#evaluator.text(item, expr));
  }

  #prune(expr: Expr): Doc | undefined {
    if (expr.kind !== "dict") {
      this.#leave(expr, "prune_configs_by, which is computed");
      return undefined;
    }
    let doc: Doc | undefined;
    for (const [key, value] of expr.entries) {
      const name = key?.kind === "string" ? key.value : "what is spread";
      if (value.kind === "constant" && value.value === null) continue;
      const what = `${name} of prune_configs_by`;
      if (name !== "early_config_prune") {
        this.#leave(value, what);
        continue;
      }
      doc = this.#attempt(what, value, () => {
        const prune = this.#evaluator.evaluate(value);
        if (!(prune instanceof PyFunction) || !prune.source || !("decorators" in prune.source)) {
          throw new NotPure(value, "the function");
        }
        return brokenObject([["earlyConfigPrune", this.#host.prune(prune.source)]]);
      });
    }
    return doc;
  }

  #heuristics(args: readonly Argument[], at: Span): Wrapper[] {
    const values = named(["values"], args).get("values");
    const dict = values && this.#dictionary(values);
    if (!dict) {
      this.#leave(at, "@triton.heuristics, which are computed");
      return [];
    }
    const entries = dict.entries.flatMap(([key, value]): (readonly [string, Doc])[] => {
      const name = key?.kind === "string" ? key.value : undefined;
      if (name === undefined) {
        this.#leave(value, "a heuristic without a name");
        return [];
      }
      const doc = this.#attempt(`the heuristic ${name}`, value, () => {
        const heuristic = this.#evaluator.evaluate(value);
        if (!(heuristic instanceof PyFunction) || !heuristic.source) {
          throw new NotPure(value, "the function");
        }
        if (isItself(heuristic.source, name)) {
          this.#leave(value, `the heuristic ${name}, which gives what is passed for it`);
          return undefined;
        }
        return this.#host.heuristic(heuristic.source);
      });
      return doc === undefined ? [] : [[name, doc]];
    });
    return entries.length > 0 ? [{ name: "heuristics", options: brokenObject(entries) }] : [];
  }

  /** A dictionary, here or under a name of the module. */
  #dictionary(expr: Expr): Kind<"dict"> | undefined {
    const found = expr.kind === "name"
      ? this.analysis.module.assignments.findLast(({ targets: [target] }) =>
        target?.kind === "name" && target.name === expr.name
      )?.value
      : expr;
    return found?.kind === "dict" ? found : undefined;
  }
}

/** A launch's arguments, as a hook sees them: each is a tensor. */
class Arguments extends Map<PyValue, PyValue> implements Dict {
  constructor(readonly zeroed: Set<string>) {
    super();
  }

  override get(name: PyValue): PyValue {
    return new Tensor(String(name), this.zeroed);
  }
}

/** `lambda args: bool(args["NAME"])`: the constant is passed, and a truth value is all that is asked of it. */
function isItself(source: NonNullable<PyFunction["source"]>, name: string): boolean {
  if ("decorators" in source) return false;
  const { body } = source;
  const inner = body.kind === "call" && body.callee.kind === "name" && body.callee.name === "bool"
    ? body.args[0]?.value
    : body;
  const [index] = inner?.kind === "subscript" ? inner.indices : [];
  return index?.kind === "string" && index.value === name;
}

/** Arguments by name, positional ones by their places. */
function named(order: readonly string[], args: readonly Argument[]): Map<string, Expr> {
  const result = new Map<string, Expr>();
  let next = 0;
  for (const { name, value, spread } of args) {
    result.set(spread ? "" : name ?? order[next++] ?? "", value);
  }
  return result;
}

function literal(value: PyValue, at: Span): Doc {
  if (value === null) return "undefined";
  if (typeof value === "string") return JSON.stringify(value);
  if (isReal(value)) return String(value);
  if (isList(value)) return ["[", join(", ", value.map((item) => literal(item, at))), "]"];
  throw new NotPure(at, "a constant of a configuration");
}

function quoted(names: readonly string[]): Doc {
  return ["[", join(", ", names.map((name) => JSON.stringify(name))), "]"];
}

function brokenArray(items: readonly Doc[]): Doc {
  if (items.length === 0) return "[]";
  return ["[", indent([hardline, join([",", hardline], items), ","]), hardline, "]"];
}

function brokenObject(entries: readonly (readonly [string, Doc])[]): Doc {
  const rows = entries.map(([key, value]): Doc => [`${key}: `, value]);
  return ["{", indent([hardline, join([",", hardline], rows), ","]), hardline, "}"];
}

function flatName(expr: Expr): string {
  if (expr.kind === "name") return expr.name;
  return expr.kind === "attribute" ? `${flatName(expr.object)}.${expr.name}` : "…";
}
