/**
 * Expressions as WGSL text. Every text stands by itself: a name, a literal, a call, an access, or
 * something in parentheses.
 */

import type {
  AtomicOperation,
  BufferUse,
  BuiltIn,
  Expr,
  VectorType,
  Width,
} from "../ir/invocation.ts";
import { elementwise } from "../ir/ops.ts";
import { bool, type DType, elementOf, isWide, type Numeric, u32 } from "../ir/dtype.ts";
import { isNarrow, type Native, registerOf } from "../ir/native.ts";
import { narrowed } from "../ir/ops/narrow.ts";
import { call, type Dtypes, type WgslSite, withoutParentheses } from "../ir/ops/row.ts";
import { atomicFunction, fromItem, toItem } from "./atomics.ts";
import { bufferName, fieldName } from "./names.ts";
import { addHelper, loadHelper, storeHelper } from "./packed.ts";
import { scalarText, type Special, typeText } from "./literal.ts";
import { peersFunction } from "./subgroups.ts";
import {
  wideJoin,
  wideLiteral,
  wideLoadHelper,
  wideOperation,
  wideShuffle,
  wideSlice,
  wideSplat,
  wideStoreHelper,
  wideStructure,
} from "./wide.ts";
import { fromSlot, type ScratchArray, slotText, toSlot } from "./scratch.ts";

/** What a module must declare because expressions mention it. */
export class Mentions {
  readonly parameters = new Map<string, string>();
  readonly builtins = new Set<BuiltIn>();
  readonly special = new Set<Special>();
  /** Helper functions by name. */
  readonly helpers = new Map<string, string>();
  f16 = false;
  subgroups = false;
  /** Matrix units. */
  matrices = false;
  /** Whether something is told to the host. */
  reports = false;
}

/** The names of built-in values in a shader; no generated name looks so, as those end in digits. */
export const BUILTIN_NAMES: Readonly<Record<BuiltIn, string>> = {
  invocation: "invocation",
  program_0: "program_x",
  program_1: "program_y",
  program_2: "program_z",
  num_programs_0: "num_programs_x",
  num_programs_1: "num_programs_y",
  num_programs_2: "num_programs_z",
};

export class ExpressionPrinter {
  /** The arrays that lie in the scratch buffer, by name. */
  readonly scratch = new Map<string, ScratchArray>();

  constructor(
    readonly mentions: Mentions,
    readonly buffers: ReadonlyMap<string, BufferUse>,
    readonly native: Native,
  ) {}

  /** What holds values of a type. */
  typeText(type: VectorType): string {
    const text = typeText(type, this.native);
    if (this.#isInWords(type.dtype)) this.mentions.helpers.set(text, wideStructure(type.width));
    return text;
  }

  print(x: Expr): string {
    this.note(x.type.dtype);
    if (this.#isInWords(x.type.dtype)) {
      this.typeText(x.type); // declares the structure
      const text = this.#wide(x);
      if (text !== undefined) return text;
    }
    switch (x.kind) {
      case "literal": {
        const text = this.#scalarText(x.value, x.type.dtype);
        return x.type.width === 1 ? text : `${this.typeText(x.type)}(${text})`;
      }
      case "name":
        return x.name;
      case "parameter":
        return this.#parameter(x.name, x.type.dtype);
      case "builtin":
        this.mentions.builtins.add(x.name);
        return BUILTIN_NAMES[x.name];
      case "op":
        return this.#operation(x);
      case "splat":
        return call(this.typeText(x.type), [this.print(x.x)]);
      case "ramp": {
        const { dtype, width } = x.type;
        const steps = Array.from({ length: width }, (_, i) => {
          if (isWide(dtype)) return this.#scalarText(elementOf(dtype, i * x.step), dtype);
          const step = Math.imul(i, x.step); // wraps, as the sum does
          return dtype.kind === "uint" ? `${step >>> 0}` : this.#scalarText(step, dtype);
        });
        const type = this.typeText(x.type);
        return `(${call(type, [this.print(x.base)])} + ${call(type, steps)})`;
      }
      case "vector":
        return call(this.typeText(x.type), x.parts.map((part) => this.print(part)));
      case "words": {
        const parts = x.parts.map((part) => {
          const words = part.type.width * part.type.dtype.bytes / 4;
          return call(`bitcast<vec${words}<u32>>`, [this.bare(part)]);
        });
        return parts.length === 1 ? parts[0]! : call(this.typeText(x.type), parts);
      }
      case "slice":
        return `${this.print(x.x)}.${"xyzw".slice(x.start, x.start + x.type.width)}`;
      case "global":
        return this.#load(x.base, x.index, x.type.width);
      case "shared":
        return x.atomic
          ? `atomicLoad(&${this.shared(x.array, x.indices)})`
          : this.element(x.array, x.indices, x.type);
      case "shuffle":
        this.mentions.subgroups = true;
        return call("subgroupShuffleXor", [this.print(x.x), `${x.mask}u`]);
      case "from_lane":
        this.mentions.subgroups = true;
        return call("subgroupShuffle", [this.print(x.x), this.print(x.lane)]);
      case "peers": {
        this.mentions.subgroups = true;
        const [name, source] = peersFunction(x.bits);
        this.mentions.helpers.set(name, source);
        return call(name, [this.bare(x.x)]);
      }
      case "broadcast":
        this.mentions.subgroups = true;
        return call("subgroupBroadcast", [this.print(x.x), `${x.lane}u`]);
    }
  }

  /** True for 64-bit integers on a device that has none. */
  #isInWords(dtype: DType): boolean {
    return isWide(dtype) && !this.native.int64;
  }

