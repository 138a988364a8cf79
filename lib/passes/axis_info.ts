/**
 * Axis information: which neighbours in a tile count up, are equal, or start at round numbers.
 *
 * It tells how many neighbouring elements one access may touch at once (the pointers count up, the
 * first is aligned, and the mask has one answer for all), and which packets of a tile need to be
 * computed only once.
 *
 * Assumes: a verified graph. Leaves it as it is; the answer is a function of its values.
 *
 * ```text
 *   %pid = program_id {axis = 0} : i32               divisibility 1
 *   %0 = mul %pid, %c64 : i32                        divisibility 64
 *   %1 = arange {start = 0, end = 64}                contiguity 64
 *   %2 = splat %0 : tile<64xi32>                     divisibility 64, constancy 64
 *   %3 = add %2, %1 : tile<64xi32>                   contiguity 64, divisibility 64
 *   %4 = splat %n : tile<64xi32>                     n's divisibility, 16, constancy 64
 *   %5 = lt %3, %4 : tile<64xbool>                   constancy 16
 * ```
 *
 * Loops are solved by a fixed point: what is carried is first taken to be what it starts with, and
 * weakened by what the body yields until that says nothing new.
 */

import type { AxisInfo } from "../ir/axis.ts";
import { isInteger, isWide, roundTo } from "../ir/dtype.ts";
import type { Graph, Op, Region, Value } from "../ir/graph.ts";
import { elementwise, type ElementwiseName, type StructuralName } from "../ir/ops.ts";
import { dtypeOf } from "../ir/type.ts";
import {
  constant,
  dimsOf,
  divisibilityAt,
  ELEMENTWISE_RULES,
  everywhere,
  gcd,
  type Info,
  jointConstancy,
  meet,
  powerOfTwoIn,
  uniform,
  unitOf,
  unknown,
} from "./axis_rules.ts";

/** What is known of every value of a graph. */
export function axisInfo(graph: Graph): (value: Value) => AxisInfo {
  const analysis = new Analysis();
  for (const { value, divisibility } of graph.params) {
    analysis.set(value, uniform(value.type, powerOfTwoIn(divisibility)));
  }
  analysis.run(graph.body);
  return (value) => analysis.get(value);
}

type Rule = (op: Op, analysis: Analysis) => readonly Info[];

class Analysis {
  #infos = new Map<Value, Info>();

  get(value: Value): Info {
    const info = this.#infos.get(value);
    if (!info) throw new Error(`Value ${value.hint ?? ""} is not of the graph that was analysed`);
    return info;
  }

  set(value: Value, info: Info): void {
    this.#infos.set(value, info);
  }

  /** Finds what holds of everything in a region, whose parameters must be set. Returns that of its yields. */
  run(region: Region): readonly Info[] {
    for (const op of region.ops) {
      const infos = elementwise(op.name)
        ? [elementwiseInfo(op, op.operands.map((operand) => this.get(operand)))]
        : (RULES[op.name as StructuralName] as Rule)(op, this);
      op.results.forEach((result, i) => this.set(result, infos[i]!));
    }
    return region.yields.map((value) => this.get(value));
  }

  /**
   * What holds of a loop's carried values whenever control comes by. `once` runs the loop's regions
   * and returns what they yield.
   */
  fixedPoint(
    inits: readonly Value[],
    params: readonly (readonly Value[])[],
    once: () => readonly Info[],
  ): readonly Info[] {
    let carried = inits.map((init) => this.get(init));
    for (;;) {
      for (const list of params) list.forEach((param, i) => this.set(param, carried[i]!));
      const yields = once();
      const next = carried.map((info, i) => meet(info, yields[i]!, inits[i]!.type));
      if (next.every((info, i) => sameInfo(info, carried[i]!))) return carried;
      carried = next;
    }
  }
}

