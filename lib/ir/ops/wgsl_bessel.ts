/**
 * Bessel functions of f32 as WGSL.
 *
 * Below 8 each is a polynomial around a root, which is taken in two parts, so that the result is
 * relatively exact there too; from 8 on it is a cosine, with the phase and the modulus as
 * polynomials by 1 / x^2, exact to some 1e-7 of its size between roots.
 */

import { INFINITY, NAN, polynomial, type Source, unary } from "./wgsl_source.ts";

/** A fit of f(x) / (x - root) by x less the root's first part. */
interface Piece {
  readonly root: readonly number[];
  readonly c: readonly number[];
}

// Fits: by x^2 near 0 (of y0 and y1 without their logarithm, of j1 and y1 divided by x), around roots, then
// by 1 / x^2 from 8 on; of i0 and i1 by x^2 / 4 up to 8 and, times sqrt(x) exp(-x), by 1 / x beyond.
const J0_NEAR = [1.0, -0.24999997, 0.0156249357, -0.000433966226, 6.75427236e-06, -6.20610763e-08];
const J0_A: Piece = {
  root: [2.40482545, 1.08705905e-07],
  c: [
    -0.519147515,
    0.10793867,
    0.0566017479,
    -0.00865730736,
    -0.00219441741,
    0.000263100315,
    4.61764575e-05,
    -6.08655319e-06,
  ],
};
const J0_B: Piece = {
  root: [5.52007818, -7.19341458e-08],
  c: [
    0.340264797,
    -0.0308206249,
    -0.0529885329,
    0.0046308483,
    0.00225738878,
    -0.000174883797,
    -4.64665718e-05,
    3.02351032e-06,
    5.45728255e-07,
  ],
};
const J0_C: Piece = {
  root: [8.65372753, 3.81477918e-07],
  c: [
    -0.271457702,
    0.0156492312,
    0.0439405143,
    -0.00264186272,
    -0.00216562417,
    6.94866249e-05,
    4.01029829e-05,
  ],
};
const J1_NEAR = [0.5, -0.0625, 0.00260416279, -5.42495836e-05, 6.76345621e-07, -5.25257171e-09];
const J1_A: Piece = {
  root: [3.83170605, -7.68505899e-08],
  c: [
    -0.402759403,
    0.0525561534,
    0.0534104928,
    -0.00517970324,
    -0.00223327847,
    0.000174601533,
    4.63555043e-05,
    -2.95524069e-06,
    -6.11626774e-07,
  ],
};
const J1_B: Piece = {
  root: [7.01558685, -1.83211725e-07],
  c: [
    0.300115764,
    -0.0213892329,
    -0.0469704941,
    0.00313030533,
    0.00210565142,
    -0.000125511608,
    -4.50809057e-05,
    2.36839855e-06,
    6.02908187e-07,
  ],
};
const Y0_NEAR = [-0.0738042966, 0.177606016, -0.0160739627, 0.000538567605, -9.39428082e-06];
const Y0_A: Piece = {
  root: [0.89357698, -1.33579787e-08],
  c: [
    0.879420817,
    -0.492078871,
    0.220552295,
    -0.226127058,
    0.218990237,
    -0.204737261,
    0.196099505,
    -0.194166794,
    0.207446694,
    -0.218048215,
    0.165584832,
    -0.0587249696,
  ],
};
const Y0_B: Piece = {
  root: [0.89357698, -1.33579787e-08],
  c: [
    0.878960907,
    -0.48759824,
    0.200639427,
    -0.171991318,
    0.116367154,
    -0.0566717759,
    0.0203840509,
    -0.00504065212,
    0.000753464526,
    -5.10327409e-05,
  ],
};
const Y0_C: Piece = {
  root: [3.95767832, 1.01291178e-07],
  c: [
    -0.402542681,
    0.0508559011,
    0.0585238263,
    -0.00685260445,
    -0.00218351046,
    0.000195368571,
    5.08821322e-05,
    -4.98414011e-06,
    -2.40747056e-07,
  ],
};
const Y0_D: Piece = {
  root: [7.08605099, 7.30581178e-08],
  c: [
    0.300097615,
    -0.0211752318,
    -0.0480240844,
    0.00331835938,
    0.00217604078,
    -0.000140612698,
    -4.60443771e-05,
    2.67350583e-06,
    6.21213985e-07,
  ],
};
const Y1_NEAR = [
  -0.196057096,
  0.0543486886,
  -0.00295530516,
  7.16423747e-05,
  -9.92269065e-07,
  8.68645778e-09,
];
const Y1_A: Piece = {
  root: [2.19714141, -8.28892723e-08],
  c: [
    0.520786405,
    -0.118514553,
    -0.0328575186,
    -0.00479776319,
    0.00742456084,
    -0.00259558205,
    0.00105440116,
    -0.00050934084,
    0.000271448545,
    -0.000104440318,
    7.68184691e-07,
    -3.07383198e-05,
    3.73603871e-05,
  ],
};
const Y1_B: Piece = {
  root: [5.42968082, 2.16514351e-07],
  c: [
    -0.340318054,
    0.0313386545,
    0.0509479232,
    -0.00416011643,
    -0.00216593756,
    0.000146646635,
    4.63929973e-05,
    -2.91019114e-06,
    -5.30962154e-07,
    4.75222706e-08,
    1.17933459e-08,
  ],
};
const Y1_C: Piece = {
  root: [8.59600544, 4.28572861e-07],
  c: [
    0.271476626,
    -0.015689373,
    -0.0431598648,
    0.00273600873,
    0.00224003824,
    -1.80255556e-05,
    -3.24438879e-05,
  ],
};
const M0 = [1.0, -0.0624997392, 0.103373729, -0.514782548, 3.36648583];
const PHASE0 = [-0.125, 0.0651030391, -0.208946943, 1.5126884, -12.0096569];
const M1 = [1.0, 0.187499672, -0.193178028, 0.769561648, -4.60195303];
const PHASE1 = [0.375, -0.164061069, 0.370106846, -2.21086693, 16.2453327];
const I0_NEAR = [
  1.0,
  0.25,
  0.0277777594,
  0.00173612975,
  6.94354021e-05,
  1.93145911e-06,
  3.89752657e-08,
  6.53012977e-10,
  5.45472348e-12,
  1.38927932e-13,
];
const I1_NEAR = [
  1.0,
  0.50000006,
  0.0833332092,
  0.00694458559,
  0.000347147085,
  1.15959901e-05,
  2.71834153e-07,
  5.30125188e-09,
  4.59360362e-11,
  1.44200678e-12,
];
const I0_FAR = [0.398942232, 0.0498732366, 0.0277577005, 0.0361412354, -0.0315659195, 0.437223613];
const I1_FAR = [
  0.398942322,
  -0.149609625,
  -0.0464148149,
  -0.0488337092,
  0.0297665764,
  -0.508030295,
];

