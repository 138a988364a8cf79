/**
 * A GPU as a backend, through any implementation of WebGPU.
 */

import { DeviceError } from "../errors.ts";
import type { Cache } from "../cache/cache.ts";
import type { Backend, Filling, MemoryReport } from "./backend.ts";
import type { Capabilities, Limits } from "./capabilities.ts";
import type { FailureLog } from "./failures.ts";
import { GpuStorage } from "./gpu_storage.ts";
import { Block, MemoryPool, nextBlockId } from "./memory_pool.ts";
import { PARTIAL_WORD, partialWords } from "./partial_words.ts";
import { type Pipeline, PipelineCache } from "./pipelines.ts";
import type { Program } from "./program.ts";
import { LaunchQueue } from "./queue.ts";
import { type Lap, Stopwatch } from "./stopwatch.ts";
import { ReportBuffer } from "./reports.ts";

/** What a batch of launches can print, some 43,000 elements. */
const REPORT_BYTES = 2 ** 20;

/** What a backend may be told. */
export interface BackendOptions {
  /** False when the GPU device belongs to somebody else, who will destroy it. */
  readonly owned?: boolean;
  /** Takes the GPU device back when it is idle after the backend has ended; else it is destroyed. */
  readonly giveBack?: (idle: Promise<void>) => void;
  /** Bytes that tensors may hold together; unlimited unless given. */
  readonly memoryLimit?: number | undefined;
  /** Where compiled kernels are kept between runs. */
  readonly cache?: Cache | undefined;
}

/** Where a GPU device's events go, as long as the backend is not disposed of: the device may outlive it. */
interface Events {
  failures: FailureLog | undefined;
}

export class WebGpuBackend implements Backend {
  readonly limits: Limits;
  readonly queue: LaunchQueue;
  readonly cache: Cache | undefined;
  print: Backend["print"] = (text) => console.log(text);
  readonly #pipelines: PipelineCache;
  readonly #pool: MemoryPool;
  readonly #owned: boolean;
  readonly #giveBack: BackendOptions["giveBack"];
  readonly #events: Events;
  /** Whether others have the GPU device. */
  shared = false;
  readonly #adopted = new WeakMap<GPUBuffer, Block>(); // one block for each buffer, so that sharing is seen
  #disposed = false;

