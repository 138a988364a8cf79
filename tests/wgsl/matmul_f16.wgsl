enable f16;

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
var<workgroup> shared_0: array<array<vec4<f32>, 5>, 32>;
var<workgroup> shared_1: array<array<vec4<f32>, 8>, 16>;

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
  let at0_1 = (invocation & 7) * 4;
  let at0_2 = (invocation >> 3u) * 2;
  let v_10 = v_8 + at0_2;
  let v_12 = (floordiv(inGroup_0, groupRows_0) * 32) + at0_1;
  let at0_3 = (invocation & 3) * 4;
  let at0_4 = invocation >> 3u;
  let v_13 = rem(v_8 + at0_0, scalars.value_of_M) * scalars.value_of_aRowStride;
  let aTile_0 = v_13 + at0_3;
  let bTile_0 = (at0_4 * scalars.value_of_bRowStride) + rem(v_12, scalars.value_of_N);
  let v_15 = scalars.value_of_bRowStride * 16;
  let v_16 = scalars.value_of_K > 0;
  let v_18 = buffer_of_a[aTile_0 >> 2u];
  let aValues_0 = select(vec4<f16>(0.0h), v_18, vec4<bool>((at0_3 < scalars.value_of_K) & v_16));
  let v_20 = buffer_of_b[bTile_0 >> 2u];
  let bValues_0 = select(vec4<f16>(0.0h), v_20, vec4<bool>((at0_4 < scalars.value_of_K) & v_16));
  var sum_0 = vec4<f32>(0.0f);
  var sum_1 = vec4<f32>(0.0f);
  var aTile_1 = aTile_0;
  var bTile_1 = bTile_0;
  var aValues_1 = aValues_0;
  var bValues_1 = bValues_0;
  let n_0 = at0_1 >> 2u;
  let m_0 = at0_2 + 1;
  for (var k_0 = 0; k_0 < scalars.value_of_K; k_0 += 16) {
    let bTile_2 = bTile_1 + v_15;
    let v_21 = k_0 + 16;
    let v_22 = scalars.value_of_K - v_21;
    let v_23 = v_21 < scalars.value_of_K;
    let v_25 = buffer_of_a[(aTile_1 + 16) >> 2u];
    let v_27 = buffer_of_b[bTile_2 >> 2u];
    workgroupBarrier();
    shared_0[at0_0][at0_3 >> 2u] = vec4<f32>(aValues_1);
    shared_1[at0_4][at0_1 >> 2u] = vec4<f32>(bValues_1);
    workgroupBarrier();
    let a_0 = shared_0[at0_2][0];
    let b_0 = shared_1[0][n_0];
    sum_0 = (vec4<f32>(a_0.x) * b_0) + sum_0;
    let a_1 = shared_0[m_0][0];
    sum_1 = (vec4<f32>(a_1.x) * b_0) + sum_1;
    let b_1 = shared_1[1][n_0];
    sum_0 = (vec4<f32>(a_0.y) * b_1) + sum_0;
    sum_1 = (vec4<f32>(a_1.y) * b_1) + sum_1;
    let b_2 = shared_1[2][n_0];
    sum_0 = (vec4<f32>(a_0.z) * b_2) + sum_0;
    sum_1 = (vec4<f32>(a_1.z) * b_2) + sum_1;
    let b_3 = shared_1[3][n_0];
    sum_0 = (vec4<f32>(a_0.w) * b_3) + sum_0;
    sum_1 = (vec4<f32>(a_1.w) * b_3) + sum_1;
    let a_2 = shared_0[at0_2][1];
    let b_4 = shared_1[4][n_0];
    sum_0 = (vec4<f32>(a_2.x) * b_4) + sum_0;
    let a_3 = shared_0[m_0][1];
    sum_1 = (vec4<f32>(a_3.x) * b_4) + sum_1;
    let b_5 = shared_1[5][n_0];
    sum_0 = (vec4<f32>(a_2.y) * b_5) + sum_0;
    sum_1 = (vec4<f32>(a_3.y) * b_5) + sum_1;
    let b_6 = shared_1[6][n_0];
    sum_0 = (vec4<f32>(a_2.z) * b_6) + sum_0;
    sum_1 = (vec4<f32>(a_3.z) * b_6) + sum_1;
    let b_7 = shared_1[7][n_0];
    sum_0 = (vec4<f32>(a_2.w) * b_7) + sum_0;
    sum_1 = (vec4<f32>(a_3.w) * b_7) + sum_1;
    let a_4 = shared_0[at0_2][2];
    let b_8 = shared_1[8][n_0];
    sum_0 = (vec4<f32>(a_4.x) * b_8) + sum_0;
    let a_5 = shared_0[m_0][2];
    sum_1 = (vec4<f32>(a_5.x) * b_8) + sum_1;
    let b_9 = shared_1[9][n_0];
    sum_0 = (vec4<f32>(a_4.y) * b_9) + sum_0;
    sum_1 = (vec4<f32>(a_5.y) * b_9) + sum_1;
    let b_10 = shared_1[10][n_0];
    sum_0 = (vec4<f32>(a_4.z) * b_10) + sum_0;
    sum_1 = (vec4<f32>(a_5.z) * b_10) + sum_1;
    let b_11 = shared_1[11][n_0];
    sum_0 = (vec4<f32>(a_4.w) * b_11) + sum_0;
    sum_1 = (vec4<f32>(a_5.w) * b_11) + sum_1;
    let a_6 = shared_0[at0_2][3];
    let b_12 = shared_1[12][n_0];
    sum_0 = (vec4<f32>(a_6.x) * b_12) + sum_0;
    let a_7 = shared_0[m_0][3];
    sum_1 = (vec4<f32>(a_7.x) * b_12) + sum_1;
    let b_13 = shared_1[13][n_0];
    sum_0 = (vec4<f32>(a_6.y) * b_13) + sum_0;
    sum_1 = (vec4<f32>(a_7.y) * b_13) + sum_1;
    let b_14 = shared_1[14][n_0];
    sum_0 = (vec4<f32>(a_6.z) * b_14) + sum_0;
    sum_1 = (vec4<f32>(a_7.z) * b_14) + sum_1;
    let b_15 = shared_1[15][n_0];
    sum_0 = (vec4<f32>(a_6.w) * b_15) + sum_0;
    sum_1 = (vec4<f32>(a_7.w) * b_15) + sum_1;
    let next_0 = aTile_1 + 16;
    aTile_1 = next_0;
    bTile_1 = bTile_2;
    aValues_1 = select(vec4<f16>(0.0h), v_25, vec4<bool>((at0_3 < v_22) & v_23));
    bValues_1 = select(vec4<f16>(0.0h), v_27, vec4<bool>((at0_4 < v_22) & v_23));
  }
  let v_28 = (vec2<i32>(v_10) + vec2<i32>(0, 1)) * vec2<i32>(scalars.value_of_N);
  let v_36 = vec4<f16>(sum_0);
  let v_37 = vec4<f16>(sum_1);
  if ((v_10 < scalars.value_of_M) & (v_12 < scalars.value_of_N)) {
    buffer_of_out[(v_28.x + v_12) >> 2u] = v_36;
    buffer_of_out[(v_28.y + v_12) >> 2u] = v_37;
  }
}
