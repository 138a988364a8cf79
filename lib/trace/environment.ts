/**
 * The names that a kernel may use besides its own variables.
 *
 * A function's text tells nothing of the variables around it, so a kernel sees `tl`, a few globals of
 * JavaScript, the statics of its class, and what it was given: `jit(fn, { gelu })`.
 */

import { cdiv, nextPowerOf2 } from "../language/host.ts";
import { tl } from "../language/tl.ts";
import { Problem } from "./problem.ts";
import { type AnyFunction, sourceOf, walkSyntax } from "./source.ts";

/** A function to trace, with what it was given. */
export interface KernelFunction {
  readonly name: string;
  /** Its `toString()` is the source. */
  readonly fn: AnyFunction;
  /** Names for it to use, or a function that returns them. */
  readonly names?: Record<string, unknown> | (() => Record<string, unknown>) | undefined;
  /** The class of a static method: `this` and the class's name in the method. */
  readonly owner?: unknown;
  /** Where it was made: `file:///…:line:column`. */
  readonly madeAt?: string | undefined;
}

/**
 * The property of a kernel object that holds its {@linkcode KernelFunction}, by which a kernel called
 * from another is inlined as the function that it is.
 */
export const KERNEL: unique symbol = Symbol.for("nereid.kernel") as never;

/** The KernelFunction of a kernel object; undefined for anything else. */
export function kernelFunctionOf(value: unknown): KernelFunction | undefined {
  if (typeof value !== "function" && (typeof value !== "object" || value === null)) {
    return undefined;
  }
  return Reflect.get(value, KERNEL) as KernelFunction | undefined;
}

/** What `console` is in a kernel. */
export const CONSOLE = { log: tl.devicePrint, assert: tl.deviceAssert };

const GLOBALS: Readonly<Record<string, unknown>> = {
  tl,
  Math,
  Number,
  Array,
  Infinity,
  NaN,
  undefined,
  console: CONSOLE,
};

/** Functions of the host that kernels have under another name. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  cdiv: "tl.cdiv",
  nextPowerOf2: "a compile-time constant of the launch",
};

/** What the host's functions of sizes are in a kernel. */
export const HOST_FUNCTIONS = { cdiv, nextPowerOf2 };

/** The names of one kernel. */
export class Environment {
  readonly #given: Readonly<Record<string, unknown>>;
  /** For a minified thunk `() => ({ tl: a })`: `a` means what is given as `tl`. */
  readonly #renamed: ReadonlyMap<string, string>;

  constructor(readonly kernel: KernelFunction) {
    const { names } = kernel;
    this.#given = typeof names === "function" ? names() : names ?? {};
    this.#renamed = typeof names === "function" ? renamings(names) : new Map();
  }

  /** What the class of a method is in it; undefined elsewhere. */
  get owner(): unknown {
    return this.kernel.owner;
  }

  lookup(name: string): { readonly value: unknown } | undefined {
    const given = this.#renamed.get(name) ?? name;
    if (Object.hasOwn(this.#given, given)) return { value: this.#given[given] };
    const { owner } = this.kernel;
    if (typeof owner === "function" && owner.name === name) return { value: owner };
    if (Object.hasOwn(GLOBALS, name)) return { value: GLOBALS[name] };
    return undefined;
  }

  /** The error for a name that is not known. */
  unknown(name: string): Problem {
    const { names, owner } = this.kernel;
    const what =
      `The name '${name}' is not known in ${this.kernel.name}: a kernel sees its parameters and locals, tl, Math and the names it is given, not the variables around it`;
    if (isHosts(name)) {
      return new Problem(
        what,
        "It is JavaScript's own, which kernels have not: use it before the launch, and pass what comes of it as a constant",
      );
    }
    const here = ELSEWHERE[name];
    const advice = here ? `Write ${here}, or give it` : "Give it";
    const bag = names === undefined
      ? `{ ${name} }`
      : typeof names === "function"
      ? `() => ({ ${[...Object.keys(this.#given), name].join(", ")} })`
      : `{ ${[...Object.keys(names), name].join(", ")} }`;
    const how = owner === undefined
      ? `jit(${this.kernel.name}, ${bag})`
      : `make it a static of the class and write this.${name}`;
    // A minifier writes no line breaks, and names of one or two letters.
    if (name.length <= 2 && !String(this.kernel.fn).includes("\n")) {
      return new Problem(
        what,
        owner === undefined
          ? `If this is minified, '${name}' may be tl under another name. Names survive a minifier in a function: jit(kernel, () => ({ tl, … })) with all that the kernel uses`
          : `If this is minified, '${name}' may be tl under another name. Make tl a static of the class, static tl = tl, and write this.tl`,
      );
    }
    return new Problem(
      what,
      owner === undefined
        ? `${advice} to the kernel: ${how}. A value that changes from launch to launch is better passed as a constant: { ${name} }`
        : `${advice} to the class: ${how}`,
    );
  }
}

/** True for a function that every JavaScript has. */
function isHosts(name: string): boolean {
  return typeof Reflect.get(globalThis, name) === "function";
}

/** Which identifiers of a thunk's text stand for which keys of what it returns. */
function renamings(thunk: () => unknown): Map<string, string> {
  const renamed = new Map<string, string>();
  let node;
  try {
    ({ node } = sourceOf(thunk));
  } catch {
    return renamed; // Keys alone have to do.
  }
  walkSyntax(node.body, (inner) => {
    if (inner.type !== "ObjectExpression") return true;
    for (const property of inner.properties) {
      if (property.type !== "Property" || property.computed) continue;
      const { key, value } = property;
      const name = key.type === "Identifier" ? key.name : key.type === "Literal" ? key.value : null;
      if (value.type === "Identifier" && typeof name === "string") renamed.set(value.name, name);
    }
    return false;
  });
  return renamed;
}
