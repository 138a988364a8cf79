/**
 * The part of Python's syntax that is translated: what Triton's kernels are written in, and what
 * stands around them in their files. Positions are offsets in the text.
 */

/** Where something stands. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type UnaryOperator = "-" | "+" | "~" | "not";
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**" | "@";
export type BinaryOperator = ArithmeticOperator | "<<" | ">>" | "&" | "|" | "^";
export type CompareOperator =
  | "<"
  | "<="
  | ">"
  | ">="
  | "=="
  | "!="
  | "is"
  | "is not"
  | "in"
  | "not in";

/** An argument of a call: positional, by keyword, or spread. */
export interface Argument {
  readonly name?: string | undefined;
  readonly spread?: "*" | "**" | undefined;
  readonly value: Expr;
}

export interface Slice extends Span {
  readonly kind: "slice";
  readonly start?: Expr | undefined;
  readonly stop?: Expr | undefined;
  readonly step?: Expr | undefined;
}

export interface Parameter extends Span {
  readonly name: string;
  readonly annotation?: Expr | undefined;
  readonly default?: Expr | undefined;
  /** `*args` or `**kwargs`. */
  readonly rest?: "*" | "**" | undefined;
  /** Comments on the lines above it, or behind it. */
  readonly comments: readonly string[];
}

export type Expr =
  & Span
  /** Parentheses stand around it. */
  & { readonly grouped?: true }
  & (
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "number"; readonly text: string }
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "format"; readonly parts: readonly (string | Expr)[] }
    | { readonly kind: "constant"; readonly value: boolean | null }
    | { readonly kind: "ellipsis" }
    | { readonly kind: "tuple"; readonly items: readonly Expr[] }
    | { readonly kind: "list"; readonly items: readonly Expr[] }
    /** Without a key: a dictionary whose entries are taken, `**other`. */
    | { readonly kind: "dict"; readonly entries: readonly (readonly [Expr | undefined, Expr])[] }
    | { readonly kind: "unary"; readonly op: UnaryOperator; readonly operand: Expr }
    | {
      readonly kind: "binary";
      readonly op: BinaryOperator;
      readonly left: Expr;
      readonly right: Expr;
    }
    | {
      readonly kind: "logical";
      readonly op: "and" | "or";
      readonly left: Expr;
      readonly right: Expr;
    }
    | {
      readonly kind: "compare";
      readonly first: Expr;
      readonly rest: readonly { readonly op: CompareOperator; readonly right: Expr }[];
    }
    | {
      readonly kind: "conditional";
      readonly test: Expr;
      readonly then: Expr;
      readonly otherwise: Expr;
    }
    | { readonly kind: "call"; readonly callee: Expr; readonly args: readonly Argument[] }
    | { readonly kind: "attribute"; readonly object: Expr; readonly name: string }
    | {
      readonly kind: "subscript";
      readonly object: Expr;
      readonly indices: readonly (Expr | Slice)[];
    }
    | { readonly kind: "lambda"; readonly params: readonly Parameter[]; readonly body: Expr }
    | {
      readonly kind: "comprehension";
      readonly element: Expr;
      /** Of a dictionary: the value; the element is the key. */
      readonly value?: Expr | undefined;
      readonly clauses: readonly Clause[];
    }
    /** `name := value` */
    | { readonly kind: "walrus"; readonly name: string; readonly value: Expr }
    | { readonly kind: "star"; readonly value: Expr }
  );

/** `for target in iterable if condition …` of a comprehension. */
export interface Clause {
  readonly target: Expr;
  readonly iterable: Expr;
  readonly conditions: readonly Expr[];
}

export type Kind<K extends Expr["kind"]> = Extract<Expr, { kind: K }>;

/** The comments that belong to a statement. */
export interface Remarks {
  /** On the lines above it, and inside it. */
  readonly above: readonly string[];
  /** Behind it on its line; of a compound statement, behind its header. */
  readonly behind?: string | undefined;
  /** An empty line stands above it. */
  readonly spaced: boolean;
}

/** Statements in order, with the comments that follow the last. */
export interface Block {
  readonly statements: readonly Statement[];
  readonly remarks: readonly string[];
}

export type Statement =
  & Span
  & { readonly remarks: Remarks }
  & (
    | {
      readonly kind: "assign";
      readonly targets: readonly Expr[];
      readonly value?: Expr | undefined;
      readonly annotation?: Expr | undefined;
    }
    | {
      readonly kind: "update";
      readonly target: Expr;
      readonly op: BinaryOperator;
      readonly value: Expr;
    }
    | { readonly kind: "expression"; readonly value: Expr }
    | { readonly kind: "return"; readonly value?: Expr | undefined }
    | { readonly kind: "pass" | "break" | "continue" }
    | {
      readonly kind: "for";
      readonly target: Expr;
      readonly iterable: Expr;
      readonly body: Block;
    }
    | { readonly kind: "while"; readonly test: Expr; readonly body: Block }
    | {
      readonly kind: "if";
      readonly test: Expr;
      readonly then: Block;
      readonly otherwise?: Block | undefined;
      /** The other branch is an `elif`: a block of one `if`. */
      readonly chained: boolean;
    }
    | { readonly kind: "assert"; readonly test: Expr; readonly message?: Expr | undefined }
    | { readonly kind: "other"; readonly what: string }
  );

