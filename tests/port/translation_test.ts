/** What Python becomes: one construct a test, as text. */

import { port } from "../../port.ts";
import { assertEquals } from "../support/assert.ts";

/** The lines of a kernel's body, in JavaScript. */
function body(python: string, params = "X, Y, n, B: tl.constexpr"): string[] {
  const indented = python.trim().split("\n").map((row) => `    ${row}`).join("\n");
  const { code } = port(`@triton.jit\ndef kernel(${params}):\n${indented}\n`, { types: false });
  const rows = code.split("\n");
  const start = rows.findIndex((row) => row.endsWith(") {"));
  const end = rows.findLastIndex((row) => /^\s*\}/.test(row));
  const depth = /^ */.exec(rows[start + 1] ?? "")![0].length;
  return rows.slice(start + 1, end).map((row) => row.slice(depth));
}

function bodyOf(python: string, params?: string): string {
  return body(python, params).join("\n");
}

Deno.test("names and keyword arguments take TypeScript's spelling", () => {
  assertEquals(
    bodyOf(`
offs = tl.program_id(axis=0) * B + tl.arange(0, B)
mask = offs < n
x = tl.load(X + offs, mask=mask, other=0.5)
s = tl.sum(x, axis=0, keep_dims=True)
a = tl.sum(x)
tl.store(Y + offs, x.to(tl.float16) / s + a, mask)`),
    `const offs = tl.programId(0) * B + tl.arange(0, B);
const mask = offs < n;
const x = tl.load(X + offs, { mask, other: 0.5 });
const s = tl.sum(x, 0, { keepDims: true });
const a = tl.sum(x);
tl.store(Y + offs, tl.cast(x, tl.f16) / s + a, { mask });`,
  );
});

Deno.test("integer division truncates at run time and rounds down while compiling", () => {
  assertEquals(
    bodyOf(`
pid = tl.program_id(0)
i = pid // n
j = pid % n
tl.store(Y + tl.arange(0, B // 2), i + j)
tl.store(Y, (1 - B) % 3)`),
    `const pid = tl.programId(0);
const i = (pid / n) | 0;
const j = pid % n;
tl.store(Y + tl.arange(0, Math.floor(B / 2)), i + j);
tl.store(Y, ((1 - B) % 3 + 3) % 3);`,
  );
});

Deno.test("a number bound to a name gets the dtype that Triton gives it", () => {
  assertEquals(
    bodyOf(`
s = 2.0
i = 0
half = B // 2
w: tl.constexpr = 3.0
x = tl.load(X)
while i < n:
    x = x * s + w
    i += 1
tl.store(Y + tl.arange(0, half), x)`),
    `const s = tl.f32(2.0);
let i = tl.i32(0);
const half = Math.floor(B / 2);
const w = 3.0;
let x = tl.load(X);
while (i < n) {
  x = x * s + w;
  i += 1;
}
tl.store(Y + tl.arange(0, half), x);`,
  );
});

Deno.test("a float literal beside an integer stays a float", () => {
  assertEquals(
    bodyOf(`
i = tl.arange(0, B)
a = i * 2.0
b = i * 2.5
c = tl.where(i > 3, 1.0, 0.0)
d = tl.load(X + i) * 2.0`),
    `const i = tl.arange(0, B);
const a = i * tl.f32(2.0);
const b = i * 2.5;
const c = tl.where(i > 3, tl.f32(1.0), tl.f32(0.0));
const d = tl.asFloat(tl.load(X + i)) * 2.0;`,
  );
});

