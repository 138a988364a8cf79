/** Draws layouts as text: a table of the tile that says who holds each element. */

import { type Input, INPUTS, type LinearLayout } from "./linear_layout.ts";

const LETTERS: Readonly<Record<Input, string>> = { register: "r", lane: "l", warp: "w" };

export interface DrawingOptions {
  /** The most rows and columns to draw; what lies beyond is cut off, with dots. */
  readonly rows?: number;
  readonly columns?: number;
}

/**
 * A table with a cell for each element, such as `r3 l1 w0`: register 3 of lane 1 of warp 0. Inputs
 * of which there is only one are left out. Where an element has copies, the first holder is named and
 * a last line says which bits of its lane and warp make no difference. A tile of three or more
 * dimensions is drawn as a table for each index of the leading ones, of which the first two are shown.
 *
 *        0      1      2      3
 *     0  r0 l0  r1 l0  r0 l1  r1 l1
 *     1  r0 l2  r1 l2  r0 l3  r1 l3
 *     2  r2 l0  r3 l0  r2 l1  r3 l1
 *     3  r2 l2  r3 l2  r2 l3  r3 l3
 */
export function drawing(layout: LinearLayout, options: DrawingOptions = {}): string {
  const { shape } = layout, { rows = 16, columns = 16 } = options;
  const height = shape.at(-2) ?? 1, width = shape.at(-1) ?? 1;
  const tables = layout.elements / (height * width);
  const lines: string[] = [];
  for (let t = 0; t < Math.min(tables, 2); t++) {
    if (tables > 1) lines.push(`table ${t} of ${tables}`);
    lines.push(...table(layout, t * height * width, height, width, rows, columns));
  }
  if (tables > 2) lines.push("…");
  const { lane, warp } = layout.free;
  const bits = (mask: number) => [...mask.toString(2)].reverse().flatMap((b, i) => +b ? [i] : []);
  if (lane) lines.push(`copies: lanes that differ in bit ${bits(lane).join(", ")}`);
  if (warp) lines.push(`copies: warps that differ in bit ${bits(warp).join(", ")}`);
  return lines.join("\n");
}

function table(
  layout: LinearLayout,
  start: number,
  height: number,
  width: number,
  rows: number,
  columns: number,
): string[] {
  const inputs = INPUTS.filter((input) => layout.sizeOf(input) > 1);
  const cell = (index: number) => {
    const place = layout.locate(index);
    return inputs.map((input) =>
      LETTERS[input] + `${place[input]}`.padEnd(`${layout.sizeOf(input) - 1}`.length)
    ).join(" ");
  };
  const h = Math.min(height, rows), w = Math.min(width, columns);
  const dots = width > w ? ["…"] : [];
  const body = Array.from({ length: h }, (_, m) => [
    `${m}`,
    ...Array.from({ length: w }, (_, n) => cell(start + m * width + n)),
    ...dots,
  ]);
  const head = ["", ...Array.from({ length: w }, (_, n) => `${n}`), ...dots];
  const size = head.map((_, i) => Math.max(...[head, ...body].map((row) => row[i]!.length)));
  const text = (row: readonly string[]) =>
    row.map((x, i) => i === 0 ? x.padStart(size[i]!) : x.padEnd(size[i]!)).join("  ").trimEnd();
  return [text(head), ...body.map(text), ...(height > h ? ["…"] : [])];
}
