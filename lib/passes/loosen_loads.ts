/**
 * Loosening: what a load's mask leaves out, and nobody sees, may be anything.
 *
 * A masked load reads whatever is there and then selects zeros for what is masked off, and a `select` right after
 * a load waits for it. Where the elements that are masked off come to stores that mask them off as well, by
 * nothing but arithmetic, there is nothing to select: layer norm of rows of 781 ran at 3970 GB/s
 * instead of 3570 on an H200.
 *
 * *Assumes* a canonicalised graph without layouts. *Guarantees* that stores store the same. *Leaves alone*
 * loads whose elements are reduced, carried by loops, used as addresses or masks, or seen by the host.
 *
 *     %x = load %p, %mask
 *     %y = mul %x, %x
 *     store %q, %y, %mask
 *
 * becomes
 *
 *     %x = load %p, %mask {loose = true}
 *     …
 */

import { type Graph, type Op, type Region, type Value, walk } from "../ir/graph.ts";
import { elementwise, type OpName } from "../ir/ops.ts";
import { attributeText } from "../ir/print.ts";
import { rewrite } from "./rewrite.ts";
import { ValueIds } from "./value_ids.ts";

/** Operations that put elements elsewhere, or repeat them. */
const MOVES: ReadonlySet<OpName> = new Set([
  "splat",
  "broadcast",
  "expand_dims",
  "reshape",
  "permute",
]);

/** Values that are computed from a load are followed no further than to so many. */
const MOST = 100;

/** The graph with loads that need not give zeros where nobody sees them. */
export function loosenLoads(graph: Graph): Graph {
  const uses = usesIn(graph.body), unseen = new Set<Op>();
  walk(graph.body, (op) => {
    if (op.name === "load" && op.operands.length > 1 && isUnseen(op, uses)) unseen.add(op);
  });
  if (unseen.size === 0) return graph;
  return rewrite(graph, (op, operands, rewriter) => {
    if (!unseen.has(op)) return undefined;
    const attributes = { ...op.attributes, loose: true };
    return rewriter.copy(op, { operands: operands.slice(0, 2), attributes }).results;
  });
}

/** The operations that use each value; `undefined` among them where a region yields it. */
function usesIn(body: Region): ReadonlyMap<Value, readonly (Op | undefined)[]> {
  const uses = new Map<Value, (Op | undefined)[]>();
  const add = (value: Value, user: Op | undefined) => {
    const list = uses.get(value);
    if (list) list.push(user);
    else uses.set(value, [user]);
  };
  const yielded = (region: Region) => region.yields.forEach((value) => add(value, undefined));
  yielded(body);
  walk(body, (op) => {
    op.operands.forEach((operand) => add(operand, op));
    op.regions.forEach(yielded);
  });
  return uses;
}

/** True when what a load's mask leaves out comes to stores alone that leave it out too. */
function isUnseen(load: Op, uses: ReadonlyMap<Value, readonly (Op | undefined)[]>): boolean {
  const mask = load.operand(1);
  const seen = new Set<string>(), ids = new ValueIds();
  /** What is computed from the load, and where its elements have been put since. */
  const open: { value: Value; moves: string }[] = [{ value: load.result, moves: "" }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, moves } = next, key = `${ids.of(value)} ${moves}`;
    if (seen.has(key)) continue;
    if (seen.add(key).size > MOST) return false;
    for (const user of uses.get(value) ?? []) {
      if (!user) return false;
      if (elementwise(user.name)) {
        open.push({ value: user.result, moves });
      } else if (MOVES.has(user.name)) {
        open.push({ value: user.result, moves: moves + moveText(user) });
      } else if (!masksOff(user, value, conditions(mask, moves, ids), ids)) {
        return false;
      }
    }
  }
  return true;
}

/** True of a store of a value whose mask demands all of the conditions. */
function masksOff(user: Op, value: Value, wanted: readonly string[], ids: ValueIds): boolean {
  if (user.name !== "store") return false;
  const [pointer, stored, mask] = user.operands;
  if (pointer === value || mask === value || stored !== value || !mask) return false;
  const demanded = new Set(conditions(mask, "", ids));
  return wanted.every((condition) => demanded.has(condition));
}

/** The conditions that a mask demands together, each with where its elements are put. */
function conditions(mask: Value, moves: string, ids: ValueIds): string[] {
  const { def } = mask;
  if (def?.name === "and") return def.operands.flatMap((part) => conditions(part, moves, ids));
  if (def && MOVES.has(def.name)) return conditions(def.operand(0), moveText(def) + moves, ids);
  return [`${ids.of(mask)} ${moves}`];
}

/** Two moves of equal texts put elements of equal tiles to the same places. */
function moveText({ name, attributes, result }: Op): string {
  const texts = Object.entries(attributes).map(([name, x]) => `${name}=${attributeText(x)}`);
  return `${name} ${texts.sort().join()} ${result.type.shape.join("x")};`;
}
