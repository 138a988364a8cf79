/**
 * Matrix units: products that a device has matrix units for are computed on them.
 *
 * *Assumes* a graph without layouts whose tiles have sizes that are powers of two. *Guarantees* the same
 * results but for the order of sums. *Leaves alone* products of other dtypes, batches, products with
 * fewer matrices than warps, and those whose operands do not fit into workgroup memory.
 *
 *     %0 = dot %a, %b, %acc : tile<64x64xf32>
 *
 * becomes, with 4 warps and units for f16 of 16 x 16 x 16,
 *
 *     %0 = subgroup_dot %a, %b, %acc {unit = [16, 16, 16], warps = [2, 2]} : tile<64x64xf32>
 */

import { type Graph, type Op, type Value, walk } from "../ir/graph.ts";
import { elementwise } from "../ir/ops.ts";
import { dtypeOf } from "../ir/type.ts";
import { rewrite } from "./rewrite.ts";

/** A product that the units compute: [M, K] by [K, N]. */
export interface MatrixUnit {
  /** The dtype of both factors. */
  readonly component: string;
  /** The dtype of the sum. */
  readonly result: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** What the pass may use. */
export interface MatrixUnits {
  readonly units: readonly MatrixUnit[];
  readonly warps: number;
  /** Workgroup memory for one product, in bytes. */
  readonly workgroupBytes: number;
}

/** The graph with products on matrix units where there are any for them. */
export function useMatrixUnits(graph: Graph, available: MatrixUnits): Graph {
  if (available.units.length === 0) return graph;
  const byRows = productsByRows(graph);
  return rewrite(graph, (op, operands, { builder }) => {
    const attributes = op.name === "dot" && choose(op, available, byRows.has(op));
    if (!attributes) return undefined;
    const { location } = op;
    return builder.op("subgroup_dot", operands, { attributes, location }).results;
  });
}

/**
 * The products of which each warp had best have whole rows: those whose rows are reduced, which lanes do
 * among themselves then, and those whose left factor is computed from such a product, so that a warp
 * reads what it has made itself.
 */
function productsByRows(graph: Graph): ReadonlySet<Op> {
  const found = new Set<Op>();
  /** The products that a value is computed from element by element. */
  const sources = (value: Value, seen = new Set<Op>()): Op[] => {
    const { def } = value;
    if (!def || seen.has(def)) return [];
    seen.add(def);
    if (def.name === "dot") return [def];
    return elementwise(def.name) ? def.operands.flatMap((x) => sources(x, seen)) : [];
  };
  walk(graph.body, (op) => {
    if (op.name === "reduce" && op.number("axis") === 1) {
      for (const operand of op.operands) for (const product of sources(operand)) found.add(product);
    }
  });
  walk(graph.body, (op) => {
    if (op.name === "dot" && sources(op.operand(0)).some((product) => found.has(product))) {
      found.add(op);
    }
  });
  return found;
}

/** The unit and the arrangement of warps for a product; undefined when there is none. */
function choose(op: Op, { units, warps, workgroupBytes }: MatrixUnits, byRows: boolean):
  | { unit: number[]; warps: number[] }
  | undefined {
  const [a, b] = [op.operand(0).type, op.operand(1).type];
  if (a.shape.length !== 2) return undefined;
  const [M, K] = a.shape as [number, number], N = b.shape[1]!;
  const component = dtypeOf(a).name, result = dtypeOf(op.result.type).name;
  if (dtypeOf(b).name !== component) return undefined;
  // The largest unit moves least for what it computes.
  const fitting = units
    .filter((unit) => unit.component === component && unit.result === result)
    .filter((unit) => M % unit.M === 0 && N % unit.N === 0 && K % unit.K === 0)
    .toSorted((x, y) => y.M * y.N * y.K - x.M * x.N * x.K);
  for (const unit of fitting) {
    const shared = byRows && M / unit.M % warps === 0
      ? [warps, 1] as const
      : arrangement(M / unit.M, N / unit.N, unit, warps);
    if (!shared) continue;
    // The lowering stages as much of k at a time as there is room for.
    const bytes = stagedBytes([M, N, unit.K], unit, shared, dtypeOf(a).bytes);
    if (bytes <= workgroupBytes) return { unit: [unit.M, unit.N, unit.K], warps: [...shared] };
  }
  return undefined;
}

/**
 * How many warps share the rows of a product of [m, n] matrices, and how many its columns: so that the
 * blocks of warps are as square as can be, since a warp reads as much as its block has rows and columns.
 */
function arrangement(
  m: number,
  n: number,
  unit: MatrixUnit,
  warps: number,
): readonly [rows: number, columns: number] | undefined {
  let best: readonly [number, number] | undefined, least = Infinity;
  for (let rows = 1; rows <= warps; rows *= 2) {
    const columns = warps / rows;
    if (m % rows !== 0 || n % columns !== 0) continue;
    const read = m / rows * unit.M + n / columns * unit.N;
    if (read < least) [best, least] = [[rows, columns], read];
  }
  return best;
}

/** Bytes between rows that are staged, so that a column of them falls into different banks. */
const PADDING = 16;

/** At most so many bytes of workgroup memory does the lowering take for a product. */
function stagedBytes(
  [M, N, K]: readonly [number, number, number],
  unit: MatrixUnit,
  [rows, columns]: readonly [number, number],
  bytes: number,
): number {
  const operand = (free: number, panels: number) =>
    bytes * free * K + PADDING * Math.max(free, K * panels);
  const results = rows * columns * unit.M * (4 * unit.N + PADDING);
  return operand(M, rows) + operand(N, columns) + results;
}
