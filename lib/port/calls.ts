/** Calls in kernels, translated: functions of tl, helpers, methods of tiles, Python's built-ins. */

import { tl } from "../../mod.ts";
import { bindArguments, type FunctionInfo } from "./analysis.ts";
import {
  array,
  call as callOf,
  type Code,
  infix,
  LEVEL,
  object,
  operand,
  primary,
  safeName,
} from "./code.ts";
import type { Translator } from "./expressions.ts";
import { camelCase, type Operation, OPERATIONS, ROUNDINGS } from "./operations.ts";
import { mathName } from "./names.ts";
import type { Argument, Expr, Kind } from "./syntax.ts";

/** Hints that say nothing of results, and that Nereid decides itself. */
const DROPPED = new Set([
  "allow_tf32",
  "max_num_imprecise_acc",
  "can_reorder",
  "num_stages",
  "loop_unroll_factor",
  "disallow_acc_multi_buffer",
  "flatten",
  "warp_specialize",
  "disable_licm",
  "return_indices_tie_break_left",
  "sep",
  "end",
  "file",
  "flush",
]);

/** Methods of tiles that are functions of `tl` under another name. */
const METHODS: Readonly<Record<string, string>> = { logical_and: "&&", logical_or: "||" };

export function translateCall(t: Translator, call: Kind<"call">): Code {
  const { callee, args } = call;
  for (const { spread, value } of args) {
    if (spread === "**") {
      throw t.refuse(value, "keyword arguments are spread", "Write the arguments out");
    }
  }
  const meaning = t.analysis.names.meaningOf(callee);
  if (meaning?.kind === "operation") return translateOperation(t, meaning.operation, args, call);
  if (meaning?.kind === "dtype") {
    return callOf(
      `tl.${meaning.name}`,
      args.map((a) => argument(t, a)),
    );
  }
  if (meaning) return special(t, call, meaning.path);
  if (callee.kind === "name") {
    const helper = t.analysis.helper(callee.name, t.info);
    if (helper) return translateHelper(t, helper, call);
    if (!t.info.kinds.has(callee.name) && !t.analysis.globals.has(callee.name)) {
      const builtin = translateBuiltin(t, callee.name, call);
      if (builtin) return builtin;
    }
    // A function that was given as a compile-time parameter.
    return callOf(t.expr(callee).doc, args.map((arg) => positional(t, arg)));
  }
  if (callee.kind === "attribute") return translateMethod(t, callee, call);
  return callOf(operand(t.expr(callee), LEVEL.postfix), args.map((arg) => positional(t, arg)));
}

function argument(t: Translator, { spread, value }: Argument): Code {
  const code = t.expr(value);
  return spread ? primary(["...", operand(code, LEVEL.conditional)]) : code;
}

function positional(t: Translator, arg: Argument): Code {
  if (arg.name !== undefined) {
    throw t.refuse(
      arg.value,
      `the keyword '${arg.name}' is given to a function whose parameters are not known here`,
      "Pass it by position",
    );
  }
  return argument(t, arg);
}

/** Functions of Triton that are not in the table. */
function special(t: Translator, call: Kind<"call">, path: string): Code {
  const [first] = call.args;
  const [rounding, dtype] = ROUNDINGS.get(path.split(".").at(-1)!) ?? [];
  if (first && rounding && dtype) {
    return callOf("tl.cast", [
      callOf(`tl.${rounding}`, [t.expr(first.value)]),
      primary(`tl.${dtype}`),
    ]);
  }
  const math = mathName(path);
  if (math) return mathCall(t, math, call);
  const name = path.replace(/^triton\.(language\.)?(core\.)?/, "");
  switch (name) {
    case "constexpr":
    case "condition":
      if (first) return t.expr(first.value);
      break;
    case "tuple":
      if (first) return t.expr(first.value);
      break;
    case "to_tensor":
      if (first) return t.expr(first.value);
      break;
    case "next_power_of_2":
      t.hostNames.add("nextPowerOf2");
      return callOf("nextPowerOf2", call.args.map((arg) => positional(t, arg)));
    case "pointer_type":
      throw t.refuse(
        call,
        "an address that is stored in memory cannot be followed on WebGPU",
        "Pass the tensors as parameters, or one tensor with offsets into it",
      );
    case "inline_asm_elementwise":
      throw t.refuse(
        call,
        "inline assembly is a GPU maker's own language",
        "Write what it computes with functions of tl, or with tl.inlineWgsl in the translation",
      );
  }
  if (!/^triton\b/.test(path)) {
    throw t.refuse(
      call.callee,
      `'${path}' is of another module, which is not part of this file`,
      "Copy the function into this file, with its @triton.jit",
    );
  }
  throw t.refuse(
    call,
    `'${path}' has no counterpart in Nereid`,
    "Compute it with other functions of tl",
  );
}

