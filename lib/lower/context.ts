/**
 * What lowering knows while it walks the graph.
 */

import { type DType, i32 } from "../ir/dtype.ts";
import { type Graph, type Op, type Region, type Value, walk } from "../ir/graph.ts";
import type { BufferUse, Expr, InvocationFunction, Memory, OwnArray } from "../ir/invocation.ts";
import type { Native } from "../ir/native.ts";
import type { OpName } from "../ir/ops.ts";
import type { ReportSite } from "../ir/reports.ts";
import { isPointer, type Type } from "../ir/type.ts";
import type { AxisInfo } from "../ir/axis.ts";
import { Emitter } from "./emitter.ts";
import { Units } from "./units/prepare.ts";
import { packetCount, widthOf } from "./registers.ts";
import { stacksOf } from "./stacks.ts";

/** What lowering may use of a device. */
export interface LowerOptions {
  /** Invocations in a workgroup: lanes times warps of the layouts. */
  readonly invocations: number;
  /** Lanes of a subgroup that shuffles reach; 0 when the device has none. */
  readonly subgroupSize: number;
  /** Workgroup memory that the operands of a product may take, in bytes. */
  readonly workgroupBytes: number;
  /** Statements that an unrolled product may take. */
  readonly unroll: number;
  /** Whether products in loops stage their operands in two arrays in turn. */
  readonly doubleBuffer: boolean;
  /** What the device computes with. */
  readonly native: Native;
  /** Whether the device's compiler would unroll loops that had better stay. */
  readonly hidesRounds: boolean;
}

export class Context {
  readonly emitter: Emitter;
  /** Products that add to a loop's variables directly. */
  readonly inPlace = new Map<Op, readonly Expr[]>();
  /** Whether what is lowered runs for one element: then invocations go their own ways, and none waits. */
  isPerElement = false;
  /** Functions that the kernel calls, each after those that it calls itself. */
  readonly functions: InvocationFunction[] = [];
  readonly units: Units;
  /** The values that are stacks, and the arrays of those that hold anything but zeros. */
  readonly stacks: ReadonlySet<Value>;
  readonly arrays = new Map<Value, OwnArray>();
  /** Slots of the scratch buffer taken so far. */
  slots = 0;
  /** The places that tell the host something, in order. */
  readonly reports: ReportSite[] = [];
  #values = new Map<Value, readonly Expr[]>();
  #uses = new Map<Value, number>();
  readonly #yielded = new Set<Value>();
  /** How many products are still to be lowered. */
  productsLeft = 0;
  #loaded = new Map<Value, boolean>();
  #loopSources = new Map<Value, readonly Value[]>();

  /**
   * @param axis Axis information of every value of the graph.
   * @param buffers The buffer of each pointer parameter; parameters that share one map to the same.
   * @param words The values that are held as words.
   */
  constructor(
    readonly graph: Graph,
    readonly options: LowerOptions,
    readonly axis: (value: Value) => AxisInfo,
    readonly buffers: ReadonlyMap<string, BufferUse>,
    readonly words: ReadonlySet<Value>,
  ) {
    this.emitter = new Emitter(options.native);
    this.stacks = stacksOf(graph);
    this.units = new Units(graph.body);
    walk(graph.body, (op) => {
      for (const operand of op.operands) this.#count(operand);
      for (const region of op.regions) {
        for (const value of region.yields) {
          this.#count(value);
          this.#yielded.add(value);
        }
      }
      this.#noteCarried(op);
      if (op.name === "dot") this.productsLeft++;
    });
  }

