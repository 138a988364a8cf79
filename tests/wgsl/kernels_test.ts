/**
 * The WGSL of the kernel library, kept as text: a refactor shows no difference here, an optimisation
 * shows what it does. `BLESS=1 deno test -A tests/wgsl/kernels_test.ts` writes the files anew.
 */

import { compileStages } from "../../lib/compile.ts";
import { type DType, DTYPES } from "../../lib/ir/dtype.ts";
import type { ArgumentSpec } from "../../lib/trace/trace.ts";
import { attentionKernel } from "../../kernels/attention.ts";
import { layerNormKernel } from "../../kernels/layer_norm.ts";
import { matmulKernel } from "../../kernels/matmul.ts";
import { scatterDigitsKernel } from "../../kernels/sort.ts";
import { fewRowsKernel } from "../../kernels/skinny.ts";
import { softmaxKernel } from "../../kernels/softmax.ts";
import { addKernel } from "../../kernels/vector_add.ts";
import { jit, type Pointer, tl } from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { TARGET } from "../support/target.ts";

const { f16, f32, i32, u32 } = DTYPES;

function pointer(dtype: DType = f32): ArgumentSpec {
  return { kind: "pointer", dtype, divisibility: 16 };
}

function integer(divisibility = 16): ArgumentSpec {
  return { kind: "scalar", dtype: i32, divisibility };
}

const number: ArgumentSpec = { kind: "scalar", dtype: f32, divisibility: 1 };

const one: ArgumentSpec = { kind: "scalar", dtype: i32, divisibility: 1, value: 1 };

/** Something that is traced for arguments and constants. */
interface Traceable {
  graph(
    args: readonly ArgumentSpec[],
    constants: Readonly<Record<string, unknown>>,
  ): Parameters<typeof compileStages>[0];
}

function wgslOf(
  kernel: Traceable,
  args: readonly ArgumentSpec[],
  constants: Readonly<Record<string, unknown>>,
  subgroupSize = 32,
  others: Partial<Parameters<typeof compileStages>[2]> = {},
): string {
  const aliases = args.filter(({ kind }) => kind === "pointer").map((_, i) => i);
  return compileStages(
    kernel.graph(args, constants),
    { numWarps: 4, numStages: 2, aliases, fold: "none" },
    { ...TARGET, subgroupSize, ...others },
  ).program.wgsl;
}

function matmulArguments(dtype: typeof f32, divisibility: number): ArgumentSpec[] {
  const size = integer(divisibility);
  return [
    ...[dtype, dtype, dtype].map(pointer),
    ...[size, size, size],
    ...[size, one, size, one],
  ];
}

/** A device with matrix units. */
const UNITS = {
  dialect: "tint",
  matrixUnits: [{ component: "f16", result: "f32", M: 16, N: 16, K: 16 }],
} as const;

const TILES = { BLOCK_M: 32, BLOCK_N: 32, BLOCK_K: 16 };

/** A sort of more than registers and workgroup memory hold. */
const longSort = jit(function longSort(x: Pointer, out: Pointer, { N = 16_384 }) {
  const i = tl.arange(0, N);
  tl.store(out + i, tl.sort(tl.load(x + i)));
}) as unknown as Traceable;

const CASES: Readonly<Record<string, () => string>> = {
  vector_add: () => wgslOf(addKernel, [pointer(), pointer(), pointer(), integer()], {}),
  softmax: () => wgslOf(softmaxKernel, [pointer(), pointer(), integer(1), integer()], {}),
  softmax_ragged: () => wgslOf(softmaxKernel, [pointer(), pointer(), integer(1), integer(1)], {}),
  softmax_without_subgroups: () =>
    wgslOf(softmaxKernel, [pointer(), pointer(), integer(1), integer()], {}, 0),
  softmax_short_rows: () =>
    wgslOf(softmaxKernel, [pointer(), pointer(), integer(1), integer()], {
      BLOCK_ROWS: 4,
      BLOCK: 256,
    }),
  layer_norm: () =>
    wgslOf(
      layerNormKernel,
      [...[f32, f32, f32, f32].map(pointer), integer(1), integer()],
      {},
    ),
  matmul: () => wgslOf(matmulKernel, matmulArguments(f32, 16), TILES),
  matmul_f16: () => wgslOf(matmulKernel, matmulArguments(f16, 16), TILES),
  matmul_units: () =>
    wgslOf(matmulKernel, matmulArguments(f16, 16), { ...TILES, BLOCK_K: 32 }, 32, UNITS),
  attention_units: () =>
    wgslOf(
      attentionKernel,
      [...[f16, f16, f16, f16].map(pointer), integer(), integer(), number],
      { D: 32, BLOCK_M: 64, BLOCK_N: 32 },
      32,
      UNITS,
    ),
  matmul_ragged: () => wgslOf(matmulKernel, matmulArguments(f32, 1), TILES),
  matmul_by_lanes: () =>
    wgslOf(matmulKernel, matmulArguments(f32, 16), { ...TILES, BLOCK_K: 8 }, 8, { software: true }),
  few_rows: () =>
    wgslOf(fewRowsKernel, [
      ...[f32, f32, f32].map(pointer),
      ...[integer(1), integer(), integer(), integer(), integer(), one, integer(), one],
      ...[integer(), one],
    ], { ROWS: 4, BLOCK_K: 8 }),
  sort_by: () =>
    wgslOf(
      scatterDigitsKernel,
      [
        ...[u32, i32, u32].map(pointer),
        integer(),
        integer(),
      ],
      { BLOCK: 512 },
    ),
  sort_in_blocks: () => wgslOf(longSort, [pointer(), pointer()], {}),
};

