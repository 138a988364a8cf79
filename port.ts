/**
 * Translates Triton's Python kernels into Nereid's: see {@linkcode port} for the text of a module, and
 * {@linkcode load} for kernels to launch.
 *
 * @module
 */

export { load, type LoadedKernel } from "./lib/port/load.ts";
export {
  type LeftOut,
  port,
  type Ported,
  type PortedKernel,
  type PortedParameter,
  type PortOptions,
} from "./lib/port/port.ts";
export { PortError } from "./lib/port/problem.ts";
