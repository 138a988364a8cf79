/** `port`: Triton's Python kernels as a TypeScript module. */

import { port } from "../port/port.ts";
import { UsageError } from "./usage.ts";

/**
 * The module that a Python file is translated to.
 *
 * @param nereid From where the module imports Nereid.
 * @throws {UsageError} When the file cannot be read.
 * @throws {PortError} When a kernel cannot be translated.
 */
export async function portFile(file: string, nereid: string): Promise<string> {
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
  return port(source, { file, nereid }).code;
}
