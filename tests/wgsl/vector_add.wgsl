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
  let offsets_0 = (program_x * 1024) + (invocation * 4);
  let mask_0 = offsets_0 < scalars.value_of_n;
  let mask_1 = (offsets_0 + 512) < scalars.value_of_n;
  let v_1 = buffer_of_x[offsets_0 >> 2u];
  let v_3 = buffer_of_x[(offsets_0 >> 2u) + 128];
  let v_5 = buffer_of_y[offsets_0 >> 2u];
  let v_7 = buffer_of_y[(offsets_0 >> 2u) + 128];
  let sum_0 = select(vec4<f32>(0.0f), v_1, vec4<bool>(mask_0)) + select(vec4<f32>(0.0f), v_5, vec4<bool>(mask_0));
  let sum_1 = select(vec4<f32>(0.0f), v_3, vec4<bool>(mask_1)) + select(vec4<f32>(0.0f), v_7, vec4<bool>(mask_1));
  if (mask_0) {
    buffer_of_out[offsets_0 >> 2u] = sum_0;
  }
  if (mask_1) {
    buffer_of_out[(offsets_0 >> 2u) + 128] = sum_1;
  }
}
