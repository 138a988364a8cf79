/**
 * Kernels as Triton's users write them, in `corpus/`, with the code of the host around them: what they
 * are translated to is formatted and typed, and computes what is computed here by definition.
 */

import type { Device, Tensor, TensorDType } from "../../mod.ts";
import { load, type LoadedKernel, port } from "../../port.ts";
import { assert, assertClose, assertEquals } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import type { Case, Contents } from "./references/case.ts";
import { POINTWISE } from "./references/pointwise.ts";
import { TILES } from "./references/tiles.ts";
import { deno } from "./support.ts";

const CASES = [...POINTWISE, ...TILES];
const CORPUS = new URL("corpus/", import.meta.url);
const NEREID = new URL("../../mod.ts", import.meta.url).href;

/** What cannot be translated, by file. */
const REFUSED: Readonly<Record<string, readonly string[]>> = { sequences: ["asm"] };

const sources = new Map(
  [...Deno.readDirSync(CORPUS)].map(({ name }) => name).filter((name) => name.endsWith(".py"))
    .sort()
    .map((name) => [name.slice(0, -3), Deno.readTextFileSync(new URL(name, CORPUS))]),
);

Deno.test("translations of the corpus pass the formatter and the strict type checker", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const files: string[] = [];
    for (const [name, source] of sources) {
      const { code, problems } = port(source, { file: name, nereid: NEREID, partial: true });
      assertEquals(problems.map((problem) => problem.name), REFUSED[name] ?? []);
      files.push(`${folder}/${name}.ts`);
      await Deno.writeTextFile(files.at(-1)!, code);
    }
    assertEquals(await deno("fmt", "--check", "--line-width", "100", ...files), "");
    const config = new URL("../../deno.json", import.meta.url).pathname;
    assertEquals(await deno("check", "--config", config, ...files), "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("every kernel of the corpus that can be translated is run", () => {
  const run = new Set(CASES.map(({ file, kernel }) => `${file}.${kernel}`));
  for (const [file, source] of sources) {
    const { kernels } = port(source, { partial: true });
    for (const { pythonName } of kernels) {
      assert(run.has(`${file}.${pythonName}`), `There is no case for ${file}.${pythonName}`);
    }
  }
});

const loaded = new Map<string, Record<string, LoadedKernel>>();

function kernelOf({ file, kernel }: Case): LoadedKernel {
  let kernels = loaded.get(file);
  if (!kernels) loaded.set(file, kernels = load(sources.get(file)!, `${file}.py`));
  return kernels[kernel]!;
}

function isContents(x: unknown): x is Contents {
  return typeof x === "object" && x !== null && "data" in x;
}

async function runCase(device: Device, each: Case): Promise<void> {
  const tensors = new Map<string, Tensor<TensorDType>>();
  const args = Object.fromEntries(
    Object.entries(each.args).map(([name, value]) => {
      if (!isContents(value)) return [name, value];
      const { dtype, shape } = value;
      const tensor = device.from(Array.from(value.data), { dtype, shape: [...shape] });
      tensors.set(name, tensor);
      return [name, tensor];
    }),
  );
  try {
    kernelOf(each).launchNamed([...each.grid], args);
    for (const [name, want] of Object.entries(each.want)) {
      const got = await tensors.get(name)!.read() as ArrayLike<number>;
      const tolerance = each.tolerance ?? 1e-4;
      assertClose(got, want, { relative: tolerance, absolute: tolerance });
    }
  } finally {
    for (const tensor of tensors.values()) tensor.dispose();
  }
}

const names = [...new Set(CASES.map(({ file, kernel }) => `${file}.${kernel}`))];
for (const name of names) {
  const own = CASES.filter(({ file, kernel }) => `${file}.${kernel}` === name);
  onDevices(`${name} of the corpus agrees with its definition`, async (device) => {
    for (const each of own) await runCase(device, each);
  });
}
