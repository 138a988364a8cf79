/** How WGSL functions of single numbers are written down, and what they share. */

/** One WGSL function. */
export interface Source {
  /** Other functions that it calls. */
  readonly needs?: readonly string[];
  readonly text: string;
}

/** An f32 NaN and infinity where a number `x` is: of bits that no compiler knows. */
export const NAN = "bitcast<f32>(bitcast<u32>(x) | 0x7fc00000u)";
export const INFINITY = "bitcast<f32>((bitcast<u32>(x) & 0u) | 0x7f800000u)";

/** `c[0] + x * (c[1] + x * (…))`. */
export function polynomial(x: string, coefficients: readonly number[]): string {
  const [first, ...rest] = coefficients.map((c) => /[.e]/.test(String(c)) ? `${c}f` : `${c}.0f`);
  return rest.length === 0 ? first! : `(${first} + ${x} * ${polynomial(x, coefficients.slice(1))})`;
}

/** What a helper returns for NaN, before anything else. */
const KEEP_NAN = `  if (is_nan_f32(x)) {
    return x;
  }`;

/** `fn NAME(x: f32) -> f32` around a body. */
export function unary(name: string, body: string, needs: readonly string[] = []): Source {
  return {
    needs: ["is_nan_f32", ...needs],
    text: `fn ${name}(x: f32) -> f32 {\n${KEEP_NAN}\n${body}\n}`,
  };
}
