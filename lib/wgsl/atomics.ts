/** WGSL functions for atomic operations on the buffers of kernel parameters. */

import type { AtomicOperation, BufferUse } from "../ir/invocation.ts";
import { bufferName } from "./names.ts";

/** What the items of a buffer are: integers of its dtype, or the bits of floats. */
export function atomicItem({ dtype }: BufferUse): "i32" | "u32" | "i64" | "u64" {
  if (dtype.name === "i32" || dtype.name === "i64") return dtype.name;
  return dtype.bits === 64 ? "u64" : "u32";
}

/** An atomic item read as the buffer's dtype. */
export function fromItem(buffer: BufferUse, item: string): string {
  return buffer.dtype.name === atomicItem(buffer) ? item : `bitcast<${buffer.dtype.name}>(${item})`;
}

/** A value of the buffer's dtype as an atomic item. */
export function toItem(buffer: BufferUse, value: string): string {
  const item = atomicItem(buffer);
  return buffer.dtype.name === item ? value : `bitcast<${item}>(${value})`;
}

const NATIVE = {
  add: "atomicAdd",
  max: "atomicMax",
  min: "atomicMin",
  and: "atomicAnd",
  or: "atomicOr",
  xor: "atomicXor",
  xchg: "atomicExchange",
} as const;

/** New bits from old ones, for what WGSL does not do on the bits of floats. */
function onBits(op: "add" | "max" | "min", buffer: BufferUse): string {
  const item = atomicItem(buffer);
  if (op === "add") return `bitcast<${item}>(${fromItem(buffer, "old")} + x)`;
  // By bits: positive numbers are ordered as integers, negative ones the other way round.
  const [greater, opposite] = op === "max" ? [">", "min"] : ["<", "max"];
  const signed = item === "u64" ? "i64" : "i32", none = item === "u64" ? "0lu" : "0u";
  const above = `bitcast<${signed}>(bits) ${greater} bitcast<${signed}>(old)`;
  const positive = `((bits >> ${buffer.dtype.bits - 1}u) == ${none})`;
  return `select(${opposite}(old, bits), select(old, bits, (${above})), ${positive})`;
}

/** The name and text of the function for an operation on a buffer. */
export function atomicFunction(op: AtomicOperation, buffer: BufferUse): [string, string] {
  const place = `&${bufferName(buffer.param)}[i]`, type = buffer.dtype.name;
  const name = `atomic_${op}_of_${bufferName(buffer.param)}`;
  if (op === "cas") {
    return [
      name,
      `fn ${name}(i: i32, compare: ${type}, x: ${type}) -> ${type} {
  var old = ${toItem(buffer, "compare")};
  loop {
    let result = atomicCompareExchangeWeak(${place}, ${toItem(buffer, "compare")}, ${
        toItem(buffer, "x")
      });
    old = result.old_value;
    // The weak operation may fail without a reason.
    if (result.exchanged || old != ${toItem(buffer, "compare")}) {
      break;
    }
  }
  return ${fromItem(buffer, "old")};
}`,
    ];
  }
  if (buffer.dtype.kind !== "float" || op === "xchg") {
    const call = `${NATIVE[op]}(${place}, ${toItem(buffer, "x")})`;
    return [
      name,
      `fn ${name}(i: i32, x: ${type}) -> ${type} {\n  return ${fromItem(buffer, call)};\n}`,
    ];
  }
  if (op !== "add" && op !== "max" && op !== "min") {
    throw new Error(`There is no atomic ${op} of floats`);
  }
  return [
    name,
    `fn ${name}(i: i32, x: ${type}) -> ${type} {
  let bits = ${toItem(buffer, "x")};
  var old = atomicLoad(${place});
  loop {
    let next = ${onBits(op, buffer)};
    let result = atomicCompareExchangeWeak(${place}, old, next);
    if (result.exchanged) {
      break;
    }
    old = result.old_value;
  }
  return ${fromItem(buffer, "old")};
}`,
  ];
}
