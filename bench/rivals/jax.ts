/**
 * `@jax-js/jax`: JAX in JavaScript, on WebGPU. Arrays are lazy and used up by what takes them; `ref`
 * keeps one. Runs are chained, so that waiting for the last one waits for all.
 */

import type { Tensor } from "../../mod.ts";
import type { Size } from "../workload.ts";
import type { Library, Ready } from "./library.ts";

/** What is used of its arrays. */
interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray): JaxArray;
  mul(other: JaxArray): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  astype(dtype: string): JaxArray;
  data(): Promise<ArrayLike<number>>;
  blockUntilReady(): Promise<unknown>;
  dispose(): void;
}

interface Jax {
  readonly init: (device: string) => Promise<readonly string[]>;
  readonly defaultDevice: (device: string) => void;
  readonly jit: <F>(fn: F) => F;
  readonly numpy: {
    array(data: Float32Array): JaxArray;
    zeros(shape: readonly number[]): JaxArray;
    sum(x: JaxArray): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
  };
  readonly nn: {
    softmax(x: JaxArray, axis: number): JaxArray;
    standardize(x: JaxArray, axis: number, options: { epsilon: number }): JaxArray;
  };
}

type Operation = (
  jax: Jax,
  inputs: readonly JaxArray[],
) => { readonly start: JaxArray; readonly next: (x: JaxArray) => JaxArray };

/** A value that depends on the one before and is computed from the inputs, so that runs form a chain. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  vector_add: (_, [x, y]) => ({ start: x!, next: (v) => v.add(y!.ref) }),
  softmax: ({ nn, jit }, [x]) => ({ start: x!, next: jit((v: JaxArray) => nn.softmax(v, -1)) }),
  layer_norm({ nn, jit }, [x, weight, bias]) {
    const f = jit((v: JaxArray, w: JaxArray, b: JaxArray) =>
      nn.standardize(v, -1, { epsilon: 1e-5 }).mul(w).add(b)
    );
    return { start: x!, next: (v) => f(v, weight!.ref, bias!.ref) };
  },
  sum({ numpy, jit }, [x]) {
    const f = jit((v: JaxArray, s: JaxArray) => numpy.sum(v).add(s));
    return { start: numpy.zeros([]), next: (s) => f(x!.ref, s) };
  },
  matmul: ({ numpy }, [a, b]) => ({ start: a!, next: (v) => numpy.matmul(v, b!.ref) }),
};

/** Computed where it is imported: Deno fetches what is written in an import, wanted or not. */
const PACKAGE = "npm:@jax-js/jax@0.1.25";

export async function open(): Promise<Library> {
  const jax: Jax = await import(`${PACKAGE}`);
  const devices = await jax.init("webgpu");
  if (!devices.includes("webgpu")) throw new Error(`jax-js has no WebGPU device, but ${devices}`);
  jax.defaultDevice("webgpu");
  return { name: "jax", prepare: (name, size, inputs) => prepare(jax, name, size, inputs) };
}

async function prepare(
  jax: Jax,
  name: string,
  { dtype }: Size,
  tensors: readonly Tensor[],
): Promise<Ready | undefined> {
  const operation = OPERATIONS[name];
  if (!operation) return undefined;
  const inputs: JaxArray[] = [];
  for (const tensor of tensors) {
    const array = jax.numpy.array(Float32Array.from(await tensor.read())).reshape(tensor.shape);
    inputs.push(dtype === "f16" ? array.astype("float16") : array);
  }
  const { start, next } = operation(jax, inputs);
  return {
    async runTimes(times) {
      let value = start.ref;
      for (let i = 0; i < times; i++) value = next(value);
      await value.blockUntilReady();
      value.dispose();
    },
    result: () => next(start.ref).data(),
    dispose: () => new Set([start, ...inputs]).forEach((array) => array.dispose()),
  };
}
