"""State spaces, recurrences, experts, tables and orders."""
import torch
import triton
import triton.language as tl
from somewhere.cache import tuned_kwargs

TRITON3 = True

if TRITON3:
    @triton.jit
    def softplus(x):
        return tl.where(x <= 20.0, tl.math.log(tl.math.exp(x) + 1), x)
else:
    @triton.jit
    def softplus(x):
        return tl.math.log1p(tl.exp(x))


@triton.heuristics({"HAS_BIAS": lambda args: args["bias_ptr"] is not None})
@triton.heuristics({"BLOCK_N": lambda args: triton.next_power_of_2(args["states"])})
@triton.jit
def state_update(state_ptr, x_ptr, dt_ptr, bias_ptr, A_ptr, B_ptr, C_ptr, out_ptr, dim, states,
                 SOFTPLUS: tl.constexpr, BLOCK_M: tl.constexpr, HAS_BIAS: tl.constexpr, BLOCK_N: tl.constexpr):
    pid, batch = tl.program_id(axis=0), tl.program_id(axis=1)
    m = pid * BLOCK_M + tl.arange(0, BLOCK_M)
    n = tl.arange(0, BLOCK_N)
    state_ptr += batch * dim * states
    if HAS_BIAS:
        bias_ptrs = bias_ptr + m
    both = (m[:, None] < dim) & (n[None, :] < states)
    at = m[:, None] * states + n[None, :]
    state = tl.load(state_ptr + at, mask=both, other=0.0)
    x = tl.load(x_ptr + batch * dim + m, mask=m < dim, other=0.0).to(tl.float32)
    dt = tl.load(dt_ptr + batch * dim + m, mask=m < dim, other=0.0).to(tl.float32)
    if HAS_BIAS:
        dt += tl.load(bias_ptrs, mask=m < dim, other=0.0).to(tl.float32)
    if SOFTPLUS:
        dt = softplus(dt)
    A = tl.load(A_ptr + at, mask=both, other=0.0).to(tl.float32)
    B = tl.load(B_ptr + batch * states + n, mask=n < states, other=0.0).to(tl.float32)
    C = tl.load(C_ptr + batch * states + n, mask=n < states, other=0.0).to(tl.float32)
    state = state * tl.exp(A * dt[:, None]) + B[None, :] * dt[:, None] * x[:, None]
    tl.store(state_ptr + at, state, mask=both)
    tl.store(out_ptr + batch * dim + m, tl.sum(state * C[None, :], axis=1), mask=m < dim)


@triton.heuristics({
    "USE_INITIAL": lambda args: args["h0"] is not None,
    "STORE_FINAL": lambda args: args["ht"] is not None,
})
@triton.autotune(
    configs=[triton.Config({"BV": BV}, num_warps=w, num_stages=s) for BV in [16] for w in [1, 2] for s in [2, 3]],
    key=["BT"],
    **tuned_kwargs
)
@triton.jit(do_not_specialize=["T"])
def chunk_states(k, v, g, h, h0, ht, T, H: tl.constexpr, K: tl.constexpr, V: tl.constexpr, BT: tl.constexpr,
                 BV: tl.constexpr, USE_G: tl.constexpr, USE_INITIAL: tl.constexpr, STORE_FINAL: tl.constexpr):
    i_v, i_nh = tl.program_id(0), tl.program_id(1)
    i_n, i_h = i_nh // H, i_nh % H
    bos = i_n * T
    NT = tl.cdiv(T, BT)
    b_h = tl.zeros([K, BV], dtype=tl.float32)
    if USE_INITIAL:
        p_h0 = tl.make_block_ptr(h0 + i_nh * K*V, (K, V), (V, 1), (0, i_v * BV), (K, BV), (1, 0))
        b_h += tl.load(p_h0, boundary_check=(0, 1)).to(tl.float32)
    for i_t in range(NT):
        p_h = tl.make_block_ptr(h + ((i_nh * NT + i_t).to(tl.int64) * K*V), (K, V), (V, 1), (0, i_v * BV), (K, BV), (1, 0))
        tl.store(p_h, b_h.to(p_h.dtype.element_ty), boundary_check=(0, 1))
        p_k = tl.make_block_ptr(k + (bos*H + i_h) * K, (K, T), (1, H*K), (0, i_t * BT), (K, BT), (0, 1))
        p_v = tl.make_block_ptr(v + (bos*H + i_h) * V, (T, V), (H*V, 1), (i_t * BT, i_v * BV), (BT, BV), (1, 0))
        b_k = tl.load(p_k, boundary_check=(0, 1))
        b_v = tl.load(p_v, boundary_check=(0, 1))
        last = min((i_t + 1) * BT, T) - 1
        if USE_G:
            b_last = tl.load(g + bos * H + last * H + i_h)
            o_t = i_t * BT + tl.arange(0, BT)
            b_g = tl.load(g + bos*H + o_t * H + i_h, mask=o_t < T, other=0.)
            b_h *= tl.exp(b_last)
            b_v = (b_v * tl.exp(b_last - b_g)[:, None]).to(b_v.dtype)
        b_h += tl.dot(b_k, b_v)
    if STORE_FINAL:
        p_ht = tl.make_block_ptr(ht + i_nh * K*V, (K, V), (V, 1), (0, i_v * BV), (K, BV), (1, 0))
        tl.store(p_ht, b_h.to(p_ht.dtype.element_ty), boundary_check=(0, 1))


