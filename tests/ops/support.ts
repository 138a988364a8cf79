/** Applying a function of tiles to arrays, on a device. */

import { type Device, grid, jit, type Pointer, tl } from "../../mod.ts";
import type { DTypeName } from "../../lib/ir/dtype.ts";

/** An array of numbers with a shape and dtype. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly dtype: "f32" | "f16" | "i32" | "u32";
  readonly values: readonly number[];
}

/** The shape and dtype of a result. */
export type Wanted = Omit<Numbers, "values">;

type Function = (...tiles: never[]) => unknown;

const apply = jit(function apply(
  a: Pointer,
  b: Pointer,
  p: Pointer,
  q: Pointer,
  { A, B, P, Q, F }: {
    A: readonly number[];
    B: readonly number[];
    P: readonly number[];
    Q: readonly number[];
    F: (a: number, b: number) => unknown;
  },
) {
  const offsets = (shape: readonly number[]) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    return tl.reshape(tl.arange(0, count), shape);
  };
  const result = F(tl.load(a + offsets(A)), tl.load(b + offsets(B)));
  const results = Array.isArray(result) ? result : [result];
  tl.store(p + offsets(P), tl.reshape(results[0], P));
  if (results.length > 1) tl.store(q + offsets(Q), tl.reshape(results[1], Q));
}, () => ({ tl }));

/** What a function of one or two tiles gives. */
export async function applied(
  device: Device,
  f: Function,
  inputs: readonly Numbers[],
  wanted: readonly Wanted[],
  numWarps = 4,
): Promise<number[][]> {
  const given = [inputs[0]!, inputs[1] ?? inputs[0]!];
  const outputs = [wanted[0]!, wanted[1] ?? wanted[0]!];
  using stack = new DisposableStack();
  const [a, b] = given.map(({ values, shape, dtype }) =>
    stack.use(device.from(values, { shape, dtype }))
  );
  const [p, q] = outputs.map(({ shape, dtype }) => stack.use(device.empty(shape, { dtype })));
  apply[grid(1)](a!, b!, p!, q!, {
    A: given[0]!.shape,
    B: given[1]!.shape,
    P: outputs[0]!.shape,
    Q: outputs[1]!.shape,
    F: f as (a: number, b: number) => unknown,
    numWarps,
  });
  const read = await Promise.all([p!, q!].slice(0, wanted.length).map((x) => x.read()));
  return read.map((array) => Array.from(array, Number));
}

/** Numbers that look random, with repetitions: integers from -range to range, halves too for floats. */
export function numbers(
  shape: readonly number[],
  dtype: DTypeName & Numbers["dtype"],
  range = 50,
  seed = 1,
): Numbers {
  let state = seed * 2654435761 >>> 0;
  const count = shape.reduce((product, dim) => product * dim, 1);
  const values = Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const x = (state >>> 8) % (2 * range + 1) - range;
    return dtype === "u32" ? x + range : dtype === "i32" ? x : x / 2;
  });
  return { shape, dtype, values };
}

/** Splits row-major numbers [outer, n, inner] around an axis into lists along it, and back. */
export function alongAxis(
  { shape, values }: Pick<Numbers, "shape" | "values">,
  axis: number,
): { lists: number[][]; join(lists: readonly (readonly number[])[]): number[] } {
  const n = shape[axis]!, inner = shape.slice(axis + 1).reduce((p, d) => p * d, 1);
  const outer = values.length / n / inner;
  const lists: number[][] = [];
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      lists.push(Array.from({ length: n }, (_, j) => values[(o * n + j) * inner + i]!));
    }
  }
  return {
    lists,
    join(results) {
      const m = results[0]!.length, joined: number[] = [];
      results.forEach((list, l) => {
        const o = Math.floor(l / inner), i = l % inner;
        list.forEach((x, j) => joined[(o * m + j) * inner + i] = x);
      });
      return joined;
    },
  };
}
