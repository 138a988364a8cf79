"""Rows of matrices: softmax, norms and their gradients."""
import math

import torch
import triton
from triton import language as tl


@triton.jit
def softmax_rows(out_ptr, x_ptr, stride_out, stride_x, rows, cols, BLOCK: tl.constexpr, STAGES: tl.constexpr):
    # Each program takes every so many rows.
    for row in tl.range(tl.program_id(0), rows, tl.num_programs(0), num_stages=STAGES):
        at = tl.arange(0, BLOCK)
        x = tl.load(x_ptr + row * stride_x + at, mask=at < cols, other=-float("inf"))
        e = tl.exp(x - tl.max(x, axis=0))
        tl.store(out_ptr + row * stride_out + at, e / tl.sum(e, axis=0), mask=at < cols)


@triton.jit
def online_softmax(out_ptr, x_ptr, N, TILE: tl.constexpr, LOG: tl.constexpr = False):
    row = tl.program_id(0).to(tl.int64)
    top = float("-inf")
    total = 0.0
    for start in range(0, N, TILE):
        at = start + tl.arange(0, TILE)
        x = tl.load(x_ptr + row * N + at, mask=at < N, other=float("-inf")).to(tl.float32)
        new_top = tl.maximum(top, tl.max(x, 0))
        total = total * tl.exp(top - new_top) + tl.sum(tl.exp(x - new_top), 0)
        top = new_top
    for start in range(0, N, TILE):
        at = start + tl.arange(0, TILE)
        x = tl.load(x_ptr + row * N + at, mask=at < N, other=0.).to(tl.float32)
        y = x - top - tl.log(total) if LOG else tl.exp(x - top) / total
        tl.store(out_ptr + row * N + at, y.to(out_ptr.dtype.element_ty), mask=at < N)


@triton.jit
def causal_softmax(x_ptr, keep_ptr, out_ptr, scale, rows, cols, R: tl.constexpr, C: tl.constexpr):
    r = tl.program_id(0) * R + tl.arange(0, R)[:, None]
    c = tl.arange(0, C)[None, :]
    ok = (r < rows) & (c < cols)
    x = tl.load(x_ptr + r * cols + c, ok, other=float("-inf")) * scale
    if keep_ptr is not None:
        keep = tl.load(keep_ptr + r * cols + c, mask=ok, other=0)
        x = tl.where(keep != 0, x, float("-inf"))
    x = tl.where(0 <= r - c, x, float("-inf"))
    x -= tl.max(x, axis=1, keep_dims=True)
    x = tl.exp(x)
    x /= tl.sum(x, axis=1)[:, None]
    tl.store(out_ptr + r * cols + c, x, mask=ok)


_NONE: tl.constexpr = tl.constexpr(-1)
_LATE = tl.constexpr(0)
_EARLY = tl.constexpr(1)


