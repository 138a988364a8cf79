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
  shared_0[invocation] = max_0;
  workgroupBarrier();
  if (invocation < 64) {
    let v_17 = shared_0[invocation];
    let v_18 = shared_0[invocation + 64];
    shared_0[invocation] = maxnum_f32(v_17, v_18);
  }
  workgroupBarrier();
  if (invocation < 32) {
    let v_20 = shared_0[invocation];
    let v_21 = shared_0[invocation + 32];
    shared_0[invocation] = maxnum_f32(v_20, v_21);
  }
  workgroupBarrier();
  if (invocation < 16) {
    let v_23 = shared_0[invocation];
    let v_24 = shared_0[invocation + 16];
    shared_0[invocation] = maxnum_f32(v_23, v_24);
  }
  workgroupBarrier();
  if (invocation < 8) {
    let v_26 = shared_0[invocation];
    let v_27 = shared_0[invocation + 8];
    shared_0[invocation] = maxnum_f32(v_26, v_27);
  }
  workgroupBarrier();
  let v_29 = shared_0[0];
  let v_30 = shared_0[1];
  let v_31 = shared_0[2];
  let v_32 = shared_0[3];
  let v_33 = shared_0[4];
  let v_34 = shared_0[5];
  let v_35 = shared_0[6];
  let v_36 = shared_0[7];
  let v_43 = maxnum_f32(maxnum_f32(maxnum_f32(v_29, v_33), maxnum_f32(v_31, v_35)), maxnum_f32(maxnum_f32(v_30, v_34), maxnum_f32(v_32, v_36)));
  let powers_0 = exp(loaded_0 - vec4<f32>(v_43));
  let powers_1 = exp(loaded_1 - vec4<f32>(v_43));
  let v_46 = powers_0 + powers_1;
  let v_47 = v_46.xy + v_46.zw;
  shared_1[invocation] = v_47.x + v_47.y;
  workgroupBarrier();
  if (invocation < 64) {
    let v_49 = shared_1[invocation];
    let v_50 = shared_1[invocation + 64];
    shared_1[invocation] = v_49 + v_50;
  }
  workgroupBarrier();
  if (invocation < 32) {
    let v_52 = shared_1[invocation];
    let v_53 = shared_1[invocation + 32];
    shared_1[invocation] = v_52 + v_53;
  }
  workgroupBarrier();
  if (invocation < 16) {
    let v_55 = shared_1[invocation];
    let v_56 = shared_1[invocation + 16];
    shared_1[invocation] = v_55 + v_56;
  }
  workgroupBarrier();
  if (invocation < 8) {
    let v_58 = shared_1[invocation];
    let v_59 = shared_1[invocation + 8];
    shared_1[invocation] = v_58 + v_59;
  }
  workgroupBarrier();
  let v_61 = shared_1[0];
  let v_62 = shared_1[1];
  let v_63 = shared_1[2];
  let v_64 = shared_1[3];
  let v_65 = shared_1[4];
  let v_66 = shared_1[5];
  let v_67 = shared_1[6];
  let v_68 = shared_1[7];
  let v_75 = ((v_61 + v_65) + (v_63 + v_67)) + ((v_62 + v_66) + (v_64 + v_68));
  if (mask_0) {
    buffer_of_out[v_5 >> 2u] = powers_0 / vec4<f32>(v_75);
  }
  if (mask_1) {
    buffer_of_out[(v_5 + 512) >> 2u] = powers_1 / vec4<f32>(v_75);
  }
}
