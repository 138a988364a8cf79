/** Kernels from Python text, ready to be launched. */

import * as nereid from "../../mod.ts";
import { port, type PortedKernel } from "./port.ts";

/** A kernel that was loaded, with its parameters in Python's order. */
export interface LoadedKernel extends PortedKernel {
  /**
   * Launches it over a grid, with positional arguments and then an object of constants. Constants
   * that its decorators choose (`@triton.autotune`, `@triton.heuristics`) may be passed nevertheless;
   * these are taken then, and not chosen.
   */
  launch(grid: nereid.Grid, ...args: unknown[]): void;
  /** Launches it with arguments and constants alike by their names in Python. */
  launchNamed(grid: nereid.Grid, args: Readonly<Record<string, unknown>>): void;
  /** The kernel as `jit` made it, without what its decorators put around it. */
  readonly kernel: unknown;
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
 * @returns The kernels. Reading one that cannot be translated throws the {@linkcode PortError} that
 * tells why.
 * @throws {PortError} When nothing of the file can be translated.
 */
export function load(source: string, file?: string): Record<string, LoadedKernel> {
  const { code, kernels, problems } = port(source, { file, types: false, partial: true });
  if (kernels.length === 0 && problems[0]) throw problems[0].error;
  const names = kernels.map(({ name }) => name);
  const given = { ...nereid, autotune, heuristics };
  const make = new Function(
    ...Object.keys(given),
    // In a block of its own: its functions may have names of the library's.
    `"use strict";\n{\n${code}\nreturn { ${names.join(", ")} };\n}`,
  ) as (...library: unknown[]) => Record<string, Recipe>;
  const made = make(...Object.values(given));
  const loaded: Record<string, LoadedKernel> = {};
  for (const kernel of kernels) {
    loaded[kernel.pythonName] = { ...kernel, code, ...launchers(kernel, made[kernel.name]!) };
  }
  for (const { name, error } of problems) {
    const get = () => {
      throw error;
    };
    Object.defineProperty(loaded, name, { get, enumerable: false });
  }
  return loaded;
}

function launchers(kernel: PortedKernel, recipe: Recipe) {
  const variants = new Map<string, Launchable>();
  const constants = new Set(chosenBy(recipe));
  const launch = (grid: nereid.Grid, ...args: unknown[]) => {
    const last = args.at(-1);
    const given = typeof last === "object" && last !== null
      ? Object.keys(last).filter((name) => constants.has(name))
      : [];
    const key = given.sort().join();
    let variant = variants.get(key);
    if (!variant) variants.set(key, variant = kernelOf(recipe, new Set(given)));
    variant.launch(grid, ...args);
  };
  const launchNamed = (grid: nereid.Grid, args: Readonly<Record<string, unknown>>) => {
    const positional = kernel.params.filter(({ constant }) => !constant);
    const own = new Set(positional.map(({ name }) => name));
    const rest = Object.entries(args).filter(([name]) => !own.has(name));
    launch(grid, ...positional.map(({ name }) => args[name]), Object.fromEntries(rest));
  };
  return { launch, launchNamed, kernel: kernelOf(recipe, constants) };
}

interface Launchable {
  launch(grid: nereid.Grid, ...args: unknown[]): void;
}

/** A kernel as its decorators were written: it is made when it is known what a launch passes. */
type Recipe = Launchable | Wrapped;

class Wrapped {
  constructor(
    readonly inner: Recipe,
    /** The constants that are chosen. */
    readonly chosen: readonly string[],
    /** The kernel around another, without choosing what is given. */
    readonly wrap: (kernel: Launchable, given: ReadonlySet<string>) => Launchable,
  ) {}
}

function autotune(options: nereid.AutotuneOptions<Record<string, unknown>>, inner: Recipe) {
  const chosen = [...new Set(options.configs.flatMap((config) => Object.keys(config)))];
  return new Wrapped(
    inner,
    chosen,
    (kernel, given) =>
      chosen.some((name) => given.has(name))
        ? kernel
        : nereid.autotune(options, kernel as never) as unknown as Launchable,
  );
}

function heuristics(values: nereid.Heuristics, inner: Recipe) {
  return new Wrapped(inner, Object.keys(values), (kernel, given) => {
    const rest = Object.entries(values).filter(([name]) => !given.has(name));
    return rest.length === 0
      ? kernel
      : nereid.heuristics(Object.fromEntries(rest), kernel as never) as unknown as Launchable;
  });
}

function chosenBy(recipe: Recipe): readonly string[] {
  return recipe instanceof Wrapped ? [...recipe.chosen, ...chosenBy(recipe.inner)] : [];
}

function kernelOf(recipe: Recipe, given: ReadonlySet<string>): Launchable {
  if (!(recipe instanceof Wrapped)) return recipe;
  return recipe.wrap(kernelOf(recipe.inner, given), given);
}
