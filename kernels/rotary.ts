/**
 * Rotary position embedding: every pair `(x[i], x[i + D/2])` of a head is rotated by an angle that
 * grows with the token's position and falls with i.
 *
 *     out[i]       = x[i] * cos[t, i] - x[i + D/2] * sin[t, i]
 *     out[i + D/2] = x[i + D/2] * cos[t, i] + x[i] * sin[t, i]          for i < D/2
 *
 * x is [batch, length, heads, D]; the tables cos and sin, [length, D/2], come from `rotaryTables`.
 * A program takes HEADS heads of one token, so that it reads the tables once for all of them. The
 * rotation's transpose, which a backward pass needs, is the rotation by the opposite angle:
 * `inverse`.
 *
 *     deno run kernels/rotary.ts
 */

import {
  cdiv,
  Device,
  grid,
  jit,
  LaunchError,
  nextPowerOf2,
  type Pointer,
  type Tensor,
  tl,
} from "../mod.ts";
import { report } from "./demo.ts";
import { checkDType, checkShape, FLOATS, resultTensor, shapeText } from "./tensors.ts";

/** Rotation of x [batch, length, heads, D] by tables [length, D/2], in float64. */
export function reference(
  x: ArrayLike<number>,
  cos: ArrayLike<number>,
  sin: ArrayLike<number>,
  [batch, length, heads, dim]: readonly number[],
  { inverse = false } = {},
): Float64Array {
  const out = new Float64Array(x.length), half = dim! / 2;
  for (let head = 0; head < batch! * length! * heads!; head++) {
    const token = Math.floor(head / heads!) % length!;
    for (let i = 0; i < half; i++) {
      const a = x[head * dim! + i]!, b = x[head * dim! + half + i]!;
      const c = cos[token * half + i]!, s = sin[token * half + i]! * (inverse ? -1 : 1);
      out[head * dim! + i] = a * c - b * s;
      out[head * dim! + half + i] = b * c + a * s;
    }
  }
  return out;
}

/**
 * Rotates heads `programId(1) * HEADS` and following of token `programId(0)`, counted over all
 * batches; grid: `(batch * length, cdiv(heads, HEADS))`.
 */
export const rotaryKernel = jit(
  function rotary(
    x: Pointer, // [batch, length, heads, 2 * half]
    cos: Pointer, // [length, half]
    sin: Pointer, // [length, half]
    out: Pointer, // as x
    length: number,
    heads: number,
    half: number,
    { HEADS = 8, HALF = 32, INVERSE = false },
  ) {
    const token = tl.programId(0);
    const head = tl.col(tl.programId(1) * HEADS + tl.arange(0, HEADS)); // [HEADS, 1]
    const place = tl.row(tl.arange(0, HALF)); // [1, HALF]
    const mask = head < heads && place < half;

    const table = (token % length) * half + place;
    const c = tl.cast(tl.load(cos + table, { mask: place < half }), tl.f32);
    const angle = tl.cast(tl.load(sin + table, { mask: place < half }), tl.f32);
    const s = INVERSE ? -angle : angle;

    const first = (token * heads + head) * (2 * half) + place; // [HEADS, HALF]
    const a = tl.cast(tl.load(x + first, { mask }), tl.f32);
    const b = tl.cast(tl.load(x + first + half, { mask }), tl.f32);
    tl.store(out + first, a * c - b * s, { mask });
    tl.store(out + first + half, b * c + a * s, { mask });
  },
  () => ({ tl }),
);

/** Options of {@linkcode rotary}. */
export interface RotaryOptions {
  /** Rotate by the opposite angles. */
  inverse?: boolean | undefined;
  /** The tensor to write to, which may be `x` itself; a new one unless given. */
  out?: Tensor | undefined;
}

/**
 * Rotary position embedding.
 *
 * @param x A tensor [batch, length, heads, D] with an even D, f32 or f16; computed in f32.
 * @param cos Cosines [length, D/2], f32 or f16.
 * @param sin Sines of the same angles.
 * @returns A tensor of `x`'s shape and dtype.
 * @throws {LaunchError} If an argument is no such tensor, or a shape does not fit.
 */
export function rotary(
  x: Tensor,
  cos: Tensor,
  sin: Tensor,
  { inverse = false, out }: RotaryOptions = {},
): Tensor {
  checkDType("rotary", "x", x, FLOATS);
  checkDType("rotary", "cos", cos, FLOATS);
  checkDType("rotary", "sin", sin, FLOATS);
  const [batch, length, heads, dim] = x.shape;
  if (x.shape.length !== 4 || dim! % 2 !== 0) {
    throw new LaunchError(
      `Cannot run rotary: 'x' is ${
        shapeText(x.shape)
      }, but must be [batch, length, heads, D] with an even D`,
    );
  }
  const half = dim! / 2;
  checkShape("rotary", "cos", cos, [length!, half]);
  checkShape("rotary", "sin", sin, [length!, half]);
  const result = resultTensor("rotary", out, x, x.shape, [x.dtype, ...FLOATS]);
  if (x.size === 0) return result;
  const HALF = nextPowerOf2(half);
  const HEADS = Math.min(nextPowerOf2(heads!), Math.max(2048 / HALF, 1));
  rotaryKernel[grid(batch! * length!, cdiv(heads!, HEADS))](
    x,
    cos,
    sin,
    result,
    length!,
    heads!,
    half,
    { HEADS, HALF, INVERSE: inverse, numWarps: Math.max(HEADS * HALF / 256, 1) },
  );
  return result;
}

/**
 * The angles of `length` positions for heads of size `dim`: `t * base ** (-2 i / dim)`.
 *
 * @returns Their cosines and sines, both f32 of shape [length, dim / 2].
 */
export function rotaryTables(
  device: Device,
  length: number,
  dim: number,
  { base = 10_000 } = {},
): { cos: Tensor; sin: Tensor } {
  const half = dim / 2;
  const angles = Float64Array.from(
    { length: length * half },
    (_, k) => Math.floor(k / half) * base ** (-2 * (k % half) / dim),
  );
  const shape = [length, half];
  return {
    cos: device.from(Float32Array.from(angles, Math.cos), { shape }),
    sin: device.from(Float32Array.from(angles, Math.sin), { shape }),
  };
}

/** Shapes that tests iterate. */
export const cases: readonly { shape: number[]; dtype: "f32" | "f16"; inverse?: boolean }[] = [
  { shape: [1, 1, 1, 2], dtype: "f32" },
  { shape: [2, 5, 3, 64], dtype: "f32" },
  { shape: [2, 5, 3, 64], dtype: "f32", inverse: true },
  { shape: [1, 7, 40, 128], dtype: "f32" },
  { shape: [3, 4, 5, 20], dtype: "f32" },
  { shape: [2, 3, 4, 32], dtype: "f16" },
  { shape: [0, 3, 4, 32], dtype: "f32" },
];

if (import.meta.main) {
  const device = await Device.open();
  console.log(`Rotary position embedding on ${device}`);
  const length = device.capabilities.software ? 64 : 4096;
  for (const shape of [[1, length, 32, 64], [1, length, 32, 128]] as const) {
    const x = device.randn(shape, { seed: 1 }), out = device.empty(shape);
    const { cos, sin } = rotaryTables(device, shape[1], shape[3]);
    await report({
      title: `rotary of ${shape.join("x")}`,
      out,
      expected: reference(await x.read(), await cos.read(), await sin.read(), shape),
      launch: () => rotary(x, cos, sin, { out }),
      work: [2 * 4 * x.size, "GB/s"],
    });
  }
}
