/** Products on matrix units, which loops stand in for, so that they are tested on any GPU. */

import { Device, grid, jit, type Pointer, tl } from "../../mod.ts";
import { attention, reference as attentionReference } from "../../kernels/attention.ts";
import { matmul, type MatmulOptions, reference } from "../../kernels/matmul.ts";
import type { WebGpuBackend } from "../../lib/runtime/webgpu.ts";
import { assert, assertClose, assertEquals } from "../support/assert.ts";
import { deviceOf, hasGpu, INSTALL } from "../support/devices.ts";
import { withMatrixUnits } from "../support/matrix_units.ts";

const UNITS = [
  { component: "f16", result: "f32", M: 8, N: 8, K: 8 },
  { component: "i8", result: "i32", M: 8, N: 8, K: 16 },
];

const modules: string[] = [];
let opened: Promise<Device> | undefined;

/** A device with matrix units. */
function device(): Promise<Device> {
  return opened ??= deviceOf("webgpu").then((device) => {
    const { gpu } = device.backend as WebGpuBackend;
    return Device.from(withMatrixUnits(gpu, UNITS, (wgsl) => modules.push(wgsl)));
  });
}

/** Declares a test that needs a GPU; it fails when no product ran on matrix units. */
function onUnits(name: string, fn: (device: Device) => Promise<void>): void {
  Deno.test({
    name: hasGpu ? name : `${name}: no adapter, ${INSTALL}`,
    ignore: !hasGpu,
    fn: async () => {
      const units = await device();
      if (!units.capabilities.features.includes("shader-f16")) return;
      modules.length = 0;
      await fn(units);
      assert(modules.some((code) => code.includes("subgroupMatrixMultiplyAccumulate")));
    },
  });
}

/** The row-major transpose of a matrix [rows, columns]. */
function transposed(data: ArrayLike<number>, rows: number, columns: number): Float64Array {
  return Float64Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}

/** Sizes and options of products. */
const PRODUCTS: readonly [readonly [number, number, number], MatmulOptions][] = [
  [[32, 32, 32], { blockM: 32, blockN: 32, blockK: 16 }],
  [[29, 41, 21], { blockM: 16, blockN: 32, blockK: 16 }],
  [[32, 48, 32], { blockM: 32, blockN: 16, blockK: 32, transposeA: true }],
  [[16, 32, 32], { blockM: 16, blockN: 32, blockK: 16, transposeB: true }],
  [[19, 21, 18], { blockM: 16, blockN: 16, blockK: 16, transposeA: true, transposeB: true }],
  [[16, 32, 0], { blockM: 16, blockN: 32, blockK: 16 }],
];

for (const [[M, N, K], options] of PRODUCTS) {
  onUnits(`matmul of ${M}x${K} and ${K}x${N}, ${JSON.stringify(options)}`, async (device) => {
    const { transposeA, transposeB } = options;
    using a = device.randn(transposeA ? [K, M] : [M, K], { dtype: "f16", seed: 1 });
    using b = device.randn(transposeB ? [N, K] : [K, N], { dtype: "f16", seed: 2 });
    using out = matmul(a, b, { dtype: "f32", numWarps: 1, ...options });
    const [left, right] = [await a.read(), await b.read()];
    const expected = reference(
      transposeA ? transposed(left, K, M) : left,
      transposeB ? transposed(right, N, K) : right,
      [M, N, K],
    );
    assertClose(await out.read(), expected, { relative: 1e-4, absolute: 1e-4 });
  });
}

onUnits("a matrix is multiplied by itself, from one buffer", async (device) => {
  const size = 32, shape = [size, size, size] as const;
  using a = device.randn([size, size], { dtype: "f16", seed: 3 });
  using out = matmul(a, a, { dtype: "f32", numWarps: 1, blockM: 16, blockN: 32, blockK: 16 });
  const values = await a.read();
  const expected = reference(values, values, shape);
  assertClose(await out.read(), expected, { relative: 1e-4, absolute: 1e-4 });
});

const product = jit(function product(
  a: Pointer, // [M, K]
  b: Pointer, // [K, N]
  c: Pointer, // [M, N], added to the product of each step
  out: Pointer, // [M, N]
  steps: number,
  { M, N, K }: { M: number; N: number; K: number },
) {
  const m = tl.col(tl.arange(0, M)), n = tl.row(tl.arange(0, N)), k = tl.arange(0, K);
  const left = tl.load(a + m * K + tl.row(k)), right = tl.load(b + tl.col(k) * N + n);
  const start = tl.load(c + m * N + n);
  let sum = start;
  for (let i = 0; i < steps; i++) sum = tl.dot(left, right, sum);
  // A product that is no loop's sum, with rows and columns that are computed from.
  const once = tl.dot(left, right, start);
  tl.store(out + m * N + n, sum + once);
});

