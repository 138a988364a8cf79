struct Scalars {
  value_of_columns: i32,
  value_of_rows: i32,
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
  shared_0[invocation] = max_0;
  workgroupBarrier();
  if (invocation < 64) {
    let v_18 = shared_0[invocation];
    let v_19 = shared_0[invocation + 64];
    shared_0[invocation] = maxnum_f32(v_18, v_19);
  }
  workgroupBarrier();
  if (invocation < 32) {
    let v_21 = shared_0[invocation];
    let v_22 = shared_0[invocation + 32];
    shared_0[invocation] = maxnum_f32(v_21, v_22);
  }
  workgroupBarrier();
  if (invocation < 16) {
    let v_24 = shared_0[invocation];
    let v_25 = shared_0[invocation + 16];
    shared_0[invocation] = maxnum_f32(v_24, v_25);
  }
  workgroupBarrier();
  if (invocation < 8) {
    let v_27 = shared_0[invocation];
    let v_28 = shared_0[invocation + 8];
    shared_0[invocation] = maxnum_f32(v_27, v_28);
  }
  workgroupBarrier();
  let v_30 = shared_0[0];
  let v_31 = shared_0[1];
  let v_32 = shared_0[2];
  let v_33 = shared_0[3];
  let v_34 = shared_0[4];
  let v_35 = shared_0[5];
  let v_36 = shared_0[6];
  let v_37 = shared_0[7];
  let v_44 = maxnum_f32(maxnum_f32(maxnum_f32(v_30, v_34), maxnum_f32(v_32, v_36)), maxnum_f32(maxnum_f32(v_31, v_35), maxnum_f32(v_33, v_37)));
  let powers_0 = exp(loaded_0 - vec4<f32>(v_44));
  let powers_1 = exp(loaded_1 - vec4<f32>(v_44));
  let v_47 = powers_0 + powers_1;
  let v_48 = v_47.xy + v_47.zw;
  shared_1[invocation] = v_48.x + v_48.y;
  workgroupBarrier();
  if (invocation < 64) {
    let v_50 = shared_1[invocation];
    let v_51 = shared_1[invocation + 64];
    shared_1[invocation] = v_50 + v_51;
  }
  workgroupBarrier();
  if (invocation < 32) {
    let v_53 = shared_1[invocation];
    let v_54 = shared_1[invocation + 32];
    shared_1[invocation] = v_53 + v_54;
  }
  workgroupBarrier();
  if (invocation < 16) {
    let v_56 = shared_1[invocation];
    let v_57 = shared_1[invocation + 16];
    shared_1[invocation] = v_56 + v_57;
  }
  workgroupBarrier();
  if (invocation < 8) {
    let v_59 = shared_1[invocation];
    let v_60 = shared_1[invocation + 8];
    shared_1[invocation] = v_59 + v_60;
  }
  workgroupBarrier();
  let v_62 = shared_1[0];
  let v_63 = shared_1[1];
  let v_64 = shared_1[2];
  let v_65 = shared_1[3];
  let v_66 = shared_1[4];
  let v_67 = shared_1[5];
  let v_68 = shared_1[6];
  let v_69 = shared_1[7];
  let v_76 = ((v_62 + v_66) + (v_64 + v_68)) + ((v_63 + v_67) + (v_65 + v_69));
  if (mask_0) {
    buffer_of_out[v_5 >> 2u] = powers_0 / vec4<f32>(v_76);
  }
  if (mask_1) {
    buffer_of_out[v_6 >> 2u] = powers_1 / vec4<f32>(v_76);
  }
}