function sameInfo(a: Info, b: Info): boolean {
  const same = (x: readonly number[], y: readonly number[]) => x.every((n, d) => n === y[d]);
  return same(a.contiguity, b.contiguity) && same(a.divisibility, b.divisibility) &&
    same(a.constancy, b.constancy) && Object.is(a.constant, b.constant) &&
    a.nonNegative === b.nonNegative;
}

function elementwiseInfo(op: Op, operands: readonly Info[]): Info {
  const { type } = op.result, dtype = dtypeOf(type);
  const constants = operands.map((operand) => operand.constant);
  const wide = [...op.operands, op.result].some((value) => isWide(dtypeOf(value.type)));
  if (!wide && constants.every((value) => value !== undefined)) {
    const evaluate = elementwise(op.name)!.evaluate({
      operands: op.operands.map((operand) => dtypeOf(operand.type)),
      result: dtype,
      attributes: op.attributes,
    });
    return constant(type, Number(roundTo(dtype, evaluate(...constants))));
  }
  const rule = ELEMENTWISE_RULES[op.name as ElementwiseName];
  if (rule && isInteger(dtypeOf(op.operands.at(-1)!.type))) return rule(operands, op);
  return { ...unknown(type), constancy: jointConstancy(operands, type) };
}

/** Information whose entries for each dimension come from one of `x`'s, or are those of a new dimension. */
function rearranged(x: Info, from: readonly (number | undefined)[]): Info {
  return {
    ...x,
    contiguity: from.map((d) => (d === undefined ? 1 : x.contiguity[d]!)),
    divisibility: from.map((d) => (d === undefined ? everywhere(x) : x.divisibility[d]!)),
    constancy: from.map((d) => (d === undefined ? 1 : x.constancy[d]!)),
  };
}

/** Regions that are functions of scalars: nothing is known of their parameters. */
function unknownResults(op: Op, analysis: Analysis): Info[] {
  for (const region of op.regions) {
    region.params.forEach((param) => analysis.set(param, unknown(param.type)));
    analysis.run(region);
  }
  return op.results.map((result) => unknown(result.type));
}

/**
 * How dimensions of two shapes of equal size correspond: the smallest groups of equal product, from
 * the right. Dimensions of size 1 must be left out.
 */
function blocks(from: readonly number[], to: readonly number[]): [number[], number[]][] {
  const result: [number[], number[]][] = [];
  let i = from.length - 1, j = to.length - 1;
  while (i >= 0 || j >= 0) {
    const block: [number[], number[]] = [[], []];
    let left = 1, right = 1;
    do {
      if (left <= right && i >= 0) left *= from[i]!, block[0].unshift(i--);
      else right *= to[j]!, block[1].unshift(j--);
    } while (left !== right);
    result.unshift(block);
  }
  return result;
}

function reshape(op: Op, analysis: Analysis): Info {
  const x = analysis.get(op.operand(0)), { type } = op.result;
  const from = dimsOf(op.operand(0).type), to = dimsOf(type);
  const wide = (shape: readonly number[]) => shape.flatMap((dim, d) => dim === 1 ? [] : [d]);
  const [fromWide, toWide] = [wide(from), wide(to)];
  const contiguity = to.map(() => 1), constancy = to.map(() => 1);
  const divisibility = to.map(() => everywhere(x));
  const found = blocks(fromWide.map((d) => from[d]!), toWide.map((d) => to[d]!));
  for (const [sources, targets] of found) {
    // Along the innermost dimensions neighbours stay neighbours.
    const source = fromWide[sources.at(-1)!]!, target = toWide[targets.at(-1)!]!;
    const group = gcd(x.contiguity[source]!, to[target]!);
    contiguity[target] = group;
    divisibility[target] = divisibilityAt(x, source, group, unitOf(type));
    constancy[target] = gcd(x.constancy[source]!, to[target]!);
    if (sources.length !== 1) continue;
    // Equal neighbours that fill inner dimensions make outer ones equal.
    let inner = to[target]!;
    for (const outer of targets.slice(0, -1).reverse().map((d) => toWide[d]!)) {
      constancy[outer] = gcd(Math.max(1, Math.floor(x.constancy[source]! / inner)), to[outer]!);
      inner *= to[outer]!;
    }
  }
  const same = from.every((dim, d) => x.constancy[d] === dim);
  return { ...x, contiguity, divisibility, constancy: same ? to : constancy };
}

