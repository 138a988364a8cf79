/**
 * Leaves out what is computed and never used: values, and variables that nothing reads but their own
 * next values, as loops have where they count what only some packets need.
 */

import { blocks, children, type Expr, expressions, type Stmt } from "../ir/invocation.ts";

export function withoutUnused(stmts: readonly Stmt[]): readonly Stmt[] {
  const sources = new Map<string, Expr[]>();
  const used = new Set<string>();
  const use = (x: Expr): void => {
    children(x).forEach(use);
    if (x.kind !== "name" || used.has(x.name)) return;
    used.add(x.name);
    sources.get(x.name)?.forEach(use);
  };
  const visit = (stmt: Stmt, seen: (stmt: Stmt) => void): void => {
    seen(stmt);
    for (const block of blocks(stmt)) for (const inner of block) visit(inner, seen);
  };
  for (const stmt of stmts) {
    visit(stmt, (stmt) => {
      if (!sets(stmt)) return;
      const known = sources.get(stmt.name) ?? [];
      sources.set(stmt.name, [...known, ...expressions(stmt)]);
    });
  }
  for (const stmt of stmts) {
    visit(stmt, (stmt) => {
      if (stmt.kind === "atomic" && stmt.result) used.add(stmt.result);
      if (!sets(stmt)) expressions(stmt).forEach(use);
    });
  }
  return kept(stmts, used);
}

/** Statements that do nothing but give a name a value. */
function sets(stmt: Stmt): stmt is Stmt & { kind: "let" | "var" | "assign" } {
  return stmt.kind === "let" || stmt.kind === "var" || stmt.kind === "assign";
}

function kept(stmts: readonly Stmt[], used: ReadonlySet<string>): readonly Stmt[] {
  return stmts.filter((stmt) => !sets(stmt) || used.has(stmt.name)).map((stmt) => {
    switch (stmt.kind) {
      case "if":
        return { ...stmt, then: kept(stmt.then, used), otherwise: kept(stmt.otherwise, used) };
      case "for":
      case "phase":
        return { ...stmt, body: kept(stmt.body, used) };
      case "loop":
        return { ...stmt, head: kept(stmt.head, used), body: kept(stmt.body, used) };
      default:
        return stmt;
    }
  });
}
