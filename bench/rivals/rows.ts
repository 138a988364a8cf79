/**
 * Softmax and normalisations of rows by hand. A row lies in the registers of a subgroup or a
 * workgroup from its only read to its only write, in `vec4` where its length allows; sums and maxima
 * go through subgroups where the device has them, and through workgroup memory.
 */

import type { Device, Tensor } from "../../mod.ts";
import { folded } from "../handwritten.ts";
import type { Handwritten } from "../workload.ts";

type RowKernel = "softmax" | "layer_norm" | "rms_norm";

/**
 * How a row is spread: over `lanes` invocations, `rows` of them in a workgroup at a time, `steps` times one
 * after another, so that what all rows share is read once.
 */
interface Plan {
  readonly lanes: number;
  readonly rows: number;
  readonly steps: number;
}

/** Pieces of a row that an invocation may hold in registers. */
const MOST_PIECES = 32;

/** The ways that are worth a try. */
export function rowShaders(
  kernel: RowKernel,
  device: Device,
  reads: readonly Tensor[],
  out: Tensor,
  [rows, columns]: readonly [rows: number, columns: number],
): Handwritten[] {
  const { capabilities: { subgroupSize, dialect } } = device;
  const width = columns % 4 === 0 ? 4 : 1;
  const plans: Plan[] = [64, 128, 256, 512].map((lanes) => ({ lanes, rows: 1, steps: 1 }));
  if (subgroupSize > 0) {
    const lanes = subgroupSize;
    plans.push({ lanes, rows: 128 / lanes, steps: 1 });
    for (const steps of [16, 32]) plans.push({ lanes, rows: 32 / lanes, steps });
  }
  return plans
    .filter(({ lanes, rows: together, steps }) => {
      const pieces = Math.ceil(columns / width / lanes);
      return pieces <= MOST_PIECES && lanes * width < 2 * columns &&
        rows % (together * steps) === 0;
    })
    .map((plan) => ({
      name: `${plan.lanes} lanes a row` + (plan.steps > 1 ? `, ${plan.steps} in turn` : ""),
      code: rowShader(kernel, columns, width, plan, subgroupSize, dialect === "tint"),
      reads,
      writes: [out],
      groups: folded(Math.ceil(rows / plan.rows / plan.steps)),
    }));
}

/** What each reads. */
const READS: Readonly<Record<RowKernel, readonly string[]>> = {
  softmax: ["x"],
  layer_norm: ["x", "weight", "bias"],
  rms_norm: ["x", "weight"],
};

