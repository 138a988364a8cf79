struct Scalars {
  value_of_rows: i32,
  value_of_columns: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> buffer_of_out: array<vec4<f32>>;
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
  let at0_0 = invocation * 4;
  let v_2 = program_x < scalars.value_of_rows;
  let mask_0 = v_2 & (at0_0 < scalars.value_of_columns);
  let mask_1 = v_2 & ((at0_0 + 512) < scalars.value_of_columns);
  let v_5 = (program_x * scalars.value_of_columns) + at0_0;
  let v_6 = buffer_of_x[v_5 >> 2u];
  let loaded_0 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_6, vec4<bool>(mask_0));
  let v_7 = buffer_of_x[(v_5 + 512) >> 2u];
  let loaded_1 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_7, vec4<bool>(mask_1));
  let v_8 = max(loaded_0, loaded_1);
  let v_9 = max(v_8.xy, v_8.zw);
  let v_11 = loaded_0 + loaded_1;
  let v_12 = v_11.xy + v_11.zw;
  var max_0 = max(v_9.x, v_9.y);
  if ((bitcast<u32>(v_12.x + v_12.y) & 2147483647u) > 2139095040u) {
    let v_14 = maxnum_f32x4(loaded_0, loaded_1);
    let v_15 = maxnum_f32x2(v_14.xy, v_14.zw);
    max_0 = maxnum_f32(v_15.x, v_15.y);
  }
  let v_17 = subgroupShuffleXor(max_0, 1u);
  let v_18 = maxnum_f32(max_0, v_17);
  let v_19 = subgroupShuffleXor(v_18, 2u);
  let v_20 = maxnum_f32(v_18, v_19);
  let v_21 = subgroupShuffleXor(v_20, 4u);
  let v_22 = maxnum_f32(v_20, v_21);
  let v_23 = subgroupShuffleXor(v_22, 8u);
  let v_24 = maxnum_f32(v_22, v_23);
  let v_25 = subgroupShuffleXor(v_24, 16u);
  let part_0 = invocation >> 5u;
  if ((invocation & 31) == 0) {
    shared_0[part_0] = maxnum_f32(v_24, v_25);
  }
  workgroupBarrier();
  let v_27 = shared_0[0];
  let v_28 = shared_0[1];
  let v_29 = shared_0[2];
  let v_30 = shared_0[3];
  let v_33 = maxnum_f32(maxnum_f32(v_27, v_29), maxnum_f32(v_28, v_30));
  let powers_0 = exp(loaded_0 - vec4<f32>(v_33));
  let powers_1 = exp(loaded_1 - vec4<f32>(v_33));
  let v_36 = powers_0 + powers_1;
  let v_37 = v_36.xy + v_36.zw;
  let v_38 = v_37.x + v_37.y;
  let v_39 = subgroupShuffleXor(v_38, 1u);
  let v_40 = v_38 + v_39;
  let v_41 = subgroupShuffleXor(v_40, 2u);
  let v_42 = v_40 + v_41;
  let v_43 = subgroupShuffleXor(v_42, 4u);
  let v_44 = v_42 + v_43;
  let v_45 = subgroupShuffleXor(v_44, 8u);
  let v_46 = v_44 + v_45;
  let v_47 = subgroupShuffleXor(v_46, 16u);
  if ((invocation & 31) == 0) {
    shared_1[part_0] = v_46 + v_47;
  }
  workgroupBarrier();
  let v_49 = shared_1[0];
  let v_50 = shared_1[1];
  let v_51 = shared_1[2];
  let v_52 = shared_1[3];
  let v_55 = (v_49 + v_51) + (v_50 + v_52);
  if (mask_0) {
    buffer_of_out[v_5 >> 2u] = powers_0 / vec4<f32>(v_55);
  }
  if (mask_1) {
    buffer_of_out[(v_5 + 512) >> 2u] = powers_1 / vec4<f32>(v_55);
  }
}
