/** Loads and stores, each access checked against the tensor's length. */

import { numbersOf, TO_BITS } from "../ir/bits.ts";
import { DTYPES, type HostArray, isEncoded } from "../ir/dtype.ts";
import type { Op, Value } from "../ir/graph.ts";
import { isPointer } from "../ir/type.ts";
import { failAccess } from "./failure.ts";
import { instantiate, loadDecodedLoop, loadLoop, storeEncodedLoop, storeLoop } from "./loops.ts";
import type { Operand, Planner } from "./planner.ts";

const NO_NUMBERS = new Float32Array(0);

/** The parameter that a pointer value points into, and what to. */
function baseOf(pointer: Value) {
  const { element } = pointer.type;
  if (!isPointer(element)) throw new Error("A load or store has no pointer");
  return element;
}

/** The operand, or the constant that stands for it when it is left out. */
function maskOf(planner: Planner, mask: Value | undefined): Operand {
  return mask ? planner.operand(mask) : planner.constant(DTYPES.bool, 1);
}

/** True when every operand is a number: then there is one access, also for a whole tile. */
function allNumbers(planner: Planner, op: Op): boolean {
  return op.operands.every((value) => planner.place(value).kind === "number");
}

/** Visits the elements of memory that an access reaches, in order; those outside are left to the access. */
function eachAccess(
  n: number,
  pointer: Operand,
  mask: Operand,
  memory: HostArray,
  visit: (at: number, i: number) => void,
): void {
  for (let i = 0; i < n; i++) {
    if (mask.array[i & mask.mask] === 0) continue;
    const at = Number(pointer.array[i & pointer.mask]);
    if (at >= 0 && at < memory.length) visit(at, i);
  }
}

export function planLoad(planner: Planner, op: Op): void {
  const { frame } = planner, [pointerValue, maskValue, otherValue] = op.operands;
  const { base, pointee } = baseOf(op.operand(0));
  const single = allNumbers(planner, op);
  const pointer = planner.operand(pointerValue!), mask = maskOf(planner, maskValue);
  const other = otherValue ? planner.operand(otherValue) : planner.constant(pointee, 0);
  const encoded = isEncoded(pointee);
  const loop = instantiate(
    encoded ? loadDecodedLoop : loadLoop,
    `${pointee.name} ${maskValue ? "masked" : ""}`,
  );
  const numbers = encoded ? numbersOf(pointee) : NO_NUMBERS;
  const access = (out: Operand["array"]) => {
    const memory = frame.memory.get(base)!;
    if (frame.checks) {
      eachAccess(out.length, pointer, mask, memory, (at) => {
        frame.checks!.load(op, base, memory, at);
      });
    }
    const failed = loop(
      out.length,
      out,
      memory,
      pointer.array,
      pointer.mask,
      mask.array,
      mask.mask,
      other.array,
      other.mask,
      numbers,
    );
    if (failed >= 0) failAccess(frame, op, base, Number(pointer.array[failed & pointer.mask]));
    if (pointee.kind === "bool") { // bytes from outside may be any number
      for (let i = 0; i < out.length; i++) if (out[i] !== 0) out[i] = 1;
    }
  };
  if (single) {
    const { array } = planner.constant(pointee, 0), slot = planner.putNumber(op.result);
    planner.push(() => {
      access(array);
      frame.numbers[slot] = array[0]!;
    });
  } else {
    planner.release(); // element i of the result needs no more than element i of each operand
    const out = planner.putTile(op.result);
    planner.push(() => access(out));
  }
}

export function planStore(planner: Planner, op: Op): void {
  const { frame } = planner, [pointerValue, valueValue, maskValue] = op.operands;
  const { base, pointee } = baseOf(op.operand(0));
  const n = allNumbers(planner, op) ? 1 : planner.length(op.operand(1));
  const pointer = planner.operand(pointerValue!), value = planner.operand(valueValue!);
  const mask = maskOf(planner, maskValue);
  const loop = instantiate(
    isEncoded(pointee) ? storeEncodedLoop : storeLoop,
    `${pointee.name} ${maskValue ? "masked" : ""}`,
  );
  const encode = TO_BITS[pointee.name];
  planner.push(() => {
    const memory = frame.memory.get(base)!;
    if (frame.checks) {
      eachAccess(n, pointer, mask, memory, (at, i) => {
        const given = value.array[i & value.mask]!;
        const held = isEncoded(pointee) ? encode(given) : given;
        frame.checks!.store(op, base, memory, at, given, held);
      });
    }
    const failed = loop(
      n,
      memory,
      pointer.array,
      pointer.mask,
      value.array,
      value.mask,
      mask.array,
      mask.mask,
      encode,
    );
    if (failed >= 0) failAccess(frame, op, base, Number(pointer.array[failed & pointer.mask]));
  });
}