/** A function of Python's math, which takes numbers that are known while compiling. */
function mathCall(t: Translator, name: string, call: Kind<"call">): Code {
  const values = call.args.map(({ value }) => value);
  if (name === "Math.log" && values.length === 2) {
    throw t.refuse(call, "a logarithm to another base", "Write the quotient of two logarithms");
  }
  const open = values.find((value) => !t.typeOf(value).constant);
  if (open) {
    throw t.refuse(open, "the math module computes with compile-time numbers", "Use tl.math");
  }
  return callOf(name, call.args.map((arg) => positional(t, arg)));
}

/** A function of `tl`. */
export function translateOperation(
  t: Translator,
  operation: Operation,
  args: readonly Argument[],
  call: Kind<"call">,
): Code {
  const { name } = operation;
  if (!Object.hasOwn(tl, name)) {
    throw t.refuse(
      call,
      `'${name}' has no counterpart in Nereid`,
      "Compute it with other functions of tl",
    );
  }
  const known = new Set(operation.order);
  for (const { name: keyword, value } of args) {
    if (keyword === undefined || known.has(keyword) || keyword.startsWith("_")) continue;
    throw t.refuse(
      value,
      `the parameter '${keyword}' of '${name}' is not known`,
      `Its parameters are ${operation.order.join(", ")}`,
    );
  }
  if (operation.rest) return variadic(t, operation, args);
  const given = bindArguments(operation.order, args, call);
  const list: (Code | undefined)[] = operation.positional.map((param) => {
    const value = given.get(param);
    return value === undefined ? undefined : operandOf(t, operation, param, value, given);
  });
  const options = optionsOf(t, operation, given);
  while (list.length > 0 && list.at(-1) === undefined) list.pop();
  if (options) { while (list.length < operation.positional.length) list.push(undefined); }
  const filled = list.map((code, i) => {
    if (code) return code;
    return primary(operation.positional[i] === "axis" ? "null" : "undefined");
  });
  if (name === "view") return callOf("tl.reshape", filled);
  return callOf(`tl.${name}`, options ? [...filled, options] : filled);
}

/** The options object; undefined when no option is given. */
function optionsOf(
  t: Translator,
  { options }: Operation,
  given: ReadonlyMap<string, Expr>,
): Code | undefined {
  const entries = options.flatMap((option) => {
    const value = given.get(option);
    if (value === undefined || DROPPED.has(option)) return [];
    // None is what an option is when it is left out.
    if (value.kind === "constant" && value.value === null) return [];
    return [[camelCase(option), t.expr(value).doc] as const];
  });
  return entries.length > 0 ? object(entries) : undefined;
}

function operandOf(
  t: Translator,
  { name }: Operation,
  param: string,
  value: Expr,
  given: ReadonlyMap<string, Expr>,
): Code {
  // A float literal beside an integer must not become one.
  const pairs: Readonly<Record<string, readonly [string, string]>> = {
    where: ["x", "y"],
    minimum: ["x", "y"],
    maximum: ["x", "y"],
  };
  const pair = pairs[name];
  if (pair && pair.includes(param)) {
    const [left, right] = pair.map((key) => given.get(key));
    const chosen = name === "where";
    if (left && right) return t.numbers(left, right, chosen)[pair.indexOf(param)]!;
  }
  if (/^(exp|exp2|cos|sigmoid|abs)$/.test(name)) return t.signless(value);
  if (param === "axis" && value.kind === "constant" && value.value === null) return primary("null");
  return t.expr(value);
}

