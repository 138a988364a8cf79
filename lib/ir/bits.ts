/**
 * The bits of numbers: what lies in memory for one element of a dtype, and how encoded floats
 * (bf16 and 8-bit ones) become bits and numbers again.
 */

import { type DType, type DTypeName, isEncoded, type NumericFunction } from "./dtype.ts";

const view = new DataView(new ArrayBuffer(8));

/** An 8-bit float, by its bits of mantissa and its bias. */
interface Small {
  readonly mantissa: number;
  readonly bias: number;
  /** True when the greatest exponent is of numbers too, and only the last code a NaN. */
  readonly finite: boolean;
}

const E4M3: Small = { mantissa: 3, bias: 7, finite: true };
const E5M2: Small = { mantissa: 2, bias: 15, finite: false };

/** The bits of a number that the format has. */
function smallBits({ mantissa, bias, finite }: Small): (x: number) => number {
  return (x) => {
    view.setFloat32(0, x);
    const sign = view.getUint8(0) & 0x80, value = Math.abs(x);
    if (value !== value) return 0x7f;
    if (value === Infinity) return sign | (finite ? 0x7f : 0x7c);
    const exponent = ((view.getUint32(0) >>> 23) & 0xff) - 127;
    if (exponent < 1 - bias) return sign | (value * 2 ** (bias - 1 + mantissa));
    const fraction = value * 2 ** (mantissa - exponent) - 2 ** mantissa;
    return sign | ((exponent + bias) << mantissa) | fraction;
  };
}

function smallNumber({ mantissa, bias, finite }: Small): (bits: number) => number {
  return (bits) => {
    const sign = bits & 0x80 ? -1 : 1, exponent = (bits & 0x7f) >> mantissa;
    const fraction = bits & (2 ** mantissa - 1);
    if (finite ? (bits & 0x7f) === 0x7f : exponent === 31) {
      return finite || fraction !== 0 ? NaN : sign * Infinity;
    }
    return exponent === 0
      ? sign * fraction * 2 ** (1 - bias - mantissa)
      : sign * (2 ** mantissa + fraction) * 2 ** (exponent - bias - mantissa);
  };
}

/** For each dtype, the bits of an element, as an unsigned integer: a bigint where there are 64. */
export const TO_BITS: Readonly<Record<DTypeName, NumericFunction>> = {
  bool: (x: number) => x,
  i8: (x: number) => x & 0xff,
  i16: (x: number) => x & 0xffff,
  i32: (x: number) => x >>> 0,
  i64: (x: bigint) => BigInt.asUintN(64, x),
  u8: (x: number) => x,
  u16: (x: number) => x,
  u32: (x: number) => x,
  u64: (x: bigint) => x,
  f8e4m3: smallBits(E4M3),
  f8e5m2: smallBits(E5M2),
  bf16: (x: number) => (view.setFloat32(0, x), view.getUint16(0)),
  f16: (x: number) => (view.setFloat16(0, x), view.getUint16(0)),
  f32: (x: number) => (view.setFloat32(0, x), view.getUint32(0)),
  f64: (x: number) => (view.setFloat64(0, x), view.getBigUint64(0)),
};

/** For each dtype, the element that bits stand for. */
export const FROM_BITS: Readonly<Record<DTypeName, NumericFunction>> = {
  bool: (bits: number) => bits === 0 ? 0 : 1,
  i8: (bits: number) => (bits << 24) >> 24,
  i16: (bits: number) => (bits << 16) >> 16,
  i32: (bits: number) => bits | 0,
  i64: (bits: bigint) => BigInt.asIntN(64, bits),
  u8: (bits: number) => bits,
  u16: (bits: number) => bits,
  u32: (bits: number) => bits,
  u64: (bits: bigint) => bits,
  f8e4m3: smallNumber(E4M3),
  f8e5m2: smallNumber(E5M2),
  bf16: (bits: number) => (view.setUint32(0, bits << 16), view.getFloat32(0)),
  f16: (bits: number) => (view.setUint16(0, bits), view.getFloat16(0)),
  f32: (bits: number) => (view.setUint32(0, bits), view.getFloat32(0)),
  f64: (bits: bigint) => (view.setBigUint64(0, bits), view.getFloat64(0)),
};

const tables = new Map<DType, Float32Array>();

/** For an encoded float, the number of every pattern of bits. */
export function numbersOf(dtype: DType): Float32Array {
  if (!isEncoded(dtype)) throw new Error(`Dtype ${dtype.name} is not encoded`);
  let table = tables.get(dtype);
  if (!table) {
    table = Float32Array.from(
      { length: 2 ** dtype.bits },
      (_, i) => Number(FROM_BITS[dtype.name](i)),
    );
    tables.set(dtype, table);
  }
  return table;
}
