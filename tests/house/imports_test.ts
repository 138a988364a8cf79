/** Imports flow one way; what follows says which way. */

import { assert, assertEquals } from "../support/assert.ts";

/** What each place may import, besides itself: a folder ending in "/", or a file. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  "lib/errors.ts": ["lib/ir/"],
  "lib/layout/": ["lib/errors.ts"],
  "lib/ir/": ["lib/errors.ts", "lib/layout/"],
  "lib/language/": ["lib/errors.ts", "lib/ir/"],
  "lib/trace/": ["lib/errors.ts", "lib/ir/", "lib/layout/", "lib/language/"],
  "lib/passes/": ["lib/errors.ts", "lib/ir/", "lib/layout/"],
  "lib/lower/": ["lib/errors.ts", "lib/ir/", "lib/layout/"],
  "lib/wgsl/": ["lib/errors.ts", "lib/ir/", "lib/layout/"],
  "lib/cpu/": ["lib/errors.ts", "lib/ir/", "lib/layout/"],
  "lib/runtime/": [
    "lib/errors.ts",
    "lib/words.ts",
    "lib/ir/dtype.ts",
    "lib/ir/bits.ts",
    "lib/cache/cache.ts",
  ],
  "lib/cache/": ["lib/version.ts"],
  "lib/port/": ["lib/errors.ts", "lib/kernel.ts", "mod.ts"],
  "kernels/": ["mod.ts"],
  "examples/": ["mod.ts", "kernels/"],
};

const ROOT = new URL("../../", import.meta.url);

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly { code?: Target; type?: Target }[];
}
interface Target {
  readonly specifier?: string;
}

/** The modules that `files` reach, with paths relative to the repository. */
async function moduleGraph(...files: string[]): Promise<Module[]> {
  const graphs = await Promise.all(files.map(async (file) => {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", new URL(file, ROOT).href],
    });
    const { stdout } = await command.output();
    const { modules } = JSON.parse(new TextDecoder().decode(stdout).replaceAll(ROOT.href, ""));
    return modules as Module[];
  }));
  return graphs.flat();
}

function filesIn(folder: string): string[] {
  try {
    const names = [...Deno.readDirSync(new URL(folder, ROOT))].map((entry) => entry.name);
    return names.filter((name) => name.endsWith(".ts")).map((name) => folder + name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

Deno.test("every import goes the way that the table of places allows", async () => {
  const files = ["mod.ts", "port.ts", "cache.ts", ...filesIn("kernels/"), ...filesIn("examples/")];
  const wrong = new Set<string>();
  for (const { specifier, dependencies } of await moduleGraph(...files)) {
    const place = Object.keys(MAY_IMPORT).find((place) => specifier.startsWith(place));
    if (!place) continue;
    for (const { code, type } of dependencies ?? []) {
      const target = code?.specifier ?? type?.specifier ?? "";
      const allowed = [place, ...MAY_IMPORT[place]!].some((prefix) => target.startsWith(prefix));
      if (target.startsWith("lib/") && !allowed) wrong.add(`${specifier} imports ${target}`);
    }
  }
  assertEquals([...wrong], []);
});

Deno.test("mod.ts brings acorn and nothing else from npm, or from elsewhere", async () => {
  const specifiers = (await moduleGraph("mod.ts")).map(({ specifier }) => specifier);
  const foreign = specifiers.filter((specifier) => /^[a-z]+:/.test(specifier));
  assertEquals(foreign.map((specifier) => specifier.replace(/@[\d.]+$/, "")), ["npm:/acorn"]);
});

Deno.test("what mod.ts reaches runs in a browser: it names nothing of Deno's", async () => {
  const own = (await moduleGraph("mod.ts")).filter(({ specifier }) =>
    /^(lib\/|mod\.ts)/.test(specifier)
  );
  assert(own.length > 1);
  for (const { specifier } of own) {
    const text = await Deno.readTextFile(new URL(specifier, ROOT));
    const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
    assert(!/\bDeno\.\w/.test(code), `${specifier} uses Deno.*`);
  }
});

Deno.test("deno.lock does not name the native module of Dawn, since Deno fetches all that it names", async () => {
  const lock = await Deno.readTextFile(new URL("deno.lock", ROOT));
  assert(!lock.includes("webgpu@"), "Run what uses Dawn with --no-lock, and restore deno.lock");
});
