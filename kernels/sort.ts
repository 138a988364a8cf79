/**
 * Sorted numbers, by radix: the elements are put in order of their lowest 4 bits, then of the next
 * 4, and so on, each time without changing the order of those that are equal in them. After 8
 * rounds 32-bit keys are sorted.
 *
 * Where does an element go in a round? After all that have a smaller digit anywhere, and after those
 * before it with the same digit. With the elements cut into blocks, one for each program:
 *
 *     1. every program counts how often each digit occurs in its block: counts[digit, block]
 *     2. running sums of the counts, digit by digit, say where each block's share of a digit begins
 *     3. every program finds, for each of its elements, how many before it in the block have the
 *        same digit, and writes it there
 *
 * For step 3, running counts of 16 digits are kept in 8 words, two in each.
 *
 * Floats become integers of the same order: a negative one has all bits flipped, another its sign.
 * NaN comes after everything else, -0 before 0; in descending order it is the other way round.
 *
 *     deno run kernels/sort.ts
 */

import { cdiv, Device, grid, jit, type Pointer, type Tensor, tl } from "../mod.ts";
import { cumsum } from "./cumsum.ts";
import { report } from "./demo.ts";
import { checkDType, resultTensor } from "./tensors.ts";

/** Numbers in order, NaN last; with `descending` first. */
export function reference(x: ArrayLike<number>, { descending = false } = {}): Float64Array {
  const sorted = Float64Array.from(x).sort(); // -0 before 0, NaN last
  return descending ? sorted.reverse() : sorted;
}

/** Bits of a digit. */
const BITS = 4;

/** The words of counts of 16 digits. */
const WORDS = [0, 1, 2, 3, 4, 5, 6, 7];

/**
 * Numbers as u32 keys of the same order, of the opposite one with FLIP; past the end of the numbers
 * the greatest key, so that blocks are full; grid: `cdiv(length of keys, BLOCK)`.
 */
export const toKeysKernel = jit(
  function toKeys(x: Pointer, keys: Pointer, n: number, { BLOCK = 512, FLIP = false }) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK); // [BLOCK]
    const bits = tl.cast(tl.load(x + at, { mask: at < n }), tl.u32, { bitcast: true });
    let key = bits;
    if (x.dtype === tl.i32) key = bits ^ 0x80000000;
    if (x.dtype === tl.f32) {
      key = tl.where(bits >>> 31 === 1, ~bits, bits ^ 0x80000000);
      key = tl.where((bits & 0x7fffffff) > 0x7f800000, 0xffffffff, key); // any NaN
    }
    if (FLIP) key = ~key;
    tl.store(keys + at, tl.where(at < n, key, 0xffffffff));
  },
  () => ({ tl }),
);

/** How often each digit of 4 bits from `shift` on occurs in block `programId(0)`; grid: the blocks. */
export const countDigitsKernel = jit(
  function countDigits(
    keys: Pointer, // [blocks * BLOCK]
    counts: Pointer, // [16, blocks]
    shift: number,
    { BLOCK = 512 },
  ) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK); // [BLOCK]
    const digit = tl.cast((tl.load(keys + at) >>> shift) & 15, tl.i32);
    const to = counts + tl.arange(0, 16) * tl.numPrograms(0) + tl.programId(0);
    tl.store(to, tl.histogram(digit, 16));
  },
  () => ({ tl }),
);

/**
 * Puts the keys of block `programId(0)` in their places of this round; grid: the blocks. In the LAST
 * round, what is past the end is left out, and keys become numbers again.
 */
