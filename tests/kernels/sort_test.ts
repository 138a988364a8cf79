/** Sorting against the reference, on both devices. */

import { cases, reference, sort } from "../../kernels/sort.ts";
import { LaunchError } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices, onGpuWithout } from "../support/devices.ts";
import { caseName } from "./compare.ts";

/** Numbers of all magnitudes, some of them equal. */
function numbers(n: number, dtype: "f32" | "i32" | "u32"): number[] {
  return Array.from({ length: n }, (_, i) => {
    const word = Math.imul(i % (n - n / 8), 0x9e3779b1) ^ Math.imul(i >> 3, 0x85ebca6b);
    if (dtype === "f32") return Math.fround(Math.sin(word) * 2 ** (word % 100));
    return dtype === "i32" ? word | 0 : word >>> 0;
  });
}

for (const options of cases) {
  onDevices(`sort() agrees with the reference: ${caseName(options)}`, async (device) => {
    const { shape, dtype, descending = false } = options;
    const values = numbers(shape.reduce((product, size) => product * size, 1), dtype);
    const out = sort(device.from(values, { shape, dtype }), { descending });
    assertEquals([out.dtype, out.shape], [dtype, shape]);
    assertEquals(Array.from(await out.read()), Array.from(reference(values, { descending })));
  });
}

onDevices("sort() puts NaN last and -0 before 0, and can overwrite its input", async (device) => {
  const values = [0, NaN, -0, Infinity, 1, -Infinity, -NaN, -1e-45, 1e-45];
  for (const descending of [false, true]) {
    const x = device.from(values);
    sort(x, { descending, out: x });
    const expected = Array.from(reference(Float32Array.from(values), { descending }));
    assertEquals(Array.from(await x.read()), expected);
  }
});

onGpuWithout("subgroups", "sort() agrees with the reference", async (device) => {
  const values = numbers(5000, "f32");
  const out = sort(device.from(values));
  assertEquals(Array.from(await out.read()), Array.from(reference(values)));
});

onDevices("sort() keeps the order of equal digits across blocks", async (device) => {
  // All in one bin of three rounds, most in one of the fourth.
  const values = Array.from({ length: 9000 }, (_, i) => i % 100 === 0 ? 9000 - i : 7);
  const out = sort(device.from(values, { dtype: "i32" }), { descending: true });
  assertEquals(Array.from(await out.read()), values.toSorted((a, b) => b - a));
});

onDevices("sort() refuses halves", (device) => {
  assertThrows(
    () => sort(device.zeros([3], { dtype: "f16" })),
    LaunchError,
    "Cannot run sort: 'x' is f16, but must be f32 or i32 or u32",
  );
});
