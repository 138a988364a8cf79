/** What the syntax of kernels means, by what kernels compute. */

import { assertEquals } from "../support/assert.ts";
import { tl } from "../../lib/language/tl.ts";
import { KERNEL } from "../../lib/trace/trace.ts";
import { type AnyKernel, fromSource, type Given, pointer, run, scalar, text } from "./support.ts";

/** What a kernel of `(out, n)` stores into eight numbers. */
function stored(fn: AnyKernel | string, n = 5, given?: Given): number[] {
  const out = new Float32Array(8);
  run(typeof fn === "string" ? fromSource(fn) : fn, [out, n], given);
  return [...out];
}

/** The first numbers that the statements of a source text store; `put(i, x)` stores one. */
function values(body: string, n = 5, count = 1, given?: Given): number[] {
  const source =
    `(out, n, { ...names }) => { const put = (i, x) => tl.store(out + i, x); ${body} }`;
  return stored(source, n, given).slice(0, count);
}

Deno.test("a tile is loaded, computed with and stored under a mask", () => {
  const x = Float32Array.from({ length: 8 }, (_, i) => i), out = new Float32Array(8);
  run(
    (x, out, n, { BLOCK = 8 }) => {
      const offsets = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
      const mask = offsets < n && offsets !== 1;
      tl.store(out + offsets, 2 * tl.load(x + offsets, { mask, other: 9 }) + 1, { mask });
    },
    [x, out, 5],
  );
  assertEquals([...out], [1, 0, 5, 7, 9, 0, 0, 0]);
});

Deno.test("quotients of integers are divided exactly when they are rounded", () => {
  const rows: [string, number[]][] = [
    ["Math.floor(n / 3)", [-3, 2]],
    ["tl.floor(n / 3)", [-3, 2]],
    ["Math.ceil(n / 3)", [-2, 3]],
    ["Math.trunc(n / 3)", [-2, 2]],
    ["(n / 3) | 0", [-2, 2]],
    ["~~(n / 3)", [-2, 2]],
    ["tl.cast(n / 3, tl.i32)", [-2, 2]],
    ["n % 3", [-1, 1]],
    ["tl.cdiv(n + 7, 3)", [0, 5]],
  ];
  for (const [expression, wanted] of rows) {
    assertEquals([-7, 7].map((n) => values(`put(0, ${expression})`, n)[0]), wanted, expression);
  }
  // 2 ** 24 + 1 is no f32: a float quotient could not tell.
  assertEquals(values("put(0, Math.floor((n * 3) / 3) - 16777216)", 16777217), [1]);
});

Deno.test("functions of Math are those of JavaScript, on run-time values too", () => {
  const rows = [
    "Math.abs(x)",
    "Math.sign(x)",
    "Math.round(x)",
    "Math.trunc(x)",
    "Math.min(x, 1, -1)",
    "Math.max(x, 0.5)",
    "Math.hypot(x, 1)",
    "Math.pow(x, 3)",
    "x ** -2",
    "2 ** x",
    "Math.exp(x)",
    "Math.log10(Math.abs(x))",
  ];
  for (const expression of rows) {
    for (const x of [-2.5, 1.5, 0.25]) {
      const out = new Float32Array(1);
      run(fromSource(`(out, x) => tl.store(out, ${expression})`), [out, x]);
      const wanted = new Function("x", `return ${expression}`)(x) as number;
      if (!(Math.abs(out[0]! - wanted) <= 1e-5 * Math.abs(wanted))) {
        throw new Error(`${expression} of ${x} gave ${out[0]}, not ${wanted}`);
      }
    }
  }
});

Deno.test("bit operators work on integers, and >>> shifts without sign", () => {
  assertEquals(
    values(
      "put(0, n & 6); put(1, n | 2); put(2, n ^ 1); put(3, n << 2); put(4, n >> 1); put(5, ~n)",
      5,
      6,
    ),
    [4, 7, 4, 20, 2, -6],
  );
  assertEquals(values("put(0, (n >> 1)); put(1, (n >>> 28)); put(2, -n)", -8, 3), [-4, 15, 8]);
});

