/** How arguments are classified, and what is said of those that do not fit. */

import { constexprFunction, Device, jit, LaunchError, type Pointer, tl } from "../../mod.ts";
import { DTYPES } from "../../lib/ir/dtype.ts";
import { aliasesOf, bind, type Parameters, specOf } from "../../lib/launch/bind.ts";
import { valueKey } from "../../lib/launch/key.ts";
import { nearest } from "../../lib/words.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

const device = await Device.open({ device: "cpu" });
const x = device.zeros([4]), y = device.zeros([4], { dtype: "f16" });

const param = (name: string, more = {}) => ({ name, optional: false, dtype: undefined, ...more });

/** A kernel `k(x, n, eps = tl.f32(1), { BLOCK, F })`. */
const KERNEL: Parameters = {
  name: "k",
  positional: [param("x"), param("n"), param("eps", { optional: true, dtype: DTYPES.f32 })],
  constants: ["BLOCK", "F"],
};

function classOf(value: unknown): string {
  return bind(KERNEL, [x, value]).classes[1]!;
}

Deno.test("numbers are classed by what a kernel is specialised by", () => {
  const values = [
    ...[1, 16, -32, 0, -0, 4, -20, 8, 5, 6, -1, 0.5, NaN, Infinity, true, false, 7n],
    ...[2 ** 31 - 1, 2 ** 31],
    ...[1n, -32n, -20n, 6n, 2n ** 63n],
  ];
  assertEquals(values.map(classOf), [
    "i32=1",
    "i32%16",
    "i32%16",
    "i32%16",
    "i32%16",
    "i32%4",
    "i32%4",
    "i32%4",
    "i32",
    "i32",
    "i32",
    "f32",
    "f32",
    "f32",
    "bool",
    "bool",
    "i64",
    "i32",
    "i64%16",
    "i64=1",
    "i64%16",
    "i64%4",
    "i64",
    "u64%16",
  ]);
  assertEquals(
    [tl.f32(2), tl.u32(4294967295), tl.u32(16), tl.i32(1), tl.f16(1), tl.bool(true)].map(classOf),
    ["f32", "u32", "u32%16", "i32=1", "f16", "bool"],
  );
});

Deno.test("a declared parameter has its dtype, whatever number is passed", () => {
  assertEquals([2, 0.5, tl.f32(1)].map((eps) => bind(KERNEL, [x, 3, eps]).classes[2]), [
    "f32",
    "f32",
    "f32",
  ]);
  assertEquals(bind(KERNEL, [x, 3]).classes[2], "!undefined");
  assertEquals(bind(KERNEL, [x, 3, undefined, { BLOCK: 2 }]).classes[2], "!undefined");
});

Deno.test("classes say which tensors share a buffer", () => {
  const three = { ...KERNEL, positional: [param("a"), param("b"), param("c"), param("n")] };
  const { classes } = bind(three, [y, x, y, 4]);
  assertEquals(classes, ["*f16", "*f32", "*f16=0", "i32%4"]);
  assertEquals(aliasesOf(classes), [0, 1, 0]);
});

Deno.test("classes turn into what the tracer is told", () => {
  assertEquals(specOf("*f16=0", y), { kind: "pointer", dtype: DTYPES.f16, divisibility: 16 });
  assertEquals(specOf("i32=1", 1), {
    kind: "scalar",
    dtype: DTYPES.i32,
    divisibility: 1,
    value: 1,
  });
  assertEquals(specOf("u32%16", 32), { kind: "scalar", dtype: DTYPES.u32, divisibility: 16 });
  assertEquals(specOf("i32%4", 20), { kind: "scalar", dtype: DTYPES.i32, divisibility: 4 });
  assertEquals(specOf("f32", 0.5), { kind: "scalar", dtype: DTYPES.f32, divisibility: 1 });
  assertEquals(specOf("!#3", assert), { kind: "static", value: assert });
});

Deno.test("keys tell apart what compiles to different kernels, and nothing else", () => {
  const key = (...args: unknown[]) => bind(KERNEL, [x, ...args]).key;
  const f = () => 1, g = () => 2;
  assertEquals(key(5), key(7));
  assertEquals(key(5, 2, { BLOCK: 4, F: f }), key(5, 3, { F: f, BLOCK: 4 }));
  assertEquals(key(5, 2, { F: f }), key(5, 2, { F: () => 1 }));
  const keys = [
    key(1),
    key(5),
    key(16),
    key(0.5),
    key(true),
    key(f),
    key(g),
    key("5"),
    key(undefined),
    key(5, 1),
    key(5, 1, { BLOCK: 4 }),
    key(5, 1, { BLOCK: "4" }),
    key(5, 1, { BLOCK: 8 }),
    key(5, 1, { F: f }),
    key(5, 1, { F: g }),
    key(5, 1, { F: [f, g] }),
    key(5, 1, { F: { f } }),
    key(5, 1, { numWarps: 8 }),
    bind(KERNEL, [y, 5]).key,
  ];
  assertEquals(new Set(keys).size, keys.length);
});

