/**
 * Nereid and other WebGPU libraries in one process, on one device and in the same memory.
 *
 * The libraries are fetched when a test runs; where that is impossible the tests are reported as
 * ignored. (A literal in `import()` would make every check of types download them.)
 */

import { cdiv, Device, grid, jit, type Pointer, Tensor, tl } from "../../mod.ts";
import { assert, assertClose, assertEquals } from "../support/assert.ts";
import { hasGpu } from "../support/devices.ts";

const affine = jit(function affine(x: Pointer, out: Pointer, n: number, { BLOCK = 64 }) {
  const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK), mask = at < n;
  tl.store(out + at, tl.load(x + at, { mask }) * 2 + 1, { mask });
});

/** What is used of `@jax-js/jax`, whose arrays are consumed by use unless `ref` is taken. */
interface Jax {
  init(device: "webgpu"): Promise<string[]>;
  defaultDevice(device: "webgpu"): void;
  getWebGPUDevice(): GPUDevice;
  readonly numpy: { array(data: Float32Array): JaxArray };
}
interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray): JaxArray;
  mul(other: JaxArray): JaxArray;
  gpuBuffer(): Promise<GPUBuffer>;
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** What is used of `@tensorflow/tfjs-core`. */
interface TensorFlow {
  registerBackend(name: string, make: () => unknown): boolean;
  setBackend(name: string): Promise<boolean>;
  removeBackend(name: string): void;
  env(): { set(flag: string, value: boolean): void };
  tensor(
    data: { buffer: GPUBuffer; zeroCopy: true } | Float32Array,
    shape: number[],
    dtype: "float32",
  ): TensorFlowTensor;
  matMul(a: TensorFlowTensor, b: TensorFlowTensor): TensorFlowTensor;
}
interface TensorFlowTensor {
  data(): Promise<Float32Array>;
  dataToGPU(): { buffer: GPUBuffer; tensorRef: TensorFlowTensor };
  dispose(): void;
}
interface TensorFlowBackend {
  WebGPUBackend: new (device: GPUDevice, info: GPUAdapterInfo) => unknown;
}

/** A package, or undefined where there is no way to get it. */
async function fetched<T>(specifier: string): Promise<T | undefined> {
  try {
    return await import(specifier) as T;
  } catch (error) {
    console.error(`ignored: ${(error as Error).message.split("\n")[0]}`);
    return undefined;
  }
}

Deno.test({
  name: "jax-js: Nereid reads and writes an array in place, between two operations of its own",
  ignore: !hasGpu,
  // jax-js keeps its device and its buffers for good.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const jax = await fetched<Jax>("npm:@jax-js/jax@0.1.25");
    if (!jax) return;
    assert((await jax.init("webgpu")).includes("webgpu"));
    jax.defaultDevice("webgpu");
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
  },
});

Deno.test({
  name: "TensorFlow.js: tensors of Nereid are its inputs, and its results are Nereid's, uncopied",
  ignore: !hasGpu,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const tf = await fetched<TensorFlow>("npm:@tensorflow/tfjs-core@4.22.0");
    const backend = await fetched<TensorFlowBackend>("npm:@tensorflow/tfjs-backend-webgpu@4.22.0");
    if (!tf || !backend) return;
    using device = await Device.open({ device: "webgpu" });
    tf.removeBackend("webgpu"); // which would open a device of its own
    tf.registerBackend(
      "webgpu",
      () => new backend.WebGPUBackend(device.gpu, device.gpu.adapterInfo),
    );
    await tf.setBackend("webgpu");
    tf.env().set("WEBGPU_CPU_FORWARD", false); // else small products are made on the CPU

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
  },
});
