/** Products, attention, quantised numbers, sequences and compiled code by definition. */

import { tl } from "../../../mod.ts";
import { type Case, floats, integers, product, random, softmax, table, zeros } from "./case.ts";

const cases: Case[] = [];

{
  const n = 60, cols = 12, x = random(n), bias = random(cols);
  for (const bias_ptr of [floats([cols], bias), undefined]) {
    cases.push({
      ...{ file: "pointwise", kernel: "bias_dropout", grid: [2] },
      args: {
        ...{ x_ptr: floats([n], x), bias_ptr, out_ptr: zeros([n]), keep_ptr: zeros([n], "i32") },
        ...{ n, cols, p: tl.f32(-1), seed: 7, BLOCK: 32 }, // every number is above p
      },
      want: {
        keep_ptr: table(n, () => 1),
        out_ptr: table(n, (i) => (x[i]! + (bias_ptr ? bias[i % cols]! : 0)) / 2),
      },
    });
  }
}
{
  const M = 20, N = 24, K = 36, a = random(M * K), b = random(K * N);
  const c = product(a, b, M, N, K), c_ptr = zeros([M, N]);
  const matrices = { a_ptr: floats([M, K], a), b_ptr: floats([K, N], b), c_ptr, M, N, K };
  const strides = {
    ...{ stride_am: K, stride_ak: 1, stride_bk: N, stride_bn: 1, stride_cm: N, stride_cn: 1 },
  };
  for (const ACTIVATION of ["", "leaky"]) {
    for (const tiles of [{ BM: 16, BN: 16, BK: 16, GROUP: 2 }, {}]) {
      cases.push({
        ...{ file: "products", kernel: "matmul", grid: [4] },
        args: { ...matrices, ...strides, ...tiles, ACTIVATION },
        want: { c_ptr: c.map((x) => ACTIVATION && x < 0 ? 0.01 * x : x) },
      });
    }
  }
  for (const SPLIT of [1, 2]) {
    cases.push({
      ...{ file: "products", kernel: "split_k", grid: [2, 2, SPLIT] },
      args: {
        ...{ A: matrices.a_ptr, B: matrices.b_ptr, C: c_ptr, M, N, K },
        ...{ OUT: tl.f32, CAST: undefined, BLOCK: 16, SPLIT },
      },
      want: { C: c },
    });
  }
  cases.push({
    ...{ file: "products", kernel: "persistent", grid: [3] },
    args: { ...matrices, B: 16, GROUP: 2, PROGRAMS: 3 },
    want: { c_ptr: c },
  });
  const turned = table(N * K, (i) => b[(i % K) * N + Math.floor(i / K)]!);
  for (const HALVES of [true, false]) {
    cases.push({
      ...{ file: "products", kernel: "by_descriptors", grid: [2, 2] },
      args: {
        ...{ a_desc: matrices.a_ptr, b_desc: floats([N, K], turned), c_desc: c_ptr },
        ...{ M, N, K, B: 16, HALVES },
      },
      want: { c_desc: c },
    });
  }
  const sizes = [5, 0, 18], left = random(23 * K), right = random(3 * K * N);
  cases.push({
    ...{ file: "products", kernel: "grouped", grid: [2] },
    args: {
      ...{ a_ptr: floats([23, K], left), b_ptr: floats([3, K, N], right), c_ptr: zeros([23, N]) },
      ...{ sizes_ptr: integers([3], sizes), G: 3, K, N, B: 16, PROGRAMS: 2 },
    },
    want: {
      c_ptr: table(23 * N, (i) => {
        const row = Math.floor(i / N), group = row < 5 ? 0 : 2;
        let sum = 0;
        for (let k = 0; k < K; k++) sum += left[row * K + k]! * right[(group * K + k) * N + i % N]!;
        return sum;
      }),
    },
  });
}

/** Attention of one query: which keys it sees, their logits, and one number of each value. */
function attend(seen: number, logit: (n: number) => number, value: (n: number) => number): number {
  const weights = softmax(Array.from({ length: seen }, (_, n) => logit(n)));
  return weights.reduce((sum, p, n) => sum + p * value(n), 0);
}

