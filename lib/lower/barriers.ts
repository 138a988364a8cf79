/**
 * Barrier placement.
 *
 * Assumes: phases say which memory they read and write; a load or store is one phase, in the loops that
 * it stood in; control flow is the same in all invocations of a workgroup. Guarantees: between a write and any later read or write of the same memory by
 * another phase, and between a read and a later write, there is a barrier on every path, unless it is
 * known of the two that they touch different elements; phases are flattened. Leaves alone: statements
 * inside a phase.
 *
 * Before: `phase writes a; phase reads a; phase writes a`
 * After: `… barrier … barrier …`
 */

import type { Op } from "../ir/graph.ts";
import type { Memory, Stmt } from "../ir/invocation.ts";

/**
 * Whether two loads or stores of one buffer may touch one element in different invocations: in the same
 * round of all loops, or `a` in an earlier one of the innermost loop around both.
 */
export type MayOverlap = (a: Op, b: Op, when: "same round" | "earlier round") => boolean;

/** A loop among the statements. */
type Loop = Stmt & { readonly kind: "for" | "loop" };

/** An access to memory. */
interface Access {
  /** The memory's scope and name. */
  readonly memory: string;
  readonly op: Op | undefined;
  /** The loops that have begun another round since. */
  readonly passed: readonly Loop[];
}

/** Accesses since the last barrier, by what tells them apart. */
interface Pending {
  readonly reads: ReadonlyMap<string, Access>;
  readonly writes: ReadonlyMap<string, Access>;
}

const NONE: Pending = { reads: new Map(), writes: new Map() };

export function placeBarriers(
  stmts: readonly Stmt[],
  mayOverlap: MayOverlap = () => true,
): readonly Stmt[] {
  return new Barriers(mayOverlap).place(stmts, NONE)[0];
}

function union(a: Pending, b: Pending): Pending {
  return {
    reads: new Map([...a.reads, ...b.reads]),
    writes: new Map([...a.writes, ...b.writes]),
  };
}

function same(a: Pending, b: Pending): boolean {
  const keys = (x: ReadonlyMap<string, Access>) => new Set(x.keys());
  return keys(a.reads).symmetricDifference(keys(b.reads)).size === 0 &&
    keys(a.writes).symmetricDifference(keys(b.writes)).size === 0;
}

function without({ reads, writes }: Pending, scope: Memory["scope"]): Pending {
  const rest = (accesses: ReadonlyMap<string, Access>) =>
    new Map([...accesses].filter(([, { memory }]) => !memory.startsWith(scope)));
  return { reads: rest(reads), writes: rest(writes) };
}

class Barriers {
  readonly #numbers = new Map<Op | Loop, number>();
  /** The loops around what is being placed, the innermost last. */
  readonly #loops: Loop[] = [];

  constructor(readonly mayOverlap: MayOverlap) {}

  #number(x: Op | Loop): number {
    const known = this.#numbers.get(x) ?? this.#numbers.size;
    this.#numbers.set(x, known);
    return known;
  }

  /** Accesses by what tells them apart. */
  #keyed(accesses: readonly Access[]): ReadonlyMap<string, Access> {
    return new Map(accesses.map((access) => {
      const { memory, op, passed } = access;
      const numbers = [...op ? [op] : [], ...passed].map((x) => this.#number(x));
      return [`${memory} ${op ? "" : "-"}${numbers.join()}`, access];
    }));
  }

  #accesses(memories: readonly Memory[]): ReadonlyMap<string, Access> {
    return this.#keyed(memories.map(({ scope, name, access }) => ({
      memory: `${scope} ${name}`,
      op: access,
      passed: [],
    })));
  }

  /** The statements with barriers, and what is pending after them when `before` was pending. */
  place(stmts: readonly Stmt[], before: Pending): [readonly Stmt[], Pending] {
    const out: Stmt[] = [];
    let pending = before;
    for (const stmt of stmts) {
      switch (stmt.kind) {
        case "phase": {
          const reads = this.#accesses(stmt.reads), writes = this.#accesses(stmt.writes);
          const overwritten = this.#accesses(stmt.writes.filter((x) => !x.alternating));
          const conflicts = [
            ...this.#conflicts(pending.writes, [...reads.values(), ...writes.values()]),
            ...this.#conflicts(pending.reads, [...overwritten.values()]),
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
          const [then, afterThen] = this.place(stmt.then, pending);
          const [otherwise, afterElse] = this.place(stmt.otherwise, pending);
          pending = union(afterThen, afterElse);
          out.push({ ...stmt, then, otherwise });
          break;
        }
        case "for": {
          const [body, after] = this.#loop(stmt, pending, (entry) => this.place(stmt.body, entry));
          pending = union(pending, after);
          out.push({ ...stmt, body });
          break;
        }
        case "loop": {
          const parts: { head: readonly Stmt[]; body: readonly Stmt[] } = { head: [], body: [] };
          let left = pending;
          this.#loop(stmt, pending, (entry) => {
            const [head, afterHead] = this.place(stmt.head, entry);
            const [body, after] = this.place(stmt.body, afterHead);
            Object.assign(parts, { head, body });
            left = afterHead;
            return [[], after];
          });
          pending = left;
          out.push({ ...stmt, ...parts });
          break;
        }
        case "uniform":
        case "any":
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

  /** The memories in which accesses meet earlier ones. */
  #conflicts(before: ReadonlyMap<string, Access>, accesses: readonly Access[]): string[] {
    const earlier = [...before.values()];
    return accesses
      .filter((access) => earlier.some((other) => this.#meet(other, access)))
      .map(({ memory }) => memory);
  }

  #meet(earlier: Access, later: Access): boolean {
    if (earlier.memory !== later.memory) return false;
    if (!earlier.op || !later.op) return true;
    const { passed } = earlier;
    if (passed.length === 0) return this.mayOverlap(earlier.op, later.op, "same round");
    return passed.length > 1 || passed[0] !== this.#loops.at(-1) ||
      this.mayOverlap(earlier.op, later.op, "earlier round");
  }

  /** Places barriers in a loop's body for what is pending on entry and what its last round left. */
  #loop(
    loop: Loop,
    before: Pending,
    body: (entry: Pending) => [readonly Stmt[], Pending],
  ): [readonly Stmt[], Pending] {
    const passing = (accesses: ReadonlyMap<string, Access>) =>
      this.#keyed([...accesses.values()].map((access) => ({
        ...access,
        passed: access.passed.includes(loop) ? access.passed : [...access.passed, loop],
      })));
    this.#loops.push(loop);
    try {
      let entry = before;
      for (;;) {
        const [stmts, after] = body(entry);
        const round = { reads: passing(after.reads), writes: passing(after.writes) };
        const next = union(entry, round);
        if (same(next, entry)) return [stmts, after];
        entry = next;
      }
    } finally {
      this.#loops.pop();
    }
  }
}