export const scatterDigitsKernel = jit(
  function scatterDigits(
    keys: Pointer, // [blocks * BLOCK]
    ends: Pointer, // [16, blocks], running sums of the counts
    out: Pointer, // [blocks * BLOCK], or [n] in the last round
    n: number,
    shift: number,
    { BLOCK = 512, LAST = false, FLIP = false },
  ) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK); // [BLOCK]
    const key = tl.load(keys + at);
    const digit = tl.cast((key >>> shift) & 15, tl.i32);

    // Word w counts digits 2w in its lower half and 2w + 1 in its upper half.
    const which = digit >> 1, half = (digit & 1) * 16;
    const mine = WORDS.map((w) => tl.where(which === w, 1 << half, 0));
    const counted = tl.associativeScan(mine, 0, (...s) => WORDS.map((w) => s[w]! + s[w + 8]!));
    let word = counted[0]!;
    for (const w of WORDS.slice(1)) word = tl.where(which === w, counted[w]!, word);
    const before = ((word >>> half) & 0xffff) - 1;

    const share = digit * tl.numPrograms(0) + tl.programId(0);
    const start = tl.load(ends + (share - 1), { mask: share > 0 }); // where the one before ends
    const place = start + before;
    if (!LAST) {
      tl.store(out + place, key);
      return;
    }
    let bits = FLIP ? ~key : key;
    if (out.dtype === tl.i32) bits ^= 0x80000000;
    if (out.dtype === tl.f32) bits = tl.where(bits >>> 31 === 0, ~bits, bits ^ 0x80000000);
    tl.store(out + place, tl.cast(bits, out.dtype, { bitcast: true }), { mask: place < n });
  },
  () => ({ tl, WORDS }),
);

/** Elements of a block: with few warps, scans wait less. */
const BLOCK = 512;

/** Options of {@linkcode sort}. */
export interface SortOptions {
  /** Largest first. */
  descending?: boolean | undefined;
  /** The tensor to write to, which may be `x` itself; a new one unless given. */
  out?: Tensor | undefined;
}

/**
 * The elements of a tensor in order.
 *
 * @param x A tensor of any shape, f32, i32 or u32; its elements count in row-major order.
 * @returns A tensor of `x`'s shape and dtype.
 * @throws {LaunchError} If `x` is no such tensor.
 */
export function sort(x: Tensor, { descending = false, out }: SortOptions = {}): Tensor {
  checkDType("sort", "x", x, ["f32", "i32", "u32"]);
  const result = resultTensor("sort", out, x, x.shape, [x.dtype]);
  const n = x.size, blocks = cdiv(n, BLOCK), { device } = x;
  if (n === 0) return result;
  using counts = device.empty([16, blocks], { dtype: "i32" });
  using a = device.empty([blocks * BLOCK], { dtype: "u32" });
  using b = device.empty([blocks * BLOCK], { dtype: "u32" });
  toKeysKernel[grid(blocks)](x, a, n, { BLOCK, FLIP: descending });
  for (let shift = 0, from = a; shift < 32; shift += BITS) {
    const LAST = shift === 32 - BITS, to = from === a ? b : a;
    countDigitsKernel[grid(blocks)](from, counts, shift, { BLOCK });
    cumsum(counts, { out: counts });
    scatterDigitsKernel[grid(blocks)](from, counts, LAST ? result : to, n, shift, {
      BLOCK,
      LAST,
      FLIP: LAST && descending,
    });
    from = to;
  }
  return result;
}

/** Shapes that tests iterate. */
export const cases: readonly {
  shape: number[];
  dtype: "f32" | "i32" | "u32";
  descending?: boolean;
}[] = [
  { shape: [1], dtype: "f32" },
  { shape: [3, 781], dtype: "f32" },
  { shape: [2048], dtype: "f32", descending: true },
  { shape: [5000], dtype: "i32" },
  { shape: [5000], dtype: "u32", descending: true },
  { shape: [70_000], dtype: "f32" },
  { shape: [0], dtype: "f32" },
];

if (import.meta.main) {
  const device = await Device.open();
  console.log(`Sorting on ${device}`);
  for (const n of device.capabilities.software ? [1000, 2 ** 17] : [1000, 2 ** 20, 2 ** 24]) {
    const x = device.randn([n], { seed: 1 }), out = device.empty([n]);
    await report({
      title: `sort of ${n} numbers`,
      out,
      expected: reference(await x.read()),
      launch: () => sort(x, { out }),
      work: [2 * 4 * n, "GB/s"],
    });
  }
}
