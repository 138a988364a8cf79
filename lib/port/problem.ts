/** Errors of a translation: what cannot be translated, where it stands, and what to do. */

import { NereidError } from "../errors.ts";
import type { Span } from "./syntax.ts";

/** What is wrong with a place in the Python text; whoever knows the text makes a PortError of it. */
export class Untranslatable extends Error {
  constructor(readonly span: Span, message: string, readonly remedy: string) {
    super(message);
  }
}

/** Python that cannot be translated: the message shows the line and names a remedy. */
export class PortError extends NereidError {
  override readonly name = "PortError";
  /** The line in the Python text, from 1. */
  readonly line: number;
  /** The column in that line, from 1. */
  readonly column: number;

  constructor(file: string, text: string, { span, message, remedy }: Untranslatable) {
    const before = text.slice(0, span.from);
    const line = before.split("\n").length, column = before.length - before.lastIndexOf("\n");
    const shown = text.split("\n")[line - 1] ?? "";
    const width = Math.max(1, Math.min(span.to - span.from, shown.length - column + 1));
    const gutter = String(line);
    super(
      `Cannot translate ${file}:${line}:${column}: ${message}\n` +
        `${gutter} | ${shown}\n` +
        `${" ".repeat(gutter.length)} | ${" ".repeat(column - 1)}${"^".repeat(width)}\n` +
        remedy,
    );
    this.line = line;
    this.column = column;
  }
}
