/**
 * The boundary between tensors and the place where their elements are: memory, and nothing more.
 *
 * A backend knows no shapes and no dtypes. It hands out zeroed pieces of memory (`Storage`), and
 * does what it is asked in order: what was launched before a read has happened when the read
 * resolves. There are two, `HostBackend` (typed arrays) and `WebGpuBackend`.
 */

import type { Capabilities } from "./capabilities.ts";

/** The memory of one tensor. */
export interface Storage {
  /** Tells memories apart; never reused within a process. */
  readonly id: number;
  /** Bytes that were asked for; more may lie behind them. */
  readonly bytes: number;
  /** A copy of the bytes, once everything that was launched before has run. */
  read(): Promise<ArrayBuffer>;
  /** Overwrites the bytes from the first on, after everything that was launched before. */
  write(data: Uint8Array<ArrayBuffer>): void;
  /** Gives the memory back, after everything that was launched before. */
  release(): void;
}

export interface Backend {
  readonly capabilities: Capabilities;
  /** Takes what kernels print. */
  print: (text: string) => void;
  /** Zeroed memory. `what` names it in errors: "a tensor of shape [4, 8] and dtype f32". */
  allocate(bytes: number, what: string): Storage;
  /** Resolves when everything that was launched has run; rejects with the first failure. */
  synchronize(): Promise<void>;
  /** Ends the device: all its memory is gone. */
  dispose(): void;
}

let lastId = 0;

/** A number that no other storage has. */
export function nextStorageId(): number {
  return ++lastId;
}
