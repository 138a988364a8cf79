struct Scalars {
  value_of_columns: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> buffer_of_out: array<vec4<f32>>;
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
  let at0_0 = invocation * 4;
  let places_0 = at0_0 + 512;
  let v_0 = program_x * scalars.value_of_columns;
  let mask_0 = at0_0 < scalars.value_of_columns;
  let mask_1 = places_0 < scalars.value_of_columns;
  let v_1 = v_0 + at0_0;
  let v_2 = v_0 + places_0;
  let v_3 = buffer_of_x[v_1 >> 2u];
  let row_0 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_3, vec4<bool>(mask_0));
  let v_4 = buffer_of_x[v_2 >> 2u];
  let row_1 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_4, vec4<bool>(mask_1));
  let v_5 = maxnum_f32x4(row_0, row_1);
  let v_6 = maxnum_f32x2(v_5.xy, v_5.zw);
  let v_7 = maxnum_f32(v_6.x, v_6.y);
  let v_8 = subgroupShuffleXor(v_7, 1u);
  let v_9 = maxnum_f32(v_7, v_8);
  let v_10 = subgroupShuffleXor(v_9, 2u);
  let v_11 = maxnum_f32(v_9, v_10);
  let v_12 = subgroupShuffleXor(v_11, 4u);
  let v_13 = maxnum_f32(v_11, v_12);
  let v_14 = subgroupShuffleXor(v_13, 8u);
  let v_15 = maxnum_f32(v_13, v_14);
  let v_16 = subgroupShuffleXor(v_15, 16u);
  let part_0 = invocation >> 5u;
  if ((invocation & 31) == 0) {
    shared_0[part_0] = maxnum_f32(v_15, v_16);
  }
  workgroupBarrier();
  let v_18 = shared_0[0];
  let v_19 = shared_0[1];
  let v_20 = shared_0[2];
  let v_21 = shared_0[3];
  let v_24 = maxnum_f32(maxnum_f32(v_18, v_20), maxnum_f32(v_19, v_21));
  let powers_0 = exp(row_0 - vec4<f32>(v_24));
  let powers_1 = exp(row_1 - vec4<f32>(v_24));
  let v_27 = powers_0 + powers_1;
  let v_28 = v_27.xy + v_27.zw;
  let v_29 = v_28.x + v_28.y;
  let v_30 = subgroupShuffleXor(v_29, 1u);
  let v_31 = v_29 + v_30;
  let v_32 = subgroupShuffleXor(v_31, 2u);
  let v_33 = v_31 + v_32;
  let v_34 = subgroupShuffleXor(v_33, 4u);
  let v_35 = v_33 + v_34;
  let v_36 = subgroupShuffleXor(v_35, 8u);
  let v_37 = v_35 + v_36;
  let v_38 = subgroupShuffleXor(v_37, 16u);
  workgroupBarrier();
  if ((invocation & 31) == 0) {
    shared_0[part_0] = v_37 + v_38;
  }
  workgroupBarrier();
  let v_40 = shared_0[0];
  let v_41 = shared_0[1];
  let v_42 = shared_0[2];
  let v_43 = shared_0[3];
  let v_46 = (v_40 + v_42) + (v_41 + v_43);
  if (mask_0) {
    buffer_of_out[v_1 >> 2u] = powers_0 / vec4<f32>(v_46);
  }
  if (mask_1) {
    buffer_of_out[v_2 >> 2u] = powers_1 / vec4<f32>(v_46);
  }
}
