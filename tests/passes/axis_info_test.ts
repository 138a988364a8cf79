import fc from "npm:fast-check@4.10.2";
import { axisInfo } from "../../lib/passes/axis_info.ts";
import { print } from "../../lib/ir/print.ts";
import { isPointer } from "../../lib/ir/type.ts";
import { isInteger } from "../../lib/ir/dtype.ts";
import type { AxisInfo } from "../../lib/ir/axis.ts";
import { Builder } from "../../lib/ir/builder.ts";
import { Graph, Region, type Value } from "../../lib/ir/graph.ts";
import { parse } from "../../lib/ir/parse.ts";
import type { OpName } from "../../lib/ir/ops.ts";
import { assert } from "../support/assert.ts";
import { interpret, type Run } from "../support/interpret.ts";
import { randomGraph, report } from "../support/random_graph.ts";

/** Where addresses of pointer parameters begin, in bytes: as divisible as is said, and no more. */
const ADDRESSES: Readonly<Record<string, number>> = { x: 16 * 7, y: 4 * 5, p: 16 * 3 };

/** Why a claim does not hold of a value's elements, if it does not. */
function refuted(value: Value, elements: readonly number[], info: AxisInfo): string | undefined {
  const { element } = value.type;
  const shape = value.type.shape.length === 0 ? [1] : value.type.shape;
  const [start, unit] = isPointer(element)
    ? [ADDRESSES[element.base]!, element.pointee.bytes]
    : [0, 1];
  const counts = isPointer(element) || isInteger(element);
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
  for (let flat = 0; flat < elements.length; flat++) {
    if (info.constant !== undefined && !Object.is(elements[flat], info.constant)) {
      return `element ${flat} is ${elements[flat]}, not ${info.constant}`;
    }
    for (let d = 0; d < shape.length; d++) {
      const at = Math.floor(flat / strides[d]!) % shape[d]!;
      const first = (group: number) => flat - (at % group) * strides[d]!;
      const equal = elements[first(info.constancy[d]!)];
      if (!Object.is(equal, elements[flat])) {
        return `element ${flat} is ${elements[flat]}, not ${equal} as its neighbours along ${d}`;
      }
      if (!counts) continue;
      const head = first(info.contiguity[d]!), step = at % info.contiguity[d]!;
      if ((elements[head]! + step | 0) !== (elements[flat]! | 0)) {
        return `element ${flat} is ${elements[flat]}, ${step} after ${elements[head]} along ${d}`;
      }
      const address = start + elements[head]! * unit;
      if (address % info.divisibility[d]! !== 0) {
        return `${address} of element ${head} is not divisible by ${
          info.divisibility[d]
        } along ${d}`;
      }
    }
  }
  return undefined;
}

const INDEXING: readonly OpName[] = [
  ...["add", "add", "sub", "mul", "mul", "idiv", "floordiv", "rem", "and", "or", "xor"] as const,
  ...["shl", "shr", "min", "max", "lt", "le", "gt", "ge", "eq", "select", "select"] as const,
  ...["ptr_add", "ptr_add", "cast", "bitcast", "not"] as const,
  ...["constant", "constant", "constant", "constant", "arange", "arange", "arange"] as const,
  ...["splat", "splat", "splat", "broadcast", "broadcast", "expand_dims", "expand_dims"] as const,
  ...["reshape", "reshape", "permute", "program_id", "load", "for", "while", "if"] as const,
];

/** Checks every claim about every value of a graph in one run; says what is wrong with the first that fails. */
function problemOf(graph: Graph, run: Run): string | undefined {
  const infos = axisInfo(graph), values = new Map<Value, readonly number[]>();
  let problem: string | undefined, isGranted = true;
  try {
    interpret(graph, {
      ...run,
      onValue: (value, all) => {
        const elements = all.map(Number);
        values.set(value, elements);
        isGranted &&= grants(value, elements, values);
        const why = isGranted ? refuted(value, elements, infos(value)) : undefined;
        problem ??= why &&
          `${value.hint} of ${value.def?.name}: ${why}\n${JSON.stringify(infos(value))}\n` +
            `${print(graph)}${JSON.stringify(run)}`;
      },
    });
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("too long"))) throw error;
  }
  return problem;
}

/** False where a value breaks what the rules take for granted: no division by zero, no overflow. */
function grants(
  { def: op, type }: Value,
  elements: readonly number[],
  values: ReadonlyMap<Value, readonly number[]>,
): boolean {
  const [a, b] = op?.operands.map((operand) => values.get(operand)!) ?? [];
  switch (op?.name) {
    case "idiv":
    case "floordiv":
    case "rem":
      return b!.every((x) => x !== 0);
    case "add":
      return isPointer(type.element) || elements.every((x, i) => x === a![i]! + b![i]!);
    case "mul":
      return elements.every((x, i) => x === a![i]! * b![i]!);
    case "shl":
      return elements.every((x, i) => x === a![i]! * 2 ** (b![i]! & 31));
    default:
      return true;
  }
}

