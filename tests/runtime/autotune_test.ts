/** Autotuning: what is tried, what is chosen, and that nobody notices but by the speed. */

import {
  autotune,
  cdiv,
  Device,
  DeviceError,
  grid,
  heuristics,
  jit,
  LaunchError,
  OutOfResourcesError,
  type Pointer,
  type Tensor,
  tl,
} from "../../mod.ts";
import { race } from "../../lib/launch/race.ts";
import type { GpuStorage } from "../../lib/runtime/gpu_storage.ts";
import type { Program } from "../../lib/runtime/program.ts";
import { WebGpuBackend } from "../../lib/runtime/webgpu.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { onCpu, onDevices, onGpu } from "../support/devices.ts";

function addOne(x: Pointer, n: number, { BLOCK }: { BLOCK: number }) {
  const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
  tl.store(x + at, tl.load(x + at, { mask: at < n }) + 1, { mask: at < n });
}

/** `x += 1` with two block sizes to choose from; `x` is given back between trials. */
function tunedAddOne() {
  return autotune({
    configs: [{ BLOCK: 64, numWarps: 1 }, { BLOCK: 128, numWarps: 2 }],
    key: ["n"],
    restore: ["x"],
    rep: 1,
  }, jit(addOne));
}

const blocks = grid((meta) => cdiv(meta.n, meta.BLOCK));

onDevices("a tuned launch does once what it would do untuned", async (device) => {
  const kernel = tunedAddOne();
  using x = device.arange(200, { dtype: "f32" });
  kernel[blocks](x, 200);
  kernel[blocks](x, 200); // while the first is being tuned
  const early = x.read();
  kernel[blocks](x, 200);
  assertEquals((await early)[199], 201);
  assertEquals((await x.read())[0], 3);
  kernel[blocks](x, 200);
  assertEquals((await x.read())[7], 11);
  assertEquals(kernel.tuningResults.length, 1);
  assert(kernel.bestConfig?.BLOCK === 64 || kernel.bestConfig?.BLOCK === 128);
});

onGpu("each configuration is timed, and the fastest is chosen", async (device) => {
  // What differs must outdo the noise of a shared machine: the second works a thousand times as long.
  const kernel = autotune(
    { configs: [{ TURNS: 20_000 }, { TURNS: 1 }], rep: 1 },
    jit(function spin(x: Pointer, { TURNS }: { TURNS: number }) {
      let sum: number = tl.zeros([32], tl.f32);
      for (let i = 0; i < TURNS; i++) sum = sum * 0.5 + tl.load(x + (i & 1) + tl.arange(0, 32));
      tl.store(x + 32 + tl.arange(0, 32), sum);
    }),
  );
  using x = device.full([64], 1);
  kernel[grid(1)](x);
  await device.synchronize();
  assertEquals(kernel.bestConfig, { TURNS: 1 });
  const [{ trials }] = kernel.tuningResults as [typeof kernel.tuningResults[0]];
  assertEquals(trials.map(({ config }) => config.TURNS), [20_000, 1]);
  assert(trials[0]!.ms!.median > trials[1]!.ms!.median);
  assertEquals((await x.read())[40], 1);
});

onGpu("a tensor may be disposed of right after a launch that is tuned", async (device) => {
  const kernel = tunedAddOne();
  const x = device.full([200], 1), y = device.full([200], 5);
  kernel[blocks](x, 200);
  kernel[blocks](y, 200);
  const sum = y.read();
  x.dispose();
  y.dispose();
  using z = device.full([200], 9);
  assertEquals([(await sum)[0], (await z.read())[0]], [6, 9]);
});

onGpu(
  "a tensor that is disposed of meanwhile is nobody else's memory until the tuning has ended",
  async (device) => {
    const { backend } = device;
    assert(backend instanceof WebGpuBackend);
    const x = device.full([5000], 1), { block } = x.storage as GpuStorage;
    const { promise: disposed, resolve: dispose } = Promise.withResolvers<void>();
    const taken: unknown[] = [];
    backend.queue.gate.hold(async () => {
      await disposed;
      backend.queue.gate.through(() => {
        const scratch = backend.allocate(20_000, "what programs keep", "none");
        taken.push(scratch.block);
        scratch.release();
      });
    });
    x.dispose();
    dispose();
    await device.synchronize();
    assertEquals(taken.length, 1);
    assert(taken[0] !== block);
  },
);

