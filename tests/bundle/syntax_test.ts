/**
 * Kernels whose text a minifier changes most: statements become expressions, declarations are merged,
 * names are renamed, constants are spelt as arithmetic. Each returns what it should have computed.
 */

import { type Device, grid, jit, type Pointer, tl } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";

const N = 32;

function double(x: number): number {
  return tl.where(x > 0, 2 * x, x);
}

const SCALE = 3;

const branches = jit(
  function branches(x: Pointer, out: Pointer, n: number, { FLAG = true, MODE = "sum" }) {
    const offsets = tl.arange(0, 32);
    let value = tl.load(x + offsets), extra;
    if (FLAG) {
      value = value + 1;
    } else {
      value = value - 1;
    }
    if (MODE === "sum") value += SCALE;
    else if (MODE === "product") value *= SCALE;
    else throw new Error("no such mode");
    if (n > 3) {
      extra = 10;
      value = value + extra;
    }
    if (n > 100) return;
    tl.store(out + offsets, value);
  },
  () => ({ tl, SCALE }),
);

const loops = jit(
  function loops(x: Pointer, out: Pointer, n: number, { SKIP = undefined as number | undefined }) {
    const offsets = tl.arange(0, 32);
    const value = tl.load(x + offsets);
    let sum = value, count = 0;
    for (let i = 0; i < n; i++) {
      if (i === 2) continue;
      sum = sum + i;
      count++;
      if (count === 4) break;
    }
    let rounds = 0;
    while (rounds < 3) {
      rounds++;
      sum = sum + double(value);
    }
    do {
      rounds -= 1;
    } while (rounds > 0);
    for (const k of [1, 2, 3]) {
      if (k === SKIP) continue;
      sum = sum + k;
    }
    const best = Math.max(...[1, 5, 2]), infinite = Infinity;
    sum = tl.where(sum < infinite, sum + best, 0);
    tl.store(out + offsets, sum + rounds);
  },
  () => ({ tl, double }),
);

const containers = jit(
  function containers(x: Pointer, out: Pointer, { SHAPE = [4, 8], F = (y: number): number => y }) {
    const [rows, columns] = SHAPE as [number, number];
    const m = tl.arange(0, rows), n = tl.arange(0, columns);
    const pair = { places: tl.col(m) * columns + tl.row(n), scale: 2, name: `${rows}x${columns}` };
    const { places, scale, ...rest } = pair;
    const pick = (which: string) => {
      switch (which) {
        case "4x8":
          return 1;
        case "8x4":
          return 2;
        default:
          return 0;
      }
    };
    let [a, b] = [tl.load(x + places), tl.zeros([rows, columns], tl.f32)];
    [a, b] = [b, a];
    const result = b * scale + a + pick(rest.name), unused = void 0;
    tl.store(out + places, F(result) + (unused === undefined ? 1 : 0));
  },
  () => ({ tl }),
);

class Methods {
  static OFFSET = 7;
  static tl = tl; // a method is given no names, and a minifier renames those of the module

  static shift(x: number): number {
    return x + this.OFFSET;
  }

  @jit
  static apply(x: Pointer, out: Pointer) {
    const offsets = this.tl.arange(0, 32);
    this.tl.store(out + offsets, this.shift(this.tl.load(x + offsets)));
  }
}

onDevices("kernels of every syntax compute what they should", async (device) => {
  const x = device.from(Float32Array.from({ length: N }, (_, i) => i - 8));
  const values = [...await x.read()];
  const check = async (
    name: string,
    launch: (out: ReturnType<Device["empty"]>) => void,
    f: (v: number) => number,
  ) => {
    const out = device.empty([N]);
    launch(out);
    assertEquals([...await out.read()], values.map(f), name);
  };
  await check("branches", (out) => branches[grid(1)](x, out, 5), (v) => v + 1 + 3 + 10);
  await check(
    "branches, others",
    (out) => branches[grid(1)](x, out, 2, { FLAG: false, MODE: "product" }),
    (v) => (v - 1) * 3,
  );
  const doubled = (v: number) => v > 0 ? 2 * v : v;
  await check(
    "loops",
    (out) => loops[grid(1)](x, out, 9),
    (v) => v + 0 + 1 + 3 + 4 + 3 * doubled(v) + 6 + 5,
  );
  await check(
    "loops, others",
    (out) => loops[grid(1)](x, out, 2, { SKIP: 2 }),
    (v) => v + 1 + 3 * doubled(v) + 4 + 5,
  );
  await check(
    "containers",
    (out) => containers[grid(1)](x, out, { F: (y) => y > 0 ? y : -y }),
    (v) => Math.abs(2 * v + 1) + 1,
  );
  const [methods] = [jit(Methods.apply)];
  await check("methods", (out) => methods[grid(1)](x, out), (v) => v + 7);
});
