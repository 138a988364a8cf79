/**
 * A kernel compiled for one device and one specialisation, ready to run again and again.
 */

import { type CompiledProgram, type CompileOptions, simplify, type Target } from "../compile.ts";
import { evaluate } from "../cpu/evaluate.ts";
import { DeviceError, LaunchError, OutOfResourcesError } from "../errors.ts";
import type { GridShape } from "../grid.ts";
import {
  type DType,
  DTYPES,
  type HostArray,
  hostView,
  isFloat,
  isWide,
  type Numeric,
  roundTo,
} from "../ir/dtype.ts";
import { type Graph, hiddenName } from "../ir/graph.ts";
import type { Backend } from "../runtime/backend.ts";
import type { Capabilities } from "../runtime/capabilities.ts";
import { GpuStorage } from "../runtime/gpu_storage.ts";
import { HostBackend, HostStorage } from "../runtime/host.ts";
import { isPointer } from "../ir/type.ts";
import type { TensorDType } from "../runtime/elements.ts";
import { Tensor } from "../runtime/tensor.ts";
import { WebGpuBackend } from "../runtime/webgpu.ts";
import { offsetName } from "../trace/trace.ts";
import { stageClock } from "../stages.ts";
import { FOLD } from "../wgsl/module.ts";
import { FIRST_REPORT } from "../wgsl/reports.ts";
import { compileOnce } from "./kept.ts";
import { reporterOf } from "./reports.ts";

/**
 * Runs the programs of a grid on the values of a launch, by position: tensors, and what is a number for
 * `Number()`.
 */
export type Executable = (values: readonly unknown[], grid: GridShape) => void;

/** Which argument each name of a compiled kernel stands for. */
type Positions = ReadonlyMap<string, number>;

/** Folded grids count programs in an i32, and the last row of workgroups may reach beyond the last program. */
const MAX_PROGRAMS = 2 ** 31 - 1 - 65_535;

/** Prepares a traced kernel for a device; with `sanitize`, one that checks what it does. */
export function prepare(
  graph: Graph,
  backend: Backend,
  positions: Positions,
  options: CompileOptions,
  sanitize = false,
): Executable {
  if (backend instanceof HostBackend) return onHost(graph, backend, positions, sanitize);
  if (backend instanceof WebGpuBackend) {
    const names = [...positions.keys()], target = targetOf(backend.capabilities);
    const extentOf = (name: string) => ({
      offset: offsetName(name, names),
      length: lengthName(name, names),
    });
    const checks = sanitize
      ? Object.fromEntries(names.map((name) => [name, extentOf(name)]))
      : undefined;
    const program = compileOnce(graph, { ...options, checks }, target, backend.cache);
    return onGpu(program, backend, positions, sharingOf(graph, positions, options.aliases));
  }
  throw new DeviceError("Cannot launch on this device: kernels run on 'webgpu' and 'cpu'");
}

/** The arguments that share a binding, of each: positions of pointers whose numbers are equal. */
function sharingOf(
  graph: Graph,
  positions: Positions,
  aliases: readonly number[],
): number[][] {
  const pointers = graph.params.filter(({ value }) => isPointer(value.type.element));
  const groups = Map.groupBy(pointers, (param) => aliases[pointers.indexOf(param)]);
  return [...groups.values()].map((params) => params.map(({ name }) => position(positions, name)));
}

/** What the compiler must know of a device. */
export function targetOf(capabilities: Capabilities): Target {
  const { subgroupSize, subgroupMatrices, features, limits, software, dialect } = capabilities;
  if (!limits || dialect === "none") throw new Error("The CPU is no target of the compiler");
  const int64 = features.includes("wgpu-shader-int64");
  return {
    subgroupSize,
    f16: features.includes("shader-f16"),
    int64,
    int64Atomics: int64 && features.includes("wgpu-shader-int64-atomic-all-ops"),
    f64: int64 && features.includes("wgpu-shader-f64"), // its bits are those of 64-bit integers
    matrixUnits: subgroupMatrices,
    maxWorkgroupBytes: limits.maxComputeWorkgroupStorageSize,
    maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
    software,
    dialect,
  };
}

