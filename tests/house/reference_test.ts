/** The reference is what the declarations say, and its examples do what they say. */

import { Device } from "../../mod.ts";
import { reference } from "../../tools/docs.ts";
import { sections } from "../../tools/reference.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { deviceOf, hasGpu } from "../support/devices.ts";
import { runExample } from "./examples.ts";

const SECTIONS = await sections();

Deno.test("docs/reference.md is what deno task docs would write", async () => {
  const file = new URL("../../docs/reference.md", import.meta.url);
  assert(await Deno.readTextFile(file) === await reference(), "Run deno task docs");
});

Deno.test("every function of tl has a description and an example", () => {
  const bare = SECTIONS.flatMap(({ entries }) => entries)
    .filter(({ doc, example }) => doc === "" || !example).map(({ name }) => name);
  assertEquals(bare, []);
});

// Each example is a kernel, which drivers in software take long to compile.
const software = !hasGpu || (await deviceOf("webgpu")).capabilities.software;

for (const { title, entries } of SECTIONS) {
  for (const kind of software ? ["cpu"] as const : ["cpu", "webgpu"] as const) {
    Deno.test(`the examples of the reference do what they say: ${title} (${kind})`, async () => {
      const printed: string[] = [];
      using device = await Device.open({
        device: kind,
        print: (text) => void printed.push(text),
      });
      for (const { name, example } of entries) {
        if (!example) continue;
        printed.length = 0;
        const { got, wanted, same } = await runExample(example, device, printed);
        assert(same, `${name}: ${example.code} gives ${got}, not ${wanted}`);
      }
    });
  }
}
