/** Operations on memory that no other program can come between, and synchronisation. */

import { bf16, bool, f16, isFloat, isInteger } from "../dtype.ts";
import { isPointer, sameElement, sameShape, type Type, typeText, withElement } from "../type.ts";
import { at, expect, type Inference, type Row } from "./row.ts";

/** What an atomic operation makes of the old value and its operand. */
export type AtomicName = "add" | "max" | "min" | "and" | "or" | "xor" | "xchg";

export const ATOMIC_NAMES: readonly AtomicName[] = [
  "add",
  "max",
  "min",
  "and",
  "or",
  "xor",
  "xchg",
];

/** The type of what pointers point to, which values must have too. */
function pointee(op: Inference, values: readonly (Type | undefined)[]): Type {
  const pointer = at(op.operands, 0), { element } = pointer;
  expect(isPointer(element), () => `${typeText(pointer)} is no pointer`);
  const type = withElement(pointer, element.pointee);
  const isHalf = element.pointee === f16 || element.pointee === bf16;
  expect(
    element.pointee.bits >= 32 || (isHalf && op.attributes["op"] === "add"),
    () => `Atomic operations are on 32 and 64 bits, of halves sums alone, not on ${typeText(type)}`,
  );
  for (const value of values) {
    expect(
      value !== undefined && sameShape(value.shape, type.shape) &&
        sameElement(value.element, type.element),
      () => `The value is ${value && typeText(value)}, but must be ${typeText(type)}`,
    );
  }
  return type;
}

function checkMask(mask: Type | undefined, type: Type): void {
  expect(
    !mask || (mask.element === bool && sameShape(mask.shape, type.shape)),
    () => `The mask is ${mask && typeText(mask)}, but must be a bool for each pointer`,
  );
}

export const ATOMICS = {
  atomic_rmw: {
    doc:
      "Replaces what each pointer points to by what the operation `op` (add, max, min, and, or, xor, xchg) makes of it and the value, where the mask is true; gives what was there before, or 0 where the mask is false.",
    operands: ["pointer", "value", "mask?"],
    attributes: { op: "string" },
    traits: ["reads", "writes"],
    infer: (op) => {
      const mask = op.operands[2], name = String(op.attributes["op"]);
      const type = pointee(op, [op.operands[1]]);
      expect(
        (ATOMIC_NAMES as readonly string[]).includes(name),
        () => `There is no atomic operation '${name}'`,
      );
      const dtype = type.element;
      expect(
        !isPointer(dtype) && (isInteger(dtype) ||
          (isFloat(dtype) && ["add", "max", "min", "xchg"].includes(name))),
        () => `The atomic operation '${name}' is not for ${typeText(type)}`,
      );
      checkMask(mask, type);
      return [type];
    },
  },
  atomic_cas: {
    doc:
      "Replaces what each pointer points to by the value where its bits equal those compared with and the mask is true; gives what was there before, or 0 where the mask is false.",
    operands: ["pointer", "compare", "value", "mask?"],
    traits: ["reads", "writes"],
    infer: (op) => {
      const type = pointee(op, [op.operands[1], op.operands[2]]);
      checkMask(op.operands[3], type);
      return [type];
    },
  },
  barrier: {
    doc: "Waits for all invocations of a program, and makes their writes seen.",
    operands: [],
    traits: ["reads", "writes"],
    infer: () => [],
  },
} satisfies Record<string, Row>;

/** True for operations on memory that give what was there before. */
export function isAtomic(op: { readonly name: string }): boolean {
  return op.name === "atomic_rmw" || op.name === "atomic_cas";
}
