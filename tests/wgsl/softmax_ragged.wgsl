struct Scalars {
  value_of_columns: i32,
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
  let places_0 = vec4<i32>(invocation, invocation + 128, invocation + 256, invocation + 384);
  let places_1 = vec4<i32>(invocation + 512, invocation + 640, invocation + 768, invocation + 896);
  let v_0 = program_x * scalars.value_of_columns;
  let mask_0 = places_0 < vec4<i32>(scalars.value_of_columns);
  let mask_1 = places_1 < vec4<i32>(scalars.value_of_columns);
  let v_1 = vec4<i32>(v_0) + places_0;
  let v_2 = vec4<i32>(v_0) + places_1;
  let v_3 = buffer_of_x[v_1.x];
  let v_4 = buffer_of_x[v_1.y];
  let v_5 = buffer_of_x[v_1.z];
  let v_6 = buffer_of_x[v_1.w];
  let row_0 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), vec4<f32>(v_3, v_4, v_5, v_6), mask_0);
  let v_7 = buffer_of_x[v_2.x];
  let v_8 = buffer_of_x[v_2.y];
  let v_9 = buffer_of_x[v_2.z];
  let v_10 = buffer_of_x[v_2.w];
  let row_1 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), vec4<f32>(v_7, v_8, v_9, v_10), mask_1);
  let v_11 = maxnum_f32x4(row_0, row_1);
  let v_12 = maxnum_f32x2(v_11.xy, v_11.zw);
  let v_13 = maxnum_f32(v_12.x, v_12.y);
  let v_14 = subgroupShuffleXor(v_13, 1u);
  let v_15 = maxnum_f32(v_13, v_14);
  let v_16 = subgroupShuffleXor(v_15, 2u);
  let v_17 = maxnum_f32(v_15, v_16);
  let v_18 = subgroupShuffleXor(v_17, 4u);
  let v_19 = maxnum_f32(v_17, v_18);
  let v_20 = subgroupShuffleXor(v_19, 8u);
  let v_21 = maxnum_f32(v_19, v_20);
  let v_22 = subgroupShuffleXor(v_21, 16u);
  let part_0 = invocation >> 5u;
  if ((invocation & 31) == 0) {
    shared_0[part_0] = maxnum_f32(v_21, v_22);
  }
  workgroupBarrier();
  let v_24 = shared_0[0];
  let v_25 = shared_0[1];
  let v_26 = shared_0[2];
  let v_27 = shared_0[3];
  let v_30 = maxnum_f32(maxnum_f32(v_24, v_26), maxnum_f32(v_25, v_27));
  let powers_0 = exp(row_0 - vec4<f32>(v_30));
  let powers_1 = exp(row_1 - vec4<f32>(v_30));
  let v_33 = powers_0 + powers_1;
  let v_34 = v_33.xy + v_33.zw;
  let v_35 = v_34.x + v_34.y;
  let v_36 = subgroupShuffleXor(v_35, 1u);
  let v_37 = v_35 + v_36;
  let v_38 = subgroupShuffleXor(v_37, 2u);
  let v_39 = v_37 + v_38;
  let v_40 = subgroupShuffleXor(v_39, 4u);
  let v_41 = v_39 + v_40;
  let v_42 = subgroupShuffleXor(v_41, 8u);
  let v_43 = v_41 + v_42;
  let v_44 = subgroupShuffleXor(v_43, 16u);
  workgroupBarrier();
  if ((invocation & 31) == 0) {
    shared_0[part_0] = v_43 + v_44;
  }
  workgroupBarrier();
  let v_46 = shared_0[0];
  let v_47 = shared_0[1];
  let v_48 = shared_0[2];
  let v_49 = shared_0[3];
  let v_52 = (v_46 + v_48) + (v_47 + v_49);
  let v_53 = powers_0 / vec4<f32>(v_52);
  let v_54 = powers_1 / vec4<f32>(v_52);
  if (mask_0.x) {
    buffer_of_out[v_1.x] = v_53.x;
  }
  if (mask_0.y) {
    buffer_of_out[v_1.y] = v_53.y;
  }
  if (mask_0.z) {
    buffer_of_out[v_1.z] = v_53.z;
  }
  if (mask_0.w) {
    buffer_of_out[v_1.w] = v_53.w;
  }
  if (mask_1.x) {
    buffer_of_out[v_2.x] = v_54.x;
  }
  if (mask_1.y) {
    buffer_of_out[v_2.y] = v_54.y;
  }
  if (mask_1.z) {
    buffer_of_out[v_2.z] = v_54.z;
  }
  if (mask_1.w) {
    buffer_of_out[v_2.w] = v_54.w;
  }
}
