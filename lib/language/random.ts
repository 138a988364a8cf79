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
  /**
   * Random u32s.
   *
   * @example
   * tl.randint(42, tl.arange(0, 2)) // gives [2632642643, 4242219303]
   */
  randint(seed: number, offset: number, options?: RandomOptions): Tile;
  /**
   * Four tiles of random u32s; takes as long as one.
   *
   * @example
   * tl.randint4x(42, tl.arange(0, 2)) // gives [2632642643, 4242219303] and [2012563771, 1404726525] and [314527917, 2207210094] and [1463989207, 1951270651]
   */
  randint4x(seed: number, offset: number, options?: RandomOptions): Tile[];
  /**
   * Random f32s, uniform from 0 up to but not including 1.
   *
   * @example
   * tl.rand(42, tl.arange(0, 2)) // gives [0.77408, 0.024563]
   */
  rand(seed: number, offset: number, options?: RandomOptions): Tile;
  /**
   * Four tiles of uniform random f32s; takes as long as one.
   *
   * @example
   * tl.rand4x(42, tl.arange(0, 2)) // gives [0.77408, 0.024563] and [0.93717, 0.65413] and [0.14646, 0.97219] and [0.68172, 0.90863]
   */
  rand4x(seed: number, offset: number, options?: RandomOptions): Tile[];
  /**
   * Random f32s of the normal distribution with mean 0 and deviation 1.
   *
   * @example
   * tl.randn(42, tl.arange(0, 2)) // gives [0.66061, -1.5427]
   */
  randn(seed: number, offset: number, options?: RandomOptions): Tile;
  /**
   * Four tiles of normal random f32s.
   *
   * @example
   * tl.randn4x(42, tl.arange(0, 2)) // gives [0.66061, -1.5427] and [-0.27523, -2.2435] and [-0.81532, 0.19944] and [-1.7825, -0.12899]
   */
  randn4x(seed: number, offset: number, options?: RandomOptions): Tile[];
  /**
   * Four u32s from a seed of up to 64 bits and a counter of four words.
   *
   * @example
   * tl.philox(42, tl.arange(0, 2), 0, 0, 0) // gives [2632642643, 4242219303] and [2012563771, 1404726525] and [314527917, 2207210094] and [1463989207, 1951270651]
   */
  philox(
    seed: number,
    c0: number,
    c1: number,
    c2: number,
    c3: number,
    options?: RandomOptions,
  ): Tile[];
  /**
   * Four u32s from the two words of a key and a counter of four words.
   *
   * @example
   * tl.philoxImpl(tl.arange(0, 2), 0, 0, 0, 42, 0) // gives [2632642643, 4242219303] and [2012563771, 1404726525] and [314527917, 2207210094] and [1463989207, 1951270651]
   */
  philoxImpl(
    c0: number,
    c1: number,
    c2: number,
    c3: number,
    k0: number,
    k1: number,
    options?: RandomOptions,
  ): Tile[];
  /**
   * A uniform f32 from 0 up to but not including 1, from a random 32-bit integer.
   *
   * @example
   * tl.uintToUniformFloat(x) // x: u32 = [0, 1073741824] gives [0, 0.5]
   */
  uintToUniformFloat(x: number): Tile;
  /**
   * Two normal f32s from two uniform ones.
   *
   * @example
   * tl.pairUniformToNormal(x, y) // x = [0.5, 0.1]; y = [0, 0.25] gives [1.1774, -9.3803e-8] and [0, 2.146]
   */
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
