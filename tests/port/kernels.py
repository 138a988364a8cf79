"""Kernels to translate: what Triton's users write, in one file."""
import torch

import triton
import triton.language as tl
from triton.language.extra import libdevice

EPS: tl.constexpr = 1e-6  # keeps divisors from zero


@triton.jit
def order(pid, rows, cols, GROUP: tl.constexpr):
    # neighbouring programs share columns
    width = GROUP * cols
    first = pid // width * GROUP
    height = min(rows - first, GROUP)
    return first + (pid % width) % height, (pid % width) // height


@triton.jit
def leaky(x, slope: tl.constexpr = 0.01):
    return tl.where(x > 0, x, slope * x)


@triton.jit
def product(
    # matrices
    a_ptr, b_ptr, c_ptr, bias_ptr,
    M, N, K,  # sizes
    BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
    GROUP: tl.constexpr = 4, ACT: tl.constexpr = "",
):
    """C = act(A B + bias), row-major."""
    row, col = order(tl.program_id(0), tl.cdiv(M, BM), tl.cdiv(N, BN), GROUP=GROUP)
    rm = row * BM + tl.arange(0, BM)
    rn = col * BN + tl.arange(0, BN)
    rk = tl.arange(0, BK)
    a_ptrs = a_ptr + rm[:, None] * K + rk[None, :]
    b_ptrs = b_ptr + rk[:, None] * N + rn[None, :]
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, tl.cdiv(K, BK)):
        left = K - k * BK
        a = tl.load(a_ptrs, mask=(rm[:, None] < M) & (rk[None, :] < left), other=0.)
        b = tl.load(b_ptrs, mask=(rk[:, None] < left) & (rn[None, :] < N), other=0.)
        acc = tl.dot(a, b, acc, input_precision="ieee")
        a_ptrs += BK
        b_ptrs += BK * N
    if bias_ptr is not None:
        acc += tl.load(bias_ptr + rn, mask=rn < N, other=0.)[None, :]
    # what comes after the product
    if ACT == "leaky":
        acc = leaky(acc)
    mask = (rm[:, None] < M) & (rn[None, :] < N)
    tl.store(c_ptr + rm[:, None] * N + rn[None, :], acc.to(c_ptr.dtype.element_ty), mask=mask)


@triton.jit
def rms_norm(X, W, Y, n, BLOCK: tl.constexpr, INVERSE: tl.constexpr):
    row = tl.program_id(0)
    X += row * n
    Y += row * n
    total = 0.0
    for start in range(0, n, BLOCK):
        cols = start + tl.arange(0, BLOCK)
        x = tl.load(X + cols, mask=cols < n, other=0.0).to(tl.float32)
        total += tl.sum(x * x, axis=0)
    scale = tl.math.rsqrt(total / n + EPS)
    if INVERSE:
        factor = 1 / scale
    else:
        factor = scale
    for start in range(0, n, BLOCK):
        cols = start + tl.arange(0, BLOCK)
        mask = cols < n
        x = tl.load(X + cols, mask=mask, other=0.0)
        w = tl.load(W + cols, mask=mask, other=0.0)
        y = x.to(tl.float32) * factor * w
        tl.store(Y + cols, y.to(Y.dtype.element_ty), mask=mask)


@triton.jit
def collatz(X, STEPS, limit):
    at = tl.program_id(0)
    v = tl.load(X + at)
    steps = 0
    while v != 1 and steps < limit:
        v = v // 2 if v % 2 == 0 else 3 * v + 1
        steps += 1
    tl.store(STEPS + at, steps)


def multiply(a, b):
    c = torch.empty((a.shape[0], b.shape[1]), device=a.device)
    product[lambda meta: (triton.cdiv(a.shape[0], meta["BM"]),)](a, b, c, None, *c.shape, a.shape[1])
    return c
