/** What kernels tell the host: `tl.devicePrint` and `tl.deviceAssert`, on both devices alike. */

import { Device, grid, jit, type Pointer, tl } from "../../mod.ts";
import { DeviceError, KernelError } from "../../lib/errors.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { onCpu, onGpu } from "../support/devices.ts";

type DeviceKind = "cpu" | "webgpu";

interface Listening {
  readonly device: Device;
  readonly printed: string[];
}

const opened = new Map<string, Promise<Listening>>();

/** A device with what is printed on it from now on. */
async function listening(kind: DeviceKind, debug?: boolean): Promise<Listening> {
  const key = `${kind} ${debug}`;
  let listener = opened.get(key);
  if (!listener) opened.set(key, listener = listen(kind, debug));
  const { printed } = await listener;
  printed.length = 0;
  return listener;
}

async function listen(kind: DeviceKind, debug?: boolean): Promise<Listening> {
  const printed: string[] = [];
  const print = (text: string) => void printed.push(text);
  return { device: await Device.open({ device: kind, debug, print }), printed };
}

/** The same test on the CPU and on a GPU. */
function onBoth(name: string, fn: (kind: DeviceKind) => Promise<void>): void {
  onCpu(name, () => fn("cpu"));
  onGpu(name, () => fn("webgpu"));
}

onBoth("a tile is printed whole, program by program, after its label", async (kind) => {
  const { device, printed } = await listening(kind);
  using x = device.from([0.5, -0, NaN, Infinity, 0.1, 3, 1e-30, -7]);
  const show = jit(function show(x: Pointer) {
    const at = tl.programId(0) * 4 + tl.arange(0, 4);
    tl.devicePrint("x:", tl.load(x + at));
  });
  show[grid(2)](x, { numWarps: 1 });
  await device.synchronize();
  assertEquals(printed, [
    "pid (0, 0, 0) x: [0.5, -0, NaN, Infinity]",
    "pid (1, 0, 0) x: [0.1, 3, 1e-30, -7]",
  ]);
});

onBoth("scalars, several values, matrices and plain text are printed", async (kind) => {
  const { device, printed } = await listening(kind);
  using x = device.from([[1, 2], [3, 4]], { dtype: "i32" });
  const show = jit(function show(x: Pointer, n: number) {
    const at = tl.col(tl.arange(0, 2)) * 2 + tl.row(tl.arange(0, 2));
    console.log("n", n, "tile", tl.load(x + at), "of", [2, 2]);
    tl.devicePrint("pair", n, n + 1);
    tl.devicePrint(n > 2, tl.programId(1));
  });
  show[grid(1, 2)](x, 5, { numWarps: 1 });
  await device.synchronize();
  const lines = (y: number) => [
    `pid (0, ${y}, 0) n: 5`,
    `pid (0, ${y}, 0) tile: [\n  [1, 2],\n  [3, 4]\n]`,
    `pid (0, ${y}, 0) of [2, 2]`,
    `pid (0, ${y}, 0) pair (operand 0): 5`,
    `pid (0, ${y}, 0) pair (operand 1): 6`,
    `pid (0, ${y}, 0) (operand 0): true`,
    `pid (0, ${y}, 0) (operand 1): ${y}`,
  ];
  assertEquals(printed, [...lines(0), ...lines(1)]);
});

onBoth("of a masked tile each element has a line, and none is printed twice", async (kind) => {
  const { device, printed } = await listening(kind);
  using x = device.arange(4);
  const show = jit(function show(x: Pointer) {
    // Rows are repeated over invocations; the mask has the shape of a row.
    const rows = tl.load(x + tl.row(tl.arange(0, 4))) + tl.col(tl.arange(0, 2)) * 10;
    tl.devicePrint("rows", rows, { mask: tl.row(tl.arange(0, 4)) > 1 });
    tl.devicePrint("nothing", rows, { mask: false });
    tl.devicePrint("row", tl.load(x + tl.arange(0, 4)), { mask: tl.arange(0, 4) === 3 });
  });
  show[grid(1)](x);
  await device.synchronize();
  assertEquals(printed, [
    "pid (0, 0, 0) idx (0, 2) rows: 2\npid (0, 0, 0) idx (0, 3) rows: 3\n" +
    "pid (0, 0, 0) idx (1, 2) rows: 12\npid (0, 0, 0) idx (1, 3) rows: 13",
    "pid (0, 0, 0) idx (3) row: 3",
  ]);
});

