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
  let v_1 = program_x < scalars.value_of_rows;
  let mask_0 = v_1 & (at0_0 < scalars.value_of_columns);
  let mask_1 = v_1 & ((at0_0 + 512) < scalars.value_of_columns);
  let v_4 = (program_x * scalars.value_of_columns) + at0_0;
  let v_5 = buffer_of_x[v_4 >> 2u];
  let loaded_0 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_5, vec4<bool>(mask_0));
  let v_6 = buffer_of_x[(v_4 >> 2u) + 128];
  let loaded_1 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_6, vec4<bool>(mask_1));
  let v_7 = max(loaded_0, loaded_1);
  let v_8 = max(v_7.xy, v_7.zw);
  let v_10 = loaded_0 + loaded_1;
  let v_11 = v_10.xy + v_10.zw;
  var max_0 = max(v_8.x, v_8.y);
  if ((bitcast<u32>(v_11.x + v_11.y) & 2147483647u) > 2139095040u) {
    let v_13 = maxnum_f32x4(loaded_0, loaded_1);
    let v_14 = maxnum_f32x2(v_13.xy, v_13.zw);
    max_0 = maxnum_f32(v_14.x, v_14.y);
  }
  let v_16 = subgroupShuffleXor(max_0, 1u);
  let v_17 = maxnum_f32(max_0, v_16);
  let v_18 = subgroupShuffleXor(v_17, 2u);
  let v_19 = maxnum_f32(v_17, v_18);
  let v_20 = subgroupShuffleXor(v_19, 4u);
  let v_21 = maxnum_f32(v_19, v_20);
  let v_22 = subgroupShuffleXor(v_21, 8u);
  let v_23 = maxnum_f32(v_21, v_22);
  let v_24 = subgroupShuffleXor(v_23, 16u);
  let part_0 = invocation >> 5u;
  if ((invocation & 31) == 0) {
    shared_0[part_0] = maxnum_f32(v_23, v_24);
  }
  workgroupBarrier();
  let v_26 = shared_0[0];
  let v_27 = shared_0[1];
  let v_28 = shared_0[2];
  let v_29 = shared_0[3];
  let v_32 = maxnum_f32(maxnum_f32(v_26, v_28), maxnum_f32(v_27, v_29));
  let powers_0 = exp(loaded_0 - vec4<f32>(v_32));
  let powers_1 = exp(loaded_1 - vec4<f32>(v_32));
  let v_35 = powers_0 + powers_1;
  let v_36 = v_35.xy + v_35.zw;
  let v_37 = v_36.x + v_36.y;
  let v_38 = subgroupShuffleXor(v_37, 1u);
  let v_39 = v_37 + v_38;
  let v_40 = subgroupShuffleXor(v_39, 2u);
  let v_41 = v_39 + v_40;
  let v_42 = subgroupShuffleXor(v_41, 4u);
  let v_43 = v_41 + v_42;
  let v_44 = subgroupShuffleXor(v_43, 8u);
  let v_45 = v_43 + v_44;
  let v_46 = subgroupShuffleXor(v_45, 16u);
  if ((invocation & 31) == 0) {
    shared_1[part_0] = v_45 + v_46;
  }
  workgroupBarrier();
  let v_48 = shared_1[0];
  let v_49 = shared_1[1];
  let v_50 = shared_1[2];
  let v_51 = shared_1[3];
  let v_54 = (v_48 + v_50) + (v_49 + v_51);
  if (mask_0) {
    buffer_of_out[v_4 >> 2u] = powers_0 / vec4<f32>(v_54);
  }
  if (mask_1) {
    buffer_of_out[(v_4 >> 2u) + 128] = powers_1 / vec4<f32>(v_54);
  }
}