  constructor(
    readonly gpu: GPUDevice,
    readonly capabilities: Capabilities,
    { owned = true, giveBack, memoryLimit = Infinity, cache }: BackendOptions = {},
  ) {
    if (!capabilities.limits) throw new Error("A WebGPU device has limits");
    this.limits = capabilities.limits;
    this.cache = cache;
    this.#owned = owned;
    this.#giveBack = giveBack;
    const reports = new ReportBuffer(
      gpu,
      REPORT_BYTES,
      (count, bytes) => this.print(dropped(count, bytes)),
    );
    this.queue = new LaunchQueue(gpu, this.limits, reports);
    const { failures } = this.queue;
    this.#pipelines = new PipelineCache(gpu, this.limits, (check) => failures.track(check));
    this.#pool = new MemoryPool({
      gpu,
      maxBufferSize: this.limits.maxBufferSize,
      memoryLimit,
      track: (check) => failures.track(check),
      isBusy: (block) => this.queue.isBusy(block),
      destroy: (block) => this.queue.destroy(block),
      forget: (block) => this.queue.forget(block),
    });
    this.#events = { failures: this.queue.failures };
    if (owned) hearErrors(gpu, this.#events);
    hearLoss(gpu.lost, this.#events);
  }

  allocate(bytes: number, what: string, filling: Filling): GpuStorage {
    this.queue.failures.throwIfLost();
    const block = this.#pool.take(bytes, what, filling !== "none");
    block.parts = 1;
    block.requested = bytes;
    block.shared = false;
    if (filling === "zeros" && block.used) this.queue.clear(block, 0, block.bytes); // a new buffer is zero
    return new GpuStorage(this, block, 0, bytes);
  }

  /** The memory of a buffer that belongs to somebody else, from `offset` on. */
  adopt(buffer: GPUBuffer, offset: number, bytes: number): GpuStorage {
    this.queue.failures.throwIfLost();
    let block = this.#adopted.get(buffer);
    if (!block) {
      this.#adopted.set(
        buffer,
        block = new Block(nextBlockId(), buffer, buffer.size - buffer.size % 4, false),
      );
    }
    block.shared = true;
    block.parts++;
    return new GpuStorage(this, block, offset, bytes);
  }

  /** Takes back what no storage is a part of any more; whoever holds the queue may be using it. */
  release(block: Block): void {
    this.queue.inTurn(() => {
      if (this.#disposed) return;
      if (block.owned) this.#pool.giveBack(block);
      else this.queue.forget(block);
    });
  }

  /** Overwrites the bytes of a storage from the first on. */
  write(storage: GpuStorage, data: Uint8Array<ArrayBuffer>): void {
    const { block, offset, bytes } = storage, size = data.byteLength;
    if (size === 0) return;
    if (offset % 4 === 0 && size % 4 === 0) return this.queue.write(block, offset, data);
    if (offset === 0 && block.owned && block.parts === 1 && size === bytes) {
      const padded = new Uint8Array(Math.ceil(size / 4) * 4); // nobody has the bytes behind it
      padded.set(data);
      return this.queue.write(block, 0, padded);
    }
    const { words, whole, wholeAt } = partialWords(offset, data);
    if (whole.byteLength > 0) this.queue.write(block, wholeAt, whole.slice());
    for (const { at, keep, bits } of words) {
      const word = new GpuStorage(this, block, at, 4);
      const around = word.wholeBlock ?? GpuStorage.around([word]);
      const scalars = Uint32Array.of((at - around.offset) / 4, keep, bits, 0);
      this.queue.launch(this.pipeline(PARTIAL_WORD), [around], scalars, 1, 1, 1);
    }
  }

  /** Sets the bytes of a storage to zero. */
  clear(storage: GpuStorage): void {
    const { block, offset, bytes } = storage;
    if (offset % 4 === 0 && bytes % 4 === 0) this.queue.clear(block, offset, bytes);
    else this.write(storage, new Uint8Array(bytes));
  }

  /** The pipeline of a program. Throws when the program needs more than the device has. */
  pipeline(program: Program): Pipeline {
    return this.#pipelines.get(program);
  }

  memory(): MemoryReport {
    return this.#pool.report();
  }

  trim(): void {
    this.#pool.trim();
    this.queue.trim();
  }

  flush(): void {
    this.queue.failures.throwIfLost();
    this.queue.flush();
  }

  synchronize(): Promise<void> {
    return this.queue.synchronize();
  }

  async profile(action: () => Promise<void>): Promise<Lap[]> {
    if (!this.capabilities.features.includes("timestamp-query")) {
      throw new DeviceError(
        "Cannot profile: the device has no clock ('timestamp-query' was not granted). Time many launches with performance.now() and one await device.synchronize()",
      );
    }
    const { queue } = this, watch = new Stopwatch(this.gpu, true), before = queue.watching;
    await queue.synchronize();
    queue.watch(watch);
    try {
      await action();
      await queue.synchronize(); // and whoever holds the queue
      queue.watch(before);
      return await watch.laps();
    } finally {
      if (queue.watching === watch) queue.watch(before);
      watch.dispose();
    }
  }

  /** Ends the device once what was submitted has run; waits that are under way reject. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { failures } = this.queue, { lost } = failures;
    if (!lost) this.queue.flush();
    failures.lose(
      new DeviceError("The device has been disposed of: open another with Device.open()"),
    );
    this.#events.failures = undefined;
    // Destroying a device under a pending map hangs some implementations, so the maps finish first.
    const idle = this.gpu.queue.onSubmittedWorkDone().catch(() => {}).then(() => {
      this.#pool.dispose();
      this.queue.dispose();
    });
    if (this.#giveBack && !this.shared && !lost) this.#giveBack(idle);
    else if (this.#owned) idle.then(() => this.gpu.destroy());
  }
}

function hearErrors(gpu: GPUDevice, events: Events): void {
  const listener = (event: Event) => {
    event.preventDefault();
    const { message } = (event as GPUUncapturedErrorEvent).error;
    events.failures?.add(new DeviceError(`The device reported an error: ${message}`));
    if (!events.failures) gpu.removeEventListener("uncapturederror", listener);
  };
  gpu.addEventListener("uncapturederror", listener);
}

/**
 * A function of its own, whose closure has nothing of the device: Deno holds on to what waits for a loss, and a
 * device that is only forgotten would never be collected.
 */
function hearLoss(lost: GPUDevice["lost"], events: Events): void {
  lost.then(({ reason, message }) => {
    events.failures?.lose(
      new DeviceError(
        `The device was lost (${reason}): ${message}. Its tensors are gone; open another with Device.open()`,
      ),
    );
  });
}

/** What is printed in place of what did not fit. */
function dropped(count: number, bytes: number): string {
  const elements = count === 1 ? "1 element" : `${count} elements`;
  return `Nereid: ${elements} that kernels printed did not fit into the device's buffer of ${bytes} bytes ` +
    "and are lost: print fewer, with { mask } or if (tl.programId(0) === 0)";
}
