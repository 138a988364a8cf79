/**
 * Where the time goes: how long each launch took on the device, by kernel.
 */

import type { Lap } from "./stopwatch.ts";

/** What is known of a kernel's launches besides their time. */
export interface Work {
  /** Bytes that a launch moves. */
  bytes?: number | undefined;
  /** Floating-point operations that a launch does. */
  flops?: number | undefined;
}

/** Of {@linkcode Device.profile}. */
export interface ProfileOptions {
  /** What a launch of each kernel does, by the kernel's name, so that rates can be told. */
  work?: Readonly<Record<string, Work>> | undefined;
}

/** One launch on the device's clock. */
export interface ProfiledLaunch {
  /** The kernel's name. */
  readonly name: string;
  /** When it began and ended, in milliseconds from the beginning of the first. */
  readonly from: number;
  /** The end. */
  readonly to: number;
}

/** All launches of one kernel; times in milliseconds. */
export interface ProfiledKernel {
  /** The kernel's name. */
  readonly name: string;
  /** How often it was launched. */
  readonly launches: number;
  /** What its launches took together. */
  readonly total: number;
  /** The mean of a launch. */
  readonly mean: number;
  /** The shortest. */
  readonly least: number;
  /** The longest. */
  readonly most: number;
  /** Bytes moved in 10^9 a second, where the options tell what a launch moves. */
  readonly gbps?: number | undefined;
  /** Floating-point operations in 10^12 a second, where the options tell. */
  readonly tflops?: number | undefined;
}

/**
 * What {@linkcode Device.profile} found. `console.log` prints it as a table.
 *
 * A launch that is profiled is recorded by itself, so that times of very short ones contain some
 * microseconds that they do not cost in a row.
 */
export class Profile {
  /** Every launch, in order. */
  readonly launches: readonly ProfiledLaunch[];
  /** By kernel, the one that took longest first. */
  readonly kernels: readonly ProfiledKernel[];
  /** Milliseconds of all launches together. */
  readonly total: number;
  readonly #device: string;

  /** Profiles are made by {@linkcode Device.profile}. */
  constructor(device: string, laps: readonly Lap[], { work = {} }: ProfileOptions = {}) {
    this.#device = device;
    const start = laps.reduce((least, { from }) => Math.min(least, from), Infinity);
    this.launches = laps.map(({ name, from, to }) => ({
      name,
      from: (from - start) / 1e6,
      to: (to - start) / 1e6,
    }));
    const byName = Map.groupBy(this.launches, ({ name }) => name);
    this.kernels = [...byName].map(([name, launches]): ProfiledKernel => {
      const times = launches.map(({ from, to }) => to - from);
      const total = times.reduce((sum, ms) => sum + ms, 0), { bytes, flops } = work[name] ?? {};
      return {
        name,
        launches: times.length,
        total,
        mean: total / times.length,
        least: times.reduce((a, b) => Math.min(a, b)),
        most: times.reduce((a, b) => Math.max(a, b)),
        gbps: bytes === undefined ? undefined : bytes * times.length / total / 1e6,
        tflops: flops === undefined ? undefined : flops * times.length / total / 1e9,
      };
    }).sort((a, b) => b.total - a.total);
    this.total = this.kernels.reduce((sum, { total }) => sum + total, 0);
  }

  /** The table: a line for each kernel. */
  toString(): string {
    const rates = this.kernels.some(({ gbps, tflops }) => gbps ?? tflops);
    const rows = [
      ["kernel", "launches", "ms", "share", "µs mean", "least", "most", ...rates ? ["rate"] : []],
      ...this.kernels.map(({ name, launches, total, mean, least, most, gbps, tflops }) => [
        name,
        `${launches}`,
        total.toFixed(3),
        `${this.total > 0 ? (100 * total / this.total).toFixed(1) : 0} %`,
        ...[mean, least, most].map((ms) => (1000 * ms).toFixed(1)),
        ...rates
          ? [[
            ...gbps === undefined ? [] : [`${gbps.toPrecision(4)} GB/s`],
            ...tflops === undefined ? [] : [`${tflops.toPrecision(4)} TFLOP/s`],
          ].join(", ")]
          : [],
      ]),
      ["all", `${this.launches.length}`, this.total.toFixed(3)],
    ];
    const widths = rows[0]!.map((_, i) =>
      rows.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), 0)
    );
    return rows.map((row) =>
      row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
    ).join("\n");
  }

  /**
   * The launches as a trace for `chrome://tracing` or ui.perfetto.dev: the text of a JSON file.
   *
   * @returns JSON, to be written to a file whose name ends in `.json`.
   */
  toTrace(): string {
    const process = { ph: "M", pid: 1, tid: 1 };
    return JSON.stringify({
      displayTimeUnit: "ns",
      traceEvents: [
        { ...process, name: "process_name", args: { name: this.#device } },
        { ...process, name: "thread_name", args: { name: "kernels" } },
        ...this.launches.map(({ name, from, to }) => ({
          name,
          cat: "kernel",
          ph: "X",
          pid: 1,
          tid: 1,
          ts: 1000 * from, // microseconds
          dur: 1000 * (to - from),
        })),
      ],
    });
  }

  /** What `console.log` prints in Deno and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
