/**
 * What the first launch of each kernel of the library costs, by stage: from the function's text to the
 * device's pipeline.
 *
 *     deno run -A bench/compile.ts
 */

import { Device } from "../mod.ts";
import { observeStages, type Stage, STAGES } from "../lib/stages.ts";
import { sizeText } from "./workload.ts";
import { WORKLOADS } from "./workloads.ts";

const device = await Device.open({ device: "webgpu" });
const { software } = device.capabilities;
console.log(`${device}; milliseconds`);
const columns = [...STAGES, "all but driver"];
console.log("workload".padEnd(42) + columns.map((stage) => stage.padStart(10)).join(""));

// The first kernel of a process pays for the JavaScript engine's own compiling: it is told twice.
for (const workload of [WORKLOADS[0]!, ...WORKLOADS]) {
  const size = workload.sizes(software)[0]!;
  const { run } = workload.prepare(await Device.open({ device: "webgpu" }), size, 1);
  const spent: Partial<Record<Stage, number>> = {};
  observeStages((stage, ms) => spent[stage] = (spent[stage] ?? 0) + ms);
  try {
    run();
  } catch (error) {
    console.log(`${workload.name} fails: ${error}`);
    continue;
  } finally {
    observeStages(undefined);
  }
  const own = STAGES.reduce((sum, stage) => sum + (stage === "driver" ? 0 : spent[stage] ?? 0), 0);
  const cells = [...STAGES.map((stage) => spent[stage] ?? 0), own];
  console.log(
    `${workload.name} ${size.dtype} ${sizeText(size)}`.padEnd(42) +
      cells.map((ms) => ms.toFixed(1).padStart(10)).join(""),
  );
}
Deno.exit(0);
