/**
 * Which of several ways to run one launch is the fastest.
 *
 * All are run once, which compiles them and shows which the device refuses; then once on the clock, to
 * know how often each must run; then, taking turns so that a device which slows down under load
 * does so for all, as often as fills the time. That makes three waits for any number of ways.
 */

import { DeviceError } from "../errors.ts";
import type { WebGpuBackend } from "../runtime/webgpu.ts";
import { hasClock, quantile, runsIn, type Section, sectionTimes } from "./timing.ts";

/** How long one launch took: of several samples the median and what 20 and 80 % were faster than. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** How a race is run. */
export interface RaceOptions {
  /** Milliseconds that the timed launches of each contender should take together. */
  readonly rep: number;
  /** Done before each launch, untimed; each launch is a sample of its own then. */
  readonly before?: (() => void) | undefined;
  /** Does what is recorded, for who holds the queue's gate. */
  readonly through: <T>(action: () => T) => T;
}

/** Turns that the contenders take. */
const ROUNDS = 5;

/** Launches of a sample at most: between two submits the device may wait for the host. */
const MOST_REPEATS = 200;

/** Launches of a contender that shows itself slower than the fastest by this factor are not repeated. */
const HOPELESS = 3;

/**
 * Milliseconds of work before what is timed, and launches of which it is made at most. A GPU lets its clock fall
 * while configurations are compiled (an H200 to 345 MHz from 1980), and takes a while to raise it.
 */
const LEAD = 200, MOST_OF_LEAD = 10_000;

/** On the host's clock a sample is no shorter, in milliseconds: a wait takes 11, one more or less. */
const HOST_SAMPLE = 50;

/**
 * Milliseconds of one launch of each contender, or why the device refused it.
 *
 * @throws {DeviceError} When the device is lost.
 */
export async function race(
  backend: WebGpuBackend,
  contenders: readonly (() => void)[],
  { rep, before, through }: RaceOptions,
): Promise<(Spread | DeviceError)[]> {
  const { queue } = backend;
  const results: (Spread | DeviceError)[] = [];

  // What is refused is told at this wait, and by each launch after it.
  const refusals = contenders.map((run) => attempt(run, before, through));
  await through(() => queue.synchronize()).catch((error) => {
    if (queue.failures.lost) throw error;
  });
  const starters = contenders.map((run, i) => ({ run, i })).filter(({ run, i }) => {
    const refusal = refusals[i] ?? attempt(run, before, through);
    if (refusal) results[i] = refusal;
    return !refusal;
  });

  const trial = starters.map(({ run }): Section => ({ run, before }));
  let estimates = await sectionTimes(backend, trial, through);
  /** Work of the quickest contender. */
  const lead = () => {
    const quickest = Math.min(...estimates), { run } = starters[estimates.indexOf(quickest)]!;
    for (let n = runsIn(LEAD, quickest, MOST_OF_LEAD); n > 0; n--) {
      before?.();
      run();
    }
    before?.();
  };
  /** Times sections; on a GPU with the clock up. */
  const timed = ([first, ...others]: readonly Section[]) => {
    if (!first) return Promise.resolve([]);
    const led = backend.capabilities.software ? first : { run: first.run, before: lead };
    return sectionTimes(backend, [led, ...others], through);
  };
  if (!backend.capabilities.software) estimates = await timed(trial);
  const best = Math.min(...estimates);
  const plan = starters.flatMap(({ run, i }, at) => {
    const once = estimates[at]!;
    if (once > HOPELESS * best && once > 0.1) {
      results[i] = { median: once, low: once, high: once };
      return [];
    }
    return [{ run, i, ...plannedFor(once, hasClock(backend) ? rep : HOST_SAMPLE * 2, !before) }];
  });

  const sections: Section[] = [], owners: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    plan.forEach(({ run, samples, repeats }, at) => {
      if (round >= samples) return;
      sections.push({
        before,
        run: () => {
          for (let n = 0; n < repeats; n++) run();
        },
      });
      owners.push(at);
    });
  }
  const times = await timed(sections);
  plan.forEach(({ i, repeats }, at) => {
    const own = times.filter((_, n) => owners[n] === at).map((ms) => ms / repeats);
    results[i] = {
      median: quantile(own, 0.5),
      low: quantile(own, 0.2),
      high: quantile(own, 0.8),
    };
  });
  return results;
}

/** How many samples of how many launches fill the time. */
function plannedFor(once: number, rep: number, repeatable: boolean) {
  const launches = runsIn(rep, once);
  const samples = Math.min(Math.max(launches, 2), ROUNDS);
  const repeats = Math.min(Math.max(1, Math.round(launches / samples)), MOST_REPEATS);
  return { samples, repeats: repeatable ? repeats : 1 };
}

/** Launches once; the refusal, if the device is known to refuse. */
function attempt(
  run: () => void,
  before: (() => void) | undefined,
  through: <T>(action: () => T) => T,
): DeviceError | undefined {
  try {
    through(() => {
      before?.();
      run();
    });
  } catch (error) {
    if (error instanceof DeviceError) return error;
    throw error;
  }
  return undefined;
}
