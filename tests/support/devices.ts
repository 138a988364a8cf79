/**
 * Devices for tests. `onDevices` declares a test once for each device: the CPU, Deno's WebGPU, and
 * Dawn where it is asked for (`NEREID_TEST_DEVICES=cpu,webgpu,dawn`; the first two unless said otherwise).
 * Where a device is not to be had its tests are reported as ignored, with what to install. With Dawn
 * `deno test` wants --no-lock: Deno would note the package in deno.lock, and from then on fetch its
 * 132 MB for every program of this folder.
 *
 * A test file opens each device once, at its first test that wants it.
 */

import { Device } from "../../mod.ts";
import { DAWN_ENVIRONMENT } from "./dawn.ts";

export type DeviceKind = "cpu" | "webgpu" | "dawn";

/** A test that has been given a device. */
export type DeviceTest = (device: Device, t: Deno.TestContext) => void | Promise<void>;

const KINDS: readonly DeviceKind[] = ["cpu", "webgpu", "dawn"];

/** The devices that tests are declared for. */
const selected: readonly string[] = selection();

function selection(): readonly string[] {
  const names = (Deno.env.get("NEREID_TEST_DEVICES") ?? "cpu,webgpu").split(",");
  const unknown = names.find((name) => !(KINDS as readonly string[]).includes(name));
  if (unknown === undefined) return names;
  throw new Error(`NEREID_TEST_DEVICES names '${unknown}': devices are ${KINDS.join(", ")}`);
}

const adapter = await navigator.gpu?.requestAdapter();

/** True when WebGPU tests can run here. */
export const hasGpu: boolean = adapter !== null && adapter !== undefined;

/** What to do where there is no adapter. */
export const INSTALL =
  "install a Vulkan driver (Debian, Ubuntu: apt-get install mesa-vulkan-drivers)";

const opened = new Map<DeviceKind, Promise<Device>>();

/** The device of that kind, opened once in each test file. */
export function deviceOf(kind: DeviceKind): Promise<Device> {
  let device = opened.get(kind);
  if (!device) opened.set(kind, device = open(kind));
  return device;
}

function open(kind: DeviceKind): Promise<Device> {
  if (kind !== "dawn") return Device.open({ device: kind });
  Object.entries(DAWN_ENVIRONMENT).forEach(([name, value]) => Deno.env.set(name, value));
  return Device.open({ provider: "dawn" });
}

/** Why tests of a kind are ignored, where they are. */
const missing: Readonly<Record<DeviceKind, string | undefined>> = {
  cpu: undefined,
  webgpu: hasGpu ? undefined : `no adapter, ${INSTALL}`,
  dawn: selected.includes("dawn") ? await whyNoDawn() : undefined,
};

async function whyNoDawn(): Promise<string | undefined> {
  try {
    await deviceOf("dawn");
    return undefined;
  } catch (error) {
    return `${(error as Error).message} (Debian: apt-get install chromium brings SwiftShader)`;
  }
}

/**
 * Declares the test for every device: `NAME (cpu)`, `NAME (webgpu)`. What a test leaves behind on the
 * device fails that test, not the next one.
 */
export function onDevices(name: string, fn: DeviceTest): void {
  onCpu(name, fn);
  onGpu(name, fn);
}

/**
 * Declares the test for WebGPU alone, on a device that is opened without some of its optional
 * features: `NAME (webgpu without shader-f16)`.
 */
export function onGpuWithout(feature: string, name: string, fn: DeviceTest): void {
  const full = `${name} (webgpu without ${feature})`;
  if (missing.webgpu !== undefined || !selected.includes("webgpu")) {
    return Deno.test({
      name: `${full}: ${missing.webgpu ?? "not chosen"}`,
      ignore: true,
      fn: () => {},
    });
  }
  Deno.test(full, async (t) => {
    let device = lesser.get(feature);
    if (!device) {
      lesser.set(feature, device = Device.open({ device: "webgpu", without: [feature] }));
    }
    await fn(await device, t);
    await (await device).synchronize();
  });
}

const lesser = new Map<string, Promise<Device>>();

/** Declares a test that runs on the CPU device alone. */
export function onCpu(name: string, fn: DeviceTest): void {
  declare("cpu", name, fn);
}

/** Declares a test that runs on WebGPU alone, or is ignored where there is no adapter. */
export function onGpu(name: string, fn: DeviceTest): void {
  declare("webgpu", name, fn);
  declare("dawn", name, fn);
}

function declare(kind: DeviceKind, name: string, fn: DeviceTest): void {
  if (!selected.includes(kind)) return;
  const why = missing[kind];
  if (why !== undefined) {
    Deno.test({ name: `${name} (${kind}): ${why}`, ignore: true, fn: () => {} });
    return;
  }
  Deno.test(`${name} (${kind})`, async (t) => {
    const device = await deviceOf(kind);
    await fn(device, t);
    // A launch that the GPU rejects is reported at the next wait.
    await device.synchronize();
  });
}
