/**
 * Triton's Python kernels as Nereid's: a file of Python in, a module of TypeScript out.
 *
 * Every `@triton.jit` function of the file becomes a kernel, or a helper when other functions call it.
 * Positional parameters stay in their order; those annotated `tl.constexpr` become the constants, the
 * object pattern at the end. Code of the host is left out, and listed at the end.
 */

import { Analysis, type FunctionInfo } from "./analysis.ts";
import { array, safeName } from "./code.ts";
import { Translator } from "./expressions.ts";
import { describeParameters, docComment, translateFunction } from "./functions.ts";
import { Names } from "./names.ts";
import { Evaluator } from "./host/evaluate.ts";
import { type Decide, parseModule } from "./parse.ts";
import { withHelpers } from "./prelude.ts";
import { type Doc, hardline, print } from "./print.ts";
import { PortError, Untranslatable } from "./problem.ts";
import { comment } from "./statements.ts";
import type { Expr, Module, Span } from "./syntax.ts";
import { translateTuning } from "./tuning.ts";

/** How to translate. */
export interface PortOptions {
  /** What the file is called in errors; `kernel.py` unless given. */
  readonly file?: string | undefined;
  /** The specifier from which the translation imports Nereid; `./mod.ts` unless given. */
  readonly nereid?: string | undefined;
  /** False gives JavaScript: no types, no imports, no exports, for `load`. */
  readonly types?: boolean | undefined;
  /**
   * True leaves functions out that cannot be translated, and tells of them in `problems`; without it
   * the first is thrown.
   */
  readonly partial?: boolean | undefined;
}

/** A parameter of a kernel as Python had it. */
export interface PortedParameter {
  readonly name: string;
  /** True for a compile-time constant, which is passed by name in the object at the end. */
  readonly constant: boolean;
  /** Its type in the translation: `Pointer`, `number`, … */
  readonly type: string;
  /** What a constant is that is left out, as the translation has it; undefined when it must be given. */
  readonly default: string | undefined;
}

/** A kernel of the translation. */
export interface PortedKernel {
  /** Its name in the translation. */
  readonly name: string;
  /** Its name in Python. */
  readonly pythonName: string;
  /** Its parameters in Python's order. */
  readonly params: readonly PortedParameter[];
}

/** Code that was left out. */
export interface LeftOut {
  readonly line: number;
  readonly what: string;
}

/** A translated file. */
export interface Ported {
  /** The module's text. */
  readonly code: string;
  readonly kernels: readonly PortedKernel[];
  /** The names in Python of all functions of the translation, kernels and helpers. */
  readonly functions: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** Functions that could not be translated, and why; empty unless `partial` was asked for. */
  readonly problems: readonly PortProblem[];
}

/** A function that could not be translated. */
export interface PortProblem {
  /** Its name in Python; of a constant, the constant's. */
  readonly name: string;
  readonly error: PortError;
}

/**
 * Translates a file of Triton kernels.
 *
 * ```ts
 * import { port } from "../../port.ts";
 *
 * const { code, kernels } = port(`
 * import triton
 * import triton.language as tl
 *
 * @triton.jit
 * def double(x, out, n, BLOCK: tl.constexpr):
 *     at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
 *     tl.store(out + at, 2 * tl.load(x + at, mask=at < n), mask=at < n)
 * `);
 * console.assert(kernels[0]?.name === "double");
 * console.assert(code.includes("const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);"));
 * ```
 *
 * @param source The text of the Python file.
 * @param options How to translate.
 * @returns The module's text, its kernels, and what was left out.
 * @throws {PortError} When a kernel has something that cannot be translated, with its line.
 */
export function port(source: string, options: PortOptions = {}): Ported {
  const text = source.replaceAll("\r\n", "\n");
  const failed = new Map<string, Untranslatable>();
  const told = (error: Untranslatable) => new PortError(options.file ?? "kernel.py", text, error);
  let module: Module;
  try {
    const decide: Decide = (test, sofar) => new Evaluator(sofar).condition(test);
    module = parseModule(text, failed, decide);
  } catch (error) {
    throw error instanceof Untranslatable ? told(error) : error;
  }
  // What fails is left out, and what it was needed for fails in the next round.
  for (;;) {
    const [first] = failed.values();
    if (first && !options.partial) throw told(first);
    try {
      const ported = new Porter(text, module, options, failed).port();
      const problems = [...failed].map(([name, error]) => ({ name, error: told(error) }));
      return { ...ported, problems };
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error;
      const name = ownerOf(module, error.span);
      if (name === undefined || failed.has(name)) throw told(error);
      failed.set(name, error);
      module = without(module, name);
    }
  }
}

