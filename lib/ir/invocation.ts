/**
 * The invocation-level program: what each invocation of a workgroup does, as statements over
 * scalars and short vectors, ready to be printed as WGSL.
 *
 * A tile has become, in each invocation, a list of packets: its registers in groups of four (two or
 * one when it has no more). A packet is one expression of that width. `ramp` and `splat` keep
 * packets of consecutive and of equal integers symbolic, so that addresses and masks of contiguous
 * elements cost one scalar each.
 */

import type { DType, Numeric } from "./dtype.ts";
import { type Native, registerBytes } from "./native.ts";
import type { Attributes, Op } from "./graph.ts";
import type { AtomicName } from "./ops/atomics.ts";
import type { ElementwiseName } from "./ops.ts";
import type { ReportSite } from "./reports.ts";

/** How many elements a WGSL value holds. */
export type Width = 1 | 2 | 4;

/** The type of an expression: a WGSL scalar when `width` is 1, else a vector. */
export interface VectorType {
  readonly dtype: DType;
  readonly width: Width;
}

/** Values that a shader is given. `program_*` and `num_programs_*` are those of the launch grid. */
export type BuiltIn =
  | "invocation"
  | `program_${0 | 1 | 2}`
  | `num_programs_${0 | 1 | 2}`;

/** An expression; without side effects. */
export type Expr =
  & { readonly type: VectorType }
  & (
    /** A number; a vector of equal numbers when the width says so. */
    | { readonly kind: "literal"; readonly value: Numeric }
    /** Something declared by a `let`, `var` or `for`. */
    | { readonly kind: "name"; readonly name: string }
    /** A run-time scalar parameter of the kernel. */
    | { readonly kind: "parameter"; readonly name: string }
    | { readonly kind: "builtin"; readonly name: BuiltIn }
    /** An elementwise operation of the op table. */
    | {
      readonly kind: "op";
      readonly op: ElementwiseName;
      readonly args: readonly Expr[];
      readonly attributes: Attributes;
    }
    /** A scalar in every element. */
    | { readonly kind: "splat"; readonly x: Expr }
    /** `base, base + step, …` for an integer scalar base. */
    | { readonly kind: "ramp"; readonly base: Expr; readonly step: number }
    /** Scalars or shorter vectors side by side. */
    | { readonly kind: "vector"; readonly parts: readonly Expr[] }
    /** The bits of vectors that have 16 bytes together, as four words. */
    | { readonly kind: "words"; readonly parts: readonly Expr[] }
    /** `type.width` neighbouring elements of a wider vector, from `start` on. */
    | { readonly kind: "slice"; readonly x: Expr; readonly start: number }
    /**
     * Elements of a kernel parameter's buffer; `index` counts elements and is divisible by the width,
     * in a buffer of words by the elements in four of them, which is what there is to read.
     */
    | { readonly kind: "global"; readonly base: string; readonly index: Expr }
    /** An element of a workgroup array, by one index a dimension. */
    | {
      readonly kind: "shared";
      readonly array: string;
      readonly indices: readonly Expr[];
      readonly atomic?: true;
    }
    /** The value that the invocation of the same subgroup has whose lane differs in the bits of `mask`. */
    | { readonly kind: "shuffle"; readonly x: Expr; readonly mask: number }
    /** The u32 that the invocation of the same subgroup with this lane has. */
    | { readonly kind: "from_lane"; readonly x: Expr; readonly lane: Expr }
    /** The lanes of the subgroup, as bits of a u32, whose `x`, a u32, agrees in the lowest `bits` bits. */
    | { readonly kind: "peers"; readonly x: Expr; readonly bits: number }
    /** The value that lane `lane` of the same subgroup has. */
    | { readonly kind: "broadcast"; readonly x: Expr; readonly lane: number }
  );

/** False for what other invocations have a part in: it has to be computed where it is written. */
export function isLocal({ kind }: Expr): boolean {
  return !(kind === "global" || kind === "shared" || kind === "shuffle" || kind === "from_lane" ||
    kind === "broadcast" || kind === "peers");
}

