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
  let v_4 = v_1 < scalars.value_of_rows;
  let mask_0 = v_4 & (at0_1 < scalars.value_of_columns);
  let mask_1 = v_4 & ((at0_1 + 128) < scalars.value_of_columns);
  let v_7 = (v_1 * scalars.value_of_columns) + at0_1;
  let v_8 = buffer_of_x[v_7 >> 2u];
  let loaded_0 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_8, vec4<bool>(mask_0));
  let v_9 = buffer_of_x[(v_7 + 128) >> 2u];
  let loaded_1 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_9, vec4<bool>(mask_1));
  let v_10 = max(loaded_0, loaded_1);
  let v_11 = max(v_10.xy, v_10.zw);
  let v_13 = loaded_0 + loaded_1;
  let v_14 = v_13.xy + v_13.zw;
  var max_0 = max(v_11.x, v_11.y);
  if ((bitcast<u32>(v_14.x + v_14.y) & 2147483647u) > 2139095040u) {
    let v_16 = maxnum_f32x4(loaded_0, loaded_1);
    let v_17 = maxnum_f32x2(v_16.xy, v_16.zw);
    max_0 = maxnum_f32(v_17.x, v_17.y);
  }
  let v_19 = subgroupShuffleXor(max_0, 1u);
  let v_20 = maxnum_f32(max_0, v_19);
  let v_21 = subgroupShuffleXor(v_20, 2u);
  let v_22 = maxnum_f32(v_20, v_21);
  let v_23 = subgroupShuffleXor(v_22, 4u);
  let v_24 = maxnum_f32(v_22, v_23);
  let v_25 = subgroupShuffleXor(v_24, 8u);
  let v_26 = maxnum_f32(v_24, v_25);
  let v_27 = subgroupShuffleXor(v_26, 16u);
  let v_28 = maxnum_f32(v_26, v_27);
  let powers_0 = exp(loaded_0 - vec4<f32>(v_28));
  let powers_1 = exp(loaded_1 - vec4<f32>(v_28));
  let v_31 = powers_0 + powers_1;
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
  let v_43 = v_41 + v_42;
  if (mask_0) {
    buffer_of_out[v_7 >> 2u] = powers_0 / vec4<f32>(v_43);
  }
  if (mask_1) {
    buffer_of_out[(v_7 + 128) >> 2u] = powers_1 / vec4<f32>(v_43);
  }
}
