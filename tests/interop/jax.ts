/** What is used of `@jax-js/jax`, whose arrays are consumed by use unless `ref` is taken. */
export interface Jax {
  init(device: "webgpu"): Promise<string[]>;
  defaultDevice(device: "webgpu"): void;
  getWebGPUDevice(): GPUDevice;
  readonly numpy: { array(data: Float32Array): JaxArray };
}
export interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray): JaxArray;
  mul(other: JaxArray): JaxArray;
  gpuBuffer(): Promise<GPUBuffer>;
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** The library, on WebGPU. */
export async function openJax(specifier: string): Promise<Jax> {
  const jax: Jax = await import(specifier);
  if (!(await jax.init("webgpu")).includes("webgpu")) throw new Error("jax-js found no WebGPU");
  jax.defaultDevice("webgpu");
  return jax;
}