@triton.jit
def step(a, x, b, y):
    return a * b, b * x + y


@triton.jit
def linear_scan(x_ptr, a_ptr, o_ptr, L, D, BL: tl.constexpr, BD: tl.constexpr, REVERSE: tl.constexpr = False):
    l = tl.arange(0, BL)
    d = tl.program_id(1) * BD + tl.arange(0, BD)
    m = (l[:, None] < L) & (d[None, :] < D)
    at = tl.program_id(0) * L * D + l[:, None] * D + d[None, :]
    a, x = tl.load(a_ptr + at, m, 1.0), tl.load(x_ptr + at, m, 0.0)
    _, y = tl.associative_scan((a, x), 0, step, reverse=REVERSE)
    tl.store(o_ptr + at, y, m)


@triton.jit
def backwards_sum(x_ptr, o_ptr, T, REVERSE: tl.constexpr, D: tl.constexpr):
    # A pointer that walks, forwards or backwards.
    p_x = x_ptr + ((T-1) if REVERSE else 0) * D + tl.arange(0, D)
    p_o = o_ptr + ((T-1) if REVERSE else 0) * D + tl.arange(0, D)
    total = tl.zeros([D], dtype=tl.float32)
    for _ in range(0, T):
        total += tl.load(p_x).to(tl.float32)
        tl.store(p_o, total.to(p_o.dtype.element_ty))
        p_x += (-1 if REVERSE else 1) * D
        p_o += (-1 if REVERSE else 1) * D


@triton.jit
def gating(logits_ptr, weights_ptr, ids_ptr, experts, K: tl.constexpr, BLOCK: tl.constexpr, RENORM: tl.constexpr):
    row = tl.program_id(0)
    cols = tl.arange(0, BLOCK)
    logits = tl.load(logits_ptr + row * experts + cols, mask=cols < experts, other=float("-inf")).to(tl.float32)
    probs = tl.softmax(logits)
    total = 0.0
    for k in tl.static_range(K):
        best, at = tl.max(probs, axis=0, return_indices=True)
        tl.store(weights_ptr + row * K + k, best)
        tl.store(ids_ptr + row * K + k, at)
        total += best
        probs = tl.where(cols == at, -1.0, probs)
    if RENORM:
        for k in tl.static_range(K):
            tl.store(weights_ptr + row * K + k, tl.load(weights_ptr + row * K + k) / total)


@triton.jit
def count_experts(ids_ptr, counts_ptr, experts: tl.constexpr, numel: tl.constexpr, EACH: tl.constexpr):
    start = tl.program_id(0) * EACH
    for i in range(EACH):
        if start + i < numel:
            expert = tl.load(ids_ptr + start + i)
            tl.atomic_add(counts_ptr + expert, 1, sem="relaxed", scope="gpu")


@triton.jit
def bags(index_ptr, start_ptr, table_ptr, out_ptr, D: tl.constexpr, BLOCK: tl.constexpr, MODE: tl.constexpr):
    bag = tl.program_id(0)
    d = tl.arange(0, BLOCK)
    start, end = tl.load(start_ptr + bag), tl.load(start_ptr + bag + 1)
    acc = tl.full((BLOCK,), float("-inf") if MODE == "max" else 0.0, tl.float32)
    i = start
    while i < end:
        row = tl.load(table_ptr + tl.load(index_ptr + i) * D + d, mask=d < D, other=0.0)
        if MODE == "max":
            acc = tl.maximum(acc, row)
        else:
            acc += row
        i += 1
    if MODE == "mean":
        acc /= tl.maximum(end - start, 1).to(tl.float32)
    tl.store(out_ptr + bag * D + d, acc, mask=d < D)


@triton.jit
def radix_step(keys_ptr, out_ptr, N, BIT: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    mask = at < N
    keys = tl.load(keys_ptr + at, mask=mask, other=0)
    zero = (((keys >> BIT) & 1) == 0) & mask
    before = tl.cumsum(zero.to(tl.int32), 0) - 1
    after = tl.sum(zero.to(tl.int32), 0) + tl.cumsum((mask & ~zero).to(tl.int32), 0) - 1
    tl.store(out_ptr + tl.where(zero, before, after), keys, mask=mask)


@triton.constexpr_function
def log2_of(n):
    k = 0
    while n > 1:
        n //= 2
        k += 1
    return k


@triton.jit
def hadamard(x_ptr, o_ptr, N: tl.constexpr):
    STEPS: tl.constexpr = log2_of(N)
    at = tl.arange(0, N)
    x = tl.load(x_ptr + at)
    for i in tl.static_range(STEPS):
        a, b = x.reshape(2**i, 2, N // (2 * 2**i)).trans(0, 2, 1).split()
        x = tl.join(a + b, a - b).trans(0, 2, 1).reshape(N)
    tl.store(o_ptr + at, x)


@triton.jit
def asm(x_ptr):
    y = tl.inline_asm_elementwise("mov.b32 $0, $1;", "=r,r", [tl.load(x_ptr)], dtype=tl.int32, is_pure=True, pack=1)
    tl.store(x_ptr, y)
