/**
 * 64-bit integers on devices that have none: two words each, in structures of vectors, so that what
 * works on a packet of elements works on the low words of all and the high words of all.
 *
 * Everything here is the name of a helper function, declared where it is asked for, or a call of one.
 * Signed and unsigned integers are the same structure; operations that differ have two functions.
 */

import { type DType, DTYPES, isFloat, isWide, type Numeric } from "../ir/dtype.ts";
import type { BufferUse, Width } from "../ir/invocation.ts";
import { registerOf } from "../ir/native.ts";
import { elementwise, type ElementwiseName } from "../ir/ops.ts";
import { narrowed } from "../ir/ops/narrow.ts";
import { call, type WgslSite } from "../ir/ops/row.ts";
import { wideType } from "./literal.ts";

const { u32, u64, i32, f32, bool } = DTYPES;

/** The text of the structure for `width` elements. */
export function wideStructure(width: Width): string {
  const word = width === 1 ? "u32" : `vec${width}<u32>`;
  return `struct ${wideType(width)} {\n  lo: ${word},\n  hi: ${word},\n}`;
}

/** What the functions of one width are written with. */
class Words {
  /** The structure, and the type of its words. */
  readonly S: string;
  readonly V: string;
  readonly I: string;
  readonly F: string;

  constructor(readonly site: WgslSite) {
    this.S = site.type(u64); // which declares the structure
    this.V = site.type(u32);
    this.I = site.type(i32);
    this.F = site.type(f32);
  }

  /** A vector of equal words. */
  u(value: number): string {
    return this.site.literal(value, u32);
  }

  /** Declares a function of structures `a`, `b`, …; gives its name. */
  fn(name: string, params: string, result: string, body: () => string): string {
    return this.site.helper(
      `wide_${name}`,
      (full) => `fn ${full}(${params}) -> ${result} {\n${body()}\n}`,
    );
  }

  /** The same of two structures, which gives one. */
  binary(name: string, body: () => string): string {
    return this.fn(name, `a: ${this.S}, b: ${this.S}`, this.S, body);
  }

  get negative(): string {
    return `bitcast<${this.I}>(a.hi) < ${this.site.literal(0, i32)}`;
  }

  // Functions that others call

  add(): string {
    return this.binary("add", () =>
      `  let lo = a.lo + b.lo;
  return ${this.S}(lo, a.hi + b.hi + select(${this.u(0)}, ${this.u(1)}, lo < a.lo));`);
  }

  sub(): string {
    return this.binary("sub", () =>
      `  let borrow = select(${this.u(0)}, ${this.u(1)}, a.lo < b.lo);
  return ${this.S}(a.lo - b.lo, a.hi - b.hi - borrow);`);
  }

  mul(): string {
    const u = (value: number) => this.u(value);
    return this.binary("mul", () =>
      `  let al = a.lo & ${u(0xffff)};
  let ah = a.lo >> ${u(16)};
  let bl = b.lo & ${u(0xffff)};
  let bh = b.lo >> ${u(16)};
  let middle = ah * bl + ((al * bl) >> ${u(16)});
  let low = al * bh + (middle & ${u(0xffff)});
  let high = ah * bh + (middle >> ${u(16)}) + (low >> ${u(16)});
  return ${this.S}(a.lo * b.lo, high + a.lo * b.hi + a.hi * b.lo);`);
  }

  /** Shifted left by the low words of b, which are below 64. */
  shl(): string {
    const u = (value: number) => this.u(value);
    return this.binary("shl", () =>
      `  let n = b.lo & ${u(31)};
  let far = (b.lo & ${u(32)}) != ${u(0)};
  let carry = (a.lo >> (${u(31)} - n)) >> ${u(1)};
  let lo = a.lo << n;
  return ${this.S}(select(lo, ${u(0)}, far), select((a.hi << n) | carry, lo, far));`);
  }

  shr(signed: boolean): string {
    const u = (value: number) => this.u(value);
    const high = (n: string) =>
      signed ? `bitcast<${this.V}>(bitcast<${this.I}>(a.hi) >> ${n})` : `(a.hi >> ${n})`;
    return this.binary(signed ? "shr_i64" : "shr_u64", () =>
      `  let n = b.lo & ${u(31)};
  let far = (b.lo & ${u(32)}) != ${u(0)};
  let carry = (a.hi << (${u(31)} - n)) << ${u(1)};
  let hi = ${high("n")};
  let rest = ${signed ? high(u(31)) : u(0)};
  return ${this.S}(select((a.lo >> n) | carry, hi, far), select(hi, rest, far));`);
  }

