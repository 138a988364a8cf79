/**
 * What is known of the values of expressions without running anything: whether they are compile-time
 * constants, and of what kind of number. It decides how operators are translated, and the types that
 * are written.
 */

/** What an expression's value is. */
export type Sort =
  /** Not seen yet. */
  | "unset"
  | "i32"
  /** Some integer. */
  | "int"
  | "f32"
  /** Some float. */
  | "float"
  | "bool"
  /** A number argument of a launch: i32, i64, f32 or bool. */
  | "scalar"
  /** Any number. */
  | "num"
  | "pointer"
  /** A block pointer or tensor descriptor. */
  | "block"
  /** A pointer or a descriptor, as the launch has it. */
  | "either"
  | "string"
  | "none"
  | "dtype"
  | "function"
  /** A tuple or list. */
  | "several"
  | "other";

export interface Ty {
  /** Known while compiling. */
  readonly constant: boolean;
  readonly sort: Sort;
  readonly items?: readonly Ty[] | undefined;
}

export const UNSET: Ty = { constant: true, sort: "unset" };

export function run(sort: Sort): Ty {
  return { constant: false, sort };
}

export function constant(sort: Sort): Ty {
  return { constant: true, sort };
}

export function several(items: readonly Ty[]): Ty {
  return { constant: items.every((item) => item.constant), sort: "several", items };
}

export function isInteger({ sort }: Ty): boolean {
  return sort === "i32" || sort === "int";
}

export function isFloat({ sort }: Ty): boolean {
  return sort === "f32" || sort === "float";
}

export function isNumber(ty: Ty): boolean {
  return isInteger(ty) || isFloat(ty) || ["bool", "num", "scalar"].includes(ty.sort);
}

/** What holds either. */
export function join(a: Ty, b: Ty): Ty {
  if (a.sort === "unset") return b;
  if (b.sort === "unset") return a;
  const constant = a.constant && b.constant;
  if (a.sort === "several" && b.sort === "several") {
    const { items: p = [] } = a, { items: q = [] } = b;
    return p.length === q.length
      ? { constant, sort: "several", items: p.map((item, i) => join(item, q[i]!)) }
      : { constant, sort: "several" };
  }
  if (a.sort === b.sort) return { constant, sort: a.sort };
  if (a.sort === "none") return { constant, sort: b.sort };
  if (b.sort === "none") return { constant, sort: a.sort };
  if (isInteger(a) && isInteger(b)) return { constant, sort: "int" };
  if (isFloat(a) && isFloat(b)) return { constant, sort: "float" };
  if (isNumber(a) && isNumber(b)) return { constant, sort: "num" };
  if (a.sort === "either" || b.sort === "either") return run("either");
  if (a.sort === "pointer" || b.sort === "pointer") return { constant, sort: "pointer" };
  return { constant, sort: "other" };
}

/** What a number becomes when Triton binds it to a name: a scalar with a dtype. */
export function bound(ty: Ty): Ty {
  if (ty.sort === "several") return several((ty.items ?? []).map(bound));
  if (!ty.constant || !isNumber(ty)) return ty;
  return run(ty.sort === "int" ? "i32" : ty.sort === "float" ? "f32" : ty.sort);
}

/** The result of arithmetic, after Triton's promotion. */
export function promoted(a: Ty, b: Ty): Ty {
  if (a.sort === "unset" || b.sort === "unset") return UNSET;
  const both = a.constant && b.constant;
  if (a.sort === "either" || b.sort === "either") return run("either");
  if (a.sort === "pointer" || b.sort === "pointer") return run("pointer");
  if (!isNumber(a) || !isNumber(b)) return { constant: both, sort: "other" };
  // A number without a dtype takes the other's, when it is of no higher kind.
  for (const [weak, typed] of [[a, b], [b, a]] as const) {
    if (!weak.constant || typed.constant) continue;
    if (isFloat(typed)) return typed;
    if (isInteger(typed) && (isInteger(weak) || weak.sort === "bool")) return typed;
    if (typed.sort === "scalar" && !isFloat(weak)) return typed;
    if (typed.sort === "bool" && weak.sort === "bool") return typed;
    if (isFloat(weak)) return run(typed.sort === "num" ? "float" : "f32");
    return run(isInteger(weak) && typed.sort === "bool" ? "i32" : "num");
  }
  const sort = (): Sort => {
    if (a.sort === "f32" || b.sort === "f32") return "f32";
    if (isFloat(a) || isFloat(b)) return "float";
    if (a.sort === b.sort) return a.sort;
    if (a.sort === "bool") return b.sort;
    if (b.sort === "bool") return a.sort;
    if (isInteger(a) && isInteger(b)) return "int";
    const scalars = [a.sort, b.sort].every((s) => s === "scalar" || s === "i32");
    return scalars ? "scalar" : "num";
  };
  return { constant: both, sort: sort() };
}
