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
  let v_0 = f32(scalars.value_of_columns);
  let v_1 = program_x < scalars.value_of_rows;
  let mask_0 = v_1 & inRow_0;
  let mask_1 = v_1 & inRow_1;
  let v_3 = (program_x * scalars.value_of_columns) + at0_0;
  let v_4 = buffer_of_x[v_3 >> 2u];
  let values_0 = select(vec4<f32>(0.0f), v_4, vec4<bool>(mask_0));
  let v_5 = buffer_of_x[(v_3 >> 2u) + 128];
  let values_1 = select(vec4<f32>(0.0f), v_5, vec4<bool>(mask_1));
  let v_6 = values_0 + values_1;
  let v_7 = v_6.xy + v_6.zw;
  let v_8 = v_7.x + v_7.y;
  let v_9 = subgroupShuffleXor(v_8, 1u);
  let v_10 = v_8 + v_9;
  let v_11 = subgroupShuffleXor(v_10, 2u);
  let v_12 = v_10 + v_11;
  let v_13 = subgroupShuffleXor(v_12, 4u);
  let v_14 = v_12 + v_13;
  let v_15 = subgroupShuffleXor(v_14, 8u);
  let v_16 = v_14 + v_15;
  let v_17 = subgroupShuffleXor(v_16, 16u);
  let part_0 = invocation >> 5u;
  if ((invocation & 31) == 0) {
    shared_0[part_0] = v_16 + v_17;
  }
  workgroupBarrier();
  let v_19 = shared_0[0];
  let v_20 = shared_0[1];
  let v_21 = shared_0[2];
  let v_22 = shared_0[3];
  let mean_0 = ((v_19 + v_21) + (v_20 + v_22)) / v_0;
  let centred_0 = select(vec4<f32>(0.0f), values_0 - vec4<f32>(mean_0), vec4<bool>(mask_0));
  let centred_1 = select(vec4<f32>(0.0f), values_1 - vec4<f32>(mean_0), vec4<bool>(mask_1));
  let v_30 = (centred_0 * centred_0) + (centred_1 * centred_1);
  let v_31 = v_30.xy + v_30.zw;
  let v_32 = v_31.x + v_31.y;
  let v_33 = subgroupShuffleXor(v_32, 1u);
  let v_34 = v_32 + v_33;
  let v_35 = subgroupShuffleXor(v_34, 2u);
  let v_36 = v_34 + v_35;
  let v_37 = subgroupShuffleXor(v_36, 4u);
  let v_38 = v_36 + v_37;
  let v_39 = subgroupShuffleXor(v_38, 8u);
  let v_40 = v_38 + v_39;
  let v_41 = subgroupShuffleXor(v_40, 16u);
  if ((invocation & 31) == 0) {
    shared_1[part_0] = v_40 + v_41;
  }
  workgroupBarrier();
  let v_43 = shared_1[0];
  let v_44 = shared_1[1];
  let v_45 = shared_1[2];
  let v_46 = shared_1[3];
  let variance_0 = ((v_43 + v_45) + (v_44 + v_46)) / v_0;
  let v_50 = buffer_of_weight[at0_0 >> 2u];
  let v_51 = buffer_of_weight[(at0_0 >> 2u) + 128];
  let v_52 = buffer_of_bias[at0_0 >> 2u];
  let v_53 = buffer_of_bias[(at0_0 >> 2u) + 128];
  let v_55 = inverseSqrt(variance_0 + 0.000009999999747378752f);
  let v_58 = (centred_0 * vec4<f32>(v_55)) * select(vec4<f32>(0.0f), v_50, vec4<bool>(inRow_0));
  let v_59 = (centred_1 * vec4<f32>(v_55)) * select(vec4<f32>(0.0f), v_51, vec4<bool>(inRow_1));
  let normed_0 = v_58 + select(vec4<f32>(0.0f), v_52, vec4<bool>(inRow_0));
  let normed_1 = v_59 + select(vec4<f32>(0.0f), v_53, vec4<bool>(inRow_1));
  if (mask_0) {
    buffer_of_out[v_3 >> 2u] = normed_0;
  }
  if (mask_1) {
    buffer_of_out[(v_3 >> 2u) + 128] = normed_1;
  }
}