Deno.test("a compile-time condition traces one branch, also of && and ?:", () => {
  assertEquals(
    values(
      "if (names.K > 2) put(0, 1); else unknown(); put(1, names.K ? 2 : unknown()); names.K === 3 && put(2, 3);",
      5,
      3,
      { constants: { K: 3 } },
    ),
    [1, 2, 3],
  );
});

Deno.test("variables that branches assign are merged, also those in arrays and objects", () => {
  const body = `
    let a = 1; const o = { x: 2.5, list: [3, 4] };
    if (n > 3) { a = n; o.list[1] = 40; } else { o.x = 7; }
    put(0, a); put(1, o.x); put(2, o.list[0]); put(3, o.list[1]);`;
  assertEquals(values(body, 5, 4), [5, 2.5, 3, 40]);
  assertEquals(values(body, 2, 4), [1, 7, 3, 4]);
});

Deno.test("a conditional expression that loads or assigns makes an if", () => {
  const graph = text(fromSource("(x, n) => { tl.store(x, n > 0 ? tl.load(x + n) : 0); }"), [
    pointer("f32"),
    scalar("i32"),
  ]);
  assertEquals(
    graph,
    `\
kernel @kernel(%x: ptr<x:f32> {divisibility = 16}, %n: i32) {
  %c0 = constant 0 : i32
  %0 = gt %n, %c0 : bool
  %c0_1 = constant 0 : f32
  %1 = if %0 : f32 then {
    %2 = ptr_add %x, %n : ptr<x:f32>
    %3 = load %2 : f32
    yield %3
  } else {
    yield %c0_1
  }
  store %x, %1
}
`,
  );
});

Deno.test("a scalar condition guards what && and || load", () => {
  // Evaluating the right side anyway would read outside the tensor, which the CPU backend refuses.
  const body = `
    let i = 0;
    while (i < n && tl.load(out + i) === 0) { put(i, i + 1); i++; }
    if (i >= 8 || tl.load(out + i) > 0) put(0, 9);`;
  assertEquals(values(body, 8, 8), [9, 2, 3, 4, 5, 6, 7, 8]);
});

Deno.test("counting loops carry what they assign, in the type that the body gives it", () => {
  const graph = text(
    fromSource(`function total(x, n, { BLOCK = 16 }) {
      let sum = 0;
      for (let i = 0; i < n; i += BLOCK) sum += tl.load(x + i + tl.arange(0, BLOCK));
      tl.store(x, tl.sum(sum));
    }`),
    [pointer("f32"), scalar("i32")],
  );
  assertEquals(
    graph,
    `\
kernel @total(%x: ptr<x:f32> {divisibility = 16}, %n: i32) {
  %c0 = constant 0 : tile<16xf32>
  %c0_1 = constant 0 : i32
  %c16 = constant 16 : i32
  %sum = for %i = %c0_1 to %n step %c16, %sum_1 = %c0 : tile<16xf32> {
    %0 = ptr_add %x, %i : ptr<x:f32>
    %1 = arange {start = 0, end = 16} : tile<16xi32>
    %2 = splat %0 : tile<16xptr<x:f32>>
    %3 = ptr_add %2, %1 : tile<16xptr<x:f32>>
    %4 = load %3 : tile<16xf32>
    %sum_2 = add %sum_1, %4 : tile<16xf32>
    yield %sum_2
  }
  %5 = reduce %sum {axis = 0} : f32 combine(%6: f32, %7: f32) {
    %8 = add %6, %7 : f32
    yield %8
  }
  store %x, %5
}
`,
  );
});

