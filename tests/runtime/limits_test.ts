/** Every limit of a device, met on purpose: what is made to fit, and what is said of the rest. */

import {
  Device,
  grid,
  jit,
  LaunchError,
  OutOfResourcesError,
  type Pointer,
  tl,
} from "../../mod.ts";
import type { Limits } from "../../lib/runtime/capabilities.ts";
import { assertEquals, assertMatch, assertThrows } from "../support/assert.ts";
import { hasGpu } from "../support/devices.ts";
import { limited } from "../support/limited.ts";

function onLimited(
  name: string,
  limits: Partial<Limits>,
  fn: (device: Device) => void | Promise<void>,
): void {
  Deno.test({
    name,
    ignore: !hasGpu,
    async fn() {
      using device = await limited(limits);
      await fn(device);
      await device.synchronize();
    },
  });
}

const twice = jit(function twice(x: Pointer, out: Pointer, n: number, { BLOCK = 64 }) {
  const at = tl.programId(0) * BLOCK + tl.arange(0, BLOCK), mask = at < n;
  tl.store(out + at, tl.load(x + at, { mask }) * 2, { mask });
});

/** Each program adds its number, counted x fastest, at its place. */
const number = jit(function number(out: Pointer) {
  const x = tl.programId(0), y = tl.programId(1), z = tl.programId(2);
  const at = (z * tl.numPrograms(1) + y) * tl.numPrograms(0) + x;
  tl.store(out + at, tl.load(out + at) + x + 1000 * y + 1000000 * z);
});

onLimited("a tensor larger than a buffer may be is refused", { maxBufferSize: 4096 }, (device) => {
  using fits = device.zeros([1024]);
  assertEquals(fits.size, 1024);
  assertThrows(
    () => device.zeros([1025]),
    OutOfResourcesError,
    "Cannot make a tensor of shape [1025] and dtype f32: it needs 4112 bytes, the device allows 4096 (maxBufferSize)",
  );
});

onLimited(
  "a tensor larger than a binding is written, read, and seen by kernels in slices",
  { maxStorageBufferBindingSize: 4096 },
  async (device) => {
    const n = 3000, numbers = Float32Array.from({ length: n }, (_, i) => i);
    using x = device.from(numbers), out = device.zeros([n]);
    assertThrows(
      () => twice[grid(47)](x, out, n),
      LaunchError,
      "Cannot launch 'twice': the tensor for 'x' takes 12000 bytes, a kernel on this device sees 4096 of one " +
        "(maxStorageBufferBindingSize): launch it for each part of the tensor, tensor.slice(offset, shape)",
    );
    for (let from = 0; from < n; from += 900) { // one of them does not begin where a binding can
      const length = Math.min(900, n - from);
      using part = x.slice(from, [length]), target = out.slice(from, [length]);
      twice[grid(15)](part, target, length);
    }
    assertEquals([...await out.read()], [...numbers].map((x) => 2 * x));
    // Two parts of one tensor share a binding, which has to span them.
    using first = x.slice(0, [10]), last = x.slice(2000, [10]);
    assertThrows(() => twice[grid(1)](first, last, 10), LaunchError, "takes 8048 bytes");
  },
);

for (
  const [dims, most] of [
    [[100], 7],
    [[65_536], 65_535],
    [[9, 11], 7],
    [[3, 4, 5], 4],
    [[3, 4, 5], 2],
    [[1, 1, 64], 7],
    [[1, 70, 3], 64],
    [[66_000, 2, 2], 65_535],
  ] as const
) {
  onLimited(
    `a grid of ${dims.join("x")} runs where a dimension takes ${most}`,
    { maxComputeWorkgroupsPerDimension: most },
    async (device) => {
      const [x, y = 1, z = 1] = dims as readonly number[], total = x! * y * z;
      using out = device.zeros([total], { dtype: "i32" });
      number[grid(x!, y, z)](out);
      const found = await out.read();
      const wrong = found.findIndex((value, i) =>
        value !== i % x! + 1000 * (Math.floor(i / x!) % y) + 1000000 * Math.floor(i / (x! * y))
      );
      assertEquals(wrong, -1);
    },
  );
}

