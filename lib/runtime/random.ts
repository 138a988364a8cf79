/**
 * Random numbers that are the same on every device: Philox-4x32-10 (Salmon et al., 2011).
 *
 * Philox has no state. It maps a counter (here: which group of four numbers) and a key (the seed)
 * to four words of 32 bits, so number `i` of a seed does not depend on how many were drawn before.
 */

const KEY_STEP_0 = 0x9E3779B9, KEY_STEP_1 = 0xBB67AE85;
const ROUND_A = 0xD2511F53, ROUND_B = 0xCD9E8D57;

/** The upper 32 bits of the product of two 32-bit words, through four products of their halves. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16, bLow = b & 0xffff, bHigh = b >>> 16;
  const lowHigh = Math.imul(aLow, bHigh), highLow = Math.imul(aHigh, bLow);
  const middle = (Math.imul(aLow, bLow) >>> 16) + (lowHigh & 0xffff) + (highLow & 0xffff);
  return (Math.imul(aHigh, bHigh) + (lowHigh >>> 16) + (highLow >>> 16) + (middle >>> 16)) | 0;
}

/** Writes the four words of one counter and key to `words`. */
export function philox(words: Uint32Array, counter: number, key0: number, key1: number): void {
  let c0 = counter | 0, c1 = Math.floor(counter / 2 ** 32) | 0, c2 = 0, c3 = 0;
  let k0 = key0 | 0, k1 = key1 | 0;
  for (let round = 0; round < 10; round++) {
    const next0 = mulHigh(ROUND_B, c2) ^ c1 ^ k0, next2 = mulHigh(ROUND_A, c0) ^ c3 ^ k1;
    c1 = Math.imul(ROUND_B, c2);
    c3 = Math.imul(ROUND_A, c0);
    c0 = next0;
    c2 = next2;
    k0 = (k0 + KEY_STEP_0) | 0;
    k1 = (k1 + KEY_STEP_1) | 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/** What `out[i..i+3]` become of four words. */
type Transform = (words: Uint32Array, numbers: Float64Array) => void;

function fill(
  out: Float32Array | Float16Array,
  key0: number,
  key1: number,
  transform: Transform,
): void {
  const words = new Uint32Array(4), numbers = new Float64Array(4);
  for (let i = 0; i < out.length; i += 4) {
    philox(words, i / 4, key0, key1);
    transform(words, numbers);
    const end = Math.min(4, out.length - i);
    for (let j = 0; j < end; j++) out[i + j] = numbers[j]!;
  }
}

/**
 * Fills `out` with numbers spread evenly over [0, 1). As many bits are drawn as the element type
 * can hold below 1, so that none is rounded up to 1.
 */
export function fillUniform(out: Float32Array | Float16Array, key0: number, key1: number): void {
  const bits = out instanceof Float32Array ? 24 : 11;
  const shift = 32 - bits, scale = 2 ** -bits;
  fill(out, key0, key1, (words, numbers) => {
    for (let j = 0; j < 4; j++) numbers[j] = (words[j]! >>> shift) * scale;
  });
}

/** Fills `out` with numbers of mean 0 and variance 1, normally distributed (Box and Muller, 1958). */
export function fillNormal(out: Float32Array | Float16Array, key0: number, key1: number): void {
  fill(out, key0, key1, (words, numbers) => {
    for (let j = 0; j < 4; j += 2) {
      const radius = Math.sqrt(-2 * Math.log((words[j]! + 1) * 2 ** -32)); // never log(0)
      const angle = words[j + 1]! * 2 ** -32 * 2 * Math.PI;
      numbers[j] = radius * Math.cos(angle);
      numbers[j + 1] = radius * Math.sin(angle);
    }
  });
}
