"""Matrix products with tuning as libraries write it."""
import itertools

import torch
import triton
import triton.language as tl


def is_hip():
    return triton.runtime.driver.active.get_current_target().backend == "hip"


def tile_configs():
    configs = [
        triton.Config({"BM": m, "BN": n, "BK": k, "GROUP": 2, "waves_per_eu": 0}, num_stages=s, num_warps=w)
        for m, n in itertools.product([16, 32], repeat=2)
        for k in ([64] if is_hip() else [16, 32])
        for s, w in [(2, 2), (3, 4)]
    ]
    return configs


def wide_enough(config):
    return config.kwargs["BM"] * config.kwargs["BN"] >= 512 or config.num_warps == 2


def prune(configs, named_args, **kwargs):
    # Tiles beyond the matrix are of no use.
    M, N = named_args["M"], kwargs.get("N", named_args["N"])
    kept = [c for c in configs if c.kwargs["BM"] <= M and c.kwargs["BN"] <= max(N, 16)]
    return kept or configs


@triton.autotune(
    configs=[c for c in tile_configs() if wide_enough(c)],
    key=["M", "N", "K"],
    prune_configs_by={"early_config_prune": prune},
)
@triton.jit
def matmul(
    a_ptr, b_ptr, c_ptr,
    M, N, K,
    # how far apart neighbours are
    stride_am, stride_ak, stride_bk, stride_bn, stride_cm, stride_cn,
    BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr,
    ACTIVATION: tl.constexpr = "",
):
    pid = tl.program_id(0)
    tiles_m, tiles_n = tl.cdiv(M, BM), tl.cdiv(N, BN)
    width = GROUP * tiles_n
    first = (pid // width) * GROUP
    height = min(tiles_m - first, GROUP)
    tile_m = first + (pid % width) % height
    tile_n = (pid % width) // height
    tl.assume(stride_am > 0)

    rm = (tile_m * BM + tl.arange(0, BM)) % M
    rn = (tile_n * BN + tl.arange(0, BN)) % N
    rk = tl.arange(0, BK)
    a_ptrs = a_ptr + (rm[:, None] * stride_am + rk[None, :] * stride_ak)
    b_ptrs = b_ptr + (rk[:, None] * stride_bk + rn[None, :] * stride_bn)
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, tl.cdiv(K, BK)):
        a = tl.load(a_ptrs, mask=rk[None, :] < K - k * BK, other=0.0)
        b = tl.load(b_ptrs, mask=rk[:, None] < K - k * BK, other=0.0)
        acc = tl.dot(a, b, acc, input_precision="ieee")
        a_ptrs += BK * stride_ak
        b_ptrs += BK * stride_bk
    if ACTIVATION == "leaky":
        acc = leaky(acc)
    om = tile_m * BM + tl.arange(0, BM)
    on = tile_n * BN + tl.arange(0, BN)
    tl.store(c_ptr + stride_cm * om[:, None] + stride_cn * on[None, :], acc.to(c_ptr.dtype.element_ty),
             mask=(om[:, None] < M) & (on[None, :] < N))


# Defined behind the kernel that calls it.
@triton.jit
def leaky(x):
    return tl.where(x >= 0, x, 0.01 * x)


def clear(name):
    return lambda nargs: nargs[name].zero_()


@triton.autotune(
    configs=[
        triton.Config({"BLOCK": 16, "SPLIT": 1}, num_warps=2),
        triton.Config({"BLOCK": 16, "SPLIT": 2}, num_warps=2, pre_hook=clear("C")),
    ],
    key=["K"],
)
@triton.heuristics({"EVEN": lambda args: args["K"] % (args["BLOCK"] * args["SPLIT"]) == 0})
@triton.jit
def split_k(A, B, C, M, N, K, OUT: tl.constexpr, CAST: tl.constexpr, BLOCK: tl.constexpr, SPLIT: tl.constexpr, EVEN: tl.constexpr):
    pid_m, pid_n, pid_z = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    rm = pid_m * BLOCK + tl.arange(0, BLOCK)
    rn = pid_n * BLOCK + tl.arange(0, BLOCK)
    ram = tl.max_contiguous(tl.multiple_of(rm % M, BLOCK), BLOCK)
    rk = pid_z * BLOCK + tl.arange(0, BLOCK)
    A = A + (ram[:, None] * K + rk[None, :])
    B = B + (rk[:, None] * N + (rn % N)[None, :])
    acc = tl.zeros((BLOCK, BLOCK), dtype=OUT)
    for k in range(0, tl.cdiv(K, BLOCK * SPLIT)):
        if EVEN:
            a, b = tl.load(A), tl.load(B)
        else:
            left = K - k * (BLOCK * SPLIT)
            zero = tl.zeros((1, 1), dtype=C.dtype.element_ty)
            a = tl.load(A, mask=rk[None, :] < left, other=zero)
            b = tl.load(B, mask=rk[:, None] < left, other=zero)
        if CAST is not None:
            a, b = a.to(CAST), b.to(CAST)
        acc += tl.dot(a, b, out_dtype=OUT, allow_tf32=False)
        A += BLOCK * SPLIT
        B += BLOCK * SPLIT * N
    C = C + (rm[:, None] * N + rn[None, :])
    ok = (rm < M)[:, None] & (rn < N)[None, :]
    if SPLIT == 1:
        tl.store(C, acc, mask=ok)
    else:
        tl.atomic_add(C, acc, mask=ok, sem="relaxed")


