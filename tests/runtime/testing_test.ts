/** `testing`: times of what is launched, comparisons, reports. */

import {
  DeviceError,
  grid,
  jit,
  LaunchError,
  NereidError,
  type Pointer,
  testing,
  tl,
} from "../../mod.ts";
import { quantile } from "../../lib/launch/timing.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { onCpu, onDevices, onGpu } from "../support/devices.ts";

const addOne = jit(function addOne(x: Pointer) {
  const at = x + tl.arange(0, 64);
  tl.store(at, tl.load(at) + 1);
});

/** Sums in a loop: longer for more turns. */
const spin = jit(function spin(x: Pointer, { TURNS = 1 }) {
  const at = x + tl.arange(0, 64);
  let sum: number = tl.zeros([64], tl.f32);
  for (let i = 0; i < TURNS; i++) sum = sum * 0.5 + tl.load(x + (tl.arange(0, 64) ^ (i & 1)));
  tl.store(at, sum);
});

onDevices("doBench tells longer runs from shorter ones, and runs them", async (device) => {
  using x = device.full([64], 1), y = device.full([64], 1), counted = device.zeros([64]);
  const options = { warmup: 1, rep: 3, returnMode: "min" } as const;
  const long = await testing.doBench(() => spin[grid(1)](x, { TURNS: 20_000 }), options);
  const short = await testing.doBench(() => spin[grid(1)](y, { TURNS: 1 }), options);
  assert(long > short && short >= 0, `${long} and ${short}`);
  let runs = 0;
  await testing.doBench(() => {
    runs++;
    addOne[grid(1)](counted);
  }, options);
  assertEquals((await counted.read())[63], runs);
  assert(runs > 1);
});

onDevices("doBench returns what it is asked for", async (device) => {
  using x = device.full([64], 1);
  const bench = (options: testing.BenchOptions) =>
    testing.doBench(() => addOne[grid(1)](x), { warmup: 0, rep: 2, ...options });
  const all = await testing.doBench(() => addOne[grid(1)](x), { rep: 2, returnMode: "all" });
  assert(all.length >= 1 && all.every((ms) => ms >= 0));
  for (const returnMode of ["mean", "median", "min", "max"] as const) {
    assertEquals(typeof await bench({ returnMode }), "number");
  }
  const three = await testing.doBench(() => addOne[grid(1)](x), { rep: 2, quantiles: [0, 0.5, 1] });
  assert(three[0]! <= three[1]! && three[1]! <= three[2]!);
  assertEquals(typeof await bench({ quantiles: [0.5] }), "number");
  assertEquals(typeof await bench({ flushCache: false }), "number");
});

onCpu("doBench says what it cannot do", async (device) => {
  using x = device.full([64], 1);
  const launch = () => addOne[grid(1)](x);
  await assertRejects(() => testing.doBench(() => 1), LaunchError, "launches no kernel");
  await assertRejects(() => testing.doBench(async () => await x.read()), LaunchError, "async");
  await assertRejects(() => testing.doBench(launch, { quantiles: [2] }), LaunchError, "quantile 2");
  const returnMode = "mode" as "mean";
  await assertRejects(() => testing.doBench(launch, { returnMode }), LaunchError, "'mode'");
});

Deno.test("quantiles are interpolated between neighbours", () => {
  assertEquals(quantile([4, 1, 3, 2], 0.5), 2.5);
  assertEquals([0, 1].map((q) => quantile([3, 1, 2], q)), [1, 3]);
  assertEquals(quantile([1, 2], 0.2), 1.2);
  assertEquals(quantile([7], 0.9), 7);
});

Deno.test("assertClose knows tolerances, NaN and infinities", () => {
  const close = testing.assertClose;
  close([], []);
  close([1.005, -1.005], [1, -1]);
  close([110], [100], { atol: 0, rtol: 0.1 });
  close([NaN, Infinity, -Infinity, -0], [NaN, Infinity, -Infinity, 0], { atol: 0 });
  for (const [a, b] of [[1.02, 1], [NaN, 1], [1, NaN], [Infinity, -Infinity], [Infinity, 1]]) {
    assertThrows(() => close([a!], [b!]), NereidError, "1 of 1 numbers");
  }
  assertThrows(() => close([1], [1, 2]), NereidError, "1 numbers, but 2 are wanted");
  const { message } = assertThrows(() =>
    close(new Float32Array(9), new Float32Array(9).fill(2), { message: "softmax" })
  );
  assert(message.startsWith("softmax: 9 of 9 numbers are off by more than 0.01, at most by 2"));
  assertEquals(message.split("\n").length, 6); // not all of them
});

