import { jit, type Pointer, tl } from "../../mod.ts";

/** `out[i] = 2 * x[i] + 1`. */
export const affine = jit(function affine(x: Pointer, out: Pointer, n: number, { BLOCK = 64 }) {
  const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK), mask = at < n;
  tl.store(out + at, tl.load(x + at, { mask }) * 2 + 1, { mask });
});
