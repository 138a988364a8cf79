/**
 * Launches for a long time: `deno task soak [--launches N] [--device …]`.
 *
 * A few dozen tensors of changing shapes are filled, changed, summed, looked at through views, given
 * back or forgotten, and replaced, in an order drawn at random. The host knows what every one of
 * them holds, so the sums that the kernels keep must be right at each tenth of the way; and neither
 * the host's memory nor the device's may grow from the early tenths to the last.
 */

import { Command } from "npm:commander@15.0.0";
import { Device, grid, jit, nextPowerOf2, type Pointer, type Tensor, tl } from "../mod.ts";

const { launches, seed, device: kind } = new Command("soak")
  .description("Launches for a long time and watches sums and memory")
  .option("--launches <n>", "how many", Number, 1_000_000)
  .option("--seed <n>", "what the random order is drawn from", Number, 1)
  .option("--device <name>", "auto, webgpu or cpu", "auto")
  .parse(["", "", ...Deno.args])
  .opts<{ launches: number; seed: number; device: "auto" | "webgpu" | "cpu" }>();

/** Launches between two waits, in which an ordinary program would read a result. */
const STRETCH = 2000;
const TENSORS = 48;
const MAX_LENGTH = 2000;

const fill = jit(function fill(x: Pointer, value: number, n: number, { BLOCK }: { BLOCK: number }) {
  const at = tl.arange(0, BLOCK);
  tl.store(x + at, value, { mask: at < n });
});

const change = jit(
  function change(x: Pointer, by: number, n: number, { BLOCK }: { BLOCK: number }) {
    const at = tl.arange(0, BLOCK), mask = at < n;
    tl.store(x + at, tl.load(x + at, { mask }) + by, { mask });
  },
);

const add = jit(function add(x: Pointer, sum: Pointer, n: number, { BLOCK }: { BLOCK: number }) {
  const at = tl.arange(0, BLOCK);
  tl.store(sum, tl.load(sum) + tl.sum(tl.load(x + at, { mask: at < n, other: 0 })));
});

/** Uniform numbers below `n`, from a linear congruential generator. */
let state = seed >>> 0;
function below(n: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 2 ** 32 * n);
}

/** A tensor and what all of its elements are. */
interface Held {
  readonly tensor: Tensor<"i32">;
  value: number;
}

using device = await Device.open({ device: kind });
using sum = device.zeros([1], { dtype: "i32" });
const held: Held[] = Array.from({ length: TENSORS }, () => fresh());
let expected = 0, done = 0;

function blockOf(n: number): { BLOCK: number } {
  return { BLOCK: Math.max(64, nextPowerOf2(n)) };
}

function fresh(): Held {
  const rows = 1 + below(40), columns = 1 + below(MAX_LENGTH / 40);
  return { tensor: device.zeros([rows, columns], { dtype: "i32" }), value: 0 };
}

/** One launch, sometimes after making a tensor or a view. */
function launch(): void {
  const i = below(TENSORS), one = held[i]!, { tensor } = one, n = tensor.size;
  switch (below(8)) {
    case 0:
    case 1:
      one.value = below(1000);
      return fill[grid(1)](tensor, one.value, n, blockOf(n));
    case 2:
    case 3: {
      const by = below(9);
      one.value += by;
      return change[grid(1)](tensor, by, n, blockOf(n));
    }
    case 4: { // another in its place
      if (below(20) > 0) tensor.dispose(); // else it is forgotten
      const other = held[i] = fresh();
      other.value = below(1000);
      return fill[grid(1)](
        other.tensor,
        other.value,
        other.tensor.size,
        blockOf(other.tensor.size),
      );
    }
    case 5: { // a part of it
      const from = below(n), length = 1 + below(n - from);
      using part = tensor.slice(from, [length]);
      expected = (expected + one.value * length) | 0;
      return add[grid(1)](part, sum, length, blockOf(length));
    }
    default:
      expected = (expected + one.value * n) | 0;
      return add[grid(1)](tensor, sum, n, blockOf(n));
  }
}

interface Reading {
  readonly rss: number;
  readonly heap: number;
  readonly device: number;
}

const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const readings: Reading[] = [];
let hostMs = 0;
const begun = performance.now();
console.log(`${device}: ${launches} launches, seed ${seed}`);

async function report(): Promise<void> {
  const [found] = await sum.read();
  if (found !== expected) {
    console.error(`After ${done} launches the sum is ${found}, it must be ${expected}`);
    Deno.exit(1);
  }
  const { rss, heapUsed } = Deno.memoryUsage(), { live, cached, tensors } = device.memory();
  readings.push({ rss, heap: heapUsed, device: live + cached });
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${String(Math.round(done / launches * 100)).padStart(3)} %  ${
      Math.round(done / seconds)
    } launches/s  host ${(hostMs * 1000 / done).toFixed(2)} µs/launch  ` +
      `device ${megabytes(live)} in ${tensors} tensors, ${megabytes(cached)} kept  ` +
      `host ${megabytes(rss)}, heap ${megabytes(heapUsed)}`,
  );
}

let tenth = 1;
while (done < launches) {
  const start = performance.now(), stretch = Math.min(STRETCH, launches - done);
  for (let i = 0; i < stretch; i++) launch();
  hostMs += performance.now() - start;
  done += stretch;
  await device.synchronize();
  if (done >= launches * tenth / 10) {
    await report();
    while (done >= launches * tenth / 10) tenth++;
  }
}

/** What may come on top of what was there in the early tenths, whatever that was. */
const SLACK = { rss: 96, heap: 32, device: 16 } as const satisfies Record<keyof Reading, number>;
const told = readings.length >= 7; // with few launches a stretch is more than a tenth
let flat = true;
for (const what of told ? ["rss", "heap", "device"] as const : []) {
  // The least of several: between two collections memory grows in any case, and how far is chance.
  const least = (some: readonly Reading[]) => Math.min(...some.map((reading) => reading[what]));
  const early = least(readings.slice(1, 4)), late = least(readings.slice(-3));
  if (late <= early * 1.1 + SLACK[what] * 2 ** 20) continue;
  flat = false;
  console.error(
    `Memory grew (${what}): ${megabytes(early)} in the second to fourth tenth, ${
      megabytes(late)
    } in the last three`,
  );
}
console.log(
  !told
    ? "The sums are right; of memory so few launches tell nothing"
    : flat
    ? "The sums are right and memory is flat"
    : "The sums are right, memory is not flat",
);
if (!flat) Deno.exit(1);
