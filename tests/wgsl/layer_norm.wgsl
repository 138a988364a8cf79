struct Scalars {
  value_of_columns: i32,
  value_of_rows: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> buffer_of_weight: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> buffer_of_bias: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> buffer_of_out: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> scalars: Scalars;
var<workgroup> shared_0: array<f32, 4>;
var<workgroup> shared_1: array<f32, 4>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let program_x = i32(workgroup.x);
  let invocation = i32(index);
  let at0_0 = invocation * 4;
  let v_0 = at0_0 + 512;
  let v_1 = f32(scalars.value_of_columns);
  let v_2 = program_x < scalars.value_of_rows;
  let mask_0 = v_2 & (at0_0 < scalars.value_of_columns);
  let mask_1 = v_2 & (v_0 < scalars.value_of_columns);
  let v_4 = (program_x * scalars.value_of_columns) + at0_0;
  let v_5 = buffer_of_x[v_4 >> 2u];
  let values_0 = select(vec4<f32>(0.0f), v_5, vec4<bool>(mask_0));
  let v_6 = buffer_of_x[(v_4 + 512) >> 2u];
  let values_1 = select(vec4<f32>(0.0f), v_6, vec4<bool>(mask_1));
  let v_7 = values_0 + values_1;
  let v_8 = v_7.xy + v_7.zw;
  let v_9 = v_8.x + v_8.y;
  let v_10 = subgroupShuffleXor(v_9, 1u);
  let v_11 = v_9 + v_10;
  let v_12 = subgroupShuffleXor(v_11, 2u);
  let v_13 = v_11 + v_12;
  let v_14 = subgroupShuffleXor(v_13, 4u);
  let v_15 = v_13 + v_14;
  let v_16 = subgroupShuffleXor(v_15, 8u);
  let v_17 = v_15 + v_16;
  let v_18 = subgroupShuffleXor(v_17, 16u);
  let part_0 = invocation >> 5u;
  if ((invocation & 31) == 0) {
    shared_0[part_0] = v_17 + v_18;
  }
  workgroupBarrier();
  let v_20 = shared_0[0];
  let v_21 = shared_0[1];
  let v_22 = shared_0[2];
  let v_23 = shared_0[3];
  let mean_0 = ((v_20 + v_22) + (v_21 + v_23)) / v_1;
  let centred_0 = select(vec4<f32>(0.0f), values_0 - vec4<f32>(mean_0), vec4<bool>(mask_0));
  let centred_1 = select(vec4<f32>(0.0f), values_1 - vec4<f32>(mean_0), vec4<bool>(mask_1));
  let v_31 = (centred_0 * centred_0) + (centred_1 * centred_1);
  let v_32 = v_31.xy + v_31.zw;
  let v_33 = v_32.x + v_32.y;
  let v_34 = subgroupShuffleXor(v_33, 1u);
  let v_35 = v_33 + v_34;
  let v_36 = subgroupShuffleXor(v_35, 2u);
  let v_37 = v_35 + v_36;
  let v_38 = subgroupShuffleXor(v_37, 4u);
  let v_39 = v_37 + v_38;
  let v_40 = subgroupShuffleXor(v_39, 8u);
  let v_41 = v_39 + v_40;
  let v_42 = subgroupShuffleXor(v_41, 16u);
  if ((invocation & 31) == 0) {
    shared_1[part_0] = v_41 + v_42;
  }
  workgroupBarrier();
  let v_44 = shared_1[0];
  let v_45 = shared_1[1];
  let v_46 = shared_1[2];
  let v_47 = shared_1[3];
  let variance_0 = ((v_44 + v_46) + (v_45 + v_47)) / v_1;
  let v_51 = buffer_of_weight[at0_0 >> 2u];
  let v_52 = buffer_of_weight[v_0 >> 2u];
  let v_53 = buffer_of_bias[at0_0 >> 2u];
  let v_54 = buffer_of_bias[v_0 >> 2u];
  let v_56 = inverseSqrt(variance_0 + 0.000009999999747378752f);
  let v_59 = (centred_0 * vec4<f32>(v_56)) * v_51;
  let v_60 = (centred_1 * vec4<f32>(v_56)) * v_52;
  if (mask_0) {
    buffer_of_out[v_4 >> 2u] = v_59 + v_53;
  }
  if (mask_1) {
    buffer_of_out[(v_4 + 512) >> 2u] = v_60 + v_54;
  }
}
