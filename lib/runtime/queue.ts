/**
 * The launch queue: launches gather in one open compute pass and are submitted together.
 *
 * A submit costs 40 µs and an upload 11 µs where a dispatch in an open pass costs under 3, so a batch
 * has one of each. Scalars of all its launches lie in one uniform buffer, each launch's part
 * found through a dynamic offset; it is uploaded right before the submit, and the order of
 * queue operations keeps the batches from seeing each other's. A batch ends when something is read
 * or written, on `synchronize()`, at a size bound, and before the event loop goes idle.
 *
 * What is recorded is not looked at twice: a launch that repeats the last one's pipeline, storages and
 * scalars is one call to WebGPU.
 *
 * Nothing here waits. What the device finds wrong arrives later and is kept as a failure, which
 * every wait that was begun before it is reported rejects with. While something takes time that decides
 * what is launched, who measures it holds the gate, and everything else waits there in its order.
 */

import { DeviceError } from "../errors.ts";
import { BindGroups, type Group } from "./bind_groups.ts";
import type { Limits } from "./capabilities.ts";
import { FailureLog } from "./failures.ts";
import { Gate } from "./gate.ts";
import type { GpuStorage } from "./gpu_storage.ts";
import type { Block } from "./memory_pool.ts";
import type { Pipeline } from "./pipelines.ts";
import type { ReportBuffer, Reporter } from "./reports.ts";
import { PIECE_BYTES, Staging } from "./staging.ts";
import type { Stopwatch } from "./stopwatch.ts";
import { Uploads } from "./uploads.ts";

/** Launches in a batch at most; by then a submit costs little beside them, and the GPU should start. */
const MAX_LAUNCHES = 256;
/** Bytes of scalars in a batch at most: what 256 launches take at the default alignment. */
const UNIFORM_BYTES = 256 * 256;
/** Bytes that are written at a time at most. */
const WRITE_BYTES = 32 * 2 ** 20;
/** Microtasks that may pass without a launch before a batch is submitted: a few `await`s are fewer. */
const IDLE_TURNS = 8;

const USAGE = { COPY_DST: 8, UNIFORM: 64 } as const;

/** A piece of a read that is recorded: the batch copies to `staging`, whose mapping is told of once it is asked for. */
interface Piece {
  readonly staging: GPUBuffer;
  readonly mapping: (mapped: Promise<void>) => void;
}

export class LaunchQueue {
  readonly failures = new FailureLog();
  /** Held while something is measured whose result decides what is launched. */
  readonly gate = new Gate();
  /** Counts batches, from 1; a block remembers the last one that used it. */
  batch = 1;

  readonly #device: GPUDevice;
  readonly #alignment: number;
  readonly #uniformBuffer: GPUBuffer;
  readonly #uniformWords = new Uint32Array(UNIFORM_BYTES / 4);
  readonly #offset = new Uint32Array(1);
  readonly #groups: BindGroups;
  readonly #staging: Staging;
  readonly #uploads: Uploads;
  readonly #turn: () => void = () => this.#idleTurn();

  #encoder: GPUCommandEncoder | undefined;
  #early: GPUCommandEncoder | undefined; // what is submitted before it
  #pass: GPUComputePassEncoder | undefined;
  #pipeline: Pipeline | undefined; // what the pass is set to
  #group: Group | undefined; // the same
  #storages: readonly GpuStorage[] = []; // of the last launch, to tell whether the next has the same
  #uniformAt = 0; // where the scalars of the last launch begin, in words
  #uniformRoom = 0; // how many bytes they have
  #unverified: Pipeline | undefined; // the one unverified pipeline of this batch
  #names = new Set<string>(); // kernels of this batch, for messages
  #foreign = false; // whether this batch uses buffers that belong to others
  #launches = 0;
  #uniformBytes = 0;
  #turns = -1; // microtasks since the last launch; -1 when none is scheduled
  #pieces: Piece[] = [];
  #doomed: Block[] = []; // to be destroyed after the submit
  #watch: Stopwatch | undefined;

