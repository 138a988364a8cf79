/**
 * Checks of what devices are opened with: a misspelt option would otherwise be one that does nothing.
 */

import { DeviceError } from "../errors.ts";
import { nearest, shown } from "../words.ts";
import { OPTIONAL_FEATURES } from "./adapter.ts";
import type { DeviceOptions } from "./device.ts";

const FEATURES = Object.keys(OPTIONAL_FEATURES);

/** What each option must be, and whether a value is that. */
const OPTIONS: Record<keyof DeviceOptions, readonly [string, (value: unknown) => boolean]> = {
  device: ["'auto', 'webgpu' or 'cpu'", isString],
  provider: ["'host' or 'dawn'", isString],
  powerPreference: [
    "'high-performance' or 'low-power'",
    (value) => value === "high-performance" || value === "low-power",
  ],
  without: [
    `an array of some of ${FEATURES.join(", ")}`,
    (value) => Array.isArray(value) && value.every((name) => FEATURES.includes(name)),
  ],
  debug: ["true or false", isBoolean],
  sanitize: ["true or false", isBoolean],
  print: ["a function that takes a text", (value) => typeof value === "function"],
  memoryLimit: ["a positive number of bytes", (value) => typeof value === "number" && value > 0],
  cache: ["a cache, such as new DiskCache(folder)", isCache],
};

/** The options of `Device.from`: what else is decided by who made the `GPUDevice`. */
const OF_FROM: readonly string[] = ["memoryLimit", "cache", "debug", "print", "sanitize"];

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

function isCache(value: unknown): boolean {
  const cache = value as { get?: unknown; set?: unknown } | null;
  return typeof cache?.get === "function" && typeof cache.set === "function";
}

/**
 * Checks the options of `Device.open` or `Device.from`.
 *
 * @throws {DeviceError} When there is no such option, or it is not what it must be.
 */
export function checkOptions(method: "open" | "from", options: DeviceOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new DeviceError(
      `Cannot open a device with ${shown(options)}: options are an object, such as { debug: true }`,
    );
  }
  const known = method === "open" ? Object.keys(OPTIONS) : OF_FROM;
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) {
      const meant = nearest(name, known);
      throw new DeviceError(
        `Cannot open a device with the option '${name}': Device.${method} takes ${
          known.join(", ")
        }${meant ? `; did you mean '${meant}'?` : ""}`,
      );
    }
    const [wanted, fits] = OPTIONS[name as keyof DeviceOptions];
    if (value === undefined || fits(value)) continue;
    throw new DeviceError(
      `Cannot open a device with ${name} ${shown(value)}: it must be ${wanted}`,
    );
  }
}