function position(positions: Positions, name: string): number {
  const at = positions.get(name);
  if (at === undefined) throw new Error(`A compiled kernel speaks of a parameter '${name}'`);
  return at;
}

function onHost(
  traced: Graph,
  backend: HostBackend,
  positions: Positions,
  sanitize: boolean,
): Executable {
  const print = (text: string) => backend.print(text);
  const writtenOf = sanitize ? (buffer: ArrayBufferLike) => backend.writtenOf(buffer) : undefined;
  const graph = simplify(traced), offsets = hiddenOf(positions, offsetName);
  const order = graph.params.map(({ name }) => offsets.has(name) ? -1 : position(positions, name));
  return (values, grid) => {
    // An offset is that of the typed array, which begins where the tensor does.
    const args = order.map((at) => at < 0 ? 0 : hostArgument(values[at]));
    backend.run(graph.name, () => evaluate(graph, args, grid, print, writtenOf));
  };
}

function hostArgument(value: unknown): HostArray | Numeric {
  if (!(value instanceof Tensor)) return value as Numeric;
  const storage = value.storage;
  if (!(storage instanceof HostStorage)) throw new Error("A tensor of the CPU is elsewhere");
  return hostView(DTYPES[value.dtype as TensorDType], storage.buffer, storage.offset, value.size);
}

/** What the parameter for a tensor's length is called, beside the kernel's own. */
function lengthName(name: string, names: readonly string[]): string {
  return hiddenName(`${name}_length`, names);
}

/** Which pointer each parameter that its author does not see belongs to, by name, as a position. */
function hiddenOf(positions: Positions, nameOf: typeof offsetName): Positions {
  const names = [...positions.keys()];
  return new Map(names.map((name) => [nameOf(name, names), positions.get(name)!]));
}

function onGpu(
  program: CompiledProgram,
  backend: WebGpuBackend,
  positions: Positions,
  sharing: readonly (readonly number[])[],
): Executable {
  const ended = stageClock(), pipeline = backend.pipeline(program);
  ended("driver");
  const reporter = reporterOf(program, (text) => backend.print(text));
  const { scratchBytes } = program;
  const tensors = scratchBytes > 0 ? program.bindings.slice(0, -1) : program.bindings;
  const bound = tensors.map(({ param }) => {
    const first = position(positions, param);
    return sharing.find((members) => members.includes(first)) ?? [first];
  });
  const words = new Uint32Array(program.uniformBytes / 4);
  const fields = fieldsOf(program, positions, bound), writer = new FieldWriter(words);
  const moved = bound.map((members) =>
    fields.some(({ from, kind }) => kind === "offset" && members.includes(from))
  );
  const storages: GpuStorage[] = new Array(program.bindings.length);
  const most = backend.limits.maxComputeWorkgroupsPerDimension;
  return (values, grid) => {
    for (let i = 0; i < bound.length; i++) {
      const members = bound[i]!, first = storageOf(values[members[0]!]);
      storages[i] = moved[i]
        ? first.wholeBlock ?? GpuStorage.around(members.map((at) => storageOf(values[at])))
        : first;
    }
    for (let i = 0; i < fields.length; i++) writer.write(fields[i]!, values, grid, storages);
    let [x, y, z] = grid;
    if (x > most || y > most || z > most) [x, y, z] = fold(program.name, grid);
    if (scratchBytes > 0) storages[bound.length] = scratch(program, backend, x * y * z);
    backend.queue.launch(pipeline, storages, words, x, y, z, reporter);
    // Whoever gets the memory next comes after this launch.
    if (scratchBytes > 0) storages[bound.length]!.release();
  };
}

/** Memory for what the programs of a launch keep of large tiles. */
function scratch(program: CompiledProgram, backend: WebGpuBackend, programs: number): GpuStorage {
  const bytes = program.scratchBytes * programs, most = backend.limits.maxStorageBufferBindingSize;
  if (bytes > most) {
    throw new OutOfResourcesError(
      `Cannot launch '${program.name}': its ${programs} programs keep ${bytes} bytes of large tiles, ` +
        `but the device allows ${most}: launch fewer programs, or smaller tiles`,
    );
  }
  return backend.allocate(bytes, `what ${programs} programs of '${program.name}' keep`, "none");
}

function storageOf(value: unknown): GpuStorage {
  return (value as Tensor).storage as GpuStorage;
}

