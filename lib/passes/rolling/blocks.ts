/**
 * Parts of large tiles. All sizes are powers of two, so a coordinate is a row of bits, and a block
 * consists of the elements that agree in some of them: the *outer* bits, which number the blocks.
 * The others are *inner*, and number the elements of a block.
 *
 * A spread says for each dimension which bits are inner, as a mask. `[63, 63]` of a 1024x1024 tile
 * is the spread of 64x64 blocks. Since any bits may be inner, reshaping renames bits and no more:
 * the same elements of 2^20 in a row are `[63 + (63 << 10)]`.
 */

/** For each dimension the bits of a coordinate that number the elements of a block. */
export type Spread = readonly number[];

export function product(dims: readonly number[]): number {
  return dims.reduce((all, dim) => all * dim, 1);
}

/** How far apart neighbours along each dimension lie in row-major order. */
export function strides(shape: readonly number[]): number[] {
  return shape.map((_, d) => product(shape.slice(d + 1)));
}

export function bitCount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest; rest &= rest - 1) count++;
  return count;
}

/** The shape of a block. */
export function blockShape(spread: Spread): number[] {
  return spread.map((mask) => 2 ** bitCount(mask));
}

/** The bits that are not inner, for each dimension. */
export function outerBits(shape: readonly number[], spread: Spread): number[] {
  return shape.map((dim, d) => (dim - 1) & ~spread[d]!);
}

/** How many blocks there are. */
export function blockCount(shape: readonly number[], spread: Spread): number {
  return product(shape) / product(blockShape(spread));
}

/** A run of neighbouring bits of a mask: `from` in the mask, `to` when the mask's bits are closed up. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** The runs of a mask, the lowest first: `0b110011` has `{0, 0, 2}` and `{4, 2, 2}`. */
export function runs(mask: number): Run[] {
  const found: Run[] = [];
  let to = 0;
  for (let from = 0; mask >> from;) {
    if (!(mask & (1 << from))) {
      from++;
      continue;
    }
    let length = 1;
    while (mask & (1 << (from + length))) length++;
    found.push({ from, to, length });
    from += length;
    to += length;
  }
  return found;
}

/** Rows of at least this many neighbours, where a block is not of one row. */
const ROW_BITS = 6;

/**
 * The spread of a shape into blocks of `2 ** bits` elements: nearly square, so that the transposed tile
 * has the transposed blocks, and rows are long enough for memory.
 */
export function standardSpread(shape: readonly number[], bits: number): number[] {
  const sizes = shape.map((dim) => Math.log2(dim)), inner = shape.map(() => 0);
  let left = bits;
  for (const most of [ROW_BITS, Infinity]) {
    for (let d = shape.length - 1; d >= 0; d--) {
      const more = Math.min(sizes[d]! - inner[d]!, most - inner[d]!, left);
      if (more <= 0) continue;
      inner[d]! += more;
      left -= more;
    }
  }
  return inner.map((count) => 2 ** count - 1);
}

/** A spread of one shape in another with as many elements in the same order. */
export function reshapedSpread(
  from: readonly number[],
  spread: Spread,
  to: readonly number[],
): number[] {
  const [fromStrides, toStrides] = [strides(from), strides(to)];
  const flat = spread.reduce((sum, mask, d) => sum + mask * fromStrides[d]!, 0);
  return to.map((dim, d) => (flat / toStrides[d]!) & (dim - 1));
}
