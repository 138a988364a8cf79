struct Scalars {
  value_of_columns: i32,
  value_of_rows: i32,
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
  let v_0 = at0_0 + 512;
  let v_1 = program_x * scalars.value_of_columns;
  let v_2 = program_x < scalars.value_of_rows;
  let mask_0 = v_2 & (at0_0 < scalars.value_of_columns);
  let mask_1 = v_2 & (v_0 < scalars.value_of_columns);
  let v_5 = v_1 + at0_0;
  let v_6 = v_1 + v_0;
  let v_7 = buffer_of_x[v_5 >> 2u];
  let loaded_0 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_7, vec4<bool>(mask_0));
  let v_8 = buffer_of_x[v_6 >> 2u];
  let loaded_1 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), v_8, vec4<bool>(mask_1));
  let v_9 = maxnum_f32x4(loaded_0, loaded_1);
  let v_10 = maxnum_f32x2(v_9.xy, v_9.zw);
  let v_11 = maxnum_f32(v_10.x, v_10.y);
  let v_12 = subgroupShuffleXor(v_11, 1u);
  let v_13 = maxnum_f32(v_11, v_12);
  let v_14 = subgroupShuffleXor(v_13, 2u);
  let v_15 = maxnum_f32(v_13, v_14);
  let v_16 = subgroupShuffleXor(v_15, 4u);
  let v_17 = maxnum_f32(v_15, v_16);
  let v_18 = subgroupShuffleXor(v_17, 8u);
  let v_19 = maxnum_f32(v_17, v_18);
  let v_20 = subgroupShuffleXor(v_19, 16u);
  let part_0 = invocation >> 5u;
  if ((invocation & 31) == 0) {
    shared_0[part_0] = maxnum_f32(v_19, v_20);
  }
  workgroupBarrier();
  let v_22 = shared_0[0];
  let v_23 = shared_0[1];
  let v_24 = shared_0[2];
  let v_25 = shared_0[3];
  let v_28 = maxnum_f32(maxnum_f32(v_22, v_24), maxnum_f32(v_23, v_25));
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
  workgroupBarrier();
  if ((invocation & 31) == 0) {
    shared_0[part_0] = v_41 + v_42;
  }
  workgroupBarrier();
  let v_44 = shared_0[0];
  let v_45 = shared_0[1];
  let v_46 = shared_0[2];
  let v_47 = shared_0[3];
  let v_50 = (v_44 + v_46) + (v_45 + v_47);
  if (mask_0) {
    buffer_of_out[v_5 >> 2u] = powers_0 / vec4<f32>(v_50);
  }
  if (mask_1) {
    buffer_of_out[v_6 >> 2u] = powers_1 / vec4<f32>(v_50);
  }
}
