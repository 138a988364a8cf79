/** TensorFlow.js on its WebGPU backend. It has no layer norm, which is composed as its users do. */

import type { Tensor } from "../../mod.ts";
import type { Size } from "../workload.ts";
import type { Library, Ready } from "./library.ts";

/** What is used of its tensors. */
interface TfTensor {
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

interface TensorFlow {
  readonly setBackend: (name: string) => Promise<boolean>;
  readonly ready: () => Promise<void>;
  readonly getBackend: () => string;
  readonly env: () => { set(flag: string, value: unknown): void };
  readonly backend: () => TfBackend;
  readonly tidy: (f: () => TfTensor) => TfTensor;
  readonly tensor: (data: Float32Array, shape: readonly number[]) => TfTensor;
  readonly add: (a: TfTensor, b: TfTensor | number) => TfTensor;
  readonly sub: (a: TfTensor, b: TfTensor) => TfTensor;
  readonly mul: (a: TfTensor, b: TfTensor) => TfTensor;
  readonly rsqrt: (x: TfTensor) => TfTensor;
  readonly sum: (x: TfTensor) => TfTensor;
  readonly cumsum: (x: TfTensor) => TfTensor;
  readonly softmax: (x: TfTensor) => TfTensor;
  readonly moments: (
    x: TfTensor,
    axis: number,
    keep: boolean,
  ) => { mean: TfTensor; variance: TfTensor };
  readonly matMul: (a: TfTensor, b: TfTensor) => TfTensor;
}

/** It submits every 15 dispatches; what is left is sent by hand. */
interface TfBackend {
  readonly device: GPUDevice;
  readonly commandEncoder: unknown;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

type Operation = (tf: TensorFlow, inputs: readonly TfTensor[]) => TfTensor;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  vector_add: (tf, [x, y]) => tf.add(x!, y!),
  softmax: (tf, [x]) => tf.softmax(x!),
  layer_norm(tf, [x, weight, bias]) {
    const { mean, variance } = tf.moments(x!, -1, true);
    const normal = tf.mul(tf.sub(x!, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    return tf.add(tf.mul(normal, weight!), bias!);
  },
  sum: (tf, [x]) => tf.sum(x!),
  cumsum: (tf, [x]) => tf.cumsum(x!),
  matmul: (tf, [a, b]) => tf.matMul(a!, b!),
};

/** Computed where they are imported: Deno fetches what is written in an import, wanted or not. */
const CORE = "npm:@tensorflow/tfjs-core@4.22.0";
const BACKEND = "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";

export async function open(): Promise<Library> {
  const tf: TensorFlow = await import(`${CORE}`);
  await import(`${BACKEND}`);
  await tf.setBackend("webgpu");
  await tf.ready();
  if (tf.getBackend() !== "webgpu") {
    throw new Error(`TensorFlow.js took the backend '${tf.getBackend()}'`);
  }
  tf.env().set("WEBGPU_CPU_FORWARD", false); // else small operations run on the CPU
  return { name: "tfjs", prepare: (name, size, inputs) => prepare(tf, name, size, inputs) };
}

async function prepare(
  tf: TensorFlow,
  name: string,
  { dtype }: Size,
  tensors: readonly Tensor[],
): Promise<Ready | undefined> {
  const operation = OPERATIONS[name];
  if (!operation || dtype !== "f32") return undefined; // it has no f16
  const inputs: TfTensor[] = [];
  for (const tensor of tensors) {
    inputs.push(tf.tensor(Float32Array.from(await tensor.read()), tensor.shape));
  }
  const run = () => tf.tidy(() => operation(tf, inputs));
  const backend = tf.backend();
  return {
    runTimes(times) {
      for (let i = 0; i < times; i++) run().dispose();
      if (backend.commandEncoder) {
        backend.endComputePassEncoder();
        backend.submitQueue();
      }
      return backend.device.queue.onSubmittedWorkDone();
    },
    async result() {
      const result = run(), values = await result.data();
      result.dispose();
      return values;
    },
    dispose: () => inputs.forEach((tensor) => tensor.dispose()),
  };
}
