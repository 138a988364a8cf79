/** Atomic operations: programs run one after the other, so what matters is that each element counts. */

import { FROM_BITS, TO_BITS } from "../ir/bits.ts";
import {
  type DType,
  DTYPES,
  elementOf,
  type HostArray,
  hostArray,
  isEncoded,
  isFloat,
  type Numeric,
  type NumericFunction,
  roundTo,
} from "../ir/dtype.ts";
import type { Op } from "../ir/graph.ts";
import { ARITHMETIC } from "../ir/ops/arithmetic.ts";
import type { AtomicName } from "../ir/ops/atomics.ts";
import type { ElementwiseRow } from "../ir/ops/row.ts";
import { isPointer } from "../ir/type.ts";
import { failAccess } from "./failure.ts";
import type { Operand, Planner } from "./planner.ts";

/** The new value of an element of memory, from the old one and an operand. */
type Update = (memory: HostArray, at: number, x: Numeric) => void;

/** The bits of elements of 32 or 64. */
function bitsOf(memory: HostArray): Int32Array | BigInt64Array {
  const { buffer, byteOffset, length } = memory;
  return memory.byteLength === 8 * length
    ? new BigInt64Array(buffer, byteOffset, length)
    : new Int32Array(buffer, byteOffset, length);
}

/**
 * The larger (or smaller) of floats by their bits: those of positive numbers are ordered as integers
 * with a sign, those of negative ones the other way round. NaNs are beyond the infinities.
 */
function floatExtremum(dtype: DType, larger: boolean): Update {
  const number = hostArray(dtype, 1), bits = bitsOf(number);
  const wrap = dtype.bits === 64 ? (x: bigint) => BigInt.asUintN(64, x) : (x: number) => x >>> 0;
  const unsigned: NumericFunction = wrap;
  return (memory, at, x) => {
    number[0] = x;
    const all: HostArray = bitsOf(memory), old = all[at]!, own = bits[0]!;
    const positive = own >= 0;
    const above = positive ? own > old : unsigned(own) < unsigned(old);
    const below = positive ? own < old : unsigned(own) > unsigned(old);
    if (larger ? above : below) all[at] = own;
  };
}

/** The others, by the row of the op table that computes the same. */
const SAME_AS = {
  add: ARITHMETIC.add,
  max: ARITHMETIC.max,
  min: ARITHMETIC.min,
  and: ARITHMETIC.and,
  or: ARITHMETIC.or,
  xor: ARITHMETIC.xor,
} satisfies Record<Exclude<AtomicName, "xchg">, ElementwiseRow>;

const exchange: Update = (memory, at, x) => void (memory[at] = x);

function updateOf(op: Op, dtype: DType): Update {
  const name = String(op.attributes["op"]) as AtomicName;
  if (name === "xchg") return exchange;
  if (isFloat(dtype) && (name === "max" || name === "min")) {
    return floatExtremum(dtype, name === "max");
  }
  const f = SAME_AS[name].evaluate({ operands: [dtype, dtype], result: dtype, attributes: {} });
  if (isEncoded(dtype)) { // memory holds their bits
    const number = FROM_BITS[dtype.name], bits = TO_BITS[dtype.name];
    return (memory, at, x) => {
      memory[at] = bits(roundTo(dtype, f(number(memory[at]!), x)));
    };
  }
  return (memory, at, x) => void (memory[at] = f(memory[at]!, x));
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
  const update = isCas ? exchange : updateOf(op, pointee), zero = elementOf(pointee, 0);
  const read: (held: Numeric) => Numeric = isEncoded(pointee)
    ? FROM_BITS[pointee.name]
    : (held) => held;
  const scratch = planner.constant(pointee, 0).array;
  const scratchBits = isCas ? bitsOf(scratch) : undefined;
  const run = (out: HostArray, n: number) => {
    const memory = frame.memory.get(base)!;
    for (let i = 0; i < n; i++) {
      out[i] = zero;
      if (mask.array[i & mask.mask] === 0) continue;
      const at = Number(pointer.array[i & pointer.mask]);
      const old = memory[at >>> 0];
      if (old === undefined) failAccess(frame, op, base, at, "update");
      out[i] = read(old);
      frame.checks?.load(op, base, memory, at);
      frame.checks?.update(memory, at);
      if (isCas) {
        scratch[0] = first.array[i & first.mask]!;
        if (scratchBits![0] !== bitsOf(memory)[at]) continue;
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