/** The function or constant that a place is in. */
function ownerOf(module: Module, { from }: Span): string | undefined {
  const holds = (span: Span) => span.from <= from && from < span.to;
  const definition = module.functions.find((item) =>
    holds(item) || item.decorators.some((decorator) => holds(decorator))
  );
  if (definition) return definition.name;
  const [target] = module.assignments.find(holds)?.targets ?? [];
  return target?.kind === "name" ? target.name : undefined;
}

function without(module: Module, name: string): Module {
  return {
    ...module,
    functions: module.functions.filter((item) => item.name !== name),
    assignments: module.assignments.filter(({ targets: [target] }) =>
      target?.kind !== "name" || target.name !== name
    ),
  };
}

class Porter {
  readonly #module: Module;
  readonly #analysis: Analysis;
  readonly #typed: boolean;
  readonly #hostNames = new Set<string>();
  readonly #leftOut: LeftOut[] = [];

  constructor(
    readonly text: string,
    module: Module,
    readonly options: PortOptions,
    failed: ReadonlyMap<string, Untranslatable>,
  ) {
    this.#typed = options.types !== false;
    const names = namesOf(module);
    this.#module = withHelpers(module, names);
    this.#analysis = new Analysis(this.#module, names, text, new Set(failed.keys()));
  }

