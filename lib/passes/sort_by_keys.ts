/**
 * Sorting by small keys, where a device or a tile does not suit its lowering: as sorting of numbers that
 * are a key and a place, the key in the upper bits.
 *
 * *Assumes* a canonicalised graph without layouts. *Guarantees* that what is left of `sort_by` sorts a
 * tile of one dimension, of at most 32 bits, with an element for every invocation, on subgroups, in the
 * workgroup memory there is. *Leaves alone* everything else.
 *
 *     %r = sort_by %x, %key {bins = 16} : tile<256xf32>
 *
 * becomes
 *
 *     %place = arange {start = 0, end = 256} : tile<256xi32>
 *     %0 = shl %key, 8
 *     %1 = or %0, %place
 *     %2 = sort %1 : tile<256xu32>
 *     %3 = and %2, 255
 *     %r = gather %x, %3 {axis = 0} : tile<256xf32>
 */

import type { Builder } from "../ir/builder.ts";
import { i32, u32 } from "../ir/dtype.ts";
import type { Graph, Op, Value } from "../ir/graph.ts";
import { dtypeOf } from "../ir/type.ts";
import { rewrite } from "./rewrite.ts";

/** What the lowering of `sort_by` has to do with. */
export interface SortTarget {
  readonly invocations: number;
  /** Lanes of a subgroup; 0 where there are none. */
  readonly lanes: number;
  readonly workgroupBytes: number;
}

/** More elements an invocation than this would make too long a shader. */
const MOST_EACH = 32;

/** Lanes that one word has bits for. */
const MOST_LANES = 32;

export function sortByKeys(graph: Graph, target: SortTarget): Graph {
  return rewrite(graph, (op, [x, key], { builder }) => {
    if (op.name !== "sort_by" || suits(op, target)) return undefined;
    return [bySorting(builder, x!, key!)];
  });
}

/** Whether the lowering can do it as it is: it counts each key for each subgroup, and moves words. */
function suits(op: Op, { invocations, lanes, workgroupBytes }: SortTarget): boolean {
  const { shape } = op.result.type;
  if (lanes === 0 || lanes > MOST_LANES || shape.length !== 1) return false;
  const elements = 2 ** Math.ceil(Math.log2(shape[0]!)), each = elements / invocations;
  const bins = 2 ** Math.ceil(Math.log2(op.number("bins"))), groups = invocations / lanes;
  return each >= 1 && each <= MOST_EACH && dtypeOf(op.result.type).bits <= 32 &&
    4 * groups * (bins + 1) <= workgroupBytes;
}

function bySorting(builder: Builder, x: Value, key: Value): Value {
  const { shape } = x.type, axis = shape.length - 1, n = shape[axis]!;
  const bits = Math.ceil(Math.log2(n));
  const as = (y: Value, to: typeof u32) =>
    dtypeOf(y.type) === to ? y : builder.value("cast", [y], { attributes: { to: to.name } });
  let place = builder.value("arange", [], { attributes: { start: 0, end: n } });
  for (let d = 0; d < axis; d++) {
    place = builder.value("expand_dims", [place], { attributes: { axis: 0 } });
  }
  if (axis > 0) place = builder.value("broadcast", [place], { attributes: { shape } });
  const upper = builder.value("shl", [as(key, u32), builder.constant(bits, u32, shape)]);
  const sorted = builder.value("sort", [builder.value("or", [upper, as(place, u32)])], {
    attributes: { descending: false },
  });
  const from = builder.value("and", [sorted, builder.constant(2 ** bits - 1, u32, shape)]);
  return builder.value("gather", [x, as(from, i32)], { attributes: { axis } });
}
