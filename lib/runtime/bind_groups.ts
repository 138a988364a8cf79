/**
 * Bind groups, one for each layout and list of storages that met: making one costs 11 µs.
 *
 * They are found by a number that the blocks and offsets are mixed into, without making a text of
 * them. A group goes when one of its buffers does, or when it is the oldest of too many.
 */

import { DeviceError, LaunchError } from "../errors.ts";
import type { Limits } from "./capabilities.ts";
import type { GpuStorage } from "./gpu_storage.ts";
import type { Block } from "./memory_pool.ts";
import type { Layout, Pipeline } from "./pipelines.ts";
import type { ReportBuffer } from "./reports.ts";

/** Groups at most; a program that uses more pays for making them again. */
const MAX_GROUPS = 8192;

/** A bind group with what it is of. */
export interface Group {
  readonly hash: number;
  readonly layout: Layout;
  readonly blocks: readonly Block[];
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  readonly gpu: GPUBindGroup;
}

export class BindGroups {
  readonly #device: GPUDevice;
  readonly #uniforms: GPUBuffer;
  readonly #reports: ReportBuffer;
  /** Those of one hash; there is hardly ever more than one. */
  readonly #groups = new Map<number, Group[]>();
  /** All of them in the order in which they were made. */
  readonly #all = new Set<Group>();
  readonly #maxBinding: number;
  readonly #track: (check: Promise<DeviceError | undefined>) => void;

  /** @param track Is told of every check that is under way; the promise never rejects. */
  constructor(
    device: GPUDevice,
    limits: Limits,
    uniforms: GPUBuffer,
    reports: ReportBuffer,
    track: (check: Promise<DeviceError | undefined>) => void,
  ) {
    this.#track = track;
    this.#device = device;
    this.#maxBinding = limits.maxStorageBufferBindingSize;
    this.#uniforms = uniforms;
    this.#reports = reports;
  }

  /** The group of the storages of a pipeline's bindings. */
  get(pipeline: Pipeline, storages: readonly GpuStorage[]): Group {
    const { layout } = pipeline;
    let hash = layout.id;
    for (let i = 0; i < storages.length; i++) {
      const { block, offset, bound } = storages[i]!;
      hash = Math.imul(hash ^ block.id, 0x01000193) + offset + Math.imul(bound, 31) | 0;
    }
    const groups = this.#groups.get(hash);
    if (groups) {
      for (let i = 0; i < groups.length; i++) {
        if (isOf(groups[i]!, layout, storages)) return groups[i]!;
      }
    }
    return this.#make(hash, pipeline, storages);
  }

  /** Drops the groups that hold a block. */
  forget(block: Block): void {
    for (const group of block.groups) this.#drop(group);
  }

  #make(hash: number, pipeline: Pipeline, storages: readonly GpuStorage[]): Group {
    storages.forEach((storage, i) => this.#check(pipeline, storage, i));
    const { program: { name }, layout } = pipeline, { hasReports, uniformBytes } = layout;
    const entries: GPUBindGroupEntry[] = storages.map(({ block, offset, bound }, binding) => ({
      binding,
      resource: { buffer: block.buffer, offset, size: bound },
    }));
    if (hasReports) {
      entries.push({ binding: entries.length, resource: { buffer: this.#reports.buffer } });
    }
    if (uniformBytes > 0) {
      const resource = { buffer: this.#uniforms, size: uniformBytes };
      entries.push({ binding: entries.length, resource });
    }
    const group: Group = {
      hash,
      layout,
      blocks: storages.map(({ block }) => block),
      offsets: storages.map(({ offset }) => offset),
      sizes: storages.map(({ bound }) => bound),
      gpu: this.#create({ label: name, layout: layout.gpu, entries }, storages),
    };
    for (const block of group.blocks) block.groups.add(group);
    const sameHash = this.#groups.get(hash);
    if (sameHash) sameHash.push(group);
    else this.#groups.set(hash, [group]);
    const [oldest] = this.#all;
    if (oldest && this.#all.size >= MAX_GROUPS) this.#drop(oldest);
    this.#all.add(group);
    return group;
  }

  /** A group; what is wrong with buffers that others have made is theirs to mend. */
  #create(
    descriptor: GPUBindGroupDescriptor & { label: string },
    storages: readonly GpuStorage[],
  ): GPUBindGroup {
    if (storages.every(({ block }) => block.owned)) return this.#device.createBindGroup(descriptor);
    this.#device.pushErrorScope("validation");
    const group = this.#device.createBindGroup(descriptor);
    this.#track(
      this.#device.popErrorScope().then(
        (error) =>
          error
            ? new DeviceError(
              `Cannot launch '${descriptor.label}': the device refused a buffer that a tensor is over. It must be of ` +
                `this device and not be destroyed: ${error.message.trim()}`,
            )
            : undefined,
        () => undefined, // the device is lost, which is reported as such
      ),
    );
    return group;
  }

  #check({ program }: Pipeline, { block, bound }: GpuStorage, binding: number): void {
    if (block.error) throw block.error;
    if (bound <= this.#maxBinding) return;
    throw new LaunchError(
      `Cannot launch '${program.name}': the tensor for '${
        program.bindings[binding]?.param
      }' takes ${bound} bytes, ` +
        `a kernel on this device sees ${this.#maxBinding} of one (maxStorageBufferBindingSize): ` +
        "launch it for each part of the tensor, tensor.slice(offset, shape)",
    );
  }

  #drop(group: Group): void {
    this.#all.delete(group);
    for (const block of group.blocks) block.groups.delete(group);
    const groups = this.#groups.get(group.hash)!;
    groups.splice(groups.indexOf(group), 1);
    if (groups.length === 0) this.#groups.delete(group.hash);
  }
}

function isOf(group: Group, layout: Layout, storages: readonly GpuStorage[]): boolean {
  if (group.layout !== layout || group.blocks.length !== storages.length) return false;
  for (let i = 0; i < storages.length; i++) {
    const { block, offset, bound } = storages[i]!;
    if (group.blocks[i] !== block || group.offsets[i] !== offset || group.sizes[i] !== bound) {
      return false;
    }
  }
  return true;
}