const bless = Deno.env.get("BLESS") !== undefined;

for (const [name, make] of Object.entries(CASES)) {
  Deno.test(`the WGSL of ${name} is the one that is kept`, async () => {
    const file = new URL(`${name}.wgsl`, import.meta.url);
    const found = make();
    if (bless) await Deno.writeTextFile(file, found);
    assertEquals(found, await Deno.readTextFile(file));
  });
}

Deno.test("matmul on matrix units leaves its sums in matrices until its loop is done", () => {
  const wgsl = CASES["matmul_units"]!();
  const loop = wgsl.slice(wgsl.indexOf("for ("), wgsl.lastIndexOf("subgroupMatrixMultiply"));
  // Each of 4 warps has one matrix of the sum, and two of either factor for 32 values of k.
  assertEquals(wgsl.match(/= subgroup_matrix_result/g)?.length, 1);
  assertEquals(wgsl.match(/subgroupMatrixMultiplyAccumulate\(/g)?.length, 2);
  assertEquals(wgsl.match(/subgroupMatrixLoad</g)?.length, 4);
  assertEquals(loop.match(/subgroupMatrixStore/g), null);
  assertEquals(loop.match(/workgroupBarrier/g)?.length, 2);
});

Deno.test("matmul on matrix units loads and stages 16 bytes at a time", () => {
  const wgsl = CASES["matmul_units"]!();
  assert(wgsl.includes("buffer_of_a: array<vec4<u32>>"));
  assert(wgsl.includes("buffer_of_b: array<vec4<u32>>"));
  // 32x32 elements for 128 invocations: one load of each operand before the loop, and one in it.
  assertEquals(wgsl.match(/= buffer_of_[ab]\[/g)?.length, 4);
});

Deno.test("attention on matrix units keeps queries and weighted values in matrices", () => {
  const wgsl = CASES["attention_units"]!(), loop = wgsl.slice(wgsl.indexOf("for ("));
  const lefts = /subgroupMatrixLoad<subgroup_matrix_left/g;
  // A warp has 16 queries of 32 numbers: 2 matrices before the loop, and 2 of weights in it.
  assertEquals(wgsl.match(lefts)?.length, 4);
  assertEquals(loop.match(lefts)?.length, 2);
  // Values leave matrices where rows are to be scaled, and at the end.
  const scaling = loop.slice(loop.indexOf("if (scaled_0) {"));
  assertEquals(loop.match(/MatrixStore<row_major>\(.*values/g)?.length, 4);
  assertEquals(scaling.match(/MatrixStore<row_major>\(.*values/g)?.length, 4);
  assert(loop.includes("let scaled_0_votes = workgroupUniformLoad("));
});

Deno.test("softmax reads and writes each element once", () => {
  const wgsl = CASES["softmax"]!();
  // 1024 elements for 128 invocations: two vectors of four each.
  assertEquals(wgsl.match(/= buffer_of_x\[/g)?.length, 2);
  assertEquals(wgsl.match(/buffer_of_out\[.*\] = /g)?.length, 2);
  assert(wgsl.includes("buffer_of_x: array<vec4<f32>>"));
});

Deno.test("rows of a multiple of 4 elements are read and written in vectors, if not of 16", () => {
  const kernels = {
    softmax: wgslOf(softmaxKernel, [pointer(), pointer(), integer(1), integer(4)], {}),
    matmul: wgslOf(matmulKernel, matmulArguments(f32, 4), TILES),
    "matmul of a transposed": wgslOf(matmulKernel, [
      ...matmulArguments(f32, 4).slice(0, 6),
      ...[one, integer(4), integer(4), one],
    ], TILES),
  };
  for (const [name, wgsl] of Object.entries(kernels)) {
    const buffers = wgsl.match(/buffer_of_\w+: array<[\w<>]+>/g)!;
    assert(
      buffers.every((text) => text.includes("vec4")),
      `${name}\n${wgsl}`,
    );
  }
});

Deno.test("matmul stages each operand once a step, and multiplies in registers", () => {
  const wgsl = CASES["matmul"]!();
  const loop = wgsl.slice(wgsl.indexOf("for ("), wgsl.lastIndexOf("buffer_of_out["));
  assertEquals(loop.match(/= buffer_of_[ab]\[/g)?.length, 2);
  assertEquals(loop.match(/^ *shared_\d+\[.*\] = /gm)?.length, 2);
  assertEquals(loop.match(/workgroupBarrier/g)?.length, 2);
});
