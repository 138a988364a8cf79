/**
 * What running kernels tell the host, as text: `tl.devicePrint`, failed `tl.deviceAssert`, and accesses
 * outside of tensors.
 *
 * The CPU backend and the GPU both hand over elements; what is made of them is the same.
 */

import { codeFrame, KernelError } from "../errors.ts";
import { TO_BITS } from "./bits.ts";
import { type DType, type Numeric, roundTo } from "./dtype.ts";
import type { Location, Op } from "./graph.ts";
import { isPointer, size, tile, type Type } from "./type.ts";

/** A place in a kernel that tells the host something. */
export interface ReportSite {
  readonly kernel: string;
  readonly kind: "print" | "assert" | "check_bounds";
  /** What it tells of: the type that the author sees, not padded. */
  readonly type: Type;
  /** What stands before the value, what the assertion says, or the verb of the access. */
  readonly text: string;
  /** The parameter whose tensor is accessed. */
  readonly base: string;
  readonly form: "decimal" | "hex" | "none";
  readonly location: Location | undefined;
}

/** Which program of a launch. */
export type ProgramId = readonly [x: number, y: number, z: number];

/** An element that was told of, by its place in row-major order. */
export interface ReportedElement {
  readonly index: number;
  readonly value: Numeric;
}

/** The place that an operation is. */
export function siteOf(kernel: string, op: Op): ReportSite {
  const { label, message, verb, base, form } = op.attributes;
  return {
    kernel,
    kind: op.name === "assert" || op.name === "check_bounds" ? op.name : "print",
    type: tile(op.numbers("of"), op.operand(0).type.element),
    text: String(label ?? message ?? verb ?? ""),
    base: String(base ?? ""),
    form: form === "hex" || form === "none" ? form : "decimal",
    location: op.location,
  };
}

/** `(0, 2, 0)` */
export function tupleText(numbers: readonly number[]): string {
  return `(${numbers.join(", ")})`;
}

/** The coordinates of an element by its place in row-major order. */
export function coordinates(index: number, shape: readonly number[]): number[] {
  let rest = index;
  return shape.toReversed().map((dim) => {
    const at = rest % dim;
    rest = Math.floor(rest / dim);
    return at;
  }).reverse();
}

/** The shortest decimal text that means this number among those of the dtype. */
function floatText(x: number, dtype: DType): string {
  if (Object.is(x, -0)) return "-0";
  if (!Number.isFinite(x)) return String(x);
  const digits = dtype.bits > 32 ? 17 : 9;
  for (let precision = 1; precision < digits; precision++) {
    const short = Number(x.toPrecision(precision));
    if (roundTo(dtype, short) === x) return String(short);
  }
  return String(x);
}

/** One element as text. A pointer is told by its offset. */
function elementText(x: Numeric, { type, form }: ReportSite): string {
  const { element } = type;
  if (isPointer(element)) return `${element.base} + ${x}`;
  if (form === "hex") {
    return `0x${TO_BITS[element.name](x).toString(16).padStart(element.bytes * 2, "0")}`;
  }
  if (element.kind === "bool") return x ? "true" : "false";
  return element.kind === "float" ? floatText(Number(x), element) : String(x);
}

/** All elements of a tile in row-major order, in brackets; rows on lines of their own. */
function tileText(values: readonly string[], shape: readonly number[], indent = ""): string {
  const [length, ...inner] = shape;
  if (length === undefined) return values[0]!;
  if (inner.length === 0) return `[${values.join(", ")}]`;
  const step = values.length / length, deeper = `${indent}  `;
  const parts = Array.from(
    { length },
    (_, i) => deeper + tileText(values.slice(i * step, (i + 1) * step), inner, deeper),
  );
  return `[\n${parts.join(",\n")}\n${indent}]`;
}

/**
 * What is printed when a program has passed a place once: the whole tile where every element was
 * told of, else a line for each that was.
 */
export function printText(
  site: ReportSite,
  program: ProgramId,
  elements: readonly ReportedElement[],
): string {
  const { shape } = site.type, who = `pid ${tupleText(program)}`;
  if (site.form === "none") return `${who} ${site.text}`;
  const label = site.text === "" ? "" : ` ${site.text}:`;
  const sorted = elements.toSorted((a, b) => a.index - b.index);
  const texts = sorted.map(({ value }) => elementText(value, site));
  if (sorted.length === size(site.type)) return `${who}${label} ${tileText(texts, shape)}`;
  return sorted.map(({ index }, i) =>
    `${who} idx ${tupleText(coordinates(index, shape))}${label} ${texts[i]}`
  ).join("\n");
}

/** The error for an assertion that fails at an element, and perhaps at others of the same tile. */
export function assertionError(
  site: ReportSite,
  program: ProgramId,
  index: number,
  others: number,
): KernelError {
  const { shape } = site.type;
  const what = site.text === "" ? "A tl.deviceAssert does not hold" : site.text;
  const where = shape.length === 0
    ? ""
    : ` at element ${tupleText(coordinates(index, shape))}${
      others === 0 ? "" : ` and ${others} more`
    },`;
  const parts = [
    `Assertion failed: ${what},${where} in program ${
      tupleText(program)
    } of kernel '${site.kernel}'`,
  ];
  if (site.location) parts.push(codeFrame(site.location));
  return new KernelError(parts.join("\n\n"));
}

/** The error for an access to an element that a tensor does not have. */
export function accessError(
  { kernel, text: verb, base, location }: Pick<ReportSite, "kernel" | "text" | "base" | "location">,
  program: ProgramId,
  index: number,
  length: number,
): KernelError {
  const elements = length === 1 ? "1 element" : `${length} elements`;
  return problemError(
    { kernel, location },
    program,
    `Cannot ${verb} element ${index} of '${base}': the tensor has ${elements}`,
    `Give the ${verb} a mask that is false where the pointer leaves the tensor`,
  );
}

/** The error for something that a program must not do. */
export function problemError(
  { kernel, location }: Pick<ReportSite, "kernel" | "location">,
  program: ProgramId,
  problem: string,
  remedy: string,
): KernelError {
  const where = `${problem}, in program ${tupleText(program)} of kernel '${kernel}'`;
  const parts = [where, location ? codeFrame(location) : "", `help: ${remedy}`];
  return new KernelError(parts.filter((part) => part !== "").join("\n\n"));
}
