/**
 * TensorFlow.js and Nereid in one process: `deno run -A --no-lock tests/interop/with_tensorflow.ts
 * npm:@tensorflow/tfjs-core npm:@tensorflow/tfjs-backend-webgpu`.
 */

import { cdiv, Device, grid, Tensor } from "../../mod.ts";
import { assertClose, assertEquals } from "../support/assert.ts";
import { affine } from "./affine.ts";
import { openTensorFlow } from "./tensorflow.ts";

using device = await Device.open({ device: "webgpu" });
const tf = await openTensorFlow(Deno.args[0]!, Deno.args[1]!, device.gpu);

const n = 16;
using x = device.arange(n * n, { dtype: "f32" }), a = device.empty([n, n]);
affine[grid(cdiv(n * n, 64))](x, a, n * n); // 2 i + 1
const theirs = tf.tensor({ buffer: a.buffer, zeroCopy: true }, [n, n], "float32");
const twos = tf.tensor(new Float32Array(n * n).fill(2), [n, n], "float32");
const product = tf.matMul(theirs, twos);
const { buffer, tensorRef } = product.dataToGPU(); // which submits it
using b = Tensor.over(buffer, { device, shape: [n, n] }), out = device.empty([n, n]);
affine[grid(cdiv(n * n, 64))](b, out, n * n);
const expected = Array.from({ length: n * n }, (_, i) => {
  const row = Math.floor(i / n) * n;
  const sum = Array.from({ length: n }, (_, k) => 2 * (row + k) + 1).reduce((s, v) => s + v, 0);
  return 2 * (2 * sum) + 1;
});
assertClose(await out.read(), expected);
// What Nereid writes from now on, TensorFlow.js reads: it is one buffer.
a.write(new Float32Array(n * n).fill(1));
assertEquals((await tf.matMul(theirs, twos).data())[0], 2 * n);
for (const tensor of [twos, product, tensorRef]) tensor.dispose();
console.log("shared");
Deno.exit(0); // TensorFlow.js keeps its buffers for good
