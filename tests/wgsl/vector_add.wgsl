struct Scalars {
  value_of_n: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> buffer_of_y: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> buffer_of_out: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> scalars: Scalars;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let program_x = i32(workgroup.x);
  let invocation = i32(index);
  let v_0 = program_x * 1024;
  let at0_0 = invocation * 4;
  let offsets_0 = v_0 + at0_0;
  let offsets_1 = (v_0 + at0_0) + 512;
  let v_2 = buffer_of_x[offsets_0 >> 2u];
  let v_3 = buffer_of_x[offsets_1 >> 2u];
  let v_4 = buffer_of_y[offsets_0 >> 2u];
  let v_5 = buffer_of_y[offsets_1 >> 2u];
  if (offsets_0 < scalars.value_of_n) {
    buffer_of_out[offsets_0 >> 2u] = v_2 + v_4;
  }
  if (offsets_1 < scalars.value_of_n) {
    buffer_of_out[offsets_1 >> 2u] = v_3 + v_5;
  }
}
