/**
 * GPU devices that outlive the devices which had them, for those that are opened next in the same way.
 *
 * A `GPUDevice` that is destroyed is not gone: the driver's device behind it is there until the
 * garbage collector has come by. NVIDIA's driver gives a process 63 of them (580.159, in Deno 2.9.6), then
 * `requestDevice` fails with "Parent device is lost", and takes 100 ms for each. So a program that opens a
 * device, uses it and disposes of it, again and again, gets the same one each time.
 */

import { type AdapterOptions, describe, openGpu } from "./adapter.ts";
import type { Capabilities } from "./capabilities.ts";

/** A GPU device, and what it is. */
export interface OwnedGpu {
  readonly device: GPUDevice;
  readonly capabilities: Capabilities;
  /**
   * Takes it back from a device that was disposed of, once `idle` says that nothing of that one's is left on
   * it. Nobody else may have it, and it must not be lost.
   */
  readonly giveBack: (idle: Promise<void>) => void;
}

interface Spare extends OwnedGpu {
  readonly fate: Fate;
}

/** One for each way of opening; more are destroyed. */
const spares = new Map<string, Spare>();

/** Those that will be spare in a moment. */
const leaving = new Map<string, Set<Promise<void>>>();

/** How many were made and not collected yet. */
let there = 0;

function keyOf({ gpu, powerPreference, without = [] }: AdapterOptions): string {
  return [gpu ? "dawn" : "host", powerPreference, ...[...without].sort()].join();
}

/** As long as making another may take: on one that leaves, a kernel may run for longer, or for ever. */
const PATIENCE_MS = 200;

/** Waits for something, though not for long. */
async function soon(work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([
    work,
    new Promise<void>((resolve) => timer = setTimeout(resolve, PATIENCE_MS)),
  ]);
  clearTimeout(timer);
}

/** A GPU device that nobody uses; undefined when there is no adapter. Rejects when none is to be had. */
export async function takeGpu(options: AdapterOptions): Promise<OwnedGpu | undefined> {
  const key = keyOf(options), waits = leaving.get(key);
  if (waits && waits.size > 0 && !spares.has(key)) await soon(Promise.race(waits));
  const spare = spares.get(key);
  if (spare) {
    spares.delete(key);
    return spare;
  }
  let opened;
  try {
    opened = await openGpu(options);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const advice = there < 8
      ? ""
      : `. This process has ${there} already, some of which may have been disposed of and not been collected yet, ` +
        "and drivers give it a limited number (NVIDIA's 63): share one, or dispose of those that are no longer needed";
    throw new Error(message + advice, { cause });
  }
  if (!opened) return undefined;
  const { device, info } = opened, capabilities = await describe(device, info);
  return owned(device, capabilities, key);
}

/** What becomes of a GPU device; it does not hold on to it. */
interface Fate {
  readonly key: string;
  /** Destroyed or lost. */
  gone: boolean;
}

const collected = new FinalizationRegistry<undefined>(() => there--);

/** A function of its own: what waits for a loss is never collected, and must have nothing of the device. */
function hearLoss(lost: GPUDevice["lost"], fate: Fate): void {
  lost.then(() => {
    fate.gone = true;
    if (spares.get(fate.key)?.fate === fate) spares.delete(fate.key);
  });
}

function owned(device: GPUDevice, capabilities: Capabilities, key: string): Spare {
  const fate: Fate = { key, gone: false };
  there++;
  hearLoss(device.lost, fate);
  collected.register(device, undefined);
  const spare: Spare = {
    device,
    capabilities,
    fate,
    giveBack(idle) {
      const waits = leaving.get(key) ?? new Set();
      leaving.set(key, waits);
      const left = idle.then(() => {
        waits.delete(left);
        if (fate.gone) return;
        if (spares.has(key)) device.destroy();
        else spares.set(key, spare);
      });
      waits.add(left);
    },
  };
  return spare;
}
