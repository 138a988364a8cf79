/** The random numbers of `tl`. */

import type { Tile } from "./types.ts";

/** What is said of random numbers besides seed and offsets. */
export interface RandomOptions {
  /** Rounds of Philox, 10 unless given; fewer are faster and less random. */
  readonly nRounds?: number | undefined;
}

/**
 * Random numbers by Philox-4x32, the same on every device and bit for bit those of Triton: a pure
 * function of a seed and of offsets, which should differ from element to element.
 */
export interface RandomFunctions {
  /** Random u32s. */
  randint(seed: number, offset: number, options?: RandomOptions): Tile;
  /** Four tiles of random u32s; takes as long as one. */
  randint4x(seed: number, offset: number, options?: RandomOptions): Tile[];
  /** Random f32s, uniform from 0 up to but not including 1. */
  rand(seed: number, offset: number, options?: RandomOptions): Tile;
  /** Four tiles of uniform random f32s; takes as long as one. */
  rand4x(seed: number, offset: number, options?: RandomOptions): Tile[];
  /** Random f32s of the normal distribution with mean 0 and deviation 1. */
  randn(seed: number, offset: number, options?: RandomOptions): Tile;
  /** Four tiles of normal random f32s. */
  randn4x(seed: number, offset: number, options?: RandomOptions): Tile[];
  /** Four u32s from a seed of up to 64 bits and a counter of four words. */
  philox(
    seed: number,
    c0: number,
    c1: number,
    c2: number,
    c3: number,
    options?: RandomOptions,
  ): Tile[];
  /** Four u32s from the two words of a key and a counter of four words. */
  philoxImpl(
    c0: number,
    c1: number,
    c2: number,
    c3: number,
    k0: number,
    k1: number,
    options?: RandomOptions,
  ): Tile[];
  /** A uniform f32 from 0 up to but not including 1, from a random 32-bit integer. */
  uintToUniformFloat(x: number): Tile;
  /** Two normal f32s from two uniform ones. */
  pairUniformToNormal(u1: number, u2: number): Tile[];
}

/** The names of the functions. */
export const RANDOM_NAMES = {
  randint: 0,
  randint4x: 0,
  rand: 0,
  rand4x: 0,
  randn: 0,
  randn4x: 0,
  philox: 0,
  philoxImpl: 0,
  uintToUniformFloat: 0,
  pairUniformToNormal: 0,
} satisfies Record<keyof RandomFunctions, 0>;