@triton.jit
def place(tile, width, tiles_m, GROUP):
    first = tile // width * GROUP
    height = min(tiles_m - first, GROUP)
    return first + tile % height, tile % width // height


def _metadata(grid, kernel, args):
    return {"name": f"{kernel.name} [{args['M']}]", "flops": 2 * args["M"] * args["N"] * args["K"]}


@triton.jit(launch_metadata=_metadata)
def persistent(a_ptr, b_ptr, c_ptr, M, N, K, B: tl.constexpr, GROUP: tl.constexpr, PROGRAMS: tl.constexpr):
    tiles_m, tiles_n = tl.cdiv(M, B), tl.cdiv(N, B)
    width = GROUP * tiles_n
    for tile in tl.range(tl.program_id(0), tiles_m * tiles_n, PROGRAMS, flatten=True):
        tm, tn = place(tile, width, tiles_m, GROUP)
        rm = tm * B + tl.arange(0, B)
        rn = tn * B + tl.arange(0, B)
        acc = tl.zeros((B, B), dtype=tl.float32)
        for k in range(tl.cdiv(K, B)):
            rk = k * B + tl.arange(0, B)
            a = tl.load(a_ptr + rm[:, None] * K + rk[None, :], mask=(rm[:, None] < M) & (rk[None, :] < K), other=0.0)
            b = tl.load(b_ptr + rk[:, None] * N + rn[None, :], mask=(rk[:, None] < K) & (rn[None, :] < N), other=0.0)
            acc = tl.dot(a, b, acc)
        if c_ptr.dtype.element_ty == tl.float8e4nv:
            c = acc.to(tl.float8e4nv)
        else:
            c = acc.to(c_ptr.dtype.element_ty)
        tl.store(c_ptr + rm[:, None] * N + rn[None, :], c, mask=(rm[:, None] < M) & (rn[None, :] < N))


@triton.jit
def described(desc_or_ptr, shape, strides, block_shape):
    if isinstance(desc_or_ptr, tl.tensor_descriptor):
        return desc_or_ptr
    else:
        return tl.make_tensor_descriptor(desc_or_ptr, shape, strides, block_shape)


@triton.jit
def by_descriptors(a_desc, b_desc, c_desc, M, N, K, B: tl.constexpr, HALVES: tl.constexpr):
    a_desc = described(a_desc, shape=[M, K], strides=[K, 1], block_shape=[B, B])
    b_desc = described(b_desc, shape=[N, K], strides=[K, 1], block_shape=[B, B])
    c_desc = described(c_desc, shape=[M, N], strides=[N, 1], block_shape=[B, B // 2 if HALVES else B])
    m, n = tl.program_id(0) * B, tl.program_id(1) * B
    acc = tl.zeros((B, B), dtype=tl.float32)
    for k in range(0, K, B):
        acc = tl.dot(a_desc.load([m, k]), b_desc.load([n, k]).T, acc)
    if HALVES:
        left, right = acc.reshape(B, 2, B // 2).permute(0, 2, 1).split()
        c_desc.store([m, n], left)
        c_desc.store([m, n + B // 2], right)
    else:
        c_desc.store([m, n], acc)


@triton.jit
def grouped(a_ptr, b_ptr, c_ptr, sizes_ptr, G, K, N, B: tl.constexpr, PROGRAMS: tl.constexpr):
    tile = tl.program_id(0)
    done = 0
    row = 0
    for g in range(G):
        rows = tl.load(sizes_ptr + g)
        tiles_n = tl.cdiv(N, B)
        tiles = tl.cdiv(rows, B) * tiles_n
        while tile >= done and tile < done + tiles:
            rm = (tile - done) // tiles_n * B + tl.arange(0, B)
            rn = (tile - done) % tiles_n * B + tl.arange(0, B)
            acc = tl.zeros((B, B), dtype=tl.float32)
            for start in range(0, K, B):
                rk = start + tl.arange(0, B)
                a = tl.load(a_ptr + (row + rm[:, None]) * K + rk[None, :], mask=(rm[:, None] < rows) & (rk[None, :] < K), other=0.0)
                b = tl.load(b_ptr + g * K * N + rk[:, None] * N + rn[None, :], mask=(rk[:, None] < K) & (rn[None, :] < N), other=0.0)
                acc += tl.dot(a, b)
            tl.store(c_ptr + (row + rm[:, None]) * N + rn[None, :], acc, mask=(rm[:, None] < rows) & (rn[None, :] < N))
            tile += PROGRAMS
        done += tiles
        row += rows


class _Matmul(torch.autograd.Function):
    kernel = matmul
    _locks: dict = {}

    @staticmethod
    def forward(ctx, a, b):
        M, K = a.shape
        _, N = b.shape
        c = torch.empty((M, N), device=a.device, dtype=a.dtype)
        grid = lambda META: (triton.cdiv(M, META["BM"]) * triton.cdiv(N, META["BN"]),)
        matmul[grid](a, b, c, M, N, K, *a.stride(), *b.stride(), *c.stride())
        return c
