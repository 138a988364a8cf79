/**
 * The launch queue: launches gather in one open compute pass and are submitted together.
 *
 * A submit costs 40 µs and an upload 11 µs where a dispatch in an open pass costs under 3, so a batch
 * has one of each. Scalars of all its launches lie in one uniform buffer, each launch's part
 * found through a dynamic offset; it is uploaded right before the submit, and the order of
 * queue operations keeps the batches from seeing each other's. A batch ends when something is read
 * or written, on `synchronize()`, at a size bound, and before the event loop goes idle.
 *
 * Nothing here waits. What the device finds wrong arrives later and is kept as a failure, which
 * every wait that was begun before it is reported rejects with.
 */

import { DeviceError } from "../errors.ts";
import { FailureLog } from "./failures.ts";
import { Gate } from "./gate.ts";
import type { GpuStorage } from "./gpu_storage.ts";
import type { Pipeline } from "./pipelines.ts";
import type { ReportBuffer, Reporter } from "./reports.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** Launches in a batch at most; by then a submit costs little beside them, and the GPU should start. */
const MAX_LAUNCHES = 256;
/** Bytes of scalars in a batch at most: what 256 launches take at the default alignment. */
const UNIFORM_BYTES = 256 * 256;
/** Microtasks that may pass without a launch before a batch is submitted: a few `await`s are fewer. */
const IDLE_TURNS = 8;

const USAGE = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64 } as const;

function roundUp(bytes: number, multiple: number): number {
  return Math.ceil(bytes / multiple) * multiple;
}

/** A read that is recorded: the batch copies to `staging`, whose mapping is told of once it is asked for. */
interface ReadBack {
  readonly staging: GPUBuffer;
  readonly mapping: (mapped: Promise<void>) => void;
}

export class LaunchQueue {
  readonly failures = new FailureLog();
  /** Held while something is measured whose result decides what is launched. */
  readonly gate = new Gate();
  /** Counts batches, from 1; a storage remembers the last one that used it. */
  batch = 1;

  readonly #device: GPUDevice;
  readonly #alignment: number;
  readonly #uniformBuffer: GPUBuffer;
  readonly #uniformWords = new Uint32Array(UNIFORM_BYTES / 4);
  readonly #offset = new Uint32Array(1);
  readonly #groups = new Map<string, GPUBindGroup>();

  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pipeline: Pipeline | undefined; // what the pass is set to
  #unverified: Pipeline | undefined; // the one unverified pipeline of this batch
  #names = new Set<string>(); // kernels of this batch, for messages
  #launches = 0;
  #uniformBytes = 0;
  #turns = -1; // microtasks since the last launch; -1 when none is scheduled
  #readBacks: ReadBack[] = [];
  #released: GpuStorage[] = [];
  #watch: Stopwatch | undefined;

