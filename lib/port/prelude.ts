/**
 * Helpers that the kernels of TorchInductor import from PyTorch, in Python: what a file uses of them is
 * translated with it.
 */

import type { Names } from "./names.ts";
import { parseModule } from "./parse.ts";
import { type Expr, type FunctionDefinition, type Module, walkExpressions } from "./syntax.ts";

/** The module that they come from. */
const HELPERS = /^torch\._inductor\.runtime\.triton_helpers\.(\w+)$/;

const SOURCE = `
@triton.jit
def promote_to_tensor(x):
    return x + tl.zeros((1,), tl.int1)

@triton.jit
def maximum(a, b):
    return tl.maximum(a, b, propagate_nan=tl.PropagateNan.ALL)

@triton.jit
def minimum(a, b):
    return tl.minimum(a, b, propagate_nan=tl.PropagateNan.ALL)

@triton.jit
def max2(a, dim):
    return tl.reduce(a, dim, maximum)

@triton.jit
def min2(a, dim):
    return tl.reduce(a, dim, minimum)

@triton.jit
def either(a, b):
    return a | b

@triton.jit
def any(a, dim):
    return tl.reduce(a, dim, either)

@triton.jit
def times(a, b):
    return a * b

@triton.jit
def prod(input, axis):
    return tl.reduce(input, axis, times)

@triton.jit
def larger(a, i, b, j):
    # NaN is the largest of all, and the first of equals counts.
    first = (a > b) | ((a != a) & (b == b))
    equal = (a == b) | ((a != a) & (b != b))
    first |= equal & (i < j)
    return tl.where(first, a, b), tl.where(first, i, j)

@triton.jit
def smaller(a, i, b, j):
    first = (a < b) | ((a != a) & (b == b))
    equal = (a == b) | ((a != a) & (b != b))
    first |= equal & (i < j)
    return tl.where(first, a, b), tl.where(first, i, j)

@triton.jit
def maximum_with_index(a_value, a_index, b_value, b_index):
    return larger(a_value, a_index, b_value, b_index)

@triton.jit
def minimum_with_index(a_value, a_index, b_value, b_index):
    return smaller(a_value, a_index, b_value, b_index)

@triton.jit
def max_with_index(value, index, dim):
    return tl.reduce((value, index), dim, larger)

@triton.jit
def min_with_index(value, index, dim):
    return tl.reduce((value, index), dim, smaller)

@triton.jit
def welford_reduce(value, mean, m2, weight, first_iteration):
    if first_iteration:
        new_weight = tl.full(weight.shape, 1, weight.dtype)
        new_mean = value
        new_m2 = tl.zeros_like(m2)
    else:
        delta = value - mean
        new_weight = weight + 1
        new_mean = mean + delta / new_weight
        new_m2 = m2 + delta * (value - new_mean)
    return new_mean, new_m2, new_weight

@triton.jit
def welford_combine(mean_a, m2_a, weight_a, mean_b, m2_b, weight_b):
    delta = mean_b - mean_a
    weight = weight_a + weight_b
    share = tl.where(weight == 0.0, 0.0, weight_b / weight)
    return mean_a + delta * share, m2_a + m2_b + delta * delta * weight_a * share, weight

@triton.jit
def welford(mean, m2, weight, dim):
    return tl.reduce((mean, m2, weight), dim, welford_combine)

@triton.jit
def div_floor_integer(a, b):
    quotient = a // b
    remainder = a % b
    rounded = tl.where(remainder != 0, quotient - 1, quotient)
    return tl.where((a < 0) != (b < 0), rounded, quotient)

@triton.jit
def remainder_integer(a, b):
    remainder = a % b
    return tl.where((remainder != 0) & ((remainder < 0) != (b < 0)), remainder + b, remainder)

@triton.jit
def device_assert_then(cond, msg, r):
    tl.device_assert(cond, msg)
    return r
`;

let parsed: ReadonlyMap<string, FunctionDefinition> | undefined;

/** The file with the helpers that it uses as functions of its own. */
export function withHelpers(module: Module, names: Names): Module {
  const used = new Set<string>();
  const helperOf = (expr: Expr) => HELPERS.exec(names.pathOf(expr) ?? "")?.[1];
  for (const { body } of module.functions) {
    walkExpressions(body, (expr) => {
      const name = helperOf(expr);
      if (name !== undefined) used.add(name);
    });
  }
  if (used.size === 0) return module;
  parsed ??= new Map(
    parseModule(SOURCE, new Map()).functions.map((item) => [item.name, item]),
  );
  const taken = new Set(module.functions.map(({ name }) => name));
  const spelled = (name: string): string => taken.has(name) ? `${name}_helper` : name;
  const added = new Map<string, FunctionDefinition>();
  const add = (name: string): void => {
    const helper = parsed?.get(name);
    if (!helper || added.has(name)) return;
    walkExpressions(helper.body, (expr) => {
      if (expr.kind === "name") add(expr.name);
    });
    // Places in another text mean nothing in the file's.
    added.set(name, {
      ...renamed(
        helper,
        (expr) =>
          expr.kind === "name" && parsed!.has(expr.name)
            ? { ...expr, name: spelled(expr.name) }
            : undefined,
      ),
      name: spelled(name),
      from: -1,
      to: -1,
    });
  };
  used.forEach(add);
  const functions = module.functions.map((item) =>
    renamed(item, (expr) => {
      const name = helperOf(expr);
      return name !== undefined && added.has(name)
        ? { from: expr.from, to: expr.to, kind: "name", name: spelled(name) }
        : undefined;
    })
  );
  return { ...module, functions: [...added.values(), ...functions] };
}

/** A copy of syntax in which some expressions are others. */
function renamed<T>(node: T, change: (expr: Expr) => Expr | undefined): T {
  if (Array.isArray(node)) return node.map((item) => renamed(item, change)) as T;
  if (typeof node !== "object" || node === null) return node;
  const changed = "kind" in node ? change(node as unknown as Expr) : undefined;
  if (changed) return changed as T;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, renamed(value, change)]),
  ) as T;
}
