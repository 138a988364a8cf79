/**
 * The boundary between tensors and the place where their elements are: memory, and nothing more.
 *
 * A backend knows no shapes and no dtypes. It hands out pieces of memory (`Storage`), and does what it
 * is asked in order: what was launched before a read has happened when the read resolves. There
 * are two, `HostBackend` (typed arrays) and `WebGpuBackend`.
 */

import type { Capabilities } from "./capabilities.ts";
import type { Lap } from "./stopwatch.ts";

/**
 * How the address of a storage is known when a kernel is compiled: `0`, it is one where a binding can
 * begin; `16`, it is so many bytes behind one, a multiple of 16; `1`, the same but of an element.
 */
export type Placement = 0 | 1 | 16;

/** The memory of one tensor. */
export interface Storage {
  /** The memory that it is a part of: two storages overlap only if it is the same object. */
  readonly memory: object;
  readonly placement: Placement;
  /** Where it begins in the memory that it is a part of, in bytes. */
  readonly offset: number;
  /** Bytes that were asked for; more may lie behind them. */
  readonly bytes: number;
  /** A copy of the bytes, once everything that was launched before has run. */
  read(): Promise<ArrayBuffer>;
  /** Overwrites the bytes from the first on, after everything that was launched before. */
  write(data: Uint8Array<ArrayBuffer>): void;
  /** A part of the same memory, which is given back when all its parts are. */
  part(offset: number, bytes: number): Storage;
  /** Gives the memory back, after everything that was launched before. */
  release(): void;
}

/** What a device's memory is used for; in bytes. */
export interface MemoryReport {
  /** What tensors hold. */
  readonly live: number;
  /** What tensors that are gone held, kept for the next ones. */
  readonly cached: number;
  /** The most that tensors have held at a time. */
  readonly peak: number;
  /** How many tensors hold memory of their own; views share theirs. */
  readonly tensors: number;
}

/** What new memory holds: anything, zeros, or what the host is about to write to it. */
export type Filling = "none" | "zeros" | "host";

export interface Backend {
  readonly capabilities: Capabilities;
  /** Takes what kernels print. */
  print: (text: string) => void;
  /** Memory. `what` names it in errors: "a tensor of shape [4, 8] and dtype f32". */
  allocate(bytes: number, what: string, filling: Filling): Storage;
  memory(): MemoryReport;
  /** Gives back the memory that is kept for later. */
  trim(): void;
  /** Starts what was launched, without waiting for it. */
  flush(): void;
  /** Resolves when everything that was launched has run; rejects with the first failure. */
  synchronize(): Promise<void>;
  /** The times of all launches of what `action` does. */
  profile(action: () => Promise<void>): Promise<Lap[]>;
  /** Ends the device: all its memory is gone. */
  dispose(): void;
}

/** Counts bytes and tensors. */
export class MemoryCount {
  live = 0;
  cached = 0;
  peak = 0;
  tensors = 0;

  take(bytes: number): void {
    this.live += bytes;
    this.tensors++;
    if (this.live > this.peak) this.peak = this.live;
  }

  giveBack(bytes: number): void {
    this.live -= bytes;
    this.tensors--;
  }

  report(): MemoryReport {
    const { live, cached, peak, tensors } = this;
    return { live, cached, peak, tensors };
  }
}
