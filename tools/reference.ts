/**
 * The reference of `tl`, made of its declarations: signatures, docstrings and one example each.
 *
 * An example is the last part of a docstring: code, and behind `//` what it is given and what comes of it.
 *
 * ```text
 * @example tl.where(x > 1, x, y) // x = [1, 2]; y: i32 = [3, 4] gives [3, 2]
 * @example tl.store(p + tl.arange(0, 2), 7) // ptr p = [1, 2, 3] makes p = [7, 7, 3]
 * @example tl.devicePrint("x", x) // x = [1, 2] prints pid (0, 0, 0) x: [1, 2]
 * ```
 *
 * `x = […]` is a tile (f32 unless a dtype is given), `ptr p` a pointer, and `n = 3` a compile-time number.
 * What a call `gives`, several results joined by `and`, is compared to four digits.
 */

/** One function of `tl`. */
export interface Entry {
  readonly name: string;
  /** Each overload, on lines of its own. */
  readonly signatures: readonly string[];
  readonly doc: string;
  readonly example: Example | undefined;
}

export interface Example {
  readonly code: string;
  /** What it is given and what comes of it, as written. */
  readonly spec: string;
}

export interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** Where the functions are declared, in the order of the reference. */
const SOURCES = [
  ["operations.ts", "Operations", "tl"],
  [
    "functions.ts",
    "ElementwiseFunctions",
    "Elementwise functions, in tl.math and tl.libdevice too",
  ],
  ["libdevice.ts", "LibdeviceFunctions", "tl.libdevice"],
  ["random.ts", "RandomFunctions", "Random numbers"],
  ["atomics.ts", "AtomicFunctions", "Atomic operations and barriers"],
  ["blocks.ts", "BlockFunctions", "Blocks of tensors, and promises"],
  ["map.ts", "MapFunctions", "Functions of single elements, and WGSL"],
  ["debug.ts", "DebugFunctions", "Printing and checking while a kernel runs"],
] as const;

const LANGUAGE = new URL("../lib/language/", import.meta.url);

/** Every function of `tl`, by section. */
export async function sections(): Promise<Section[]> {
  const all: Section[] = [];
  for (const [file, name, title] of SOURCES) {
    const text = await Deno.readTextFile(new URL(file, LANGUAGE));
    all.push(...sectionsOf(text, name, title));
  }
  return all;
}

/** The members of an interface, grouped by the comments that stand alone on a line. */
function sectionsOf(text: string, name: string, title: string): Section[] {
  const start = text.indexOf(`export interface ${name}`);
  const body = text.slice(text.indexOf("{\n", start) + 2, text.indexOf("\n}\n", start));
  const found: { title: string; entries: Entry[] }[] = [{ title, entries: [] }];
  let doc: string | undefined;
  const lines = body.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (/^ {2}\/\/ /.test(line)) {
      const section = name === "Operations" ? line.slice(5) : `${title}: ${line.slice(5)}`;
      found.push({ title: section, entries: [] });
    } else if (line.startsWith("  /**")) {
      const from = i;
      while (!lines[i]!.endsWith("*/")) i++;
      doc = docText(lines.slice(from, i + 1));
    } else if (/^ {2}\w+[(<]/.test(line)) {
      const from = i;
      while (!lines[i]!.endsWith(";") || /^ {4}/.test(lines[i]!)) i++;
      const signature = lines.slice(from, i + 1).map((line) => line.slice(2)).join("\n");
      const [, name] = /^(\w+)/.exec(signature)!;
      const entries = found.at(-1)!.entries, last = entries.at(-1);
      if (last?.name === name) {
        entries[entries.length - 1] = { ...last!, signatures: [...last!.signatures, signature] };
      } else {
        entries.push(entryOf(name!, signature, doc ?? ""));
      }
      doc = undefined;
    }
  }
  return found.filter(({ entries }) => entries.length > 0);
}

/** A docstring without its stars. */
function docText(lines: readonly string[]): string {
  return lines.join("\n").replace(/^\s*\/\*\*|\*\/$/g, "").split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd()).join("\n").trim();
}

function entryOf(name: string, signature: string, doc: string): Entry {
  const [description, example] = doc.split("@example");
  const [, code, spec] = /^([\s\S]*\S)\s*\/\/ ([\s\S]*)$/.exec(example?.trim() ?? "") ?? [];
  return {
    name,
    signatures: [signature],
    doc: description!.trim().replace(/\{@linkcode ([\w.]+)\}/g, "`$1`"),
    example: code === undefined || spec === undefined
      ? undefined
      : { code, spec: spec.replace(/\s*\n\s*/g, " ") },
  };
}

/** The reference as Markdown. */
export function render(all: readonly Section[], operations: string): string {
  const parts = [
    "# The functions of `tl`",
    "",
    "Made by `deno task docs` from the declarations in `lib/language/`; every example is run by the tests.",
    "",
    "In signatures a tile, a scalar and a compile-time number are all `number`. Behind `//` stands what an",
    "example is given, and what comes of it: `x = […]` is a tile of f32, `ptr p` a pointer to such numbers,",
    "`n = 3` a compile-time number.",
    "",
    ...all.map(({ title }) => `- [${title}](#${anchor(title)})`),
    "- [Operations of the tile graph](#operations-of-the-tile-graph)",
    "",
  ];
  for (const { title, entries } of all) {
    parts.push(`## ${title}`, "");
    const prefix = title.startsWith("tl.libdevice") ? "tl.libdevice." : "tl.";
    for (const { name, signatures, doc, example } of entries) {
      parts.push(`### \`${prefix}${name}\``, "", "```ts ignore", ...signatures, "```", "", doc, "");
      if (example) parts.push("```js ignore", example.code, `// ${example.spec}`, "```", "");
    }
  }
  return [...parts, operations].join("\n");
}

function anchor(title: string): string {
  return title.toLowerCase().replace(/[^\w\s-]/g, "").replace(/\s/g, "-");
}

/** The op table as Markdown: what `inspect` shows. */
export function renderOperations(
  table: Readonly<
    Record<string, {
      readonly doc: string;
      readonly operands: readonly string[];
      readonly attributes?: Readonly<Record<string, string>>;
      readonly regions?: readonly string[];
    }>
  >,
): string {
  const rows = Object.entries(table).map(([name, { doc, operands, attributes, regions }]) => {
    const attributed = Object.keys(attributes ?? {}).join(", ");
    const call = `${operands.join(", ")}${attributed === "" ? "" : ` {${attributed}}`}`;
    const cells = [`\`${name}\``, call, (regions ?? []).join(", "), doc];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return [
    "## Operations of the tile graph",
    "",
    "What `deno run -A cli.ts inspect … --stage tile` prints. Most functions of `tl` become one or a few.",
    "",
    "| operation | operands {attributes} | regions | what it computes |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
