/**
 * Timing. A wait for the GPU costs about 11 ms in Deno whatever the GPU does, so each sample is many
 * repeats with one wait at the end, and the cost of a wait for an idle device is taken off.
 */

/** Something to time: `run(k)` does it k times and resolves when the device is done with all. */
export interface Subject {
  run(repeats: number): Promise<unknown>;
}

/** Milliseconds that the repeats of one sample should take together. */
const SAMPLE_MS = 120;
const SAMPLES = 7;
const MOST_REPEATS = 2000;

/**
 * The median milliseconds of one repeat of each subject. Throws when they cannot be told from a wait. Samples are interleaved, so that a device
 * which slows down under load does so for all of them.
 */
export async function measure(subjects: readonly Subject[]): Promise<number[]> {
  const plans = [];
  for (const subject of subjects) {
    await subject.run(1); // compiles
    const idle = median(await repeat(9, () => elapsed(subject, 0)));
    plans.push({ subject, idle, repeats: await repeatsFor(subject, idle), times: [] as number[] });
  }
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (const { subject, idle, repeats, times } of plans) {
      times.push((await elapsed(subject, repeats) - idle) / repeats);
    }
  }
  return plans.map(({ times, repeats }) => {
    const ms = median(times);
    if (ms > 0) return ms;
    throw new Error(
      `Cannot time ${repeats} repeats: they took no longer than a wait for an idle device; the machine is too busy or its clock too coarse, run it again`,
    );
  });
}

/** How many repeats fill a sample. */
async function repeatsFor(subject: Subject, idle: number): Promise<number> {
  for (let repeats = 1;; repeats *= 2) {
    const ms = await elapsed(subject, repeats) - idle;
    if (ms >= SAMPLE_MS / 2 || repeats >= MOST_REPEATS) {
      const wanted = Math.round(repeats * SAMPLE_MS / Math.max(ms, 0.1));
      return Math.min(Math.max(wanted, 1), MOST_REPEATS);
    }
  }
}

async function elapsed(subject: Subject, repeats: number): Promise<number> {
  const start = performance.now();
  await subject.run(repeats);
  return performance.now() - start;
}

async function repeat(n: number, run: () => Promise<number>): Promise<number[]> {
  const results: number[] = [];
  for (let i = 0; i < n; i++) results.push(await run());
  return results;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