/** The value of a piece at `a`. */
function around({ root: [first, second], c }: Piece): string {
  return `near_root(a - ${first}f, ${second}f, ${polynomial(`(a - ${first}f)`, c)})`;
}

/** The oscillating functions from 8 on. */
function wave(order: 0 | 1, kind: "first" | "second"): string {
  const [modulus, phase] = order === 0 ? [M0, PHASE0] : [M1, PHASE1];
  return `  let inverse = 1.0 / min(a, 1e18);
  let u = inverse * inverse;
  let size = sqrt(0.63661977 * inverse) * ${polynomial("u", modulus)};
  let shift = inverse * ${polynomial("u", phase)} - 0.78539816;
  let at = quadrant_f32(a);
  // x less the multiple of a quarter turn, and the shift, each within an eighth.
  let s = sin_small_f32(at.x) * cos_small_f32(shift) + cos_small_f32(at.x) * sin_small_f32(shift);
  let c = cos_small_f32(at.x) * cos_small_f32(shift) - sin_small_f32(at.x) * sin_small_f32(shift);
  let k = (i32(at.y) + ${order === 0 ? 0 : 3}${kind === "first" ? "" : " + 3"}) & 3;
  let value = select(c, s, (k & 1) == 1);
  // The cosine of an angle and k quarter turns.
  return size * select(value, -value, k == 1 || k == 2)`;
}

