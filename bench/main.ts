/**
 * `deno task bench`: the kernel library against WGSL by hand, other libraries, and Triton.
 *
 * Each side's result is checked first. Then all take turns on the same device, with tensors that do
 * not fit in its caches. Of each is told the rate, which part of what the device can do that is, and
 * how it compares: above 1, the kernel is faster than the rival.
 */

import { Command, Option } from "npm:commander@15.0.0";
import { Device } from "../mod.ts";
import { type Ceiling, ceilingOf } from "./ceiling.ts";
import { compare, type Row } from "./compare.ts";
import type { Effort } from "./measure.ts";
import { LIBRARIES, type Library, type LibraryName } from "./rivals/library.ts";
import { heading, line } from "./table.ts";
import { readTriton, runTriton, type TritonTimes } from "./triton.ts";
import { sizeText, type Workload } from "./workload.ts";
import { WORKLOADS } from "./workloads.ts";

interface Options {
  readonly only?: string;
  readonly size?: string;
  readonly json?: string;
  readonly device: "webgpu" | "dawn";
  readonly rivals: string;
  readonly triton?: string | true;
  readonly effort: number;
  readonly list?: true;
}

const names = WORKLOADS.map(({ name }) => name).join(", ");
const program = new Command("bench")
  .description("Rates of the kernel library beside WGSL by hand, other libraries, and Triton")
  .option("--only <names>", `workloads, separated by commas: ${names}`)
  .option("--size <text>", "only sizes whose text begins so, such as 16384x or f16")
  .option("--rivals <names>", `wgsl, ${Object.keys(LIBRARIES).join(", ")} or none`, "wgsl")
  .option("--triton [file]", "run bench/with_triton.py beside, or take what it wrote")
  .addOption(
    new Option("--device <name>", "whose WebGPU").choices(["webgpu", "dawn"]).default("webgpu"),
  )
  .option("--effort <factor>", "how long to measure; 1 is about a second a line", Number, 1)
  .option("--json <file>", "write the results there as well")
  .option("--list", "print the workloads as JSON, which bench/with_triton.py reads");

async function main(options: Options): Promise<void> {
  const chosen = choose(options.only);
  if (options.list) return console.log(JSON.stringify(listed(chosen, false)));

  const device = await Device.open(
    options.device === "dawn" ? { provider: "dawn" } : { device: "webgpu" },
  );
  const { adapter, software, dialect } = device.capabilities;
  const { triton } = options;
  const times: TritonTimes | undefined = triton === true
    ? await runTriton(listed(chosen, software))
    : triton === undefined
    ? undefined
    : await readTriton(triton);

  const effort: Effort = { sample: 40 * options.effort, samples: 7 };
  const rivals = options.rivals.split(",").filter((name) => name !== "none");
  const libraries: Library[] = [];
  for (const name of rivals) {
    if (name === "wgsl") continue;
    if (!Object.hasOwn(LIBRARIES, name)) fail(`There is no rival '${name}'`);
    libraries.push(await LIBRARIES[name as LibraryName]());
  }
  const ceiling: Ceiling = await ceilingOf(device, effort);
  console.log(
    `${adapter}, ${dialect}, Deno ${Deno.version.deno}${times ? `; ${times.about}` : ""}`,
  );
  const { f32, f16 } = ceiling["TFLOP/s"];
  console.log(
    `It copies ${ceiling["GB/s"].toPrecision(4)} GB/s and multiplies and adds ${
      f32.toPrecision(3)
    } TFLOP/s in f32` +
      (f16 === undefined ? "" : `, ${f16.toPrecision(3)} in f16`),
  );
  const columns = [...rivals, ...times ? ["triton", "torch"] : []];
  console.log(heading(columns));
  const rows: Row[] = [];
  let failed = false;
  for (const workload of chosen) {
    for (const size of workload.sizes(software)) {
      if (options.size && !`${size.dtype} ${sizeText(size)}`.includes(options.size)) continue;
      const comparison = {
        device,
        workload,
        size,
        effort,
        libraries,
        byHand: rivals.includes("wgsl"),
        triton: times,
      };
      try {
        const row = await compare(comparison);
        rows.push(row);
        failed ||= row.wrong.length > 0;
        console.log(line(row, columns, ceiling));
      } catch (error) {
        failed = true;
        console.log(`${workload.name} ${size.dtype} ${sizeText(size)} fails: ${error}`);
      }
    }
  }
  if (options.json !== undefined) {
    const report = { adapter, dialect, software, deno: Deno.version.deno, ceiling, rows };
    await Deno.writeTextFile(options.json, JSON.stringify(report, null, 2) + "\n");
  }
  Deno.exit(failed ? 1 : 0); // a device keeps the process alive
}

function choose(only: string | undefined): readonly Workload[] {
  const wanted = only?.split(",");
  for (const name of wanted ?? []) {
    if (!WORKLOADS.some((workload) => workload.name === name)) {
      fail(`There is no workload '${name}': ${names}`);
    }
  }
  return WORKLOADS.filter(({ name }) => wanted?.includes(name) ?? true);
}

/** The workloads as data, for those who run them elsewhere. */
function listed(workloads: readonly Workload[], software: boolean) {
  return workloads.flatMap(({ name, sizes }) =>
    sizes(software).map(({ dtype, size }) => ({ workload: name, dtype, size }))
  );
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(2);
}

await main(program.parse(Deno.args, { from: "user" }).opts<Options>());
