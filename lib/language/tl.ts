/**
 * `tl`: the namespace that kernels are written with.
 *
 * The functions only carry names, types and documentation (`operations.ts`): a kernel is never run
 * as JavaScript, it is traced (`lib/trace/`), and what each name does there stands in
 * `lib/trace/builtins.ts`.
 */

import { NereidError } from "../errors.ts";
import { ATOMIC_FUNCTION_NAMES } from "./atomics.ts";
import { BLOCK_FUNCTION_NAMES } from "./blocks.ts";
import { DEBUG_FUNCTION_NAMES } from "./debug.ts";
import {
  bf16,
  bool,
  f16,
  f32,
  f64,
  f8e4m3,
  f8e5m2,
  i16,
  i32,
  i64,
  i8,
  u16,
  u32,
  u64,
  u8,
} from "./dtypes.ts";
import { type ElementwiseFunctions, FUNCTION_NAMES, PropagateNan } from "./functions.ts";
import { LIBDEVICE_NAMES, type LibdeviceFunctions } from "./libdevice.ts";
import { MAP_NAMES } from "./map.ts";
import type { Operations } from "./operations.ts";
import { RANDOM_NAMES } from "./random.ts";
import type { DType } from "./types.ts";

/** The type of {@linkcode tl}: the operations and the dtypes. */
export interface Language extends Operations {
  /** 32-bit floating point. */
  readonly f32: DType;
  /** 64-bit floating point, on the CPU and on devices with `wgpu-shader-f64`. */
  readonly f64: DType;
  /** 16-bit floating point, of 11 significant bits and at most 65504. */
  readonly f16: DType;
  /** The upper half of an f32: its range, with 8 significant bits. */
  readonly bf16: DType;
  /** 8-bit floats of 4 significant bits and at most 448, to store and convert (Triton's float8e4nv). */
  readonly f8e4m3: DType;
  /** 8-bit floats of 3 significant bits and at most 57344, to store and convert (Triton's float8e5). */
  readonly f8e5m2: DType;
  /** 8-bit integers. Arithmetic on narrow integers wraps at their width. */
  readonly i8: DType;
  /** 16-bit integers. */
  readonly i16: DType;
  /** 32-bit integers. */
  readonly i32: DType;
  /** 64-bit integers. */
  readonly i64: DType;
  /** 8-bit integers without sign. */
  readonly u8: DType;
  /** 16-bit integers without sign. */
  readonly u16: DType;
  /** 32-bit integers without sign. */
  readonly u32: DType;
  /** 64-bit integers without sign. */
  readonly u64: DType;
  /** Booleans; a byte each in memory. */
  readonly bool: DType;
  /** The elementwise functions, under Triton's other name for them: `tl.math.exp` is `tl.exp`. */
  readonly math: MathFunctions;
  /** The same, with the functions that Triton has in `tl.extra.libdevice` alone. */
  readonly libdevice: MathFunctions & LibdeviceFunctions;
  /** Where Triton keeps libdevice. */
  readonly extra: { readonly libdevice: MathFunctions & LibdeviceFunctions };
  /** What `minimum`, `maximum` and `clamp` make of NaN. */
  readonly PropagateNan: typeof PropagateNan;
}