const RULES = {
  program_id: (op) => [uniform(op.result.type, 1, true)],
  num_programs: (op) => [uniform(op.result.type, 1, true)],
  constant: (op) => {
    const { type } = op.result;
    const element = roundTo(dtypeOf(type), op.value), number = Number(element);
    const isExact = typeof element === "number" || Number.isSafeInteger(number);
    return [isExact ? constant(type, number) : uniform(type, 1, number >= 0)];
  },
  arange: (op) => {
    const start = op.number("start");
    return [{
      contiguity: op.result.type.shape,
      divisibility: [powerOfTwoIn(start)],
      constancy: [1],
      nonNegative: start >= 0,
    }];
  },
  splat: (op, analysis) => {
    const x = analysis.get(op.operand(0));
    return [{ ...uniform(op.result.type, everywhere(x), x.nonNegative), constant: x.constant }];
  },
  broadcast: (op, analysis) => {
    const x = analysis.get(op.operand(0)), from = dimsOf(op.operand(0).type);
    const constancy = dimsOf(op.result.type).map((dim, d) =>
      dim === from[d] ? x.constancy[d]! : dim
    );
    return [{ ...x, constancy }];
  },
  expand_dims: (op, analysis) => {
    const x = analysis.get(op.operand(0)), { shape } = op.operand(0).type;
    const from = shape.map((_, d): number | undefined => d).toSpliced(
      op.number("axis"),
      0,
      undefined,
    );
    return [rearranged(x, from)];
  },
  reshape: (op, analysis) => [reshape(op, analysis)],
  permute: (op, analysis) => {
    const x = analysis.get(op.operand(0)), order = op.numbers("order");
    return [order.length === 0 ? x : rearranged(x, order)];
  },
  convert_layout: (op, analysis) => [analysis.get(op.operand(0))],
  reduce: unknownResults,
  dot: unknownResults,
  subgroup_dot: unknownResults,
  lane_dot: unknownResults,
  gather: unknownResults,
  scan: unknownResults,
  sort: unknownResults,
  sort_by: unknownResults,
  merge: unknownResults,
  take: unknownResults,
  put: unknownResults,
  unstack: unknownResults,
  histogram: unknownResults,
  load: (op, analysis) => {
    const { type } = op.result, operands = op.operands.map((operand) => analysis.get(operand));
    return [{ ...unknown(type), constancy: jointConstancy(operands, type) }];
  },
  atomic_rmw: unknownResults,
  atomic_cas: unknownResults,
  barrier: () => [],
  map: unknownResults,
  print: () => [],
  assert: () => [],
  check_bounds: () => [],
  store: () => [],
  for: (op, analysis) => {
    const [start, end, step] = op.operands.slice(0, 3).map((operand) => analysis.get(operand));
    const inits = op.operands.slice(3), body = op.region(0);
    const [index, ...params] = body.params;
    analysis.set(
      index!,
      uniform(
        index!.type,
        gcd(everywhere(start!), everywhere(step!)),
        start!.nonNegative && (step!.nonNegative || end!.nonNegative),
      ),
    );
    return analysis.fixedPoint(inits, [params], () => analysis.run(body));
  },
  while: (op, analysis) => {
    const [condition, body] = [op.region(0), op.region(1)];
    return analysis.fixedPoint(op.operands, [condition.params, body.params], () => {
      analysis.run(condition);
      return analysis.run(body);
    });
  },
  if: (op, analysis) => {
    const [a, b] = op.regions.map((region) => analysis.run(region));
    return op.results.map((result, i) => meet(a![i]!, b![i]!, result.type));
  },
} satisfies Record<StructuralName, Rule>;
