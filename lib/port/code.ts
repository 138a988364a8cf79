/** Pieces of JavaScript with the precedence of their outermost operator, and the words it reserves. */

import { choice, type Doc, group, hardline, indent, join, line, list } from "./print.ts";

/** How tightly JavaScript's operators bind. */
export const LEVEL = {
  conditional: 3,
  or: 4,
  and: 5,
  bitOr: 6,
  bitXor: 7,
  bitAnd: 8,
  equality: 9,
  relational: 10,
  shift: 11,
  additive: 12,
  multiplicative: 13,
  power: 14,
  unary: 15,
  postfix: 17,
  primary: 18,
} as const;

export const OPERATOR_LEVEL: Readonly<Record<string, number>> = {
  "||": LEVEL.or,
  "&&": LEVEL.and,
  "|": LEVEL.bitOr,
  "^": LEVEL.bitXor,
  "&": LEVEL.bitAnd,
  "===": LEVEL.equality,
  "!==": LEVEL.equality,
  "<": LEVEL.relational,
  "<=": LEVEL.relational,
  ">": LEVEL.relational,
  ">=": LEVEL.relational,
  "<<": LEVEL.shift,
  ">>": LEVEL.shift,
  "+": LEVEL.additive,
  "-": LEVEL.additive,
  "*": LEVEL.multiplicative,
  "/": LEVEL.multiplicative,
  "%": LEVEL.multiplicative,
  "**": LEVEL.power,
};

/** An expression. */
export interface Code {
  readonly doc: Doc;
  readonly level: number;
  /** Arithmetic that Python had in parentheses, which it keeps as an operand. */
  readonly grouped?: boolean;
  /** The operands of an operator one below the other, for parentheses that hold nothing else. */
  readonly rows?: Doc;
  /** An array or object literal with these entries, which may be broken at the end of a call. */
  readonly literal?: { readonly open: string; readonly close: string; readonly items: Doc[] };
}

export function primary(doc: Doc): Code {
  return { doc, level: LEVEL.primary };
}

/** The expression as an operand: in parentheses when its operator binds less tightly. */
export function operand({ doc, level, grouped }: Code, min: number): Doc {
  const bits = level >= LEVEL.bitOr && level <= LEVEL.bitAnd;
  const kept = grouped && (bits || level >= LEVEL.shift && level <= LEVEL.power);
  return level < min || kept ? ["(", doc, ")"] : doc;
}

/** `left op right`. */
export function infix(left: Code, op: string, right: Code): Code {
  const level = OPERATOR_LEVEL[op]!;
  // `**` binds from right to left, and allows no sign before its base.
  const power = op === "**";
  const doc = [
    operand(left, power ? LEVEL.postfix : level),
    ` ${op}`,
    indent([line, operand(right, power ? level : level + 1)]),
  ];
  const first = left.level === level && !left.grouped ? left.rows : undefined;
  const rows: Doc = [
    first ?? operand(left, power ? LEVEL.postfix : level),
    ` ${op}`,
    line,
    operand(right, power ? level : level + 1),
  ];
  return { doc: group(doc), level, rows };
}

export function array(items: readonly Doc[]): Code {
  return {
    doc: list("[", items, "]"),
    level: LEVEL.primary,
    literal: { open: "[", close: "]", items: [...items] },
  };
}

export function object(entries: readonly (readonly [string, Doc])[]): Code {
  const items = entries.map(([key, value]) => value === key ? key : [`${key}: `, value]);
  return {
    doc: list("{", items, "}", line),
    level: LEVEL.primary,
    literal: { open: "{", close: "}", items },
  };
}

/** `callee(args)`: on one line, or with a literal at the end broken, or one argument to a line. */
export function call(callee: Doc, args: readonly Code[]): Code {
  const docs = args.map(({ doc }) => doc);
  const spread = list("(", docs, ")");
  const literal = args.at(-1)?.literal;
  if (!literal || literal.items.length === 0) {
    return { doc: [callee, spread], level: LEVEL.postfix };
  }
  const { open, close, items } = literal;
  const broken = [
    open,
    indent([hardline, join([",", hardline], items)]),
    ",",
    hardline,
    close,
  ];
  const before = docs.slice(0, -1).map((doc) => [doc, ", "]);
  const doc = choice(
    [callee, "(", join(", ", docs), ")"],
    [callee, "(", ...before, broken, ")"],
    [callee, spread],
  );
  return { doc, level: LEVEL.postfix };
}

const RESERVED = new Set(
  ("break case catch class const continue debugger default delete do else enum export extends false " +
    "finally for function if implements import in instanceof interface let new null package private " +
    "protected public return static super switch this throw true try typeof var void while with yield " +
    "await arguments eval undefined NaN Infinity Math Number Array tl jit nextPowerOf2 autotune heuristics " +
    "constexprFunction").split(" "),
);

/** A Python name as one that JavaScript allows. */
export function safeName(name: string): string {
  return RESERVED.has(name) ? `${name}_` : name;
}
