/**
 * What tests and benchmarks of kernels need: times and comparisons.
 *
 * @module
 */

import { LaunchError, NereidError } from "./errors.ts";
import { firstLaunch } from "./launch/launchable.ts";
import { CacheFlush, hasClock, quantile, runsIn, sectionTimes } from "./launch/timing.ts";
import type { Device } from "./runtime/device.ts";
import { WebGpuBackend } from "./runtime/webgpu.ts";

/** How {@linkcode doBench} sums up its samples. */
export type ReturnMode = "mean" | "median" | "min" | "max" | "all";

/** Of {@linkcode doBench}. */
export interface BenchOptions {
  /**
   * Milliseconds of runs that are not timed; unless given 200 on a GPU, whose clock falls while it waits and takes
   * that long to rise, and 25 on other devices.
   */
  warmup?: number | undefined;
  /** Milliseconds of runs that are timed; 100 unless given. */
  rep?: number | undefined;
  /** Quantiles to return, between 0 and 1, instead of what `returnMode` says. */
  quantiles?: readonly number[] | undefined;
  /** How the samples are summed up; `"mean"` unless given. */
  returnMode?: ReturnMode | undefined;
  /** Whether the caches are overwritten before each run, as unless given. */
  flushCache?: boolean | undefined;
  /** The device that runs are timed on; that of the first launch unless given. */
  device?: Device | undefined;
}

/** On the host's clock, which knows of waits only, a sample is as long in milliseconds, and there are so many. */
const HOST_SAMPLE = 50, HOST_SAMPLES = 5;

/** Samples at most; with 256 MiB overwritten before each, that is a second. */
const MOST_SAMPLES = 5000;

/**
 * Times what a function launches, in milliseconds.
 *
 * The function is run once, which compiles; then for `warmup` and for `rep` milliseconds. On a GPU
 * with a clock each run is timed by itself, with caches overwritten before it. Where there is no
 * clock, many runs are timed together on the host, less the wait. On the CPU device each call is timed.
 *
 * @param fn Launches what is timed, and awaits nothing.
 * @param options How long, and what of the samples is returned.
 * @returns Milliseconds of a run: one number, or several for `quantiles` and `"all"`; one quantile is a
 * number by itself.
 * @throws {LaunchError} When the function launches nothing and no device is given.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Device, grid, jit, type Pointer, testing, tl } from "../mod.ts";
 *
 * const double = jit(function double(x: Pointer) {
 *   const at = x + tl.arange(0, 64);
 *   tl.store(at, tl.load(at) * 2);
 * });
 * using device = await Device.open({ device: "cpu" });
 * using x = device.full([64], 1);
 * const ms = await testing.doBench(() => double[grid(1)](x), { rep: 5 });
 * const [median, low, high] = await testing.doBench(() => double[grid(1)](x), {
 *   rep: 5,
 *   quantiles: [0.5, 0.2, 0.8],
 * });
 * assert(ms > 0 && low! <= median! && median! <= high!);
 * ```
 */
export function doBench(
  fn: () => unknown,
  options: BenchOptions & { quantiles: readonly [number] },
): Promise<number>;
/** Several quantiles. */
export function doBench(
  fn: () => unknown,
  options: BenchOptions & { quantiles: readonly number[] },
): Promise<number[]>;
/** Every sample. */
export function doBench(
  fn: () => unknown,
  options: BenchOptions & { returnMode: "all" },
): Promise<number[]>;
/** One number that sums up the samples. */
export function doBench(fn: () => unknown, options?: BenchOptions): Promise<number>;
export async function doBench(
  fn: () => unknown,
  options: BenchOptions = {},
): Promise<number | number[]> {
  const { quantiles, returnMode = "mean" } = options;
  const bad = quantiles?.find((q) => !(q >= 0 && q <= 1));
  if (bad !== undefined) {
    throw new LaunchError(`Cannot bench with the quantile ${bad}: quantiles are between 0 and 1`);
  }
  if (!Object.hasOwn(SUMMARIES, returnMode)) {
    throw new LaunchError(
      `Cannot bench with returnMode '${returnMode}': it is one of ${
        Object.keys(SUMMARIES).join(", ")
      }`,
    );
  }
  const times = await samplesOf(fn, options);
  if (!quantiles) return SUMMARIES[returnMode](times);
  const found = quantiles.map((q) => quantile(times, q));
  return found.length === 1 ? found[0]! : found;
}

