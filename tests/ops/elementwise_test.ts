/**
 * What each elementwise operation computes, on the CPU: first what its row's `evaluate` says of
 * awkward numbers, then that tiles, scalars and mixtures of both give the same.
 *
 * Every operation of the table must have cases here.
 */

import { FROM_BITS, TO_BITS } from "../../lib/ir/bits.ts";
import {
  type DType,
  type DTypeName,
  DTYPES,
  type HostArray,
  hostView,
  isEncoded,
  type Numeric,
} from "../../lib/ir/dtype.ts";
import type { Value } from "../../lib/ir/graph.ts";
import { type ElementwiseName, OPS } from "../../lib/ir/ops.ts";
import { isElementwise } from "../../lib/ir/ops/row.ts";
import { isPointer } from "../../lib/ir/type.ts";
import { evaluate } from "../../lib/cpu/evaluate.ts";
import { assertEquals } from "../support/assert.ts";
import { graphOf, loadTile, storeTile } from "../support/graphs.ts";

const MIN = -(2 ** 31), MAX = 2 ** 31 - 1, UMAX = 2 ** 32 - 1;
const { fround, f16round } = Math;

interface Cases {
  /** The dtypes of the operands. */
  readonly of: readonly DTypeName[];
  /** Of the result, where it is not that of the last operand. */
  readonly to?: DTypeName;
  readonly attributes?: Record<string, string | readonly number[]>;
  /** Operands, then the result. */
  readonly rows: readonly (readonly number[])[];
}

const f32x2 = ["f32", "f32"] as const, i32x2 = ["i32", "i32"] as const;
const u32x2 = ["u32", "u32"] as const, f16x2 = ["f16", "f16"] as const;
const boolx2 = ["bool", "bool"] as const;

/** A comparison, by what it says of less, equal, greater, and of anything with a NaN. */
function comparison(less: number, equal: number, greater: number, nan: number): Cases[] {
  const ordered = [[1, 2, less], [2, 2, equal], [3, 2, greater]];
  return [
    {
      of: f32x2,
      to: "bool",
      rows: [
        ...ordered,
        [0, -0, equal],
        [NaN, NaN, nan],
        [NaN, 1, nan],
        [1, NaN, nan],
        [-Infinity, Infinity, less],
        [Infinity, Infinity, equal],
      ],
    },
    { of: f16x2, to: "bool", rows: [...ordered, [NaN, NaN, nan], [-65504, -Infinity, greater]] },
    { of: i32x2, to: "bool", rows: [...ordered, [MIN, MAX, less], [-1, 0, less]] },
    { of: u32x2, to: "bool", rows: [...ordered, [UMAX, 0, greater], [MAX + 1, MAX, greater]] },
  ];
}

function cast(of: DTypeName, to: DTypeName, ...rows: (readonly number[])[]): Cases {
  return { of: [of], to, attributes: { to }, rows };
}

function unary(of: DTypeName, ...rows: (readonly number[])[]): Cases {
  return { of: [of], rows };
}