Deno.test("perfReport measures every combination, and prints a table", async () => {
  const report = await testing.perfReport({
    title: "Softmax",
    unit: "GB/s",
    xName: "columns",
    xValues: [256, 1024],
    lines: ["ours", "theirs"],
    lineNames: ["Nereid", "by, hand"],
  }, (x, line) => Promise.resolve(line === "ours" ? x : x / 3));
  assertEquals(
    report.toCsv(),
    'columns,Nereid,"by, hand"\n256,256,85.33333333333333\n1024,1024,341.3333333333333\n',
  );
  assertEquals(
    `${report}`,
    "Softmax, GB/s\ncolumns  Nereid  by, hand\n    256   256.0     85.33\n   1024    1024     341.3",
  );
  await assertRejects(
    () =>
      testing.perfReport({ xName: "n", xValues: [1], lines: [1, 2], lineNames: ["a"] }, () => 1),
    LaunchError,
    "2 lines under 1 names",
  );
});

onDevices("a profile has every launch, by kernel", async (device) => {
  if (device.kind === "webgpu" && !device.capabilities.features.includes("timestamp-query")) return;
  using x = device.full([64], 1);
  addOne[grid(1)](x); // before: not part of it
  const profile = await device.profile(async () => {
    for (let i = 0; i < 300; i++) addOne[grid(1)](x);
    spin[grid(1)](x, { TURNS: 5000 });
    await Promise.resolve();
    addOne[grid(1)](x);
  }, { work: { addOne: { bytes: 512, flops: 64 } } });
  addOne[grid(1)](x);
  assertEquals(profile.launches.length, 302);
  const [first, second] = profile.kernels;
  const launches = new Map(profile.kernels.map((kernel) => [kernel.name, kernel.launches]));
  assertEquals([launches.get("addOne"), launches.get("spin")], [301, 1]);
  assert(first!.total >= second!.total);
  for (const { least, mean, most } of profile.kernels) assert(least <= mean && mean <= most);
  const text = `${profile}`.split("\n");
  assertEquals(text.length, 4);
  assert(/^kernel +launches +ms +share +µs mean +least +most +rate/.test(text[0]!), text[0]);
  const trace = JSON.parse(profile.toTrace());
  const events = trace.traceEvents.filter(({ ph }: { ph: string }) => ph === "X");
  assertEquals(events.length, 302);
  assertEquals([events[0].name, events[300].name], ["addOne", "spin"]);
  assert(events.every(({ dur, ts }: { dur: number; ts: number }) => dur >= 0 && ts >= 0));
});

onGpu("a profile rejects with what its action rejects with, and is over then", async (device) => {
  if (!device.capabilities.features.includes("timestamp-query")) return;
  using x = device.full([64], 1);
  await assertRejects(
    () =>
      device.profile(() => {
        addOne[grid(1)](x);
        throw new RangeError("enough");
      }),
    RangeError,
    "enough",
  );
  const profile = await device.profile(() => addOne[grid(1)](x));
  assertEquals(profile.launches.length, 1);
  assertEquals((await x.read())[0], 3);
});

onDevices(
  "a launch is timed for one profile: a second at the same time is refused",
  async (device) => {
    if (
      device.kind === "webgpu" && !device.capabilities.features.includes("timestamp-query")
    ) return;
    using x = device.full([64], 1);
    const launch = () => addOne[grid(1)](x),
      message = "another profile of this device is under way";
    const outer = await device.profile(async () => {
      launch();
      await assertRejects(() => device.profile(launch), DeviceError, message);
      launch();
    });
    assertEquals(outer.launches.length, 2);
    const [first, second] = await Promise.allSettled([
      device.profile(launch),
      device.profile(launch),
    ]);
    assertEquals([first.status, second.status], ["fulfilled", "rejected"]);
    assertEquals((await device.profile(launch)).launches.length, 1);
  },
);

onGpu("an empty profile is one of nothing", async (device) => {
  if (!device.capabilities.features.includes("timestamp-query")) return;
  const profile = await device.profile(() => {});
  assertEquals([profile.launches.length, profile.total], [0, 0]);
  assertEquals(`${profile}`.split("\n").length, 2);
});
