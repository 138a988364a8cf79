"""Attention: in blocks, over pages, and what goes with it."""
import math

import torch
from vllm.triton_utils import tl, triton

LOG2E: tl.constexpr = tl.constexpr(math.log2(math.e))


@triton.jit
def inner(acc, l_i, m_i, q, K_block, V_block, start_m, scale,
          BM: tl.constexpr, BN: tl.constexpr, STAGE: tl.constexpr, offs_m: tl.constexpr, offs_n: tl.constexpr, CTX: tl.constexpr):
    # before the diagonal, on it, or all
    if STAGE == 1:
        lo, hi = 0, start_m * BM
    elif STAGE == 2:
        lo, hi = start_m * BM, (start_m + 1) * BM
        lo = tl.multiple_of(lo, BM)
    else:
        lo, hi = 0, CTX
    K_block = tl.advance(K_block, (0, lo))
    V_block = tl.advance(V_block, (lo, 0))
    for start_n in range(lo, hi, BN):
        start_n = tl.multiple_of(start_n, BN)
        qk = tl.dot(q, tl.load(K_block)) * scale
        if STAGE == 2:
            qk = qk + tl.where(offs_m[:, None] >= (start_n + offs_n[None, :]), 0, -1.0e6)
        m_new = tl.maximum(m_i, tl.max(qk, 1))
        p = tl.math.exp2(qk - m_new[:, None])
        alpha = tl.math.exp2(m_i - m_new)
        l_i = l_i * alpha + tl.sum(p, 1)
        acc = tl.dot(p.to(tl.float16), tl.load(V_block), acc * alpha[:, None])
        m_i = m_new
        V_block = tl.advance(V_block, (BN, 0))
        K_block = tl.advance(K_block, (0, BN))
    return acc, l_i, m_i


configs = [
    triton.Config({"BM": BM, "BN": BN}, num_stages=s, num_warps=w)
    for BM in [16]
    for BN in [8, 16, 32]
    for s in ([1] if torch.version.hip else [2, 3])
    for w in [2, 4]
]


def keep(conf):
    # before the diagonal keys are taken in whole blocks, so that a block may not reach across it
    if conf.kwargs["BN"] > conf.kwargs["BM"] or conf.num_stages == 3 and conf.num_warps == 2:
        return False
    return True


@triton.autotune(list(filter(keep, configs)), key=["CTX", "D"])
@triton.jit
def forward(Q, K, V, sm_scale, M, Out, stride_h, stride_m, stride_d, CTX, D: tl.constexpr,
            BM: tl.constexpr, BN: tl.constexpr, STAGE: tl.constexpr):
    tl.static_assert(BN <= 2 * D)
    start_m = tl.program_id(0)
    head = tl.program_id(1)
    base = head.to(tl.int64) * stride_h
    Q_block = tl.make_block_ptr(base=Q + base, shape=(CTX, D), strides=(stride_m, stride_d), offsets=(start_m * BM, 0),
                                block_shape=(BM, D), order=(1, 0))
    K_block = tl.make_block_ptr(K + base, (D, CTX), (stride_d, stride_m), (0, 0), (D, BN), (0, 1))
    order: tl.constexpr = (0, 1) if V.dtype.element_ty == tl.float8e5 else (1, 0)
    V_block = tl.make_block_ptr(V + base, (CTX, D), (stride_m, stride_d), (0, 0), (BN, D), order)
    O_block = tl.make_block_ptr(Out + base, (CTX, D), (stride_m, stride_d), (start_m * BM, 0), (BM, D), (1, 0))
    offs_m = start_m * BM + tl.arange(0, BM)
    offs_n = tl.arange(0, BN)
    m_i = tl.zeros([BM], dtype=tl.float32) - float("inf")
    l_i = tl.zeros([BM], dtype=tl.float32) + 1.0
    acc = tl.zeros([BM, D], dtype=tl.float32)
    scale = sm_scale
    scale *= LOG2E
    q = tl.load(Q_block)
    if STAGE & 1:
        acc, l_i, m_i = inner(acc, l_i, m_i, q, K_block, V_block, start_m, scale, BM, BN, 4 - STAGE, offs_m, offs_n, CTX)
    if STAGE & 2:
        acc, l_i, m_i = inner(acc, l_i, m_i, q, K_block, V_block, start_m, scale, BM, BN, 2, offs_m, offs_n, CTX)
    tl.store(M + head * CTX + offs_m, m_i + tl.math.log2(l_i))
    tl.store(O_block, (acc / l_i[:, None]).to(Out.type.element_ty))


