/** Random numbers on both devices: bit for bit those of Philox-4x32. */

import { type Device, jit, type Pointer, tl } from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { onDevices, onGpuWithout } from "../support/devices.ts";

const M = 0xffffffffn;

/** Philox-4x32 by the book, in exact integers. */
function philox(counter: readonly bigint[], key: readonly bigint[], rounds = 10): number[] {
  let [c0, c1, c2, c3] = counter as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key as [bigint, bigint];
  for (let i = 0; i < rounds; i++) {
    const a = 0xd2511f53n * c0, b = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(b >> 32n) ^ c1 ^ k0, b & M, (a >> 32n) ^ c3 ^ k1, a & M];
    k0 = (k0 + 0x9e3779b9n) & M;
    k1 = (k1 + 0xbb67ae85n) & M;
  }
  return [c0, c1, c2, c3].map(Number);
}

const fourWords = jit(
  function fourWords(
    out: Pointer,
    seed: number,
    base: number,
    { SEED = undefined, N = 64, ROUNDS = 10 }: {
      SEED?: number | undefined;
      N?: number;
      ROUNDS?: number;
    },
  ) {
    const at = tl.arange(0, N);
    const words = tl.randint4x(SEED === undefined ? seed : SEED, base + at, { nRounds: ROUNDS });
    for (const i of tl.staticRange(4)) tl.store(out + i * N + at, words[i]!);
  },
);

async function words(
  device: Device,
  seed: number,
  base: number,
  constants: { SEED?: number; ROUNDS?: number } = {},
): Promise<number[][]> {
  using out = device.empty([4 * 64], { dtype: "u32" });
  fourWords.launch(1, out, seed, base, constants);
  const all = [...await out.read()];
  return Array.from({ length: 64 }, (_, i) => [0, 1, 2, 3].map((word) => all[word * 64 + i]!));
}

Deno.test("the reference is Philox-4x32-10", () => {
  const hex = (words: number[]) => words.map((x) => x.toString(16)).join(" ");
  const zero = [0n, 0n, 0n, 0n], ones = [M, M, M, M];
  assertEquals(hex(philox(zero, [0n, 0n])), "6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  assertEquals(hex(philox(ones, [M, M])), "408f276d 41c83b0e a20bc7c6 6d5451fd");
});

/** Fails unless `words` are those of Philox, for seeds and offsets of all signs. */
async function assertPhilox(device: Device): Promise<void> {
  const expected = (seed: bigint, base: number, rounds?: number) =>
    Array.from(
      { length: 64 },
      (_, i) => philox([BigInt(base + i) & M, 0n, 0n, 0n], [seed & M, (seed >> 32n) & M], rounds),
    );
  assertEquals(await words(device, 42, 0), expected(42n, 0));
  assertEquals(await words(device, -5, -3), expected(-5n, -3));
  assertEquals(await words(device, 0, 100, { SEED: 2 ** 32 + 5 }), expected(0x100000005n, 100));
  assertEquals(await words(device, 0, 0, { SEED: -7 }), expected(-7n, 0));
  assertEquals(await words(device, 9, 0, { ROUNDS: 6 }), expected(9n, 0, 6));
}

onDevices("tl.randint4x is Philox of seed and offset", assertPhilox);
onGpuWithout("wgpu-shader-int64", "tl.randint4x is Philox of seed and offset", assertPhilox);

onDevices("tl.rand, tl.randint and tl.philox use the same words", async (device) => {
  const kernel = jit(function kernel(out: Pointer, ints: Pointer, seed: number, { N = 32 }) {
    const at = tl.arange(0, N);
    tl.store(out + at, tl.rand(seed, at));
    tl.store(ints + at, tl.randint(seed, at));
    const zero = tl.zeros([N], tl.u32);
    const [first] = tl.philox(seed, at.to(tl.u32), zero, zero, zero);
    const [second] = tl.philoxImpl(at, 0, 0, 0, seed, 0);
    tl.store(ints + N + at, first!);
    tl.store(ints + 2 * N + at, second!);
  });
  using out = device.empty([32]), ints = device.empty([96], { dtype: "u32" });
  kernel.launch(1, out, ints, 42, {});
  const floats = await out.read(), numbers = [...await ints.read()];
  const bits = [...new Uint32Array(new Float32Array(floats).buffer)];
  // From Triton.
  assertEquals(bits.slice(0, 4), [0x3f462a1e, 0x3cc937b5, 0x3eb24ff6, 0x3f0a71f6]);
  assertEquals(numbers.slice(0, 3), [0x9ceaf053, 0xfcdb2127, 0xd36c0225]);
  assertEquals(numbers.slice(32, 64), numbers.slice(0, 32));
  assertEquals(numbers.slice(64), numbers.slice(0, 32));
  assert([...floats].every((x) => x >= 0 && x < 1), "a number is outside [0, 1)");
});

onDevices("tl.randn and tl.randn4x are normal", async (device) => {
  const kernel = jit(function kernel(one: Pointer, four: Pointer, { N = 1024 }) {
    const at = tl.arange(0, N);
    tl.store(one + at, tl.randn(3, at));
    const all = tl.randn4x(3, at);
    for (const i of tl.staticRange(4)) tl.store(four + i * N + at, all[i]!);
  });
  using one = device.empty([1024]), four = device.empty([4096]);
  kernel.launch(1, one, four, {});
  const all = [...await four.read()];
  assertEquals([...await one.read()], all.slice(0, 1024));
  const mean = all.reduce((sum, x) => sum + x) / all.length;
  const variance = all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length;
  assert(Math.abs(mean) < 0.06, `the mean is ${mean}`);
  assert(Math.abs(variance - 1) < 0.08, `the variance is ${variance}`);
});