Deno.test("a float literal beside a tile of any dtype makes floats of integers", () => {
  assertEquals(
    bodyOf(`
x = tl.load(X)
y = tl.load(X, mask=n > 0, other=-float("inf"))
z = tl.load(X)
a = x * 2.0 + x / 2.0 + x * 2.5 + x * 2
b = tl.where(x > 0.0, x, 0.0)
c = tl.exp(z) + y * 2.0 + z * 2.0
x *= 3.0`),
    `let x = tl.load(X);
const y = tl.load(X, { mask: n > 0, other: -Infinity });
const z = tl.load(X);
const a = tl.asFloat(x) * 2.0 + x / 2.0 + x * 2.5 + x * 2;
const b = tl.where(x > 0.0, tl.asFloat(x), 0.0);
const c = tl.exp(z) + y * 2.0 + z * 2.0;
x = tl.asFloat(x) * 3.0;`,
  );
});

Deno.test("masks are joined by logic, integers by bits", () => {
  assertEquals(
    bodyOf(`
i = tl.arange(0, B)
m = (i < n) & (i >= 0) | ~(i == 3)
k = (i & 7) ^ 1
q = (i > 3) * 2
m &= i != 5`),
    `const i = tl.arange(0, B);
let m = i < n && i >= 0 || !(i === 3);
const k = (i & 7) ^ 1;
const q = tl.cast(i > 3, tl.i32) * 2;
m = m && i !== 5;`,
  );
});

Deno.test("new dimensions are named", () => {
  assertEquals(
    bodyOf(`
i = tl.arange(0, B)
a = i[:, None] + i[None, :]
b = i[:, None, None] + i[None, :, None] + i[None]
c = i[:]
d = a.shape[1] + a.T.shape[0]`),
    `const i = tl.arange(0, B);
const a = tl.col(i) + tl.row(i);
const b = tl.expandDims(i, [1, 2]) + tl.expandDims(i, [0, 2]) + tl.expandDims(i, 0);
const c = i;
const d = a.shape[1] + tl.trans(a).shape[0];`,
  );
});

Deno.test("variables are declared where all their uses see them", () => {
  assertEquals(
    bodyOf(`
if n > 3:
    y = 1
    t = y + n
    tl.store(X, t)
else:
    y = 2
for i in range(n):
    c = i * 2
    tl.store(Y + c, y)
for i in range(n):
    if i > 2:
        z = i
    else:
        z = n
    tl.store(Y + z, i)
for last in range(n):
    tl.store(Y, last)
tl.store(Y, last)`),
    `let y;
if (n > 3) {
  y = tl.i32(1);
  const t = y + n;
  tl.store(X, t);
} else {
  y = tl.i32(2);
}
for (const i of tl.range(n)) {
  const c = i * 2;
  tl.store(Y + c, y);
}
for (const i of tl.range(n)) {
  let z;
  if (i > 2) {
    z = i;
  } else {
    z = n;
  }
  tl.store(Y + z, i);
}
let last;
for (const lastNow of tl.range(n)) {
  last = lastNow;
  tl.store(Y, last);
}
tl.store(Y, last);`,
  );
});

Deno.test("tuples are arrays", () => {
  assertEquals(
    bodyOf(`
a, b = n, n + 1
(c, d) = b, a
a, b = b, a
tl.store(Y, a + b + c + d)`),
    `let [a, b] = [n, n + 1];
const [c, d] = [b, a];
[a, b] = [b, a];
tl.store(Y, a + b + c + d);`,
  );
});

Deno.test("comparisons chain, conditions choose, logic reads as in JavaScript", () => {
  assertEquals(
    bodyOf(`
p = tl.program_id(0)
if 0 < p <= n and not (p == 3 or B):
    tl.store(Y, 1 if p > 2 else -1)
elif X is not None:
    pass
assert B > 0, f"B is {B}"`),
    `const p = tl.programId(0);
if (0 < p && p <= n && !(p === 3 || B)) {
  tl.store(Y, p > 2 ? 1 : -1);
} else if (X !== undefined) {}
tl.staticAssert(B > 0, \`B is \${B}\`);`,
  );
});

Deno.test("what JavaScript reserves is renamed, and comments stay", () => {
  assertEquals(
    bodyOf(`
# the new one
new = tl.load(X)  # read

# and written
tl.store(Y, -new)
# done`),
    `// the new one
const new_ = tl.load(X); // read

// and written
tl.store(Y, 0 - new_);
// done`,
  );
});