@triton.heuristics({
    "EVEN_N": lambda args: args["seqlen"] % args["BN"] == 0,
    "EVEN_D": lambda args: args["headdim"] == args["BD"],
})
@triton.jit
def biased(Q, K, V, Bias, Out, scale, seqlen, headdim, BIAS: tl.constexpr, CAUSAL: tl.constexpr,
           BD: tl.constexpr, EVEN_N: tl.constexpr, EVEN_D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr):
    start_m = tl.program_id(0)
    head = tl.program_id(1)
    offs_m = start_m * BM + tl.arange(0, BM)
    offs_n = tl.arange(0, BN)
    offs_d = tl.arange(0, BD)
    at = head * seqlen * headdim
    q_ptrs = Q + at + (offs_m[:, None] * headdim + offs_d[None, :])
    k_ptrs = K + at + (offs_n[:, None] * headdim + offs_d[None, :])
    v_ptrs = V + at + (offs_n[:, None] * headdim + offs_d[None, :])
    if BIAS == "vector":
        b_ptrs = Bias + head * seqlen + offs_n
    elif BIAS == "matrix":
        b_ptrs = Bias + head * seqlen * seqlen + (offs_m[:, None] * seqlen + offs_n[None, :])
    lse = tl.zeros([BM], dtype=tl.float32) - float("inf")
    acc = tl.zeros([BM, BD], dtype=tl.float32)
    q = tl.load(q_ptrs, mask=(offs_m[:, None] < seqlen) & (offs_d[None, :] < headdim), other=0.0)
    end = seqlen if not CAUSAL else tl.minimum((start_m + 1) * BM, seqlen)
    for start in range(0, end, BN):
        if EVEN_N & EVEN_D:
            k, v = tl.load(k_ptrs + start * headdim), tl.load(v_ptrs + start * headdim)
        else:
            ok = ((start + offs_n)[:, None] < seqlen) & (offs_d[None, :] < headdim)
            k = tl.load(k_ptrs + start * headdim, mask=ok, other=0.0)
            v = tl.load(v_ptrs + start * headdim, mask=ok, other=0.0)
        qk = tl.zeros([BM, BN], dtype=tl.float32)
        qk += tl.dot(q, tl.trans(k))
        if not EVEN_N:
            qk += tl.where((start + offs_n)[None, :] < seqlen, 0, float("-inf"))
        if CAUSAL:
            qk += tl.where(offs_m[:, None] >= (start + offs_n)[None, :], 0, float("-inf"))
        qk *= scale
        if BIAS != "none":
            if BIAS == "vector":
                bias = tl.load(b_ptrs + start, mask=(start + offs_n) < seqlen, other=0.0).to(tl.float32)[None, :]
            else:
                bias = tl.load(b_ptrs + start, mask=(offs_m[:, None] < seqlen) & ((start + offs_n)[None, :] < seqlen), other=0.0).to(tl.float32)
            qk += bias
        m = tl.maximum(tl.max(qk, 1), lse)
        p = tl.exp(qk - m[:, None])
        old = tl.exp(lse - m)
        total = old + tl.sum(p, 1)
        acc = (acc * old[:, None] + tl.dot(p.to(v.dtype), v)) / total[:, None]
        lse = m + tl.log(total)
    tl.store(Out + at + (offs_m[:, None] * headdim + offs_d[None, :]), acc,
             mask=(offs_m[:, None] < seqlen) & (offs_d[None, :] < headdim))


@triton.jit
def capped(x, cap):
    e = tl.exp(2.0 * x / cap)
    return cap * (e - 1) / (e + 1)


@triton.jit
def find_sequence(starts_ptr, at, count):
    left: tl.int32 = 0
    right = count
    while left < right:
        middle = (left + right) // 2
        if tl.load(starts_ptr + middle) <= at:
            left = middle + 1
        else:
            right = middle
    return left - 1


