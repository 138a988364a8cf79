/**
 * Runs golden cases, kernels with what real Triton computed: `deno task golden`.
 *
 *     deno task golden [DIR] [--device cpu|webgpu|dawn] [--without FEATURE,…] [--only REGEX]
 *
 * Prints each failure with the first wrong values, then a line for each group, and last how many
 * passed. The exit code is 1 when one failed.
 */

import { Command, Option } from "npm:commander@15.0.0";
import { Device } from "../mod.ts";
import { readGolden } from "../tests/golden/format.ts";
import { type Outcome, runCase } from "../tests/golden/run_case.ts";

const HERE = new URL("../tests/golden/", import.meta.url);

interface Options {
  readonly device: "cpu" | "webgpu" | "dawn";
  readonly only?: string;
  readonly without?: string;
}

const command = new Command("golden")
  .argument("[dir]", "the directory with the cases")
  .addOption(
    new Option("--device <kind>", "what runs the kernels").choices(["cpu", "webgpu", "dawn"])
      .default(
        "cpu",
      ),
  )
  .option("--only <regex>", "run only the cases whose name or group matches")
  .option("--without <features>", "features of the GPU to leave alone, such as shader-f16")
  .parse(Deno.args, { from: "user" });
const { device: kind, only, without } = command.opts<Options>();
const [directory] = command.args;
const at = directory ? new URL(`${directory}/`, `file://${Deno.cwd()}/`) : HERE;
const filter = new RegExp(only ?? "");

const device = await Device.open({
  ...(kind === "dawn" ? { provider: "dawn" } : { device: kind }),
  without: without?.split(","),
});
const groups = new Map<string, { passed: number; total: number }>();
let passed = 0, failed = 0;
for (const { cases, data } of await readGolden(at)) {
  for (const golden of cases) {
    if (!filter.test(golden.name) && !filter.test(golden.group)) continue;
    const outcome = await runCase(golden, data, device);
    const group = groups.get(golden.group) ?? { passed: 0, total: 0 };
    groups.set(golden.group, group);
    group.total++;
    if (outcome.stage === "passed") {
      passed++;
      group.passed++;
    } else {
      failed++;
      console.log(`FAILED ${golden.group}/${golden.name}: ${describe(outcome)}\n`);
    }
  }
}
for (const [name, group] of groups) {
  console.log(`${name.padEnd(12)} ${group.passed} of ${group.total}`);
}
console.log(`${passed} passed, ${failed} failed`);
device.dispose();
Deno.exit(failed > 0 ? 1 : 0);

function describe(outcome: Exclude<Outcome, { stage: "passed" }>): string {
  if (outcome.stage !== "compare") return `${outcome.stage}: ${outcome.why}`;
  return outcome.differences.map(({ output, count, total, first }) => {
    const shown = first.map(({ index, got, want }) => `[${index}] ${got} but Triton ${want}`);
    return `${output} is wrong in ${count} of ${total} elements: ${shown.join(", ")}`;
  }).join("\n  ");
}
