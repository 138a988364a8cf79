/**
 * Measuring several ways to compute the same.
 *
 * What runs on this library's queue is timed on the device's clock, many runs in one pass between two
 * times; other libraries have queues of their own and are timed on the host's clock, many runs and
 * one wait, less what a wait for an idle device takes (about 11 ms in Deno). All take turns, so that a
 * device which slows down under load does so for all of them.
 */

import type { Device } from "../mod.ts";
import { quantile, runsIn, sectionTimes } from "../lib/launch/timing.ts";
import { WebGpuBackend } from "../lib/runtime/webgpu.ts";

/** Something to time on this library's queue; `runs` are the same with other tensors, to take turns. */
export interface Queued {
  readonly runs: readonly (() => void)[];
}

/** Something to time elsewhere: does it so many times, and resolves when all are done. */
export interface Elsewhere {
  readonly runTimes: (times: number) => Promise<unknown>;
}

/** How long a sample takes, and how many there are. */
export interface Effort {
  /** Milliseconds of a sample. */
  readonly sample: number;
  readonly samples: number;
}

/** Runs of a sample at most, on the host's clock. */
const MOST = 2000;

/**
 * The same on the device's clock: no more than one submit takes. Between two submits the device may wait
 * for the host, which for runs of 2 µs doubled the time.
 */
const MOST_IN_PASS = 100;

/**
 * Milliseconds of work that come before a sample. A GPU that waits for the host lets its clock fall (an
 * H100 shows 345 MHz where it can have 1980) and takes a while to raise it. Measured without, products ran
 * at a third of the rate that they have in a process that does nothing else, those by hand too.
 */
const LEAD = 50;

/** The same before a run is first timed, and before its first sample. */
const FIRST_LEAD = 300;

/** Runs of which the time of one is learnt. */
const TRIALS = 5;

/** Milliseconds of one run of each, the median of the samples. */
export async function measure(
  device: Device,
  queued: readonly Queued[],
  elsewhere: readonly Elsewhere[],
  { sample, samples }: Effort,
): Promise<{ queued: number[]; elsewhere: number[] }> {
  const { backend } = device;
  if (!(backend instanceof WebGpuBackend)) throw new Error("Benches run on WebGPU devices");

  // Once to compile, and once more each to know how often they fit in a sample.
  for (const { runs } of queued) runs[0]!();
  await device.synchronize();
  const { software } = device.capabilities;
  const cold = await sectionTimes(backend, queued.map(({ runs }) => ({ run: runs[0]! })));
  /** Runs that take so many milliseconds, of which each takes as many as is thought. */
  const lead = (at: number, ms: number, each: readonly number[]) => {
    if (software) return;
    const { runs } = queued[at]!, count = runsIn(ms, each[at]!, 20 * MOST);
    for (let i = 0; i < count; i++) {
      runs[i % runs.length]!();
      if (i % MOST_IN_PASS === MOST_IN_PASS - 1) backend.flush();
    }
    backend.flush();
  };
  const trials = queued.map(({ runs }, at) => ({
    before: () => lead(at, FIRST_LEAD, cold),
    run: () => {
      for (let i = 0; i < TRIALS; i++) runs[i % runs.length]!();
    },
  }));
  const warm = software ? cold : (await sectionTimes(backend, trials)).map((ms) => ms / TRIALS);
  const times = warm.map((ms) => runsIn(sample, ms, MOST_IN_PASS));
  const plans = [];
  for (const { runTimes } of elsewhere) plans.push(await planFor(runTimes, sample));

  const own: number[][] = queued.map(() => []), others: number[][] = elsewhere.map(() => []);
  for (let n = 0; n < samples; n++) {
    const sections = queued.map(({ runs }, at) => ({
      before: () => lead(at, n === 0 ? FIRST_LEAD : LEAD, warm),
      run: () => {
        for (let i = 0; i < times[at]!; i++) runs[i % runs.length]!();
      },
    }));
    (await sectionTimes(backend, sections)).forEach((ms, at) => own[at]!.push(ms / times[at]!));
    for (const [at, { runTimes }] of elsewhere.entries()) {
      const { count, idle } = plans[at]!;
      others[at]!.push((await elapsed(runTimes, count) - idle) / count);
    }
  }
  return {
    queued: own.map((values) => quantile(values, 0.5)),
    elsewhere: others.map((values) => quantile(values, 0.5)),
  };
}

/** How many runs fill a sample on the host's clock, and what a wait alone takes. */
async function planFor(runTimes: Elsewhere["runTimes"], sample: number) {
  await runTimes(1); // compiles
  const waits: number[] = [];
  for (let i = 0; i < 5; i++) waits.push(await elapsed(runTimes, 0));
  const idle = quantile(waits, 0.5), wanted = Math.max(sample, 100);
  for (let count = 1;; count *= 2) {
    const ms = await elapsed(runTimes, count) - idle;
    if (ms < wanted / 2 && count < MOST) continue;
    return {
      idle,
      count: Math.min(Math.max(Math.round(count * wanted / Math.max(ms, 0.1)), 1), MOST),
    };
  }
}

async function elapsed(runTimes: Elsewhere["runTimes"], times: number): Promise<number> {
  const start = performance.now();
  await runTimes(times);
  return performance.now() - start;
}
