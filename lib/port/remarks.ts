/** Which comments of a Python file belong to which statement. */

import type { Tree } from "./parse_expressions.ts";
import type { Remarks, Span } from "./syntax.ts";

interface Comment extends Span {
  readonly text: string;
  /** Nothing but space stands before it on its line. */
  readonly alone: boolean;
  readonly column: number;
}

/** Hands out every comment of a file once, statement by statement in the order of the text. */
export class Remarker {
  readonly #comments: Comment[] = [];
  #next = 0;

  constructor(readonly text: string, root: Tree) {
    const cursor = root.cursor();
    do {
      if (cursor.name !== "Comment") continue;
      const { from, to } = cursor;
      const column = from - (text.lastIndexOf("\n", from - 1) + 1);
      const alone = text.slice(from - column, from).trim() === "";
      this.#comments.push({ from, to, column, alone, text: text.slice(from + 1, to).trim() });
    } while (cursor.next());
  }

  /** The comments above and inside a statement, up to its first block, and behind it. */
  of(node: Tree): Remarks {
    const above: string[] = [];
    const body = node.getChild("Body") ?? node.getChild("FunctionDefinition")?.getChild("Body");
    const head = body ? body.from : node.to;
    const lineEnd = this.#lineEnd(head);
    let behind: string | undefined;
    const params = node.getChild("FunctionDefinition")?.getChild("ParamList");
    while (this.#next < this.#comments.length) {
      const comment = this.#comments[this.#next]!;
      const inside = comment.from < head;
      if (!inside && (comment.alone || comment.from > lineEnd)) break;
      if (params && comment.from > params.from && comment.from < params.to) break;
      this.#next++;
      if (inside && comment.text !== "") above.push(comment.text);
      else if (!inside) behind = comment.text;
    }
    return { above, behind, spaced: this.#spaced(node.from) };
  }

  /** The comments above a parameter and behind it. */
  ofParameter(first: Tree, last: Tree): string[] {
    const own: string[] = [];
    const lineEnd = this.#lineEnd(last.to);
    while (this.#next < this.#comments.length) {
      const comment = this.#comments[this.#next]!;
      const above = comment.from < first.from;
      if (!above && (comment.alone || comment.from > lineEnd)) break;
      // Behind a line of several parameters it belongs to the last of them.
      if (!above && /[\w)]/.test(this.text.slice(last.to, comment.from))) break;
      this.#next++;
      if (comment.text !== "") own.push(comment.text);
    }
    return own;
  }

  /** The comments behind the last statement of a block, indented like it. */
  after(last: Tree): string[] {
    const own: string[] = [];
    const start = this.text.lastIndexOf("\n", last.from - 1) + 1;
    const column = /^\s*/.exec(this.text.slice(start))![0].length;
    while (this.#next < this.#comments.length) {
      const comment = this.#comments[this.#next]!;
      if (comment.from < last.to || !comment.alone || comment.column < column) break;
      if (!/^(\s|#[^\n]*)*$/.test(this.text.slice(last.to, comment.from))) break;
      this.#next++;
      own.push(comment.text);
    }
    return own;
  }

  /** Leaves out the comments before a place. */
  skip(to: number): void {
    while (this.#next < this.#comments.length && this.#comments[this.#next]!.from < to) {
      this.#next++;
    }
  }

  #lineEnd(at: number): number {
    const end = this.text.indexOf("\n", at);
    return end < 0 ? this.text.length : end;
  }

  /** Whether an empty line stands above a statement and its comments. */
  #spaced(at: number): boolean {
    const lines = this.text.slice(0, at).split("\n");
    lines.pop();
    while (lines.length > 0 && /^\s*#/.test(lines.at(-1)!)) lines.pop();
    return lines.length > 0 && lines.at(-1)!.trim() === "";
  }
}