const CASES: Record<ElementwiseName, readonly Cases[]> = {
  add: [
    {
      of: f32x2,
      rows: [
        [1, 2, 3],
        [0.1, 0.2, fround(fround(0.1) + fround(0.2))],
        [16777216, 1, 16777216],
        [3e38, 3e38, Infinity],
        [Infinity, -Infinity, NaN],
        [-0, -0, -0],
        [-0, 0, 0],
      ],
    },
    { of: f16x2, rows: [[2048, 1, 2048], [2048, 3, 2052], [65504, 16, Infinity], [1, 0.5, 1.5]] },
    { of: i32x2, rows: [[MAX, 1, MIN], [MIN, -1, MAX], [-1, 1, 0]] },
    { of: u32x2, rows: [[UMAX, 1, 0], [UMAX, UMAX, UMAX - 1]] },
  ],
  sub: [
    { of: f32x2, rows: [[1, 2, -1], [Infinity, Infinity, NaN], [-0, 0, -0], [0, 0, 0]] },
    { of: f16x2, rows: [[2049, 0, 2048], [0.5, 0.25, 0.25]] },
    { of: i32x2, rows: [[MIN, 1, MAX], [3, 5, -2]] },
    { of: u32x2, rows: [[0, 1, UMAX], [5, 3, 2]] },
  ],
  mul: [
    {
      of: f32x2,
      rows: [[3, 4, 12], [0, Infinity, NaN], [-0, 5, -0], [1e30, 1e30, Infinity], [
        1e-30,
        1e-30,
        0,
      ]],
    },
    { of: f16x2, rows: [[256, 256, Infinity], [0.1, 10, f16round(f16round(0.1) * 10)]] },
    { of: i32x2, rows: [[65536, 65536, 0], [123456789, 987654321, -67153019], [-3, 5, -15]] },
    { of: u32x2, rows: [[65536, 65537, 65536], [UMAX, UMAX, 1], [123456789, 3, 370370367]] },
  ],
  div: [
    {
      of: f32x2,
      rows: [[1, 3, fround(1 / 3)], [1, 0, Infinity], [-1, 0, -Infinity], [0, 0, NaN], [
        1,
        -Infinity,
        -0,
      ]],
    },
    { of: f16x2, rows: [[1, 3, f16round(1 / 3)], [65504, 0.5, Infinity]] },
  ],
  idiv: [
    { of: i32x2, rows: [[7, 2, 3], [-7, 2, -3], [7, -2, -3], [5, 0, 5], [MIN, -1, MIN]] },
    { of: u32x2, rows: [[UMAX, 2, MAX], [7, UMAX, 0], [7, 0, 7]] },
  ],
  floordiv: [
    {
      of: i32x2,
      rows: [[7, 2, 3], [-7, 2, -4], [7, -2, -4], [-7, -2, 3], [-8, 2, -4], [5, 0, 5], [
        MIN,
        -1,
        MIN,
      ]],
    },
    { of: u32x2, rows: [[UMAX, 2, MAX], [7, 0, 7]] },
  ],
  rem: [
    { of: i32x2, rows: [[7, 3, 1], [-7, 3, -1], [7, -3, 1], [7, 0, 0], [MIN, -1, 0], [-6, 3, 0]] },
    { of: u32x2, rows: [[UMAX, 10, 5], [7, 0, 0]] },
    {
      of: f32x2,
      rows: [[7.5, 2, 1.5], [-7.5, 2, -1.5], [1, 0, NaN], [1, Infinity, 1], [-0, 1, -0], [
        1e10,
        3,
        1,
      ]],
    },
  ],
  min: [
    {
      of: f32x2,
      rows: [[1, 2, 1], [NaN, 2, 2], [1, NaN, 1], [NaN, NaN, NaN], [-Infinity, 0, -Infinity]],
    },
    { of: f16x2, rows: [[NaN, 2, 2], [1, 2, 1]] },
    { of: i32x2, rows: [[MIN, MAX, MIN], [-1, 0, -1]] },
    { of: u32x2, rows: [[UMAX, 0, 0], [MAX + 1, 5, 5]] },
  ],
  max: [
    {
      of: f32x2,
      rows: [[1, 2, 2], [NaN, 2, 2], [1, NaN, 1], [NaN, NaN, NaN], [-Infinity, 0, 0]],
    },
    { of: f16x2, rows: [[NaN, 2, 2], [1, 2, 2]] },
    { of: i32x2, rows: [[MIN, MAX, MAX], [-1, 0, 0]] },
    { of: u32x2, rows: [[UMAX, 0, UMAX], [MAX + 1, 5, MAX + 1]] },
  ],
  fma: [
    {
      of: ["f32", "f32", "f32"],
      rows: [[2, 3, 4, 10], [Infinity, 0, 1, NaN], [1e30, 1e30, -Infinity, -Infinity]],
    },
    { of: ["f16", "f16", "f16"], rows: [[2, 3, 4, 10], [256, 256, 0, Infinity]] },
  ],
  abs: [
    unary("f32", [-1.5, 1.5], [-0, 0], [-Infinity, Infinity], [NaN, NaN]),
    unary("f16", [-1.5, 1.5]),
    unary("i32", [-5, 5], [MIN, MIN], [MAX, MAX]),
    unary("u32", [UMAX, UMAX]),
  ],
  and: [
    { of: boolx2, rows: [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1]] },
    { of: i32x2, rows: [[-1, 255, 255], [MIN, -1, MIN]] },
    { of: u32x2, rows: [[UMAX, UMAX, UMAX], [0xf0f0f0f0, 0xff00ff00, 0xf000f000]] },
  ],
  or: [
    { of: boolx2, rows: [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]] },
    { of: i32x2, rows: [[MIN, MAX, -1]] },
    { of: u32x2, rows: [[0x80000000, 1, 0x80000001]] },
  ],
  xor: [
    { of: boolx2, rows: [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]] },
    { of: i32x2, rows: [[-1, MAX, MIN]] },
    { of: u32x2, rows: [[UMAX, 1, UMAX - 1]] },
  ],
  not: [
    unary("bool", [0, 1], [1, 0]),
    unary("i32", [0, -1], [MAX, MIN]),
    unary("u32", [0, UMAX], [UMAX, 0]),
  ],
  shl: [
    { of: i32x2, rows: [[1, 31, MIN], [1, 33, 2], [-1, 4, -16]] },
    { of: u32x2, rows: [[1, 31, 2 ** 31], [UMAX, 1, UMAX - 1], [1, 32, 1]] },
  ],
  shr: [
    { of: i32x2, rows: [[-16, 2, -4], [MIN, 31, -1], [4, 33, 2]] },
    { of: u32x2, rows: [[UMAX, 31, 1], [2 ** 31, 4, 2 ** 27], [4, 33, 2]] },
  ],
  eq: [...comparison(0, 1, 0, 0), { of: boolx2, rows: [[0, 0, 1], [0, 1, 0], [1, 1, 1]] }],
  ne: [...comparison(1, 0, 1, 1), { of: boolx2, rows: [[0, 0, 0], [0, 1, 1], [1, 1, 0]] }],
  lt: comparison(1, 0, 0, 0),
  le: comparison(1, 1, 0, 0),
  gt: comparison(0, 0, 1, 0),
  ge: comparison(0, 1, 1, 0),
  select: [
    { of: ["bool", "f32", "f32"], rows: [[1, 2, NaN, 2], [0, NaN, -0, -0]] },
    { of: ["bool", "u32", "u32"], rows: [[1, UMAX, 0, UMAX], [0, UMAX, 0, 0]] },
    { of: ["bool", "bool", "bool"], rows: [[1, 0, 1, 0], [0, 0, 1, 1]] },
  ],
  cast: [
    cast("f32", "i32", [1.9, 1], [-1.9, -1], [3e9, MAX], [-3e9, MIN], [NaN, 0], [-Infinity, MIN]),
    cast("f32", "u32", [1.9, 1], [-7, 0], [5e9, UMAX], [NaN, 0], [3e9, 3e9], [Infinity, UMAX]),
    cast("f16", "i32", [-2.5, -2], [Infinity, MAX], [NaN, 0]),
    cast("f32", "f16", [65519, 65504], [65520, Infinity], [1e-9, 0], [2049, 2048], [2051, 2052]),
    cast("f16", "f32", [0.1, f16round(0.1)], [Infinity, Infinity], [NaN, NaN]),
    cast("i32", "f32", [16777217, 16777216], [16777219, 16777220], [MIN, MIN]),
    cast("u32", "f32", [UMAX, 2 ** 32]),
    cast("i32", "f16", [2049, 2048], [70000, Infinity]),
    cast("i32", "u32", [-1, UMAX], [MIN, 2 ** 31]),
    cast("u32", "i32", [UMAX, -1], [2 ** 31, MIN]),
    cast("f32", "bool", [0.5, 1], [0, 0], [-0, 0], [NaN, 1]),
    cast("i32", "bool", [256, 1], [0, 0], [-1, 1]),
    cast("bool", "f32", [0, 0], [1, 1]),
    cast("bool", "i32", [0, 0], [1, 1]),
    cast("bool", "f16", [1, 1]),
    cast("f32", "f32", [0.1, fround(0.1)]),
    cast("f32", "i8", [127.9, 127], [128, 127], [-129, -128], [NaN, 0]),
    cast("f32", "u16", [65536, 65535], [-1, 0]),
    cast("i32", "i8", [128, -128], [-129, 127], [255, -1]),
    cast("i8", "u8", [-1, 255]),
    cast("f32", "bf16", [1.00390625, 1], [1.01171875, 1.015625], [
      3.3895e38,
      3.3895313892515355e38,
    ]),
    cast("f32", "bf16", [3.4e38, Infinity], [-0, -0], [NaN, NaN], [1e-40, 2 ** -133]),
    cast("f32", "f8e4m3", [464, 448], [1e9, 448], [-Infinity, -448], [NaN, NaN], [-0, -0]),
    cast("f32", "f8e4m3", [2 ** -9, 2 ** -9], [2 ** -10, 0], [3 * 2 ** -10, 2 ** -8], [17, 16]),
    cast("f32", "f8e5m2", [60000, 57344], [65000, 57344], [Infinity, 57344], [1e-5, 2 ** -16]),
    cast("f8e5m2", "f32", [Infinity, Infinity], [NaN, NaN], [57344, 57344]),
  ],
  cast_rtz: [
    cast("f32", "f16", [2051, 2050], [-2051, -2050], [65520, 65504], [1e9, 65504], [NaN, NaN]),
    cast("f32", "f16", [Infinity, Infinity], [2.9e-8, 0], [-2.9e-8, -0], [6e-8, 2 ** -24]),
    cast("f32", "bf16", [1.99, 1.984375], [-1.99, -1.984375], [3.4e38, 3.3895313892515355e38]),
    cast("f32", "bf16", [Infinity, Infinity], [NaN, NaN], [1e-45, 0]),
  ],
  bitcast: [
    cast("f32", "u32", [1, 0x3f800000], [-0, 0x80000000], [Infinity, 0x7f800000]),
    cast("f32", "i32", [-0, MIN], [-1, 0xbf800000 | 0]),
    cast("u32", "f32", [0x3f800000, 1], [0x80000000, -0], [0x7fc00000, NaN]),
    cast("i32", "f32", [MIN, -0], [1, 2 ** -149]),
    cast("u32", "i32", [UMAX, -1]),
    cast("i32", "u32", [-1, UMAX]),
    cast("f16", "i16", [-0, -32768], [1, 0x3c00]),
    cast("u16", "bf16", [0x3f80, 1], [0xff80, -Infinity]),
    cast("u8", "f8e4m3", [0x7e, 448], [0x81, -(2 ** -9)], [0x7f, NaN]),
    cast("f8e5m2", "i8", [-Infinity, -4], [57344, 0x7b]),
  ],
  hint: [{
    of: ["i32"],
    attributes: { about: "contiguity", values: [1] },
    rows: [[5, 5], [MIN, MIN]],
  }],
  ptr_add: [], // needs a pointer: see below
  ptr_index: [], // likewise
  exp: [unary("f32", [0, 1], [1, fround(Math.E)], [-Infinity, 0], [1000, Infinity], [NaN, NaN])],
  exp2: [unary("f32", [3, 8], [-1, 0.5], [-Infinity, 0], [128, Infinity])],
  log: [unary("f32", [1, 0], [0, -Infinity], [-1, NaN], [Infinity, Infinity])],
  log2: [unary("f32", [8, 3], [0.5, -1], [0, -Infinity], [-1, NaN])],
  sqrt: [
    unary("f32", [9, 3], [2, fround(Math.SQRT2)], [-1, NaN], [-0, -0]),
    unary("f16", [2, f16round(Math.SQRT2)]),
  ],
  rsqrt: [unary("f32", [4, 0.5], [0, Infinity], [Infinity, 0], [-1, NaN])],
  sin: [unary("f32", [0, 0], [-0, -0], [1, fround(Math.sin(1))], [Infinity, NaN])],
  cos: [unary("f32", [0, 1], [1, fround(Math.cos(1))], [Infinity, NaN])],
  floor: [
    unary("f32", [1.5, 1], [-1.5, -2], [-0, -0], [Infinity, Infinity], [-(2 ** -130), -0]),
    unary("f16", [-0.5, -1]),
  ],
  erf: [unary("f32", [0, 0], [1, fround(0.8427007929497149)], [-Infinity, -1], [NaN, NaN])],
  erfc: [
    unary("f32", [0, 1], [1, fround(0.15729920705028513)], [5, fround(1.5374597944280349e-12)], [
      -Infinity,
      2,
    ]),
  ],
  remainder: [{ of: f32x2, rows: [[5, 3, -1], [7.5, 5, -2.5], [-5, 3, 1], [1, 0, NaN]] }],
  logb: [unary("f32", [8, 3], [-0.1, -4], [0, -Infinity], [Infinity, Infinity])],
  ilogb: [{ of: ["f32"], to: "i32", rows: [[8, 3], [0.75, -1], [0, MIN], [Infinity, MAX]] }],
  sinpi: [unary("f32", [0.5, 1], [3, 0], [Infinity, NaN])],
  cospi: [unary("f32", [0.5, 0], [1, -1], [Infinity, NaN])],
  tgamma: [unary("f32", [5, 24], [0, Infinity], [-0, -Infinity], [-1, NaN])],
  lgamma: [unary("f32", [1, 0], [2, 0], [3, fround(Math.LN2)], [0, Infinity])],
  erfcx: [unary("f32", [0, 1], [1, fround(0.4275835761558071)], [-Infinity, Infinity])],
  erfinv: [unary("f32", [0, 0], [0.5, fround(0.4769362762044699)], [1, Infinity], [2, NaN])],
  erfcinv: [unary("f32", [1, 0], [0.5, fround(0.4769362762044699)], [0, Infinity], [3, NaN])],
  normcdf: [unary("f32", [0, 0.5], [1, fround(0.8413447460685429)], [-Infinity, 0])],
  normcdfinv: [unary("f32", [0.5, 0], [0.25, fround(-0.6744897501960817)], [0, -Infinity])],
  j0: [unary("f32", [0, 1], [1, fround(0.7651976865579666)], [Infinity, 0])],
  j1: [unary("f32", [0, 0], [1, fround(0.4400505857449335)], [Infinity, 0])],
  jn: [{ of: ["i32", "f32"], to: "f32", rows: [[2, 1, fround(0.1149034849319005)], [3, 0, 0]] }],
  y0: [unary("f32", [1, fround(0.08825696421567696)], [0, -Infinity], [-1, NaN])],
  y1: [unary("f32", [1, fround(-0.7812128213002887)], [0, -Infinity], [-1, NaN])],
  yn: [{ of: ["i32", "f32"], to: "f32", rows: [[2, 1, fround(-1.6506826068162543)]] }],
  i0: [unary("f32", [0, 1], [1, fround(1.2660658777520082)], [100, Infinity])],
  i1: [unary("f32", [0, 0], [1, fround(0.5651591039924851)], [-100, -Infinity])],
  tan: [unary("f32", [0, 0], [1, fround(Math.tan(1))], [Infinity, NaN])],
  asin: [unary("f32", [1, fround(Math.PI / 2)], [-0, -0], [2, NaN])],
  acos: [unary("f32", [1, 0], [-1, fround(Math.PI)], [2, NaN])],
  atan: [unary("f32", [1, fround(Math.PI / 4)], [-Infinity, -fround(Math.PI / 2)])],
  atan2: [{
    of: f32x2,
    rows: [[1, -1, fround(3 * Math.PI / 4)], [0, -0, fround(Math.PI)], [-0, 1, -0], [NaN, 1, NaN]],
  }],
  sinh: [unary("f32", [1, fround(Math.sinh(1))], [-100, -Infinity])],
  cosh: [unary("f32", [1, fround(Math.cosh(1))], [-100, Infinity])],
  tanh: [unary("f32", [1, fround(Math.tanh(1))], [-100, -1], [NaN, NaN])],
  asinh: [unary("f32", [1, fround(Math.asinh(1))], [-Infinity, -Infinity])],
  acosh: [unary("f32", [2, fround(Math.acosh(2))], [1, 0], [0, NaN])],
  atanh: [unary("f32", [0.5, fround(Math.atanh(0.5))], [1, Infinity], [2, NaN])],
  expm1: [unary("f32", [fround(1e-5), fround(Math.expm1(fround(1e-5)))], [-Infinity, -1])],
  log1p: [unary("f32", [fround(1e-5), fround(Math.log1p(fround(1e-5)))], [-1, -Infinity])],
  log10: [unary("f32", [1000, 3], [0, -Infinity], [-1, NaN])],
  exp10: [unary("f32", [3, 1000], [39, Infinity])],
  pow: [{
    of: f32x2,
    rows: [
      [2, 10, 1024],
      [-2, 3, -8],
      [-2, 0.5, NaN],
      [NaN, 0, 1],
      [1, NaN, 1],
      [-1, Infinity, 1],
      [
        0,
        -1,
        Infinity,
      ],
    ],
  }],
  cbrt: [unary("f32", [27, 3], [-8, -2], [-0, -0])],
  hypot: [{ of: f32x2, rows: [[3, 4, 5], [-Infinity, NaN, Infinity], [0, -0, 0]] }],
  fmod: [{
    of: f32x2,
    rows: [[7.5, 2, 1.5], [-7.5, 2, -1.5], [1, 0, NaN], [1, Infinity, 1], [-0, 1, -0], [
      1e10,
      3,
      1,
    ]],
  }],
  nextafter: [{
    of: f32x2,
    rows: [
      [1, 2, 1 + 2 ** -23],
      [1, 0, 1 - 2 ** -24],
      [-1, 0, -1 + 2 ** -24],
      [
        0,
        -1,
        -(2 ** -149),
      ],
      [3, 3, 3],
      [NaN, 1, NaN],
    ],
  }],
  ldexp: [{
    of: ["f32", "i32"],
    to: "f32",
    rows: [[3, 4, 48], [1, -200, 0], [-1, 500, -Infinity]],
  }],
  rint: [unary("f32", [0.5, 0], [1.5, 2], [2.5, 2], [-0.5, -0], [-1.5, -2], [Infinity, Infinity])],
  trunc: [unary("f32", [1.9, 1], [-1.9, -1], [-0.5, -0], [NaN, NaN])],
  round: [unary("f32", [0.5, 1], [2.5, 3], [-0.5, -1], [fround(0.49999997), 0], [-0, -0])],
  copysign: [{ of: f32x2, rows: [[3, -0, -3], [-3, 1, 3], [Infinity, -1, -Infinity]] }],
  sqrt_rn: [unary("f32", [2, fround(Math.SQRT2)], [-1, NaN], [-0, -0])],
  div_rn: [{ of: f32x2, rows: [[1, 3, fround(1 / 3)], [1, 0, Infinity], [0, 0, NaN]] }],
  umulhi: [{
    of: u32x2,
    rows: [[UMAX, UMAX, UMAX - 1], [65536, 65536, 1], [65535, 65537, 0], [2 ** 31, 2, 1]],
  }],
  clz: [unary("i32", [0, 32], [1, 31], [-1, 0]), unary("u32", [UMAX, 0], [65535, 16])],
  popc: [unary("i32", [0, 0], [-1, 32], [MIN, 1]), unary("u32", [255, 8])],
  brev: [unary("i32", [1, MIN], [-1, -1]), unary("u32", [1, 2 ** 31], [6, 0x60000000])],
  ffs: [unary("i32", [0, 0], [1, 1], [MIN, 32], [12, 3]), unary("u32", [2 ** 31, 32])],
  ceil: [unary("f32", [1.5, 2], [-1.5, -1], [-0.5, -0], [NaN, NaN]), unary("f16", [0.5, 1])],
};

