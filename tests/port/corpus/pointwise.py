"""Pointwise kernels with the code around them that such files have."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

try:
    import triton
    import triton.language as tl
    HAS_TRITON = True
except ImportError:
    triton = None
    HAS_TRITON = False

try:
    from triton.language.extra.libdevice import tanh
except ModuleNotFoundError:
    from triton.language.extra.cuda.libdevice import tanh

if TYPE_CHECKING:
    from collections.abc import Callable

SQRT_HALF: tl.constexpr = 0.7071067811865476
FP8_LIMIT = tl.constexpr(torch.finfo(torch.float8_e4m3fn).max)
STRICT = tl.constexpr(os.environ.get("POINTWISE_STRICT", "0") == "1")


@dataclass
class Launch:
    block: int = 1024


@triton.jit
def saxpy(
    x_ptr, y_ptr,  # vectors
    out_ptr,
    alpha,  # what x is multiplied by
    n,
    BLOCK: tl.constexpr,
):
    """out = alpha * x + y"""
    at = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    x = tl.load(x_ptr + at, mask=inside)
    y = tl.load(y_ptr + at, mask=inside)
    tl.store(out_ptr + at, alpha * x + y, mask=inside)


def axpy(alpha: float, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    out = torch.empty_like(x)
    grid = lambda meta: (triton.cdiv(x.numel(), meta["BLOCK"]),)
    saxpy[grid](x, y, out, alpha, x.numel(), BLOCK=Launch().block)
    return out


@triton.jit
def swish(x):
    return x * tl.sigmoid(x)


@triton.jit
def gelu(x, APPROXIMATE: tl.constexpr):
    if APPROXIMATE:
        inner = 0.7978845608028654 * (x + 0.044715 * x * x * x)
        return 0.5 * x * (1 + tanh(inner))
    return 0.5 * x * (1.0 + tl.math.erf(x * SQRT_HALF))


@triton.jit
def gated(gate_ptr, up_ptr, out_ptr, stride, cols: tl.constexpr, KIND: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    gate_ptr += row * stride
    up_ptr += row * stride
    out_ptr += row * stride
    at = tl.arange(0, BLOCK)
    inside = at < cols
    gate = tl.load(gate_ptr + at, mask=inside, other=0).to(tl.float32)
    up = tl.load(up_ptr + at, mask=inside, other=0)
    if KIND == "swish":
        gate = swish(gate)
    elif KIND in ("gelu", "gelu_tanh"):
        gate = gelu(gate, KIND == "gelu_tanh")
    else:
        tl.static_assert(False, "there is no such gate")
    tl.store(out_ptr + at, gate.cast(up.dtype) * up, mask=inside)


@triton.jit
def gated_gradient(grad_ptr, gate_ptr, up_ptr, n, LONG: tl.constexpr, BLOCK: tl.constexpr):
    # The gradients overwrite what they are gradients of.
    block = tl.program_id(0)
    if LONG:
        at = block.to(tl.int64) * BLOCK + tl.arange(0, BLOCK).to(tl.int64)
        n = tl.cast(n, tl.int64)
    else:
        at = block * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    grad = tl.load(grad_ptr + at, mask=inside, other=0)
    gate = tl.load(gate_ptr + at, mask=inside, other=0).to(tl.float32)
    up = tl.load(up_ptr + at, mask=inside, other=0)
    s = tl.sigmoid(gate)
    value = gate * s
    tl.store(up_ptr + at, grad * value, mask=inside)
    tl.store(gate_ptr + at, grad * up * (value * (1 - s) + s), mask=inside)


if HAS_TRITON:

    @triton.jit
    def bias_dropout(x_ptr, bias_ptr, out_ptr, keep_ptr, n, cols, p, seed, BLOCK: tl.constexpr):
        at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
        inside = at < n
        x = tl.load(x_ptr + at, mask=inside)
        if bias_ptr:
            x += tl.load(bias_ptr + at % cols, mask=inside)
        keep = tl.rand(seed, at) > p
        tl.store(keep_ptr + at, keep, mask=inside)
        tl.store(out_ptr + at, tl.where(keep, x / (1 - p), 0.0), mask=inside)


@triton.jit
def requantize(x_ptr, out_ptr, n, zero: tl.constexpr = 8.0, BLOCK: tl.constexpr = 64):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + at, mask=at < n, other=0)  # of any dtype
    scaled = (x - zero) * 2.0
    sign = (scaled > 0) * 1.0 - (scaled < 0) * 1.0
    limited = tl.minimum(tl.abs(scaled), FP8_LIMIT)
    if STRICT:
        tl.device_assert(limited >= 0)
    if (rest := n % 2) == 1:
        limited += rest
    tl.store(out_ptr + at, sign * limited, mask=at < n)


def benchmark(sizes=tuple(2**i for i in range(10, 20))):
    for size in sizes:
        print(f"{size:>10}: {triton.testing.do_bench(lambda: None):.3f} ms")


if __name__ == "__main__":
    benchmark()