{
  const H = 2, CTX = 32, D = 16, count = H * CTX * D;
  const [q, k, v] = [random(count), random(count), random(count)].map((x) => x.map(Math.f16round));
  for (const STAGE of [1, 3]) {
    cases.push({
      ...{ file: "attention", kernel: "forward", grid: [2, H], tolerance: 4e-3 },
      args: {
        ...{ Q: floats([H, CTX, D], q!, "f16"), K: floats([H, CTX, D], k!, "f16") },
        ...{ V: floats([H, CTX, D], v!, "f16"), sm_scale: 0.3, M: zeros([H, CTX]) },
        ...{ Out: zeros([H, CTX, D], "f16"), stride_h: CTX * D, stride_m: D, stride_d: 1, CTX, D },
        STAGE,
      },
      want: {
        Out: table(count, (i) => {
          const head = Math.floor(i / (CTX * D)), m = Math.floor(i / D) % CTX;
          const at = (n: number, d: number) => (head * CTX + n) * D + d;
          const logit = (n: number) => {
            let sum = 0;
            for (let d = 0; d < D; d++) sum += q![at(m, d)]! * k![at(n, d)]! * 0.3;
            return sum;
          };
          return attend(STAGE === 3 ? m + 1 : CTX, logit, (n) => v![at(n, i % D)]!);
        }),
      },
    });
  }
  for (
    const [BIAS, seqlen, headdim] of [["none", 27, 12], ["vector", 32, 16], ["matrix", 27, 16]]
  ) {
    const S = Number(seqlen), E = Number(headdim), size = H * S * E;
    const [qs, ks, vs, bias] = [random(size), random(size), random(size), random(H * S * S)];
    for (const CAUSAL of [true, false]) {
      cases.push({
        ...{ file: "attention", kernel: "biased", grid: [2, H] },
        args: {
          ...{ Q: floats([H, S, E], qs), K: floats([H, S, E], ks), V: floats([H, S, E], vs) },
          ...{ Bias: floats([H, S, S], bias), Out: zeros([H, S, E]), scale: 0.3, seqlen, headdim },
          ...{ BIAS, CAUSAL, BD: 16, BM: 16, BN: 16 },
        },
        want: {
          Out: table(size, (i) => {
            const head = Math.floor(i / (S * E)), m = Math.floor(i / E) % S;
            const logit = (n: number) => {
              let sum = 0;
              for (let d = 0; d < E; d++) {
                sum += qs[(head * S + m) * E + d]! * ks[(head * S + n) * E + d]! * 0.3;
              }
              const row = BIAS === "matrix" ? head * S + m : head;
              return sum + (BIAS === "none" ? 0 : bias[row * S + n]!);
            };
            return attend(CAUSAL ? m + 1 : S, logit, (n) => vs[(head * S + n) * E + i % E]!);
          }),
        },
      });
    }
  }
}
{
  const HEADS = 4, GROUP = 2, KV = 2, D = 12, PAGE = 4, starts = [0, 2, 5], lengths = [6, 9];
  const pages = [3, 1, 7, 0, 2, 5], q = random(5 * HEADS * D), kv = random(8 * PAGE * KV * 2 * D);
  cases.push({
    ...{ file: "attention", kernel: "paged_decode", grid: [5, HEADS] },
    args: {
      ...{ Q: floats([5, HEADS, D], q), KV: floats([8, PAGE, KV, 2 * D], kv) },
      ...{ Pages: integers([2, 3], pages), Starts: integers([3], starts) },
      ...{ Lengths: integers([2], lengths), Out: zeros([5, HEADS, D]), scale: 0.4 },
      ...{ stride_pages: 3, sequences: 2, HEADS, GROUP, D, BD: 16, BN: 4, PAGE, CAP: 3 },
    },
    want: {
      Out: table(5 * HEADS * D, (i) => {
        const token = Math.floor(i / (HEADS * D)), head = Math.floor(i / D) % HEADS;
        const seq = token < 2 ? 0 : 1, seen = lengths[seq]! - (starts[seq + 1]! - token) + 1;
        const place = (n: number) => {
          const page = pages[seq * 3 + Math.floor(n / PAGE)]!;
          return ((page * PAGE + n % PAGE) * KV + Math.floor(head / GROUP)) * 2 * D;
        };
        const logit = (n: number) => {
          let sum = 0;
          for (let d = 0; d < D; d++) sum += q[(token * HEADS + head) * D + d]! * kv[place(n) + d]!;
          return 3 * Math.tanh(sum * 0.4 / 3);
        };
        return attend(seen, logit, (n) => kv[place(n) + D + i % D]!);
      }),
    },
  });
  const key = random(3 * 24), slots = [5, -1, 2];
  for (const FP8 of [true, false]) {
    cases.push({
      ...{ file: "attention", kernel: "store_in_pages", grid: [3, 2] },
      args: {
        ...{
          key_ptr: floats([3, 24], key),
          cache_ptr: zeros([6, 24]),
          scale_ptr: floats([1], [2]),
        },
        ...{ slot_ptr: integers([3], slots), stride: 24, N: 24, FP8, TILE: 16 },
      },
      want: {
        cache_ptr: table(6 * 24, (i) => {
          const token = slots.indexOf(Math.floor(i / 24));
          return token < 0 ? 0 : key[token * 24 + i % 24]! / (FP8 ? 2 : 1);
        }),
      },
    });
  }
  const rows = 3, heads = 3, half = 6, x = random(rows * heads * 12);
  const cos = random(rows * half), sin = random(rows * half);
  for (const INTERLEAVED of [true, false]) {
    for (const BACKWARD of [0, 1]) {
      cases.push({
        ...{ file: "attention", kernel: "rotary", grid: [rows, 2] },
        args: {
          ...{ X: floats([rows, heads, 12], x), COS: floats([rows, half], cos) },
          ...{ SIN: floats([rows, half], sin), heads, D: 12, INTERLEAVED, BACKWARD, BLOCK: 8 },
        },
        want: {
          X: table(x.length, (i) => {
            const row = Math.floor(i / (heads * 12)), d = i % 12;
            const first = INTERLEAVED ? d % 2 === 0 : d < half;
            const at = row * half + (INTERLEAVED ? d >> 1 : d % half);
            const other = i + (first ? 1 : -1) * (INTERLEAVED ? 1 : half);
            const s = sin[at]! * (BACKWARD ? -1 : 1) * (first ? -1 : 1);
            return x[i]! * cos[at]! + x[other]! * s;
          }),
        },
      });
    }
  }
}
{
  const x = random(6 * 32, 5),
    tops = (length: number) =>
      table(
        x.length / length,
        (g) => Math.max(...x.slice(g * length, g * length + length).map(Math.abs)),
      );
  for (const POWERS of [false, true]) {
    cases.push({
      ...{ file: "quantised", kernel: "group_quantise", grid: [12] },
      args: {
        ...{ x_ptr: floats([6, 32], x), q_ptr: zeros([6, 32], "f8e4m3"), scale_ptr: zeros([12]) },
        ...{ group: 16, cols: 32, stride: 32, eps: 1e-10, low: tl.f32(-448), high: tl.f32(448) },
        ...{ POWERS, BLOCK: 16 },
      },
      want: {
        scale_ptr: tops(16).map((top) => POWERS ? 2 ** Math.ceil(Math.log2(top / 448)) : top / 448),
      },
    });
  }
  cases.push({
    ...{ file: "quantised", kernel: "int8_rows", grid: [6] },
    args: {
      ...{ x_ptr: floats([6, 32], x), out_ptr: zeros([6, 32], "i8"), top_ptr: zeros([6]) },
      ...{ COLS: 32, P2: 32 },
    },
    want: {
      top_ptr: tops(32),
      out_ptr: table(192, (i) => {
        const scaled = Math.fround(127 * Math.fround(x[i]! / tops(32)[i >> 5]!));
        return Math.round(scaled) -
          (Math.abs(scaled % 1) === 0.5 && Math.round(scaled) % 2 ? 1 : 0);
      }),
    },
  });
  const words = table(16, (i) => (i * 0x9E3779B1) | 0),
    zero = table(4, (i) => (i * 0x1234567 + 77) | 0);
  const scale = random(32), order = [0, 4, 1, 5, 2, 6, 3, 7];
  cases.push({
    ...{ file: "quantised", kernel: "unpack_interleaved", grid: [1, 2] },
    args: {
      ...{ w_ptr: integers([8, 2], words), scale_ptr: floats([2, 16], scale) },
      ...{
        zero_ptr: integers([2, 2], zero),
        out_ptr: zeros([8, 16]),
        group: 4,
        cols: 2,
        X: 2,
        Y: 4,
      },
    },
    want: {
      out_ptr: table(128, (i) => {
        const row = i >> 4, column = i & 15, shift = order[column % 8]! * 4, group = row >> 2;
        const w = words[row * 2 + (column >> 3)]! >> shift & 15;
        return (w - (zero[group * 2 + (column >> 3)]! >> shift & 15)) * scale[group * 16 + column]!;
      }),
    },
  });
  const bytes = table(60, (i) => (i * 37 + 11) & 255), absmax = random(4);
  const level = (code: number) =>
    (code & 8 ? code & 4 ? 0.75 : 0.25 : code & 4 ? -0.25 : -1) + (code & 3) / 8;
  for (const SPLIT of [32, undefined]) {
    cases.push({
      ...{ file: "quantised", kernel: "dequantise4", grid: [2] },
      args: {
        ...{ a_ptr: integers([60], bytes, "u8"), out_ptr: zeros([120]), n: 60, QUANT: 32 },
        ...{ absmax_ptr: floats([4], absmax), ...(SPLIT === undefined ? {} : { SPLIT }) },
      },
      want: {
        out_ptr: table(120, (i) => {
          const byte = bytes[i >> 1]!;
          return level(i % 2 ? byte & 15 : byte >> 4) * absmax[i >> 5]!;
        }),
      },
    });
  }
  const M = 10, N = 20, K = 48, a = table(M * K, (i) => i * 13 % 31 - 15);
  const b = table(K * N, (i) => i * 11 % 29 - 14), sa = random(M), sb = random(N), bias = random(N);
  for (const bias_ptr of [floats([N], bias), undefined]) {
    cases.push({
      ...{ file: "quantised", kernel: "scaled_product", grid: [2] },
      args: {
        ...{ a_ptr: integers([M, K], a, "i8"), b_ptr: integers([K, N], b, "i8"), bias_ptr },
        ...{ sa_ptr: floats([M], sa), sb_ptr: floats([N], sb), c_ptr: zeros([M, N]), M, N, K },
        ...{ ACC: tl.i32, BM: 16, BN: 16, BK: 32, SCALES: 16 },
      },
      want: {
        c_ptr: product(a, b, M, N, K).map((c, i) =>
          c * sa[Math.floor(i / N)]! * sb[i % N]! + (bias_ptr ? bias[i % N]! : 0)
        ),
      },
    });
  }
}
{
  const B = 2, dim = 6, states = 5, state = random(B * dim * states), x = random(B * dim);
  const dt = random(B * dim), bias = random(dim), A = random(dim * states).map((v) => -Math.abs(v));
  const Bm = random(B * states), C = random(B * states);
  for (const bias_ptr of [floats([dim], bias), undefined]) {
    const next = table(state.length, (i) => {
      const n = i % states, bd = Math.floor(i / states), b = Math.floor(bd / dim);
      const raw = dt[bd]! + (bias_ptr ? bias[bd % dim]! : 0), step = Math.log(Math.exp(raw) + 1);
      return state[i]! * Math.exp(A[bd % dim * states + n]! * step) +
        Bm[b * states + n]! * step * x[bd]!;
    });
    cases.push({
      ...{ file: "sequences", kernel: "state_update", grid: [2, B] },
      args: {
        ...{ state_ptr: floats([B, dim, states], state), x_ptr: floats([B, dim], x), bias_ptr },
        ...{
          dt_ptr: floats([B, dim], dt),
          A_ptr: floats([dim, states], A),
          out_ptr: zeros([B, dim]),
        },
        ...{ B_ptr: floats([B, states], Bm), C_ptr: floats([B, states], C), dim, states },
        ...{ SOFTPLUS: true, BLOCK_M: 4 },
      },
      want: {
        state_ptr: next,
        out_ptr: table(B * dim, (i) => {
          let sum = 0;
          for (let n = 0; n < states; n++) {
            sum += next[i * states + n]! * C[Math.floor(i / dim) * states + n]!;
          }
          return sum;
        }),
      },
    });
  }
  const T = 10, H = 2, K = 16, V = 16, BT = 4, NT = 3;
  const k = random(T * H * K),
    v = random(T * H * V),
    g = random(T * H, 0.1),
    h0 = random(H * K * V);
  for (const USE_G of [true, false]) {
    const after = (chunks: number, head: number, row: number, column: number) => {
      let sum = USE_G ? h0[(head * K + row) * V + column]! : 0;
      for (let c = 0; c < chunks; c++) {
        const end = Math.min(T, (c + 1) * BT), last = g[(end - 1) * H + head]!;
        if (USE_G) sum *= Math.exp(last);
        for (let t = c * BT; t < end; t++) {
          const at = t * H + head;
          sum += k[at * K + row]! * v[at * V + column]! * (USE_G ? Math.exp(last - g[at]!) : 1);
        }
      }
      return sum;
    };
    cases.push({
      ...{ file: "sequences", kernel: "chunk_states", grid: [1, H], tolerance: 1e-3 },
      args: {
        ...{ k: floats([T, H, K], k), v: floats([T, H, V], v), g: floats([T, H], g) },
        ...{ h: zeros([H, NT, K, V]), h0: USE_G ? floats([H, K, V], h0) : undefined },
        ...{ ht: zeros([H, K, V]), T, H, K, V, BT, USE_G },
      },
      want: {
        ht: table(H * K * V, (i) => after(NT, Math.floor(i / K / V), Math.floor(i / V) % K, i % V)),
        h: table(H * NT * K * V, (i) => {
          const chunk = Math.floor(i / K / V) % NT;
          return after(chunk, Math.floor(i / NT / K / V), Math.floor(i / V) % K, i % V);
        }),
      },
    });
  }
  const L = 7, D = 5, sx = random(2 * L * D), sa = random(2 * L * D);
  const wx = random(9 * 8);
  for (const REVERSE of [false, true]) {
    const scanned = new Float64Array(2 * L * D), sums = new Float64Array(9 * 8);
    for (let column = 0; column < 2 * D; column++) {
      let y = 0;
      for (let step = 0; step < L; step++) {
        const l = REVERSE ? L - 1 - step : step;
        const at = (Math.floor(column / D) * L + l) * D + column % D;
        scanned[at] = y = sa[at]! * y + sx[at]!;
      }
    }
    for (let d = 0; d < 8; d++) {
      let sum = 0;
      for (let step = 0; step < 9; step++) {
        const at = (REVERSE ? 8 - step : step) * 8 + d;
        sums[at] = sum += wx[at]!;
      }
    }
    cases.push({
      ...{ file: "sequences", kernel: "linear_scan", grid: [2, 2] },
      args: {
        ...{ x_ptr: floats([2, L, D], sx), a_ptr: floats([2, L, D], sa), o_ptr: zeros([2, L, D]) },
        ...{ L, D, BL: 8, BD: 4, REVERSE },
      },
      want: { o_ptr: scanned },
    }, {
      ...{ file: "sequences", kernel: "backwards_sum", grid: [1] },
      args: { x_ptr: floats([9, 8], wx), o_ptr: zeros([9, 8]), T: 9, REVERSE, D: 8 },
      want: { o_ptr: sums },
    });
  }
}
{
  const logits = random(30, 2);
  const best = [0, 1, 2].map((r) =>
    softmax([...logits.slice(r * 10, r * 10 + 10)]).map((p, i) => [p, i] as const)
      .sort(([a], [b]) => b - a).slice(0, 3)
  );
  for (const RENORM of [true, false]) {
    cases.push({
      ...{ file: "sequences", kernel: "gating", grid: [3] },
      args: {
        ...{ logits_ptr: floats([3, 10], logits), weights_ptr: zeros([3, 3]) },
        ...{ ids_ptr: zeros([3, 3], "i32"), experts: 10, K: 3, BLOCK: 16, RENORM },
      },
      want: {
        ids_ptr: table(9, (i) => best[Math.floor(i / 3)]![i % 3]![1]),
        weights_ptr: table(9, (i) => {
          const row = best[Math.floor(i / 3)]!;
          return row[i % 3]![0] / (RENORM ? row.reduce((sum, [p]) => sum + p, 0) : 1);
        }),
      },
    });
  }
  const ids = [0, 1, 2, 1, 0, 2, 1, 0, 2, 2];
  cases.push({
    ...{ file: "sequences", kernel: "count_experts", grid: [4] },
    args: {
      ...{ ids_ptr: integers([10], ids), counts_ptr: zeros([3], "i32") },
      ...{ experts: 3, numel: 10, EACH: 3 },
    },
    want: { counts_ptr: [3, 3, 4] },
  });
  const rows = random(60), index = [3, 1, 9, 0, 2, 2, 5], start = [0, 3, 3, 7];
  for (const MODE of ["sum", "mean", "max"]) {
    cases.push({
      ...{ file: "sequences", kernel: "bags", grid: [3] },
      args: {
        ...{ index_ptr: integers([7], index), start_ptr: integers([4], start) },
        ...{ table_ptr: floats([10, 6], rows), out_ptr: zeros([3, 6]), D: 6, BLOCK: 8, MODE },
      },
      want: {
        out_ptr: table(18, (i) => {
          const bag = Math.floor(i / 6);
          const own = index.slice(start[bag], start[bag + 1]).map((row) => rows[row * 6 + i % 6]!);
          if (MODE === "max") return Math.max(...own);
          const sum = own.reduce((total, x) => total + x, 0);
          return MODE === "mean" ? sum / Math.max(1, own.length) : sum;
        }),
      },
    });
  }
  const keys = [...table(13, (i) => i * 7 % 13)];
  cases.push({
    ...{ file: "sequences", kernel: "radix_step", grid: [1] },
    args: { keys_ptr: integers([13], keys), out_ptr: zeros([13], "i32"), N: 13, BIT: 1, BLOCK: 16 },
    want: { out_ptr: [...keys.filter((x) => !(x & 2)), ...keys.filter((x) => x & 2)] },
  });
  const x = random(16), odd = (bits: number) => [1, 2, 4, 8].filter((bit) => bits & bit).length % 2;
  cases.push({
    ...{ file: "sequences", kernel: "hadamard", grid: [1] },
    args: { x_ptr: floats([16], x), o_ptr: zeros([16]), N: 16 },
    want: { o_ptr: table(16, (r) => x.reduce((sum, v, c) => sum + (odd(r & c) ? -v : v), 0)) },
  });
}
{
  const a = random(100), b = random(10), x = random(600, 3);
  const row = (r: number) => [...x.slice(r * 100, r * 100 + 100)];
  const mean = table(6, (r) => row(r).reduce((sum, v) => sum + v, 0) / 100);
  cases.push({
    ...{ file: "compiled", kernel: "poi_0", grid: [4] },
    args: {
      ...{ in_ptr0: floats([100], a), in_ptr1: floats([10], b), out_ptr0: zeros([100]) },
      ...{ xnumel: 100, XBLOCK: 32 },
    },
    want: {
      out_ptr0: table(100, (i) => Math.exp(Math.tanh(Math.max(0, a[i]! + b[i % 10]!) + 1))),
    },
  }, {
    ...{ file: "compiled", kernel: "red_1", grid: [2] },
    args: {
      ...{ in_out_ptr0: zeros([6]), in_ptr0: floats([6, 100], x), out_ptr0: zeros([6]) },
      ...{ out_ptr1: zeros([6]), xnumel: 6, r0_numel: 100, XBLOCK: 4, R0_BLOCK: 32 },
    },
    want: {
      out_ptr0: mean,
      out_ptr1: table(6, (r) => Math.max(...row(r))),
      in_out_ptr0: table(6, (r) => {
        const spread = row(r).reduce((sum, v) => sum + (v - mean[r]!) ** 2, 0);
        return 1 / Math.sqrt(spread / 100 + 1e-5);
      }),
    },
  });
}

export const TILES: readonly Case[] = cases;
