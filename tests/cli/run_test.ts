/** `cli.ts run`: a script with another default device. */

import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { cli, withScript } from "./support.ts";

const MOD = new URL("../../mod.ts", import.meta.url).href;

Deno.test("run gives the script its arguments, and makes it the main module", async () => {
  const script = "console.log(import.meta.main, ...Deno.args);";
  await withScript(script, async (file) => {
    const { code, stdout } = await cli("run", "--device", "cpu", file, "--", "a", "--flag");
    assertEquals([code, stdout], [0, "true a --flag\n"]);
  });
});

Deno.test("run --device cpu makes Device.open() open the CPU", async () => {
  const script = `import { Device } from "${MOD}"; console.log((await Device.open()).kind);`;
  await withScript(script, async (file) => {
    assertEquals((await cli("run", "--device", "cpu", file)).stdout, "cpu\n");
  });
});

Deno.test("run exits as the script does", async () => {
  await withScript("Deno.exit(7);", async (file) => {
    assertEquals((await cli("run", file)).code, 7);
  });
});

Deno.test("run without --device changes nothing", async () => {
  const script = 'console.log(globalThis[Symbol.for("nereid.device")]);';
  await withScript(script, async (file) => {
    assertEquals((await cli("run", file)).stdout, "undefined\n");
  });
});

Deno.test("run --debug has assertions checked", async () => {
  const script = 'console.log(globalThis[Symbol.for("nereid.debug")]);';
  await withScript(script, async (file) => {
    assertEquals((await cli("run", "--debug", file)).stdout, "true\n");
    assertEquals((await cli("run", file)).stdout, "undefined\n");
  });
});

Deno.test("a command line that cannot be understood exits with 2 and says why", async () => {
  const wrong: [args: string[], message: string][] = [
    [["run"], "missing required argument 'file'"],
    [["run", "--device", "gpu", "x.ts"], "Allowed choices are webgpu, dawn, cpu"],
    [["ran", "x.ts"], "unknown command 'ran'"],
    [["inspect", "x.ts", "k", "--stage", "ptx"], "Allowed choices are tile, layout, wgsl"],
  ];
  for (const [args, message] of wrong) {
    const { code, stderr } = await cli(...args);
    assertStringIncludes(stderr, message);
    assertEquals(code, 2);
  }
});

Deno.test("--help exits with 0", async () => {
  const { code, stdout } = await cli("--help");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "inspect");
});
