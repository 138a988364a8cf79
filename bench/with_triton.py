"""The workloads of `deno task bench` on real Triton and torch.

    deno run -A bench/main.ts --list | python3 bench/with_triton.py triton.json
    deno task bench --triton triton.json

Triton's kernels are plain ones, as its tutorials write them: a program a row for what reduces rows,
the fastest of several numbers of warps; the fastest of several tilings for products. Products of f32
are full f32, in torch as well. Milliseconds are medians of triton.testing.do_bench, which overwrites
the caches before each run.
"""

import json
import math
import sys
import time

import torch
import torch.nn.functional as F
import triton
import triton.language as tl

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
DTYPES = {"f32": torch.float32, "f16": torch.float16}


@triton.jit
def add_kernel(x, y, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = at < n
    tl.store(out + at, tl.load(x + at, mask=mask) + tl.load(y + at, mask=mask), mask=mask)


@triton.jit
def softmax_kernel(x, out, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.arange(0, BLOCK)
    mask = at < columns
    values = tl.load(x + row * columns + at, mask=mask, other=-float("inf")).to(tl.float32)
    powers = tl.exp(values - tl.max(values, 0))
    tl.store(out + row * columns + at, powers / tl.sum(powers, 0), mask=mask)


@triton.jit
def layer_norm_kernel(x, weight, bias, out, columns, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.arange(0, BLOCK)
    mask = at < columns
    values = tl.load(x + row * columns + at, mask=mask, other=0).to(tl.float32)
    mean = tl.sum(values, 0) / columns
    centred = tl.where(mask, values - mean, 0)
    scale = tl.rsqrt(tl.sum(centred * centred, 0) / columns + eps)
    w, b = tl.load(weight + at, mask=mask), tl.load(bias + at, mask=mask)
    tl.store(out + row * columns + at, centred * scale * w + b, mask=mask)


@triton.jit
def rms_norm_kernel(x, weight, out, columns, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.arange(0, BLOCK)
    mask = at < columns
    values = tl.load(x + row * columns + at, mask=mask, other=0).to(tl.float32)
    scale = tl.rsqrt(tl.sum(values * values, 0) / columns + eps)
    w = tl.load(weight + at, mask=mask)
    tl.store(out + row * columns + at, values * scale * w, mask=mask)


@triton.jit
def layer_norm_backward_kernel(
    x, weight, gradient, dx, sums_w, sums_b, rows, columns, eps, BLOCK: tl.constexpr
):
    # A program takes every P-th row and adds up its part of the sums over rows.
    at = tl.arange(0, BLOCK)
    mask = at < columns
    w = tl.load(weight + at, mask=mask, other=0).to(tl.float32)
    of_weight = tl.zeros([BLOCK], tl.float32)
    of_bias = tl.zeros([BLOCK], tl.float32)
    for row in range(tl.program_id(0), rows, tl.num_programs(0)):
        start = row.to(tl.int64) * columns
        values = tl.load(x + start + at, mask=mask, other=0).to(tl.float32)
        given = tl.load(gradient + start + at, mask=mask, other=0).to(tl.float32)
        mean = tl.sum(values, 0) / columns
        centred = tl.where(mask, values - mean, 0)
        scale = tl.rsqrt(tl.sum(centred * centred, 0) / columns + eps)
        normal = centred * scale
        h = given * w
        mean_h = tl.sum(h, 0) / columns
        mean_nh = tl.sum(h * normal, 0) / columns
        tl.store(dx + start + at, (h - mean_h - normal * mean_nh) * scale, mask=mask)
        of_weight += given * normal
        of_bias += given
    tl.store(sums_w + tl.program_id(0) * columns + at, of_weight, mask=mask)
    tl.store(sums_b + tl.program_id(0) * columns + at, of_bias, mask=mask)


@triton.jit
def column_sums_kernel(sums, out, rows, columns, ROWS: tl.constexpr, BLOCK: tl.constexpr):
    column = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    total = tl.zeros([ROWS, BLOCK], tl.float32)
    for start in range(0, rows, ROWS):
        row = start + tl.arange(0, ROWS)
        mask = (row[:, None] < rows) & (column[None, :] < columns)
        total += tl.load(sums + row[:, None] * columns + column[None, :], mask=mask, other=0)
    tl.store(out + column, tl.sum(total, 0), mask=column < columns)


@triton.jit
def cross_entropy_kernel(logits, targets, losses, gradient, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.arange(0, BLOCK)
    mask = at < columns
    values = tl.load(logits + row * columns + at, mask=mask, other=-float("inf")).to(tl.float32)
    target = tl.load(targets + row)
    largest = tl.max(values, 0)
    powers = tl.exp(values - largest)
    total = tl.sum(powers, 0)
    picked = tl.load(logits + row * columns + target).to(tl.float32)
    tl.store(losses + row, tl.log(total) + largest - picked)
    tl.store(
        gradient + row * columns + at,
        powers / total - tl.where(at == target, 1.0, 0.0),
        mask=mask,
    )


@triton.jit
def dropout_kernel(x, out, n, p, seed, BLOCK: tl.constexpr):
    quarter: tl.constexpr = BLOCK // 4
    at = tl.arange(0, quarter)
    base = tl.program_id(0) * BLOCK
    r0, r1, r2, r3 = tl.rand4x(seed, tl.program_id(0) * quarter + at)
    for q in tl.static_range(4):
        random = r0 if q == 0 else (r1 if q == 1 else (r2 if q == 2 else r3))
        place = base + q * quarter + at
        value = tl.load(x + place, mask=place < n)
        tl.store(out + place, tl.where(random < p, 0.0, value / (1 - p)), mask=place < n)


@triton.jit
def rotary_kernel(x, cos, sin, out, length, heads, HALF: tl.constexpr, HEADS: tl.constexpr):
    token = tl.program_id(0).to(tl.int64)
    head = (tl.program_id(1) * HEADS + tl.arange(0, HEADS))[:, None]
    place = tl.arange(0, HALF)[None, :]
    mask = head < heads
    at = (token * heads + head) * (2 * HALF) + place
    c = tl.load(cos + (token % length) * HALF + place)
    s = tl.load(sin + (token % length) * HALF + place)
    a, b = tl.load(x + at, mask=mask), tl.load(x + at + HALF, mask=mask)
    tl.store(out + at, a * c - b * s, mask=mask)
    tl.store(out + at + HALF, b * c + a * s, mask=mask)


@triton.jit
def matmul_kernel(
    a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr
):
    pid = tl.program_id(0)
    tiles_m, tiles_n = tl.cdiv(M, BM), tl.cdiv(N, BN)
    group = pid // (GROUP * tiles_n)
    size = min(tiles_m - group * GROUP, GROUP)
    pid_m = group * GROUP + (pid % (GROUP * tiles_n)) % size
    pid_n = (pid % (GROUP * tiles_n)) // size
    rows = pid_m * BM + tl.arange(0, BM)
    columns = pid_n * BN + tl.arange(0, BN)
    depth = tl.arange(0, BK)
    a_tile = a + rows[:, None] * K + depth[None, :]
    b_tile = b + depth[:, None] * N + columns[None, :]
    total = tl.zeros([BM, BN], tl.float32)
    for _ in range(0, tl.cdiv(K, BK)):
        total = tl.dot(tl.load(a_tile), tl.load(b_tile), total, input_precision="ieee")
        a_tile += BK
        b_tile += BK * N
    tl.store(c + rows[:, None] * N + columns[None, :], total.to(c.dtype.element_ty))


@triton.jit
def attention_kernel(
    q, k, v, out, length, scale, D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr
):
    head = tl.program_id(1).to(tl.int64) * length * D
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    depth = tl.arange(0, D)
    queries = tl.load(q + head + rows[:, None] * D + depth[None, :])
    largest = tl.full([BM], -float("inf"), tl.float32)
    total = tl.zeros([BM], tl.float32)
    result = tl.zeros([BM, D], tl.float32)
    for start in range(0, length, BN):
        places = start + tl.arange(0, BN)
        keys = tl.load(k + head + places[None, :] * D + depth[:, None])
        scores = tl.dot(queries, keys, input_precision="ieee") * (scale * 1.4426950408889634)
        larger = tl.maximum(largest, tl.max(scores, 1))
        powers = tl.exp2(scores - larger[:, None])
        fade = tl.exp2(largest - larger)
        total = total * fade + tl.sum(powers, 1)
        values = tl.load(v + head + places[:, None] * D + depth[None, :])
        result = tl.dot(
            powers.to(values.dtype), values, result * fade[:, None], input_precision="ieee"
        )
        largest = larger
    result = result / total[:, None]
    tl.store(out + head + rows[:, None] * D + depth[None, :], result.to(out.dtype.element_ty))


def bench(run):
    return triton.testing.do_bench(run, warmup=10, rep=50, return_mode="median")


def fastest(runs):
    """The least time of several ways; those that need too much are passed over."""
    best = None
    for run in runs:
        try:
            run()
            once = triton.testing.do_bench(run, warmup=0, rep=1)
            if best is not None and once > 2 * best:
                continue
            ms = bench(run)
        except (triton.runtime.errors.OutOfResources, triton.CompilationError):
            continue
        best = ms if best is None else min(best, ms)
    return best


def random(*shape, dtype="f32", scale=4.0):
    return (torch.rand(*shape, device="cuda", dtype=DTYPES[dtype]) - 0.5) * scale


def check(name, found, wanted, tolerance):
    error = (found.float() - wanted.float()).abs().max().item()
    if not error <= tolerance:
        raise SystemExit(f"{name} on Triton differs from torch by {error}")


def warps_for(block):
    return [warps for warps in (1, 2, 4, 8, 16) if 32 <= block // warps <= 4096]


def vector_add(dtype, n):
    x, y = random(n, dtype=dtype), random(n, dtype=dtype)
    out = torch.empty_like(x)
    runs = [
        lambda b=b: add_kernel[(triton.cdiv(n, b),)](x, y, out, n, BLOCK=b) for b in (1024, 2048)
    ]
    ms = fastest(runs)
    check("vector_add", out, x + y, 1e-3)
    return ms, bench(lambda: torch.add(x, y, out=out))


def softmax(dtype, rows, columns):
    x = random(rows, columns, dtype=dtype)
    out = torch.empty_like(x)
    block = triton.next_power_of_2(columns)
    ms = fastest(
        lambda w=w: softmax_kernel[(rows,)](x, out, columns, BLOCK=block, num_warps=w)
        for w in warps_for(block)
    )
    check("softmax", out, F.softmax(x, -1), 1e-3)
    return ms, bench(lambda: F.softmax(x, -1))


def layer_norm(dtype, rows, columns):
    x, w, b = random(rows, columns, dtype=dtype), random(columns), random(columns)
    out = torch.empty_like(x)
    block = triton.next_power_of_2(columns)
    ms = fastest(
        lambda n=n: layer_norm_kernel[(rows,)](x, w, b, out, columns, 1e-5, BLOCK=block, num_warps=n)
        for n in warps_for(block)
    )
    check("layer_norm", out, F.layer_norm(x, (columns,), w, b), 1e-2)
    return ms, bench(lambda: F.layer_norm(x, (columns,), w, b))


def rms_norm(dtype, rows, columns):
    x, w = random(rows, columns, dtype=dtype), random(columns)
    out = torch.empty_like(x)
    block = triton.next_power_of_2(columns)
    ms = fastest(
        lambda n=n: rms_norm_kernel[(rows,)](x, w, out, columns, 1e-6, BLOCK=block, num_warps=n)
        for n in warps_for(block)
    )
    check("rms_norm", out, F.rms_norm(x, (columns,), w, 1e-6), 1e-2)
    return ms, bench(lambda: F.rms_norm(x, (columns,), w, 1e-6))


def layer_norm_backward(dtype, rows, columns):
    x, w = random(rows, columns, dtype=dtype), random(columns)
    gradient = random(rows, columns, dtype=dtype)
    dx, dw, db = torch.empty_like(x), torch.empty_like(w), torch.empty_like(w)
    block = triton.next_power_of_2(columns)

    def run(programs, warps):
        sums_w = torch.empty(programs, columns, device="cuda")
        sums_b = torch.empty(programs, columns, device="cuda")
        layer_norm_backward_kernel[(programs,)](
            x, w, gradient, dx, sums_w, sums_b, rows, columns, 1e-5, BLOCK=block, num_warps=warps
        )
        grid = (triton.cdiv(columns, 32),)
        column_sums_kernel[grid](sums_w, dw, programs, columns, ROWS=32, BLOCK=32)
        column_sums_kernel[grid](sums_b, db, programs, columns, ROWS=32, BLOCK=32)

    ms = fastest(
        lambda p=p, n=n: run(p, n) for p in (132, 264, 528, 1056) for n in warps_for(block)[1:]
    )
    given = [t.clone().requires_grad_() for t in (x, w, torch.zeros_like(w))]
    out = F.layer_norm(given[0], (columns,), given[1], given[2])
    wanted = torch.autograd.grad(out, given, gradient, retain_graph=True)
    check("layer_norm_backward", dx, wanted[0], 1e-2)
    check("layer_norm_backward (weight)", dw / rows, wanted[1] / rows, 1e-2)
    return ms, bench(lambda: torch.autograd.grad(out, given, gradient, retain_graph=True))


def cross_entropy(dtype, rows, columns):
    logits = random(rows, columns, dtype=dtype, scale=8.0)
    targets = torch.randint(columns, (rows,), device="cuda")
    targets32 = targets.to(torch.int32)
    losses, gradient = torch.empty(rows, device="cuda"), torch.empty_like(logits)
    block = triton.next_power_of_2(columns)
    ms = fastest(
        lambda n=n: cross_entropy_kernel[(rows,)](
            logits, targets32, losses, gradient, columns, BLOCK=block, num_warps=n
        )
        for n in warps_for(block)
    )
    leaf = logits.clone().requires_grad_()

    def both():
        loss = F.cross_entropy(leaf, targets, reduction="none")
        return loss, torch.autograd.grad(loss, leaf, torch.ones_like(loss))[0]

    wanted = both()
    check("cross_entropy", losses, wanted[0], 1e-3)
    check("cross_entropy (gradient)", gradient, wanted[1], 1e-3)
    return ms, bench(both)


def dropout(dtype, n):
    x = random(n, dtype=dtype)
    out = torch.empty_like(x)
    ms = fastest(
        lambda b=b, w=w: dropout_kernel[(triton.cdiv(n, b),)](x, out, n, 0.5, 7, BLOCK=b, num_warps=w)
        for b in (1024, 2048, 4096)
        for w in (4, 8)
    )
    return ms, bench(lambda: F.dropout(x, 0.5, True))


def rotary(dtype, batch, length, heads, dim):
    x = random(batch, length, heads, dim, dtype=dtype)
    half = dim // 2
    angles = torch.arange(length, device="cuda")[:, None] * 10_000 ** (
        -torch.arange(half, device="cuda") / half
    )
    cos, sin = angles.cos(), angles.sin()
    out = torch.empty_like(x)
    ms = fastest(
        lambda h=h, w=w: rotary_kernel[(batch * length, triton.cdiv(heads, h))](
            x, cos, sin, out, length, heads, HALF=half, HEADS=h, num_warps=w
        )
        for h in (4, 8, 16, 32)
        if h <= heads
        for w in (1, 2, 4, 8)
    )

    def in_torch():
        a, b = x[..., :half], x[..., half:]
        c, s = cos[None, :, None, :], sin[None, :, None, :]
        return torch.cat([a * c - b * s, b * c + a * s], -1)

    check("rotary", out, in_torch(), 1e-2)
    return ms, bench(in_torch)


def sum(dtype, n):
    x = random(n, dtype=dtype, scale=1.0)
    return None, bench(lambda: x.sum())


def cumsum(dtype, n):
    x = random(n, dtype=dtype, scale=1.0)
    return None, bench(lambda: torch.cumsum(x, 0))


def sort(dtype, n):
    x = random(n, dtype=dtype)
    return None, bench(lambda: torch.sort(x))


TILES = {
    "f32": [
        (128, 128, 16, 8, 2), (128, 128, 32, 8, 3), (128, 64, 32, 4, 3), (64, 128, 16, 4, 3),
        (64, 64, 32, 4, 3), (64, 64, 16, 4, 4), (64, 32, 32, 4, 3), (32, 32, 32, 2, 3),
    ],
    "f16": [
        (128, 256, 64, 8, 3), (128, 256, 64, 8, 4), (256, 128, 64, 8, 3), (128, 128, 64, 4, 4),
        (128, 128, 64, 8, 4), (128, 64, 64, 4, 4), (64, 128, 64, 4, 4), (64, 64, 64, 4, 4),
        (128, 128, 32, 4, 4), (64, 32, 64, 4, 5), (32, 32, 64, 4, 5),
    ],
}


def matmul(dtype, n):
    a, b = random(n, n, dtype=dtype, scale=2.0), random(n, n, dtype=dtype, scale=2.0)
    c = torch.empty_like(a)
    ms = fastest(
        lambda t=t: matmul_kernel[(triton.cdiv(n, t[0]) * triton.cdiv(n, t[1]),)](
            a, b, c, n, n, n, *t[:3], GROUP=8, num_warps=t[3], num_stages=t[4]
        )
        for t in TILES[dtype]
    )
    check("matmul", c, a @ b, 1e-3 * n if dtype == "f16" else 1e-2)
    return ms, bench(lambda: torch.matmul(a, b, out=c))


def few_rows(dtype, rows, k, n):
    few, many = random(rows, k, dtype=dtype, scale=2.0), random(k, n, dtype=dtype, scale=2.0)
    out = torch.empty(rows, n, device="cuda", dtype=DTYPES[dtype])
    return None, bench(lambda: torch.matmul(few, many, out=out))


def attention(dtype, heads, length, dim):
    q, k, v = (random(1, heads, length, dim, dtype=dtype) for _ in range(3))
    out = torch.empty_like(q)
    scale = 1 / math.sqrt(dim)
    tiles = {
        "f32": [(64, 32, 4, 2), (64, 64, 8, 2), (128, 32, 8, 2), (128, 32, 4, 2), (32, 32, 4, 2)],
        "f16": [(128, 64, 8, 3), (128, 128, 8, 2), (64, 64, 4, 3), (128, 64, 4, 3)],
    }[dtype]
    ms = fastest(
        lambda t=t: attention_kernel[(length // t[0], heads)](
            q, k, v, out, length, scale, D=dim, BM=t[0], BN=t[1], num_warps=t[2], num_stages=t[3]
        )
        for t in tiles
    )
    wanted = F.scaled_dot_product_attention(q, k, v)
    check("attention", out, wanted, 1e-2)
    return ms, bench(lambda: F.scaled_dot_product_attention(q, k, v))


def main():
    known = {
        f.__name__: f
        for f in (
            vector_add, softmax, layer_norm, rms_norm, layer_norm_backward, cross_entropy, dropout,
            rotary, sum, cumsum, sort, matmul, few_rows, attention,
        )
    }
    about = f"Triton {triton.__version__}, torch {torch.__version__} on {torch.cuda.get_device_name()}"
    results = []
    for each in json.load(sys.stdin):
        if each["workload"] == "matmul_imprecise":
            continue  # they have tensor cores for it
        run = known.get(each["workload"])
        if run is None:
            print(f"bench/with_triton.py has no workload '{each['workload']}'", file=sys.stderr)
            continue
        start = time.time()
        ours, torchs = run(each["dtype"], *each["size"])
        results.append({**each, "triton": ours, "torch": torchs})
        print(f"{each}: {ours} and {torchs} ms, in {time.time() - start:.1f} s", file=sys.stderr)
        torch.cuda.empty_cache()
        if len(sys.argv) > 1:  # after each, so that a run that is cut off leaves something
            with open(sys.argv[1], "w") as file:
                json.dump({"about": about, "results": results}, file)
    if len(sys.argv) == 1:
        json.dump({"about": about, "results": results}, sys.stdout)


if __name__ == "__main__":
    main()
