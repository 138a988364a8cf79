/**
 * `inspect`: a kernel traced and compiled for a device that is described on the command line, and one
 * stage of it printed. No GPU is needed, and nothing is launched.
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Compilation, compileStages, type Target } from "../compile.ts";
import type { Graph } from "../ir/graph.ts";
import { print } from "../ir/print.ts";
import { drawing } from "../layout/drawing.ts";
import { LinearLayout } from "../layout/linear_layout.ts";
import { type KernelFunction, kernelFunctionOf } from "../trace/environment.ts";
import { type Signature, signatureOf, trace } from "../trace/trace.ts";
import { nearest } from "../words.ts";
import { parseArguments, parseConstant } from "./specs.ts";
import { UsageError } from "./usage.ts";

/** What `inspect` takes besides the file and the kernel. */
export interface InspectOptions {
  readonly stage: "tile" | "layout" | "wgsl";
  /** The arguments' types; guessed from the file's text unless given. */
  readonly args?: string;
  /** Constants as `NAME=VALUE`. */
  readonly const: readonly string[];
  readonly numWarps?: number;
  readonly numStages?: number;
  /** Lanes of the device's subgroups, 0 for none. */
  readonly subgroups: number;
  readonly f16: boolean;
  readonly int64: boolean;
  readonly f64: boolean;
}

/** What every WebGPU device offers at the least, with the workgroup memory that most do. */
const DEVICE = {
  maxWorkgroupBytes: 32_768,
  maxInvocations: 1024,
  software: false,
  dialect: "naga",
} as const;

/**
 * The text of one stage of one kernel, or the list of a file's kernels when none is named.
 *
 * @throws {UsageError} When the file, the kernel, a type or a constant cannot be made sense of.
 * @throws {CompilationError} When the kernel does not compile.
 */
export async function inspect(
  file: string,
  name: string | undefined,
  options: InspectOptions,
): Promise<string> {
  const exported = await load(file);
  const kernels = kernelsOf(exported);
  if (name === undefined) return list(file, kernels);
  const kernel = choose(file, name, kernels);
  const signature = signatureOf(kernel);
  const constants = Object.fromEntries(options.const.map((text) => parseConstant(text, exported)));
  const types = options.args ?? await guessTypes(file, kernel, signature);
  const args = parseArguments(types, signature.params.map((param) => param.name));
  const command = `inspect ${file} ${name} --args "${types}"`;
  if (options.args === undefined) console.error(`# ${command}`);
  checkConstants(signature, constants, command);
  const graph = trace({ fn: kernel, args, constants });
  return show(compileFor(graph, options), options);
}

function compileFor(graph: Graph, options: InspectOptions): Compilation {
  const { numWarps = 4, numStages = 2, subgroups, f16, int64, f64 } = options;
  const aliases = graph.params.map((_, i) => i); // every tensor in a buffer of its own
  const target: Target = {
    ...DEVICE,
    subgroupSize: subgroups,
    f16,
    int64,
    int64Atomics: int64,
    f64,
  };
  return compileStages(graph, { numWarps, numStages, aliases, fold: "none" }, target);
}

function show({ tile, layout, program }: Compilation, { stage }: InspectOptions): string {
  switch (stage) {
    case "tile":
      return print(tile).trimEnd();
    case "layout": {
      const text = print(layout);
      return `${text}\n${drawings(text)}`.trimEnd();
    }
    case "wgsl":
      return program.wgsl.trimEnd();
  }
}

