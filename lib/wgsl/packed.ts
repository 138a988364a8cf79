/**
 * Buffers of narrow elements: arrays of u32 words that hold four or two of them each.
 *
 * A store of whole words writes them. A part of a word is exchanged atomically, so that whoever
 * stores its neighbours at the same time loses nothing.
 */

import { DTYPES } from "../ir/dtype.ts";
import type { BufferUse } from "../ir/invocation.ts";
import { decoded, encoded, narrowed } from "../ir/ops/narrow.ts";
import { call, type WgslSite } from "../ir/ops/row.ts";

const { u32 } = DTYPES;

/** What both directions need to know: which word element `index` is in, and how words are accessed. */
function words(name: string, { dtype, atomic }: BufferUse) {
  const perWord = 4 / dtype.bytes, bits = dtype.bytes * 8;
  const first = `index >> ${Math.log2(perWord)}u`;
  return {
    perWord,
    bits,
    mask: 2 ** bits - 1,
    first,
    /** By how much to shift element `index` to the lowest bits of its word. */
    shift: `(u32(index) & ${perWord - 1}u) * ${bits}u`,
    read: (i: number) => {
      const place = `${name}[${i === 0 ? first : `(${first}) + ${i}`}]`;
      return atomic ? `atomicLoad(&${place})` : place;
    },
    write: (i: number, value: string) => {
      const place = `${name}[${i === 0 ? first : `(${first}) + ${i}`}]`;
      return atomic ? `atomicStore(&${place}, ${value});` : `${place} = ${value};`;
    },
  };
}

/** Declares and names the function `(index) -> elements` for the site's width; the index is divisible by that. */
export function loadHelper(name: string, buffer: BufferUse, site: WgslSite): string {
  const { dtype } = buffer, { width } = site;
  return site.helper(`load_${name}`, (full) => {
    const { perWord, bits, mask, shift, read } = words(name, buffer);
    const lines = [`fn ${full}(index: i32) -> ${site.type(dtype)} {`];
    if (width < perWord) {
      lines.push(`  let word_0 = ${read(0)} >> (${shift});`);
    } else {
      for (let i = 0; i < width / perWord; i++) lines.push(`  let word_${i} = ${read(i)};`);
    }
    const parts = Array.from({ length: width }, (_, i) => {
      const word = `word_${Math.floor(i / perWord)}`, by = i % perWord * bits;
      return `(${by === 0 ? word : `(${word} >> ${by}u)`} & ${mask}u)`;
    });
    const raw = width === 1 ? parts[0]! : call(site.type(u32), parts);
    lines.push(`  let bits = ${raw};`, `  return ${decoded("bits", dtype, site)};`, "}");
    return lines.join("\n");
  });
}

/** Declares and names the function `(index, elements)` that stores whole words, or one element. */
export function storeHelper(name: string, buffer: BufferUse, site: WgslSite): string {
  const { dtype } = buffer, { width } = site;
  return site.helper(`store_${name}`, (full) => {
    const { perWord, bits, mask, first, shift, write } = words(name, buffer);
    const lines = [
      `fn ${full}(index: i32, value: ${site.type(dtype)}) {`,
      `  let bits = ${encoded("value", dtype, site)};`,
    ];
    if (width >= perWord) {
      for (let i = 0; i < width / perWord; i++) {
        const parts = Array.from({ length: perWord }, (_, j) => {
          const part = `bits.${"xyzw"[i * perWord + j]}`;
          return j === 0 ? part : `(${part} << ${j * bits}u)`;
        });
        lines.push(`  ${write(i, parts.join(" | "))}`);
      }
      return [...lines, "}"].join("\n");
    }
    if (width > 1 || !buffer.atomic) throw new Error(`Buffer ${name} is not stored to by element`);
    lines.push(
      `  let at = ${first};`,
      `  let shift = ${shift};`,
      `  var old = atomicLoad(&${name}[at]);`,
      "  loop {",
      `    let new_word = (old & ~(${mask}u << shift)) | (bits << shift);`,
      `    let result = atomicCompareExchangeWeak(&${name}[at], old, new_word);`,
      "    if (result.exchanged) {",
      "      break;",
      "    }",
      "    old = result.old_value;",
      "  }",
      "}",
    );
    return lines.join("\n");
  });
}

/** Declares and names the function `(index, x) -> old` that adds to one float, whoever changes its word. */
export function addHelper(name: string, buffer: BufferUse, site: WgslSite): string {
  const { dtype } = buffer, type = site.type(dtype);
  return site.helper(`atomic_add_of_${name}`, (full) => {
    const { mask, first, shift } = words(name, buffer);
    return `fn ${full}(index: i32, x: ${type}) -> ${type} {
  let at = ${first};
  let shift = ${shift};
  var old = atomicLoad(&${name}[at]);
  loop {
    let part = (old >> shift) & ${mask}u;
    let before = ${decoded("part", dtype, site)};
    let sum = ${narrowed("(before + x)", dtype, site)};
    let bits = ${encoded("sum", dtype, site)};
    let new_word = (old & ~(${mask}u << shift)) | (bits << shift);
    let result = atomicCompareExchangeWeak(&${name}[at], old, new_word);
    if (result.exchanged) {
      break;
    }
    old = result.old_value;
  }
  let last = (old >> shift) & ${mask}u;
  return ${decoded("last", dtype, site)};
}`;
  });
}