onBoth(
  "in loops and branches a value is printed each time that control comes there",
  async (kind) => {
    const { device, printed } = await listening(kind);
    using x = device.from([3, 1, 4], { dtype: "i32" });
    const show = jit(function show(x: Pointer) {
      const p = tl.programId(0);
      const times = tl.load(x + p);
      for (let i = 0; i < times; i++) {
        if (i % 2 === 0) tl.devicePrint("even", i, "tile", tl.arange(0, 2) + i);
        else tl.devicePrint("odd");
      }
    });
    show[grid(3)](x, { numWarps: 2 });
    await device.synchronize();
    const even = (p: number, i: number) => [
      `pid (${p}, 0, 0) even: ${i}`,
      `pid (${p}, 0, 0) tile: [${i}, ${i + 1}]`,
    ];
    const odd = (p: number) => [`pid (${p}, 0, 0) odd`];
    assertEquals(printed, [
      ...[...even(0, 0), ...odd(0), ...even(0, 2)],
      ...even(1, 0),
      ...[...even(2, 0), ...odd(2), ...even(2, 2), ...odd(2)],
    ]);
  },
);

onBoth("all dtypes are printed, in decimal and as bits", async (kind) => {
  const { device, printed } = await listening(kind);
  const dtypes = ["i8", "i16", "i32", "u8", "u16", "u32", "f16", "bf16", "f32"] as const;
  const show = jit(function show(x: Pointer) {
    const tile = tl.load(x + tl.arange(0, 2));
    tl.devicePrint(tile);
    tl.devicePrint(tile, { hex: true });
  });
  for (const dtype of dtypes) {
    using x = device.from(dtype.startsWith("u") ? [1, 250] : [1, -3], { dtype });
    show[grid(1)](x, { numWarps: 1 });
    await device.synchronize();
  }
  const halves = (one: string, minusThree: string) => ["[1, -3]", `[0x${one}, 0x${minusThree}]`];
  assertEquals(
    printed,
    [
      ...halves("01", "fd"),
      ...halves("0001", "fffd"),
      ...halves("00000001", "fffffffd"),
      ...["[1, 250]", "[0x01, 0xfa]"],
      ...["[1, 250]", "[0x0001, 0x00fa]"],
      ...["[1, 250]", "[0x00000001, 0x000000fa]"],
      ...halves("3c00", "c200"),
      ...halves("3f80", "c040"),
      ...halves("3f800000", "c0400000"),
    ].map((text) => `pid (0, 0, 0) ${text}`),
  );
});

onGpu("what does not fit into the buffer is counted", async () => {
  const { device, printed } = await listening("webgpu");
  using x = device.empty([1]);
  const show = jit(function show(x: Pointer) {
    tl.devicePrint(tl.arange(0, 1024), { mask: tl.arange(0, 1024) < 1000 });
    tl.store(x, 1);
  });
  show[grid(60)](x);
  await x.read();
  const lines = printed.slice(0, -1).flatMap((text) => text.split("\n"));
  const fit = Math.floor((2 ** 20 / 4 - 2) / 6);
  assertEquals(lines.length, fit);
  assertEquals(
    printed.at(-1),
    `Nereid: ${
      60_000 - fit
    } elements that kernels printed did not fit into the device's buffer of ` +
      "1048576 bytes and are lost: print fewer, with { mask } or if (tl.programId(0) === 0)",
  );
  printed.length = 0;
  show[grid(1)](x);
  await x.read();
  assertEquals(printed.join("\n").split("\n").length, 1000);
});

const positive = jit(function positive(x: Pointer, { LIMIT = 10 }) {
  const at = tl.programId(0) * 4 + tl.arange(0, 4);
  const values = tl.load(x + at);
  tl.deviceAssert(values < LIMIT, "values are small", { mask: at !== 5 });
  tl.store(x + at, values + 1);
});

const FAILED =
  `Assertion failed: values are small, at element (2) and 1 more, in program (1, 0, 0) of kernel 'positive'

  in positive
    2 |   const at = tl.programId(0) * 4 + tl.arange(0, 4);
    3 |   const values = tl.load(x + at);
  > 4 |   tl.deviceAssert(values < LIMIT, "values are small", {
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    5 |     mask: at !== 5`;

onBoth("an assertion that fails says where, and the device goes on", async (kind) => {
  const { device } = await listening(kind, true);
  using x = device.from([0, 1, 2, 3, 4, 99, 50, 50, 60, 60, 60, 60], { dtype: "i32" });
  const error = await assertRejects(async () => {
    positive[grid(3)](x);
    await x.read();
  }, KernelError);
  assertEquals(error.message, FAILED);
  using y = device.from([1, 2, 3, 4], { dtype: "i32" });
  positive[grid(1)](y);
  assertEquals([...await y.read()], [2, 3, 4, 5]);
});

onBoth("assertions are checked when the launch or the device says so", async (kind) => {
  const { device } = await listening(kind, false);
  using x = device.from([0, 0, 50, 50], { dtype: "i32" });
  positive[grid(1)](x);
  assertEquals([...await x.read()], [1, 1, 51, 51]);
  await assertRejects(async () => {
    positive[grid(1)](x, { debug: true });
    await device.synchronize();
  }, KernelError);
  using usual = await Device.open({ device: kind });
  assertEquals(usual.debug, kind === "cpu");
});

