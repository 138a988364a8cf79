/**
 * jax-js and Nereid in one process: `deno run -A --no-lock tests/interop/with_jax.ts npm:@jax-js/jax`.
 */

import { cdiv, Device, grid, Tensor } from "../../mod.ts";
import { assertClose, assertEquals } from "../support/assert.ts";
import { affine } from "./affine.ts";
import { openJax } from "./jax.ts";

const jax = await openJax(Deno.args[0]!);
using device = await Device.from(jax.getWebGPUDevice());
const n = 1000, numbers = Float32Array.from({ length: n }, (_, i) => i);
const x = jax.numpy.array(numbers), y = x.ref.add(x.ref); // 2 i, on the device
using shared = Tensor.over(await y.ref.gpuBuffer(), { device, shape: [n] });
affine[grid(cdiv(n, 64))](shared, shared, n); // 4 i + 1
device.flush();
const z = y.ref.mul(y.ref); // jax sees what Nereid wrote
assertClose(await z.data(), numbers.map((i) => (4 * i + 1) ** 2));
assertEquals((await shared.read())[n - 1], 4 * (n - 1) + 1);
x.dispose();
y.dispose();
console.log("shared");
Deno.exit(0); // jax-js keeps its device for good
