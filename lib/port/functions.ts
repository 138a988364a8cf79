/** Functions of a file as functions of TypeScript: kernels given to jit, and helpers. */

import { type Analysis, bindArguments, type FunctionInfo, returnsValue } from "./analysis.ts";
import { isAlsoHelper } from "./calls.ts";
import { safeName } from "./code.ts";
import { Translator } from "./expressions.ts";
import { Evaluator } from "./host/evaluate.ts";
import { HostTranslator } from "./host/translate.ts";
import type { Ty } from "./kinds.ts";
import {
  type Doc,
  flatten,
  group,
  hardline,
  indent,
  join,
  line,
  list,
  softline,
  trailingComma,
} from "./print.ts";
import type { PortedParameter } from "./port.ts";
import { BodyTranslator, comment } from "./statements.ts";
import { type Expr, type Parameter, type Span, walkExpressions } from "./syntax.ts";
import type { Wrapper } from "./tuning.ts";
import { constantTypeText, typeText } from "./types.ts";

/** A translated function. */
export interface TranslatedFunction {
  readonly doc: Doc;
  /** Names of mod.ts that it needs besides `jit` and `tl`. */
  readonly hostNames: ReadonlySet<string>;
  /** What of it was left out. */
  readonly left: readonly (Span & { readonly what: string })[];
}

/** Translates a function, a kernel with what its decorators put around it. */
export function translateFunction(
  analysis: Analysis,
  info: FunctionInfo,
  typed: boolean,
  wrappers: readonly Wrapper[] = [],
): TranslatedFunction {
  const t = new Translator(analysis, info, typed);
  const { name } = info.definition;
  const body = new BodyTranslator(t, info.definition);
  const parts: Doc[] = [];
  const heading = describe(info);
  const exported = typed ? "export " : "";
  if (info.isPure) {
    const host = new HostTranslator(new Evaluator(analysis.module), typed);
    const start = `${exported}const ${safeName(name)} = constexprFunction(`;
    const doc: Doc = [heading, start, host.pure(info.definition), ");"];
    return { doc, hostNames: new Set([...host.imports, "constexprFunction"]), left: [] };
  }
  if (!info.isKernel) {
    const header = [`function ${safeName(name)}`];
    parts.push([heading, exported, header, parameters(t, false), returnType(t), " ", braces(body)]);
  } else {
    if (isAlsoHelper(t, name)) {
      // Launched and called as well: a helper, and a kernel that calls it.
      const helper = `${safeName(name)}_`;
      parts.push([`function ${helper}`, parameters(t, false), returnType(t), " ", braces(body)]);
      parts.push(
        hardline,
        hardline,
        heading,
        kernelOf(t, exported, callHelper(info, helper), [helper], wrappers),
      );
    } else {
      parts.push([heading, kernelOf(t, exported, body.body(), [], wrappers)]);
    }
  }
  return { doc: parts, hostNames: t.hostNames, left: t.hints };
}

function braces(body: BodyTranslator): Doc {
  return ["{", indent([hardline, body.body()]), hardline, "}"];
}

function callHelper(info: FunctionInfo, helper: string): Doc {
  const names = [...info.params.keys()].map(safeName);
  return `${helper}(${names.join(", ")});`;
}

/** `const name = jit(function name(…) { … }, { names });` */
function kernelOf(
  t: Translator,
  exported: string,
  body: Doc,
  extra: readonly string[],
  wrappers: readonly Wrapper[],
): Doc {
  const name = safeName(t.info.definition.name);
  const start = `${exported}const ${name} = `;
  const room = 100 - (wrappers.length > 0 ? 2 * wrappers.length : start.length);
  const inner = jitOf(t, name, body, extra, room);
  const whole = wrappers.reduceRight<Doc>(
    (kernel, wrapper) => [
      `${wrapper.name}(`,
      indent([hardline, wrapper.options, ",", hardline, kernel, ","]),
      hardline,
      ")",
    ],
    inner,
  );
  return [start, whole, ";"];
}

/** `jit(function name(…) { … }, { names })`, the head on one line when it fits into the room. */
function jitOf(
  t: Translator,
  name: string,
  body: Doc,
  extra: readonly string[],
  room: number,
): Doc {
  const names = [...closure(t.analysis, t.info).map(safeName), ...t.hostNames, ...extra];
  const given: Doc = names.length > 0 ? [", ", `{ ${names.join(", ")} }`] : "";
  const header: Doc = [`function ${name}`, parameters(t, true)];
  const fn: Doc = [header, " {", indent([hardline, body]), hardline, "}"];
  const hugged = `jit(${flatten(header)} {`;
  const commented = t.info.definition.params.some(({ comments }) => comments.length > 0);
  const closing = `}${flatten(given)});`;
  if (hugged.length <= room && closing.length <= room && !commented) {
    return ["jit(", fn, given, ")"];
  }
  const last: Doc = names.length > 0 ? [hardline, list("{", names, "}", line), ","] : "";
  return ["jit(", indent([hardline, fn, ",", last]), hardline, ")"];
}

