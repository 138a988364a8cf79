/**
 * The types of a kernel object, made from the type of the kernel's function.
 *
 * `function add(x: Pointer, n: number, { BLOCK = 64 })` is launched with `(Tensor, number,
 * { BLOCK?: number, numWarps?: number }?)`. What the type checker rejects here, the launcher
 * rejects as well, with a message of its own.
 */

import type { Graph } from "../ir/graph.ts";
import type { COMPUTED, FIXED, Grid } from "../grid.ts";
import type { TensorDescriptor } from "../language/blocks.ts";
import type { Pointer } from "../language/types.ts";
import type { TensorDType } from "../runtime/elements.ts";
import type { Tensor } from "../runtime/tensor.ts";
import type { ArgumentSpec } from "../trace/trace.ts";

/** What a launch may say besides the kernel's constants. */
export interface LaunchOptions {
  /** How many warps of 32 invocations share a program, a power of two; 4 unless given. */
  numWarps?: number | undefined;
  /** How many iterations ahead loads are issued in loops; 2 unless given. */
  numStages?: number | undefined;
  /** Whether `tl.deviceAssert` is checked; as the device says unless given. */
  debug?: boolean | undefined;
}

/** What is passed for a parameter: a tensor for a pointer, else what it says. */
export type Argument<T> = T extends Pointer ? Tensor<TensorDType>
  : T extends number ? number | bigint
  : T;

/** The parameters of a function. */
type ParametersOf<F> = F extends (...args: infer A) => unknown ? A : never;

/** True for the type of an object pattern: an object that is nothing else a parameter may be. */
type IsPattern<T> = [T] extends [never] ? false
  : [T] extends [number | boolean | bigint | string | symbol | null | undefined] ? false
  // deno-lint-ignore ban-types -- helpers may have any signature
  : [T] extends [Function | readonly unknown[] | Tensor<TensorDType> | TensorDescriptor] ? false
  : [T] extends [object] ? true
  : false;

/** The last element of a tuple, whether it is optional or not. */
type Last<A extends readonly unknown[]> = Required<A> extends readonly [...unknown[], infer L] ? L
  : never;

/** A tuple without its last element; optional elements stay optional. */
type WithoutLast<A extends readonly unknown[]> = number extends A["length"] ? [] // no tuple
  : A extends readonly [unknown?] ? []
  : A extends readonly [...infer Head, unknown] ? Head
  : A extends readonly [(infer First)?, ...infer Rest] ? [First?, ...WithoutLast<Rest>]
  : [];

/** The parameters before the constants. */
type Positional<A extends readonly unknown[]> = IsPattern<Last<A>> extends true ? WithoutLast<A>
  : A;

/** The constants: what the last parameter's pattern takes apart; `{}` when there is none. */
type ConstantsOf<A extends readonly unknown[]> = IsPattern<Last<A>> extends true ? Last<A>
  // deno-lint-ignore ban-types -- a kernel without constants takes the options alone
  : {};

/** Each parameter's argument. */
type Arguments<A extends readonly unknown[]> = { [I in keyof A]: Argument<A[I]> };

/** `T` without the properties that are given otherwise; itself when none are. */
type Without<T, Given extends PropertyKey> = [Given] extends [never] ? T : Omit<T, Given>;

/** The object at the end of a launch, which may be left out when no constant is required. */
// deno-lint-ignore ban-types -- {} is what a type without required properties takes
type Options<C> = {} extends C ? [options?: C] : [options: C];

/** What a launch takes: the arguments, and the constants with the options. */
type LaunchArguments<A extends readonly unknown[], Given extends PropertyKey> =
  Arguments<Positional<A>> extends infer P extends readonly unknown[]
    ? [...P, ...Options<Without<ConstantsOf<A>, Given> & Without<LaunchOptions, Given>>]
    : never;

/** The constants of a kernel's function, none of which need be there, and the launch options. */
export type ConfigOf<F> = Partial<ConstantsOf<ParametersOf<F>>> & LaunchOptions;

/** Launches a kernel over a grid that is already chosen. */
export type Launcher<F, Given extends PropertyKey = never> = (
  ...args: LaunchArguments<ParametersOf<F>, Given>
) => void;

/**
 * A kernel: `kernel[grid(…)](…)` launches it.
 *
 * @typeParam F The type of the kernel's function.
 * @typeParam Given The names of constants and options that autotuning or heuristics choose.
 */
export interface Kernel<F, Given extends PropertyKey = never> {
  /** The launcher for a grid: `kernel[grid(4, 8)]`. */
  readonly [FIXED]: Launcher<F, Given>;
  /** The launcher for a grid that depends on the launch: `kernel[grid((meta) => …)]`. */
  readonly [COMPUTED]: Launcher<F, Given>;
  /** The launcher for a grid whose type has been widened. */
  readonly [grid: symbol]: Launcher<F, Given>;
  /** The launcher for a grid of one dimension: `kernel[1024]`. */
  readonly [x: number]: Launcher<F, Given>;
  /** The name of the kernel's function. */
  readonly name: string;
  /** Launches the kernel over a grid of any form: `kernel.launch([4, 8], x, y)`. */
  launch(grid: Grid, ...args: LaunchArguments<ParametersOf<F>, Given>): void;
  /** The tile graph for arguments of the given kinds and compile-time constants; needs no device. */
  graph(args: readonly ArgumentSpec[], constants?: Readonly<Record<string, unknown>>): Graph;
}
