struct Scalars {
  value_of_columns: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> buffer_of_weight: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> buffer_of_bias: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> buffer_of_out: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> scalars: Scalars;
var<workgroup> shared_0: array<f32, 4>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let program_x = i32(workgroup.x);
  let invocation = i32(index);
  let at0_0 = invocation * 4;
  let places_0 = at0_0 + 512;
  let v_0 = program_x * scalars.value_of_columns;
  let mask_0 = at0_0 < scalars.value_of_columns;
  let mask_1 = places_0 < scalars.value_of_columns;
  let v_1 = v_0 + at0_0;
  let v_2 = v_0 + places_0;
  let v_3 = buffer_of_x[v_1 >> 2u];
  let row_0 = select(vec4<f32>(0.0f), v_3, vec4<bool>(mask_0));
  let v_4 = buffer_of_x[v_2 >> 2u];
  let row_1 = select(vec4<f32>(0.0f), v_4, vec4<bool>(mask_1));
  let v_5 = row_0 + row_1;
  let v_6 = v_5.xy + v_5.zw;
  let v_7 = v_6.x + v_6.y;
  let v_8 = subgroupShuffleXor(v_7, 1u);
  let v_9 = v_7 + v_8;
  let v_10 = subgroupShuffleXor(v_9, 2u);
  let v_11 = v_9 + v_10;
  let v_12 = subgroupShuffleXor(v_11, 4u);
  let v_13 = v_11 + v_12;
  let v_14 = subgroupShuffleXor(v_13, 8u);
  let v_15 = v_13 + v_14;
  let v_16 = subgroupShuffleXor(v_15, 16u);
  let part_0 = invocation >> 5u;
  if ((invocation & 31) == 0) {
    shared_0[part_0] = v_15 + v_16;
  }
  workgroupBarrier();
  let v_18 = shared_0[0];
  let v_19 = shared_0[1];
  let v_20 = shared_0[2];
  let v_21 = shared_0[3];
  let v_25 = f32(scalars.value_of_columns);
  let mean_0 = ((v_18 + v_20) + (v_19 + v_21)) / v_25;
  let centred_0 = select(vec4<f32>(0.0f), row_0 - vec4<f32>(mean_0), vec4<bool>(mask_0));
  let centred_1 = select(vec4<f32>(0.0f), row_1 - vec4<f32>(mean_0), vec4<bool>(mask_1));
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
  workgroupBarrier();
  if ((invocation & 31) == 0) {
    shared_0[part_0] = v_40 + v_41;
  }
  workgroupBarrier();
  let v_43 = shared_0[0];
  let v_44 = shared_0[1];
  let v_45 = shared_0[2];
  let v_46 = shared_0[3];
  let variance_0 = ((v_43 + v_45) + (v_44 + v_46)) / v_25;
  let v_51 = inverseSqrt(variance_0 + 0.000009999999747378752f);
  let v_54 = buffer_of_weight[at0_0 >> 2u];
  let v_56 = buffer_of_weight[places_0 >> 2u];
  let scaled_0 = (centred_0 * vec4<f32>(v_51)) * select(vec4<f32>(0.0f), v_54, vec4<bool>(mask_0));
  let scaled_1 = (centred_1 * vec4<f32>(v_51)) * select(vec4<f32>(0.0f), v_56, vec4<bool>(mask_1));
  let v_58 = buffer_of_bias[at0_0 >> 2u];
  let v_60 = buffer_of_bias[places_0 >> 2u];
  let v_62 = scaled_0 + select(vec4<f32>(0.0f), v_58, vec4<bool>(mask_0));
  let v_63 = scaled_1 + select(vec4<f32>(0.0f), v_60, vec4<bool>(mask_1));
  if (mask_0) {
    buffer_of_out[v_1 >> 2u] = v_62;
  }
  if (mask_1) {
    buffer_of_out[v_2 >> 2u] = v_63;
  }
}
