/**
 * Where lowering writes to: statements in nested blocks, names, workgroup arrays.
 */

import { i32 } from "../ir/dtype.ts";
import {
  children,
  type Expr,
  isLocal,
  type Memory,
  type SharedArray,
  sharedBytes,
  type Stmt,
  type VectorType,
} from "../ir/invocation.ts";
import type { Native } from "../ir/native.ts";
import { builtin, exprKey, int, isOffset, named, op, ramp, setOffset, splat } from "./expr.ts";
import { boundsOf, setBounds } from "./bounds.ts";

/** Workgroup arrays of at most this size are not worth waiting for. */
const SMALL_BYTES = 512;

/** A workgroup array that an operation would be given. */
export interface SharedWish {
  readonly type: VectorType;
  readonly dims: readonly number[];
  readonly atomic?: true | undefined;
  readonly panels?: true | undefined;
}

interface Block {
  readonly stmts: Stmt[];
  /** What is bound to a name here already, by the key of its expression. */
  readonly bound: Map<string, Expr>;
}

export class Emitter {
  #blocks: Block[] = [{ stmts: [], bound: new Map() }];
  #names = new Map<string, number>();
  #shared: SharedArray[] = [];
  #sharedInUse = new Set<string>();
  /** The names of the arrays of the last operation that had any. */
  #lastReleased: ReadonlySet<string> = new Set();

  /** @param native What the device computes with. */
  constructor(readonly native: Native) {}

  /** The statements of the outermost block. */
  get body(): readonly Stmt[] {
    return this.#blocks[0]!.stmts;
  }

  /** All workgroup arrays. */
  get shared(): readonly SharedArray[] {
    return this.#shared;
  }

  /** A name that no other has, made of a hint and a number, so that it is no word of WGSL either. */
  name(hint: string | undefined): string {
    const stem = (hint ?? "v").replace(/[^A-Za-z0-9]+/g, "_").replace(/^[_0-9]+/, "") || "v";
    const count = this.#names.get(stem) ?? 0;
    this.#names.set(stem, count + 1);
    return `${stem}_${count}`;
  }

  emit(stmt: Stmt): void {
    this.#blocks.at(-1)!.stmts.push(stmt);
  }

  /**
   * A short expression of the same value: what it is already, or a new `let`, or, of an address, a
   * constant added to that. Equal expressions share one, unless they read memory.
   */
  bind(x: Expr, hint?: string): Expr {
    switch (x.kind) {
      case "literal":
      case "name":
      case "parameter":
      case "builtin":
        return x;
      case "splat":
        return splat(this.bind(x.x, hint), x.type.width);
      case "ramp":
        return ramp(this.bind(x.base, hint), x.step, x.type.width);
      default:
        if (isOffset(x) && x.op === "ptr_add" && x.type.width === 1) {
          return op("ptr_add", [this.bind(x.args[0]!, hint), x.args[1]!]);
        }
    }
    const pure = !readsMemory(x);
    if (pure) {
      const key = exprKey(x);
      for (const block of this.#blocks) {
        const known = block.bound.get(key);
        if (known) return known;
      }
    }
    const name = this.name(hint);
    this.emit({ kind: "let", name, value: x });
    const result = named(name, x.type);
    setBounds(result, boundsOf(x));
    setOffset(result, x);
    if (pure) this.#blocks.at(-1)!.bound.set(exprKey(x), result);
    return result;
  }

  /** Like `bind`, in the outermost block: for what depends on nothing but the invocation. */
  bindOutside(x: Expr, hint?: string): Expr {
    const inner = this.#blocks;
    // Before the statement that is being built, so that it precedes every use.
    this.#blocks = inner.slice(0, 1);
    try {
      return this.bind(x, hint);
    } finally {
      this.#blocks = inner;
    }
  }

  /** What `make` gives, bound like by `bindOutside`; made once for each key. */
  onceOutside(key: string, make: () => Expr, hint: string): Expr {
    const { bound } = this.#blocks[0]!;
    let known = bound.get(key);
    if (!known) bound.set(key, known = this.bindOutside(make(), hint));
    return known;
  }

  /** A new variable. */
  variable(type: VectorType, hint: string | undefined, value?: Expr): Expr & { kind: "name" } {
    const name = this.name(hint);
    this.emit(value ? { kind: "var", name, type, value } : { kind: "var", name, type });
    return { kind: "name", name, type };
  }

  /** A new variable of the outermost block, which keeps its value from one iteration to the next. */
  variableOutside(type: VectorType, hint: string | undefined, value: Expr): Expr {
    const inner = this.#blocks;
    this.#blocks = inner.slice(0, 1);
    try {
      return this.variable(type, hint, value);
    } finally {
      this.#blocks = inner;
    }
  }

  /** True inside of a loop or branch. */
  get isNested(): boolean {
    return this.#blocks.length > 1;
  }

  assign(variable: Expr, value: Expr): void {
    if (variable.kind !== "name") throw new Error("Only a variable can be assigned to");
    this.emit({ kind: "assign", name: variable.name, value });
  }

  /** The statements that `write` emits, in a block of their own. */
  block(write: () => void): readonly Stmt[] {
    const block: Block = { stmts: [], bound: new Map() };
    this.#blocks = [...this.#blocks, block];
    try {
      write();
    } finally {
      this.#blocks = this.#blocks.slice(0, -1);
    }
    return block.stmts;
  }

