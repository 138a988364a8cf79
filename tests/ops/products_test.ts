/**
 * Products as GPUs compute them, with operands staged in workgroup memory, and as processors that play the
 * GPU do, by lanes: both on whatever device there is, and beside the CPU's.
 */

import { type Device, grid, jit, type Pointer, tl } from "../../mod.ts";
import { compileStages } from "../../lib/compile.ts";
import { DTYPES } from "../../lib/ir/dtype.ts";
import type { ArgumentSpec } from "../../lib/trace/trace.ts";
import { assert, assertClose, assertEquals } from "../support/assert.ts";
import { deviceOf, hasGpu, INSTALL } from "../support/devices.ts";
import { limited } from "../support/limited.ts";

/** out = x y added up over STEPS tiles along k, then `out w`, by a product whose first factor is a product. */
const twice = jit(
  function twice(
    x: Pointer, // [M, STEPS * K]
    y: Pointer, // [STEPS * K, N]
    w: Pointer, // [N, N]
    out: Pointer, // [M, N]
    steps: number,
    { M = 16, N = 16, K = 16 },
  ) {
    const m = tl.col(tl.arange(0, M)), n = tl.row(tl.arange(0, N)), all = tl.col(tl.arange(0, N));
    let sum = tl.dot(tl.zeros([M, K], x.dtype), tl.zeros([K, N], x.dtype));
    for (let step = 0; step < steps; step++) {
      const k = step * K + tl.arange(0, K);
      const left = tl.load(x + m * (steps * K) + tl.row(k));
      const right = tl.load(y + tl.col(k) * N + n);
      sum = tl.dot(left, right, sum);
    }
    const factor = tl.cast(sum, w.dtype);
    tl.store(out + m * N + n, tl.dot(factor, tl.load(w + all * N + n)));
  },
  () => ({ tl }),
);

const CASES = [
  [16, 16, 16, "f32", 1],
  [1, 1, 1, "f32", 1],
  [2, 64, 4, "f16", 2],
  [64, 2, 8, "f32", 4],
  [32, 32, 1, "i8", 1],
  [8, 16, 32, "f32", 1],
  [16, 32, 16, "f16", 1],
  [4, 128, 8, "f32", 1], // few rows, many columns
  [1, 128, 2, "f16", 1],
] as const;

let staged: Promise<Device> | undefined, byLanes: Promise<Device> | undefined;

/** A device that is, or is not, taken for a processor. */
const DEVICES = {
  "staged in workgroup memory": () => staged ??= limited({}, { software: false }),
  "by lanes": () => byLanes ??= limited({}, { software: true }),
};

for (const [how, open] of Object.entries(DEVICES)) {
  Deno.test({
    name: hasGpu
      ? `products ${how} are those of the CPU`
      : `products ${how}: no adapter, ${INSTALL}`,
    ignore: !hasGpu,
    fn: async () => {
      const results: ArrayLike<number>[] = [];
      for (const device of [await deviceOf("cpu"), await open()]) {
        for (const [at, [M, N, K, dtype, numWarps]] of CASES.entries()) {
          const steps = 1 + at % 3;
          const filled = (shape: [number, number], factor: number) =>
            device.from(
              Array.from({ length: shape[0] * shape[1] }, (_, i) => (i * factor + at) % 7 - 3),
              { shape, dtype },
            );
          using x = filled([M, steps * K], 11), y = filled([steps * K, N], 5);
          using w = filled([N, N], 3), out = device.empty([M, N]);
          twice[grid(1)](x, y, w, out, steps, { M, N, K, numWarps });
          results.push(await out.read() as Float32Array);
        }
      }
      const count = results.length / 2;
      for (let i = 0; i < count; i++) assertClose(results[count + i]!, results[i]!);
    },
  });
}

/** out = x y by tiles along k, with sums of up to TERMS products in f16. */
const imprecise = jit(
  function imprecise(
    x: Pointer, // [M, K]
    y: Pointer, // [K, N]
    out: Pointer, // [M, N]
    K: number,
    yRowStride: number,
    yColumnStride: number,
    { M = 32, N = 32, STEP = 16, TERMS = 32 },
  ) {
    const m = tl.col(tl.arange(0, M)), n = tl.row(tl.arange(0, N)), depth = tl.arange(0, STEP);
    let sum = tl.zeros([M, N], tl.f32);
    for (let start = 0; start < K; start += STEP) {
      const k = start + depth;
      const left = tl.load(x + m * K + tl.row(k));
      const right = tl.load(y + tl.col(k) * yRowStride + n * yColumnStride);
      sum = tl.dot(left, right, sum, { maxNumImpreciseAcc: TERMS });
    }
    tl.store(out + m * N + n, sum);
  },
  () => ({ tl }),
);

