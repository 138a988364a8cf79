enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
diagnostic(off, chromium.subgroup_matrix_uniformity);

struct Scalars {
  value_of_queries: i32,
  value_of_keys: i32,
  value_of_scale: f32,
}

@group(0) @binding(0) var<storage, read> buffer_of_q: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> buffer_of_k: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> buffer_of_v: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> buffer_of_out: array<vec4<f16>>;
@group(0) @binding(4) var<uniform> scalars: Scalars;
var<workgroup> shared_0: array<array<vec4<u32>, 144>, 4>;
var<workgroup> shared_1: array<array<vec4<u32>, 160>, 1>;
var<workgroup> shared_2: array<array<vec4<u32>, 160>, 1>;
var<workgroup> scaled_0_shared: array<u32, 4>;
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
  let program_y = i32(workgroup.y);
  let invocation = i32(index);
  let first_0 = program_x * 64;
  let at0_0 = invocation >> 2u;
  let at0_1 = (invocation & 15) + ((invocation >> 5u) * 16);
  let v_1 = vec2<i32>(first_0) + vec2<i32>(at0_0, at0_0 + 32);
  let v_2 = first_0 + at0_1;
  let at0_2 = ((invocation >> 4u) & 1) * 8;
  let depth_0 = at0_2 + 4;
  let depth_1 = at0_2 + 16;
  let depth_2 = at0_2 + 20;
  let at0_3 = (invocation & 3) * 8;
  let v_3 = program_y * scalars.value_of_queries;
  let v_6 = (vec2<i32>(v_3) + v_1) * vec2<i32>(32);
  let v_7 = (v_3 + v_2) * 32;
  let v_10 = v_1 < vec2<i32>(scalars.value_of_queries);
  let v_14 = buffer_of_q[(v_6.x + at0_3) >> 3u];
  let v_15 = buffer_of_q[(v_6.y + at0_3) >> 3u];
  let query_0 = select(vec4<u32>(0u), v_14, vec4<bool>(v_10.x));
  let query_1 = select(vec4<u32>(0u), v_15, vec4<bool>(v_10.y));
  let v_17 = (program_y * scalars.value_of_keys) * 32;
  let v_18 = scalars.value_of_scale * 1.4426950216293335f;
  let v_21 = (v_17 + (at0_0 * 32)) + at0_3;
  let v_23 = (at0_0 < scalars.value_of_keys) & (scalars.value_of_keys > 0);
  let v_24 = buffer_of_k[v_21 >> 3u];
  let v_25 = buffer_of_v[v_21 >> 3u];
  var values_0 = subgroup_matrix_result<f32, 16, 16>();
  var values_1 = subgroup_matrix_result<f32, 16, 16>();
  var sum_0 = 0.0f;
  var base_0 = bitcast<f32>(negative_infinity_bits);
  var key_1 = select(vec4<u32>(0u), v_24, vec4<bool>(v_23));
  var value_1 = select(vec4<u32>(0u), v_25, vec4<bool>(v_23));
  let row_0 = invocation >> 5u;
  let panel_0 = at0_0 >> 4u;
  let item_0 = ((at0_0 & 15) * 5) + (at0_3 >> 3u);
  shared_0[panel_0][item_0] = query_0;
  shared_0[panel_0 + 2][item_0] = query_1;
  workgroupBarrier();
  let a_0 = subgroupMatrixLoad<subgroup_matrix_left<f16, 16, 16>, row_major>(&shared_0[row_0], 0u, 5u);
  let a_1 = subgroupMatrixLoad<subgroup_matrix_left<f16, 16, 16>, row_major>(&shared_0[row_0], 2u, 5u);
  let item_1 = (at0_0 * 5) + (at0_3 >> 3u);
  let place_0 = ((at0_1 & 15) * 9) + ((at0_2 & 15) >> 2u);
  let panel_1 = at0_1 >> 4u;
  let item_2 = ((at0_1 & 15) * 5) + (at0_2 >> 3u);
  for (var n_0 = 0; n_0 < scalars.value_of_keys; n_0 += 32) {
    workgroupBarrier();
    shared_1[0][item_1] = key_1;
    shared_2[0][item_1] = value_1;
    let left_0 = scalars.value_of_keys - n_0;
    let v_26 = n_0 + 32;
    let v_29 = v_17 + ((n_0 + at0_0) * 32);
    let v_30 = v_29 + at0_3;
    let v_31 = v_26 < scalars.value_of_keys;
    let v_32 = (at0_0 < (scalars.value_of_keys - v_26)) & v_31;
    var words_0: vec4<u32>;
    if (v_31) {
      words_0 = buffer_of_k[(v_30 + 1024) >> 3u];
    }
    var words_1: vec4<u32>;
    if (v_31) {
      words_1 = buffer_of_v[(v_30 + 1024) >> 3u];
    }
    var sum_1 = subgroup_matrix_result<f32, 16, 16>();
    var sum_2 = subgroup_matrix_result<f32, 16, 16>();
    workgroupBarrier();
    let b_0 = subgroupMatrixLoad<subgroup_matrix_right<f16, 16, 16>, col_major>(&shared_1[0], 0u, 5u);
    sum_1 = subgroupMatrixMultiplyAccumulate(a_0, b_0, sum_1);
    let b_1 = subgroupMatrixLoad<subgroup_matrix_right<f16, 16, 16>, col_major>(&shared_1[0], 80u, 5u);
    sum_2 = subgroupMatrixMultiplyAccumulate(a_0, b_1, sum_2);
    let b_2 = subgroupMatrixLoad<subgroup_matrix_right<f16, 16, 16>, col_major>(&shared_1[0], 2u, 5u);
    sum_1 = subgroupMatrixMultiplyAccumulate(a_1, b_2, sum_1);
    let b_3 = subgroupMatrixLoad<subgroup_matrix_right<f16, 16, 16>, col_major>(&shared_1[0], 82u, 5u);
    sum_2 = subgroupMatrixMultiplyAccumulate(a_1, b_3, sum_2);
    subgroupMatrixStore<row_major>(&shared_0[row_0], 0u, sum_1, 9u);
    subgroupMatrixStore<row_major>(&shared_0[row_0], 4u, sum_2, 9u);
    workgroupBarrier();
    let sum_3 = bitcast<vec4<f32>>(shared_0[row_0][place_0]);
    let sum_4 = bitcast<vec4<f32>>(shared_0[row_0][place_0 + 1]);
    let sum_5 = bitcast<vec4<f32>>(shared_0[row_0][place_0 + 4]);
    let sum_6 = bitcast<vec4<f32>>(shared_0[row_0][place_0 + 5]);
    let masked_0 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), sum_3 * vec4<f32>(v_18), vec4<bool>(at0_2 < left_0));
    let masked_1 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), sum_4 * vec4<f32>(v_18), vec4<bool>(depth_0 < left_0));
    let masked_2 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), sum_5 * vec4<f32>(v_18), vec4<bool>(depth_1 < left_0));
    let masked_3 = select(vec4<f32>(bitcast<f32>(negative_infinity_bits)), sum_6 * vec4<f32>(v_18), vec4<bool>(depth_2 < left_0));
    let v_35 = max(max(masked_0, masked_2), max(masked_1, masked_3));
    let v_36 = max(v_35.xy, v_35.zw);
    let v_40 = (masked_0 + masked_2) + (masked_1 + masked_3);
    let v_41 = v_40.xy + v_40.zw;
    var max_0 = max(v_36.x, v_36.y);
    if ((bitcast<u32>(v_41.x + v_41.y) & 2147483647u) > 2139095040u) {
      let v_45 = maxnum_f32x4(maxnum_f32x4(masked_0, masked_2), maxnum_f32x4(masked_1, masked_3));
      let v_46 = maxnum_f32x2(v_45.xy, v_45.zw);
      max_0 = maxnum_f32(v_46.x, v_46.y);
    }
    let v_48 = subgroupShuffleXor(max_0, 16u);
    let v_49 = maxnum_f32(max_0, v_48);
    let v_50 = base_0 + 8.0f;
    let next_0 = select(base_0, v_49, v_49 > v_50);
    let finite_0 = select(next_0, 0.0f, next_0 == bitcast<f32>(negative_infinity_bits));
    let powers_0 = exp2(masked_0 - vec4<f32>(finite_0));
    let powers_1 = exp2(masked_1 - vec4<f32>(finite_0));
    let powers_2 = exp2(masked_2 - vec4<f32>(finite_0));
    let powers_3 = exp2(masked_3 - vec4<f32>(finite_0));
    let v_57 = next_0 == base_0;
    let v_58 = base_0 - finite_0;
    let before_0 = select(exp2(v_58), 1.0f, v_57);
    let v_60 = sum_0 * before_0;
    let v_63 = (powers_0 + powers_2) + (powers_1 + powers_3);
    let v_64 = v_63.xy + v_63.zw;
    let v_65 = v_64.x + v_64.y;
    let v_66 = subgroupShuffleXor(v_65, 16u);
    let scaled_0_here = subgroupAny(!(before_0 == 1.0f));
    if ((invocation & 31) == 0) {
      scaled_0_shared[invocation >> 5u] = u32(scaled_0_here);
    }
    let scaled_0_votes = workgroupUniformLoad(&scaled_0_shared);
    let scaled_0 = (scaled_0_votes[0] | scaled_0_votes[1] | scaled_0_votes[2] | scaled_0_votes[3]) != 0u;
    if (scaled_0) {
      subgroupMatrixStore<row_major>(&shared_0[row_0], 0u, values_0, 9u);
      subgroupMatrixStore<row_major>(&shared_0[row_0], 4u, values_1, 9u);
      workgroupBarrier();
      shared_0[row_0][place_0] = bitcast<vec4<u32>>(bitcast<vec4<f32>>(shared_0[row_0][place_0]) * vec4<f32>(before_0));
      shared_0[row_0][place_0 + 1] = bitcast<vec4<u32>>(bitcast<vec4<f32>>(shared_0[row_0][place_0 + 1]) * vec4<f32>(before_0));
      shared_0[row_0][place_0 + 4] = bitcast<vec4<u32>>(bitcast<vec4<f32>>(shared_0[row_0][place_0 + 4]) * vec4<f32>(before_0));
      shared_0[row_0][place_0 + 5] = bitcast<vec4<u32>>(bitcast<vec4<f32>>(shared_0[row_0][place_0 + 5]) * vec4<f32>(before_0));
      workgroupBarrier();
      values_0 = subgroupMatrixLoad<subgroup_matrix_result<f32, 16, 16>, row_major>(&shared_0[row_0], 0u, 9u);
      values_1 = subgroupMatrixLoad<subgroup_matrix_result<f32, 16, 16>, row_major>(&shared_0[row_0], 4u, 9u);
    }
    workgroupBarrier();
    shared_0[panel_1][item_2] = vec4<u32>(bitcast<vec2<u32>>(vec4<f16>(powers_0)), bitcast<vec2<u32>>(vec4<f16>(powers_1)));
    shared_0[panel_1][item_2 + 2] = vec4<u32>(bitcast<vec2<u32>>(vec4<f16>(powers_2)), bitcast<vec2<u32>>(vec4<f16>(powers_3)));
    workgroupBarrier();
    let a_2 = subgroupMatrixLoad<subgroup_matrix_left<f16, 16, 16>, row_major>(&shared_0[row_0], 0u, 5u);
    let b_4 = subgroupMatrixLoad<subgroup_matrix_right<f16, 16, 16>, row_major>(&shared_2[0], 0u, 5u);
    values_0 = subgroupMatrixMultiplyAccumulate(a_2, b_4, values_0);
    let b_5 = subgroupMatrixLoad<subgroup_matrix_right<f16, 16, 16>, row_major>(&shared_2[0], 2u, 5u);
    values_1 = subgroupMatrixMultiplyAccumulate(a_2, b_5, values_1);
    let a_3 = subgroupMatrixLoad<subgroup_matrix_left<f16, 16, 16>, row_major>(&shared_0[row_0], 2u, 5u);
    let b_6 = subgroupMatrixLoad<subgroup_matrix_right<f16, 16, 16>, row_major>(&shared_2[0], 80u, 5u);
    values_0 = subgroupMatrixMultiplyAccumulate(a_3, b_6, values_0);
    let b_7 = subgroupMatrixLoad<subgroup_matrix_right<f16, 16, 16>, row_major>(&shared_2[0], 82u, 5u);
    values_1 = subgroupMatrixMultiplyAccumulate(a_3, b_7, values_1);
    sum_0 = v_60 + (v_65 + v_66);
    base_0 = next_0;
    key_1 = select(vec4<u32>(0u), words_0, vec4<bool>(v_32));
    value_1 = select(vec4<u32>(0u), words_1, vec4<bool>(v_32));
  }
  workgroupBarrier();
  subgroupMatrixStore<row_major>(&shared_0[row_0], 0u, values_0, 9u);
  subgroupMatrixStore<row_major>(&shared_0[row_0], 4u, values_1, 9u);
  workgroupBarrier();
  let sum_8 = bitcast<vec4<f32>>(shared_0[row_0][place_0]);
  let sum_9 = bitcast<vec4<f32>>(shared_0[row_0][place_0 + 1]);
  let sum_10 = bitcast<vec4<f32>>(shared_0[row_0][place_0 + 4]);
  let sum_11 = bitcast<vec4<f32>>(shared_0[row_0][place_0 + 5]);
  let v_72 = sum_0 == 0.0f;
  let v_73 = sum_8 / vec4<f32>(sum_0);
  let v_74 = sum_9 / vec4<f32>(sum_0);
  let v_75 = sum_10 / vec4<f32>(sum_0);
  let v_76 = sum_11 / vec4<f32>(sum_0);
  let v_81 = vec4<f16>(select(v_73, vec4<f32>(0.0f), vec4<bool>(v_72)));
  let v_82 = vec4<f16>(select(v_74, vec4<f32>(0.0f), vec4<bool>(v_72)));
  let v_83 = vec4<f16>(select(v_75, vec4<f32>(0.0f), vec4<bool>(v_72)));
  let v_84 = vec4<f16>(select(v_76, vec4<f32>(0.0f), vec4<bool>(v_72)));
  if (v_2 < scalars.value_of_queries) {
    buffer_of_out[(v_7 + at0_2) >> 2u] = v_81;
    buffer_of_out[((v_7 + at0_2) + 4) >> 2u] = v_82;
    buffer_of_out[((v_7 + at0_2) + 16) >> 2u] = v_83;
    buffer_of_out[((v_7 + at0_2) + 20) >> 2u] = v_84;
  }
}
