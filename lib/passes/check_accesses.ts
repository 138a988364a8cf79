/**
 * Checking accesses: what leaves its tensor is told to the host, and is not done.
 *
 * *Assumes* a graph without layouts. *Guarantees* that loads, stores and atomic operations touch
 * elements of their tensors only, and that the first that would not is an error which names it. For
 * each pointer parameter there is one more parameter: how many elements its tensor has. *Leaves
 * alone* everything else.
 *
 *     %1 = load %0, %mask : tile<64xf32>
 *
 * becomes
 *
 *     %index = ptr_index %0 : tile<64xi32>
 *     %inside = and (ge %index, 0), (lt %index, %x_length) : tile<64xbool>
 *     %outside = and %mask, (not %inside) : tile<64xbool>
 *     check_bounds %index, %x_length, %outside {base = "x", verb = "load", of = [64]}
 *     %2 = and %mask, %inside : tile<64xbool>
 *     %1 = load %0, %2 : tile<64xf32>
 */

import { bool, DTYPES } from "../ir/dtype.ts";
import { Graph, type Op, type Param, Value } from "../ir/graph.ts";
import { isPointer, scalar } from "../ir/type.ts";
import { rewrite, type Rewriter } from "./rewrite.ts";

/** Which operand of an access is its mask, and what it does to an element. */
const ACCESSES = {
  load: { mask: 1, verb: "load" },
  store: { mask: 2, verb: "store" },
  atomic_rmw: { mask: 2, verb: "update" },
  atomic_cas: { mask: 3, verb: "update" },
} as const;

/** Facts about an access, and the parameter whose tensor it is of. */
function accessOf(op: Op) {
  const { element } = op.operand(0).type;
  if (!isPointer(element)) throw new Error(`The pointer of ${op.name} is none`);
  return { ...ACCESSES[op.name as keyof typeof ACCESSES], base: element.base };
}

/** The parameters that say where a tensor begins in its buffer, if it is not at the start, and how long it is. */
export interface Extent {
  readonly offset: string;
  readonly length: string;
}

/**
 * The graph with checks.
 *
 * @param extents What the parameters for each pointer parameter are called.
 */
export function checkAccesses(graph: Graph, extents: Readonly<Record<string, Extent>>): Graph {
  const byName = new Map(graph.params.map(({ name, value }) => [name, value]));
  const lengths = new Map<string, Param>();
  for (const { name, value } of graph.params) {
    if (!isPointer(value.type.element)) continue;
    const hidden = extents[name]!.length;
    const length = new Value(scalar(DTYPES.i32), hidden);
    lengths.set(name, { name: hidden, value: length, divisibility: 1 });
  }
  const all = new Graph(graph.name, [...graph.params, ...lengths.values()], graph.body);
  return rewrite(all, (op, operands, rewriter) => {
    if (!Object.hasOwn(ACCESSES, op.name)) return undefined;
    const { base } = accessOf(op), start = byName.get(extents[base]!.offset);
    return checked(op, operands, rewriter, lengths.get(base)!.value, start);
  });
}

/** The access with a mask that keeps it inside, after the check. */
function checked(
  op: Op,
  operands: readonly Value[],
  rewriter: Rewriter,
  length: Value,
  start: Value | undefined,
): readonly Value[] {
  const { builder } = rewriter, [pointer] = operands as [Value, ...Value[]];
  const { mask: at, verb, base } = accessOf(op), { shape } = pointer.type;
  const everywhere = (x: Value) =>
    shape.length === 0 ? x : builder.value("splat", [x], { attributes: { shape } });
  const place = builder.value("ptr_index", [pointer]);
  const index = start ? builder.value("sub", [place, everywhere(start)]) : place;
  const inside = builder.value("and", [
    builder.value("ge", [index, builder.constant(0, DTYPES.i32, shape)]),
    builder.value("lt", [index, everywhere(length)]),
  ]);
  const wanted = operands[at] ?? builder.constant(1, bool, shape);
  const outside = builder.value("and", [wanted, builder.value("not", [inside])]);
  builder.op("check_bounds", [index, length, outside], { attributes: { base, verb, of: shape } });
  const masked = [...operands];
  masked[at] = builder.value("and", [wanted, inside]);
  return rewriter.copy(op, { operands: masked }).results;
}
