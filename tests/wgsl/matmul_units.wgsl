enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
diagnostic(off, chromium.subgroup_matrix_uniformity);

struct Scalars {
  value_of_N: i32,
  value_of_M: i32,
  value_of_aRowStride: i32,
  value_of_bRowStride: i32,
  value_of_K: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_a: array<vec4<f16>>;
@group(0) @binding(1) var<storage, read> buffer_of_b: array<vec4<f16>>;
@group(0) @binding(2) var<storage, read_write> buffer_of_out: array<vec4<f16>>;
@group(0) @binding(3) var<uniform> scalars: Scalars;
var<workgroup> shared_0: array<array<vec4<f16>, 160>, 2>;
var<workgroup> shared_1: array<array<vec4<f16>, 192>, 2>;
var<workgroup> shared_2: array<array<vec4<f32>, 80>, 4>;

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
  let v_2 = ((scalars.value_of_N + 31) / 32) * 8;
  let inGroup_0 = rem(program_x, v_2);
  let v_3 = floordiv(program_x, v_2) * 8;
  let v_4 = ((scalars.value_of_M + 31) / 32) - v_3;
  let groupRows_0 = min(v_4, 8);
  let v_6 = (v_3 + rem(inGroup_0, groupRows_0)) * 32;
  let at0_0 = invocation >> 3u;
  let depth_0 = vec2<i32>(at0_0, at0_0 + 16);
  let at0_1 = (invocation & 7) * 4;
  let at0_2 = ((invocation >> 2u) & 7) + ((invocation >> 6u) * 16);
  let at0_3 = ((invocation & 3) * 4) + (((invocation >> 5u) & 1) * 16);
  let v_7 = vec2<i32>(v_6) + depth_0;
  let v_8 = vec2<i32>(v_6) + vec2<i32>(at0_2, at0_2 + 8);
  let v_9 = floordiv(inGroup_0, groupRows_0) * 32;
  let v_10 = v_9 + at0_1;
  let v_11 = v_9 + at0_3;
  let v_12 = v_7 * vec2<i32>(scalars.value_of_aRowStride);
  let aTile_0 = v_12.x + at0_1;
  let aTile_1 = v_12.y + at0_1;
  let v_15 = depth_0 * vec2<i32>(scalars.value_of_bRowStride);
  let bTile_0 = v_15.x + v_10;
  let bTile_1 = v_15.y + v_10;
  let v_18 = v_7 < vec2<i32>(scalars.value_of_M);
  let v_19 = v_8 < vec2<i32>(scalars.value_of_M);
  let v_20 = v_18.x;
  let v_21 = v_18.y;
  let v_24 = v_10 < scalars.value_of_N;
  let v_25 = v_11 < scalars.value_of_N;
  let v_26 = scalars.value_of_bRowStride * 32;
  let v_27 = at0_1 < scalars.value_of_K;
  let v_30 = depth_0 < vec2<i32>(scalars.value_of_K);
  let v_35 = scalars.value_of_K > 0;
  let v_38 = buffer_of_a[aTile_0 >> 2u];
  let aValues_0 = select(vec4<f16>(0.0h), v_38, vec4<bool>((v_20 & v_27) & v_35));
  let v_39 = buffer_of_a[aTile_1 >> 2u];
  let aValues_1 = select(vec4<f16>(0.0h), v_39, vec4<bool>((v_21 & v_27) & v_35));
  let v_40 = (v_30.x & v_24) & v_35;
  let v_41 = (v_30.y & v_24) & v_35;
  let v_42 = buffer_of_b[bTile_0 >> 2u];
  let v_43 = buffer_of_b[bTile_1 >> 2u];
  var sum_0 = subgroup_matrix_result<f32, 16, 16>();
  var aTile_2 = aTile_0;
  var aTile_3 = aTile_1;
  var bTile_2 = bTile_0;
  var bTile_3 = bTile_1;
  var aValues_2 = aValues_0;
  var aValues_3 = aValues_1;
  var bValues_2 = select(vec4<f16>(0.0h), v_42, vec4<bool>(v_40));
  var bValues_3 = select(vec4<f16>(0.0h), v_43, vec4<bool>(v_41));
  let item_0 = (at0_0 * 10) + (at0_1 >> 2u);
  let panel_0 = at0_1 >> 4u;
  let item_1 = (at0_0 * 6) + ((at0_1 & 15) >> 2u);
  let row_0 = invocation >> 6u;
  let column_0 = (invocation >> 5u) & 1;
  for (var k_0 = 0; k_0 < scalars.value_of_K; k_0 += 32) {
    workgroupBarrier();
    shared_0[0][item_0] = aValues_2;
    shared_0[1][item_0] = aValues_3;
    shared_1[panel_0][item_1] = bValues_2;
    shared_1[panel_0][item_1 + 96] = bValues_3;
    let aTile_4 = aTile_2 + 32;
    let aTile_5 = aTile_3 + 32;
    let bTile_4 = bTile_2 + v_26;
    let bTile_5 = bTile_3 + v_26;
    let v_44 = k_0 + 32;
    let v_45 = scalars.value_of_K - v_44;
    let v_46 = at0_1 < v_45;
    let v_49 = depth_0 < vec2<i32>(v_45);
    let v_54 = v_44 < scalars.value_of_K;
    let v_57 = buffer_of_a[aTile_4 >> 2u];
    let v_58 = buffer_of_a[aTile_5 >> 2u];
    let v_59 = (v_49.x & v_24) & v_54;
    let v_60 = (v_49.y & v_24) & v_54;
    let v_61 = buffer_of_b[bTile_4 >> 2u];
    let v_62 = buffer_of_b[bTile_5 >> 2u];
    workgroupBarrier();
    let a_0 = subgroupMatrixLoad<subgroup_matrix_left<f16, 16, 16>, row_major>(&shared_0[row_0], 0u, 10u);
    let b_0 = subgroupMatrixLoad<subgroup_matrix_right<f16, 16, 16>, row_major>(&shared_1[column_0], 0u, 6u);
    sum_0 = subgroupMatrixMultiplyAccumulate(a_0, b_0, sum_0);
    let a_1 = subgroupMatrixLoad<subgroup_matrix_left<f16, 16, 16>, row_major>(&shared_0[row_0], 4u, 10u);
    let b_1 = subgroupMatrixLoad<subgroup_matrix_right<f16, 16, 16>, row_major>(&shared_1[column_0], 96u, 6u);
    sum_0 = subgroupMatrixMultiplyAccumulate(a_1, b_1, sum_0);
    aTile_2 = aTile_4;
    aTile_3 = aTile_5;
    bTile_2 = bTile_4;
    bTile_3 = bTile_5;
    aValues_2 = select(vec4<f16>(0.0h), v_57, vec4<bool>((v_20 & v_46) & v_54));
    aValues_3 = select(vec4<f16>(0.0h), v_58, vec4<bool>((v_21 & v_46) & v_54));
    bValues_2 = select(vec4<f16>(0.0h), v_61, vec4<bool>(v_59));
    bValues_3 = select(vec4<f16>(0.0h), v_62, vec4<bool>(v_60));
  }
  let warp_0 = invocation >> 5u;
  let place_0 = ((at0_2 & 15) * 5) + ((at0_3 & 15) >> 2u);
  subgroupMatrixStore<row_major>(&shared_2[warp_0], 0u, sum_0, 5u);
  workgroupBarrier();
  let sum_1 = shared_2[warp_0][place_0];
  let sum_2 = shared_2[warp_0][place_0 + 40];
  let v_63 = v_8 * vec2<i32>(scalars.value_of_N);
  if (v_19.x & v_25) {
    buffer_of_out[(v_63.x + v_11) >> 2u] = vec4<f16>(sum_1);
  }
  if (v_19.y & v_25) {
    buffer_of_out[(v_63.y + v_11) >> 2u] = vec4<f16>(sum_2);
  }
}
