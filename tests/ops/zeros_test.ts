/** Differences of equal numbers and multiples of zero: NaN for NaN and infinities, and zeros of the right sign. */

import { grid, jit, type Pointer, tl } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";

const NUMBERS = [1, -2.5, 0, -0, Infinity, -Infinity, NaN, 65504];

const ZEROS: readonly ((x: number) => number)[] = [
  (x) => x - x,
  (x) => x + -x,
  (x) => x * 0,
  (x) => -0 * x,
];

const zeros = jit(function zeros(x: Pointer, out: Pointer) {
  const at = tl.arange(0, 8), value = tl.load(x + at);
  tl.store(out + at, value - value);
  tl.store(out + 8 + at, value + -value);
  tl.store(out + 16 + at, value * 0);
  tl.store(out + 24 + at, -0 * value);
});

for (const dtype of ["f32", "f16", "bf16"] as const) {
  onDevices(`zeros are made of numbers only, and have their signs: ${dtype}`, async (device) => {
    using x = device.from(NUMBERS, { dtype }), out = device.empty([32], { dtype });
    zeros[grid(1)](x, out);
    const text = (x: number) => Object.is(x, -0) ? "-0" : String(x);
    const wanted = ZEROS.flatMap((f) => NUMBERS.map(f));
    assertEquals([...await out.read()].map((x) => text(Number(x))), wanted.map(text));
  });
}
