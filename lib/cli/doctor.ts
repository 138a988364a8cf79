/**
 * `doctor`: what this machine offers, what Nereid uses of it, and whether a kernel comes out right.
 */

import { cdiv, Device, type DeviceOptions, grid, jit, type Pointer, tl } from "../../mod.ts";
import { findAdapter, isGranted, OPTIONAL_FEATURES } from "../runtime/adapter.ts";
import type { Capabilities } from "../runtime/capabilities.ts";
import { DAWN_PACKAGE, loadDawn } from "../runtime/dawn.ts";

const INSTALL = `No WebGPU adapter was found, so kernels run on the CPU device.
  Linux     a GPU needs its Vulkan driver; without a GPU, software Vulkan will do
            (Debian, Ubuntu: apt-get install mesa-vulkan-drivers, as root)
  macOS     Metal is part of the system; a virtual machine may not have it
  Windows   install the GPU's driver, which brings Direct3D 12`;

const INSTALL_DAWN = `Dawn found no adapter that it takes.
  Linux     a GPU needs its Vulkan driver; of drivers in software Dawn takes SwiftShader alone, which
            Chromium brings (Debian: apt-get install chromium, as root; then set
            VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json)`;

const LIMITS: Readonly<Record<string, "bytes" | "count">> = {
  maxBufferSize: "bytes",
  maxStorageBufferBindingSize: "bytes",
  maxComputeWorkgroupStorageSize: "bytes",
  maxStorageBuffersPerShaderStage: "count",
  maxComputeInvocationsPerWorkgroup: "count",
  maxComputeWorkgroupsPerDimension: "count",
};

/** The optional features that compiled kernels make use of today. */
const USED: readonly string[] = [
  "subgroups",
  "shader-f16",
  "timestamp-query",
  "wgpu-shader-int64",
  "wgpu-shader-int64-atomic-all-ops",
  "wgpu-shader-f64",
  "chromium-experimental-subgroup-matrix",
];

/** Whose WebGPU is examined. */
export type Provider = "host" | "dawn";

/** Writes one line of the report. */
type Print = (line: string) => void;

/**
 * Examines the machine and prints what it finds.
 *
 * @param provider Whose WebGPU; Dawn is loaded, and fetched from npm if need be, only when it is named.
 * @returns True when there is a WebGPU adapter and every check passed.
 */
export async function doctor(print: Print, provider: Provider = "host"): Promise<boolean> {
  // Mesa complains at each look for an adapter when it has no directory for its sockets.
  if (Deno.build.os === "linux" && !Deno.env.has("XDG_RUNTIME_DIR")) {
    Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
  }
  const { os, arch } = Deno.build;
  print(`Deno ${Deno.version.deno}, ${os} ${arch}, ${navigator.hardwareConcurrency} processors`);
  const gpu = provider === "dawn" ? await loadDawn() : undefined;
  print(
    gpu
      ? `WebGPU of Dawn (${DAWN_PACKAGE})`
      : "WebGPU of Deno; 'doctor --provider dawn' examines Dawn's, which is fetched from npm (132 MB)",
  );
  const adapter = await findAdapter({ gpu });
  if (!adapter) {
    print(`\n${gpu ? INSTALL_DAWN : INSTALL}\n`);
    await check(print, "a kernel on the CPU device", () => selfTest({ device: "cpu" }));
    return false;
  }

  using device = await Device.open({ device: "webgpu", provider });
  const used = device.capabilities;
  describe(print, adapter, used);
  await features(print, used, adapter);

  print("\nChecks");
  const checks = [
    await check(print, "a kernel on the CPU device", () => selfTest({ device: "cpu" })),
    await check(
      print,
      "the same kernel on WebGPU",
      () => selfTest({ device: "webgpu", provider }),
    ),
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

/** Asks for every optional feature by itself, listed by the adapter or not. */
async function features(print: Print, used: Capabilities, adapter: GPUAdapter): Promise<void> {
  print("\nOptional features (each one asked for, listed by the adapter or not)");
  for (const [name, purpose] of Object.entries(OPTIONAL_FEATURES)) {
    const granted = await isGranted(name, adapter);
    const use = granted ? USED.includes(name) ? "used: " : "not used yet: " : "";
    row(print, name, `${granted ? "granted" : "refused"}   ${use}${purpose}`);
  }
  const shuffles = used.subgroupSize > 0
    ? `subgroups of ${used.subgroupSize}`
    : "workgroup memory alone: the width of subgroups is not fixed, or they are refused";
  print("\nWhat kernels are compiled for");
  row(print, "exchange by", shuffles);
  const has = (feature: string) => used.features.includes(feature);
  row(print, "f16", has("shader-f16") ? "yes" : "no: it is computed in f32");
  row(print, "i64, u64", has("wgpu-shader-int64") ? "yes" : "no: they are computed as two words");
  row(print, "f64", has("wgpu-shader-f64") ? "yes" : "no: kernels with f64 are refused");
  const matrices = used.subgroupMatrices.map(({ component, result, M, N, K }) =>
    `${component} to ${result} ${M}x${N}x${K}`
  );
  row(print, "matrix units", matrices.join(", ") || "none that this WebGPU reaches");
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
async function selfTest(options: DeviceOptions): Promise<string> {
  using device = await Device.open(options);
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
  print(`  ${name.padEnd(39)}${text}`);
}

function bytes(n: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) n /= 1024, unit++;
  return `${Number.isInteger(n) ? n : n.toFixed(1)} ${units[unit]}`;
}
