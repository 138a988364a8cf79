/**
 * Padding: tiles of any size become tiles whose sizes are powers of two, as layouts need them.
 *
 * *Assumes* a canonicalised graph without layouts. *Guarantees* that every dimension of every tile is
 * a power of two; that stores and atomic operations touch nothing for elements that were not there,
 * and loads read nothing for them; that reductions, scans, sorts, products and histograms come out as
 * if only the elements that were there took part. What the other elements hold is undefined.
 * *Leaves alone* graphs in which every size is a power of two already.
 *
 *     %0 = arange {start = 0, end = 100} : tile<100xi32>
 *     %1 = splat %x {shape = [100]} : tile<100xptr<x:f32>>
 *     %2 = ptr_add %1, %0 : tile<100xptr<x:f32>>
 *     %3 = load %2 : tile<100xf32>
 *     %4 = reduce %3 {axis = 0} … add … : f32
 *
 * becomes
 *
 *     %0 = arange {start = 0, end = 128} : tile<128xi32>
 *     %1 = splat %x {shape = [128]} : tile<128xptr<x:f32>>
 *     %2 = ptr_add %1, %0 : tile<128xptr<x:f32>>
 *     %c100 = constant 100 : tile<128xi32>
 *     %inside = lt %0, %c100 : tile<128xbool>
 *     %3 = load %2, %inside : tile<128xf32>
 *     %zero = constant -0.0 : tile<128xf32>
 *     %kept = select %inside, %3, %zero : tile<128xf32>
 *     %4 = reduce %kept {axis = 0} … add … : f32
 */

import type { Builder } from "../ir/builder.ts";
import { bool, type DType, f32, i32, isFloat, type Numeric } from "../ir/dtype.ts";
import { type Graph, type Op, type Value, walk } from "../ir/graph.ts";
import { elementwise, type OpName, type StructuralName } from "../ir/ops.ts";
import { dtypeOf, sameShape, scalar, tile, type Type } from "../ir/type.ts";
import { highest, lowest, neutralOf } from "./neutral.ts";
import { rewrite, type Rewriter } from "./rewrite.ts";

/** The graph with tiles whose sizes are powers of two. */
export function padTiles(graph: Graph): Graph {
  if (!hasOddTiles(graph)) return graph;
  return rewrite(graph, (op, operands, rewriter) => {
    const region = op.regions.some((inner) => inner.params.some(isOdd));
    if (!region && ![...op.operands, ...op.results].some(isOdd)) return undefined;
    const site: Site = { op, operands, rewriter, builder: rewriter.builder };
    return elementwise(op.name) ? again(site) : PAD[op.name as StructuralName](site);
  });
}

/** An operation of the old graph, and its operands in the new one. */
interface Site {
  readonly op: Op;
  readonly operands: readonly Value[];
  readonly rewriter: Rewriter;
  readonly builder: Builder;
}

type Pad = (site: Site) => readonly Value[];

const PAD = {
  program_id: again,
  num_programs: again,
  constant: withPaddedShape,
  splat: withPaddedShape,
  broadcast: withPaddedShape,
  arange: (site) => {
    const start = site.op.number("start"), [length] = site.op.result.type.shape;
    return again(site, { start, end: start + padded(length!) });
  },
  expand_dims: again,
  permute: again,
  reshape: padReshape,
  convert_layout: again,
  take: again, // tiles are stacked after they were padded
  put: again,
  unstack: again,
  merge: again,
  gather: again,
  reduce: padReduce,
  scan: padScan,
  sort: padSort,
  sort_by: padSortBy,
  histogram: padHistogram,
  dot: padDot,
  subgroup_dot: padDot,
  lane_dot: padDot,
  load: (site) => {
    const [pointer, mask, ...other] = site.operands as [Value, ...Value[]];
    return again(site, undefined, [pointer, masked(site, 0, mask), ...other]);
  },
  store: (site) => {
    const [pointer, value, mask] = site.operands as [Value, Value, ...Value[]];
    return again(site, undefined, [pointer, value, masked(site, 0, mask)]);
  },
  atomic_rmw: (site) => {
    const [pointer, value, mask] = site.operands as [Value, Value, ...Value[]];
    return again(site, undefined, [pointer, value, masked(site, 0, mask)]);
  },
  atomic_cas: (site) => {
    const [pointer, compare, value, mask] = site.operands as [Value, Value, Value, ...Value[]];
    return again(site, undefined, [pointer, compare, value, masked(site, 0, mask)]);
  },
  barrier: again,
  map: padMap,
  print: padReport,
  assert: padReport,
  check_bounds: (site) => {
    const [index, length, outside] = site.operands as [Value, Value, Value];
    return again(site, undefined, [index, length, masked(site, 0, outside)]);
  },
  for: padControl,
  while: padControl,
  if: padControl,
} satisfies Record<StructuralName, Pad>;

