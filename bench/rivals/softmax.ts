/** Softmax of rows by hand: a workgroup a row, the row in registers from its only read to its only write. */

/** The shader for rows of `cols` elements, a multiple of 4 times the invocations. */
export function softmaxShader(cols: number, invocations: number): string {
  const each = cols / 4 / invocations;
  if (!Number.isInteger(each)) throw new Error(`Cannot split ${cols} columns over ${invocations}`);
  const tree = (combine: (a: string, b: string) => string) => `
  scratch[thread] = value;
  for (var half = ${invocations / 2}u; half > 0u; half = half >> 1u) {
    workgroupBarrier();
    if (thread < half) {
      scratch[thread] = ${combine("scratch[thread]", "scratch[thread + half]")};
    }
  }
  workgroupBarrier();
  let total = scratch[0];
  workgroupBarrier();
  return total;`;
  return `
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4<f32>>;
var<workgroup> scratch: array<f32, ${invocations}>;

fn greatest(value: f32, thread: u32) -> f32 {${tree((a, b) => `max(${a}, ${b})`)}
}
fn total_of(value: f32, thread: u32) -> f32 {${tree((a, b) => `${a} + ${b}`)}
}

@compute @workgroup_size(${invocations})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let start = (group.y * 32768u + group.x) * ${cols / 4}u + thread;
  var row: array<vec4<f32>, ${each}>;
  var high = vec4<f32>(-3.4e38);
  for (var i = 0u; i < ${each}u; i++) {
    row[i] = x[start + i * ${invocations}u];
    high = max(high, row[i]);
  }
  let peak = greatest(max(max(high.x, high.y), max(high.z, high.w)), thread);
  var sums = vec4<f32>();
  for (var i = 0u; i < ${each}u; i++) {
    row[i] = exp(row[i] - peak);
    sums += row[i];
  }
  let scale = 1.0 / total_of(sums.x + sums.y + sums.z + sums.w, thread);
  for (var i = 0u; i < ${each}u; i++) {
    result[start + i * ${invocations}u] = row[i] * scale;
  }
}
`;
}
