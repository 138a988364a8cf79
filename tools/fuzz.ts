/**
 * Differential fuzzing: random kernels must do the same on the CPU device, on the CPU device after
 * all passes, and on the GPU: `deno task fuzz`.
 *
 * A kernel is made from a list of numbers; a failure prints its seed and the shortest list found, and
 * the kernel as text.
 *
 *     deno task fuzz [--count 200] [--seed S] [--device webgpu|cpu]
 */

import { Command } from "npm:commander@15.0.0";
import fc from "npm:fast-check@4.10.2";
import { compileStages } from "../lib/compile.ts";
import { evaluate } from "../lib/cpu/evaluate.ts";
import type { Graph } from "../lib/ir/graph.ts";
import { print } from "../lib/ir/print.ts";
import { verify } from "../lib/ir/verify.ts";
import { prepare, targetOf } from "../lib/launch/execute.ts";
import { Device } from "../mod.ts";
import { choices, kernelOf, LENGTH } from "../tests/passes/random_kernels.ts";
import { assertClose } from "../tests/support/assert.ts";

const options = new Command()
  .option("--count <n>", "how many kernels", Number, 200)
  .option("--seed <n>", "where to begin", Number, Date.now() % 2 ** 31)
  .option("--device <kind>", "webgpu or cpu", "webgpu")
  .parse(["deno", "fuzz", ...Deno.args])
  .opts<{ count: number; seed: number; device: "webgpu" | "cpu" }>();

/** Longer shaders than this take a software GPU many seconds to compile. */
const LONGEST_WGSL = 60_000;
const N = 100;
const TOLERANCE = { relative: 2e-3, absolute: 2e-3 };

const device = await Device.open({ device: options.device });
const x = new Float32Array(LENGTH).map((_, i) => Math.sin(i * 7));
const xTensor = device.from(x);
const positions = new Map([["x", 0], ["out", 1], ["n", 2]]);
const compileOptions = { numWarps: 4, numStages: 2, aliases: [0, 1], fold: "none" } as const;
const target = device.kind === "cpu"
  ? {
    subgroupSize: 32,
    f16: true,
    int64: true,
    int64Atomics: true,
    f64: true,
    maxWorkgroupBytes: 2 ** 17,
    maxInvocations: 1024,
    software: false,
    dialect: "naga" as const,
  }
  : targetOf(device.capabilities);
const count = { gpu: 0, long: 0 };

function onCpu(graph: Graph): Float32Array {
  const out = new Float32Array(LENGTH);
  evaluate(graph, [x, out, N], [1, 1, 1]);
  return out;
}

async function onGpu(graph: Graph): Promise<Float32Array> {
  using out = device.zeros([LENGTH]);
  prepare(graph, device.backend, positions, compileOptions)([xTensor, out, N], [1, 1, 1]);
  return await out.read() as Float32Array;
}

async function check(list: readonly number[]): Promise<void> {
  const graph = kernelOf(list);
  try {
    verify(graph);
    const wanted = onCpu(graph);
    const stages = compileStages(graph, compileOptions, {
      ...target,
      maxWorkgroupBytes: Infinity,
    });
    verify(stages.tile, "canonicalise");
    verify(stages.layout, "assign_layouts");
    assertClose(onCpu(stages.layout), wanted, TOLERANCE);
    const { wgsl, workgroupBytes } = stages.program;
    if (device.kind === "cpu") return;
    if (wgsl.length > LONGEST_WGSL || workgroupBytes > target.maxWorkgroupBytes) {
      count.long++;
    } else {
      assertClose(await onGpu(graph), wanted, TOLERANCE);
      count.gpu++;
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${print(graph)}`, { cause: error });
  }
}

const { seed } = options;
console.log(`${options.count} random kernels on ${device}, seed ${seed}`);
await fc.assert(fc.asyncProperty(choices(), check), { numRuns: options.count, seed });
console.log(
  `No mismatch: ${options.count} kernels before and after all passes` +
    (device.kind === "cpu"
      ? ""
      : `, ${count.gpu} of them on the GPU (${count.long} too large for it)`),
);