const half = hasGpu && (await deviceOf("webgpu")).capabilities.features.includes("shader-f16");

Deno.test({
  name: half
    ? "sums of halves that may be imprecise are exact where halves are"
    : "sums of halves that may be imprecise: no shader-f16",
  ignore: !half,
  fn: async () => {
    const device = await DEVICES["staged in workgroup memory"]();
    for (
      const [M, N, K, STEP, TERMS, numWarps, numStages, transposed] of [
        [16, 16, 32, 16, 32, 1, 2, false],
        [16, 32, 32, 16, 8, 2, 3, true],
        [16, 16, 16, 8, 3, 1, 1, false],
        [4, 128, 16, 8, 4, 1, 2, false], // few rows
        [16, 16, 16, 16, 1, 1, 2, false], // none
      ] as const
    ) {
      const element = (i: number, factor: number) => (i * factor) % 7 - 3;
      using x = device.from(Array.from({ length: M * K }, (_, i) => element(i, 11)), {
        dtype: "f16",
      });
      using y = device.from(Array.from({ length: K * N }, (_, i) => element(i, 5)), {
        dtype: "f16",
      });
      using out = device.empty([M, N]);
      const strides: [number, number] = transposed ? [1, K] : [N, 1];
      imprecise[grid(1)](x, y, out, K, ...strides, { M, N, STEP, TERMS, numWarps, numStages });
      const expected = Array.from({ length: M * N }, (_, i) => {
        const m = Math.floor(i / N), n = i % N;
        let sum = 0;
        for (let k = 0; k < K; k++) {
          sum += element(m * K + k, 11) * element(k * strides[0] + n * strides[1], 5);
        }
        return sum;
      });
      assertEquals(Array.from(await out.read()), expected);
    }
  },
});

Deno.test("a product is by lanes on processors alone, and takes no workgroup memory and no barrier there", () => {
  const pointer: ArgumentSpec = { kind: "pointer", dtype: DTYPES.f32, divisibility: 16 };
  const steps: ArgumentSpec = { kind: "scalar", dtype: DTYPES.i32, divisibility: 1 };
  const wgslOf = (software: boolean) =>
    compileStages(
      twice.graph([pointer, pointer, pointer, pointer, steps], {}),
      { numWarps: 1, numStages: 2, aliases: [0, 1, 2, 3], fold: "none" },
      {
        ...{ subgroupSize: 8, f16: true, int64: true, int64Atomics: true, f64: true },
        ...{ maxWorkgroupBytes: 32_768, maxInvocations: 1024, software, dialect: "naga" },
      },
    ).program.wgsl;
  const uses = (wgsl: string) =>
    ["subgroupBroadcast", "var<workgroup>", "workgroupBarrier"].map((word) => wgsl.includes(word));
  assertEquals(uses(wgslOf(true)), [true, false, false]);
  assertEquals(uses(wgslOf(false)), [false, true, true]);
});

Deno.test("halves are summed as halves where a kernel lets them, on GPUs that have them", () => {
  const pointer: ArgumentSpec = { kind: "pointer", dtype: DTYPES.f16, divisibility: 16 };
  const scalar = (value?: 1): ArgumentSpec => ({
    ...{ kind: "scalar", dtype: DTYPES.i32, divisibility: 16 },
    ...(value && { value }),
  });
  const wgslOf = (TERMS: number, f16: boolean) =>
    compileStages(
      imprecise.graph([pointer, pointer, pointer, scalar(), scalar(), scalar(1)], { TERMS }),
      { numWarps: 1, numStages: 2, aliases: [0, 1, 2], fold: "none" },
      {
        ...{ subgroupSize: 32, f16, int64: true, int64Atomics: true, f64: true },
        ...{ maxWorkgroupBytes: 32_768, maxInvocations: 1024, software: false, dialect: "naga" },
      },
    ).program.wgsl;
  // 32 sums an invocation in vectors of 4, each of 8 or 16 products of the 16 that a step has.
  const parts = (terms: number, f16: boolean) =>
    wgslOf(terms, f16).match(/var few_\d+ = /g)?.length ?? 0;
  assertEquals([parts(32, true), parts(8, true), parts(0, true), parts(32, false)], [8, 16, 0, 0]);
  assert(wgslOf(32, true).includes("array<array<vec4<f16>"));
});
