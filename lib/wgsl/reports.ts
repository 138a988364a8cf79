/**
 * How a shader tells the host something: records appended to a buffer that all kernels share.
 *
 * A record is the number of the place in the batch of launches, the three indices of the program,
 * the element's place in its tile, and the words of its value. A record that does not fit is counted.
 */

/** The name of the number in the uniform buffer that counts this launch's first place; no parameter has it. */
export const FIRST_REPORT = "#first_report";

export const FIRST_REPORT_FIELD = "first_report";

/** What the buffer holds: see `lib/runtime/reports.ts`. */
export const REPORTS_TYPE = `struct Reports {
  used: atomic<u32>,
  dropped: atomic<u32>,
  words: array<u32>,
}`;

/** The words of a record whose value has so many. */
export function recordWords(valueWords: number): number {
  return 5 + valueWords;
}

/** The name and text of the function that appends a record. */
export function reportFunction(valueWords: number): [name: string, source: string] {
  const name = `report_${valueWords}`, size = recordWords(valueWords);
  const words = Array.from({ length: valueWords }, (_, i) => `w${i}`);
  const params = [
    "place: u32",
    "x: i32",
    "y: i32",
    "z: i32",
    "element: i32",
    ...words.map((word) => `${word}: u32`),
  ];
  const record = [
    `scalars.${FIRST_REPORT_FIELD} + place`,
    ...["x", "y", "z", "element"].map((value) => `u32(${value})`),
    ...words,
  ];
  return [
    name,
    `fn ${name}(${params.join(", ")}) {
  // Once the buffer is full nothing more is claimed, so that the count cannot come round.
  let space = arrayLength(&reports.words);
  var at = space;
  if (atomicLoad(&reports.used) < space) {
    at = atomicAdd(&reports.used, ${size}u);
  }
  if (at + ${size}u > space) {
    atomicAdd(&reports.dropped, 1u);
    return;
  }
${record.map((word, i) => `  reports.words[at${i === 0 ? "" : ` + ${i}u`}] = ${word};`).join("\n")}
}`,
  ];
}
