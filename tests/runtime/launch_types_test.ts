/**
 * What `deno check` says of launches. Every line below a `@ts-expect-error` must be rejected by the type checker, and
 * every other accepted, for this file to pass `deno check`; nothing here is launched.
 */

import { type Device, grid, jit, type Pointer, type Tensor, tl } from "../../mod.ts";

const add = jit(
  function add(x: Pointer, y: Pointer, out: Pointer, n: number, { BLOCK = 1024 }) {
    const offsets = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
    const mask = offsets < n;
    const sum = tl.load(x + offsets, { mask }) + tl.load(y + offsets, { mask });
    tl.store(out + offsets, sum, { mask });
  },
);

const scale = jit(
  (x: Pointer, flag: boolean, factor = tl.f32(1), { BLOCK }: { BLOCK: number }) => {
    const at = tl.arange(0, BLOCK);
    tl.store(x + at, flag ? tl.load(x + at) * factor : 0);
  },
);

const apply = jit(
  function apply(x: Pointer, { F = (x: number) => x }: { F?: (x: number) => number } = {}) {
    tl.store(x, F(tl.load(x)));
  },
);

const bare = jit((x: Pointer, bias?: Pointer) => {
  tl.store(x, bias === undefined ? 0 : tl.load(bias));
});

class Norm {
  static EPS = 1e-5;

  @jit
  static forward(x: Pointer, n: number, { BLOCK = 64 }) {
    tl.store(x + tl.arange(0, BLOCK), this.EPS * n);
  }
}

/** Never called. */
export function launches(x: Tensor<"f16">, device: Device, host: Float32Array): void {
  const [y, out] = [device.empty([4]), device.arange(4)];

  add[grid(4)](x, y, out, 4, { BLOCK: 64 });
  add[grid(4, 2, 1)](x, y, out, 4);
  add[grid((meta) => [Math.ceil(4 / meta.BLOCK), meta.n])](x, y, out, 4, { numWarps: 8 });
  // With noUncheckedIndexedAccess, as here, an index that is a number needs the '!'.
  add[1024]!(x, y, out, 4, { BLOCK: 64, numWarps: 2, numStages: 3 });
  const fixed = grid(4);
  add[fixed](x, y, out, 4);
  add.launch([4, 8], x, y, out, tl.i32(4), { BLOCK: 64 });
  add.launch((meta) => meta.n, x, y, out, 4n);
  scale[grid(1)](x, true, 2, { BLOCK: 4 });
  scale[grid(1)](x, true, undefined, { BLOCK: 4 });
  apply[grid(1)](x);
  apply[grid(1)](x, { F: (x) => x * 2 });
  bare[grid(1)](x);
  bare[grid(1)](x, y, { numWarps: 1 });
  jit(Norm.forward)[grid(1)](x, 4, { BLOCK: 32 });
  const name: string = add.name;
  console.log(name);

  // @ts-expect-error: an array of the host in place of a tensor
  add[grid(1)](host, y, out, 4);
  // @ts-expect-error: a number in place of a tensor
  add[grid(1)](1, y, out, 4);
  // @ts-expect-error: a tensor in place of a number
  add[grid(1)](x, y, out, y);
  // @ts-expect-error: a string in place of a number
  add[grid(1)](x, y, out, "4");
  // @ts-expect-error: an argument is missing
  add[grid(1)](x, y, 4);
  // @ts-expect-error: an argument too many
  add[grid(1)](x, y, out, 4, 5);
  // @ts-expect-error: a promise in place of a tensor
  add[grid(1)](Promise.resolve(x), y, out, 4);
  // @ts-expect-error: an unknown constant
  add[grid(1)](x, y, out, 4, { BLOK: 64 });
  // @ts-expect-error: a constant of another type
  add[grid(1)](x, y, out, 4, { BLOCK: "64" });
  // @ts-expect-error: an unknown launch option
  add[grid(1)](x, y, out, 4, { num_warps: 4 });
  // @ts-expect-error: a required constant is missing
  scale[grid(1)](x, true, 2);
  // @ts-expect-error: a number in place of a boolean
  scale[grid(1)](x, 1, 2, { BLOCK: 4 });
  // @ts-expect-error: a kernel without a grid
  add(x, y, out, 4);
  // @ts-expect-error: a bare function between the brackets
  add[() => 1](x, y, out, 4);
  // @ts-expect-error: a grid of strings
  grid("4");
  // @ts-expect-error: a method that is no kernel to the type checker
  Norm.forward[grid(1)](x, 4);
  // @ts-expect-error: an unknown constant of a method
  jit(Norm.forward)[grid(1)](x, 4, { BLOC: 32 });
}
