/**
 * What makes a graph legal:
 *
 *  1. An operation has as many operands and regions as its row of the op table names.
 *  2. It has exactly the attributes that its row names, of their kinds; those with a `?` may be left out.
 *  3. Its results have the types that its row infers, layouts aside.
 *  4. A value is defined by one place only, and that once.
 *  5. An operand or yield is defined before its use, in the same region or one around it.
 *  6. Kernel parameters are scalars with different names, divisible by powers of two; a pointer
 *     among them points into itself.
 *  7. The kernel's body and both branches of an `if` have no parameters, and the kernel's body
 *     yields nothing.
 *  8. Every pointer points into a pointer parameter of the kernel, to elements of its dtype.
 *  9. The functions inside operations that are not control flow compute scalars and touch no memory.
 * 10. Dimensions are positive integers.
 * 11. Either every tile has a layout or none has; scalars have none.
 * 12. A layout has the tile's shape, leaves no element out, and spreads over as many lanes and warps
 *     as all others.
 * 13. The operands and results of elementwise operations and accesses to memory have one layout; so have
 *     all values that take one place in what a loop carries or a branch yields.
 */

import { isAtomic } from "./ops/atomics.ts";
import { isReport } from "./ops/reports.ts";
import { type Graph, type Op, type Region, Value } from "./graph.ts";
import { elementwise, OPS } from "./ops.ts";
import type { AttributeKind } from "./ops/row.ts";
import { printLines } from "./print.ts";
import { isPointer, sameElement, sameShape, type Type, typeText } from "./type.ts";

/** One broken invariant. */
export interface Problem {
  /** Its number in the list above. */
  readonly invariant: number;
  readonly message: string;
  /** Where it is broken; undefined for the kernel's head. */
  readonly op: Op | undefined;
}

/** A graph is not legal. The message shows each line that is wrong, and below it why. */
export class VerificationError extends Error {
  constructor(graph: Graph, readonly problems: readonly Problem[], after?: string) {
    super(
      `The graph of kernel '${graph.name}' is not legal${after ? ` after ${after}` : ""}:\n` +
        explain(graph, problems),
    );
  }
}

/**
 * Throws a `VerificationError` unless the graph is legal.
 *
 * @param after What made the graph, for the message.
 */
export function verify(graph: Graph, after?: string): void {
  const problems = problemsOf(graph);
  if (problems.length > 0) throw new VerificationError(graph, problems, after);
}

/** All that is wrong with a graph, in the order of its text. */
export function problemsOf(graph: Graph): Problem[] {
  return new Verifier(graph).run();
}

function explain(graph: Graph, problems: readonly Problem[]): string {
  const lines = printLines(graph);
  const head = lines.findIndex(({ text }) => text.startsWith("kernel"));
  return problems.map(({ invariant, message, op }) => {
    const index = op ? lines.findIndex((line) => line.op === op) : head;
    const { text } = lines[index]!, number = String(index + 1);
    const indent = /^ */.exec(text)![0];
    const where = op?.location ? ` (${op.location.line}:${op.location.column})` : "";
    return `${number} | ${text}\n${
      " ".repeat(number.length)
    } | ${indent}^ ${message}${where} [${invariant}]`;
  }).join("\n");
}

/** The control operations: how many operands stand before what they carry, and parameters before what is carried. */
const CARRIES = { for: { operands: 3, params: 1 }, while: { operands: 0, params: 0 } };

class Verifier {
  #problems: Problem[] = [];
  #op: Op | undefined;
  #defined = new Set<Value>();
  #visible = new Set<Value>();
  #withLayout: boolean | undefined;
  #spread: string | undefined;

  constructor(readonly graph: Graph) {}

  run(): Problem[] {
    const { params, body } = this.graph;
    this.#params();
    for (const { value } of params) this.#define(value);
    if (body.params.length > 0) this.#report(7, "The kernel's body has parameters");
    if (body.yields.length > 0) this.#report(7, "The kernel's body yields values");
    this.#region(body);
    return this.#problems;
  }