Deno.test("numbers are spelled so that JavaScript reads the same", () => {
  assertEquals(
    bodyOf(`
a = tl.load(X) + 1.
b = a * .5 + 1.e-3
c = tl.full((B,), float("-inf"), tl.float32)
d = tl.program_id(0).to(tl.uint64) * 0x9E3779B97F4A7C15
e = tl.arange(0, 1 << B)`),
    `const a = tl.asFloat(tl.load(X)) + 1.0;
const b = a * 0.5 + 1.0e-3;
const c = tl.full([B], -Infinity, tl.f32);
const d = tl.cast(tl.programId(0), tl.u64) * 0x9E3779B97F4A7C15n;
const e = tl.arange(0, 1 * 2 ** B);`,
  );
});

Deno.test("methods and names of other modules are functions of tl", () => {
  assertEquals(
    bodyOf(
      `
x = tl.load(X)
y = tl.math.exp2(x) + libdevice.tanh(x) + tl.extra.cuda.libdevice.fast_expf(x)
z = y.reshape(4, 2).sum(1).to(X.dtype.element_ty, bitcast=True)
w = max(min(n, 3), B)`,
    ),
    `const x = tl.load(X);
const y = tl.exp2(x) + tl.tanh(x) + tl.exp(x);
const z = tl.cast(tl.sum(tl.reshape(y, [4, 2]), 1), X.dtype, { bitcast: true });
const w = Math.max(Math.min(n, 3), B);`,
  );
});

Deno.test("helpers take their arguments by position, and kernels are given them", () => {
  const { code } = port(
    `
SCALE: tl.constexpr = 1.5  # of all

@triton.jit
def twice(x, times: tl.constexpr = 2):
    return x * times * SCALE

@triton.jit
def pair(x, axis: tl.constexpr):
    return twice(x), x.shape[axis]

@triton.jit
def kernel(X, n):
    """Doubles."""
    a, b = pair(axis=0, x=tl.load(X + tl.arange(0, 4)))
    tl.store(X + tl.arange(0, 4), a * b)

def launch(x):
    kernel[(1,)](x, 4)
`,
    { nereid: "../../mod.ts" },
  );
  assertEquals(
    code,
    `import { jit, type Pointer, type Tile, tl } from "../../mod.ts";

const SCALE = 1.5; // of all

export function twice(x: Tile, times: number = 2) {
  return x * times * SCALE;
}

export function pair(x: Tile, axis: number): [Tile, Tile] {
  return [twice(x), x.shape[axis]];
}

/** Doubles. */
export const kernel = jit(function kernel(X: Pointer, n: number) {
  const [a, b] = pair(tl.load(X + tl.arange(0, 4)), 0);
  tl.store(X + tl.arange(0, 4), a * b);
}, { pair, twice, SCALE });

// Left out, as it runs on the host:
//   line 18: def launch
`,
  );
});

Deno.test("decorators that tune stand around the kernel", () => {
  const { code, leftOut } = port(`
@triton.autotune(configs=[triton.Config({"B": 64}, num_warps=2), triton.Config({"B": 128})], key=["n"])
@triton.heuristics({"EVEN": lambda args: args["n"] % args["B"] == 0})
@triton.jit
def kernel(X, n, B: tl.constexpr, EVEN: tl.constexpr):
    if EVEN:
        tl.store(X, B)
`);
  assertEquals(
    code,
    `import { autotune, heuristics, jit, type Pointer, tl } from "./mod.ts";

export const kernel = autotune(
  {
    configs: [
      { B: 64, numWarps: 2 },
      { B: 128 },
    ],
    key: ["n"],
  },
  heuristics(
    {
      EVEN: (args) => args.n % args.B === 0,
    },
    jit(function kernel(X: Pointer, n: number, { B, EVEN }: { B: number; EVEN: boolean }) {
      if (EVEN) {
        tl.store(X, B);
      }
    }),
  ),
);
`,
  );
  assertEquals(leftOut, []);
});

