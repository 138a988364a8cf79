/**
 * How long things take on a device: on its own clock where it has one, else on the host's.
 *
 * A wait for the GPU costs about 11 ms in Deno, so all sections are recorded one after the other and
 * there is one wait for all of them. On the host's clock each needs a wait of its own, and the time
 * that one takes for an idle device is taken off.
 */

import type { WebGpuBackend } from "../runtime/webgpu.ts";
import { Stopwatch } from "../runtime/stopwatch.ts";

/** Something to time. */
export interface Section {
  /** Launches what is timed. */
  readonly run: () => void;
  /** Is done before, untimed. */
  readonly before?: (() => void) | undefined;
}

/** Waits for an idle device that are measured. */
const IDLE_WAITS = 5;

/** Whether a device tells the time itself. */
export function hasClock(backend: WebGpuBackend): boolean {
  return backend.capabilities.features.includes("timestamp-query");
}

/**
 * The milliseconds that each section takes, in order.
 *
 * @param through Does what is recorded; for who holds the queue's gate.
 * @throws {DeviceError} When a launch fails, or the device is lost.
 */
export function sectionTimes(
  backend: WebGpuBackend,
  sections: readonly Section[],
  through: <T>(action: () => T) => T = (action) => action(),
): Promise<number[]> {
  return hasClock(backend)
    ? onDeviceClock(backend, sections, through)
    : onHostClock(backend, sections, through);
}

async function onDeviceClock(
  { queue, gpu }: WebGpuBackend,
  sections: readonly Section[],
  through: <T>(action: () => T) => T,
): Promise<number[]> {
  const watch = new Stopwatch(gpu), before = queue.watching;
  try {
    const done = through(() => {
      queue.watch(watch);
      try {
        for (const section of sections) {
          queue.lap(undefined);
          section.before?.();
          queue.lap("");
          section.run();
        }
      } finally {
        queue.watch(before);
      }
      return queue.synchronize();
    });
    await done;
    return (await watch.laps()).map(({ from, to }) => (to - from) / 1e6);
  } finally {
    watch.dispose();
  }
}

async function onHostClock(
  { queue }: WebGpuBackend,
  sections: readonly Section[],
  through: <T>(action: () => T) => T,
): Promise<number[]> {
  const timed = async (run: () => void) => {
    const start = performance.now();
    await through(() => {
      run();
      return queue.synchronize();
    });
    return performance.now() - start;
  };
  await timed(() => {});
  const waits: number[] = [];
  for (let i = 0; i < IDLE_WAITS; i++) waits.push(await timed(() => {}));
  const idle = quantile(waits, 0.5);
  const times: number[] = [];
  for (const { run, before } of sections) {
    if (before) await timed(before);
    times.push(Math.max(await timed(run) - idle, 0));
  }
  return times;
}

/** Memory that is overwritten so that nothing of what is timed is left in the caches. */
export class CacheFlush {
  readonly #queue: WebGpuBackend["queue"];
  readonly #buffer: GPUBuffer;

  constructor({ queue, gpu, limits, capabilities }: WebGpuBackend) {
    this.#queue = queue;
    const size = Math.min((capabilities.software ? 32 : 256) * 2 ** 20, limits.maxBufferSize);
    this.#buffer = gpu.createBuffer({ label: "cache flush", size, usage: 0x08 }); // COPY_DST
  }

  /** Records the overwriting. */
  run(): void {
    this.#queue.command((encoder) => encoder.clearBuffer(this.#buffer));
  }

  dispose(): void {
    this.#buffer.destroy();
  }
}

/** How many runs fill so many milliseconds where each takes as many as is thought: one at least. */
export function runsIn(ms: number, each: number, most = Infinity): number {
  return Math.min(Math.max(Math.round(ms / Math.max(each, 1e-3)), 1), most);
}

/** A quantile of some numbers, interpolated linearly between neighbours. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b), at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!, high = sorted[Math.ceil(at)]!;
  return low + (high - low) * (at - Math.floor(at));
}
