/** Atomic operations: programs run one after the other, so what matters is that each element counts. */

import { DTYPES, type HostArray, isFloat } from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import type { AtomicName } from "../ir/ops/atomics.ts";
import { isPointer } from "../ir/type.ts";
import { failAccess } from "./failure.ts";
import type { Operand, Planner } from "./planner.ts";

/** The new value of an element of memory, from the old one and an operand. */
type Update = (memory: HostArray, at: number, x: number) => void;

/** The bits of 32-bit elements. */
function bitsOf(memory: HostArray): Int32Array {
  return new Int32Array(memory.buffer, memory.byteOffset, memory.length);
}

const number = new Float32Array(1), bits = new Int32Array(number.buffer);

/**
 * The larger (or smaller) of floats by their bits: those of positive numbers are ordered as integers
 * with a sign, those of negative ones the other way round. NaNs are beyond the infinities.
 */
function floatExtremum(larger: boolean): Update {
  return (memory, at, x) => {
    number[0] = x;
    const all = bitsOf(memory), old = all[at]!, own = bits[0]!;
    const positive = own >= 0;
    const above = positive ? own > old : (own >>> 0) < (old >>> 0);
    const below = positive ? own < old : (own >>> 0) > (old >>> 0);
    if (larger ? above : below) all[at] = own;
  };
}

const UPDATES: Readonly<Record<AtomicName, Update>> = {
  add: (memory, at, x) => void (memory[at]! += x),
  max: (memory, at, x) => void (memory[at] = Math.max(memory[at]!, x)),
  min: (memory, at, x) => void (memory[at] = Math.min(memory[at]!, x)),
  and: (memory, at, x) => void (memory[at]! &= x),
  or: (memory, at, x) => void (memory[at]! |= x),
  xor: (memory, at, x) => void (memory[at]! ^= x),
  xchg: (memory, at, x) => void (memory[at] = x),
};

function updateOf(op: Op, float: boolean): Update {
  const name = String(op.attributes["op"]) as AtomicName;
  if (float && (name === "max" || name === "min")) return floatExtremum(name === "max");
  return UPDATES[name];
}

export function planAtomic(planner: Planner, op: Op): void {
  const { frame } = planner, { element, shape } = op.operand(0).type;
  if (!isPointer(element)) throw new Error("An atomic operation has no pointer");
  const { base, pointee } = element;
  const isCas = op.name === "atomic_cas";
  const pointer = planner.operand(op.operand(0));
  const first = planner.operand(op.operand(1));
  const swap: Operand = isCas ? planner.operand(op.operand(2)) : first;
  const given = op.operands[isCas ? 3 : 2];
  const mask: Operand = given ? planner.operand(given) : planner.constant(DTYPES.bool, 1);
  const update = isCas ? UPDATES.xchg : updateOf(op, isFloat(pointee));
  const scratch = planner.constant(pointee, 0).array, scratchBits = bitsOf(scratch);
  const run = (out: HostArray, n: number) => {
    const memory = frame.memory.get(base)!;
    for (let i = 0; i < n; i++) {
      out[i] = 0;
      if (mask.array[i & mask.mask] === 0) continue;
      const at = pointer.array[i & pointer.mask]!;
      const old = memory[at >>> 0];
      if (old === undefined) failAccess(frame, op, base, at, "update");
      out[i] = old;
      if (isCas) {
        scratch[0] = first.array[i & first.mask]!;
        if (scratchBits[0] !== bitsOf(memory)[at]) continue;
      }
      update(memory, at, swap.array[i & swap.mask]!);
    }
  };
  if (shape.length === 0) {
    const { array } = planner.constant(pointee, 0), slot = planner.putNumber(op.result);
    planner.push(() => {
      run(array, 1);
      frame.numbers[slot] = array[0]!;
    });
  } else {
    const out = planner.putTile(op.result);
    planner.push(() => run(out, out.length));
  }
}
