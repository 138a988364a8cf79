/**
 * ONNX Runtime and Nereid in one process: `deno run -A --no-lock tests/interop/with_onnxruntime.ts
 * npm:onnxruntime-web/webgpu`.
 */

import { cdiv, Device, grid, Tensor } from "../../mod.ts";
import { assertClose } from "../support/assert.ts";
import { affine } from "./affine.ts";

/** What is used of `onnxruntime-web`. */
interface Onnx {
  readonly env: {
    logLevel: string;
    readonly wasm: { numThreads: number };
    readonly webgpu: { device: Promise<GPUDevice> };
  };
  readonly InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<{
      run(feeds: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>>;
    }>;
  };
  readonly Tensor: {
    fromGpuBuffer(
      buffer: GPUBuffer,
      options: { dataType: "float32"; dims: readonly number[] },
    ): OnnxTensor;
  };
}
interface OnnxTensor {
  readonly gpuBuffer: GPUBuffer;
}

// A model `c = a + b`, encoded by hand: ONNX is a protocol buffer.
const text = (value: string) => [...new TextEncoder().encode(value)];
const field = (number: number, bytes: readonly number[]) => [
  number << 3 | 2,
  bytes.length,
  ...bytes,
];
const number = (field: number, value: number) => [field << 3, value];

function valueInfo(name: string, length: number): number[] {
  const dimension = field(1, number(1, length)), shape = field(2, dimension);
  const type = field(1, [...number(1, 1), ...shape]); // of f32
  return [...field(1, text(name)), ...field(2, type)];
}

function addition(length: number): Uint8Array {
  const node = [
    ...field(1, text("a")),
    ...field(1, text("b")),
    ...field(2, text("c")),
    ...field(4, text("Add")),
  ];
  const graph = [
    ...field(1, node),
    ...field(2, text("g")),
    ...["a", "b"].flatMap((name) => field(11, valueInfo(name, length))),
    ...field(12, valueInfo("c", length)),
  ];
  const opset = [...field(1, []), ...number(2, 17)];
  return Uint8Array.of(...number(1, 8), ...field(8, opset), ...field(7, graph));
}

const onnx: Onnx = await import(Deno.args[0]!);
onnx.env.logLevel = "error";
onnx.env.wasm.numThreads = 1;

const n = 100;
const session = await onnx.InferenceSession.create(addition(n), {
  executionProviders: ["webgpu"],
  preferredOutputLocation: "gpu-buffer",
});
// It opens a device of its own, whatever it is given.
using device = await Device.from(await onnx.env.webgpu.device);
using x = device.arange(n, { dtype: "f32" }), a = device.empty([n]), b = device.full([n], 3);
affine[grid(cdiv(n, 64))](x, a, n); // 2 i + 1
const input = (tensor: Tensor<"f32">) =>
  onnx.Tensor.fromGpuBuffer(tensor.buffer, { dataType: "float32", dims: [n] });
const { c } = await session.run({ a: input(a), b: input(b) });
using sum = Tensor.over(c!.gpuBuffer, { device, shape: [n] });
affine[grid(cdiv(n, 64))](sum, sum, n);
assertClose(await sum.read(), Array.from({ length: n }, (_, i) => 2 * (2 * i + 4) + 1));
console.log("shared");
Deno.exit(0); // ONNX Runtime keeps its session for good
