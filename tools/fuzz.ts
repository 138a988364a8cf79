/**
 * Differential fuzzing: random kernels must do the same on the CPU device, on the CPU device after
 * all passes, and on the GPU: `deno task fuzz`.
 *
 * A kernel is made from a list of numbers; a failure prints its seed and the shortest list found, and
 * the kernel as text. Half of the kernels are of f32, with products and functions, and compared with a
 * tolerance; the other half are over all dtypes that the device has, and must agree to the bit.
 *
 *     deno task fuzz [--count 200] [--seed S] [--device webgpu|cpu] [--without FEATURE,…] [--only f32|typed] [--largest N]
 */

import { Command, Option } from "npm:commander@15.0.0";
import fc from "npm:fast-check@4.10.2";
import { compileStages, type Target } from "../lib/compile.ts";
import { evaluate } from "../lib/cpu/evaluate.ts";
import { FROM_BITS } from "../lib/ir/bits.ts";
import {
  type DType,
  type DTypeName,
  DTYPES,
  type HostArray,
  hostView,
  isEncoded,
} from "../lib/ir/dtype.ts";
import type { Graph } from "../lib/ir/graph.ts";
import { print } from "../lib/ir/print.ts";
import { verify } from "../lib/ir/verify.ts";
import { prepare, targetOf } from "../lib/launch/execute.ts";
import { Device, type TensorDType } from "../mod.ts";
import { choices, kernelOf, LENGTH } from "../tests/passes/random_kernels.ts";
import { TYPED_LENGTH, typedElements, typedKernelOf } from "../tests/passes/typed_kernels.ts";
import { assertClose } from "../tests/support/assert.ts";

const options = new Command()
  .option("--count <n>", "how many kernels", Number, 200)
  .option("--seed <n>", "where to begin", Number, Date.now() % 2 ** 31)
  .option("--device <kind>", "webgpu or cpu", "webgpu")
  .option("--without <features>", "features of the GPU to leave alone, such as shader-f16", "")
  .option("--largest <n>", "elements of the largest tile that is not cut into blocks", Number)
  .addOption(new Option("--only <kind>", "kernels of one kind").choices(["f32", "typed"]))
  .parse(["deno", "fuzz", ...Deno.args])
  .opts<{
    count: number;
    seed: number;
    device: "webgpu" | "cpu";
    without: string;
    largest?: number;
    only?: "f32" | "typed";
  }>();

/** Longer shaders than this take a software GPU many seconds to compile. */
const LONGEST_WGSL = 60_000;
const N = 100, M = 2n ** 40n + 3n;
const TOLERANCE = { relative: 2e-3, absolute: 2e-3 };

const device = await Device.open({
  device: options.device,
  without: options.without.split(",").filter((name) => name !== ""),
});
const target: Target = device.kind === "cpu"
  ? {
    subgroupSize: 32,
    f16: true,
    int64: true,
    int64Atomics: true,
    f64: true,
    maxWorkgroupBytes: 2 ** 17,
    maxInvocations: 1024,
    software: false,
    dialect: "naga",
  }
  : targetOf(device.capabilities);
const names = (Object.keys(DTYPES) as DTypeName[]).filter((name) => name !== "f64" || target.f64);
const count = { gpu: 0, long: 0 };

/** What a launch is given by position: dtypes with the elements of tensors, and scalars. */
type Arguments =
  readonly (readonly [DType, readonly number[] | readonly bigint[]] | number | bigint)[];

/** Compares what a kernel leaves in memory: found, wanted. */
type Compare = (found: HostArray, wanted: HostArray, dtype: DType) => void;

function onCpu(graph: Graph, args: Arguments): HostArray[] {
  const memory = args.map((arg) => typeof arg === "object" ? memoryOf(arg[0], bytesOf(arg)) : arg);
  evaluate(graph, memory, [1, 1, 1]);
  return memory.filter((array) => typeof array === "object");
}

function memoryOf(dtype: DType, bytes: ArrayBuffer): HostArray {
  return hostView(dtype, bytes.slice(0));
}

const known = new WeakMap<object, ArrayBuffer>();

/** The bytes of a tensor's elements. */
function bytesOf(arg: Extract<Arguments[number], readonly unknown[]>): ArrayBuffer {
  let bytes = known.get(arg[1]);
  if (!bytes) {
    using tensor = cpu.from(arg[1] as number[], { dtype: arg[0].name as TensorDType });
    const { storage } = tensor as unknown as { storage: { buffer: ArrayBuffer } };
    known.set(arg[1], bytes = storage.buffer.slice(0, arg[1].length * arg[0].bytes));
  }
  return bytes;
}

const cpu = await Device.open({ device: "cpu" });