/** Functions that take shapes or orders as one tuple or as many arguments. */
function variadic(
  t: Translator,
  operation: Operation,
  args: readonly Argument[],
): Code {
  const { name, positional, options } = operation;
  const own = args.filter(({ name: keyword }) =>
    keyword === undefined || !options.includes(keyword)
  );
  const first = own.slice(0, positional.length - 1);
  let rest = own.slice(positional.length - 1);
  const keyword = rest.find((arg) => arg.name !== undefined);
  if (keyword) rest = [{ value: keyword.value }];
  const given = new Map(
    args.flatMap((arg) => arg.name !== undefined ? [[arg.name, arg.value] as const] : []),
  );
  const option = optionsOf(t, operation, given);
  const head = first.map((arg) => argument(t, arg));
  const [only] = rest;
  const single = rest.length === 1 && only && !only.spread;
  const sequence = single && ["tuple", "list"].includes(only.value.kind);
  const several = single && t.typeOf(only.value).sort === "several";
  const items = sequence && (only.value.kind === "tuple" || only.value.kind === "list")
    ? only.value.items.map((item) => t.expr(item))
    : rest.map((arg) => argument(t, arg));
  const spelled = name === "view" ? "reshape" : name;
  if (["broadcastTo", "reshape", "permute"].includes(spelled)) {
    const shape = several && !sequence ? items[0]! : array(items.map(({ doc }) => doc));
    return callOf(`tl.${spelled}`, [...head, shape]);
  }
  const tail = several && !sequence && name === "trans" ? [primary(["...", items[0]!.doc])] : items;
  return callOf(`tl.${spelled}`, option ? [...head, ...tail, option] : [...head, ...tail]);
}

/** A call of another function of the file. */
function translateHelper(t: Translator, helper: FunctionInfo, call: Kind<"call">): Code {
  const { name } = helper.definition;
  const target = helper.isKernel && isAlsoHelper(t, name) ? `${safeName(name)}_` : safeName(name);
  if (call.args.some(({ spread }) => spread)) {
    return callOf(target, call.args.map((arg) => positional(t, arg)));
  }
  const order = [...helper.params.keys()];
  const known = new Set(order);
  for (const { name: keyword, value } of call.args) {
    if (keyword !== undefined && !known.has(keyword)) {
      throw t.refuse(
        value,
        `'${name}' has no parameter '${keyword}'`,
        `Its parameters are ${order.join(", ")}`,
      );
    }
  }
  const given = t.bind(order, call);
  const list = order.map((param) => given.get(param));
  while (list.length > 0 && list.at(-1) === undefined) list.pop();
  return callOf(target, list.map((value) => value ? t.expr(value) : primary("undefined")));
}

/** True for functions that are launched and called as well. */
export function isAlsoHelper(t: Pick<Translator, "analysis">, name: string): boolean {
  return [...t.analysis.functions.values()].some(({ uses, definition }) =>
    uses.has(name) && definition.name !== name
  );
}

/** Python's own functions; undefined for other names. */
function translateBuiltin(t: Translator, name: string, call: Kind<"call">): Code | undefined {
  const { args } = call;
  const [first] = args;
  const codes = () => args.map((arg) => positional(t, arg));
  switch (name) {
    case "float": {
      if (first?.value.kind !== "string") {
        return first ? callOf("tl.f32", [t.expr(first.value)]) : undefined;
      }
      const text = first.value.value.trim().toLowerCase();
      const special = /^([+-]?)(inf|infinity|nan)$/.exec(text);
      if (!special) return primary(String(Number(text)));
      const [, sign, word] = special;
      if (word === "nan") return primary("NaN");
      return sign === "-" ? { doc: "-Infinity", level: LEVEL.unary } : primary("Infinity");
    }
    case "int":
      return callOf("Math.trunc", codes());
    case "bool":
      return callOf("Boolean", codes());
    case "min":
      return callOf("Math.min", codes());
    case "max":
      return callOf("Math.max", codes());
    case "abs":
      return callOf("tl.abs", codes());
    case "pow":
      return callOf("Math.pow", codes());
    case "len":
      return first && { doc: [operand(t.expr(first.value), LEVEL.postfix), ".length"], level: 17 };
    case "list":
    case "tuple":
      return first ? t.expr(first.value) : array([]);
    case "print":
      return callOf("tl.devicePrint", codes());
    case "isinstance":
      return isInstance(t, call);
    case "range":
    case "getattr":
    case "hasattr":
    case "zip":
    case "enumerate":
      throw t.refuse(
        call,
        `'${name}' has no counterpart here`,
        name === "range"
          ? "Ranges stand in the head of a for loop"
          : "Decide it with a compile-time parameter",
      );
    default:
      return undefined;
  }
}

/** Methods that no descriptor has. */
const OPERATIONS_OF_VALUES = new Set(["to", "cast"]);

