/** Tracing small kernels in tests, and running what came of it. */

import { evaluate } from "../../lib/cpu/evaluate.ts";
import { CompilationError } from "../../lib/errors.ts";
import { type DTypeName, DTYPES, type HostArray } from "../../lib/ir/dtype.ts";
import type { Graph } from "../../lib/ir/graph.ts";
import { print } from "../../lib/ir/print.ts";
import { type ArgumentSpec, type KernelFunction, trace } from "../../lib/trace/trace.ts";

/** A tensor parameter of a dtype. */
export function pointer(dtype: DTypeName): ArgumentSpec {
  return { kind: "pointer", dtype: DTYPES[dtype], divisibility: 16 };
}

/** A scalar parameter of a dtype. */
export function scalar(dtype: DTypeName): ArgumentSpec {
  return { kind: "scalar", dtype: DTYPES[dtype], divisibility: 1 };
}

/** What kernels in tests may be: functions of any parameters. */
// deno-lint-ignore no-explicit-any
export type AnyKernel = (...args: any[]) => void;

/** What is given to a kernel besides arguments. */
export interface Given {
  readonly constants?: Readonly<Record<string, unknown>>;
  readonly names?: KernelFunction["names"];
  readonly owner?: unknown;
}

/** Traces a function. */
export function traced(
  fn: AnyKernel,
  args: readonly ArgumentSpec[],
  { constants = {}, names, owner }: Given = {},
): Graph {
  return trace({ fn: { name: fn.name || "kernel", fn, names, owner }, args, constants });
}

/** The traced graph's text. */
export function text(fn: AnyKernel, args: readonly ArgumentSpec[], given?: Given): string {
  return print(traced(fn, args, given));
}

/** Runs a function as a kernel of one program: arrays are tensors, numbers i32 or f32 scalars. */
export function run(fn: AnyKernel, args: readonly (HostArray | number)[], given?: Given): void {
  const specs = args.map((arg) => {
    if (typeof arg === "number") return scalar(Number.isInteger(arg) ? "i32" : "f32");
    if (arg instanceof Float32Array) return pointer("f32");
    if (arg instanceof Float16Array) return pointer("f16");
    if (arg instanceof BigInt64Array) return pointer("i64");
    return pointer(arg instanceof Int32Array ? "i32" : arg instanceof Uint32Array ? "u32" : "bool");
  });
  evaluate(traced(fn, specs, given), args, [1, 1, 1]);
}

/** The function of a source text: exactly this text, which Deno has not printed anew. */
export function fromSource(source: string): AnyKernel {
  return new Function(`return (${source})`)() as AnyKernel;
}

/** The message of the CompilationError that tracing a source text throws. */
export function failure(
  source: string,
  args: readonly ArgumentSpec[] = [pointer("f32"), pointer("f32"), scalar("i32")],
  given?: Given,
): string {
  try {
    traced(fromSource(source), args, given);
  } catch (error) {
    if (error instanceof CompilationError) return error.message;
    throw error;
  }
  throw new Error(`This was traced without an error:\n${source}`);
}
