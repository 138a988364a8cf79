/** `tl.mapElementwise` and `tl.inlineWgsl` on both devices. */

import { Device, grid, jit, type Pointer, tl } from "../../mod.ts";
import { CompilationError, DeviceError, KernelError } from "../../lib/errors.ts";
import { DTYPES } from "../../lib/ir/dtype.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { onCpu, onDevices, onGpu } from "../support/devices.ts";

onDevices("a function of elements branches and loops for each by itself", async (device) => {
  const collatz = jit(function collatz(x: Pointer, out: Pointer, limit: number, { BLOCK = 16 }) {
    const at = tl.arange(0, BLOCK);
    const [steps, peak] = tl.mapElementwise(
      (n, least) => {
        let steps = 0, top = n;
        while (n > least && steps < limit) {
          if (n % 2 === 0) n = (n / 2) | 0;
          else n = 3 * n + 1;
          if (n > top) top = n;
          steps += 1;
        }
        return [steps, top];
      },
      tl.load(x + at),
      1,
    );
    tl.store(out + at, steps);
    tl.store(out + BLOCK + at, peak);
  });
  const n = 16, numbers = Array.from({ length: n }, (_, i) => i + 1);
  using x = device.from(numbers, { dtype: "i32" }), out = device.empty([2 * n], { dtype: "i32" });
  for (const numWarps of [1, 4]) {
    collatz[grid(1)](x, out, 1000, { numWarps });
    const want = numbers.map((n) => {
      let steps = 0, top = n;
      for (; n > 1; steps++) {
        n = n % 2 === 0 ? n / 2 : 3 * n + 1;
        top = Math.max(top, n);
      }
      return [steps, top];
    });
    assertEquals([...await out.read()], [...want.map(([a]) => a!), ...want.map(([, b]) => b!)]);
  }
});

onDevices(
  "a function of elements loads, in every dtype, in loops, on tiles of any size",
  async (device) => {
    // The root of the table's number that is found by halving.
    const find = jit(function find(table: Pointer, x: Pointer, out: Pointer, n: number) {
      const at = tl.arange(0, 24);
      for (let round = 0; round < 2; round++) {
        const found = tl.mapElementwise(
          (value, round) => {
            let low = 0, high = n;
            while (low < high) {
              const middle = ((low + high) / 2) | 0;
              if (tl.load(table + middle) < value) low = middle + 1;
              else high = middle;
            }
            return low + 100 * round;
          },
          tl.load(x + at),
          round,
        );
        tl.store(out + 24 * round + at, found);
      }
    });
    const sorted = Array.from({ length: 50 }, (_, i) => i * 2.5);
    const wanted = Array.from({ length: 24 }, (_, i) => (i * 37 % 125) + 0.25);
    for (const dtype of ["f32", "f16", "i16"] as const) {
      const round = (list: number[]) => dtype === "i16" ? list.map(Math.floor) : list;
      using table = device.from(round(sorted), { dtype }),
        x = device.from(round(wanted), { dtype });
      using out = device.empty([48], { dtype: "i32" });
      find[grid(1)](table, x, out, 50);
      const places = round(wanted).map((value) => {
        const place = round(sorted).findIndex((y) => y >= value);
        return place < 0 ? 50 : place;
      });
      assertEquals([...await out.read()], [...places, ...places.map((place) => place + 100)]);
    }
  },
);

onDevices("scalars are mapped too", async (device) => {
  const power = jit(function power(out: Pointer, n: number) {
    tl.store(
      out,
      tl.mapElementwise((n) => {
        let product = 1;
        for (let i = 0; i < n; i++) product *= 3;
        return product;
      }, n),
    );
  });
  using out = device.empty([1], { dtype: "i32" });
  power[grid(1)](out, 5);
  assertEquals([...await out.read()], [243]);
});

