/** A whole file: its translation is formatted and typed, and its kernels compute. */

import { cdiv, Device } from "../../mod.ts";
import { load, port } from "../../port.ts";
import { assert, assertClose, assertEquals } from "../support/assert.ts";
import { deno } from "./support.ts";

const SOURCE = await Deno.readTextFile(new URL("kernels.py", import.meta.url));
const NEREID = new URL("../../mod.ts", import.meta.url).href;

Deno.test("a translated file passes the formatter, the linter and the strict type checker", async () => {
  const { code } = port(SOURCE, { nereid: NEREID });
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    assertEquals(await deno("fmt", "--check", "--line-width", "100", file), "");
    assertEquals(await deno("check", "--config", config, file), "");
    assertEquals(await deno("lint", "--rules-exclude=no-unused-vars", file), "");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("the command prints what the function returns", async () => {
  const cli = new URL("../../cli.ts", import.meta.url).href;
  const file = new URL("kernels.py", import.meta.url).pathname;
  const { stdout, code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--no-prompt", cli, "port", file, "--nereid", NEREID],
  }).output();
  assertEquals(code, 0);
  assertEquals(new TextDecoder().decode(stdout), port(SOURCE, { nereid: NEREID }).code);
});

Deno.test("what is left out is listed", () => {
  const { leftOut, kernels } = port(SOURCE);
  assertEquals(leftOut.map(({ what }) => what), ["def multiply"]);
  assertEquals(kernels.map(({ name }) => name), ["product", "rms_norm", "collatz"]);
});

Deno.test("a loaded matrix product agrees with the definition", async () => {
  using device = await Device.open({ device: "cpu" });
  const [M, N, K] = [20, 17, 21];
  using a = device.rand([M, K], { seed: 1 }), b = device.rand([K, N], { seed: 2 });
  using c = device.zeros([M, N]), bias = device.rand([N], { seed: 3 });
  const [x, y, z] = await Promise.all([a.read(), b.read(), bias.read()]);
  const { product } = load(SOURCE);
  for (const given of [bias, undefined]) {
    const sizes = { M, N, K, BM: 16, BN: 16, BK: 16, ACT: "leaky" };
    product!.launchNamed(cdiv(M, 16) * cdiv(N, 16), {
      ...{ a_ptr: a, b_ptr: b, c_ptr: c, bias_ptr: given },
      ...sizes,
    });
    const want = Array.from({ length: M * N }, (_, at) => {
      let sum = given ? z[at % N]! : 0;
      for (let k = 0; k < K; k++) sum += x[Math.floor(at / N) * K + k]! * y[k * N + at % N]!;
      return sum;
    });
    assertClose(await c.read(), want, { relative: 1e-5 });
  }
});

Deno.test("a loaded kernel carries pointers and scalars through loops", async () => {
  using device = await Device.open({ device: "cpu" });
  const { rms_norm, collatz } = load(SOURCE);
  using x = device.from([[3, 4, 0], [1, 1, 1]]), w = device.full([3], 2), y = device.zeros([2, 3]);
  rms_norm!.launch(2, x, w, y, 3, { BLOCK: 2, INVERSE: false });
  const scale = 1 / Math.sqrt(25 / 3 + 1e-6);
  assertClose(await y.read(), [6 * scale, 8 * scale, 0, 2, 2, 2], { relative: 1e-5 });

  using v = device.from(new Int32Array([1, 6, 27, 97])),
    steps = device.zeros([4], { dtype: "i32" });
  collatz!.launch(4, v, steps, 1000);
  assertEquals([...await steps.read()], [0, 8, 111, 118]);
  collatz!.launch(4, v, steps, 100);
  assert((await steps.read())[3] === 100);
});
