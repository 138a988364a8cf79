/**
 * Times on the device's own clock. WebGPU notes the time where a compute pass begins and where it
 * ends, nowhere else; so what is to be timed gets passes of its own, and a lap is the time from the
 * beginning of its first pass to the end of its last.
 */

/** What a stopwatch measured. */
export interface Lap {
  /** What it was begun with. */
  readonly name: string;
  /** Nanoseconds since the first pass that was timed; equal when no pass was part of the lap. */
  readonly from: number;
  readonly to: number;
}

/** Passes that one query set has room for, two queries each; WebGPU allows 2048. */
const PASSES = 512;

/** GPUBufferUsage. */
const MAP_READ = 1, COPY_SRC = 4, COPY_DST = 8, QUERY_RESOLVE = 0x200;

/** The notes of one batch: which lap each of its passes belongs to. */
interface Page {
  readonly set: GPUQuerySet;
  readonly laps: number[];
  staging?: GPUBuffer;
}

export class Stopwatch {
  readonly #device: GPUDevice;
  readonly #names: string[] = [];
  readonly #pages: Page[] = []; // submitted
  readonly #maps: Promise<void>[] = [];
  readonly #resolved: GPUBuffer; // the queries of a batch as numbers; batches take turns
  #page: Page | undefined;
  #running = false;

  /** @param everyLaunch Whether each launch is to be a lap of its own, named after its kernel. */
  constructor(device: GPUDevice, readonly everyLaunch = false) {
    this.#device = device;
    const usage = QUERY_RESOLVE | COPY_SRC;
    this.#resolved = device.createBuffer({ label: "times", size: PASSES * 16, usage });
  }

  /** Begins a lap; the one before ends. */
  begin(name: string): void {
    this.#names.push(name);
    this.#running = true;
  }

  /** Ends the lap: passes up to the next are not timed. */
  end(): void {
    this.#running = false;
  }

  /** True when the batch must be submitted before another pass is timed. */
  get full(): boolean {
    return this.#page !== undefined && this.#page.laps.length >= PASSES;
  }

  /** Where a new pass is to note its times. */
  pass(): GPUComputePassTimestampWrites | undefined {
    if (!this.#running) return undefined;
    const page = this.#page ??= {
      set: this.#device.createQuerySet({ label: "times", type: "timestamp", count: PASSES * 2 }),
      laps: [],
    };
    const at = 2 * page.laps.push(this.#names.length - 1) - 2;
    return {
      querySet: page.set,
      beginningOfPassWriteIndex: at,
      endOfPassWriteIndex: at + 1,
    };
  }

  /** Adds to a batch what takes its times off the device; for the queue, at the batch's end. */
  finish(encoder: GPUCommandEncoder): void {
    const page = this.#page;
    if (!page) return;
    const queries = 2 * page.laps.length, size = 8 * queries;
    page.staging = this.#device.createBuffer({ label: "times", size, usage: MAP_READ | COPY_DST });
    encoder.resolveQuerySet(page.set, 0, queries, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, page.staging, 0, size);
  }

  /** For the queue, once the batch has been submitted. */
  submitted(): void {
    const page = this.#page;
    if (!page) return;
    this.#page = undefined;
    this.#pages.push(page);
    const mapped = page.staging!.mapAsync(1); // GPUMapMode.READ
    mapped.catch(() => {}); // laps() rejects as well
    this.#maps.push(mapped);
  }

  /** All laps of what was submitted, in the order in which they were begun. */
  async laps(): Promise<Lap[]> {
    await Promise.all(this.#maps);
    const laps = this.#names.map((name) => ({ name, from: Infinity, to: -Infinity }));
    let start: bigint | undefined; // the clock may have counted for years: too far for a number
    for (const page of this.#pages) {
      const times = new BigUint64Array(page.staging!.getMappedRange());
      page.laps.forEach((number, i) => {
        const lap = laps[number]!, from = times[2 * i]!, to = times[2 * i + 1]!;
        start ??= from;
        lap.from = Math.min(lap.from, Number(from - start));
        lap.to = Math.max(lap.to, Number(to - start));
      });
    }
    return laps.map((lap) => lap.from > lap.to ? { ...lap, from: 0, to: 0 } : lap);
  }

  /** Gives the memory back, measured or not. */
  dispose(): void {
    for (const { set, staging } of [...this.#pages, ...this.#page ? [this.#page] : []]) {
      set.destroy();
      staging?.destroy();
    }
    this.#resolved.destroy();
  }
}
