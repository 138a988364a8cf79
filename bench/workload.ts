/**
 * What a benchmark consists of. A workload is one entry of `workloads.ts`: its sizes, its tensors, how
 * each side computes it, and how a result is checked.
 */

import { cdiv, type Device, grid, jit, type Pointer, type Tensor, tl } from "../mod.ts";

/** The element types that are benched. */
export type BenchDType = "f32" | "f16";

/** One size of a workload; what its numbers mean is the workload's business. */
export interface Size {
  readonly dtype: BenchDType;
  readonly size: readonly number[];
}

/** Numbers of a result, from a place on. */
export type Reader = (from: number, count: number) => Promise<ArrayLike<number>>;

/** WGSL by hand for one size. */
export interface Handwritten {
  /** What it is, where there are several to choose from. */
  readonly name: string;
  readonly code: string;
  /** The tensors of binding 0 and on; those that are only read come first. */
  readonly reads: readonly Tensor[];
  readonly writes: readonly Tensor[];
  readonly groups: readonly [x: number, y: number];
}

/** The tensors of one size, and what to do with them. */
export interface Instance {
  /** In the order in which other libraries get them. */
  readonly inputs: readonly Tensor[];
  /** Computes on this library. */
  readonly run: () => void;
  readonly out: Tensor;
  /** The same by hand, into tensors of its own; the fastest of several is the rival. */
  readonly handwritten?: readonly Handwritten[];
  /**
   * The largest error of a result, 1 being the largest that is tolerated. Looks at a sample, which is
   * computed in float64.
   */
  readonly check: (result: Reader) => Promise<number>;
}

export interface Workload {
  /** The kernel's name. */
  readonly name: string;
  readonly unit: "GB/s" | "TFLOP/s";
  /** Whether instances have the same by hand. */
  readonly byHand?: boolean;
  /** The sizes that are benched; small ones for devices in software. */
  readonly sizes: (software: boolean) => readonly Size[];
  /** Bytes moved by one run at least, or floating-point operations. */
  readonly amount: (size: Size) => number;
  readonly prepare: (device: Device, size: Size, seed: number) => Instance;
}

/** A size by its numbers: `16384x4096`. */
export function sizeText({ size }: Size): string {
  return size.join("x");
}

/** Bytes of an element. */
export function bytesOf(dtype: BenchDType): number {
  return dtype === "f32" ? 4 : 2;
}

const fill = jit(
  function fill(
    out: Pointer,
    n: number,
    seed: number,
    scale: number = tl.f32,
    { BLOCK = 1024 },
  ) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    tl.store(out + at, (tl.rand(seed, at) - 0.5) * scale, { mask: at < n });
  },
);

/** A tensor of numbers spread evenly over (-scale / 2, scale / 2), made on the device. */
export function random(
  device: Device,
  shape: readonly number[],
  seed: number,
  { dtype = "f32" as BenchDType, scale = 4 } = {},
): Tensor {
  const out = device.empty(shape, { dtype });
  fill[grid(cdiv(out.size, 1024))](out, out.size, seed, scale);
  return out;
}

/** Reads part of a tensor. */
export function readerOf(tensor: Tensor): Reader {
  return async (from, count) => {
    using part = tensor.slice(from, [count]);
    return await part.read();
  };
}

/** Indices spread over `count`, the first and the last among them. */
export function spread(count: number, samples: number): number[] {
  const most = Math.min(count, samples);
  return Array.from(
    { length: most },
    (_, i) => most === 1 ? 0 : Math.round(i * (count - 1) / (most - 1)),
  );
}

/** The largest error among numbers, in units of the tolerance `absolute + relative * |wanted|`. */
export function errorOf(
  found: ArrayLike<number>,
  wanted: ArrayLike<number>,
  { absolute, relative = absolute }: { absolute: number; relative?: number },
): number {
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs(found[i]! - wanted[i]!) / (absolute + relative * Math.abs(wanted[i]!));
    if (!(error <= worst)) worst = error; // NaN too
  }
  return worst;
}

/** Checks a few whole rows of a result of `rows` rows against `expected`, given the row's number. */
export async function checkRows(
  result: Reader,
  [rows, columns]: readonly [rows: number, columns: number],
  expected: (row: number) => Promise<ArrayLike<number>>,
  tolerance: { absolute: number; relative?: number },
): Promise<number> {
  let worst = 0;
  for (const row of spread(rows, 5)) {
    const error = errorOf(await result(row * columns, columns), await expected(row), tolerance);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}
