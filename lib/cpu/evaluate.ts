/**
 * The CPU backend: runs the tile graph itself on typed arrays, one program after the other.
 *
 * It is the definition of what a graph means, what kernels run on where there is no GPU, and, since
 * it checks every access, a debugger. A graph is prepared once; then running a program is a list of
 * steps over arrays that were allocated before, with one tight loop for each operation.
 */

import {
  type DType,
  type HostArray,
  isWide,
  memoryArray,
  type Numeric,
  roundTo,
} from "../ir/dtype.ts";
import type { Graph, Op } from "../ir/graph.ts";
import { elementwise, type StructuralName } from "../ir/ops.ts";
import { dtypeOf, isPointer } from "../ir/type.ts";
import { Checks, offsetOps, type WrittenOf } from "./checks.ts";
import { planElementwise } from "./elementwise.ts";
import { type Frame, Planner, runAll, type Step } from "./planner.ts";
import { STRUCTURAL } from "./structural.ts";

/** How many programs a launch has along each dimension. */
export type Grid = readonly [number, number, number];

/** A tensor's elements for a pointer parameter, for any other a number, or a bigint of 64 bits. */
export type Argument = HostArray | Numeric;

/** A kernel that is ready to run. */
export interface Prepared {
  /**
   * Runs every program of the grid in order, the first dimension fastest.
   *
   * @param print Takes what programs print; the console unless given.
   * @param writtenOf Which memory was written: needed where the kernel was prepared to be watched.
   * @throws {KernelError} When a program reaches outside a tensor, or asserts what does not hold.
   */
  run(
    args: readonly Argument[],
    grid: Grid,
    print?: (text: string) => void,
    writtenOf?: WrittenOf,
  ): void;
}

const prepared = new WeakMap<Graph, Prepared>(), watched = new WeakMap<Graph, Prepared>();

/**
 * Runs every program of the grid in order, the first dimension fastest; prepares the graph at its
 * first run. With `writtenOf` the programs are watched: see `checks.ts`.
 */
export function evaluate(
  graph: Graph,
  args: readonly Argument[],
  grid: Grid,
  print?: (text: string) => void,
  writtenOf?: WrittenOf,
): void {
  const kernels = writtenOf ? watched : prepared;
  let kernel = kernels.get(graph);
  if (!kernel) kernels.set(graph, kernel = prepare(graph, writtenOf !== undefined));
  kernel.run(args, grid, print, writtenOf);
}

/** Plans how a graph is run; with `watch`, so that its programs are watched. */
export function prepare(graph: Graph, watch = false): Prepared {
  const frame: Frame = {
    graph,
    numbers: [],
    memory: new Map(),
    grid: [0, 0, 0],
    program: [0, 0, 0],
    print: (text) => console.log(text),
    checks: undefined,
  };
  const planner = new Planner(frame, planOp, watch ? { offsets: offsetOps(graph) } : undefined);
  const bind = graph.params.map((param) => {
    const slot = planner.putNumber(param.value), { element } = param.value.type;
    return (argument: Argument | undefined) => {
      if (isPointer(element)) {
        frame.memory.set(param.name, tensor(graph, param.name, element.pointee, argument));
        frame.numbers[slot] = 0;
      } else {
        frame.numbers[slot] = number(graph, param.name, dtypeOf(param.value.type), argument);
      }
    };
  });
  const steps = planner.region(graph.body, () => {});
  return {
    run(args, grid, print = (text) => console.log(text), writtenOf = () => undefined) {
      if (args.length !== bind.length) {
        throw new Error(
          `Cannot run kernel '${graph.name}': it takes ${bind.length} arguments, not ${args.length}`,
        );
      }
      bind.forEach((set, i) => set(args[i]));
      frame.grid = grid;
      frame.print = print;
      if (watch) frame.checks = new Checks(frame, writtenOf);
      try {
        runGrid(frame, steps);
      } finally {
        frame.memory.clear(); // tensors may be large, and the graph may live long
      }
    },
  };
}

function planOp(planner: Planner, op: Op): void {
  const row = elementwise(op.name);
  if (row) planElementwise(planner, op, row);
  else STRUCTURAL[op.name as StructuralName](planner, op);
}

function runGrid(
  { grid: [x, y, z], program, checks }: Frame,
  steps: readonly Step[],
): void {
  for (program[2] = 0; program[2] < z; program[2]++) {
    for (program[1] = 0; program[1] < y; program[1]++) {
      for (program[0] = 0; program[0] < x; program[0]++) {
        checks?.begin();
        runAll(steps);
      }
    }
  }
}

/** The array for a pointer parameter; loops are compiled for the one class of its dtype. */
function tensor(graph: Graph, name: string, dtype: DType, found: Argument | undefined): HostArray {
  const wanted = memoryArray(dtype);
  if (typeof found === "object" && found.constructor === wanted) return found;
  const what = typeof found === "object" ? found.constructor.name : String(found);
  throw new Error(
    `Cannot run kernel '${graph.name}': the argument '${name}' is ${what}, not ${wanted.name}`,
  );
}

function number(graph: Graph, name: string, dtype: DType, found: Argument | undefined): Numeric {
  if (typeof found === "bigint" && isWide(dtype)) return roundTo(dtype, found);
  if (typeof found === "number" && !isWide(dtype)) return roundTo(dtype, found);
  const wanted = isWide(dtype) ? "bigint" : "number";
  throw new Error(`Cannot run kernel '${graph.name}': the argument '${name}' is no ${wanted}`);
}
