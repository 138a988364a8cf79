/**
 * GPU devices that fail on purpose, for what real ones do too rarely: a real `GPUDevice` some of whose
 * methods are replaced.
 */

/** What a device is to fail at. */
export interface Faults {
  /** Bytes that storage buffers may take together. */
  readonly maxBytes?: number;
}

/** GPUBufferUsage.STORAGE. */
const STORAGE = 0x80;

/** A real device that runs out of memory early. Its tensors' buffers count, other buffers do not. */
export async function faulty({ maxBytes = Infinity }: Faults): Promise<{ device: GPUDevice }> {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter!.requestDevice();
  const { createBuffer, popErrorScope } = device;
  let held = 0, refused = false;
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(device, descriptor), { size } = descriptor;
    if ((descriptor.usage & STORAGE) === 0) return buffer;
    const destroy = buffer.destroy.bind(buffer);
    if (held + size > maxBytes) {
      refused = true;
      destroy();
      buffer.destroy = () => undefined;
      return buffer;
    }
    held += size;
    buffer.destroy = () => {
      held -= size;
      return destroy();
    };
    return buffer;
  };
  device.popErrorScope = async () => {
    const message = refused ? "Not enough memory left." : undefined;
    refused = false;
    const error = await popErrorScope.call(device);
    return message === undefined ? error : { message } as GPUError;
  };
  return { device };
}