  /** @param reports What launches that are given a reporter write to. */
  constructor(device: GPUDevice, alignment: number, readonly reports: ReportBuffer) {
    this.#device = device;
    this.#alignment = Math.max(alignment, 16);
    this.#uniformBuffer = device.createBuffer({
      label: "scalars",
      size: UNIFORM_BYTES,
      usage: USAGE.UNIFORM | USAGE.COPY_DST,
    });
  }

  /**
   * Records one launch.
   *
   * @param storages One for each of the program's bindings.
   * @param uniforms The words of the program's uniform buffer; copied.
   * @param reporter Takes what the launch tells, when the program has records.
   */
  launch(
    pipeline: Pipeline,
    storages: readonly GpuStorage[],
    uniforms: Uint32Array,
    x: number,
    y: number,
    z: number,
    reporter?: Reporter,
  ): void {
    if (this.gate.closed) {
      const copy = uniforms.slice();
      return this.#later(() => this.launch(pipeline, storages, copy, x, y, z, reporter));
    }
    if (pipeline.error) throw pipeline.error;
    this.failures.throwIfLost();
    const bytes = roundUp(pipeline.program.uniformBytes, this.#alignment);
    if (this.#launches >= MAX_LAUNCHES || this.#uniformBytes + bytes > UNIFORM_BYTES) this.flush();
    this.#keepApart(pipeline);
    if (this.#watch?.everyLaunch) this.lap(pipeline.program.name);
    if (!this.#pass && this.#watch?.full) this.flush();

    const pass = this.#openPass();
    if (this.#pipeline !== pipeline) {
      pass.setPipeline(pipeline.gpu);
      this.#pipeline = pipeline;
      this.#names.add(pipeline.program.name);
    }
    const group = this.#bindGroup(pipeline, storages);
    if (bytes > 0) {
      this.#uniformWords.set(uniforms, this.#uniformBytes / 4);
      if (reporter) {
        const at = (this.#uniformBytes + pipeline.firstReportOffset) / 4;
        this.#uniformWords[at] = this.reports.begin(reporter);
      }
      this.#offset[0] = this.#uniformBytes;
      pass.setBindGroup(0, group, this.#offset, 0, 1);
      this.#uniformBytes += bytes;
    } else {
      pass.setBindGroup(0, group);
    }
    pass.dispatchWorkgroups(x, y, z);
    for (const storage of storages) storage.batch = this.batch;
    this.#launches++;
    this.#scheduleFlush();
  }

  /**
   * A copy of the first `bytes` bytes of a storage. Reads that are begun in one turn of the event
   * loop share one submit, and their waits pass together.
   */
  async read(storage: GpuStorage, bytes: number): Promise<ArrayBuffer> {
    if (this.gate.closed) return this.gate.waitFor(() => this.read(storage, bytes));
    this.failures.throwIfLost();
    if (bytes === 0) {
      await this.failures.settle(Promise.resolve());
      return new ArrayBuffer(0);
    }
    const size = roundUp(bytes, 4);
    const staging = this.#device.createBuffer({
      label: "read-back",
      size,
      usage: USAGE.MAP_READ | USAGE.COPY_DST,
    });
    this.#endPass();
    this.#openEncoder().copyBufferToBuffer(storage.buffer, 0, staging, 0, size);
    storage.batch = this.batch;
    const { promise: mapped, resolve: mapping } = Promise.withResolvers<void>();
    this.#readBacks.push({ staging, mapping });
    if (this.#readBacks.length === 1) queueMicrotask(() => this.flush());
    try {
      // In Deno a mapped range must not be touched before the promise has resolved: it panics.
      await this.failures.settle(mapped);
      return staging.getMappedRange(0, size).slice(0, bytes);
    } finally {
      staging.destroy();
    }
  }

  /** Overwrites the start of a storage with bytes whose number is a multiple of 4. */
  write(storage: GpuStorage, data: Uint8Array<ArrayBuffer>): void {
    if (this.gate.closed) {
      const copy = data.slice();
      return this.#later(() => this.write(storage, copy));
    }
    this.failures.throwIfLost();
    if (storage.batch === this.batch) this.flush(); // recorded launches must see what was there
    this.#device.queue.writeBuffer(storage.buffer, 0, data);
  }

  /** Destroys a storage's buffer once the recorded launches that use it are submitted. */
  release(storage: GpuStorage): void {
    if (this.gate.closed) return this.#later(() => this.release(storage));
    for (const key of storage.groups) this.#groups.delete(key);
    storage.groups.clear();
    if (storage.batch === this.batch && this.#encoder) this.#released.push(storage);
    else storage.buffer.destroy();
  }

  /** Records commands that stand outside of passes: copies and clears of whole buffers. */
  command(record: (encoder: GPUCommandEncoder) => void): void {
    if (this.gate.closed) return this.#later(() => this.command(record));
    this.failures.throwIfLost();
    this.#endPass();
    record(this.#openEncoder());
    this.#scheduleFlush();
  }

  /** What times the launches. */
  get watching(): Stopwatch | undefined {
    return this.#watch;
  }

  /** Times what is launched from now on; undefined ends that. */
  watch(watch: Stopwatch | undefined): void {
    if (this.gate.closed) return this.#later(() => this.watch(watch));
    this.flush();
    this.#watch = watch;
  }

  /** Begins a lap of the stopwatch, or only ends the one before. */
  lap(name: string | undefined): void {
    if (this.gate.closed) return this.#later(() => this.lap(name));
    this.#endPass();
    if (name === undefined) this.#watch?.end();
    else this.#watch?.begin(name);
  }

  /** Submits what is recorded. */
  flush(): void {
    const encoder = this.#encoder;
    if (!encoder) return;
    this.#endPass();
    this.#watch?.finish(encoder);
    const reported = this.reports.take(encoder);
    const device = this.#device, names = [...this.#names], readBacks = this.#readBacks;
    const used = this.#uniformBytes, released = this.#released;
    this.#encoder = undefined;
    this.#unverified = undefined;
    this.#names = new Set();
    this.#launches = this.#uniformBytes = 0;
    this.#readBacks = [];
    this.#released = [];
    this.batch++;

    if (used > 0) device.queue.writeBuffer(this.#uniformBuffer, 0, this.#uniformWords, 0, used / 4);
    device.pushErrorScope("validation");
    device.queue.submit([encoder.finish()]);
    this.failures.track(
      device.popErrorScope().then(
        (error) => error ? batchRefused(names, error.message) : undefined,
        () => undefined, // the device is lost, which is reported as such
      ),
    );
    if (reported) this.failures.track(reported());
    for (const storage of released) storage.buffer.destroy();
    this.#watch?.submitted();
    for (const { staging, mapping } of readBacks) mapping(staging.mapAsync(1)); // GPUMapMode.READ
  }

  /** Resolves when all that was launched has run. */
  async synchronize(): Promise<void> {
    if (this.gate.closed) return this.gate.waitFor(() => this.synchronize());
    this.failures.throwIfLost();
    this.flush();
    await this.failures.settle(this.#device.queue.onSubmittedWorkDone());
  }

  /**
   * A refused pipeline invalidates the whole submit that it is part of. So until a pipeline is
   * known to be good, no other's launches share a batch with it.
   */
  #keepApart(pipeline: Pipeline): void {
    if (this.#unverified?.verified) this.#unverified = undefined;
    const stranger = this.#unverified !== undefined && this.#unverified !== pipeline;
    const newcomer = !pipeline.verified && this.#unverified !== pipeline;
    if (this.#launches > 0 && (stranger || newcomer)) this.flush();
    if (!pipeline.verified) this.#unverified = pipeline;
  }

  /** Does something when its turn has come: at once, or after whoever holds the gate. */
  inTurn(action: () => void): void {
    if (this.gate.closed) this.#later(action);
    else action();
  }

  /** Waits at the gate. What goes wrong then has no caller left and is told at the next wait. */
  #later(action: () => void): void {
    this.gate.wait(() => {
      try {
        action();
      } catch (error) {
        if (this.failures.lost) return;
        this.failures.add(
          error instanceof DeviceError ? error : new DeviceError(
            `A launch that had waited failed: ${error instanceof Error ? error.message : error}`,
            { cause: error },
          ),
        );
      }
    });
  }

  #openEncoder(): GPUCommandEncoder {
    return this.#encoder ??= this.#device.createCommandEncoder({ label: "launches" });
  }

  #openPass(): GPUComputePassEncoder {
    if (this.#pass) return this.#pass;
    const timestampWrites = this.#watch?.pass();
    return this.#pass = this.#openEncoder().beginComputePass({
      label: "launches",
      ...(timestampWrites && { timestampWrites }),
    });
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = this.#pipeline = undefined;
  }

  #bindGroup(pipeline: Pipeline, storages: readonly GpuStorage[]): GPUBindGroup {
    let key = `${pipeline.id}`;
    for (const storage of storages) key += `,${storage.id}`;
    let group = this.#groups.get(key);
    if (!group) {
      const entries: GPUBindGroupEntry[] = storages.map((storage, binding) => ({
        binding,
        resource: { buffer: storage.buffer },
      }));
      const { uniformBytes, records, name } = pipeline.program;
      if (records.length > 0) {
        entries.push({ binding: entries.length, resource: { buffer: this.reports.buffer } });
      }
      if (uniformBytes > 0) {
        const resource = { buffer: this.#uniformBuffer, size: roundUp(uniformBytes, 16) };
        entries.push({ binding: entries.length, resource });
      }
      group = this.#device.createBindGroup({ label: name, layout: pipeline.layout, entries });
      this.#groups.set(key, group);
      for (const storage of storages) storage.groups.add(key);
    }
    return group;
  }

  /**
   * Submits before the event loop goes idle. Microtasks count the turns: a program that launches
   * between `await`s of its own keeps its batch, and one that has nothing left to do submits at once.
   */
  #scheduleFlush(): void {
    const scheduled = this.#turns >= 0;
    this.#turns = 0;
    if (scheduled) return;
    const turn = () => {
      if (!this.#encoder || this.#turns++ >= IDLE_TURNS) {
        this.#turns = -1;
        this.flush();
      } else {
        queueMicrotask(turn);
      }
    };
    queueMicrotask(turn);
  }
}

function batchRefused(names: readonly string[], message: string): DeviceError {
  const kernels = names.map((name) => `'${name}'`).join(", ") || "no kernel";
  return new DeviceError(
    `The device refused a batch of launches (${kernels}), which is a bug of Nereid's: ${message}`,
  );
}
