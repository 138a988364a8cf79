/**
 * Times many configurations of one kernel, the fastest first: how the kernel library's choices of
 * tiles are found, and found again when the compiler or the device is another.
 *
 *     deno run -A bench/sweep.ts matmul --size 1024,2048 --dtype f16
 */

import { Command, Option } from "npm:commander@15.0.0";
import { autotune, cdiv, Device, grid, nextPowerOf2, type TuningResult } from "../mod.ts";
import { attentionKernel } from "../kernels/attention.ts";
import { crossEntropyKernel } from "../kernels/cross_entropy.ts";
import { dropoutKernel } from "../kernels/dropout.ts";
import { layerNormKernel } from "../kernels/layer_norm.ts";
import { matmulKernel } from "../kernels/matmul.ts";
import { rmsNormKernel } from "../kernels/rms_norm.ts";
import { softmaxKernel } from "../kernels/softmax.ts";
import { sumKernel } from "../kernels/sum.ts";
import { addKernel } from "../kernels/vector_add.ts";
import { type BenchDType, bytesOf, random } from "./workload.ts";

/** What is told of each result: how much a launch does, and in what unit per millisecond. */
interface Sweep {
  readonly sizes: readonly (readonly number[])[];
  /** Launches once with every configuration. */
  readonly launch: (
    device: Device,
    size: readonly number[],
    dtype: BenchDType,
    tell: (result: TuningResult<object>) => void,
  ) => void;
  readonly unit: "GB/s" | "TFLOP/s";
  readonly amount: (size: readonly number[], dtype: BenchDType) => number;
}

/** Every combination of some values for some names. */
function combinations<T extends Record<string, readonly number[]>>(
  values: T,
): Record<keyof T, number>[] {
  return Object.entries(values).reduce<Record<string, number>[]>(
    (all, [name, list]) => all.flatMap((one) => list.map((value) => ({ ...one, [name]: value }))),
    [{}],
  ) as Record<keyof T, number>[];
}

const rep = 5;
const rows: Pick<Sweep, "sizes" | "unit" | "amount"> = {
  sizes: [[262_144, 256], [65_536, 781], [65_536, 1024], [16_384, 4096], [4096, 16_384]],
  unit: "GB/s",
  amount: ([r, c], dtype) => 2 * bytesOf(dtype) * r! * c!,
};

/** Tiles of several rows over several warps, as long as the rows or a little longer; between 4 and 64 elements a thread. */
function rowConfigs(columns: number) {
  const lengths = [32, 64, 128].map((by) => cdiv(columns, by) * by);
  return combinations({
    BLOCK: [...new Set([...lengths, nextPowerOf2(columns)])],
    BLOCK_ROWS: [1, 2, 4, 8, 16],
    numWarps: [1, 2, 4, 8, 16, 32],
  })
    .map((config) => ({ ...config, WHOLE: true }))
    .filter(({ BLOCK_ROWS, BLOCK, numWarps }) => {
      const each = BLOCK_ROWS * nextPowerOf2(BLOCK) / numWarps / 32;
      return each >= 4 && each <= 128;
    });
}