Deno.test("all forms of loops count as in JavaScript", () => {
  const rows: [string, number][] = [
    ["for (let i = 0; i < n; i++) s = s * 3 + i;", 5],
    ["for (let i = n; i > 0; i -= 2) s = s * 3 + i;", 5],
    ["for (let i = n; i >= 0; i--) s = s * 3 + i;", 5],
    ["for (let i = 0; n >= i; i = i + 2) s = s * 3 + i;", 5],
    ["for (let i = 0; i !== n; i++) s = s * 3 + i;", 5],
    ["for (let i = 1; i < n; i *= 2) s = s * 3 + i;", 9],
    ["for (let i = 0, j = n; i < j; i++, j--) s = s * 3 + j;", 7],
    [
      "for (let i = 0; i < n; i++) { if (i % 2 === 0) continue; if (i > 5) break; s = s * 3 + i; }",
      9,
    ],
    ["for (let i = 0; i < n; i++) { n--; s = s * 3 + i; }", 8],
    ["var i = 0; for (; i < n; i++); s = i;", 6],
    ["let i = n; while (i-- > 0) s = s * 3 + i;", 5],
    ["let i = 0; do { s = s * 3 + i; } while (++i < n);", 4],
    ["let i = 0; do { s = s * 3 + i; } while (++i < n);", 0],
    ["for (;;) { s += 2; if (s > n) break; }", 7],
    ["for (const i of [1, n, 2]) { if (i === n) continue; s = s * 3 + i; }", 5],
    ["for (const [i, x] of [n, 2].entries()) s = s * 3 + i * x;", 5],
  ];
  for (const [body, n] of rows) {
    const wanted = new Function("n", `let s = 0; ${body} return s;`)(n) as number;
    assertEquals(values(`let s = 0; ${body} put(0, s);`, n), [wanted], body);
  }
});

Deno.test("tl.range runs at run time, tl.staticRange is unrolled", () => {
  assertEquals(
    values("let s = 0; for (const i of tl.range(1, n, 2)) s = s * 10 + i; put(0, s);", 6),
    [135],
  );
  assertEquals(
    values(
      "let s = 0; for (const i of tl.range(n)) { if (i === 3) break; s = s * 10 + i; } put(0, s);",
      6,
    ),
    [12],
  );
  assertEquals(
    values(
      "const a = [5, 6, 7]; let s = n; for (const i of tl.staticRange(3)) s = s * 10 + a[i]; put(0, s);",
      1,
    ),
    [1567],
  );
  assertEquals(values("for (const i of tl.range(3, 0, -1)) put(i, i);", 1, 4), [0, 1, 2, 3]);
});

Deno.test("arrays and objects of tiles are carried through loops", () => {
  const body = `
    const acc = [0, tl.zeros([4], tl.f32)]; let state = { count: 0, last: 0.5 };
    for (let i = 0; i < n; i++) {
      acc[0] += i;
      acc[1] = acc[1] + tl.arange(0, 4);
      state = { count: state.count + 1, last: i };
    }
    put(0, acc[0]); put(1, tl.sum(acc[1])); put(2, state.count); put(3, state.last);`;
  assertEquals(values(body.replace("last: i }", "last: i * 1.5 }"), 3, 4), [3, 18, 3, 3]);
});

Deno.test("a kernel returns early, and helpers return from within branches and loops", () => {
  const body = `
    const find = (limit) => {
      for (let i = 0; i < 10; i++) if (i * i >= limit) return i;
      return -1;
    };
    put(0, find(n)); put(1, find(50)); put(2, find(1000));
    if (n > 8) return;
    put(3, 1);`;
  assertEquals(values(body, 5, 4), [3, 8, -1, 1]);
  assertEquals(values(body, 9, 4), [3, 8, -1, 0]);
});

Deno.test("destructuring, spread, defaults, optional chaining and templates work on what is known", () => {
  assertEquals(
    values(
      `const { a, b: { c = 4 } = {}, ...rest } = { a: 1, d: 5, e: n };
       const [p, , q = 7, ...tail] = [n, 0, undefined, 8, 9];
       const sum = (first, ...more) => more.reduce((x, y) => x + y, first);
       put(0, a + c); put(1, rest.d + rest.e); put(2, p + q); put(3, sum(...tail, ...[1, 2]));
       put(4, names.options?.missing?.deep ?? 3); put(5, \`x\${a}\` === "x1" ? 1 : 0);
       let u = 1, v = 2; [u, v] = [v, u]; put(6, u * 10 + v);`,
      5,
      7,
    ),
    [5, 10, 12, 20, 3, 1, 21],
  );
});

