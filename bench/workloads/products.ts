/** Workloads of matrix products: matmul, of few rows too, and attention. */

import { attention, reference as attentionReference } from "../../kernels/attention.ts";
import { matmul } from "../../kernels/matmul.ts";
import { matmulShaders } from "../rivals/matmul.ts";
import {
  bytesOf,
  errorOf,
  random,
  readerOf,
  type Size,
  spread,
  type Workload,
} from "../workload.ts";

export const matmulSquare: Workload = {
  ...squareProducts(),
  name: "matmul",
  sizes: (software) =>
    software
      ? [{ dtype: "f32", size: [512] }]
      : (["f32", "f16"] as const).flatMap((dtype) =>
        [512, 1024, 2048, 4096].map((n): Size => ({ dtype, size: [n] }))
      ),
};

/** Of f16, of which 32 products at a time may be summed in f16. */
export const matmulImprecise: Workload = {
  ...squareProducts(32),
  name: "matmul_imprecise",
  sizes: (software) =>
    software
      ? [{ dtype: "f16", size: [256] }]
      : [1024, 2048, 4096].map((n): Size => ({ dtype: "f16", size: [n] })),
};

function squareProducts(maxNumImpreciseAcc?: number): Omit<Workload, "name" | "sizes"> {
  return {
    unit: "TFLOP/s",
    byHand: true,
    amount: ({ size: [n] }) => 2 * n! ** 3,
    prepare(device, { size: [n], dtype }, seed) {
      const shape = [n!, n!], scale = 2;
      const a = random(device, shape, seed, { dtype, scale });
      const b = random(device, shape, seed + 1, { dtype, scale });
      const out = device.empty(shape, { dtype });
      const readA = readerOf(a);
      return {
        inputs: [a, b],
        out,
        run: () => matmul(a, b, { out, maxNumImpreciseAcc }),
        handwritten: matmulShaders(device, [a, b], device.empty(shape, { dtype }), n!, dtype),
        async check(result) {
          const right = await b.read();
          const found: number[] = [], wanted: number[] = [];
          for (const row of spread(n!, 6)) {
            const left = await readA(row * n!, n!), line = await result(row * n!, n!);
            for (const column of spread(n!, 50)) {
              let sum = 0;
              for (let k = 0; k < n!; k++) sum += left[k]! * right[k * n! + column]!;
              wanted.push(sum);
              found.push(line[column]!);
            }
          }
          const absolute = dtype === "f32" ? 1e-4 : 2e-2;
          return errorOf(found, wanted, {
            absolute: absolute * Math.sqrt(n!) / 16,
            relative: absolute,
          });
        },
      };
    },
  };
}

export const fewRows: Workload = {
  name: "few_rows",
  unit: "GB/s",
  // rows, K, N
  sizes: (software) =>
    (software ? [[4, 512, 512]] : [[1, 8192, 8192], [4, 8192, 8192], [16, 8192, 8192]])
      .map((size): Size => ({ dtype: "f32", size })),
  amount: ({ size: [, K, N], dtype }) => bytesOf(dtype) * K! * N!,
  prepare(device, { size, dtype }, seed) {
    const [rows, K, N] = size as [number, number, number];
    const few = random(device, [rows, K], seed, { dtype, scale: 2 });
    const many = random(device, [K, N], seed + 1, { dtype, scale: 2 });
    const out = device.empty([rows, N], { dtype });
    return {
      inputs: [few, many],
      out,
      run: () => matmul(few, many, { out }),
      async check(result) {
        const [left, right] = [await readerOf(few)(0, rows * K), await readerOf(many)(0, K * N)];
        const found: number[] = [], wanted: number[] = [];
        for (const row of spread(rows, 4)) {
          const line = await result(row * N, N);
          for (const column of spread(N, 50)) {
            let sum = 0;
            for (let k = 0; k < K; k++) sum += left[row * K + k]! * right[k * N + column]!;
            wanted.push(sum);
            found.push(line[column]!);
          }
        }
        return errorOf(found, wanted, { absolute: 1e-4 * Math.sqrt(K) / 16, relative: 1e-4 });
      },
    };
  },
};

export const attentionHeads: Workload = {
  name: "attention",
  unit: "TFLOP/s",
  // heads, length, dim
  sizes: (software) =>
    software
      ? [{ dtype: "f32", size: [2, 256, 64] }]
      : (["f32", "f16"] as const).flatMap((dtype) =>
        [[32, 2048, 64], [32, 4096, 64], [32, 4096, 128]].map((size): Size => ({ dtype, size }))
      ),
  amount: ({ size: [heads, length, dim] }) => 4 * heads! * length! ** 2 * dim!,
  prepare(device, { size, dtype }, seed) {
    const [heads, length, dim] = size as [number, number, number];
    const shape = [1, heads, length, dim];
    const [q, k, v] = [0, 1, 2].map((i) => random(device, shape, seed + i, { dtype }));
    const out = device.empty(shape, { dtype });
    const readers = [q!, k!, v!].map(readerOf);
    return {
      inputs: [q!, k!, v!],
      out,
      run: () => attention(q!, k!, v!, { out }),
      async check(result) {
        let worst = 0;
        for (const head of spread(heads, 3)) {
          const start = head * length * dim;
          const query = (head * 131 + 17) % length;
          const [one, keys, values] = [
            await readers[0]!(start + query * dim, dim),
            await readers[1]!(start, length * dim),
            await readers[2]!(start, length * dim),
          ];
          const wanted = attentionReference(one, keys, values, {
            batch: 1,
            heads: 1,
            keyHeads: 1,
            queries: 1,
            keys: length,
            dim,
          });
          const found = await result(start + query * dim, dim);
          const error = errorOf(found, wanted, { absolute: dtype === "f32" ? 1e-4 : 4e-3 });
          if (!(error <= worst)) worst = error;
        }
        return worst;
      },
    };
  },
};
