/** What the names of a file stand for: imports and aliases resolved to Triton's own names. */

import { DTYPE_NAMES, LIBDEVICE_OPERATIONS, type Operation, OPERATIONS } from "./operations.ts";
import type { Expr, Module } from "./syntax.ts";

/** What a name or a path of names means in a kernel. */
export type Meaning =
  | { readonly kind: "operation"; readonly operation: Operation; readonly path: string }
  | { readonly kind: "dtype"; readonly name: string }
  /** `triton.language` or a module of it, or another property of it. */
  | { readonly kind: "module"; readonly path: string }
  | { readonly kind: "other"; readonly path: string };

const LANGUAGE = /^(triton\.language|triton\.language\.(core|standard|math|random))\.(\w+)$/;
const LIBDEVICE =
  /^triton\.language\.(extra\.(cuda\.|hip\.)?libdevice|libdevice|math|extra\.cuda)\.(\w+)$/;

/**
 * What packages import Triton's modules as. Kernels that are written for them mean Triton's functions,
 * whose wrappers differ in nothing that matters here.
 */
const WRAPPERS: readonly (readonly [RegExp, string])[] = [
  // `from vllm.triton_utils import tl, triton`
  [/^(?!triton\b)[\w.]+\.triton$/, "triton"],
  [/^(?!triton\b)[\w.]+\.tl$/, "triton.language"],
  [/^(?!triton\b)[\w.]+\.libdevice$/, "triton.language.extra.libdevice"],
  [/^torch\._inductor\.runtime\.triton_helpers\.math$/, "triton.language.math"],
  // FlagGems: `tle.program_id`, `tl_extra_shim.erf`.
  [/^[\w.]*\btriton_lang_extension$/, "triton.language"],
  [/^[\w.]*\b(tl_extra_shim|tl_extra_module)$/, "triton.language.extra.libdevice"],
  // Flash linear attention: `from fla.ops.utils.op import exp`.
  [/^fla\.(ops\.)?utils(\.op)?(?=\.(exp|exp2|log|log2|gather)$)/, "triton.language"],
];

/** A path as Triton has it. */
export function canonical(path: string): string {
  for (const [wrapper, module] of WRAPPERS) {
    if (wrapper.test(path)) return path.replace(wrapper, module);
  }
  return path;
}

/** The names of one file. */
export class Names {
  readonly #paths = new Map<string, string>();

  constructor(module: Module) {
    for (const { name, module: path, member } of module.imports) {
      this.#paths.set(name, canonical(member === undefined ? path : `${path}.${member}`));
    }
    // `tl_exp = tl.math.exp` is another name for a function.
    for (const { targets: [target, ...others], value } of module.assignments) {
      const path = value && this.pathOf(value);
      if (target?.kind !== "name" || others.length > 0 || !path) continue;
      if (/^triton\b/.test(path)) this.#paths.set(target.name, path);
    }
  }

  /** True when the name is one for something of Triton's. */
  isAlias(name: string): boolean {
    return this.#paths.has(name);
  }

  /** The full path of a name, or of attributes of one; undefined for other expressions. */
  pathOf(expr: Expr): string | undefined {
    if (expr.kind === "name") return this.#paths.get(expr.name);
    if (expr.kind !== "attribute") return undefined;
    const path = this.pathOf(expr.object);
    return path === undefined ? undefined : canonical(`${path}.${expr.name}`);
  }

  /** What of Triton's an expression names; undefined for anything else. */
  meaningOf(expr: Expr): Meaning | undefined {
    const path = this.pathOf(expr);
    if (path === undefined) return undefined;
    const name = LANGUAGE.exec(path)?.[3];
    const operation = name === undefined ? undefined : OPERATIONS.get(name);
    if (operation) return { kind: "operation", operation, path };
    const device = LIBDEVICE.exec(path)?.[3];
    const extra = device === undefined ? undefined : LIBDEVICE_OPERATIONS.get(device);
    if (extra) return { kind: "operation", operation: extra, path };
    if (path === "triton.cdiv") {
      return { kind: "operation", operation: OPERATIONS.get("cdiv")!, path };
    }
    const dtype = name === undefined ? undefined : DTYPE_NAMES.get(name);
    if (dtype) return { kind: "dtype", name: dtype };
    if (/^triton(\.language(\.(core|standard|math|random|extra.*|libdevice))?)?$/.test(path)) {
      return { kind: "module", path };
    }
    return { kind: "other", path };
  }
}

const MATH: Readonly<Record<string, string>> = {
  pi: "Math.PI",
  e: "Math.E",
  inf: "Infinity",
  nan: "NaN",
  ceil: "Math.ceil",
  floor: "Math.floor",
  trunc: "Math.trunc",
  sqrt: "Math.sqrt",
  exp: "Math.exp",
  log: "Math.log",
  log2: "Math.log2",
  log10: "Math.log10",
  pow: "Math.pow",
  sin: "Math.sin",
  cos: "Math.cos",
};

/** What of Python's `math`, or of numpy's numbers, is what in JavaScript's. */
export function mathName(path: string): string | undefined {
  const name = /^(?:math|numpy)\.(\w+)$/.exec(path)?.[1];
  return name === undefined ? undefined : MATH[name];
}
