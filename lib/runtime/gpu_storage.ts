/**
 * One buffer on the GPU.
 */

import type { Storage } from "./backend.ts";
import { nextStorageId } from "./backend.ts";
import type { LaunchQueue } from "./queue.ts";

export class GpuStorage implements Storage {
  readonly id = nextStorageId();
  /** The last batch of the queue that has a launch with this storage; 0 for none. */
  batch = 0;
  /** The keys of the cached bind groups that hold this buffer. */
  readonly groups = new Set<string>();

  constructor(readonly buffer: GPUBuffer, readonly bytes: number, readonly queue: LaunchQueue) {}

  read(): Promise<ArrayBuffer> {
    return this.queue.read(this, this.bytes);
  }

  write(data: Uint8Array<ArrayBuffer>): void {
    if (data.byteLength === 0) return;
    if (data.byteLength % 4 !== 0) { // an odd number of f16: the buffer has room for one more
      const padded = new Uint8Array(data.byteLength + 4 - data.byteLength % 4);
      padded.set(data);
      data = padded;
    }
    this.queue.write(this, data);
  }

  release(): void {
    this.queue.release(this);
  }
}