  /** @param reports What launches that are given a reporter write to. */
  constructor(device: GPUDevice, limits: Limits, readonly reports: ReportBuffer) {
    this.#device = device;
    this.#alignment = Math.max(limits.minUniformBufferOffsetAlignment, 16);
    this.#uniformBuffer = device.createBuffer({
      label: "scalars",
      size: UNIFORM_BYTES,
      usage: USAGE.UNIFORM | USAGE.COPY_DST,
    });
    const track = (check: Promise<DeviceError | undefined>) => this.failures.track(check);
    this.#groups = new BindGroups(device, limits, this.#uniformBuffer, reports, track);
    this.#staging = new Staging(device);
    this.#uploads = new Uploads(device);
  }

  /**
   * Records one launch. The arrays may be used again by the caller.
   *
   * @param storages One for each of the program's bindings.
   * @param uniforms The words of the program's uniform buffer.
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
      const held = storages.slice(), words = uniforms.slice();
      return this.#later(() => this.launch(pipeline, held, words, x, y, z, reporter));
    }
    if (pipeline.error) throw pipeline.error;
    this.failures.throwIfLost();
    const bytes = Math.ceil(uniforms.length * 4 / this.#alignment) * this.#alignment;
    const { layout } = pipeline, end = this.#uniformBytes + layout.uniformBytes;
    if (this.#launches >= MAX_LAUNCHES || end > UNIFORM_BYTES) this.flush();
    if (!pipeline.verified || this.#unverified) this.#keepApart(pipeline);
    if (this.#watch) this.#lapOfLaunch(pipeline);

    const pass = this.#pass ?? this.#openPass();
    let repeated = reporter === undefined;
    if (this.#pipeline !== pipeline) {
      pass.setPipeline(pipeline.gpu);
      this.#pipeline = pipeline;
      this.#names.add(pipeline.program.name);
    }
    if (this.#group?.layout !== layout || !this.#hasStorages(storages)) {
      this.#group = this.#groups.get(pipeline, storages);
      this.#storages = storages.slice();
      this.#use(this.#group.blocks);
      repeated = false;
    }
    if (!repeated || this.#uniformRoom !== bytes || !this.#hasUniforms(uniforms)) {
      const group = this.#group!.gpu;
      this.#uniformRoom = bytes;
      if (bytes > 0) {
        this.#uniformAt = this.#uniformBytes / 4;
        for (let i = 0; i < uniforms.length; i++) {
          this.#uniformWords[this.#uniformAt + i] = uniforms[i]!;
        }
        if (reporter) {
          this.#uniformWords[this.#uniformAt + pipeline.firstReportOffset / 4] = this.reports.begin(
            reporter,
          );
        }
        this.#offset[0] = this.#uniformBytes;
        pass.setBindGroup(0, group, this.#offset, 0, 1);
        this.#uniformBytes += bytes;
      } else {
        pass.setBindGroup(0, group);
      }
    }
    pass.dispatchWorkgroups(x, y, z);
    this.#launches++;
    this.#scheduleFlush();
  }

  /**
   * A copy of a storage's bytes. Reads that are begun in one turn of the event loop share one
   * submit, and their waits pass together.
   */
  async read(storage: GpuStorage): Promise<ArrayBuffer> {
    if (this.gate.closed) return this.gate.waitFor(() => this.read(storage));
    this.failures.throwIfLost();
    if (storage.block.error) throw storage.block.error;
    const { block: { buffer }, offset, bytes } = storage;
    const skipped = offset % 4, end = Math.ceil((skipped + bytes) / 4) * 4; // copies are of words
    const pieces: { staging: GPUBuffer; at: number; size: number; mapped: Promise<void> }[] = [];
    for (let at = 0; at < end && bytes > 0; at += PIECE_BYTES) {
      const size = Math.min(PIECE_BYTES, end - at), staging = this.#staging.take(size);
      this.#endPass();
      this.#openEncoder().copyBufferToBuffer(buffer, offset - skipped + at, staging, 0, size);
      const { promise: mapped, resolve: mapping } = Promise.withResolvers<void>();
      if (this.#pieces.push({ staging, mapping }) === 1) queueMicrotask(() => this.flush());
      pieces.push({ staging, at, size, mapped });
    }
    this.#use([storage.block]);
    const result = new Uint8Array(end);
    try {
      // In Deno a mapped range must not be touched before the promise has resolved: it panics.
      await this.failures.settle(Promise.all(pieces.map(({ mapped }) => mapped)));
    } catch (error) {
      for (const { staging } of pieces) staging.destroy();
      throw error;
    }
    for (const { staging, at, size } of pieces) {
      result.set(new Uint8Array(staging.getMappedRange(0, size)), at);
      staging.unmap();
      this.#staging.giveBack(staging);
    }
    return end === bytes ? result.buffer : result.buffer.slice(skipped, skipped + bytes);
  }

  /** Overwrites words of a block, at a multiple of 4 bytes; the number of bytes is one as well. */
  write(block: Block, at: number, data: Uint8Array<ArrayBuffer>): void {
    if (this.gate.closed) {
      const copy = data.slice();
      return this.#later(() => this.write(block, at, copy));
    }
    this.failures.throwIfLost();
    if (block.error) throw block.error;
    if (this.isBusy(block)) this.flush(); // recorded launches must see what was there
    if (block.sound && !block.shared && this.#uploads.isSmall(data)) {
      return this.#gather(block, at, data);
    }
    block.used = true;
    const { queue } = this.#device;
    for (let from = 0; from < data.byteLength; from += WRITE_BYTES) {
      const size = Math.min(WRITE_BYTES, data.byteLength - from);
      queue.writeBuffer(block.buffer, at + from, data, from, size);
      // What a write is staged in is given back after a submit only.
      if (data.byteLength > WRITE_BYTES) queue.submit([]);
    }
  }

  /** Writes to a block before all of the open batch, which does not use it yet. */
  #gather(block: Block, at: number, data: Uint8Array<ArrayBuffer>): void {
    if (!this.#uploads.hasRoom(data)) this.flush();
    const { buffer, at: from } = this.#uploads.add(data);
    this.#record(block, (encoder) => {
      encoder.copyBufferToBuffer(buffer, from, block.buffer, at, data.byteLength);
    });
  }

  /** Sets whole words of a block to zeros. */
  clear(block: Block, at: number, bytes: number): void {
    if (this.gate.closed) return this.#later(() => this.clear(block, at, bytes));
    this.failures.throwIfLost();
    if (block.error) throw block.error;
    this.#record(block, (encoder) => encoder.clearBuffer(block.buffer, at, bytes));
  }

  /**
   * Records what sets a block. If the open batch has not used the block, that is done before all of the batch, so
   * that its pass goes on: ending one and opening another costs 8 µs.
   */
  #record(block: Block, record: (encoder: GPUCommandEncoder) => void): void {
    if (this.isBusy(block)) {
      this.#endPass();
      record(this.#openEncoder());
    } else {
      record(this.#early ??= this.#device.createCommandEncoder({ label: "before the launches" }));
    }
    this.#use([block]);
    this.#scheduleFlush();
  }

  /** Whether the open batch uses a block. */
  isBusy(block: Block): boolean {
    return block.batch === this.batch;
  }

  /** Records commands that stand outside of passes: copies and clears of the blocks' buffers. */
  command(record: (encoder: GPUCommandEncoder) => void, blocks: readonly Block[] = []): void {
    if (this.gate.closed) return this.#later(() => this.command(record, blocks));
    this.failures.throwIfLost();
    this.#endPass();
    record(this.#openEncoder());
    this.#use(blocks);
    this.#scheduleFlush();
  }

  /** Destroys a block's buffer once what is recorded with it is submitted. */
  destroy(block: Block): void {
    if (this.gate.closed) return this.#later(() => this.destroy(block));
    this.#groups.forget(block);
    if (this.isBusy(block)) this.#doomed.push(block);
    else block.buffer.destroy();
  }

  /** Drops the bind groups of a block whose buffer is another now. */
  forget(block: Block): void {
    this.#groups.forget(block);
    this.#storages = [];
  }

  /** Destroys the buffers that are kept for reads to come. */
  trim(): void {
    this.#staging.trim();
  }

  /** Destroys the queue's own buffers. */
  dispose(): void {
    this.#staging.trim();
    this.#uploads.dispose();
    this.reports.dispose();
    this.#uniformBuffer.destroy();
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
    const encoder = this.#encoder, early = this.#early;
    if (!encoder && !early) return;
    this.#endPass();
    if (encoder) this.#watch?.finish(encoder);
    const reported = encoder && this.reports.take(encoder);
    const device = this.#device, names = this.#names, pieces = this.#pieces;
    const used = this.#uniformBytes, doomed = this.#doomed, foreign = this.#foreign;
    const risky = foreign || this.#unverified?.verified === false;
    this.#encoder = this.#early = undefined;
    this.#unverified = undefined;
    this.#foreign = false;
    this.#names = new Set();
    this.#launches = this.#uniformBytes = 0;
    if (pieces.length > 0) this.#pieces = [];
    if (doomed.length > 0) this.#doomed = [];
    this.batch++;

    this.#uploads.flush();
    if (used > 0) device.queue.writeBuffer(this.#uniformBuffer, 0, this.#uniformWords, 0, used / 4);
    device.pushErrorScope("validation");
    if (early && risky) device.queue.submit([early.finish()]); // whatever becomes of the rest
    const commands = [early && !risky ? early : undefined, encoder];
    device.queue.submit(commands.flatMap((encoder) => encoder?.finish() ?? []));
    this.failures.track(
      device.popErrorScope().then(
        (error) => error ? batchRefused([...names], error.message, foreign) : undefined,
        () => undefined, // the device is lost, which is reported as such
      ),
    );
    if (reported) this.failures.track(reported());
    for (const block of doomed) block.buffer.destroy();
    this.#watch?.submitted();
    for (const { staging, mapping } of pieces) mapping(staging.mapAsync(1)); // GPUMapMode.READ
  }

  /** Resolves when all that was launched has run. */
  async synchronize(): Promise<void> {
    if (this.gate.closed) return this.gate.waitFor(() => this.synchronize());
    this.failures.throwIfLost();
    this.flush();
    await this.failures.settle(this.#device.queue.onSubmittedWorkDone());
  }

  /** Whether the last launch of this pass had the same storages. */
  #hasStorages(storages: readonly GpuStorage[]): boolean {
    const last = this.#storages;
    if (storages.length !== last.length) return false;
    for (let i = 0; i < storages.length; i++) if (storages[i] !== last[i]) return false;
    return true;
  }

  /** Whether the last launch of this pass had the same scalars. */
  #hasUniforms(words: Uint32Array): boolean {
    const at = this.#uniformAt, all = this.#uniformWords;
    for (let i = 0; i < words.length; i++) if (words[i] !== all[at + i]) return false;
    return true;
  }

  /** Takes note that the open batch uses blocks. */
  #use(blocks: readonly Block[]): void {
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i]!;
      block.batch = this.batch;
      block.used = true;
      if (!block.owned) this.#foreign = true;
    }
  }

  /**
   * A refused pipeline invalidates the whole submit that it is part of. So until a pipeline is
   * known to be good, no other's launches share a batch with it.
   */
  #keepApart(pipeline: Pipeline): void {
    if (this.#unverified?.verified) this.#unverified = undefined;
    const stranger = this.#unverified !== undefined && this.#unverified !== pipeline;
    const newcomer = !pipeline.verified && this.#unverified !== pipeline;
    if (this.#encoder && (stranger || newcomer)) this.flush();
    if (!pipeline.verified) this.#unverified = pipeline;
  }

  /** Does something when its turn has come: at once, or after whoever holds the gate. */
  inTurn(action: () => void): void {
    if (this.gate.closed) this.#later(action);
    else action();
  }

  /** Begins a lap for a launch where each is one; where the watch has no room left, the batch ends. */
  #lapOfLaunch(pipeline: Pipeline): void {
    if (this.#watch!.everyLaunch) this.lap(pipeline.program.name);
    if (!this.#pass && this.#watch!.full) this.flush();
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
    const timestampWrites = this.#watch?.pass();
    return this.#pass = this.#openEncoder().beginComputePass({
      label: "launches",
      ...(timestampWrites && { timestampWrites }),
    });
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = this.#pipeline = this.#group = undefined;
  }

  /**
   * Submits before the event loop goes idle. Microtasks count the turns: a program that launches
   * between `await`s of its own keeps its batch, and one that has nothing left to do submits at once.
   */
  #scheduleFlush(): void {
    if (this.#turns < 0) queueMicrotask(this.#turn);
    this.#turns = 0;
  }

  #idleTurn(): void {
    if ((!this.#encoder && !this.#early) || this.#turns++ >= IDLE_TURNS) {
      this.#turns = -1;
      this.flush();
    } else {
      queueMicrotask(this.#turn);
    }
  }
}

function batchRefused(names: readonly string[], message: string, foreign: boolean): DeviceError {
  const kernels = names.map((name) => `'${name}'`).join(", ") || "no kernel";
  return new DeviceError(
    `The device refused a batch of launches (${kernels}), ${
      foreign
        ? "some of them on tensors over buffers of others, which must not be destroyed before"
        : "which is a bug of Nereid's"
    }: ${message}`,
  );
}
