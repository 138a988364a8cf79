/** The digits network's kernels against plain float64, and the example as it is run. */

import { Device, grid } from "../../mod.ts";
import { CLASSES, loadDigits, PIXELS, shuffled } from "../../examples/digits/data.ts";
import { drawDigits } from "../../examples/digits/drawing.ts";
import { gather } from "../../examples/digits/kernels.ts";
import { Network } from "../../examples/digits/network.ts";
import { reference as product, relu } from "../../kernels/matmul.ts";
import { reference as softmax } from "../../kernels/softmax.ts";
import { assert, assertClose, assertEquals, assertMatch } from "../support/assert.ts";
import { onDevices } from "../support/devices.ts";

type Numbers = ArrayLike<number>;

function transpose(x: Numbers, rows: number, columns: number): number[] {
  return Array.from(
    { length: rows * columns },
    (_, i) => x[(i % rows) * columns + Math.floor(i / rows)]!,
  );
}

/** The sum of each column of x [rows, columns]. */
function columnSums(x: Numbers, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < x.length; i++) sums[i % columns]! += x[i]!;
  return sums;
}

/** Losses and gradients of the network, in float64 and without kernels. */
function plainNetwork(
  images: Numbers,
  labels: Numbers,
  [weights1, bias1, weights2, bias2]: readonly [Numbers, Numbers, Numbers, Numbers],
) {
  const rows = labels.length, size = bias1.length;
  const hidden = product(images, weights1, [rows, size, PIXELS])
    .map((x, i) => relu(x + bias1[i % size]!));
  const logits = product(hidden, weights2, [rows, CLASSES, size])
    .map((x, i) => x + bias2[i % CLASSES]!);
  const chances = softmax(logits, CLASSES);
  const losses = Array.from(
    { length: rows },
    (_, i) => -Math.log(chances[i * CLASSES + labels[i]!]!),
  );
  const logitsGradient = chances.map((p, i) =>
    (p - (i % CLASSES === labels[Math.floor(i / CLASSES)] ? 1 : 0)) / rows
  );
  const hiddenGradient = product(
    logitsGradient,
    transpose(weights2, size, CLASSES),
    [rows, size, CLASSES],
  ).map((x, i) => hidden[i]! > 0 ? x : 0);
  return {
    losses,
    gradients: [
      product(transpose(images, rows, PIXELS), hiddenGradient, [PIXELS, size, rows]),
      columnSums(hiddenGradient, size),
      product(transpose(hidden, rows, size), logitsGradient, [size, CLASSES, rows]),
      columnSums(logitsGradient, CLASSES),
    ],
  };
}

onDevices(
  "the network's losses, gradients and updates are those of plain float64",
  async (device) => {
    const rows = 37, size = 24, rate = 0.5;
    const { test } = loadDigits(rows, 5);
    const network = await Network.create(device, size, 3);
    const read = async (what: "value" | "gradient") =>
      await Promise.all(network.parameters.map((parameter) => parameter[what].read())) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
    const images = device.from(test.images, { shape: [rows, PIXELS] });
    const labels = device.from(test.labels), losses = device.zeros([rows + 16]);
    const activations = network.activations(rows);

    const before = await read("value");
    network.forward(images, activations);
    network.backward(images, labels, losses, 16, activations);
    const expected = plainNetwork(test.images, test.labels, before);
    assertClose((await losses.read()).subarray(16), expected.losses, { relative: 1e-4 });
    const gradients = await read("gradient");
    gradients.forEach((gradient, i) =>
      assertClose(gradient, expected.gradients[i]!, { relative: 1e-3, absolute: 1e-6 })
    );

    // The second step goes 0.9 times as far once more, besides its own way.
    network.update(rate);
    network.update(rate);
    const after = await read("value");
    after.forEach((value, i) =>
      assertClose(value, before[i]!.map((x, j) => x - rate * 2.9 * gradients[i]![j]!), {
        relative: 1e-5,
        absolute: 1e-6,
      })
    );
  },
);

onDevices("gather() collects a batch in the order that it is given", async (device) => {
  const columns = 20, order = [4, 0, 3, 1, 2];
  const images = device.arange(5 * columns, { dtype: "f32" });
  const labels = device.from(Int32Array.of(10, 11, 12, 13, 14));
  const batch = device.empty([3, columns]), batchLabels = device.empty([3], { dtype: "i32" });
  gather[grid(3)](images, labels, device.from(Int32Array.from(order)), batch, batchLabels, 2, {
    COLUMNS: columns,
    BLOCK: 32,
  });
  assertEquals(Array.from(await batchLabels.read()), [13, 11, 12]);
  const rows = [3, 1, 2].flatMap((row) =>
    Array.from({ length: columns }, (_, c) => row * columns + c)
  );
  assertEquals(Array.from(await batch.read()), rows);
});

Deno.test("loadDigits() shuffles all digits once, always alike", () => {
  const { train, test } = loadDigits(2000, 1), again = loadDigits(2000, 1);
  assertEquals([train.count, test.count], [8000, 2000]);
  assertEquals(test.labels, again.test.labels);
  const counts = new Array<number>(CLASSES).fill(0);
  for (const label of [...train.labels, ...test.labels]) counts[label]!++;
  assertEquals(counts, [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
  assert(new Set(test.labels.subarray(0, 100)).size === CLASSES);
  assertEquals(shuffled(500, 7).toSorted(), Int32Array.from({ length: 500 }, (_, i) => i));
});

Deno.test("drawDigits() puts pictures and captions beside each other", () => {
  const dot = new Float32Array(PIXELS);
  dot[3 * 28 + 3] = 1; // the upper left of what is drawn
  const text = drawDigits([{ pixels: dot, caption: "one" }, { pixels: dot, caption: "two" }]);
  const lines = text.split("\n");
  assertEquals(lines.length, 12);
  assertEquals(lines[0], `▀${" ".repeat(22)}▀`);
  assertEquals(lines[11], `one${" ".repeat(20)}two`);
});

Deno.test("examples/digits.ts reads more than 92 % right, without any permission", async () => {
  const example = new URL("../../examples/digits.ts", import.meta.url).href;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", example],
    env: { NO_COLOR: "1" },
  });
  const { success, stdout, stderr } = await command.output();
  const text = new TextDecoder().decode(stdout);
  assert(success, new TextDecoder().decode(stderr));
  const device = await Device.open();
  assert(text.includes(`on ${device}`), text);
  const percent = /unseen digits right: ([\d.]+) %/.exec(text)?.[1];
  assert(Number(percent) > 92, text);
  assertMatch(text, /█+.*\n(.*\n)*read as \d/);
});