function padReport(site: Site): readonly Value[] {
  const [x, mask] = site.operands as [Value, ...Value[]];
  return again(site, undefined, [x, masked(site, 0, mask)]);
}

/** Where no element was, the function is not run: it might not end. */
function padMap(site: Site): readonly Value[] {
  const { op, operands, rewriter, builder } = site, body = op.region(0);
  if (op.attributes["wgsl"] !== "") return again(site);
  const types = [...body.params.map(({ type }) => type), scalar(bool)];
  const region = builder.region(types, (params) => {
    const there = builder.region([], () => rewriter.inline(body, params.slice(0, -1)));
    const elsewhere = builder.region(
      [],
      () => body.yields.map(({ type }) => builder.constant(0, dtypeOf(type))),
    );
    return builder.op("if", [params.at(-1)!], { regions: [there, elsewhere] }).results;
  });
  const all = [...operands, masked(site, 0, undefined)];
  return builder.op("map", all, { attributes: op.attributes, regions: [region] }).results;
}

// Sizes

function padded(n: number): number {
  return 2 ** Math.ceil(Math.log2(n));
}

function isPadded(n: number): boolean {
  return padded(n) === n;
}

function paddedShape(shape: readonly number[]): readonly number[] {
  return shape.map(padded);
}

function paddedType({ element, shape }: Type): Type {
  return tile(paddedShape(shape), element);
}

function isOdd({ type }: Value): boolean {
  return !type.shape.every(isPadded);
}

function hasOddTiles(graph: Graph): boolean {
  let found = false;
  walk(graph.body, (op) => {
    found ||= [...op.operands, ...op.results].some(isOdd);
  });
  return found;
}

function product(dims: readonly number[]): number {
  return dims.reduce((all, dim) => all * dim, 1);
}

/** How far apart neighbours along each dimension lie in row-major order. */
function strides(shape: readonly number[]): number[] {
  return shape.map((_, d) => product(shape.slice(d + 1)));
}

// Building

/** The same operation on padded operands; what it results in follows from them. */
function again(
  { op, operands, rewriter, builder }: Site,
  attributes = op.attributes,
  others = operands,
): readonly Value[] {
  const regions = op.regions.map((region) => rewriter.region(region));
  return builder.op(op.name, others, { attributes, regions }).results;
}

function withPaddedShape(site: Site): readonly Value[] {
  return again(site, { ...site.op.attributes, shape: paddedShape(site.op.numbers("shape")) });
}

/** Loops and branches carry padded tiles. */
function padControl({ op, operands, rewriter, builder }: Site): readonly Value[] {
  const regions = op.regions.map((region) =>
    rewriter.region(region, { types: region.params.map((param) => paddedType(param.type)) })
  );
  return builder.op(op.name, operands, { attributes: op.attributes, regions }).results;
}

function binary(builder: Builder, name: OpName, x: Value, y: number): Value {
  return builder.value(name, [x, builder.constant(y, dtypeOf(x.type), x.type.shape)]);
}

/** For each element of a padded shape its coordinate along a dimension. */
function coordinate(builder: Builder, shape: readonly number[], dim: number): Value {
  let x = builder.value("arange", [], { attributes: { start: 0, end: padded(shape[dim]!) } });
  shape.forEach((_, d) => {
    if (d !== dim) x = builder.value("expand_dims", [x], { attributes: { axis: d } });
  });
  const wide = paddedShape(shape);
  if (sameShape(x.type.shape, wide)) return x;
  return builder.value("broadcast", [x], { attributes: { shape: wide } });
}

/** Which elements of a padded tile were there, going by some dimensions; undefined when all were. */
function inside(
  builder: Builder,
  shape: readonly number[],
  dims = shape.map((_, d) => d),
): Value | undefined {
  let mask: Value | undefined;
  for (const d of dims) {
    if (isPadded(shape[d]!)) continue;
    const one = binary(builder, "lt", coordinate(builder, shape, d), shape[d]!);
    mask = mask ? builder.value("and", [mask, one]) : one;
  }
  return mask;
}

/** The mask of an operation, false also for elements that were not there. */
function masked({ op, builder }: Site, operand: number, mask: Value | undefined): Value {
  const { shape } = op.operand(operand).type;
  const there = inside(builder, shape) ?? builder.constant(1, bool, paddedShape(shape));
  return mask ? builder.value("and", [mask, there]) : there;
}