const SUMMARIES = {
  mean: (times) => times.reduce((sum, ms) => sum + ms, 0) / times.length,
  median: (times) => quantile(times, 0.5),
  min: (times) => times.reduce((a, b) => Math.min(a, b)),
  max: (times) => times.reduce((a, b) => Math.max(a, b)),
  all: (times) => [...times],
} as const satisfies Record<ReturnMode, (times: readonly number[]) => number | number[]>;

async function samplesOf(fn: () => unknown, options: BenchOptions): Promise<number[]> {
  const { rep = 100, flushCache = true } = options;
  let returned: unknown;
  const launched = firstLaunch(() => returned = fn());
  if (returned instanceof Promise) {
    await returned;
    throw new LaunchError(
      "Cannot bench an async function: it must launch and await nothing; doBench waits",
    );
  }
  const device = options.device ?? launched?.device;
  if (!device) {
    throw new LaunchError(
      "Cannot bench a function that launches no kernel: pass the device that it uses, doBench(fn, { device })",
    );
  }
  await device.synchronize(); // compiled and tuned
  const { backend } = device, { warmup = device.capabilities.software ? 25 : 200 } = options;
  if (!(backend instanceof WebGpuBackend)) return onHost(fn, warmup, rep);
  if (!hasClock(backend)) return await onHostClock(backend, fn, rep);

  const flush = flushCache ? new CacheFlush(backend) : undefined;
  const before = flush && (() => flush.run());
  try {
    const timed = async (lead?: () => void) => {
      const run = () => {
        for (let i = 0; i < 5; i++) {
          before?.();
          fn();
        }
      };
      const [five] = await sectionTimes(backend, [{ run, before: lead }]);
      return Math.max(five! / 5, 1e-3);
    };
    let estimate = await timed();
    const warm = () => {
      for (let i = Math.min(Math.ceil(warmup / estimate), MOST_SAMPLES); i > 0; i--) fn();
    };
    // Asked again, since a GPU whose clock has fallen seems slower than it is.
    if (!backend.capabilities.software) estimate = await timed(warm);
    warm();
    const count = runsIn(rep, estimate, MOST_SAMPLES);
    return await sectionTimes(backend, Array.from({ length: count }, () => ({ run: fn, before })));
  } finally {
    flush?.dispose();
  }
}

/** Calls of a function that computes before it returns. */
function onHost(fn: () => unknown, warmup: number, rep: number): number[] {
  const timed = () => {
    const start = performance.now();
    fn();
    return performance.now() - start;
  };
  for (let left = warmup; left > 0;) left -= Math.max(timed(), 1e-3);
  const times: number[] = [];
  for (let left = rep; (left > 0 || times.length === 0) && times.length < MOST_SAMPLES;) {
    const ms = timed();
    times.push(ms);
    left -= Math.max(ms, 1e-3);
  }
  return times;
}

async function onHostClock(
  backend: WebGpuBackend,
  fn: () => unknown,
  rep: number,
): Promise<number[]> {
  const repeated = (times: number) => ({
    run: () => {
      for (let i = 0; i < times; i++) fn();
    },
  });
  let times = 1;
  for (;; times *= 4) {
    const [ms] = await sectionTimes(backend, [repeated(times)]);
    if (ms! < HOST_SAMPLE / 4 && times < 4096) continue;
    times = Math.max(1, Math.round(times * HOST_SAMPLE / Math.max(ms!, 1)));
    break;
  }
  const count = Math.max(HOST_SAMPLES, Math.round(rep / HOST_SAMPLE));
  const sections = Array.from({ length: count }, () => repeated(times));
  return (await sectionTimes(backend, sections)).map((ms) => ms / times);
}

/** Of {@linkcode assertClose}. */
export interface CloseOptions {
  /** How far a number may be off; 1e-2 unless given. */
  atol?: number | undefined;
  /** How far besides, in parts of the wanted number; 0 unless given. */
  rtol?: number | undefined;
  /** Begins the message. */
  message?: string | undefined;
}

/** Numbers that differ are shown up to this many. */
const SHOWN = 5;

/**
 * Fails unless each number is as wanted, up to `atol + rtol * |wanted|`. NaN is close to NaN only, and
 * an infinity to itself.
 *
 * @param actual What was computed.
 * @param wanted What it should be.
 * @param options The tolerances.
 * @throws {NereidError} When lengths differ, or numbers do; the message shows the first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { testing } from "../mod.ts";
 *
 * testing.assertClose([1, NaN, 3.001], [1, NaN, 3]);
 * assert.throws(() => testing.assertClose([1, 2], [1, 2.5]), /1 of 2 numbers/);
 * ```
 */
