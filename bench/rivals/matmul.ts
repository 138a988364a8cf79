/**
 * `c = a @ b` of square matrices by hand. A workgroup makes a tile of the result, an invocation 8×8 of
 * it in registers; the operands pass through workgroup memory, and the next ones are loaded before
 * the current ones are used. Workgroup arrays have two dimensions, since wgpu clamps every index and a
 * clamp that does not change in the loop can be moved out of it. Rows of `a` are padded by one `vec4`
 * so that they fall on other banks.
 */

import type { Device, Tensor } from "../../mod.ts";
import type { BenchDType, Handwritten } from "../workload.ts";

/** A tile of the result, and how far a step goes along the inner dimension. */
interface Tile {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

const TILES: readonly Tile[] = [
  { m: 128, n: 128, k: 16 },
  { m: 128, n: 128, k: 8 },
  { m: 128, n: 64, k: 16 },
  { m: 64, n: 64, k: 16 },
  { m: 64, n: 64, k: 32 },
];

/** Elements of the result of one invocation, each way. */
const OWN = 8;

/** The ways that are worth a try, for matrices of n, a multiple of 128. */
export function matmulShaders(
  device: Device,
  reads: readonly Tensor[],
  out: Tensor,
  n: number,
  dtype: BenchDType,
): Handwritten[] {
  if (n % 128 !== 0) throw new Error(`Cannot split ${n} into tiles of 128`);
  if (dtype === "f16" && !device.capabilities.features.includes("shader-f16")) return [];
  return TILES.map((tile) => ({
    name: `${tile.m}x${tile.n}x${tile.k}`,
    code: matmulShader(n, dtype, tile),
    reads,
    writes: [out],
    groups: [n / tile.n, n / tile.m],
  }));
}

function matmulShader(size: number, dtype: BenchDType, tile: Tile): string {
  const across = tile.n / OWN, threads = across * tile.m / OWN, units = size / 4;
  const aUnits = tile.k / 4, bUnits = tile.n / 4;
  const aEach = tile.m * aUnits / threads, bEach = tile.k * bUnits / threads;
  const list = (count: number, text: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => text(i)).join("\n");
  const wide = (value: string) => dtype === "f32" ? value : `vec4<f32>(${value})`;
  const load = (keyword: string) =>
    list(aEach, (i) => `    ${keyword}ra${i} = a[at_a${i}]; at_a${i} += ${aUnits}u;`) + "\n" +
    list(bEach, (i) => `    ${keyword}rb${i} = b[at_b${i}]; at_b${i} += ${tile.k * units}u;`);
  const step = (k4: number) =>
    `    {
${list(OWN, (m) => `      let a${m} = ${wide(`tile_a[ty * ${OWN}u + ${m}u][${k4}]`)};`)}
${
      list(4, (k) =>
        list(
          2,
          (n) => `      let b${k}${n} = ${wide(`tile_b[${k4 * 4 + k}][tx + ${n * across}u]`)};`,
        ) +
        "\n" +
        list(OWN, (m) => list(2, (n) => `      c${m}${n} += a${m}[${k}] * b${k}${n};`)))
    }
    }`;
  return `${dtype === "f16" ? "enable f16;" : ""}
@group(0) @binding(0) var<storage, read> a: array<vec4<${dtype}>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<${dtype}>>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<${dtype}>>;
var<workgroup> tile_a: array<array<vec4<${dtype}>, ${aUnits + 1}>, ${tile.m}>;
var<workgroup> tile_b: array<array<vec4<${dtype}>, ${bUnits}>, ${tile.k}>;

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tx = thread % ${across}u;
  let ty = thread / ${across}u;
  let row = group.y * ${tile.m}u;
  let column = group.x * ${bUnits}u; // in vec4
${
    list(aEach, (i) =>
      `  let am${i} = (thread + ${i * threads}u) / ${aUnits}u;
  let ak${i} = (thread + ${i * threads}u) % ${aUnits}u;
  var at_a${i} = (row + am${i}) * ${units}u + ak${i};`)
  }
${
    list(bEach, (i) =>
      `  let bk${i} = (thread + ${i * threads}u) / ${bUnits}u;
  let bn${i} = (thread + ${i * threads}u) % ${bUnits}u;
  var at_b${i} = bk${i} * ${units}u + column + bn${i};`)
  }
${list(OWN, (m) => `  var c${m}0 = vec4<f32>(); var c${m}1 = vec4<f32>();`)}
${load("var ")}
  for (var k = 1u; k <= ${size / tile.k}u; k++) {
    workgroupBarrier();
${list(aEach, (i) => `    tile_a[am${i}][ak${i}] = ra${i};`)}
${list(bEach, (i) => `    tile_b[bk${i}][bn${i}] = rb${i};`)}
    workgroupBarrier();
    if (k < ${size / tile.k}u) {
${load("")}
    }
${list(aUnits, step)}
  }
  let start = (row + ty * ${OWN}u) * ${units}u + column + tx;
${
    list(OWN, (m) =>
      list(2, (n) =>
        `  c[start + ${m * units + n * across}u] = ${
          dtype === "f32" ? `c${m}${n}` : `vec4<f16>(c${m}${n})`
        };`))
  }
}
`;
}