/** Every operation by name; the values say nothing. */
const NAMES = {
  programId: 0,
  numPrograms: 0,
  arange: 0,
  full: 0,
  zeros: 0,
  zerosLike: 0,
  asFloat: 0,
  cast: 0,
  where: 0,
  expandDims: 0,
  col: 0,
  row: 0,
  broadcastTo: 0,
  reshape: 0,
  ravel: 0,
  trans: 0,
  permute: 0,
  view: 0,
  broadcast: 0,
  join: 0,
  split: 0,
  interleave: 0,
  cat: 0,
  flip: 0,
  gather: 0,
  swizzle2d: 0,
  load: 0,
  store: 0,
  sum: 0,
  max: 0,
  min: 0,
  argmax: 0,
  argmin: 0,
  xorSum: 0,
  reduceOr: 0,
  softmax: 0,
  associativeScan: 0,
  cumsum: 0,
  cumprod: 0,
  sort: 0,
  topk: 0,
  bitonicMerge: 0,
  histogram: 0,
  reduce: 0,
  dot: 0,
  dotScaled: 0,
  exp: 0,
  exp2: 0,
  log: 0,
  log2: 0,
  sqrt: 0,
  rsqrt: 0,
  sin: 0,
  cos: 0,
  floor: 0,
  ceil: 0,
  abs: 0,
  minimum: 0,
  maximum: 0,
  fma: 0,
  sigmoid: 0,
  cdiv: 0,
  range: 0,
  condition: 0,
  staticRange: 0,
  staticPrint: 0,
  staticAssert: 0,
  ...FUNCTION_NAMES,
  ...RANDOM_NAMES,
  ...ATOMIC_FUNCTION_NAMES,
  ...BLOCK_FUNCTION_NAMES,
  ...DEBUG_FUNCTION_NAMES,
  ...MAP_NAMES,
} satisfies Record<keyof Operations, 0>;

/** Functions of `tl` that Triton has in `tl.math` and libdevice too, besides those of `functions.ts`. */
type CommonFunction =
  | "exp"
  | "exp2"
  | "log"
  | "log2"
  | "sqrt"
  | "rsqrt"
  | "sin"
  | "cos"
  | "floor"
  | "ceil"
  | "abs"
  | "fma";

/** The functions of `tl.math`, which `tl.libdevice` has too. */
export type MathFunctions = ElementwiseFunctions & Pick<Operations, CommonFunction>;

/** What an operation does when JavaScript calls it. */
function outside(name: string): () => never {
  const operation = () => {
    throw new NereidError(
      `tl.${name} was called outside a kernel: it works in functions that are given to jit and launched as kernel[grid(…)](…), and in helpers that those call`,
    );
  };
  return Object.defineProperty(operation, "name", { value: name });
}

const OPERATIONS: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.keys(NAMES).map((name) => [name, outside(name)]),
);

const COMMON = {
  exp: 0,
  exp2: 0,
  log: 0,
  log2: 0,
  sqrt: 0,
  rsqrt: 0,
  sin: 0,
  cos: 0,
  floor: 0,
  ceil: 0,
  abs: 0,
  fma: 0,
} satisfies Record<CommonFunction, 0>;

const MATH = Object.freeze(
  Object.fromEntries(
    Object.keys({ ...COMMON, ...FUNCTION_NAMES }).map((name) => [name, OPERATIONS[name]]),
  ),
) as unknown as MathFunctions;

const LIBDEVICE = Object.freeze({
  ...MATH,
  ...Object.fromEntries(
    Object.keys(LIBDEVICE_NAMES).map((name) => [name, outside(`libdevice.${name}`)]),
  ),
}) as unknown as MathFunctions & LibdeviceFunctions;

/**
 * The language of kernels: operations on tiles, and dtypes. Names are Triton's in TypeScript's
 * spelling.
 *
 * ```ts
 * import { jit, type Pointer, tl } from "../../mod.ts";
 *
 * const double = jit(function double(x: Pointer, out: Pointer, n: number, { BLOCK = 256 }) {
 *   const offsets = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
 *   const mask = offsets < n;
 *   tl.store(out + offsets, 2 * tl.load(x + offsets, { mask }), { mask });
 * });
 * ```
 *
 * Calling one of its functions outside a kernel throws a {@linkcode NereidError}, save for dtypes:
 * `tl.f32(2)` is a number that arrives in a kernel as f32.
 */
export const tl: Language = Object.freeze({
  ...OPERATIONS,
  math: MATH,
  libdevice: LIBDEVICE,
  extra: Object.freeze({ libdevice: LIBDEVICE }),
  PropagateNan,
  f64,
  f32,
  f16,
  bf16,
  f8e4m3,
  f8e5m2,
  i8,
  i16,
  i32,
  i64,
  u8,
  u16,
  u32,
  u64,
  bool,
  // Built from a table of exactly the names of Operations.
}) as unknown as Language;