const SWEEPS: Readonly<Record<string, Sweep>> = {
  vector_add: {
    sizes: [[2 ** 26]],
    unit: "GB/s",
    amount: ([n], dtype) => 3 * bytesOf(dtype) * n!,
    launch(device, [n], dtype, onTuned) {
      const [x, y] = [1, 2].map((seed) => random(device, [n!], seed, { dtype }));
      const configs = combinations({
        BLOCK: [512, 1024, 2048, 4096, 8192],
        numWarps: [1, 2, 4, 8, 16],
      });
      autotune({ configs, rep, onTuned }, addKernel)[grid(({ BLOCK }) => cdiv(n!, BLOCK))](
        x!,
        y!,
        device.empty([n!], { dtype }),
        n!,
      );
    },
  },
  softmax: {
    ...rows,
    launch(device, [r, c], dtype, onTuned) {
      const x = random(device, [r!, c!], 1, { dtype });
      const kernel = autotune({ configs: rowConfigs(c!), rep, onTuned }, softmaxKernel);
      const out = device.empty([r!, c!], { dtype });
      kernel[grid(({ BLOCK_ROWS }) => cdiv(r!, BLOCK_ROWS))](x, out, r!, c!);
    },
  },
  layer_norm: {
    ...rows,
    launch(device, [r, c], dtype, onTuned) {
      const x = random(device, [r!, c!], 1, { dtype });
      const [weight, bias] = [2, 3].map((seed) => random(device, [c!], seed));
      const kernel = autotune({ configs: rowConfigs(c!), rep, onTuned }, layerNormKernel);
      const out = device.empty([r!, c!], { dtype });
      kernel[grid(({ BLOCK_ROWS }) => cdiv(r!, BLOCK_ROWS))](x, weight!, bias!, out, r!, c!);
    },
  },
  rms_norm: {
    ...rows,
    launch(device, [r, c], dtype, onTuned) {
      const x = random(device, [r!, c!], 1, { dtype }), weight = random(device, [c!], 2);
      const kernel = autotune({ configs: rowConfigs(c!), rep, onTuned }, rmsNormKernel);
      const out = device.empty([r!, c!], { dtype });
      kernel[grid(({ BLOCK_ROWS }) => cdiv(r!, BLOCK_ROWS))](x, weight, out, r!, c!);
    },
  },
  cross_entropy: {
    ...rows,
    sizes: [[32_768, 4096], [8192, 32_000]],
    launch(device, [r, c], dtype, onTuned) {
      const logits = random(device, [r!, c!], 1, { dtype, scale: 8 });
      const targets = device.from(Int32Array.from({ length: r! }, (_, i) => i * 7919 % c!));
      const whole = nextPowerOf2(c!);
      const configs = combinations({
        BLOCK: [1024, 2048, 4096, 8192, whole],
        numWarps: [4, 8, 16, 32],
      })
        .map((config) => ({ ...config, WHOLE: config.BLOCK >= c! }))
        .filter(({ BLOCK, numWarps }) => BLOCK / numWarps / 32 >= 4 && BLOCK / numWarps / 32 <= 64);
      autotune({ configs, rep, onTuned }, crossEntropyKernel)[grid(r!)](
        logits,
        targets,
        device.empty([r!]),
        device.empty([r!, c!], { dtype }),
        c!,
        -100,
        1,
      );
    },
  },
  dropout: {
    ...rows,
    sizes: [[2 ** 26, 1]],
    launch(device, [n], dtype, onTuned) {
      const configs = combinations({
        BLOCK: [512, 1024, 2048, 4096, 8192],
        numWarps: [1, 2, 4, 8],
      });
      const x = random(device, [n!], 1, { dtype }), out = device.empty([n!], { dtype });
      const kernel = autotune({ configs, rep, onTuned }, dropoutKernel);
      kernel[grid(({ BLOCK }) => cdiv(n!, BLOCK))](x, out, n!, 0.5, 2, 7);
    },
  },
  sum: {
    sizes: [[2 ** 26]],
    unit: "GB/s",
    amount: ([n], dtype) => bytesOf(dtype) * n!,
    launch(device, [n], dtype, onTuned) {
      const x = random(device, [n!], 1, { dtype });
      for (const programs of [512, 1024, 2048, 4096]) {
        const configs = combinations({ BLOCK: [1024, 2048, 4096, 8192], numWarps: [4, 8, 16] });
        const sums = device.empty([programs]);
        const tell = (result: TuningResult<object>) =>
          onTuned({ ...result, key: `${result.key} programs=${programs}` });
        autotune({ configs, rep, onTuned: tell }, sumKernel)[grid(programs)](x, sums, n!);
      }
    },
  },
  matmul: {
    sizes: [[512], [1024], [2048], [4096]],
    unit: "TFLOP/s",
    amount: ([n]) => 2 * n! ** 3,
    launch(device, [n], dtype, onTuned) {
      const [a, b] = [1, 2].map((seed) => random(device, [n!, n!], seed, { dtype, scale: 2 }));
      const most = n! <= 512 ? 64 : 128, least = n! <= 1024 ? 32 : 64;
      const sides = [32, 64, 128].filter((side) => side >= least && side <= most);
      const units = dtype === "f16" && device.capabilities.subgroupMatrices.length > 0;
      const configs = combinations({
        BLOCK_M: sides,
        BLOCK_N: sides,
        BLOCK_K: units ? [32, 64] : n! <= 1024 ? [16, 32, 64] : [8, 16, 32],
        numWarps: [1, 2, 4, 8],
        numStages: [2, 3],
        SLICES: n! <= 1024 && !units ? [1, 2] : [1],
      }).filter(({ BLOCK_M, BLOCK_N, numWarps, SLICES }) => {
        const each = BLOCK_M * BLOCK_N * SLICES / numWarps / 32;
        return each >= 8 && each <= (units ? 128 : 64);
      });
      autotune({ configs, rep, onTuned }, matmulKernel)
        [grid(({ BLOCK_M, BLOCK_N }) => cdiv(n!, BLOCK_M) * cdiv(n!, BLOCK_N))](
          a!,
          b!,
          device.empty([n!, n!], { dtype }),
          ...[n!, n!, n!, n!, 1, n!, 1] as const,
        );
    },
  },
  attention: {
    sizes: [[32, 2048, 64], [32, 2048, 128]],
    unit: "TFLOP/s",
    amount: ([heads, length, dim]) => 4 * heads! * length! ** 2 * dim!,
    launch(device, [heads, length, dim], dtype, onTuned) {
      const shape = [1, heads!, length!, dim!];
      const [q, k, v] = [1, 2, 3].map((seed) => random(device, shape, seed, { dtype }));
      const configs = combinations({
        BLOCK_M: [32, 64, 128],
        BLOCK_N: [16, 32, 64],
        numWarps: [2, 4, 8],
      }).map((config) => ({ ...config, D: dim! })).filter(({ BLOCK_M, D, numWarps }) => {
        const each = BLOCK_M * D / numWarps / 32;
        return each >= 16 && each <= 128;
      });
      autotune({ configs, rep, onTuned }, attentionKernel)
        [grid(({ BLOCK_M }) => [cdiv(length!, BLOCK_M), heads!])](
          q!,
          k!,
          v!,
          device.empty(shape, { dtype }),
          length!,
          length!,
          1 / Math.sqrt(dim!),
        );
    },
  },
};

