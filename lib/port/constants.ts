/** What kind of value a compile-time parameter takes, from its default and its uses. */

import type { Analysis, FunctionInfo } from "./analysis.ts";
import { isFloatText } from "./analysis.ts";
import type { Sort } from "./kinds.ts";
import { type Expr, expressionsOf, walk, walkStatements } from "./syntax.ts";

/** The sort of a parameter annotated `tl.constexpr`. */
export function constantSort(
  analysis: Analysis,
  info: FunctionInfo,
  name: string,
  seen = new Set<string>(),
): Sort {
  const key = `${info.definition.name}.${name}`;
  if (seen.has(key)) return "num";
  seen.add(key);
  const fallback = info.params.get(name)?.default;
  if (fallback?.kind === "constant" && fallback.value !== null) return "bool";
  if (fallback?.kind === "string") return "string";
  if (fallback?.kind === "tuple" || fallback?.kind === "list") return "several";
  if (fallback?.kind === "number") return isFloatText(fallback.text) ? "float" : "int";
  if (fallback && analysis.names.meaningOf(fallback)?.kind === "dtype") return "dtype";
  const votes = new Set<Sort>();
  // Variables that are nothing but another name for it.
  const names = new Set([name]);
  walkStatements(info.definition.body, (statement) => {
    if (statement.kind !== "assign" || statement.value?.kind !== "name") return;
    if (!names.has(statement.value.name)) return;
    for (const target of statement.targets) if (target.kind === "name") names.add(target.name);
  });
  const is = (expr: Expr | undefined) => expr?.kind === "name" && names.has(expr.name);
  const condition = (expr: Expr): void => {
    if (is(expr)) votes.add("bool");
    if (expr.kind === "unary" && expr.op === "not") condition(expr.operand);
    if (expr.kind === "logical") {
      condition(expr.left);
      condition(expr.right);
    }
  };
  const integers = (expr: Expr) =>
    walk(expr, (inner) => {
      if (is(inner)) votes.add("int");
    });
  walkStatements(info.definition.body, (statement) => {
    if (statement.kind === "if" || statement.kind === "while") condition(statement.test);
    if (statement.kind === "for" && is(statement.iterable)) votes.add("several");
    for (const root of expressionsOf(statement)) {
      walk(root, (expr) => {
        if (expr.kind === "subscript" && is(expr.object)) votes.add("several");
        if (expr.kind === "conditional") condition(expr.test);
        if (expr.kind === "unary" && expr.op === "not") condition(expr.operand);
        if (expr.kind === "logical") condition(expr);
        if (expr.kind === "compare") {
          const all = [expr.first, ...expr.rest.map(({ right }) => right)];
          if (!all.some(is)) return;
          if (all.some((part) => part.kind === "string")) votes.add("string");
          if (all.some((part) => part.kind === "number")) votes.add("int");
          if (all.some((part) => analysis.names.meaningOf(part)?.kind === "dtype")) {
            votes.add("dtype");
          }
        }
        if (expr.kind === "binary") {
          if (expr.op === "//" || expr.op === "%") {
            if (is(expr.left) || is(expr.right)) votes.add("int");
          }
        }
        if (expr.kind !== "call") return;
        if (is(expr.callee)) votes.add("function");
        const meaning = analysis.names.meaningOf(expr.callee);
        const method = expr.callee.kind === "attribute" ? expr.callee.name : undefined;
        if (method === "to" && is(expr.args[0]?.value)) votes.add("dtype");
        if (/^is_(fp|bf|int|uint|float)/.test(method ?? "") && expr.callee.kind === "attribute") {
          if (is(expr.callee.object)) votes.add("dtype");
        }
        if (expr.callee.kind === "name" && expr.callee.name === "len" && is(expr.args[0]?.value)) {
          votes.add("several");
        }
        if (expr.callee.kind === "name" && expr.callee.name === "range") {
          for (const { value } of expr.args) integers(value);
        }
        for (const { name: keyword, value } of expr.args) {
          if (keyword === "dtype" || keyword === "out_dtype") {
            if (is(value)) votes.add("dtype");
          } else if (/^(input_precision|padding_option|sem|scope)$/.test(keyword ?? "")) {
            if (is(value)) votes.add("string");
          } else if (value.kind === "tuple" || value.kind === "list") {
            integers(value);
          }
        }
        if (meaning?.kind === "operation") {
          const { name: operation } = meaning.operation;
          if (/^(arange|range|staticRange)$/.test(operation)) {
            for (const { value } of expr.args) integers(value);
          }
          if (/^(zeros|full)$/.test(operation) && is(expr.args.at(-1)?.value)) votes.add("dtype");
          if (operation === "dotScaled") {
            if (is(expr.args[2]?.value) || is(expr.args[5]?.value)) votes.add("string");
          }
          return;
        }
        const helper = expr.callee.kind === "name"
          ? analysis.helper(expr.callee.name, info)
          : undefined;
        if (!helper) return;
        const order = [...helper.params.keys()];
        expr.args.forEach(({ name: keyword, value }, i) => {
          const to = keyword ?? order[i];
          if (is(value) && to !== undefined && helper.constants.has(to)) {
            const sort = constantSort(analysis, helper, to, seen);
            if (sort !== "num") votes.add(sort);
          }
        });
      });
    }
  });
  for (const sort of ["function", "several", "string", "dtype", "int", "bool"] as const) {
    if (votes.has(sort)) return sort;
  }
  return "num";
}
