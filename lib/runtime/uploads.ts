/**
 * Small writes of a batch, gathered: a `writeBuffer` costs the host 11 µs however little it writes, a copy
 * that is recorded under 2. The bytes of all of them lie in one buffer, which is uploaded right before
 * the batch is submitted, as its scalars are.
 */

/** The most that one write may have to be gathered, and all of a batch together. */
const LARGEST = 16 * 2 ** 10, ROOM = 2 ** 20;

/** GPUBufferUsage COPY_SRC | COPY_DST. */
const USAGE = 0x04 | 0x08;

export class Uploads {
  readonly #device: GPUDevice;
  #buffer: GPUBuffer | undefined; // made at the first write
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Whether a write is worth to be gathered. */
  isSmall({ byteLength }: Uint8Array): boolean {
    return byteLength <= LARGEST;
  }

  /** Whether this batch has room for it. */
  hasRoom({ byteLength }: Uint8Array): boolean {
    return this.#used + byteLength <= ROOM;
  }

  /** Takes bytes, a multiple of 4 of them; where they are to be copied from. */
  add(data: Uint8Array): { buffer: GPUBuffer; at: number } {
    this.#buffer ??= this.#device.createBuffer({ label: "uploads", size: ROOM, usage: USAGE });
    this.#bytes ??= new Uint8Array(ROOM);
    const at = this.#used;
    this.#bytes.set(data, at);
    this.#used += data.byteLength;
    return { buffer: this.#buffer, at };
  }

  /** Uploads what was taken, for the batch that is submitted next. */
  flush(): void {
    if (this.#used === 0) return;
    this.#device.queue.writeBuffer(this.#buffer!, 0, this.#bytes!, 0, this.#used);
    this.#used = 0;
  }

  dispose(): void {
    this.#buffer?.destroy();
  }
}