Deno.test("axis information of random graphs holds of their values", () => {
  fc.assert(
    fc.property(
      randomGraph({ ops: INDEXING, steps: 30, depth: 2 }),
      fc.constantFrom(0, 1, 3),
      fc.constantFrom(0, 16, 48, -16),
      (graph, pid, n) => {
        const problem = problemOf(graph, {
          scalars: { n, m: 5, a: 1.5 },
          programId: [pid, pid, pid],
          memory: (_, offset) => offset * 7 % 5,
        });
        if (problem) throw new Error(problem);
      },
    ),
    { reporter: report, numRuns: Number(Deno.env.get("RUNS") ?? 300) },
  );
});

/** One tile of each kind that the rules tell apart: counting, equal, aligned, negative, known. */
const KINDS =
  `kernel @kinds(%p: ptr<p:i32> {divisibility = 16}, %n: i32 {divisibility = 8}, %m: i32) {
  %r = arange {start = 0, end = 16} : tile<16xi32>
  %r8 = arange {start = 8, end = 24} : tile<16xi32>
  %c1 = constant 1 : tile<16xi32>
  %c2 = constant 2 : tile<16xi32>
  %c3 = constant 3 : tile<16xi32>
  %c4 = constant 4 : tile<16xi32>
  %c7 = constant 7 : tile<16xi32>
  %c8 = constant 8 : tile<16xi32>
  %cm4 = constant -4 : tile<16xi32>
  %ns = splat %n : tile<16xi32>
  %ms = splat %m : tile<16xi32>
  %rneg = sub %r, %c8 : tile<16xi32>
  %roff = add %r, %c3 : tile<16xi32>
  %rn = add %r, %ns : tile<16xi32>
  %rm = add %r, %ms : tile<16xi32>
  %quarters = shr %r, %c2 : tile<16xi32>
  %cycle = rem %r, %c4 : tile<16xi32>
  %fours = mul %r, %c4 : tile<16xi32>
  %rows = mul %quarters, %c8 : tile<16xi32>
  %down = sub %c8, %r : tile<16xi32>
}
`;

Deno.test("axis information holds of every operation on every kind of operands", () => {
  const kinds = parse(KINDS), builder = new Builder();
  const tiles = kinds.body.ops.map((op) => op.result);
  const binary: readonly OpName[] = [
    ...["add", "sub", "mul", "idiv", "floordiv", "rem", "min", "max", "and", "or", "xor"] as const,
    ...["shl", "shr", "lt", "le", "gt", "ge", "eq", "ne"] as const,
  ];
  const base = builder.value("splat", [kinds.params[0]!.value], { attributes: { shape: [16] } });
  const conditions: Value[] = [], pointers: Value[] = [];
  const body = builder.region([], () => {
    for (const a of tiles) {
      pointers.push(builder.value("ptr_add", [base, a]));
      for (const b of tiles) {
        for (const name of binary) {
          const value = builder.value(name, [a, b]);
          if (name === "lt" || name === "le") conditions.push(value);
        }
        builder.value("ptr_add", [pointers.at(-1)!, b]);
      }
    }
    conditions.filter((_, i) => i % 17 === 0).forEach((condition, i) => {
      for (const list of [tiles, pointers]) {
        for (const a of list) {
          builder.value("select", [condition, a, list[i % list.length]!]);
          builder.value("select", [condition, list[(i * 7 + 3) % list.length]!, a]);
        }
      }
    });
    return [];
  });
  const ops = [...kinds.body.ops, base.def!, ...body.ops];
  const all = new Graph("kinds", kinds.params, new Region([], ops, []));
  const infos = axisInfo(all);
  for (const [n, m] of [[8, 5], [-24, -3], [16, 4]] as const) {
    const values = new Map<Value, readonly number[]>();
    interpret(all, {
      scalars: { n, m },
      steps: Infinity,
      onValue: (value, all) => {
        const elements = all.map(Number);
        values.set(value, elements);
        if (!grants(value, elements, values)) return;
        const why = refuted(value, elements, infos(value));
        const operands = value.def?.operands.map((operand) => operand.hint ?? operand.def?.name);
        assert(!why, `${value.def?.name} ${operands} with n = ${n}, m = ${m}: ${why}`);
      },
    });
  }
});