onUnits("a product is added to any tile, in a loop and outside", async (device) => {
  const [M, N, K, steps] = [16, 16, 8, 3];
  const values = (count: number) => Float32Array.from({ length: count }, (_, i) => i % 7 - 3);
  using a = device.from(values(M * K), { dtype: "f16", shape: [M, K] });
  using b = device.from(values(K * N), { dtype: "f16", shape: [K, N] });
  using c = device.from(values(M * N), { shape: [M, N] });
  using out = device.empty([M, N]);
  product[grid(1)](a, b, c, out, steps, { M, N, K, numWarps: 1 });
  const once = reference(await a.read(), await b.read(), [M, N, K]);
  const expected = once.map((x, i) => 2 * (i % 7 - 3) + (steps + 1) * x);
  assertEquals([...await out.read()], [...expected]);
});

onUnits("8-bit integers are multiplied on matrix units", async (device) => {
  const [M, N, K] = [16, 16, 32];
  const values = (count: number, seed: number) =>
    Int8Array.from({ length: count }, (_, i) => (i * 37 + seed) % 256 - 128);
  using a = device.from(values(M * K, 1)), b = device.from(values(K * N, 5));
  using c = device.zeros([M, N], { dtype: "i32" }), out = device.empty([M, N], { dtype: "i32" });
  product[grid(1)](a, b, c, out, 0, { M, N, K, numWarps: 1 });
  assertEquals(
    [...await out.read()],
    [...reference(await a.read(), await b.read(), [M, N, K])],
  );
});

const halving = jit(
  function halving(
    a: Pointer, // [M, K]
    b: Pointer, // [K, N]
    out: Pointer, // [M, N]
    steps: number,
    { M, N, K }: { M: number; N: number; K: number },
  ) {
    const m = tl.col(tl.arange(0, M)), n = tl.row(tl.arange(0, N)), k = tl.arange(0, K);
    const left = tl.load(a + m * K + tl.row(k)), right = tl.load(b + tl.col(k) * N + n);
    let sum = tl.zeros([M, N], tl.f32);
    for (let i = 0; i < steps; i++) sum = tl.dot(left, right, sum * 0.5);
    tl.store(out + m * N + n, sum);
  },
  () => ({ tl }),
);

onUnits("sums in matrices may be scaled by one factor for all", async (device) => {
  const [M, N, K] = [32, 16, 16];
  const values = (count: number, seed: number) =>
    Float32Array.from({ length: count }, (_, i) => (i * seed) % 5 - 2);
  using a = device.from(values(M * K, 3), { dtype: "f16", shape: [M, K] });
  using b = device.from(values(K * N, 7), { dtype: "f16", shape: [K, N] });
  using out = device.empty([M, N]);
  halving[grid(1)](a, b, out, 3, { M, N, K, numWarps: 1 });
  await device.synchronize();
  assert(modules.at(-1)!.includes("scaled_0"));
  const once = reference(await a.read(), await b.read(), [M, N, K]);
  assertEquals([...await out.read()], [...once.map((x) => 1.75 * x)]);
});

/**
 * Shapes of attention, with rows enough that each warp has some of its own; with a large scale, sums are
 * scaled down again and again.
 */
const ATTENTION: readonly {
  readonly queries: number;
  readonly keys: number;
  readonly dim: number;
  readonly blockM: number;
  readonly blockN: number;
  readonly causal?: boolean;
  readonly scale?: number;
}[] = [
  { queries: 32, keys: 32, dim: 16, blockM: 32, blockN: 16 },
  { queries: 37, keys: 53, dim: 16, blockM: 32, blockN: 8, causal: true },
  { queries: 20, keys: 21, dim: 16, blockM: 16, blockN: 8 },
  { queries: 32, keys: 40, dim: 16, blockM: 32, blockN: 8, scale: 3 },
];

for (const attended of ATTENTION) {
  const { queries, keys, dim, blockM, blockN, causal, scale = 1 / Math.sqrt(dim) } = attended;
  const shape = { batch: 1, heads: 2, keyHeads: 1, queries, keys, dim };
  onUnits(`attention of ${JSON.stringify(attended)}`, async (device) => {
    using q = device.randn([1, 2, queries, dim], { dtype: "f16", seed: 1 });
    using k = device.randn([1, 1, keys, dim], { dtype: "f16", seed: 2 });
    using v = device.randn([1, 1, keys, dim], { dtype: "f16", seed: 3 });
    using out = attention(q, k, v, { causal, scale, blockM, blockN, numWarps: 1 });
    const inputs = [await q.read(), await k.read(), await v.read()] as const;
    const expected = attentionReference(...inputs, shape, { scale, causal: causal ?? false });
    assertClose(await out.read(), expected, { relative: 4e-3, absolute: 2e-3 });
  });
}
