/** Functions and methods that the host's code of a file may call while it is translated. */

import type { Span } from "../syntax.ts";
import {
  compare,
  Config,
  type Dict,
  type Host,
  isList,
  isReal,
  Namespace,
  NotPure,
  type PyValue,
  Tensor,
  Unknown,
} from "./values.ts";

/** Constants by their full paths. */
export const CONSTANTS: Readonly<Record<string, PyValue>> = {
  "math.pi": Math.PI,
  "math.e": Math.E,
  "math.inf": Infinity,
  "math.nan": NaN,
  "math.tau": 2 * Math.PI,
  "numpy.pi": Math.PI,
  "numpy.e": Math.E,
  "numpy.inf": Infinity,
  "torch.inf": Infinity,
  "torch.pi": Math.PI,
  "torch.version.hip": null,
  "torch.version.cuda": "12.8",
  "triton.__version__": "3.6.0",
  "torch.__version__": "2.10.0",
};

/** The target that lists of configurations are read for. */
const TARGET: Readonly<Record<string, PyValue>> = {
  backend: "cuda",
  arch: 90n,
  warp_size: 32n,
};

const FLOATS: Readonly<Record<string, { max: number; eps: number; tiny: number }>> = {
  float32: { max: 3.4028234663852886e38, eps: 2 ** -23, tiny: 2 ** -126 },
  float64: { max: Number.MAX_VALUE, eps: 2 ** -52, tiny: 2 ** -1022 },
  float16: { max: 65504, eps: 2 ** -10, tiny: 2 ** -14 },
  bfloat16: { max: 3.3895313892515355e38, eps: 2 ** -7, tiny: 2 ** -126 },
  float8_e4m3fn: { max: 448, eps: 0.125, tiny: 2 ** -6 },
  float8_e5m2: { max: 57344, eps: 0.25, tiny: 2 ** -14 },
};

const MATH: Readonly<Record<string, (...args: number[]) => number>> = {
  sqrt: Math.sqrt,
  exp: Math.exp,
  log2: Math.log2,
  log10: Math.log10,
  pow: Math.pow,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
};

/** Calls a method of a value, or a function by its path when the receiver is null. */
export function call(
  e: Host,
  receiver: PyValue,
  name: string,
  args: PyValue[],
  keywords: ReadonlyMap<string, PyValue>,
  at: Span,
): PyValue {
  const result = receiver === null
    ? callPath(e, name, args, keywords, at)
    : callMethod(e, receiver, name, args, at);
  if (result === undefined) throw new NotPure(at, `what '${name}' gives`);
  return result;
}

function callMethod(
  e: Host,
  receiver: PyValue,
  name: string,
  args: PyValue[],
  at: Span,
): PyValue | undefined {
  const [first = null, second = null] = args;
  if (isList(receiver)) {
    const list = receiver as PyValue[];
    switch (name) {
      case "append":
        list.push(first);
        return null;
      case "extend":
        list.push(...e.items(first, at));
        return null;
      case "copy":
        return [...list];
    }
  }
  if (receiver instanceof Map) {
    switch (name) {
      case "get":
        return receiver.get(first) ?? second;
      case "keys":
        return [...receiver.keys()];
      case "values":
        return [...receiver.values()];
      case "items":
        return [...receiver].map(([key, value]) => [key, value]);
      case "copy":
        return new Map(receiver);
      case "update":
        if (first instanceof Map) { for (const entry of first) receiver.set(...entry); }
        return null;
      case "pop": {
        const value = receiver.get(first) ?? second;
        receiver.delete(first);
        return value;
      }
    }
  }
  if (typeof receiver === "string") {
    switch (name) {
      case "lower":
        return receiver.toLowerCase();
      case "startswith":
        return typeof first === "string" ? receiver.startsWith(first) : undefined;
      case "split":
        return receiver.split(typeof first === "string" ? first : " ");
    }
  }
  if (receiver instanceof Tensor && /^(zero_|fill_)$/.test(name)) {
    if (name === "fill_" && !(isReal(first) && Number(first) === 0)) return undefined;
    receiver.zeroed.add(receiver.name);
    return null;
  }
  if (receiver instanceof Config && name === "all_kwargs") {
    return new Map([...receiver.constants, ...receiver.options]);
  }
  return undefined;
}

