/**
 * Compiled kernels that are kept between runs, where the device was given a cache.
 *
 * A kernel is still traced, since only then is known what it is made of: its helpers, the constants and the
 * classes around it. The text of its graph says all of that, so it is the key, together with what it is
 * compiled for and how; the stages from there to WGSL are what is saved.
 */

import type { Cache } from "../cache/cache.ts";
import { compile, type CompiledProgram, type CompileOptions, type Target } from "../compile.ts";
import type { Graph } from "../ir/graph.ts";
import { print } from "../ir/print.ts";

/** Compiles a traced kernel, or finds it compiled. */
export function compileOnce(
  graph: Graph,
  options: CompileOptions,
  target: Target,
  cache: Cache | undefined,
): CompiledProgram {
  if (!cache) return compile(graph, options, target);
  const key = `kernel\n${JSON.stringify({ options, target })}\n${print(graph)}`;
  const kept = programIn(cache.get(key));
  if (kept) return kept;
  const program = compile(graph, options, target);
  // What a program reports is told with places in the source, which the key says nothing of.
  if (program.reports.length === 0) cache.set(key, JSON.stringify(program));
  return program;
}

/** The program that a text of the cache holds; undefined when it is none. */
function programIn(text: string | undefined): CompiledProgram | undefined {
  if (text === undefined) return undefined;
  try {
    const program = JSON.parse(text) as Partial<CompiledProgram> | null;
    const whole = typeof program?.wgsl === "string" && Array.isArray(program.bindings) &&
      Array.isArray(program.uniforms) && Array.isArray(program.reports) &&
      typeof program.workgroupSize === "number" && typeof program.uniformBytes === "number";
    return whole ? program as CompiledProgram : undefined;
  } catch {
    return undefined;
  }
}
