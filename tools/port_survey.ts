/**
 * How far the kernels of a folder of Python files come: `deno task port-survey`.
 *
 *     deno task port-survey DIR|FILE… [--verbose]
 *
 * For each file it prints how many functions are translated, whether the module that comes of them
 * passes the type checker, and how many of its kernels compile to WGSL; with `--verbose` also what
 * failed, and what was left out. No arguments of launches are known, so kernels are compiled for guessed
 * ones: tensors of f32, f16 or i32, constants as their defaults, the first configuration or a few
 * usual sizes have them. A kernel that wants others is counted as one that does not compile. The exit
 * code is 1 when a function was not translated or a module does not pass the checker.
 */

import { Command } from "npm:commander@15.0.0";
import { compileStages } from "../lib/compile.ts";
import { kernelFunctionOf } from "../lib/trace/environment.ts";
import { type ArgumentSpec, trace } from "../lib/trace/trace.ts";
import { DTYPES } from "../lib/ir/dtype.ts";
import { NereidError, tl } from "../mod.ts";
import { load, type LoadedKernel, port, type PortedParameter } from "../port.ts";

interface Row {
  readonly file: string;
  readonly translated: number;
  readonly functions: number;
  checked: boolean;
  readonly compiled: number;
  readonly kernels: number;
  readonly notes: string[];
}

const command = new Command("port-survey")
  .argument("<paths...>", "Python files, or folders of them")
  .option("--verbose", "tell what failed, and what was left out")
  .parse(Deno.args, { from: "user" });
const { verbose } = command.opts<{ verbose?: boolean }>();

const NEREID = new URL("../mod.ts", import.meta.url).href;
const CONFIG = new URL("../deno.json", import.meta.url).pathname;

/** What every WebGPU device offers at the least. */
const TARGET = {
  subgroupSize: 32,
  f16: true,
  int64: true,
  int64Atomics: true,
  f64: true,
  maxWorkgroupBytes: 32_768,
  maxInvocations: 1024,
  software: false,
  dialect: "naga",
} as const;

const folder = await Deno.makeTempDir();
const rows: Row[] = [], modules = new Map<string, Row>();
for (const file of pythonFiles(command.args)) {
  const row = survey(file, await Deno.readTextFile(file));
  rows.push(row);
}
await check();
await Deno.remove(folder, { recursive: true });
print();
Deno.exit(rows.every((row) => row.translated === row.functions && row.checked) ? 0 : 1);

function pythonFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!Deno.statSync(path).isDirectory) return [path];
    return [...Deno.readDirSync(path)].map(({ name }) => name).filter((name) =>
      name.endsWith(".py")
    )
      .sort().map((name) => `${path.replace(/\/$/, "")}/${name}`);
  });
}

function survey(file: string, source: string): Row {
  const none = { file, translated: 0, functions: 1, checked: false, compiled: 0, kernels: 0 };
  let ported, loaded;
  try {
    ported = port(source, { file, nereid: NEREID, partial: true });
    loaded = ported.kernels.length > 0 ? load(source, file) : {};
  } catch (error) {
    if (error instanceof NereidError) return { ...none, notes: [error.message] };
    throw error;
  }
  const { problems, functions, leftOut, code } = ported;
  const notes = problems.map(({ error }) => error.message);
  notes.push(...leftOut.map(({ line, what }) => `left out, line ${line}: ${what}`));
  let compiled = 0;
  for (const kernel of Object.values(loaded)) {
    const problem = compile(kernel);
    if (problem === undefined) compiled++;
    else notes.push(`${kernel.pythonName} does not compile for what was guessed: ${problem}`);
  }
  const row: Row = {
    file,
    translated: functions.length,
    functions: functions.length + problems.length,
    checked: true,
    compiled,
    kernels: ported.kernels.length,
    notes,
  };
  const module = `${folder}/m${modules.size}.ts`;
  modules.set(module, row);
  Deno.writeTextFileSync(module, code);
  return row;
}

/** Why a kernel does not compile for any arguments that are guessed; undefined when it does. */
function compile({ kernel, params }: LoadedKernel): string | undefined {
  const fn = kernelFunctionOf(kernel);
  if (!fn) return "it is no kernel";
  let first: string | undefined;
  for (const dtype of [DTYPES.f32, DTYPES.f16, DTYPES.i32]) {
    for (const size of [16, 32, 64]) {
      const args = params.filter(({ constant }) => !constant).map((param): ArgumentSpec =>
        param.type.includes("Pointer")
          ? { kind: "pointer", dtype, divisibility: 16 }
          : { kind: "scalar", dtype: scalarOf(param), divisibility: 1 }
      );
      const constants = Object.fromEntries(
        params.filter(({ constant, default: value }) => constant && value === undefined)
          .map((param) => [param.name, constantOf(param, size)]),
      );
      try {
        const graph = trace({ fn, args, constants });
        const aliases = graph.params.map((_, i) => i);
        compileStages(graph, { numWarps: 4, numStages: 1, aliases, fold: "none" }, TARGET);
        return undefined;
      } catch (error) {
        first ??= error instanceof Error ? error.message : String(error);
      }
    }
  }
  return first;
}

function scalarOf({ name }: PortedParameter) {
  return /eps|scale|alpha|beta|prob|^p$/i.test(name) ? DTYPES.f32 : DTYPES.i32;
}

function constantOf({ type, name }: PortedParameter, size: number): unknown {
  if (type.startsWith("boolean")) return true;
  if (type.startsWith("DType")) return tl.f32;
  if (type.startsWith("string")) return "";
  if (type.startsWith('"')) return /"(\w+)"/.exec(type)?.[1];
  if (type.includes("=>")) return (x: number) => x;
  return /stage|split|group|num_|^n_/i.test(name) ? 2 : size;
}

/** Checks all modules at once, and notes the errors of each. */
async function check(): Promise<void> {
  if (modules.size === 0) return;
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--config", CONFIG, ...modules.keys()],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  for (const error of text.split(/^(?=TS\d+ \[ERROR\])/m).filter((part) => part.startsWith("TS"))) {
    const at = /at file:\/\/(\S+?\.ts):\d+:\d+/.exec(error)?.[1];
    const row = at === undefined ? undefined : modules.get(at);
    if (!row) continue;
    row.checked = false;
    row.notes.push(error.trim());
  }
}

function print(): void {
  const width = Math.max(5, ...rows.map(({ file }) => file.length));
  console.log(`${"file".padEnd(width)}   translated   type-checked   compiled`);
  for (const { file, translated, functions, checked, compiled, kernels, notes } of rows) {
    const cells = [
      `${translated} of ${functions}`.padStart(11),
      (checked ? "yes" : "no").padStart(13),
      `${compiled} of ${kernels}`.padStart(10),
    ];
    console.log(`${file.padEnd(width)}  ${cells.join("  ")}`);
    if (verbose) { for (const note of notes) console.log(note.replace(/^/gm, "    ")); }
  }
  const sum = (key: "translated" | "functions" | "compiled" | "kernels") =>
    rows.reduce((total, row) => total + row[key], 0);
  console.log(
    `${sum("translated")} of ${sum("functions")} functions are translated, ` +
      `${
        rows.filter(({ checked }) => checked).length
      } of ${rows.length} modules pass the type checker, ` +
      `${sum("compiled")} of ${sum("kernels")} kernels compile for what was guessed`,
  );
}
