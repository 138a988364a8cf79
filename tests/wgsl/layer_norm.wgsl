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
  let inRow_0 = at0_0 < scalars.value_of_columns;
  let inRow_1 = (at0_0 + 512) < scalars.value_of_columns;
  let v_0 = buffer_of_weight[at0_0 >> 2u];
  let v_1 = buffer_of_weight[(at0_0 >> 2u) + 128];
  let v_2 = buffer_of_bias[at0_0 >> 2u];
  let v_3 = buffer_of_bias[(at0_0 >> 2u) + 128];
  let v_4 = f32(scalars.value_of_columns);
  let v_5 = program_x < scalars.value_of_rows;
  let mask_0 = v_5 & inRow_0;
  let mask_1 = v_5 & inRow_1;
  let v_7 = (program_x * scalars.value_of_columns) + at0_0;
  let v_8 = buffer_of_x[v_7 >> 2u];
  let values_0 = select(vec4<f32>(0.0f), v_8, vec4<bool>(mask_0));
  let v_9 = buffer_of_x[(v_7 >> 2u) + 128];
  let values_1 = select(vec4<f32>(0.0f), v_9, vec4<bool>(mask_1));
  let v_10 = values_0 + values_1;
  let v_11 = v_10.xy + v_10.zw;
  let v_12 = v_11.x + v_11.y;
  let v_13 = subgroupShuffleXor(v_12, 1u);
  let v_14 = v_12 + v_13;
  let v_15 = subgroupShuffleXor(v_14, 2u);
  let v_16 = v_14 + v_15;
  let v_17 = subgroupShuffleXor(v_16, 4u);
  let v_18 = v_16 + v_17;
  let v_19 = subgroupShuffleXor(v_18, 8u);
  let v_20 = v_18 + v_19;
  let v_21 = subgroupShuffleXor(v_20, 16u);
  let part_0 = invocation >> 5u;
  if ((invocation & 31) == 0) {
    shared_0[part_0] = v_20 + v_21;
  }
  workgroupBarrier();
  let v_23 = shared_0[0];
  let v_24 = shared_0[1];
  let v_25 = shared_0[2];
  let v_26 = shared_0[3];
  let mean_0 = ((v_23 + v_25) + (v_24 + v_26)) / v_4;
  let centred_0 = select(vec4<f32>(0.0f), values_0 - vec4<f32>(mean_0), vec4<bool>(mask_0));
  let centred_1 = select(vec4<f32>(0.0f), values_1 - vec4<f32>(mean_0), vec4<bool>(mask_1));
  let v_34 = (centred_0 * centred_0) + (centred_1 * centred_1);
  let v_35 = v_34.xy + v_34.zw;
  let v_36 = v_35.x + v_35.y;
  let v_37 = subgroupShuffleXor(v_36, 1u);
  let v_38 = v_36 + v_37;
  let v_39 = subgroupShuffleXor(v_38, 2u);
  let v_40 = v_38 + v_39;
  let v_41 = subgroupShuffleXor(v_40, 4u);
  let v_42 = v_40 + v_41;
  let v_43 = subgroupShuffleXor(v_42, 8u);
  let v_44 = v_42 + v_43;
  let v_45 = subgroupShuffleXor(v_44, 16u);
  if ((invocation & 31) == 0) {
    shared_1[part_0] = v_44 + v_45;
  }
  workgroupBarrier();
  let v_47 = shared_1[0];
  let v_48 = shared_1[1];
  let v_49 = shared_1[2];
  let v_50 = shared_1[3];
  let variance_0 = ((v_47 + v_49) + (v_48 + v_50)) / v_4;
  let v_55 = inverseSqrt(variance_0 + 0.000009999999747378752f);
  let v_58 = (centred_0 * vec4<f32>(v_55)) * select(vec4<f32>(0.0f), v_0, vec4<bool>(inRow_0));
  let v_59 = (centred_1 * vec4<f32>(v_55)) * select(vec4<f32>(0.0f), v_1, vec4<bool>(inRow_1));
  let normed_0 = v_58 + select(vec4<f32>(0.0f), v_2, vec4<bool>(inRow_0));
  let normed_1 = v_59 + select(vec4<f32>(0.0f), v_3, vec4<bool>(inRow_1));
  if (mask_0) {
    buffer_of_out[v_7 >> 2u] = normed_0;
  }
  if (mask_1) {
    buffer_of_out[(v_7 >> 2u) + 128] = normed_1;
  }
}
