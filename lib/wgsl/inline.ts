/**
 * Puts the value of a `let` that is used once where it is used, so that the text reads like
 * arithmetic and not like assembly.
 *
 * Leaves alone: what reads memory or variables, since order matters there, and what would be computed
 * in a loop instead of once before it.
 */

import { blocks, children, type Expr, expressions, isLocal, type Stmt } from "../ir/invocation.ts";

/** Deeper expressions than this are left in parts. */
const MAX_DEPTH = 4;

export function inlineSingleUses(stmts: readonly Stmt[]): readonly Stmt[] {
  const uses = new Map<string, number>();
  countUses(stmts, 1, uses);
  return new Inliner(uses).block(stmts);
}

/** Counts uses of names; what stands in a loop counts as used often. */
function countUses(stmts: readonly Stmt[], weight: number, uses: Map<string, number>): void {
  const defined = new Set(stmts.flatMap((stmt) => (stmt.kind === "let" ? [stmt.name] : [])));
  const seen = (x: Expr): void => {
    if (x.kind === "name") {
      uses.set(x.name, (uses.get(x.name) ?? 0) + (defined.has(x.name) ? 1 : weight));
    }
    children(x).forEach(seen);
  };
  for (const stmt of stmts) {
    expressions(stmt).forEach(seen);
    const heavier = stmt.kind === "for" || stmt.kind === "loop" ? 2 : weight;
    for (const inner of blocks(stmt)) countUses(inner, heavier, uses);
  }
}

class Inliner {
  #values = new Map<string, Expr>();
  #variables = new Set<string>();

  constructor(readonly uses: ReadonlyMap<string, number>) {}

  block(stmts: readonly Stmt[]): readonly Stmt[] {
    const out: Stmt[] = [];
    for (const stmt of stmts) {
      if (stmt.kind === "var") this.#variables.add(stmt.name);
      if (stmt.kind === "for") this.#variables.add(stmt.name);
      const rewritten = this.#statement(stmt);
      if (
        rewritten.kind === "let" && this.uses.get(rewritten.name) === 1 &&
        this.#movable(rewritten.value) && depth(rewritten.value) < MAX_DEPTH
      ) {
        this.#values.set(rewritten.name, rewritten.value);
      } else if (rewritten.kind !== "let" || this.uses.has(rewritten.name)) {
        out.push(rewritten);
      }
    }
    return out;
  }

  #movable(x: Expr): boolean {
    if (!isLocal(x)) return false;
    if (x.kind === "name" && this.#variables.has(x.name)) return false;
    return children(x).every((child) => this.#movable(child));
  }

  #statement(stmt: Stmt): Stmt {
    const e = (x: Expr) => this.#expression(x);
    switch (stmt.kind) {
      case "let":
      case "assign":
      case "uniform":
      case "any":
        return { ...stmt, value: e(stmt.value) };
      case "var":
        return stmt.value ? { ...stmt, value: e(stmt.value) } : stmt;
      case "store":
        return { ...stmt, index: e(stmt.index), value: e(stmt.value) };
      case "atomic":
        return {
          ...stmt,
          index: e(stmt.index),
          value: e(stmt.value),
          ...(stmt.compare && { compare: e(stmt.compare) }),
        };
      case "store_shared":
      case "add_shared":
        return { ...stmt, indices: stmt.indices.map(e), value: e(stmt.value) };
      case "if":
        return {
          ...stmt,
          condition: e(stmt.condition),
          then: this.block(stmt.then),
          otherwise: this.block(stmt.otherwise),
        };
      case "for":
        return {
          ...stmt,
          start: e(stmt.start),
          end: e(stmt.end),
          step: e(stmt.step),
          body: this.block(stmt.body),
        };
      case "loop": {
        const head = this.block(stmt.head);
        return { ...stmt, head, condition: e(stmt.condition), body: this.block(stmt.body) };
      }
      case "phase":
        return { ...stmt, body: this.block(stmt.body) };
      case "call":
        return { ...stmt, args: stmt.args.map(e) };
      case "return":
        return { ...stmt, values: stmt.values.map(e) };
      case "report":
        return { ...stmt, index: e(stmt.index), words: stmt.words.map(e) };
      case "load_matrix":
      case "store_matrix": {
        const { place } = stmt;
        return { ...stmt, place: { ...place, indices: place.indices.map(e) } };
      }
      case "matrix":
      case "multiply_matrices":
      case "array":
      case "copy":
      case "barrier":
        return stmt;
    }
  }

  #expression(x: Expr): Expr {
    switch (x.kind) {
      case "name":
        return this.#values.get(x.name) ?? x;
      case "op":
        return { ...x, args: x.args.map((arg) => this.#expression(arg)) };
      case "splat":
      case "slice":
      case "shuffle":
      case "peers":
      case "broadcast":
        return { ...x, x: this.#expression(x.x) };
      case "from_lane":
        return { ...x, x: this.#expression(x.x), lane: this.#expression(x.lane) };
      case "ramp":
        return { ...x, base: this.#expression(x.base) };
      case "vector":
      case "words":
        return { ...x, parts: x.parts.map((part) => this.#expression(part)) };
      case "global":
        return { ...x, index: this.#expression(x.index) };
      case "shared":
        return { ...x, indices: x.indices.map((index) => this.#expression(index)) };
      default:
        return x;
    }
  }
}

function depth(x: Expr): number {
  return 1 + Math.max(0, ...children(x).map(depth));
}