/** Runs an operation on columns of operands: where `scalar[i]`, operand i is a scalar (its first element), splat. */
function run(
  name: ElementwiseName,
  cases: Cases,
  columns: readonly (readonly number[])[],
  scalar: readonly boolean[] = [],
): HostArray {
  const dtypes = cases.of.map((of) => DTYPES[of]);
  const dtype = DTYPES[cases.to ?? cases.of.at(-1)!];
  const n = columns[0]!.length;
  const params = Object.fromEntries([
    ...dtypes.map((of, i) => [`x${i}`, [of] as const] as const),
    ["out", [dtype] as const] as const,
  ]);
  const graph = graphOf(params, (b, p) => {
    const operands = dtypes.map((_, i): Value => {
      if (!scalar[i]) return loadTile(b, p[`x${i}`]!, [n]);
      const x = b.value("load", [p[`x${i}`]!]);
      return scalar.every((s) => s) ? x : b.value("splat", [x], { attributes: { shape: [n] } });
    });
    storeTile(b, p["out"]!, b.value(name, operands, { attributes: cases.attributes ?? {} }));
  });
  const memory = (of: DType, numbers: readonly number[]) => {
    const array = hostView(of, new ArrayBuffer(n * of.bytes));
    array.set(isEncoded(of) ? numbers.map((x) => TO_BITS[of.name](x)) : numbers);
    return array;
  };
  const out = memory(dtype, []);
  evaluate(graph, [...dtypes.map((of, i) => memory(of, columns[i]!)), out], [1, 1, 1]);
  return isEncoded(dtype)
    ? Float32Array.from(out, (bits) => Number(FROM_BITS[dtype.name](bits)))
    : out;
}

