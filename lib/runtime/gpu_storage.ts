/**
 * A piece of a buffer on the GPU: what a tensor has, and what a binding is made of.
 */

import type { Placement, Storage } from "./backend.ts";
import { type Block, GRANULE } from "./memory_pool.ts";
import type { WebGpuBackend } from "./webgpu.ts";

export class GpuStorage implements Storage {
  /**
   * Bytes that a binding of it covers: up to the next vector, or, where it is all that is in its block, up to
   * the block's end, so that tensors of similar sizes that follow each other there share bind groups.
   */
  readonly bound: number;
  readonly placement: Placement;

  constructor(
    readonly backend: WebGpuBackend,
    readonly block: Block,
    readonly offset: number,
    readonly bytes: number,
  ) {
    const { minStorageBufferOffsetAlignment: align, maxStorageBufferBindingSize: most } =
      backend.limits;
    const vectorBytes = Math.max(GRANULE, Math.ceil(bytes / GRANULE) * GRANULE);
    const alone = bytes === block.requested && block.bytes <= most;
    this.bound = alone ? block.bytes : Math.min(vectorBytes, block.bytes - offset);
    const vectors = this.bound % GRANULE === 0; // else the last elements are not of a whole one
    this.placement = !vectors ? 1 : offset % align === 0 ? 0 : offset % GRANULE === 0 ? GRANULE : 1;
  }

  get memory(): Block {
    return this.block;
  }

  get buffer(): GPUBuffer {
    return this.block.buffer;
  }

  /** Where it begins within a binding that begins no later. */
  within(binding: GpuStorage): number {
    return this.offset - binding.offset;
  }

  /**
   * A binding for what is in the same block as this and begins anywhere: the whole block, so that all its
   * views share bind groups. Undefined where that is more than a binding may be.
   */
  get wholeBlock(): GpuStorage | undefined {
    const { backend, block } = this;
    if (block.whole || block.bytes > backend.limits.maxStorageBufferBindingSize) return block.whole;
    return block.whole = new GpuStorage(backend, block, 0, block.bytes);
  }

  /** A binding that spans storages of one block, and no more than is needed. */
  static around(storages: readonly GpuStorage[]): GpuStorage {
    const { backend, block } = storages[0]!;
    const { minStorageBufferOffsetAlignment } = backend.limits;
    const align = Math.max(minStorageBufferOffsetAlignment, GRANULE);
    const first = Math.min(...storages.map(({ offset }) => offset)), start = first - first % align;
    const end = Math.max(...storages.map(({ offset, bound }) => offset + bound));
    return new GpuStorage(backend, block, start, end - start);
  }

  read(): Promise<ArrayBuffer> {
    return this.backend.queue.read(this);
  }

  write(data: Uint8Array<ArrayBuffer>): void {
    this.backend.write(this, data);
  }

  /** Sets the bytes to zero. */
  clear(): void {
    this.backend.clear(this);
  }

  part(offset: number, bytes: number): GpuStorage {
    this.block.parts++;
    return new GpuStorage(this.backend, this.block, this.offset + offset, bytes);
  }

  release(): void {
    if (--this.block.parts === 0) this.backend.release(this.block);
  }
}