/** An atomic operation on an element of memory; `cas` compares and swaps. */
export type AtomicOperation = AtomicName | "cas";

/** The expressions right inside one. */
export function children(x: Expr): readonly Expr[] {
  switch (x.kind) {
    case "op":
      return x.args;
    case "splat":
    case "slice":
    case "shuffle":
    case "peers":
    case "broadcast":
      return [x.x];
    case "from_lane":
      return [x.x, x.lane];
    case "ramp":
      return [x.base];
    case "vector":
    case "words":
      return x.parts;
    case "global":
      return [x.index];
    case "shared":
      return x.indices;
    default:
      return [];
  }
}

/** A statement. */
export type Stmt =
  | { readonly kind: "let"; readonly name: string; readonly value: Expr }
  | {
    readonly kind: "var";
    readonly name: string;
    readonly type: VectorType;
    readonly value?: Expr;
  }
  | { readonly kind: "assign"; readonly name: string; readonly value: Expr }
  | {
    readonly kind: "store";
    readonly base: string;
    readonly index: Expr;
    readonly value: Expr;
  }
  /** Changes an element of a parameter's buffer; assigns what was there before to `result`, a variable. */
  | {
    readonly kind: "atomic";
    readonly op: AtomicOperation;
    readonly base: string;
    readonly index: Expr;
    /** What the element must be, for `cas`. */
    readonly compare?: Expr;
    readonly value: Expr;
    readonly result?: string;
  }
  | {
    readonly kind: "store_shared";
    readonly array: string;
    readonly indices: readonly Expr[];
    readonly value: Expr;
    readonly atomic?: true;
  }
  /** Adds to an element of an atomic array; assigns what was there before to `result`, a variable. */
  | {
    readonly kind: "add_shared";
    readonly array: string;
    readonly indices: readonly Expr[];
    readonly value: Expr;
    readonly result?: string;
  }
  | {
    readonly kind: "if";
    readonly condition: Expr;
    readonly then: readonly Stmt[];
    readonly otherwise: readonly Stmt[];
  }
  /** Counts `name` from `start` to `end` (not reached) by `step`; a literal step may be negative. */
  | {
    readonly kind: "for";
    readonly name: string;
    readonly start: Expr;
    readonly end: Expr;
    readonly step: Expr;
    readonly body: readonly Stmt[];
  }
  /** Runs `head`, leaves unless `condition` holds, runs `body`, and again. */
  | {
    readonly kind: "loop";
    readonly head: readonly Stmt[];
    readonly condition: Expr;
    readonly body: readonly Stmt[];
  }
  /** Declares a matrix that a subgroup holds together, all zeros. */
  | { readonly kind: "matrix"; readonly name: string; readonly type: MatrixType }
  /** Declares a matrix with what a workgroup array holds; `again` gives one that is there other values. */
  | {
    readonly kind: "load_matrix";
    readonly name: string;
    readonly place: MatrixPlace;
    readonly again?: true;
  }
  /** Adds the product of two matrices to a third. */
  | {
    readonly kind: "multiply_matrices";
    readonly left: string;
    readonly right: string;
    readonly sum: string;
  }
  /** Writes a matrix to a workgroup array. */
  | { readonly kind: "store_matrix"; readonly name: string; readonly place: MatrixPlace }
  /** Declares an array of the invocation's own, a copy of another or of zeros; elements are accessed as shared ones are. */
  | ({ readonly kind: "array"; readonly from?: string } & OwnArray)
  /** Copies such an array to another, or sets it to zeros. */
  | ({ readonly kind: "copy"; readonly from?: string } & OwnArray)
  /** Declares `name` with the value that the first invocation has for `value`, in all of them; waits for all. */
  | { readonly kind: "uniform"; readonly name: string; readonly value: Expr }
  /**
   * Declares `name`, which is true in all invocations when `value` is in any of them; waits for all. Needs
   * subgroups, of so many lanes.
   */
  | { readonly kind: "any"; readonly name: string; readonly value: Expr; readonly lanes: number }
  /**
   * Statements that touch memory which other invocations touch too. Among themselves they need no
   * barrier; against other phases, barrier placement decides by what is read and written.
   */
  | {
    readonly kind: "phase";
    readonly reads: readonly Memory[];
    readonly writes: readonly Memory[];
    readonly body: readonly Stmt[];
  }
  /** Hands an element to the host: its place in a tile in row-major order, and words that hold its value. */
  | {
    readonly kind: "report";
    /** Of the program's `reports`. */
    readonly site: number;
    readonly index: Expr;
    readonly words: readonly Expr[];
  }
  /** Calls a function of the program; declares a name for each of its results. */
  | {
    readonly kind: "call";
    readonly callee: string;
    readonly args: readonly Expr[];
    readonly results: readonly string[];
  }
  /** The end of a function. */
  | { readonly kind: "return"; readonly values: readonly Expr[] }
  /** Waits for all invocations of the workgroup and makes their writes seen. */
  | { readonly kind: "barrier"; readonly scope: "workgroup" | "storage" };

