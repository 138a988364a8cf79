/**
 * `doctor`: what this machine offers, what Nereid uses of it, and whether a kernel comes out right.
 */

import { cdiv, Device, grid, jit, type Pointer, tl } from "../../mod.ts";
import { isGranted, OPTIONAL_FEATURES } from "../runtime/adapter.ts";
import type { Capabilities } from "../runtime/capabilities.ts";

const INSTALL = `No WebGPU adapter was found, so kernels run on the CPU device.
  Linux     a GPU needs its Vulkan driver; without a GPU, software Vulkan will do
            (Debian, Ubuntu: apt-get install mesa-vulkan-drivers, as root)
  macOS     Metal is part of the system; a virtual machine may not have it
  Windows   install the GPU's driver, which brings Direct3D 12`;

const LIMITS: Readonly<Record<string, "bytes" | "count">> = {
  maxBufferSize: "bytes",
  maxStorageBufferBindingSize: "bytes",
  maxComputeWorkgroupStorageSize: "bytes",
  maxStorageBuffersPerShaderStage: "count",
  maxComputeInvocationsPerWorkgroup: "count",
  maxComputeWorkgroupsPerDimension: "count",
};

/** The optional features that compiled kernels make use of today. */
const USED: readonly string[] = ["subgroups", "shader-f16"];

/** Writes one line of the report. */
type Print = (line: string) => void;

/**
 * Examines the machine and prints what it finds.
 *
 * @returns True when there is a WebGPU adapter and every check passed.
 */
export async function doctor(print: Print): Promise<boolean> {
  // Mesa complains at each look for an adapter when it has no directory for its sockets.
  if (Deno.build.os === "linux" && !Deno.env.has("XDG_RUNTIME_DIR")) {
    Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
  }
  const { os, arch } = Deno.build;
  print(`Deno ${Deno.version.deno}, ${os} ${arch}, ${navigator.hardwareConcurrency} processors`);
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    print(`\n${INSTALL}\n`);
    await check(print, "a kernel on the CPU device", () => selfTest("cpu"));
    return false;
  }

  using device = await Device.open({ device: "webgpu" });
  const used = device.capabilities;
  describe(print, adapter, used);
  await features(print, used);

  print("\nChecks");
  const checks = [
    await check(print, "a kernel on the CPU device", () => selfTest("cpu")),
    await check(print, "the same kernel on WebGPU", () => selfTest("webgpu")),
    await check(print, "a wait for the GPU", () => waitCost(device)),
  ];
  return checks.every(Boolean);
}

function describe(print: Print, adapter: GPUAdapter, used: Capabilities): void {
  const { vendor, architecture, subgroupMinSize, subgroupMaxSize } = adapter.info;
  print("\nAdapter");
  row(print, "name", used.adapter || "(unnamed)");
  row(print, "vendor", [vendor, architecture].filter(Boolean).join(", ") || "(unknown)");
  row(print, "kind", used.software ? "software: right, but slow" : "hardware");
  row(print, "shader compiler", used.dialect);
  row(print, "subgroup size", `${subgroupMinSize} to ${subgroupMaxSize} by its own word`);

  print("\nLimits (Nereid asks for all that the adapter has)");
  for (const [name, unit] of Object.entries(LIMITS)) {
    const limit = adapter.limits[name as keyof GPUSupportedLimits] as number;
    row(print, name, unit === "bytes" ? bytes(limit) : limit.toLocaleString("en"));
  }
}

/** Tries every optional feature by itself, listed by the adapter or not. */
async function features(print: Print, used: Capabilities): Promise<void> {
  print("\nOptional features (each one tried, listed by the adapter or not)");
  for (const [name, purpose] of Object.entries(OPTIONAL_FEATURES)) {
    const granted = await isGranted(name, {});
    const use = granted ? USED.includes(name) ? "used: " : "not used yet: " : "";
    row(print, name, `${granted ? "granted" : "refused"}   ${use}${purpose}`);
  }
  const shuffles = used.subgroupSize > 0
    ? `subgroups of ${used.subgroupSize}`
    : "workgroup memory alone: the width of subgroups is not fixed, or they are refused";
  print("\nWhat kernels are compiled for");
  row(print, "exchange by", shuffles);
  row(print, "f16", used.features.includes("shader-f16") ? "yes" : "no: f16 kernels are refused");
}

/** Runs a check; it returns a remark, or throws. */
async function check(print: Print, name: string, run: () => Promise<string>): Promise<boolean> {
  try {
    row(print, name, `ok       ${await run()}`);
    return true;
  } catch (error) {
    row(print, name, `FAILED   ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

const sumOfSquares = jit(
  function sumOfSquares(x: Pointer, out: Pointer, n: number, { BLOCK = 128 }) {
    const offsets = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    const values = tl.load(x + offsets, { mask: offsets < n });
    tl.store(out + tl.programId(0), tl.sum(values * values));
  },
);

/** Sums squares of small integers, which every device must do exactly. */
async function selfTest(kind: "webgpu" | "cpu"): Promise<string> {
  using device = await Device.open({ device: kind });
  const n = 1000, block = 128;
  using x = device.from(Float32Array.from({ length: n }, (_, i) => i % 17));
  using out = device.zeros([cdiv(n, block)]);
  const start = performance.now();
  sumOfSquares[grid(cdiv(n, block))](x, out, n, { BLOCK: block });
  const sums = await out.read();
  const ms = performance.now() - start;
  for (let program = 0; program < sums.length; program++) {
    let expected = 0;
    for (let i = program * block; i < Math.min(n, (program + 1) * block); i++) {
      expected += (i % 17) ** 2;
    }
    if (sums[program] !== expected) {
      throw new Error(`program ${program} gave ${sums[program]}, expected ${expected}`);
    }
  }
  return `compiled, run and read back in ${ms.toFixed(0)} ms`;
}

/** The median time of a wait for a GPU that has nothing to do. */
async function waitCost(device: Device): Promise<string> {
  using x = device.zeros([4]);
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    const start = performance.now();
    await x.read();
    times.push(performance.now() - start);
  }
  const median = times.sort((a, b) => a - b)[4]!;
  return `${median.toFixed(1)} ms for each read() that is awaited; gather them`;
}

function row(print: Print, name: string, text: string): void {
  print(`  ${name.padEnd(36)}${text}`);
}

function bytes(n: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) n /= 1024, unit++;
  return `${Number.isInteger(n) ? n : n.toFixed(1)} ${units[unit]}`;
}