const NEEDS = ["quadrant_f32", "sin_small_f32", "cos_small_f32", "near_root"];

export const BESSEL_SOURCES = {
  // (x - low) * factor for an x below 8. The bound keeps drivers from putting the two parts of a root
  // together again: the H200's did, whether this was one product or two.
  near_root: {
    text: `fn near_root(x: f32, low: f32, factor: f32) -> f32 {
  return (max(x, -8.0) - low) * factor;
}`,
  },
  j0_f32: unary(
    "j0_f32",
    `  let a = abs(x);
  if (a < 2.0) {
    let z = a * a;
    return ${polynomial("z", J0_NEAR)};
  }
  if (a < 4.0) {
    return ${around(J0_A)};
  }
  if (a < 7.0) {
    return ${around(J0_B)};
  }
  if (a < 8.0) {
    return ${around(J0_C)};
  }
  if (bitcast<u32>(a) == 0x7f800000u) {
    return 0.0;
  }
${wave(0, "first")};`,
    NEEDS,
  ),
  j1_f32: unary(
    "j1_f32",
    `  let a = abs(x);
  if (a < 2.0) {
    let z = a * a;
    return x * ${polynomial("z", J1_NEAR)};
  }
  if (bitcast<u32>(a) == 0x7f800000u) {
    return 0.0;
  }
  let value = j1_far_f32(a);
  return select(value, -value, x < 0.0);`,
    ["j1_far_f32"],
  ),
  j1_far_f32: {
    needs: NEEDS,
    text: `fn j1_far_f32(a: f32) -> f32 {
  if (a < 5.0) {
    return ${around(J1_A)};
  }
  if (a < 8.0) {
    return ${around(J1_B)};
  }
${wave(1, "first")};
}`,
  },
  y0_f32: unary(
    "y0_f32",
    `  let a = x;
  if (!(x > 0.0)) {
    if (x == 0.0) {
      return -${INFINITY};
    }
    return ${NAN};
  }
  if (bitcast<u32>(a) == 0x7f800000u) {
    return 0.0;
  }
  if (a < 0.6) {
    let z = a * a;
    return 0.63661977 * log_f32(a) * ${polynomial("z", J0_NEAR)} + ${polynomial("z", Y0_NEAR)};
  }
  if (a < 1.5) {
    return ${around(Y0_A)};
  }
  if (a < 3.0) {
    return ${around(Y0_B)};
  }
  if (a < 5.5) {
    return ${around(Y0_C)};
  }
  if (a < 8.0) {
    return ${around(Y0_D)};
  }
${wave(0, "second")};`,
    [...NEEDS, "log_f32"],
  ),
  y1_f32: unary(
    "y1_f32",
    `  let a = x;
  if (!(x > 0.0)) {
    if (x == 0.0) {
      return -${INFINITY};
    }
    return ${NAN};
  }
  if (bitcast<u32>(a) == 0x7f800000u) {
    return 0.0;
  }
  if (a < 1.2) {
    let z = a * a;
    if (a < 1.9e-39) {
      return -${INFINITY};
    }
    let first = a * ${polynomial("z", J1_NEAR)};
    return (0.63661977 * log_f32(a) * first + a * ${polynomial("z", Y1_NEAR)}) - 0.63661977 / a;
  }
  if (a < 3.0) {
    return ${around(Y1_A)};
  }
  if (a < 6.5) {
    return ${around(Y1_B)};
  }
  if (a < 8.0) {
    return ${around(Y1_C)};
  }
${wave(1, "second")};`,
    [...NEEDS, "log_f32"],
  ),
  // Upwards where that is stable, else downwards from an order that is 0 beside what is wanted.
  jn_f32: {
    needs: ["is_nan_f32", "j0_f32", "j1_f32"],
    text: `fn jn_f32(n: i32, x: f32) -> f32 {
  if (is_nan_f32(x)) {
    return x;
  }
  let order = abs(n);
  let a = abs(x);
  if (order == 0) {
    return j0_f32(a);
  }
  let flip = (order & 1) == 1 && ((x < 0.0) != (n < 0));
  let sign = select(1.0, -1.0, flip);
  if (order == 1) {
    return sign * j1_f32(a);
  }
  if (a == 0.0 || bitcast<u32>(a) == 0x7f800000u) {
    return 0.0;
  }
  let double = 2.0 / a;
  if (f32(order) < a) {
    var below = j0_f32(a);
    var here = j1_f32(a);
    for (var k = 1; k < order; k++) {
      let next = f32(k) * double * here - below;
      below = here;
      here = next;
    }
    return sign * here;
  }
  let start = 2 * ((order + i32(sqrt(48.0 * f32(order))) + 24) / 2);
  var above = 0.0;
  var here = 1e-30;
  var sum = 0.0;
  var wanted = 0.0;
  for (var k = start; k > 0; k--) {
    let below = f32(k) * double * here - above;
    above = here;
    here = below;
    if (abs(here) > 1e15) { // of the recurrence only ratios matter
      here *= 1e-15;
      above *= 1e-15;
      sum *= 1e-15;
      wanted *= 1e-15;
    }
    if ((k & 1) == 1) {
      sum += select(2.0, 1.0, k == 1) * here;
    }
    if (k - 1 == order) {
      wanted = here;
    }
  }
  return sign * wanted / sum;
}`,
  },
  yn_f32: {
    needs: ["is_nan_f32", "y0_f32", "y1_f32"],
    text: `fn yn_f32(n: i32, x: f32) -> f32 {
  if (is_nan_f32(x)) {
    return x;
  }
  let order = abs(n);
  let flip = (order & 1) == 1 && n < 0;
  if (order == 0 || !(x > 0.0)) {
    return y0_f32(x);
  }
  var here = y1_f32(x);
  if (order > 1 && bitcast<u32>(x) != 0x7f800000u) {
    var below = y0_f32(x);
    let double = 2.0 / x;
    for (var k = 1; k < order; k++) {
      let next = f32(k) * double * here - below;
      if (bitcast<u32>(abs(next)) >= 0x7f800000u) {
        here = -${INFINITY};
        break;
      }
      below = here;
      here = next;
    }
  }
  return select(here, -here, flip);
}`,
  },
  i0_f32: unary(
    "i0_f32",
    `  let a = abs(x);
  if (a < 8.0) {
    let y = 0.25 * a * a;
    return 1.0 + y * ${polynomial("y", I0_NEAR)};
  }
  if (a > 92.0) {
    return ${INFINITY};
  }
  let u = 1.0 / a;
  let half = exp_sum_f32(0.5 * a, 0.0);
  return half * (half * ${polynomial("u", I0_FAR)} * sqrt(u));`,
    ["exp_sum_f32"],
  ),
  i1_f32: unary(
    "i1_f32",
    `  let a = abs(x);
  if (a < 8.0) {
    let y = 0.25 * a * a;
    return 0.5 * x * ${polynomial("y", I1_NEAR)};
  }
  if (a > 92.0) {
    return copysign_f32(${INFINITY}, x);
  }
  let u = 1.0 / a;
  let half = exp_sum_f32(0.5 * a, 0.0);
  return copysign_f32(half * (half * ${polynomial("u", I1_FAR)} * sqrt(u)), x);`,
    ["exp_sum_f32", "copysign_f32"],
  ),
} satisfies Record<string, Source>;
