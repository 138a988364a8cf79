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

@group(0) @binding(0) var<storage, read> buffer_of_a: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> buffer_of_b: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> buffer_of_out: array<vec4<f16>>;
@group(0) @binding(3) var<uniform> scalars: Scalars;
var<workgroup> shared_0: array<array<vec4<u32>, 80>, 2>;
var<workgroup> shared_1: array<array<vec4<u32>, 96>, 2>;
var<workgroup> shared_2: array<array<vec4<u32>, 80>, 4>;

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
  let at0_0 = invocation >> 2u;
  let at0_1 = (invocation & 3) * 8;
  let at0_2 = (invocation & 15) + ((invocation >> 6u) * 16);
  let at0_3 = ((invocation >> 4u) & 3) * 8;
  let v_10 = v_8 + at0_2;
  let v_11 = floordiv(inGroup_0, groupRows_0) * 32;
  let v_14 = v_11 + at0_3;
  let v_16 = rem(v_8 + at0_0, scalars.value_of_M) * scalars.value_of_aRowStride;
  let aTile_0 = v_16 + at0_1;
  let bTile_0 = (at0_0 * scalars.value_of_bRowStride) + rem(v_11 + at0_1, scalars.value_of_N);
  let v_18 = scalars.value_of_bRowStride * 32;
  let v_19 = scalars.value_of_K > 0;
  let v_22 = buffer_of_a[aTile_0 >> 3u];
  let aValues_0 = select(vec4<u32>(0u), v_22, vec4<bool>((at0_1 < scalars.value_of_K) & v_19));
  let v_24 = buffer_of_b[bTile_0 >> 3u];
  let bValues_0 = select(vec4<u32>(0u), v_24, vec4<bool>((at0_0 < scalars.value_of_K) & v_19));
  var sum_0 = subgroup_matrix_result<f32, 16, 16>();
  var aTile_1 = aTile_0;
  var bTile_2 = bTile_0;
  var aValues_1 = aValues_0;
  var bValues_1 = bValues_0;
  let panel_0 = at0_0 >> 4u;
  let item_0 = ((at0_0 & 15) * 5) + (at0_1 >> 3u);
  let panel_1 = at0_1 >> 4u;
  let item_1 = (at0_0 * 3) + ((at0_1 & 15) >> 3u);
  let row_0 = invocation >> 6u;
  let column_0 = (invocation >> 5u) & 1;
  for (var k_0 = 0; k_0 < scalars.value_of_K; k_0 += 32) {
    workgroupBarrier();
    shared_0[panel_0][item_0] = aValues_1;
    shared_1[panel_1][item_1] = bValues_1;
    let bTile_4 = bTile_2 + v_18;
    let v_25 = k_0 + 32;
    let v_26 = scalars.value_of_K - v_25;
    let v_27 = v_25 < scalars.value_of_K;
    var words_0: vec4<u32>;
    if (v_27) {
      words_0 = buffer_of_a[(aTile_1 + 32) >> 3u];
    }
    var words_1: vec4<u32>;
    if (v_27) {
      words_1 = buffer_of_b[bTile_4 >> 3u];
    }
    workgroupBarrier();
    let a_0 = subgroupMatrixLoad<subgroup_matrix_left<f16, 16, 16>, row_major>(&shared_0[row_0], 0u, 5u);
    let b_0 = subgroupMatrixLoad<subgroup_matrix_right<f16, 16, 16>, row_major>(&shared_1[column_0], 0u, 3u);
    sum_0 = subgroupMatrixMultiplyAccumulate(a_0, b_0, sum_0);
    let a_1 = subgroupMatrixLoad<subgroup_matrix_left<f16, 16, 16>, row_major>(&shared_0[row_0], 2u, 5u);
    let b_1 = subgroupMatrixLoad<subgroup_matrix_right<f16, 16, 16>, row_major>(&shared_1[column_0], 48u, 3u);
    sum_0 = subgroupMatrixMultiplyAccumulate(a_1, b_1, sum_0);
    let next_0 = aTile_1 + 32;
    aTile_1 = next_0;
    bTile_2 = bTile_4;
    aValues_1 = select(vec4<u32>(0u), words_0, vec4<bool>((at0_1 < v_26) & v_27));
    bValues_1 = select(vec4<u32>(0u), words_1, vec4<bool>((at0_0 < v_26) & v_27));
  }
  let warp_0 = invocation >> 5u;
  let place_0 = ((at0_2 & 15) * 5) + ((at0_3 & 15) >> 2u);
  subgroupMatrixStore<row_major>(&shared_2[warp_0], 0u, sum_0, 5u);
  workgroupBarrier();
  let sum_1 = bitcast<vec4<f32>>(shared_2[warp_0][place_0]);
  let sum_2 = bitcast<vec4<f32>>(shared_2[warp_0][place_0 + 1]);
  let v_31 = v_10 * scalars.value_of_N;
  let v_34 = v_10 < scalars.value_of_M;
  let v_36 = ((v_11 + at0_3) + 4) < scalars.value_of_N;
  if (v_34 & (v_14 < scalars.value_of_N)) {
    buffer_of_out[(v_31 + v_14) >> 2u] = vec4<f16>(sum_1);
  }
  if (v_34 & v_36) {
    buffer_of_out[((v_31 + (v_11 + at0_3)) + 4) >> 2u] = vec4<f16>(sum_2);
  }
}
