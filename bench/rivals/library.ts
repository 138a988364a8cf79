/** Other JavaScript libraries that compute on the GPU, as rivals. */

import type { Tensor } from "../../mod.ts";
import type { Size } from "../workload.ts";

/** A workload on another library, ready to run. */
export interface Ready {
  /** Runs it so many times; resolves when the GPU is done. */
  readonly runTimes: (times: number) => Promise<unknown>;
  /** What it computes. */
  readonly result: () => Promise<ArrayLike<number>>;
  readonly dispose: () => void;
}

export interface Library {
  readonly name: LibraryName;
  /** Undefined for what the library does not have. */
  readonly prepare: (
    workload: string,
    size: Size,
    inputs: readonly Tensor[],
  ) => Promise<Ready | undefined>;
}

/** Loads each library; only what is asked for is loaded. */
export const LIBRARIES = {
  jax: async (): Promise<Library> => (await import("./jax.ts")).open(),
  tfjs: async (): Promise<Library> => (await import("./tensorflow.ts")).open(),
} as const;

export type LibraryName = keyof typeof LIBRARIES;
