/**
 * Loops and branches. What they carry lives in variables: one for each packet, of a single element
 * where axis information says that the packet repeats or counts.
 */

import { isInteger } from "../ir/dtype.ts";
import type { Op, Region, Value } from "../ir/graph.ts";
import { children, type Expr, type OwnArray, type VectorType } from "../ir/invocation.ts";
import { isPointer } from "../ir/type.ts";
import { choiceOf, comparedAsIntegers } from "./choice.ts";
import { type Context, expressionDtype, needsBarrier } from "./context.ts";
import { named, ramp, slice, splat } from "./expr.ts";
import { packetAxis, packetCount, widthOf } from "./registers.ts";
import { holdInvariant, stageCarried } from "./units/prepare.ts";
import { rowFactors, sums, zeroMatrices } from "./units/product.ts";
import type { Matrices } from "./units/shapes.ts";
import { assignStacks, declareStack } from "./stacks.ts";
import { packetsOfWords, WORDS } from "./units/words.ts";

/** A value in variables, and how its packets are read from them. */
class Carrier {
  readonly #shape: "whole" | "splat" | "ramp";
  readonly #variables: readonly Expr[];

  constructor(
    readonly context: Context,
    readonly value: Value,
    hint: string | undefined,
    inits?: readonly Expr[],
  ) {
    this.#shape = packetShape(context, value);
    const { type } = value, words = context.words.has(value);
    const width = this.#shape === "whole" ? widthOf(type) : 1;
    const packet: VectorType = words ? WORDS : { dtype: expressionDtype(type), width };
    const length = words ? packetsOfWords(type) : packetCount(type);
    this.#variables = Array.from(
      { length },
      (_, i) => context.emitter.variable(packet, hint, inits && this.#stored(inits[i]!)),
    );
  }

  get variables(): readonly Expr[] {
    return this.#variables;
  }

