/**
 * Nereid's kernels against WGSL written by hand for one size: `deno task bench`.
 *
 * Each case is checked first and timed second. Both sides run on the same adapter, sample by sample
 * in turn; the ratio is what to look at, since a rate alone says more about the machine. Tensors
 * are larger than caches on a GPU; on software Vulkan all sizes are small.
 *
 *     deno task bench [--only NAME] [--json FILE]
 */

import { Command } from "npm:commander@15.0.0";
import { Device } from "../mod.ts";
import { add } from "../kernels/vector_add.ts";
import { matmul } from "../kernels/matmul.ts";
import { softmax } from "../kernels/softmax.ts";
import { measure, type Subject } from "./measure.ts";
import { folded, Raw } from "./raw.ts";
import { matmulShader } from "./rivals/matmul.ts";
import { softmaxShader } from "./rivals/softmax.ts";
import { VECTOR_ADD } from "./rivals/vector_add.ts";

/** One thing to bench, ready to run. */
interface Prepared {
  readonly nereid: Subject;
  readonly rival: Subject;
  /** What one repeat moves (bytes) or computes (operations). */
  readonly amount: number;
  /** The largest error of the two results, against each other. */
  readonly difference: () => Promise<number>;
  /** What `difference` must not exceed. */
  readonly tolerance: number;
}

interface Case {
  readonly name: string;
  readonly unit: "GB/s" | "GFLOP/s";
  /** The sizes to bench; small for a software adapter. */
  readonly sizes: (software: boolean) => readonly number[][];
  readonly prepare: (device: Device, raw: Raw, size: readonly number[]) => Promise<Prepared>;
}

/** One line of the report. */
interface Result {
  readonly name: string;
  readonly size: string;
  readonly unit: string;
  readonly nereid: number;
  readonly rival: number;
  /** Nereid's rate by the rival's: above 1 is faster. */
  readonly ratio: number;
}

const CASES: readonly Case[] = [
  {
    name: "vector_add",
    unit: "GB/s",
    sizes: (software) => [[software ? 2 ** 20 : 2 ** 26]],
    async prepare(device, raw, [n]) {
      const x = device.randn([n!], { seed: 1 }), y = device.randn([n!], { seed: 2 });
      const out = device.empty([n!]);
      const result = raw.buffer(4 * n!);
      const inputs = [raw.buffer(await floats(x)), raw.buffer(await floats(y))];
      return {
        nereid: launches(device, () => add(x, y, { out })),
        rival: raw.subject(VECTOR_ADD, [...inputs, result], folded(n! / 1024)),
        amount: 3 * 4 * n!,
        difference: async () => largestDifference(await floats(out), await raw.read(result)),
        tolerance: 0,
      };
    },
  },
  {
    name: "softmax",
    unit: "GB/s",
    sizes: (software) => software ? [[128, 1024]] : [[16_384, 4096], [65_536, 1024]],
    async prepare(device, raw, [rows, columns]) {
      const x = device.randn([rows!, columns!], { seed: 1 }), out = device.empty(x.shape);
      const result = raw.buffer(4 * rows! * columns!);
      const shader = softmaxShader(columns!, Math.min(256, columns! / 4));
      return {
        nereid: launches(device, () => softmax(x, { out })),
        rival: raw.subject(shader, [raw.buffer(await floats(x)), result], folded(rows!)),
        amount: 2 * 4 * rows! * columns!,
        difference: async () => largestDifference(await floats(out), await raw.read(result)),
        tolerance: 1e-6,
      };
    },
  },
  {
    name: "matmul",
    unit: "GFLOP/s",
    sizes: (software) => software ? [[256]] : [[1024], [4096]],
    async prepare(device, raw, [n]) {
      const a = device.randn([n!, n!], { seed: 1 }), b = device.randn([n!, n!], { seed: 2 });
      const out = device.empty([n!, n!]);
      const result = raw.buffer(4 * n! * n!);
      const inputs = [raw.buffer(await floats(a)), raw.buffer(await floats(b))];
      return {
        nereid: launches(device, () => matmul(a, b, { out })),
        rival: raw.subject(matmulShader(n!), [...inputs, result], [n! / 128, n! / 128]),
        amount: 2 * n! ** 3,
        difference: async () => largestDifference(await floats(out), await raw.read(result)),
        tolerance: 1e-5 * n!,
      };
    },
  },
];

/** Many launches and one wait. */
function launches(device: Device, launch: () => void): Subject {
  return {
    run(repeats) {
      for (let i = 0; i < repeats; i++) launch();
      return device.synchronize();
    },
  };
}

async function floats(tensor: { read(): Promise<unknown> }): Promise<Float32Array<ArrayBuffer>> {
  return await tensor.read() as Float32Array<ArrayBuffer>;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = difference; // NaN too
  }
  return largest;
}

async function bench(what: Case, device: Device, raw: Raw, size: readonly number[]) {
  const { nereid, rival, amount, difference, tolerance } = await what.prepare(device, raw, size);
  await Promise.all([nereid.run(1), rival.run(1)]);
  const found = await difference();
  if (!(found <= tolerance)) {
    throw new Error(`${what.name} of ${size.join("x")} differs from its rival by ${found}`);
  }
  const [ours, theirs] = await measure([nereid, rival]);
  return {
    name: what.name,
    size: size.join("x"),
    unit: what.unit,
    nereid: amount / ours! / 1e6,
    rival: amount / theirs! / 1e6,
    ratio: theirs! / ours!,
  } satisfies Result;
}

const { only, json } = new Command("bench")
  .option("--only <name>", `one of ${CASES.map(({ name }) => name).join(", ")}`)
  .option("--json <file>", "write the results there as well")
  .parse(Deno.args, { from: "user" }).opts<{ only?: string; json?: string }>();
const chosen = CASES.filter(({ name }) => only === undefined || name === only);
if (chosen.length === 0) {
  console.error(`There is no bench '${only}': ${CASES.map(({ name }) => name).join(", ")}`);
  Deno.exit(2);
}

const device = await Device.open({ device: "webgpu" });
const raw = await Raw.open();
const { adapter, software } = device.capabilities;
console.log(`${adapter}, Deno ${Deno.version.deno}${software ? ": software, small sizes" : ""}`);
console.log("kernel       size            Nereid           by hand          ratio");
const results: Result[] = [];
for (const what of chosen) {
  for (const size of what.sizes(software)) {
    const result = await bench(what, device, raw, size);
    results.push(result);
    const rate = (value: number) => `${value.toPrecision(4)} ${what.unit}`.padEnd(17);
    console.log(
      what.name.padEnd(13) + result.size.padEnd(16) + rate(result.nereid) + rate(result.rival) +
        result.ratio.toFixed(2),
    );
    raw.release();
  }
}
if (json !== undefined) {
  const report = { adapter, software, deno: Deno.version.deno, results };
  await Deno.writeTextFile(json, JSON.stringify(report, null, 2) + "\n");
}
Deno.exit(0); // a device keeps the process alive
