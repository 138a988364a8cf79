struct Scalars {
  value_of_N: i32,
  value_of_M: i32,
  value_of_aRowStride: i32,
  value_of_bRowStride: i32,
  value_of_K: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_a: array<f32>;
@group(0) @binding(1) var<storage, read> buffer_of_b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> buffer_of_out: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> scalars: Scalars;

fn rem(a: i32, b: i32) -> i32 {
  return select(a - a / b * b, 0, b == 0);
}

fn floordiv(a: i32, b: i32) -> i32 {
  let q = a / b;
  let down = (q * b != a) & (b != 0) & ((a ^ b) < 0);
  return q - select(0, 1, down);
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let program_x = i32(workgroup.x);
  let invocation = i32(index);
  let tilesN_0 = max((scalars.value_of_N + 31) / 32, 1);
  let v_3 = tilesN_0 * 8;
  let inGroup_0 = rem(program_x, v_3);
  let v_4 = floordiv(program_x, v_3) * 8;
  let v_5 = ((scalars.value_of_M + 31) / 32) - v_4;
  let groupRows_0 = max(min(v_5, 8), 1);
  let v_8 = (v_4 + rem(inGroup_0, groupRows_0)) * 32;
  let v_9 = v_8 + ((invocation >> 3u) * 2);
  let v_11 = (floordiv(inGroup_0, groupRows_0) * 32) + ((invocation & 7) * 4);
  let at0_2 = invocation & 7;
  let bColumns_0 = rem(v_11, scalars.value_of_N);
  let v_12 = (vec2<i32>(rem(v_9, scalars.value_of_M)) + vec2<i32>(0, 1)) * vec2<i32>(scalars.value_of_aRowStride);
  let v_13 = (vec4<i32>(0) + vec4<i32>(0, 1, 2, 3)) * vec4<i32>(scalars.value_of_bRowStride);
  let v_14 = (vec4<i32>(4) + vec4<i32>(0, 1, 2, 3)) * vec4<i32>(scalars.value_of_bRowStride);
  let v_23 = scalars.value_of_bRowStride * 8;
  var sum_0 = vec4<f32>(0.0f);
  var sum_1 = vec4<f32>(0.0f);
  var aTile_1 = v_12 + vec2<i32>(at0_2);
  var bTile_8 = v_13.x + bColumns_0;
  var bTile_9 = v_13.y + bColumns_0;
  var bTile_10 = v_13.z + bColumns_0;
  var bTile_11 = v_13.w + bColumns_0;
  var bTile_12 = v_14.x + bColumns_0;
  var bTile_13 = v_14.y + bColumns_0;
  var bTile_14 = v_14.z + bColumns_0;
  var bTile_15 = v_14.w + bColumns_0;
  for (var k_0 = 0; k_0 < scalars.value_of_K; k_0 += 8) {
    let v_24 = scalars.value_of_K - k_0;
    let inB_0 = 0 < v_24;
    let inB_1 = 4 < v_24;
    let v_25 = buffer_of_a[aTile_1.x];
    let v_26 = buffer_of_a[aTile_1.y];
    let aValues_0 = select(vec2<f32>(0.0f), vec2<f32>(v_25, v_26), vec2<bool>(at0_2 < v_24));
    let v_27 = buffer_of_b[bTile_8 >> 2u];
    let bValues_0 = select(vec4<f32>(0.0f), v_27, vec4<bool>(inB_0));
    let v_28 = buffer_of_b[bTile_9 >> 2u];
    let bValues_1 = select(vec4<f32>(0.0f), v_28, vec4<bool>(inB_0));
    let v_29 = buffer_of_b[bTile_10 >> 2u];
    let bValues_2 = select(vec4<f32>(0.0f), v_29, vec4<bool>(inB_0));
    let v_30 = buffer_of_b[bTile_11 >> 2u];
    let bValues_3 = select(vec4<f32>(0.0f), v_30, vec4<bool>(inB_0));
    let v_31 = buffer_of_b[bTile_12 >> 2u];
    let bValues_4 = select(vec4<f32>(0.0f), v_31, vec4<bool>(inB_1));
    let v_32 = buffer_of_b[bTile_13 >> 2u];
    let bValues_5 = select(vec4<f32>(0.0f), v_32, vec4<bool>(inB_1));
    let v_33 = buffer_of_b[bTile_14 >> 2u];
    let bValues_6 = select(vec4<f32>(0.0f), v_33, vec4<bool>(inB_1));
    let v_34 = buffer_of_b[bTile_15 >> 2u];
    let bValues_7 = select(vec4<f32>(0.0f), v_34, vec4<bool>(inB_1));
    let a_0 = subgroupBroadcast(aValues_0, 0u);
    sum_0 = (vec4<f32>(a_0.x) * bValues_0) + sum_0;
    sum_1 = (vec4<f32>(a_0.y) * bValues_0) + sum_1;
    let a_1 = subgroupBroadcast(aValues_0, 1u);
    sum_0 = (vec4<f32>(a_1.x) * bValues_1) + sum_0;
    sum_1 = (vec4<f32>(a_1.y) * bValues_1) + sum_1;
    let a_2 = subgroupBroadcast(aValues_0, 2u);
    sum_0 = (vec4<f32>(a_2.x) * bValues_2) + sum_0;
    sum_1 = (vec4<f32>(a_2.y) * bValues_2) + sum_1;
    let a_3 = subgroupBroadcast(aValues_0, 3u);
    sum_0 = (vec4<f32>(a_3.x) * bValues_3) + sum_0;
    sum_1 = (vec4<f32>(a_3.y) * bValues_3) + sum_1;
    let a_4 = subgroupBroadcast(aValues_0, 4u);
    sum_0 = (vec4<f32>(a_4.x) * bValues_4) + sum_0;
    sum_1 = (vec4<f32>(a_4.y) * bValues_4) + sum_1;
    let a_5 = subgroupBroadcast(aValues_0, 5u);
    sum_0 = (vec4<f32>(a_5.x) * bValues_5) + sum_0;
    sum_1 = (vec4<f32>(a_5.y) * bValues_5) + sum_1;
    let a_6 = subgroupBroadcast(aValues_0, 6u);
    sum_0 = (vec4<f32>(a_6.x) * bValues_6) + sum_0;
    sum_1 = (vec4<f32>(a_6.y) * bValues_6) + sum_1;
    let a_7 = subgroupBroadcast(aValues_0, 7u);
    sum_0 = (vec4<f32>(a_7.x) * bValues_7) + sum_0;
    sum_1 = (vec4<f32>(a_7.y) * bValues_7) + sum_1;
    let aTile_2 = aTile_1 + vec2<i32>(8);
    let bTile_16 = bTile_8 + v_23;
    let bTile_17 = bTile_9 + v_23;
    let bTile_18 = bTile_10 + v_23;
    let bTile_19 = bTile_11 + v_23;
    let bTile_20 = bTile_12 + v_23;
    let bTile_21 = bTile_13 + v_23;
    let bTile_22 = bTile_14 + v_23;
    let bTile_23 = bTile_15 + v_23;
    aTile_1 = aTile_2;
    bTile_8 = bTile_16;
    bTile_9 = bTile_17;
    bTile_10 = bTile_18;
    bTile_11 = bTile_19;
    bTile_12 = bTile_20;
    bTile_13 = bTile_21;
    bTile_14 = bTile_22;
    bTile_15 = bTile_23;
  }
  let v_35 = (vec2<i32>(v_9) + vec2<i32>(0, 1)) * vec2<i32>(scalars.value_of_N);
  if ((v_9 < scalars.value_of_M) & (v_11 < scalars.value_of_N)) {
    buffer_of_out[(v_35.x + v_11) >> 2u] = sum_0;
    buffer_of_out[(v_35.y + v_11) >> 2u] = sum_1;
  }
}
