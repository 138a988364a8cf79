/** The random numbers of the host, against published vectors and by their moments. */

import { fillNormal, fillUniform, philox } from "../../lib/runtime/random.ts";
import { assert, assertEquals } from "../support/assert.ts";

function words(counter: number, key0: number, key1: number): string[] {
  const out = new Uint32Array(4);
  philox(out, counter, key0, key1);
  return [...out].map((word) => word.toString(16).padStart(8, "0"));
}

Deno.test("philox() gives the vectors of Philox-4x32-10", () => {
  assertEquals(words(0, 0, 0), ["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]);
  assertEquals(words(0, 42, 0), ["9ceaf053", "77f5493b", "12bf50ad", "5742b3d7"]);
  assertEquals(words(2, 42, 0), ["d36c0225", "a8875dcb", "9a4d6d99", "c609a559"]);
  // Counter and seed beyond 32 bits.
  assertEquals(words(3 * 2 ** 32 + 9, 5, 1), ["cc5b28fc", "1e351dc3", "72bf36f2", "3203fdd8"]);
});

Deno.test("uniform numbers fill [0, 1) evenly", () => {
  for (const out of [new Float32Array(40_001), new Float16Array(40_001)]) {
    fillUniform(out, 7, 0);
    const tenths = new Array<number>(10).fill(0);
    for (const x of out) {
      assert(x >= 0 && x < 1);
      tenths[Math.floor(x * 10)]!++;
    }
    for (const count of tenths) assert(Math.abs(count - 4000) < 300, `${tenths}`);
  }
});

Deno.test("normal numbers have mean 0, variance 1 and the right tails", () => {
  const out = new Float32Array(100_000);
  fillNormal(out, 7, 0);
  let sum = 0, squares = 0, beyond2 = 0;
  for (const x of out) {
    sum += x;
    squares += x * x;
    if (Math.abs(x) > 2) beyond2++;
  }
  assert(Math.abs(sum / out.length) < 0.01);
  assert(Math.abs(squares / out.length - 1) < 0.02);
  assert(Math.abs(beyond2 / out.length - 0.0455) < 0.003);
});

Deno.test("a number does not depend on how many are drawn", () => {
  const short = new Float32Array(5), long = new Float32Array(50);
  fillUniform(short, 3, 0);
  fillUniform(long, 3, 0);
  assertEquals([...short], [...long.subarray(0, 5)]);
});
