/** The cache on disk: what is found again, and what happens to it when things go wrong. */

import { DiskCache } from "../../cache.ts";
import { fingerprint } from "../../lib/cache/fingerprint.ts";
import { VERSION } from "../../lib/version.ts";
import configuration from "../../deno.json" with { type: "json" };
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { warningsOf } from "../support/warnings.ts";

function inFolder(name: string, fn: (folder: string) => void | Promise<void>): void {
  Deno.test(name, async () => {
    const folder = Deno.makeTempDirSync();
    try {
      await fn(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

const filesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

inFolder("a text is found under its key, by another cache too", (folder) => {
  const cache = new DiskCache(`${folder}/made/when needed`);
  assertEquals(cache.get("a"), undefined);
  const texts = ["", "one line", "two\nlines\n", "µ ∑ 😀", '"quoted"', "x".repeat(100_000)];
  texts.forEach((text, i) => cache.set(`key ${i}\nof two lines`, text));
  const other = new DiskCache(cache.folder);
  assertEquals(texts.map((_, i) => other.get(`key ${i}\nof two lines`)), texts);
  cache.set("key 1\nof two lines", "new");
  assertEquals(other.get("key 1\nof two lines"), "new");
});

inFolder("a file that was cut off or changed anywhere is not there", (folder) => {
  const cache = new DiskCache(folder);
  cache.set("key", "some text of a kernel");
  const path = `${folder}/${filesIn(folder)[0]}`, whole = Deno.readTextFileSync(path);
  for (let length = 0; length < whole.length; length++) {
    Deno.writeTextFileSync(path, whole.slice(0, length));
    assertEquals(cache.get("key"), undefined);
    Deno.writeTextFileSync(path, `${whole.slice(0, length)}#${whole.slice(length + 1)}`);
    assertEquals(cache.get("key"), undefined);
  }
  Deno.writeFileSync(path, Uint8Array.of(0xff, 0xfe, 0x00, 0x80));
  assertEquals(cache.get("key"), undefined);
  cache.set("key", "again");
  assertEquals(cache.get("key"), "again");
});

inFolder("a file of another key under the same name is not taken", (folder) => {
  const cache = new DiskCache(folder);
  cache.set("key", "text");
  const [name] = filesIn(folder);
  cache.set("other", "other text");
  const other = filesIn(folder).find((file) => file !== name)!;
  Deno.copyFileSync(`${folder}/${other}`, `${folder}/${name}`);
  assertEquals(cache.get("key"), undefined);
});

inFolder("a cache that cannot be written says so once, and the program goes on", async (folder) => {
  Deno.writeTextFileSync(`${folder}/file`, "");
  const cache = new DiskCache(`${folder}/file`);
  const warnings = await warningsOf(() => {
    cache.set("key", "text");
    cache.set("key", "text");
    assertEquals(cache.get("key"), undefined);
  });
  assertEquals(warnings.length, 1);
  assertMatch(
    String(warnings[0]),
    /^Nereid: cannot write the cache in .*\/file, kernels are compiled without it: /,
  );
});

inFolder("nothing is left of a file that the disk had no room for", async (folder) => {
  const cache = new DiskCache(folder);
  const { writeTextFileSync } = Deno;
  Deno.writeTextFileSync = (path: string | URL, text: string) => {
    writeTextFileSync(path, text.slice(0, 10));
    throw new Error("No space left on device (os error 28)");
  };
  try {
    const warnings = await warningsOf(() => cache.set("key", "text"));
    assertMatch(String(warnings[0]), /No space left on device/);
  } finally {
    Deno.writeTextFileSync = writeTextFileSync;
  }
  assertEquals([filesIn(folder), cache.get("key")], [[], undefined]);
  cache.set("key", "text");
  assertEquals(cache.get("key"), "text");
});

inFolder("a file that is locked is not there, which is said once", async (folder) => {
  const cache = new DiskCache(folder);
  cache.set("key", "text");
  const { readTextFileSync } = Deno;
  Deno.readTextFileSync = () => {
    throw new Deno.errors.Busy("The file is used by another process (os error 32)");
  };
  try {
    const warnings = await warningsOf(() => {
      assertEquals([cache.get("key"), cache.get("key")], [undefined, undefined]);
    });
    assertEquals(warnings.length, 1);
    assertMatch(String(warnings[0]), /^Nereid: cannot read the cache in .*used by another process/);
  } finally {
    Deno.readTextFileSync = readTextFileSync;
  }
  assertEquals(cache.get("key"), "text");
});

inFolder("the oldest texts make room for new ones", (folder) => {
  const cache = new DiskCache(folder, { maxBytes: 10_000 });
  for (let i = 0; i < 30; i++) {
    cache.set(`key ${i}`, "x".repeat(1000));
    for (const name of filesIn(folder)) { // all of them a second older than before
      const { mtime } = Deno.statSync(`${folder}/${name}`);
      const older = new Date(mtime!.getTime() - 1000);
      Deno.utimeSync(`${folder}/${name}`, older, older);
    }
  }
  const left = Array.from({ length: 30 }, (_, i) => cache.get(`key ${i}`) !== undefined);
  const kept = left.filter((there) => there).length;
  assert(kept >= 5 && kept <= 9, `${kept} are left`);
  assertEquals(left, left.map((_, i) => i >= 30 - kept));
});

inFolder("processes that write the same keys at once leave whole files", async (folder) => {
  const script = `
    import { DiskCache } from ${JSON.stringify(new URL("../../cache.ts", import.meta.url).href)};
    const cache = new DiskCache(Deno.args[0]);
    for (let i = 0; i < 200; i++) {
      cache.set("key " + i % 5, (Deno.args[1] + " ").repeat(2000));
      const text = cache.get("key " + i % 5);
      if (!text || new Set(text.trim().split(" ")).size !== 1) Deno.exit(1);
    }`;
  Deno.writeTextFileSync(`${folder}/writer.ts`, script);
  const writers = ["a", "b", "c"].map((name) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", `${folder}/writer.ts`, `${folder}/cache`, name],
    }).output()
  );
  assertEquals((await Promise.all(writers)).map(({ code }) => code), [0, 0, 0]);
  assertEquals(filesIn(`${folder}/cache`).length, 5);
});

Deno.test("fingerprints differ where texts differ", () => {
  const texts = new Set<string>();
  for (let i = 0; i < 5000; i++) {
    texts.add(`kernel ${i}`).add("x".repeat(i)).add(`${i}\0`.repeat(3));
  }
  assertEquals(new Set([...texts].map(fingerprint)).size, texts.size);
  assertMatch(fingerprint(""), /^[0-9a-f]{32}$/);
});

Deno.test("the version is that of deno.json", () => {
  assertEquals(VERSION, configuration.version);
});
