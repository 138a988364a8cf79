/** Compiled kernels in a cache: what is found again, and what must not be. */

import { DiskCache } from "../../cache.ts";
import { type Cache, Device, grid, jit, type Pointer, tl } from "../../mod.ts";
import { observeStages } from "../../lib/stages.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { hasGpu } from "../support/devices.ts";

/** What is asked for and kept, for tests to look at. */
class Notebook implements Cache {
  readonly kept = new Map<string, string>();

  get(key: string): string | undefined {
    return this.kept.get(key);
  }

  set(key: string, text: string): void {
    this.kept.set(key, text);
  }
}

function onGpu(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !hasGpu, fn });
}

/** A kernel made anew, as in another process: `x[i] = change(x[i])`. */
const make = (change: (x: number) => number, name = "make") =>
  jit(
    Object.defineProperty(
      (x: Pointer, n: number, { BLOCK = 16 }) => {
        const at = tl.arange(0, BLOCK), mask = at < n;
        tl.store(x + at, change(tl.load(x + at, { mask })), { mask });
      },
      "name",
      { value: name },
    ),
    { change },
  );

/** Launches on a device of its own; whether a kernel was compiled for it, and what came out. */
async function launch(
  cache: Cache,
  kernel: ReturnType<typeof make>,
  n = 5,
  options: { BLOCK?: number; numWarps?: number } = {},
): Promise<[compiled: boolean, result: number]> {
  using device = await Device.open({ device: "webgpu", cache });
  using x = device.full([16], 3);
  let compiled = false;
  observeStages((stage) => compiled ||= stage === "print");
  try {
    kernel[grid(1)](x, n, options);
  } finally {
    observeStages(undefined);
  }
  return [compiled, (await x.read())[0]!];
}

onGpu("a kernel that was compiled before is not compiled again", async () => {
  const cache = new Notebook();
  assertEquals(await launch(cache, make((x) => x + 1)), [true, 4]);
  assertEquals(await launch(cache, make((x) => x + 1)), [false, 4]);
  assertEquals(await launch(cache, make((x) => x + 1), 7), [false, 4]);
});

onGpu("one that differs in anything is", async () => {
  const cache = new Notebook(), plus = (x: number) => x + 1;
  await launch(cache, make(plus));
  assertEquals(await launch(cache, make((x) => x + 2)), [true, 5]); // in what it calls
  assertEquals(await launch(cache, make(plus, "other")), [true, 4]); // in its name
  assertEquals(await launch(cache, make(plus), 1), [true, 4]); // in a specialised argument
  assertEquals(await launch(cache, make(plus), 16), [true, 4]);
  assertEquals(await launch(cache, make(plus), 5, { BLOCK: 8 }), [true, 4]); // in a constant
  assertEquals(await launch(cache, make(plus), 5, { numWarps: 2 }), [true, 4]); // in an option
  assertEquals(cache.kept.size, 7);
});

onGpu("texts that are no compiled kernels are passed over", async () => {
  const cache = new Notebook();
  await launch(cache, make((x) => x * 2));
  const [key] = cache.kept.keys();
  for (const text of ["", "{", "null", "[]", '{"wgsl":1}', '{"wgsl":"fn main() {}"}']) {
    cache.kept.set(key!, text);
    assertEquals(await launch(cache, make((x) => x * 2)), [true, 6]);
    assertEquals(await launch(cache, make((x) => x * 2)), [false, 6]);
  }
});

onGpu(
  "a folder keeps kernels between processes, and a damaged file costs a compilation",
  async () => {
    const folder = Deno.makeTempDirSync();
    try {
      assertEquals(await launch(new DiskCache(folder), make((x) => x - 1)), [true, 2]);
      assertEquals(await launch(new DiskCache(folder), make((x) => x - 1)), [false, 2]);
      const files = [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
      assert(files.length === 1);
      Deno.truncateSync(files[0]!, 200);
      assertEquals(await launch(new DiskCache(folder), make((x) => x - 1)), [true, 2]);
      assertEquals(await launch(new DiskCache(folder), make((x) => x - 1)), [false, 2]);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
);

onGpu("kernels that report are compiled each time, as their reports name lines", async () => {
  const cache = new Notebook(), printed: string[] = [];
  const kernel = jit((x: Pointer) => tl.devicePrint("x", tl.load(x)));
  for (let i = 0; i < 2; i++) {
    const print = (text: string) => printed.push(text);
    using device = await Device.open({ device: "webgpu", cache, print });
    using x = device.full([1], 5);
    kernel[grid(1)](x);
    await device.synchronize();
  }
  assertEquals([printed.length, cache.kept.size], [2, 0]);
});
