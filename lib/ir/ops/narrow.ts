/**
 * Narrow dtypes in WGSL, which has none but f16: a value is held in a register type that contains
 * its dtype. Here is how a register's number is brought back into its dtype, and how it becomes the
 * bits that lie in memory and a number again.
 *
 * Texts stand by themselves: each function takes and gives what needs no further parentheses.
 */

import { bool, type DType, DTYPES, isFloat, isFloat8 } from "../dtype.ts";
import { isNarrow } from "../native.ts";
import { call, type WgslSite } from "./row.ts";

const { u32, i32, f32, f64, f16, bf16 } = DTYPES;

/** True when every number of `from` is one of `to`. */
export function contains(to: DType, from: DType): boolean {
  if (from === to || from === bool) return true;
  if (isFloat(from)) {
    return isFloat(to) &&
      (to === f64 || to === f32 && from !== f64 || isFloat8(from) && to.bits > 8);
  }
  if (isFloat(to)) return to === f64 && from.bits < 64;
  return to.bits > from.bits && (to.kind === "int" || from.kind === "uint");
}

/** The number of a narrow dtype that the register's number rounds or wraps to. */
export function narrowed(x: string, dtype: DType, site: WgslSite): string {
  if (!isNarrow(dtype, site.native)) return x;
  if (isFloat8(dtype)) return decoded(encoded(x, dtype, site), dtype, site);
  const type = site.type(dtype), L = (n: number) => site.literal(n, u32);
  const helper = site.helper(`narrow_${dtype.name}`, (name) => {
    if (dtype === f16) return nearestHalf(name, site);
    if (dtype === bf16) {
      return `fn ${name}(x: ${type}) -> ${type} {
  let bits = bitcast<${site.type(u32)}>(x);
  let nearest = bits + ${L(0x7fff)} + ((bits >> ${L(16)}) & ${L(1)});
  let quiet = bits | ${L(0x400000)};
  let nan = (bits & ${L(0x7fffffff)}) > ${L(0x7f800000)};
  return bitcast<${type}>(select(nearest, quiet, nan) & ${L(0xffff0000)});
}`;
    }
    const shift = L(32 - dtype.bits);
    const body = dtype.kind === "int"
      ? `(x << ${shift}) >> ${shift}`
      : `x & ${L(2 ** dtype.bits - 1)}`;
    return `fn ${name}(x: ${type}) -> ${type} {\n  return ${body};\n}`;
  });
  return call(helper, [x]);
}

/**
 * The bits of a number, as u32; of an 8-bit float also of what has yet to be rounded to it.
 *
 * @param saturated True when infinities are to become the largest number.
 */
export function encoded(x: string, dtype: DType, site: WgslSite, saturated = false): string {
  const type = site.type(u32), L = (n: number) => site.literal(n, u32);
  switch (dtype) {
    case bool:
      return call("select", [L(0), L(1), x]);
    case bf16:
      return `(bitcast<${type}>(${x}) >> ${L(16)})`;
    case f16:
      return call(site.helper("bits_of_f16", (name) => halves(name, site)), [x]);
  }
  if (isFloat8(dtype)) {
    const keep = dtype === DTYPES.f8e5m2 && !saturated;
    const helper = keep ? `bits_of_${dtype.name}` : `saturated_bits_of_${dtype.name}`;
    return call(site.helper(helper, (name) => encoder(name, dtype, keep, site)), [x]);
  }
  if (dtype.kind === "uint") return x;
  const bits = call(`bitcast<${type}>`, [x]);
  return dtype.bits === 32 ? bits : `(${bits} & ${L(2 ** dtype.bits - 1)})`;
}

/** The number that bits, a u32, stand for. */
export function decoded(bits: string, dtype: DType, site: WgslSite): string {
  const type = site.type(dtype), L = (n: number) => site.literal(n, u32);
  switch (dtype) {
    case bool:
      return `(${bits} != ${L(0)})`;
    case bf16:
      return call(`bitcast<${type}>`, [`${bits} << ${L(16)}`]);
    case f16:
      return call(site.helper("f16_of_bits", (name) => fromHalves(name, site)), [bits]);
  }
  if (isFloat8(dtype)) {
    return call(site.helper(`${dtype.name}_of_bits`, (name) => decoder(name, dtype, site)), [bits]);
  }
  if (dtype.kind === "uint") return bits;
  if (dtype.bits === 32) return call(`bitcast<${type}>`, [bits]);
  const shift = L(32 - dtype.bits);
  return `(bitcast<${site.type(i32)}>(${bits} << ${shift}) >> ${shift})`;
}