function rowShader(
  kernel: RowKernel,
  columns: number,
  width: 1 | 4,
  plan: Plan,
  subgroupSize: number,
  standard: boolean,
): string {
  const { lanes, rows, steps } = plan, units = columns / width, pieces = Math.ceil(units / lanes);
  const type = width === 4 ? "vec4<f32>" : "f32";
  const each = (text: (i: number) => string) =>
    Array.from({ length: pieces }, (_, i) => `  ${text(i)}`).join("\n");
  const whole = (i: number) => (i + 1) * lanes <= units;
  const inside = (i: number) => `lane + ${i * lanes}u < ${units}u`;
  const load = (from: string, i: number, other: string, first = "start") =>
    whole(i)
      ? `${from}[${first} + ${i * lanes}u]`
      : `select(${type}(${other}), ${from}[${first} + ${i * lanes}u], ${inside(i)})`;
  const store = (i: number, value: string) =>
    `${whole(i) ? "" : `if (${inside(i)}) `}{ result[start + ${i * lanes}u] = ${value}; }`;
  // Of one number from each lane of a row, the sum or the maximum in all lanes.
  const across = (name: string, op: "sum" | "max", value: string) => {
    const combine = (a: string, b: string) => op === "max" ? `max(${a}, ${b})` : `${a} + ${b}`;
    const within = op === "max" ? "subgroupMax" : "subgroupAdd";
    if (subgroupSize > 0 && lanes === subgroupSize) return `  let ${name} = ${within}(${value});`;
    if (subgroupSize > 0) {
      const warps = lanes / subgroupSize;
      const all = Array.from({ length: warps }, (_, w) => `scratch_${name}[${w}]`);
      return `  let part_${name} = ${within}(${value});
  if (lane % ${subgroupSize}u == 0u) { scratch_${name}[lane / ${subgroupSize}u] = part_${name}; }
  workgroupBarrier();
  let ${name} = ${all.reduce(combine)};`;
    }
    return `  scratch_${name}[lane] = ${value};
  for (var half = ${lanes / 2}u; half > 0u; half = half >> 1u) {
    workgroupBarrier();
    if (lane < half) {
      scratch_${name}[lane] = ${combine(`scratch_${name}[lane]`, `scratch_${name}[lane + half]`)};
    }
  }
  workgroupBarrier();
  let ${name} = scratch_${name}[0];`;
  };
  const flat = (value: string, op: "sum" | "max") =>
    width === 1
      ? value
      : op === "max"
      ? `max(max(${value}.x, ${value}.y), max(${value}.z, ${value}.w))`
      : `${value}.x + ${value}.y + (${value}.z + ${value}.w)`;
  const total = (name: string, terms: (i: number) => string) =>
    `  var own_${name} = ${terms(0)};
${Array.from({ length: pieces - 1 }, (_, i) => `  own_${name} += ${terms(i + 1)};`).join("\n")}
${across(name, "sum", flat(`own_${name}`, "sum"))}`;
  const affine = (name: string, i: number) =>
    steps > 1 ? `${name}_${i}` : `${name}[lane + ${i * lanes}u]`;
  const before = steps === 1
    ? ""
    : READS[kernel].slice(1).map((name) =>
      each((i) => `let ${name}_${i} = ${load(name, i, "0.0", "lane")};`)
    ).join("\n");

  const bodies: Record<RowKernel, () => string> = {
    softmax: () =>
      `${each((i) => `var v${i} = ${load("x", i, "-3.4e38")};`)}
  var high = v0;
${Array.from({ length: pieces - 1 }, (_, i) => `  high = max(high, v${i + 1});`).join("\n")}
${across("peak", "max", flat("high", "max"))}
${each((i) => `v${i} = exp(v${i} - peak);`)}
${total("sum", (i) => `v${i}`)}
  let scale = 1.0 / sum;
${each((i) => store(i, `v${i} * scale`))}`,
    layer_norm: () =>
      `${each((i) => `let v${i} = ${load("x", i, "0.0")};`)}
${total("sum", (i) => `v${i}`)}
  let mean = sum / ${columns}.0;
${
        each((i) =>
          whole(i)
            ? `let d${i} = v${i} - mean;`
            : `let d${i} = select(${type}(0.0), v${i} - mean, ${inside(i)});`
        )
      }
${total("squares", (i) => `d${i} * d${i}`)}
  let scale = inverseSqrt(squares / ${columns}.0 + 1e-5);
${each((i) => store(i, `d${i} * scale * ${affine("weight", i)} + ${affine("bias", i)}`))}`,
    rms_norm: () =>
      `${each((i) => `let v${i} = ${load("x", i, "0.0")};`)}
${total("squares", (i) => `v${i} * v${i}`)}
  let scale = inverseSqrt(squares / ${columns}.0 + 1e-6);
${each((i) => store(i, `v${i} * scale * ${affine("weight", i)}`))}`,
  };

  const own = subgroupSize > 0 ? Math.max(lanes / subgroupSize, 1) : lanes;
  const scratch = (name: string) => `var<workgroup> scratch_${name}: array<f32, ${own}>;`;
  return `${standard && subgroupSize > 0 ? "enable subgroups;" : ""}
${
    READS[kernel].map((name, i) =>
      `@group(0) @binding(${i}) var<storage, read> ${name}: array<${type}>;`
    ).join("\n")
  }
@group(0) @binding(${READS[kernel].length}) var<storage, read_write> result: array<${type}>;
${lanes === subgroupSize ? "" : ["peak", "sum", "squares"].map(scratch).join("\n")}

@compute @workgroup_size(${lanes * rows})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % ${lanes}u;
${before}
  for (var step = 0u; step < ${steps}u; step++) {
  let row = ((group.y * 32768u + group.x) * ${steps}u + step) * ${rows}u + thread / ${lanes}u;
  let start = row * ${units}u + lane;
${bodies[kernel]()}
  }
}
`;
}