@triton.jit
def rms_norm(Y, X, W, RSTD, stride, cols, eps, offset, CASTING: tl.constexpr, AFFINE: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.arange(0, BLOCK)
    inside = at < cols
    x = tl.load(X + row * stride + at, mask=inside, other=0)
    dtype = x.dtype
    if AFFINE:
        w = tl.load(W + at, mask=inside, other=0)
    # Where to go over to f32 is a matter of taste.
    if CASTING != _NONE:
        x = x.to(tl.float32)
    if CASTING == _EARLY:
        if AFFINE:
            w = w.to(tl.float32)
    if CASTING == _NONE:
        eps = eps.to(dtype)
        offset = offset.to(dtype)
    rstd = tl.math.rsqrt(tl.sum(x * x, axis=0) / cols + eps)
    tl.store(RSTD + row, rstd)
    x = x * rstd
    if CASTING == _LATE:
        x = x.to(dtype)
    y = x * (offset + w) if AFFINE else x
    tl.store(Y + row * stride + at, y.to(dtype), mask=inside)


@triton.jit
def layer_norm(X, Y, W, B, Mean, Rstd, stride, N, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    X += row * stride
    Y += row * stride
    # Two passes over the row: first the mean,
    mean = 0
    _mean = tl.zeros([BLOCK], dtype=tl.float32)
    for off in range(0, N, BLOCK):
        cols = off + tl.arange(0, BLOCK)
        _mean += tl.load(X + cols, mask=cols < N, other=0.).to(tl.float32)
    mean = tl.sum(_mean, axis=0) / N
    # then what differs from it.
    _var = tl.zeros([BLOCK], dtype=tl.float32)
    for off in range(0, N, BLOCK):
        cols = off + tl.arange(0, BLOCK)
        x = tl.load(X + cols, mask=cols < N, other=0.).to(tl.float32)
        x = tl.where(cols < N, x - mean, 0.)
        _var += x * x
    rstd = 1 / tl.sqrt(tl.sum(_var, axis=0) / N + eps)
    tl.store(Mean + row, mean)
    tl.store(Rstd + row, rstd)
    for off in range(0, N, BLOCK):
        cols = off + tl.arange(0, BLOCK)
        mask = cols < N
        x = tl.load(X + cols, mask=mask, other=0.).to(tl.float32)
        y = (x - mean) * rstd * tl.load(W + cols, mask=mask) + tl.load(B + cols, mask=mask)
        tl.store(Y + cols, y, mask=mask)


@triton.jit
def layer_norm_gradient(DX, DY, DW, X, W, Mean, Rstd, Lock, stride, N, GROUPS: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    cols = tl.arange(0, BLOCK)
    mask = cols < N
    x = tl.load(X + row * stride + cols, mask=mask, other=0).to(tl.float32)
    dy = tl.load(DY + row * stride + cols, mask=mask, other=0).to(tl.float32)
    w = tl.load(W + cols, mask=mask).to(tl.float32)
    hat = tl.where(mask, (x - tl.load(Mean + row)) * tl.load(Rstd + row), 0.)
    wdy = tl.where(mask, w * dy, 0.)
    c1 = tl.sum(hat * wdy, axis=0) / N
    c2 = tl.sum(wdy, axis=0) / N
    tl.store(DX + row * stride + cols, (wdy - (hat * c1 + c2)) * tl.load(Rstd + row), mask=mask)
    # Programs of a group add up one after the other.
    group = row % GROUPS
    Lock += group
    Count = Lock + GROUPS
    DW = DW + group * N + cols
    partial = (dy * hat).to(w.dtype)
    while tl.atomic_cas(Lock, 0, 1) == 1:
        pass
    if tl.load(Count) == 0:
        tl.atomic_xchg(Count, 1)
    else:
        partial += tl.load(DW, mask=mask)
    tl.store(DW, partial, mask=mask)
    tl.debug_barrier()
    tl.atomic_xchg(Lock, 0)


@triton.jit
def merge_moments(mean_a, m2_a, n_a, mean_b, m2_b, n_b):
    n = n_a + n_b
    share = tl.where(n == 0, 0.0, n_b / n)
    delta = mean_b - mean_a
    return mean_a + delta * share, m2_a + m2_b + delta * delta * n_a * share, n


@triton.jit
def variance(x_ptr, mean_ptr, var_ptr, N, correction, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    mean = tl.zeros([BLOCK], tl.float32)
    m2 = tl.zeros([BLOCK], tl.float32)
    count = tl.zeros([BLOCK], tl.float32)
    for start in range(0, N, BLOCK):
        at = start + tl.arange(0, BLOCK)
        ok = at < N
        x = tl.load(x_ptr + row * N + at, ok, other=0.0).to(tl.float32)
        new = count + ok
        step = tl.where(ok, x - mean, 0.0)
        mean += step / tl.maximum(new, 1)
        m2 += step * (x - mean) * ok
        count = new
    total_mean, total, _ = tl.reduce((mean, m2, count), axis=0, combine_fn=merge_moments)
    tl.store(mean_ptr + row, total_mean)
    tl.store(var_ptr + row, total / (N - correction))


class RowSoftmax(torch.autograd.Function):

    @staticmethod
    def forward(ctx, x):
        rows, cols = x.shape
        y = torch.empty_like(x)
        block = triton.next_power_of_2(cols)
        softmax_rows[(min(rows, 128), 1, 1)](y, x, y.stride(0), x.stride(0), rows, cols, block, STAGES=2 if block > 4096 else 4)
        ctx.save_for_backward(y)
        return y
