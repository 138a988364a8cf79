"""Losses, with gradients in place."""
import operator

import torch
import triton
import triton.language as tl
from packaging.version import Version, parse

if parse(triton.__version__) >= Version("3.0.0"):
    try:
        from triton.language.extra.libdevice import tanh
    except ModuleNotFoundError:
        from triton.language.extra.cuda.libdevice import tanh
else:
    from triton.language.math import tanh

_SUM: tl.constexpr = tl.constexpr(1)
_MEAN = tl.constexpr(2)


@triton.jit
def cross_entropy(
    X_ptr, X_stride, Y_ptr, weight_ptr, loss_ptr,
    cols, count,
    ignored,
    smoothing: tl.constexpr,
    reduction: tl.constexpr,  # "mean" or "sum"
    softcap,
    HAS_WEIGHT: tl.constexpr, HAS_CAP: tl.constexpr, BLOCK: tl.constexpr,
    GRADIENT: tl.constexpr = True,
):
    """The loss of one row; its gradient overwrites the row."""
    row = tl.program_id(0).to(tl.int64)
    y = tl.load(Y_ptr + row)
    X_ptr += row * X_stride
    if y == ignored:
        for i in range(0, cols, BLOCK):
            at = i + tl.arange(0, BLOCK)
            tl.store(X_ptr + at, 0.0, mask=at < cols)
        return
    if HAS_WEIGHT:
        weight = tl.load(weight_ptr + y).cast(tl.float32)
    m = float("-inf")
    d = 0.0
    own = tl.load(X_ptr + y).cast(tl.float32)
    if HAS_CAP:
        own = softcap * tanh(own / softcap)
    smooth = 0.0
    eps = smoothing / cols
    for i in range(0, cols, BLOCK):
        at = i + tl.arange(0, BLOCK)
        x = tl.load(
            X_ptr + at,
            mask=at < cols,
            other=float("-inf"),
            # in f32 from here
        ).cast(tl.float32)
        if HAS_CAP:
            x = tl.where(at < cols, softcap * tanh(x / softcap), float("-inf"))
        if smoothing > 0:
            smooth += tl.sum(tl.where(at < cols, -eps * x, 0.0))
        new = tl.maximum(m, tl.max(x))
        d = d * tl.exp(m - new) + tl.sum(tl.exp(x - new))
        m = new
    lse = m + tl.log(d)
    if GRADIENT:
        for i in range(0, cols, BLOCK):
            at = i + tl.arange(0, BLOCK)
            x = tl.load(X_ptr + at, mask=at < cols, other=float("-inf")).cast(tl.float32)
            if HAS_CAP:
                inner = tanh(x / softcap)
                x = softcap * inner
            g = tl.exp(x - m) / d
            g += -eps
            g = tl.where(at != y, g, g - (1 - smoothing))
            if HAS_WEIGHT:
                g *= weight
            if reduction == "mean":
                g = g / count
            if HAS_CAP:
                g = g * (1 - inner * inner)
            tl.store(X_ptr + at, g, mask=at < cols)
    tl.debug_barrier()
    loss = lse - own
    if smoothing > 0:
        loss = loss * (1 - smoothing) + smooth + smoothing * lse
    if HAS_WEIGHT:
        loss *= weight
    if reduction == "mean":
        loss = loss / count
    tl.store(loss_ptr + row, loss)


@triton.jit
def divergence(p_ptr, q_ptr, loss_ptr, cols, eps, LOG_TARGET: tl.constexpr = False, BLOCK: tl.constexpr = 16,
               reduction: tl.constexpr = _SUM):
    row = tl.program_id(0)
    total = 0.0
    for i in range(0, cols, BLOCK):
        at = i + tl.arange(0, BLOCK)
        mask = at < cols
        q = tl.load(q_ptr + row * cols + at, mask=mask, other=0.0)
        p = tl.load(p_ptr + row * cols + at, mask=mask, other=0.0)
        if not LOG_TARGET:
            loss = p * (tl.log(tl.maximum(p, eps)) - q)
        else:
            loss = tl.where(mask, tl.exp(p) * (p - q), 0.0)
        total += tl.sum(loss, axis=0)
    if reduction == _MEAN:
        total /= cols
    tl.store(loss_ptr + row, total)


@triton.jit
def jensen_shannon(X_ptr, Y_ptr, loss_ptr, dX_ptr, n: int, cols, beta: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    X_ptr += row * cols
    Y_ptr += row * cols
    for i in range(0, cols, BLOCK):
        at = i + tl.arange(0, BLOCK)
        mask = at < cols
        X = tl.load(X_ptr + at, mask=mask, other=float("-inf")).to(tl.float32)
        Y = tl.load(Y_ptr + at, mask=mask, other=float("-inf")).to(tl.float32)
        if beta == 0.0:
            P = tl.exp(Y)
            loss = P * (Y - X)
            dX = -P
        elif beta == 1.0:
            Q = tl.exp(X)
            loss = Q * (X - Y)
            dX = loss + Q
        else:
            P, Q = tl.exp(Y), tl.exp(X)
            left, right = beta * P, (1 - beta) * Q
            log_m = tl.log(left + right)
            loss = left * Y + right * X - (left + right) * log_m
            dX = right * (X - log_m)
        scale = 1.0 / n
        tl.store(loss_ptr + row * cols + at, loss * scale, mask=mask)
        tl.store(dX_ptr + row * cols + at, dX * scale, mask=mask)
