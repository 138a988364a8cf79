/**
 * A network of two layers, `logits = relu(x W1 + b1) W2 + b2`, with its backward pass and update.
 * All arithmetic happens in kernels; this file allocates and launches.
 */

import { cdiv, type Device, grid, type Tensor } from "../../mod.ts";
import { matmul, relu } from "../../kernels/matmul.ts";
import { CLASSES, PIXELS } from "./data.ts";
import { addBias, crossEntropy, descend, reluBackward, sumRows } from "./kernels.ts";

const BLOCK = 1024;

/** A tensor that is learnt, with what the update needs. */
export interface Parameter {
  readonly value: Tensor;
  readonly gradient: Tensor;
  readonly velocity: Tensor;
}

/** What a batch of `rows` pictures computes on its way; made once and used for every batch. */
export interface Activations {
  readonly rows: number;
  readonly hidden: Tensor; // [rows, hiddenSize]
  readonly logits: Tensor; // [rows, CLASSES]
  readonly hiddenGradient: Tensor; // [rows, hiddenSize]
  readonly logitsGradient: Tensor; // [rows, CLASSES]
}

export class Network {
  readonly #device: Device;
  readonly #weights1: Parameter; // [PIXELS, hiddenSize]
  readonly #bias1: Parameter; // [hiddenSize]
  readonly #weights2: Parameter; // [hiddenSize, CLASSES]
  readonly #bias2: Parameter; // [CLASSES]

  private constructor(
    device: Device,
    readonly hiddenSize: number,
    weights1: Tensor,
    weights2: Tensor,
  ) {
    this.#device = device;
    this.#weights1 = this.#parameter(weights1);
    this.#bias1 = this.#parameter(device.zeros([hiddenSize]));
    this.#weights2 = this.#parameter(weights2);
    this.#bias2 = this.#parameter(device.zeros([CLASSES]));
  }

  /** A network with random weights: normally distributed, smaller the more inputs are summed. */
  static async create(device: Device, hiddenSize: number, seed: number): Promise<Network> {
    const weights = async (inputs: number, outputs: number, seed: number) => {
      using noise = device.randn([inputs, outputs], { seed });
      const scale = Math.sqrt(2 / inputs);
      return device.from((await noise.read()).map((x) => x * scale), { shape: [inputs, outputs] });
    };
    return new Network(
      device,
      hiddenSize,
      await weights(PIXELS, hiddenSize, seed),
      await weights(hiddenSize, CLASSES, seed + 1),
    );
  }

  #parameter(value: Tensor): Parameter {
    const zeros = () => this.#device.zeros(value.shape);
    return { value, gradient: zeros(), velocity: zeros() };
  }

  /** All that is learnt: weights and bias of the first layer, then of the second. */
  get parameters(): readonly [Parameter, Parameter, Parameter, Parameter] {
    return [this.#weights1, this.#bias1, this.#weights2, this.#bias2];
  }

  /** Room for the intermediate results of batches of `rows` pictures. */
  activations(rows: number): Activations {
    const empty = (columns: number) => this.#device.empty([rows, columns]);
    return {
      rows,
      hidden: empty(this.hiddenSize),
      logits: empty(CLASSES),
      hiddenGradient: empty(this.hiddenSize),
      logitsGradient: empty(CLASSES),
    };
  }

  /** Computes `logits` for pictures [rows, PIXELS]. */
  forward(images: Tensor, { hidden, logits }: Activations): void {
    matmul(images, this.#weights1.value, { out: hidden });
    addBias[grid(cdiv(hidden.size, BLOCK))](
      hidden,
      this.#bias1.value,
      hidden.size,
      this.hiddenSize,
      { BLOCK, ACTIVATION: relu },
    );
    matmul(hidden, this.#weights2.value, { out: logits });
    addBias[grid(cdiv(logits.size, BLOCK))](
      logits,
      this.#bias2.value,
      logits.size,
      CLASSES,
      { BLOCK },
    );
  }

  /**
   * Computes the gradients of all parameters, after `forward`, and the pictures' losses, which are
   * written to `losses` from `first` on.
   */
  backward(
    images: Tensor,
    labels: Tensor,
    losses: Tensor,
    first: number,
    batch: Activations,
  ): void {
    const { rows, hidden, logits, hiddenGradient, logitsGradient } = batch;
    crossEntropy[grid(cdiv(rows, 16))](
      logits,
      labels,
      losses,
      logitsGradient,
      first,
      rows,
      { CLASSES, BLOCK: 16, ROWS: 16 },
    );
    // logits = hidden W2 + b2
    matmul(hidden, logitsGradient, { transposeA: true, out: this.#weights2.gradient });
    sumRows[grid(cdiv(CLASSES, 32))](logitsGradient, this.#bias2.gradient, rows, CLASSES);
    matmul(logitsGradient, this.#weights2.value, { transposeB: true, out: hiddenGradient });
    // hidden = relu(images W1 + b1)
    reluBackward[grid(cdiv(hidden.size, BLOCK))](hiddenGradient, hidden, hidden.size, { BLOCK });
    matmul(images, hiddenGradient, { transposeA: true, out: this.#weights1.gradient });
    sumRows[grid(cdiv(this.hiddenSize, 32))](
      hiddenGradient,
      this.#bias1.gradient,
      rows,
      this.hiddenSize,
    );
  }

  /** Moves every parameter against its gradient. */
  update(rate: number): void {
    for (const { value, velocity, gradient } of this.parameters) {
      descend[grid(cdiv(value.size, BLOCK))](value, velocity, gradient, value.size, rate, {
        BLOCK,
      });
    }
  }
}
