/**
 * The sum of all elements of a tensor.
 *
 * Programs cannot wait for each other, so there are two launches. In the first, each of PROGRAMS
 * programs walks over the tensor in steps of all programs together and keeps a running sum for each
 * place of its tile; these are added up at the end, to one number a program. The second launch adds
 * those up, with one program. Whatever the tensor's size, the elements are read once.
 *
 * Adding a few thousand numbers at each place and then pairs of sums, rather than one number after
 * another, also keeps rounding errors small.
 *
 *     deno run kernels/sum.ts
 */

import { cdiv, Device, grid, jit, type Pointer, type Tensor, tl } from "../mod.ts";
import { report } from "./demo.ts";
import { checkDType, FLOATS, resultTensor } from "./tensors.ts";

/** The sum of numbers, in float64. */
export function reference(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]!;
  return sum;
}

/** Writes the sum of what program p sees to `sums[p]`; grid: any number of programs. */
export const sumKernel = jit(
  function sum(x: Pointer, sums: Pointer, n: number, { BLOCK = 4096 }) {
    const places = tl.arange(0, BLOCK); // [BLOCK]
    let total: number = tl.zeros([BLOCK], tl.f32);
    const step = tl.numPrograms(0) * BLOCK;
    for (let start = tl.programId(0) * BLOCK; start < n; start += step) {
      total += tl.cast(tl.load(x + start + places, { mask: places < n - start }), tl.f32);
    }
    tl.store(sums + tl.programId(0), tl.sum(total, 0));
  },
  () => ({ tl }),
);

/** Elements that a program adds in one step. */
const BLOCK = 8192;

/** Programs of the first launch: enough to fill a large GPU, few enough for one to add up. */
const PROGRAMS = 4096;

/** Options of {@linkcode sum}. */
export interface SumOptions {
  /** The scalar tensor to write to, f32; a new one unless given. */
  out?: Tensor | undefined;
}

/**
 * The sum of all elements.
 *
 * @param x A tensor of any shape, f32 or f16; summed in f32.
 * @returns The sum, an f32 tensor of shape []; 0 for an empty tensor.
 * @throws {LaunchError} If `x` is no such tensor.
 */
export function sum(x: Tensor, { out }: SumOptions = {}): Tensor {
  checkDType("sum", "x", x, FLOATS);
  const result = resultTensor("sum", out, x, [], ["f32"]);
  const programs = Math.min(cdiv(x.size, BLOCK), PROGRAMS);
  if (programs <= 1) {
    sumKernel[grid(1)](x, result, x.size, { BLOCK, numWarps: 8 });
    return result;
  }
  using sums = x.device.empty([programs]);
  sumKernel[grid(programs)](x, sums, x.size, { BLOCK, numWarps: 8 });
  sumKernel[grid(1)](sums, result, programs, { BLOCK: PROGRAMS, numWarps: 8 });
  return result;
}

/** Shapes that tests iterate. */
export const cases: readonly { shape: number[]; dtype: "f32" | "f16" }[] = [
  { shape: [], dtype: "f32" },
  { shape: [1], dtype: "f32" },
  { shape: [3, 781], dtype: "f32" },
  { shape: [4096], dtype: "f32" },
  { shape: [100_001], dtype: "f32" },
  { shape: [5000], dtype: "f16" },
  { shape: [0, 3], dtype: "f32" },
];

if (import.meta.main) {
  const device = await Device.open();
  console.log(`Sums on ${device}`);
  for (const n of device.capabilities.software ? [1000, 2 ** 20] : [1000, 2 ** 24, 2 ** 26]) {
    const x = device.rand([n], { seed: 1 }), out = device.empty([]);
    await report({
      title: `sum of ${n} numbers`,
      out,
      expected: [reference(await x.read())],
      launch: () => sum(x, { out }),
      work: [4 * n, "GB/s"],
    });
  }
}
