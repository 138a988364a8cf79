/**
 * Where variables are declared. Python's live in the whole function; JavaScript's in a block. A name is
 * declared where it is first assigned if all its uses lie behind that in the same block or within;
 * otherwise in the nearest block around all uses, before the first.
 */

import {
  type Block,
  blocksOf,
  type Expr,
  expressionsOf,
  namesOf,
  type Statement,
  walk,
} from "./syntax.ts";

export interface Declaration {
  readonly name: string;
  /** Assigned only where it is declared. */
  readonly fixed: boolean;
}

export class Scoping {
  /** Names declared by the assignment that a statement is, or as a loop's variable. */
  readonly atStatement = new Map<Statement, Map<string, Declaration>>();
  /** Names declared without a value before a statement. */
  readonly before = new Map<Statement, string[]>();

  constructor(body: Block, params: ReadonlySet<string>) {
    const names = new Set<string>();
    const collect = (block: Block) => {
      for (const statement of block.statements) {
        for (const name of assigned(statement)) names.add(name);
        blocksOf(statement).forEach(collect);
      }
    };
    collect(body);
    for (const name of names) if (!params.has(name)) this.#place(name, body);
  }

  #place(name: string, block: Block): void {
    const mentions = block.statements.filter((statement) => mentionsAnywhere(statement, name));
    const [first] = mentions;
    if (!first) return;
    if (assignsFirst(first, name) && !isLoop(first)) {
      const fixed = countIn(block, name) === 1;
      this.#declare(first, { name, fixed });
    } else if (mentions.every((statement) => isSelfContained(statement, name))) {
      for (const statement of mentions) {
        if (isLoop(statement) && assignsFirst(statement, name)) {
          const inner = blocksOf(statement).reduce((sum, body) => sum + countIn(body, name), 0);
          this.#declare(statement, { name, fixed: inner === 0 });
        } else {
          for (const inner of blocksOf(statement)) this.#place(name, inner);
        }
      }
    } else {
      const names = this.before.get(first);
      if (names) names.push(name);
      else this.before.set(first, [name]);
    }
  }

  #declare(statement: Statement, declaration: Declaration): void {
    let declarations = this.atStatement.get(statement);
    if (!declarations) this.atStatement.set(statement, declarations = new Map());
    declarations.set(declaration.name, declaration);
  }
}

function isLoop(statement: Statement): boolean {
  return statement.kind === "for";
}

/** The names that a statement itself assigns. */
export function assigned(statement: Statement): readonly string[] {
  const within = expressionsOf(statement).flatMap(namesWithin);
  switch (statement.kind) {
    case "assign":
      return statement.value ? [...statement.targets.flatMap(namesOf), ...within] : within;
    case "update":
    case "for":
      return [...namesOf(statement.target), ...within];
    default:
      return within;
  }
}

/** The names that `:=` gives values in an expression. */
export function namesWithin(expr: Expr): readonly string[] {
  const names: string[] = [];
  walk(expr, (inner) => {
    if (inner.kind === "walrus") names.push(inner.name);
  });
  return names;
}

function isMentioned(expr: Expr, name: string): boolean {
  let found = false;
  walk(expr, (inner) => {
    if ((inner.kind === "name" || inner.kind === "walrus") && inner.name === name) found = true;
  });
  return found;
}

function mentionsAnywhere(statement: Statement, name: string): boolean {
  return expressionsOf(statement).some((expr) => isMentioned(expr, name)) ||
    blocksOf(statement).some((block) =>
      block.statements.some((inner) => mentionsAnywhere(inner, name))
    );
}

/** True when a statement gives the name a value without reading it. */
function assignsFirst(statement: Statement, name: string): boolean {
  if (!assigned(statement).includes(name)) return false;
  if (expressionsOf(statement).some((expr) => namesWithin(expr).includes(name))) return false;
  if (statement.kind === "assign") return !isMentioned(statement.value!, name);
  return statement.kind === "for" && !isMentioned(statement.iterable, name);
}

/** True when a statement gives the name a value on every way through it, and reads it on none before. */
function surelyAssigns(statement: Statement, name: string): boolean {
  if (statement.kind === "assign") return assignsFirst(statement, name);
  if (statement.kind !== "if" || !statement.otherwise) return false;
  if (isMentioned(statement.test, name)) return false;
  return [statement.then, statement.otherwise].every((block) => {
    const first = block.statements.find((inner) => mentionsAnywhere(inner, name));
    return first !== undefined && surelyAssigns(first, name);
  });
}

/** True when no value of the name flows into the statement. */
function isSelfContained(statement: Statement, name: string): boolean {
  if (assignsFirst(statement, name) || surelyAssigns(statement, name)) return true;
  if (expressionsOf(statement).some((expr) => isMentioned(expr, name))) return false;
  const blocks = blocksOf(statement);
  return blocks.length > 0 && blocks.every((block) => isSelfContainedBlock(block, name));
}

/** True when the name, where a block has it, is given a value there before all else. */
function isSelfContainedBlock(block: Block, name: string): boolean {
  const mentions = block.statements.filter((statement) => mentionsAnywhere(statement, name));
  const [first] = mentions;
  if (!first) return true;
  if (surelyAssigns(first, name)) return true;
  return mentions.every((statement) => isSelfContained(statement, name));
}

/** How often a block assigns a name, at any depth. */
function countIn(block: Block, name: string): number {
  let count = 0;
  for (const statement of block.statements) {
    count += assigned(statement).filter((other) => other === name).length;
    for (const inner of blocksOf(statement)) count += countIn(inner, name);
  }
  return count;
}