/** The functions and constants that a kernel reaches, which must be given to it. */
export function closure(analysis: Analysis, info: FunctionInfo): string[] {
  const found = new Set<string>();
  const add = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    for (const inner of analysis.functions.get(name)?.uses ?? []) add(inner);
  };
  for (const name of info.uses) add(name);
  found.delete(info.definition.name);
  return [...found];
}

/** Comments and docstring above a function. */
function describe({ definition }: FunctionInfo): Doc {
  const { remarks, docstring } = definition;
  const lines: Doc[] = remarks.above.map(comment);
  if (docstring !== undefined) lines.push(docComment(docstring));
  return lines.flatMap((text) => [text, hardline]);
}

/** A docstring as a comment of JavaScript. */
export function docComment(text: string): Doc {
  const raw = text.replaceAll("*/", "* /").trimEnd().split("\n");
  const rest = raw.slice(1).filter((row) => row.trim() !== "");
  const margin = Math.min(...rest.map((row) => /^\s*/.exec(row)![0].length), Infinity);
  const rows = raw.map((row, i) => (i === 0 ? row.trim() : row.slice(margin)).trimEnd());
  while (rows[0] === "") rows.shift();
  if (rows.length === 0) return "/** */";
  if (rows.length === 1) return `/** ${rows[0]} */`;
  return join(hardline, ["/**", ...rows.map((row) => row ? ` * ${row}` : " *"), " */"]);
}

interface Piece {
  readonly doc: Doc;
  readonly comments: readonly string[];
}

/** The parameter list; a kernel's constants are an object pattern at the end. */
function parameters(t: Translator, kernel: boolean): Doc {
  const { info } = t;
  const all = [...info.params.values()];
  for (const param of all) {
    if (param.rest === "**") {
      throw t.refuse(param, "keyword arguments cannot be gathered", "Name the parameters");
    }
  }
  const isConstant = (param: Parameter) => kernel && info.constants.has(param.name);
  const pieces: Piece[] = all.filter((param) => !isConstant(param)).map((param) => ({
    doc: parameter(t, param, kernel),
    comments: param.comments,
  }));
  const constants = all.filter(isConstant);
  if (constants.length > 0) pieces.push(pattern(t, constants));
  if (pieces.length === 0) return "()";
  if (pieces.some(({ comments }) => comments.length > 0)) {
    const rows = pieces.flatMap(({ doc, comments }) => [
      ...comments.flatMap((text) => [hardline, comment(text)]),
      hardline,
      doc,
      ",",
    ]);
    return ["(", indent(rows), hardline, ")"];
  }
  const [only] = pieces;
  if (pieces.length === 1 && constants.length > 0 && only) return ["(", only.doc, ")"];
  return group([
    "(",
    indent([softline, join([",", line], pieces.map(({ doc }) => doc))]),
    trailingComma,
    softline,
    ")",
  ]);
}

/** `{ BLOCK, EVEN = true }: { BLOCK: number; EVEN?: boolean }` */
function pattern(t: Translator, constants: readonly Parameter[]): Piece {
  const names = constants.map((param): Doc => {
    const value = param.default;
    // None is what a constant is that is left out.
    if (!value || isNone(value)) return safeKey(param.name);
    return [safeKey(param.name), " = ", t.expr(value).doc];
  });
  const types = constants.map((param) =>
    `${param.name}${param.default ? "?" : ""}: ${constantType(t, param)}`
  );
  const doc: Doc = group([
    "{",
    indent([line, join([",", line], names)]),
    trailingComma,
    line,
    "}",
  ]);
  const comments = constants.flatMap((param) => param.comments);
  if (!t.typed) return { doc, comments };
  const separator: Doc = [";", line];
  const type: Doc = group([
    "{",
    indent([line, join(separator, types)]),
    { kind: "broken", text: ";" },
    line,
    "}",
  ]);
  return { doc: [doc, ": ", type], comments };
}

