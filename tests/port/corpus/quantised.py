"""Quantised numbers: packing, unpacking, products."""
import torch
import triton
import triton.language as tl


@triton.jit
def group_quantise(x_ptr, q_ptr, scale_ptr, group, cols, stride, eps, low, high, POWERS: tl.constexpr, BLOCK: tl.constexpr):
    groups = cols // group
    pid = tl.program_id(0)
    row, part = pid // groups, pid % groups
    x_ptr += row.to(tl.int64) * stride + part.to(tl.int64) * group
    q_ptr += pid.to(tl.int64) * group
    at = tl.arange(0, BLOCK)
    mask = at < group
    x = tl.load(x_ptr + at, mask=mask, other=0.0).to(tl.float32)
    raw = tl.maximum(tl.max(tl.abs(x)), eps) / high
    scale = tl.math.exp2(tl.ceil(tl.log2(raw))) if POWERS else raw
    q = tl.clamp(x / scale, low, high).to(q_ptr.dtype.element_ty)
    tl.store(q_ptr + at, q, mask=mask)
    tl.store(scale_ptr + pid, scale)


@triton.jit
def int8_rows(x_ptr, out_ptr, top_ptr, COLS: tl.constexpr, P2: tl.constexpr):
    row = tl.program_id(0)
    at = tl.arange(0, P2)
    mask = at < COLS
    x = tl.load(x_ptr + row * COLS + at, mask=mask)
    top = tl.max(tl.where(mask, tl.abs(x), 0), axis=0)
    tl.store(out_ptr + row * COLS + at, tl.extra.cuda.libdevice.llrint(127.0 * (x / top)), mask=mask)
    tl.store(top_ptr + row, top)


@triton.jit
def unpack_interleaved(w_ptr, scale_ptr, zero_ptr, out_ptr, group, cols, X: tl.constexpr, Y: tl.constexpr):
    # Eight numbers of four bits a word, in the order 0 4 1 5 2 6 3 7.
    px, py = tl.program_id(0), tl.program_id(1)
    y = py * Y + tl.arange(0, Y)
    x = px * X + tl.arange(0, X)
    out_x = px * X * 8 + tl.arange(0, X * 8)
    w = tl.load(w_ptr + cols * y[:, None] + x[None, :], (x < cols)[None, :], 0.0)
    for _ in tl.static_range(3):
        w = tl.interleave(w, w)
    order = ((tl.arange(0, 2) * 4)[None, :] + tl.arange(0, 4)[:, None]).reshape(8)
    shifts = tl.broadcast_to((order * 4)[None, :], (Y * X, 8))
    shifts = tl.reshape(shifts, (Y, X * 8))
    w = (w >> shifts) & 0xF
    zy = py * Y // group + tl.arange(0, 1)
    zero = tl.load(zero_ptr + cols * zy[:, None] + x[None, :], (x < cols)[None, :], 0.0)
    for _ in tl.static_range(3):
        zero = tl.interleave(zero, zero)
    zero = (tl.broadcast_to(zero, (Y, X * 8)) >> shifts) & 0xF
    scale = tl.load(scale_ptr + cols * 8 * zy[:, None] + out_x[None, :], (out_x < cols * 8)[None, :], 0.0)
    scale = tl.broadcast_to(scale, (Y, X * 8))
    out = ((w - zero) * scale).to(out_ptr.type.element_ty)
    tl.store(out_ptr + 8 * cols * y[:, None] + out_x[None, :], out, (out_x < cols * 8)[None, :])


@triton.jit
def level(code):
    # a small tree of four bits
    high = (code & 0b1000) == 8
    mid = (code & 0b0100) == 4
    low = (code & 0b0011).to(tl.float32)
    return tl.where(high, tl.where(mid, 0.75, 0.25), tl.where(mid, -0.25, -1.0)) + low / 8


@triton.jit
def pairs(a, absmax):
    return tl.interleave(level(a >> 4) * absmax, level(a & 0xF) * absmax)


@triton.autotune(configs=[triton.Config({"SPLIT": 32}), triton.Config({"SPLIT": 64}, num_warps=8)], key=["n"])
@triton.jit
def dequantise4(a_ptr, out_ptr, absmax_ptr, n, QUANT: tl.constexpr, SPLIT: tl.constexpr):
    PAIRED: tl.constexpr = QUANT // 2
    start = tl.program_id(axis=0) * SPLIT
    at = start + tl.arange(0, SPLIT)
    mask = at < n
    a = tl.load(a_ptr + at, mask).to(tl.uint8, bitcast=True)
    absmax = tl.load(absmax_ptr + at // PAIRED, mask=mask, other=1.0, eviction_policy="evict_last")
    out = start * 2 + tl.arange(0, SPLIT * 2)
    tl.store(out_ptr + out, pairs(a=a, absmax=absmax), out < n * 2)


@triton.jit
def scaled_product(a_ptr, b_ptr, sa_ptr, sb_ptr, c_ptr, bias_ptr, M, N, K, ACC: tl.constexpr,
                   BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, SCALES: tl.constexpr):
    pid = tl.program_id(axis=0)
    dtype = ACC
    acc = tl.zeros((BM, BN), dtype=dtype)
    rm = pid // tl.cdiv(N, BN) * BM + tl.arange(0, BM).to(tl.int64)
    rn = pid % tl.cdiv(N, BN) * BN + tl.arange(0, BN).to(tl.int64)
    rk = tl.arange(0, BK).to(tl.int64)
    # one scale for all rows, or one for each
    rs = tl.arange(0, SCALES) + (SCALES > 1) * (pid // tl.cdiv(N, BN)) * BM
    a_ptrs = a_ptr + rm[:, None] * K + rk[None, :]
    b_ptrs = b_ptr + rk[:, None] * N + rn[None, :]
    for k in range(0, tl.cdiv(K, BK)):
        a = tl.load(a_ptrs, mask=(rm < M)[:, None] & (rk < K)[None, :])
        b = tl.load(b_ptrs, mask=(rk < K)[:, None] & (rn < N)[None, :])
        acc = tl.dot(a, b, acc, out_dtype=dtype)
        rk += BK
        a_ptrs += BK
        b_ptrs += BK * N
    sa = tl.load(sa_ptr + rs[:, None], (rs < M)[:, None])
    c = sa.broadcast_to((BM, 1)) * acc.to(tl.float32)
    sb = tl.load(sb_ptr + rn[:, None], (rn < N)[:, None])
    c = sb.T * c
    c = c.to(c_ptr.type.element_ty)
    if bias_ptr:
        c += tl.load(bias_ptr + rn, rn < N)
    tl.store(c_ptr + rm[:, None] * N + rn[None, :], c, mask=(rm < M)[:, None] & (rn < N)[None, :])
