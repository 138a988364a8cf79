/** Kernels from Python text, ready to be launched. */

import * as nereid from "../../mod.ts";
import { jit } from "../kernel.ts";
import { port, type PortedKernel } from "./port.ts";

/** A kernel that was loaded, with its parameters in Python's order. */
export interface LoadedKernel extends PortedKernel {
  /** Launches it over a grid, with positional arguments and then an object of constants. */
  launch(grid: nereid.Grid, ...args: unknown[]): void;
  /** Launches it with arguments and constants alike by their names in Python. */
  launchNamed(grid: nereid.Grid, args: Readonly<Record<string, unknown>>): void;
  /** The module's text that the kernel was made of. */
  readonly code: string;
}

/**
 * Translates Triton kernels and makes them, by their names in Python.
 *
 * ```ts
 * import { Device } from "../../mod.ts";
 * import { load } from "../../port.ts";
 *
 * const { double } = load(`
 * @triton.jit
 * def double(x, out, BLOCK: tl.constexpr):
 *     at = tl.arange(0, BLOCK)
 *     tl.store(out + at, 2 * tl.load(x + at))
 * `);
 * using device = await Device.open({ device: "cpu" });
 * using x = device.from([1, 2, 3, 4]), out = device.empty([4]);
 * double!.launch(1, x, out, { BLOCK: 4 });
 * console.assert((await out.read()).join() === "2,4,6,8");
 * ```
 *
 * @param source The text of a Python file.
 * @param file What it is called in errors.
 * @throws {PortError} When a kernel cannot be translated.
 */
export function load(source: string, file?: string): Record<string, LoadedKernel> {
  const { code, kernels } = port(source, { file, types: false });
  const names = kernels.map(({ name }) => name);
  const make = new Function(
    "nereid",
    `"use strict";\nconst { jit, tl, nextPowerOf2 } = nereid;\n${code}\nreturn { ${
      names.join(", ")
    } };`,
  ) as (library: unknown) => Record<string, Launchable>;
  const made = make({ ...nereid, jit });
  return Object.fromEntries(kernels.map((kernel) => {
    const launchable = made[kernel.name]!;
    const launch = (grid: nereid.Grid, ...args: unknown[]) => launchable.launch(grid, ...args);
    const launchNamed = (grid: nereid.Grid, args: Readonly<Record<string, unknown>>) => {
      const positional = kernel.params.filter(({ constant }) => !constant);
      const own = new Set(positional.map(({ name }) => name));
      const rest = Object.entries(args).filter(([name]) => !own.has(name));
      launch(grid, ...positional.map(({ name }) => args[name]), Object.fromEntries(rest));
    };
    return [kernel.pythonName, { ...kernel, code, launch, launchNamed }];
  }));
}

interface Launchable {
  launch(grid: nereid.Grid, ...args: unknown[]): void;
}
