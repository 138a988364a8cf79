/**
 * Matrices over GF(2), the field of two elements: addition is exclusive or, multiplication is and.
 *
 * A matrix is kept as its columns, each a number whose bit `i` is the entry in row `i`. Multiplying
 * it with a vector (a number too: bit `j` is entry `j`) is therefore the exclusive or of the columns
 * that the vector's bits select. Sizes stay far below 31 bits, so plain numbers hold everything.
 */

/** A matrix over GF(2). It maps numbers of `columns.length` bits to numbers of `rows` bits. */
export interface Matrix {
  readonly rows: number;
  readonly columns: readonly number[];
}

/** The most rows or columns that a matrix may have. */
export const MAX_BITS = 31;

/** A matrix of `rows` rows with these columns; throws when they do not fit. */
export function matrix(rows: number, columns: readonly number[]): Matrix {
  if (rows > MAX_BITS || columns.length > MAX_BITS) {
    throw new Error(
      `Cannot make a matrix of ${rows} by ${columns.length} bits: at most ${MAX_BITS} are supported`,
    );
  }
  for (const column of columns) {
    if (column >= 2 ** rows) throw new Error(`Column ${column} does not fit in ${rows} rows`);
  }
  return { rows, columns };
}

/** The matrix that maps every number of `size` bits to itself. */
export function identity(size: number): Matrix {
  return matrix(size, Array.from({ length: size }, (_, i) => 1 << i));
}

/** `m` times the vector `x`. */
export function apply(m: Matrix, x: number): number {
  let result = 0;
  for (let i = 0; i < m.columns.length; i++) if (x >> i & 1) result ^= m.columns[i]!;
  return result;
}

/** The product: first `b`, then `a`. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  if (a.columns.length !== b.rows) {
    throw new Error(`Cannot multiply ${a.columns.length} columns with ${b.rows} rows`);
  }
  return matrix(a.rows, b.columns.map((column) => apply(a, column)));
}

/**
 * A matrix with its columns eliminated against each other, which answers all questions about what
 * it can reach. Columns are taken in order, so an early column is preferred to a later one.
 */
export class Elimination {
  /** `#pivots[i]`: a reachable vector whose highest bit is `i`, and which columns make it. */
  readonly #pivots: ({ vector: number; columns: number } | undefined)[] = [];
  readonly #kernel: number[] = [];

  constructor(m: Matrix) {
    m.columns.forEach((column, i) => {
      const { rest, columns } = this.#reduce(column);
      if (rest === 0) this.#kernel.push(columns ^ (1 << i));
      else this.#pivots[31 - Math.clz32(rest)] = { vector: rest, columns: columns ^ (1 << i) };
    });
  }

  /** How many columns are independent. */
  get rank(): number {
    return this.#pivots.filter(Boolean).length;
  }

  /** A basis of the vectors that are mapped to 0, one for each column that depends on earlier ones. */
  get kernel(): readonly number[] {
    return this.#kernel;
  }

  /** The columns that depend on earlier ones, as a mask. */
  get dependent(): number {
    return this.#kernel.reduce((mask, vector) => mask | 1 << (31 - Math.clz32(vector)), 0);
  }

  /** An `x` with `m x = target`, made of independent columns alone; undefined when there is none. */
  solve(target: number): number | undefined {
    const { rest, columns } = this.#reduce(target);
    return rest === 0 ? columns : undefined;
  }

  /** Subtracts pivots: `vector` is `rest` plus the sum of the columns in the mask `columns`. */
  #reduce(vector: number): { rest: number; columns: number } {
    let rest = vector, columns = 0;
    for (let i = MAX_BITS - 1; i >= 0; i--) {
      const pivot = this.#pivots[i];
      if (pivot && rest >> i & 1) {
        rest ^= pivot.vector;
        columns ^= pivot.columns;
      }
    }
    return { rest, columns };
  }
}

/** How many columns are independent. */
export function rank(m: Matrix): number {
  return new Elimination(m).rank;
}

/** An `x` with `m x = target`; undefined when there is none. */
export function solve(m: Matrix, target: number): number | undefined {
  return new Elimination(m).solve(target);
}

/** A basis of the vectors that `m` maps to 0. */
export function kernel(m: Matrix): readonly number[] {
  return new Elimination(m).kernel;
}

/**
 * A matrix `r` with `m r = identity`; undefined when `m` does not reach every vector. Of a square
 * matrix it is the inverse. Where several vectors would do, the one of early columns is taken.
 */
export function rightInverse(m: Matrix): Matrix | undefined {
  const elimination = new Elimination(m);
  const columns: number[] = [];
  for (let i = 0; i < m.rows; i++) {
    const x = elimination.solve(1 << i);
    if (x === undefined) return undefined;
    columns.push(x);
  }
  return matrix(m.columns.length, columns);
}