/** The expressions right in a statement, those of inner blocks not included. */
export function expressions(stmt: Stmt): readonly Expr[] {
  switch (stmt.kind) {
    case "let":
    case "assign":
    case "uniform":
    case "any":
      return [stmt.value];
    case "var":
      return stmt.value ? [stmt.value] : [];
    case "store":
      return [stmt.index, stmt.value];
    case "atomic":
      return [stmt.index, ...(stmt.compare ? [stmt.compare] : []), stmt.value];
    case "store_shared":
    case "add_shared":
      return [...stmt.indices, stmt.value];
    case "call":
      return stmt.args;
    case "return":
      return stmt.values;
    case "report":
      return [stmt.index, ...stmt.words];
    case "load_matrix":
    case "store_matrix":
      return stmt.place.indices;
    case "if":
      return [stmt.condition];
    case "for":
      return [stmt.start, stmt.end, stmt.end, stmt.step, stmt.step];
    case "loop":
      return [stmt.condition, stmt.condition];
    default:
      return [];
  }
}

/** The blocks inside a statement. */
export function blocks(stmt: Stmt): readonly (readonly Stmt[])[] {
  switch (stmt.kind) {
    case "if":
      return [stmt.then, stmt.otherwise];
    case "for":
    case "phase":
      return [stmt.body];
    case "loop":
      return [stmt.head, stmt.body];
    default:
      return [];
  }
}