/** A tile with `other` where the mask is false. */
function kept(builder: Builder, mask: Value | undefined, x: Value, other: Numeric): Value {
  if (!mask) return x;
  const { shape } = x.type;
  return builder.value("select", [mask, x, builder.constant(other, dtypeOf(x.type), shape)]);
}

// Reshaping

/**
 * In row-major order elements keep their places when only the first dimension of each group of
 * dimensions that becomes another is padded: [3, 8] to [24] is [4, 8] to [32]. Elsewhere, as from
 * [3, 5] to [15], they are gathered.
 */
function padReshape(site: Site): readonly Value[] {
  const { op, operands: [x], builder } = site;
  const from = op.operand(0).type.shape, to = op.result.type.shape;
  if (keepsPlaces(from, to)) return [reshaped(builder, x!, paddedShape(to))];
  const total = product(paddedShape(to));
  const place = builder.value("arange", [], { attributes: { start: 0, end: total } });
  // From the place in the padded result to that in the result to that in the padded operand.
  const index = weighted(builder, digits(builder, place, paddedShape(to)), strides(to));
  const counted = op.operand(0).def;
  if (counted?.name === "arange") {
    const numbers = binary(builder, "add", index, counted.number("start"));
    return [reshaped(builder, numbers, paddedShape(to))];
  }
  const flat = reshaped(builder, x!, [product(paddedShape(from))]);
  const source = weighted(builder, digits(builder, index, from), strides(paddedShape(from)));
  const taken = builder.value("gather", [flat, source], { attributes: { axis: 0 } });
  return [reshaped(builder, taken, paddedShape(to))];
}

function reshaped(builder: Builder, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.type.shape, shape)) return x;
  return builder.value("reshape", [x], { attributes: { shape } });
}

/** The coordinates in a shape of places in row-major order; beyond it, the first goes on. */
function digits(builder: Builder, place: Value, shape: readonly number[]): Value[] {
  return strides(shape).map((stride, d) => {
    const whole = stride === 1 ? place : binary(builder, "idiv", place, stride);
    return d === 0 ? whole : binary(builder, "rem", whole, shape[d]!);
  });
}

function weighted(builder: Builder, xs: readonly Value[], weights: readonly number[]): Value {
  return xs.map((x, i) => weights[i] === 1 ? x : binary(builder, "mul", x, weights[i]!))
    .reduce((sum, x) => builder.value("add", [sum, x]));
}

/** True when padding does not change which element follows which. */
function keepsPlaces(from: readonly number[], to: readonly number[]): boolean {
  const [a, b] = [from, to].map((shape) => shape.filter((dim) => dim !== 1));
  for (let i = 0, j = 0; i < a!.length || j < b!.length;) {
    const [left, right] = [[a![i++]!], [b![j++]!]];
    while (product(left) !== product(right)) {
      if (product(left) < product(right)) left.push(a![i++]!);
      else right.push(b![j++]!);
    }
    const same = left.length === 1 && right.length === 1;
    if (!same && ![...left.slice(1), ...right.slice(1)].every(isPadded)) return false;
  }
  return true;
}

// Combining

function padReduce(site: Site): readonly Value[] {
  const { op, operands, builder } = site;
  const flat = flattened(site);
  if (flat) return combining(site, flat.operands, flat.mask);
  return combining(site, operands, inside(builder, op.operand(0).type.shape, [op.number("axis")]));
}

/** Elements that were not there come last in a scan, unless it is reversed. */
function padScan(site: Site): readonly Value[] {
  const { op, operands, builder } = site;
  const reverse = op.attributes["reverse"] === true;
  const { shape } = op.operand(0).type;
  const mask = reverse ? inside(builder, shape, [op.number("axis")]) : undefined;
  return combining(site, operands, mask);
}

/**
 * A reduction or scan in which only elements of the mask take part. The others are neutral where the
 * combine function has such a number; elsewhere each element says along with it whether it takes part.
 */
function combining(
  site: Site,
  operands: readonly Value[],
  mask: Value | undefined,
): readonly Value[] {
  const { op, rewriter, builder } = site, region = op.region(0), n = operands.length;
  if (!mask) return again(site, op.attributes, operands);
  const neutral = neutralOf(region);
  if (neutral !== undefined) {
    const xs = operands.map((x) => kept(builder, mask, x, neutral));
    return again(site, op.attributes, xs);
  }
  const types = [...operands, mask].map((x) => scalar(x.type.element));
  const combine = builder.region([...types, ...types], (params) => {
    const a = params.slice(0, n), b = params.slice(n + 1, -1);
    const [inA, inB] = [params[n]!, params.at(-1)!];
    const both = rewriter.inline(region, [...a, ...b]);
    const results = both.map((x, i) => {
      const second = builder.value("select", [inA, x, b[i]!]);
      return builder.value("select", [inB, second, a[i]!]);
    });
    return [...results, builder.value("or", [inA, inB])];
  });
  const { attributes } = op;
  return builder.op(op.name, [...operands, mask], { attributes, regions: [combine] })
    .results.slice(0, n);
}

