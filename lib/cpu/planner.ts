/**
 * Turns a region into steps: functions without parameters that read and write places fixed in
 * advance, so that running a program is calling them in order.
 *
 * A value is either a **number** in the frame, or a **tile** in an array in row-major order. A tile
 * whose elements are all equal by construction (a constant, a splat, and what is computed from such
 * alone) stays a number; reshaping shares the array. An array is reused as soon as its value is dead.
 */

import { type DType, elementOf, type HostArray, hostArray, type Numeric } from "../ir/dtype.ts";
import type { Graph, Op, Region, Value } from "../ir/graph.ts";
import { dtypeOf, size } from "../ir/type.ts";
import type { Checks } from "./checks.ts";
import { lastUses } from "./lifetimes.ts";
import { type Buffer, fixed, Pool } from "./pool.ts";

/** One thing to do. */
export type Step = () => void;

/** What the steps of a kernel share. */
export interface Frame {
  readonly graph: Graph;
  /** Scalars, as elements of their dtypes. */
  readonly numbers: Numeric[];
  /** The tensor of each pointer parameter, by the parameter's name. */
  readonly memory: Map<string, HostArray>;
  grid: readonly [number, number, number];
  readonly program: [number, number, number];
  print: (text: string) => void;
  /** What the running launch is watched for. */
  checks: Checks | undefined;
}

/** Where a value is. `known` numbers never change. */
export type Place =
  | { readonly kind: "number"; readonly slot: number; readonly known: boolean }
  | { readonly kind: "tile"; readonly buffer: Buffer };

/** An array and the mask for its index: see `loops.ts`. */
export interface Operand {
  readonly array: HostArray;
  readonly mask: -1 | 0;
}

export function runAll(steps: readonly Step[]): void {
  for (let i = 0; i < steps.length; i++) steps[i]!();
}

/** Which operations are watched, for what. */
export interface Watch {
  /** Operations on the way to a pointer. */
  readonly offsets: ReadonlySet<Op>;
}

export class Planner {
  readonly pool = new Pool();
  readonly #places = new Map<Value, Place>();
  #steps: Step[] = [];
  /** Values that the current operation uses last and that nobody has let go of yet. */
  #dying: Value[] = [];
  /** Where scalars of a region are evaluated many at a time, how many. */
  #lanes: number | undefined;

  /**
   * @param planOp Plans one operation: appends its steps and puts its results somewhere.
   * @param watch Given where steps are to watch what they do.
   */
  constructor(
    readonly frame: Frame,
    readonly planOp: (planner: Planner, op: Op) => void,
    readonly watch?: Watch,
  ) {}

  /** Appends a step. */
  push(step: Step): void {
    this.#steps.push(step);
  }

  /**
   * The steps of a region whose parameters have places. `finish` appends what is to be done with
   * the yields. Unless they are `kept`, the parameters' arrays are reused after their last use.
   */
  region(region: Region, finish: () => void, { kept = false } = {}): Step[] {
    const outer = { steps: this.#steps, dying: this.#dying };
    const steps: Step[] = this.#steps = [];
    this.pool.scope(() => {
      const deaths = lastUses(region, kept);
      region.ops.forEach((op, i) => {
        this.#dying = deaths.operands[i] ?? [];
        this.planOp(this, op);
        this.release();
        this.#dying = deaths.results[i] ?? [];
        this.release();
      });
      finish();
    });
    this.#steps = outer.steps;
    this.#dying = outer.dying;
    return steps;
  }

  /** As `region`, for one on scalars, with each scalar that depends on the parameters a tile of `lanes`. */
  lanes(region: Region, lanes: number, finish: () => void): Step[] {
    const outer = this.#lanes;
    this.#lanes = lanes;
    try {
      return this.region(region, finish);
    } finally {
      this.#lanes = outer;
    }
  }

  /** Lets go of what the current operation uses last; its results may then overwrite it. */
  release(): void {
    for (const value of this.#dying) {
      const place = this.#places.get(value);
      if (place?.kind === "tile" && --place.buffer.users === 0) this.pool.give(place.buffer);
    }
    this.#dying = [];
  }

  place(value: Value): Place {
    const place = this.#places.get(value);
    if (!place) throw new Error(`A value of kernel '${this.frame.graph.name}' has no place`);
    return place;
  }

  /** The slot of a value that is known to be a number. */
  slot(value: Value): number {
    const place = this.place(value);
    if (place.kind !== "number") throw new Error("A tile stands where a scalar is wanted");
    return place.slot;
  }

  /** True for a number that never changes. */
  isKnown(value: Value): boolean {
    const place = this.place(value);
    return place.kind === "number" && place.known;
  }

  /** Puts a value where another is, or anywhere else. */
  put(value: Value, place: Place): void {
    if (place.kind === "tile") place.buffer.users++;
    this.#places.set(value, place);
  }

  /** Makes room for a number in the frame. */
  number(initial?: Numeric): Place & { kind: "number" } {
    const slot = this.frame.numbers.push(initial ?? 0) - 1;
    return { kind: "number", slot, known: initial !== undefined };
  }

  /** Puts a value in a new slot and returns that. */
  putNumber(value: Value): number {
    const place = this.number();
    this.put(value, place);
    return place.slot;
  }

  /** Puts a value in an array of its own and returns that. */
  putTile(value: Value): HostArray {
    const buffer = this.pool.take(dtypeOf(value.type), this.length(value));
    this.put(value, { kind: "tile", buffer });
    return buffer.array;
  }

  /** Puts a value in an array that is never written again. */
  putFixed(value: Value, array: HostArray): void {
    this.put(value, { kind: "tile", buffer: fixed(dtypeOf(value.type), array) });
  }

  /** How many elements an array for this value has. */
  length(value: Value): number {
    return this.#lanes ?? size(value.type);
  }

  /** A value as a loop takes it. */
  operand(value: Value): Operand {
    const place = this.place(value);
    if (place.kind === "tile") return { array: place.buffer.array, mask: -1 };
    const { numbers } = this.frame, { slot } = place;
    const array = hostArray(dtypeOf(value.type), 1);
    if (place.known) array[0] = numbers[slot]!;
    else this.push(() => void (array[0] = numbers[slot]!));
    return { array, mask: 0 };
  }

  /** An operand that is the same number always. */
  constant(dtype: DType, number: number): Operand {
    const array = hostArray(dtype, 1);
    array[0] = elementOf(dtype, number);
    return { array, mask: 0 };
  }

  /** An array with every element of a tile; `use` plans what is done with it. */
  withArray(value: Value, use: (array: HostArray) => void): void {
    const place = this.place(value);
    if (place.kind === "tile") return use(place.buffer.array);
    const buffer = this.pool.take(dtypeOf(value.type), this.length(value));
    const { numbers } = this.frame, { slot } = place, { array } = buffer;
    this.push(() => void array.fill(numbers[slot]!));
    use(array);
    this.pool.give(buffer);
  }
}
