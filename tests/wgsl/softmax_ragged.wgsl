struct Scalars {
  value_of_columns: i32,
  value_of_rows: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_x: array<f32>;
@group(0) @binding(1) var<storage, read_write> buffer_of_out: array<f32>;
@group(0) @binding(2) var<uniform> scalars: Scalars;
var<workgroup> shared_0: array<f32, 4>;
var<workgroup> shared_1: array<f32, 4>;
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
  let v_16 = max(loaded_0, loaded_1);
  let v_17 = max(v_16.xy, v_16.zw);
  let v_19 = loaded_0 + loaded_1;
  let v_20 = v_19.xy + v_19.zw;
  var max_0 = max(v_17.x, v_17.y);
  if ((bitcast<u32>(v_20.x + v_20.y) & 2147483647u) > 2139095040u) {
    let v_22 = maxnum_f32x4(loaded_0, loaded_1);
    let v_23 = maxnum_f32x2(v_22.xy, v_22.zw);
    max_0 = maxnum_f32(v_23.x, v_23.y);
  }
  let v_25 = subgroupShuffleXor(max_0, 1u);
  let v_26 = maxnum_f32(max_0, v_25);
  let v_27 = subgroupShuffleXor(v_26, 2u);
  let v_28 = maxnum_f32(v_26, v_27);
  let v_29 = subgroupShuffleXor(v_28, 4u);
  let v_30 = maxnum_f32(v_28, v_29);
  let v_31 = subgroupShuffleXor(v_30, 8u);
  let v_32 = maxnum_f32(v_30, v_31);
  let v_33 = subgroupShuffleXor(v_32, 16u);
  let part_0 = invocation >> 5u;
  if ((invocation & 31) == 0) {
    shared_0[part_0] = maxnum_f32(v_32, v_33);
  }
  workgroupBarrier();
  let v_35 = shared_0[0];
  let v_36 = shared_0[1];
  let v_37 = shared_0[2];
  let v_38 = shared_0[3];
  let v_41 = maxnum_f32(maxnum_f32(v_35, v_37), maxnum_f32(v_36, v_38));
  let powers_0 = exp(loaded_0 - vec4<f32>(v_41));
  let powers_1 = exp(loaded_1 - vec4<f32>(v_41));
  let v_44 = powers_0 + powers_1;
  let v_45 = v_44.xy + v_44.zw;
  let v_46 = v_45.x + v_45.y;
  let v_47 = subgroupShuffleXor(v_46, 1u);
  let v_48 = v_46 + v_47;
  let v_49 = subgroupShuffleXor(v_48, 2u);
  let v_50 = v_48 + v_49;
  let v_51 = subgroupShuffleXor(v_50, 4u);
  let v_52 = v_50 + v_51;
  let v_53 = subgroupShuffleXor(v_52, 8u);
  let v_54 = v_52 + v_53;
  let v_55 = subgroupShuffleXor(v_54, 16u);
  if ((invocation & 31) == 0) {
    shared_1[part_0] = v_54 + v_55;
  }
  workgroupBarrier();
  let v_57 = shared_1[0];
  let v_58 = shared_1[1];
  let v_59 = shared_1[2];
  let v_60 = shared_1[3];
  let v_63 = (v_57 + v_59) + (v_58 + v_60);
  let v_64 = powers_0 / vec4<f32>(v_63);
  let v_65 = powers_1 / vec4<f32>(v_63);
  if (mask_0.x) {
    buffer_of_out[v_6.x] = v_64.x;
  }
  if (mask_0.y) {
    buffer_of_out[v_6.y] = v_64.y;
  }
  if (mask_0.z) {
    buffer_of_out[v_6.z] = v_64.z;
  }
  if (mask_0.w) {
    buffer_of_out[v_6.w] = v_64.w;
  }
  if (mask_1.x) {
    buffer_of_out[v_7.x] = v_65.x;
  }
  if (mask_1.y) {
    buffer_of_out[v_7.y] = v_65.y;
  }
  if (mask_1.z) {
    buffer_of_out[v_7.z] = v_65.z;
  }
  if (mask_1.w) {
    buffer_of_out[v_7.w] = v_65.w;
  }
}