  #report(invariant: number, message: string): void {
    this.#problems.push({ invariant, message, op: this.#op });
  }

  #params(): void {
    const names = new Set<string>();
    for (const { name, value, divisibility } of this.graph.params) {
      const { type } = value;
      if (names.has(name)) this.#report(6, `There are two parameters '${name}'`);
      names.add(name);
      if (type.shape.length > 0) {
        this.#report(6, `Parameter '${name}' is ${typeText(type)}, not a scalar`);
      }
      if (isPointer(type.element) && type.element.base !== name) {
        this.#report(6, `Parameter '${name}' points into '${type.element.base}', not into itself`);
      }
      if (!(divisibility >= 1) || !Number.isInteger(Math.log2(divisibility))) {
        this.#report(6, `Parameter '${name}' has divisibility ${divisibility}, no power of two`);
      }
    }
  }

  #define(value: Value): void {
    if (this.#defined.has(value)) {
      this.#report(4, `${nameOf(value)} is defined twice`);
    }
    this.#defined.add(value);
    this.#visible.add(value);
    this.#type(value.type);
  }

  #use(value: Value, what: string): void {
    if (this.#visible.has(value)) return;
    this.#report(
      5,
      this.#defined.has(value)
        ? `${what} ${nameOf(value)} is defined inside a region that has ended`
        : `${what} ${nameOf(value)} is not defined before`,
    );
  }

  /** A region's operations and yields; what it defines is not seen outside. */
  #region({ params, ops, yields }: Region): void {
    const owner = this.#op, outer = this.#visible;
    this.#visible = new Set(outer);
    params.forEach((param) => this.#define(param));
    for (const op of ops) this.#operation(op);
    this.#op = owner;
    yields.forEach((value, i) => this.#use(value, `Yield ${i}`));
    this.#visible = outer;
  }

  #operation(op: Op): void {
    this.#op = op;
    op.operands.forEach((operand, i) => this.#use(operand, `Operand ${i}`));
    const isComplete = this.#counts(op) && this.#attributes(op);
    for (const region of op.regions) this.#region(region);
    this.#op = op;
    if (isComplete) {
      this.#results(op);
      this.#regionsOf(op);
      this.#layouts(op);
    }
    for (const result of op.results) {
      if (result.def !== op) this.#report(4, `${nameOf(result)} says that another defines it`);
      this.#define(result);
    }
  }

  #counts(op: Op): boolean {
    const { operands, regions = [] } = OPS[op.name];
    const least = operands.filter((name) => !name.startsWith("...") && !name.endsWith("?")).length;
    const most = operands.at(-1)?.startsWith("...") ? Infinity : operands.length;
    const count = op.operands.length, right = count >= least && count <= most;
    if (!right) {
      this.#report(1, `${op.name} takes ${operands.join(", ") || "no operands"}, not ${count}`);
    }
    if (op.regions.length !== regions.length) {
      const wanted = regions.join(", ") || "no regions";
      this.#report(1, `${op.name} has ${wanted}, not ${op.regions.length} regions`);
    }
    return right && op.regions.length === regions.length;
  }

  #attributes(op: Op): boolean {
    const wanted = OPS[op.name].attributes ?? {}, before = this.#problems.length;
    for (const [name, kind] of Object.entries(wanted)) {
      const value = op.attributes[name], expected = kind.replace("?", "");
      if (value === undefined) {
        if (kind === expected) this.#report(2, `${op.name} needs the attribute '${name}'`);
      } else if (kindOf(value) !== expected) {
        this.#report(2, `The attribute '${name}' holds ${kindOf(value)}, not ${expected}`);
      }
    }
    for (const name of Object.keys(op.attributes)) {
      if (!Object.hasOwn(wanted, name)) this.#report(2, `${op.name} has no attribute '${name}'`);
    }
    return this.#problems.length === before;
  }

  #results(op: Op): void {
    let types: readonly Type[];
    try {
      types = OPS[op.name].infer({
        operands: op.operands.map(({ type }) => type),
        attributes: op.attributes,
        regions: op.regions,
      });
    } catch (error) {
      this.#report(3, error instanceof Error ? error.message : String(error));
      return;
    }
    if (types.length !== op.results.length) {
      this.#report(3, `${op.name} has ${types.length} results, not ${op.results.length}`);
      return;
    }
    types.forEach((type, i) => {
      const found = op.results[i]!.type;
      if (sameElement(found.element, type.element) && sameShape(found.shape, type.shape)) return;
      this.#report(3, `Result ${i} is ${typeText(found)}, but must be ${typeText(type)}`);
    });
  }

  #regionsOf(op: Op): void {
    if (op.name === "if") {
      if (op.regions.some(({ params }) => params.length > 0)) {
        this.#report(7, "A branch has parameters");
      }
    } else if (op.name !== "for" && op.name !== "while") {
      for (const region of op.regions) this.#function(region);
    }
  }

  /** What an operation such as `reduce` applies to elements. */
  #function(region: Region): void {
    const scalars = (values: readonly Value[]) =>
      values.every(({ type }) => type.shape.length === 0);
    if (!scalars(region.params)) this.#report(9, "A function of elements takes a tile");
    for (const op of region.ops) {
      this.#op = op;
      const { traits = [] } = OPS[op.name];
      if (traits.includes("reads") || traits.includes("writes")) {
        this.#report(9, "A function of elements touches memory");
      }
      if (!scalars(op.results)) this.#report(9, "A function of elements computes a tile");
      for (const inner of op.regions) this.#function(inner);
    }
  }

  #type(type: Type): void {
    const { element, shape, layout } = type;
    if (!shape.every((dim) => Number.isInteger(dim) && dim > 0)) {
      this.#report(10, `${typeText(type)} has dimensions that are not positive integers`);
    }
    if (isPointer(element)) {
      const param = this.graph.params.find(({ name }) => name === element.base)?.value.type.element;
      if (!param || !isPointer(param)) {
        this.#report(8, `${typeText(type)} points into no pointer parameter of the kernel`);
      } else if (param.pointee !== element.pointee) {
        this.#report(8, `${typeText(type)} points into a buffer of ${param.pointee.name}`);
      }
    }
    if (shape.length === 0) {
      if (layout) this.#report(11, `A scalar has the layout ${layout}`);
      return;
    }
    this.#withLayout ??= layout !== undefined;
    if (this.#withLayout !== (layout !== undefined)) {
      this.#report(
        11,
        layout
          ? `${typeText(type)} has a layout, but those before have none`
          : `${typeText(type)} has no layout, but those before have one`,
      );
    }
    if (!layout) return;
    if (!sameShape(layout.shape, shape)) {
      this.#report(12, `${typeText(type)} has a layout of ${layout.shape.join("x")}`);
    } else if (!layout.isSurjective) {
      this.#report(12, `${typeText(type)} has a layout that leaves elements out: ${layout}`);
    }
    const spread = `${layout.sizeOf("lane")} lanes and ${layout.sizeOf("warp")} warps`;
    this.#spread ??= spread;
    if (spread !== this.#spread) {
      this.#report(
        12,
        `${typeText(type)} has a layout over ${spread}, others over ${this.#spread}`,
      );
    }
  }

  #layouts(op: Op): void {
    const isAccess = op.name === "load" || op.name === "store" || isAtomic(op);
    if (elementwise(op.name) || isAccess || isReport(op)) {
      this.#oneLayout("Operands and results", [...op.operands, ...op.results]);
    } else if (op.name === "for" || op.name === "while") {
      const { operands, params } = CARRIES[op.name];
      op.results.forEach((result, i) => {
        const places = op.regions.map((region) => region.params[params + i]!);
        const next = op.regions.at(-1)!.yields[i]!;
        this.#oneLayout(`Carried values ${i}`, [op.operand(operands + i), ...places, next, result]);
      });
    } else if (op.name === "if") {
      op.results.forEach((result, i) =>
        this.#oneLayout(`Yields ${i}`, [...op.regions.map(({ yields }) => yields[i]!), result])
      );
    }
  }

  #oneLayout(what: string, values: readonly (Value | undefined)[]): void {
    const layouts = values.map((value) => value?.type.layout);
    const [first] = layouts;
    if (layouts.every((layout) => layout === first || (layout && first?.equals(layout)))) return;
    const texts = new Set(layouts.map((layout) => layout?.toString() ?? "none"));
    this.#report(13, `${what} have different layouts: ${[...texts].join(" and ")}`);
  }
}

function nameOf({ hint, type }: Value): string {
  return hint ? `%${hint}` : `of ${typeText(type)}`;
}

function kindOf(value: unknown): AttributeKind {
  if (Array.isArray(value)) return "numbers";
  return typeof value === "bigint" ? "number" : typeof value as AttributeKind;
}
