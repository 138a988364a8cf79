/**
 * `jit`: from a function to a kernel that is traced, compiled and launched.
 */

import { LaunchError } from "./errors.ts";
import { Definition } from "./launch/definition.ts";
import { kernelObject } from "./launch/launchable.ts";
import type { Kernel } from "./launch/types.ts";
import { type KernelFunction, kernelFunctionOf } from "./trace/environment.ts";

/** Names that a kernel may use besides its own, or a function that returns them. */
export type Names = Readonly<Record<string, unknown>> | (() => Record<string, unknown>);

/** The address of the folder of this file, whose frames are not where a kernel was made. */
const OWN = new URL(".", import.meta.url).href;

/**
 * Makes a kernel of a function.
 *
 * The function is not run: at a launch its source is traced and compiled for the arguments' types
 * and the constants' values, and kept for the next such launch. Its positional parameters are
 * known when it runs: a {@linkcode Tensor} arrives as a pointer to its first element, an integral
 * number as an i32, another as an f32, a boolean as a bool. A default value declares a parameter's
 * type: with `eps = tl.f32(1e-5)` or `n: number = tl.i32` it does not depend on the number that is
 * passed. The last parameter, an object pattern, takes constants that are known when the kernel is
 * compiled.
 *
 * A function's source does not tell what the variables around it are, so what else it uses must
 * be given.
 *
 * @param fn The function: a function expression, an arrow or a method.
 * @param names Values that it uses by name: helper functions, numbers, other kernels. A function
 * that returns them is called when the kernel is compiled, which allows any order of definition.
 * @returns The kernel; launch it as `kernel[grid(…)](…)`.
 *
 * @example A kernel with a helper
 * ```ts
 * import assert from "node:assert/strict";
 * import { cdiv, Device, grid, jit, type Pointer, tl } from "../mod.ts";
 *
 * const square = (x: number) => x * x;
 *
 * const squares = jit(function squares(x: Pointer, out: Pointer, n: number, { BLOCK = 4 }) {
 *   const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
 *   const mask = at < n;
 *   tl.store(out + at, square(tl.load(x + at, { mask })), { mask });
 * }, { square });
 *
 * using device = await Device.open({ device: "cpu" });
 * using x = device.from([1, 2, 3, 4, 5]), out = device.empty([5]);
 * squares[grid(cdiv(5, 4))](x, out, 5);
 * assert((await out.read()).join() === "1,4,9,16,25");
 * ```
 *
 * @example A static method, which reaches its class's statics
 * ```ts
 * import assert from "node:assert/strict";
 * import { Device, grid, jit, type Pointer, tl } from "../mod.ts";
 *
 * class Scale {
 *   static FACTOR = 3;
 *
 *   @jit
 *   static run(x: Pointer, { BLOCK = 4 }) {
 *     const at = tl.arange(0, BLOCK);
 *     tl.store(x + at, tl.load(x + at) * this.FACTOR);
 *   }
 * }
 *
 * using device = await Device.open({ device: "cpu" });
 * using x = device.full([4], 2);
 * jit(Scale.run)[grid(1)](x); // jit gives a kernel back as it is, with its type
 * assert((await x.read()).join() === "6,6,6,6");
 * ```
 */
// deno-lint-ignore ban-types -- a call signature here would make an unannotated object pattern `any`
export function jit<F extends Function>(method: F, context: ClassMethodDecoratorContext): F;
/** Makes a kernel of a function and the names that it uses. */
// deno-lint-ignore ban-types -- as above
export function jit<F extends Function>(fn: F, names?: Names): Kernel<F>;
// deno-lint-ignore ban-types -- as above
export function jit(fn: Function, second?: Names | ClassMethodDecoratorContext): unknown {
  if (typeof fn !== "function") {
    throw new LaunchError(`Cannot make a kernel of ${String(fn)}: jit takes a function`);
  }
  if (isDecoratorContext(second)) return decorated(fn, second);
  if (kernelFunctionOf(fn) && second === undefined) return fn;
  const { fn: source, owner } = kernelFunctionOf(fn) ?? { fn, owner: undefined };
  return kernelOf({
    name: source.name || "kernel",
    fn: source,
    names: second,
    owner,
    madeAt: callSite(),
  });
}

function isDecoratorContext(value: unknown): value is ClassMethodDecoratorContext {
  return typeof value === "object" && value !== null && "addInitializer" in value &&
    typeof value.addInitializer === "function";
}

/** What replaces a decorated method: its kernel. The class is known once it is initialised. */
// deno-lint-ignore ban-types -- any function is taken
function decorated(fn: Function, context: ClassMethodDecoratorContext): unknown {
  const { kind, name } = context;
  if (kind !== "method" || !context.static || context.private) {
    throw new LaunchError(
      `Cannot make a kernel of '${String(name)}': @jit stands before a public static method`,
    );
  }
  let owner: unknown;
  context.addInitializer(function (this: unknown) {
    owner = this;
  });
  const madeAt = callSite();
  return kernelOf({
    name: String(name),
    fn,
    madeAt,
    get owner() {
      return owner;
    },
  });
}

/** Where `jit` was called: the first frame that is not in this library. */
function callSite(): string | undefined {
  for (const line of new Error().stack?.split("\n").slice(1) ?? []) {
    const at = /((?:[a-z]+:\/\/|\/)[^\s()]+:\d+:\d+)\)?$/.exec(line)?.[1];
    if (at && !at.startsWith(OWN)) return at;
  }
  return undefined;
}

function kernelOf(fn: KernelFunction): unknown {
  return kernelObject(new Definition(fn));
}
