/**
 * A kernel compiled for one device and one specialisation, ready to run again and again.
 */

import {
  compile,
  type CompiledProgram,
  type CompileOptions,
  simplify,
  type Target,
} from "../compile.ts";
import { evaluate } from "../cpu/evaluate.ts";
import { DeviceError, LaunchError } from "../errors.ts";
import type { GridShape } from "../grid.ts";
import { DTYPES, type HostArray, hostView, isFloat, ROUND } from "../ir/dtype.ts";
import type { Graph } from "../ir/graph.ts";
import type { Backend } from "../runtime/backend.ts";
import type { Capabilities } from "../runtime/capabilities.ts";
import { GpuStorage } from "../runtime/gpu_storage.ts";
import { HostBackend, HostStorage } from "../runtime/host.ts";
import { Tensor, type TensorDType } from "../runtime/tensor.ts";
import { WebGpuBackend } from "../runtime/webgpu.ts";
import { FOLD } from "../wgsl/module.ts";
import { FIRST_REPORT } from "../wgsl/reports.ts";
import { reporterOf } from "./reports.ts";

/** Runs the programs of a grid on the values of a launch, by position. */
export type Executable = (values: readonly unknown[], grid: GridShape) => void;

/** Which argument each name of a compiled kernel stands for. */
type Positions = ReadonlyMap<string, number>;

/** Folded grids count programs in an i32, and the last row of workgroups may reach beyond the last program. */
const MAX_PROGRAMS = 2 ** 31 - 1 - 65_535;

/** Prepares a traced kernel for a device. */
export function prepare(
  graph: Graph,
  backend: Backend,
  positions: Positions,
  options: CompileOptions,
): Executable {
  if (backend instanceof HostBackend) return onHost(graph, backend, positions);
  if (backend instanceof WebGpuBackend) {
    return onGpu(compile(graph, options, targetOf(backend.capabilities)), backend, positions);
  }
  throw new DeviceError("Cannot launch on this device: kernels run on 'webgpu' and 'cpu'");
}

/** What the compiler must know of a device. */
export function targetOf({ subgroupSize, features, limits, dialect }: Capabilities): Target {
  if (!limits || dialect === "none") throw new Error("The CPU is no target of the compiler");
  return {
    subgroupSize,
    f16: features.includes("shader-f16"),
    maxWorkgroupBytes: limits.maxComputeWorkgroupStorageSize,
    maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
    dialect,
  };
}

function position(positions: Positions, name: string): number {
  const at = positions.get(name);
  if (at === undefined) throw new Error(`A compiled kernel speaks of a parameter '${name}'`);
  return at;
}

function onHost(traced: Graph, backend: HostBackend, positions: Positions): Executable {
  const graph = simplify(traced);
  const order = graph.params.map((param) => position(positions, param.name));
  return (values, grid) => {
    const args = order.map((at) => hostArgument(values[at]));
    evaluate(graph, args, grid, (text) => backend.print(text));
  };
}

function hostArgument(value: unknown): HostArray | number {
  if (!(value instanceof Tensor)) return value as number;
  const storage = value.storage;
  if (!(storage instanceof HostStorage)) throw new Error("A tensor of the CPU is elsewhere");
  return hostView(DTYPES[value.dtype as TensorDType], storage.buffer, 0, value.size);
}

function onGpu(program: CompiledProgram, backend: WebGpuBackend, positions: Positions): Executable {
  const pipeline = backend.pipeline(program);
  const reporter = reporterOf(program, (text) => backend.print(text));
  const bound = program.bindings.map(({ param }) => position(positions, param));
  const words = new Uint32Array(program.uniformBytes / 4);
  const write = program.uniforms
    .filter(({ name }) => name !== FIRST_REPORT) // the queue's
    .map((uniform) => uniformWriter(words, uniform, positions));
  const most = backend.limits.maxComputeWorkgroupsPerDimension;
  return (values, grid) => {
    for (const set of write) set(values, grid);
    const storages = bound.map((at) => (values[at] as Tensor).storage as GpuStorage);
    const [x, y, z] = folding(grid, most) === "none" ? grid : fold(program.name, grid);
    backend.queue.launch(pipeline, storages, words, x, y, z, reporter);
  };
}

type UniformWriter = (values: readonly unknown[], grid: GridShape) => void;

/** Stores one field of the uniform buffer; floats arrive as f32, integers and bools as 32 bits. */
function uniformWriter(
  words: Uint32Array<ArrayBuffer>,
  { name, dtype, offset }: CompiledProgram["uniforms"][number],
  positions: Positions,
): UniformWriter {
  const at = offset / 4, count = /^num_programs_([012])$/.exec(name);
  if (count && !positions.has(name)) {
    const axis = Number(count[1]) as 0 | 1 | 2;
    return (_, grid) => words[at] = grid[axis];
  }
  const from = position(positions, name);
  if (isFloat(DTYPES[dtype])) {
    const floats = new Float32Array(words.buffer), round = ROUND[dtype];
    return (values) => floats[at] = round(values[from] as number);
  }
  return (values) => words[at] = values[from] as number; // wraps i32 to its bits
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
  return [Math.min(total, FOLD), Math.ceil(total / FOLD), 1];
}
