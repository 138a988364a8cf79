/**
 * Matrix units for devices that have none: a `GPUDevice` that says it has them, and replaces what WGSL
 * says of subgroup matrices by loops over workgroup memory, where each warp has its matrices.
 */

import type { SubgroupMatrixConfig } from "../../lib/runtime/capabilities.ts";

const FEATURE: string = "chromium-experimental-subgroup-matrix";

/** The device with matrix units that multiply as `units` say; `see` is told all WGSL. */
export function withMatrixUnits(
  gpu: GPUDevice,
  units: readonly SubgroupMatrixConfig[],
  see: (wgsl: string) => void,
): GPUDevice {
  const adapterInfo = overlay(gpu.adapterInfo, {
    subgroupMatrixConfigs: units.map(({ component, result, M, N, K }) => {
      return { componentType: component, resultComponentType: result, M, N, K };
    }),
  });
  return overlay(gpu, {
    adapterInfo,
    features: { has: (name: GPUFeatureName) => name === FEATURE || gpu.features.has(name) },
    createShaderModule: (descriptor: GPUShaderModuleDescriptor) => {
      see(descriptor.code);
      const code = withoutMatrices(descriptor.code, gpu.adapterInfo.subgroupMinSize);
      return gpu.createShaderModule({ ...descriptor, code });
    },
  });
}