function callPath(
  e: Host,
  path: string,
  args: PyValue[],
  keywords: ReadonlyMap<string, PyValue>,
  at: Span,
): PyValue | undefined {
  const [first = null, second = null] = args;
  const one = args.length === 1 ? first : null;
  switch (path) {
    case "triton.Config": {
      const constants = args.length > 0 ? first : keywords.get("kwargs") ?? new Map();
      if (!(constants instanceof Map)) throw new NotPure(at, "what this configuration sets");
      const options = new Map(keywords);
      options.delete("kwargs");
      ["num_warps", "num_stages", "num_ctas"].forEach((option, i) => {
        if (args[i + 1] !== undefined) options.set(option, args[i + 1]!);
      });
      return new Config(new Map(constants), options);
    }
    case "triton.language.constexpr":
      return first;
    case "triton.cdiv":
      return typeof first === "bigint" && typeof second === "bigint"
        ? (first + second - 1n) / second
        : undefined;
    case "triton.next_power_of_2":
      return typeof first === "bigint"
        ? 2n ** BigInt(Math.ceil(Math.log2(Number(first))))
        : undefined;
    case "triton.runtime.driver.active.get_current_target":
      return new Map(Object.entries(TARGET));
    case "range": {
      const [a = 0n, b = 0n, step = 1n] = args.length === 1 ? [0n, first] : args;
      if (typeof a !== "bigint" || typeof b !== "bigint" || typeof step !== "bigint") {
        return undefined;
      }
      const count = step === 0n ? 0n : (b - a + (step > 0n ? step - 1n : step + 1n)) / step;
      const length = Math.max(0, Number(count));
      return Array.from({ length }, (_, i) => a + BigInt(i) * step);
    }
    case "len":
      return BigInt(e.items(first, at).length);
    case "min":
    case "max": {
      const items = args.length === 1 ? e.items(first, at) : args;
      return items.reduce((a, b) => {
        const order = compare(a, b);
        if (order === undefined) throw new NotPure(at, `what '${path}' gives`);
        return (path === "min") === order <= 0 ? a : b;
      });
    }
    case "sum": {
      const items = e.items(first, at);
      if (!items.every(isReal)) return undefined;
      return items.every((item) => typeof item !== "number")
        ? items.reduce<bigint>((sum, item) => sum + BigInt(item as bigint), 0n)
        : items.reduce<number>((sum, item) => sum + Number(item), 0);
    }
    case "abs":
      return typeof first === "bigint"
        ? first < 0n ? -first : first
        : typeof first === "number"
        ? Math.abs(first)
        : undefined;
    case "int":
      return isReal(one) ? BigInt(Math.trunc(Number(one))) : undefined;
    case "float":
      if (typeof one === "string") {
        const text = one.trim().toLowerCase().replace(/^([+-]?)inf(inity)?$/, "$1Infinity");
        return text === "nan" ? NaN : Number(text);
      }
      return isReal(one) ? Number(one) : undefined;
    case "bool":
      return e.truth(first);
    case "str":
      return e.text(first, at);
    case "list":
    case "tuple":
    case "set":
      return args.length === 0 ? [] : [...e.items(first, at)];
    case "reversed":
      return [...e.items(first, at)].reverse();
    case "dict": {
      const dict: Dict = first instanceof Map ? new Map(first) : new Map();
      for (const entry of keywords) dict.set(...entry);
      return dict;
    }
    case "filter":
      return e.items(second, at).filter((item) =>
        e.truth(first === null ? item : e.apply(first, [item], new Map(), at))
      );
    case "map":
      return e.items(second, at).map((item) => e.apply(first, [item], new Map(), at));
    case "sorted": {
      const key = keywords.get("key"), reverse = e.truth(keywords.get("reverse") ?? false);
      const keyOf = (item: PyValue) => key ? e.apply(key, [item], new Map(), at) : item;
      return [...e.items(first, at)].sort((a, b) => {
        const order = compare(keyOf(a), keyOf(b)) ?? 0;
        return reverse ? -order : order;
      });
    }
    case "zip": {
      const lists = args.map((arg) => e.items(arg, at));
      const length = Math.min(...lists.map((list) => list.length));
      return Array.from({ length }, (_, i) => lists.map((list) => list[i]!));
    }
    case "enumerate":
      return e.items(first, at).map((item, i) => [BigInt(i), item]);
    case "all":
      return e.items(first, at).every((item) => e.truth(item));
    case "any":
      return e.items(first, at).some((item) => e.truth(item));
    case "print":
      return null;
    case "itertools.product": {
      const repeat = Number(keywords.get("repeat") ?? 1n);
      const lists = Array.from({ length: repeat }, () => args).flat()
        .map((arg) => e.items(arg, at));
      return lists.reduce<readonly (readonly PyValue[])[]>(
        (rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])),
        [[]],
      );
    }
    case "itertools.chain":
      return args.flatMap((arg) => [...e.items(arg, at)]);
    case "packaging.version.Version":
    case "packaging.version.parse":
      return typeof first === "string" ? versionOf(first) : undefined;
    case "os.environ.get":
    case "os.getenv":
      return second;
    case "torch.finfo":
    case "torch.iinfo":
      return first instanceof Namespace ? limitsOf(first.path) : undefined;
    case "torch.tensor":
    case "torch.empty":
    case "torch.zeros":
      return new Unknown(path);
  }
  const math = /^(?:math|numpy)\.(\w+)$/.exec(path)?.[1];
  if (math !== undefined && args.every(isReal)) {
    const numbers = args.map(Number), [x = 0] = numbers;
    if (math === "ceil" || math === "floor") return BigInt(Math[math](x));
    if (math === "log" && numbers.length === 2) return Math.log(x) / Math.log(numbers[1]!);
    if (math === "log") return Math.log(x);
    return MATH[math]?.(...numbers);
  }
  if (/^triton\.|^torch\./.test(path)) return new Unknown(path);
  return undefined;
}

/** A version as the list of its numbers. */
function versionOf(text: string): PyValue {
  return (/^[\d.]+/.exec(text)?.[0] ?? "0").split(".").filter(Boolean).map(BigInt);
}

function limitsOf(path: string): PyValue | undefined {
  const name = path.replace(/^torch\./, "");
  const float = FLOATS[name];
  if (float) return new Map(Object.entries({ ...float, min: -float.max }));
  const [, unsigned, width] = /^(u?)int(\d+)$/.exec(name) ?? [];
  if (width === undefined) return undefined;
  const bits = BigInt(width);
  return unsigned
    ? new Map([["min", 0n], ["max", 2n ** bits - 1n]])
    : new Map([["min", -(2n ** (bits - 1n))], ["max", 2n ** (bits - 1n) - 1n]]);
}
