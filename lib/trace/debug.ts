/** `tl.devicePrint` and `tl.deviceAssert`. */

import { DTYPES } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import type { DebugFunctions } from "../language/debug.ts";
import { elementOf } from "../language/dtypes.ts";
import type { Arguments, Entry } from "./arguments.ts";
import { elements } from "./members.ts";
import { maskOf } from "./memory.ts";
import { Problem } from "./problem.ts";
import { shapeOf } from "./semantics.ts";
import type { Tracer } from "./tracer.ts";
import { describe, isOperand, isPointerValue, isRecord, type Operand } from "./values.ts";

/** What is known when the kernel is compiled, as text. */
export function staticText(t: Tracer, x: unknown): string {
  if (typeof x === "string") return x;
  if (Array.isArray(x)) return `[${elements(t, x).map((item) => staticText(t, item)).join(", ")}]`;
  return elementOf(x)?.name ?? describe(x);
}

/** A label without what separates it from its value, which is written anew. */
function labelOf(texts: readonly string[]): string {
  return texts.join(" ").trim().replace(/\s*[:=]$/, "");
}

/** The mask as a value of the shape of `x`. */
function maskFor(a: Arguments, x: Value, mask: Operand | undefined): Value[] {
  if (mask === undefined) return [];
  const { semantics } = a.t, { shape } = x.type;
  const common = semantics.commonShape([shape, shapeOf(mask)], () => a.name);
  if (common.length !== shape.length || common.some((dim, i) => dim !== shape[i])) {
    throw new Problem(
      `${a.name} was given the mask ${describe(mask)} for ${describe(x)}`,
      "A mask says which elements are meant, so it cannot have more of them",
    );
  }
  return [semantics.as(mask, DTYPES.bool, shape)];
}

/** The texts and values of a call: each text with the values after it. */
function groupsOf(t: Tracer, items: readonly unknown[]): { texts: string[]; values: Operand[] }[] {
  const groups: { texts: string[]; values: Operand[] }[] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (isOperand(item)) {
      if (last) last.values.push(item);
      else groups.push({ texts: [], values: [item] });
    } else {
      const text = staticText(t, item);
      if (last?.values.length === 0) last.texts.push(text);
      else groups.push({ texts: [text], values: [] });
    }
  }
  return groups;
}

function devicePrint(a: Arguments, t: Tracer): void {
  a.count(1, Infinity);
  const last = a.list.length - 1, hasOptions = isRecord(a.list[last]);
  const given = hasOptions ? a.options(last, "mask", "hex") : {};
  const mask = maskOf(given.mask), isHex = given.hex === true;
  const print = (label: string, x: Value, form: string) =>
    t.builder.op("print", [x, ...maskFor(a, x, mask)], {
      attributes: { label, form, of: x.type.shape },
    });
  for (const { texts, values } of groupsOf(t, hasOptions ? a.list.slice(0, -1) : a.list)) {
    if (values.length === 0) print(texts.join(" "), t.semantics.constant(0, DTYPES.i32), "none");
    const label = labelOf(texts);
    values.forEach((value, i) => {
      const isPointer = isPointerValue(value), x = isPointer ? value : t.semantics.value(value);
      const numbered = values.length > 1 ? `${label} (operand ${i})`.trim() : label;
      print(numbered, x, isHex && !isPointer ? "hex" : "decimal");
    });
  }
}

function deviceAssert(a: Arguments, t: Tracer): void {
  a.count(1, 3);
  const [condition, message = ""] = a.list;
  if (typeof message !== "string") {
    throw new Problem(
      `The message of ${a.name} must be a compile-time text, not ${describe(message)}`,
      "To see a value print it before: tl.devicePrint('x', x)",
    );
  }
  const mask = maskOf(a.options(2, "mask").mask);
  const test = condition instanceof Value
    ? condition
    : t.semantics.constant(Boolean(condition), DTYPES.bool);
  if (isPointerValue(test)) throw new Problem(`${a.name} needs a condition, not ${describe(test)}`);
  const truth = t.semantics.truth(test), masks = maskFor(a, truth, mask);
  if (!t.debug || condition === true) return;
  t.builder.op("assert", [truth, ...masks], { attributes: { message, of: truth.type.shape } });
}

export const DEBUG_ENTRIES = {
  devicePrint: ['tl.devicePrint("x", x)', devicePrint],
  deviceAssert: ["tl.deviceAssert(condition, message, { mask })", deviceAssert],
} satisfies Record<keyof DebugFunctions, Entry>;