/** A field of the uniform buffer, and where its value comes from. */
interface Field {
  /** In words. */
  readonly at: number;
  readonly kind: "integer" | "float" | "wide" | "double" | "programs" | "offset" | "length";
  /** The position of the argument; of the number of programs, the axis. */
  readonly from: number;
  readonly dtype: DType;
  /** Of an offset, the binding that it counts from. */
  readonly binding: number;
}

function fieldsOf(
  program: CompiledProgram,
  positions: Positions,
  bound: readonly (readonly number[])[],
): Field[] {
  const offsets = hiddenOf(positions, offsetName), lengths = hiddenOf(positions, lengthName);
  return program.uniforms.flatMap(({ name, dtype, offset }): Field[] => {
    if (name === FIRST_REPORT) return []; // the queue's
    const at = offset / 4, element = DTYPES[dtype], binding = 0;
    const axis = /^num_programs_([012])$/.exec(name)?.[1], pointer = offsets.get(name);
    const measured = lengths.get(name);
    if (positions.has(name)) {
      const kind = isWide(element)
        ? "wide"
        : element === DTYPES.f64
        ? "double"
        : isFloat(element)
        ? "float"
        : "integer";
      return [{ at, kind, from: position(positions, name), dtype: element, binding }];
    }
    if (axis) return [{ at, kind: "programs", from: Number(axis), dtype: element, binding }];
    if (measured !== undefined) {
      return [{ at, kind: "length", from: measured, dtype: element, binding }];
    }
    if (pointer === undefined) throw new Error(`A compiled kernel speaks of a parameter '${name}'`);
    const seen = bound.findIndex((members) => members.includes(pointer));
    return [{ at, kind: "offset", from: pointer, dtype: element, binding: seen }];
  });
}

/** Stores fields of the uniform buffer; narrow floats arrive as f32, narrow integers and bools as 32 bits. */
class FieldWriter {
  readonly #words: Uint32Array;
  readonly #floats: Float32Array;
  readonly #wide: BigInt64Array;
  readonly #doubles: Float64Array;

  constructor(words: Uint32Array<ArrayBuffer>) {
    this.#words = words;
    this.#floats = new Float32Array(words.buffer);
    this.#wide = new BigInt64Array(words.buffer);
    this.#doubles = new Float64Array(words.buffer);
  }

  write(
    { at, kind, from, dtype, binding }: Field,
    values: readonly unknown[],
    grid: GridShape,
    storages: readonly GpuStorage[],
  ): void {
    switch (kind) {
      case "integer":
        this.#words[at] = Number(values[from]); // wraps i32 to its bits
        return;
      case "float":
        this.#floats[at] = Number(roundTo(dtype, Number(values[from])));
        return;
      case "wide":
        this.#wide[at / 2] = BigInt(values[from] as Numeric);
        return;
      case "double":
        this.#doubles[at / 2] = Number(values[from]);
        return;
      case "programs":
        this.#words[at] = grid[from]!;
        return;
      case "length":
        this.#words[at] = (values[from] as Tensor).size;
        return;
      case "offset": {
        const tensor = values[from] as Tensor;
        const bytes = storageOf(tensor).within(storages[binding]!);
        this.#words[at] = bytes / DTYPES[tensor.dtype].bytes;
      }
    }
  }
}

/** How a grid is dispatched where a dimension takes `most` workgroups. */
export function folding([x, y, z]: GridShape, most: number): CompileOptions["fold"] {
  if (x <= most && y <= most && z <= most) return "none";
  return y === 1 && z === 1 ? "line" : "box";
}

/** The dispatch for a grid whose programs are numbered through in one dimension, x fastest. */
function fold(name: string, [x, y, z]: GridShape): GridShape {
  const total = x * y * z;
  if (total > MAX_PROGRAMS) {
    throw new LaunchError(
      `Cannot launch '${name}' over the grid (${x}, ${y}, ${z}): ${total} programs are more than ${MAX_PROGRAMS}: let each do more`,
    );
  }
  // Rows as long as there have to be: workgroups beyond the last program cost time too.
  const rows = Math.ceil(total / FOLD);
  return [Math.ceil(total / rows), rows, 1];
}