  less(signed: boolean): string {
    const high = (x: string) => signed ? `bitcast<${this.I}>(${x}.hi)` : `${x}.hi`;
    return this.fn(
      signed ? "lt_i64" : "lt_u64",
      `a: ${this.S}, b: ${this.S}`,
      this.site.type(bool),
      () => `  return (${high("a")} < ${high("b")}) | ((a.hi == b.hi) & (a.lo < b.lo));`,
    );
  }

  equal(): string {
    return this.fn(
      "eq",
      `a: ${this.S}, b: ${this.S}`,
      this.site.type(bool),
      () => "  return (a.lo == b.lo) & (a.hi == b.hi);",
    );
  }

  choose(): string {
    return this.fn(
      "select",
      `a: ${this.S}, b: ${this.S}, condition: ${this.site.type(bool)}`,
      this.S,
      () => `  return ${this.S}(select(a.lo, b.lo, condition), select(a.hi, b.hi, condition));`,
    );
  }

  /** The size of a signed integer, as an unsigned one. */
  size(): string {
    const sub = this.sub(), choose = this.choose();
    return this.fn(
      "abs",
      `a: ${this.S}`,
      this.S,
      () =>
        `  return ${choose}(a, ${sub}(${this.S}(${this.u(0)}, ${
          this.u(0)
        }), a), ${this.negative});`,
    );
  }

  /** The quotient of unsigned integers; a / 0 is a. */
  quotient(): string {
    const { site } = this, width = site.width as Width;
    const single = new Words(site.single).singleQuotient();
    if (width === 1) return single;
    const element = (x: string, i: number) => `wide(${x}.lo.${"xyzw"[i]}, ${x}.hi.${"xyzw"[i]})`;
    return this.binary("quotient", () => {
      const lines = Array.from(
        { length: width },
        (_, i) => `  let q${i} = ${single}(${element("a", i)}, ${element("b", i)});`,
      );
      const words = (part: string) =>
        `${this.V}(${Array.from({ length: width }, (_, i) => `q${i}.${part}`).join(", ")})`;
      return [...lines, `  return ${this.S}(${words("lo")}, ${words("hi")});`].join("\n");
    });
  }

  singleQuotient(): string {
    const [shl, shr, sub, less] = [this.shl(), this.shr(false), this.sub(), this.less(false)];
    return this.binary("quotient", () =>
      `  if ((a.hi | b.hi) == 0u) {
    return wide(select(a.lo / max(b.lo, 1u), a.lo, b.lo == 0u), 0u);
  }
  if ((b.lo | b.hi) == 0u) {
    return a;
  }
  if (${less}(a, b)) {
    return wide(0u, 0u);
  }
  let zeros_a = select(countLeadingZeros(a.hi), 32u + countLeadingZeros(a.lo), a.hi == 0u);
  let zeros_b = select(countLeadingZeros(b.hi), 32u + countLeadingZeros(b.lo), b.hi == 0u);
  var rest = a;
  var divisor = ${shl}(b, wide(zeros_b - zeros_a, 0u));
  var quotient = wide(0u, 0u);
  for (var left = i32(zeros_b - zeros_a); left >= 0; left -= 1) {
    quotient = ${shl}(quotient, wide(1u, 0u));
    if (!${less}(rest, divisor)) {
      rest = ${sub}(rest, divisor);
      quotient.lo |= 1u;
    }
    divisor = ${shr}(divisor, wide(1u, 0u));
  }
  return quotient;`);
  }

  /** The quotient rounded towards zero. */
  divide(signed: boolean): string {
    const quotient = this.quotient();
    if (!signed) return quotient;
    const [size, sub, choose] = [this.size(), this.sub(), this.choose()];
    return this.binary("idiv", () =>
      `  let q = ${quotient}(${size}(a), ${size}(b));
  let differ = bitcast<${this.I}>(a.hi ^ b.hi) < ${this.site.literal(0, i32)};
  return ${choose}(q, ${sub}(${this.S}(${this.u(0)}, ${this.u(0)}), q), differ);`);
  }

