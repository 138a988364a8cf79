/**
 * The command line.
 *
 *     deno run -A cli.ts run FILE [--device webgpu|dawn|cpu] [-- ARGS]
 *     deno run -A cli.ts inspect FILE KERNEL --stage tile|layout|wgsl --args "x: ptr f32, n: i32"
 *     deno run -A cli.ts doctor [--provider host|dawn]
 *     deno run -R cli.ts port FILE.py
 *
 * Exit codes: 0 when it was done, 1 when it failed, 2 when the command line cannot be understood;
 * `run` exits as the script does.
 *
 * @module
 */

import { Command, CommanderError, InvalidArgumentError, Option } from "npm:commander@15.0.0";
import { doctor } from "./lib/cli/doctor.ts";
import { inspect, type InspectOptions } from "./lib/cli/inspect.ts";
import { portFile } from "./lib/cli/port.ts";
import { run, type RunOptions } from "./lib/cli/run.ts";
import { UsageError } from "./lib/cli/usage.ts";
import { NereidError } from "./mod.ts";

let exitCode = 0;

const program = new Command("nereid")
  .description("Runs, prints and checks Nereid kernels")
  .exitOverride()
  .showHelpAfterError("Run with --help for what can be written");

program.command("run")
  .description("Run a script as 'deno run' does, with another default device")
  .argument("<file>", "the script, a path or a URL")
  .argument("[args...]", "its own arguments, after --")
  .addOption(
    new Option("--device <kind>", "what Device.open() opens").choices(["webgpu", "dawn", "cpu"]),
  )
  .option("--debug", "check tl.deviceAssert, on GPUs too")
  .option(
    "--sanitize",
    "report what kernels do wrong: accesses outside of tensors; on the CPU more",
  )
  .action(async (file: string, args: string[], options: RunOptions) => {
    exitCode = await run(file, args, options);
  });

program.command("inspect")
  .description("Print a stage of a kernel's compilation; needs no GPU")
  .argument("<file>", "a module that exports kernels, a path or a URL")
  .argument("[kernel]", "its name, or CLASS.METHOD; without it, the file's kernels are listed")
  .addOption(
    new Option("--stage <stage>", "what to print").choices(["tile", "layout", "wgsl"])
      .default("tile"),
  )
  .option("--args <types>", 'types of the arguments, such as "x: ptr f32, n: i32 = 16"')
  .option("--const <name=value>", "a compile-time constant (repeatable)", collect, [])
  .option("--num-warps <n>", "warps in a program", wholeNumber)
  .option("--num-stages <n>", "loads in flight", wholeNumber)
  .option("--subgroups <n>", "width of the device's subgroups; 0 for none", wholeNumber, 32)
  .option("--no-f16", "for a device without f16")
  .option("--no-int64", "for a device without 64-bit integers")
  .option("--no-f64", "for a device without f64")
  .action(async (file: string, kernel: string | undefined, options: InspectOptions) => {
    console.log(await inspect(file, kernel, options));
  });

program.command("port")
  .description("Translate Triton's kernels in a Python file, and print the TypeScript module")
  .argument("<file>", "the Python file")
  .option("--nereid <specifier>", "from where the module imports Nereid", "./mod.ts")
  .action(async (file: string, { nereid }: { nereid: string }) => {
    const { code, errors } = await portFile(file, nereid);
    if (code !== undefined) await Deno.stdout.write(new TextEncoder().encode(code));
    for (const { message } of errors) console.error(message);
    exitCode = errors.length > 0 ? 1 : 0;
  });

program.command("doctor")
  .description("Examine the WebGPU adapter, what Nereid uses of it, and run a kernel")
  .addOption(
    new Option("--provider <name>", "whose WebGPU: Deno's own, or Dawn, which is fetched from npm")
      .choices(["host", "dawn"]).default("host"),
  )
  .action(async ({ provider }: { provider: "host" | "dawn" }) => {
    const healthy = await doctor((line) => console.log(line), provider);
    exitCode = healthy ? 0 : 1;
  });

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function wholeNumber(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError("Not a whole number.");
  return n;
}

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  if (error instanceof CommanderError) {
    exitCode = error.exitCode === 0 ? 0 : 2; // its message has been printed
  } else if (error instanceof UsageError) {
    console.error(error.message);
    exitCode = 2;
  } else if (error instanceof NereidError) {
    console.error(error.message);
    exitCode = 1;
  } else {
    throw error;
  }
}
Deno.exit(exitCode);
