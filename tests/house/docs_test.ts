/** Every public symbol has its documentation. (Whether the examples run, `deno test --doc` tells.) */

import { assert, assertEquals } from "../support/assert.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("every export of mod.ts, and every member of one, is documented", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", "mod.ts"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  assert(code === 0 || /Found \d+ documentation lint error/.test(text), text);
  // The lint also reports private types that public ones mention; a brand's symbol is meant to be one.
  const missing = text.split("\n\n")
    .filter((report) => report.includes("error[missing-jsdoc]"))
    .map((report) => /-->\s*(\S+)/.exec(report)?.[1]?.replace(ROOT.pathname, ""));
  assertEquals(missing, []);
});
