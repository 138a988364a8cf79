struct Scalars {
  value_of_columns: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> buffer_of_out: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> scalars: Scalars;
var<workgroup> shared_0: array<f32, 128>;
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
  shared_0[invocation] = maxnum_f32(v_6.x, v_6.y);
  workgroupBarrier();
  if (invocation < 64) {
    let v_8 = shared_0[invocation];
    let v_9 = shared_0[invocation + 64];
    shared_0[invocation] = maxnum_f32(v_8, v_9);
  }
  workgroupBarrier();
  if (invocation < 32) {
    let v_11 = shared_0[invocation];
    let v_12 = shared_0[invocation + 32];
    shared_0[invocation] = maxnum_f32(v_11, v_12);
  }
  workgroupBarrier();
  if (invocation < 16) {
    let v_14 = shared_0[invocation];
    let v_15 = shared_0[invocation + 16];
    shared_0[invocation] = maxnum_f32(v_14, v_15);
  }
  workgroupBarrier();
  if (invocation < 8) {
    let v_17 = shared_0[invocation];
    let v_18 = shared_0[invocation + 8];
    shared_0[invocation] = maxnum_f32(v_17, v_18);
  }
  workgroupBarrier();
  let v_20 = shared_0[0];
  let v_21 = shared_0[1];
  let v_22 = shared_0[2];
  let v_23 = shared_0[3];
  let v_24 = shared_0[4];
  let v_25 = shared_0[5];
  let v_26 = shared_0[6];
  let v_27 = shared_0[7];
  let v_34 = maxnum_f32(maxnum_f32(maxnum_f32(v_20, v_24), maxnum_f32(v_22, v_26)), maxnum_f32(maxnum_f32(v_21, v_25), maxnum_f32(v_23, v_27)));
  let powers_0 = exp(row_0 - vec4<f32>(v_34));
  let powers_1 = exp(row_1 - vec4<f32>(v_34));
  let v_37 = powers_0 + powers_1;
  let v_38 = v_37.xy + v_37.zw;
  workgroupBarrier();
  shared_0[invocation] = v_38.x + v_38.y;
  workgroupBarrier();
  if (invocation < 64) {
    let v_40 = shared_0[invocation];
    let v_41 = shared_0[invocation + 64];
    shared_0[invocation] = v_40 + v_41;
  }
  workgroupBarrier();
  if (invocation < 32) {
    let v_43 = shared_0[invocation];
    let v_44 = shared_0[invocation + 32];
    shared_0[invocation] = v_43 + v_44;
  }
  workgroupBarrier();
  if (invocation < 16) {
    let v_46 = shared_0[invocation];
    let v_47 = shared_0[invocation + 16];
    shared_0[invocation] = v_46 + v_47;
  }
  workgroupBarrier();
  if (invocation < 8) {
    let v_49 = shared_0[invocation];
    let v_50 = shared_0[invocation + 8];
    shared_0[invocation] = v_49 + v_50;
  }
  workgroupBarrier();
  let v_52 = shared_0[0];
  let v_53 = shared_0[1];
  let v_54 = shared_0[2];
  let v_55 = shared_0[3];
  let v_56 = shared_0[4];
  let v_57 = shared_0[5];
  let v_58 = shared_0[6];
  let v_59 = shared_0[7];
  let v_66 = ((v_52 + v_56) + (v_54 + v_58)) + ((v_53 + v_57) + (v_55 + v_59));
  if (mask_0) {
    buffer_of_out[v_1 >> 2u] = powers_0 / vec4<f32>(v_66);
  }
  if (mask_1) {
    buffer_of_out[v_2 >> 2u] = powers_1 / vec4<f32>(v_66);
  }
}