onDevices("WGSL is run on the GPU, and what stands in for it on the CPU", async (device) => {
  const mix = jit(function mix(x: Pointer, y: Pointer, out: Pointer) {
    const at = tl.arange(0, 64);
    const a = tl.load(x + at), b = tl.load(y + at);
    const mixed = tl.inlineWgsl("mix($0, f32($1), 0.25)", [a, b], {
      dtype: tl.f32,
      javascript: (a, b) => a * 0.75 + b * 0.25,
    });
    const folded = tl.inlineWgsl(
      `let twice = twice_of($0);
       return twice + 1;`,
      [b],
      {
        dtype: tl.i8,
        declarations: "fn twice_of(x: i32) -> i32 { return 2 * x; }",
        javascript: (b) => tl.cast(b, tl.i32) * 2 + 1,
      },
    );
    tl.store(out + at, mixed + folded);
  });
  const numbers = Array.from({ length: 64 }, (_, i) => i * 2 - 64);
  using x = device.from(numbers.map((x) => x / 2));
  using y = device.from(numbers, { dtype: "i8" }), out = device.empty([64]);
  mix[grid(1)](x, y, out);
  assertEquals(
    [...await out.read()],
    numbers.map((n) => n / 2 * 0.75 + n * 0.25 + ((2 * n + 1) << 24 >> 24)),
  );
});

onCpu("the CPU device says that it cannot run WGSL", async () => {
  const device = await Device.open({ device: "cpu" });
  const only = jit(function only(out: Pointer) {
    tl.store(out, tl.inlineWgsl("1.0", [], { dtype: tl.f32 }));
  });
  const error = assertThrows(() => only[grid(1)](device.empty([1])), KernelError);
  assert(
    error.message.startsWith(
      "The CPU device cannot run WGSL, in program (0, 0, 0) of kernel 'only'\n",
    ),
    error.message,
  );
  assert(error.message.endsWith("{ javascript: (x) => … }"), error.message);
});

onGpu("WGSL that the device refuses is said to be the author's", async () => {
  const device = await Device.open({ device: "webgpu" });
  const wrong = jit(function wrong(out: Pointer) {
    tl.store(out, tl.inlineWgsl("nonsense($0)", [tl.programId(0)], { dtype: tl.f32 }));
  });
  wrong[grid(1)](device.empty([1]));
  const error = await assertRejects(() => device.synchronize(), DeviceError);
  assert(
    error.message.startsWith(
      "The device refused the WGSL of kernel 'wrong', which has parts of your own (tl.inlineWgsl): ",
    ),
    error.message,
  );
  device.dispose();
});

const REFUSED: Record<string, [(x: number) => unknown, string, string]> = {
  "a tile in a function of elements": [
    (x) => tl.mapElementwise((y) => y + x, x),
    "The function of tl.mapElementwise computes with a tile, but it runs for one element",
    "Give what it needs as a further operand, and do the rest around the call",
  ],
  "a store in a function of elements": [
    (x) =>
      tl.mapElementwise((y) => {
        tl.devicePrint(y);
        return y;
      }, x),
    "The function of tl.mapElementwise does 'print', but it may compute and load only",
    "Give what it needs as a further operand, and do the rest around the call",
  ],
  "an operand that is not there": [
    (x) => tl.inlineWgsl("$0 + $1", [x], { dtype: tl.f32 }),
    "The WGSL speaks of $1, but there is 1 operand",
    "Operands are $0, $1, … in the order of the array",
  ],
  "WGSL without a dtype": [
    (x) => tl.inlineWgsl("$0", [x], {} as { dtype: typeof tl.f32 }),
    "tl.inlineWgsl needs to know the dtype of what the WGSL gives",
    'Write tl.inlineWgsl("$0 * $1", [a, b], { dtype: tl.f32 })',
  ],
};

const store = jit(function store(x: Pointer, { F }: { F: (x: number) => unknown }) {
  const at = tl.arange(0, 4);
  tl.store(x + at, F(tl.load(x + at)) as number);
});

for (const [name, [F, problem, remedy]] of Object.entries(REFUSED)) {
  Deno.test(`${name} is refused with what to write`, () => {
    const spec = { kind: "pointer", dtype: DTYPES.f32, divisibility: 16 } as const;
    const error = assertThrows(() => store.graph([spec], { F }), CompilationError);
    assertEquals([error.problem, error.remedy], [problem, remedy]);
  });
}