  /** Rounded to nearest even. */
  toFloat(signed: boolean): string {
    const u = (value: number) => this.u(value), shl = this.shl();
    const size = signed ? `${this.size()}(a)` : "a";
    const sign = signed ? `bits | (a.hi & ${u(0x80000000)})` : "bits";
    return this.fn(
      signed ? "f32_of_i64" : "f32_of_u64",
      `a: ${this.S}`,
      this.F,
      () =>
        `  let x = ${size};
  let low = ${u(32)} + countLeadingZeros(x.lo);
  let zeros = select(countLeadingZeros(x.hi), low, x.hi == ${u(0)});
  let whole = ${shl}(x, ${this.S}(min(zeros, ${u(63)}), ${u(0)}));
  // 31 bits, of which the last tells whether there was more: then one rounding is right. Of 32
  // bits SwiftShader rounds wrongly.
  let more = ((whole.hi & ${u(1)}) | whole.lo) != ${u(0)};
  let top = (whole.hi >> ${u(1)}) | select(${u(0)}, ${u(1)}, more);
  let scale = bitcast<${this.F}>((${u(160)} - zeros) << ${u(23)});
  let bits = bitcast<${this.V}>(${this.F}(bitcast<${this.I}>(top)) * scale);
  return bitcast<${this.F}>(${sign});`,
    );
  }

  /** Truncated and saturated; of NaN 0. */
  fromFloat(signed: boolean): string {
    const u = (value: number) => this.u(value), shl = this.shl(), sub = this.sub();
    const choose = this.choose();
    const zero = `${this.S}(${u(0)}, ${u(0)})`;
    return this.fn(
      signed ? "i64_of_f32" : "u64_of_f32",
      `x: ${this.F}`,
      this.S,
      () =>
        `  let bits = bitcast<${this.V}>(x);
  let exponent = (bits >> ${u(23)}) & ${u(255)};
  let m = (bits & ${u(0x7fffff)}) | ${u(0x800000)};
  let right = m >> min(${u(150)} - min(exponent, ${u(150)}), ${u(31)});
  let left = ${shl}(${this.S}(m, ${u(0)}), ${this.S}((exponent - ${u(150)}) & ${u(63)}, ${u(0)}));
  let small = exponent < ${u(150)};
  let size = ${this.S}(select(left.lo, right, small), select(left.hi, ${u(0)}, small));
  let negative = (bits >> ${u(31)}) == ${u(1)};
  let nan = (bits & ${u(0x7fffffff)}) > ${u(0x7f800000)};
  let most = ${this.S}(${u(0xffffffff)}, ${u(signed ? 0x7fffffff : 0xffffffff)});
  let positive = ${choose}(size, most, exponent >= ${u(signed ? 190 : 191)});
${
          signed
            ? `  let least = ${this.S}(${u(0)}, ${u(0x80000000)});
  let below = ${choose}(${sub}(${zero}, size), least, exponent >= ${u(190)});`
            : `  let below = ${zero};`
        }
  return ${choose}(${choose}(positive, below, negative), ${zero}, nan);`,
    );
  }
}

