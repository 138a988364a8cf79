/** Workloads whose programs depend on each other: sums, running sums, sorting. */

import { cumsum } from "../../kernels/cumsum.ts";
import { sort } from "../../kernels/sort.ts";
import { sum } from "../../kernels/sum.ts";
import { bytesOf, errorOf, random, spread, type Workload } from "../workload.ts";

export const sumElements: Workload = {
  name: "sum",
  unit: "GB/s",
  sizes: (software) => [{ dtype: "f32", size: [2 ** (software ? 20 : 26)] }],
  amount: ({ size: [n], dtype }) => bytesOf(dtype) * n!,
  prepare(device, { size: [n], dtype }, seed) {
    const x = random(device, [n!], seed, { dtype, scale: 1 }), out = device.empty([]);
    return {
      inputs: [x],
      out,
      run: () => sum(x, { out }),
      async check(result) {
        const values = await x.read();
        let total = 0;
        for (let i = 0; i < values.length; i++) total += values[i]!;
        return errorOf(await result(0, 1), [total], {
          absolute: 1e-4 * Math.sqrt(n!),
          relative: 0,
        });
      },
    };
  },
};

export const cumsumElements: Workload = {
  name: "cumsum",
  unit: "GB/s",
  sizes: (software) => [{ dtype: "f32", size: [2 ** (software ? 18 : 24)] }],
  amount: ({ size: [n], dtype }) => 2 * bytesOf(dtype) * n!,
  prepare(device, { size: [n], dtype }, seed) {
    const x = random(device, [n!], seed, { dtype, scale: 1 }), out = device.empty([n!], { dtype });
    return {
      inputs: [x],
      out,
      run: () => cumsum(x, { out }),
      async check(result) {
        const values = await x.read(), places = spread(n!, 64);
        const wanted: number[] = [], found: number[] = [];
        let total = 0, next = 0;
        for (let i = 0; i < values.length; i++) {
          total += values[i]!;
          if (i === places[next]) [wanted[next], next] = [total, next + 1];
        }
        for (const place of places) found.push((await result(place, 1))[0]!);
        return errorOf(found, wanted, { absolute: 1e-4 * Math.sqrt(n!), relative: 1e-4 });
      },
    };
  },
};

export const sortElements: Workload = {
  name: "sort",
  unit: "GB/s",
  sizes: (software) => [{ dtype: "f32", size: [2 ** (software ? 14 : 24)] }],
  amount: ({ size: [n], dtype }) => 2 * bytesOf(dtype) * n!, // were it done in one step
  prepare(device, { size: [n], dtype }, seed) {
    const x = random(device, [n!], seed, { dtype }), out = device.empty([n!], { dtype });
    return {
      inputs: [x],
      out,
      run: () => sort(x, { out }),
      async check(result) {
        const wanted = (await x.read()).toSorted() as Float32Array, places = spread(n!, 64);
        const found: number[] = [];
        for (const place of places) found.push((await result(place, 1))[0]!);
        return errorOf(found, places.map((place) => wanted[place]!), { absolute: 1e-30 });
      },
    };
  },
};