/** The options of the decorators of a kernel with the constants B, S and T, of which the file has more. */
function tuning(decorators: string, before = ""): { options: string; left: string[] } {
  const { code, leftOut } = port(
    `${before}\n${decorators}\n@triton.jit\ndef kernel(X, n, B: tl.constexpr, S: tl.constexpr, T: tl.constexpr):\n    tl.store(X, B)\n`,
    { types: false },
  );
  const end = code.indexOf("jit(function kernel");
  return {
    options: code.slice("const kernel = ".length, end),
    left: leftOut.map(({ what }) => what),
  };
}

Deno.test("configurations are computed when the file is translated", () => {
  const { options, left } = tuning(
    "@triton.autotune(configs=list(filter(small, all_configs())), key=KEYS, reset_to_zero=['X'], rep=10)",
    `
KEYS = ["n"]
def is_hip():
    return triton.runtime.driver.active.get_current_target().backend == "hip"
def all_configs():
    configs = [triton.Config({"B": b, "S": s}, num_warps=w)
               for b in ([16] if is_hip() else [32, 64]) for s, w in zip(range(1, 3), [2, 4])]
    for b in [128, 256]:
        if b > 128:
            configs.append(triton.Config(dict(B=b, waves_per_eu=2), num_stages=b // 64))
    return configs
def small(config):
    return config.kwargs["B"] * config.num_warps != 64
`,
  );
  assertEquals(
    options,
    `autotune(
  {
    configs: [
      { B: 32, S: 2, numWarps: 4 },
      { B: 64, S: 1, numWarps: 2 },
      { B: 64, S: 2, numWarps: 4 },
      { B: 256, numStages: 4 },
    ],
    key: ["n"],
    resetToZero: ["X"],
  },
  `,
  );
  assertEquals(left, [
    'KEYS = ["n"]',
    "def is_hip",
    "def all_configs",
    "def small",
    "waves_per_eu of triton.Config",
    "rep of @triton.autotune",
  ]);
});

Deno.test("what a hook sets to zero is reset, and functions that prune are translated", () => {
  const { options, left } = tuning(
    "@triton.autotune([triton.Config({'B': 16}), triton.Config({'B': 32}, pre_hook=zero('X'))], key=[], prune_configs_by={'early_config_prune': prune, 'perf_model': None})",
    `
def zero(name):
    return lambda nargs: nargs[name].zero_()
def prune(configs, named_args, **kwargs):
    # none that is too large
    kept = []
    for config in configs:
        if config.kwargs["B"] <= named_args["n"] and config.num_warps < 8:
            kept.append(config)
    return kept or configs
`,
  );
  assertEquals(
    options,
    `autotune(
  {
    configs: [
      { B: 16 },
      { B: 32 },
    ],
    prune: {
      earlyConfigPrune: (configs, named_args) => {
        // none that is too large
        const kept = [];
        for (const config of configs) {
          if (config.B <= named_args.n && config.numWarps < 8) {
            kept.push(config);
          }
        }
        return kept.length > 0 ? kept : configs;
      },
    },
    resetToZero: ["X"],
  },
  `,
  );
  assertEquals(left, ["def zero", "def prune"]);
});

Deno.test("what of a decorator cannot be known is listed, and the kernel left as it is", () => {
  const { options, left } = tuning(
    "@cached\n@triton.autotune(configs=table['x'], key=['n'])\n@triton.heuristics({'S': lambda args: bool(args['S']), 'T': lambda a: a['X'].stride(0)})",
    "from elsewhere import table, cached",
  );
  assertEquals(options, "");
  assertEquals(left, [
    "@elsewhere.cached",
    "@triton.autotune: elsewhere.table[…] is not known when the file is translated",
    "the heuristic S, which gives what is passed for it",
    "the heuristic T: the method 'stride' of the host has no translation",
  ]);
});
