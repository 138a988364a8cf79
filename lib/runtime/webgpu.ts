/**
 * A GPU as a backend, through any implementation of WebGPU.
 */

import { DeviceError, OutOfResourcesError } from "../errors.ts";
import type { Backend } from "./backend.ts";
import type { Capabilities, Limits } from "./capabilities.ts";
import { GpuStorage } from "./gpu_storage.ts";
import { type Pipeline, PipelineCache } from "./pipelines.ts";
import type { Program } from "./program.ts";
import { LaunchQueue } from "./queue.ts";
import { ReportBuffer } from "./reports.ts";

/** GPUBufferUsage STORAGE | COPY_SRC | COPY_DST. */
const STORAGE_USAGE = 0x80 | 0x04 | 0x08;

/** A `vec4` binding must cover the last elements, and an empty tensor needs something to bind. */
const GRANULE = 16;

/** What a batch of launches can print, some 43,000 elements. */
const REPORT_BYTES = 2 ** 20;

export class WebGpuBackend implements Backend {
  readonly limits: Limits;
  readonly queue: LaunchQueue;
  print: Backend["print"] = (text) => console.log(text);
  readonly #pipelines: PipelineCache;
  #disposed = false;

  constructor(readonly gpu: GPUDevice, readonly capabilities: Capabilities) {
    if (!capabilities.limits) throw new Error("A WebGPU device has limits");
    this.limits = capabilities.limits;
    const reports = new ReportBuffer(
      gpu,
      REPORT_BYTES,
      (count, bytes) => this.print(dropped(count, bytes)),
    );
    this.queue = new LaunchQueue(gpu, this.limits.minUniformBufferOffsetAlignment, reports);
    const { failures } = this.queue;
    this.#pipelines = new PipelineCache(gpu, this.limits, (check) => failures.track(check));
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      const { message } = (event as GPUUncapturedErrorEvent).error;
      failures.add(new DeviceError(`The device reported an error: ${message}`));
    });
    gpu.lost.then(({ reason, message }) => {
      if (this.#disposed) return;
      failures.lose(
        new DeviceError(
          `The device was lost (${reason}): ${message}. Its tensors are gone; open another with Device.open()`,
        ),
      );
    });
  }

  allocate(bytes: number, what: string): GpuStorage {
    this.queue.failures.throwIfLost();
    const size = Math.max(GRANULE, Math.ceil(bytes / GRANULE) * GRANULE);
    for (const limit of ["maxBufferSize", "maxStorageBufferBindingSize"] as const) {
      if (size <= this.limits[limit]) continue;
      throw new OutOfResourcesError(
        `Cannot make ${what}: it needs ${size} bytes, the device allows ${
          this.limits[limit]
        } (${limit}): split it into smaller tensors`,
      );
    }
    this.gpu.pushErrorScope("out-of-memory");
    const buffer = this.gpu.createBuffer({ label: what, size, usage: STORAGE_USAGE });
    this.queue.failures.track(
      this.gpu.popErrorScope().then(
        (error) =>
          error
            ? new DeviceError(
              `Cannot make ${what}: the device is out of memory for its ${size} bytes: dispose of tensors that are no longer needed. ${error.message}`,
            )
            : undefined,
        () => undefined, // the device is lost, which is reported as such
      ),
    );
    return new GpuStorage(buffer, bytes, this.queue);
  }

  /** The pipeline of a program. Throws when the program needs more than the device has. */
  pipeline(program: Program): Pipeline {
    return this.#pipelines.get(program);
  }

  synchronize(): Promise<void> {
    return this.queue.synchronize();
  }

  /** Destroys the device once what was submitted has run; waits that are under way reject. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (!this.queue.failures.lost) this.queue.flush();
    this.queue.failures.lose(
      new DeviceError("The device has been disposed of: open another with Device.open()"),
    );
    // Destroying a device under a pending map hangs some implementations, so the maps finish first.
    const done = this.gpu.queue.onSubmittedWorkDone();
    done.catch(() => {}).then(() => this.gpu.destroy());
  }
}

/** What is printed in place of what did not fit. */
function dropped(count: number, bytes: number): string {
  const elements = count === 1 ? "1 element" : `${count} elements`;
  return `Nereid: ${elements} that kernels printed did not fit into the device's buffer of ${bytes} bytes ` +
    "and are lost: print fewer, with { mask } or if (tl.programId(0) === 0)";
}