  /** An expression of 64-bit integers in words, where that is no expression like any other. */
  #wide(x: Expr): string | undefined {
    const { dtype, width } = x.type;
    const site = this.#site({ operands: [dtype], result: dtype, attributes: {} }, width);
    switch (x.kind) {
      case "literal":
        return wideLiteral(Array.from({ length: width }, () => x.value));
      case "parameter": {
        const field = this.#parameter(x.name, dtype);
        return `wide(${field}.x, ${field}.y)`;
      }
      case "splat":
        return wideSplat(this.print(x.x), site);
      case "ramp": {
        const steps = Array.from({ length: width }, (_, i) => elementOf(dtype, i * x.step));
        const base = wideSplat(this.print(x.base), site);
        return wideOperation("add", [base, wideLiteral(steps)], site);
      }
      case "vector": {
        const parts = x.parts.map((part) => this.print(part));
        return wideJoin(parts, x.parts.map((part) => part.type.width), site);
      }
      case "slice":
        return wideSlice(this.print(x.x), x.x.type.width, x.start, site);
      case "shuffle":
        this.mentions.subgroups = true;
        return wideShuffle(this.print(x.x), x.mask, site);
      default:
        return undefined;
    }
  }

  #buffer(base: string): BufferUse {
    const buffer = this.buffers.get(base);
    if (!buffer) throw new Error(`Parameter ${base} has no buffer`);
    this.note(buffer.dtype);
    return buffer;
  }

  /** Remembers what the module must enable for a dtype. */
  note(dtype: DType): void {
    if (registerOf(dtype, this.native) === "f16") this.mentions.f16 = true;
  }

  #scalarText(value: Numeric, dtype: DType): string {
    return scalarText(value, dtype, this.native, (name) => this.mentions.special.add(name));
  }

  /** `width` elements of a buffer from element `index` on. */
  #load(base: string, index: Expr, width: Width): string {
    const buffer = this.#buffer(base);
    if (this.#isInWords(buffer.dtype)) {
      const site = this.#site({ operands: [], result: buffer.dtype, attributes: {} }, width);
      return `${wideLoadHelper(bufferName(base), buffer, site)}(${this.#bare(index)})`;
    }
    if (buffer.words) {
      return `${bufferName(base)}[${this.#quotient(index, 16 / buffer.dtype.bytes)}]`;
    }
    if (!buffer.packed) {
      const place = this.#place(buffer, index, width);
      return buffer.atomic ? fromItem(buffer, `atomicLoad(&${place})`) : place;
    }
    const site = this.#site({ operands: [], result: buffer.dtype, attributes: {} }, width);
    return `${loadHelper(bufferName(base), buffer, site)}(${this.#bare(index)})`;
  }

  /** The name of the function for an atomic operation on a buffer. */
  atomicFunction(op: AtomicOperation, base: string): string {
    const buffer = this.#buffer(base);
    if (buffer.packed) {
      const site = this.#site({ operands: [], result: buffer.dtype, attributes: {} }, 1);
      return addHelper(bufferName(base), buffer, site);
    }
    const [name, source] = atomicFunction(op, buffer);
    this.mentions.helpers.set(name, source);
    return name;
  }

  /** A statement, without its semicolon, that stores a value from element `index` on. */
  store(base: string, index: Expr, value: Expr): string {
    const buffer = this.#buffer(base), { width } = value.type;
    if (this.#isInWords(buffer.dtype)) {
      const site = this.#site({ operands: [], result: buffer.dtype, attributes: {} }, width);
      const helper = wideStoreHelper(bufferName(base), buffer, site);
      return `${helper}(${this.#bare(index)}, ${this.bare(value)})`;
    }
    if (!buffer.packed) {
      const place = this.#place(buffer, index, width);
      if (!buffer.atomic) return `${place} = ${this.bare(value)}`;
      return `atomicStore(&${place}, ${toItem(buffer, this.bare(value))})`;
    }
    const site = this.#site({ operands: [], result: buffer.dtype, attributes: {} }, width);
    const helper = storeHelper(bufferName(base), buffer, site);
    return `${helper}(${this.#bare(index)}, ${this.bare(value)})`;
  }

  /** Elements of a buffer that is an array of them or of vectors. */
  #place(buffer: BufferUse, index: Expr, width: Width): string {
    const name = bufferName(buffer.param), item = buffer.width;
    if (item === 1) return `${name}[${this.#bare(index)}]`;
    const which = this.#quotient(index, item);
    if (width === item) return `${name}[${which}]`;
    const within = index.kind === "literal"
      ? `${Number(index.value) & (item - 1)}`
      : `${this.print(index)} & ${item - 1}`;
    return `${name}[${which}][${within}]`;
  }

  /** Which of items of so many elements an element is in. */
  #quotient(index: Expr, each: number): string {
    if (index.kind === "literal") return `${Math.floor(Number(index.value) / each)}`;
    const shift = Math.log2(each);
    return `${this.print(index)} >> ${shift}u`;
  }

  /** An element of an array as a value. */
  element(array: string, indices: readonly Expr[], type: VectorType): string {
    const scratch = this.scratch.get(array);
    if (scratch) return fromSlot(scratch, this.#slot(scratch, indices));
    const place = this.shared(array, indices);
    return type.dtype === bool
      ? `(${place} != ${this.typeText({ ...type, dtype: u32 })}(0u))`
      : place;
  }

  /** What an array holds in place of values of a type. NVIDIA's driver mixes up bools in arrays. */
  itemText(type: VectorType): string {
    return this.typeText(type.dtype === bool ? { ...type, dtype: u32 } : type);
  }

  /** A statement, without its semicolon, that sets an element of an array. */
  setElement(array: string, indices: readonly Expr[], value: Expr): string {
    const scratch = this.scratch.get(array);
    return scratch
      ? `${this.#slot(scratch, indices)} = ${toSlot(scratch, this.bare(value))}`
      : `${this.shared(array, indices)} = ${this.item(value)}`;
  }

  /** A value as an array holds it. */
  item(value: Expr): string {
    return value.type.dtype === bool
      ? call(this.itemText(value.type), [this.print(value)])
      : this.bare(value);
  }

  #slot(scratch: ScratchArray, [index]: readonly Expr[]): string {
    return slotText(scratch, this.#bare(index!));
  }

  shared(array: string, indices: readonly Expr[]): string {
    return `${array}${indices.map((index) => `[${this.#bare(index)}]`).join("")}`;
  }

  /** For places that need no parentheses: statements, indices, arguments. */
  bare(x: Expr): string {
    return withoutParentheses(this.print(x));
  }

  #bare(index: Expr): string {
    return index.kind === "literal" ? String(index.value) : this.bare(index);
  }

  #parameter(name: string, dtype: DType): string {
    this.mentions.parameters.set(name, dtype.name);
    const field = `scalars.${fieldName(name)}`;
    const register = registerOf(dtype, this.native);
    if (register === "bool") return `(${field} != 0u)`;
    return register === "f16" ? `f16(${field})` : field;
  }

  #operation(x: Expr & { kind: "op" }): string {
    const { dtype } = x.type;
    const operands = x.args.map((arg) => arg.type.dtype);
    const site = this.#site({ operands, result: dtype, attributes: x.attributes }, x.type.width);
    if ([...operands, dtype].some((of) => this.#isInWords(of))) {
      return wideOperation(x.op, x.args.map((arg) => this.print(arg)), site);
    }
    const row = elementwise(x.op)!;
    const text = row.wgsl(x.args.map((arg) => this.print(arg)), site);
    const done = !isNarrow(dtype, this.native) || row.traits?.includes("closed");
    return done ? text : narrowed(text, dtype, site);
  }

  #site(dtypes: Dtypes, width: Width): WgslSite {
    const suffix = width === 1 ? "" : `x${width}`;
    const single = () => this.#site(dtypes, 1);
    return {
      ...dtypes,
      width,
      get single() {
        return single();
      },
      native: this.native,
      type: (dtype) => this.typeText({ dtype, width }),
      literal: (value, dtype) => this.print({ kind: "literal", value, type: { dtype, width } }),
      helper: (name, source) => {
        const full = `${name}${suffix}`;
        if (!this.mentions.helpers.has(full)) this.mentions.helpers.set(full, source(full));
        return full;
      },
      declare: (sources) => {
        for (const [full, source] of sources) this.mentions.helpers.set(full, source);
      },
    };
  }
}
