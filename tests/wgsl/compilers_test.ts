/**
 * The WGSL that is kept compiles on the compilers of all hosts: naga in Deno, Tint in Dawn, and Chromium's.
 * Tint runs without a driver, on Dawn's null backend, which has every optional feature.
 */

import { assert, assertEquals } from "../support/assert.ts";
import { chromium, inChromium, INSTALL_CHROMIUM } from "../support/chromium.ts";
import { runWithDawn, whyNoTint } from "../support/dawn.ts";
import { deviceOf, hasGpu, INSTALL } from "../support/devices.ts";
import { DAWN_PACKAGE } from "../../lib/runtime/dawn.ts";
import type { WebGpuBackend } from "../../lib/runtime/webgpu.ts";

/** The kept texts by the name of their file. */
async function keptTexts(): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for await (const { name } of Deno.readDir(new URL(".", import.meta.url))) {
    if (name.endsWith(".wgsl")) {
      texts[name] = await Deno.readTextFile(new URL(name, import.meta.url));
    }
  }
  assert(Object.keys(texts).length >= 8);
  return texts;
}

/** As standard compilers want the texts, most of which are kept as naga wants them. */
function standard(wgsl: string): string {
  return /\bsubgroup[A-Z]/.test(wgsl) && !wgsl.includes("enable subgroups;")
    ? `enable subgroups;\n${wgsl}`
    : wgsl;
}

/** What a device says about each text that it refuses. Its source is sent to other hosts. */
async function refusals(
  device: GPUDevice,
  texts: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const refused: Record<string, string> = {};
  for (const [name, code] of Object.entries(texts)) {
    if (code.includes("enable f16;") && !device.features.has("shader-f16")) continue;
    const matrices = "chromium-experimental-subgroup-matrix" as GPUFeatureName;
    if (code.includes("subgroup_matrix;") && !device.features.has(matrices)) continue;
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code });
    device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } });
    const error = await device.popErrorScope();
    if (error) refused[name] = error.message;
  }
  return refused;
}

Deno.test({
  name: "the kept WGSL compiles on naga" + (hasGpu ? "" : `: no adapter, ${INSTALL}`),
  ignore: !hasGpu,
  fn: async () => {
    const { gpu } = (await deviceOf("webgpu")).backend as WebGpuBackend;
    assertEquals(await refusals(gpu, await keptTexts()), {});
  },
});

const noTint = await whyNoTint();

Deno.test({
  name: "the kept WGSL compiles on Tint" + (noTint ? `: ${noTint}` : ""),
  ignore: noTint !== undefined,
  fn: async () => {
    const texts = Object.entries(await keptTexts()).map(([name, text]) => [name, standard(text)]);
    texts.push(["wrong", "fn main() { return 1; }"]);
    const output = await runWithDawn(
      `const { create } = await import(${JSON.stringify(DAWN_PACKAGE)});
       const gpu = globalThis.gpu = create(["backend=null", "enable-dawn-features=allow_unsafe_apis"]);
       const device = await (await gpu.requestAdapter()).requestDevice({
         requiredFeatures: ["shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"],
       });
       const refused = await (${refusals})(device, ${JSON.stringify(Object.fromEntries(texts))});
       console.log("::" + JSON.stringify(refused));`,
      ...["-A", "--cached-only"],
    );
    const refused = JSON.parse(/^::(.*)$/m.exec(output)![1]!);
    assert("wrong" in refused);
    delete refused.wrong;
    assertEquals(refused, {});
  },
});

Deno.test({
  name: "the kept WGSL compiles in Chromium" + (chromium ? "" : `: ${INSTALL_CHROMIUM}`),
  ignore: chromium === undefined,
  fn: async () => {
    const texts = Object.entries(await keptTexts()).map(([name, text]) => [name, standard(text)]);
    const refused = await inChromium(
      {},
      `(async () => {
        const adapter = await navigator.gpu.requestAdapter();
        const { maxComputeWorkgroupStorageSize } = adapter.limits;
        const device = await adapter.requestDevice({
          requiredFeatures: ["shader-f16", "subgroups"].filter((name) => adapter.features.has(name)),
          requiredLimits: { maxComputeWorkgroupStorageSize },
        });
        return (${refusals})(device, ${JSON.stringify(Object.fromEntries(texts))});
      })()`,
    );
    assertEquals(refused, {});
  },
});
