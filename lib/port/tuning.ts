/** `@triton.autotune` and `@triton.heuristics`: what they say, as values beside the kernel. */

import type { Analysis, FunctionInfo } from "./analysis.ts";
import { array, type Code, object, safeName } from "./code.ts";
import { Translator } from "./expressions.ts";
import { camelCase } from "./operations.ts";
import { type Doc, flatten, hardline } from "./print.ts";
import { Untranslatable } from "./problem.ts";
import type { Expr, Kind } from "./syntax.ts";

/** Options of a launch in Nereid; others of Triton's say nothing here. */
const LAUNCH_OPTIONS = new Set(["num_warps", "num_stages"]);

/** What is written above a kernel for its decorators, and what of them could not be translated. */
export interface Tuning {
  readonly docs: readonly Doc[];
  readonly left: readonly { readonly from: number; readonly what: string }[];
}

/** Translates the decorators of a kernel besides `@triton.jit`. */
export function translateTuning(analysis: Analysis, info: FunctionInfo, typed: boolean): Tuning {
  const docs: Doc[] = [];
  const left: { from: number; what: string }[] = [];
  const name = safeName(info.definition.name), exported = typed ? "export " : "";
  const t = new Translator(analysis, { ...info, kinds: new Map() }, typed);
  for (const decorator of info.definition.decorators) {
    const callee = decorator.kind === "call" ? decorator.callee : decorator;
    const path = analysis.names.pathOf(callee) ?? "";
    if (path === "triton.jit" || path === "triton.runtime.jit") continue;
    try {
      if (path === "triton.autotune" && decorator.kind === "call") {
        const configs = argumentOf(decorator, "configs", 0), key = argumentOf(decorator, "key", 1);
        const keys = key ? t.expr(key).doc : "[]";
        docs.push(
          "/** The constants and launch options to choose from, best anew for each value of the key: ",
          flatten(keys),
          ". */",
          hardline,
          [`${exported}const ${name}Configs = `, configsOf(analysis, t, configs).doc, ";"],
          hardline,
        );
        continue;
      }
      if (path === "triton.heuristics" && decorator.kind === "call") {
        const values = argumentOf(decorator, "values", 0);
        docs.push(
          "/** Constants that follow from the other arguments of a launch. */",
          hardline,
          [`${exported}const ${name}Heuristics = `, heuristicsOf(t, values, typed).doc, ";"],
          hardline,
        );
        continue;
      }
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error;
    }
    left.push({ from: decorator.from, what: `@${path || info.definition.name}` });
  }
  return { docs, left };
}

function argumentOf(call: Kind<"call">, name: string, position: number): Expr | undefined {
  return call.args.find((arg) => arg.name === name)?.value ??
    call.args.filter((arg) => arg.name === undefined)[position]?.value;
}

/** A list of `triton.Config`s, here or under a name. */
function configsOf(analysis: Analysis, t: Translator, expr: Expr | undefined): Code {
  const list = expr?.kind === "name"
    ? analysis.module.assignments.find(({ targets: [target] }) =>
      target?.kind === "name" && target.name === expr.name
    )?.value
    : expr;
  if (list?.kind === "list" || list?.kind === "tuple") {
    return array(list.items.map((item) => config(analysis, t, item).doc));
  }
  throw new Untranslatable(
    list ?? { from: 0, to: 0 },
    "the configurations are computed",
    "Write them as a list of triton.Config",
  );
}

function config(analysis: Analysis, t: Translator, expr: Expr): Code {
  const path = expr.kind === "call" ? analysis.names.pathOf(expr.callee) : undefined;
  if (expr.kind !== "call" || path !== "triton.Config") {
    throw new Untranslatable(expr, "this is no triton.Config", "Write triton.Config({…})");
  }
  const values = expr.args[0]?.value;
  const entries: (readonly [string, Doc])[] = values?.kind === "dict"
    ? values.entries.map(([key, value]) => [keyOf(key), t.expr(value).doc])
    : [];
  for (const { name, value } of expr.args) {
    if (name && LAUNCH_OPTIONS.has(name)) entries.push([camelCase(name), t.expr(value).doc]);
  }
  return object(entries);
}

function keyOf(expr: Expr): string {
  if (expr.kind === "string") return expr.value;
  throw new Untranslatable(expr, "a dictionary's key is no string", "Write it as a string");
}

/** A dictionary of lambdas, each from the arguments to one constant. */
function heuristicsOf(t: Translator, expr: Expr | undefined, typed: boolean): Code {
  if (expr?.kind !== "dict") {
    throw new Untranslatable(
      expr ?? { from: 0, to: 0 },
      "the heuristics are computed",
      "Write them as a dictionary of lambdas",
    );
  }
  return object(expr.entries.map(([key, value]) => {
    if (value.kind !== "lambda") {
      throw new Untranslatable(value, "a heuristic is no lambda", "Write it as a lambda");
    }
    const [param] = value.params;
    const lambda = t.expr(value).doc;
    const text = typed && Array.isArray(lambda)
      ? [`(${param?.name ?? "args"}: GridMeta) => `, ...lambda.slice(1)]
      : lambda;
    return [keyOf(key), text];
  }));
}
