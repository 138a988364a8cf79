/**
 * The compiler: the one file that knows the order of its stages.
 *
 * ```text
 * tile graph ── passes ──▶ with layouts ── lower ──▶ invocation program ── print ──▶ WGSL
 * ```
 */

import { OutOfResourcesError } from "./errors.ts";
import type { Graph } from "./ir/graph.ts";
import { type InvocationProgram, roundsOf, sharedBytes } from "./ir/invocation.ts";
import type { ReportSite } from "./ir/reports.ts";
import { lower } from "./lower/lower.ts";
import { checkRequirements } from "./lower/requirements.ts";
import { axisInfo } from "./passes/axis_info.ts";
import { assignLayouts } from "./passes/assign_layouts.ts";
import { canonicalise } from "./passes/canonicalise.ts";
import { checkAccesses, type Extent } from "./passes/check_accesses.ts";
import { sameBufferIn } from "./passes/effects.ts";
import { hoistLoads } from "./passes/hoist_loads.ts";
import { loosenLoads } from "./passes/loosen_loads.ts";
import { overlaps } from "./passes/overlaps.ts";
import { padTiles } from "./passes/pad_tiles.ts";
import { useLanes } from "./passes/lane_products.ts";
import { type MatrixUnit, useMatrixUnits } from "./passes/matrix_units.ts";
import { rollTiles } from "./passes/roll_tiles.ts";
import { sortByKeys } from "./passes/sort_by_keys.ts";
import { prefetch } from "./passes/prefetch.ts";
import type { Program } from "./runtime/program.ts";
import { stageClock } from "./stages.ts";
import { type GridFold, printModule } from "./wgsl/module.ts";

/** What a kernel is compiled for. */
export interface Target {
  /** Lanes of a subgroup; 0 when the device has no subgroups or their size varies. */
  readonly subgroupSize: number;
  /** Whether shaders may use f16; else it is computed in f32. */
  readonly f16: boolean;
  /** Whether shaders may use 64-bit integers; else each is two words. */
  readonly int64: boolean;
  /** Whether there are atomic operations on these. */
  readonly int64Atomics: boolean;
  /** Whether shaders may use f64; else kernels with it are refused. */
  readonly f64: boolean;
  /** What matrix units multiply; none unless given. */
  readonly matrixUnits?: readonly MatrixUnit[];
  /** Workgroup memory that a workgroup may take, in bytes. */
  readonly maxWorkgroupBytes: number;
  /** Invocations that a workgroup may have. */
  readonly maxInvocations: number;
  /** Whether shaders run on a processor, whose compiler takes seconds for what a GPU's takes milliseconds. */
  readonly software: boolean;
  /** Whose WGSL compiler reads the module. */
  readonly dialect: "naga" | "tint";
}

/** What a launch says about how to compile. */
export interface CompileOptions {
  /** A workgroup has 32 invocations for each, as a program of Triton has threads. */
  readonly numWarps: number;
  /** Iterations of a loop in flight: with more than one, operands of products are loaded ahead. */
  readonly numStages: number;
  /** For each pointer parameter in order, a number; parameters with equal numbers share a buffer. */
  readonly aliases: readonly number[];
  /** Given where accesses are to be checked: the parameters for the extent of each pointer's tensor. */
  readonly checks?: Readonly<Record<string, Extent>> | undefined;
  /** How the grid is dispatched. */
  readonly fold: GridFold;
  /** Elements of the largest tile that is not cut into blocks; chosen unless tests say it. */
  readonly largestTile?: number;
}

/** Every stage of one compilation, for those who look into it. */
export interface Compilation {
  /** The traced graph after simplification. */
  readonly tile: Graph;
  /** The same with a layout for every tile. */
  readonly layout: Graph;
  readonly invocation: InvocationProgram;
  readonly program: CompiledProgram;
}

/** A program with the places in the kernel's source that its records are of. */
export interface CompiledProgram extends Program {
  readonly reports: readonly ReportSite[];
  /** Bytes that each program needs of a buffer of its own, the last of the bindings; mostly 0. */
  readonly scratchBytes: number;
}

/** Invocations for each of `numWarps`, whatever the subgroup size of the device. */
const INVOCATIONS_PER_WARP = 32;

/** Statements that an unrolled product may take: WGSL compilers are slow on longer functions. */
const UNROLL = { gpu: 512, software: 32 };

/** Mesa's llvmpipe stops a shader silently once its loops have taken so many rounds, all together. */
const MAX_ROUNDS = 65_535;

/** The part of workgroup memory that the operands of one product may take. */
const STAGED_SHARE = 0.875;

/** The stages that come before any device: what the CPU backend runs. */
export function simplify(graph: Graph): Graph {
  return canonicalise(graph);
}