async function onGpu(graph: Graph, args: Arguments): Promise<HostArray[]> {
  const values = args.map((arg) => {
    if (typeof arg !== "object") return arg;
    const tensor = device.empty([arg[1].length], { dtype: arg[0].name as TensorDType });
    tensor.writeBytes(bytesOf(arg));
    return tensor;
  });
  const positions = new Map(graph.params.map(({ name }, i) => [name, i]));
  prepare(graph, device.backend, positions, compileOptions(graph))(values, [1, 1, 1]);
  const tensors = values.flatMap((value, i) =>
    typeof value === "object" ? [{ value, dtype: (args[i] as readonly [DType, unknown])[0] }] : []
  );
  const found = await Promise.all(tensors.map(({ value }) => value.readBytes()));
  for (const { value } of tensors) value.dispose();
  return tensors.map(({ dtype }, i) => hostView(dtype, found[i]!));
}

function compileOptions({ params }: Graph) {
  const largest = options.largest && { largestTile: options.largest };
  const aliases = params.map((_, i) => i);
  return { numWarps: 4, numStages: 2, aliases, fold: "none", ...largest } as const;
}

async function check(graph: Graph, args: Arguments, compare: Compare): Promise<void> {
  try {
    verify(graph);
    const wanted = onCpu(graph, args);
    const compareAll = (found: readonly HostArray[]) => {
      const dtypes = args.flatMap((arg) => typeof arg === "object" ? [arg[0]] : []);
      found.forEach((array, i) => compare(array, wanted[i]!, dtypes[i]!));
    };
    const stages = compileStages(graph, compileOptions(graph), {
      ...target,
      maxWorkgroupBytes: Infinity,
    });
    verify(stages.tile, "canonicalise");
    verify(stages.layout, "assign_layouts");
    compareAll(onCpu(stages.layout, args));
    const { wgsl, workgroupBytes } = stages.program;
    if (device.kind === "cpu") return;
    if (wgsl.length > LONGEST_WGSL || workgroupBytes > target.maxWorkgroupBytes) {
      count.long++;
    } else {
      compareAll(await onGpu(graph, args));
      count.gpu++;
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${print(graph)}`, { cause: error });
  }
}

const floats = Array.from({ length: LENGTH }, (_, i) => Math.fround(Math.sin(i * 7)));
const zeros = Array.from({ length: LENGTH }, () => 0);

function checkF32(list: readonly number[]): Promise<void> {
  const args: Arguments = [[DTYPES.f32, floats], [DTYPES.f32, zeros], N];
  return check(
    kernelOf(list),
    args,
    (found, wanted) => assertClose(found as Float32Array, wanted as Float32Array, TOLERANCE),
  );
}

const elements = new Map<DType, number[] | bigint[]>();
const nothing = new Map<DType, number[] | bigint[]>();

function kept<T>(map: Map<DType, T>, dtype: DType, make: () => T): T {
  let found = map.get(dtype);
  if (!found) map.set(dtype, found = make());
  return found;
}

function checkTyped(list: readonly number[]): Promise<void> {
  const { graph, dtypes } = typedKernelOf(list, names);
  const args: Arguments = [
    ...dtypes.map((dtype) =>
      [dtype, kept(elements, dtype, () => typedElements(dtype) as number[])] as const
    ),
    ...dtypes.map((dtype) =>
      [dtype, kept(nothing, dtype, () => zeros.slice(0, TYPED_LENGTH))] as const
    ),
    N,
    M,
  ];
  return check(graph, args, assertSame);
}

/** Fails unless memory is the same; zeros of either sign, and all NaNs, are one. */
function assertSame(found: HostArray, wanted: HostArray, dtype: DType): void {
  const wrong: string[] = [];
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [numberOf(found[i]!, dtype), numberOf(wanted[i]!, dtype)];
    if (a === b || (a !== a && b !== b)) continue;
    if (wrong.length < 6) wrong.push(`  [${i}] found ${a}, expected ${b}`);
  }
  if (wrong.length > 0) throw new Error(`A tensor of ${dtype.name} differs:\n${wrong.join("\n")}`);
}

function numberOf(x: number | bigint, dtype: DType): number | bigint {
  return isEncoded(dtype) ? Number(FROM_BITS[dtype.name](x)) : x;
}

const { seed, only } = options;
console.log(`${options.count} random kernels on ${device}, seed ${seed}`);
const kinds = [checkF32, checkTyped].filter((_, i) =>
  only === undefined || i === (only === "f32" ? 0 : 1)
);
const kinded = fc.tuple(choices(), fc.constantFrom(...kinds));
await fc.assert(fc.asyncProperty(kinded, ([list, run]) => run(list)), {
  numRuns: options.count,
  seed,
});
console.log(
  `No mismatch: ${options.count} kernels before and after all passes` +
    (device.kind === "cpu"
      ? ""
      : `, ${count.gpu} of them on the GPU (${count.long} too large for it)`),
);
