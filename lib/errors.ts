/**
 * The errors that Nereid throws, and the code frame that shows where in a kernel something is wrong.
 *
 * Every message says what failed, what was found, what was wanted and what to do. Stack traces are
 * cut down to the frames of the user's own files; a plain `Error` that escapes is a bug of Nereid.
 */

import type { Location } from "./ir/graph.ts";

/** Frames of files below this address are Nereid's own and say nothing to its users. */
const OWN = new URL(".", import.meta.url).href;

/** The root of all errors that Nereid throws on purpose. */
export class NereidError extends Error {
  /** Its name, also where a minifier has renamed the class. */
  static override readonly name: string = "NereidError";

  /**
   * An error of that message.
   *
   * @param message What failed, what was found, what was wanted and what to do.
   * @param options The cause, if another error is.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    const frames = this.stack?.split("\n").filter((line) =>
      /^\s+at /.test(line) && !line.includes(OWN)
    );
    if (frames) this.stack = [`${this.name}: ${message}`, ...frames].join("\n");
  }
}

/**
 * A function that does the same, but whose errors say where it was called, and nothing of what it
 * called itself. For what users call.
 */
export function blamingCaller<A extends unknown[], T>(fn: (...args: A) => T): (...args: A) => T {
  return function called(...args: A): T {
    try {
      return fn(...args);
    } catch (error) {
      throw blamed(error, called);
    }
  };
}

/** An error whose stack begins where `called`, a function that users call, was called. */
// deno-lint-ignore ban-types -- any function is taken
export function blamed(error: unknown, called: Function): unknown {
  if (error instanceof NereidError) Error.captureStackTrace?.(error, called);
  return error;
}

/** What a {@linkcode CompilationError} is made of. */
export interface CompilationProblem {
  /** What failed, in a sentence. */
  readonly problem: string;
  /** What to do about it. */
  readonly remedy?: string | undefined;
  /** The expression that it is about. */
  readonly location?: Location | undefined;
  /** Where the kernel was made: `file:///…:line:column`. */
  readonly madeAt?: string | undefined;
}

/** A kernel's source says something that cannot be compiled. The message shows the line, with a caret. */
export class CompilationError extends NereidError {
  /** Its name, also where a minifier has renamed the class. */
  static override readonly name: string = "CompilationError";
  /** What failed, without code frame and remedy. */
  readonly problem: string;
  /** What to do about it. */
  readonly remedy: string | undefined;
  /** Where in the kernel's source it stands. */
  readonly location: Location | undefined;

  /**
   * An error that shows where it is.
   *
   * @param problem What the message is made of.
   * @param options The cause, if another error is.
   */
  constructor({ problem, remedy, location, madeAt }: CompilationProblem, options?: ErrorOptions) {
    const parts = [problem];
    if (location) parts.push(codeFrame(location, madeAt));
    if (remedy) parts.push(`help: ${remedy}`);
    super(parts.join("\n\n"), options);
    this.problem = problem;
    this.remedy = remedy;
    this.location = location;
  }
}

/** A kernel was launched with arguments, constants or options that do not fit it. */
export class LaunchError extends NereidError {
  /** Its name, also where a minifier has renamed the class. */
  static override readonly name: string = "LaunchError";
}

/** A running kernel did what no kernel may: it reached outside a tensor, for example. */
export class KernelError extends NereidError {
  /** Its name, also where a minifier has renamed the class. */
  static override readonly name: string = "KernelError";
}

/** A device refused or failed to do something. */
export class DeviceError extends NereidError {
  /** Its name, also where a minifier has renamed the class. */
  static override readonly name: string = "DeviceError";
}

/** A kernel needs more of something than the device has. */
export class OutOfResourcesError extends DeviceError {
  /** Its name, also where a minifier has renamed the class. */
  static override readonly name: string = "OutOfResourcesError";
}

/** How many lines of source are shown before the one that is meant, and after it. */
const BEFORE = 2, AFTER = 1;

/** No shown line is longer than this; minified source is cut to the surroundings of the caret. */
const WIDTH = 100;

/**
 * The lines around a location, with a caret under the expression, and the calls that led there:
 *
 * ```text
 *   in gelu
 *     1 | (x) => {
 *   > 2 |   return x * y;
 *       |              ^
 *   called from add, made at file:///home/me/add.ts:3:20
 *   > 4 |   const sum = gelu(a);
 *       |               ^^^^^^^
 * ```
 */
export function codeFrame(location: Location, madeAt?: string): string {
  const blocks: string[] = [];
  const chain: Location[] = [];
  for (let at: Location | undefined = location; at; at = at.caller) chain.push(at);
  // A long chain of calls is told by its ends.
  const shown = chain.length > 8 ? [...chain.slice(0, 5), undefined, ...chain.slice(-2)] : chain;
  shown.forEach((at, i) => {
    if (!at) {
      blocks.push(`  … ${chain.length - 7} more calls …`);
      return;
    }
    const made = at === chain.at(-1) && madeAt ? `, made at ${madeAt}` : "";
    blocks.push(`  ${i === 0 ? "in" : "called from"} ${at.function}${made}`);
    blocks.push(excerpt(at, i === 0 ? BEFORE : 0, i === 0 ? AFTER : 0));
  });
  return blocks.join("\n");
}

/** Some lines of source with the location's marked. */
function excerpt(at: Location, before: number, after: number): string {
  const lines = at.source.split("\n");
  const first = Math.max(1, at.line - before), last = Math.min(lines.length, at.line + after);
  const digits = String(last).length;
  const text = lines[at.line - 1] ?? "";
  const end = Math.max(at.endColumn ?? text.length, at.column + 1);
  // The part of every line that is shown begins here; 0 unless the line is too long.
  const cut = end > WIDTH ? Math.max(0, at.column - WIDTH / 4) : 0;
  const rows: string[] = [];
  for (let line = first; line <= last; line++) {
    const whole = lines[line - 1] ?? "";
    const part = (cut > 0 && whole.length > cut ? "…" : "") + whole.slice(cut, cut + WIDTH) +
      (whole.length > cut + WIDTH ? "…" : "");
    const mark = line === at.line ? ">" : " ";
    rows.push(`  ${mark} ${String(line).padStart(digits)} | ${part}`.trimEnd());
    if (line === at.line) {
      const indent = " ".repeat(at.column - cut + (cut > 0 ? 1 : 0));
      const carets = "^".repeat(Math.max(1, Math.min(end, cut + WIDTH) - at.column));
      rows.push(`    ${" ".repeat(digits)} | ${indent}${carets}`);
    }
  }
  return rows.join("\n");
}
