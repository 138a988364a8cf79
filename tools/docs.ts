/**
 * Writes `docs/reference.md` from the declarations of `tl` and the op table: `deno task docs`. With
 * `--check` it writes nothing and fails when the file is not what would be written.
 */

import { OPS } from "../lib/ir/ops.ts";
import { render, renderOperations, sections } from "./reference.ts";

const FILE = new URL("../docs/reference.md", import.meta.url);

/** The reference as it is to be committed: formatted. */
export async function reference(): Promise<string> {
  const text = render(await sections(), renderOperations(OPS));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    cwd: new URL("..", import.meta.url),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { stdout, success } = await child.output();
  if (!success) throw new Error("deno fmt does not take the reference");
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  const text = await reference();
  if (!Deno.args.includes("--check")) {
    await Deno.writeTextFile(FILE, text);
  } else if (await Deno.readTextFile(FILE) !== text) {
    console.error("docs/reference.md is not what the declarations say: run deno task docs");
    Deno.exit(1);
  }
}
