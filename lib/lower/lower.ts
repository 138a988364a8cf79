/**
 * Lowering: from a tile graph in which every tile has a layout to what each invocation does.
 */

import type { AxisInfo } from "../ir/axis.ts";
import type { Graph, Op, Region, Value } from "../ir/graph.ts";
import type { BufferUse, Expr, InvocationProgram } from "../ir/invocation.ts";
import { elementwise, type ElementwiseName, type StructuralName } from "../ir/ops.ts";
import { isPointer } from "../ir/type.ts";
import { type MayOverlap, placeBarriers } from "./barriers.ts";
import { Context, expressionDtype, type LowerOptions } from "./context.ts";
import { lowerAtomic, lowerBarrier } from "./atomics.ts";
import { lowerFor, lowerIf, lowerWhile } from "./control.ts";
import { lowerConvertLayout } from "./convert.ts";
import { lowerDot } from "./dot.ts";
import { lowerElementwise } from "./elementwise.ts";
import { int } from "./expr.ts";
import { lowerHistogram } from "./histogram.ts";
import { lowerGather } from "./gather.ts";
import { lowerLaneDot } from "./lane_dot.ts";
import { lowerMap } from "./map.ts";
import { bufferUses, lowerLoad, lowerStore, sharedBuffers } from "./memory.ts";
import { lowerReduce } from "./reduce.ts";
import { lowerReport } from "./reports.ts";
import { lowerScan } from "./scan.ts";
import {
  lowerArange,
  lowerBroadcast,
  lowerConstant,
  lowerNumPrograms,
  lowerProgramId,
  lowerRenaming,
  lowerSplat,
} from "./shape.ts";
import { lowerSort } from "./sort.ts";
import { lowerSortBy } from "./sort_by.ts";
import { lowerSubgroupDot } from "./units/product.ts";
import { lowerPut, lowerTake, lowerUnstack } from "./stacks.ts";
import { valuesInWords } from "./units/words.ts";

type Lower = (context: Context, op: Op, lowerRegion: (region: Region) => void) => void;

const LOWER = {
  program_id: lowerProgramId,
  num_programs: lowerNumPrograms,
  constant: lowerConstant,
  arange: lowerArange,
  splat: lowerSplat,
  broadcast: lowerBroadcast,
  expand_dims: lowerRenaming,
  reshape: lowerRenaming,
  permute: lowerRenaming,
  convert_layout: lowerConvertLayout,
  reduce: lowerReduce,
  gather: lowerGather,
  scan: lowerScan,
  sort: lowerSort,
  sort_by: lowerSortBy,
  merge: lowerSort,
  take: lowerTake,
  put: lowerPut,
  unstack: lowerUnstack,
  histogram: lowerHistogram,
  dot: (context, op) => lowerDot(context, op, context.inPlace.get(op)),
  subgroup_dot: lowerSubgroupDot,
  lane_dot: (context, op) => lowerLaneDot(context, op, context.inPlace.get(op)),
  load: lowerLoad,
  store: lowerStore,
  atomic_rmw: lowerAtomic,
  atomic_cas: lowerAtomic,
  barrier: lowerBarrier,
  print: lowerReport,
  assert: lowerReport,
  check_bounds: lowerReport,
  map: lowerMap,
  for: lowerFor,
  while: lowerWhile,
  if: lowerIf,
} satisfies Record<StructuralName, Lower>;

/**
 * @param axis Axis information of every value of the graph.
 * @param mayOverlap Which loads and stores may touch the elements of other invocations'.
 * @param groups For each pointer parameter in order, the index of the first that shares its buffer.
 */
export function lower(
  graph: Graph,
  axis: (value: Value) => AxisInfo,
  mayOverlap: MayOverlap,
  groups: readonly number[],
  options: LowerOptions,
): InvocationProgram {
  const names = sharedBuffers(graph, groups);
  const words = valuesInWords(graph, axis, options.native, (param) => names.get(param)!);
  const buffers = bufferUses(graph, axis, names, words, options.native);
  const context = new Context(graph, options, axis, buffers, words);
  for (const { name, value } of graph.params) {
    const parameter: Expr = {
      kind: "parameter",
      name,
      type: { dtype: expressionDtype(value.type), width: 1 },
    };
    context.alias(value, [isPointer(value.type.element) ? int(0) : parameter]);
  }
  const lowerRegion = (region: Region): void => {
    for (const op of region.ops) {
      if (context.units.isLeftToProduct(op)) continue;
      if (elementwise(op.name)) lowerElementwise(context, op, op.name as ElementwiseName);
      else (LOWER[op.name as StructuralName] as Lower)(context, op, lowerRegion);
      context.emitter.releaseShared();
    }
  };
  lowerRegion(graph.body);
  return {
    name: graph.name,
    invocations: options.invocations,
    buffers: distinct(buffers),
    shared: context.emitter.shared,
    hidesRounds: options.hidesRounds,
    slots: context.slots,
    reports: context.reports,
    functions: context.functions,
    body: placeBarriers(context.emitter.body, mayOverlap),
  };
}

function distinct(buffers: ReadonlyMap<string, BufferUse>): BufferUse[] {
  return [...buffers].filter(([name, { param }]) => name === param).map(([, use]) => use);
}
