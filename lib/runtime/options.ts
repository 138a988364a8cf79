/**
 * What devices are opened with, and its checks: a misspelt option would otherwise be one that does nothing.
 */

import type { Cache } from "../cache/cache.ts";
import { DeviceError } from "../errors.ts";
import { nearest, shown } from "../words.ts";
import { OPTIONAL_FEATURES } from "./adapter.ts";

/** What {@linkcode Device.open} may be told. */
export interface DeviceOptions {
  /** `"auto"` (the default) takes WebGPU where there is an adapter and the CPU elsewhere. */
  device?: "auto" | "webgpu" | "cpu" | undefined;
  /**
   * Whose WebGPU: that of Deno or the browser (`"host"`, the default), or Chrome's in Deno (`"dawn"`), which
   * reaches matrix units; it is fetched from npm and needs `--allow-ffi --allow-env --allow-read`.
   */
  provider?: "host" | "dawn" | undefined;
  /** Which GPU, where there are several; `"high-performance"` unless said otherwise. */
  powerPreference?: "high-performance" | "low-power" | undefined;
  /**
   * Optional features of the GPU that are left alone, such as `"shader-f16"` or `"wgpu-shader-int64"`:
   * to see what kernels do on a device that lacks them.
   */
  without?: readonly string[] | undefined;
  /**
   * Whether launches check `tl.deviceAssert` and overflowing integers, unless they say otherwise
   * themselves; on the CPU they do by default, on a GPU they do not.
   */
  debug?: boolean | undefined;
  /**
   * Whether kernels are watched while they run, which takes them much longer. Accesses outside of
   * tensors are errors, on a GPU too. On the CPU so are reads of memory that was never written, stores of different
   * values to one element by two programs, offsets that overflow, and NaNs that arise from finite
   * numbers and are stored. False unless given, or asked for by `cli.ts run --sanitize`.
   */
  sanitize?: boolean | undefined;
  /** Takes what kernels print with `tl.devicePrint`, a text at a time; `console.log` unless given. */
  print?: ((text: string) => void) | undefined;
  /** Bytes of GPU memory that tensors may hold together; as many as there are unless given. */
  memoryLimit?: number | undefined;
  /** Where compiled kernels and results of tuning are kept for the next run; nowhere unless given. */
  cache?: Cache | undefined;
}

/** Set by `cli.ts run --device`: what `"auto"` means. On `globalThis`, so that every copy of the module sees it. */
const OVERRIDE = Symbol.for("nereid.device");

/** Set by `cli.ts run --sanitize`: what `sanitize` is unless given. */
const SANITIZE = Symbol.for("nereid.sanitize");

/** Set by `cli.ts run --debug`: what `debug` is unless given. */
const DEBUG = Symbol.for("nereid.debug");

/** What `debug` is, if anybody says. */
export function isDebugged({ debug }: Pick<DeviceOptions, "debug">): boolean | undefined {
  return debug ?? ((globalThis as Record<symbol, unknown>)[DEBUG] === true || undefined);
}

/** Whether kernels are watched. */
export function isSanitized({ sanitize }: Pick<DeviceOptions, "sanitize">): boolean {
  return sanitize ?? (globalThis as Record<symbol, unknown>)[SANITIZE] === true;
}

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

/** What to open: what the options say, or what the command line says where they leave it open. */
export function choose(options: DeviceOptions): { device: string; provider: string } {
  let device: string = options.device ?? "auto", provider: string = options.provider ?? "host";
  const override = (globalThis as Record<symbol, unknown>)[OVERRIDE];
  if (device === "auto" && options.provider === undefined && override !== undefined) {
    device = String(override);
    if (device === "dawn") [device, provider] = ["webgpu", "dawn"];
  }
  if (!["auto", "webgpu", "cpu"].includes(device)) {
    throw new DeviceError(
      `Cannot open the device '${device}': devices are 'auto', 'webgpu' and 'cpu'`,
    );
  }
  if (!["host", "dawn"].includes(provider)) {
    throw new DeviceError(
      `Cannot open a device of the provider '${provider}': providers are 'host' and 'dawn'`,
    );
  }
  if (device === "cpu" && provider === "dawn") {
    throw new DeviceError(
      "Cannot open the CPU device through Dawn, which provides WebGPU: leave out 'device' or 'provider'",
    );
  }
  return { device, provider };
}
