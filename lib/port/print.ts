/**
 * Laying text out in lines of a limited width: documents of text, possible line breaks and
 * indentation, and groups that are broken when they do not fit.
 */

export type Doc =
  | string
  | readonly Doc[]
  | { readonly kind: "line"; readonly flat: string; readonly hard?: boolean }
  | { readonly kind: "indent"; readonly body: Doc }
  | { readonly kind: "group"; readonly body: Doc }
  /** The first of these whose first line fits; the last if none does. */
  | { readonly kind: "choice"; readonly options: readonly Doc[] }
  | { readonly kind: "broken"; readonly text: string };

/** A space, or a line break. */
export const line: Doc = { kind: "line", flat: " " };
/** Nothing, or a line break. */
export const softline: Doc = { kind: "line", flat: "" };
/** A line break in any case. */
export const hardline: Doc = { kind: "line", flat: "", hard: true };
/** Written only where the group around it is broken. */
export const trailingComma: Doc = { kind: "broken", text: "," };

export function indent(body: Doc): Doc {
  return { kind: "indent", body };
}

export function group(body: Doc): Doc {
  return { kind: "group", body };
}

export function choice(...options: readonly Doc[]): Doc {
  return { kind: "choice", options };
}

export function join(separator: Doc, docs: readonly Doc[]): Doc {
  return docs.flatMap((doc, i) => i === 0 ? [doc] : [separator, doc]);
}

/** `open a, b close`, one to a line when they do not fit. */
export function list(open: string, items: readonly Doc[], close: string, padding = softline): Doc {
  if (items.length === 0) return open + close;
  return group([
    open,
    indent([padding, join([",", line], items)]),
    trailingComma,
    padding,
    close,
  ]);
}

interface Item {
  readonly doc: Doc;
  readonly depth: number;
  readonly broken: boolean;
}

/** Lays a document out, starting with the given indentation. */
export function print(doc: Doc, width = 100, depth = 0): string {
  let out = "", column = depth * 2;
  const stack: Item[] = [{ doc, depth, broken: true }];
  for (let item = stack.pop(); item; item = stack.pop()) {
    const { doc, depth, broken } = item;
    if (typeof doc === "string") {
      out += doc;
      const newline = doc.lastIndexOf("\n");
      column = newline < 0 ? column + doc.length : doc.length - newline - 1;
    } else if (isList(doc)) {
      for (let i = doc.length - 1; i >= 0; i--) stack.push({ doc: doc[i]!, depth, broken });
    } else if (doc.kind === "line") {
      if (broken || doc.hard) {
        out = out.replace(/ +$/, "") + "\n" + "  ".repeat(depth);
        column = depth * 2;
      } else {
        out += doc.flat;
        column += doc.flat.length;
      }
    } else if (doc.kind === "broken") {
      if (broken) {
        out += doc.text;
        column += doc.text.length;
      }
    } else if (doc.kind === "indent") {
      stack.push({ doc: doc.body, depth: depth + 1, broken });
    } else if (doc.kind === "group") {
      const flat = { doc: doc.body, depth, broken: false };
      stack.push(fits(width - column, [flat], stack, true) ? flat : { ...flat, broken: true });
    } else {
      const all = doc.options.map((option) => ({ doc: option, depth, broken: false }));
      const chosen = all.find((option) => fits(width - column, [option], stack, false)) ??
        all.at(-1)!;
      stack.push(chosen);
    }
  }
  return out;
}

/** Whether text up to the next line break fits; with `flat`, no group may break. */
function fits(room: number, items: Item[], rest: readonly Item[], flat: boolean): boolean {
  const work = [...items];
  let behind = rest.length;
  while (room >= 0) {
    let item = work.pop();
    if (!item) {
      if (behind === 0) return true;
      item = rest[--behind]!;
    }
    const { doc, depth, broken } = item;
    if (typeof doc === "string") {
      const newline = doc.indexOf("\n");
      if (newline >= 0) return room >= newline;
      room -= doc.length;
    } else if (isList(doc)) {
      for (let i = doc.length - 1; i >= 0; i--) work.push({ doc: doc[i]!, depth, broken });
    } else if (doc.kind === "line") {
      if (doc.hard) return !(flat && behind === rest.length);
      if (broken) return true;
      room -= doc.flat.length;
    } else if (doc.kind === "broken") {
      if (broken) room -= doc.text.length;
    } else if (doc.kind === "choice") {
      work.push({ doc: doc.options[0]!, depth, broken: false });
    } else {
      work.push({ doc: doc.body, depth, broken: broken && doc.kind === "indent" });
    }
  }
  return false;
}

function isList(doc: Doc): doc is readonly Doc[] {
  return Array.isArray(doc);
}

/** A document as it is when everything fits on one line. */
export function flatten(doc: Doc): string {
  return print(group(doc), Infinity);
}
