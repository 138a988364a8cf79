/**
 * The CPU as a backend: each storage is an array buffer, and everything happens at once.
 */

import { LaunchError } from "../errors.ts";
import { type Backend, nextStorageId, type Storage } from "./backend.ts";
import type { Capabilities } from "./capabilities.ts";

export class HostStorage implements Storage {
  readonly id = nextStorageId();

  constructor(readonly buffer: ArrayBuffer) {}

  get bytes(): number {
    return this.buffer.byteLength;
  }

  read(): Promise<ArrayBuffer> {
    return Promise.resolve(this.buffer.slice(0));
  }

  write(data: Uint8Array<ArrayBuffer>): void {
    new Uint8Array(this.buffer).set(data);
  }

  release(): void {} // the garbage collector's, once the tensor has let go of it
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

  allocate(bytes: number, what: string): HostStorage {
    try {
      return new HostStorage(new ArrayBuffer(bytes));
    } catch (cause) {
      throw new LaunchError(
        `Cannot make ${what}: it needs ${bytes} bytes, more than the CPU device could allocate`,
        { cause },
      );
    }
  }

  synchronize(): Promise<void> {
    return Promise.resolve();
  }

  dispose(): void {}
}