/**
 * The operands of a reduction over all of a tile, without gathering the tile into one dimension:
 * only the order matters, which padding keeps, and not the places.
 */
function flattened({ op, rewriter, builder }: Site):
  | { readonly operands: readonly Value[]; readonly mask: Value | undefined }
  | undefined {
  const scattered = op.operands.find(({ def, type }) =>
    type.shape.length === 1 && def?.name === "reshape" &&
    !keepsPlaces(def.operand(0).type.shape, type.shape)
  );
  const shape = scattered?.def?.operand(0).type.shape;
  if (!shape) return undefined;
  const total = product(paddedShape(shape));
  const flat = (x: Value) => reshaped(builder, x, [total]);
  const operands: Value[] = [];
  for (const { def } of op.operands) {
    if (def?.name === "reshape" && sameShape(def.operand(0).type.shape, shape)) {
      operands.push(flat(rewriter.get(def.operand(0))));
    } else if (def?.name === "arange") {
      const coordinates = shape.map((_, d) => coordinate(builder, shape, d));
      const place = weighted(builder, coordinates, strides(shape));
      operands.push(flat(binary(builder, "add", place, def.number("start"))));
    } else if (def?.name === "constant" || def?.name === "splat") {
      operands.push(builder.value(def.name, def.operands.map((x) => rewriter.get(x)), {
        attributes: { ...def.attributes, shape: [total] },
      }));
    } else {
      return undefined;
    }
  }
  const mask = inside(builder, shape);
  return { operands, mask: mask && flat(mask) };
}

// The rest

/**
 * What was not there is sorted to the end, behind NaNs too, or a NaN would take its place: floats are
 * sorted as the integers that order them, with all NaNs as one above the infinities.
 */
function padSort(site: Site): readonly Value[] {
  const { op, operands: [x], builder } = site, { shape } = op.result.type;
  const dtype = dtypeOf(op.result.type), descending = op.attributes["descending"] === true;
  const mask = inside(builder, shape, [shape.length - 1]);
  const sorted = (y: Value) => {
    const other = dtypeOf(y.type);
    const last = kept(builder, mask, y, descending ? lowest(other) : highest(other));
    return builder.value("sort", [last], { attributes: op.attributes });
  };
  if (!mask || !isFloat(dtype) || dtype.bits > 32) return [sorted(x!)];
  const cast = (y: Value, to: DType) =>
    dtypeOf(y.type) === to ? y : builder.value("cast", [y], { attributes: { to: to.name } });
  const as = (y: Value, to: DType) =>
    builder.value("bitcast", [y], { attributes: { to: to.name } });
  /** Negative floats count backwards; the same once more undoes it. */
  const turned = (bits: Value) => {
    const sign = binary(builder, "shr", bits, 31);
    return builder.value("xor", [bits, binary(builder, "and", sign, 0x7fffffff)]);
  };
  const wide = cast(x!, f32), isNumber = builder.value("eq", [wide, wide]);
  const key = kept(builder, isNumber, turned(as(wide, i32)), 0x7fc00000);
  return [cast(as(turned(sorted(key)), f32), dtype)];
}

/** What was not there comes after all that has the last key. */
function padSortBy(site: Site): readonly Value[] {
  const { op, operands: [x, key], builder } = site, { shape } = op.result.type;
  const mask = inside(builder, shape, [shape.length - 1]);
  return again(site, op.attributes, [x!, kept(builder, mask, key!, op.number("bins") - 1)]);
}

function padHistogram(site: Site): readonly Value[] {
  const { op, operands: [x, mask], builder } = site;
  const bins = padded(op.number("bins")), there = inside(builder, op.operand(0).type.shape);
  const counted = mask && there ? builder.value("and", [mask, there]) : mask ?? there;
  return again(site, { ...op.attributes, bins }, counted ? [x!, counted] : [x!]);
}

/** Along k both operands are 0 where nothing was: 0 times what is undefined may be a NaN. */
function padDot(site: Site): readonly Value[] {
  const { op, operands: [a, b, acc], builder } = site;
  const [x, y] = [[a!, 0, 1], [b!, 1, 2]].map(([value, which, back]) => {
    const { shape } = op.operand(which as number).type;
    const mask = inside(builder, shape, [shape.length - (back as number)]);
    return kept(builder, mask, value as Value, 0);
  });
  return again(site, op.attributes, [x!, y!, acc!]);
}
