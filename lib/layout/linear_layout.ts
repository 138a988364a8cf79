/**
 * Linear layouts: which element of a tile each register of each lane of each warp holds.
 *
 * A tile of 4×4 elements over 4 lanes with 4 registers each may be spread out like this, `rR lL`
 * saying that register R of lane L holds the element:
 *
 *          n=0    n=1    n=2    n=3
 *     m=0  r0 l0  r1 l0  r0 l1  r1 l1
 *     m=1    ?      ?      ?      ?
 *     m=2    ?      ?      ?      ?
 *     m=3    ?      ?      ?      ?
 *
 * To say the whole table it is enough to say where five places go: register 0 of lane 0 to (0, 0),
 * which is always so, and the *powers of two*, called the bases:
 *
 *     register 1 -> (0, 1)    register 2 -> (2, 0)    lane 1 -> (0, 2)    lane 2 -> (1, 0)
 *
 * The rule that fills the rest: write an index as a sum of powers of two, and combine what they go
 * to by exclusive or, dimension by dimension. Register 3 of lane 1 is registers 1 and 2 and lane 1:
 * (0, 1) ^ (2, 0) ^ (0, 2) = (2, 3). So the table is
 *
 *          n=0    n=1    n=2    n=3
 *     m=0  r0 l0  r1 l0  r0 l1  r1 l1
 *     m=1  r0 l2  r1 l2  r0 l3  r1 l3
 *     m=2  r2 l0  r3 l0  r2 l1  r3 l1
 *     m=3  r2 l2  r3 l2  r2 l3  r3 l3
 *
 * A function built by this rule is linear over GF(2), where adding is exclusive or: hence the name,
 * and hence everything that linear algebra knows is there to use. All sizes are powers of two.
 *
 * More examples, of a row of 8 elements over 4 lanes, as bases of register; lane:
 *
 * - `(1); (2) (4)`: pairs of neighbours. Lane 0 holds 0 1, lane 1 holds 2 3, …
 * - `(4); (1) (2)`: interleaved. Lane 0 holds 0 4, lane 1 holds 1 5, …
 * - `(1) (4); (2) (0)`: **replicated**. The basis (0) says that lane bit 1 makes no difference:
 *   lanes 0 and 2 both hold 0 1 4 5. Registers never replicate, see `withoutIdleRegisters`.
 * - `(1); (3) (4)`: a swizzle. Lane 0 holds 0 1, lane 1 holds 3 2. Also linear.
 *
 * **As a matrix.** Number the elements in row-major order. Then a basis is one number, a layout is a
 * matrix of bits whose columns are its bases (register, then lane, then warp), and applying the
 * layout to an index is a product. Changing only how elements are numbered (reshaping, permuting
 * dimensions) multiplies from the left; finding who holds an element solves an equation.
 *
 * Layouts are immutable.
 */

import { apply, Elimination, type Matrix, matrix, rightInverse } from "./gf2.ts";

/** What a layout maps from. */
export type Input = "register" | "lane" | "warp";
/** The inputs, in the order in which their bits make up the columns of a layout's matrix. */
export const INPUTS: readonly Input[] = ["register", "lane", "warp"];

/** One place that holds an element. */
export type Place = Readonly<Record<Input, number>>;
/** Where powers of two go, for each input: entry `i` of a list is the coordinates of index `2 ** i`. */
export type Bases = Readonly<Record<Input, readonly (readonly number[])[]>>;

/** A linear map from (register, lane, warp) to the coordinates of a tile. */
export class LinearLayout {
  readonly shape: readonly number[];
  readonly bases: Bases;
  /** The layout as a matrix: from the bits of register, lane and warp, to those of a row-major index. */
  readonly matrix: Matrix;
  #elimination: Elimination | undefined;

