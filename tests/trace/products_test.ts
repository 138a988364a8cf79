/** `tl.dot` in all dtypes, batches, and `tl.dotScaled`, on every device. */

import { grid, jit, type Pointer, tl } from "../../mod.ts";
import { DTYPES } from "../../lib/ir/dtype.ts";
import { assertClose, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";

Deno.test("tl.dot() takes a number of imprecise sums that is an integer", () => {
  const kernel = jit((x: Pointer, { TERMS = 0 as number | undefined }) => {
    const i = tl.col(tl.arange(0, 16)) * 16 + tl.row(tl.arange(0, 16));
    const tile = tl.load(x + i);
    tl.store(x + i, tl.dot(tile, tile, 0, { maxNumImpreciseAcc: TERMS }));
  });
  const graph = (TERMS: number | undefined) =>
    kernel.graph([{ kind: "pointer", dtype: DTYPES.f16, divisibility: 16 }], { TERMS });
  for (const terms of [0, 32, undefined]) graph(terms);
  for (const terms of [-1, 1.5]) {
    assertThrows(() => graph(terms), Error, `tl.dot cannot sum ${terms} products imprecisely`);
  }
});

/** The 4-bit floats by their bits. */
const E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];

onDevices(
  "tl.dotScaled() reads two 4-bit floats a byte, and scales groups of 32",
  async (device) => {
    const [M, N, K] = [16, 16, 64];
    const kernel = jit(
      (
        a: Pointer,
        as: Pointer,
        b: Pointer,
        bs: Pointer,
        out: Pointer,
        { M = 16, N = 16, K = 64 },
      ) => {
        const m = tl.arange(0, M), n = tl.arange(0, N), k = tl.arange(0, K);
        const half = tl.arange(0, K / 2), group = tl.arange(0, K / 32);
        const lhs = tl.load(a + tl.col(m) * (K / 2) + tl.row(half));
        const rhs = tl.load(b + tl.col(k) * N + tl.row(n));
        const lhsScale = tl.load(as + tl.col(m) * (K / 32) + tl.row(group));
        const rhsScale = tl.load(bs + tl.col(n) * (K / 32) + tl.row(group));
        const product = tl.dotScaled(lhs, lhsScale, "e2m1", rhs, rhsScale, "bf16");
        tl.store(out + tl.col(m) * N + tl.row(n), product);
      },
    );
    const bytes = Uint8Array.from({ length: M * K / 2 }, (_, i) => (i * 37 + 11) & 255);
    const right = Float32Array.from({ length: K * N }, (_, i) => (i * 13) % 17 - 8);
    const aScale = Uint8Array.from({ length: M * 2 }, (_, i) => 124 + i % 7);
    const bScale = Uint8Array.from({ length: N * 2 }, (_, i) => 130 - i % 5);
    using a = device.from(bytes, { dtype: "u8" }), as = device.from(aScale, { dtype: "u8" });
    using b = device.from(right, { dtype: "bf16" }), bs = device.from(bScale, { dtype: "u8" });
    using out = device.empty([M, N]);
    kernel[grid(1)](a, as, b, bs, out);
    const wanted = Array.from({ length: M * N }, (_, i) => {
      const m = Math.floor(i / N), n = i % N;
      let sum = 0;
      for (let k = 0; k < K; k++) {
        const byte = bytes[m * K / 2 + (k >> 1)]!, g = k >> 5;
        const x = E2M1[k % 2 === 0 ? byte & 15 : byte >> 4]! * 2 ** (aScale[m * 2 + g]! - 127);
        sum += x * right[k * N + n]! * 2 ** (bScale[n * 2 + g]! - 127);
      }
      return sum;
    });
    assertClose(await out.read(), wanted);
  },
);

onDevices(
  "tl.dot() multiplies 8-bit integers exactly, and each matrix of a batch",
  async (device) => {
    const kernel = jit((a: Pointer, b: Pointer, out: Pointer, { B = 2, M = 8, N = 16, K = 32 }) => {
      const batch = tl.expandDims(tl.arange(0, B), [1, 2]);
      const m = tl.arange(0, M), n = tl.arange(0, N), k = tl.arange(0, K);
      const rows = tl.expandDims(m, [0, 2]), columns = tl.expandDims(n, [0, 1]);
      const x = tl.load(a + batch * M * K + rows * K + tl.expandDims(k, [0, 1]));
      const y = tl.load(b + batch * K * N + tl.expandDims(k, [0, 2]) * N + columns);
      tl.store(out + batch * M * N + rows * N + columns, tl.dot(x, y));
    });
    const [B, M, N, K] = [2, 8, 16, 32];
    const left = Int8Array.from({ length: B * M * K }, (_, i) => (i * 31) % 256 - 128);
    const right = Int8Array.from({ length: B * K * N }, (_, i) => (i * 57) % 256 - 128);
    const product = (i: number) => {
      const batch = Math.floor(i / (M * N)), m = Math.floor(i / N) % M, n = i % N;
      let sum = 0;
      for (let k = 0; k < K; k++) {
        sum += left[(batch * M + m) * K + k]! * right[(batch * K + k) * N + n]!;
      }
      return sum;
    };
    const wanted = Array.from({ length: B * M * N }, (_, i) => product(i));
    using a = device.from(left, { dtype: "i8" }), b = device.from(right, { dtype: "i8" });
    using out = device.empty([B, M, N], { dtype: "i32" });
    kernel[grid(1)](a, b, out);
    assertClose(await out.read(), wanted, { relative: 0, absolute: 0 });
    using wide = device.from(Float32Array.from(left)), high = device.from(Float32Array.from(right));
    using sums = device.empty([B, M, N]);
    kernel[grid(1)](wide, high, sums);
    assertClose(await sums.read(), wanted, { relative: 0, absolute: 0 });
  },
);

onDevices("tl.dot() of more than workgroup memory holds is staged in parts", async (device) => {
  const kernel = jit((a: Pointer, b: Pointer, out: Pointer, { M = 16, N = 16, K = 256 }) => {
    const m = tl.col(tl.arange(0, M)), n = tl.row(tl.arange(0, N)), k = tl.arange(0, K);
    const x = tl.load(a + m * K + tl.row(k)), y = tl.load(b + tl.col(k) * N + n);
    tl.store(out + m * N + n, tl.dot(x, y));
  });
  const [M, N, K] = [16, 16, 256];
  using a = device.randn([M, K], { seed: 1 }), b = device.randn([K, N], { seed: 2 });
  using out = device.empty([M, N]);
  kernel[grid(1)](a, b, out);
  const [left, right] = [await a.read(), await b.read()];
  const wanted = Array.from({ length: M * N }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += left[Math.floor(i / N) * K + k]! * right[k * N + i % N]!;
    return sum;
  });
  assertClose(await out.read(), wanted, { relative: 1e-5, absolute: 1e-4 });
});