function constantType(t: Translator, param: Parameter): string {
  const none = comparedToNone(t, param.name) || isNone(param.default) ? " | undefined" : "";
  const text = wordsOf(t, param.name) ?? constantTypeText(t.info.kinds.get(param.name)!);
  return (none && text.includes("=>") ? `(${text})` : text) + none;
}

/** What the translation of a kernel has its parameters as. */
export function describeParameters(analysis: Analysis, info: FunctionInfo): PortedParameter[] {
  const t = new Translator(analysis, info, true);
  return [...info.params.values()].map((param) => {
    const constant = info.constants.has(param.name);
    const value = param.default;
    return {
      name: param.name,
      constant,
      type: constant ? constantType(t, param) : parameterType(t, param, true),
      default: constant && value
        ? isNone(value) ? "undefined" : flatten(t.expr(value).doc)
        : undefined,
    };
  });
}

/** The words that Nereid's options allow. */
const WORDS: Readonly<Record<string, string>> = {
  input_precision: '"ieee" | "tf32" | "tf32x3" | "bf16x3" | "bf16x6"',
  padding_option: '"zero" | "nan"',
  lhs_format: '"e2m1" | "e4m3" | "e5m2" | "bf16" | "fp16"',
  rhs_format: '"e2m1" | "e4m3" | "e5m2" | "bf16" | "fp16"',
};

/** The type of a constant that is passed on where certain words are allowed. */
function wordsOf(t: Translator, name: string): string | undefined {
  let words: string | undefined;
  walkExpressions(t.info.definition.body, (expr) => {
    if (expr.kind !== "call") return;
    const meaning = t.analysis.names.meaningOf(expr.callee);
    if (meaning?.kind !== "operation") return;
    const given = bindArguments(meaning.operation.order, expr.args, expr, meaning.operation.rest);
    for (const [param, value] of given) {
      if (value.kind === "name" && value.name === name) words ??= WORDS[param];
    }
  });
  return words;
}

function safeKey(name: string): string {
  const safe = safeName(name);
  return safe === name ? name : `${name}: ${safe}`;
}

function isNone(expr: Expr | undefined): boolean {
  return expr?.kind === "constant" && expr.value === null;
}

function parameter(t: Translator, param: Parameter, kernel: boolean): Doc {
  const name = `${param.rest ? "..." : ""}${safeName(param.name)}`;
  const type = t.typed ? `: ${parameterType(t, param, kernel)}` : "";
  const dtype = param.annotation && t.analysis.names.meaningOf(param.annotation);
  const value = param.default;
  if (kernel && dtype?.kind === "dtype") {
    const inner: Doc = value ? ["(", t.expr(value).doc, ")"] : "";
    return [`${name}${type} = tl.${dtype.name}`, inner];
  }
  if (!value) return [name, type];
  const ty = t.typeOf(value);
  const code = t.expr(value).doc;
  // A default declares the dtype of a kernel's parameter.
  if (kernel && ty.sort === "float") return [name, type, " = tl.f32(", code, ")"];
  if (kernel && ty.sort === "int") return [name, type, " = tl.i32(", code, ")"];
  return [name, type, " = ", code];
}

function parameterType(t: Translator, param: Parameter, kernel: boolean): string {
  const { info } = t;
  const ty: Ty = info.kinds.get(param.name)!;
  const none = comparedToNone(t, param.name) || isNone(param.default) ? " | undefined" : "";
  if (param.rest) return "Tile[]";
  if (ty.sort === "block") return `TensorDescriptor${none}`;
  if (ty.sort === "either") return `${kernel ? "Pointer" : "Tile"} | TensorDescriptor${none}`;
  if (kernel) return (ty.sort === "pointer" ? "Pointer" : "number") + none;
  const text = info.constants.has(param.name) ? constantTypeText(ty) : typeText(ty);
  const plain = ty.sort === "pointer" ? "Tile" : text;
  return none && plain.includes("=>") ? `(${plain})${none}` : plain + none;
}

/** True when a function asks whether a parameter is None. */
function comparedToNone(t: Translator, name: string): boolean {
  let found = false;
  walkExpressions(t.info.definition.body, (expr) => {
    if (expr.kind !== "compare" || expr.first.kind !== "name" || expr.first.name !== name) return;
    if (expr.rest.some(({ op, right }) => op.startsWith("is") && isNone(right))) found = true;
  });
  return found;
}

/** The type of what a helper returns, where TypeScript would guess an array of any length. */
function returnType(t: Translator): Doc {
  if (!t.typed) return "";
  const { returns, definition } = t.info;
  if (!returnsValue(definition.body)) return "";
  return returns.sort === "several" && returns.items ? `: ${typeText(returns)}` : "";
}