onGpu("values of the key and dtypes of tensors are tuned apart", async (device) => {
  const tried: string[] = [];
  const kernel = autotune({
    configs: [{ BLOCK: 64 }, { BLOCK: 128 }],
    key: ["n"],
    restore: ["x"],
    rep: 1,
    onTuned: ({ key }) => tried.push(key),
  }, jit(addOne));
  using x = device.zeros([100]), y = device.zeros([100], { dtype: "i32" });
  kernel[blocks](x, 100);
  kernel[blocks](x, 99);
  kernel[blocks](y, 99);
  kernel[blocks](x, 99);
  assertEquals([...await x.read()].slice(98), [3, 1]);
  assertEquals([...await y.read()].slice(98), [1, 0]);
  assertEquals(tried, ["n=100 f32", "n=99 f32", "n=99 i32"]);
});

onGpu("resetToZero clears before each trial and before the launch", async (device) => {
  const kernel = autotune(
    { configs: [{ BLOCK: 64 }, { BLOCK: 128 }], resetToZero: ["total"], rep: 1 },
    jit(function count(x: Pointer, total: Pointer, n: number, { BLOCK }: { BLOCK: number }) {
      const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
      tl.atomicAdd(total, tl.sum(tl.load(x + at, { mask: at < n, other: 0 }), 0));
    }),
  );
  using x = device.full([500], 1, { dtype: "i32" });
  using total = device.full([1], 7, { dtype: "i32" });
  kernel[blocks](x, total, 500);
  assertEquals((await total.read())[0], 500);
  kernel[blocks](x, total, 500); // tuned: as it is
  assertEquals((await total.read())[0], 1000);
});

onGpu("a configuration that needs more than the device has is passed over", async () => {
  // A device with the limits that every one has: 256 invocations in a workgroup.
  const gpu = await (await navigator.gpu.requestAdapter())!.requestDevice();
  const device = await Device.from(gpu);
  const kernel = autotune(
    { configs: [{ numWarps: 16 }, { numWarps: 2 }], restore: ["x"], rep: 1 },
    jit(function addOne(x: Pointer, { BLOCK = 64 }) {
      tl.store(x + tl.arange(0, BLOCK), tl.load(x + tl.arange(0, BLOCK)) + 1);
    }),
  );
  using x = device.full([64], 3);
  kernel[grid(1)](x);
  assertEquals((await x.read())[63], 4);
  assertEquals(kernel.bestConfig, { numWarps: 2 });
  assert(kernel.tuningResults[0]!.trials[0]!.error instanceof OutOfResourcesError);
  gpu.destroy();
});

onDevices("a configuration whose static assertion fails is passed over", async (device) => {
  const kernel = autotune(
    { configs: [{ BLOCK: 64 }, { BLOCK: 16 }], rep: 1, restore: ["x"] },
    jit(function addOne(x: Pointer, { BLOCK, MOST = 32 }: { BLOCK: number; MOST?: number }) {
      tl.staticAssert(BLOCK <= MOST, "too large");
      const at = x + tl.arange(0, BLOCK);
      tl.store(at, tl.load(at) + 1);
    }),
  );
  using x = device.zeros([64]);
  if (device.kind === "cpu") {
    assertThrows(() => kernel[grid(1)](x), Error, "too large"); // nothing is tried
    return;
  }
  kernel[grid(1)](x);
  assertEquals((await x.read())[0], 1);
  assertEquals(kernel.bestConfig, { BLOCK: 16 });
  assertThrows(
    () =>
      kernel[grid(1)](x.dtype === "f32" ? device.zeros([64], { dtype: "i32" }) : x, { MOST: 8 }),
    LaunchError,
    "none of its configurations runs",
  );
});

onGpu(
  "WGSL that the device refuses loses the race, and nobody else hears of it",
  async (device) => {
    const { backend } = device;
    assert(backend instanceof WebGpuBackend);
    const programs = ["nothing", "4.0"].map((value): Program => ({
      name: "set",
      wgsl: `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
      @compute @workgroup_size(32)
      fn main(@builtin(local_invocation_index) i: u32) { x[i] = ${value}; }`,
      workgroupSize: 32,
      bindings: [{ param: "x", access: "read_write" }],
      uniforms: [],
      uniformBytes: 0,
      workgroupBytes: 0,
      records: [],
    }));
    using x = device.zeros([32]);
    const runs = programs.map((program) => () =>
      backend.queue.launch(
        backend.pipeline(program),
        [x.storage as GpuStorage],
        new Uint32Array(0),
        1,
        1,
        1,
      )
    );
    const [refused, good] = await race(backend, runs, { rep: 1, through: (action) => action() });
    assert(refused instanceof DeviceError && refused.message.includes("refused the WGSL"));
    assert(good && "median" in good && good.median >= 0);
    assertEquals((await x.read())[31], 4);
  },
);

