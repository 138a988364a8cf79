/**
 * The memory of a GPU: buffers that tensors hold, and buffers of tensors that are gone, kept for the
 * next ones since making one costs tens of microseconds.
 *
 * Sizes are rounded up to a few steps for each power of two, so that tensors of similar shapes
 * can follow each other in one buffer. What is kept is bounded: by a share of the most that tensors
 * have held, and the oldest goes first. A device says that it is out of memory after the fact,
 * when the buffer has been handed out already; then what is kept is given up, and the request tried
 * once more.
 */

import { type DeviceError, OutOfResourcesError } from "../errors.ts";
import { MemoryCount, type MemoryReport } from "./backend.ts";
import type { Group } from "./bind_groups.ts";
import type { GpuStorage } from "./gpu_storage.ts";

/** GPUBufferUsage STORAGE | COPY_SRC | COPY_DST. */
const STORAGE_USAGE = 0x80 | 0x04 | 0x08;

/** A `vec4` binding must cover the last elements, and an empty tensor needs something to bind. */
export const GRANULE = 16;

/** The smallest buffer; smaller ones share its size. */
const SMALLEST = 256;

/** Rather than wait for one of these that is in use, another is made. */
const CHEAP_BYTES = 64 * 2 ** 10;

/** Larger buffers are cut finer: a quarter of one would be much to waste. */
const FINE_BYTES = 16 * 2 ** 20;

/** What may be kept whatever the tensors hold, and the share of their peak that may be kept beyond it. */
const KEPT_BYTES = 64 * 2 ** 20, KEPT_SHARE = 0.5;

/** One buffer on the GPU. */
export class Block {
  /** The last batch of the queue that uses it; 0 for none. */
  batch = 0;
  /** The launch that looked at it last, and as which of its arguments; see `launch/classify.ts`. */
  stamp = 0;
  argument = 0;
  /** Storages that are parts of it. */
  parts = 0;
  /** The bytes of the tensor that it was taken for; undefined when it belongs to somebody else. */
  requested: number | undefined;
  /** The cached bind groups that hold it. */
  readonly groups = new Set<Group>();
  /** All of it as one storage, once a view has asked for that. */
  whole: GpuStorage | undefined;
  /** Whether anything was done with it. */
  used = false;
  /** Whether the device has said that there is memory behind it. */
  sound = false;
  /** Whether others may use its buffer, who submit work of their own. */
  shared = false;
  /** Why there is no memory behind it. */
  error: DeviceError | undefined;

  constructor(
    /** Tells blocks apart; never reused. */
    readonly id: number,
    public buffer: GPUBuffer,
    readonly bytes: number,
    /** False for a buffer that belongs to somebody else. */
    readonly owned: boolean,
  ) {}
}

let lastId = 0;

/** A number that no other block has. */
export function nextBlockId(): number {
  return ++lastId;
}

/** The bytes of the buffer for a request. */
export function bucketOf(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const steps = bytes > FINE_BYTES ? 16 : 4; // for each power of two
  const step = Math.max(2 ** Math.floor(Math.log2(bytes - 1)) / steps, GRANULE);
  return Math.ceil(bytes / step) * step;
}

/** What the pool needs of the rest. */
export interface PoolContext {
  readonly gpu: GPUDevice;
  /** The size of the largest buffer. */
  readonly maxBufferSize: number;
  /** Bytes that tensors may hold together. */
  readonly memoryLimit: number;
  /** Is told of every check that is under way; the promise never rejects. */
  readonly track: (check: Promise<DeviceError | undefined>) => void;
  /** Whether launches that are not submitted yet use a block. */
  readonly isBusy: (block: Block) => boolean;
  /** Destroys a block's buffer once what is recorded with it is submitted. */
  readonly destroy: (block: Block) => void;
  /** Drops the bind groups of a block. */
  readonly forget: (block: Block) => void;
}

export class MemoryPool {
  readonly #context: PoolContext;
  readonly #count = new MemoryCount();
  readonly #blocks = new Set<Block>(); // all that are held or kept
  /** By size; within one size the one that was given back last is the last. */
  readonly #kept = new Map<number, Block[]>();

  constructor(context: PoolContext) {
    this.#context = context;
  }

  report(): MemoryReport {
    return this.#count.report();
  }

