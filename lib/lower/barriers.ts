/**
 * Barrier placement.
 *
 * Assumes: phases say which memory they read and write; control flow is the same in all invocations
 * of a workgroup. Guarantees: between a write and any later read or write of the same memory by
 * another phase, and between a read and a later write, there is a barrier on every path; phases
 * are flattened. Leaves alone: statements inside a phase.
 *
 * Before: `phase writes a; phase reads a; phase writes a`
 * After: `… barrier … barrier …`
 */

import type { Memory, Stmt } from "../ir/invocation.ts";

/** Accesses since the last barrier, by memory. */
interface Pending {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

const NONE: Pending = { reads: new Set(), writes: new Set() };

function key({ scope, name }: Memory): string {
  return `${scope} ${name}`;
}

function union(a: Pending, b: Pending): Pending {
  return { reads: a.reads.union(b.reads), writes: a.writes.union(b.writes) };
}

function same(a: Pending, b: Pending): boolean {
  return a.reads.size === b.reads.size && a.writes.size === b.writes.size &&
    a.reads.isSubsetOf(b.reads) && a.writes.isSubsetOf(b.writes);
}

export function placeBarriers(stmts: readonly Stmt[]): readonly Stmt[] {
  return place(stmts, NONE)[0];
}

/** The statements with barriers, and what is pending after them when `before` was pending. */
function place(stmts: readonly Stmt[], before: Pending): [readonly Stmt[], Pending] {
  const out: Stmt[] = [];
  let pending = before;
  for (const stmt of stmts) {
    switch (stmt.kind) {
      case "phase": {
        const reads = new Set(stmt.reads.map(key)), writes = new Set(stmt.writes.map(key));
        const overwritten = new Set(stmt.writes.filter((x) => !x.alternating).map(key));
        const conflicts = [
          ...pending.writes.intersection(reads.union(writes)),
          ...pending.reads.intersection(overwritten),
        ];
        for (const scope of ["workgroup", "storage"] as const) {
          if (!conflicts.some((memory) => memory.startsWith(scope))) continue;
          out.push({ kind: "barrier", scope });
          pending = without(pending, scope);
        }
        pending = union(pending, { reads, writes });
        out.push(...stmt.body);
        break;
      }
      case "if": {
        const [then, afterThen] = place(stmt.then, pending);
        const [otherwise, afterElse] = place(stmt.otherwise, pending);
        pending = union(afterThen, afterElse);
        out.push({ ...stmt, then, otherwise });
        break;
      }
      case "for": {
        const [body, after] = placeLoop(pending, (entry) => place(stmt.body, entry));
        pending = union(pending, after);
        out.push({ ...stmt, body });
        break;
      }
      case "loop": {
        const parts: { head: readonly Stmt[]; body: readonly Stmt[] } = { head: [], body: [] };
        let left = pending;
        placeLoop(pending, (entry) => {
          const [head, afterHead] = place(stmt.head, entry);
          const [body, after] = place(stmt.body, afterHead);
          Object.assign(parts, { head, body });
          left = afterHead;
          return [[], after];
        });
        pending = left;
        out.push({ ...stmt, ...parts });
        break;
      }
      case "uniform":
        // Waits for everyone, but says nothing about storage.
        pending = without(pending, "workgroup");
        out.push(stmt);
        break;
      default:
        out.push(stmt);
    }
  }
  return [out, pending];
}

/** Places barriers in a loop's body for what is pending on entry and what its last round left. */
function placeLoop(
  before: Pending,
  body: (entry: Pending) => [readonly Stmt[], Pending],
): [readonly Stmt[], Pending] {
  let entry = before;
  for (;;) {
    const [stmts, after] = body(entry);
    const next = union(entry, after);
    if (same(next, entry)) return [stmts, after];
    entry = next;
  }
}

function without(pending: Pending, scope: Memory["scope"]): Pending {
  const rest = (memories: ReadonlySet<string>) =>
    new Set([...memories].filter((memory) => !memory.startsWith(scope)));
  return { reads: rest(pending.reads), writes: rest(pending.writes) };
}
