/**
 * Arrays of an invocation's own that lie in a storage buffer, since compilers of shaders do badly with
 * private ones: a slot of four words for each packet, those of neighbouring invocations side by side.
 */

import type { Width } from "../ir/invocation.ts";

/** Words of a slot. */
const SLOT_WORDS = 4;

/** An array in the buffer. */
export interface ScratchArray {
  /** Its first slot. */
  readonly first: number;
  /** The WGSL type of its elements' components. */
  readonly component: string;
  readonly width: Width;
  readonly invocations: number;
}

/** Bytes that the programs of a workgroup need of the buffer. */
export function scratchBytes(slots: number, invocations: number): number {
  return slots * invocations * SLOT_WORDS * 4;
}

/** The first slot of the invocation. */
export function scratchPrologue(slots: number, invocations: number): string {
  return `  let own_slot = ((workgroup.z * workgroups.y + workgroup.y) * workgroups.x + workgroup.x) * ${
    slots * invocations
  }u + index;`;
}

/** The slot of an element. */
export function slotText({ first, invocations }: ScratchArray, index: string): string {
  const place = first === 0 ? index : `${index} + ${first}`;
  return `scratch[own_slot + u32(${place}) * ${invocations}u]`;
}

/** An element in its own type. */
export function fromSlot({ component, width }: ScratchArray, slot: string): string {
  const words = width === 4 ? slot : `${slot}.${width === 2 ? "xy" : "x"}`;
  const type = (of: string) => width === 1 ? of : `vec${width}<${of}>`;
  switch (component) {
    case "u32":
      return words;
    case "bool":
      return `(${words} != ${type("u32")}(0u))`;
    case "f16":
      return `${type("f16")}(bitcast<${type("f32")}>(${words}))`;
    default:
      return `bitcast<${type(component)}>(${words})`;
  }
}

/** An element as the words of a slot. */
export function toSlot({ component, width }: ScratchArray, value: string): string {
  const type = (of: string) => width === 1 ? of : `vec${width}<${of}>`;
  const words = component === "u32"
    ? value
    : component === "bool"
    ? `${type("u32")}(${value})`
    : component === "f16"
    ? `bitcast<${type("u32")}>(${type("f32")}(${value}))`
    : `bitcast<${type("u32")}>(${value})`;
  if (width === 4) return words;
  return `vec4<u32>(${words}${", 0u".repeat(4 - width)})`;
}
