/**
 * jax-js, TensorFlow.js and Nereid in one process, all on one device: `deno run -A --no-lock
 * tests/interop/with_both.ts npm:@jax-js/jax npm:@tensorflow/tfjs-core npm:@tensorflow/tfjs-backend-webgpu`.
 */

import { cdiv, Device, grid, Tensor } from "../../mod.ts";
import { assertClose, assertEquals } from "../support/assert.ts";
import { affine } from "./affine.ts";
import { openJax } from "./jax.ts";
import { openTensorFlow } from "./tensorflow.ts";

const jax = await openJax(Deno.args[0]!);
using device = await Device.from(jax.getWebGPUDevice());
const tf = await openTensorFlow(Deno.args[1]!, Deno.args[2]!, device.gpu);

const n = 16, size = n * n, launch = grid(cdiv(size, 64));
const numbers = Float32Array.from({ length: size }, (_, i) => i % 7);

// jax-js: 2 x, in a buffer of its own.
const x = jax.numpy.array(numbers), doubled = x.ref.add(x.ref);
using fromJax = Tensor.over(await doubled.ref.gpuBuffer(), { device, shape: [n, n] });

// Nereid: 2 (2 x) + 1, into a buffer that TensorFlow.js takes as it is.
using a = device.empty([n, n]);
affine[launch](fromJax, a, size);
const theirs = tf.tensor({ buffer: a.buffer, zeroCopy: true }, [n, n], "float32");

// TensorFlow.js: its square, as a matrix.
const product = tf.matMul(theirs, theirs);
const { buffer, tensorRef } = product.dataToGPU(); // which submits it
using fromTensorFlow = Tensor.over(buffer, { device, shape: [n, n] });

// Nereid: 2 y + 1, into the very buffer that jax-js holds, which adds it to itself.
affine[launch](fromTensorFlow, fromJax, size);
device.flush();
const result = await doubled.ref.add(doubled.ref).data();

const b = numbers.map((i) => 4 * i + 1);
const expected = Array.from({ length: size }, (_, i) => {
  const row = Math.floor(i / n), column = i % n;
  let sum = 0;
  for (let k = 0; k < n; k++) sum += b[row * n + k]! * b[k * n + column]!;
  return 2 * (2 * sum + 1);
});
assertClose(result, expected);
assertEquals(device.memory().tensors, 1); // `a`: all else is theirs, and none of it was copied
for (const tensor of [product, tensorRef]) tensor.dispose();
for (const array of [x, doubled]) array.dispose();
console.log("shared");
Deno.exit(0); // both keep their buffers for good