/** The text of an operation on packets in which a 64-bit integer takes part. */
export function wideOperation(
  name: ElementwiseName,
  args: readonly string[],
  site: WgslSite,
): string {
  const words = new Words(site), [a, b, c] = args as [string, string, string];
  const dtype = name === "select" ? site.operands[1]! : site.operands[0]!;
  const signed = dtype.kind === "int";
  const not = (x: string) => `(!${x})`;
  switch (name) {
    case "add":
      return call(words.add(), args);
    case "sub":
      return call(words.sub(), args);
    case "mul":
      return call(words.mul(), args);
    case "and":
    case "or":
    case "xor": {
      const operator = { and: "&", or: "|", xor: "^" }[name];
      const body = () => `  return ${words.S}(a.lo ${operator} b.lo, a.hi ${operator} b.hi);`;
      return call(words.binary(name, body), args);
    }
    case "not":
      return call(
        words.fn("not", `a: ${words.S}`, words.S, () => `  return ${words.S}(~a.lo, ~a.hi);`),
        args,
      );
    case "shl":
      return call(words.shl(), args);
    case "shr":
      return call(words.shr(signed), args);
    case "idiv":
      return call(words.divide(signed), args);
    case "floordiv":
    case "rem":
      return call(divided(words, name, signed), args);
    case "abs":
      return signed ? call(words.size(), args) : a;
    case "eq":
      return call(words.equal(), args);
    case "ne":
      return not(call(words.equal(), args));
    case "lt":
      return call(words.less(signed), [a, b]);
    case "gt":
      return call(words.less(signed), [b, a]);
    case "le":
      return not(call(words.less(signed), [b, a]));
    case "ge":
      return not(call(words.less(signed), [a, b]));
    case "min":
    case "max": {
      const less = words.less(signed), choose = words.choose();
      const [first, second] = name === "min" ? ["b", "a"] : ["a", "b"];
      const body = () => `  return ${choose}(${first}, ${second}, ${less}(a, b));`;
      return call(words.binary(`${name}_${signed ? "i64" : "u64"}`, body), args);
    }
    case "select":
      return call(words.choose(), [c, b, a]);
    case "cast":
      return castText(words, a, dtype, site.result);
    case "bitcast":
    case "hint":
      return a;
    default:
      throw new Error(`Operation ${name} is not known of 64-bit integers in words`);
  }
}

/** The function for a quotient rounded down, or for a remainder. */
function divided(words: Words, name: "floordiv" | "rem", signed: boolean): string {
  if (name === "floordiv" && !signed) return words.divide(false);
  const [divide, mul, sub] = [words.divide(signed), words.mul(), words.sub()];
  const { S, I, site } = words, [zero, one] = [words.u(0), words.u(1)];
  const choose = words.choose();
  return words.binary(`${name}_${signed ? "i64" : "u64"}`, () =>
    `  let q = ${divide}(a, b);
  let rest = ${sub}(a, ${mul}(q, b));
  let by_zero = (b.lo | b.hi) == ${zero};
${
      name === "rem"
        ? `  return ${choose}(rest, ${S}(${zero}, ${zero}), by_zero);`
        : `  let differ = bitcast<${I}>(a.hi ^ b.hi) < ${site.literal(0, i32)};
  let down = differ & ((rest.lo | rest.hi) != ${zero}) & !by_zero;
  return ${sub}(q, ${S}(select(${zero}, ${one}, down), ${zero}));`
    }`);
}

/** A cast from or to a 64-bit integer. */
function castText(words: Words, x: string, from: DType, to: DType): string {
  const { site, S, V, I } = words;
  if (isWide(from)) {
    if (isWide(to)) return x;
    if (to === bool) {
      const any = words.fn(
        "any",
        `a: ${S}`,
        site.type(bool),
        () => `  return (a.lo | a.hi) != ${words.u(0)};`,
      );
      return call(any, [x]);
    }
    if (isFloat(to)) {
      const float = call(words.toFloat(from.kind === "int"), [x]);
      if (to === f32) return float;
      const row = elementwise("cast")!;
      return row.wgsl([float], { ...site, operands: [f32] });
    }
    const low = words.fn("low", `a: ${S}`, V, () => "  return a.lo;");
    const word = call(low, [x]);
    const register = to.kind === "int" ? call(`bitcast<${I}>`, [word]) : word;
    return narrowed(register, to, site);
  }
  if (from === bool) {
    return call(
      words.fn(
        "of_bool",
        `a: ${site.type(bool)}`,
        S,
        () => `  return ${S}(select(${words.u(0)}, ${words.u(1)}, a), ${words.u(0)});`,
      ),
      [x],
    );
  }
  if (isFloat(from)) {
    const wide = registerOf(from, site.native) === "f32" ? x : call(words.F, [x]);
    return call(words.fromFloat(to.kind === "int"), [wide]);
  }
  return from.kind === "uint"
    ? call(words.fn("of_u32", `a: ${V}`, S, () => `  return ${S}(a, ${words.u(0)});`), [x])
    : call(
      words.fn(
        "of_i32",
        `a: ${I}`,
        S,
        () => `  return ${S}(bitcast<${V}>(a), bitcast<${V}>(a >> ${words.u(31)}));`,
      ),
      [x],
    );
}

// Packets

