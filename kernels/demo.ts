/**
 * What the demos at the end of the kernel files share: sizes that suit the device, the error
 * against a reference, and rates.
 */

import type { Device, Tensor } from "../mod.ts";

/**
 * Seconds that one launch takes: after one to warm up, more and more of them, each time one after
 * the other with a single wait for all, until they fill the time. What the wait costs is part of
 * what is measured, so that a rate is never better than the truth, and spread over many launches.
 */
export async function secondsPerLaunch(
  device: Device,
  launch: () => void,
  seconds = 0.5,
): Promise<number> {
  const timed = async (times: number) => {
    const start = performance.now();
    for (let i = 0; i < times; i++) launch();
    await device.synchronize();
    return (performance.now() - start) / 1000;
  };
  await timed(1);
  for (let times = 1;;) {
    const elapsed = await timed(times);
    if (elapsed >= seconds || times >= MOST_LAUNCHES) return elapsed / times;
    const factor = Math.min(Math.max(1.2 * seconds / elapsed, 2), 10);
    times = Math.min(Math.ceil(times * factor), MOST_LAUNCHES);
  }
}

/** Launches that are enough to measure even the shortest. */
const MOST_LAUNCHES = 20_000;

/** The largest difference from the reference, relative to the reference's largest magnitude. */
export function worstError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = 0, largest = Number.MIN_VALUE;
  for (let i = 0; i < expected.length; i++) {
    const wanted = expected[i]!, difference = Math.abs(actual[i]! - wanted);
    if (!(difference <= worst)) worst = difference; // a NaN is the worst of all
    largest = Math.max(largest, Math.abs(wanted));
  }
  return worst / largest;
}

/** The first numbers of a list, shortened. */
export function firstNumbers(values: ArrayLike<number>, count = 4): string {
  const shown = Array.from({ length: Math.min(count, values.length) }, (_, i) => values[i]!);
  const more = values.length > count ? ", …" : "";
  return `[${shown.map((value) => value.toPrecision(4)).join(", ")}${more}]`;
}

/** One line of a demo: what was computed, how wrong it is, how fast it ran. */
export async function report(options: {
  title: string;
  out: Tensor;
  /** What the first `expected.length` numbers of `out` should be. */
  expected: ArrayLike<number>;
  launch: () => void;
  /** What one launch moves or computes, and its unit: `[2e9, "GFLOP/s"]` or `[1e6, "GB/s"]`. */
  work: readonly [amount: number, unit: "GB/s" | "GFLOP/s"];
}): Promise<void> {
  const { title, out, expected, launch, work: [amount, unit] } = options;
  launch();
  const actual = await out.read();
  const error = worstError(actual, expected);
  const seconds = await secondsPerLaunch(out.device, launch);
  const rate = amount / seconds / 1e9;
  console.log(`${title}: ${firstNumbers(actual)}`);
  console.log(
    `  largest error against the float64 reference: ${error.toExponential(1)} of the largest value`,
  );
  console.log(
    `  ${(seconds * 1e6).toFixed(1)} µs a launch, ${rate.toPrecision(4)} ${unit}`,
  );
}
