/** Pointwise kernels, rows and losses by definition. */

import { tl } from "../../../mod.ts";
import {
  type Case,
  erf,
  floats,
  integers,
  random,
  sigmoid,
  softmax,
  table,
  zeros,
} from "./case.ts";

const cases: Case[] = [];

{
  const n = 100, x = random(n), y = random(n);
  cases.push({
    ...{ file: "pointwise", kernel: "saxpy", grid: [2] },
    args: {
      ...{ x_ptr: floats([n], x), y_ptr: floats([n], y), out_ptr: zeros([n]) },
      ...{ alpha: 2.5, n, BLOCK: 64 },
    },
    want: { out_ptr: table(n, (i) => 2.5 * x[i]! + y[i]!) },
  });
}
{
  const R = 3, C = 40, gate = random(R * C, 3), up = random(R * C);
  const kinds: Readonly<Record<string, (x: number) => number>> = {
    swish: (x) => x * sigmoid(x),
    gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
    gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x ** 3))),
  };
  for (const [KIND, f] of Object.entries(kinds)) {
    cases.push({
      ...{ file: "pointwise", kernel: "gated", grid: [R] },
      args: {
        ...{ gate_ptr: floats([R, C], gate), up_ptr: floats([R, C], up), out_ptr: zeros([R, C]) },
        ...{ stride: C, cols: C, KIND, BLOCK: 64 },
      },
      want: { out_ptr: table(R * C, (i) => f(gate[i]!) * up[i]!) },
    });
  }
  const grad = random(R * C), n = R * C;
  for (const LONG of [true, false]) {
    cases.push({
      ...{ file: "pointwise", kernel: "gated_gradient", grid: [2] },
      args: {
        ...{ grad_ptr: floats([n], grad), gate_ptr: floats([n], gate), up_ptr: floats([n], up) },
        ...{ n, LONG, BLOCK: 64 },
      },
      want: {
        up_ptr: table(n, (i) => grad[i]! * gate[i]! * sigmoid(gate[i]!)),
        gate_ptr: table(n, (i) => {
          const s = sigmoid(gate[i]!);
          return grad[i]! * up[i]! * (gate[i]! * s * (1 - s) + s);
        }),
      },
    });
  }
}
{
  // Integers of 8 bits must become floats before 8 is taken off.
  const n = 33, x = table(n, (i) => i % 16);
  for (const dtype of ["u8", "i32", "f16"] as const) {
    cases.push({
      ...{ file: "pointwise", kernel: "requantize", grid: [1] },
      args: { x_ptr: { dtype, shape: [n], data: x }, out_ptr: zeros([n]), n },
      want: {
        out_ptr: table(n, (i) => {
          const scaled = (x[i]! - 8) * 2;
          return Math.sign(scaled) * (Math.abs(scaled) + 1);
        }),
      },
    });
  }
}
{
  const R = 3, C = 40, x = random(R * C, 3);
  const row = (r: number) => [...x.slice(r * C, r * C + C)];
  const soft = Float64Array.from([0, 1, 2].flatMap((r) => softmax(row(r))));
  cases.push({
    ...{ file: "rows", kernel: "softmax_rows", grid: [2] },
    args: {
      ...{ out_ptr: zeros([R, C]), x_ptr: floats([R, C], x), stride_out: C, stride_x: C },
      ...{ rows: R, cols: C, BLOCK: 64, STAGES: 2 },
    },
    want: { out_ptr: soft },
  });
  for (const LOG of [true, false]) {
    cases.push({
      ...{ file: "rows", kernel: "online_softmax", grid: [R] },
      args: { out_ptr: zeros([R, C]), x_ptr: floats([R, C], x), N: C, TILE: 16, LOG },
      want: { out_ptr: LOG ? soft.map(Math.log) : soft },
    });
  }
  const keep = table(R * C, (i) => i % 3 === 1 ? 0 : 1);
  for (const keep_ptr of [integers([R, C], keep), undefined]) {
    cases.push({
      ...{ file: "rows", kernel: "causal_softmax", grid: [2] },
      args: {
        ...{ x_ptr: floats([R, C], x), keep_ptr, out_ptr: zeros([R, C]), scale: 0.5 },
        ...{ rows: R, cols: C, R: 2, C: 64 },
      },
      want: {
        out_ptr: Float64Array.from(
          [0, 1, 2].flatMap((r) =>
            softmax(
              row(r).map((v, c) => c > r || keep_ptr && !keep[r * C + c] ? -Infinity : v * 0.5),
            )
          ),
        ),
      },
    });
  }
  const w = random(C), b = random(C), eps = 1e-5;
  const rms = (r: number) => 1 / Math.sqrt(row(r).reduce((s, v) => s + v * v, 0) / C + eps);
  for (const CASTING of [-1, 0, 1]) {
    for (const AFFINE of [true, false]) {
      cases.push({
        ...{ file: "rows", kernel: "rms_norm", grid: [R] },
        args: {
          ...{ Y: zeros([R, C]), X: floats([R, C], x), W: floats([C], w), RSTD: zeros([R]) },
          ...{ stride: C, cols: C, eps, offset: tl.f32(1), CASTING, AFFINE, BLOCK: 64 },
        },
        want: {
          RSTD: table(R, rms),
          Y: table(R * C, (i) => x[i]! * rms(Math.floor(i / C)) * (AFFINE ? 1 + w[i % C]! : 1)),
        },
      });
    }
  }
  const mean = table(R, (r) => row(r).reduce((s, v) => s + v, 0) / C);
  const spread = table(R, (r) => row(r).reduce((s, v) => s + (v - mean[r]!) ** 2, 0));
  const rstd = spread.map((s) => 1 / Math.sqrt(s / C + eps));
  const hat = (i: number) => (x[i]! - mean[Math.floor(i / C)]!) * rstd[Math.floor(i / C)]!;
  cases.push({
    ...{ file: "rows", kernel: "layer_norm", grid: [R] },
    args: {
      ...{ X: floats([R, C], x), Y: zeros([R, C]), W: floats([C], w), B: floats([C], b) },
      ...{ Mean: zeros([R]), Rstd: zeros([R]), stride: C, N: C, eps, BLOCK: 16 },
    },
    want: { Mean: mean, Rstd: rstd, Y: table(R * C, (i) => hat(i) * w[i % C]! + b[i % C]!) },
  });
  const dy = random(R * C), GROUPS = 2;
  cases.push({
    ...{ file: "rows", kernel: "layer_norm_gradient", grid: [R] },
    args: {
      ...{ DX: zeros([R, C]), DY: floats([R, C], dy), DW: zeros([GROUPS, C]) },
      ...{ X: floats([R, C], x), W: floats([C], w), Mean: floats([R], mean) },
      ...{ Rstd: floats([R], rstd), Lock: zeros([2 * GROUPS], "i32"), stride: C, N: C },
      ...{ GROUPS, BLOCK: 64 },
    },
    want: {
      DX: table(R * C, (i) => {
        const r = Math.floor(i / C);
        let c1 = 0, c2 = 0;
        for (let c = 0; c < C; c++) {
          c1 += hat(r * C + c) * w[c]! * dy[r * C + c]! / C;
          c2 += w[c]! * dy[r * C + c]! / C;
        }
        return (w[i % C]! * dy[i]! - (hat(i) * c1 + c2)) * rstd[r]!;
      }),
      DW: table(GROUPS * C, (i) => {
        let sum = 0;
        for (let r = Math.floor(i / C); r < R; r += GROUPS) {
          sum += dy[r * C + i % C]! * hat(r * C + i % C);
        }
        return sum;
      }),
    },
  });
  cases.push({
    ...{ file: "rows", kernel: "variance", grid: [R] },
    args: {
      ...{ x_ptr: floats([R, C], x), mean_ptr: zeros([R]), var_ptr: zeros([R]) },
      ...{ N: C, correction: 1, BLOCK: 16 },
    },
    want: { mean_ptr: mean, var_ptr: spread.map((s) => s / (C - 1)) },
  });
}
{
  const R = 4, C = 50, x = random(R * C, 4), y = [3, -100, 49, 0], cap = 5;
  const weight = random(C).map((v) => Math.abs(v) + 0.1);
  for (const HAS_WEIGHT of [false, true]) {
    for (const smoothing of [0, 0.1]) {
      for (const HAS_CAP of [false, true]) {
        const value = (r: number, c: number) =>
          HAS_CAP ? cap * Math.tanh(x[r * C + c]! / cap) : x[r * C + c]!;
        const logits = (r: number) => Array.from({ length: C }, (_, c) => value(r, c));
        const weightOf = (r: number) => HAS_WEIGHT ? weight[y[r]!]! : 1;
        cases.push({
          ...{ file: "losses", kernel: "cross_entropy", grid: [R], tolerance: 1e-3 },
          args: {
            ...{ X_ptr: floats([R, C], x), X_stride: C, Y_ptr: integers([R], y) },
            ...{ weight_ptr: floats([C], weight), loss_ptr: zeros([R]), cols: C, count: 3 },
            ...{ ignored: -100, smoothing, reduction: "mean", softcap: tl.f32(cap) },
            ...{ HAS_WEIGHT, HAS_CAP, BLOCK: 16 },
          },
          want: {
            loss_ptr: table(R, (r) => {
              if (y[r] === -100) return 0;
              const p = softmax(logits(r)).map(Math.log);
              const uniform = p.reduce((sum, v) => sum - v / C, 0);
              return (-(1 - smoothing) * p[y[r]!]! + smoothing * uniform) * weightOf(r) / 3;
            }),
            X_ptr: table(R * C, (i) => {
              const r = Math.floor(i / C), c = i % C;
              if (y[r] === -100) return 0;
              const target = (c === y[r] ? 1 - smoothing : 0) + smoothing / C;
              const slope = HAS_CAP ? 1 - (value(r, c) / cap) ** 2 : 1;
              return (softmax(logits(r))[c]! - target) * weightOf(r) / 3 * slope;
            }),
          },
        });
      }
    }
  }
  const p = random(R * C).map(Math.abs), q = random(R * C, 2);
  for (const LOG_TARGET of [false, true]) {
    cases.push({
      ...{ file: "losses", kernel: "divergence", grid: [R] },
      args: {
        ...{ p_ptr: floats([R, C], p), q_ptr: floats([R, C], q), loss_ptr: zeros([R]), cols: C },
        ...{ eps: 1e-10, LOG_TARGET, reduction: 2 },
      },
      want: {
        loss_ptr: table(R, (r) => {
          let sum = 0;
          for (let i = r * C; i < r * C + C; i++) {
            sum += LOG_TARGET
              ? Math.exp(p[i]!) * (p[i]! - q[i]!)
              : p[i]! * (Math.log(Math.max(p[i]!, 1e-10)) - q[i]!);
          }
          return sum / C;
        }),
      },
    });
  }
  const X = random(R * C, 2), Y = random(R * C, 2);
  for (const beta of [0, 1, 0.3]) {
    cases.push({
      ...{ file: "losses", kernel: "jensen_shannon", grid: [R], tolerance: 1e-3 },
      args: {
        ...{ X_ptr: floats([R, C], X), Y_ptr: floats([R, C], Y), loss_ptr: zeros([R, C]) },
        ...{ dX_ptr: zeros([R, C]), n: 3, cols: C, beta, BLOCK: 16 },
      },
      want: {
        loss_ptr: table(R * C, (i) => {
          const Q = Math.exp(X[i]!), P = Math.exp(Y[i]!), M = beta * P + (1 - beta) * Q;
          if (beta === 0) return P * (Y[i]! - X[i]!) / 3;
          if (beta === 1) return Q * (X[i]! - Y[i]!) / 3;
          return (beta * P * Y[i]! + (1 - beta) * Q * X[i]! - M * Math.log(M)) / 3;
        }),
      },
    });
  }
}

export const POINTWISE: readonly Case[] = cases;