  port(): Omit<Ported, "problems"> {
    const { functions } = this.#analysis;
    const constants = this.#constants();
    const parts: Doc[] = [...constants];
    for (const info of inOrder(functions)) parts.push(this.#function(info));
    for (const other of this.#module.others) this.#leave(other, other.what);
    for (const statement of this.#module.assignments) {
      const [target] = statement.targets;
      const name = target?.kind === "name" ? target.name : undefined;
      const kept = name !== undefined &&
        (this.#used().has(name) || this.#analysis.names.isAlias(name) || functions.has(name));
      if (!kept) {
        this.#leave(statement, this.text.slice(statement.from, statement.to).split("\n")[0]!);
      }
    }
    this.#leftOut.sort((a, b) => a.line - b.line);
    const body = parts.map((part) => print(part)).join("\n\n");
    const code = this.#typed ? this.#wrap(body) : body;
    const kernels = [...functions.values()].filter(({ isKernel }) => isKernel).map(
      (info): PortedKernel => ({
        name: safeName(info.definition.name),
        pythonName: info.definition.name,
        params: describeParameters(this.#analysis, info),
      }),
    );
    return { code, kernels, functions: [...functions.keys()], leftOut: this.#leftOut };
  }

  #function(info: FunctionInfo): Doc {
    const { wrappers, imports, left: around } = translateTuning(this.#analysis, info, this.#typed);
    const { doc, hostNames, left } = translateFunction(
      this.#analysis,
      info,
      this.#typed,
      wrappers,
    );
    for (const { from, to, what } of [...around, ...left]) this.#leave({ from, to }, what);
    for (const name of [...hostNames, ...imports]) this.#hostNames.add(name);
    return doc;
  }

  /** Names of constants and functions that kernels use. */
  #used(): Set<string> {
    const used = new Set<string>();
    const add = (name: string) => {
      if (used.has(name)) return;
      used.add(name);
      const value = this.#analysis.globals.get(name);
      if (value) namesIn(value).forEach(add);
    };
    for (const { uses } of this.#analysis.functions.values()) uses.forEach(add);
    return used;
  }

  /** The module's constants that kernels use. */
  #constants(): Doc[] {
    const used = this.#used();
    const lines: Doc[] = [];
    for (const { targets: [target], remarks } of this.#module.assignments) {
      if (target?.kind !== "name" || !used.has(target.name)) continue;
      const value = this.#analysis.globals.get(target.name);
      const [info] = this.#analysis.functions.values();
      if (!value || !info) continue;
      const t = new Translator(this.#analysis, { ...info, kinds: new Map() }, this.#typed);
      const code = value.kind === "tuple" || value.kind === "list"
        ? array(value.items.map((item) => t.expr(item).doc))
        : t.expr(value);
      const computed = this.#analysis.computed.get(target.name);
      const remark = remarks.behind ?? (computed && this.text.slice(computed.from, computed.to));
      const behind = remark && !remark.includes("\n") ? ` ${comment(remark)}` : "";
      const above = remarks.above.flatMap((text): Doc[] => [comment(text), hardline]);
      lines.push([...above, `const ${safeName(target.name)} = `, code.doc, ";", behind]);
    }
    return lines.length > 0 ? [lines.flatMap((row, i) => i > 0 ? [hardline, row] : [row])] : [];
  }

  #leave({ from }: Span, what: string): void {
    this.#leftOut.push({ line: this.text.slice(0, from).split("\n").length, what });
  }

  /** The module around the functions: its head, imports, and the list of what was left out. */
  #wrap(body: string): string {
    const types = ["DType", "GridMeta", "Pointer", "TensorDescriptor", "Tile"]
      .filter((name) => new RegExp(`\\b${name}\\b`).test(body));
    const values = ["jit", ...this.#hostNames, "tl"].filter((name) =>
      new RegExp(`\\b${name}\\b`).test(body)
    );
    const names = [...values, ...types.map((name) => `type ${name}`)].sort((a, b) =>
      bare(a) < bare(b) ? -1 : 1
    );
    const sections: string[] = [];
    if (this.#module.docstring !== undefined) {
      sections.push(print(docComment(this.#module.docstring)));
    }
    if (names.length > 0) {
      const from = ` from ${JSON.stringify(this.options.nereid ?? "./mod.ts")};`;
      const line = `import { ${names.join(", ")} }${from}`;
      const lines = `import {\n${names.map((name) => `  ${name},\n`).join("")}}${from}`;
      sections.push(line.length <= 100 ? line : lines);
    }
    sections.push(body);
    if (this.#leftOut.length > 0) {
      const rows = this.#leftOut.map(({ line, what }) =>
        `//   line ${line}: ${what.slice(0, 80).trimEnd()}`
      );
      sections.push(["// Left out, as it runs on the host:", ...rows].join("\n"));
    }
    return sections.join("\n\n") + "\n";
  }
}

/** `type Pointer` sorted as deno fmt does, by the name without regard to its case. */
function bare(name: string): string {
  return name.replace(/^type /, "").toLowerCase();
}

function namesIn(expr: Expr): string[] {
  if (expr.kind === "name") return [expr.name];
  if (expr.kind === "binary") return [...namesIn(expr.left), ...namesIn(expr.right)];
  return expr.kind === "unary" ? namesIn(expr.operand) : [];
}

/** The file's imports; a snippet without any knows `triton` and `tl` as everyone writes them. */
function namesOf(module: Module): Names {
  const known = new Set(module.imports.map(({ name }) => name));
  const usual = [
    { name: "triton", module: "triton" },
    { name: "tl", module: "triton.language" },
    { name: "libdevice", module: "triton.language.extra.libdevice" },
  ].filter(({ name }) => !known.has(name));
  return new Names({ ...module, imports: [...module.imports, ...usual] });
}

/** Functions in the order of the file, save that helpers come before what names them. */
function inOrder(functions: ReadonlyMap<string, FunctionInfo>): FunctionInfo[] {
  const result: FunctionInfo[] = [];
  const add = (info: FunctionInfo) => {
    if (result.includes(info)) return;
    result.push(info);
  };
  // jit reads its names at once, and functions are hoisted; kernels named by kernels are not.
  const pending = [...functions.values()];
  const visiting = new Set<string>();
  const visit = (info: FunctionInfo) => {
    const { name } = info.definition;
    if (visiting.has(name)) return;
    visiting.add(name);
    for (const used of info.uses) {
      const inner = functions.get(used);
      if (inner && (inner.isKernel || inner.isPure)) visit(inner);
    }
    add(info);
  };
  pending.forEach(visit);
  return result;
}
