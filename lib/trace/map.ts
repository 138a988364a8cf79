/** `tl.mapElementwise` and `tl.inlineWgsl`: functions of single elements. */

import { type Op, type Region, Value, walk } from "../ir/graph.ts";
import { elementwise } from "../ir/ops.ts";
import { scalar } from "../ir/type.ts";
import { writtenAs } from "../language/dtypes.ts";
import type { MapFunctions } from "../language/map.ts";
import type { Arguments, Entry } from "./arguments.ts";
import { elements } from "./members.ts";
import { Problem } from "./problem.ts";
import { dtypeOfNumber } from "./promotion.ts";
import type { Tracer } from "./tracer.ts";
import { describe, isOperand, isPointerValue, isRecord } from "./values.ts";

/** Tiles and numbers as values of one shape. */
function together(a: Arguments, t: Tracer, list: readonly unknown[]): Value[] {
  const values = list.map((x, i) => {
    const value = t.semantics.value(a.asOperand(x, `operand ${i + 1}`));
    if (isPointerValue(value)) {
      throw new Problem(`${a.name} works on numbers, not on ${describe(value)}`, "Load them first");
    }
    return value;
  });
  const shape = t.semantics.commonShape(values.map((x) => x.type.shape), () => a.name);
  return values.map((x) => t.semantics.broadcast(x, shape));
}

/** Throws when a function of single elements does what needs others, or changes memory. */
function checkBody(a: Arguments, t: Tracer, region: Region): void {
  const allowed = (op: Op) =>
    elementwise(op.name) || ["constant", "load", "if", "for", "while", "map"].includes(op.name);
  const tiles = (op: Op) =>
    [...op.operands, ...op.results].some(({ type }) => type.shape.length > 0);
  walk(region, (op) => {
    if (allowed(op) && !tiles(op)) return;
    throw new Problem(
      tiles(op)
        ? `The function of ${a.name} computes with a tile, but it runs for one element`
        : `The function of ${a.name} does '${op.name}', but it may compute and load only`,
      "Give what it needs as a further operand, and do the rest around the call",
    );
  });
  for (const { type } of region.yields) {
    if (type.shape.length > 0) {
      throw new Problem(
        `The function of ${a.name} returned ${describe(new Value(type))}, not a scalar`,
        "Give what it needs as a further operand: it is called with one element of each",
      );
    }
  }
  void t;
}

/** A function of the kernel as a region on scalars; `several` is told whether it returned an array. */
function bodyOf(
  a: Arguments,
  t: Tracer,
  fn: unknown,
  xs: readonly Value[],
  results: (list: readonly unknown[], isArray: boolean) => readonly Value[],
): Region {
  const { site } = t;
  const region = t.builder.region(
    xs.map((x) => scalar(x.type.element)),
    (params) => {
      const result = t.call(fn, params);
      t.at(site);
      const isArray = Array.isArray(result);
      return results(isArray ? elements(t, result) : [result], isArray);
    },
  );
  checkBody(a, t, region);
  return region;
}

const PLAIN = { wgsl: "", declares: "", impure: false, portable: true };

function mapElementwise(a: Arguments, t: Tracer): unknown {
  a.count(2, Infinity);
  const [fn, ...rest] = a.list;
  const hasOptions = isRecord(rest.at(-1));
  const { pack = 1 } = hasOptions ? a.options(a.list.length - 1, "pack") : {};
  if (pack !== 1) {
    throw new Problem(
      `${a.name} calls its function for one element at a time, not for ${describe(pack)}`,
      "Leave 'pack' out: WGSL has no instructions on packed elements",
    );
  }
  const xs = together(a, t, hasOptions ? rest.slice(0, -1) : rest);
  let several = false;
  const region = bodyOf(a, t, fn, xs, (list, isArray) => {
    several = isArray;
    return list.map((x) => {
      if (isOperand(x)) return t.semantics.value(x);
      throw new Problem(
        `The function of ${a.name} returned ${describe(x)}`,
        "Return a scalar, or an array of scalars",
      );
    });
  });
  const op = t.builder.op("map", xs, { attributes: PLAIN, regions: [region] });
  return several ? t.own([...op.results]) : op.result;
}

/** The author's expression, or statements that return one, as the body of a function of p0, p1, … */
function bodyText(source: string, operands: number): string {
  const text = source.trim().replace(/\$(\d+)/g, (_, digits: string) => {
    if (Number(digits) < operands) return `p${digits}`;
    throw new Problem(
      `The WGSL speaks of $${digits}, but there ${
        operands === 1 ? "is 1 operand" : `are ${operands} operands`
      }`,
      "Operands are $0, $1, … in the order of the array",
    );
  });
  return /\breturn\b/.test(text) ? text : `return ${text.replace(/;$/, "")};`;
}

function inlineWgsl(a: Arguments, t: Tracer): unknown {
  a.count(3);
  const [source, list] = a.list;
  if (typeof source !== "string" || !Array.isArray(list)) {
    throw new Problem(
      `${a.name} takes WGSL text and an array of operands, not ${describe(source)} and ${
        describe(list)
      }`,
      `Write ${a.usage}`,
    );
  }
  const given = a.options(2, "dtype", "javascript", "isPure", "declarations");
  const [dtype] = given.dtype === undefined ? [] : [a.asDtype(given.dtype, "'dtype'")];
  if (!dtype) {
    throw new Problem(
      `${a.name} needs to know the dtype of what the WGSL gives`,
      `Write ${a.usage}`,
    );
  }
  const xs = together(a, t, elements(t, list));
  const portable = given.javascript !== undefined;
  const fallback = () => [t.semantics.constant(0, dtype)];
  const region = portable
    ? bodyOf(a, t, given.javascript, xs, (list) => {
      const [x] = list;
      if (list.length === 1 && isOperand(x)) return [t.semantics.cast(x, dtype)];
      throw new Problem(
        `The function 'javascript' of ${a.name} returned ${
          describe(list.length === 1 ? x : list)
        }, not a scalar`,
        `It stands in for the WGSL, which gives tl.${writtenAs(dtype).name}`,
      );
    })
    : t.builder.region(xs.map((x) => scalar(dtypeOfNumber(x))), fallback);
  const attributes = {
    wgsl: bodyText(source, xs.length),
    declares: typeof given.declarations === "string" ? given.declarations : "",
    impure: given.isPure === false,
    portable,
  };
  return t.builder.op("map", xs, { attributes, regions: [region] }).result;
}

export const MAP_ENTRIES = {
  mapElementwise: ["tl.mapElementwise((x, y) => …, a, b)", mapElementwise],
  inlineWgsl: ['tl.inlineWgsl("$0 * $1", [a, b], { dtype: tl.f32 })', inlineWgsl],
} satisfies Record<keyof MapFunctions, Entry>;