Deno.test("valueKey() counts primitives, plain objects and helpers by value, the rest by identity", () => {
  assertEquals(valueKey({ a: [1, "x", null] }), valueKey({ a: [1, "x", null] }));
  assert(valueKey(0) !== valueKey(-0));
  assertEquals(valueKey(NaN), "NaN");
  assert(valueKey("1") !== valueKey(1) && valueKey(1n) !== valueKey(1));
  assertEquals(valueKey(tl.f32(2)), valueKey(tl.f32(2)));
  assert(valueKey(tl.f32(2)) !== valueKey(tl.f16(2)) && valueKey(tl.f32) !== valueKey(tl.f16));
  const helper = (n: number) => (x: number) => x + n; // what `n` is no kernel can see
  assertEquals(valueKey(helper(1)), valueKey(helper(2)));
  assert(valueKey((x: number) => x + 1) !== valueKey((x: number) => x + 2));
  const functions: (() => unknown)[] = [
    () => jit((x: Pointer) => tl.store(x, 1)), // may be given other names
    () => class {},
    () => Object.assign(() => 1, { SIZE: 1 }),
    () => constexprFunction(() => 1),
    () => (() => 1).bind(undefined),
  ];
  for (const make of functions) {
    const one = make();
    assertEquals(valueKey(one), valueKey(one));
    assert(valueKey(one) !== valueKey(make()));
  }
  assert(valueKey(tl.exp) !== valueKey(tl.sin) && valueKey(tl.math.exp) === valueKey(tl.exp));
  assert(valueKey(Math.exp) !== valueKey(Math.sin));
});

Deno.test("nearest() finds what was meant, and nothing far off", () => {
  const names = ["BLOCK_M", "BLOCK_N", "numWarps", "ACTIVATION"];
  assertEquals(nearest("num_warps", names), "numWarps");
  assertEquals(nearest("block_n", names), "BLOCK_N");
  assertEquals(nearest("ACTIVTION", names), "ACTIVATION");
  assertEquals(nearest("stages", names), undefined);
});

Deno.test("launches that do not fit say what failed and what to do", async () => {
  const other = await Device.open({ device: "cpu" });
  const gone = device.zeros([2, 2]);
  gone.dispose();
  const cases: [args: unknown[], message: string][] = [
    [
      [x],
      "Cannot launch 'k' with 1 argument: 'n' is missing, as it takes k(x, n, eps, { BLOCK, F })",
    ],
    [
      [x, { BLOCK: 4 }],
      "Cannot launch 'k' with 1 argument: 'n' is missing, as it takes k(x, n, eps, { BLOCK, F })",
    ],
    [
      [x, 1, 2, 3],
      "Cannot launch 'k' with 4 arguments: it takes 3 arguments, as k(x, n, eps, { BLOCK, F })",
    ],
    [
      [Promise.resolve(x), 1],
      "Cannot launch 'k': argument 1, 'x', is a promise: await it before the launch",
    ],
    [
      [new Float32Array(4), 1],
      "Cannot launch 'k': argument 1, 'x', is a Float32Array of the host: make a tensor of it with device.from(…)",
    ],
    [
      [[1, 2], 1],
      "Cannot launch 'k': argument 1, 'x', is an array of the host: make a tensor of it with device.from(…)",
    ],
    [
      [null, 1],
      "Cannot launch 'k': argument 1, 'x', is null: pass undefined for what is to be left out",
    ],
    [
      [new Map(), 1],
      "Cannot launch 'k': argument 1, 'x', is a Map: pass a tensor, a number or a boolean",
    ],
    [
      [gone, 1],
      "Cannot launch 'k': argument 1, 'x', is the Tensor f32 [2, 2] on cpu, which has been disposed of",
    ],
    [
      [x, 1, x],
      "Cannot launch 'k': argument 3, 'eps', is the Tensor f32 [4] on cpu, but it is declared a scalar of f32",
    ],
    [
      [x, 1, tl.f16(1)],
      "Cannot launch 'k': argument 3, 'eps', is f16(1), but it is declared as f32",
    ],
    [
      [x, 2 ** 65],
      "Cannot launch 'k': argument 2, 'n', is 36893488147419103232, which no integer of 64 bits can hold: pass tl.f32(…) if it is meant to be a float",
    ],
    [[x, tl.u32(-1)], "Cannot launch 'k': argument 2, 'n', is -1, which no u32 can hold"],
    [
      [x, other.zeros([1])],
      "Cannot launch 'k': 'x' and 'n' are tensors of different devices (cpu and cpu): make both with one device",
    ],
    [
      [1, 1],
      "Cannot launch 'k' without a tensor: its arguments say on which device it runs, and where its results go",
    ],
    [
      [x, 1, 1, { BLOK: 1 }],
      "Cannot launch 'k' with the constant 'BLOK': its constants are BLOCK, F; did you mean 'BLOCK'?",
    ],
    [
      [x, 1, 1, { num_warps: 1 }],
      "Cannot launch 'k' with the constant 'num_warps': its constants are BLOCK, F; did you mean 'numWarps'?",
    ],
    [
      [x, 1, 1, { n: 1 }],
      "Cannot launch 'k' with the constant 'n': its constants are BLOCK, F; 'n' is a parameter, pass it by position",
    ],
    [
      [x, 1, 1, { TOTALLY_ELSE: 1 }],
      "Cannot launch 'k' with the constant 'TOTALLY_ELSE': its constants are BLOCK, F, and the launch options numWarps, numStages, debug",
    ],
    [
      [x, 1, 1, { numWarps: 3 }],
      "Cannot launch 'k' with numWarps 3: it must be a power of two from 1 to 32",
    ],
    [
      [x, 1, 1, { numStages: 0 }],
      "Cannot launch 'k' with numStages 0: it must be a positive integer",
    ],
  ];
  for (const [args, message] of cases) {
    const error = assertThrows(() => bind(KERNEL, args), LaunchError);
    assertEquals(error.message, message);
  }
});
