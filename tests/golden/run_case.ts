/** Runs a golden case: its Triton source is ported, launched, and compared with the recorded outputs. */

import { type Device, type Tensor, TensorDescriptor, type TensorDType, tl } from "../../mod.ts";
import { load, type LoadedKernel } from "../../port.ts";
import {
  compare,
  decode,
  decodeBuffer,
  type Difference,
  type GoldenCase,
  type TensorRecord,
  Written,
} from "./format.ts";

/** How far a case got. */
export type Outcome =
  | { readonly stage: "passed" }
  /** The stage that failed, and why. */
  | { readonly stage: "port" | "launch" | "read"; readonly why: string }
  | { readonly stage: "compare"; readonly differences: readonly Difference[] };

/** Runs one case on a device. */
export async function runCase(
  golden: GoldenCase,
  data: Uint8Array<ArrayBuffer>,
  device: Device,
): Promise<Outcome> {
  let kernel: LoadedKernel | undefined;
  try {
    kernel = load(golden.source, golden.name)[golden.entry];
    if (!kernel) throw new Error(`There is no kernel '${golden.entry}'`);
  } catch (error) {
    return { stage: "port", why: messageOf(error) };
  }
  const tensors = new Map<string, Tensor<TensorDType>>();
  try {
    try {
      for (const record of [...golden.inputs, ...golden.outputs]) {
        if (!tensors.has(record.name)) {
          tensors.set(record.name, upload(golden, record, data, device));
        }
      }
      const args = Object.fromEntries(
        golden.args.map((name) => {
          const tensor = tensors.get(name), block = golden.host_tensor_descriptors?.[name];
          if (tensor && block) return [name, TensorDescriptor.from(tensor, block)];
          return [name, tensor ?? parameter(kernel, golden, name)];
        }),
      );
      kernel.launchNamed([...golden.grid], args);
      await device.synchronize();
    } catch (error) {
      return { stage: "launch", why: messageOf(error) };
    }
    const differences: Difference[] = [];
    // Triton's tl.view may put elements in another order, that of its layout.
    const reordered = /\btl\.view\(/.test(golden.source);
    for (const record of golden.outputs) {
      const got = asRecorded(record, await tensors.get(record.name)!.read());
      const want = decode(record, data);
      const difference = reordered
        ? compare(record, ascending(got), ascending(want))
        : compare(record, got, want);
      if (difference) differences.push(difference);
    }
    return differences.length > 0 ? { stage: "compare", differences } : { stage: "passed" };
  } catch (error) {
    return { stage: "read", why: messageOf(error) };
  } finally {
    for (const tensor of tensors.values()) tensor.dispose();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The tensor of an input or output; an output without starting contents is all zeros. */
function upload(
  golden: GoldenCase,
  record: TensorRecord,
  data: Uint8Array<ArrayBuffer>,
  device: Device,
): Tensor<TensorDType> {
  const dtype = record.dtype as TensorDType;
  const { shape } = record;
  const input = golden.inputs.find(({ name }) => name === record.name);
  if (!input) return device.zeros(shape, { dtype });
  return device.from(decode(input, data) as number[], { dtype, shape });
}

/** What was read, as numbers: dtypes without a typed array of their own may come as bits. */
function asRecorded(
  { dtype }: TensorRecord,
  read: ArrayLike<number | bigint> & { readonly buffer: ArrayBufferLike },
): ArrayLike<number | bigint> {
  const bits = dtype === "bf16" && read instanceof Uint16Array ||
    dtype.startsWith("f8") && read instanceof Uint8Array;
  return bits ? decodeBuffer(dtype, read.slice().buffer) : read;
}

function ascending(elements: ArrayLike<number | bigint>): (number | bigint)[] {
  return Array.from(elements).sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
}

/** A scalar or constant of a launch. */
function parameter(kernel: LoadedKernel, golden: GoldenCase, name: string): unknown {
  const value = golden.params[name];
  const number = typeof value === "string" && /^(-?Infinity|NaN)$/.test(value)
    ? new Written(Number(value), true)
    : value;
  if (number === null) return undefined;
  if (!(number instanceof Written)) return number;
  const constant = kernel.params.find((param) => param.name === name)?.constant;
  return number.isFloat && !constant ? tl.f32(number.value) : number.value;
}