onBoth("scalars and compile-time conditions are asserted as tiles are", async (kind) => {
  const { device } = await listening(kind, true);
  using x = device.from([7], { dtype: "i32" });
  const check = jit(function check(x: Pointer, { KNOWN = true }) {
    console.assert(KNOWN);
    console.assert(tl.load(x) === 7, "seven");
  });
  check[grid(2)](x);
  await device.synchronize();
  const known = await assertRejects(async () => {
    check[grid(2)](x, { KNOWN: false });
    await device.synchronize();
  }, KernelError);
  assert(
    known.message.startsWith(
      "Assertion failed: A tl.deviceAssert does not hold, in program (0, 0, 0) of kernel 'check'\n",
    ),
    known.message,
  );
  x.write([8]);
  const scalar = await assertRejects(async () => {
    check[grid(2)](x);
    await device.synchronize();
  }, KernelError);
  assert(
    scalar.message.startsWith(
      "Assertion failed: seven, in program (0, 0, 0) of kernel 'check'\n",
    ),
    scalar.message,
  );
});

onGpu(
  "what kernels of several launches print comes in their order, all before the read",
  async () => {
    const { device, printed } = await listening("webgpu");
    using x = device.empty([1]);
    const a = jit(function a(x: Pointer, n: number) {
      tl.devicePrint("a", n);
      tl.store(x, 1);
    });
    const b = jit(function b(x: Pointer, n: number) {
      tl.devicePrint("b", n, "again", n + 0.5);
      tl.store(x, 1);
    });
    for (let i = 0; i < 300; i++) (i % 2 === 0 ? a : b)[grid(1)](x, i, { numWarps: 1 });
    await x.read();
    assertEquals(
      printed,
      Array.from(
        { length: 300 },
        (_, i) =>
          i % 2 === 0
            ? [`pid (0, 0, 0) a: ${i}`]
            : [`pid (0, 0, 0) b: ${i}`, `pid (0, 0, 0) again: ${i + 0.5}`],
      ).flat(),
    );
  },
);

onGpu(
  "kernels that print nothing have no buffer for it, and a sink that throws is an error",
  async () => {
    const device = await Device.open({
      device: "webgpu",
      print: () => {
        throw new Error("no paper");
      },
    });
    using x = device.empty([1]);
    const show = jit(function show(x: Pointer) {
      tl.devicePrint("x", x);
    });
    show[grid(1)](x);
    const error = await assertRejects(() => device.synchronize(), DeviceError);
    assertEquals(error.message, "What kernels print could not be printed: no paper");
    device.dispose();
  },
);

onBoth("integers that wrap are told of where that is asked for", async (kind) => {
  const { device } = await listening(kind, true);
  const check = jit(function check(x: Pointer, { NAME }: { NAME: "add" | "sub" | "mul" }) {
    const a = tl.load(x + tl.arange(0, 4)), b = tl.load(x + 4 + tl.arange(0, 4));
    tl.store(x + tl.arange(0, 4), tl[NAME](a, b, { sanitizeOverflow: true }));
  });
  const apply = {
    add: (a: bigint, b: bigint) => a + b,
    sub: (a: bigint, b: bigint) => a - b,
    mul: (a: bigint, b: bigint) => a * b,
  };
  const bits = { i8: 8, i16: 16, i32: 32, u8: 8, u16: 16, u32: 32 } as const;
  for (const dtype of ["i8", "u8", "i16", "u16", "i32", "u32"] as const) {
    const signed = dtype.startsWith("i"), max = 2 ** (bits[dtype] - (signed ? 1 : 0)) - 1;
    const min = signed ? -max - 1 : 0;
    for (const NAME of ["add", "sub", "mul"] as const) {
      for (
        const [a, b] of [[max, 1], [min, 1], [3, 2], [Math.floor(max / 2), 3], [min, min], [
          max,
          0,
        ]] as const
      ) {
        using x = device.from([0, a, 0, 0, 0, b, 0, 0], { dtype });
        const exact = apply[NAME](BigInt(a), BigInt(b));
        const wraps = exact > BigInt(max) || exact < BigInt(min);
        check[grid(1)](x, { NAME, debug: false }); // wraps silently
        x.write([0, a, 0, 0, 0, b, 0, 0]);
        const error = await (async () => {
          check[grid(1)](x, { NAME });
          await device.synchronize();
        })().then(() => undefined, (error: Error) => error);
        const said = error?.message.split(",")[0];
        const want = wraps
          ? `Assertion failed: ${dtype} overflow detected for operation ${NAME}`
          : undefined;
        assertEquals([NAME, dtype, a, b, said], [NAME, dtype, a, b, want]);
      }
    }
  }
});

onBoth("a default of the process has assertions checked", async (kind) => {
  const key = Symbol.for("nereid.debug"), globals = globalThis as Record<symbol, unknown>;
  globals[key] = true;
  try {
    using device = await Device.open({ device: kind });
    using quiet = await Device.open({ device: kind, debug: false });
    assertEquals([device.debug, quiet.debug], [true, false]);
  } finally {
    delete globals[key];
  }
});