/** What of a product a matrix is, and its size. */
export interface MatrixType {
  readonly role: "left" | "right" | "result";
  readonly dtype: DType;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Where a matrix lies in the last dimension of a workgroup array. Offset and stride count items of the
 * array, whatever those hold; with constants, compilers of WGSL see that they are inside and leave it
 * at that.
 */
export interface MatrixPlace {
  readonly type: MatrixType;
  readonly array: string;
  /** Of all dimensions but the last. */
  readonly indices: readonly Expr[];
  readonly offset: number;
  /** From one row to the next, or one column where they are what is contiguous. */
  readonly stride: number;
  readonly major: "row" | "column";
}

/** An array that each invocation has for itself. */
export interface OwnArray {
  readonly name: string;
  readonly type: VectorType;
  readonly length: number;
  /** The first slot that it takes of each invocation's part of the scratch buffer, if it lies there. */
  readonly slot?: number | undefined;
}

/** A workgroup array or a kernel parameter's buffer, by name. */
export interface Memory {
  readonly scope: "workgroup" | "storage";
  readonly name: string;
  /**
   * Written: in another half each time, which was last read before the barrier that followed the
   * last write. So who still reads need not be waited for.
   */
  readonly alternating?: true;
  /** The load or store that it is accessed by, where what is known of that tells accesses apart. */
  readonly access?: Op;
}

/** An array in workgroup memory. */
export interface SharedArray {
  readonly name: string;
  readonly type: VectorType;
  readonly dims: readonly number[];
  /** Several invocations may change an element at once; every access to it says so. */
  readonly atomic?: true;
  /** Has panels of items that lie as their operation says, and so as many of them as any needs. */
  readonly panels?: true;
  /** Belongs to one operation, which relies on finding what it wrote before. */
  readonly own?: true;
}

/** A buffer of a kernel parameter and how it is accessed. */
export interface BufferUse {
  readonly param: string;
  readonly dtype: DType;
  readonly access: "read" | "read_write";
  /** Elements in one item of the binding's array: the widest access that all stores allow. */
  readonly width: Width;
  /**
   * True when the binding is an array of u32 words that each hold several elements. Then an access may
   * take any width that its index is divisible by, and `width` says nothing.
   */
  readonly packed: boolean;
  /**
   * True when items are atomic: of packed ones since some stores write parts of words, of others
   * since there are atomic operations on them, so that `width` is 1.
   */
  readonly atomic: boolean;
  /** True when items are 16 bytes as four u32, each read whole; `width` says nothing then. */
  readonly words: boolean;
}

/** A function of scalars that the kernel calls. */
export type InvocationFunction =
  & {
    readonly name: string;
    readonly params: readonly { readonly name: string; readonly type: VectorType }[];
    readonly results: readonly VectorType[];
  }
  & (
    | { readonly body: readonly Stmt[] }
    /** WGSL that the kernel's author wrote: the body, and what it needs before. */
    | { readonly text: string; readonly declares: string }
  );

/** A whole kernel for one invocation. */
export interface InvocationProgram {
  readonly name: string;
  /** Invocations in a workgroup. */
  readonly invocations: number;
  readonly buffers: readonly BufferUse[];
  readonly shared: readonly SharedArray[];
  /** Whether the number of rounds of loops is to be hidden from the device's compiler. */
  readonly hidesRounds: boolean;
  /** Slots of the scratch buffer that each invocation needs; 0 when there is none. */
  readonly slots: number;
  /** The places that tell the host something. */
  readonly reports: readonly ReportSite[];
  /** Each before those that call it. */
  readonly functions: readonly InvocationFunction[];
  readonly body: readonly Stmt[];
}

/**
 * How many rounds the loops among statements take, as far as that is known. A bound that counts
 * with an outer loop is taken to be in the middle of what it counts.
 */
export function roundsOf(
  stmts: readonly Stmt[],
  middles: ReadonlyMap<string, number> = new Map(),
): number {
  const value = (x: Expr): number => {
    if (x.kind === "literal") return Number(x.value);
    if (x.kind === "name") {
      const known = stmts.find((stmt) => stmt.kind === "let" && stmt.name === x.name);
      return known?.kind === "let" ? value(known.value) : middles.get(x.name) ?? NaN;
    }
    if (x.kind !== "op" || (x.op !== "add" && x.op !== "sub")) return NaN;
    const [a, b] = x.args.map(value) as [number, number];
    return x.op === "add" ? a + b : a - b;
  };
  let rounds = 0;
  for (const stmt of stmts) {
    if (stmt.kind === "if") {
      rounds += Math.max(roundsOf(stmt.then, middles), roundsOf(stmt.otherwise, middles));
    } else if (stmt.kind === "for") {
      const [start, end, step] = [stmt.start, stmt.end, stmt.step].map(value) as [
        number,
        number,
        number,
      ];
      const times = Math.max((end - start) / step || 0, 0);
      const inner = new Map(middles).set(stmt.name, start + (times - 1) * step / 2);
      rounds += Math.ceil(times * (1 + roundsOf(stmt.body, inner)));
    }
  }
  return rounds;
}

/** Bytes that a workgroup array takes. */
export function sharedBytes({ type: { dtype, width }, dims }: SharedArray, native: Native): number {
  return dims.reduce((product, dim) => product * dim, width * registerBytes(dtype, native));
}