Deno.test("nested functions see and change the variables around them", () => {
  const body = `
    let count = 0;
    function bump(by = 1) { count += by; return count; }
    bump(); bump(n); if (n > 2) bump(100);
    put(0, count); put(1, [1, 2, 3].map((x) => x * n).at(-1));
    const later = []; for (const i of [1, 2, 3]) later.push(() => i * n);
    put(2, later[1]()); put(3, later.length);`;
  assertEquals(values(body, 5, 4), [106, 15, 10, 3]);
});

Deno.test("switch chooses by a compile-time value", () => {
  const body = (k: string) =>
    `switch (${k}) { case "a": put(0, 1); case "b": put(1, 2); break; default: put(2, 3); }`;
  assertEquals(values(body(`"a"`), 5, 3), [1, 2, 0]);
  assertEquals(values(body(`"b"`), 5, 3), [0, 2, 0]);
  assertEquals(values(body(`"z"`), 5, 3), [0, 0, 3]);
});

Deno.test("what minifiers write is read", () => {
  const body = `
    let a, b = !0, c = void 0, d = 1 / 0;
    n > 3 && (a = 1, put(0, a)), n > 9 ? put(1, 1) : (put(1, 2), put(2, 3));
    b && put(3, 4), c || put(4, d > 1e9 ? 5 : 6);
    for (var i = 0, s = 0; i < 3;) s += i++;
    return put(5, s), void put(6, n == 5 ? 7 : 8)`;
  assertEquals(values(body, 5, 7), [1, 2, 3, 4, 5, 3, 7]);
});

Deno.test("reductions work along any axis, over all elements, and with any function", () => {
  const body = `
    const x = tl.col(tl.arange(0, 2)) * 4 + tl.row(tl.arange(0, 4));
    put(0, tl.sum(x)); put(1, tl.max(tl.sum(x, 0), null)); put(2, tl.sum(tl.min(x, -1)));
    put(3, tl.sum(tl.sum(x, 1, { keepDims: true }) * x)); put(4, tl.max(x, null));
    put(5, tl.reduce(tl.arange(1, 5), 0, (a, b) => a * b));
    const [m, i] = tl.reduce([tl.where(tl.arange(0, 4) === 2, 9, 1), tl.arange(0, 4)], 0,
      (a, i, b, j) => [tl.where(a > b, a, b), tl.where(a > b, i, j)]);
    put(6, m); put(7, i);`;
  assertEquals(values(body, 5, 8), [28, 10, 4, 6 * 6 + 22 * 22, 7, 24, 9, 2]);
});

Deno.test("shapes are changed by col, row, expandDims, reshape, permute, trans and T", () => {
  const body = `
    const x = tl.reshape(tl.arange(0, 8), [2, 4]);
    const at = (y) => tl.sum(y * tl.reshape(tl.arange(0, 8), y.shape));
    put(0, at(x.T)); put(1, at(tl.trans(x))); put(2, at(tl.permute(x, [1, 0])));
    put(3, at(tl.reshape(x, [4, 2]))); put(4, tl.sum(tl.broadcastTo(tl.col(tl.arange(0, 2)), [2, 4])));
    put(5, tl.ravel(x).shape[0]); put(6, tl.expandDims(x, [0, -1]).shape.length); put(7, x.numel);`;
  const transposed = [0, 4, 1, 5, 2, 6, 3, 7].reduce((s, v, i) => s + v * i, 0);
  assertEquals(values(body, 5, 8), [transposed, transposed, transposed, 140, 4, 8, 4, 8]);
});