/** A drawing of each layout that the text of a graph names at its top. */
function drawings(text: string): string {
  return [...text.matchAll(/^(#\d+) = (.*)$/gm)].map(([, name, layout]) => {
    const parsed = LinearLayout.parse(layout!);
    return `${name}: ${parsed.shape.join("x")}\n${drawing(parsed, { rows: 8, columns: 8 })}`;
  }).join("\n\n");
}

/** Everything that a module exports. */
async function load(file: string): Promise<Record<string, unknown>> {
  const url = addressOf(file);
  try {
    return await import(url);
  } catch (error) {
    if (error instanceof TypeError && error.message.includes(url)) {
      throw new UsageError(`Cannot import '${file}': ${error.message}`);
    }
    throw error;
  }
}

/** A path as a URL; a URL as it is. */
function addressOf(file: string): string {
  return /^(https?|file|data):/.test(file) ? file : pathToFileURL(resolve(file)).href;
}

/** The kernels among a module's exports, and among the static methods of exported classes. */
function kernelsOf(exported: Record<string, unknown>): Map<string, KernelFunction> {
  const kernels = new Map<string, KernelFunction>();
  const add = (name: string, value: unknown) => {
    const kernel = kernelFunctionOf(value);
    if (kernel) kernels.set(name, kernel);
    return kernel !== undefined;
  };
  for (const [name, value] of Object.entries(exported)) {
    if (add(name, value) || typeof value !== "function") continue;
    for (const method of Object.getOwnPropertyNames(value)) {
      const descriptor = Object.getOwnPropertyDescriptor(value, method);
      add(`${name}.${method}`, descriptor?.value);
    }
  }
  return kernels;
}

function list(file: string, kernels: Map<string, KernelFunction>): string {
  if (kernels.size === 0) throw new UsageError(noKernels(file));
  return [...kernels].map(([name, kernel]) => `${name}${signatureText(signatureOf(kernel))}`)
    .join("\n");
}

function noKernels(file: string): string {
  return `'${file}' exports no kernels: export what jit returns, or a class with @jit methods`;
}

/** The kernel exported as `name`, or the one whose function is called that. */
function choose(
  file: string,
  name: string,
  kernels: Map<string, KernelFunction>,
): KernelFunction {
  const kernel = kernels.get(name) ??
    [...kernels.values()].find((kernel) => kernel.name === name);
  if (kernel) return kernel;
  if (kernels.size === 0) throw new UsageError(noKernels(file));
  const names = [...kernels.keys()];
  const meant = nearest(name, names);
  throw new UsageError(
    `'${file}' exports no kernel '${name}'${meant ? `; did you mean '${meant}'?` : ""}\n` +
      `Its kernels: ${names.join(", ")}`,
  );
}

/** `(x, n, { BLOCK, WHOLE? })`: constants with a default have a question mark. */
function signatureText({ params, constants, open }: Signature): string {
  const pattern = constants?.map(({ name, hasDefault }) => `${name}${hasDefault ? "?" : ""}`);
  const all = params.map((param) => param.name);
  if (open) pattern?.push("...");
  if (pattern) all.push(`{ ${pattern.join(", ")} }`);
  return `(${all.join(", ")})`;
}

/**
 * Types for a kernel's parameters where the command line gives none. A kernel's own text has lost
 * its types, but the file still has them: what is a `Pointer` there is taken for a tensor of f32,
 * what has a default such as `tl.f32(1)` for its dtype, and everything else for an i32.
 */
async function guessTypes(
  file: string,
  kernel: KernelFunction,
  signature: Signature,
): Promise<string> {
  const text = await sourceText(file);
  const start = Math.max(text.search(new RegExp(`\\b${escape(kernel.name)}\\s*\\(`)), 0);
  return signature.params.map(({ name, dtype }) => {
    const annotation = new RegExp(`(?<![\\w$])${escape(name)}\\s*\\??:\\s*Pointer\\b`);
    const pointer = annotation.test(text.slice(start));
    return `${name}: ${pointer ? "ptr f32" : dtype?.name ?? "i32"}`;
  }).join(", ");
}

async function sourceText(file: string): Promise<string> {
  const url = addressOf(file);
  try {
    if (url.startsWith("file:")) return await Deno.readTextFile(new URL(url));
    return await (await fetch(url)).text();
  } catch {
    return ""; // then nothing is known of the types
  }
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Throws when a constant without a default is missing, or one is given that the kernel does not have. */
function checkConstants(
  { constants = [], open }: Signature,
  given: Readonly<Record<string, unknown>>,
  command: string,
): void {
  const names = constants.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined && !open) {
    const known = names.length > 0 ? `its constants are ${names.join(", ")}` : "it has none";
    throw new UsageError(`The kernel has no constant '${unknown}': ${known}`);
  }
  const missing = constants.filter(({ name, hasDefault }) => !hasDefault && !(name in given));
  if (missing.length > 0) {
    const flags = missing.map(({ name }) => `--const ${name}=1024`).join(" ");
    throw new UsageError(
      `The kernel needs a value for ${
        missing.map(({ name }) => `'${name}'`).join(", ")
      }; for example\n` +
        `  ${command} ${flags}`,
    );
  }
}