/** The low or high words of 64-bit integers, as text. */
function wordsText(elements: readonly Numeric[], high: boolean, width: number): string {
  const texts = elements.map((element) => {
    const bits = BigInt.asUintN(64, BigInt(element));
    return `${high ? bits >> 32n : bits & 0xffffffffn}u`;
  });
  if (width === 1) return texts[0]!;
  const equal = texts.every((text) => text === texts[0]);
  return `vec${width}<u32>(${equal ? texts[0] : texts.join(", ")})`;
}

/** Known elements. */
export function wideLiteral(elements: readonly Numeric[]): string {
  const width = elements.length as Width;
  const [lo, hi] = [false, true].map((high) => wordsText(elements, high, width));
  return `${wideType(width)}(${lo}, ${hi})`;
}

/** One element repeated; the site is that of the packet. */
export function wideSplat(x: string, site: WgslSite): string {
  const { S, V } = new Words(site);
  const helper = site.helper(
    "wide_splat",
    (full) => `fn ${full}(x: wide) -> ${S} {\n  return ${S}(${V}(x.lo), ${V}(x.hi));\n}`,
  );
  return call(helper, [x]);
}

/** Parts side by side, of these widths. */
export function wideJoin(
  parts: readonly string[],
  widths: readonly Width[],
  site: WgslSite,
): string {
  const { S, V } = new Words(site);
  const params = widths.map((width, i) => `p${i}: ${wideType(width)}`).join(", ");
  const all = (word: string) => `${V}(${widths.map((_, i) => `p${i}.${word}`).join(", ")})`;
  const helper = site.helper(
    `wide_join_${widths.join("_")}`,
    (full) => `fn ${full}(${params}) -> ${S} {\n  return ${S}(${all("lo")}, ${all("hi")});\n}`,
  );
  return call(helper, parts);
}

/** Elements of a packet of `from` of them, from `start` on; the site is that of the result. */
export function wideSlice(x: string, from: Width, start: number, site: WgslSite): string {
  const { S } = new Words(site), at = "xyzw".slice(start, start + site.width);
  const helper = site.helper(
    `wide_slice_${from}_${start}`,
    (full) =>
      `fn ${full}(x: ${wideType(from)}) -> ${S} {\n  return ${S}(x.lo.${at}, x.hi.${at});\n}`,
  );
  return call(helper, [x]);
}

/** What the lane that differs in the bits of `mask` has. */
export function wideShuffle(x: string, mask: number, site: WgslSite): string {
  const { S } = new Words(site);
  const moved = (word: string) => `subgroupShuffleXor(x.${word}, ${mask}u)`;
  const helper = site.helper(
    `wide_shuffle_${mask}`,
    (full) => `fn ${full}(x: ${S}) -> ${S} {\n  return ${S}(${moved("lo")}, ${moved("hi")});\n}`,
  );
  return call(helper, [x]);
}

/** Declares and names the function `(index) -> elements` for a buffer of pairs of words. */
export function wideLoadHelper(name: string, { width: item }: BufferUse, site: WgslSite): string {
  return site.helper(`load_${name}`, (full) => {
    const body = item === 1
      ? `  let v = ${name}[index];\n  return wide(v.x, v.y);`
      : site.width === 2
      ? `  let v = ${name}[index >> 1u];\n  return wide_x2(v.xz, v.yw);`
      : `  let v = ${name}[index >> 1u];
  let odd = (index & 1) == 1;
  return wide(select(v.x, v.z, odd), select(v.y, v.w, odd));`;
    return `fn ${full}(index: i32) -> ${wideType(site.width)} {\n${body}\n}`;
  });
}

/** Declares and names the function `(index, elements)` that stores whole items of such a buffer. */
export function wideStoreHelper(name: string, { width: item }: BufferUse, site: WgslSite): string {
  if (site.width !== item) throw new Error(`Buffer ${name} is not stored to by element`);
  return site.helper(`store_${name}`, (full) => {
    const line = item === 1
      ? `${name}[index] = vec2<u32>(value.lo, value.hi);`
      : `${name}[index >> 1u] = vec4<u32>(value.lo.x, value.hi.x, value.lo.y, value.hi.y);`;
    return `fn ${full}(index: i32, value: ${wideType(site.width)}) {\n  ${line}\n}`;
  });
}