Deno.test("dot multiplies, and adds to what it is given", () => {
  const out = new Float32Array(4);
  run(
    (out) => {
      const i = tl.arange(0, 2);
      const a = tl.cast(tl.col(i) * 2 + tl.row(i), tl.f32);
      tl.store(out + tl.col(i) * 2 + tl.row(i), tl.dot(a, a.T, tl.full([2, 2], 10, tl.f32)));
    },
    [out],
  );
  assertEquals([...out], [11, 13, 13, 23]);
});

Deno.test("names are given in an object or a thunk, also a minified one", () => {
  const twice = (x: number) => x * FACTOR;
  const FACTOR = 2;
  const kernel: AnyKernel = (out) => tl.store(out, twice(4));
  const out = new Float32Array(1);
  run(kernel, [out], { names: { twice, FACTOR } });
  assertEquals(out[0], 8);
  // As a minifier leaves it: the kernel's text says `a` and `b`, the keys say what they were.
  const thunk = new Function("a", "b", "return () => ({ tl: a, twice: b, FACTOR: 3 })")(tl, twice);
  run(fromSource("(o) => a.store(o, b(5))"), [out], { names: thunk });
  assertEquals(out[0], 15);
});

Deno.test("a static method reaches its class's statics by this and by name", () => {
  class Norm {
    static EPS = 0.5;
    static scaled(x: number) {
      return x * this.EPS;
    }
    static kernel(out: number) {
      tl.store(out, this.scaled(8) + Norm.EPS);
    }
  }
  const out = new Float32Array(1);
  run(Norm.kernel as AnyKernel, [out], { owner: Norm });
  assertEquals(out[0], 4.5);
});

Deno.test("a kernel that another calls is inlined with the names that it was given", () => {
  const inner = (x: number) => x + OFFSET;
  const OFFSET = 100;
  const kernel = { [KERNEL]: { name: "inner", fn: inner, names: { OFFSET } } };
  assertEquals(
    stored("(out, n) => tl.store(out, inner(n))", 5, { names: { inner: kernel } })[0],
    105,
  );
});

Deno.test("functions are passed as constants, and dtypes too", () => {
  const relu = (x: number) => Math.max(x, 0);
  const kernel = (out: number, n: number, { F = (x: number) => x, D = tl.f32 }) => {
    tl.store(out, F(tl.cast(n, D)));
  };
  assertEquals(stored(kernel, -3)[0], -3);
  assertEquals(stored(kernel, -3, { constants: { F: relu, D: tl.f16 } })[0], 0);
});

Deno.test("bigints are integers of which no bits are lost, and mix with integral numbers", () => {
  const wide = (expression: string) => {
    const out = new BigInt64Array(1);
    run(fromSource(`(out) => { tl.store(out, ${expression}); }`), [out]);
    return out[0];
  };
  assertEquals(wide("2n ** 62n + 1n"), 2n ** 62n + 1n);
  assertEquals(wide("2n ** 53n + 1"), 2n ** 53n + 1n);
  assertEquals(wide("(7n / 2) * 10 + (-7n % 4)"), 27n);
  assertEquals(wide("(1n << 40) | 1"), 2n ** 40n + 1n);
  assertEquals(wide("~0xffn & 0xfff"), 0xf00n);
  assertEquals(wide("3n < 4 ? 1 : 0"), 1n);
  assertEquals(wide("2 ** 40"), 2n ** 40n);
  assertEquals(wide("tl.cast(1, tl.i64) << 40"), 2n ** 40n);
  assertEquals(wide("tl.i64(-5n) >>> 1"), BigInt.asIntN(64, BigInt.asUintN(64, -5n) >> 1n));
});

Deno.test("numbers beyond 32 bits are i64 where nothing else decides, or u64", () => {
  const dtype = (literal: string) =>
    /constant \d+ : (\w+)/.exec(text(
      fromSource(`(out) => { tl.sum(tl.join(${literal}, ${literal})); }`),
      [pointer("f32")],
    ))?.[1];
  assertEquals(
    ["5", "2 ** 31", "2 ** 32", "5n", "2n ** 63n"].map(dtype),
    ["i32", "u32", "i64", "i32", "u64"],
  );
});
