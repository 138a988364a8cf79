/**
 * Sorted numbers, by radix: the elements are put in order of their lowest 8 bits, then of the next
 * 8, and so on, each time without changing the order of those that are equal in them. After 4
 * rounds 32-bit keys are sorted.
 *
 * Where does an element go in a round? After all that have a smaller digit anywhere, and after those
 * before it with the same digit. With the elements cut into blocks, one for each program:
 *
 *     1. every program counts how often each digit occurs in its block: counts[digit, block]
 *     2. running sums of the counts, digit by digit, say where each block's share of a digit begins
 *     3. every program sorts its block by the digit, and writes what has the same digit side by side
 *
 * Written as they come, neighbours would go to 256 places all over memory, a store for each.
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
const BITS = 8;

/** How many digits there are. */
const DIGITS = 2 ** BITS;

/**
 * The keys of the elements at `at`: in the FIRST round numbers become keys of the same order, of the
 * opposite one with FLIP. Past the end of the numbers comes the greatest key, so that blocks are full.
 */
function keysAt(x: Pointer, at: number, n: number, FIRST: boolean, FLIP: boolean): number {
  if (!FIRST) return tl.load(x + at);
  const bits = tl.cast(tl.load(x + at, { mask: at < n }), tl.u32, { bitcast: true });
  let key = bits;
  if (x.dtype === tl.i32) key = bits ^ 0x80000000;
  if (x.dtype === tl.f32) {
    key = tl.where(bits >>> 31 === 1, ~bits, bits ^ 0x80000000);
    key = tl.where((bits & 0x7fffffff) > 0x7f800000, 0xffffffff, key); // any NaN
  }
  return tl.where(at < n, FLIP ? ~key : key, 0xffffffff);
}

/** The numbers that keys were made of. */
function numbersOf(key: number, out: Pointer, FLIP: boolean): number {
  let bits = FLIP ? ~key : key;
  if (out.dtype === tl.i32) bits ^= 0x80000000;
  if (out.dtype === tl.f32) bits = tl.where(bits >>> 31 === 0, ~bits, bits ^ 0x80000000);
  return tl.cast(bits, out.dtype, { bitcast: true });
}

/** The digits from bit `shift` on. */
function digitsOf(key: number, shift: number): number {
  return tl.cast((key >>> shift) & (DIGITS - 1), tl.i32);
}

/** How often each digit from bit `shift` on occurs in block `programId(0)`; grid: the blocks. */
export const countDigitsKernel = jit(
  function countDigits(
    x: Pointer, // [blocks * BLOCK], or [n] in the first round
    counts: Pointer, // [DIGITS, blocks]
    n: number,
    shift: number,
    { BLOCK = 4096, FIRST = false, FLIP = false },
  ) {
    const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK); // [BLOCK]
    const digit = digitsOf(keysAt(x, at, n, FIRST, FLIP), shift);
    const to = counts + tl.arange(0, DIGITS) * tl.numPrograms(0) + tl.programId(0);
    tl.store(to, tl.histogram(digit, DIGITS));
  },
  () => ({ tl, keysAt, digitsOf, DIGITS }),
);

/**
 * Puts the keys of block `programId(0)` in their places of this round; grid: the blocks. In the LAST
 * round, what is past the end is left out, and keys become numbers again.
 */
export const scatterDigitsKernel = jit(
  function scatterDigits(
    x: Pointer, // [blocks * BLOCK], or [n] in the first round
    ends: Pointer, // [DIGITS, blocks], running sums of the counts
    out: Pointer, // [blocks * BLOCK], or [n] in the last round
    n: number,
    shift: number,
    { BLOCK = 4096, FIRST = false, LAST = false, FLIP = false },
  ) {
    const places = tl.arange(0, BLOCK); // [BLOCK]
    const key = keysAt(x, tl.programId(0) * BLOCK + places, n, FIRST, FLIP);

    // Where this block's share of each digit begins in all, and where in the block.
    const share = tl.arange(0, DIGITS) * tl.numPrograms(0) + tl.programId(0); // [DIGITS]
    const begin = tl.load(ends + (share - 1), { mask: share > 0 }); // where the one before ends
    const count = tl.load(ends + share) - begin;
    const within = tl.cumsum(count, 0) - count;

    const sorted = tl.sort(key, { by: digitsOf(key, shift), bins: DIGITS });
    const to = tl.gather(begin - within, digitsOf(sorted, shift), 0) + places;
    if (LAST) tl.store(out + to, numbersOf(sorted, out, FLIP), { mask: to < n });
    else tl.store(out + to, sorted);
  },
  () => ({ tl, keysAt, numbersOf, digitsOf, DIGITS }),
);

/**
 * Elements of a block, and its warps: enough that those of one digit fill a line of memory. Without
 * subgroups a block is put in order by comparing, which takes more the longer it is.
 */
function blockFor({ capabilities: { software, subgroupSize } }: Device): [number, number] {
  if (software) return [2048, 4];
  return subgroupSize > 0 ? [4096, 8] : [1024, 8];
}

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
  if (x.size === 0) return result;
  const n = x.size, { device } = x;
  const [block, numWarps] = blockFor(device), blocks = cdiv(n, block);
  using counts = device.empty([DIGITS, blocks], { dtype: "i32" });
  using a = device.empty([blocks * block], { dtype: "u32" });
  using b = device.empty([blocks * block], { dtype: "u32" });
  for (let shift = 0, from = x; shift < 32; shift += BITS) {
    const FIRST = shift === 0, LAST = shift === 32 - BITS, to = LAST ? result : from === a ? b : a;
    const options = { BLOCK: block, FIRST, FLIP: descending, numWarps };
    countDigitsKernel[grid(blocks)](from, counts, n, shift, options);
    cumsum(counts, { out: counts });
    scatterDigitsKernel[grid(blocks)](from, counts, to, n, shift, { ...options, LAST });
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