  /**
   * A block of at least so many bytes, with whatever its last tensor left in it; `used` tells.
   *
   * @param set Whether it will be set at once, by the host or to zeros: then one is preferred that no
   * recorded launch uses, since those would have to be submitted first.
   */
  take(bytes: number, what: string, set: boolean): Block {
    const { maxBufferSize } = this.#context;
    const needed = Math.max(GRANULE, Math.ceil(bytes / GRANULE) * GRANULE);
    if (needed > maxBufferSize) {
      throw new OutOfResourcesError(
        `Cannot make ${what}: it needs ${needed} bytes, the device allows ${maxBufferSize} (maxBufferSize): split it into smaller tensors`,
      );
    }
    const size = Math.min(bucketOf(needed), maxBufferSize);
    const kept = this.#reuse(size, set);
    if (kept) {
      this.#count.cached -= size;
      this.#count.take(size);
      return kept;
    }
    this.#makeRoom(size, what);
    const { buffer, refusal } = this.#create(size);
    const block = new Block(nextBlockId(), buffer, size, true);
    this.#context.track(
      refusal.then((message) => {
        if (message !== undefined) return this.#replace(block, what, message);
        block.sound = true;
        return undefined;
      }),
    );
    this.#blocks.add(block);
    this.#count.take(size);
    return block;
  }

  #reuse(size: number, set: boolean): Block | undefined {
    const kept = this.#kept.get(size), last = kept?.at(-1);
    if (!kept || !last) return undefined;
    if (!set || !this.#context.isBusy(last)) return kept.pop();
    // The one that was given back first is the likeliest to be free.
    if (!this.#context.isBusy(kept[0]!)) return kept.shift();
    return size > CHEAP_BYTES ? kept.pop() : undefined;
  }

  /** Takes a block back, for the next tensor of its size. */
  giveBack(block: Block): void {
    const { bytes } = block;
    this.#count.giveBack(bytes);
    if (block.error) {
      this.#blocks.delete(block);
      return this.#context.destroy(block);
    }
    this.#count.cached += bytes;
    let kept = this.#kept.get(bytes);
    if (!kept) this.#kept.set(bytes, kept = []);
    kept.push(block);
    const most = Math.max(KEPT_BYTES, this.#count.peak * KEPT_SHARE);
    if (this.#count.cached > most) this.trim(most);
  }

  /** Gives up kept blocks until no more than `bytes` are left: of the sizes unused for longest first. */
  trim(bytes = 0): void {
    for (const [size, kept] of this.#kept) {
      while (kept.length > 0 && this.#count.cached > bytes) this.#drop(kept.shift()!);
      if (kept.length === 0) this.#kept.delete(size);
      if (this.#count.cached <= bytes) return;
    }
  }

  /** Destroys every buffer. */
  dispose(): void {
    this.#kept.clear();
    for (const block of this.#blocks) block.buffer.destroy();
    this.#blocks.clear();
  }

  #drop(block: Block): void {
    this.#blocks.delete(block);
    this.#count.cached -= block.bytes;
    this.#context.destroy(block);
  }

  #makeRoom(size: number, what: string): void {
    const { memoryLimit } = this.#context, { live } = this.#count;
    if (live + this.#count.cached + size <= memoryLimit) return;
    this.trim(Math.max(0, memoryLimit - live - size));
    if (live + size <= memoryLimit) return;
    throw new OutOfResourcesError(
      `Cannot make ${what}: its ${size} bytes and ${this.#held()} that are held ` +
        `exceed the memoryLimit of ${memoryLimit} bytes that the device was opened with: dispose of tensors that are no longer needed`,
    );
  }

  /** What tensors hold, save for one of so many bytes. */
  #held(own?: number): string {
    const live = this.#count.live - (own ?? 0);
    const tensors = this.#count.tensors - (own === undefined ? 0 : 1);
    return `${live} bytes of ${tensors} ${tensors === 1 ? "tensor" : "tensors"}`;
  }

  /** A new buffer, and what the device says of it: a message when there is no memory for it. */
  #create(size: number): { buffer: GPUBuffer; refusal: Promise<string | undefined> } {
    const { gpu } = this.#context;
    gpu.pushErrorScope("out-of-memory");
    const buffer = gpu.createBuffer({ label: "tensors", size, usage: STORAGE_USAGE });
    const refusal = gpu.popErrorScope().then(
      (error) => error?.message,
      () => undefined, // the device is lost, which is reported as such
    );
    return { buffer, refusal };
  }

  /**
   * Goes on when the device has refused a block's buffer: what is kept is given up, and the block given
   * another buffer. What was done with the first one is lost, and the next wait told.
   */
  async #replace(block: Block, what: string, message: string): Promise<DeviceError | undefined> {
    const { cached } = this.#count, held = this.#held(block.parts > 0 ? block.bytes : undefined);
    this.trim();
    const { buffer, refusal } = this.#create(block.bytes);
    const again = await refusal;
    const error = new OutOfResourcesError(
      `Cannot make ${what}: the device is out of memory for its ${block.bytes} bytes, beside ${held}; ` +
        `${cached} bytes that were kept for reuse have been given up, ${
          again === undefined
            ? "and there is room now: do again what was done with it"
            : "which was not enough: dispose of tensors that are no longer needed"
        }. ${message.trim()}`,
    );
    this.#context.forget(block); // its bind groups hold the buffer that is none
    block.buffer = buffer;
    block.sound = again === undefined;
    if (again === undefined) return block.used ? error : undefined;
    return block.error = error;
  }
}
