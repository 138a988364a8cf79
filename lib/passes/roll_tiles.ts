/**
 * Rolling: operations on tiles too large for registers become loops over blocks.
 *
 * A tile of 2^20 elements is 8,192 registers for each of 128 invocations. Written out, they are
 * statements by the thousand, for which compilers of shaders take minutes.
 *
 * *Assumes* a canonicalised graph without layouts, and sizes that are powers of two. *Guarantees*
 * that no tile has more than `largest` elements, but stacks: tiles that loops put together block by
 * block, for what is needed more than once and costs much (scans, sorts, what loops carry). *Leaves
 * alone* graphs without large tiles. Everything else, loads too, is computed block by block wherever
 * it is needed: load, arithmetic and store or reduction are one loop, and nothing is kept.
 *
 *     %i = arange {start = 0, end = 65536} : tile<65536xi32>
 *     %p = ptr_add %xs, %i : tile<65536xptr<x:f32>>
 *     %x = load %p : tile<65536xf32>
 *     store %p, %x
 *
 * becomes
 *
 *     for %b = %c0 to %c16 step %c1 {
 *       %0 = arange {start = 0, end = 4096} : tile<4096xi32>
 *       %1 = mul %b, %c4096 : i32
 *       …
 *       %x = load %p : tile<4096xf32>
 *       store %p, %x
 *     }
 */

import { Graph, type Op, type Region, type Value, walk } from "../ir/graph.ts";
import type { OpName, StructuralName } from "../ir/ops.ts";
import { size, type Type } from "../ir/type.ts";
import { sameBufferIn } from "./effects.ts";
import { movableLoads } from "./rolling/loads.ts";
import { ROLLED } from "./rolling/operations.ts";
import { isPassedOn, Roller } from "./rolling/roller.ts";

export interface RollTarget {
  /** Invocations of a workgroup, which share a tile's registers. */
  readonly invocations: number;
  /** For each pointer parameter in order, a number; parameters with equal numbers share a buffer. */
  readonly aliases: readonly number[];
  /** Elements of the largest tile that is left alone; chosen by what is done with tiles unless given. */
  readonly largest?: number | undefined;
}

/**
 * Registers that an invocation may hold of a tile before it is rolled. Products gain most from
 * registers; scans need many statements for each.
 */
const REGISTERS = 128, REGISTERS_OF_PRODUCTS = 256, REGISTERS_IN_ORDER = 32;
/** Tiles of more elements are not sorted in workgroup memory. */
const SORTED_AT_ONCE = 8192;
/**
 * Registers of a block: more where each block of a result looks at each of an operand. Workgroup
 * memory takes a block beside other things.
 */
const REGISTERS_OF_BLOCKS = 8, REGISTERS_OF_GATHERED = 32, BLOCK = 4096;

/** The graph with large tiles in blocks. */
export function rollTiles(graph: Graph, target: RollTarget): Graph {
  const { invocations, aliases } = target;
  const largest = target.largest ?? largestTile(graph, invocations);
  const registers = gathersMany(graph, largest) ? REGISTERS_OF_GATHERED : REGISTERS_OF_BLOCKS;
  const block = Math.min(registers * invocations, BLOCK, Math.max(largest / 2, 1));
  return rollTilesTo(graph, { largest, blockBits: Math.log2(block), aliases });
}

/** The same for other sizes, which tests use. */
export function rollTilesTo(
  graph: Graph,
  { largest, blockBits, aliases }: {
    readonly largest: number;
    readonly blockBits: number;
    readonly aliases: readonly number[];
  },
): Graph {
  if (sizesOf(graph) <= largest) return graph;
  const movable = movableLoads(graph, isPassedOn, sameBufferIn(graph, aliases));
  const roller = new Roller({ largest, blockBits }, movable);
  for (const { name, value } of graph.params) roller.param(name, value);
  const body = roller.region([], () => (rollOps(roller, graph.body), []));
  return new Graph(graph.name, graph.params, body);
}

function opsOf(graph: Graph): ReadonlySet<OpName> {
  const found = new Set<OpName>();
  walk(graph.body, (op) => found.add(op.name));
  return found;
}

/** True when many elements are gathered from many. */
function gathersMany(graph: Graph, largest: number): boolean {
  let found = false;
  walk(graph.body, (op) => {
    found ||= op.name === "gather" && size(op.result.type) > largest &&
      size(op.operand(0).type) > largest;
  });
  return found;
}

function largestTile(graph: Graph, invocations: number): number {
  const found = opsOf(graph);
  const limits = [REGISTERS * invocations];
  if (found.has("dot")) limits[0] = REGISTERS_OF_PRODUCTS * invocations;
  if (found.has("scan")) limits.push(REGISTERS_IN_ORDER * invocations);
  // Gathering takes workgroup memory beside it.
  if (found.has("sort")) limits.push(found.has("gather") ? SORTED_AT_ONCE / 2 : SORTED_AT_ONCE);
  return Math.min(...limits);
}

/** The elements of the largest tile. */
function sizesOf(graph: Graph): number {
  let most = 0;
  walk(graph.body, (op) => {
    for (const { type } of [...op.operands, ...op.results]) {
      most = Math.max(most, size(type));
    }
  });
  return most;
}

function rollOps(roller: Roller, region: Region): void {
  for (const op of region.ops) {
    roller.builder.location = op.location;
    if (op.name === "for" || op.name === "while" || op.name === "if") {
      rollControl(roller, op);
      continue;
    }
    const isLarge = [...op.operands, ...op.results].some((value) => roller.isLarge(value));
    const roll = ROLLED[op.name as StructuralName];
    if (!isLarge) copy(roller, op);
    else if (isPassedOn(op) || roller.movable.has(op)) {
      for (const result of op.results) roller.hold(result, { kind: "nowhere" });
    } else if (roll) roll(roller, op);
    else copy(roller, op);
  }
}

function copy(roller: Roller, op: Op): void {
  const made = roller.builder.op(op.name, op.operands.map((x) => roller.whole(x)), {
    attributes: op.attributes,
    regions: op.regions.map((region) => roller.scalarRegion(region)),
  });
  op.results.forEach((result, i) =>
    roller.hold(result, { kind: "whole", value: made.results[i]! })
  );
}

/** Loops and branches hand large tiles on as stacks. */
function rollControl(roller: Roller, op: Op): void {
  const first = op.operands.length - op.results.length;
  const handed = (value: Value): Value =>
    roller.isLarge(value) ? roller.stacked(value) : roller.whole(value);
  const typeOf = (value: Value): Type =>
    roller.isLarge(value)
      ? roller.stackType(value.type, roller.spread(value.type.shape))
      : value.type;
  const hold = (old: Value, value: Value) =>
    roller.hold(
      old,
      roller.isLarge(old)
        ? { kind: "stack", value, spread: roller.spread(old.type.shape) }
        : { kind: "whole", value },
    );
  const operands = op.operands.map((x, i) =>
    op.name !== "if" && i >= first ? handed(x) : roller.whole(x)
  );
  const regions = op.regions.map((region) =>
    roller.region(
      region.params.map(typeOf),
      (params) => {
        params.forEach((param, i) => hold(region.params[i]!, param));
        rollOps(roller, region);
        return region.yields.map(handed);
      },
      region.params.map((param) => param.hint),
    )
  );
  roller.builder.location = op.location;
  const made = roller.builder.op(op.name, operands, { attributes: op.attributes, regions });
  op.results.forEach((result, i) => hold(result, made.results[i]!));
}