  /** The statements of a function, which sees nothing of what is bound here. */
  function(write: () => void): readonly Stmt[] {
    const outer = this.#blocks, block: Block = { stmts: [], bound: new Map() };
    this.#blocks = [block];
    try {
      write();
    } finally {
      this.#blocks = outer;
    }
    return block.stmts;
  }

  /** A phase of memory accesses; names bound in it stay known after it. */
  phase(reads: readonly Memory[], writes: readonly Memory[], write: () => void): void {
    const outer = this.#blocks.at(-1)!;
    const stmts: Stmt[] = [];
    this.#blocks = [...this.#blocks.slice(0, -1), { stmts, bound: outer.bound }];
    try {
      write();
    } finally {
      this.#blocks = [...this.#blocks.slice(0, -1), outer];
    }
    this.emit({ kind: "phase", reads, writes, body: stmts });
  }

  /** Emits `write`'s statements under a condition; under none when it is true. */
  when(condition: Expr, write: () => void): void {
    if (condition.kind === "literal") return condition.value ? write() : undefined;
    this.emit({ kind: "if", condition, then: this.block(write), otherwise: [] });
  }

  /**
   * A workgroup array for the operation being lowered. Contents live no longer than the operation,
   * so a later one may be given the same array; a small one is not given to the very next, which
   * would have to wait until everyone has read it.
   *
   * @param panels Whether the first dimension is fixed and the last may grow; else it is the first that may.
   */
  sharedArray(
    type: VectorType,
    dims: readonly number[],
    { atomic, panels }: Pick<SharedWish, "atomic" | "panels"> = {},
  ): SharedArray {
    const wish = { type, dims, atomic, panels };
    const found = this.#reusable(this.#shared, wish, this.#sharedInUse);
    const array = this.#fitted(found, wish, () => this.name("shared"));
    if (found) this.#shared[this.#shared.indexOf(found)] = array;
    else this.#shared.push(array);
    this.#sharedInUse.add(array.name);
    return array;
  }

  /** Which of some arrays an operation may be given, grown if need be, that has taken others. */
  #reusable(
    arrays: readonly SharedArray[],
    { type, dims, atomic, panels }: SharedWish,
    taken: ReadonlySet<string>,
  ): SharedArray | undefined {
    const small = sharedBytes({ name: "", type, dims }, this.native) <= SMALL_BYTES;
    return arrays.find((array) =>
      !array.own && !taken.has(array.name) && array.type.dtype === type.dtype &&
      array.type.width === type.width && array.atomic === atomic && array.panels === panels &&
      array.dims.length === dims.length &&
      array.dims.every((dim, i) => i === (panels ? 1 : 0) || dim === dims[i]) &&
      !(small && this.#lastReleased.has(array.name))
    );
  }

  /** The array made of one that is there, or a new one; `name` says how a new one is called. */
  #fitted(found: SharedArray | undefined, wish: SharedWish, name: () => string): SharedArray {
    const { type, dims, atomic, panels } = wish;
    if (found && found.dims.every((dim, i) => dim >= dims[i]!)) return found;
    return {
      name: found?.name ?? name(),
      type,
      dims,
      ...atomic && { atomic },
      ...panels && { panels },
    };
  }

  /**
   * Bytes of workgroup memory in all once the operation being lowered has been given these arrays as well,
   * and each of those that follow has been given its own.
   */
  sharedBytesWith(wanted: readonly SharedWish[], ...following: readonly SharedWish[][]): number {
    const arrays = [...this.#shared];
    [wanted, ...following].forEach((wishes, operation) => {
      const taken = new Set(operation === 0 ? this.#sharedInUse : []);
      for (const wish of wishes) {
        const found = this.#reusable(arrays, wish, taken);
        const array = this.#fitted(found, wish, () => `wish_${arrays.length}`);
        if (found) arrays[arrays.indexOf(found)] = array;
        else arrays.push(array);
        taken.add(array.name);
      }
    });
    return arrays.reduce((sum, array) => sum + sharedBytes(array, this.native), 0);
  }

  /** A workgroup array that no other operation is given. */
  ownSharedArray(type: VectorType, dims: readonly number[]): SharedArray {
    const array: SharedArray = { name: this.name("shared"), type, dims, own: true };
    this.#shared.push(array);
    return array;
  }

  /** Says that what a workgroup array holds is not needed any more. */
  returnShared(array: SharedArray): void {
    this.#sharedInUse.delete(array.name);
  }

  /** Says that the operation being lowered is done with its workgroup arrays. */
  releaseShared(): void {
    if (this.#sharedInUse.size === 0) return;
    this.#lastReleased = new Set(this.#sharedInUse);
    this.#sharedInUse.clear();
  }

  /** The i32 made of `count` bits of the invocation's index, from bit `first` on. */
  invocationBits(first: number, count: number, total: number): Expr {
    const shifted = op("shr", [builtin("invocation"), int(first)]), most = 2 ** count - 1;
    if (first + count < total) return op("and", [shifted, int(most)], i32);
    setBounds(shifted, [[0, most]]);
    return shifted;
  }
}

/** True when the value of an expression may differ when it is computed again. */
function readsMemory(x: Expr): boolean {
  return !isLocal(x) || children(x).some(readsMemory);
}
