/**
 * The CPU as a backend: each storage is an array buffer, and everything happens at once.
 */

import { LaunchError } from "../errors.ts";
import {
  type Backend,
  type Filling,
  MemoryCount,
  type MemoryReport,
  type Placement,
  type Storage,
} from "./backend.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Lap } from "./stopwatch.ts";

/** An array buffer, and how many storages are parts of it. */
interface Owner {
  readonly buffer: ArrayBuffer;
  /** For each byte, whether it was ever written, where that is watched. */
  readonly written: Uint8Array | undefined;
  readonly count: MemoryCount;
  parts: number;
}

export class HostStorage implements Storage {
  readonly #owner: Owner;

  constructor(owner: Owner, readonly offset: number, readonly bytes: number) {
    this.#owner = owner;
    owner.parts++;
  }

  get memory(): object {
    return this.#owner;
  }

  get placement(): Placement {
    return 0;
  }

  get buffer(): ArrayBuffer {
    return this.#owner.buffer;
  }

  read(): Promise<ArrayBuffer> {
    return Promise.resolve(this.buffer.slice(this.offset, this.offset + this.bytes));
  }

  write(data: Uint8Array<ArrayBuffer>): void {
    new Uint8Array(this.buffer, this.offset).set(data);
    this.#owner.written?.fill(1, this.offset, this.offset + data.length);
  }

  part(offset: number, bytes: number): HostStorage {
    return new HostStorage(this.#owner, this.offset + offset, bytes);
  }

  release(): void { // the memory is the garbage collector's, once the tensors have let go of it
    const { count, buffer } = this.#owner;
    if (--this.#owner.parts === 0) count.giveBack(buffer.byteLength);
  }
}

export class HostBackend implements Backend {
  print: Backend["print"] = (text) => console.log(text);
  readonly capabilities: Capabilities = {
    kind: "cpu",
    dialect: "none",
    adapter: "CPU",
    vendor: "",
    architecture: "",
    software: true,
    features: [],
    subgroupSize: 0,
    subgroupMatrices: [],
  };
  readonly #count = new MemoryCount();
  readonly #written: WeakMap<ArrayBufferLike, Uint8Array> | undefined;
  #laps: Lap[] | undefined;

  /** @param watched Whether to keep which memory was written. */
  constructor(watched = false) {
    this.#written = watched ? new WeakMap() : undefined;
  }

  /** For each byte of a buffer, whether it was ever written; undefined where that is not watched. */
  writtenOf(buffer: ArrayBufferLike): Uint8Array | undefined {
    return this.#written?.get(buffer);
  }

  /** Runs a kernel, on the clock when somebody wants to know. */
  run(name: string, kernel: () => void): void {
    const from = performance.now();
    kernel();
    this.#laps?.push({ name, from: from * 1e6, to: performance.now() * 1e6 });
  }

  async profile(action: () => Promise<void>): Promise<Lap[]> {
    const before = this.#laps, laps: Lap[] = [];
    this.#laps = laps;
    try {
      await action();
    } finally {
      this.#laps = before;
    }
    return laps;
  }

  allocate(bytes: number, what: string, filling: Filling): HostStorage {
    try {
      const buffer = new ArrayBuffer(bytes);
      const written = this.#written && new Uint8Array(bytes).fill(filling === "zeros" ? 1 : 0);
      if (written) this.#written?.set(buffer, written);
      this.#count.take(bytes);
      return new HostStorage({ buffer, written, count: this.#count, parts: 0 }, 0, bytes);
    } catch (cause) {
      throw new LaunchError(
        `Cannot make ${what}: it needs ${bytes} bytes, more than the CPU device could allocate; ` +
          `its tensors hold ${this.#count.live}`,
        { cause },
      );
    }
  }

  memory(): MemoryReport {
    return this.#count.report();
  }

  trim(): void {}

  flush(): void {}

  synchronize(): Promise<void> {
    return Promise.resolve();
  }

  dispose(): void {}
}
