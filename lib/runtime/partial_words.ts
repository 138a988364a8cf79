/**
 * Writing a part of a word: copies to a GPU's memory are of whole words of 4 bytes, and a view of a
 * tensor of a smaller dtype may begin or end within one, whose other bytes are not its own.
 */

import type { Program } from "./program.ts";

/** Replaces the bytes of one word where `keep` has zeros. */
export const PARTIAL_WORD: Program = {
  name: "write",
  wgsl: `
struct Scalars { word: u32, keep: u32, bits: u32 }
@group(0) @binding(0) var<storage, read_write> memory: array<u32>;
@group(0) @binding(1) var<uniform> scalars: Scalars;
@compute @workgroup_size(1)
fn main() {
  memory[scalars.word] = (memory[scalars.word] & scalars.keep) | scalars.bits;
}`,
  workgroupSize: 1,
  bindings: [{ param: "memory", access: "read_write" }],
  records: [],
  uniforms: [
    { name: "word", dtype: "u32", offset: 0 },
    { name: "keep", dtype: "u32", offset: 4 },
    { name: "bits", dtype: "u32", offset: 8 },
  ],
  uniformBytes: 16,
  workgroupBytes: 0,
};

/** One word of a write: where it is, and its new bytes. */
export interface PartialWord {
  /** The word's place, in bytes. */
  readonly at: number;
  readonly keep: number;
  readonly bits: number;
}

/** The words of a write to bytes from `at` on that it does not fill, and the bytes between them. */
export function partialWords(
  at: number,
  data: Uint8Array<ArrayBuffer>,
): { words: PartialWord[]; whole: Uint8Array<ArrayBuffer>; wholeAt: number } {
  const end = at + data.byteLength;
  const wholeAt = Math.min(Math.ceil(at / 4) * 4, end), wholeEnd = Math.max(wholeAt, end - end % 4);
  const words = [];
  if (at < wholeAt) words.push(partialWord(at, data.subarray(0, wholeAt - at)));
  if (wholeEnd < end) words.push(partialWord(wholeEnd, data.subarray(wholeEnd - at)));
  return { words, whole: data.subarray(wholeAt - at, wholeEnd - at), wholeAt };
}

/** Bytes that lie within one word. */
function partialWord(at: number, data: Uint8Array): PartialWord {
  const first = at % 4;
  let keep = 0xffff_ffff, bits = 0;
  data.forEach((byte, i) => {
    keep &= ~(0xff << (first + i) * 8);
    bits |= byte << (first + i) * 8;
  });
  return { at: at - first, keep, bits };
}
