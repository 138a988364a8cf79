/** Workloads that reduce rows: softmax, normalisations, cross entropy. */

import type { Tensor } from "../../mod.ts";
import { crossEntropy, reference as crossEntropyReference } from "../../kernels/cross_entropy.ts";
import { layerNorm, reference as layerNormReference } from "../../kernels/layer_norm.ts";
import {
  layerNormBackward,
  reference as layerNormBackwardReference,
} from "../../kernels/layer_norm_backward.ts";
import { reference as rmsNormReference, rmsNorm } from "../../kernels/rms_norm.ts";
import { reference as softmaxReference, softmax } from "../../kernels/softmax.ts";
import { rowShaders } from "../rivals/rows.ts";
import {
  bytesOf,
  checkRows,
  errorOf,
  random,
  readerOf,
  type Size,
  spread,
  type Workload,
} from "../workload.ts";

/** Rows from short to long, and ragged ones. */
function rowSizes(software: boolean): readonly Size[] {
  const sizes = software
    ? [[1024, 1024], [1024, 781]]
    : [[262_144, 256], [65_536, 781], [65_536, 1024], [16_384, 4096], [4096, 16_384]];
  return sizes.map((size) => ({ dtype: "f32", size }));
}

/** A matrix is read once and written once. */
function readAndWritten({ size: [rows, columns], dtype }: Size): number {
  return 2 * bytesOf(dtype) * rows! * columns!;
}

/** Reads row r of a matrix. */
function rowsOf(x: Tensor): (row: number) => Promise<ArrayLike<number>> {
  const read = readerOf(x), columns = x.shape.at(-1)!;
  return (row) => read(row * columns, columns);
}

export const softmaxRows: Workload = {
  name: "softmax",
  unit: "GB/s",
  byHand: true,
  sizes: rowSizes,
  amount: readAndWritten,
  prepare(device, { size, dtype }, seed) {
    const [rows, columns] = size as [number, number];
    const x = random(device, size, seed, { dtype }), out = device.empty(size, { dtype });
    const row = rowsOf(x);
    return {
      inputs: [x],
      out,
      run: () => softmax(x, { out }),
      handwritten: rowShaders("softmax", device, [x], device.empty(size), [rows, columns]),
      check: (result) =>
        checkRows(result, [rows, columns], async (r) => softmaxReference(await row(r), columns), {
          absolute: 1e-7,
          relative: 1e-4,
        }),
    };
  },
};

export const layerNormRows: Workload = {
  name: "layer_norm",
  unit: "GB/s",
  byHand: true,
  sizes: rowSizes,
  amount: readAndWritten,
  prepare(device, { size, dtype }, seed) {
    const [rows, columns] = size as [number, number];
    const x = random(device, size, seed, { dtype }), out = device.empty(size, { dtype });
    const weight = random(device, [columns], seed + 1), bias = random(device, [columns], seed + 2);
    const row = rowsOf(x);
    return {
      inputs: [x, weight, bias],
      out,
      run: () => layerNorm(x, weight, bias, { out }),
      handwritten: rowShaders("layer_norm", device, [x, weight, bias], device.empty(size), [
        rows,
        columns,
      ]),
      async check(result) {
        const [w, b] = [await weight.read(), await bias.read()];
        return checkRows(
          result,
          [rows, columns],
          async (r) => layerNormReference(await row(r), w, b),
          { absolute: 1e-4 },
        );
      },
    };
  },
};

export const rmsNormRows: Workload = {
  name: "rms_norm",
  unit: "GB/s",
  byHand: true,
  sizes: rowSizes,
  amount: readAndWritten,
  prepare(device, { size, dtype }, seed) {
    const [rows, columns] = size as [number, number];
    const x = random(device, size, seed, { dtype }), out = device.empty(size, { dtype });
    const weight = random(device, [columns], seed + 1);
    const row = rowsOf(x);
    return {
      inputs: [x, weight],
      out,
      run: () => rmsNorm(x, weight, { out }),
      handwritten: rowShaders("rms_norm", device, [x, weight], device.empty(size), [rows, columns]),
      async check(result) {
        const w = await weight.read();
        return checkRows(result, [rows, columns], async (r) => rmsNormReference(await row(r), w), {
          absolute: 1e-4,
        });
      },
    };
  },
};

export const layerNormBackwardRows: Workload = {
  name: "layer_norm_backward",
  unit: "GB/s",
  sizes: (software) =>
    (software ? [[256, 1024]] : [[65_536, 1024], [16_384, 4096]]).map((size) => ({
      dtype: "f32",
      size,
    })),
  // x and the gradient are read, dx is written; the sums over rows are small beside them.
  amount: ({ size: [rows, columns], dtype }) => 3 * bytesOf(dtype) * rows! * columns!,
  prepare(device, { size, dtype }, seed) {
    const columns = size[1]!;
    const x = random(device, size, seed, { dtype });
    const gradient = random(device, size, seed + 1, { dtype });
    const weight = random(device, [columns], seed + 2), dx = device.empty(size, { dtype });
    const [ofX, ofGradient] = [rowsOf(x), rowsOf(gradient)];
    return {
      inputs: [x, weight, gradient],
      out: dx,
      run() {
        const { dweight, dbias } = layerNormBackward(x, weight, gradient, { dx });
        dweight.dispose();
        dbias.dispose();
      },
      async check(result) {
        const w = await weight.read();
        return checkRows(
          result,
          size as [number, number],
          async (r) => layerNormBackwardReference(await ofX(r), w, await ofGradient(r)).dx,
          { absolute: 1e-4 },
        );
      },
    };
  },
};

export const crossEntropyRows: Workload = {
  name: "cross_entropy",
  unit: "GB/s",
  sizes: (software) =>
    (software ? [[128, 4096]] : [[32_768, 4096], [8192, 32_000]]).map((size) => ({
      dtype: "f32",
      size,
    })),
  amount: readAndWritten, // logits and their gradient
  prepare(device, { size, dtype }, seed) {
    const [rows, columns] = size as [number, number];
    const logits = random(device, size, seed, { dtype, scale: 8 });
    const gradient = device.empty(size, { dtype }), losses = device.empty([rows]);
    const targets = device.from(Int32Array.from({ length: rows }, (_, r) => r * 7919 % columns));
    const row = rowsOf(logits);
    return {
      inputs: [logits, targets],
      out: losses,
      run: () => crossEntropy(logits, targets, { losses, gradient }),
      async check(result) {
        const found: number[] = [], wanted: number[] = [];
        for (const r of spread(rows, 5)) {
          found.push((await result(r, 1))[0]!);
          const { losses } = crossEntropyReference(await row(r), [r * 7919 % columns], columns);
          wanted.push(losses[0]!);
        }
        return errorOf(found, wanted, { absolute: 1e-4 });
      },
    };
  },
};
