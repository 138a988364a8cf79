import { add } from "../../kernels/vector_add.ts";
import { folded } from "../handwritten.ts";
import { vectorAddShader } from "../rivals/vector_add.ts";
import { bytesOf, checkRows, random, readerOf, type Workload } from "../workload.ts";

export const vectorAdd: Workload = {
  name: "vector_add",
  unit: "GB/s",
  byHand: true,
  sizes: (software) => [{ dtype: "f32", size: [2 ** (software ? 22 : 26)] }],
  amount: ({ size: [n], dtype }) => 3 * bytesOf(dtype) * n!,
  prepare(device, { size: [n], dtype }, seed) {
    const x = random(device, [n!], seed, { dtype }), y = random(device, [n!], seed + 1, { dtype });
    const out = device.empty([n!], { dtype });
    const [ofX, ofY] = [readerOf(x), readerOf(y)];
    return {
      inputs: [x, y],
      out,
      run: () => add(x, y, { out }),
      handwritten: [{
        name: "vector add",
        code: vectorAddShader,
        reads: [x, y],
        writes: [device.empty([n!])],
        groups: folded(n! / 1024),
      }],
      check: (result) =>
        checkRows(result, [n! / 1024, 1024], async (row) => {
          const [a, b] = [await ofX(row * 1024, 1024), await ofY(row * 1024, 1024)];
          return Float32Array.from(a, (value, i) => value + b[i]!);
        }, { absolute: 1e-6 }),
    };
  },
};
