/** Tensors on every device: making, reading, writing, giving back. */

import { Device, DeviceError, LaunchError, Tensor } from "../../mod.ts";
import { assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";

onDevices("a tensor holds what was written to it, for every dtype", async (device) => {
  for (const dtype of ["f32", "f16", "i32", "u32"] as const) {
    for (const length of [1, 2, 3, 7, 16, 33]) {
      using tensor = device.empty([length], { dtype });
      const numbers = Array.from({ length }, (_, i) => i * 3);
      tensor.write(numbers);
      assertEquals([...await tensor.read()], numbers);
    }
  }
});

onDevices("read() gives the typed array of the dtype, a copy", async (device) => {
  using tensor = device.full([3], 7, { dtype: "f16" });
  const first = await tensor.read();
  assertEquals(first instanceof Float16Array, true);
  first[0] = 1;
  assertEquals([...await tensor.read()], [7, 7, 7]);
});

onDevices("zeros and empty start at zero, arange counts, full repeats", async (device) => {
  using zeros = device.zeros([2, 3]), empty = device.empty([2], { dtype: "i32" });
  using count = device.arange(4), odd = device.arange(3, { start: -1, step: 2, dtype: "f32" });
  using fives = device.full([2, 2], 5, { dtype: "u32" });
  const all = await Promise.all([zeros, empty, count, odd, fives].map((t: Tensor) => t.read()));
  assertEquals(all.map((array) => [...array]), [
    [0, 0, 0, 0, 0, 0],
    [0, 0],
    [0, 1, 2, 3],
    [-1, 1, 3],
    [5, 5, 5, 5],
  ]);
  assertEquals([zeros.dtype, count.dtype, odd.dtype], ["f32", "i32", "f32"]);
});

onDevices("from takes typed arrays, numbers and nested arrays", async (device) => {
  using ints = device.from(new Int32Array([1, -2]));
  using part = device.from(new Float32Array([9, 1, 2, 9]).subarray(1, 3));
  using nested = device.from([[1, 2, 3], [4, 5, 6]]);
  using shaped = device.from(new Uint32Array(6), { shape: [3, 2] });
  using converted = device.from([1.5, 2.5], { dtype: "f16" });
  assertEquals([ints.dtype, `${nested.shape}`, `${shaped.shape}`], ["i32", "2,3", "3,2"]);
  assertEquals([...await ints.read()], [1, -2]);
  assertEquals([...await part.read()], [1, 2]);
  assertEquals([...await nested.read()], [1, 2, 3, 4, 5, 6]);
  assertEquals([...await converted.read()], [1.5, 2.5]);
});

onDevices("a tensor without elements can be made, written and read", async (device) => {
  using none = device.zeros([0, 4]);
  none.write([]);
  assertEquals([none.size, (await none.read()).length], [0, 0]);
  using scalar = device.full([], 3);
  assertEquals([scalar.size, [...await scalar.read()]], [1, [3]]);
});

onDevices("a tensor that was disposed of says so at its next use", async (device) => {
  const tensor = device.zeros([2, 3]);
  tensor.dispose();
  tensor.dispose();
  assertEquals(tensor.disposed, true);
  const message = `Cannot use the Tensor f32 [2, 3] on ${device.kind}: it has been disposed of`;
  await assertRejects(() => tensor.read(), LaunchError, message);
  assertThrows(() => tensor.write([1, 2, 3, 4, 5, 6]), LaunchError, message);
});

onDevices("wrong shapes, dtypes and data are told apart", (device) => {
  const cases: [() => unknown, string][] = [
    [
      () => device.zeros([2, -1]),
      "Cannot make a tensor of shape [2, -1]: dimension 1 is -1, it must be a non-negative integer",
    ],
    [
      () => device.zeros(5 as unknown as number[]),
      "Cannot make a tensor of shape 5: a shape is an array, such as [5]",
    ],
    [
      () => device.zeros([1], { dtype: "f80" as "f32" }),
      "Cannot make a tensor of dtype 'f80': tensors are of f32, f64, f16, bf16, ",
    ],
    [
      () => device.rand([1], { dtype: "i32" as "f32" }),
      "Cannot draw random numbers of dtype i32: rand() makes 'f32' or 'f16'",
    ],
    [
      () => device.from([1, 2, 3], { shape: [2, 2] }),
      "Cannot make a tensor of shape [2, 2] from 3 numbers: it has 4 elements",
    ],
    [
      () => device.from([[1, 2], [3]]),
      "Cannot make a tensor from nested arrays of unequal lengths: expected an array of 2 at depth 1, found an array of 1",
    ],
    [
      () => device.from(Promise.resolve([1]) as unknown as number[]),
      "Cannot make a tensor from a promise (is an await missing?): pass an array of numbers, a typed array of a tensor's dtype, or say which dtype to convert to",
    ],
    [
      () => device.full([1], 0.5, { dtype: "i32" }),
      "Cannot fill a tensor of dtype i32 with 0.5",
    ],
    [
      () => device.zeros([3]).write([1, 2]),
      `Cannot write 2 elements to the Tensor f32 [3] on ${device.kind}: it has 3`,
    ],
  ];
  for (const [run, message] of cases) assertThrows(run, LaunchError, message);
});

Deno.test("random numbers are the same on every device, for every seed", async () => {
  using cpu = await Device.open({ device: "cpu" });
  using other = await Device.open();
  for (const draw of ["rand", "randn"] as const) {
    for (const dtype of ["f32", "f16"] as const) {
      for (const seed of [0, 1, undefined, 2 ** 40 + 3]) {
        using here = cpu[draw]([101], { seed, dtype }), there = other[draw]([101], { seed, dtype });
        assertEquals([...await here.read()], [...await there.read()]);
      }
    }
  }
});

Deno.test("unseeded random tensors differ from each other", async () => {
  using device = await Device.open({ device: "cpu" });
  const draws = [device.rand([4]), device.rand([4]), device.rand([4], { seed: 0 })];
  const texts = await Promise.all(draws.map(async (draw) => (await draw.read()).join()));
  assertEquals(new Set(texts).size, 3);
});

Deno.test("an unknown device is refused", async () => {
  await assertRejects(
    () => Device.open({ device: "tpu" as "cpu" }),
    DeviceError,
    "Cannot open the device 'tpu': devices are 'auto', 'webgpu' and 'cpu'",
  );
});

Deno.test("a device that was disposed of says so at its next use", async () => {
  const device = await Device.open({ device: "cpu" });
  device.dispose();
  assertThrows(
    () => device.zeros([1]),
    DeviceError,
    "Cannot use the device: it has been disposed of. Open another with Device.open()",
  );
});

Deno.test("the default device is set on globalThis, and gives way to what a script asks for", async () => {
  const symbol = Symbol.for("nereid.device"), scope = globalThis as Record<symbol, unknown>;
  try {
    scope[symbol] = "cpu";
    using device = await Device.open();
    assertEquals(device.kind, "cpu");
    scope[symbol] = "nothing";
    using asked = await Device.open({ device: "cpu" });
    assertEquals(asked.kind, "cpu");
  } finally {
    delete scope[symbol];
  }
});

onDevices(
  "tensors of 64 bits hold what is written to them, as bigints and numbers",
  async (device) => {
    const wide = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n];
    using signed = device.from(BigInt64Array.from(wide)), listed = device.from(wide);
    assertEquals([signed.dtype, listed.dtype], ["i64", "i64"]);
    assertEquals([...await signed.read()], wide);
    assertEquals([...await listed.read()], wide);
    using unsigned = device.from([1, -1, 2.9, 2 ** 40], { dtype: "u64" });
    assertEquals([...await unsigned.read()], [1n, 2n ** 64n - 1n, 2n, 2n ** 40n]);
    unsigned.write([5n, 6, -7n, 2n ** 65n + 3n]);
    assertEquals([...await unsigned.read()], [5n, 6n, 2n ** 64n - 7n, 3n]);
    using doubles = device.from(Float64Array.of(0.1, 1e300));
    assertEquals([doubles.dtype, ...await doubles.read()], ["f64", 0.1, 1e300]);
    using narrow = device.from([2n ** 32n + 5n, -1n], { dtype: "i32" });
    assertEquals([...await narrow.read()], [5, -1]);
    using filled = device.full([2], 2n ** 60n, { dtype: "i64" });
    using counted = device.arange(3, { dtype: "u64", start: 2 ** 40 });
    assertEquals([...await filled.read()], [2n ** 60n, 2n ** 60n]);
    assertEquals([...await counted.read()], [0n, 1n, 2n].map((i) => 2n ** 40n + i));
    assertThrows(
      () => device.full([1], 2n ** 64n, { dtype: "u64" }),
      LaunchError,
      "Cannot fill a tensor of dtype u64 with 18446744073709551616",
    );
  },
);
