/** One line of the table: a workload of one size, on every side. */

import type { Device } from "../mod.ts";
import { race } from "../lib/launch/race.ts";
import { WebGpuBackend } from "../lib/runtime/webgpu.ts";
import { launcherOf } from "./handwritten.ts";
import { type Effort, type Elsewhere, measure } from "./measure.ts";
import type { Library, LibraryName } from "./rivals/library.ts";
import type { TritonTimes } from "./triton.ts";
import {
  type BenchDType,
  bytesOf,
  type Instance,
  readerOf,
  type Size,
  sizeText,
  type Workload,
} from "./workload.ts";

/** Whose times are compared with the kernel's. */
export type Side = "wgsl" | LibraryName | "triton" | "torch";

export interface Row {
  readonly workload: string;
  readonly dtype: BenchDType;
  readonly size: string;
  readonly unit: Workload["unit"];
  /** Bytes or operations of a run. */
  readonly amount: number;
  /** Milliseconds of a run. */
  readonly ms: number;
  /** Milliseconds of those that can do the same. */
  readonly others: Partial<Record<Side, number>>;
  /** Which of several ways by hand was the fastest. */
  readonly byHand?: string | undefined;
  /** Whose result was wrong, and how much. */
  readonly wrong: readonly string[];
}

export interface Comparison {
  readonly device: Device;
  readonly workload: Workload;
  readonly size: Size;
  readonly effort: Effort;
  readonly libraries: readonly Library[];
  readonly byHand: boolean;
  readonly triton: TritonTimes | undefined;
}

/** What tensors that take turns must fill together: more than any cache. */
const CACHE = { hardware: 2 ** 27, software: 2 ** 25 };
const MOST_TURNS = 32;

export async function compare(comparison: Comparison): Promise<Row> {
  const { device, workload, size, effort, libraries, byHand, triton } = comparison;
  const { backend } = device;
  if (!(backend instanceof WebGpuBackend)) throw new Error("Benches run on WebGPU devices");
  device.trim(); // so that no row depends on what memory those before it have left
  const instances = [workload.prepare(device, size, 1)], [first] = instances as [Instance];
  const wrong: string[] = [];
  const judge = (who: string, error: number) => {
    if (!(error <= 1)) wrong.push(`${who} is wrong by ${error.toPrecision(2)} tolerances`);
  };

  first.run();
  judge("nereid", await first.check(readerOf(first.out)));

  // The fastest way by hand.
  const ways = byHand ? first.handwritten ?? [] : [];
  let best: number | undefined;
  if (ways.length > 0) {
    const runs = ways.map((way) => launcherOf(device, way));
    const outcomes = await race(backend, runs, { rep: 10, through: (action) => action() });
    const times = outcomes.map((outcome) => "median" in outcome ? outcome.median : Infinity);
    best = times.indexOf(Math.min(...times));
    runs[best]!();
    judge(`wgsl (${ways[best]!.name})`, await first.check(readerOf(ways[best]!.writes[0]!)));
  }

  const elsewhere: { name: LibraryName; run: Elsewhere; dispose: () => void }[] = [];
  for (const library of libraries) {
    const ready = await library.prepare(workload.name, size, first.inputs).catch((error) => {
      wrong.push(`${library.name} fails: ${error instanceof Error ? error.message : error}`);
    });
    if (!ready) continue;
    const values = await ready.result();
    judge(
      library.name,
      await first.check((from, count) =>
        Promise.resolve(Array.prototype.slice.call(values, from, from + count))
      ),
    );
    elsewhere.push({
      name: library.name,
      run: { runTimes: ready.runTimes },
      dispose: ready.dispose,
    });
  }

  const footprint = [...first.inputs, first.out].reduce(
    (sum, { size, dtype }) => sum + size * bytesOf(dtype as BenchDType),
    0,
  );
  const cache = CACHE[device.capabilities.software ? "software" : "hardware"];
  const turns = Math.min(Math.ceil(cache / footprint), MOST_TURNS);
  for (let turn = 1; turn < turns; turn++) {
    instances.push(workload.prepare(device, size, 1 + 100 * turn));
  }
  const queued = [{ runs: instances.map(({ run }) => run) }];
  if (best !== undefined) {
    queued.push({
      runs: instances.map(({ handwritten }) => launcherOf(device, handwritten![best]!)),
    });
  }
  const times = await measure(device, queued, elsewhere.map(({ run }) => run), effort);
  for (const { dispose } of elsewhere) dispose();
  dispose(instances);

  const { dtype } = size, text = sizeText(size);
  const real = triton?.results.find((result) =>
    result.workload === workload.name && result.dtype === dtype && result.size.join("x") === text
  );
  return {
    workload: workload.name,
    dtype,
    size: text,
    unit: workload.unit,
    amount: workload.amount(size),
    ms: times.queued[0]!,
    others: {
      ...times.queued[1] !== undefined && { wgsl: times.queued[1] },
      ...Object.fromEntries(elsewhere.map(({ name }, i) => [name, times.elsewhere[i]!])),
      ...real?.triton && { triton: real.triton },
      ...real?.torch && { torch: real.torch },
    },
    ...best !== undefined && { byHand: ways[best]!.name },
    wrong,
  };
}

/** Gives the tensors of instances back, each once. */
function dispose(instances: readonly Instance[]): void {
  const tensors = new Set(
    instances.flatMap(({ inputs, out, handwritten = [] }) => [
      ...inputs,
      out,
      ...handwritten.flatMap(({ writes }) => writes),
    ]),
  );
  for (const tensor of tensors) tensor.dispose();
}
