/** Pictures of digits in the terminal: two pixels, one above the other, make one character. */

const SIDE = 28;
/** The digits are centred with an empty margin, which is not drawn. */
const MARGIN = 3;
const BLOCKS = [" ", "▄", "▀", "█"];

/** The lines of one picture [28 * 28]. */
export function drawDigit(pixels: ArrayLike<number>): string[] {
  const lines: string[] = [];
  for (let y = MARGIN; y < SIDE - MARGIN; y += 2) {
    let line = "";
    for (let x = MARGIN; x < SIDE - MARGIN; x++) {
      const upper = pixels[y * SIDE + x]! > 0.4 ? 2 : 0;
      const lower = pixels[(y + 1) * SIDE + x]! > 0.4 ? 1 : 0;
      line += BLOCKS[upper + lower];
    }
    lines.push(line);
  }
  return lines;
}

/** Pictures beside each other, each with a caption below. */
export function drawDigits(
  pictures: readonly { pixels: ArrayLike<number>; caption: string }[],
): string {
  const width = SIDE - 2 * MARGIN;
  const drawn = pictures.map(({ pixels }) => drawDigit(pixels));
  const rows = Array.from(
    { length: width / 2 },
    (_, y) => drawn.map((lines) => lines[y]).join(" ").trimEnd(),
  );
  rows.push(pictures.map(({ caption }) => caption.padEnd(width)).join(" ").trimEnd());
  return rows.join("\n");
}
