struct Scalars {
  value_of_rows: i32,
  value_of_columns: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> buffer_of_out: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> scalars: Scalars;
var<workgroup> shared_0: array<f32, 128>;
var<workgroup> shared_1: array<f32, 128>;
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
  shared_0[invocation] = max_0;
  workgroupBarrier();
  if (invocation < 64) {
    let v_16 = shared_0[invocation];
    let v_17 = shared_0[invocation + 64];
    shared_0[invocation] = maxnum_f32(v_16, v_17);
  }
  workgroupBarrier();
  if (invocation < 32) {
    let v_19 = shared_0[invocation];
    let v_20 = shared_0[invocation + 32];
    shared_0[invocation] = maxnum_f32(v_19, v_20);
  }
  workgroupBarrier();
  if (invocation < 16) {
    let v_22 = shared_0[invocation];
    let v_23 = shared_0[invocation + 16];
    shared_0[invocation] = maxnum_f32(v_22, v_23);
  }
  workgroupBarrier();
  if (invocation < 8) {
    let v_25 = shared_0[invocation];
    let v_26 = shared_0[invocation + 8];
    shared_0[invocation] = maxnum_f32(v_25, v_26);
  }
  workgroupBarrier();
  let v_28 = shared_0[0];
  let v_29 = shared_0[1];
  let v_30 = shared_0[2];
  let v_31 = shared_0[3];
  let v_32 = shared_0[4];
  let v_33 = shared_0[5];
  let v_34 = shared_0[6];
  let v_35 = shared_0[7];
  let v_42 = maxnum_f32(maxnum_f32(maxnum_f32(v_28, v_32), maxnum_f32(v_30, v_34)), maxnum_f32(maxnum_f32(v_29, v_33), maxnum_f32(v_31, v_35)));
  let powers_0 = exp(loaded_0 - vec4<f32>(v_42));
  let powers_1 = exp(loaded_1 - vec4<f32>(v_42));
  let v_45 = powers_0 + powers_1;
  let v_46 = v_45.xy + v_45.zw;
  shared_1[invocation] = v_46.x + v_46.y;
  workgroupBarrier();
  if (invocation < 64) {
    let v_48 = shared_1[invocation];
    let v_49 = shared_1[invocation + 64];
    shared_1[invocation] = v_48 + v_49;
  }
  workgroupBarrier();
  if (invocation < 32) {
    let v_51 = shared_1[invocation];
    let v_52 = shared_1[invocation + 32];
    shared_1[invocation] = v_51 + v_52;
  }
  workgroupBarrier();
  if (invocation < 16) {
    let v_54 = shared_1[invocation];
    let v_55 = shared_1[invocation + 16];
    shared_1[invocation] = v_54 + v_55;
  }
  workgroupBarrier();
  if (invocation < 8) {
    let v_57 = shared_1[invocation];
    let v_58 = shared_1[invocation + 8];
    shared_1[invocation] = v_57 + v_58;
  }
  workgroupBarrier();
  let v_60 = shared_1[0];
  let v_61 = shared_1[1];
  let v_62 = shared_1[2];
  let v_63 = shared_1[3];
  let v_64 = shared_1[4];
  let v_65 = shared_1[5];
  let v_66 = shared_1[6];
  let v_67 = shared_1[7];
  let v_74 = ((v_60 + v_64) + (v_62 + v_66)) + ((v_61 + v_65) + (v_63 + v_67));
  if (mask_0) {
    buffer_of_out[v_4 >> 2u] = powers_0 / vec4<f32>(v_74);
  }
  if (mask_1) {
    buffer_of_out[(v_4 >> 2u) + 128] = powers_1 / vec4<f32>(v_74);
  }
}
