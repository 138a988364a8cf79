/**
 * Each TypeScript block of the README is a script that runs without permissions, on every device, and
 * prints what its `// prints …` comments say, or the text block that follows it directly.
 * (`deno test --doc` checks the blocks' types.)
 */

import { hasGpu, INSTALL } from "../support/devices.ts";
import { assert, assertEquals } from "../support/assert.ts";

const ROOT = new URL("../../", import.meta.url);
const README = await Deno.readTextFile(new URL("README.md", ROOT));

/** The blocks, each with the heading that it stands under. */
const BLOCKS = README.split(/^#+ /m).flatMap((section) =>
  [...section.matchAll(/^```ts\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)\n```)?/gm)].map(
    ([, code, text], i) => ({
      name: `${section.slice(0, section.indexOf("\n"))}, block ${i + 1}`,
      code: code!,
      expected: text?.split("\n") ??
        [...code!.matchAll(/\/\/ prints (.*)$/gm)].map((match) => match[1]!),
    }),
  )
);

/** The lines that a script prints on a device. */
async function output(code: string, device: "cpu" | "webgpu"): Promise<string[]> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code.replaceAll('from "./', `from "${ROOT.href}`));
    const preload = `data:text/javascript,globalThis[Symbol.for("nereid.device")]="${device}"`;
    const { code: exit, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-config", "--preload", preload, file],
      env: { NO_COLOR: "1" },
    }).output();
    if (exit !== 0) throw new Error(`The block failed:\n${new TextDecoder().decode(stderr)}`);
    const printed = new TextDecoder().decode(stdout).trimEnd();
    return printed.replaceAll(`file://${file}`, "file:///home/you/script.ts").split("\n");
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("the README has blocks, and they say what they print", () => {
  assert(BLOCKS.length > 0);
  for (const { name, expected } of BLOCKS) assert(expected.length > 0, `${name} prints nothing`);
});

for (const { name, code, expected } of BLOCKS) {
  for (const device of ["cpu", "webgpu"] as const) {
    const skipped = device === "webgpu" && !hasGpu;
    Deno.test({
      name: `README, ${name} (${device})${skipped ? `: no adapter, ${INSTALL}` : ""}`,
      ignore: skipped,
      fn: async () => assertEquals(await output(code, device), expected),
    });
  }
}

Deno.test("every file and folder that the README names exists", async () => {
  const paths = README.matchAll(/`((?:[\w.-]+\/)+[\w.-]*|[\w-]+\.(?:ts|json))`/g);
  const named = new Set([...paths].map((match) => match[1]!));
  assert(named.size > 0);
  for (const path of named) {
    // The table of kernels leaves their folder out.
    const found = await exists(path) || await exists(`kernels/${path}`);
    assert(found, `The README names '${path}', which does not exist`);
  }
});

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(new URL(path, ROOT));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
