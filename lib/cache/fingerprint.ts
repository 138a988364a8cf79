/**
 * A short text that differs where texts differ: what file names are made of.
 *
 * 128 bits from four lanes of multiplication and rotation, which spread any change over all of
 * them. Nobody is kept from making two texts of one fingerprint, so where it matters the text itself
 * is compared as well.
 */
export function fingerprint(text: string): string {
  const lanes = Uint32Array.of(0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f);
  for (let i = 0; i < text.length; i++) {
    const lane = i & 3, mixed = Math.imul(lanes[lane]! ^ text.charCodeAt(i), 0x01000193);
    lanes[lane] = (mixed << 13 | mixed >>> 19) + lanes[(lane + 1) & 3]!;
  }
  lanes[0]! ^= text.length;
  for (let round = 0; round < 8; round++) {
    const lane = round & 3, x = lanes[lane]! ^ lanes[(lane + 3) & 3]!;
    lanes[lane] = Math.imul(x ^ x >>> 16, 0x7feb352d) ^ x >>> 15;
  }
  return [...lanes].map((lane) => lane.toString(16).padStart(8, "0")).join("");
}