  /**
   * Requires: sizes are powers of two (1 included); every basis lies inside the shape. Inputs that
   * are left out have no bits.
   */
  constructor(shape: readonly number[], bases: Partial<Bases>) {
    for (const size of shape) {
      if (!isPowerOfTwo(size)) {
        throw new Error(`Cannot lay out ${shape.join("x")}: ${size} is not a power of two`);
      }
    }
    const columns: number[] = [];
    for (const input of INPUTS) {
      for (const basis of bases[input] ?? []) {
        if (basis.length !== shape.length || basis.some((x, d) => !(x >= 0 && x < shape[d]!))) {
          throw new Error(
            `Cannot use the basis (${basis.join(",")}) of ${input}: it lies outside ${
              shape.join("x")
            }`,
          );
        }
        columns.push(flatIndex(basis, shape));
      }
    }
    this.shape = shape;
    this.bases = {
      register: bases.register ?? [],
      lane: bases.lane ?? [],
      warp: bases.warp ?? [],
    };
    this.matrix = matrix(log2(shape.reduce((product, size) => product * size, 1)), columns);
  }

  /**
   * The layout with this matrix, whose first columns are `bits.register` bases, and so on.
   * Postcondition: `LinearLayout.of(l.matrix, l.bits, l.shape)` equals `l`.
   */
  static of(m: Matrix, bits: Place, shape: readonly number[]): LinearLayout {
    let next = 0;
    const take = (count: number) =>
      m.columns.slice(next, next += count).map((column) => coordinates(column, shape));
    return new LinearLayout(shape, {
      register: take(bits.register),
      lane: take(bits.lane),
      warp: take(bits.warp),
    });
  }

  /** How many bits each input has. */
  get bits(): Place {
    const { register, lane, warp } = this.bases;
    return { register: register.length, lane: lane.length, warp: warp.length };
  }

  /** How many registers a lane has, lanes a warp has, or warps there are. The table's has 4 registers. */
  sizeOf(input: Input): number {
    return 2 ** this.bases[input].length;
  }

  /** How many elements the tile has. */
  get elements(): number {
    return 2 ** this.matrix.rows;
  }

  /**
   * The coordinates of the element at a place: in the table, register 3 of lane 1 gives (2, 3).
   * Requires: each index is below `sizeOf` its input.
   */
  apply(place: Partial<Place>): number[] {
    return coordinates(this.indexOf(place), this.shape);
  }

  /** The same element's row-major index: 2 * 4 + 3 = 11. */
  indexOf(place: Partial<Place>): number {
    return apply(this.matrix, this.pack(place));
  }

  /** A place as one number: the vector that the matrix is multiplied with. */
  pack({ register = 0, lane = 0, warp = 0 }: Partial<Place>): number {
    const bits = this.bits;
    return register | lane << bits.register | warp << (bits.register + bits.lane);
  }

  /** The place that a number stands for. Postcondition: `unpack(pack(place))` is `place`. */
  unpack(vector: number): Place {
    const bits = this.bits;
    return {
      register: vector & (2 ** bits.register - 1),
      lane: vector >> bits.register & (2 ** bits.lane - 1),
      warp: vector >> (bits.register + bits.lane),
    };
  }

  /**
   * True when every element is held somewhere. A layout of a tile must be surjective; what `divide`
   * gives need not be.
   */
  get isSurjective(): boolean {
    return this.#eliminated.rank === this.matrix.rows;
  }

  /** True when no element is held twice. */
  get isInjective(): boolean {
    return this.#eliminated.kernel.length === 0;
  }

