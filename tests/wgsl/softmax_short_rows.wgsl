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
  let v_11 = maxnum_f32x4(loaded_0, loaded_1);
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
  let v_23 = maxnum_f32(v_21, v_22);
  let powers_0 = exp(loaded_0 - vec4<f32>(v_23));
  let powers_1 = exp(loaded_1 - vec4<f32>(v_23));
  let v_26 = powers_0 + powers_1;
  let v_27 = v_26.xy + v_26.zw;
  let v_28 = v_27.x + v_27.y;
  let v_29 = subgroupShuffleXor(v_28, 1u);
  let v_30 = v_28 + v_29;
  let v_31 = subgroupShuffleXor(v_30, 2u);
  let v_32 = v_30 + v_31;
  let v_33 = subgroupShuffleXor(v_32, 4u);
  let v_34 = v_32 + v_33;
  let v_35 = subgroupShuffleXor(v_34, 8u);
  let v_36 = v_34 + v_35;
  let v_37 = subgroupShuffleXor(v_36, 16u);
  let v_38 = v_36 + v_37;
  if (mask_0) {
    buffer_of_out[v_7 >> 2u] = powers_0 / vec4<f32>(v_38);
  }
  if (mask_1) {
    buffer_of_out[v_8 >> 2u] = powers_1 / vec4<f32>(v_38);
  }
}
