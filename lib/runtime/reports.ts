/**
 * What running kernels tell the host: a buffer that launches append records to, read when a batch
 * of launches that use it is submitted.
 *
 * The runtime knows of a record its first word, which says whose it is, and its length. Each launch
 * that tells something takes as many numbers as its kernel has places that do; records that do not
 * fit into the buffer are counted by the shader and told of. The buffer exists once for each device,
 * from the first such launch on, and is bound to no other kernel.
 */

import { DeviceError, type NereidError } from "../errors.ts";

/** A record without the word that says whose it is. */
export interface DeviceRecord {
  /** Which of the kernel's places wrote it. */
  readonly place: number;
  readonly words: Uint32Array;
}

/** Takes what launches of one kernel tell. */
export interface Reporter {
  /** For each place of the kernel, the words of a record, the first included. */
  readonly recordWords: readonly number[];
  /**
   * Is given the records of one launch in the order in which they were written, which is the
   * program's for what one invocation wrote. Returns what they say has gone wrong.
   */
  receive(records: readonly DeviceRecord[]): NereidError | undefined;
}

/** Two words before the records: how many words of them there are, and how many records were dropped. */
const HEADER = 2;

const USAGE = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, STORAGE: 128 } as const;

export class ReportBuffer {
  readonly #device: GPUDevice;
  readonly #bytes: number;
  readonly #dropped: (count: number, bytes: number) => void;
  #buffer: GPUBuffer | undefined;
  /** The launches of the open batch that tell something, and the number of each one's first place. */
  #launches: { readonly first: number; readonly reporter: Reporter }[] = [];
  #delivered: Promise<unknown> = Promise.resolve();
  #next = 1; // 0 is what a word is that nothing was written to

  /** @param dropped Is told of records that did not fit into the buffer. */
  constructor(
    device: GPUDevice,
    bytes: number,
    dropped: (count: number, bytes: number) => void,
  ) {
    this.#device = device;
    this.#bytes = bytes;
    this.#dropped = dropped;
  }

  /** The buffer for launches to bind. */
  get buffer(): GPUBuffer {
    return this.#buffer ??= this.#device.createBuffer({
      label: "reports",
      size: this.#bytes,
      usage: USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST,
    });
  }

  /** Takes note of a launch in the open batch; gives the number of its first place. */
  begin(reporter: Reporter): number {
    const first = this.#next;
    this.#next += reporter.recordWords.length;
    this.#launches.push({ first, reporter });
    return first;
  }

  /**
   * Ends the batch: records that what it told is copied and the buffer emptied. Returns what is to
   * be called after the submit, which gives what went wrong, or nothing when the batch tells nothing.
   */
  take(encoder: GPUCommandEncoder): (() => Promise<NereidError | undefined>) | undefined {
    const launches = this.#launches;
    if (launches.length === 0) return undefined;
    this.#launches = [];
    this.#next = 1;
    const { buffer } = this, size = this.#bytes;
    const staging = this.#device.createBuffer({
      label: "reports read back",
      size,
      usage: USAGE.MAP_READ | USAGE.COPY_DST,
    });
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
    encoder.clearBuffer(buffer);
    return () => {
      const mapped = staging.mapAsync(1).then(() => true, () => false); // GPUMapMode.READ
      // Maps may be told of in any order; batches are delivered in their own.
      const delivered = this.#delivered.then(async () => {
        if (!await mapped) return undefined; // the device is lost, which is reported as such
        const words = new Uint32Array(staging.getMappedRange(0, size)).slice();
        staging.destroy();
        return this.#deliver(words, launches);
      });
      this.#delivered = delivered;
      return delivered;
    };
  }

  /** Destroys the buffer. */
  dispose(): void {
    this.#buffer?.destroy();
    this.#buffer = undefined;
  }

  /** Hands the records to those whose they are, launch by launch. */
  #deliver(
    words: Uint32Array,
    launches: readonly { readonly first: number; readonly reporter: Reporter }[],
  ): NereidError | undefined {
    const records: DeviceRecord[][] = launches.map(() => []);
    const used = Math.min(words[0]!, words.length - HEADER);
    let launch = 0;
    for (let at = HEADER; at < HEADER + used;) {
      const number = words[at]!;
      if (number === 0) break; // claimed, but it did not fit
      launch = launchOf(number, launches, launch);
      const { first, reporter } = launches[launch]!, place = number - first;
      const length = reporter.recordWords[place]!;
      records[launch]!.push({ place, words: words.subarray(at + 1, at + length) });
      at += length;
    }
    const failures = launches.map(({ reporter }, i) =>
      records[i]!.length > 0 ? received(reporter, records[i]!) : undefined
    );
    if (words[1]! > 0) this.#dropped(words[1]!, this.#bytes);
    return failures.find((failure) => failure !== undefined);
  }
}

/** What records say has gone wrong, or that they could not be taken. */
function received(
  reporter: Reporter,
  records: readonly DeviceRecord[],
): NereidError | undefined {
  try {
    return reporter.receive(records);
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    return new DeviceError(`What kernels print could not be printed: ${what}`, { cause });
  }
}

/** The last launch whose first number is not above this one; usually that of the record before. */
function launchOf(
  number: number,
  launches: readonly { readonly first: number }[],
  guess: number,
): number {
  const next = launches[guess + 1];
  if (launches[guess]!.first <= number && (!next || number < next.first)) return guess;
  let low = 0, high = launches.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (launches[middle]!.first <= number) low = middle;
    else high = middle - 1;
  }
  return low;
}