/** `isinstance(x, …)`: what is known of x, or what it turns out to be while compiling. */
function isInstance(t: Translator, call: Kind<"call">): Code {
  const [x, cls] = call.args.map(({ value }) => value);
  const name = cls && (t.analysis.names.pathOf(cls)?.replace(/^triton\.language\.(core\.)?/, "") ??
    (cls.kind === "name" ? cls.name : undefined));
  if (x && name) {
    const { constant, sort } = t.typeOf(x);
    const isType = (type: string) => infix(typeOfValue(t, x), "===", primary(`"${type}"`));
    switch (name) {
      case "tensor_descriptor":
      case "tensor_descriptor_base":
        return isType("object");
      case "tensor":
        if (!["unset", "block", "either"].includes(sort)) return primary(String(!constant));
        break;
      case "constexpr":
        if (sort !== "unset") return primary(String(constant));
        break;
      case "str":
        return isType("string");
    }
  }
  throw t.refuse(
    call,
    "whether this is an instance cannot be told here",
    "Decide it with a compile-time parameter",
  );
}

function typeOfValue(t: Translator, x: Expr): Code {
  return { doc: ["typeof ", operand(t.expr(x), LEVEL.unary)], level: LEVEL.unary };
}

/** Methods of tiles, pointers and descriptors. */
function translateMethod(
  t: Translator,
  callee: Kind<"attribute">,
  call: Kind<"call">,
): Code {
  const { object: receiver, name } = callee;
  const ty = t.typeOf(receiver);
  const { args } = call;
  if (name === "to" || name === "cast") {
    const given = bindArguments(["dtype", "fp_downcast_rounding", "bitcast"], args, call);
    const dtype = given.get("dtype");
    if (!dtype) throw t.refuse(call, "the dtype is missing", "Write x.to(tl.float32)");
    return translateOperation(
      t,
      OPERATIONS.get("cast")!,
      [{ value: receiver }, { value: dtype }, ...options(given)],
      call,
    );
  }
  if (ty.sort === "block" || (ty.sort === "either" && !OPERATIONS_OF_VALUES.has(name))) {
    return callOf(
      [operand(t.expr(receiver), LEVEL.postfix), `.${camelCase(name)}`],
      args.map((arg) => positional(t, arg)),
    );
  }
  if (ty.sort === "dtype") return dtypeTest(t, receiver, name, call);
  if (name === "item") {
    return callOf("tl.reshape", [t.expr(receiver), array([])]);
  }
  const joined = METHODS[name];
  if (joined && args[0]) {
    const [a, b] = [t.expr(receiver), t.expr(args[0].value)];
    return {
      doc: [operand(a, LEVEL.equality), ` ${joined} `, operand(b, LEVEL.equality)],
      level: joined === "&&" ? LEVEL.and : LEVEL.or,
    };
  }
  const operation = OPERATIONS.get(name);
  if (operation) return translateOperation(t, operation, [{ value: receiver }, ...args], call);
  throw t.refuse(
    callee,
    `the method '${name}' has no counterpart`,
    "Tiles have the functions of tl as methods, and to()",
  );
}

function options(given: ReadonlyMap<string, Expr>): Argument[] {
  return [...given].filter(([name]) => name !== "dtype").map(([name, value]) => ({ name, value }));
}

const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  is_fp8: ["f8e4m3", "f8e5m2"],
  is_fp16: ["f16"],
  is_bf16: ["bf16"],
  is_fp32: ["f32"],
  is_fp64: ["f64"],
  is_int1: ["bool"],
  is_bool: ["bool"],
  is_int8: ["i8"],
  is_int16: ["i16"],
  is_int32: ["i32"],
  is_int64: ["i64"],
  is_uint8: ["u8"],
  is_floating: ["f8e4m3", "f8e5m2", "f16", "bf16", "f32", "f64"],
  is_standard_floating: ["f16", "bf16", "f32", "f64"],
  is_int_signed: ["i8", "i16", "i32", "i64"],
  is_int_unsigned: ["bool", "u8", "u16", "u32", "u64"],
  is_int: ["bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"],
};

/** `x.dtype.is_floating()`: a comparison of the dtype's name. */
function dtypeTest(t: Translator, receiver: Expr, name: string, call: Kind<"call">): Code {
  const family = FAMILIES[name];
  if (!family) {
    throw t.refuse(
      call,
      `the method '${name}' of a dtype has no counterpart`,
      "Compare the dtype: x.dtype == tl.float16",
    );
  }
  const dtype = operand(t.expr(receiver), LEVEL.postfix);
  if (family.length === 1) {
    return { doc: [dtype, ` === tl.${family[0]}`], level: LEVEL.equality };
  }
  const names = array(family.map((item) => JSON.stringify(item)));
  return { doc: [names.doc, ".includes(", dtype, ".name)"], level: LEVEL.postfix };
}
