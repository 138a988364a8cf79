/** Workloads that treat elements by themselves, or in pairs: dropout, rotary embedding. */

import { dropout, reference as dropoutReference } from "../../kernels/dropout.ts";
import { reference as rotaryReference, rotary, rotaryTables } from "../../kernels/rotary.ts";
import { bytesOf, checkRows, errorOf, random, readerOf, type Workload } from "../workload.ts";

export const dropoutElements: Workload = {
  name: "dropout",
  unit: "GB/s",
  sizes: (software) => [{ dtype: "f32", size: [2 ** (software ? 20 : 26)] }],
  amount: ({ size: [n], dtype }) => 2 * bytesOf(dtype) * n!,
  prepare(device, { size: [n], dtype }, seed) {
    const x = random(device, [n!], seed, { dtype }), out = device.empty([n!], { dtype });
    const read = readerOf(x);
    return {
      inputs: [x],
      out,
      run: () => dropout(x, 0.5, { seed: 7, out }),
      // The reference counts from the first element on, so the beginning is what is looked at.
      check: async (result) =>
        errorOf(await result(0, 8192), dropoutReference(await read(0, 8192), 0.5, 7), {
          absolute: 1e-6,
        }),
    };
  },
};

export const rotaryHeads: Workload = {
  name: "rotary",
  unit: "GB/s",
  // batch, length, heads, dim
  sizes: (software) => [{ dtype: "f32", size: software ? [1, 256, 8, 64] : [4, 4096, 32, 128] }],
  amount: ({ size, dtype }) => 2 * bytesOf(dtype) * size.reduce((a, b) => a * b, 1),
  prepare(device, { size, dtype }, seed) {
    const [batch, length, heads, dim] = size as [number, number, number, number];
    const x = random(device, size, seed, { dtype }), out = device.empty(size, { dtype });
    const { cos, sin } = rotaryTables(device, length, dim);
    const read = readerOf(x), row = heads * dim, half = dim / 2;
    return {
      inputs: [x, cos, sin],
      out,
      run: () => rotary(x, cos, sin, { out }),
      async check(result) {
        const [c, s] = [await cos.read(), await sin.read()];
        return checkRows(result, [batch * length, row], async (r) => {
          const at = r % length * half, tables = [c, s].map((t) => t.subarray(at, at + half));
          return rotaryReference(await read(r * row, row), tables[0]!, tables[1]!, [
            1,
            1,
            heads,
            dim,
          ]);
        }, { absolute: 1e-5 });
      },
    };
  },
};