/** Compiles a traced kernel, keeping every stage. Throws `OutOfResourcesError` when it does not fit the device. */
export function compileStages(
  graph: Graph,
  options: CompileOptions,
  target: Target,
): Compilation {
  const invocations = options.numWarps * INVOCATIONS_PER_WARP;
  if (invocations > target.maxInvocations) {
    throw new OutOfResourcesError(
      `Kernel '${graph.name}' with numWarps ${options.numWarps} needs ${invocations} invocations ` +
        `a workgroup, but the device allows ${target.maxInvocations}: launch it with a smaller numWarps`,
    );
  }
  const lanes = Math.min(target.subgroupSize || INVOCATIONS_PER_WARP, invocations);
  checkRequirements(graph, target);
  const ended = stageClock();
  const tile = simplify(options.checks ? checkAccesses(graph, options.checks) : graph);
  const simplified = (before: Graph, after: Graph) =>
    before === after ? before : canonicalise(after);
  const hoisted = simplified(tile, hoistLoads(tile, sameBufferIn(tile, options.aliases)));
  const sortable = simplified(
    hoisted,
    sortByKeys(hoisted, {
      ...{ invocations, lanes: target.subgroupSize === lanes ? lanes : 0 },
      workgroupBytes: target.maxWorkgroupBytes * STAGED_SHARE,
    }),
  );
  const padded = simplified(sortable, padTiles(sortable));
  const small = simplified(
    padded,
    rollTiles(padded, { invocations, aliases: options.aliases, largest: options.largestTile }),
  );
  const hasUnits = (target.matrixUnits?.length ?? 0) > 0;
  const byLanes = target.software && !hasUnits && target.subgroupSize === lanes
    ? useLanes(small, invocations)
    : small;
  const ahead = options.numStages > 1 ? canonicalise(prefetch(byLanes)) : byLanes;
  ended("simplify");
  const stagedBytes = target.maxWorkgroupBytes * STAGED_SHARE;
  const multiplied = useMatrixUnits(ahead, {
    units: target.subgroupSize === lanes ? target.matrixUnits ?? [] : [],
    warps: invocations / lanes,
    workgroupBytes: stagedBytes,
  });
  const layout = assignLayouts(loosenLoads(multiplied), {
    lanes,
    warps: invocations / lanes,
    native: target,
    software: target.software,
  });
  ended("layouts");
  const axis = axisInfo(layout), overlap = overlaps(layout);
  const lowered = (workgroupBytes: number) =>
    lower(layout, axis, overlap, options.aliases, {
      invocations,
      subgroupSize: target.subgroupSize,
      workgroupBytes,
      unroll: target.software ? UNROLL.software : UNROLL.gpu,
      doubleBuffer: options.numStages > 2,
      native: target,
      // Mesa's llvmpipe unrolls loops of up to 32 rounds, whatever is in them.
      hidesRounds: small !== padded && target.software,
    });
  const bytesOf = ({ shared }: InvocationProgram) =>
    shared.reduce((sum, array) => sum + sharedBytes(array, target), 0);
  let invocation: InvocationProgram | undefined;
  if (multiplied !== ahead) {
    const half = target.maxWorkgroupBytes / 2;
    invocation = lowered(half);
    if (bytesOf(invocation) > half) invocation = undefined;
  }
  invocation ??= lowered(stagedBytes);
  ended("lower");
  const workgroupBytes = bytesOf(invocation);
  if (workgroupBytes > target.maxWorkgroupBytes) {
    // Several products together may need more than each alone; ordinary ones share more of it.
    if (multiplied !== ahead) return compileStages(graph, options, { ...target, matrixUnits: [] });
    throw new OutOfResourcesError(
      `Kernel '${graph.name}' needs ${workgroupBytes} bytes of workgroup memory, but the device ` +
        `allows ${target.maxWorkgroupBytes}: launch it with smaller tiles`,
    );
  }
  const rounds = roundsOf(invocation.body);
  if (target.software && rounds > MAX_ROUNDS) {
    throw new OutOfResourcesError(
      `Kernel '${graph.name}' takes ${rounds} rounds of loops, but the device stops shaders after ` +
        `${MAX_ROUNDS}: launch it with smaller tiles, or with a larger numWarps`,
    );
  }
  const { wgsl, ...bindings } = printModule(invocation, {
    dialect: target.dialect,
    native: target,
    fold: options.fold,
  });
  ended("print");
  const program: CompiledProgram = {
    name: graph.name,
    wgsl,
    workgroupSize: invocations,
    workgroupBytes,
    isForeign: invocation.functions.some((fn) => "text" in fn),
    reports: invocation.reports,
    ...bindings,
  };
  return { tile, layout, invocation, program };
}

/** Compiles a traced kernel. Throws `OutOfResourcesError` when it does not fit the device. */
export function compile(graph: Graph, options: CompileOptions, target: Target): CompiledProgram {
  return compileStages(graph, options, target).program;
}