export type StatementKind<K extends Statement["kind"]> = Extract<Statement, { kind: K }>;

/** A function with its decorators. */
export interface FunctionDefinition extends Span {
  readonly name: string;
  readonly params: readonly Parameter[];
  readonly body: Block;
  readonly decorators: readonly Expr[];
  readonly remarks: Remarks;
  readonly docstring?: string | undefined;
}

/** A name that an import brings: `from module import member as name`, or `import module as name`. */
export interface Import {
  readonly name: string;
  readonly module: string;
  readonly member?: string | undefined;
}

/** What stands at the top level of a file. */
export interface Module {
  readonly docstring?: string | undefined;
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionDefinition[];
  readonly assignments: readonly StatementKind<"assign">[];
  /** Functions of the host, parsed when they are asked for. */
  readonly hostFunctions: ReadonlyMap<string, () => FunctionDefinition>;
  /** What is no kernel: functions, classes, statements; each with what it is, for a list. */
  readonly others: readonly (Span & { readonly what: string })[];
}

/** Every expression directly inside another. */
export function childrenOf(expr: Expr | Slice): readonly (Expr | Slice)[] {
  switch (expr.kind) {
    case "format":
      return expr.parts.filter((part) => typeof part !== "string");
    case "tuple":
    case "list":
      return expr.items;
    case "dict":
      return expr.entries.flat().filter((part) => part !== undefined);
    case "unary":
      return [expr.operand];
    case "binary":
    case "logical":
      return [expr.left, expr.right];
    case "compare":
      return [expr.first, ...expr.rest.map(({ right }) => right)];
    case "conditional":
      return [expr.test, expr.then, expr.otherwise];
    case "call":
      return [expr.callee, ...expr.args.map(({ value }) => value)];
    case "attribute":
      return [expr.object];
    case "subscript":
      return [expr.object, ...expr.indices];
    case "slice":
      return [expr.start, expr.stop, expr.step].filter((part) => part !== undefined);
    case "lambda":
      return [expr.body];
    case "comprehension":
      return [
        ...expr.clauses.flatMap(({ iterable, conditions }) => [iterable, ...conditions]),
        expr.element,
        ...(expr.value ? [expr.value] : []),
      ];
    case "walrus":
      return [expr.value];
    case "star":
      return [expr.value];
    default:
      return [];
  }
}

/** Calls `visit` on an expression and all within it. */
export function walk(expr: Expr | Slice, visit: (expr: Expr) => void): void {
  if (expr.kind !== "slice") visit(expr);
  for (const child of childrenOf(expr)) walk(child, visit);
}

/** The expressions that a statement evaluates itself, its targets included, its blocks not. */
export function expressionsOf(statement: Statement): readonly Expr[] {
  switch (statement.kind) {
    case "assign":
      return [...(statement.value ? [statement.value] : []), ...statement.targets];
    case "update":
      return [statement.target, statement.value];
    case "expression":
      return [statement.value];
    case "return":
      return statement.value ? [statement.value] : [];
    case "for":
      return [statement.iterable, statement.target];
    case "while":
    case "if":
      return [statement.test];
    case "assert":
      return statement.message ? [statement.test, statement.message] : [statement.test];
    default:
      return [];
  }
}

/** The blocks of a statement. */
export function blocksOf(statement: Statement): readonly Block[] {
  switch (statement.kind) {
    case "for":
    case "while":
      return [statement.body];
    case "if":
      return statement.otherwise ? [statement.then, statement.otherwise] : [statement.then];
    default:
      return [];
  }
}

/** Calls `visit` on every statement of a block, at any depth. */
export function walkStatements(block: Block, visit: (statement: Statement) => void): void {
  for (const statement of block.statements) {
    visit(statement);
    for (const inner of blocksOf(statement)) walkStatements(inner, visit);
  }
}

/** Calls `visit` on every expression of a block, at any depth. */
export function walkExpressions(block: Block, visit: (expr: Expr) => void): void {
  walkStatements(block, (statement) => {
    for (const expr of expressionsOf(statement)) walk(expr, visit);
  });
}

/** The names that a target of an assignment binds. */
export function namesOf(target: Expr): readonly string[] {
  switch (target.kind) {
    case "name":
      return [target.name];
    case "tuple":
    case "list":
      return target.items.flatMap(namesOf);
    case "star":
      return namesOf(target.value);
    default:
      return [];
  }
}
