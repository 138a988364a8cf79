/**
 * `c = a @ b` in f32 by hand: a workgroup of 256 makes 128×128 of the result, an invocation 8×8 in
 * registers, and the operands pass through workgroup memory 16 columns of `a` and rows of `b` at a
 * time.
 */

const TILE = 128, DEPTH = 16;

/** Rows of A's tile in workgroup memory, in vec4, and one more so that rows fall on other banks. */
const PITCH = DEPTH / 4 + 1;

/** The shader for square matrices of `n`, a multiple of 128; the grid is n / 128 by n / 128. */
export function matmulShader(n: number): string {
  if (n % TILE !== 0) throw new Error(`Cannot split ${n} into tiles of ${TILE}`);
  const eight = Array.from({ length: 8 }, (_, i) => i);
  const lines = (line: (m: number) => string) => eight.map(line).join("\n");
  const step = (k: number) => `
      { let b0 = tile_b[(k4 * 4u + ${k}u) * 32u + tx];
        let b1 = tile_b[(k4 * 4u + ${k}u) * 32u + 16u + tx];
${lines((m) => `        c${m}0 += a${m}[${k}] * b0; c${m}1 += a${m}[${k}] * b1;`)} }`;
  return `
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>;
var<workgroup> tile_a: array<vec4<f32>, ${TILE * PITCH}>; // [${TILE}, ${DEPTH}], rows padded
var<workgroup> tile_b: array<vec4<f32>, ${DEPTH * TILE / 4}>; // [${DEPTH}, ${TILE}]

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tx = thread % 16u;
  let ty = thread / 16u;
  let row = group.y * ${TILE}u;
  let column = group.x * ${TILE / 4}u; // in vec4
${lines((m) => `  var c${m}0 = vec4<f32>(); var c${m}1 = vec4<f32>();`)}
  for (var k = 0u; k < ${n / DEPTH}u; k++) {
    for (var i = 0u; i < 2u; i++) {
      let at = thread + i * 256u;
      tile_a[(at / 4u) * ${PITCH}u + at % 4u] =
        a[(row + at / 4u) * ${n / 4}u + k * 4u + at % 4u];
      tile_b[at] = b[(k * ${DEPTH}u + at / 32u) * ${n / 4}u + column + at % 32u];
    }
    workgroupBarrier();
    for (var k4 = 0u; k4 < 4u; k4++) {
${lines((m) => `      let a${m} = tile_a[(ty * 8u + ${m}u) * ${PITCH}u + k4];`)}
${[0, 1, 2, 3].map(step).join("")}
    }
    workgroupBarrier();
  }
  let start = (row + ty * 8u) * ${n / 4}u + column + tx;
${lines((m) => `  c[start + ${m * n / 4}u] = c${m}0; c[start + ${m * n / 4 + 16}u] = c${m}1;`)}
}
`;
}
