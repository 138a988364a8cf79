/**
 * The text form of graphs, which `parse.ts` reads back.
 *
 * ```text
 * #0 = 64 register (32) lane (1) (2) (4) (8) (16) warp
 *
 * kernel @total(%x: ptr<x:f32> {divisibility = 16}, %n: i32) {
 *   %c0 = constant 0 : i32
 *   %c64 = constant 64 : i32
 *   %zero = constant 0 : f32
 *   %offsets = arange {start = 0, end = 64} : tile<64xi32, #0>
 *   %acc = for %i = %c0 to %n step %c64, %acc_1 = %zero : f32 {
 *     %0 = splat %i : tile<64xi32, #0>
 *     ...
 *     %sum = reduce %values {axis = 0} : f32 combine(%a: f32, %b: f32) {
 *       %3 = add %a, %b : f32
 *       yield %3
 *     }
 *     %4 = add %acc_1, %sum : f32
 *     yield %4
 *   }
 * }
 * ```
 *
 * - An operation is `results = name operands {attributes} : result types`, then its regions, each
 *   with its name in the op table, its parameters and its operations, and last what it yields.
 * - The attributes that a result's type shows (`shape`, `dtype`, `to`) are left out, and the
 *   attribute `value` stands before the operands.
 * - `for` names what its body takes beside what that starts with, as above.
 * - Values have the names that the kernel's author gave them, made unique; constants are called
 *   `%c64`, and all others `%0`, `%1`, …
 * - Layouts have names at the top: `#0`, `#1`, …
 * - Numbers are exact; the special ones are `nan`, `inf`, `-inf` and `-0.0`.
 * - `loc(line:column)`, or `loc(helper 3:12)` in a function that was inlined, is printed on request.
 */

import type { LinearLayout } from "../layout/linear_layout.ts";
import type { Numeric } from "./dtype.ts";
import type { Attribute, Graph, Op, Region, Value } from "./graph.ts";
import { OPS } from "./ops.ts";
import { sameShape, sameType, type Type, typeText } from "./type.ts";

export interface PrintOptions {
  /** Whether each operation is followed by its location. */
  readonly locations?: boolean;
}

/** One line of the text, and the operation that begins on it. */
export interface Line {
  readonly text: string;
  readonly op?: Op;
}

/** What a value name may look like, after the `%`: an identifier. */
export const IDENTIFIER = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u;

/** The text form of a graph. */
export function print(graph: Graph, options?: PrintOptions): string {
  return printLines(graph, options).map(({ text }) => text + "\n").join("");
}

/** The lines of a graph's text form. Prints graphs that the verifier rejects, too. */
export function printLines(graph: Graph, options: PrintOptions = {}): Line[] {
  return new Printer(graph, options).lines();
}

/** The text form of an attribute. */
export function attributeText(attribute: Attribute): string {
  if (typeof attribute === "number" || typeof attribute === "bigint") return numberText(attribute);
  if (typeof attribute === "string") return JSON.stringify(attribute);
  if (typeof attribute === "boolean") return String(attribute);
  return `[${attribute.map(numberText).join(", ")}]`;
}

/** A number, exactly. */
export function numberText(x: Numeric): string {
  if (Number.isNaN(x)) return "nan";
  if (Object.is(x, -0)) return "-0.0";
  return String(x).replace("Infinity", "inf");
}

/** What an attribute of this name is when the type of the first result shows it. */
export function shownByType(name: string, type: Type): Attribute | undefined {
  if (name === "shape") return type.shape;
  if (name === "dtype" || name === "to") {
    return "pointee" in type.element ? undefined : type.element.name;
  }
  return undefined;
}

function sameAttribute(a: Attribute, b: Attribute | undefined): boolean {
  if (typeof a !== "object") return a === b;
  return typeof b === "object" && sameShape(a, b);
}

class Printer {
  #lines: Line[] = [];
  #names = new Map<Value, string>();
  #taken = new Set<string>();
  #suffix = new Map<string, number>();
  #unnamed = 0;
  #layouts: LinearLayout[] = [];

  constructor(readonly graph: Graph, readonly options: PrintOptions) {}

  lines(): Line[] {
    const { name, params, body } = this.graph;
    const heads = params.map(({ name, value, divisibility }) =>
      `${this.#define(value, name)}: ${this.#type(value.type)}` +
      (divisibility === 1 ? "" : ` {divisibility = ${divisibility}}`)
    );
    this.#line(0, `kernel @${name}(${heads.join(", ")}) {`);
    this.#region(body, 1);
    this.#line(0, "}");
    if (this.#layouts.length === 0) return this.#lines;
    const aliases = this.#layouts.map((layout, i): Line => ({ text: `#${i} = ${layout}` }));
    return [...aliases, { text: "" }, ...this.#lines];
  }

  #line(depth: number, text: string, op?: Op): void {
    this.#lines.push({ text: "  ".repeat(depth) + text, ...(op && { op }) });
  }

  #region(region: Region, depth: number): void {
    for (const op of region.ops) this.#op(op, depth);
    if (region.yields.length > 0) this.#line(depth, `yield ${this.#uses(region.yields)}`);
  }

