/** Which parameters are pointers: those that flow into the addresses of loads and stores. */

import type { Analysis, FunctionInfo } from "./analysis.ts";
import { bindArguments } from "./analysis.ts";
import { constant, run } from "./kinds.ts";
import { type Expr, type Kind, walkExpressions, walkStatements } from "./syntax.ts";

const ADDRESSED =
  /^(load|store|atomic\w+|makeBlockPtr|makeTensorDescriptor|multipleOf|maxContiguous)$/;

/** Marks the parameters that are pointers or tensor descriptors. */
export function findPointers(analysis: Analysis): void {
  for (let pass = 0; pass < 6; pass++) {
    let changed = false;
    for (const info of analysis.functions.values()) {
      walkExpressions(info.definition.body, (expr) => {
        if (expr.kind === "call") changed = markCall(analysis, info, expr) || changed;
        if (isElementType(expr)) changed = mark(info, expr.object.object) || changed;
      });
    }
    if (!changed) return;
  }
}

/** `x.dtype.element_ty`, which only pointers have. */
function isElementType(
  expr: Expr,
): expr is Kind<"attribute"> & { readonly object: Kind<"attribute"> } {
  return expr.kind === "attribute" && expr.name === "element_ty" &&
    expr.object.kind === "attribute" && /^(dtype|type)$/.test(expr.object.name);
}

function markCall(analysis: Analysis, info: FunctionInfo, call: Kind<"call">): boolean {
  const { callee, args } = call;
  const meaning = analysis.names.meaningOf(callee);
  if (meaning?.kind === "operation") {
    const { name } = meaning.operation;
    const [first] = args;
    if (/^(load|store)TensorDescriptor$/.test(name) && first) return markBlock(info, first.value);
    const hint = /^(multipleOf|maxContiguous)$/.test(name);
    return ADDRESSED.test(name) && !hint && first !== undefined && mark(info, first.value);
  }
  if (callee.kind === "attribute" && callee.object.kind === "name") {
    if (/^(load|store|gather|scatter|atomic_\w+)$/.test(callee.name)) {
      return markBlock(info, callee.object);
    }
  }
  const [tested, cls] = args;
  if (callee.kind === "name" && callee.name === "isinstance" && tested && cls) {
    const path = analysis.names.pathOf(cls.value) ?? "";
    return /\.tensor_descriptor(_base)?$/.test(path) && markEither(info, tested.value);
  }
  const helper = callee.kind === "name" ? analysis.helper(callee.name, info) : undefined;
  if (!helper) return false;
  let changed = false;
  for (const [name, value] of bindArguments([...helper.params.keys()], args, call)) {
    if (helper.kinds.get(name)?.sort === "either") changed = markEither(info, value) || changed;
    if (helper.kinds.get(name)?.sort === "pointer") changed = mark(info, value) || changed;
  }
  return changed;
}

function markBlock(info: FunctionInfo, expr: Expr): boolean {
  if (expr.kind !== "name" || !info.params.has(expr.name)) return false;
  if (info.kinds.get(expr.name)?.sort !== "unset") return false;
  info.kinds.set(expr.name, constant("block"));
  return true;
}

/** Marks a parameter that may be either. */
function markEither(info: FunctionInfo, expr: Expr): boolean {
  if (expr.kind !== "name" || !info.params.has(expr.name)) return false;
  if (info.kinds.get(expr.name)?.sort === "either") return false;
  info.kinds.set(expr.name, run("either"));
  return true;
}

/** Marks the parameter that an address begins with. */
function mark(info: FunctionInfo, address: Expr, seen = new Set<string>()): boolean {
  switch (address.kind) {
    case "name": {
      const { name } = address;
      if (seen.has(name)) return false;
      seen.add(name);
      let changed = false;
      if (info.params.has(name)) {
        if (info.kinds.get(name)?.sort === "unset") {
          info.kinds.set(name, run("pointer"));
          changed = true;
        }
        return changed;
      }
      for (const value of valuesOf(info, name)) changed = mark(info, value, seen) || changed;
      return changed;
    }
    case "binary":
      if (address.op !== "+" && address.op !== "-") return false;
      return mark(info, isOffset(info, address.left) ? address.right : address.left, seen);
    case "subscript":
      return mark(info, address.object, seen);
    case "conditional": {
      const then = mark(info, address.then, seen);
      return mark(info, address.otherwise, seen) || then;
    }
    case "call":
      // `tl.multiple_of(x, 16)`, `tl.broadcast_to(x, …)`, `tl.cast(x, …)`, `x.to(…)`.
      if (address.callee.kind === "attribute" && address.callee.name === "to") {
        return mark(info, address.callee.object, seen);
      }
      if (
        address.callee.kind === "attribute" &&
        /^(multiple_of|max_contiguous|max_constancy|broadcast_to|cast|expand_dims|advance)$/.test(
          address.callee.name,
        )
      ) {
        return address.args[0] !== undefined && mark(info, address.args[0].value, seen);
      }
      return false;
    default:
      return false;
  }
}

/** The values that a variable is assigned. */
export function valuesOf(info: FunctionInfo, name: string): Expr[] {
  const values: Expr[] = [];
  walkStatements(info.definition.body, (statement) => {
    if (statement.kind !== "assign" || !statement.value) return;
    for (const target of statement.targets) {
      if (target.kind === "name" && target.name === name) values.push(statement.value);
      if (target.kind === "tuple" && statement.value.kind === "tuple") {
        target.items.forEach((item, i) => {
          const { value } = statement;
          if (item.kind !== "name" || item.name !== name || value?.kind !== "tuple") return;
          if (value.items[i]) values.push(value.items[i]);
        });
      }
    }
  });
  return values;
}

/** True for what is surely a number, so that the pointer is on the other side. */
function isOffset(info: FunctionInfo, expr: Expr, seen = new Set<string>()): boolean {
  switch (expr.kind) {
    case "number":
    case "compare":
      return true;
    case "binary":
      if (expr.op !== "+" && expr.op !== "-") return true;
      return isOffset(info, expr.left, seen) && isOffset(info, expr.right, seen);
    case "subscript":
      return isOffset(info, expr.object, seen);
    case "call":
      return !(expr.callee.kind === "attribute" &&
        /^(multiple_of|max_contiguous|max_constancy|broadcast_to|to|advance)$/.test(
          expr.callee.name,
        ));
    case "name": {
      if (seen.has(expr.name)) return true;
      seen.add(expr.name);
      if (info.params.has(expr.name)) return info.constants.has(expr.name);
      const values = valuesOf(info, expr.name);
      return values.length > 0 && values.every((value) => isOffset(info, value, seen));
    }
    default:
      return false;
  }
}