/** An object with other values for some of its properties. */
function overlay<T extends object>(target: T, others: Record<string, unknown>): T {
  return new Proxy(target, {
    get(_, key) {
      if (typeof key === "string" && key in others) return others[key];
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A matrix in the WGSL that is rewritten. */
interface Matrix {
  readonly array: string;
  readonly dtype: string;
  readonly rows: number;
  readonly columns: number;
}

const HALVES_IN_WORDS = `fn halves_in_words(x: vec4<f16>) -> vec2<u32> {
  return vec2<u32>(pack2x16float(vec2<f32>(x.xy)), pack2x16float(vec2<f32>(x.zw)));
}`;

/** Factors inside loops that are in use at a time; their arrays take turns. Those outside last. */
const FACTORS = 6;

/** WGSL with loops in place of matrices, for subgroups of so many lanes. */
export function withoutMatrices(wgsl: string, lanes: number): string {
  const items = new Map<string, string>();
  const declaration = /^var<workgroup> (\w+): array<array<(.+), \d+>, \d+>;$/gm;
  for (const [, name, item] of wgsl.matchAll(declaration)) items.set(name!, item!);
  const warps = Number(/@workgroup_size\((\d+)\)/.exec(wgsl)?.[1]) / lanes;
  const matrices = new Map<string, Matrix>(), arrays = new Map<string, string>();
  let factors = 0;
  const declare = (line: string, name: string, of: readonly string[]): Matrix => {
    const [, role, dtype, columns, rows] = of, lasts = role === "result" || /^ {2}\S/.test(line);
    const slot = lasts ? name : `${role}_${factors++ % FACTORS}`;
    const matrix = {
      array: `matrix_${slot}`,
      dtype: dtype!,
      rows: Number(rows),
      columns: Number(columns),
    };
    const element = /^[iu]/.test(dtype!) ? "i32" : "f32";
    const type = `array<array<${element}, ${matrix.rows * matrix.columns}>, ${warps}>`;
    arrays.set(matrix.array, `var<workgroup> ${matrix.array}: ${type};`);
    matrices.set(name, matrix);
    return matrix;
  };
  /** Each lane does every so manieth element, then all wait. */
  const loop = ({ rows, columns }: Matrix, ...body: string[]) => [
    `for (var e = index % ${lanes}u; e < ${rows * columns}u; e += ${lanes}u) {`,
    `let r = e / ${columns}u; let c = e % ${columns}u; let w = index / ${lanes}u;`,
    ...body,
    "}",
    "workgroupBarrier();",
  ];
  const lines = wgsl.split("\n").flatMap((line) => {
    if (line.includes("subgroup_matrix;") || line.startsWith("diagnostic(")) return [];
    const type = /subgroup_matrix_(left|right|result)<(\w+), (\d+), (\d+)>/.exec(line);
    const name = /^\s*(?:let |var )?(\w+) =/.exec(line)?.[1];
    const zero = /^\s*var \w+ = subgroup_matrix_result/.test(line);
    if (zero) {
      const matrix = declare(line, name!, type!);
      return loop(matrix, `${matrix.array}[w][e] = 0;`);
    }
    const load = /Load<.*, (\w+)_major>\(&(\w+)(\[.*\]), (\d+)u, (\d+)u\);/.exec(line);
    if (load) {
      const [, major, array, index, offset, stride] = load;
      const matrix = matrices.get(name!) ?? declare(line, name!, type!);
      const from = place(items.get(array!)!, `${array}${index}`, matrix, offset!, stride!, major!);
      return loop(matrix, from.at, `${matrix.array}[w][e] = ${from.read};`);
    }
    const store = /Store<(\w+)_major>\(&(\w+)(\[.*\]), (\d+)u, (\w+), (\d+)u\);/.exec(line);
    if (store) {
      const [, major, array, index, offset, from, stride] = store, matrix = matrices.get(from!)!;
      const to = place(items.get(array!)!, `${array}${index}`, matrix, offset!, stride!, major!);
      const value = `${matrix.array}[w][e]`, item = items.get(array!)!;
      const cast = /u32/.test(item) ? "bitcast<u32>" : /f16/.test(item) ? "f16" : "";
      return loop(matrix, to.at, `${to.place} = ${cast}(${value});`);
    }
    const product = /(\w+) = subgroupMatrixMultiplyAccumulate\((\w+), (\w+), \w+\);/.exec(line);
    if (product) {
      const [sum, left, right] = product.slice(1).map((name) => matrices.get(name)!);
      const { columns: n, rows: k } = right!;
      return loop(
        sum!,
        `var total = ${sum!.array}[w][e];`,
        `for (var k = 0u; k < ${k}u; k++) {`,
        `total += ${left!.array}[w][r * ${k}u + k] * ${right!.array}[w][k * ${n}u + c];`,
        "}",
        `${sum!.array}[w][e] = total;`,
      );
    }
    // Deno's WebGPU cannot take the bits of vectors of f16.
    const halves = /^\s*\w+\[.* = vec4<u32>\(bitcast<vec2<u32>>/.test(line);
    return [halves ? line.replaceAll("bitcast<vec2<u32>>(", "halves_in_words(") : line];
  });
  const main = lines.findIndex((line) => line.startsWith("@compute"));
  const helpers = lines.some((line) => line.includes("halves_in_words")) ? [HALVES_IN_WORDS] : [];
  return lines.toSpliced(main, 0, ...arrays.values(), ...helpers).join("\n");
}

/** Where element (r, c) of a matrix lies, and how it is read. */
function place(
  item: string,
  array: string,
  { dtype }: Matrix,
  offset: string,
  stride: string,
  major: string,
): { at: string; read: string; place: string } {
  const bytes = /8$/.test(dtype), components = Number(/vec(\d)/.exec(item)?.[1] ?? 1);
  const inWords = dtype === "f16" && /u32/.test(item);
  const width = components * (bytes ? 4 : inWords ? 2 : 1);
  const [row, run] = major === "row" ? ["r", "c"] : ["c", "r"];
  const at = `let p = (${offset}u + ${row} * ${stride}u) * ${width}u + ${run};`;
  const whole = `${array}[p / ${width}u]`;
  if (inWords) {
    return { at, place: whole, read: `unpack2x16float(${whole}[p % ${width}u / 2u])[p % 2u]` };
  }
  if (bytes) return { at, place: whole, read: `extractBits(${whole}, (p % 4u) * 8u, 8u)` };
  const element = width === 1 ? whole : `${whole}[p % ${width}u]`;
  if (/u32/.test(item)) return { at, place: element, read: `bitcast<${dtype}>(${element})` };
  return { at, place: element, read: /^[iu]/.test(dtype) ? element : `f32(${element})` };
}