  #count(value: Value): void {
    this.#uses.set(value, this.uses(value) + 1);
  }

  /** Remembers what a loop's parameters may hold. */
  #noteCarried(op: Op): void {
    if (op.name !== "for" && op.name !== "while") return;
    const inits = op.name === "for" ? op.operands.slice(3) : op.operands;
    const yields = op.regions.at(-1)!.yields;
    for (const region of op.regions) {
      const carried = op.name === "for" ? region.params.slice(1) : region.params;
      carried.forEach((param, i) => this.#loopSources.set(param, [inits[i]!, yields[i]!]));
    }
  }

  /** How often a value is used. */
  uses(value: Value): number {
    return this.#uses.get(value) ?? 0;
  }

  /** True when a loop or branch hands a value on, and nothing else uses it. */
  isOnlyYielded(value: Value): boolean {
    return this.uses(value) === 1 && this.#yielded.has(value);
  }

  /** The packets of a value; a scalar has one of width 1. */
  get(value: Value): readonly Expr[] {
    const packets = this.#values.get(value);
    if (!packets) throw new Error(`Value ${value.hint ?? ""} was used before it was lowered`);
    return packets;
  }

  /** The expression of a scalar. */
  scalar(value: Value): Expr {
    return this.get(value)[0]!;
  }

  /** Says what a value is, after binding each packet to a name. */
  define(value: Value, packets: readonly Expr[]): void {
    const bound = packets.map((packet) => this.emitter.bind(packet, value.hint));
    this.#values.set(value, bound);
  }

  /** Says what a value is without binding anything. */
  alias(value: Value, packets: readonly Expr[]): void {
    this.#values.set(value, packets);
  }

  /** New variables for the packets of a value, initialised when `packets` are given. */
  variables(type: Type, hint: string | undefined, packets?: readonly Expr[]): Expr[] {
    const width = widthOf(type), dtype = expressionDtype(type);
    const count = packets?.length ?? packetCount(type);
    return Array.from(
      { length: count },
      (_, i) => this.emitter.variable({ dtype, width }, hint, packets?.[i]),
    );
  }

  buffer(base: string): BufferUse {
    const buffer = this.buffers.get(base);
    if (!buffer) throw new Error(`Parameter ${base} has no buffer`);
    return buffer;
  }

  /** The buffer as memory that phases mention, accessed by an operation; none when the kernel only reads it. */
  memoryOf(base: string, op?: Op): readonly Memory[] {
    const { param, access } = this.buffer(base);
    return access === "read" ? [] : [{ scope: "storage", name: param, ...op && { access: op } }];
  }

  /**
   * True when a scalar was loaded from memory, or computed from what was: then compilers of WGSL
   * cannot see that all invocations of a workgroup have the same.
   */
  isLoaded(value: Value): boolean {
    const known = this.#loaded.get(value);
    if (known !== undefined) return known;
    this.#loaded.set(value, false); // while a loop's parameter is being looked into
    const sources = this.#loopSources.get(value) ?? sourcesOf(value);
    const loaded = (value.def !== undefined && UNSEEN.has(value.def.name)) ||
      sources.some((source) => this.isLoaded(source));
    this.#loaded.set(value, loaded);
    return loaded;
  }
}

/** The values that a value is computed from. */
function sourcesOf(value: Value): readonly Value[] {
  const op = value.def;
  if (!op) return [];
  const index = op.results.indexOf(value);
  return [...op.operands, ...op.regions.flatMap((region) => region.yields[index] ?? [])];
}

/** The dtype of the expressions that stand for a value: i32 for pointers. */
export function expressionDtype(type: Type): DType {
  return isPointer(type.element) ? i32 : type.element;
}

/** Operations whose scalar results compilers cannot know to be the same everywhere. */
const UNSEEN: ReadonlySet<OpName> = new Set<OpName>(["load", "reduce", "atomic_rmw", "atomic_cas"]);

/** Operations whose lowering may need invocations to wait for each other. */
const WAITING: ReadonlySet<OpName> = new Set<OpName>([
  ...["reduce", "scan", "gather", "histogram", "convert_layout"] as const,
  ...["dot", "subgroup_dot", "lane_dot", "sort", "sort_by", "merge"] as const,
  ...["load", "store", "atomic_rmw", "atomic_cas", "barrier"] as const,
]);

/** True when lowering a region may need its invocations to wait for each other. */
export function needsBarrier(region: Region): boolean {
  let found = false;
  walk(region, (op) => {
    found ||= WAITING.has(op.name);
  });
  return found;
}
