/** Functions of single elements: one WGSL function, called for each register. */

import { type DType, DTYPES, isFloat } from "../ir/dtype.ts";
import { type Op, type Region, type Value, walk } from "../ir/graph.ts";
import type { Expr, InvocationFunction, VectorType } from "../ir/invocation.ts";
import { isPointer } from "../ir/type.ts";
import { type Context, expressionDtype } from "./context.ts";
import type { LowerRegion } from "./control.ts";
import { named, op as operation } from "./expr.ts";
import { gather, registerCount, registerOf } from "./registers.ts";

/** The values that a region uses and does not define. */
function captured(region: Region): Value[] {
  const own = new Set<Value>(region.params), used = new Set<Value>(region.yields);
  walk(region, (op) => {
    for (const result of op.results) own.add(result);
    for (const operand of op.operands) used.add(operand);
    for (const { params, yields } of op.regions) {
      params.forEach((param) => own.add(param));
      yields.forEach((value) => used.add(value));
    }
  });
  return [...used].filter((value) => !own.has(value));
}

/** What WGSL written by the user holds a number of a dtype in. */
function wideOf(dtype: DType): DType {
  const { f32, i32, u32 } = DTYPES;
  if (dtype.bits >= 32 || dtype.register === "f16" || dtype.kind === "bool") return dtype;
  return isFloat(dtype) ? f32 : dtype.kind === "int" ? i32 : u32;
}

function scalarType(value: Value): VectorType {
  return { dtype: expressionDtype(value.type), width: 1 };
}

/** The WGSL that the author wrote, as a function. */
function written(context: Context, op: Op, types: readonly VectorType[]): InvocationFunction {
  return {
    name: context.emitter.name("written"),
    params: op.operands.map((x, i) => ({ name: `p${i}`, type: scalarType(x) })),
    results: types,
    text: String(op.attributes["wgsl"]),
    declares: String(op.attributes["declares"]),
  };
}

export function lowerMap(context: Context, op: Op, lowerRegion: LowerRegion): void {
  const { emitter } = context, body = op.region(0);
  const isWritten = op.attributes["wgsl"] !== "";
  const types = body.yields.map((value) => {
    const dtype = expressionDtype(value.type);
    return { dtype: isWritten ? wideOf(dtype) : dtype, width: 1 } as const;
  });
  const outer: Expr[] = [];
  let callee: InvocationFunction;
  if (isWritten) {
    callee = written(context, op, types);
  } else {
    const params = body.params.map((param) => ({
      name: emitter.name(param.hint ?? "x"),
      type: scalarType(param),
    }));
    params.forEach(({ name, type }, i) => context.alias(body.params[i]!, [named(name, type)]));
    // What main has computed reaches the function as further parameters.
    const seen = captured(body).map((value) => ({ value, packets: context.get(value) }));
    for (const { value, packets: [x] } of seen) {
      if (value.type.shape.length > 0) throw new Error("A function of elements uses a tile");
      if (x!.kind === "literal" || x!.kind === "parameter") continue;
      const param = { name: emitter.name(value.hint ?? "outer"), type: x!.type };
      params.push(param);
      outer.push(x!);
      context.alias(value, [named(param.name, param.type)]);
    }
    const isInner = context.isPerElement;
    context.isPerElement = true;
    const stmts = emitter.function(() => {
      lowerRegion(body);
      const values = body.yields.map((value) => context.scalar(value));
      emitter.emit({ kind: "return", values });
    });
    context.isPerElement = isInner;
    for (const { value, packets } of seen) context.alias(value, packets);
    callee = { name: emitter.name("map"), params, results: types, body: stmts };
  }
  context.functions.push(callee);

  const bases = new Set<string>();
  walk(body, ({ name, operands: [pointer] }) => {
    const element = pointer?.type.element;
    if (name === "load" && element && isPointer(element)) bases.add(element.base);
  });
  const { layout } = op.operands[0]?.type ?? {};
  const registers: Expr[][] = op.results.map(() => []);
  emitter.phase([...bases].flatMap((base) => context.memoryOf(base)), [], () => {
    for (let i = 0; i < (layout ? registerCount(layout) : 1); i++) {
      const args = op.operands.map((x) => registerOf(context.get(x), i));
      const results = op.results.map(({ hint }) => emitter.name(hint));
      emitter.emit({ kind: "call", callee: callee.name, args: [...args, ...outer], results });
      results.forEach((name, k) => {
        const { element } = op.results[k]!.type, value = named(name, types[k]!);
        if (isPointer(element) || element === types[k]!.dtype) registers[k]!.push(value);
        else registers[k]!.push(operation("cast", [value], element, { to: element.name }));
      });
    }
  });
  op.results.forEach((result, k) => {
    const all = registers[k]!;
    context.define(result, layout ? gather(all, all.map((_, i) => i)) : all);
  });
}
