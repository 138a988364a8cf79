/** What is used of `@tensorflow/tfjs-core`. */
export interface TensorFlow {
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
export interface TensorFlowTensor {
  data(): Promise<Float32Array>;
  dataToGPU(): { buffer: GPUBuffer; tensorRef: TensorFlowTensor };
  dispose(): void;
}
interface TensorFlowBackend {
  WebGPUBackend: new (device: GPUDevice, info: GPUAdapterInfo) => unknown;
}

/** The library, on a device that is there. */
export async function openTensorFlow(
  core: string,
  webgpu: string,
  device: GPUDevice,
): Promise<TensorFlow> {
  const tf: TensorFlow = await import(core);
  const backend: TensorFlowBackend = await import(webgpu);
  tf.removeBackend("webgpu"); // which would open a device of its own
  tf.registerBackend("webgpu", () => new backend.WebGPUBackend(device, device.adapterInfo));
  await tf.setBackend("webgpu");
  tf.env().set("WEBGPU_CPU_FORWARD", false); // else small products are made on the CPU
  return tf;
}
