/** Tensor descriptors that are made on the host. */

import {
  Device,
  grid,
  jit,
  LaunchError,
  NereidError,
  type Pointer,
  TensorDescriptor,
  tl,
} from "../../mod.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";

const copy = jit(function copy(
  from: TensorDescriptor,
  to: TensorDescriptor,
  { OFFSETS }: { OFFSETS: readonly number[] },
) {
  to.store(OFFSETS, from.load(OFFSETS) * 10);
});

for (const rank of [1, 2, 3, 4, 5]) {
  onDevices(
    `blocks of tensors of rank ${rank} are read and written within bounds`,
    async (device) => {
      const shape = [3, 2, 3, 2, 5].slice(-rank), block = [2, 2, 4, 2, 4].slice(-rank);
      const size = shape.reduce((all, dim) => all * dim, 1);
      using x = device.arange(size, { dtype: "f32" }), y = device.full([size], -1);
      const from = TensorDescriptor.from(x.reshape(shape), block);
      const to = TensorDescriptor.from(y.reshape(shape), block);
      const offsets = [2, 0, 0, 0, 2].slice(-rank);
      copy[grid(1)](from, to, { OFFSETS: offsets, numWarps: 1 });
      const inside = (i: number) => {
        let rest = i;
        return shape.toReversed().every((dim, d) => {
          const at = rest % dim, start = offsets.at(-1 - d)!;
          rest = Math.floor(rest / dim);
          return at >= start && at < start + block.at(-1 - d)!;
        });
      };
      const want = Array.from({ length: size }, (_, i) => inside(i) ? 10 * i : -1);
      assertEquals([...await y.read()], want);
    },
  );
}

onDevices(
  "outside its tensor a descriptor gives its padding, whatever the sizes",
  async (device) => {
    const pad = jit(function pad(x: TensorDescriptor, out: Pointer, { N = 8 }) {
      tl.store(out + tl.arange(0, N), x.load([tl.programId(0) - 2]));
    });
    for (const [n, padding] of [[3, "zero"], [5, "nan"], [1, "nan"], [16, "zero"]] as const) {
      using x = device.full([n], 7), out = device.empty([8]);
      pad[grid(1)](TensorDescriptor.from(x, [8], { padding }), out, { numWarps: 1 });
      const other = padding === "nan" ? NaN : 0;
      const want = Array.from({ length: 8 }, (_, i) => i >= 2 && i < n + 2 ? 7 : other);
      assertEquals([...await out.read()], want);
    }
  },
);

onDevices("strides, views and sizes of a descriptor reach the kernel", async (device) => {
  const look = jit(function look(x: TensorDescriptor, out: Pointer, sizes: Pointer) {
    const rows = x.blockShape[0]!, columns = x.blockShape[1]!;
    const at = tl.col(tl.arange(0, rows)) * columns + tl.row(tl.arange(0, columns));
    tl.store(out + at, x.load([1, 0]));
    tl.store(sizes, x.shape[0]!);
    tl.store(sizes + 1, x.shape[1]!);
    tl.store(sizes + 2, x.strides[0]!);
    tl.staticAssert(x.dtype === tl.i32);
  });
  using x = device.arange(40), out = device.empty([8], { dtype: "i32" });
  using sizes = device.empty([3], { dtype: "i32" });
  // Every second row of a matrix of four columns, three rows of it, from its second element on.
  const view = x.slice(1, [39]);
  look[grid(1)](new TensorDescriptor(view, [3, 3], [8, 1], [2, 4]), out, sizes, { numWarps: 1 });
  assertEquals([...await out.read()], [9, 10, 11, 0, 17, 18, 19, 0]);
  assertEquals([...await sizes.read()], [3, 3, 8]);
});

onDevices("rows are gathered and scattered, and blocks updated atomically", async (device) => {
  const move = jit(function move(x: TensorDescriptor, y: TensorDescriptor, rows: Pointer) {
    const which = tl.load(rows + tl.arange(0, 8));
    y.scatter(x.gather(which, 1), tl.arange(0, 8), 0);
  });
  using x = device.arange(40), rows = device.from(new Int32Array([3, 0, 9, 1, -1, 2, 2, 30]));
  using y = device.zeros([7, 4], { dtype: "i32" });
  move[grid(1)](
    TensorDescriptor.from(x.reshape([10, 4]), [1, 4]),
    TensorDescriptor.from(y, [1, 4]),
    rows,
  );
  const row = (r: number) => r < 0 || r > 9 ? [0, 0, 0, 0] : [4 * r + 1, 4 * r + 2, 4 * r + 3, 0];
  assertEquals([...await y.read()], [3, 0, 9, 1, -1, 2, 2].flatMap(row));

  const update = jit(function update(x: TensorDescriptor) {
    const block = tl.arange(0, 4) + 4;
    x.atomicAdd([0], block);
    x.atomicMax([4], block);
    x.atomicMin([8], block);
    x.atomicAnd([12], block);
    x.atomicOr([16], block);
    x.atomicXor([20], block);
  });
  using z = device.full([22], 6, { dtype: "i32" });
  update[grid(1)](TensorDescriptor.from(z, [4]));
  const block = [4, 5, 6, 7];
  const want = [
    block.map((x) => 6 + x),
    block.map((x) => Math.max(6, x)),
    block.map((x) => Math.min(6, x)),
    block.map((x) => 6 & x),
    block.map((x) => 6 | x),
    block.map((x) => 6 ^ x).slice(0, 2),
  ].flat();
  assertEquals([...await z.read()], want);
});

Deno.test("descriptors that do not fit their tensor are refused", async () => {
  using device = await Device.open({ device: "cpu" });
  using x = device.zeros([4, 4]);
  const wrong: [() => unknown, string][] = [
    [() => TensorDescriptor.from(x, [4]), "blockShape [4] has 1 numbers for 2 dimensions"],
    [
      () => new TensorDescriptor(x, [4, 4], [1, 4], [2, 2]),
      "the last stride is 4, it must be 1: describe the tensor with its nearest neighbours along the last dimension",
    ],
    [() => TensorDescriptor.from(x, [4, 0]), "a block's size is 0, it must be a positive integer"],
    [
      () => new TensorDescriptor(x, [], [], []),
      "it has 0 dimensions, descriptors have 1 to 5",
    ],
  ];
  for (const [make, why] of wrong) {
    assertEquals(
      assertThrows(make, LaunchError).message,
      `Cannot describe the Tensor f32 [4, 4] on cpu in blocks: ${why}`,
    );
  }
  assertEquals(
    assertThrows(() => TensorDescriptor.from(x, [4, 4]).load([0, 0]), NereidError).message,
    "descriptor.load was called outside a kernel: pass the descriptor to one, and call it there",
  );
});
