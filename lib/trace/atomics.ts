/** The atomic operations of `tl`. */

import { type DType, DTYPES, isFloat } from "../ir/dtype.ts";
import { Value } from "../ir/graph.ts";
import type { AtomicName } from "../ir/ops/atomics.ts";
import { sameShape } from "../ir/type.ts";
import type { AtomicFunctions } from "../language/atomics.ts";
import type { Arguments, Entry } from "./arguments.ts";
import { maskOf, pointerOf } from "./memory.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber } from "./promotion.ts";
import { shapeOf, shapeText } from "./semantics.ts";
import { describe, isPointerValue, type Operand, type PointerValue } from "./values.ts";

const ORDERS = ["acquire", "release", "acq_rel", "relaxed"];
const SCOPES = ["gpu", "cta", "sys"];

function checkChoice(a: Arguments, x: unknown, known: readonly string[], what: string): void {
  if (x === undefined || known.includes(x as string)) return;
  throw new Problem(
    `${a.name} knows no ${what} ${describe(x)}`,
    `Write one of ${known.map((name) => `'${name}'`).join(", ")}`,
  );
}

/** Throws unless there are atomic operations on what a pointer points to; halves are added to only. */
function checkPointee(a: Arguments, dtype: DType, allowFloats: boolean, adds = false): void {
  const isHalf = dtype === DTYPES.f16 || dtype === DTYPES.bf16;
  if (dtype.bits < 32 && !(adds && isHalf)) {
    throw new Problem(
      `${a.name} works on 32 and 64 bits in memory${
        adds ? ", and on f16 and bf16" : ""
      }, not on ${dtype.name}`,
      "Keep what is to be changed in a tensor of 32-bit elements",
    );
  }
  if (!allowFloats && isFloat(dtype)) {
    throw new Problem(`${a.name} works on integers, not on ${dtype.name}`);
  }
}

/** Throws unless what is given for each pointer has at most the pointers' shape. */
function checkShapes(a: Arguments, pointer: PointerValue, operands: readonly Operand[]): void {
  const { shape } = pointer.type;
  for (const x of operands) {
    const common = pointer.type.shape.length === 0 && shapeOf(x).length > 0
      ? undefined
      : a.t.semantics.commonShape([shape, shapeOf(x)], () => a.name);
    if (common && sameShape(common, shape)) continue;
    throw new Problem(
      `${a.name} was given pointers of shape ${shapeText(shape)} for ${describe(x)}`,
      "Give a pointer for each element: broadcast the offsets to the value's shape",
    );
  }
}

/** A value for each pointer, in the dtype that is pointed to. */
function valueFor(a: Arguments, pointer: PointerValue, x: Operand): Value {
  if (isPointerValue(x)) {
    throw new Problem(`${describe(x)} cannot be put into memory: it is a pointer`);
  }
  const { shape } = pointer.type, { semantics } = a.t;
  return semantics.broadcast(semantics.cast(x, pointer.type.element.pointee, shape), shape);
}

function readModifyWrite(name: string, op: AtomicName): Entry {
  const usage = `tl.${name}(pointer + offsets, value, { mask })`;
  const allowFloats = ["add", "max", "min", "xchg"].includes(op);
  return [usage, (a, t) => {
    a.count(2, 3);
    const pointer = pointerOf(a, "written to");
    checkPointee(a, pointer.type.element.pointee, allowFloats, op === "add");
    const { mask: given, sem, scope } = a.options(2, "mask", "sem", "scope");
    checkChoice(a, sem, ORDERS, "memory order");
    checkChoice(a, scope, SCOPES, "scope");
    const value = a.operand(1), mask = maskOf(given), { semantics } = t;
    checkShapes(a, pointer, mask === undefined ? [value] : [value, mask]);
    const operands = [pointer, valueFor(a, pointer, value)];
    if (mask !== undefined) operands.push(semantics.as(mask, DTYPES.bool, pointer.type.shape));
    return semantics.builder.value("atomic_rmw", operands, { attributes: { op } });
  }];
}

export const ATOMIC_ENTRIES = {
  atomicAdd: readModifyWrite("atomicAdd", "add"),
  atomicMax: readModifyWrite("atomicMax", "max"),
  atomicMin: readModifyWrite("atomicMin", "min"),
  atomicAnd: readModifyWrite("atomicAnd", "and"),
  atomicOr: readModifyWrite("atomicOr", "or"),
  atomicXor: readModifyWrite("atomicXor", "xor"),
  atomicXchg: readModifyWrite("atomicXchg", "xchg"),
  atomicCas: ["tl.atomicCas(pointer + offsets, compare, value)", (a, t) => {
    a.count(3, 4);
    const pointer = pointerOf(a, "written to"), { pointee } = pointer.type.element;
    checkPointee(a, pointee, true);
    const { sem, scope } = a.options(3, "sem", "scope");
    checkChoice(a, sem, ORDERS, "memory order");
    checkChoice(a, scope, SCOPES, "scope");
    const operands = [a.operand(1), a.operand(2)];
    checkShapes(a, pointer, operands);
    const wrong = operands.find((x) => x instanceof Value && dtypeOfNumber(x) !== pointee);
    if (wrong !== undefined) {
      throw new Problem(
        `${a.name} compares bits, so ${
          describe(wrong)
        } must be of ${pointee.name}, which the pointer is to`,
        `Cast it: tl.cast(x, tl.${pointee.name})`,
      );
    }
    const values = operands.map((x) => valueFor(a, pointer, x));
    return t.semantics.builder.value("atomic_cas", [pointer, ...values]);
  }],
  debugBarrier: ["tl.debugBarrier()", (a, t) => {
    a.count(0);
    t.semantics.builder.op("barrier", []);
  }],
} satisfies Record<keyof AtomicFunctions, Entry>;
