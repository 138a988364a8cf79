/** `cli.ts inspect`: any stage of any kernel, without a GPU. */

import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { cli, NO_ADAPTER, withScript } from "./support.ts";

const MOD = new URL("../../mod.ts", import.meta.url).href;
const SOFTMAX = new URL("../../kernels/softmax.ts", import.meta.url).href;

const KERNELS = `
import { jit, type Pointer, tl } from "${MOD}";

export const relu = (x: number) => Math.max(x, 0);

export const applied = jit(
  function apply(x: Pointer, scale = tl.f32(1), { BLOCK, ACTIVATION = (x) => x }) {
    const places = x + tl.arange(0, BLOCK);
    tl.store(places, ACTIVATION(tl.load(places)) * scale);
  },
);

export class Shift {
  static BY = 3;

  @jit
  static up(x: Pointer, n: number) {
    tl.store(x + n, tl.load(x + n) + this.BY);
  }
}
`;

Deno.test("inspect lists a file's kernels with their parameters and constants", async () => {
  await withScript(KERNELS, async (file) => {
    const { code, stdout } = await cli("inspect", file);
    assertEquals([code, stdout], [
      0,
      "Shift.up(x, n)\napplied(x, scale, { BLOCK, ACTIVATION? })\n",
    ]);
  });
});

Deno.test("inspect prints the tile graph for the types that are given", async () => {
  await withScript(KERNELS, async (file) => {
    const { code, stdout, stderr } = await cli(
      ...["inspect", file, "Shift.up", "--args", "x: ptr f16, n: i32 = 32"],
    );
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(
      stdout,
      "kernel @up(%x: ptr<x:f16> {divisibility = 16}, %n: i32 {divisibility = 16}) {\n",
    );
  });
});

Deno.test("inspect guesses types from the file, and says which", async () => {
  await withScript(KERNELS, async (file) => {
    const { code, stdout, stderr } = await cli("inspect", file, "apply", "--const", "BLOCK=64");
    assertEquals(code, 0);
    assertEquals(stderr, `# inspect ${file} apply --args "x: ptr f32, scale: f32"\n`);
    assertStringIncludes(stdout, "%x: ptr<x:f32> {divisibility = 16}, %scale: f32)");
  });
});

Deno.test("inspect takes a constant's value from the file's exports", async () => {
  await withScript(KERNELS, async (file) => {
    const constants = ["--const", "BLOCK=64", "--const", "ACTIVATION=relu"];
    const plain = await cli("inspect", file, "applied", ...constants.slice(0, 2));
    const fused = await cli("inspect", file, "applied", ...constants);
    assert(!plain.stdout.includes(" max"), plain.stdout);
    assertStringIncludes(fused.stdout, " max");
  });
});

Deno.test("inspect --stage layout gives every tile a layout, and draws them", async () => {
  await withScript(KERNELS, async (file) => {
    const { stdout } = await cli(
      ...["inspect", file, "applied", "--const", "BLOCK=256", "--stage", "layout"],
    );
    assertStringIncludes(stdout, "#0 = ");
    assertStringIncludes(stdout, "tile<256xf32, #0>");
    assertStringIncludes(stdout, "\n#0: 256\n");
    assertStringIncludes(stdout, "r0 l0");
  });
});

Deno.test("inspect --stage wgsl needs no adapter", async () => {
  const { code, stdout } = await cli(
    ...["inspect", SOFTMAX, "softmax", "--stage", "wgsl", "--const", "BLOCK=256"],
    NO_ADAPTER,
  );
  assertEquals(code, 0);
  assertStringIncludes(stdout, "@compute @workgroup_size(128");
  assertStringIncludes(stdout, "subgroupShuffleXor");
  const plain = await cli(
    ...["inspect", SOFTMAX, "softmax", "--stage", "wgsl", "--const", "BLOCK=256"],
    ...["--subgroups", "0", "--num-warps", "2"],
  );
  assertStringIncludes(plain.stdout, "@compute @workgroup_size(64");
  assert(!plain.stdout.includes("subgroup"), plain.stdout);
});

Deno.test("inspect says what is wrong, and exits with 2 for the command line's mistakes", async () => {
  await withScript(KERNELS, async (file) => {
    const wrong: [args: string[], message: string][] = [
      [
        [file, "appled"],
        `'${file}' exports no kernel 'appled'; did you mean 'applied'?\n` +
        "Its kernels: Shift.up, applied\n",
      ],
      [
        [file, "applied", "--args", "ptr f32, f32"],
        "The kernel needs a value for 'BLOCK'; for example\n" +
        `  inspect ${file} applied --args "ptr f32, f32" --const BLOCK=1024\n`,
      ],
      [
        [file, "Shift.up", "--args", "ptr f32, i32", "--const", "BLOCK=64"],
        "The kernel has no constant 'BLOCK': it has none\n",
      ],
      [
        [file, "Shift.up", "--args", "ptr f32"],
        "--args has 1 type, the kernel 2 parameters: x, n\n",
      ],
    ];
    for (const [args, message] of wrong) {
      const { code, stderr } = await cli("inspect", ...args);
      assertEquals([code, stderr], [2, message]);
    }
  });
  await withScript("export const x = 1;", async (file) => {
    const { code, stderr } = await cli("inspect", file, "x");
    assertEquals(code, 2);
    assertStringIncludes(stderr, "exports no kernels");
  });
  const { code, stderr } = await cli("inspect", "no_such_file.ts", "x");
  assertEquals(code, 2);
  assertStringIncludes(stderr, "Cannot import 'no_such_file.ts'");
});

Deno.test("inspect exits with 1 for a kernel that does not compile, and shows the place", async () => {
  const script = `
import { jit, type Pointer, tl } from "${MOD}";
export const wrong = jit(function wrong(x: Pointer) { tl.store(x, tl.arange(0, 100)); });
`;
  await withScript(script, async (file) => {
    const { code, stderr } = await cli("inspect", file, "wrong", "--args", "ptr f32");
    assertEquals(code, 1);
    assertStringIncludes(stderr, "^^^");
    assert(!stderr.includes("lib/trace"), stderr);
  });
});