interface Options {
  readonly size?: string;
  readonly dtype: BenchDType;
  readonly best: number;
  readonly device: "webgpu" | "dawn";
}

const program = new Command("sweep")
  .argument("<kernel>", Object.keys(SWEEPS).join(", "))
  .option("--size <sizes>", "sizes, separated by commas, their numbers by x")
  .option("--dtype <dtype>", "f32 or f16", "f32")
  .option("--best <count>", "how many configurations are told", Number, 8)
  .addOption(
    new Option("--device <name>", "whose WebGPU").choices(["webgpu", "dawn"]).default("webgpu"),
  )
  .parse(Deno.args, { from: "user" });
const { size, dtype, best, device: provider } = program.opts<Options>(), name = program.args[0]!;
const sweep = SWEEPS[name] ??
  program.error(`There is no sweep '${name}': ${Object.keys(SWEEPS).join(", ")}`);

const device = await Device.open(provider === "dawn" ? { provider } : { device: "webgpu" });
console.log(`${device}`);
for (const numbers of size?.split(",").map((text) => text.split("x").map(Number)) ?? sweep.sizes) {
  const start = performance.now();
  const results: TuningResult<object>[] = [];
  sweep.launch(device, numbers, dtype, (result) => results.push(result));
  await device.synchronize();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const tried = results.reduce((sum, { trials }) => sum + trials.length, 0);
  console.log(
    `${name} ${dtype} ${numbers.join("x")}, ${tried} configurations in ${seconds} s`,
  );
  const trials = results.flatMap(({ key, trials }) => trials.map((trial) => ({ key, ...trial })))
    .filter(({ ms }) => ms)
    .sort((a, b) => a.ms!.median - b.ms!.median);
  for (const { config, ms, key } of trials.slice(0, best)) {
    const rate = sweep.amount(numbers, dtype) / ms!.median / (sweep.unit === "GB/s" ? 1e6 : 1e9);
    const constants = Object.entries(config).map(([name, value]) => `${name} ${value}`).join(", ");
    const programs = /programs=\d+/.exec(key)?.[0] ?? "";
    console.log(`  ${rate.toPrecision(4)} ${sweep.unit}  ${constants} ${programs}`);
  }
}
Deno.exit(0);
