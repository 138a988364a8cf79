import fc from "npm:fast-check@4.10.2";
import { axisInfo } from "../../lib/passes/axis_info.ts";
import { print } from "../../lib/ir/print.ts";
import { isPointer } from "../../lib/ir/type.ts";
import { isInteger } from "../../lib/ir/dtype.ts";
import type { AxisInfo } from "../../lib/ir/axis.ts";
import type { Value } from "../../lib/ir/graph.ts";
import type { OpName } from "../../lib/ir/ops.ts";
import { interpret } from "../support/interpret.ts";
import { type Mixture, randomGraph, report } from "../support/random_graph.ts";

/** Where addresses of pointer parameters begin, in bytes: as divisible as is said, and no more. */
const ADDRESSES: Readonly<Record<string, number>> = { x: 16 * 7, y: 4 * 5 };

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

function checkSoundness(mixture: Mixture, numRuns: number): void {
  fc.assert(
    fc.property(
      randomGraph(mixture),
      fc.constantFrom(0, 1, 3),
      fc.constantFrom(0, 16, 48, -16),
      (graph, pid, n) => {
        const infos = axisInfo(graph);
        let problem: string | undefined;
        try {
          interpret(graph, {
            scalars: { n, m: 5, a: 1.5 },
            programId: [pid, pid, pid],
            memory: (_, offset) => offset * 7 % 5,
            onValue: (value, elements) => {
              const op = value.def;
              problem ??= refuted(value, elements, infos(value)) &&
                `${value.hint} of ${op?.name}: ${refuted(value, elements, infos(value))}\n` +
                  `${JSON.stringify(infos(value))}\n${print(graph)}`;
            },
          });
        } catch (error) {
          if (!(error instanceof Error && error.message.includes("too long"))) throw error;
        }
        if (problem) throw new Error(problem);
      },
    ),
    { reporter: report, numRuns },
  );
}

Deno.test("axis information of random graphs holds of their values", () => {
  checkSoundness({ ops: INDEXING, steps: 30, depth: 2 }, Number(Deno.env.get("RUNS") ?? 300));
});