onLimited("a grid of more programs than can be counted is refused", {}, (device) => {
  using out = device.zeros([1], { dtype: "i32" });
  assertThrows(
    () => number[grid(65_536, 65_536)](out),
    LaunchError,
    "Cannot launch 'number' over the grid (65536, 65536, 1): 4294967296 programs are more than",
  );
});

onLimited(
  "a kernel of more tensors than there are bindings is refused",
  { maxStorageBuffersPerShaderStage: 3 },
  async (device) => {
    const sum = jit(function sum(a: Pointer, b: Pointer, c: Pointer, out: Pointer) {
      const at = tl.arange(0, 16);
      tl.store(out + at, tl.load(a + at) + tl.load(b + at) + tl.load(c + at));
    });
    using all = device.arange(64, { dtype: "f32" }),
      a = all.slice(0, [16]),
      b = all.slice(16, [16]);
    using c = device.full([16], 1), out = device.zeros([16]), d = device.full([16], 2);
    assertThrows(
      () => sum[grid(1)](a, c, d, out),
      OutOfResourcesError,
      "Kernel 'sum' needs 4 storage buffers, the device has 3 (maxStorageBuffersPerShaderStage): " +
        "pass fewer tensors, or pack several into one",
    );
    sum[grid(1)](a, b, c, out); // two of them share a buffer, and one binding
    assertEquals((await out.read())[3], 3 + 19 + 1);
  },
);

onLimited(
  "offsets that bindings cannot begin at are added in the kernel",
  { minStorageBufferOffsetAlignment: 1024 },
  async (device) => {
    using x = device.arange(1000, { dtype: "f32" }), out = device.zeros([1000]);
    for (const from of [0, 1, 64, 256, 300, 513]) {
      using part = x.slice(from, [64]), target = out.slice(from, [64]);
      twice[grid(1)](part, target, 64);
      assertEquals([...await target.read()], Array.from({ length: 64 }, (_, i) => 2 * (from + i)));
    }
  },
);

onLimited(
  "more warps than a workgroup has invocations for are refused",
  { maxComputeInvocationsPerWorkgroup: 64, maxComputeWorkgroupSizeX: 64 },
  async (device) => {
    using x = device.full([64], 1), out = device.zeros([64]);
    assertThrows(
      () => twice[grid(1)](x, out, 64, { numWarps: 4 }),
      OutOfResourcesError,
      "launch it with a smaller numWarps",
    );
    twice[grid(1)](x, out, 64, { numWarps: 2 });
    assertEquals((await out.read())[63], 2);
  },
);

const product = jit(function product(a: Pointer, b: Pointer, out: Pointer, { SIZE = 32 }) {
  const i = tl.arange(0, SIZE), at = tl.col(i) * SIZE + tl.row(i);
  tl.store(out + at, tl.dot(tl.load(a + at), tl.load(b + at)));
});

onLimited(
  "products stage less where there is little workgroup memory",
  { maxComputeWorkgroupStorageSize: 4096 },
  async (device) => {
    using a = device.full([32, 32], 1), b = device.full([32, 32], 2), out = device.zeros([32, 32]);
    product[grid(1)](a, b, out);
    assertEquals(new Set(await out.read()), new Set([64]));
  },
);

onLimited(
  "a kernel that needs more workgroup memory than there is names the constants to shrink",
  { maxComputeWorkgroupStorageSize: 4 },
  async (device) => {
    const sum = jit(function sum(x: Pointer, out: Pointer, { BLOCK = 256, SCALE = 1 }) {
      tl.store(out, tl.sum(tl.load(x + tl.arange(0, BLOCK))) * SCALE);
    });
    using x = device.full([256], 1), out = device.zeros([1]);
    const { message } = assertThrows(() => sum[grid(1)](x, out), OutOfResourcesError);
    assertMatch(
      message,
      /^Kernel 'sum' needs \d+ bytes of workgroup memory, but the device allows 4: launch it with smaller tiles \(BLOCK is 256\)$/,
    );
    sum[grid(1)](x, out, { BLOCK: 1, SCALE: 5 });
    assertEquals((await out.read())[0], 5);
  },
);
