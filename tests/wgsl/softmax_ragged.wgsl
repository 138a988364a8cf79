struct Scalars {
  value_of_columns: i32,
  value_of_rows: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_x: array<f32>;
@group(0) @binding(1) var<storage, read_write> buffer_of_out: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;
var<workgroup> shared_0: array<f32, 4>;
var<private> negative_infinity_bits: u32 = 0xff800000u;

fn maxnum_f32x4(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
  return select(select(max(a, b), b, ((bitcast<vec4<u32>>(a) & vec4<u32>(2147483647u)) > vec4<u32>(2139095040u))), a, ((bitcast<vec4<u32>>(b) & vec4<u32>(2147483647u)) > vec4<u32>(2139095040u)));
}

fn maxnum_f32x2(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  return select(select(max(a, b), b, ((bitcast<vec2<u32>>(a) & vec2<u32>(2147483647u)) > vec2<u32>(2139095040u))), a, ((bitcast<vec2<u32>>(b) & vec2<u32>(2147483647u)) > vec2<u32>(2139095040u)));
}

fn maxnum_f32(a: f32, b: f32) -> f32 {
  return select(select(max(a, b), b, ((bitcast<u32>(a) & 2147483647u) > 2139095040u)), a, ((bitcast<u32>(b) & 2147483647u) > 2139095040u));
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let program_x = i32(workgroup.x);
  let invocation = i32(index);
  let v_0 = vec4<i32>(invocation, invocation + 128, invocation + 256, invocation + 384);
  let v_1 = vec4<i32>(invocation + 512, invocation + 640, invocation + 768, invocation + 896);
  let v_2 = program_x * scalars.value_of_columns;
  let v_3 = program_x < scalars.value_of_rows;
  let mask_0 = vec4<bool>(v_3) & (v_0 < vec4<i32>(scalars.value_of_columns));
  let mask_1 = vec4<bool>(v_3) & (v_1 < vec4<i32>(scalars.value_of_columns));
  let v_6 = vec4<i32>(v_2) + v_0;
  let v_7 = vec4<i32>(v_2) + v_1;
  let v_8 = buffer_of_x[v_6.x];
  let v_9 = buffer_of_x[v_6.y];
  let v_10 = buffer_of_x[v_6.z];
  let v_11 = buffer_of_x[v_6.w];
  let loaded_0 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), vec4<f32>(v_8, v_9, v_10, v_11), mask_0);
  let v_12 = buffer_of_x[v_7.x];
  let v_13 = buffer_of_x[v_7.y];
  let v_14 = buffer_of_x[v_7.z];
  let v_15 = buffer_of_x[v_7.w];
  let loaded_1 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), vec4<f32>(v_12, v_13, v_14, v_15), mask_1);
  let v_16 = maxnum_f32x4(loaded_0, loaded_1);
  let v_17 = maxnum_f32x2(v_16.xy, v_16.zw);
  let v_18 = maxnum_f32(v_17.x, v_17.y);
  let v_19 = subgroupShuffleXor(v_18, 1u);
  let v_20 = maxnum_f32(v_18, v_19);
  let v_21 = subgroupShuffleXor(v_20, 2u);
  let v_22 = maxnum_f32(v_20, v_21);
  let v_23 = subgroupShuffleXor(v_22, 4u);
  let v_24 = maxnum_f32(v_22, v_23);
  let v_25 = subgroupShuffleXor(v_24, 8u);
  let v_26 = maxnum_f32(v_24, v_25);
  let v_27 = subgroupShuffleXor(v_26, 16u);
  let part_0 = invocation >> 5u;
  if ((invocation & 31) == 0) {
    shared_0[part_0] = maxnum_f32(v_26, v_27);
  }
  workgroupBarrier();
  let v_29 = shared_0[0];
  let v_30 = shared_0[1];
  let v_31 = shared_0[2];
  let v_32 = shared_0[3];
  let v_35 = maxnum_f32(maxnum_f32(v_29, v_31), maxnum_f32(v_30, v_32));
  let powers_0 = exp(loaded_0 - vec4<f32>(v_35));
  let powers_1 = exp(loaded_1 - vec4<f32>(v_35));
  let v_38 = powers_0 + powers_1;
  let v_39 = v_38.xy + v_38.zw;
  let v_40 = v_39.x + v_39.y;
  let v_41 = subgroupShuffleXor(v_40, 1u);
  let v_42 = v_40 + v_41;
  let v_43 = subgroupShuffleXor(v_42, 2u);
  let v_44 = v_42 + v_43;
  let v_45 = subgroupShuffleXor(v_44, 4u);
  let v_46 = v_44 + v_45;
  let v_47 = subgroupShuffleXor(v_46, 8u);
  let v_48 = v_46 + v_47;
  let v_49 = subgroupShuffleXor(v_48, 16u);
  workgroupBarrier();
  if ((invocation & 31) == 0) {
    shared_0[part_0] = v_48 + v_49;
  }
  workgroupBarrier();
  let v_51 = shared_0[0];
  let v_52 = shared_0[1];
  let v_53 = shared_0[2];
  let v_54 = shared_0[3];
  let v_57 = (v_51 + v_53) + (v_52 + v_54);
  let v_58 = powers_0 / vec4<f32>(v_57);
  let v_59 = powers_1 / vec4<f32>(v_57);
  if (mask_0.x) {
    buffer_of_out[v_6.x] = v_58.x;
  }
  if (mask_0.y) {
    buffer_of_out[v_6.y] = v_58.y;
  }
  if (mask_0.z) {
    buffer_of_out[v_6.z] = v_58.z;
  }
  if (mask_0.w) {
    buffer_of_out[v_6.w] = v_58.w;
  }
  if (mask_1.x) {
    buffer_of_out[v_7.x] = v_59.x;
  }
  if (mask_1.y) {
    buffer_of_out[v_7.y] = v_59.y;
  }
  if (mask_1.z) {
    buffer_of_out[v_7.z] = v_59.z;
  }
  if (mask_1.w) {
    buffer_of_out[v_7.w] = v_59.w;
  }
}
