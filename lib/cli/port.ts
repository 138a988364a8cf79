/** `port`: Triton's Python kernels as a TypeScript module. */

import { port } from "../port/port.ts";
import type { PortError } from "../port/problem.ts";
import { UsageError } from "./usage.ts";

/** What a Python file is translated to. */
export interface PortedFile {
  /** The module; undefined when it would hold no function. */
  readonly code: string | undefined;
  /** What could not be translated. */
  readonly errors: readonly PortError[];
}

/**
 * Translates a Python file, all of it that can be translated.
 *
 * @param nereid From where the module imports Nereid.
 * @throws {UsageError} When the file cannot be read.
 * @throws {PortError} When it is no Python.
 */
export async function portFile(file: string, nereid: string): Promise<PortedFile> {
  let source: string;
  try {
    source = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UsageError(`There is no file '${file}'`);
    if (error instanceof Deno.errors.NotCapable) {
      throw new UsageError(`Cannot read '${file}': run 'deno run -R cli.ts port ${file}'`);
    }
    throw error;
  }
  const { code, functions, problems } = port(source, { file, nereid, partial: true });
  return {
    code: functions.length > 0 || problems.length === 0 ? code : undefined,
    errors: problems.map(({ error }) => error),
  };
}