@triton.jit
def paged_decode(Q, KV, Pages, Starts, Lengths, Out, scale, stride_pages: tl.int64, sequences: tl.int32,
                 HEADS: tl.constexpr, GROUP: tl.constexpr, D: tl.constexpr, BD: tl.constexpr, BN: tl.constexpr,
                 PAGE: tl.constexpr, CAP: tl.constexpr):
    token = tl.program_id(0)
    head = tl.program_id(1)
    seq = find_sequence(Starts, token, sequences)
    # how much of the sequence this token sees
    seen = tl.load(Lengths + seq) - (tl.load(Starts + seq + 1) - token) + 1
    offs_d = tl.arange(0, BD)
    mask_d = offs_d < D
    q = tl.load(Q + (token * HEADS + head) * D + offs_d, mask=mask_d, other=0.0)
    e_max = -float("inf")
    e_sum = 0.0
    acc = tl.zeros([BD], dtype=tl.float32)
    for start in range(0, seen, BN):
        offs_n = start + tl.arange(0, BN)
        ok = offs_n < seen
        page = tl.load(Pages + seq * stride_pages + offs_n // PAGE, mask=ok, other=0)
        place = (page * PAGE + offs_n % PAGE)[:, None] * (HEADS // GROUP * 2 * D) + head // GROUP * (2 * D) + offs_d[None, :]
        k = tl.load(KV + place, mask=ok[:, None] & mask_d[None, :], other=0.0)
        v = tl.load(KV + place + D, mask=ok[:, None] & mask_d[None, :], other=0.0)
        qk = tl.sum(q[None, :] * k, 1)
        qk *= scale
        if CAP > 0:
            qk = capped(qk, CAP)
        qk = tl.where(ok, qk, float("-inf"))
        n_max = tl.maximum(tl.max(qk, 0), e_max)
        old = tl.exp(e_max - n_max)
        p = tl.exp(qk - n_max)
        acc *= old
        acc += tl.sum(p[:, None] * v, 0)
        e_sum = e_sum * old + tl.sum(p, 0)
        e_max = n_max
    tl.store(Out + (token * HEADS + head) * D + offs_d, acc / e_sum, mask=mask_d)


@triton.jit
def store_in_pages(key_ptr, cache_ptr, slot_ptr, scale_ptr, stride: tl.int64, N: tl.constexpr, FP8: tl.constexpr, TILE: tl.constexpr):
    token = tl.program_id(axis=0)
    slot = tl.load(slot_ptr + token).to(tl.int64)
    if slot < 0:
        return
    at = tl.program_id(axis=1) * TILE + tl.arange(0, TILE)
    key = tl.load(key_ptr + token * stride + at, mask=at < N)
    if FP8:
        key = key if key.dtype.is_fp8() else key / tl.load(scale_ptr)
    tl.store(cache_ptr + slot * N + at, key, mask=at < N)
    return


@triton.heuristics({"BACKWARD": lambda args: bool(args["BACKWARD"])})
@triton.jit
def rotary(X, COS, SIN, heads, D: tl.constexpr, INTERLEAVED: tl.constexpr, BACKWARD: tl.constexpr, BLOCK: tl.constexpr):
    GROUP = 2
    row = tl.program_id(0)
    first = tl.program_id(1) * GROUP
    half = D // 2
    at = tl.arange(0, BLOCK)
    mask = at < half
    cos = tl.load(COS + row * half + at, mask = mask, other = 0)
    sin = tl.load(SIN + row * half + at, mask = mask, other = 0)
    if BACKWARD: sin = -sin
    for head in range(first, min((first + GROUP), heads)):
        base = X + (row * heads + head) * D
        if INTERLEAVED:
            a_ptrs, b_ptrs = base + 2 * at, base + 2 * at + 1
        else:
            a_ptrs, b_ptrs = base + at, base + at + half
        a = tl.load(a_ptrs, mask = mask, other = 0).to(sin.dtype)
        b = tl.load(b_ptrs, mask = mask, other = 0).to(sin.dtype)
        tl.store(a_ptrs, a*cos - b*sin, mask = mask)
        tl.store(b_ptrs, b*cos + a*sin, mask = mask)
    pass
pass
