/**
 * What is known of configurations from before: of this process, of what was imported, of a cache.
 *
 * Times are kept for each configuration by itself, so that one more to try does not cost the others
 * anew. They say something about one device, one key and one text of the kernel.
 */

import type { Cache } from "../cache/cache.ts";
import { fingerprint } from "../cache/fingerprint.ts";
import { LaunchError } from "../errors.ts";
import type { KernelFunction } from "../trace/environment.ts";
import { valueKey } from "./key.ts";
import type { Spread } from "./race.ts";

/** Milliseconds of one configuration: the median, what a fifth and four fifths of the samples were faster than. */
export type TuningTime = readonly [median: number, low: number, high: number];

/** What was measured of a kernel, as data for JSON. */
export interface TuningData {
  /** The kernel's name. */
  readonly kernel: string;
  /** Tells whether its text is still the same. */
  readonly source: string;
  /** By device, by key, by configuration; null for those that do not run. */
  readonly times: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, TuningTime | null>>>>>
  >;
}

/** What is known of one configuration: its times, that it does not run, or nothing. */
export type Known = Spread | "fails" | undefined;

/** A configuration in words: `BLOCK_M: 64, numWarps: 4`. */
export function configText(config: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(config).map(([name, value]) =>
    `${name}: ${typeof value === "function" ? value.name || "function" : valueKey(value)}`
  );
  return entries.join(", ") || "none";
}

/** The same for a key that outlives the process: of a function its text. */
function lastingText(config: Readonly<Record<string, unknown>>): string {
  return Object.entries(config).sort(([a], [b]) => a < b ? -1 : 1).map(([name, value]) =>
    `${name}: ${typeof value === "function" ? fingerprint(`${value}`) : valueKey(value)}`
  ).join(", ");
}

export class TuningTimes {
  readonly #fn: KernelFunction;
  #source: string | undefined;
  readonly #times = new Map<string, TuningTime | null>(); // by device, key and configuration

  constructor(fn: KernelFunction) {
    this.#fn = fn;
  }

  get source(): string {
    return this.#source ??= fingerprint(`${this.#fn.fn}`);
  }

  /** What is known of a configuration. */
  get(
    cache: Cache | undefined,
    device: string,
    key: string,
    config: Readonly<Record<string, unknown>>,
  ): Known {
    const place = [device, key, lastingText(config)].join("\n");
    let time = this.#times.get(place);
    if (time === undefined && cache) {
      time = parseTime(cache.get(this.#cacheKey(place)));
      if (time !== undefined) this.#times.set(place, time);
    }
    if (time === undefined) return undefined;
    return time ? { median: time[0], low: time[1], high: time[2] } : "fails";
  }

  /** Keeps what was found of a configuration. */
  set(
    cache: Cache | undefined,
    device: string,
    key: string,
    config: Readonly<Record<string, unknown>>,
    found: Spread | "fails",
  ): void {
    const place = [device, key, lastingText(config)].join("\n");
    const time: TuningTime | null = found === "fails"
      ? null
      : [found.median, found.low, found.high];
    this.#times.set(place, time);
    cache?.set(this.#cacheKey(place), JSON.stringify(time));
  }

  #cacheKey(place: string): string {
    return `tuning\n${this.#fn.name}\n${this.source}\n${place}`;
  }

  export(): TuningData {
    const times: Record<string, Record<string, Record<string, TuningTime | null>>> = {};
    for (const [place, time] of this.#times) {
      const [device, key, config] = place.split("\n") as [string, string, string];
      ((times[device] ??= {})[key] ??= {})[config] = time;
    }
    return { kernel: this.#fn.name, source: this.source, times };
  }

  /** Takes over what was exported; false when the kernel's text has changed since. */
  import(data: TuningData): boolean {
    const wrong = (what: string) =>
      new LaunchError(`Cannot import tuning into '${this.#fn.name}': ${what}`);
    if (typeof data?.times !== "object" || data.times === null) {
      throw wrong("it is not what exportTuning() returns");
    }
    if (data.kernel !== this.#fn.name) throw wrong(`it is of the kernel '${data.kernel}'`);
    if (data.source !== this.source) return false;
    for (const [device, keys] of Object.entries(data.times)) {
      for (const [key, configs] of Object.entries(keys)) {
        for (const [config, time] of Object.entries(configs)) {
          if (!isTime(time)) throw wrong(`the time of ${config} is ${JSON.stringify(time)}`);
          this.#times.set([device, key, config].join("\n"), time);
        }
      }
    }
    return true;
  }
}

function parseTime(text: string | undefined): TuningTime | null | undefined {
  if (text === undefined) return undefined;
  try {
    const time: unknown = JSON.parse(text);
    return isTime(time) ? time : undefined;
  } catch {
    return undefined;
  }
}

function isTime(value: unknown): value is TuningTime | null {
  return value === null ||
    Array.isArray(value) && value.length === 3 && value.every((ms) => Number.isFinite(ms));
}