  get packets(): Expr[] {
    const width = widthOf(this.value.type);
    return this.#variables.map((variable) =>
      this.#shape === "ramp"
        ? ramp(variable, 1, width)
        : this.#shape === "splat"
        ? splat(variable, width)
        : variable
    );
  }

  #stored(packet: Expr): Expr {
    return this.#shape === "whole" ? packet : slice(packet, 0);
  }

  /** Which variable gets what when the packets become these; nothing where it has that already. */
  updates(packets: readonly Expr[]): { variable: Expr; value: Expr }[] {
    return this.#variables
      .map((variable, i) => ({ variable, value: this.#stored(packets[i]!) }))
      .filter(({ variable, value }) => value.kind !== "name" || value.name !== nameOf(variable));
  }
}

function packetShape(context: Context, value: Value): "whole" | "splat" | "ramp" {
  const { type } = value;
  const axis = type.layout && packetAxis(type.layout);
  if (axis === undefined || context.words.has(value)) return "whole";
  const info = context.axis(value), width = widthOf(type);
  if (info.constancy[axis]! >= width) return "splat";
  const counts = isPointer(type.element) || isInteger(expressionDtype(type));
  return counts && info.contiguity[axis]! >= width ? "ramp" : "whole";
}

function nameOf(variable: Expr): string {
  if (variable.kind !== "name") throw new Error("A variable must be a name");
  return variable.name;
}

function mentions(x: Expr, names: ReadonlySet<string>): boolean {
  return x.kind === "name"
    ? names.has(x.name)
    : children(x).some((child) => mentions(child, names));
}

/** Gives carriers their next values, all at once: no assignment is seen by another's right side. */
function assignAll(
  context: Context,
  carriers: readonly (Carrier | undefined)[],
  yields: readonly Value[],
  stacks: readonly (OwnArray | undefined)[],
): void {
  assignStacks(context, stacks, yields);
  const updates = carriers.flatMap((carrier, i) => carrier?.updates(context.get(yields[i]!)) ?? []);
  const names = new Set(updates.map(({ variable }) => nameOf(variable)));
  const ready = updates.map(({ variable, value }) => {
    if (!mentions(value, names)) return { variable, value };
    const name = context.emitter.name("next");
    context.emitter.emit({ kind: "let", name, value });
    return { variable, value: named(name, value.type) };
  });
  for (const { variable, value } of ready) context.emitter.assign(variable, value);
}

/** Carriers for what a loop carries; none for what its body hands on unchanged, or what matrices hold. */
function carriersFor(
  context: Context,
  inits: readonly Value[],
  params: readonly Value[],
  yields: readonly Value[],
  matrices: readonly (Matrices | undefined)[] = [],
): (Carrier | undefined)[] {
  return params.map((param, i) => {
    if (matrices[i]) return undefined;
    if (context.stacks.has(param)) return undefined;
    const packets = context.get(inits[i]!);
    if (yields[i] === param) {
      context.alias(param, packets);
      return undefined;
    }
    const carrier = new Carrier(context, param, param.hint ?? inits[i]!.hint, packets);
    context.alias(param, carrier.packets);
    return carrier;
  });
}

/** Arrays for the stacks that a loop carries: new ones, unless its body leaves them as they are. */
function stacksFor(
  context: Context,
  inits: readonly Value[],
  params: readonly Value[],
  yields: readonly Value[],
): (OwnArray | undefined)[] {
  return params.map((param, i) => {
    if (!context.stacks.has(param)) return undefined;
    const from = context.arrays.get(inits[i]!);
    const array = from && yields[i] === param
      ? from
      : declareStack(context, param, param.hint ?? inits[i]!.hint, from);
    context.arrays.set(param, array);
    return array;
  });
}

function aliasResults(
  context: Context,
  op: Op,
  carriers: readonly (Carrier | undefined)[],
  inits: readonly Value[],
  stacks: readonly (OwnArray | undefined)[],
): void {
  op.results.forEach((result, i) => {
    const array = stacks[i];
    if (array) context.arrays.set(result, array);
    else context.alias(result, carriers[i]?.packets ?? context.get(inits[i]!));
  });
}

/** A scalar that decides where barriers are met: made the same in all invocations for certain. */
function decider(
  context: Context,
  value: Value,
  regions: readonly Region[],
  x = context.scalar(value),
): Expr {
  if (context.isPerElement || !context.isLoaded(value) || !regions.some(needsBarrier)) return x;
  const name = context.emitter.name(value.hint ?? "uniform");
  context.emitter.emit({ kind: "uniform", name, value: x });
  return named(name, x.type);
}

/** The condition of a branch, compared as integers where the branch chooses one of two numbers by it. */
function choosing(context: Context, op: Op): Expr | undefined {
  const condition = op.operand(0), [then, otherwise] = op.regions.map(({ yields }) => yields);
  for (const [i, chosen] of then!.entries()) {
    const choice = choiceOf(condition, chosen, otherwise![i]!, context.options.native);
    if (!choice) continue;
    const [a, b] = choice.compared.map((value) => context.scalar(value)) as [Expr, Expr];
    return context.emitter.bind(comparedAsIntegers(choice, a, b), condition.hint);
  }
  return undefined;
}

function accumulatesProduct(op: Op): boolean {
  return op.name === "dot" || op.name === "subgroup_dot" || op.name === "lane_dot";
}

/** True when a loop's body does nothing with what it carries at `i` but to let a product add to it. */
function accumulates(context: Context, body: Region, i: number): boolean {
  const next = body.yields[i]!, param = body.params[i + 1]!, product = next.def;
  return product !== undefined && body.ops.includes(product) &&
    (product.operand(2) === param || scalesRows(context, product, param)) &&
    context.uses(param) === 1 && context.uses(next) === 1;
}

/** True when nothing but a product on matrix units adds to what `param` is after its rows were scaled. */
function scalesRows(context: Context, product: Op, param: Value): boolean {
  return context.uses(product.operand(2)) === 1 &&
    rowFactors(context, product, param) !== undefined;
}

export type LowerRegion = (region: Region) => void;

/** @param lowerRegion Lowers the operations of a region where the emitter stands. */
export function lowerFor(context: Context, op: Op, lowerRegion: LowerRegion): void {
  const { emitter } = context;
  const body = op.region(0), inits = op.operands.slice(3);
  const [start, end, step] = op.operands.slice(0, 3).map((value) =>
    decider(context, value, [body])
  );
  const [index, ...params] = body.params;
  const products = body.yields.map(({ def }, i) =>
    def && accumulatesProduct(def) && accumulates(context, body, i) ? def : undefined
  );
  const matrices = products.map((product) =>
    product?.name === "subgroup_dot" ? zeroMatrices(context, product) : undefined
  );
  const carriers = carriersFor(context, inits, params, body.yields, matrices);
  const stacks = stacksFor(context, inits, params, body.yields);
  holdInvariant(context, body);
  const name = emitter.name(index!.hint ?? "i");
  context.alias(index!, [named(name, start!.type)]);
  products.forEach((product, i) => {
    if (matrices[i]) {
      context.units.inMatrices.set(product!, matrices[i]);
      const factors = rowFactors(context, product!, params[i]!);
      if (factors) context.units.scale(product!, factors);
    } else if (product) context.inPlace.set(product, carriers[i]!.variables);
  });
  const stmts = emitter.block(() => {
    stageCarried(context, body);
    lowerRegion(body);
    assignAll(context, carriers, body.yields, stacks);
  });
  emitter.emit({ kind: "for", name, start: start!, end: end!, step: step!, body: stmts });
  aliasResults(context, op, carriers, inits, stacks);
  op.results.forEach((result, i) => {
    const held = matrices[i];
    if (held) context.define(result, sums(context, held, result.type.layout!, inits[i]!));
  });
}

export function lowerWhile(context: Context, op: Op, lowerRegion: LowerRegion): void {
  const { emitter } = context;
  const test = op.region(0), body = op.region(1);
  const carriers = carriersFor(context, op.operands, body.params, body.yields);
  const stacks = stacksFor(context, op.operands, body.params, body.yields);
  test.params.forEach((param, i) => {
    const array = stacks[i];
    if (array) context.arrays.set(param, array);
    else context.alias(param, context.get(body.params[i]!));
  });
  let condition: Expr | undefined;
  const head = emitter.block(() => {
    lowerRegion(test);
    condition = decider(context, test.yields[0]!, [test, body]);
  });
  const stmts = emitter.block(() => {
    lowerRegion(body);
    assignAll(context, carriers, body.yields, stacks);
  });
  emitter.emit({ kind: "loop", head, condition: condition!, body: stmts });
  aliasResults(context, op, carriers, op.operands, stacks);
}

export function lowerIf(context: Context, op: Op, lowerRegion: LowerRegion): void {
  const { emitter } = context;
  const condition = decider(context, op.operand(0), op.regions, choosing(context, op));
  const carriers = op.results.map((result) =>
    context.stacks.has(result) ? undefined : new Carrier(context, result, result.hint)
  );
  const stacks = op.results.map((result) =>
    context.stacks.has(result) ? declareStack(context, result) : undefined
  );
  const [then, otherwise] = op.regions.map((region) =>
    emitter.block(() => {
      lowerRegion(region);
      assignAll(context, carriers, region.yields, stacks);
    })
  );
  if (then!.length > 0 || otherwise!.length > 0) {
    emitter.emit({ kind: "if", condition, then: then!, otherwise: otherwise! });
  }
  aliasResults(context, op, carriers, [], stacks);
}