/** Fails unless the numbers are the same: 0 is not -0, and NaN is NaN. */
function assertSame(actual: Iterable<Numeric>, expected: readonly Numeric[]): void {
  const text = (x: Numeric) => Object.is(x, -0) ? "-0" : String(x);
  assertEquals([...actual].map(text), expected.map(text));
}

for (const [name, all] of Object.entries(CASES) as [ElementwiseName, readonly Cases[]][]) {
  for (const cases of all) {
    const to = cases.to ? ` to ${cases.to}` : "";
    Deno.test(`${name} of ${cases.of.join(", ")}${to} computes what its row says`, () => {
      const arity = cases.of.length;
      const columns = cases.of.map((_, i) => cases.rows.map((row) => row[i]!));
      const expected = cases.rows.map((row) => row[arity]!);
      // In one tile.
      assertSame(run(name, cases, columns), expected);
      cases.rows.forEach((row) => {
        const single = row.slice(0, arity).map((x) => [x]);
        const triple = row.slice(0, arity).map((x) => [x, x, x]);
        const result = row[arity]!;
        // As scalars, and with each operand in turn a scalar among tiles.
        assertSame(run(name, cases, single, single.map(() => true)), [result]);
        if (arity === 1) return;
        for (let i = 0; i < arity; i++) {
          const out = run(name, cases, triple, single.map((_, j) => j === i));
          assertSame(out, [result, result, result]);
        }
      });
    });
  }
}