  #op(op: Op, depth: number): void {
    const results = op.results.map((result) => this.#define(result, nameOf(op, result)));
    const head = [
      results.length > 0 ? `${results.join(", ")} =` : "",
      op.name,
      "value" in op.attributes ? attributeText(op.attributes["value"]!) : "",
      isPlainFor(op) ? this.#forOperands(op) : this.#uses(op.operands),
      attributesText(op),
      results.length > 0
        ? `: ${op.results.map((result) => this.#type(result.type)).join(", ")}`
        : "",
    ].filter((part) => part !== "").join(" ");
    const location = this.#location(op);
    if (op.regions.length === 0) {
      this.#line(depth, head + location, op);
      return;
    }
    let opening = head;
    op.regions.forEach((region, i) => {
      this.#line(
        depth,
        isPlainFor(op) ? `${opening} {` : `${opening} ${this.#regionHead(op, i)} {`,
        i === 0 ? op : undefined,
      );
      this.#region(region, depth + 1);
      opening = "}";
    });
    this.#line(depth, "}" + location);
  }

  /** `combine(%a: f32, %b: f32)`, or `then` when there are no parameters. */
  #regionHead(op: Op, i: number): string {
    const { params } = op.region(i);
    const name = OPS[op.name].regions?.[i] ?? "region";
    if (params.length === 0) return name;
    const heads = params.map((param) =>
      `${this.#define(param, param.hint)}: ${this.#type(param.type)}`
    );
    return `${name}(${heads.join(", ")})`;
  }

  /** `%i = %start to %end step %step, %acc = %init` */
  #forOperands(op: Op): string {
    const [start, end, step, ...inits] = op.operands.map((operand) => this.#use(operand));
    const [i, ...carried] = op.region(0).params.map((param) => this.#define(param, param.hint));
    return [
      `${i} = ${start} to ${end} step ${step}`,
      ...carried.map((name, i) => `${name} = ${inits[i]}`),
    ].join(", ");
  }

  #location({ location }: Op): string {
    if (!this.options.locations || !location) return "";
    const where = `${location.line}:${location.column}`;
    return location.function === this.graph.name
      ? ` loc(${where})`
      : ` loc(${location.function} ${where})`;
  }

  #type(type: Type): string {
    return typeText(type, (layout) => {
      let index = this.#layouts.findIndex((other) => other.equals(layout));
      if (index < 0) index = this.#layouts.push(layout) - 1;
      return `#${index}`;
    });
  }

  #uses(values: readonly Value[]): string {
    return values.map((value) => this.#use(value)).join(", ");
  }

  #use(value: Value): string {
    return this.#names.get(value) ?? `%<undefined ${value.hint ?? typeText(value.type)}>`;
  }

  #define(value: Value, hint: string | undefined): string {
    const name = `%${this.#unique(hint && IDENTIFIER.test(hint) ? hint : undefined)}`;
    this.#names.set(value, name);
    return name;
  }

  #unique(hint: string | undefined): string {
    if (hint === undefined) return String(this.#unnamed++);
    let name = hint;
    while (this.#taken.has(name)) {
      const suffix = (this.#suffix.get(hint) ?? 0) + 1;
      this.#suffix.set(hint, suffix);
      name = `${hint}_${suffix}`;
    }
    this.#taken.add(name);
    return name;
  }
}

/** The name that is wished for a result. */
function nameOf(op: Op, result: Value): string | undefined {
  if (result.hint !== undefined) return result.hint;
  const value = op.name === "constant" ? op.attributes["value"] : undefined;
  const isNumber = typeof value === "number" || typeof value === "bigint";
  return isNumber && /^\d+$/.test(numberText(value)) ? `c${value}` : undefined;
}

function attributesText(op: Op): string {
  const entries = Object.entries(op.attributes).filter(([name, value]) => {
    if (name === "value") return false;
    const type = op.results[0]?.type;
    return !type || !sameAttribute(value, shownByType(name, type));
  });
  if (entries.length === 0) return "";
  return `{${entries.map(([name, value]) => `${name} = ${attributeText(value)}`).join(", ")}}`;
}

/** True for a `for` whose parameters have the types that its bounds and results show. */
function isPlainFor(op: Op): boolean {
  const params = op.regions[0]?.params ?? [];
  const wanted = [op.operands[0]?.type, ...op.results.map((result) => result.type)];
  return op.name === "for" && op.operands.length === op.results.length + 3 &&
    params.length === wanted.length &&
    params.every((param, i) => sameType(param.type, wanted[i]!));
}