  /**
   * The bits of each input that add nothing new, given all bits before them: flipping such a bit
   * (and some earlier ones) leads to the same element. In the replicated example above, lane has 2
   * (binary 10): lanes 0 and 2 hold the same, as do 1 and 3. So of each element, the places with
   * `lane & 2 == 0` hold exactly one copy.
   */
  get free(): Place {
    return this.unpack(this.#eliminated.dependent);
  }

  /**
   * Who holds an element: the place with all free bits zero. In the table, element 11 is at
   * register 3 of lane 1.
   *
   * Requires: the layout is surjective. Postcondition: `indexOf(locate(i))` is `i`.
   */
  locate(index: number): Place {
    const vector = this.#eliminated.solve(index);
    if (vector === undefined) throw new Error(`No place holds element ${index} of ${this}`);
    return this.unpack(vector);
  }

  /**
   * The map back, from row-major indices to places as `pack` numbers them.
   *
   * Requires: the layout is surjective. Postcondition: `matrix` times it is the identity; when the
   * layout is injective too, it is the inverse.
   */
  rightInverse(): Matrix {
    const inverse = rightInverse(this.matrix);
    if (!inverse) throw new Error(`Cannot invert a layout that leaves elements out: ${this}`);
    return inverse;
  }

  /**
   * The layout followed by a linear map of row-major indices, to the elements of another shape.
   * Composing the table with the map that swaps the upper and lower two bits transposes it:
   * register 1 -> (1, 0), register 2 -> (0, 2), lane 1 -> (2, 0), lane 2 -> (0, 1).
   *
   * Requires: the map takes as many bits as the layout gives, and gives as many as the shape has.
   * Postcondition: `compose(m, shape).indexOf(p)` is `m` times `indexOf(p)`.
   */
  compose(map: Matrix, shape: readonly number[]): LinearLayout {
    const columns = this.matrix.columns.map((column) => apply(map, column));
    return LinearLayout.of(matrix(map.rows, columns), this.bits, shape);
  }

  /**
   * This layout repeated as the outer one says: this one's bits are the low bits of every input, and
   * what the outer layout moves, it moves in steps of this one's shape. With `(1); (2)` for 4
   * elements as this, and `(1); (2)` as outer: `(1) (4); (2) (8)` for 16 elements.
   *
   * Requires: both have the same number of dimensions. Postcondition: `a.product(b).divideLeft(a)`
   * is `b`, `a.product(b).divideRight(b)` is `a`, and the product of products does not depend on
   * which is taken first.
   */
  product(outer: LinearLayout): LinearLayout {
    if (outer.shape.length !== this.shape.length) {
      throw new Error(`Cannot multiply layouts of different rank: ${this} and ${outer}`);
    }
    const bases = (input: Input) => [
      ...this.bases[input],
      ...outer.bases[input].map((basis) => basis.map((x, d) => x * this.shape[d]!)),
    ];
    return new LinearLayout(this.shape.map((size, d) => size * outer.shape[d]!), {
      register: bases("register"),
      lane: bases("lane"),
      warp: bases("warp"),
    });
  }

  /**
   * The layout `q` with `inner.product(q)` equal to this one; undefined when there is none. The
   * table divided by `register (0,1)` of shape 1x2 says that neighbouring pairs along n are in
   * neighbouring registers, whatever the quotient: this is how a vector width is read off.
   */
  divideLeft(inner: LinearLayout): LinearLayout | undefined {
    if (inner.shape.length !== this.shape.length) return undefined;
    const shape = this.shape.map((size, d) => size / inner.shape[d]!);
    if (shape.some((size) => size < 1)) return undefined;
    const bases: Record<Input, number[][]> = { register: [], lane: [], warp: [] };
    for (const input of INPUTS) {
      const mine = this.bases[input], low = inner.bases[input];
      if (mine.length < low.length || !low.every((basis, i) => sameBasis(basis, mine[i]!))) {
        return undefined;
      }
      bases[input] = mine.slice(low.length).map((basis) =>
        basis.map((x, d) => x / inner.shape[d]!)
      );
      if (bases[input].some((basis) => basis.some((x) => !Number.isInteger(x)))) return undefined;
    }
    return new LinearLayout(shape, bases);
  }

  /** The layout `q` with `q.product(outer)` equal to this one; undefined when there is none. */
  divideRight(outer: LinearLayout): LinearLayout | undefined {
    if (outer.shape.length !== this.shape.length) return undefined;
    const shape = this.shape.map((size, d) => size / outer.shape[d]!);
    if (shape.some((size) => size < 1)) return undefined;
    const bases: Record<Input, (readonly number[])[]> = { register: [], lane: [], warp: [] };
    for (const input of INPUTS) {
      const mine = this.bases[input], high = outer.bases[input];
      const split = mine.length - high.length;
      if (split < 0) return undefined;
      const scaled = high.map((basis) => basis.map((x, d) => x * shape[d]!));
      if (!scaled.every((basis, i) => sameBasis(basis, mine[split + i]!))) return undefined;
      bases[input] = mine.slice(0, split);
      if (bases[input].some((basis) => basis.some((x, d) => x >= shape[d]!))) return undefined;
    }
    return new LinearLayout(shape, bases);
  }

  /**
   * The same layout without register bits that add nothing to those before them, so that no lane
   * holds an element twice: `(1) (0); (2)` becomes `(1); (2)`.
   */
  withoutIdleRegisters(): LinearLayout {
    const { register, lane, warp } = this.bases;
    const idle = this.free.register;
    if (idle === 0) return this;
    return new LinearLayout(this.shape, {
      register: register.filter((_, i) => !(idle >> i & 1)),
      lane,
      warp,
    });
  }

  /** True when both have the same shape and the same bases. */
  equals(other: LinearLayout): boolean {
    if (this === other) return true;
    const a = this.bits, b = other.bits;
    return sameBasis(this.shape, other.shape) && INPUTS.every((input) => a[input] === b[input]) &&
      sameBasis(this.matrix.columns, other.matrix.columns);
  }

  /** The text form; of the table: `4x4 register (0,1) (2,0) lane (0,2) (1,0) warp`. */
  toString(): string {
    const inputs = INPUTS.map((input) =>
      [input, ...this.bases[input].map((basis) => `(${basis.join(",")})`)].join(" ")
    );
    return [this.shape.join("x") || "scalar", ...inputs].join(" ");
  }

  /** The layout that `toString` wrote. Spaces may be added or left out, and inputs without bits too. */
  static parse(text: string): LinearLayout {
    const fail = (why: string): never => {
      throw new Error(`Cannot parse the layout '${text}': ${why}`);
    };
    const [, shapeText = "", rest = ""] =
      /^\s*(scalar|\d+(?:x\d+)*)((?:\s+[a-z]+|\s*\([\d,\s]*\))*)\s*$/.exec(text) ??
        fail("a shape such as 4x4 and then bases are wanted");
    const bases: Record<Input, number[][]> = { register: [], lane: [], warp: [] };
    let list: number[][] | undefined;
    for (const [token] of rest.matchAll(/[a-z]+|\([^)]*\)/g)) {
      if (token.startsWith("(")) {
        const inside = token.slice(1, -1).trim();
        const basis = inside === "" ? [] : inside.split(",").map(Number);
        if (!list) return fail(`the basis ${token} stands before an input`);
        list.push(basis);
      } else if (token === "register" || token === "lane" || token === "warp") {
        list = bases[token];
      } else {
        fail(`there is no input '${token}', only register, lane and warp`);
      }
    }
    return new LinearLayout(shapeText === "scalar" ? [] : shapeText.split("x").map(Number), bases);
  }

  get #eliminated(): Elimination {
    return this.#elimination ??= new Elimination(this.matrix);
  }
}

/** The row-major index of coordinates in a shape. */
export function flatIndex(coordinates: readonly number[], shape: readonly number[]): number {
  return coordinates.reduce((index, x, d) => index * shape[d]! + x, 0);
}

/** The coordinates of a row-major index in a shape. */
export function coordinates(index: number, shape: readonly number[]): number[] {
  const result: number[] = [];
  for (let d = shape.length - 1; d >= 0; d--) {
    result.unshift(index % shape[d]!);
    index = Math.floor(index / shape[d]!);
  }
  return result;
}

/** The number `n` with `2 ** n` equal to `size`, which must be a power of two. */
export function log2(size: number): number {
  return 31 - Math.clz32(size);
}

export function isPowerOfTwo(size: number): boolean {
  return Number.isInteger(size) && size > 0 && (size & (size - 1)) === 0;
}

function sameBasis(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}
