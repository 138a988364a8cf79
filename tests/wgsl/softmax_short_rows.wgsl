struct Scalars {
  value_of_columns: i32,
  value_of_rows: i32,
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
  let v_2 = at0_1 + 128;
  let v_3 = v_1 * scalars.value_of_columns;
  let v_4 = v_1 < scalars.value_of_rows;
  let mask_0 = v_4 & (at0_1 < scalars.value_of_columns);
  let mask_1 = v_4 & (v_2 < scalars.value_of_columns);
  let v_7 = v_3 + at0_1;
  let v_8 = v_3 + v_2;
  let v_9 = buffer_of_x[v_7 >> 2u];
  let loaded_0 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_9, vec4<bool>(mask_0));
  let v_10 = buffer_of_x[v_8 >> 2u];
  let loaded_1 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_10, vec4<bool>(mask_1));
  let v_11 = max(loaded_0, loaded_1);
  let v_12 = max(v_11.xy, v_11.zw);
  let v_14 = loaded_0 + loaded_1;
  let v_15 = v_14.xy + v_14.zw;
  var max_0 = max(v_12.x, v_12.y);
  if ((bitcast<u32>(v_15.x + v_15.y) & 2147483647u) > 2139095040u) {
    let v_17 = maxnum_f32x4(loaded_0, loaded_1);
    let v_18 = maxnum_f32x2(v_17.xy, v_17.zw);
    max_0 = maxnum_f32(v_18.x, v_18.y);
  }
  let v_20 = subgroupShuffleXor(max_0, 1u);
  let v_21 = maxnum_f32(max_0, v_20);
  let v_22 = subgroupShuffleXor(v_21, 2u);
  let v_23 = maxnum_f32(v_21, v_22);
  let v_24 = subgroupShuffleXor(v_23, 4u);
  let v_25 = maxnum_f32(v_23, v_24);
  let v_26 = subgroupShuffleXor(v_25, 8u);
  let v_27 = maxnum_f32(v_25, v_26);
  let v_28 = subgroupShuffleXor(v_27, 16u);
  let v_29 = maxnum_f32(v_27, v_28);
  let powers_0 = exp(loaded_0 - vec4<f32>(v_29));
  let powers_1 = exp(loaded_1 - vec4<f32>(v_29));
  let v_32 = powers_0 + powers_1;
  let v_33 = v_32.xy + v_32.zw;
  let v_34 = v_33.x + v_33.y;
  let v_35 = subgroupShuffleXor(v_34, 1u);
  let v_36 = v_34 + v_35;
  let v_37 = subgroupShuffleXor(v_36, 2u);
  let v_38 = v_36 + v_37;
  let v_39 = subgroupShuffleXor(v_38, 4u);
  let v_40 = v_38 + v_39;
  let v_41 = subgroupShuffleXor(v_40, 8u);
  let v_42 = v_40 + v_41;
  let v_43 = subgroupShuffleXor(v_42, 16u);
  let v_44 = v_42 + v_43;
  if (mask_0) {
    buffer_of_out[v_7 >> 2u] = powers_0 / vec4<f32>(v_44);
  }
  if (mask_1) {
    buffer_of_out[v_8 >> 2u] = powers_1 / vec4<f32>(v_44);
  }
}
