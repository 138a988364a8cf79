/** Barriers stand exactly where two phases meet in memory. */

import { bool } from "../../lib/ir/dtype.ts";
import type { Memory, Stmt } from "../../lib/ir/invocation.ts";
import { placeBarriers } from "../../lib/lower/barriers.ts";
import { int, named } from "../../lib/lower/expr.ts";
import { assertEquals } from "../support/assert.ts";

const condition = named("c_0", { dtype: bool, width: 1 });

/** A phase as `r:a w:b`, with a statement that says so; `h:a` writes to the halves of `a` in turn. */
function phase(access: string): Stmt {
  const memories = (kind: string): Memory[] =>
    access.split(" ").filter((word) => word.startsWith(kind)).map((word) => {
      const name = word.slice(2);
      return {
        scope: name === name.toUpperCase() ? "storage" : "workgroup",
        name,
        ...(kind === "h:" && { alternating: true }),
      };
    });
  return {
    kind: "phase",
    reads: memories("r:"),
    writes: [...memories("w:"), ...memories("h:")],
    body: [{ kind: "let", name: access, value: int(0) }],
  };
}

function loop(...body: Stmt[]): Stmt {
  return { kind: "for", name: "i_0", start: int(0), end: int(9), step: int(1), body };
}

function branch(then: Stmt[], otherwise: Stmt[]): Stmt {
  return { kind: "if", condition, then, otherwise };
}

/** The statements in one line: barriers as `|`, loops and branches in brackets. */
function text(stmts: readonly Stmt[]): string {
  return stmts.map((stmt) => {
    switch (stmt.kind) {
      case "barrier":
        return stmt.scope === "workgroup" ? "|" : "||";
      case "let":
        return stmt.name;
      case "for":
        return `for[ ${text(stmt.body)} ]`;
      case "loop":
        return `loop[ ${text(stmt.head)} ; ${text(stmt.body)} ]`;
      case "if":
        return `if[ ${text(stmt.then)} ; ${text(stmt.otherwise)} ]`;
      default:
        return stmt.kind;
    }
  }).join(" ");
}

const TABLE: readonly [name: string, stmts: Stmt[], expected: string][] = [
  ["between a write and a read", [phase("w:a"), phase("r:a")], "w:a | r:a"],
  ["between a read and a write", [phase("r:a"), phase("w:a")], "r:a | w:a"],
  ["between two writes", [phase("w:a"), phase("w:a")], "w:a | w:a"],
  [
    "once an iteration for halves in turn",
    [loop(phase("h:a"), phase("r:a"))],
    "for[ h:a | r:a ]",
  ],
  [
    "before halves that another phase wrote",
    [loop(phase("w:a"), phase("h:a"), phase("r:a"))],
    "for[ | w:a | h:a | r:a ]",
  ],
  ["not between two reads", [phase("w:a"), phase("r:a"), phase("r:a")], "w:a | r:a r:a"],
  ["not between different arrays", [phase("w:a"), phase("r:b"), phase("w:c")], "w:a r:b w:c"],
  [
    "once for two arrays",
    [phase("w:a"), phase("w:b"), phase("r:a"), phase("r:b")],
    "w:a w:b | r:a r:b",
  ],
  [
    "of the kind that the memory needs",
    [phase("w:A"), phase("w:b"), phase("r:A"), phase("r:b")],
    "w:A w:b || r:A | r:b",
  ],
  [
    "in a loop, for what the last round left",
    [loop(phase("w:a"), phase("r:a"))],
    "for[ | w:a | r:a ]",
  ],
  ["in no loop that only reads", [phase("w:a"), loop(phase("r:a"))], "w:a for[ | r:a ]"],
  [
    "after a loop, for what its last round left",
    [loop(phase("w:a")), phase("r:a")],
    "for[ | w:a ] | r:a",
  ],
  [
    "after a branch, for what either side left",
    [branch([phase("w:a")], []), phase("r:a")],
    "if[ w:a ;  ] | r:a",
  ],
  [
    "in the branch that needs it",
    [phase("w:a"), branch([phase("r:a")], [phase("r:b")]), phase("w:b")],
    "w:a if[ | r:a ; r:b ] | w:b",
  ],
  [
    "between the head of a loop and its body, and round again",
    [{ kind: "loop", head: [phase("r:a")], condition, body: [phase("w:a")] }],
    "loop[ | r:a ; | w:a ]",
  ],
];

for (const [name, stmts, expected] of TABLE) {
  Deno.test(`barriers: ${name}`, () => assertEquals(text(placeBarriers(stmts)), expected));
}