onDevices("pruning decides what is tried, the performance model in what order", async (device) => {
  const seen: unknown[] = [];
  const kernel = autotune({
    configs: [{ BLOCK: 16 }, { BLOCK: 32 }, { BLOCK: 64 }, { BLOCK: 128 }],
    prune: {
      earlyConfigPrune: (configs, args) => {
        seen.push(args.n, args.x, args.numStages);
        return configs.filter(({ BLOCK }) => BLOCK <= args.n);
      },
      perfModel: (args) => -args.BLOCK,
      topK: 0.25,
    },
  }, jit(addOne));
  using x = device.zeros([100]);
  kernel[blocks](x, 100, { numStages: 1 });
  assertEquals((await x.read())[99], 1);
  assertEquals(seen, [100, x, 1]);
  assertEquals(kernel.bestConfig, { BLOCK: 64 });
  const none = autotune(
    { configs: [{ BLOCK: 16 }], prune: { earlyConfigPrune: () => [] } },
    jit(addOne),
  );
  assertThrows(() => none[blocks](x, 100), LaunchError, "earlyConfigPrune left none of 1");
});

onDevices("heuristics see arguments, what was tuned, and each other, in order", async (device) => {
  const seen: unknown[] = [];
  const scale = jit(
    function scale(
      x: Pointer,
      n: number,
      { BLOCK, EVEN, FACTOR }: { BLOCK: number; EVEN: boolean; FACTOR: number },
    ) {
      const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
      const mask = EVEN ? tl.full([BLOCK], true, tl.bool) : at < n;
      tl.store(x + at, tl.load(x + at, { mask }) * FACTOR, { mask });
    },
  );
  const rules = heuristics({
    EVEN: (args) => args.n % args.BLOCK === 0,
    FACTOR: (args) => {
      seen.push(args.BLOCK, args.EVEN, args.x instanceof Object);
      return args.EVEN ? 2 : 3;
    },
  }, scale);
  const kernel = autotune({ configs: [{ BLOCK: 32 }], key: ["n"] }, rules);
  using x = device.full([64], 1);
  kernel[blocks](x, 64);
  assertEquals((await x.read())[63], 2);
  kernel[blocks](x, 63);
  assertEquals([...await x.read()].slice(62), [6, 2]);
  assertEquals(seen, [32, true, true, 32, false, true]);

  const outside = heuristics(
    { EVEN: () => false, FACTOR: (args) => args.EVEN ? 0 : 10 },
    autotune({ configs: [{ BLOCK: 32 }] }, scale),
  );
  outside[blocks](x, 64);
  assertEquals((await x.read())[63], 20);
  assertEquals(outside.bestConfig, { BLOCK: 32 });
});

onCpu("what is chosen must not be passed, and says so", (device) => {
  using x = device.zeros([100]);
  const kernel = tunedAddOne();
  // The type checker rejects all of these.
  type Untyped = (...args: unknown[]) => void;
  const pass = (constants: Record<string, unknown>) =>
    (kernel[blocks] as unknown as Untyped)(x, 100, constants);
  assertThrows(
    () => pass({ BLOCK: 64 }),
    LaunchError,
    "Cannot launch 'addOne' with 'BLOCK': its configurations choose it",
  );
  assertThrows(() => pass({ numWarps: 1 }), LaunchError, "with 'numWarps'");
  const ruled = heuristics({ BLOCK: () => 64 }, jit(addOne));
  assertThrows(
    () => (ruled[blocks] as unknown as Untyped)(x, 100, { BLOCK: 64 }),
    LaunchError,
    "its heuristics compute it",
  );
});

onCpu("mistaken options say what is wrong", (device) => {
  using x = device.zeros([100]);
  const launch = (
    options: Parameters<typeof autotune<typeof addOne, never, { BLOCK: number }>>[0],
  ) => {
    autotune(options, jit(addOne))[blocks](x, 100);
  };
  const configs = [{ BLOCK: 64 }];
  assertThrows(() => launch({ configs, key: ["N"] }), LaunchError, "did you mean 'n'?");
  assertThrows(
    () => launch({ configs, restore: ["y"] }),
    LaunchError,
    "'y' in restore is none of its parameters, x, n",
  );
  assertThrows(() => launch({ configs, prune: { topK: 2 } }), LaunchError, "perfModel");
  assertThrows(
    () => launch({ configs, resetToZero: ["x"], restore: ["x"] }),
    LaunchError,
    "in both resetToZero and restore",
  );
  assertThrows(() => launch({ configs, rep: 0 }), LaunchError, "it must be positive");
  const tuned = autotune({ configs }, jit(addOne));
  assertThrows(() => autotune({ configs: [{ numWarps: 1 }] }, tuned), LaunchError, "tuned already");
  // @ts-expect-error -- no kernel
  assertThrows(() => autotune({ configs }, addOne), LaunchError, "autotune takes a kernel");
  const unknown = autotune({ configs: [{ BLOK: 3 } as unknown as { BLOCK: number }] }, jit(addOne));
  assertThrows(() => unknown[blocks](x, 100), LaunchError, "did you mean 'BLOCK'?");
});

