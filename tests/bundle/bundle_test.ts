/**
 * Nereid and its kernels, bundled and minified as an application ships them: in Deno, and in a page of
 * Chromium, whose compiler also gets the WGSL that is kept.
 */

import { assert, assertEquals } from "../support/assert.ts";
import { chromium, inChromium, INSTALL_CHROMIUM } from "../support/chromium.ts";

const HERE = new URL(".", import.meta.url);

/**
 * What `deno bundle --minify` makes of the suite; false where esbuild, which does it and is fetched for that,
 * is not to be had.
 */
async function bundled(file: string): Promise<boolean> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--minify", "--platform", "browser", "-o", file, "suite.ts"],
    cwd: HERE,
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return true;
  const error = new TextDecoder().decode(stderr);
  if (!/error sending request .*esbuild/.test(error)) throw new Error(`deno bundle: ${error}`);
  console.error("not run: deno bundle cannot fetch esbuild");
  return false;
}

const directory = await Deno.makeTempDir({ prefix: "bundle" });
const file = `${directory}/suite_test.js`;
let made: Promise<boolean> | undefined;

function suite(): Promise<boolean> {
  return made ??= bundled(file);
}

globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

Deno.test("the kernel library survives a minifier", async () => {
  if (!await suite()) return;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--no-config", file],
    env: { NO_COLOR: "1", NEREID_TEST_DEVICES: "cpu" },
  }).output();
  const output = new TextDecoder().decode(stdout);
  assert(code === 0, output);
  assert(Number(/(\d+) passed \| 0 failed/.exec(output)?.[1]) > 100, output);
});

Deno.test({
  name: "the kernel library, minified, runs in Chromium" +
    (chromium ? "" : `: ${INSTALL_CHROMIUM}`),
  ignore: chromium === undefined,
  fn: async () => {
    if (!await suite()) return;
    const files = {
      "suite.js": await Deno.readTextFile(file),
      "page.js": await Deno.readTextFile(new URL("page.js", HERE)),
    };
    const result = await inChromium(
      files,
      `import("/page.js").then(() => runTests("/suite.js"))`,
    ) as { ran: string[]; failures: string[] };
    assertEquals(result.failures, []);
    assert(result.ran.length >= 25, result.ran.join("\n"));
  },
});
