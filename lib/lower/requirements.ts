/** What a kernel needs of a device beyond what every device has: told before anything is lowered. */

import { CompilationError } from "../errors.ts";
import { DTYPES } from "../ir/dtype.ts";
import { type Graph, type Location, type Value, walk } from "../ir/graph.ts";
import type { Native } from "../ir/native.ts";
import { elementwise, type OpName } from "../ir/ops.ts";
import { ARITHMETIC } from "../ir/ops/arithmetic.ts";
import { isAtomic } from "../ir/ops/atomics.ts";
import { dtypeOf, isPointer } from "../ir/type.ts";

/** What a device can do with 64 bits. */
export interface Wide extends Native {
  /** Whether there are atomic operations on 64-bit integers. */
  readonly int64Atomics: boolean;
}

/** Functions of f64 that shaders have: SPIR-V's exponentials, logarithms and sines are of f32 alone. */
const OF_F64: ReadonlySet<OpName> = new Set<OpName>([
  ...Object.keys(ARITHMETIC) as OpName[],
  ...["sqrt", "rsqrt", "floor", "ceil"] as const,
]);

/** Throws a `CompilationError` when a kernel needs what a device lacks. */
export function checkRequirements(graph: Graph, device: Wide): void {
  for (const { value, name } of graph.params) {
    if (usesF64(value) && !device.f64) throw lacksF64(`Parameter '${name}'`, undefined);
  }
  walk(graph.body, (op) => {
    const { location } = op, values = [...op.operands, ...op.results];
    if (!device.f64 && values.some(usesF64)) throw lacksF64(`'${op.name}'`, location);
    const isF64 = op.results.some((result) => dtypeOf(result.type) === DTYPES.f64);
    if (isF64 && elementwise(op.name) && !OF_F64.has(op.name)) {
      throw new CompilationError({
        problem: `No GPU has '${op.name}' of f64`,
        remedy:
          "Compute it in f32, tl.cast(x, tl.f32), or on the CPU: Device.open({ device: 'cpu' })",
        location,
      });
    }
    if (!isAtomic(op) || device.int64Atomics) return;
    const { element } = op.operand(0).type;
    if (isPointer(element) && element.pointee.bits === 64) {
      throw new CompilationError({
        problem: `Atomic operations on ${element.pointee.name} need the feature ` +
          "'wgpu-shader-int64-atomic-all-ops', which this device does not have",
        remedy: "Keep what is changed atomically in 32 bits, or run on the CPU: " +
          "Device.open({ device: 'cpu' })",
        location,
      });
    }
  });
}

function usesF64({ type: { element } }: Value): boolean {
  return (isPointer(element) ? element.pointee : element) === DTYPES.f64;
}

function lacksF64(what: string, location: Location | undefined): CompilationError {
  return new CompilationError({
    problem: `${what} is of f64, which needs the feature 'wgpu-shader-f64' that this device ` +
      "does not have",
    remedy: "Use f32, or run on the CPU: Device.open({ device: 'cpu' })",
    location,
  });
}
