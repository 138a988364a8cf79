struct Scalars {
  value_of_rows: i32,
  value_of_columns: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> buffer_of_out: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> scalars: Scalars;
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
  let v_1 = (program_x * 4) + (invocation >> 5u);
  let at0_1 = (invocation & 31) * 4;
  let v_3 = v_1 < scalars.value_of_rows;
  let mask_0 = v_3 & (at0_1 < scalars.value_of_columns);
  let mask_1 = v_3 & ((at0_1 + 128) < scalars.value_of_columns);
  let v_6 = (v_1 * scalars.value_of_columns) + at0_1;
  let v_7 = buffer_of_x[v_6 >> 2u];
  let loaded_0 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_7, vec4<bool>(mask_0));
  let v_8 = buffer_of_x[(v_6 >> 2u) + 32];
  let loaded_1 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_8, vec4<bool>(mask_1));
  let v_9 = max(loaded_0, loaded_1);
  let v_10 = max(v_9.xy, v_9.zw);
  let v_12 = loaded_0 + loaded_1;
  let v_13 = v_12.xy + v_12.zw;
  var max_0 = max(v_10.x, v_10.y);
  if ((bitcast<u32>(v_13.x + v_13.y) & 2147483647u) > 2139095040u) {
    let v_15 = maxnum_f32x4(loaded_0, loaded_1);
    let v_16 = maxnum_f32x2(v_15.xy, v_15.zw);
    max_0 = maxnum_f32(v_16.x, v_16.y);
  }
  let v_18 = subgroupShuffleXor(max_0, 1u);
  let v_19 = maxnum_f32(max_0, v_18);
  let v_20 = subgroupShuffleXor(v_19, 2u);
  let v_21 = maxnum_f32(v_19, v_20);
  let v_22 = subgroupShuffleXor(v_21, 4u);
  let v_23 = maxnum_f32(v_21, v_22);
  let v_24 = subgroupShuffleXor(v_23, 8u);
  let v_25 = maxnum_f32(v_23, v_24);
  let v_26 = subgroupShuffleXor(v_25, 16u);
  let v_27 = maxnum_f32(v_25, v_26);
  let powers_0 = exp(loaded_0 - vec4<f32>(v_27));
  let powers_1 = exp(loaded_1 - vec4<f32>(v_27));
  let v_30 = powers_0 + powers_1;
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
  let v_42 = v_40 + v_41;
  if (mask_0) {
    buffer_of_out[v_6 >> 2u] = powers_0 / vec4<f32>(v_42);
  }
  if (mask_1) {
    buffer_of_out[(v_6 >> 2u) + 32] = powers_1 / vec4<f32>(v_42);
  }
}
