/**
 * Learns to read handwritten digits: a network of two layers, trained on 8,000 pictures of the
 * MNIST collection and tested on 2,000 others. Every product, activation, loss, gradient and
 * update is a Nereid kernel; each run on the same device gives the same numbers.
 *
 *     deno run examples/digits.ts
 */

import { Device, grid } from "../mod.ts";
import { CLASSES, type Digits, loadDigits, PIXELS, shuffled } from "./digits/data.ts";
import { drawDigits } from "./digits/drawing.ts";
import { gather } from "./digits/kernels.ts";
import { Network } from "./digits/network.ts";

const TEST_COUNT = 2000;
const BATCH = 64; // divides the 8,000 pictures to train with
const HIDDEN = 128;
const RATE = 0.05;
const SEED = 1;

const start = performance.now();
const device = await Device.open();
const { train, test } = loadDigits(TEST_COUNT, SEED);
const EPOCHS = 10; // on a GPU
const FEW_EPOCHS = 4; // where a processor does the work
const epochs = device.capabilities.software ? FEW_EPOCHS : EPOCHS;
console.log(`Training with ${train.count} digits for ${epochs} epochs on ${device}`);
if (epochs < EPOCHS) console.log(`(without a GPU; with one it would be ${EPOCHS} epochs)`);

const network = await Network.create(device, HIDDEN, SEED);
await trainNetwork(network, train);

const digits = await readDigits(network, test);
const right = digits.filter((digit, i) => digit === test.labels[i]).length;
const seconds = (performance.now() - start) / 1000;
console.log(
  `\nRead ${right} of ${test.count} unseen digits right: ${
    (100 * right / test.count).toFixed(1)
  } %`,
);
console.log(`Took ${seconds.toFixed(1)} s on ${device}\n`);
showDigits(test, digits);
device[Symbol.dispose]();

/** Trains for all epochs and prints each one's mean loss. */
async function trainNetwork(network: Network, digits: Digits): Promise<void> {
  const images = device.from(digits.images, { shape: [digits.count, PIXELS] });
  const labels = device.from(digits.labels);
  const order = device.empty([digits.count], { dtype: "i32" });
  const batchImages = device.empty([BATCH, PIXELS]);
  const batchLabels = device.empty([BATCH], { dtype: "i32" });
  const losses = device.empty([digits.count]);
  const activations = network.activations(BATCH);

  for (let epoch = 0; epoch < epochs; epoch++) {
    const before = performance.now();
    order.write(shuffled(digits.count, SEED + 1 + epoch));
    const rate = RATE * 0.8 ** epoch;
    for (let first = 0; first < digits.count; first += BATCH) {
      gather[grid(BATCH)](images, labels, order, batchImages, batchLabels, first, {
        COLUMNS: PIXELS,
      });
      network.forward(batchImages, activations);
      network.backward(batchImages, batchLabels, losses, first, activations);
      network.update(rate);
    }
    const loss = (await losses.read()).reduce((sum, x) => sum + x, 0) / digits.count;
    const seconds = (performance.now() - before) / 1000;
    console.log(`  epoch ${epoch + 1}: mean loss ${loss.toFixed(3)}, ${seconds.toFixed(1)} s`);
  }
}

/** The digit that the network sees in each picture. */
async function readDigits(network: Network, { images, count }: Digits): Promise<number[]> {
  const activations = network.activations(count);
  network.forward(device.from(images, { shape: [count, PIXELS] }), activations);
  const logits = await activations.logits.read();
  return Array.from({ length: count }, (_, i) => {
    const row = logits.subarray(i * CLASSES, (i + 1) * CLASSES);
    return row.indexOf(Math.max(...row));
  });
}

/** Draws the first pictures, and the first that was misread. */
function showDigits({ images, labels }: Digits, digits: readonly number[]): void {
  const wrong = digits.findIndex((digit, i) => digit !== labels[i]);
  const chosen = [0, 1, 2, wrong < 0 ? 3 : wrong];
  console.log(drawDigits(chosen.map((i) => ({
    pixels: images.subarray(i * PIXELS, (i + 1) * PIXELS),
    caption: `read as ${digits[i]}${digits[i] === labels[i] ? "" : `, is ${labels[i]}`}`,
  }))));
}