/** The number of a narrower float that is nearest to an f32 among those no larger than it. */
export function towardZero(x: string, dtype: DType, site: WgslSite): string {
  const wide = site.type(f32), type = site.type(dtype), L = (n: number) => site.literal(n, u32);
  const bits = `bitcast<${site.type(u32)}>(x)`;
  const helper = site.helper(`${dtype.name}_toward_zero`, (name) => {
    if (dtype === bf16) {
      return `fn ${name}(x: ${wide}) -> ${type} {
  let bits = ${bits};
  let nan = (bits & ${L(0x7fffffff)}) > ${L(0x7f800000)};
  return bitcast<${wide}>(select(bits, bits | ${L(0x400000)}, nan) & ${L(0xffff0000)});
}`;
    }
    if (dtype !== f16) throw new Error(`Nothing is rounded toward zero to ${dtype.name}`);
    const F = (n: number) => site.literal(n, f32);
    // Cut to what f16 holds, so that nothing is left to round: a conversion there and back, compared
    // with x, is taken for x itself by some drivers.
    return `fn ${name}(x: ${wide}) -> ${type} {
  let bits = ${bits};
  let normal = bitcast<${wide}>(bits & ${L(0xffffe000)});
  let small = trunc(x * ${F(2 ** 24)}) * ${F(2 ** -24)};
  let cut = select(normal, small, abs(x) < ${F(2 ** -14)});
  let finite = (bits & ${L(0x7fffffff)}) < ${L(0x7f800000)};
  return ${type}(select(x, clamp(cut, ${F(-65504)}, ${F(65504)}), finite));
}`;
  });
  return call(helper, [x]);
}

/** Rounds an f32 to the nearest f16, in integers: on devices without f16 it stays in an f32. */
function nearestHalf(name: string, site: WgslSite): string {
  const type = site.type(f32), L = (n: number) => site.literal(n, u32);
  const F = (n: number) => site.literal(n, f32);
  return `fn ${name}(x: ${type}) -> ${type} {
  let bits = bitcast<${site.type(u32)}>(x);
  let magnitude = bits & ${L(0x7fffffff)};
  let nearest = (magnitude + ${L(0xfff)} + ((magnitude >> ${L(13)}) & ${L(1)})) & ${L(0xffffe000)};
  let small = bitcast<${site.type(u32)}>(round(min(abs(x), ${F(1)}) * ${F(2 ** 24)}) * ${
    F(2 ** -24)
  });
  let number = select(nearest, small, magnitude < ${L(0x38800000)});
  let finite = select(number, ${L(0x7f800000)}, magnitude >= ${L(0x477ff000)});
  let rounded = select(finite, ${L(0x7fc00000)}, magnitude > ${L(0x7f800000)});
  return bitcast<${type}>(rounded | (bits & ${L(0x80000000)}));
}`;
}

/** The components of a vector, or the scalar. */
function components(x: string, { width }: WgslSite): string[] {
  return width === 1 ? [x] : Array.from("xyzw".slice(0, width), (c) => `${x}.${c}`);
}

/** The bits of an f16: of one that is held in an f32 in integers, as software GPUs pack infinities wrongly. */
function halves(name: string, site: WgslSite): string {
  const L = (n: number) => site.literal(n, u32);
  if (isNarrow(f16, site.native)) {
    return `fn ${name}(x: ${site.type(f32)}) -> ${site.type(u32)} {
  let bits = bitcast<${site.type(u32)}>(x);
  let magnitude = bits & ${L(0x7fffffff)};
  let small = ${site.type(u32)}(min(abs(x), ${site.literal(1, f32)}) * ${
      site.literal(2 ** 24, f32)
    });
  let finite = select((magnitude >> ${L(13)}) - ${L(112 << 10)}, small, magnitude < ${
      L(0x38800000)
    });
  let number = select(finite, ${L(0x7c00)}, magnitude == ${L(0x7f800000)});
  let code = select(number, ${L(0x7e00)}, magnitude > ${L(0x7f800000)});
  return code | ((bits >> ${L(16)}) & ${L(0x8000)});
}`;
  }
  const parts = components("x", site).map((x) => `pack2x16float(vec2<f32>(f32(${x}), 0.0))`);
  return `fn ${name}(x: ${site.type(f16)}) -> ${site.type(u32)} {
  return ${site.width === 1 ? parts[0] : call(site.type(u32), parts)};
}`;
}