export function assertClose(
  actual: ArrayLike<number>,
  wanted: ArrayLike<number>,
  { atol = 1e-2, rtol = 0, message }: CloseOptions = {},
): void {
  const begin = message === undefined ? "" : `${message}: `;
  if (actual.length !== wanted.length) {
    throw new NereidError(`${begin}${actual.length} numbers, but ${wanted.length} are wanted`);
  }
  const shown: string[] = [];
  let wrong = 0, worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    const a = actual[i]!, b = wanted[i]!;
    if (Object.is(a, b) || a === b) continue;
    const error = Math.abs(a - b);
    if (error <= atol + rtol * Math.abs(b)) continue;
    wrong++;
    if (!(error <= worst)) worst = error;
    if (shown.length < SHOWN) shown.push(`  [${i}] is ${a}, wanted ${b}`);
  }
  if (wrong === 0) return;
  throw new NereidError(
    `${begin}${wrong} of ${wanted.length} numbers are off by more than ${atol}` +
      `${rtol > 0 ? ` + ${rtol} * |wanted|` : ""}, at most by ${worst}\n${shown.join("\n")}`,
  );
}

/** Of {@linkcode perfReport}. */
export interface Benchmark<X, L> {
  /** The name of what varies along the table, for its heading. */
  xName: string;
  /** Its values, a line each. */
  xValues: readonly X[];
  /** What is compared, a column each. */
  lines: readonly L[];
  /** The columns' headings; the lines as text unless given. */
  lineNames?: readonly string[] | undefined;
  /** The heading above all. */
  title?: string | undefined;
  /** What the numbers are, such as `"GB/s"`. */
  unit?: string | undefined;
}

/** A table of measurements. `console.log` prints it. */
export class Report {
  /** The headings: of `xName`, then of each line. */
  readonly header: readonly string[];
  /** The value of x, then a number for each line. */
  readonly rows: readonly (readonly [x: string, ...values: number[]])[];
  readonly #title: string;

  /** Reports are made by {@linkcode perfReport}. */
  constructor(title: string, header: readonly string[], rows: Report["rows"]) {
    this.#title = title;
    this.header = header;
    this.rows = rows;
  }

  /** The table as comma-separated values with a line of headings. */
  toCsv(): string {
    const quote = (cell: string) => /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
    return [this.header, ...this.rows].map((row) =>
      row.map((cell) => quote(`${cell}`)).join() + "\n"
    )
      .join("");
  }

  /** The table for people. */
  toString(): string {
    const cells = [
      this.header,
      ...this.rows.map(([x, ...values]) => [x, ...values.map((value) => value.toPrecision(4))]),
    ];
    const widths = this.header.map((_, i) =>
      cells.reduce((width, row) => Math.max(width, row[i]!.length), 0)
    );
    const lines = cells.map((row) => row.map((cell, i) => cell.padStart(widths[i]!)).join("  "));
    return [...this.#title ? [this.#title] : [], ...lines].join("\n");
  }

  /** What `console.log` prints in Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * Measures every combination of some sizes and some ways to compute.
 *
 * @param benchmark The sizes and the ways.
 * @param measure What is told of one combination, often from {@linkcode doBench}.
 * @returns The table; `console.log` prints it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { testing } from "../mod.ts";
 *
 * const report = await testing.perfReport(
 *   { xName: "n", xValues: [1, 2], lines: ["square", "cube"] },
 *   (n, line) => line === "square" ? n ** 2 : n ** 3,
 * );
 * assert.equal(report.toCsv(), "n,square,cube\n1,1,1\n2,4,8\n");
 * ```
 */
export async function perfReport<X, L>(
  benchmark: Benchmark<X, L>,
  measure: (x: X, line: L) => number | Promise<number>,
): Promise<Report> {
  const { xName, xValues, lines, lineNames, title = "", unit } = benchmark;
  if (lineNames && lineNames.length !== lines.length) {
    throw new LaunchError(
      `Cannot report ${lines.length} lines under ${lineNames.length} names: each line has one`,
    );
  }
  const rows: [string, ...number[]][] = [];
  for (const x of xValues) {
    const values: number[] = [];
    for (const each of lines) values.push(await measure(x, each));
    rows.push([`${x}`, ...values]);
  }
  const heading = unit ? `${title}${title && ", "}${unit}` : title;
  return new Report(heading, [xName, ...lineNames ?? lines.map((each) => `${each}`)], rows);
}
