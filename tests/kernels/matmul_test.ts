/** The matrix product against the reference, on both devices. */

import { cases, matmul, matmulKernel, reference, relu } from "../../kernels/matmul.ts";
import { cdiv, grid, LaunchError } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";
import { assertMatches, caseName, randomTensor, tolerance } from "./compare.ts";

/** The transpose of a row-major matrix. */
function transpose(values: readonly number[], rows: number, columns: number): number[] {
  return Array.from(
    { length: rows * columns },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!,
  );
}

for (const options of cases) {
  onDevices(`matmul() agrees with the reference: ${caseName(options)}`, async (device) => {
    const { M, N, K, dtype, ...rest } = options;
    const { transposeA, transposeB, activation } = rest;
    const a = await randomTensor(device, transposeA ? [K, M] : [M, K], dtype, 1);
    const b = await randomTensor(device, transposeB ? [N, K] : [K, N], dtype, 2);
    const out = matmul(a.tensor, b.tensor, rest);
    assertEquals([out.dtype, out.shape], [dtype, [M, N]]);
    const expected = reference(
      transposeA ? transpose(a.values, K, M) : a.values,
      transposeB ? transpose(b.values, N, K) : b.values,
      [M, N, K],
      activation,
    );
    await assertMatches(out, expected, tolerance(dtype, K));
  });
}

for (const [SLICES, numStages] of [[1, 1], [1, 3], [2, 2], [2, 3]] as const) {
  const how = `in ${SLICES} slices and ${numStages} stages`;
  onDevices(`matmulKernel multiplies ${how}`, async (device) => {
    const [M, N, K] = [40, 50, 45];
    const a = await randomTensor(device, [M, K], "f32", 1);
    const b = await randomTensor(device, [K, N], "f32", 2);
    const out = device.empty([M, N]), tiles = { BLOCK_M: 32, BLOCK_N: 32, BLOCK_K: 16 };
    matmulKernel[grid(cdiv(M, 32) * cdiv(N, 32))](
      ...[a.tensor, b.tensor, out, M, N, K, K, 1, N, 1] as const,
      { ...tiles, SLICES, numStages, numWarps: 2 },
    );
    await assertMatches(out, reference(a.values, b.values, [M, N, K]), tolerance("f32", K));
  });
}

onDevices("matmul() of f16 can give f32, and of f32 f16", async (device) => {
  const shape = [20, 20], sizes = [20, 20, 20] as const;
  for (const [from, to] of [["f16", "f32"], ["f32", "f16"]] as const) {
    const a = await randomTensor(device, shape, from, 1);
    const b = await randomTensor(device, shape, from, 2);
    const out = matmul(a.tensor, b.tensor, { dtype: to });
    assertEquals(out.dtype, to);
    await assertMatches(out, reference(a.values, b.values, sizes), tolerance(to, 20));
  }
});

onDevices("matmul() sums some products of f16 in f16 where it may", async (device) => {
  const [M, N, K] = [40, 50, 70];
  const a = await randomTensor(device, [M, K], "f16", 1);
  const b = await randomTensor(device, [K, N], "f16", 2);
  const out = matmul(a.tensor, b.tensor, { maxNumImpreciseAcc: 32 });
  // 70 products added up to about 30, each sum rounded to 11 bits.
  await assertMatches(out, reference(a.values, b.values, [M, N, K]), {
    relative: 2 ** -9,
    absolute: 0.3,
  });
});

onDevices("matmul() sums f16 in f32", async (device) => {
  // 4096 summands of 1 stop growing at 2048 in f16.
  const ones = (shape: number[]) => device.full(shape, 1, { dtype: "f16" });
  const out = matmul(ones([2, 4096]), ones([4096, 2]));
  assertEquals(Array.from(await out.read()), [4096, 4096, 4096, 4096]);
});

onDevices("matmul() without inner elements is zero, whatever memory held", async (device) => {
  const out = device.full([3, 5], 7);
  matmul(device.zeros([3, 0]), device.zeros([0, 5]), { out });
  assertEquals(Array.from(await out.read()), Array.from({ length: 15 }, () => 0));
});

onDevices("matmul() keeps NaN and infinities to their rows and columns", async (device) => {
  const M = 20, N = 18, K = 17;
  const a = Array.from({ length: M * K }, (_, i) => i % 5 + 1);
  const b = Array.from({ length: K * N }, (_, i) => i % 3 + 1);
  a[2 * K + 3] = NaN;
  a[7 * K + 16] = -Infinity;
  b[4 * N + 17] = Infinity;
  const out = matmul(device.from(a, { shape: [M, K] }), device.from(b, { shape: [K, N] }));
  await assertMatches(out, reference(a, b, [M, N, K]), { relative: 1e-6 });
});

onDevices("matmul() tunes when it is told to, and multiplies all the same", async (device) => {
  const a = await randomTensor(device, [30, 20], "f32", 1);
  const b = await randomTensor(device, [20, 40], "f32", 2);
  const expected = reference(a.values, b.values, [30, 40, 20], relu);
  for (let i = 0; i < 2; i++) {
    const out = matmul(a.tensor, b.tensor, { tune: true, activation: relu });
    await assertMatches(out, expected, tolerance("f32", 20));
  }
  assertThrows(
    () => matmul(a.tensor, b.tensor, { tune: true, blockM: 16 }),
    LaunchError,
    "Cannot run matmul with 'tune' and sizes of tiles",
  );
});

onDevices("matmul() refuses what cannot be multiplied", (device) => {
  const a = device.zeros([3, 4]), b = device.zeros([5, 6]);
  assertThrows(
    () => matmul(a, b),
    LaunchError,
    "Cannot run matmul: 'a' is 3x4 and 'b' is 5x6, but 'a' must have as many columns as 'b' has rows",
  );
  assertThrows(
    () => matmul(a, b, { transposeB: true }),
    LaunchError,
    "Cannot run matmul: 'a' is 3x4 and 'b' is 6x5 after transposing",
  );
  assertThrows(
    () => matmul(a, device.zeros([4])),
    LaunchError,
    "Cannot run matmul: 'b' is 4, but must be a matrix",
  );
  assertThrows(
    () => matmul(a, device.zeros([4, 4], { dtype: "f16" })),
    LaunchError,
    "Cannot run matmul: 'b' is f16, but must be f32",
  );
  const square = device.zeros([4, 4]);
  assertThrows(
    () => matmul(square, square, { out: square, activation: relu }),
    LaunchError,
    "'out' is one of the inputs",
  );
});