function fromHalves(name: string, site: WgslSite): string {
  const L = (n: number) => site.literal(n, u32);
  if (isNarrow(f16, site.native)) {
    const small = `${site.type(f32)}(magnitude) * ${site.literal(2 ** -24, f32)}`;
    return `fn ${name}(bits: ${site.type(u32)}) -> ${site.type(f32)} {
  let magnitude = bits & ${L(0x7fff)};
  let normal = (magnitude << ${L(13)}) + ${L(112 << 23)};
  let small = bitcast<${site.type(u32)}>(${small});
  let finite = select(normal, small, magnitude < ${L(0x400)});
  let special = (magnitude << ${L(13)}) | ${L(0x7f800000)};
  let number = select(finite, special, magnitude >= ${L(0x7c00)});
  return bitcast<${site.type(f32)}>(number | ((bits & ${L(0x8000)}) << ${L(16)}));
}`;
  }
  const parts = components("bits", site).map((x) => `f16(unpack2x16float(${x}).x)`);
  return `fn ${name}(bits: ${site.type(u32)}) -> ${site.type(f16)} {
  return ${site.width === 1 ? parts[0] : call(site.type(f16), parts)};
}`;
}

/** Mantissa bits, bias, and the code of the largest number. */
function format(dtype: DType): { mantissa: number; bias: number; largest: number } {
  return dtype === DTYPES.f8e4m3
    ? { mantissa: 3, bias: 7, largest: 0x7e }
    : { mantissa: 2, bias: 15, largest: 0x7b };
}

/**
 * To nearest even. What is too large becomes the largest number, as on GPUs that convert to these
 * formats; infinities are kept where the format has them and `keep` says so.
 */
function encoder(name: string, dtype: DType, keep: boolean, site: WgslSite): string {
  const { mantissa, bias, largest } = format(dtype);
  const L = (n: number) => site.literal(n, u32), shift = 23 - mantissa;
  const scale = site.literal(2 ** (bias - 1 + mantissa), f32);
  return `fn ${name}(x: ${site.type(f32)}) -> ${site.type(u32)} {
  let bits = bitcast<${site.type(u32)}>(x);
  let magnitude = bits & ${L(0x7fffffff)};
  let nearest = magnitude + ${L(2 ** (shift - 1) - 1)} + ((magnitude >> ${L(shift)}) & ${L(1)});
  let normal = (nearest >> ${L(shift)}) - ${L((127 - bias) << mantissa)};
  let small = ${site.type(u32)}(round(min(abs(x), ${site.literal(1, f32)}) * ${scale}));
  let finite = min(select(normal, small, magnitude < ${L((128 - bias) << 23)}), ${L(largest)});
  let number = ${keep ? `select(finite, ${L(0x7c)}, magnitude == ${L(0x7f800000)})` : "finite"};
  let code = select(number, ${L(0x7f)}, magnitude > ${L(0x7f800000)});
  return code | ((bits >> ${L(24)}) & ${L(0x80)});
}`;
}

function decoder(name: string, dtype: DType, site: WgslSite): string {
  const { mantissa, bias } = format(dtype);
  const L = (n: number) => site.literal(n, u32), shift = 23 - mantissa;
  const step = site.literal(2 ** (1 - bias - mantissa), f32);
  const small = `bitcast<${site.type(u32)}>(${site.type(f32)}(magnitude) * ${step})`;
  const special = dtype === DTYPES.f8e4m3
    ? `select(finite, ${L(0x7fc00000)}, magnitude == ${L(0x7f)})`
    : `select(finite, ((magnitude & ${L(3)}) << ${L(21)}) | ${L(0x7f800000)}, magnitude >= ${
      L(0x7c)
    })`;
  return `fn ${name}(bits: ${site.type(u32)}) -> ${site.type(f32)} {
  let magnitude = bits & ${L(0x7f)};
  let normal = (magnitude << ${L(shift)}) + ${L((127 - bias) << 23)};
  let finite = select(normal, ${small}, magnitude < ${L(2 ** mantissa)});
  let special = ${special};
  return bitcast<${site.type(f32)}>(special | ((bits & ${L(0x80)}) << ${L(24)}));
}`;
}
