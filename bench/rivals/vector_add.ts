/** `out = x + y` by hand: four elements an invocation; the length is divisible by 4. */
export const vectorAddShader = `
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4<f32>>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = (group.y * 32768u + group.x) * 256u + thread;
  if (i < arrayLength(&result)) {
    result[i] = x[i] + y[i];
  }
}
`;
