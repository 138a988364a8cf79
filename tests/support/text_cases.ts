/**
 * Tests that are text: a program, what passes are run over it, and what comes out.
 *
 * ```text
 * passes: canonicalise
 *
 * === the name of a case
 * kernel @k(%x: i32) {
 *   ...
 * }
 * ---
 * kernel @k(%x: i32) {
 *   ...
 * }
 * ```
 *
 * `BLESS=1` writes what comes out into the files, to be read in the diff.
 */

/** One program and what is expected of it. */
export interface TextCase {
  readonly name: string;
  readonly program: string;
  readonly expected: string;
}

export interface TextFile {
  readonly passes: readonly string[];
  readonly cases: readonly TextCase[];
}

export function parseTextFile(text: string): TextFile {
  const [head = "", ...sections] = text.split(/^=== /m);
  const passes = /^passes:(.*)$/m.exec(head)?.[1]?.split(",").map((name) => name.trim());
  if (!passes) throw new Error("The file does not begin with 'passes:'");
  const cases = sections.map((section) => {
    const [, name = "", rest = ""] = /^(.*)\n([^]*)$/.exec(section) ?? [];
    const [program = "", expected = ""] = rest.split(/^---\n/m);
    return { name: name.trim(), program: program.trim() + "\n", expected: expected.trim() + "\n" };
  });
  return { passes, cases };
}

/** Runs every case of a file as a step of a test, or blesses the file. */
export async function runTextFile(
  url: URL,
  t: Deno.TestContext,
  run: (passes: readonly string[], program: string, name: string) => string,
  compare: (actual: string, expected: string) => void,
): Promise<void> {
  const text = await Deno.readTextFile(url);
  const { passes, cases } = parseTextFile(text);
  if (Deno.env.get("BLESS")) {
    const head = text.slice(0, text.indexOf("\n=== ")).trimEnd();
    const blessed = cases.map(({ name, program }) =>
      `\n\n=== ${name}\n${program}---\n${run(passes, program, name)}`.trimEnd()
    );
    await Deno.writeTextFile(url, head + blessed.join("") + "\n");
    return;
  }
  for (const { name, program, expected } of cases) {
    await t.step(name, () => compare(run(passes, program, name), expected));
  }
}
