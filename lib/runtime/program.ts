/**
 * What the runtime needs to know of a compiled kernel: its WGSL, and how its arguments are bound.
 */

import type { DTypeName } from "../ir/dtype.ts";

/** A compiled kernel. The compiler makes these; the runtime runs them and knows nothing else of it. */
export interface Program {
  /** The kernel's name, for messages. */
  readonly name: string;
  /** A whole WGSL module whose entry point is `main`. */
  readonly wgsl: string;
  /** True when parts of the WGSL were written by the kernel's author. */
  readonly isForeign?: boolean;
  /** Invocations in a workgroup. */
  readonly workgroupSize: number;
  /**
   * The storage buffers, `@group(0) @binding(0)` and on, by kernel parameter. A parameter whose
   * tensor shares its buffer with an earlier one's has no binding of its own.
   */
  readonly bindings: readonly { readonly param: string; readonly access: "read" | "read_write" }[];
  /**
   * For each place in the kernel that tells the host something, the words of a record. When there
   * are any, `@binding(bindings.length)` is the buffer that `reports.ts` speaks of.
   */
  readonly records: readonly number[];
  /**
   * The fields of the uniform buffer, the last binding, absent when there are none: the scalars that
   * are known at the launch only, `num_programs_0` to `num_programs_2`, and `#first_report`.
   */
  readonly uniforms: readonly {
    readonly name: string;
    readonly dtype: DTypeName;
    readonly offset: number;
  }[];
  readonly uniformBytes: number;
  /** Workgroup memory in bytes. */
  readonly workgroupBytes: number;
}
