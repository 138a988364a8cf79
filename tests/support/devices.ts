/**
 * Devices for tests. `onDevices` declares one test for the CPU and one for WebGPU; where there is
 * no WebGPU adapter the second is reported as ignored, with what to install.
 *
 * A test file opens each device once, at its first test that wants it.
 */

import { Device } from "../../mod.ts";

export type DeviceKind = "cpu" | "webgpu";

/** A test that has been given a device. */
export type DeviceTest = (device: Device, t: Deno.TestContext) => void | Promise<void>;

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
  if (!device) opened.set(kind, device = Device.open({ device: kind }));
  return device;
}

/**
 * Declares the test twice: `NAME (cpu)` and `NAME (webgpu)`. What a test leaves behind on the
 * device fails that test, not the next one.
 */
export function onDevices(name: string, fn: DeviceTest): void {
  onCpu(name, fn);
  onGpu(name, fn);
}

/** Declares a test that runs on the CPU device alone. */
export function onCpu(name: string, fn: DeviceTest): void {
  declare("cpu", `${name} (cpu)`, fn);
}

/** Declares a test that runs on WebGPU alone, or is ignored where there is no adapter. */
export function onGpu(name: string, fn: DeviceTest): void {
  if (hasGpu) {
    declare("webgpu", `${name} (webgpu)`, fn);
  } else {
    Deno.test({ name: `${name} (webgpu): no adapter, ${INSTALL}`, ignore: true, fn: () => {} });
  }
}

function declare(kind: DeviceKind, name: string, fn: DeviceTest): void {
  Deno.test(name, async (t) => {
    const device = await deviceOf(kind);
    await fn(device, t);
    // A launch that the GPU rejects is reported at the next wait.
    await device.synchronize();
  });
}
