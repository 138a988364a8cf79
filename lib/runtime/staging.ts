/**
 * The buffers through which bytes come from the GPU to the host, used again and again.
 *
 * A long read is taken in pieces, so that the buffers are of few sizes and none is larger than a
 * device allows. All of its pieces are copied in one batch, since launches that follow may overwrite
 * what is read; each is given back as soon as its bytes have been taken.
 */

/**
 * The most that goes through one buffer. Deno copies what is mapped to memory of its own, which the system
 * gives it anew, page by page, for each piece of 32 MiB or more: that takes three times as long.
 */
export const PIECE_BYTES = 8 * 2 ** 20;

/** The smallest buffer, and what is kept of those that are not in use. */
const SMALLEST = 4096, KEPT_BYTES = 64 * 2 ** 20;

/** GPUBufferUsage MAP_READ | COPY_DST. */
const USAGE = 0x01 | 0x08;

export class Staging {
  readonly #device: GPUDevice;
  readonly #idle = new Map<number, GPUBuffer[]>();
  #idleBytes = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A buffer for at least so many bytes, at most {@linkcode PIECE_BYTES}. */
  take(bytes: number): GPUBuffer {
    const size = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(bytes)));
    const idle = this.#idle.get(size)?.pop();
    if (idle) {
      this.#idleBytes -= size;
      return idle;
    }
    return this.#device.createBuffer({ label: "read-back", size, usage: USAGE });
  }

  /** Takes a buffer back that is not mapped. */
  giveBack(buffer: GPUBuffer): void {
    const { size } = buffer;
    if (this.#idleBytes + size > KEPT_BYTES) return buffer.destroy();
    this.#idleBytes += size;
    const idle = this.#idle.get(size);
    if (idle) idle.push(buffer);
    else this.#idle.set(size, [buffer]);
  }

  /** Destroys the buffers that are not in use. */
  trim(): void {
    for (const buffers of this.#idle.values()) for (const buffer of buffers) buffer.destroy();
    this.#idle.clear();
    this.#idleBytes = 0;
  }
}
