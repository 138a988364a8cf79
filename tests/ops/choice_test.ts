/** Kernels that choose the smaller or larger of two numbers themselves, NaNs and zeros among them. */

import { grid, jit, type Pointer, tl } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";

const NUMBERS = [1, 2, -3.5, 1e30, -1e30, 0, -0, Infinity, -Infinity, NaN, 2 ** -126, -(2 ** -126)];

const CHOICES: readonly ((a: number, b: number) => number)[] = [
  (a, b) => a < b ? a : b,
  (a, b) => a < b ? b : a,
  (a, b) => a <= b ? a : b,
  (a, b) => a > b ? a : b,
  (a, b) => a > b ? b : a,
  (a, b) => a >= b ? a : b,
  (a, b) => !(a < b) ? a : b,
  (a) => a < 0 ? 0 : a,
  (a) => 0 < a ? a : 0,
];

const choose = jit(function choose(x: Pointer, y: Pointer, out: Pointer, { N = 256 }) {
  const at = tl.arange(0, N), a = tl.load(x + at), b = tl.load(y + at);
  tl.store(out + at, tl.where(a < b, a, b));
  tl.store(out + N + at, tl.where(a < b, b, a));
  tl.store(out + 2 * N + at, tl.where(a <= b, a, b));
  tl.store(out + 3 * N + at, tl.where(a > b, a, b));
  tl.store(out + 4 * N + at, tl.where(a > b, b, a));
  tl.store(out + 5 * N + at, tl.where(a >= b, a, b));
  tl.store(out + 6 * N + at, tl.where(!(a < b), a, b));
  tl.store(out + 7 * N + at, tl.where(a < 0, 0, a));
  tl.store(out + 8 * N + at, tl.where(0 < a, a, 0));
});

for (const dtype of ["f32", "f16", "bf16"] as const) {
  onDevices(
    `a NaN is neither smaller nor larger, and zeros are equal: ${dtype}`,
    async (device) => {
      const N = 256, pairs = NUMBERS.flatMap((a) => NUMBERS.map((b) => [a, b] as const));
      const padded = Array.from({ length: N }, (_, i) => pairs[i % pairs.length]!);
      const [x, y] = [0, 1].map((i) => device.from(padded.map((pair) => pair[i]!), { dtype }));
      const out = device.empty([9 * N], { dtype });
      choose[grid(1)](x!, y!, out, { N });
      const [a, b] = [[...await x!.read()], [...await y!.read()]]; // as they are when rounded
      const wanted = CHOICES.flatMap((f) => a.map((value, i) => f(Number(value), Number(b[i]!))));
      const text = (x: number) => Object.is(x, -0) ? "-0" : String(x);
      assertEquals([...await out.read()].map((x) => text(Number(x))), wanted.map(text));
    },
  );
}

onDevices("a branch that chooses keeps to what it says of NaN", async (device) => {
  const kernel = jit(function least(x: Pointer, out: Pointer, n: number) {
    let least = tl.load(x);
    for (let i = 1; i < n; i++) {
      const next = tl.load(x + i);
      if (!(least < next)) least = next;
    }
    let larger = tl.load(x);
    const last = tl.load(x + n - 1);
    if (last > larger) larger = last;
    tl.store(out, least);
    tl.store(out + 1, larger);
  });
  for (const list of [[3, 1, 2, NaN], [NaN, 5, 7], [NaN, NaN], [0, -0]]) {
    const out = device.empty([2]);
    kernel[grid(1)](device.from(list), out, list.length);
    const least = list.slice(1).reduce((x, next) => x < next ? x : next, list[0]!);
    const last = list.at(-1)!, larger = last > list[0]! ? last : list[0]!;
    assertEquals([...await out.read()], [least, larger], `of ${list}`);
  }
});