Deno.test("every elementwise operation has cases", () => {
  const names = Object.entries(OPS).flatMap(([name, row]) => isElementwise(row) ? [name] : []);
  assertEquals(Object.keys(CASES).sort(), names.sort());
  const empty = Object.entries(CASES).flatMap(([name, cases]) => cases.length === 0 ? [name] : []);
  assertEquals(empty, ["ptr_add", "ptr_index"]);
});

Deno.test("ptr_add moves a pointer by elements, whatever their size", () => {
  const f16 = DTYPES.f16;
  const graph = graphOf({ x: [f16], out: [f16] }, (b, { x, out }) => {
    const moved = b.value("ptr_add", [x, b.constant(3, DTYPES.i32)]);
    if (!isPointer(moved.type.element)) throw new Error("ptr_add gives no pointer");
    storeTile(b, out, loadTile(b, moved, [2]));
  });
  const out = new Float16Array(2);
  evaluate(graph, [Float16Array.of(0, 1, 2, 3, 4), out], [1, 1, 1]);
  assertEquals([...out], [3, 4]);
});

Deno.test("ptr_index tells which element a pointer points to", () => {
  const graph = graphOf({ out: [DTYPES.i32] }, (b, { out }) => {
    const moved = b.value("ptr_add", [out, b.constant(5, DTYPES.i32)]);
    b.op("store", [out, b.value("ptr_index", [moved])]);
  });
  const out = new Int32Array(1);
  evaluate(graph, [out], [1, 1, 1]);
  assertEquals([...out], [5]);
});
