/** What a launch is told of a kernel, and how parameters declare their dtypes. */

import { assertEquals, assertThrows } from "../support/assert.ts";
import { CompilationError } from "../../lib/errors.ts";
import { DTYPES } from "../../lib/ir/dtype.ts";
import { tl } from "../../lib/language/tl.ts";
import type { Pointer } from "../../lib/language/types.ts";
import { signatureOf, trace } from "../../lib/trace/trace.ts";
import { type AnyKernel, fromSource, pointer, run, scalar } from "./support.ts";

function signature(fn: AnyKernel) {
  return signatureOf({ name: fn.name, fn });
}

Deno.test("a signature tells parameters, declared dtypes, constants and what may be left out", () => {
  const kernel = (
    x: Pointer,
    n: number = tl.i32,
    s = tl.f16(2),
    k = 3,
    { B, D = 4 }: { B: number; D?: number },
  ) => tl.store(x, n * s * k * B * D);
  assertEquals(signature(kernel), {
    params: [
      { name: "x", dtype: undefined, hasDefault: false },
      { name: "n", dtype: DTYPES.i32, hasDefault: false },
      { name: "s", dtype: DTYPES.f16, hasDefault: true },
      { name: "k", dtype: undefined, hasDefault: true },
    ],
    constants: [{ name: "B", hasDefault: false }, { name: "D", hasDefault: true }],
    open: false,
  });
  assertEquals(signature((x: Pointer) => tl.store(x, 1)).constants, undefined);
  assertEquals(signature(fromSource("(x, { A, ...rest }) => {}")).open, true);
  assertEquals(signature(fromSource("(x, { A: a = 1, 'B': b } = {}) => {}")).constants, [
    { name: "A", hasDefault: true },
    { name: "B", hasDefault: false },
  ]);
});

Deno.test("an argument that was left out takes the default's value and dtype", () => {
  const kernel: AnyKernel = (out: Pointer, s = tl.f32(2)) => {
    tl.store(out, s);
    tl.staticAssert((s as unknown as { dtype: unknown }).dtype === tl.f32);
  };
  const out = new Float32Array(1);
  run((x: Pointer) => kernel(x), [out], { names: { kernel } });
  assertEquals(out[0], 2);
});

Deno.test("a parameter whose default only declares its dtype cannot be left out", () => {
  const fn = (out: Pointer, n: number = tl.i32) => tl.store(out, n);
  const args = [pointer("f32"), { kind: "static", value: undefined }] as const;
  assertThrows(
    () => trace({ fn: { name: "k", fn }, args, constants: {} }),
    CompilationError,
    "The parameter 'n' was left out: its default only declares that it is i32",
  );
});

Deno.test("a scalar that the kernel is compiled for is a typed constant and no parameter", () => {
  const fn = fromSource("(x, n) => tl.store(x + n, n)");
  const args = [pointer("f32"), { ...scalar("i32"), value: 1 }] as const;
  const graph = trace({ fn: { name: "k", fn }, args, constants: {} });
  assertEquals(graph.params.map(({ name }) => name), ["x"]);
});

Deno.test("every form of function is read, save those that cannot be kernels", () => {
  const object = {
    method(out: Pointer) {
      tl.store(out, 1);
    },
  };
  const expression = function (out: Pointer) {
    tl.store(out, 1);
  };
  for (const fn of [object.method, expression, (out: Pointer) => tl.store(out, 1)]) {
    const out = new Float32Array(1);
    run(fn, [out]);
    assertEquals(out[0], 1);
  }
  for (const fn of [async () => {}, function* () {}, Math.max, class {}, (() => {}).bind(null)]) {
    assertThrows(() => signatureOf({ name: "f", fn }), CompilationError);
  }
});