onDevices("decorators tune static methods", async (device) => {
  class Scale {
    static FACTOR = 3;

    @autotune({ configs: [{ BLOCK: 16 }, { BLOCK: 32 }], key: ["n"], restore: ["x"], rep: 1 })
    @heuristics({ MASKED: (args) => args.n % args.BLOCK !== 0 })
    @jit
    static apply(x: Pointer, n: number, { BLOCK = 64, MASKED = true }) {
      const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK);
      if (MASKED) {
        tl.store(x + at, tl.load(x + at, { mask: at < n }) * this.FACTOR, { mask: at < n });
      } else {
        tl.store(x + at, tl.load(x + at) * this.FACTOR);
      }
    }
  }
  const apply = (x: Tensor, n: number) => jit(Scale.apply)[blocks](x, n);
  using x = device.full([64], 1);
  apply(x, 64);
  apply(x, 63);
  assertEquals([...await x.read()].slice(62), [9, 3]);
});

/** How many times the configurations of `kernel` are run by a launch: once when nothing is tried. */
async function runsOf(kernel: ReturnType<typeof countingKernel>, device: Device): Promise<number> {
  using counter = device.zeros([1], { dtype: "i32" });
  kernel[grid(1)](counter);
  return (await counter.read())[0]!;
}

/** A kernel that counts its launches, trials among them. */
function countingKernel(blocks: number[]) {
  return autotune(
    { configs: blocks.map((BLOCK) => ({ BLOCK })), rep: 1 },
    jit(function count(counter: Pointer, { BLOCK }: { BLOCK: number }) {
      tl.atomicAdd(counter, tl.sum(tl.full([BLOCK], 1, tl.i32), 0) / BLOCK);
    }),
  );
}

onGpu("times are exported, and what is imported is not tried again", async (device) => {
  const first = countingKernel([16, 32]);
  assert(await runsOf(first, device) > 3);
  const text = JSON.stringify(first.exportTuning());
  const second = countingKernel([32, 16]);
  assert(second.importTuning(JSON.parse(text)));
  assertEquals(await runsOf(second, device), 1);
  assertEquals(second.bestConfig, first.bestConfig);

  const more = countingKernel([16, 32, 64]); // the new one is tried, beside the best
  more.importTuning(JSON.parse(text));
  assert(await runsOf(more, device) > 1);
  assertEquals(more.tuningResults[0]!.trials.length, 3);
  assert(more.tuningResults[0]!.trials.every(({ ms }) => ms !== undefined));
  const [times] = Object.values(more.exportTuning().times), [configs] = Object.values(times!);
  assertEquals(Object.keys(configs!).sort(), ["BLOCK: 16", "BLOCK: 32", "BLOCK: 64"]);
});

onCpu("what is no tuning of the kernel is not imported", () => {
  const kernel = countingKernel([16, 32]), data = kernel.exportTuning();
  assert(!kernel.importTuning({ ...data, source: "another" }));
  assertThrows(() => kernel.importTuning({ ...data, kernel: "sum" }), LaunchError, "'sum'");
  // @ts-expect-error -- no data
  assertThrows(() => kernel.importTuning({}), LaunchError, "not what exportTuning() returns");
  const times = { gpu: { key: { "BLOCK: 16": [1] as unknown as null } } };
  assertThrows(() => kernel.importTuning({ ...data, times }), LaunchError, "is [1]");
});

onGpu("a device's cache keeps times for the next process", async (device) => {
  const texts = new Map<string, string>();
  const cache = {
    get: (key: string) => texts.get(key),
    set: (key: string, text: string) => void texts.set(key, text),
  };
  const { backend } = device;
  assert(backend instanceof WebGpuBackend);
  const open = () => Device.from(backend.gpu, { cache });
  const first = await open(), kernel = countingKernel([16, 32]);
  assert(await runsOf(kernel, first) > 3);
  const times = [...texts.keys()].filter((key) => key.startsWith("tuning\n"));
  assertEquals(times.length, 2);
  const second = await open();
  assertEquals(await runsOf(countingKernel([16, 32]), second), 1);
  texts.set(times[0]!, "{"); // damaged
  assert(await runsOf(countingKernel([16, 32]), await open()) > 1);
});

onGpu("an empty grid launches nothing and decides nothing", async (device) => {
  const kernel = tunedAddOne();
  using x = device.full([10], 1);
  kernel[blocks](x, 0);
  await device.synchronize();
  assertEquals(kernel.bestConfig, undefined);
  assertEquals((await x.read())[0], 1);
});
