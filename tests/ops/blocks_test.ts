/** Block pointers, tensor descriptors and promises about addresses, on both devices. */

import { jit, type Pointer, tl } from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";

/** A matrix [5, 7] of 1, 2, 3, … */
const M = 5, N = 7;
const MATRIX = Array.from({ length: M * N }, (_, i) => i + 1);

/** What a block of it holds, with something else outside. */
function block(row: number, column: number, rows: number, columns: number, outside = 0): number[] {
  return Array.from({ length: rows * columns }, (_, i) => {
    const r = row + Math.floor(i / columns), c = column + i % columns;
    return r >= 0 && r < M && c >= 0 && c < N ? MATRIX[r * N + c]! : outside;
  });
}

const copyBlock = jit(
  function copyBlock(x: Pointer, out: Pointer, row: number, column: number, { PAD = "zero" }: {
    PAD?: "zero" | "nan";
  }) {
    const from = tl.makeBlockPtr(x, {
      shape: [5, 7],
      strides: [7, 1],
      offsets: [row, column],
      blockShape: [4, 8],
      order: [1, 0],
    });
    const values = tl.load(from, { boundaryCheck: [0, 1], paddingOption: PAD });
    tl.store(out + tl.col(tl.arange(0, 4)) * 8 + tl.row(tl.arange(0, 8)), values);
  },
);

onDevices("a block pointer leaves out what is outside the tensor", async (device) => {
  using x = device.from(MATRIX), out = device.empty([32]);
  for (const [row, column] of [[0, 0], [3, 2], [-2, -3], [5, 0]] as const) {
    copyBlock.launch(1, x, out, row, column, {});
    assertEquals([...await out.read()], block(row, column, 4, 8));
  }
  copyBlock.launch(1, x, out, 3, 4, { PAD: "nan" });
  assertEquals([...await out.read()], block(3, 4, 4, 8, NaN));
});

onDevices("block pointers advance round loops", async (device) => {
  const kernel = jit(function kernel(x: Pointer, out: Pointer, columns: number) {
    const options = { shape: [5, columns], strides: [columns, 1], blockShape: [8, 2] };
    let from = tl.makeBlockPtr(x, { ...options, offsets: [0, 0] });
    let to = tl.makeBlockPtr(out, { ...options, offsets: [0, 0] });
    let sum = tl.zeros([8, 2], tl.f32);
    for (let k = 0; k < columns; k += 2) {
      sum = sum + tl.load(from, { boundaryCheck: [0, 1] });
      tl.store(to, sum, { boundaryCheck: [0, 1] });
      from = tl.advance(from, [0, 2]);
      to = tl.advance(to, [0, 2]);
    }
  });
  using x = device.from(MATRIX), out = device.empty([M * N]);
  kernel.launch(1, x, out, N);
  const want = [...MATRIX];
  for (let r = 0; r < M; r++) {
    for (let c = 2; c < N; c++) want[r * N + c]! += want[r * N + c - 2]!;
  }
  assertEquals([...await out.read()], want);
});

onDevices("tensor descriptors load, store and add within bounds", async (device) => {
  const kernel = jit(
    function kernel(x: Pointer, out: Pointer, sums: Pointer, rows: number, columns: number) {
      const options = { shape: [rows, columns], strides: [columns, 1], blockShape: [4, 4] };
      const from = tl.makeTensorDescriptor(x, options);
      const to = tl.makeTensorDescriptor(out, options);
      const total = tl.makeTensorDescriptor(sums, options);
      const at = [2, tl.programId(0) * 4];
      to.store(at, from.load(at) * 10);
      total.atomicAdd(at, 1);
      total.atomicAdd([2, 0], tl.full([4, 4], 100, tl.f32));
    },
  );
  using x = device.from(MATRIX), out = device.full([M * N], 0), sums = device.full([M * N], 0);
  kernel.launch(2, x, out, sums, M, N);
  assertEquals([...await out.read()], MATRIX.map((value, i) => i < 2 * N ? 0 : value * 10));
  const want = MATRIX.map((_, i) => i < 2 * N ? 0 : i % N < 4 ? 201 : 1);
  assertEquals([...await sums.read()], want);
});

onDevices("tensor descriptors gather and scatter rows", async (device) => {
  const kernel = jit(function kernel(x: Pointer, out: Pointer) {
    const from = tl.makeTensorDescriptor(x, {
      shape: [5, 7],
      strides: [7, 1],
      blockShape: [1, 4],
      paddingOption: "nan",
    });
    const to = tl.makeTensorDescriptor(out, { shape: [8, 4], strides: [4, 1], blockShape: [1, 4] });
    const rows = tl.arange(0, 8);
    to.scatter(from.gather(6 - rows, 4), 7 - rows, 0);
  });
  using x = device.from(MATRIX), out = device.empty([32]);
  kernel.launch(1, x, out);
  // Row i of the result is row 7 - i of those gathered, so row i - 1 of the matrix.
  assertEquals([...await out.read()], block(-1, 4, 8, 4, NaN));
});

onDevices("promises about addresses change nothing but speed", async (device) => {
  const kernel = jit(function kernel(x: Pointer, out: Pointer, n: number) {
    const at = tl.arange(0, 64) % n;
    tl.assume(n >= 64);
    const promised = tl.maxContiguous(tl.multipleOf(at, 64), 64);
    const mask = tl.maxConstancy(promised < n, 64);
    tl.store(out + promised, tl.load(x + promised, { mask }), { mask });
  });
  const numbers = Array.from({ length: 64 }, (_, i) => i * i);
  using x = device.from(numbers), out = device.empty([64]);
  kernel.launch(1, x, out, 64);
  assertEquals([...await out.read()], numbers);
});

onDevices("wrong blocks are refused with what to write", (device) => {
  using x = device.from(MATRIX);
  const rank = jit(function rank(x: Pointer) {
    tl.load(
      tl.makeBlockPtr(x, { shape: [5, 7], strides: [7], offsets: [0, 0], blockShape: [2, 2] }),
    );
  });
  assertThrows(() => rank.launch(1, x), Error, "The strides of tl.makeBlockPtr");
  const plain = jit(function plain(x: Pointer) {
    tl.load(x, { boundaryCheck: [0] });
  });
  assertThrows(() => plain.launch(1, x), Error, "bounds of block pointers only");
  const far = jit(function far(x: Pointer) {
    tl.makeTensorDescriptor(x, { shape: [5, 7], strides: [1, 7], blockShape: [2, 2] });
  });
  assertThrows(() => far.launch(1, x), Error, "must be 1");
});
